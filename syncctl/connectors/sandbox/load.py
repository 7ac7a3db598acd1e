"""Loads an order history (CSV in the columns of the online-retail data) into the sandbox, all of it or nothing.

One order per invoice. Invoices need not be contiguous, so rows are gathered in a temporary SQLite database; memory
stays flat whatever the file's size. Source of the columns: UCI Machine Learning Repository, "Online Retail".
"""

import csv
import gzip
import lzma
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Protocol, TextIO

from syncctl import times
from syncctl.connectors.sandbox.bodies import Body, empty_order, sum_of
from syncctl.connectors.sandbox.files import next_number
from syncctl.connectors.sandbox.shop import Shop
from syncctl.connectors.strict_json import canonical
from syncctl.errors import DataError, MoneyError
from syncctl.money import round_minor, to_text

COLUMNS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
CURRENCY = "GBP"
_QUANTITY = re.compile(r"-?\d{1,9}\Z", re.ASCII)
_BATCH = 5_000
_OPENERS: Mapping[str, Callable[..., TextIO]] = {".gz": gzip.open, ".xz": lzma.open}

_STAGE = """
CREATE TABLE invoice (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, placed_at TEXT NOT NULL,
    customer_id TEXT NOT NULL, country TEXT NOT NULL, kind TEXT NOT NULL DEFAULT 'sale') STRICT;
CREATE TABLE line (invoice TEXT NOT NULL, number INTEGER NOT NULL, sku TEXT NOT NULL, title TEXT NOT NULL,
    quantity INTEGER NOT NULL, price TEXT NOT NULL, PRIMARY KEY (invoice, number)) STRICT, WITHOUT ROWID;
CREATE TABLE item (number INTEGER PRIMARY KEY, sku TEXT NOT NULL UNIQUE, title TEXT NOT NULL, price TEXT,
    units INTEGER NOT NULL DEFAULT 0) STRICT;
"""
_ADD_INVOICE = "INSERT OR IGNORE INTO invoice (id, placed_at, customer_id, country) VALUES (?, ?, ?, ?)"
_ADD_LINE = "INSERT INTO line (invoice, number, sku, title, quantity, price) VALUES (?, ?, ?, ?, ?, ?)"
_ADD_ITEM = """
INSERT INTO item (sku, title, price) VALUES (?, ?, ?) ON CONFLICT (sku) DO UPDATE SET
    title = CASE WHEN title = '' THEN excluded.title ELSE title END, price = coalesce(excluded.price, price)
"""
# Adjustments are money without goods; everything else took stock, or gave it back where its quantities are negative.
_SETTLE = """
UPDATE invoice SET kind = CASE
    WHEN substr(id, 1, 1) = 'C' THEN 'return'
    WHEN substr(id, 1, 1) = 'A' THEN 'adjustment'
    WHEN NOT EXISTS (SELECT 1 FROM line WHERE line.invoice = invoice.id AND quantity >= 0) THEN 'stock_note'
    ELSE 'sale' END;
UPDATE item SET units = taken.units FROM (
    SELECT line.sku AS sku, sum(line.quantity) AS units FROM line JOIN invoice ON invoice.id = line.invoice
    WHERE invoice.kind <> 'adjustment' GROUP BY line.sku) AS taken
WHERE item.sku = taken.sku;
"""
_ORDERS = """
SELECT invoice.id, kind, placed_at, customer_id, country, sku, title, quantity, price
FROM invoice JOIN line ON line.invoice = invoice.id ORDER BY invoice.number, line.number
"""


class Office(Protocol):
    """What the loader asks of the back office's side."""

    def load_variants(self, rows: Iterable[tuple[str, str, str | None, int]]) -> object: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport:
    """What was loaded. `kinds`: orders by kind."""

    orders: int
    lines: int
    skus: int
    customers: int
    kinds: Mapping[str, int]


