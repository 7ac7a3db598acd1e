"""An odd order is made fit to be kept, and a sound one comes back as it is."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from syncctl.model import Charge, Order, Payment, Refund
from syncctl.rules.repair import with_unique_ids
from tests.fakes.orders import a_line, an_order, orders

IDS = st.lists(st.sampled_from(["", "1", "2", "1~2", "1~3", "~1"]), max_size=6)


@given(orders())
def test_a_sound_order_comes_back_as_it_is(order: Order) -> None:
    assert with_unique_ids(order) is order


@given(IDS, IDS, IDS)
def test_afterwards_every_id_stands_once_and_nothing_else_has_changed(
    lines: list[str], payments: list[str], refunds: list[str]
) -> None:
    order = an_order(
        lines=tuple(a_line(id=one, quantity=number) for number, one in enumerate(lines, 1)),
        payments=tuple(Payment(id=one, gateway="card", amount=number) for number, one in enumerate(payments, 1)),
        refunds=tuple(Refund(id=one, total=number) for number, one in enumerate(refunds, 1)),
        problems=("noted before",),
    )
    kept = with_unique_ids(order)
    for before, after in (
        (order.lines, kept.lines),
        (order.payments, kept.payments),
        (order.refunds, kept.refunds),
    ):
        assert len({one.id for one in after}) == len(after) == len(before)
        assert [replace(one, id=old.id) for one, old in zip(after, before, strict=True)] == list(before)
    assert all(refund.id for refund in kept.refunds)
    odd = any(len(set(ids)) < len(ids) for ids in (lines, payments, refunds)) or "" in refunds
    assert (len(kept.problems) > 1) == odd
    assert kept.problems[0] == "noted before"


def test_each_problem_names_the_part_and_its_id() -> None:
    charge = Charge(kind="shipping", title="", amount=100)
    payment = Payment(id="P" * 50, gateway="card", amount=1)
    kept = with_unique_ids(
        an_order(
            lines=(a_line(), a_line()),
            payments=(payment, payment),
            refunds=(Refund(id="", total=100, charges=(charge,)), Refund(id="R", total=0), Refund(id="R", total=0)),
        )
    )
    assert kept.problems == (
        "line 2: its id 'L1' stands twice",
        f"payment 2: its id '{'P' * 40}' stands twice",
        "refund 1: it has no id of its own",
        "refund 3: its id 'R' stands twice",
    )
    assert [line.id for line in kept.lines] == ["L1", "L1~2"], "the first keeps its id: its units are known by it"


def test_two_payments_or_two_refunds_of_one_id_are_enough() -> None:
    payment, refund = Payment(id="P", gateway="card", amount=1), Refund(id="R", total=0)
    assert [one.id for one in with_unique_ids(an_order(payments=(payment, payment))).payments] == ["P", "P~2"]
    assert [one.id for one in with_unique_ids(an_order(refunds=(refund, refund))).refunds] == ["R", "R~2"]


def test_a_made_up_id_never_meets_a_real_one() -> None:
    kept = with_unique_ids(an_order(lines=(a_line(id="1~2"), a_line(id="1"), a_line(id="1"), a_line(id="1~3"))))
    assert [line.id for line in kept.lines] == ["1~2", "1", "1~3", "1~3~4"]
