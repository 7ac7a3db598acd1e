"""The sandbox shop's words for an order, turned into ours. Pure; any foreign text is survived, none is guessed.

What cannot be read in one field becomes a sentence in `Order.problems`. A line whose id, SKU and units are known is
kept without its amount, so that its units still count against stock.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from syncctl import times
from syncctl.connectors.reading import FRACTION, Fields, shown
from syncctl.connectors.sandbox.order_lines import read_lines
from syncctl.connectors.sandbox.people import to_address, to_customer
from syncctl.connectors.strict_json import parse_object
from syncctl.errors import DataError, MoneyError
from syncctl.model import (
    Address,
    Charge,
    ChargeKind,
    Customer,
    Fulfilment,
    FulfilmentLine,
    LineItem,
    Lines,
    Order,
    Payment,
    Refund,
    RefundLine,
    Unreadable,
)
from syncctl.money import places, round_minor, to_minor

_TEXTS = {"kind": "sale", "financial_status": "", "fulfilment_status": "", "channel": "web", "email": ""}


def read_order(order_id: str, raw: str) -> Order | Unreadable:
    """One stored order in our words; `order_id` is what it is listed under, for one that is beyond reading."""
    try:
        return to_order(parse_object(raw), raw)
    except DataError as error:
        return Unreadable(id=order_id, reason=str(error))


def to_order(body: dict[str, Any], raw: str) -> Order:
    """Turn one order into ours; amounts are netted and rounded half-even, line by line.

    Errors: DataError where not even its id or the time it was placed are known; all else is noted in `problems`.
    """
    problems: list[str] = []
    order = Fields(body, "", problems)
    order_id, placed_at = body.get("id"), _placed_at(body)
    if not isinstance(order_id, str) or not order_id:
        raise DataError(f"The order has no id but {shown(order_id)}.")
    currency = _currency(order)
    tax_included = order.flag("tax_included")
    lines = read_lines(order.rows("lines"), currency, tax_included, problems)
    charges = order.each("charges", "charge", lambda row: _charge(row, currency, tax_included))
    total = order.amount("total", to_minor, currency)
    if not problems:
        charges += _rounding(total, Lines.of(lines), charges)
    kind, financial_status, fulfilment_status, channel, email = order.texts(_TEXTS)
    return Order(
        id=order_id,
        number=order.text("name", order_id),
        kind=kind,
        placed_at=placed_at,
        changed_at=order.moment("updated_at") or placed_at,
        currency=currency or order.text("currency"),
        total=total,
        raw=raw,
        lines=lines,
        tax_included=tax_included,
        charges=charges,
        financial_status=financial_status,
        fulfilment_status=fulfilment_status,
        cancelled_at=order.moment("cancelled_at"),
        closed=order.flag("closed"),
        test=order.flag("test"),
        channel=channel,
        customer=_customer(order, problems),
        email=email,
        shipping_address=_address(order, "shipping_address", problems),
        billing_address=_address(order, "billing_address", problems),
        payments=order.each("payments", "payment", lambda row: _payment(row, currency)),
        refunds=order.each("refunds", "refund", lambda row: _refund(row, currency, tax_included)),
        fulfilments=to_fulfilments(order_id, order),
        problems=tuple(problems),
        units_known=not problems or _units_known(body.get("lines"), lines),
        fractional=bool(problems) and any(problem.endswith(FRACTION) for problem in problems),
    )


def _address(order: Fields, name: str, problems: list[str]) -> Address | None:
    row = Fields.of(order.row[name], name, problems) if order.row.get(name) is not None else None
    return None if row is None else to_address(row)


def _units_known(rows: object, lines: Sequence[LineItem]) -> bool:
    """Whether each line that was sent could be read as units of a SKU."""
    if not isinstance(rows, list) or len(rows) != len(lines):
        return False
    return all(isinstance(row, dict) and isinstance(row.get("sku"), str | None) for row in rows)


def to_fulfilments(order_id: str, order: Fields) -> tuple[Fulfilment, ...]:
    """The shipments that the order's body tells of."""
    return order.each("fulfilments", "fulfilment", lambda row: _fulfilment(order_id, row))


def _placed_at(body: dict[str, Any]) -> datetime:
    try:
        return times.from_text(body["placed_at"])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise DataError(f"The order has no time at which it was placed but {shown(body.get('placed_at'))}.") from error


def _currency(order: Fields) -> str:
    """The currency, or "" with a problem noted; amounts cannot be read without one."""
    currency = order.text("currency")
    try:
        places(currency)
    except MoneyError:
        order.note("currency", "is no currency that ISO 4217 knows")
        return ""
    return currency


def _charge(row: Fields, currency: str, tax_included: bool) -> Charge:
    tax = row.amount("tax", round_minor, currency) if row.has("tax") else 0
    amount = row.amount("amount", round_minor, currency)
    return Charge(
        kind=row.text("kind"),
        title=row.text("title"),
        amount=amount - tax if tax_included else amount,
        tax=tax,
        line_id=row.text("line_id") or None,
    )


def _rounding(total: int, lines: Lines, charges: tuple[Charge, ...]) -> tuple[Charge, ...]:
    """What lies between the shop's total and the sum of rounded parts, while it can be rounding at all."""
    difference = total - sum(lines.amounts) - sum(lines.taxes)
    for charge in charges:
        difference -= charge.amount + charge.tax
    if not difference or abs(difference) > len(lines):
        return ()
    return (Charge(kind=ChargeKind.ROUNDING, title="Rounding", amount=difference),)


def _payment(row: Fields, currency: str) -> Payment:
    return Payment(
        id=row.text("id"),
        gateway=row.text("gateway"),
        amount=row.amount("amount", to_minor, currency),
        paid_at=row.moment("paid_at"),
    )


def _refund(row: Fields, currency: str, tax_included: bool) -> Refund:
    return Refund(
        id=row.text("id"),
        total=row.amount("total", to_minor, currency),
        lines=row.each("lines", "line", lambda line: _refund_line(line, currency, tax_included)),
        charges=row.each("charges", "charge", lambda charge: _charge(charge, currency, tax_included)),
        refunded_at=row.moment("refunded_at"),
    )


def _refund_line(row: Fields, currency: str, tax_included: bool) -> RefundLine:
    tax = row.amount("tax", round_minor, currency) if row.has("tax") else 0
    amount = row.amount("amount", round_minor, currency)
    return RefundLine(
        line_id=row.text("line_id"),
        quantity=row.units("quantity") or 0,
        amount=amount - tax if tax_included else amount,
        tax=tax,
        restock=row.flag("restock"),
    )


def _fulfilment(order_id: str, row: Fields) -> Fulfilment:
    return Fulfilment(
        id=row.text("id"),
        order_id=order_id,
        lines=tuple(
            FulfilmentLine(
                quantity=line.units("quantity") or 0,
                line_id=line.text("line_id") or None,
                sku=line.text("sku") or None,
            )
            for line in row.fields("lines", "line")
        ),
        tracking_number=row.text("tracking_number"),
        carrier=row.text("carrier"),
        tracking_url=row.text("tracking_url"),
        shipped_at=row.moment("shipped_at"),
    )


def _customer(order: Fields, problems: list[str]) -> Customer | None:
    row = order.row.get("customer")
    if row is None:
        return None
    fields = Fields.of(row, "customer", problems)
    return None if fields is None else to_customer(fields)