def load_history(
    source: Path | str | Iterable[str], shop: Shop, office: Office | None, *, opening_stock: int | None
) -> LoadReport:
    """Load the CSV file (`.csv`, `.csv.gz`, `.csv.xz`) or its lines into the shop, and its SKUs into the office.

    Each SKU opens with `opening_stock` units in both; in the shop its orders have taken theirs already. None: the
    office learns of nothing and the shop opens with none. Errors: DataError naming the line, and nothing is loaded.
    """
    if shop.currency != CURRENCY:
        raise DataError(f"The history is in {CURRENCY}, but the shop sells in {shop.currency}; nothing was loaded.")
    with closing(sqlite3.connect("", isolation_level=None)) as stage, _text_lines(source) as lines:
        stage.executescript(_STAGE)
        stage.execute("BEGIN")
        _stage_rows(stage, lines)
        stage.executescript(_SETTLE)
        with shop.atomic() as connection:
            new_items = _add_listings(connection, stage, opening_stock or 0)
            _add_orders(connection, stage)
            _add_customers(connection, stage)
            if office is not None and opening_stock is not None:
                office.load_variants((sku, title, price, opening_stock) for sku, title, price, _ in new_items)
        return _report(stage)


def _report(stage: sqlite3.Connection) -> LoadReport:
    kinds = dict(stage.execute("SELECT kind, count(*) FROM invoice GROUP BY kind").fetchall())
    lines, skus, customers = stage.execute(
        "SELECT (SELECT count(*) FROM line), (SELECT count(*) FROM item),"
        " (SELECT count(DISTINCT customer_id) FROM invoice WHERE customer_id <> '')"
    ).fetchone()
    return LoadReport(orders=sum(kinds.values()), lines=lines, skus=skus, customers=customers, kinds=kinds)


@contextmanager
def _text_lines(source: Path | str | Iterable[str]) -> Iterator[Iterable[str]]:
    if not isinstance(source, Path | str):
        yield source
        return
    path = Path(source)
    opener = _OPENERS.get(path.suffix, open)
    try:
        with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
            yield file
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise DataError(f"{path} cannot be read: {error}; nothing was loaded.") from error


def _stage_rows(stage: sqlite3.Connection, lines: Iterable[str]) -> None:
    reader = csv.reader(lines, strict=True)
    try:
        if tuple(next(reader, ())) != COLUMNS:
            raise ValueError(f"the columns must be {','.join(COLUMNS)}")
        while batch := list(_batch(reader)):
            stage.executemany(_ADD_INVOICE, [row[0] for row in batch])
            stage.executemany(_ADD_LINE, [row[1] for row in batch])
            stage.executemany(_ADD_ITEM, [row[2] for row in batch])
    except (csv.Error, ValueError, OverflowError) as error:
        raise DataError(f"Line {max(1, reader.line_num)}: {error}; nothing was loaded.") from error


_Invoice = tuple[str, str, str, str]
_Line = tuple[str, int, str, str, int, str]
_Item = tuple[str, str, str | None]


def _batch(reader: Iterator[list[str]]) -> Iterator[tuple[_Invoice, _Line, _Item]]:
    number: int = reader.line_num  # type: ignore[attr-defined]  # csv.reader has it; its type is private
    for row in reader:
        number += 1
        yield _staged(row, number)
        if number % _BATCH == 0:
            return


def _staged(row: list[str], number: int) -> tuple[_Invoice, _Line, _Item]:
    if len(row) != len(COLUMNS):
        raise ValueError(f"{len(row)} fields where {len(COLUMNS)} are expected")
    invoice, sku, title, quantity, placed, price, customer, country = row
    if not invoice or not sku:
        raise ValueError("InvoiceNo and StockCode must not be empty")
    if not _QUANTITY.match(quantity):
        raise ValueError(f"Quantity {quantity[:40]!r} is no whole number")
    units = int(quantity)
    try:
        amount = round_minor(price, CURRENCY, abs(units) or 1)
    except MoneyError as error:
        raise ValueError(f"UnitPrice: {error}") from error
    return (
        (invoice, _moment(placed), customer, country),
        (invoice, number, sku, title, units, price),
        (sku, title, price if amount > 0 else None),
    )


