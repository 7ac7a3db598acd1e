"""Every field of every document that an order leads to, and every sentence of what cannot be booked."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from syncctl.model import (
    Address,
    Charge,
    Document,
    DocumentCharge,
    DocumentKind,
    DocumentLine,
    Order,
    Payment,
    RecordedDocument,
    Refund,
    RefundLine,
    Tender,
)
from syncctl.rules.totals import order_fingerprint, refund_fingerprint
from syncctl.rules.wanted import Problem, credit_references, sale_reference, undo_reference, wanted_documents
from tests.fakes.orders import LATER, PLACED, a_line, an_order, terms, wanted

TO, BILL = Address(city="Leeds"), Address(kind="billing", city="York")
SHIPPING = Charge(kind="shipping", title="Parcel", amount=300, tax=60)
SETTINGS = {"tenders": {"card": "CARD"}, "default_tender": "other", "store_number": 7}
SALES_KINDS = (DocumentKind.SALE, DocumentKind.CREDIT)  # of a back office that keeps payments on the sale


def sold() -> Order:
    """Three units on two lines, one of them given back with its shipping; two payments, of which one is too much."""
    return an_order(
        lines=(a_line(tax=400), a_line(2, sku="TRAY", title="Tray", quantity=1, unit_price="4.00", amount=400)),
        charges=(SHIPPING,),
        refunds=(
            Refund(
                id="R1",
                total=1500,
                lines=(RefundLine(line_id="L1", quantity=1, amount=1000, tax=200, restock=True),),
                charges=(replace(SHIPPING, title="", amount=250, tax=50),),
                refunded_at=LATER,
            ),
        ),
        payments=(
            Payment(id="P2", gateway="voucher", amount=9999, paid_at=LATER),
            Payment(id="P1", gateway="card", amount=3000, paid_at=PLACED),
        ),
        tax_included=True,
        email="ann@shop.example",
        shipping_address=TO,
        billing_address=BILL,
    )


def common(*, taxed: bool = True) -> dict[str, object]:
    """What all documents with goods of that order say alike."""
    around = {"email": "ann@shop.example", "ship_to": TO, "bill_to": BILL, "store_number": 7}
    names = {"order_id": "1001", "number": "#1001", "currency": "GBP", "tax_included": True}
    return {**around, **names, "taxed": taxed, "customer_id": "7"}


def sale_of(order: Order, *, taxed: bool = True, **changes: object) -> Document:
    tax, shipping_tax = (400, 60) if taxed else (0, 0)
    given: dict[str, object] = {
        "reference": "shop-1/1001/sale/order",
        "kind": DocumentKind.SALE,
        "event": "order",
        "dated_on": date(2026, 3, 1),
        "total": 2700 + tax + shipping_tax,
        "fingerprint": order_fingerprint(order),
        "lines": (
            DocumentLine(
                line_id="L1", sku="MUG", title="Mug", quantity=2, unit_price="10.00", amount=2000, tax=tax, restock=True
            ),
            DocumentLine(
                line_id="L2", sku="TRAY", title="Tray", quantity=1, unit_price="4.00", amount=400, tax=0, restock=True
            ),
        ),
        "charges": (DocumentCharge(kind="shipping", item="SHIPPING", title="Parcel", amount=300, tax=shipping_tax),),
        "original": None,
    }
    return Document(**{**given, **common(taxed=taxed), **changes})  # type: ignore[arg-type]


def credit_of(order: Order, *, taxed: bool = True) -> Document:
    tax, shipping_tax = (200, 50) if taxed else (0, 0)
    back = {"line_id": "L1", "sku": "MUG", "title": "Mug", "quantity": 1, "unit_price": "10.00", "amount": 1000}
    return Document(
        reference="shop-1/1001/credit/R1",
        kind=DocumentKind.CREDIT,
        event="R1",
        dated_on=date(2026, 3, 3),
        total=1250 + tax + shipping_tax,
        fingerprint=refund_fingerprint(order.refunds[0]),
        lines=(DocumentLine(**back, tax=tax, restock=True),),  # type: ignore[arg-type]
        charges=(DocumentCharge(kind="shipping", item="SHIPPING", title="", amount=250, tax=shipping_tax),),
        original="shop-1/1001/sale/order",
        **common(taxed=taxed),  # type: ignore[arg-type]
    )


def payment_of(payment_id: str, amount: int, day: date, tender: str, text: str) -> Document:
    return Document(
        reference=f"shop-1/1001/payment/{payment_id}",
        kind=DocumentKind.PAYMENT,
        event=payment_id,
        order_id="1001",
        number="#1001",
        dated_on=day,
        currency="GBP",
        total=amount,
        fingerprint=text,
        customer_id="7",
        original="shop-1/1001/sale/order",
        store_number=7,
        tender=tender,
    )


def test_every_field_of_every_document_is_the_orders() -> None:
    order = sold()
    assert wanted(order, **SETTINGS) == [
        sale_of(order),
        credit_of(order),
        payment_of("P1", 3000, date(2026, 3, 1), "CARD", "P1:3000"),
        payment_of("P2", 160, date(2026, 3, 3), "other", "P2:9999"),
    ]


def test_without_taxes_they_stand_in_no_field_of_any_document() -> None:
    order = sold()
    documents = wanted(order, import_taxes=False, **SETTINGS)
    assert documents[:2] == [sale_of(order, taxed=False), credit_of(order, taxed=False)]
    assert [one.total for one in documents[2:]] == [2700]


def test_where_payments_are_no_documents_they_stand_on_the_sale() -> None:
    order = sold()
    documents = wanted(order, kinds=SALES_KINDS, **SETTINGS)
    paid = (Tender(tender="CARD", amount=3000), Tender(tender="other", amount=160))
    assert documents == [sale_of(order, payments=paid), credit_of(order)]


def test_every_field_of_a_return_is_the_orders() -> None:
    lines = (a_line(quantity=-2, amount=-2000, tax=-400),)
    order = replace(sold(), kind="return", lines=lines, charges=(replace(SHIPPING, amount=-300, tax=-60),), refunds=())
    [credit] = wanted(order, **SETTINGS)
    assert credit == sale_of(
        order,
        reference="shop-1/1001/credit/return",
        kind=DocumentKind.CREDIT,
        event="return",
        total=2760,
        lines=sale_of(order).lines[:1],
    )


def test_what_a_cancellation_takes_back_is_the_rest_with_what_belongs_to_it() -> None:
    order = replace(sold(), cancelled_at=LATER + timedelta(days=1), payments=())
    [sale, first, rest] = wanted(order, **SETTINGS)
    assert (sale, first) == (sale_of(order), credit_of(order))
    assert (rest.reference, rest.event, rest.original) == ("shop-1/1001/credit/cancel", "cancel", sale.reference)
    assert [(one.line_id, one.quantity, one.amount, one.tax, one.restock) for one in rest.lines] == [
        ("L1", 1, 1000, 200, True),
        ("L2", 1, 400, 0, True),
    ]
    assert [(one.kind, one.amount, one.tax) for one in rest.charges] == [("shipping", 300, 60), ("shipping", -250, -50)]
    assert rest.total == 1000 + 200 + 400 + 50 + 10 == sale.total - first.total and rest.dated_on == date(2026, 3, 4)
    as_a_refund = Refund(
        id="cancel",
        total=rest.total,
        lines=tuple(
            RefundLine(line_id=one.line_id, quantity=one.quantity, amount=one.amount, tax=one.tax, restock=True)
            for one in rest.lines
        ),
        charges=(SHIPPING, replace(SHIPPING, amount=-250, tax=-50)),
    )
    assert rest.fingerprint == refund_fingerprint(as_a_refund)
    back = replace(order.refunds[0], lines=(RefundLine(line_id="L1", quantity=2, amount=1, tax=0),), total=301)
    other = replace(back, id="R2", lines=(RefundLine(line_id="L2", quantity=1, amount=1),), charges=(), total=1)
    assert [one.event for one in wanted(replace(order, refunds=(back, other)))] == ["order", "R1", "R2"]


def test_a_credit_is_dated_by_its_refund_else_by_the_cancellation_else_by_the_last_change() -> None:
    back = RefundLine(line_id="L1", quantity=1, amount=0)
    order = an_order(refunds=(Refund(id="R", total=0, lines=(back,)),), changed_at=LATER)
    assert wanted(order)[1].dated_on == date(2026, 3, 3)
    cancelled = replace(order, cancelled_at=LATER + timedelta(days=4))
    assert wanted(cancelled)[1].dated_on == date(2026, 3, 7)
    refunded = replace(order.refunds[0], refunded_at=datetime(2026, 3, 9, tzinfo=UTC))
    assert wanted(replace(cancelled, refunds=(refunded,)))[1].dated_on == date(2026, 3, 9)


def test_units_are_put_back_only_where_the_refund_says_so() -> None:
    lines = tuple(RefundLine(line_id="L1", quantity=1, amount=1000, restock=restock) for restock in (False, True))
    [_, credit] = wanted(an_order(refunds=(Refund(id="R", total=2000, lines=lines),)))
    assert [one.restock for one in credit.lines] == [False, True]


def test_every_document_with_goods_names_the_location_of_its_store() -> None:
    documents = wanted_documents(sold(), None, replace(terms(), location="east"))
    assert not isinstance(documents, Problem)
    assert [one.location for one in documents[:2]] == ["east", "east"]


def test_a_refund_that_only_pays_what_was_owed_already_leads_to_no_credit() -> None:
    """An edit had taken the goods out, which was a refund without money; now the money follows by itself."""
    order = sold()
    paid_out = replace(order, refunds=(*order.refunds, Refund(id="R2", total=0, refunded_at=LATER)))
    assert [one.reference for one in wanted(paid_out)] == [one.reference for one in wanted(order)]


def test_refunded_money_of_no_line_is_credited_on_the_placeholder() -> None:
    nobodys = RefundLine(line_id="L9", quantity=0, amount=500)
    [_, credit] = wanted(an_order(refunds=(Refund(id="R", total=500, lines=(nobodys,)),)))
    assert [(one.sku, one.title, one.unit_price) for one in credit.lines] == [("WEB-ITEM", "", "0")]


def test_an_order_is_booked_on_the_items_of_its_sale_and_else_on_those_of_its_skus() -> None:
    under = replace(terms(items="MUG WEB-ITEM"), booked_items={"L2": "VASE"})
    order = an_order(lines=(a_line(), a_line(2, sku="GONE")))
    documents = wanted_documents(order, None, under)
    assert not isinstance(documents, Problem)
    assert [one.sku for one in documents[0].lines] == ["MUG", "VASE"]


def test_payments_are_booked_in_the_order_of_their_time_then_of_their_number() -> None:
    ids = ("10", "9", "8b", "8a")
    payments = [Payment(id=one, gateway="card", amount=1, paid_at=LATER) for one in ids]
    early = Payment(id="99", gateway="card", amount=1)
    order = an_order(payments=(*payments, early))
    assert [one.event for one in wanted(order)[1:]] == ["99", "9", "10", "8a", "8b"]
    assert wanted(order)[1].dated_on == date(2026, 3, 1)


def test_the_references_of_what_may_be_booked_are_those_of_the_documents() -> None:
    order = replace(sold(), cancelled_at=LATER)
    by_event = {one.event: one.reference for one in wanted(order)}
    assert by_event["order"] == sale_reference(order, terms()) == "shop-1/1001/sale/order"
    assert by_event["cancel"] == "shop-1/1001/credit/cancel"
    events = [*(refund.id for refund in order.refunds), "cancel"]
    assert credit_references(order, terms()) == {event: by_event[event] for event in events}
    back = an_order(kind="return", lines=(a_line(quantity=-2, amount=-2000),))
    assert wanted(back)[0].reference == sale_reference(back, terms()) == "shop-1/1001/credit/return"
    short = replace(terms(), reference_length=12, store_id="another-shop")
    assert len(sale_reference(order, short)) == len(credit_references(order, short)["cancel"]) == 12
    assert sale_reference(order, short) != sale_reference(order, replace(short, store_id="a-third-shop"))


def test_a_sale_that_is_booked_anew_has_the_day_and_the_fingerprint_that_it_is_given() -> None:
    documents = wanted_documents(sold(), None, replace(terms(), sold_at=LATER, booked_as="as it was"))
    assert not isinstance(documents, Problem)
    assert (documents[0].dated_on, documents[0].fingerprint) == (date(2026, 3, 3), "as it was")
    assert documents[1] == wanted_documents(sold(), None, terms())[1]  # type: ignore[index]


def test_each_revision_of_a_sale_and_its_undoing_has_a_reference_of_its_own() -> None:
    order, second = sold(), replace(terms(), revision=2)
    documents = wanted_documents(order, None, second)
    assert not isinstance(documents, Problem)
    assert (documents[0].event, documents[0].reference) == ("order:2", "shop-1/1001/sale/order:2")
    assert {one.revision for one in documents} == {2} and {one.revision for one in wanted(order)} == {1}
    assert {one.original for one in documents[1:]} == {documents[0].reference} == {sale_reference(order, second)}
    assert [undo_reference(order, replace(second, revision=one)) for one in (1, 2)] == [
        "shop-1/1001/credit/undo:1",
        "shop-1/1001/credit/undo:2",
    ]


# --- once a cancellation is booked ---------------------------------------------------------------------------------


def booked(event: str) -> RecordedDocument:
    return RecordedDocument(
        order_id=1, reference="", kind="credit", event=event, state="booked", fingerprint="", total=0
    )


def test_refunds_after_a_booked_cancellation_are_covered_by_it_and_those_before_stay() -> None:
    lines = (RefundLine(line_id="L1", quantity=1, amount=100),)
    refunds = tuple(Refund(id=one, total=100, lines=lines) for one in ("R1", "R2"))
    order = an_order(refunds=refunds, cancelled_at=LATER)

    def events(*recorded: str, found: Sequence[str] = ()) -> list[str]:
        documents = wanted_documents(order, None, terms(), [booked(one) for one in recorded], in_books=found)
        assert not isinstance(documents, Problem)
        return [one.event for one in documents]

    assert events() == ["order", "R1", "R2"] == events("order", "R1")
    assert events("order", "R1", "cancel") == ["order", "R1", "cancel"]
    assert events("order", "R2", found=["cancel"]) == ["order", "R2", "cancel"]
    assert events(found=["cancel"]) == ["order", "cancel"]
    assert events(found=["R1", "cancel"]) == ["order", "R1", "cancel"]
    assert events(found=["R1"]) == ["order", "R1", "R2"]


# --- what cannot be booked -----------------------------------------------------------------------------------------


def problem_of(order: Order, **changes: object) -> Problem:
    found = wanted_documents(order, None, terms(**changes))
    assert isinstance(found, Problem)
    return found


def test_unknown_skus_are_named_five_of_them_and_none_at_length() -> None:
    lines = [a_line(number, sku=sku) for number, sku in enumerate(("b", None, "a", "a", "MUG", "x" * 300), 1)]
    problem = problem_of(an_order(lines=tuple(lines)))
    assert problem.reason == "unknown SKU"
    assert problem.message == f"the back office has no item '(none)', 'a', 'b', '{'x' * 60}'"
    assert problem.detail == {"skus": ["(none)", "a", "b", "x" * 200]}
    many = problem_of(an_order(lines=tuple(a_line(one, sku=f"{one:03}") for one in range(60))))
    assert many.message.count("'0") == 5 and len(many.detail["skus"]) == 50  # type: ignore[arg-type]


def test_charges_that_no_setting_maps_are_named_wherever_they_stand() -> None:
    order = an_order(charges=(Charge(kind="wrapping", title="", amount=1), SHIPPING))
    problem = problem_of(order)
    assert (problem.reason, problem.message) == ("unmapped charge", "orders.charges names no item for 'wrapping'")
    refund = Refund(id="R", total=1, charges=(Charge(kind="duty", title="", amount=1),))
    assert (
        problem_of(replace(order, refunds=(refund,))).message == "orders.charges names no item for 'duty', 'wrapping'"
    )
    six = [Charge(kind=f"kind-{one}", title="", amount=1) for one in range(6)]
    assert problem_of(an_order(charges=tuple(six))).message.count("kind-") == 5


@pytest.mark.parametrize(
    ("back", "message"),
    [
        ([("L1", 3, 0)], "3 units of line L1 were given back, more than ordered"),
        ([("L1", 1, 0), ("L1", 2, 0)], "3 units of line L1 were given back, more than ordered"),
        ([("L9", 1, 0)], "1 units of line L9 were given back, more than ordered"),
        ([("L1", 1, 2001)], "2001 minor units were given back of a sale of 2000"),
        ([("L1", 1, 1500), ("L1", 1, 501)], "2001 minor units were given back of a sale of 2000"),
        ([("L1", 2, 2000)], ""),
        ([("L1", 1, 1000), ("L1", 1, 1000)], ""),
    ],
)
def test_more_than_was_sold_is_never_credited(back: list[tuple[str, int, int]], message: str) -> None:
    refunds = tuple(
        Refund(id=f"R{at}", total=amount, lines=(RefundLine(line_id=line_id, quantity=quantity, amount=amount),))
        for at, (line_id, quantity, amount) in enumerate(back)
    )
    found = wanted_documents(an_order(refunds=refunds), None, terms())
    assert (found.reason, found.message) == ("refunded too much", message) if message else isinstance(found, list)
