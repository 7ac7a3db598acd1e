"""What the files of shop, hub and back office hold, read raw: SQL, JSON and Decimal, nothing of syncctl."""

import hashlib
import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from bench.retail import pence

QUIET = ("run", "run_step", "cursor", "snapshot")  # a cycle with nothing to do may write these


@dataclass(slots=True)
class Paper:
    """An order or a document: its day, its signed pence, how many lines it has, its units by SKU (signed)."""

    day: str
    total: int
    lines: int = 0
    units: Counter[str] = field(default_factory=Counter)

    def add(self, sku: str, units: int) -> None:
        self.lines += 1
        self.units[sku] += units


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The file as it stands, read-only."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        yield connection


def store_orders(shop: Path) -> dict[str, Paper]:
    """What the shop keeps: each order's stored JSON."""
    papers = {}
    with opened(shop) as connection:
        for order_id, text in connection.execute("SELECT id, body FROM sales_order"):
            body = json.loads(text)
            papers[order_id] = Paper(body["placed_at"][:10], pence(Decimal(body["total"])))
            for line in body["lines"]:
                papers[order_id].add(line["sku"], line["quantity"])
    return papers


def hub_orders(hub: Path) -> dict[str, Paper]:
    """What the hub keeps of the orders, by the store's id."""
    with opened(hub) as connection:
        rows = connection.execute("SELECT remote_id, substr(placed_at, 1, 10), total FROM sales_order")
        papers = {order_id: Paper(day, total) for order_id, day, total in rows}
        for order_id, sku, units in connection.execute(
            "SELECT remote_id, sku, quantity FROM line_item JOIN sales_order ON sales_order.id = order_id"
        ):
            papers[order_id].add(sku, units)
    return papers


def decisions(hub: Path) -> dict[tuple[str, str], int]:
    """How many orders the hub has under each (decision, reason)."""
    with opened(hub) as connection:
        rows = connection.execute("SELECT decision, reason, count(*) FROM sales_order GROUP BY 1, 2")
        return {(decision, reason): count for decision, reason, count in rows}


def hub_documents(hub: Path) -> dict[str, list[Paper]]:
    """What the hub believes to be booked, by the store's order id; credits are negative."""
    with opened(hub) as connection:
        return _documents(
            connection,
            "SELECT d.id, o.remote_id, d.kind, d.dated_on, d.total FROM document d"
            " JOIN sales_order o ON o.id = d.order_id WHERE d.state = 'booked'",
            "SELECT document_id, sku, quantity FROM document_line",
        )


def office_documents(office: Path) -> dict[str, list[Paper]]:
    """What is in the books, by the store's order id; credits are negative."""
    with opened(office) as connection:
        return _documents(
            connection,
            "SELECT id, order_id, kind, dated_on, total FROM document",
            "SELECT document_id, item.sku, quantity FROM document_line JOIN item ON item.id = item_id",
        )


def _documents(connection: sqlite3.Connection, documents: str, lines: str) -> dict[str, list[Paper]]:
    papers: dict[str, list[Paper]] = defaultdict(list)
    by_id: dict[int, tuple[int, Paper]] = {}
    for number, order_id, kind, day, total in connection.execute(documents):
        sign = -1 if kind == "credit" else 1
        by_id[number] = (sign, Paper(day, sign * total))
        papers[order_id].append(by_id[number][1])
    for number, sku, units in connection.execute(lines):
        sign, paper = by_id[number]
        paper.add(sku, sign * units)
    return dict(papers)


def office_levels(office: Path) -> dict[str, int]:
    """Units on the back office's shelf, by SKU."""
    with opened(office) as connection:
        return dict(connection.execute("SELECT sku, on_hand FROM level JOIN item ON item.id = item_id").fetchall())


def office_customers(office: Path) -> list[str]:
    """The names of all in the back office."""
    with opened(office) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM customer")]


def store_levels(shop: Path) -> dict[str, int]:
    """What the shop shows, by SKU."""
    with opened(shop) as connection:
        return dict(connection.execute("SELECT sku, quantity FROM listing").fetchall())


def count(path: Path, query: str) -> int:
    """The one number that a query answers."""
    with opened(path) as connection:
        return int(connection.execute(query).fetchone()[0])


def changes(party: Path) -> int:
    """How many changes a shop or a back office has seen in its life."""
    return count(party, "SELECT value FROM sequence WHERE name = 'change'")


def digests(hub: Path) -> dict[str, str]:
    """A digest of every table of the hub that a quiet cycle must leave alone."""
    with opened(hub) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: _digest(connection, name) for name in names if name not in QUIET}


def _digest(connection: sqlite3.Connection, table: str) -> str:
    digest = hashlib.blake2b()
    for row in connection.execute(f"SELECT * FROM {table}"):
        digest.update(repr(row).encode())
    return digest.hexdigest()
