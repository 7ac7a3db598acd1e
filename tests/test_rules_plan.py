"""Which documents to create, and which that are there already to adopt: laws over any order and any answers."""

from dataclasses import replace
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from syncctl.model import (
    Absent,
    CannotTell,
    Document,
    Found,
    FoundLine,
    LookUp,
    Order,
    Payment,
)
from syncctl.rules.documents import Plan, plan_documents
from syncctl.rules.wanted import Problem, wanted_documents
from tests.fakes.orders import LATER, a_line, an_order, orders, terms, wanted

OTHER = ["other total", "other currency", "other lines"]


def found(document: Document, **changes: Any) -> Found:
    same = Found(reference=document.reference, remote_id="55", total=document.total, currency=document.currency)
    return replace(same, **changes)


@st.composite
def answers(draw: st.DrawFn, document: Document) -> LookUp:
    kind = draw(st.sampled_from(["found", "found", "absent", "absent", "cannot tell", *OTHER]))
    if kind == "absent":
        return Absent(reference=document.reference)
    if kind == "cannot tell":
        return CannotTell(reference=document.reference)
    changes = {
        "found": {"lines": draw(st.none() | st.just(lines_of(document)))},
        "other total": {"total": document.total + 1},
        "other currency": {"currency": "USD"},
        "other lines": {"lines": (*lines_of(document), FoundLine(line_id="new", item="MUG", quantity=1))},
    }
    return found(document, **changes[kind])


def lines_of(document: Document) -> tuple[FoundLine, ...]:
    """As a back office may tell them: each unit on a line of its own, and on items of its own."""
    return tuple(
        FoundLine(line_id=line.line_id, item="theirs", quantity=1)
        for line in document.lines
        for _ in range(line.quantity)
    )


def is_as_wanted(document: Document, answer: Found) -> bool:
    """Reference, total and, where they are told, lines."""
    same = (answer.total, answer.currency) == (document.total, document.currency)
    return same and answer.lines in (None, lines_of(document))


@st.composite
def situations(draw: st.DrawFn) -> tuple[Order, list[Document], dict[str, LookUp], bool, set[str]]:
    """An order, its missing documents (the sale, or what hangs on it), the look-ups, and what may have been sent."""
    order = draw(orders())
    documents = wanted_documents(order, None, terms())
    assume(not isinstance(documents, Problem))
    recorded = draw(st.booleans())
    missing = documents[1:] if recorded else documents[:1]
    looked_up = {one.reference: draw(answers(one)) for one in missing}
    sent = {one.reference for one in missing if draw(st.booleans())}
    return order, missing, looked_up, recorded, sent


def planned(situation: tuple[Order, list[Document], dict[str, LookUp], bool, set[str]]) -> Plan:
    order, missing, looked_up, recorded, sent = situation
    unwanted = "cancelled before booking" if order.cancelled_at is not None and not recorded else ""
    return plan_documents(order, missing, looked_up, unwanted=unwanted, may_be_sent=sent.__contains__)


@given(situations())
def test_what_was_found_is_never_created(situation: Any) -> None:
    plan, (_, missing, looked_up, _, _) = planned(situation), situation
    assert not [one for one in plan.create if isinstance(looked_up[one.reference], Found)]
    assert {one.reference for one in plan.create} <= {one.reference for one in missing}
    assert len({one.reference for one in plan.create}) == len(plan.create)


@given(situations())
def test_only_what_agrees_in_reference_total_and_lines_is_adopted_and_else_nothing_happens(situation: Any) -> None:
    plan, (_, missing, looked_up, _, _) = planned(situation), situation
    for document, answer in plan.adopt:
        assert answer.reference == document.reference and is_as_wanted(document, answer)
    taken = [
        one
        for one in missing
        if isinstance(answer := looked_up[one.reference], Found) and not is_as_wanted(one, answer)
    ]
    if taken:
        assert plan.problem is not None and not plan.create and not plan.adopt


@given(situations())
def test_what_may_have_been_sent_is_not_sent_again_while_nobody_can_tell(situation: Any) -> None:
    plan, (_, missing, looked_up, _, sent) = planned(situation), situation
    unsure = [one for one in missing if isinstance(looked_up[one.reference], CannotTell) and one.reference in sent]
    assert not [one for one in plan.create if one in unsure]
    if unsure:
        assert plan.problem is not None and not plan.create and not plan.adopt


