"""The documents that an order should lead to, and which of them to create or adopt: laws, over any sound order."""

import base64
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from syncctl.model import (
    Charge,
    Document,
    DocumentKind,
    Order,
    Payment,
    RecordedDocument,
    Refund,
    RefundLine,
)
from syncctl.rules.documents import misfit
from syncctl.rules.references import name_for, reference
from syncctl.rules.totals import sum_of
from syncctl.rules.wanted import Problem, wanted_documents
from tests.fakes.orders import LATER, a_line, an_order, orders, terms, wanted


def credits_of(documents: list[Document]) -> list[Document]:
    return [one for one in documents if one.kind == DocumentKind.CREDIT]


# --- references ----------------------------------------------------------------------------------------------------

names = st.text(min_size=1, max_size=12) | st.from_regex(r"[A-Za-z0-9._:/-]{1,12}", fullmatch=True)
kinds = st.sampled_from(DocumentKind)
facts = st.tuples(names, names, kinds, names)


@given(facts, facts, st.integers(16, 64))
def test_two_documents_never_share_a_reference(one: Any, other: Any, length: int) -> None:
    assert (reference(*one, length) == reference(*other, length)) == (one == other)


def test_where_few_characters_are_kept_names_that_begin_alike_stay_apart() -> None:
    kinds = (DocumentKind.SALE, DocumentKind.CREDIT, DocumentKind.PAYMENT)
    made = {reference("a-long-store.example", str(order), kind, "1", 11) for order in range(99) for kind in kinds}
    assert len(made) == 99 * 3 and {len(one) for one in made} == {11}


@given(facts, st.integers(10, 64))
def test_a_reference_is_stable_plain_and_fits(one: Any, length: int) -> None:
    made = reference(*one, length)
    assert made == reference(*one, length)
    assert 0 < len(made) <= length
    assert re.fullmatch(r"[A-Za-z0-9._:/-]+", made)


@given(facts, st.integers(10, 64))
def test_a_reference_is_readable_or_has_at_least_fifty_bits(one: Any, length: int) -> None:
    made = reference(*one, length)
    if made != "/".join(one):
        assert len(made) * 5 >= 50
        assert len(made) == min(length, 52)
        assert base64.b32decode(made + "=" * (-len(made) % 8), casefold=False) if len(made) == 52 else made.isalnum()


def test_a_reference_is_the_same_for_ever() -> None:
    """What stands in the books under one name is looked for under it for years: a new way to make them books twice."""
    assert reference("s1", "1001", DocumentKind.SALE, "order", 18) == "s1/1001/sale/order"
    assert reference("s1", "1001", DocumentKind.SALE, "order", 17) == "Q5DVRWQU5REIP5HLK"
    assert reference("s1", "order 1001", DocumentKind.CREDIT, "R 1", 10) == "OBKX5BU7RY"


@pytest.mark.parametrize("length", [0, 1, 9])
def test_a_target_that_keeps_too_little_is_refused_whatever_the_name(length: int) -> None:
    with pytest.raises(ValueError, match="too short"):
        name_for(("a", "b"), length)


def test_parts_cannot_be_shifted_into_one_another() -> None:
    assert name_for(("a/b", "c"), 40) != name_for(("a", "b/c"), 40) != name_for(("a", "b", "c"), 40)
    assert name_for(("ab", "c"), 10) != name_for(("a", "bc"), 10)


# --- wanted_documents ----------------------------------------------------------------------------------------------


@given(orders(), st.booleans())
def test_every_document_adds_up(order: Order, import_taxes: bool) -> None:
    documents = wanted_documents(order, None, terms(import_taxes=import_taxes))
    if isinstance(documents, Problem):
        assert documents.reason == "refunded too much"
        return
    for document in documents:
        if document.kind != DocumentKind.PAYMENT:
            parts = sum(line.amount for line in document.lines) + sum(one.amount for one in document.charges)
            assert parts + document.tax == document.total
    assert len({document.reference for document in documents}) == len(documents)


