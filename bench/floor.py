"""The floor of step 1: read a sandbox shop's orders page by page and write the hub's rows, with nothing in between.

The same pages by the same SQL, parsed once; the same tables, pragmas, payload compression, hashes and commits as
`pull-orders`; but no model, no look-up of what the hub has, no problem noticed: rows straight from JSON into multi-row
statements. It serves an empty hub and the orders of `sandbox load` (no charges, payments, refunds or tax) alone.
"""

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import Any

from syncctl.hub.files import open_database

PAGE = 250
PARTY = "web"
RULE = "came with an order"
_VARIABLES = 1000  # in one statement, as the hub has it
_ADDRESS = dict.fromkeys("city company country kind name phone postal_code region street".split(), "")
_BOOKED = ("book", "", 1)


class Insert:
    """Multi-row INSERT with the statement for a full load kept."""

    def __init__(self, head: str, columns: int, tail: str = "") -> None:
        self.head, self.tail = head, tail
        self.row = "(" + ",".join("?" * columns) + ")"
        self.size = _VARIABLES // columns
        self.full = self.sql(self.size)

    def sql(self, rows: int) -> str:
        return f"{self.head} VALUES {','.join([self.row] * rows)} {self.tail}"

    def run(self, hub: sqlite3.Connection, rows: Iterable[Sequence[object]]) -> None:
        iterator = iter(rows)
        while load := list(islice(iterator, self.size)):
            sql = self.full if len(load) == self.size else self.sql(len(load))
            hub.execute(sql, list(chain.from_iterable(load)))


ORDER = Insert(
    "INSERT INTO sales_order (id, party, remote_id, number, kind, placed_at, changed_at, closed, currency,"
    " tax_included, total, tax, financial_status, fulfilment_status, channel, test, customer_id, delivery,"
    " version_hash, decision, reason, problems, decided_under, pending, counting)",
    25,
)
VERSION = Insert("INSERT INTO order_version (order_id, hash, seen_at, raw)", 4)
LINE = Insert(
    "INSERT INTO line_item (order_id, line_id, position, sku, title, quantity, removed, unit_price, amount, tax)", 10
)
CUSTOMER = Insert("INSERT INTO customer (id, name, company, note, guest, origin, made_at, changed_at)", 8)
FACT = Insert("INSERT OR REPLACE INTO customer_fact (customer_id, field, party, changed_at)", 4)
ADDRESS = Insert("INSERT OR REPLACE INTO address (customer_id, position, kind, fields)", 4)
LINK = Insert(
    "INSERT INTO link (party, kind, remote_id, hub_id, role, rule, agreed_ours, agreed_theirs, seen_hash, seen_at, "
    "pending, made_at)",
    12,
)
STALE = Insert("INSERT OR IGNORE INTO stale_sku", 1)


def copy_orders(shop_path: Path, hub_path: Path, decided_under: str) -> int:
    """Make the hub at `hub_path` (missing so far) hold the shop's orders; returns how many there were."""
    shop = sqlite3.connect(shop_path, isolation_level=None)
    hub = open_database(hub_path).conn
    floor = _Floor(hub, decided_under)
    after = count = 0
    while rows := shop.execute(
        "SELECT position, id, body FROM sales_order WHERE position > ? AND placed_at >= '2000-01-01' "
        "ORDER BY position LIMIT ?",
        [after, PAGE],
    ).fetchall():
        after = rows[-1][0]
        count += len(rows)
        floor.write([(body, json.loads(body)) for _, _, body in rows], str(after))
    hub.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    hub.close()
    shop.close()
    return count