@given(situations())
def test_a_sale_that_was_cancelled_before_booking_creates_nothing(situation: Any) -> None:
    plan, (order, missing, looked_up, recorded, _) = planned(situation), situation
    if order.cancelled_at is None or recorded or plan.problem is not None:
        assert not plan.rejected
    elif isinstance(looked_up[missing[0].reference], Found):
        assert not plan.rejected and plan.adopt  # it is booked after all: now it can be credited
    else:
        assert plan.rejected == "cancelled before booking" and not plan.create and not plan.adopt


@given(situations())
def test_without_a_problem_every_missing_document_is_created_or_adopted(situation: Any) -> None:
    plan, (_, missing, _, _, _) = planned(situation), situation
    handled = [one.reference for one in plan.create] + [document.reference for document, _ in plan.adopt]
    if plan.problem is None and not plan.rejected:
        assert sorted(handled) == sorted(one.reference for one in missing)
    assert planned(situation) == plan


def test_a_payment_that_was_booked_in_full_while_the_order_was_larger_is_adopted_as_it_is() -> None:
    payment = Payment(id="9", gateway="card", amount=5000)
    order = an_order(payments=(payment,))
    _, paid = wanted(order)
    assert paid.total == 2000
    for total, adopted in ((5000, [5000]), (2000, [2000]), (3000, [])):
        plan = planned((order, [paid], {paid.reference: found(paid, total=total)}, True, {paid.reference}))
        assert [document.total for document, _ in plan.adopt] == adopted
        assert (plan.problem is None) == bool(adopted)


def test_a_cancelled_return_that_is_found_in_the_books_is_not_taken_for_never_booked() -> None:
    back = an_order(kind="return", lines=(a_line(quantity=-2, amount=-2000),), cancelled_at=LATER)
    [credit] = wanted(back)
    for answer, reason, rejected in (
        (found(credit), "cancelled after booking", ""),
        (Absent(reference=credit.reference), None, "cancelled before booking"),
    ):
        plan = planned((back, [credit], {credit.reference: answer}, False, {credit.reference}))
        assert (plan.problem and plan.problem.reason, plan.rejected) == (reason, rejected)
        assert not plan.create and not plan.adopt


# --- what is said --------------------------------------------------------------------------------------------------


def test_a_reference_that_is_taken_is_said_with_both_totals() -> None:
    [sale] = wanted(an_order())
    plan = plan_documents(
        an_order(), [sale], {sale.reference: found(sale, total=1, currency="EUR")}, may_be_sent=lambda _: True
    )
    assert plan.problem == Problem(
        "reference taken",
        f"the back office has a document {sale.reference} of 1 EUR, ours would be of 2000 GBP (minor units); "
        "nothing was booked",
        {"theirs": "55", "reference": sale.reference},
    )


def test_an_answer_that_is_none_is_said_with_its_reason() -> None:
    [sale] = wanted(an_order())
    answer = CannotTell(reference=sale.reference, reason="its search is down " * 9)
    plan = plan_documents(an_order(), [sale], {sale.reference: answer}, may_be_sent=lambda _: True)
    assert plan.problem == Problem(
        "cannot tell",
        f"the back office cannot say whether {sale.reference} is booked already ({('its search is down ' * 9)[:80]}); "
        "it was not sent again",
    )
    new = plan_documents(an_order(), [sale], {sale.reference: answer}, may_be_sent=lambda _: False)
    assert (new.create, new.problem, new.rejected) == ([sale], None, "")


def test_of_several_problems_the_first_is_said_and_nothing_is_done() -> None:
    order = an_order(payments=tuple(Payment(id=one, gateway="card", amount=500) for one in "123"))
    first, second, third = wanted(order)[1:]
    looked_up: dict[str, LookUp] = {
        first.reference: Absent(reference=first.reference),
        second.reference: CannotTell(reference=second.reference),
        third.reference: found(third, currency="EUR"),
    }
    plan = plan_documents(order, [first, second, third], looked_up, may_be_sent=lambda _: True)
    assert plan.problem is not None and plan.problem.reason == "cannot tell"
    assert (plan.create, plan.adopt) == ([], [])
    other = plan_documents(order, [third, second], looked_up, may_be_sent=lambda _: True)
    assert other.problem is not None and other.problem.reason == "reference taken"


def test_a_document_that_was_made_void_there_is_never_taken_for_booked_nor_booked_again() -> None:
    [sale] = wanted(an_order())
    void = found(sale, state="void")
    plan = plan_documents(an_order(), [sale], {sale.reference: void}, may_be_sent=lambda _: True)
    assert plan.problem == Problem(
        "void in the books",
        f"the document {sale.reference} was made void in the back office; nothing was booked in its place",
        {"theirs": "55", "reference": sale.reference},
    )
    assert (plan.create, plan.adopt) == ([], [])