@given(orders())
def test_what_is_booked_is_the_stores_total_or_less_tax_where_taxes_are_not_imported(order: Order) -> None:
    full = wanted_documents(order, None, terms())
    net = wanted_documents(order, None, terms(import_taxes=False))
    assume(not isinstance(full, Problem) and not isinstance(net, Problem))
    assert full[0].total == order.total
    assert net[0].total == order.total - order.tax and net[0].tax == 0
    refunds = {refund.id: refund for refund in order.refunds}
    for document in credits_of(full):
        if document.event in refunds:
            assert document.total == refunds[document.event].total
    for document in credits_of(net):
        assert document.tax == 0
        if document.event in refunds:
            refund = refunds[document.event]
            tax = sum(line.tax for line in refund.lines) + sum(charge.tax for charge in refund.charges)
            assert document.total == refund.total - tax


@given(orders(), st.booleans())
def test_neither_money_nor_units_are_given_back_beyond_the_sale(order: Order, import_taxes: bool) -> None:
    documents = wanted_documents(order, None, terms(import_taxes=import_taxes))
    assume(not isinstance(documents, Problem))
    assert sum(one.total for one in credits_of(documents)) <= documents[0].total
    units = Counter[str]()
    for line in (line for one in credits_of(documents) for line in one.lines):
        units[line.line_id] += line.quantity
    assert all(units[line.id] <= line.quantity for line in order.lines)


@given(orders())
def test_a_cancellation_and_the_refunds_give_back_exactly_what_the_merchant_did_not_keep(order: Order) -> None:
    order = replace(order, cancelled_at=LATER)
    documents = wanted_documents(order, None, terms())
    assume(not isinstance(documents, Problem))
    returned = {
        line.id: [one for r in order.refunds for one in r.lines if one.line_id == line.id] for line in order.lines
    }
    units_left = {line.id: line.quantity - sum(one.quantity for one in returned[line.id]) for line in order.lines}
    kept_on_lines = sum(
        line.amount + line.tax - sum_of(returned[line.id]) for line in order.lines if not units_left[line.id]
    )
    left = documents[0].total - sum(one.total for one in credits_of(documents))
    if any(units_left.values()):
        assert left == kept_on_lines
        assert [one.event for one in credits_of(documents)][-1] == "cancel"
        assert {line.line_id: line.quantity for line in credits_of(documents)[-1].lines} == {
            line_id: units for line_id, units in units_left.items() if units
        }
        assert all(line.restock for line in credits_of(documents)[-1].lines)
    else:
        assert left == documents[0].total - sum(refund.total for refund in order.refunds)
        assert "cancel" not in [one.event for one in documents]


@given(orders(), st.booleans())
def test_refunds_within_what_was_sold_are_never_a_problem_cancelled_or_not(order: Order, import_taxes: bool) -> None:
    shipping = order.charges[:1]
    order = replace(order, charges=shipping, total=sum_of(order.lines, shipping))
    assert not isinstance(wanted_documents(order, None, terms(import_taxes=import_taxes)), Problem)


@given(orders())
def test_there_is_one_sale_one_credit_for_each_refund_and_one_payment_for_each_transaction(order: Order) -> None:
    documents = wanted_documents(replace(order, cancelled_at=None), None, terms())
    assume(not isinstance(documents, Problem))
    assert [one.event for one in documents if one.kind == DocumentKind.SALE] == ["order"]
    assert [one.event for one in credits_of(documents)] == [refund.id for refund in order.refunds]
    paid = [one for one in documents if one.kind == DocumentKind.PAYMENT]
    assert {one.event for one in paid} <= {payment.id for payment in order.payments}
    assert sum(one.total for one in paid) == min(order.total, sum(one.amount for one in order.payments))
    assert all(one.original == documents[0].reference for one in documents[1:])


@given(orders())
def test_an_event_keeps_its_reference_whatever_happens_later(order: Order) -> None:
    first = wanted(replace(order, refunds=(), payments=(), cancelled_at=None))[0]
    later = wanted_documents(order, None, terms())
    assume(not isinstance(later, Problem))
    assert later[0].reference == first.reference
    assert later[0].fingerprint == first.fingerprint


