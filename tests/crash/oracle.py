"""What both sides and the hub hold, read from their files with plain SQL, so that two worlds can be compared.

Nothing of syncctl is asked. Ids that depend on the route taken, and times, are left out.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.crash.world import BOOKS, HUB, SHOP

State = dict[str, list[tuple[Any, ...]]]

_OFFICE = {
    "documents": "SELECT d.reference, d.kind, d.total, d.currency, d.order_number, d.dated_on, d.original, d.tender, "
    "c.name FROM document d LEFT JOIN customer c ON c.id = CAST(d.customer_id AS INTEGER)",
    "document lines": "SELECT d.reference, l.line_id, i.sku, l.quantity, l.amount, l.tax, l.restock "
    "FROM document_line l JOIN document d ON d.id = l.document_id JOIN item i ON i.id = l.item_id",
    "document charges": "SELECT d.reference, c.kind, c.amount, c.tax FROM document_charge c "
    "JOIN document d ON d.id = c.document_id",
    "customers": "SELECT name, company, emails, phones, addresses, reference, deleted FROM customer",
    "stock on hand": "SELECT i.sku, l.location, l.on_hand FROM level l JOIN item i ON i.id = l.item_id",
    "shipments": "SELECT document_id, tracking_number FROM shipment",
}
_SHOP = {
    "listings": "SELECT sku, quantity, price, deleted FROM listing",
    "accounts": "SELECT reference, deleted, body ->> 'name', body ->> 'company', body ->> 'emails', body ->> 'phones', "
    "body ->> 'group' FROM customer",
    "groups in the shop": "SELECT title FROM customer_group",
    "invitations sent": "SELECT c.body ->> 'name' FROM invitation i JOIN customer c ON c.id = i.customer_id",
}
_HUB = {
    "hub holds": "SELECT h.party, h.kind, coalesce(o.number, h.record), h.reason FROM hold h "
    "LEFT JOIN sales_order o ON h.kind = 'order' AND o.id = CAST(h.record AS INTEGER)",
    "hub orders": "SELECT o.number, o.decision, o.reason, o.pending, o.counting, c.name FROM sales_order o "
    "LEFT JOIN customer c ON c.id = o.customer_id",
    "hub documents": "SELECT d.reference, d.kind, d.total, d.state, o.number FROM document d "
    "JOIN sales_order o ON o.id = d.order_id",
    "hub levels": "SELECT l.sku, s.want, s.quantity FROM shown s JOIN listing l ON l.id = s.listing_id",
    "hub prices": "SELECT sku, want_price, price FROM listing",
    "hub stock": "SELECT sku, location, available FROM stock_level",
    "hub fulfilments": "SELECT f.kind, o.number, f.tracking_number, f.pending, f.shown_id IS NOT NULL "
    "FROM fulfilment f JOIN sales_order o ON o.id = f.order_id",
    "hub customers": "SELECT c.name, k.kind, k.value FROM customer c LEFT JOIN contact k ON k.customer_id = c.id",
    "hub links": "SELECT l.party, l.kind, l.role, c.name FROM link l JOIN customer c ON c.id = l.hub_id "
    "WHERE l.kind = 'customer'",
    "hub stale": "SELECT sku FROM stale_sku",
    "hub writes without an outcome": "SELECT operation, key, state FROM journal WHERE state IN ('sending', 'unclear')",
}
_MAY_MOVE = ("run", "run_step", "cursor", "snapshot")  # in a cycle with nothing new (invariant I7)


def read(folder: Path, shops: Sequence[str] = (SHOP,), *, hub: bool = True) -> State:
    """The state of the sides and of the hub; what a second shop holds stands under the name of its file."""
    state = {}
    for name, queries in ((BOOKS, _OFFICE), (HUB, _HUB)) if hub else ((BOOKS, _OFFICE),):
        with _open(folder / name) as connection:
            state |= {what: sorted(connection.execute(sql), key=repr) for what, sql in queries.items()}
    for name in shops:
        of_it = "" if name == SHOP else f" of {name}"
        with _open(folder / name) as shop:
            state |= {what + of_it: sorted(shop.execute(sql), key=repr) for what, sql in _SHOP.items()}
            bodies = [json.loads(row[0]) for row in shop.execute("SELECT body FROM sales_order")]
        state[f"fulfilments in the shop{of_it}"] = sorted(_fulfilments(bodies), key=repr)
    return state


def _fulfilments(bodies: list[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    for body in bodies:
        for one in body["fulfilments"]:
            lines = tuple((line["line_id"], line["quantity"]) for line in one["lines"])
            yield body["id"], body["fulfilment_status"], one["tracking_number"], one["carrier"], lines


def differences(state: State, twin: State) -> list[str]:
    """How a world differs from its twin: what is twice, what is lost, what is too much."""
    found = []
    references = Counter(row[0] for row in state["documents"] if row[0])
    found += [f"twice in the books: {reference}" for reference, times in references.items() if times > 1]
    for what, rows in twin.items():
        lost, more = Counter(rows) - Counter(state[what]), Counter(state[what]) - Counter(rows)
        found += [f"{what}: lacks {row}" for row in lost] + [f"{what}: too much {row}" for row in more]
    return found


def sound(folder: Path) -> list[str]:
    """What is wrong with the hub's file, and with any backup that the folder offers."""
    found = []
    for path in [folder / HUB, *sorted(folder.glob(f"{HUB}.backups/*.db"))]:
        with _open(path) as connection:
            answer = connection.execute("PRAGMA integrity_check").fetchone()[0]
            broken = connection.execute("PRAGMA foreign_key_check").fetchall()
            tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if answer != "ok" or broken or not tables:
            found.append(f"unsound: {path.name}: {answer}, {broken[:3]}, {tables} tables")
    return found


def marks(folder: Path, shops: Sequence[str] = (SHOP,)) -> State:
    """What must stand still when nothing is new: the sides' counts of changes, and the rows of the hub."""
    state: State = {}
    for name in (BOOKS, *shops):
        with _open(folder / name) as connection:
            state[f"changes of {name}"] = list(connection.execute("SELECT name, value FROM sequence"))
    with _open(folder / HUB) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            if name not in _MAY_MOVE:
                state[f"rows of {name}"] = sorted(connection.execute(f"SELECT * FROM {name}"), key=repr)
    return state


def _open(path: Path) -> "closing[sqlite3.Connection]":
    return closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True))
