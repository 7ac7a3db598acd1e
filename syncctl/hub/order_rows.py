"""Orders as rows: the column lists, and how an order of the model becomes rows of the hub."""

import hashlib
import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain, count, repeat, starmap

from syncctl import times
from syncctl.hub.bulk import Insert, upsert
from syncctl.hub.customer_rows import details_of
from syncctl.model import Address, Lines, Order
from syncctl.model.record import record

ORDER = Insert(
    "sales_order",
    "id party remote_id number kind placed_at changed_at cancelled_at closed currency tax_included total tax "
    "financial_status fulfilment_status channel test customer_id delivery version_hash decision reason problems "
    "decided_under pending counting",
    "ON CONFLICT (id) DO UPDATE SET number = excluded.number, kind = excluded.kind, placed_at = excluded.placed_at, "
    "changed_at = excluded.changed_at, cancelled_at = excluded.cancelled_at, closed = excluded.closed, "
    "currency = excluded.currency, tax_included = excluded.tax_included, total = excluded.total, tax = excluded.tax, "
    "financial_status = excluded.financial_status, fulfilment_status = excluded.fulfilment_status, "
    "channel = excluded.channel, test = excluded.test, customer_id = excluded.customer_id, "
    "delivery = excluded.delivery, version_hash = excluded.version_hash, decision = excluded.decision, "
    "reason = excluded.reason, problems = excluded.problems, decided_under = excluded.decided_under, "
    "pending = excluded.pending, counting = excluded.counting",
)
VERSION = Insert("order_version", "order_id hash seen_at raw", "ON CONFLICT DO NOTHING")
LINE = Insert("line_item", "order_id line_id position sku title quantity removed unit_price amount tax")
CHARGE = Insert("charge", "order_id refund_id position kind title amount tax line_id")
PAYMENT = Insert("payment", "order_id payment_id gateway amount paid_at")
REFUND = Insert("refund", "order_id refund_id total refunded_at")
REFUND_LINE = Insert("refund_line", "order_id refund_id position line_id quantity amount tax restock")
FULFILMENT = upsert(
    "fulfilment",
    "party kind remote_id order_id tracking_number carrier tracking_url shipped_at event pending",
    "party kind remote_id",
)

Numbered = Sequence[tuple[int, Order]]

_NUMBER_LENGTH = 100  # it is for people: in holds, lists and memos; the order is known by its id


@record(frozen=True, slots=True)
class Decision:
    """What becomes of an order: book | history | left_out | rejected | held, and why.

    `counts`: its units may have to be held back from the stores.
    """

    decision: str
    reason: str
    counts: bool
    message: str = ""


def content_hash(raw: str) -> bytes:
    """The hash that tells versions of an order apart."""
    return hashlib.blake2b(raw.encode(), digest_size=16).digest()


def order_row(
    order_id: int,
    party: str,
    order: Order,
    version_hash: bytes,
    decision: Decision,
    decided_under: str,
    customer_ids: Mapping[str, int],
) -> tuple[object, ...]:
    return (
        order_id,
        party,
        order.id,
        order.number[:_NUMBER_LENGTH],
        order.kind,
        times.to_text(order.placed_at),
        times.to_text(order.changed_at),
        _text(order.cancelled_at),
        int(order.closed),
        order.currency,
        int(order.tax_included),
        order.total,
        order.tax,
        order.financial_status,
        order.fulfilment_status,
        order.channel,
        int(order.test),
        customer_ids.get(order.id),
        _delivery(order),
        version_hash,
        decision.decision,
        decision.reason,
        json.dumps(order.problems) if order.problems else "",
        decided_under,
        int(decision.decision == "book"),
        int(decision.counts),
    )


def _delivery(order: Order) -> str:
    """E-mail and addresses as JSON text; empty where the order has none of its own."""
    if not (order.email or order.shipping_address or order.billing_address):
        return ""
    to, bill = order.shipping_address, order.billing_address
    return json.dumps([order.email, to and details_of(to), bill and details_of(bill)])


