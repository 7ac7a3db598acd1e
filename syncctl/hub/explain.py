"""What `explain` shows: every term of a published number, and all that happened to an order. Reads only."""

import json
import sqlite3
from collections.abc import Mapping, Sequence

from syncctl.hub.units import RELIEF
from syncctl.hub.views import Row, amount, last_reading, rows, versions_of

Names = Mapping[str, Sequence[str]]


def sku(connection: sqlite3.Connection, wanted: str, falls_on: str, feeding: Names, counting: Names) -> Row | None:
    """All that bears on the level of one SKU, in every store; None if nobody has it.

    `falls_on`: order | invoice | shipment, the event after which the back office's number lacks the units. `feeding`:
    the locations that feed each store, none named: all. `counting`: the stores in which each store's orders count.
    """
    variant = rows(connection, "SELECT * FROM variant WHERE sku = ?", [wanted])
    listings = [_listing(found) for found in rows(connection, _LISTINGS, [wanted])]
    reading = last_reading(connection)
    orders = rows(
        connection,
        _COUNTING_ORDERS.format(relief=RELIEF[falls_on]),
        {"sku": wanted, "as_of": reading["as_of_event"] if reading else 0},
    )
    if not (variant or listings or orders):
        return None
    made_of = [_fed(row, feeding) for row in rows(connection, _COMPONENTS, [wanted])]
    levels = [_fed(row, feeding) for row in rows(connection, _LEVELS, [wanted])]
    for order in orders:
        order["counts_in"] = ", ".join(counting.get(str(order["store"]), ()))
    stale = rows(connection, "SELECT sku FROM stale_sku WHERE sku = ?", [wanted])
    return {
        "facts": {
            "sku": wanted,
            "title": variant[0]["title"] if variant else None,
            "in the back office": _variant_state(variant[0], kit=bool(made_of)) if variant else "no",
            "stock read at": reading["source_time"] if reading else "never",
            "note": "its numbers are worked out again by the next push-data" if stale else None,
        },
        "levels": levels,
        "components": made_of,
        "kits": rows(
            connection, "SELECT kit, quantity AS in_a_kit FROM component WHERE sku = ? ORDER BY kit", [wanted]
        ),
        "listings": listings,
        "orders": orders,
    }


_LEVELS = "SELECT location, available, on_hand, committed FROM stock_level WHERE sku = ? ORDER BY location"
_LISTINGS = """
SELECT listing.party AS store, listing.remote_id AS listing, shown.quantity AS shown, shown.want AS wanted, shown.terms,
       listing.price AS price_shown, listing.want_price AS price_wanted, listing.managed, listing.why
FROM listing LEFT JOIN shown ON shown.listing_id = listing.id
WHERE listing.sku = ? ORDER BY listing.party, listing.id
"""

# What a kit is made of, with what there is of it at each location; a component without a level has one row without.
_COMPONENTS = """
SELECT c.sku AS component, c.quantity AS in_a_kit, s.location, s.available
FROM component c LEFT JOIN stock_level s ON s.sku = c.sku WHERE c.kit = ? ORDER BY c.sku, s.location
"""

# Orders that count are few; their lines are reached by the order, since lines have no index by SKU. Relieved: units of
# the line as it was sold that the last stock reading lacks already; unreflected: units of this SKU, also those in kits.
# The same SQL as the published number is made with, so that the two agree.
_COUNTING_ORDERS = """
SELECT o.party AS store, o.number, o.decision, o.reason, c.kit AS in_kit, l.quantity AS ordered, l.removed,
       coalesce(r.units, 0) AS relieved,
       max(0, l.quantity - l.removed - coalesce(r.units, 0)) * coalesce(c.quantity, 1) AS unreflected
FROM sales_order o INDEXED BY order_counting JOIN line_item l ON l.order_id = o.id
LEFT JOIN component c ON c.kit = l.sku AND c.sku = :sku
LEFT JOIN ({relief}) r ON r.order_id = l.order_id AND r.line_id = l.line_id AND r.sku = l.sku
WHERE o.counting = 1 AND (l.sku = :sku OR c.kit IS NOT NULL) ORDER BY o.id, l.position
"""


def _fed(row: Row, feeding: Names) -> Row:
    """A level, with the stores that its location feeds."""
    return {
        **row,
        "feeds": ", ".join(store for store, named in feeding.items() if not named or row["location"] in named),
    }


def _listing(found: Row) -> Row:
    """One listing with its state in words: what is not managed, unknown, or still to be written says so."""
    managed, why = found.pop("managed"), found.pop("why")
    shown, wanted = found["shown"], found["wanted"]
    found["terms"] = json.loads(str(found["terms"] or "{}"))
    if not managed:
        found["state"] = f"not ours to write: {why}"
    elif wanted is None:
        found["state"] = "nothing to publish yet"
    elif shown is None:
        found["state"] = "pending: what it shows is unknown"
    else:
        found["state"] = "as wanted" if shown == wanted else "pending"
    return found


def _variant_state(variant: Row, *, kit: bool) -> str:
    if not variant["active"]:
        return "yes, but no longer sold"
    if kit:
        return "yes, a kit: its components carry the stock"
    return "yes" if variant["tracked"] else "yes, without stock"


