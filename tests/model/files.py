"""What the sandboxes' files and the hub's file hold, by plain SQL. This is all that the oracle knows of them."""

import json
import sqlite3
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.model.ledger import LineKey

Dump = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Reading:
    """What the back office reported: units by SKU, and by order line the units that this number lacks already."""

    on_hand: dict[str, int]
    taken: dict[tuple[LineKey, str], int]  # by line and the SKU that it was booked on


@dataclass(slots=True)
class Booked:
    """One document in the books, or in the back office's queue. `units`: (line, SKU) -> units."""

    store: str
    order_id: str
    kind: str
    event: str
    reference: str
    total: int
    parts: int
    tax: int
    customer: str | None
    queued: bool = False
    units: dict[tuple[str, str], int] = field(default_factory=dict)
    restock: set[bool] = field(default_factory=set)


def stock(office: sqlite3.Connection, falls_on: str) -> Reading:
    """The back office's stock as it would be reported now."""
    on_hand = dict(
        office.execute(
            "SELECT i.sku, sum(l.on_hand) FROM item i JOIN level l ON l.item_id = i.id WHERE i.tracked GROUP BY i.sku"
        )
    )
    sold: Counter[tuple[LineKey, str]] = Counter()
    back: Counter[tuple[LineKey, str]] = Counter()
    for reference, order_id, kind, line_id, sku, units in office.execute(
        "SELECT d.reference, d.order_id, d.kind, l.line_id, i.sku, l.quantity FROM document d "
        "JOIN document_line l ON l.document_id = d.id JOIN item i ON i.id = l.item_id "
        "WHERE d.reference <> '' AND (d.kind = 'sale' OR l.restock = 1)"
    ):
        (sold if kind == "sale" else back)[(store_of(reference), order_id, line_id), sku] += units
    left = sold if falls_on == "order" else _shipped(office)
    # A credit takes back first what has not left the shelf: that raises no number.
    taken = {key: left[key] - max(0, back[key] - (units - left[key])) for key, units in sold.items()}
    return Reading(on_hand, taken)


def _shipped(office: sqlite3.Connection) -> Counter[tuple[LineKey, str]]:
    shipped: Counter[tuple[LineKey, str]] = Counter()
    for reference, order_id, line_id, sku, units in office.execute(
        "SELECT d.reference, d.order_id, l.line_id, l.sku, l.quantity FROM shipment s "
        "JOIN document d ON d.id = s.document_id JOIN shipment_line l ON l.shipment_id = s.id"
    ):
        shipped[(store_of(reference), order_id, line_id), sku] += units
    return shipped


def store_of(reference: str) -> str:
    """The shops of the model are identified by their names, and a reference that fits begins with that."""
    return reference.partition("/")[0]


def documents(office: sqlite3.Connection) -> list[Booked]:
    """All documents for web orders, booked ones first."""
    found: dict[int, Booked] = {}
    for row in office.execute(
        "SELECT id, order_id, kind, event, reference, total, customer_id FROM document WHERE reference <> '' "
        "ORDER BY id"
    ):
        number, order_id, kind, event, reference, total, customer = row
        found[number] = Booked(store_of(reference), order_id, kind, event, reference, total, 0, 0, customer)
    for number, line_id, sku, units, amount, tax, restock in office.execute(
        "SELECT l.document_id, l.line_id, i.sku, l.quantity, l.amount, l.tax, l.restock FROM document_line l "
        "JOIN item i ON i.id = l.item_id"
    ):
        if number in found:
            _add_line(found[number], line_id, sku, units, amount, tax, bool(restock))
    for number, amount, tax in office.execute("SELECT document_id, amount, tax FROM document_charge"):
        found[number].parts += amount + tax
        found[number].tax += tax
    return [*found.values(), *_queued(office)]


def _add_line(one: Booked, line_id: str, sku: str, units: int, amount: int, tax: int, restock: bool) -> None:
    key = (line_id, sku)
    one.units[key] = one.units.get(key, 0) + units
    one.parts += amount + tax
    one.tax += tax
    one.restock.add(restock)


def _queued(office: sqlite3.Connection) -> list[Booked]:
    waiting = []
    for (text,) in office.execute("SELECT document FROM queue WHERE reason = '' ORDER BY position"):
        body = json.loads(text)
        names = ("order_id", "kind", "event", "reference", "total")
        facts = [body[name] for name in names]
        one = Booked(store_of(body["reference"]), *facts, 0, 0, body["customer_id"], queued=True)  # type: ignore[arg-type]
        for line in body["lines"]:
            _add_line(one, *(line[name] for name in ("line_id", "sku", "quantity", "amount", "tax", "restock")))
        for charge in body["charges"]:
            one.parts += charge["amount"] + charge["tax"]
            one.tax += charge["tax"]
        waiting.append(one)
    return waiting


