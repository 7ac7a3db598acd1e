"""The floor of a first import from WooCommerce: the same bytes through stdlib `json`, and the hub's rows, nothing else.

The same pages, parsed once; the same tables, pragmas, payload compression, hashes and commits as `pull-orders`; but no
request, no model, no look-up of what the hub has, no problem noticed: rows straight from JSON into multi-row SQL. It
serves an empty hub and the orders of `bench.woo_orders` (no tax, coupons, shipping or refunds) alone.
"""

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from html import unescape
from pathlib import Path
from typing import Any

from bench.floor import ADDRESS, CUSTOMER, FACT, LINE, LINK, ORDER, RULE, STALE, VERSION, Insert
from syncctl.hub.files import open_database

PARTY = "web"
CHARGE = Insert("INSERT INTO charge (order_id, refund_id, position, kind, title, amount, tax)", 7)
PAYMENT = Insert("INSERT INTO payment (order_id, payment_id, gateway, amount, paid_at)", 5)
CONTACT = Insert("INSERT OR REPLACE INTO contact (customer_id, kind, position, value, normalised)", 5)

_PARTS = "kind name company street city region postal_code country phone".split()
_scan = json.JSONDecoder().raw_decode
Parsed = Sequence[tuple[str, dict[str, Any]]]


def copy_orders(pages: Iterable[bytes], hub_path: Path, decided_under: str) -> int:
    """Make the hub at `hub_path` (missing so far) hold the orders of these pages; returns how many there were.

    Each page but the first begins with the last order of the one before.
    """
    hub = open_database(hub_path).conn
    floor = _Floor(hub, decided_under)
    for page in pages:
        rows = list(_rows(page.decode()))
        floor.write(rows[1:] if floor.orders else rows)
    hub.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    hub.close()
    return floor.orders