@lru_cache(maxsize=1000)
def _moment(text: str) -> str:
    """A time without a zone is UTC."""
    try:
        at = datetime.fromisoformat(text)
        return times.to_text(at if at.tzinfo else at.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise ValueError(f"InvoiceDate {text[:40]!r} is no time") from None


def _add_listings(
    connection: sqlite3.Connection, stage: sqlite3.Connection, opening: int
) -> list[tuple[str, str, str | None, int]]:
    """List the new SKUs and return them; those that the shop lists already lose the units that were taken."""
    change, now = next_number(connection, "change"), times.to_text(times.now())
    known = {sku for (sku,) in connection.execute("SELECT sku FROM listing WHERE NOT deleted")}
    rows = stage.execute("SELECT sku, title, price, units FROM item ORDER BY number").fetchall()
    new = [row for row in rows if row[0] not in known]
    connection.executemany(
        "INSERT INTO listing (id, sku, title, price, quantity, changed_at, change) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (str(next_number(connection, "listing", 501)), sku, title, price, opening - units, now, change)
            for sku, title, price, units in new
        ],
    )
    connection.executemany(
        "UPDATE listing SET quantity = quantity - ?, changed_at = ?, change = ? WHERE position ="
        " (SELECT min(position) FROM listing WHERE sku = ? AND NOT deleted) AND quantity IS NOT NULL",
        [(units, now, change, sku) for sku, _, _, units in rows if sku in known],
    )
    return new


def _add_orders(connection: sqlite3.Connection, stage: sqlite3.Connection) -> None:
    change = next_number(connection, "change")
    for invoice, rows in groupby(stage.execute(_ORDERS), key=lambda row: row[:5]):
        body = _body(invoice, [row[5:] for row in rows])
        added = connection.execute(
            "INSERT OR IGNORE INTO sales_order (id, placed_at, changed_at, change, body) VALUES (?, ?, ?, ?, ?)",
            (body["id"], body["placed_at"], body["placed_at"], change, canonical(body)),
        )
        if not added.rowcount:
            raise DataError(f"The shop has an order {body['id'][:40]!r} already; nothing was loaded.")


def _body(invoice: tuple[str, str, str, str, str], rows: list[tuple[str, str, int, str]]) -> Body:
    number, kind, placed_at, customer_id, country = invoice
    body = empty_order(number, placed_at, CURRENCY)
    body.update(name=number, kind=kind, updated_at=placed_at, tax_included=False, channel="web", test=False)
    body.update(financial_status="paid", fulfilment_status="fulfilled", closed=True)
    body["customer"] = _customer(customer_id, country) if customer_id else None
    body["lines"] = [
        {"id": str(position), "sku": sku, "title": title, "quantity": quantity, "price": price}
        for position, (sku, title, quantity, price) in enumerate(rows, 1)
    ]
    body["total"] = to_text(sum_of(body), CURRENCY)
    return body


def _customer(customer_id: str, country: str) -> Body:
    return {"id": customer_id, "name": f"Customer {customer_id}", "addresses": [{"country": country}]}


def _add_customers(connection: sqlite3.Connection, stage: sqlite3.Connection) -> None:
    change = next_number(connection, "change")
    rows = stage.execute(
        "SELECT customer_id, country, placed_at FROM invoice WHERE number IN"
        " (SELECT min(number) FROM invoice WHERE customer_id <> '' GROUP BY customer_id) ORDER BY number"
    )
    connection.executemany(
        "INSERT OR IGNORE INTO customer (id, changed_at, change, body) VALUES (?, ?, ?, ?)",
        (
            (key, at, change, canonical({**_customer(key, country), "created_at": at, "updated_at": at}))
            for key, country, at in rows
        ),
    )
