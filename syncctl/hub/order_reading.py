"""Orders back from their rows, as the model has them, for the steps that act on them."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from syncctl import times
from syncctl.hub.bulk import in_chunks, marks
from syncctl.hub.order_rows import delivery_of
from syncctl.model import Charge, LineItem, Order, Payment, Refund, RefundLine

_COLUMNS = (
    "id, party, remote_id, number, kind, placed_at, changed_at, cancelled_at, closed, currency, tax_included, total, "
    "financial_status, fulfilment_status, channel, test, problems, customer_id, delivery"
)


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """An order with its hub id, the store it is from, and the hub's customer."""

    id: int
    party: str
    order: Order
    customer_id: int | None


def load_orders(connection: sqlite3.Connection, order_ids: Sequence[int]) -> Iterator[StoredOrder]:
    """These orders, ascending by hub id; `raw` stays in its version, compressed."""
    for chunk in in_chunks(sorted(order_ids), 200):
        lines, charges = _lines(connection, chunk), _charges(connection, chunk)
        payments, refunds = _payments(connection, chunk), _refunds(connection, chunk, charges)
        rows = connection.execute(
            f"SELECT {_COLUMNS} FROM sales_order WHERE id IN ({marks(chunk)}) ORDER BY id", chunk
        ).fetchall()
        for row in rows:
            order_id = row[0]
            email, shipping_address, billing_address = delivery_of(row[18])
            order = Order(
                id=row[2],
                number=row[3],
                kind=row[4],
                placed_at=times.from_text(row[5]),
                changed_at=times.from_text(row[6]),
                cancelled_at=row[7] and times.from_text(row[7]),
                closed=bool(row[8]),
                currency=row[9],
                tax_included=bool(row[10]),
                total=row[11],
                financial_status=row[12],
                fulfilment_status=row[13],
                channel=row[14],
                test=bool(row[15]),
                problems=tuple(json.loads(row[16])) if row[16] else (),
                raw="",
                email=email,
                shipping_address=shipping_address,
                billing_address=billing_address,
                lines=tuple(lines[order_id]),
                charges=tuple(charges[order_id, ""]),
                payments=tuple(payments[order_id]),
                refunds=tuple(refunds[order_id]),
            )
            yield StoredOrder(order_id, row[1], order, row[17])


def _lines(connection: sqlite3.Connection, order_ids: Sequence[int]) -> dict[int, list[LineItem]]:
    found: dict[int, list[LineItem]] = defaultdict(list)
    for order_id, line_id, sku, title, quantity, unit_price, amount, tax in connection.execute(
        "SELECT order_id, line_id, sku, title, quantity, unit_price, amount, tax FROM line_item "
        f"WHERE order_id IN ({marks(order_ids)}) ORDER BY order_id, position",
        order_ids,
    ):
        found[order_id].append(
            LineItem(id=line_id, sku=sku, title=title, quantity=quantity, unit_price=unit_price, amount=amount, tax=tax)
        )
    return found


def _charges(connection: sqlite3.Connection, order_ids: Sequence[int]) -> dict[tuple[int, str], list[Charge]]:
    found: dict[tuple[int, str], list[Charge]] = defaultdict(list)
    for order_id, refund_id, kind, title, amount, tax, line_id in connection.execute(
        "SELECT order_id, refund_id, kind, title, amount, tax, line_id FROM charge "
        f"WHERE order_id IN ({marks(order_ids)}) ORDER BY order_id, refund_id, position",
        order_ids,
    ):
        found[order_id, refund_id].append(Charge(kind=kind, title=title, amount=amount, tax=tax, line_id=line_id))
    return found


def _payments(connection: sqlite3.Connection, order_ids: Sequence[int]) -> dict[int, list[Payment]]:
    found: dict[int, list[Payment]] = defaultdict(list)
    for order_id, payment_id, gateway, amount, paid_at in connection.execute(
        "SELECT order_id, payment_id, gateway, amount, paid_at FROM payment "
        f"WHERE order_id IN ({marks(order_ids)}) ORDER BY order_id, payment_id",
        order_ids,
    ):
        at = paid_at and times.from_text(paid_at)
        found[order_id].append(Payment(id=payment_id, gateway=gateway, amount=amount, paid_at=at))
    return found


def _refunds(
    connection: sqlite3.Connection, order_ids: Sequence[int], charges: dict[tuple[int, str], list[Charge]]
) -> dict[int, list[Refund]]:
    lines: dict[tuple[int, str], list[RefundLine]] = defaultdict(list)
    for order_id, refund_id, line_id, quantity, amount, tax, restock in connection.execute(
        "SELECT order_id, refund_id, line_id, quantity, amount, tax, restock FROM refund_line "
        f"WHERE order_id IN ({marks(order_ids)}) ORDER BY order_id, refund_id, position",
        order_ids,
    ):
        lines[order_id, refund_id].append(
            RefundLine(line_id=line_id, quantity=quantity, amount=amount, tax=tax, restock=bool(restock))
        )
    found: dict[int, list[Refund]] = defaultdict(list)
    for order_id, refund_id, total, refunded_at in connection.execute(
        f"SELECT order_id, refund_id, total, refunded_at FROM refund WHERE order_id IN ({marks(order_ids)}) "
        "ORDER BY order_id, refund_id",
        order_ids,
    ):
        found[order_id].append(
            Refund(
                id=refund_id,
                total=total,
                lines=tuple(lines[order_id, refund_id]),
                charges=tuple(charges[order_id, refund_id]),
                refunded_at=refunded_at and times.from_text(refunded_at),
            )
        )
    return found
