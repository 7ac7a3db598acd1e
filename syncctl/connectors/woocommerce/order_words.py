"""An order in WooCommerce's words, turned into ours. Pure; any JSON value is survived, none is guessed.

What cannot be read in one field becomes a sentence in `Order.problems`. A line whose id, SKU and units are known is
kept without its amount, so that its units still count against stock.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from syncctl.connectors.reading import FRACTION, Fields, shown
from syncctl.connectors.woocommerce.buyers import buyer_address, buyer_email, to_buyer
from syncctl.connectors.woocommerce.order_lines import read_lines
from syncctl.connectors.woocommerce.refunds import Body, read_refunds
from syncctl.connectors.woocommerce.shipments import is_all_shipped, read_shipments
from syncctl.connectors.woocommerce.words import amount, listed, moment, parts, record_id, text_of, total
from syncctl.errors import DataError, MoneyError
from syncctl.model import Charge, ChargeKind, Fulfilment, LineItem, Lines, Order, OrderKind, Payment, Refund, Unreadable
from syncctl.money import places

NO_ORDERS = frozenset({"checkout-draft", "auto-draft", "draft", "new", "trash", "inherit"})
"""Statuses of records that are no orders (yet), or no more."""

_FINANCIAL = {
    "pending": "pending",
    "processing": "paid",
    "completed": "paid",
    "on-hold": "authorized",
    "refunded": "refunded",
    "cancelled": "voided",
    "failed": "voided",
}
_CALLED_OFF = frozenset({"cancelled", "failed"})
_CLOSED = frozenset({"completed", "cancelled", "refunded", "failed"})
_WEB = frozenset({"checkout", "store-api", ""})


@dataclass(frozen=True, slots=True)
class Manners:
    """What the settings say of how this shop's orders are read."""

    statuses: Mapping[str, str] = field(default_factory=dict)  # of plug-ins -> WooCommerce's own that each counts as
    tracking_key: str = ""

    def status(self, word: str) -> str:
        """The status that an order counts as."""
        word = word.removeprefix("wc-")
        return self.statuses.get(word, word)


def status_of(body: Mapping[str, Any]) -> str:
    """The order's own word for its status; "" where it has none."""
    word = body.get("status")
    return word.removeprefix("wc-") if isinstance(word, str) else ""


def read_order(body: Body, text: str, details: Mapping[str, Body], manners: Manners) -> Order | Unreadable:
    """One order in our words. `text`: the body as it was sent; `details`: its refunds' own bodies, by id."""
    try:
        return to_order(body, _raw(body, text, details, manners), details, manners)
    except DataError as error:
        order_id = body.get("id")
        return Unreadable(id=record_id(order_id) or shown(order_id), reason=str(error))


def _raw(body: Body, text: str, details: Mapping[str, Body], manners: Manners) -> str:
    """All that the order was read from, and as what: it tells versions apart."""
    beside: dict[str, object] = {}
    if listed(Fields(body, "", []), "refunds"):
        beside["refunds"] = [details[key] for key in sorted(details)]
    if (counted := manners.status(status_of(body))) != status_of(body):
        beside["counted_as"] = counted
    if not beside:
        return text
    return f'{{"order":{text},{json.dumps(beside, sort_keys=True, separators=(",", ":"))[1:]}'


def to_order(body: Body, raw: str, details: Mapping[str, Body], manners: Manners) -> Order:
    """Turn one order into ours; amounts are rounded half-even, line by line.

    Errors: DataError where not even its id or the time it was placed are known; all else is noted in `problems`.
    """
    problems: list[str] = []
    order = Fields(body, "", problems)
    order_id, placed_at = _id(body), _placed_at(body)
    currency = _currency(order)
    gross = bool(body.get("prices_include_tax")) and order.flag("prices_include_tax")
    charged, lines, charges = _sold(order, currency, gross, problems)
    refunds = read_refunds(order, details, currency, problems)
    changed_at = moment(order, "date_modified_gmt") or placed_at
    status = manners.status(text_of(order, "status"))
    fulfilments = read_shipments(order_id, body, manners.tracking_key)
    billing, shipping = buyer_address(order, "billing"), buyer_address(order, "shipping")
    customer, payments = to_buyer(order), _payments(order, order_id, charged, refunds)
    return Order(
        id=order_id,
        number=text_of(order, "number") or order_id,
        kind=_kind(Lines.of(lines).quantities),
        placed_at=placed_at,
        changed_at=changed_at,
        currency=currency or text_of(order, "currency"),
        total=charged,
        raw=raw,
        lines=lines,
        tax_included=gross,
        charges=charges,
        financial_status=_financial(status, charged, refunds),
        fulfilment_status=_fulfilment_status(status, lines, refunds, fulfilments),
        cancelled_at=changed_at if status in _CALLED_OFF else None,
        closed=status in _CLOSED,
        channel=_channel(text_of(order, "created_via")),
        customer=customer,
        email=buyer_email(order),
        shipping_address=shipping,
        billing_address=billing,
        payments=payments,
        refunds=refunds,
        fulfilments=fulfilments,
        problems=tuple(problems),
        units_known=not problems or _units_known(listed(order, "line_items"), lines),
        fractional=bool(problems) and any(problem.endswith(FRACTION) for problem in problems),
    )


