"""The floor of a first import from Shopify: the same bytes through stdlib `json`, and the hub's rows, nothing else.

The same pages (or lines of the same file), parsed once; the same tables, pragmas, payload compression, hashes and
commits as `pull-orders`; but no request, no model, no look-up of what the hub has, no problem noticed: rows straight
from JSON into multi-row SQL. It serves an empty hub and the orders of `bench.shopify_orders` (no tax, discounts,
shipping or refunds) alone.
"""

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from bench.floor import ADDRESS, LINE, LINK, ORDER, RULE, STALE, VERSION, Insert
from bench.floor_woo import CONTACT, PAYMENT
from syncctl.hub.files import open_database

PARTY = "web"
FILE_PAGE = 250
CUSTOMER = Insert("INSERT INTO customer (id, name, company, note, tax_exempt, guest, origin, made_at, changed_at)", 9)
CUSTOMER_NAME = ',"customer":'
_PARTS = "kind name company street city region postal_code country phone".split()
_scan = json.JSONDecoder().raw_decode
Parsed = Sequence[tuple[str, dict[str, Any]]]


def copy_pages(pages: Iterable[bytes], hub_path: Path, decided_under: str) -> int:
    """Make the hub at `hub_path` (missing so far) hold the orders of these pages; returns how many there were."""
    return _copied((list(_rows(page.decode())) for page in pages), hub_path, decided_under)


def copy_file(path: Path, hub_path: Path, decided_under: str) -> int:
    """The same of the file that a bulk operation made."""
    families = _families(path)
    return _copied(iter(lambda: list(islice(families, FILE_PAGE)), []), hub_path, decided_under)


def _copied(pages: Iterable[Parsed], hub_path: Path, decided_under: str) -> int:
    hub = open_database(hub_path).conn
    floor = _Floor(hub, decided_under)
    for page in pages:
        floor.write(page)
    hub.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    hub.close()
    return floor.orders