def delivery_of(text: str) -> tuple[str, Address | None, Address | None]:
    """(e-mail, shipping address, billing address) back from that text."""
    email, to, bill = json.loads(text) if text else ("", None, None)
    return email, to and Address(**to), bill and Address(**bill)


def moved_units(orders: Iterable[Order]) -> dict[str, int]:
    """Units per SKU that these orders have taken off their store's levels; the same from the model as from the rows.

    Reckoned here for what was just written: to ask the tables again cost a twentieth of step 1.
    """
    units: dict[str, int] = defaultdict(int)
    for order in orders:
        removed = _removed(order)
        cancelled = order.cancelled_at is not None
        for line in order.lines:
            if line.sku is not None:
                units[line.sku] += 0 if cancelled else line.quantity - (removed.get(line.id, 0) if removed else 0)
    return units


def _removed(order: Order) -> dict[str, int]:
    """Units that can be sold again, by line id."""
    removed: dict[str, int] = {}
    for refund in order.refunds:
        for back in refund.lines:
            if back.restock:
                removed[back.line_id] = removed.get(back.line_id, 0) + back.quantity
    return removed


def _line_rows(order_id: int, order: Order) -> Iterable[tuple[object, ...]]:
    lines, removed = Lines.of(order.lines), _removed(order)
    gone = [removed.get(line_id, 0) for line_id in lines.ids] if removed else repeat(0)
    goods = (lines.skus, lines.titles, lines.quantities, gone, lines.unit_prices, lines.amounts, lines.taxes)
    return zip(repeat(order_id), lines.ids, count(), *goods, strict=False)


def _charge_rows(numbered: Numbered) -> Iterator[tuple[object, ...]]:
    for order_id, order in numbered:
        groups = [("", order.charges), *((refund.id, refund.charges) for refund in order.refunds)]
        for refund_id, charges in groups:
            for position, charge in enumerate(charges):
                yield (
                    order_id,
                    refund_id,
                    position,
                    charge.kind,
                    charge.title,
                    charge.amount,
                    charge.tax,
                    charge.line_id,
                )


def write_children(connection: sqlite3.Connection, party: str, numbered: Numbered) -> None:
    """Write what hangs on these orders: (hub id, order) each; the rows of a former state are gone already."""
    LINE.run(connection, chain.from_iterable(starmap(_line_rows, numbered)))
    CHARGE.run(connection, _charge_rows(numbered))
    PAYMENT.run(connection, _payment_rows(numbered))
    REFUND.run(connection, _refund_rows(numbered))
    REFUND_LINE.run(connection, _refund_line_rows(numbered))
    FULFILMENT.run(connection, _fulfilment_rows(party, numbered))


def _payment_rows(numbered: Numbered) -> Iterator[tuple[object, ...]]:
    for order_id, order in numbered:
        for payment in order.payments:
            yield order_id, payment.id, payment.gateway, payment.amount, _text(payment.paid_at)


def _refund_rows(numbered: Numbered) -> Iterator[tuple[object, ...]]:
    for order_id, order in numbered:
        for refund in order.refunds:
            yield order_id, refund.id, refund.total, _text(refund.refunded_at)


def _refund_line_rows(numbered: Numbered) -> Iterator[tuple[object, ...]]:
    for order_id, order in numbered:
        for refund in order.refunds:
            for position, line in enumerate(refund.lines):
                amounts = (line.quantity, line.amount, line.tax, int(line.restock))
                yield order_id, refund.id, position, line.line_id, *amounts


def _fulfilment_rows(party: str, numbered: Numbered) -> Iterator[tuple[object, ...]]:
    """What the store itself says has left: for `explain`; it takes nothing off the back office's stock."""
    for order_id, order in numbered:
        for one in order.fulfilments:
            tracking = (one.tracking_number, one.carrier, one.tracking_url, _text(one.shipped_at))
            yield party, "shown", one.id, order_id, *tracking, 0, 0


def _text(at: datetime | None) -> str | None:
    return None if at is None else times.to_text(at)
