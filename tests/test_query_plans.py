"""No statement of a quiet cycle, nor of booking new orders, reads a table whole that grows with history or catalog.

Each statement is explained as it is asked, on the connection that asks it. To read all of one store, kind or state is
to read the table whole, unless by a partial index, which holds what is still to be done.
"""

import re
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from syncctl.hub import Hub
from tests.customer_world import CustomerWorld
from tests.stock_world import StockWorld

# What is still to be done, what waits for a person, and what there is one or two of for each side.
SMALL = frozenset("state party cursor hold stale_sku kept_sku snapshot sqlite_sequence sqlite_schema".split())
# Columns with a handful of values: an index that is searched by nothing else gives a good part of its table.
VAGUE = frozenset("party kind role decision reason state operation stream what closed pending counting skipped".split())
# Of these, the first row answers.
FIRST_ROW = frozenset(
    [
        "SELECT ended_at FROM run ORDER BY id DESC LIMIT 1",
        "SELECT EXISTS (SELECT 1 FROM component)",
        "SELECT EXISTS (SELECT 1 FROM listing WHERE party = ?)",
    ]
)
ANN = {"name": "Ann Other", "emails": ["ann@example.org"]}
BOB = {"name": "Bob Third", "phones": ["+442079460000"]}
_STATEMENT = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|REPLACE|WITH)\b", re.IGNORECASE)
_NAMED = re.compile(r"\b(?:FROM|JOIN|UPDATE|INTO|,)\s+(?:temp\.)?(\w+)(?:\s+(?:AS\s+)?(\w+))?", re.IGNORECASE)
_PLAN = re.compile(r"(SCAN|SEARCH) (\S+)(?: USING (?:COVERING )?INDEX (\w+)| USING [A-Z ]*KEY)?(?: \((.*)\))?")


class Explaining(sqlite3.Connection):
    """A connection that explains each statement before it runs; `plans`: (statement, line of its plan)."""

    plans: dict[tuple[str, str], None] = {}

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        self._explain(sql, parameters)
        return super().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Any, /) -> sqlite3.Cursor:
        rows = list(parameters)
        if rows:
            self._explain(sql, rows[0])
        return super().executemany(sql, rows)

    def _explain(self, sql: str, parameters: Any) -> None:
        if _STATEMENT.match(sql):
            for row in super().execute(f"EXPLAIN QUERY PLAN {sql}", parameters):
                self.plans[sql, row[3]] = None


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], None]:
    """The plans of all that any hub which is opened from now on is asked; empty it to begin anew."""
    Explaining.plans = {}
    connect = sqlite3.connect

    def explaining(path: Any, *arguments: Any, **options: Any) -> sqlite3.Connection:
        if "hub.db" in str(path):
            options["factory"] = Explaining
        return connect(path, *arguments, **options)

    monkeypatch.setattr(sqlite3, "connect", explaining)
    return Explaining.plans


