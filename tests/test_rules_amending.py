"""A booked sale whose order was edited: when it may be changed, and every sentence of why it may not."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from syncctl.model import (
    BookedSale,
    Charge,
    Document,
    DocumentKind,
    Order,
    Payment,
    RecordedDocument,
    Refund,
    RefundLine,
)
from syncctl.rules.amending import Change, Ways, as_booked, both_versions, fits, plan_change, undo_document
from syncctl.rules.totals import sum_of
from syncctl.rules.wanted import Problem
from tests.fakes.orders import LATER, a_line, an_order, wanted

SHIPPING = Charge(kind="shipping", title="Parcel", amount=300, tax=60)
ONE_BACK = Refund(id="R1", total=1000, lines=(RefundLine(line_id="L1", quantity=1, amount=1000),))


def recorded(document: Document, **changes: Any) -> RecordedDocument:
    given = {"reference": document.reference, "kind": str(document.kind), "event": document.event, "state": "booked"}
    given |= {"order_id": 1, "fingerprint": document.fingerprint, "total": document.total, **changes}
    return RecordedDocument(**given)


def sale_of(document: Document, **changes: Any) -> BookedSale:
    """As the hub keeps it: without titles and unit prices."""
    lines = tuple(replace(line, title="", unit_price="0") for line in document.lines)
    return BookedSale(
        recorded=recorded(document, **changes), taxed=True, location="", lines=lines, charges=document.charges
    )


def ways(**changes: Any) -> Ways:
    return Ways(**{"ways": ("amend",), "allowed": True, "at_order": True, **changes})


def planned(before: Order, now: Order, way: Ways | None = None, **changes: Any) -> Change | Problem | None:
    """What is planned for an order of which all was booked as it was `before`."""
    documents = wanted(before)
    rest = [recorded(one) for one in documents[1:]]
    sale = sale_of(documents[0], **changes)
    return plan_change(now, wanted(now), [sale.recorded, *rest], sale, way or ways())


TWO, THREE = an_order(), an_order(lines=(a_line(quantity=3, amount=3000),))


# --- whether it fits -----------------------------------------------------------------------------------------------


def test_a_sale_fits_its_order_until_the_order_is_edited_or_a_change_is_in_doubt() -> None:
    [sale] = wanted(TWO)
    assert fits(TWO, None)
    assert fits(TWO, sale_of(sale)) and fits(TWO, sale_of(sale, state="queued"))
    assert not fits(THREE, sale_of(sale))
    assert not fits(TWO, sale_of(sale, state="amending"))


def test_an_order_as_it_was_booked_has_the_goods_and_charges_of_its_sale() -> None:
    before = an_order(lines=(a_line(tax=400), a_line(2, sku="TRAY", quantity=1, amount=400)), charges=(SHIPPING,))
    edited = replace(THREE, cancelled_at=LATER)
    was = as_booked(edited, sale_of(wanted(before)[0]))
    assert was == replace(
        edited,
        lines=tuple(replace(line, title="", unit_price="0") for line in before.lines),
        charges=(replace(SHIPPING, title=""),),
        total=2000 + 400 + 400 + 300 + 60,
    )


# --- what is done --------------------------------------------------------------------------------------------------


def test_nothing_is_done_about_what_fits() -> None:
    assert planned(TWO, TWO) is None
    assert planned(an_order(refunds=(ONE_BACK,)), an_order(refunds=(ONE_BACK,))) is None
    assert plan_change(TWO, wanted(TWO), [], None, ways()) is None


def test_an_edited_sale_is_changed_to_what_the_order_says_now() -> None:
    change = planned(TWO, THREE)
    assert isinstance(change, Change)
    assert (change.new, change.booked, change.wait, change.in_doubt) == (
        wanted(THREE)[0],
        sale_of(wanted(TWO)[0]),
        False,
        False,
    )


def test_while_the_sale_is_on_its_way_into_the_books_its_change_waits() -> None:
    change = planned(TWO, THREE, state="queued")
    assert change == Change(sale_of(wanted(TWO)[0], state="queued"), wanted(THREE)[0], wait=True)
    assert why_not(TWO, THREE, ways(ways=()), state="queued") == "the back office cannot change a booked document"


def test_a_change_in_doubt_is_sent_again_whatever_the_order_says() -> None:
    for now in (TWO, THREE):
        change = planned(TWO, now, state="amending")
        assert isinstance(change, Change) and change.in_doubt and not change.wait and change.new == wanted(now)[0]
    held = planned(TWO, THREE, ways(allowed=False), state="amending")
    assert isinstance(held, Change), "what was sent must be known before the setting counts"


def test_only_a_sale_is_ever_changed_and_only_if_all_else_fits() -> None:
    refunded = an_order(refunds=(ONE_BACK,))
    problem = planned(refunded, replace(THREE, refunds=()))
    assert isinstance(problem, Problem) and "its credit is booked" in problem.message
    other = replace(ONE_BACK, total=500, lines=(RefundLine(line_id="L1", quantity=1, amount=500),))
    problem = planned(refunded, replace(refunded, refunds=(other,)))
    assert isinstance(problem, Problem) and "its credit is booked" in problem.message
    back = an_order(kind="return", lines=(a_line(quantity=-2, amount=-2000),))
    more = replace(back, lines=(a_line(quantity=-3, amount=-3000),), total=-3000)
    problem = planned(back, more)
    assert isinstance(problem, Problem) and problem.reason == "edited after booking"
    unknown = plan_change(THREE, wanted(THREE), [recorded(wanted(TWO)[0])], None, ways())
    assert isinstance(unknown, Problem) and unknown.reason == "edited after booking"


def why_not(before: Order, now: Order, way: Ways | None = None, **changes: Any) -> str:
    problem = planned(before, now, way, **changes)
    assert isinstance(problem, Problem)
    return problem.message.partition("it was not changed: ")[2]


def test_what_the_settings_or_the_back_office_do_not_allow_is_held() -> None:
    assert why_not(TWO, THREE, ways(allowed=False)) == "`orders.edited` says hold"
    assert why_not(TWO, THREE, ways(ways=())) == "the back office cannot change a booked document"
    assert why_not(TWO, THREE, ways(ways=("wish",))) == "the back office cannot change a booked document"


LONG = "L" * 50
CREDITED = an_order(
    lines=(a_line(id=LONG), a_line(2, sku="TRAY")),
    refunds=(replace(ONE_BACK, lines=(RefundLine(line_id=LONG, quantity=1, amount=1000),)),),
)


@pytest.mark.parametrize(
    ("lines", "at_order", "changes"),
    [
        ((a_line(id=LONG, quantity=3, amount=3000), a_line(2, sku="TRAY")), True, True),
        ((a_line(id=LONG, quantity=3, amount=3000), a_line(2, sku="TRAY")), False, False),
        ((a_line(id=LONG, sku="TRAY"), a_line(2, sku="TRAY")), True, False),
        ((a_line(id=LONG, amount=1999), a_line(2, sku="TRAY")), False, True),
        ((a_line(id=LONG), a_line(2, sku="TRAY", quantity=5, amount=5000)), False, True),
        ((a_line(id=LONG), a_line(2, sku="MUG")), False, True),
        ((a_line(id=LONG),), False, True),
        ((a_line(id=LONG), a_line(2, sku="TRAY"), a_line(3)), False, True),
    ],
)
def test_a_line_that_was_credited_changes_only_where_its_units_stay_certain(
    lines: tuple[Any, ...], at_order: bool, changes: bool
) -> None:
    now = an_order(lines=lines, refunds=CREDITED.refunds)
    found = planned(CREDITED, now, ways(at_order=at_order))
    assert isinstance(found, Change) == changes
    if not changes:
        assert why_not(CREDITED, now, ways(at_order=at_order)).endswith(f" of line {'L' * 40} would no longer be right")


def test_a_line_with_a_refund_that_is_not_booked_yet_may_change() -> None:
    before = replace(CREDITED, refunds=())
    now = an_order(lines=(a_line(id=LONG, quantity=3, amount=3000), a_line(2, sku="TRAY")), refunds=CREDITED.refunds)
    assert isinstance(planned(before, now, ways(at_order=False)), Change)


def test_a_credited_line_that_is_gone_is_not_taken_away() -> None:
    sale, credit = wanted(CREDITED)
    booked = sale_of(sale, state="booked")
    now = replace(CREDITED, lines=CREDITED.lines[1:], total=2000)
    new = replace(sale, lines=sale.lines[1:], total=2000, fingerprint="another")
    found = plan_change(now, [new, credit], [booked.recorded, recorded(credit)], booked, ways())
    assert isinstance(found, Problem) and f"of line {'L' * 40} would" in found.message


# --- what is said --------------------------------------------------------------------------------------------------


def test_both_versions_are_said_with_their_lines() -> None:
    sale, other = wanted(TWO)[0], wanted(an_order(lines=(a_line(sku="TRAY", quantity=1, amount=50),)))[0]
    problem = both_versions(sale_of(sale), other, "nobody may")
    assert problem == Problem(
        "edited after booking",
        f"its sale {sale.reference} is booked with a total of 2000, the order now says 50 (minor units), "
        "and it was not changed: nobody may",
        {
            "booked": {
                "reference": sale.reference,
                "total": "20.00",
                "fingerprint": sale.fingerprint,
                "lines": {"L1": "2 x MUG, 20.00"},
            },
            "now": {"total": "0.50", "fingerprint": other.fingerprint, "lines": {"L1": "1 x TRAY, 0.50"}},
        },
    )
    assert both_versions(sale_of(sale), other, "", "closed period").reason == "closed period"


def test_many_lines_and_long_names_are_cut_and_an_unknown_currency_is_no_obstacle() -> None:
    lines = tuple(a_line(number, sku="MUG", quantity=1, amount=1) for number in range(60))
    sale = wanted(an_order(lines=lines))[0]
    long = replace(sale, lines=(replace(sale.lines[0], sku="x" * 100),), currency="???")
    detail: Any = both_versions(sale_of(sale), long, "").detail
    assert len(detail["booked"]["lines"]) == 50
    assert detail["now"] == {
        "total": "60 minor units",
        "fingerprint": sale.fingerprint,
        "lines": {"L0": f"1 x {'x' * 60}, 1 minor units"},
    }


def test_payments_do_not_stand_in_the_way_of_a_change() -> None:
    before = replace(TWO, payments=(Payment(id="P", gateway="card", amount=2000),))
    assert [one.kind for one in wanted(before)] == [DocumentKind.SALE, DocumentKind.PAYMENT]
    assert isinstance(planned(before, replace(THREE, payments=before.payments)), Change)


# --- undone and booked again ---------------------------------------------------------------------------------------

PAID = an_order(payments=(Payment(id="9", gateway="card", amount=2000),))
PAID_THREE = replace(PAID, lines=THREE.lines, total=3000)


@pytest.mark.parametrize(
    ("able", "before", "now", "way"),
    [
        (("credit", "void", "amend"), TWO, THREE, "amend"),
        (("credit", "void"), TWO, THREE, "void"),
        (("credit", "void"), PAID, PAID_THREE, "credit"),
        (("credit",), TWO, THREE, "credit"),
    ],
)
def test_of_the_ways_that_are_open_the_first_is_taken(
    able: tuple[str, ...], before: Order, now: Order, way: str
) -> None:
    change = planned(before, now, ways(ways=able))
    assert isinstance(change, Change) and change.way == way


def test_a_sale_on_which_something_hangs_is_not_undone() -> None:
    refunded, more = an_order(refunds=(ONE_BACK,)), replace(THREE, refunds=(ONE_BACK,))
    assert why_not(PAID, PAID_THREE, ways(ways=("void",))) == "to void it is not possible while a payment hangs on it"
    for way in ("void", "credit"):
        assert why_not(refunded, more, ways(ways=(way,))) == f"to {way} it is not possible while a credit hangs on it"
        shipped = ways(ways=(way,), shipped=True)
        assert why_not(TWO, THREE, shipped) == f"to {way} it is not possible after something of it has left"


def test_every_way_that_is_closed_is_said_with_its_reason() -> None:
    shut = ways(ways=("void", "credit"), shipped=True)
    assert why_not(PAID, PAID_THREE, shut) == (
        "to void it is not possible while a payment hangs on it; "
        "to credit it is not possible after something of it has left"
    )


def test_what_was_in_doubt_is_not_undone() -> None:
    assert isinstance(planned(TWO, THREE, ways(ways=("void", "credit")), state="amending"), Problem)


def test_an_undo_takes_all_of_the_sale_back_as_it_was_booked() -> None:
    before = an_order(lines=(a_line(tax=400), a_line(2, sku="TRAY", quantity=1, amount=400)), charges=(SHIPPING,))
    given = sale_of(wanted(before)[0], revision=3)
    lines = tuple(replace(line, restock=False) for line in given.lines)
    sale = replace(given, lines=lines, location="east", taxed=False)
    undo = undo_document(replace(before, lines=THREE.lines), sale, "REF", date(2026, 3, 9), "7")
    assert undo == Document(
        reference="REF",
        kind=DocumentKind.CREDIT,
        event="undo:3",
        order_id="1001",
        number="#1001",
        dated_on=date(2026, 3, 9),
        currency="GBP",
        total=before.total,
        fingerprint=f"undo {sale.recorded.fingerprint}",
        lines=(replace(sale.lines[0], title="Mug", restock=True), replace(sale.lines[1], title="", restock=True)),
        charges=sale.charges,
        customer_id="7",
        original=sale.recorded.reference,
        revision=3,
        location="east",
        taxed=False,
    )
    assert undo.total == sum_of(undo.lines, undo.charges)