def _sold(
    order: Fields, currency: str, gross: bool, problems: list[str]
) -> tuple[int, Sequence[LineItem], tuple[Charge, ...]]:
    """The total, and the lines and charges that make it up."""
    lines, discounts = read_lines(listed(order, "line_items"), currency, gross, problems, _coupons(order))
    charges = (*discounts, *_charges(order, currency, problems))
    charged = total(order, "total", currency)
    if not problems:
        charges += _rounding(charged, Lines.of(lines), charges)
    return charged, lines, charges


def _id(body: Body) -> str:
    order_id = record_id(body.get("id"))
    if order_id is None:
        raise DataError(f"The order has no id but {shown(body.get('id'))}.")
    return order_id


def _placed_at(body: Body) -> datetime:
    at = moment(Fields(body, "", []), "date_created_gmt")
    if at is None:
        raise DataError(f"The order has no time at which it was placed but {shown(body.get('date_created_gmt'))}.")
    return at


def _currency(order: Fields) -> str:
    """The currency, or "" with a problem noted; amounts cannot be read without one."""
    currency = text_of(order, "currency")
    try:
        places(currency)
    except MoneyError:
        order.note("currency", "is no currency that ISO 4217 knows")
        return ""
    return currency


def _coupons(order: Fields) -> str:
    """The codes of the coupons that were used."""
    codes = (row.get("code") if isinstance(row, dict) else None for row in listed(order, "coupon_lines"))
    return ", ".join(code for code in codes if isinstance(code, str) and code)[:100]


def _charges(order: Fields, currency: str, problems: list[str]) -> Iterator[Charge]:
    for kind, name, title in (
        (ChargeKind.SHIPPING, "shipping_lines", "method_title"),
        (ChargeKind.FEE, "fee_lines", "name"),
    ):
        for row in parts(order, name, kind.value, problems):
            yield Charge(
                kind=kind,
                title=text_of(row, title),
                amount=amount(row, "total", currency),
                tax=amount(row, "total_tax", currency),
            )


def _rounding(charged: int, lines: Lines, charges: Sequence[Charge]) -> tuple[Charge, ...]:
    """What lies between the shop's total and the sum of rounded parts, while it can be rounding at all."""
    difference = charged - sum(lines.amounts) - sum(lines.taxes)
    beside = 0
    for charge in charges:
        difference -= charge.amount + charge.tax
        beside += charge.line_id is None
    if not difference or abs(difference) > len(lines) + beside:
        return ()
    return (Charge(kind=ChargeKind.ROUNDING, title="Rounding", amount=difference),)


def _kind(quantities: Sequence[int]) -> str:
    """Tills that are plug-ins make an order of what comes back, in which every quantity is negative."""
    return OrderKind.RETURN if quantities and max(quantities) < 0 else OrderKind.SALE


def _financial(status: str, charged: int, refunds: Sequence[Refund]) -> str:
    """Our word for it; a status that is not known is passed on as it is."""
    ours = _FINANCIAL.get(status, status)
    if ours != "paid" or not refunds:
        return ours
    return "refunded" if sum(refund.total for refund in refunds) >= charged else "partially_refunded"


def _channel(created_via: str) -> str:
    if created_via in _WEB:
        return "web"
    return "pos" if created_via.startswith("pos") else created_via


def _payments(order: Fields, order_id: str, charged: int, refunds: Sequence[Refund]) -> tuple[Payment, ...]:
    """The order's own payment, once it was paid, and what each refund gave back."""
    paid_at, gateway = moment(order, "date_paid_gmt"), text_of(order, "payment_method")
    if paid_at is None:
        return ()
    given_back = (
        Payment(id=f"{refund.id}-refund", gateway=gateway, amount=-refund.total, paid_at=refund.refunded_at)
        for refund in refunds
    )
    return (Payment(id=f"{order_id}-paid", gateway=gateway, amount=charged, paid_at=paid_at), *given_back)


def _fulfilment_status(
    status: str, lines: Sequence[LineItem], refunds: Sequence[Refund], fulfilments: Sequence[Fulfilment]
) -> str:
    """By our shipments where there are any; else a completed order has left, and any other has not."""
    ours = [one for one in fulfilments if one.lines]
    if not ours:
        return "fulfilled" if status == "completed" else "unfulfilled"
    return "fulfilled" if is_all_shipped(lines, refunds, ours) else "partially_fulfilled"


def _units_known(rows: Sequence[object], lines: Sequence[LineItem]) -> bool:
    """Whether each line that was sent could be read as units of a SKU."""
    if len(rows) != len(lines):
        return False
    return all(isinstance(row, dict) and isinstance(row.get("sku"), str | int | None) for row in rows)