def read_whole(hub: sqlite3.Connection, plans: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Of (statement, line of its plan), those that read a growing table whole, or for the most part."""
    return [(sql, plan) for sql, plan in list(plans) if sql not in FIRST_ROW and _reads_whole(hub, sql, plan)]


def _reads_whole(hub: sqlite3.Connection, sql: str, plan: str) -> bool:
    match = _PLAN.match(plan)
    if match is None or " IN ()" in sql:
        return False
    how, name, index, constraints = match.groups()
    tables = {alias or table: table for table, alias in _NAMED.findall(sql)}
    table = tables.get(name, name)
    if table in SMALL or not _definition(hub, table):  # else a list of values, a subquery, or a temporary table
        return False
    if index is not None and " WHERE " in (_definition(hub, index) or ""):
        return False
    if how == "SEARCH" and constraints is None:  # the first or the last entry of an index: min() or max()
        return False
    return how == "SCAN" or set(re.findall(r"(\w+)\s*[=<>]", constraints)) <= VAGUE


def _definition(hub: sqlite3.Connection, name: str) -> str | None:
    row = hub.execute("SELECT sql FROM sqlite_schema WHERE name = ?", [name]).fetchone()
    return None if row is None else str(row[0])


def a_world(folder: Path) -> StockWorld:
    """Two people have ordered; one parcel has left, one order was refunded in part, one cancelled; all is in step."""
    world = StockWorld(folder)
    shop, office = world.shop, world.office
    orders = [shop.place_order([("MUG", 2), ("TRAY", 1)], customer=buyer) for buyer in (ANN, BOB, ANN)]
    world.settle()
    shop.refund(orders[0], {world.line_ids(orders[0])[0]: 1})
    shop.cancel_order(orders[1], refund=True)
    office.ship(next(one.reference for one in world.documents(orders[2]) if one.kind == "sale"), tracking_number="T-1")
    world.settle()
    return world


def test_a_quiet_cycle_reads_no_growing_table_whole(tmp_path: Path, plans: dict[tuple[str, str], None]) -> None:
    world = a_world(tmp_path)
    plans.clear()
    report = world.run()
    assert all(part.counts.keys() <= {"unchanged"} for part in report.steps), "it is quiet"
    assert len({sql for sql, _ in plans}) > 30
    with sqlite3.connect(world.settings.hub.path) as hub:
        assert read_whole(hub, plans) == []


def test_new_orders_are_pulled_and_booked_without_reading_a_growing_table_whole(
    tmp_path: Path, plans: dict[tuple[str, str], None]
) -> None:
    world = a_world(tmp_path)
    for buyer in (ANN, {"name": "Cy Fourth", "emails": ["cy@example.org"], "phones": ["+442079460001"]}, None):
        world.shop.place_order([("MUG", 2), ("TRAY", 1)], customer=buyer, charges={"shipping": "3.50"})
    plans.clear()
    world.run("pull-orders", "push-orders")
    assert world.calls("push_documents") > 0
    assert len({sql for sql, _ in plans}) > 30
    with sqlite3.connect(world.settings.hub.path) as hub:
        assert read_whole(hub, plans) == []


def test_customers_are_told_made_and_invited_without_reading_a_growing_table_whole(
    tmp_path: Path, plans: dict[tuple[str, str], None]
) -> None:
    world = CustomerWorld(tmp_path, customers={"trigger": "any", "upload": "all", "send_invite": True})
    ann = world.shop.upsert_customer(**ANN)
    world.shop.place_order([("MUG", 1)], customer=ann)
    world.office.upsert_customer(**BOB)
    for _ in range(3):
        world.run()
    world.shop.upsert_customer(ann, company="Other & Co")
    world.shop.upsert_customer(name="Cy Fourth", emails=["cy@example.org"])
    world.office.upsert_customer(world.pos()[0]["id"], note="prefers mornings")
    world.office.upsert_customer(name="Di Fifth", emails=["di@example.org"])
    world.office.upsert_customer(name="Ed Sixth", emails=["ed@example.org"])
    world.run("pull-data")
    world.assign("Ed Sixth")
    plans.clear()
    world.run()
    assert world.calls("push_customers") > 0 and world.calls("push_customers", "shop") > 0
    assert world.calls("send_invites", "shop") == 1
    with sqlite3.connect(world.settings.hub.path) as hub:
        assert read_whole(hub, plans) == []


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("SELECT * FROM sales_order WHERE total > 5", True),
        ("SELECT count(*) FROM sales_order o WHERE o.party = 'shop'", True),
        ("SELECT l.sku FROM sales_order AS o JOIN line_item l ON l.order_id = o.id", True),
        ("UPDATE listing SET price = NULL WHERE party = 'shop'", True),
        ("DELETE FROM journal WHERE operation = 'document.create'", True),
        ("SELECT id FROM sales_order WHERE pending = 1", False),
        ("SELECT id FROM sales_order WHERE party = 'shop' AND remote_id = '1'", False),
        ("SELECT max(id) FROM sales_order", False),
        ("SELECT reason FROM hold", False),
    ],
)
def test_a_statement_that_reads_a_table_whole_is_found(
    tmp_path: Path, plans: dict[tuple[str, str], None], sql: str, found: bool
) -> None:
    with Hub.open(tmp_path / "hub.db") as hub:
        plans.clear()
        hub.connection.execute(sql)
        assert bool(read_whole(hub.connection, plans)) is found, plans