def test_a_payment_that_comes_later_does_not_change_what_an_earlier_one_is_booked_with() -> None:
    """Transactions "9" and "10": as text, the later one sorts first."""
    early = Payment(id="9", gateway="card", amount=1500, paid_at=LATER)
    late = Payment(id="10", gateway="card", amount=1500, paid_at=LATER + timedelta(hours=1))
    [first] = [one for one in wanted(an_order(payments=(early,))) if one.kind == DocumentKind.PAYMENT]
    both = [one for one in wanted(an_order(payments=(late, early))) if one.kind == DocumentKind.PAYMENT]
    assert [(one.event, one.total) for one in both] == [("9", 1500), ("10", 500)]
    assert both[0] == first


def test_a_payment_goes_to_its_gateways_tender() -> None:
    payments = tuple(Payment(id=str(n), gateway=gateway, amount=1000) for n, gateway in enumerate(("card", "wallet")))
    made = wanted(an_order(payments=payments), tenders={"card": "CC"}, default_tender="misc")
    assert [one.tender for one in made] == [None, "CC", "misc"]
    assert [one.kind for one in wanted(an_order(payments=payments), kinds=[DocumentKind.SALE])] == [DocumentKind.SALE]


def test_money_that_went_back_is_no_payment() -> None:
    payments = (Payment(id="1", gateway="card", amount=2000), Payment(id="2", gateway="card", amount=-500))
    assert [one.event for one in wanted(an_order(payments=payments))] == ["order", "1"]


def test_the_same_sku_on_two_lines_stays_two_lines() -> None:
    order = an_order(lines=(a_line(1), a_line(2, quantity=1, amount=900)))
    assert [(one.line_id, one.sku, one.quantity, one.amount) for one in wanted(order)[0].lines] == [
        ("L1", "MUG", 2, 2000),
        ("L2", "MUG", 1, 900),
    ]


def test_an_unknown_sku_is_a_problem_that_names_it_and_skus_compare_exactly() -> None:
    found = wanted_documents(an_order(lines=(a_line(1), a_line(2, sku="mug"))), None, terms())
    assert isinstance(found, Problem) and found.reason == "unknown SKU"
    assert "'mug'" in found.message and "'MUG'" not in found.message and found.detail == {"skus": ["mug"]}


def test_a_charge_without_an_item_is_a_problem_also_when_only_a_refund_has_it() -> None:
    charge = Charge(kind="engraving", title="", amount=100)
    for order in (
        an_order(charges=(charge,)),
        an_order(refunds=(Refund(id="R", total=100, charges=(charge,)),)),
    ):
        found = wanted_documents(order, None, terms())
        assert isinstance(found, Problem) and found.reason == "unmapped charge" and "'engraving'" in found.message


def test_every_charge_is_booked_on_the_item_that_the_settings_name() -> None:
    charges = (
        Charge(kind="shipping", title="Post", amount=300, tax=60),
        Charge(kind="discount", title="", amount=-100),
    )
    [sale] = wanted(an_order(charges=charges), charges={"shipping": "4000", "discount": "4090"})
    assert [(one.kind, one.item, one.amount, one.tax) for one in sale.charges] == [
        ("shipping", "4000", 300, 60),
        ("discount", "4090", -100, 0),
    ]


def test_a_return_is_one_credit_without_an_original_with_its_signs_turned() -> None:
    lines = (a_line(quantity=-2, amount=-2000, tax=-400),)
    [credit] = wanted(an_order(kind="return", lines=lines, charges=(Charge(kind="fee", title="", amount=150),)))
    assert (credit.kind, credit.event, credit.original, credit.total) == (DocumentKind.CREDIT, "return", None, 2250)
    assert [(line.quantity, line.amount, line.tax, line.restock) for line in credit.lines] == [(2, 2000, 400, True)]
    assert credit.charges[0].amount == -150


def test_a_document_is_dated_by_the_day_in_the_shops_own_time_zone() -> None:
    late = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    lines = (RefundLine(line_id="L1", quantity=1, amount=0),)
    refund = Refund(id="R", total=0, lines=lines, refunded_at=late + timedelta(days=1))
    order = an_order(placed_at=late, refunds=(refund,))
    assert [one.dated_on for one in wanted(order)] == [date(2026, 3, 1), date(2026, 3, 2)]
    assert [one.dated_on for one in wanted(order, time_zone="Pacific/Auckland")] == [date(2026, 3, 2), date(2026, 3, 3)]
    assert [one.dated_on for one in wanted(order, time_zone="America/Los_Angeles")] == [
        date(2026, 3, 1),
        date(2026, 3, 2),
    ]


