"""What `status` and `holds` show: read-only queries, each through an index, none over the rows of all orders.

Rows come back as plain dictionaries, ready to be printed as JSON; times stay the hub's text, amounts become decimal
text.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from syncctl import money
from syncctl.errors import MoneyError

Row = dict[str, Any]


def rows(
    connection: sqlite3.Connection, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()
) -> list[Row]:
    """The rows of a query as dictionaries, whatever the connection's own row factory."""
    found = connection.execute(sql, parameters)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found]


def amount(minor: object, currency: object) -> str:
    """Decimal text with its currency; the bare number where the hub holds an order in no currency that is known."""
    try:
        return f"{money.to_text(int(str(minor)), str(currency))} {currency}"
    except MoneyError:
        return f"{minor} minor units of {currency}"


def status(connection: sqlite3.Connection, parts: Iterable[tuple[str, str]]) -> Row:
    """How things stand. `parts`: the (step, party) pairs that the settings call for."""
    return {
        "last_run": _first(connection, "SELECT * FROM run ORDER BY id DESC LIMIT 1"),
        "steps": [_part(connection, step, party) for step, party in parts],
        "orders": rows(
            connection,
            "SELECT party, decision, reason, count(*) AS count FROM sales_order INDEXED BY order_decision "
            "GROUP BY party, decision, reason",
        ),
        "waiting": _waiting(connection),
        "holds": rows(
            connection, "SELECT kind, reason, count(*) AS count FROM hold GROUP BY kind, reason ORDER BY count DESC"
        ),
        "stock_reading": last_reading(connection),
    }


def last_reading(connection: sqlite3.Connection) -> Row | None:
    """The last stock reading that was accepted; None if there never was one."""
    return _first(
        connection,
        "SELECT source_time, as_of_event, whole FROM snapshot WHERE what = 'stock' AND complete = 1 "
        "ORDER BY id DESC LIMIT 1",
    )


def _first(connection: sqlite3.Connection, sql: str, parameters: Sequence[object] = ()) -> Row | None:
    return next(iter(rows(connection, sql, parameters)), None)


def _part(connection: sqlite3.Connection, step: str, party: str) -> Row:
    """One party's part of a step: when it last came to its end, and how it went the last time."""
    last = _first(
        connection,
        "SELECT state, reason, counts FROM run_step WHERE step = ? AND party = ? ORDER BY run_id DESC LIMIT 1",
        [step, party],
    )
    done = _first(
        connection,
        "SELECT ended_at FROM run_step WHERE step = ? AND party = ? AND state = 'done' ORDER BY run_id DESC LIMIT 1",
        [step, party],
    )
    return {
        "step": step,
        "party": party,
        "last_done_at": done["ended_at"] if done else None,
        "state": last["state"] if last else None,
        "reason": last["reason"] if last else "",
        "counts": json.loads(str(last["counts"])) if last else {},
    }


_WAITING = {
    "orders_to_push": "SELECT count(*) FROM sales_order WHERE pending = 1",
    "documents_queued": "SELECT count(*) FROM document WHERE state = 'queued'",
    "writes_of_unknown_outcome": "SELECT count(*) FROM journal WHERE state IN ('sending', 'unclear')",
    "levels_to_push": "SELECT count(*) FROM shown WHERE want IS NOT NULL AND want IS NOT quantity",
    "prices_to_push": "SELECT count(*) FROM listing WHERE want_price IS NOT NULL AND want_price IS NOT price",
    "fulfilments_to_push": "SELECT count(*) FROM fulfilment WHERE pending = 1",
    "customers_to_send": "SELECT count(*) FROM upload WHERE sent_at IS NULL",
    "customers_changed": "SELECT count(DISTINCT hub_id) FROM link WHERE pending = 1",
    "customers_held": "SELECT count(*) FROM hold WHERE kind = 'customer'",
    "unlisted_variants": "SELECT count(*) FROM variant WHERE active = 1 AND NOT EXISTS "
    "(SELECT 1 FROM listing WHERE listing.sku = variant.sku)",
}


def _waiting(connection: sqlite3.Connection) -> Row:
    counts: Row = {name: connection.execute(sql).fetchone()[0] for name, sql in _WAITING.items()}
    counts["levels_by_store"] = {
        str(row["party"]): row["count"]
        for row in rows(
            connection,
            "SELECT party, count(*) AS count FROM shown WHERE want IS NOT NULL AND want IS NOT quantity GROUP BY party",
        )
    }
    return counts


_HOLD = """
SELECT hold.id, hold.party, hold.kind, coalesce(sales_order.number, customer.name, hold.record) AS record, hold.reason,
       hold.message, hold.since, hold.tried_at, hold.run_id, hold.fingerprint, hold.detail, hold.record AS hub_record
FROM hold
LEFT JOIN sales_order ON hold.kind = 'order' AND sales_order.id = CAST(hold.record AS INTEGER)
LEFT JOIN customer ON hold.kind = 'customer' AND customer.id = CAST(hold.record AS INTEGER)
"""


def holds(connection: sqlite3.Connection, *, kind: str | None = None, reason: str | None = None) -> list[Row]:
    """The holds, oldest first; an order is named by its number, a customer by name."""
    found = rows(
        connection,
        _HOLD + "WHERE (?1 IS NULL OR hold.kind = ?1) AND (?2 IS NULL OR hold.reason = ?2) ORDER BY hold.id",
        [kind, reason],
    )
    return [_with_detail(hold) for hold in found]


def hold(connection: sqlite3.Connection, hold_id: int) -> Row | None:
    """One hold with what its record went through; None if there is none."""
    found = _first(connection, _HOLD + "WHERE hold.id = ?", [hold_id])
    if found is None:
        return None
    versions = versions_of(connection, int(str(found["hub_record"]))) if found["kind"] == "order" else []
    return {**_with_detail(found), "versions": versions}


def versions_of(connection: sqlite3.Connection, order_id: int) -> list[Row]:
    """The states in which an order was seen, oldest first."""
    return rows(
        connection,
        "SELECT seen_at, lower(substr(hex(hash), 1, 12)) AS hash FROM order_version WHERE order_id = ? ORDER BY id",
        [order_id],
    )


def _with_detail(found: Row) -> Row:
    return {**found, "detail": json.loads(str(found["detail"]))}