class _Floor:
    def __init__(self, hub: sqlite3.Connection, decided_under: str) -> None:
        self.hub = hub
        self.decided_under = decided_under
        self.orders = 0
        self.customers: dict[str, tuple[int, str, str]] = {}  # by the shop's id: the hub's, what it has, as of when

    def write(self, page: list[tuple[str, dict[str, Any]]], cursor: str) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")[:23] + "Z"
        numbered = list(enumerate(page, self.orders + 1))
        self.orders += len(page)
        hashes = [hashlib.blake2b(raw.encode(), digest_size=16).digest() for raw, _ in page]
        lines = list(_lines(numbered))
        self.hub.execute("BEGIN IMMEDIATE")
        customer_ids = self._write_customers(page, now)
        ORDER.run(self.hub, self._orders(numbered, hashes, customer_ids))
        VERSION.run(
            self.hub,
            (
                (number, one, now, zlib.compress(raw.encode(), 3))
                for (number, (raw, _)), one in zip(numbered, hashes, strict=True)
            ),
        )
        LINE.run(self.hub, lines)
        STALE.run(self.hub, [(sku,) for sku in sorted({str(line[3]) for line in lines})])
        self.hub.execute(
            "INSERT OR REPLACE INTO cursor VALUES (?, 'orders', ?, ?, ?)", [PARTY, cursor, self.decided_under, now]
        )
        self.hub.execute("COMMIT")

    def _orders(
        self,
        numbered: list[tuple[int, tuple[str, dict[str, Any]]]],
        hashes: list[bytes],
        customer_ids: list[int | None],
    ) -> Iterator[tuple[object, ...]]:
        for (number, (_, body)), version_hash, customer_id in zip(numbered, hashes, customer_ids, strict=True):
            decision, reason, pending = _decision(body)
            yield (
                number,
                PARTY,
                body["id"],
                body["name"],
                body["kind"],
                body["placed_at"],
                body["updated_at"],
                int(body["closed"]),
                body["currency"],
                int(body["tax_included"]),
                _minor(body["total"]),
                0,
                body["financial_status"],
                body["fulfilment_status"],
                body["channel"],
                int(body["test"]),
                customer_id,
                "",
                version_hash,
                decision,
                reason,
                "",
                self.decided_under,
                pending,
                int(decision == "book" and body["kind"] == "sale"),
            )

    def _write_customers(self, page: list[tuple[str, dict[str, Any]]], now: str) -> list[int | None]:
        """Of several states of a customer the youngest stands, by the time of the order that tells of it."""
        latest: dict[str, tuple[str, dict[str, Any]]] = {}
        for _, body in page:
            if (row := body["customer"]) and body["placed_at"] >= latest.get(row["id"], ("",))[0]:
                latest[row["id"]] = (body["placed_at"], row)
        new, changed, confirmed = [], [], []
        for remote_id, (as_of, row) in latest.items():
            text = _agreed(row)
            one, known, known_as_of = self.customers.get(remote_id, (len(self.customers) + 1, None, ""))
            if as_of < known_as_of:
                continue
            if known is None:
                new.append((one, remote_id, as_of, row, text))
            elif known != text:
                changed.append((one, as_of, row, text, known))
            else:
                confirmed.append((as_of, one))
            self.customers[remote_id] = (one, text, as_of)
        CUSTOMER.run(self.hub, ((one, row["name"], "", "", 0, PARTY, now, at) for one, _, at, row, _ in new))
        LINK.run(
            self.hub,
            (
                (
                    PARTY,
                    "customer",
                    remote_id,
                    one,
                    "primary",
                    "came with an order",
                    text,
                    text,
                    _hash(text),
                    at,
                    0,
                    now,
                )
                for one, remote_id, at, _, text in new
            ),
        )
        self.hub.executemany(
            "UPDATE customer SET name = ?, changed_at = ? WHERE id = ?",
            [(row["name"], at, one) for one, at, row, _, _ in changed],
        )
        FACT.run(
            self.hub,
            ((one, name, PARTY, at) for one, at, _, text, known in changed for name in _changed(known, text)),
        )
        self.hub.executemany(
            "UPDATE link SET agreed_ours = ?1, agreed_theirs = ?1, seen_hash = ?2, seen_at = ?3 WHERE id = ?4",
            [(text, _hash(text), at, one) for one, at, _, text, _ in changed],
        )
        self.hub.executemany("UPDATE link SET seen_at = ? WHERE id = ?", confirmed)
        people = [(one, row) for one, _, _, row, _ in new] + [(one, row) for one, _, row, _, _ in changed]
        ADDRESS.run(self.hub, ((one, 0, "shipping", _address(row["addresses"][0])) for one, row in people))
        return [self.customers[body["customer"]["id"]][0] if body["customer"] else None for _, body in page]


def _lines(numbered: list[tuple[int, tuple[str, dict[str, Any]]]]) -> Iterator[tuple[object, ...]]:
    for number, (_, body) in numbered:
        for position, row in enumerate(body["lines"]):
            price, quantity = row["price"], row["quantity"]
            amount = _amount(price, quantity)
            yield number, row["id"], position, row["sku"], row["title"], quantity, 0, price, amount, 0


def _decision(body: dict[str, Any]) -> tuple[str, str, int]:
    if body["kind"] in ("stock_note", "adjustment"):
        return "left_out", body["kind"].replace("_", " "), 0
    if not _minor(body["total"]) and not any(_amount(row["price"], row["quantity"]) for row in body["lines"]):
        return "left_out", "zero value", 0
    return _BOOKED


def _amount(price: str, quantity: int) -> int:
    units, divisor = _parsed(price)
    if divisor == 1:
        return units * quantity
    return int((Decimal(units * quantity) / divisor).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


@lru_cache(maxsize=4096)
def _parsed(price: str) -> tuple[int, int]:
    """A price as a whole number of what is so many times smaller than a penny."""
    whole, _, fraction = price.partition(".")
    return int(whole + fraction.ljust(2, "0")), 10 ** max(0, len(fraction) - 2)


def _minor(text: str) -> int:
    whole, _, fraction = text.partition(".")
    return int(whole + fraction.ljust(2, "0"))


def _address(row: dict[str, Any]) -> str:
    return json.dumps({**_ADDRESS, "kind": "shipping", "is_default": False, **row}, sort_keys=True)


def _agreed(row: dict[str, Any]) -> str:
    """What the link remembers of a buyer: name and addresses without what is empty."""
    address = {"kind": "shipping", **row["addresses"][0]}
    said = {"addresses": [{name: value for name, value in address.items() if value}], "name": row["name"]}
    return json.dumps({name: value for name, value in said.items() if value}, sort_keys=True, separators=(",", ":"))


def _changed(before: str, after: str) -> list[str]:
    known, now = json.loads(before), json.loads(after)
    return [name for name in now if now[name] != known.get(name)]


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