def orders(connection: sqlite3.Connection, number: str) -> list[Row]:
    """Every order with this number, or with this id in its store; several stores may have one each."""
    found = rows(
        connection,
        "SELECT * FROM sales_order WHERE number IN (?1, '#' || ?1, ltrim(?1, '#')) UNION "
        "SELECT * FROM sales_order WHERE party IN (SELECT name FROM party) AND remote_id = ?1 ORDER BY id",
        [number],
    )
    return [_order(connection, order) for order in found]


def _order(connection: sqlite3.Connection, order: Row) -> Row:
    order_id = int(str(order["id"]))
    documents = _amounts(rows(connection, _DOCUMENTS, [order_id]))
    held = rows(
        connection,
        "SELECT id, kind, reason, message, since FROM hold WHERE kind = 'order' AND record = ?",
        [str(order_id)],
    )
    return {
        "facts": _order_facts(connection, order, held),
        "lines": _in_currency(order, rows(connection, _LINES, [order_id])),
        "charges": _in_currency(order, rows(connection, _CHARGES, [order_id])),
        "payments": _in_currency(order, rows(connection, _PAYMENTS, [order_id])),
        "refunds": _in_currency(order, rows(connection, _REFUNDS, [order_id])),
        "documents": documents,
        "fulfilments": rows(connection, _FULFILMENTS, [order_id]),
        "writes": rows(connection, _WRITES, [order_id]),
        "versions": versions_of(connection, order_id),
        "next": _next(order, documents, held),
    }


_LINES = """
SELECT line_id AS line, sku, title, quantity, removed, unit_price, amount, tax FROM line_item
WHERE order_id = ? ORDER BY position
"""
_CHARGES = """
SELECT kind, title, amount, tax, refund_id AS refund FROM charge WHERE order_id = ? ORDER BY refund_id, position
"""
_PAYMENTS = "SELECT payment_id AS payment, gateway, amount, paid_at FROM payment WHERE order_id = ? ORDER BY paid_at"
_REFUNDS = """
SELECT r.refund_id AS refund, r.total, r.refunded_at, l.line_id AS line, l.quantity, l.restock
FROM refund r LEFT JOIN refund_line l USING (order_id, refund_id)
WHERE r.order_id = ? ORDER BY r.refunded_at, l.position
"""
_DOCUMENTS = """
SELECT kind, platform_event AS event, reference, state, number, remote_id, dated_on, total, currency, assumed,
       recorded_at
FROM document WHERE order_id = ? ORDER BY id
"""
_FULFILMENTS = """
SELECT f.party, f.kind, f.remote_id AS id, group_concat(l.line_id || ' x ' || l.quantity, ', ') AS lines,
       f.tracking_number AS tracking, f.carrier, f.shipped_at, f.shown_id, f.pending
FROM fulfilment f LEFT JOIN fulfilment_line l ON l.fulfilment_id = f.id WHERE f.order_id = ? GROUP BY f.id ORDER BY f.id
"""
# The journal has no index by record: this reads it through, which a person who asks can wait for and no run has to.
_WRITES = """
SELECT id, party, operation, key, state, sent_at, closed_at, message FROM journal
WHERE record = 'order ' || ? ORDER BY id
"""


def _order_facts(connection: sqlite3.Connection, order: Row, held: list[Row]) -> Row:
    customer = rows(connection, "SELECT name, guest FROM customer WHERE id = ?", [order["customer_id"]])
    problems = order["problems"]
    facts: Row = {
        "order": order["number"],
        "store": order["party"],
        "id in the store": order["remote_id"],
        "kind": order["kind"],
        "placed at": order["placed_at"],
        "changed at": order["changed_at"],
        "cancelled at": order["cancelled_at"],
        "total": amount(order["total"], order["currency"]),
        "of which tax": amount(order["tax"], order["currency"]) if order["tax"] else None,
        "financial status": order["financial_status"],
        "fulfilment status": order["fulfilment_status"],
        "channel": order["channel"],
        "test order": "yes" if order["test"] else None,
        "customer": customer[0]["name"] or "a guest" if customer else None,
        "decision": order["decision"],
        "reason": order["reason"] or None,
        "problems": "; ".join(json.loads(str(problems))) if problems else None,
        "counts against stock": "yes" if order["counting"] else "no",
    }
    for hold in held:
        facts[f"hold {hold['id']}"] = f"{hold['reason']}: {hold['message']} (since {hold['since']})"
    return facts


def _next(order: Row, documents: list[Row], held: list[Row]) -> str:
    """What to type, or to wait for, if the order is not where it should be."""
    if held:
        return f"syncctl holds show {held[0]['id']}"
    if order["pending"]:
        return "syncctl push-orders"
    if any(document["state"] == "queued" for document in documents):
        return "wait for the back office, then syncctl sync-all"
    return "nothing to do"


def _in_currency(order: Row, found: list[Row]) -> list[Row]:
    return _amounts([{**row, "currency": order["currency"]} for row in found])


def _amounts(found: list[Row]) -> list[Row]:
    for row in found:
        currency = row.pop("currency")
        row.update({name: amount(row[name], currency) for name in ("amount", "tax", "total") if name in row})
    return found