def _rows(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each order's own text, and the order."""
    at = 1
    while text[at] != "]":
        body, end = _scan(text, at)
        yield _kept(text[at:end], body), body
        at = end + (text[end] == ",")


def _families(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each order of the file with its lists, and its text as it would stand on a page."""
    order: dict[str, Any] = {}
    with path.open(encoding="utf-8") as file:
        for text in file:
            row = json.loads(text)
            if "__parentId" not in row:
                if order:
                    yield _kept(_text(order), order), order
                order = _empty(row)
                continue
            del row["__parentId"]
            address = "address1" in row
            (order["customer"]["addressesV2"] if address else order["lineItems"])["nodes"].append(row)
    yield _kept(_text(order), order), order


def _kept(text: str, order: dict[str, Any]) -> str:
    """Of the customer, who stands last, the id alone is kept."""
    row = order["customer"]
    return f"{text[: text.rindex(CUSTOMER_NAME)]}{CUSTOMER_NAME}{json.dumps(row and row['id'])}}}"


def _empty(row: dict[str, Any]) -> dict[str, Any]:
    """An order whose lists are empty as yet; its customer comes last."""
    customer = row.pop("customer")
    for name in ("lineItems", "shippingLines"):
        row[name] = {"nodes": [], "pageInfo": {"hasNextPage": False}}
    row["customer"] = customer and {**customer, "addressesV2": {"nodes": []}}
    return row


def _text(order: dict[str, Any]) -> str:
    return json.dumps(order, separators=(",", ":"), ensure_ascii=False)


class _Floor:
    def __init__(self, hub: sqlite3.Connection, decided_under: str) -> None:
        self.hub = hub
        self.decided_under = decided_under
        self.orders = 0
        self.customers: dict[str, int] = {}  # by the shop's id: the hub's

    def write(self, page: Parsed) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")[:23] + "Z"
        first = self.orders + 1
        self.orders += len(page)
        hashes = [hashlib.blake2b(raw.encode(), digest_size=16).digest() for raw, _ in page]
        lines = []
        for number, (_, body) in enumerate(page, first):
            for at, row in enumerate(body["lineItems"]["nodes"]):
                item, *rest = _line(row)
                lines.append((number, item, at, *rest))
        self.hub.execute("BEGIN IMMEDIATE")
        customer_ids = self._write_customers(page, now)
        ORDER.run(self.hub, self._orders(first, page, hashes, customer_ids))
        packed = (zlib.compress(raw.encode(), 3) for raw, _ in page)
        VERSION.run(self.hub, zip(range(first, first + len(page)), hashes, [now] * len(page), packed, strict=True))
        LINE.run(self.hub, lines)
        PAYMENT.run(self.hub, _payments(first, page))
        STALE.run(self.hub, [(sku,) for sku in sorted({line[3] for line in lines})])
        self.hub.execute(
            "INSERT OR REPLACE INTO cursor VALUES (?, 'orders', ?, ?, ?)", [PARTY, str(first), self.decided_under, now]
        )
        self.hub.execute("COMMIT")

    def _orders(
        self, first: int, page: Parsed, hashes: Sequence[bytes], customer_ids: Sequence[int | None]
    ) -> Iterator[tuple[object, ...]]:
        for number, ((_, body), version, customer) in enumerate(zip(page, hashes, customer_ids, strict=True), first):
            total = _minor(body["totalPriceSet"]["shopMoney"]["amount"])
            costs = total or any(float(row["originalUnitPriceSet"]["shopMoney"]["amount"]) for row in _lines(body))
            yield (
                number,
                PARTY,
                _digits(body["id"]),
                body["name"],
                "sale",
                _moment(body["processedAt"]),
                _moment(body["updatedAt"]),
                1,
                body["currencyCode"],
                0,
                total,
                0,
                "paid",
                "fulfilled",
                "web",
                0,
                customer,
                _delivery(body),
                version,
                "book" if costs else "left_out",
                "" if costs else "zero value",
                "",
                self.decided_under,
                int(bool(costs)),
                int(bool(costs)),
            )

    def _write_customers(self, page: Parsed, now: str) -> list[int | None]:
        new: dict[str, dict[str, Any]] = {}
        for _, body in page:
            if (row := body["customer"]) and row["id"] not in self.customers:
                self.customers[row["id"]] = len(self.customers) + 1
                new[row["id"]] = row
        numbered = [(self.customers[key], row, _agreed(row)) for key, row in new.items()]
        CUSTOMER.run(
            self.hub,
            ((one, _name(row), "", "", 0, 0, PARTY, now, _moment(row["updatedAt"])) for one, row, _ in numbered),
        )
        LINK.run(
            self.hub,
            (
                (*(PARTY, "customer", _digits(row["id"]), one, "primary", RULE, text, text, _hash(text)), at, 0, now)
                for one, row, text in numbered
                for at in [_moment(row["updatedAt"])]
            ),
        )
        CONTACT.run(self.hub, (contact for one, row, _ in numbered for contact in _contacts(one, row)))
        ADDRESS.run(
            self.hub, ((one, 0, "", json.dumps(_address(_book(row), ""), sort_keys=True)) for one, row, _ in numbered)
        )
        return [self.customers[row["id"]] if (row := body["customer"]) else None for _, body in page]


def _lines(body: dict[str, Any]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = body["lineItems"]["nodes"]
    return rows


def _line(row: dict[str, Any]) -> tuple[Any, ...]:
    """Its columns without the order's, and without its place."""
    quantity, text = row["quantity"], row["originalUnitPriceSet"]["shopMoney"]["amount"]
    return _digits(row["id"]), row["sku"], row["name"], quantity, 0, _plain(text), _minor(text) * quantity, 0


def _payments(first: int, page: Parsed) -> Iterator[tuple[object, ...]]:
    for number, (_, body) in enumerate(page, first):
        for row in body["transactions"]:
            paid = _minor(row["amountSet"]["shopMoney"]["amount"])
            yield number, _digits(row["id"]), row["gateway"], paid, _moment(row["processedAt"])


def _digits(gid: str) -> str:
    return gid[gid.rindex("/") + 1 :]


def _moment(text: str) -> str:
    return text[:-1] + ".000Z"


@lru_cache(maxsize=65_536)
def _minor(text: str) -> int:
    """Pence of a text with one or two places."""
    whole, _, part = text.partition(".")
    return int(whole + part.ljust(2, "0"))


@lru_cache(maxsize=65_536)
def _plain(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _name(row: dict[str, Any]) -> str:
    return f"{row['firstName']} {row['lastName']}"


def _contacts(one: int, row: dict[str, Any]) -> Iterator[tuple[object, ...]]:
    email, phone = row["defaultEmailAddress"]["emailAddress"], row["defaultPhoneNumber"]["phoneNumber"]
    yield one, "email", 0, email, email
    yield one, "phone", 1, phone, phone


def _book(row: dict[str, Any]) -> dict[str, Any]:
    address: dict[str, Any] = row["addressesV2"]["nodes"][0]
    return address


def _address(row: dict[str, Any], kind: str, name: str = "") -> dict[str, Any]:
    values = (kind, name, "", row["address1"], row["city"], "", "", row["countryCodeV2"] or "", "")
    return {**dict(zip(_PARTS, values, strict=True)), "is_default": False}


def _delivery(body: dict[str, Any]) -> str:
    if not body["email"]:
        return ""
    there = body["shippingAddress"]
    return json.dumps([body["email"], *(_address(there, kind, _name(there)) for kind in ("shipping", "billing"))])


def _agreed(row: dict[str, Any]) -> str:
    """What the link remembers of a buyer: what is said, without what is empty."""
    address = {name: value for name, value in _address(_book(row), "").items() if value}
    email, phone = row["defaultEmailAddress"]["emailAddress"], row["defaultPhoneNumber"]["phoneNumber"]
    said = {"addresses": [address], "emails": [email], "name": _name(row), "phones": [phone], "tax_exempt": False}
    return json.dumps(said, sort_keys=True, separators=(",", ":"))


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