def test_more_units_or_money_back_than_were_sold_is_a_problem() -> None:
    three = Refund(id="R", total=1000, lines=(RefundLine(line_id="L1", quantity=3, amount=1000),))
    dear = Refund(id="R", total=2001, lines=(RefundLine(line_id="L1", quantity=1, amount=2001),))
    nobodys = Refund(id="R", total=1, lines=(RefundLine(line_id="L9", quantity=1, amount=1),))
    for refund in (three, dear, nobodys):
        found = wanted_documents(an_order(refunds=(refund,)), None, terms())
        assert isinstance(found, Problem) and found.reason == "refunded too much"


# --- misfit --------------------------------------------------------------------------------------------------------


def booked(document: Document, **changes: Any) -> RecordedDocument:
    given = {"reference": document.reference, "kind": document.kind, "event": document.event, "state": "booked"}
    given |= {"order_id": 1, "fingerprint": document.fingerprint, "total": document.total, **changes}
    return RecordedDocument(**given)


@given(orders())
def test_an_order_fits_what_was_booked_of_it_whatever_is_added_later(order: Order) -> None:
    documents = wanted_documents(order, None, terms())
    assume(not isinstance(documents, Problem))
    first = wanted(replace(order, refunds=(), payments=(), cancelled_at=None))
    assert misfit(order, documents, [booked(one) for one in first]) is None
    assert misfit(order, documents, [booked(one) for one in documents]) is None


def test_an_edited_line_no_longer_fits_and_the_problem_has_both_totals() -> None:
    [sale] = wanted(an_order())
    edited = an_order(lines=(a_line(quantity=3, amount=3000),))
    problem = misfit(edited, wanted(edited), [booked(sale)])
    assert problem is not None and problem.reason == "edited after booking"
    assert problem.message == "its sale is booked with a total of 2000, the order now says 3000 (minor units)"
    assert problem.detail == {
        "booked": {"reference": sale.reference, "total": 2000, "fingerprint": sale.fingerprint},
        "now": {"total": 3000, "fingerprint": wanted(edited)[0].fingerprint},
    }


@pytest.mark.parametrize(("total", "fits"), [(1999, False), (2000, True), (2001, True)])
def test_a_payment_no_longer_fits_once_more_of_it_could_be_booked(total: int, fits: bool) -> None:
    order = an_order(payments=(Payment(id="9", gateway="card", amount=5000),))
    sale, paid = wanted(order)
    problem = misfit(order, [sale, paid], [booked(sale, total=1), booked(paid, total=total)])
    assert (problem is None) == fits
    if problem is not None:
        assert problem.message == (
            f"its payment is booked with a total of {total}, the order now says 2000 (minor units)"
        )


def test_a_refund_that_is_gone_again_no_longer_fits() -> None:
    refund = Refund(id="R", total=1000, lines=(RefundLine(line_id="L1", quantity=1, amount=1000),))
    documents = wanted(an_order(refunds=(refund,)))
    problem = misfit(an_order(), wanted(an_order()), [booked(one) for one in documents])
    assert problem is not None and problem.detail["now"] is None
    assert (
        problem.message == "its credit is booked with a total of 1000, the order now says nothing of it (minor units)"
    )


def test_a_booked_return_that_was_cancelled_later_waits_for_a_person() -> None:
    back = an_order(kind="return", lines=(a_line(quantity=-2, amount=-2000),))
    [credit] = wanted(back)
    assert misfit(back, [credit], [booked(credit)]) is None
    cancelled = replace(back, cancelled_at=LATER)
    problem = misfit(cancelled, wanted(cancelled), [booked(credit)])
    assert problem is not None and problem.reason == "cancelled after booking"
    assert problem.message == (
        "its credit is in the books, and the return was cancelled in the store afterwards: take the credit back by hand"
    )