@dataclass(frozen=True, slots=True)
class OfficeCustomer:
    id: str
    reference: str | None
    name: str
    keys: frozenset[tuple[str, str]]
    consents: tuple[dict[str, Any], ...]


def customers(office: sqlite3.Connection) -> dict[str, OfficeCustomer]:
    """The back office's customers by id."""
    rows = office.execute(
        "SELECT CAST(id AS TEXT), reference, name, emails, phones, consents FROM customer WHERE NOT deleted"
    )
    return {
        number: OfficeCustomer(
            number,
            reference,
            name,
            frozenset({("email", one.casefold()) for one in json.loads(emails)})
            | {("phone", one) for one in json.loads(phones)},
            tuple(json.loads(consents)),
        )
        for number, reference, name, emails, phones, consents in rows
    }


def levels(shop: sqlite3.Connection) -> dict[str, tuple[str, int | None, int]]:
    """(SKU, units shown, whether they are ours to write) by listing."""
    rows = shop.execute("SELECT id, sku, quantity, managed FROM listing WHERE NOT deleted")
    return {number: (sku, units, managed) for number, sku, units, managed in rows}


def prices(shop: sqlite3.Connection) -> dict[str, str]:
    return dict(shop.execute("SELECT sku, price FROM listing WHERE NOT deleted"))


def order_body(shop: sqlite3.Connection, order_id: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(
        shop.execute("SELECT body FROM sales_order WHERE id = ?", [order_id]).fetchone()[0]
    )
    return body


def dump(connection: sqlite3.Connection, without: frozenset[str] = frozenset()) -> Dump:
    """Every row of every table."""
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {
        name: sorted(connection.execute(f'SELECT * FROM "{name}"'), key=repr) for name in names if name not in without
    }


def differences(before: Dump, after: Dump) -> list[str]:
    """Rows that came and rows that went, as text."""
    found = []
    for table in sorted(before.keys() | after.keys()):
        old, new = Counter(map(repr, before.get(table, []))), Counter(map(repr, after.get(table, [])))
        found += [f"{table}: went {row[:300]}" for row in old - new] + [
            f"{table}: came {row[:300]}" for row in new - old
        ]
    return found


@dataclass(frozen=True, slots=True)
class Fate:
    """What the hub says becomes of an order: its decision with the reason, and the hold if there is one."""

    decision: str
    reason: str
    hold: str | None
    message: str
    pending: bool


def fates(hub: sqlite3.Connection) -> dict[tuple[str, str], Fate]:
    """By store and order."""
    rows = hub.execute(
        "SELECT o.party, o.remote_id, o.decision, o.reason, h.reason, coalesce(h.message, ''), o.pending "
        "FROM sales_order o LEFT JOIN hold h ON h.kind = 'order' AND h.record = CAST(o.id AS TEXT)"
    )
    return {(store, order_id): Fate(*fate[:-1], bool(fate[-1])) for store, order_id, *fate in rows}  # type: ignore[arg-type]


def journal(hub: sqlite3.Connection, run: int) -> dict[tuple[str, str, str], list[str]]:
    """The states of one run's rows, by party, operation and key."""
    found: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for party, operation, key, state in hub.execute(
        "SELECT party, operation, key, state FROM journal WHERE run_id = ? ORDER BY id", [run]
    ):
        found[party, operation, key].append(state)
    return found


def is_behind(hub_path: Path) -> bool:
    """Whether a hub that was put back is an older one than its sidecar says, or came here without any.

    One from within the last run, since when nothing was sent, is not: it is as if that run had died there.
    """
    sidecar = hub_path.with_name(f"{hub_path.name}.last-run")
    if not sidecar.exists():
        return True
    marks = json.loads(sidecar.read_text())
    hub = sqlite3.connect(f"file:{hub_path}?mode=ro", uri=True)
    sent = hub.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'journal'").fetchone()[0]
    behind = last_run(hub) < marks["run"] or sent < marks["journal"]
    hub.close()
    return bool(behind)


def last_run(hub: sqlite3.Connection) -> int:
    return int(hub.execute("SELECT coalesce(max(id), 0) FROM run").fetchone()[0])
