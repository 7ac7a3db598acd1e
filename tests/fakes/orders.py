"""Orders for tests of the rules: one by hand, and a Hypothesis strategy for any that a sound store may send."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from syncctl.model import Charge, Document, DocumentKind, LineItem, Order, Payment, Refund, RefundLine
from syncctl.rules.totals import sum_of
from syncctl.rules.wanted import Problem, Terms, wanted_documents
from syncctl.settings import OrderSettings

PLACED = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = PLACED + timedelta(days=2)


def a_line(number: int = 1, **changes: Any) -> LineItem:
    """Two mugs at 10.00, no tax."""
    given = {"id": f"L{number}", "sku": "MUG", "title": "Mug", "quantity": 2, "unit_price": "10.00", "amount": 2000}
    return LineItem(**{**given, **changes})


def an_order(**changes: Any) -> Order:
    """A paid order of two mugs; the total is what its parts add up to, unless given."""
    given: dict[str, Any] = {"id": "1001", "number": "#1001", "placed_at": PLACED, "changed_at": PLACED, "raw": "{}"}
    given = {**given, "currency": "GBP", "lines": (a_line(),), **changes}
    return Order(**{"total": sum_of(given["lines"], given.get("charges", ())), **given})


def terms(*, time_zone: str = "UTC", items: str = "MUG TRAY", kinds: Any = DocumentKind, **changes: Any) -> Terms:
    """Terms of one shop whose back office has these items; `changes` are order settings."""
    return Terms(
        store_id="shop-1",
        settings=OrderSettings.model_validate({"book_from": "2020-01-01", **changes}),
        kinds=frozenset(kinds),
        reference_length=40,
        time_zone=time_zone,
        item={sku: sku for sku in items.split()}.get,
        taxed=bool(changes.get("import_taxes", True)),
    )


def wanted(order: Order, **changes: Any) -> list[Document]:
    """The documents of an order that is no problem."""
    documents = wanted_documents(order, "7", terms(**changes))
    assert not isinstance(documents, Problem), documents
    return documents


@st.composite
def orders(draw: st.DrawFn) -> Order:
    """Any sale whose money adds up, with charges, payments, partial refunds, cancelled or not.

    A refund gives back some units of some lines for at most what is left of them, and perhaps some shipping.
    """
    lines = tuple(
        a_line(
            number,
            quantity=draw(st.integers(1, 4)),
            amount=draw(st.integers(0, 5000)),
            tax=draw(st.integers(0, 900)),
        )
        for number in range(1, draw(st.integers(1, 3)) + 1)
    )
    charges = [Charge(kind="shipping", title="", amount=draw(st.integers(0, 500)), tax=draw(st.integers(0, 99)))]
    if draw(st.booleans()):
        charges.append(Charge(kind="discount", title="", amount=-draw(st.integers(0, sum_of(lines)))))
    refunds = _refunds(draw, lines, charges[0])
    total = sum_of(lines, charges)
    paid = draw(st.lists(st.integers(1, max(1, total)), max_size=3))
    payments = [Payment(id=f"{number}", gateway="card", amount=amount) for number, amount in enumerate(paid, 8)]
    cancelled_at = LATER if draw(st.booleans()) else None
    return an_order(
        lines=lines, charges=tuple(charges), refunds=refunds, payments=tuple(payments), cancelled_at=cancelled_at
    )


def _refunds(draw: st.DrawFn, lines: tuple[LineItem, ...], shipping: Charge) -> tuple[Refund, ...]:
    left = {line.id: [line.quantity, line.amount, line.tax] for line in lines}
    shipping_left = shipping.amount
    refunds = []
    for number in range(draw(st.integers(0, 3))):
        rows = []
        for line_id, rest in left.items():
            quantity = draw(st.integers(0, rest[0]))
            if quantity:
                whole = quantity == rest[0] and draw(st.booleans())
                amount, tax = rest[1:] if whole else [rest[1] * quantity // rest[0], rest[2] * quantity // rest[0]]
                left[line_id] = [rest[0] - quantity, rest[1] - amount, rest[2] - tax]
                restock = draw(st.booleans())
                rows.append(RefundLine(line_id=line_id, quantity=quantity, amount=amount, tax=tax, restock=restock))
        back = draw(st.integers(0, shipping_left))
        shipping_left -= back
        charges = (Charge(kind="shipping", title="", amount=back),) if back else ()
        if rows or charges:
            total = sum_of(rows, charges)
            refunds.append(Refund(id=f"R{number}", total=total, lines=tuple(rows), charges=charges, refunded_at=LATER))
    return tuple(refunds)