def _rows(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each order's own text, and the order."""
    at = 1
    while text[at] != "]":
        body, end = _scan(text, at)
        yield text[at:end], body
        at = end + (text[end] == ",")


class _Floor:
    def __init__(self, hub: sqlite3.Connection, decided_under: str) -> None:
        self.hub = hub
        self.decided_under = decided_under
        self.orders = 0
        self.customers: dict[int, tuple[int, str, str]] = {}  # by the shop's id: the hub's, what it has, as of when

    def write(self, page: Parsed) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")[:23] + "Z"
        first = self.orders + 1
        self.orders += len(page)
        hashes = [hashlib.blake2b(raw.encode(), digest_size=16).digest() for raw, _ in page]
        lines, sums = [], []
        for number, (_, body) in enumerate(page, first):
            rows = list(map(_line, body["line_items"]))
            lines += [(number, item, at, *rest) for at, (item, *rest) in enumerate(rows)]
            sums.append((sum(row[6] for row in rows), any(row[6] for row in rows), max(row[3] for row in rows) < 0))
        self.hub.execute("BEGIN IMMEDIATE")
        customer_ids = self._write_customers(page, now)
        orders = list(self._orders(first, page, hashes, customer_ids, sums))
        ORDER.run(self.hub, orders)
        packed = (zlib.compress(raw.encode(), 3) for raw, _ in page)
        VERSION.run(self.hub, zip(range(first, first + len(page)), hashes, [now] * len(page), packed, strict=True))
        LINE.run(self.hub, lines)
        CHARGE.run(self.hub, _roundings(orders, sums))
        PAYMENT.run(self.hub, _payments(first, page))
        STALE.run(self.hub, [(sku,) for sku in sorted({line[3] for line in lines})])
        self._hold(orders, now)
        self.hub.execute(
            "INSERT OR REPLACE INTO cursor VALUES (?, 'orders', ?, ?, ?)", [PARTY, str(first), self.decided_under, now]
        )
        self.hub.execute("COMMIT")

    def _orders(
        self,
        first: int,
        page: Parsed,
        hashes: Sequence[bytes],
        customer_ids: Sequence[int | None],
        sums: Sequence[tuple[int, bool, bool]],
    ) -> Iterator[tuple[object, ...]]:
        rows = zip(page, hashes, customer_ids, sums, strict=True)
        for number, ((_, body), version_hash, customer_id, (_, costs, came_back)) in enumerate(rows, first):
            total, kind = _minor(body["total"]), "return" if came_back else "sale"
            decision, reason = _decision(total, costs, kind)
            yield (
                number,
                PARTY,
                str(body["id"]),
                body["number"],
                kind,
                _moment(body["date_created_gmt"]),
                _moment(body["date_modified_gmt"]),
                1,
                body["currency"],
                0,
                total,
                0,
                "paid",
                "fulfilled",
                "web" if body["created_via"] == "checkout" else "pos",
                0,
                customer_id,
                _delivery(body["billing"]),
                version_hash,
                decision,
                reason,
                "",
                self.decided_under,
                int(decision == "book"),
                int(decision != "left_out" and kind == "sale"),
            )

    def _hold(self, orders: Sequence[tuple[Any, ...]], now: str) -> None:
        for order in orders:
            if order[19] == "held":
                message = f"order {order[3]}: its total is {order[10]} minor units of {order[8]}"
                self.hub.execute(
                    "INSERT INTO hold (party, kind, record, reason, message, detail, fingerprint, since, run_id)"
                    " VALUES (?, 'order', ?, ?, ?, '{}', '', ?, 1)",
                    [PARTY, str(order[0]), order[20], message, now],
                )

    def _write_customers(self, page: Parsed, now: str) -> list[int | None]:
        """Of several states of a customer the youngest stands, by the time of the order that tells of it."""
        latest: dict[int, tuple[str, dict[str, Any]]] = {}
        for _, body in page:
            key, as_of = body["customer_id"], body["date_created_gmt"]
            if key and as_of >= latest.get(key, ("",))[0]:
                latest[key] = (as_of, body["billing"])
        new, changed, confirmed = [], [], []
        for key, (as_of, row) in latest.items():
            text = _agreed(row)
            one, known, known_as_of = self.customers.get(key, (len(self.customers) + 1, None, ""))
            if as_of < known_as_of:
                continue
            if known is None:
                new.append((one, str(key), _moment(as_of), row, text))
            elif known != text:
                changed.append((_moment(as_of), one, row, text))
            else:
                confirmed.append((_moment(as_of), one))
            self.customers[key] = (one, text, as_of)
        CUSTOMER.run(self.hub, ((one, _name(row), "", "", 0, PARTY, now, at) for one, _, at, row, _ in new))
        LINK.run(
            self.hub,
            (
                (PARTY, "customer", key, one, "primary", RULE, text, text, _hash(text), at, 0, now)
                for one, key, at, _, text in new
            ),
        )
        FACT.run(self.hub, ((one, "addresses", PARTY, at) for at, one, _, _ in changed))
        self.hub.executemany(
            "UPDATE link SET agreed_ours = ?1, agreed_theirs = ?1, seen_hash = ?2, seen_at = ?3 WHERE id = ?4",
            [(text, _hash(text), at, one) for at, one, _, text in changed],
        )
        self.hub.executemany("UPDATE customer SET changed_at = ? WHERE id = ?", [row[:2] for row in changed])
        self.hub.executemany("UPDATE link SET seen_at = ? WHERE id = ?", confirmed)
        CONTACT.run(self.hub, (row for one, _, _, billing, _ in new for row in _contacts(one, billing)))
        people = [(one, row) for one, _, _, row, _ in new] + [(one, row) for _, one, row, _ in changed]
        ADDRESS.run(self.hub, ((one, 0, "billing", _address_row(row)) for one, row in people))
        return [self.customers[key][0] if (key := body["customer_id"]) else None for _, body in page]


def _line(row: dict[str, Any]) -> tuple[Any, ...]:
    """Its columns without the order's, and without its place."""
    name, quantity, text = row["name"], row["quantity"], row["subtotal"]
    title = unescape(name) if "&" in name else name
    return str(row["id"]), row["sku"], title, quantity, 0, _unit_price(text, quantity), _minor(text), 0


def _decision(total: int, costs: bool, kind: str) -> tuple[str, str]:
    if total < 0 and kind == "sale":
        return "held", "negative total"
    return ("book", "") if total or costs else ("left_out", "zero value")


def _roundings(
    orders: Sequence[tuple[Any, ...]], sums: Sequence[tuple[int, bool, bool]]
) -> Iterator[tuple[object, ...]]:
    for order, (amounts, _, _) in zip(orders, sums, strict=True):
        if order[10] != amounts:
            yield order[0], "", 0, "rounding", "Rounding", order[10] - amounts, 0


def _payments(first: int, page: Parsed) -> Iterator[tuple[object, ...]]:
    for number, (_, body) in enumerate(page, first):
        if at := body["date_paid_gmt"]:
            yield number, f"{body['id']}-paid", body["payment_method"], _minor(body["total"]), _moment(at)


def _moment(text: str) -> str:
    return text + ".000Z"


@lru_cache(maxsize=65_536)
def _minor(text: str) -> int:
    """Pence of a text with six places."""
    return int((Decimal(text) * 100).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


@lru_cache(maxsize=65_536)
def _unit_price(text: str, quantity: int) -> str:
    price = f"{(Decimal(text) / quantity).quantize(Decimal('0.000001')):f}".rstrip("0").rstrip(".")
    return price if price.strip("-0") else "0"


def _name(row: dict[str, Any]) -> str:
    return f"{row['first_name']} {row['last_name']}"


def _contacts(one: int, row: dict[str, Any]) -> Iterator[tuple[object, ...]]:
    yield one, "email", 0, row["email"], row["email"]
    yield one, "phone", 1, row["phone"], row["phone"].replace(" ", "")


def _address(row: dict[str, Any], name: str = "") -> dict[str, Any]:
    """A customer's own says nothing of whose it is; an order's does."""
    values = ("billing", name, "", row["address_1"], row["city"], "", "", row["country"], "")
    return {**dict(zip(_PARTS, values, strict=True)), "is_default": False}


def _address_row(row: dict[str, Any]) -> str:
    return json.dumps(_address(row), sort_keys=True)


def _delivery(row: dict[str, Any]) -> str:
    return json.dumps([row["email"], None, _address(row, _name(row))]) if row["email"] else ""


def _agreed(row: dict[str, Any]) -> str:
    """What the link remembers of a buyer: what is said, without what is empty."""
    address = {name: value for name, value in _address(row).items() if value}
    said = {"addresses": [address], "emails": [row["email"]], "name": _name(row), "phones": [row["phone"]]}
    return json.dumps(said, sort_keys=True, separators=(",", ":"))


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
