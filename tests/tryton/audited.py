"""A season that is played to its end, and everything that differs afterwards."""

import json
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from tests.tryton.audit import Books, Store, compare_orders
from tests.tryton.audit_stock import (
    compare_buyers,
    compare_changes,
    compare_people,
    compare_prices,
    compare_stock,
    oversold,
)
from tests.tryton.season import Season
from tests.tryton.server import DATABASE, PASSWORD, USER, TrytonServer, folder

SCRIPT = Path(__file__).with_name("readback.py")
STORE_TABLES = ("sales_order", "listing", "customer")
TRYTON_TABLES = (
    *("sale_sale", "sale_line", "stock_move", "stock_shipment_out", "account_invoice", "ir_attachment"),
    *("party_party", "party_address", "party_contact_mechanism", "party_category", "product_product"),
)
NO_CUSTOMERS = frozenset({"Example Retail", "Guest"})  # the company itself, and the web shop's guest


def play(season: Season, falls_on: str) -> list[str]:
    """Play it; what went wrong on the way: runs that did not end well, records that are held, levels too high."""
    problems = []
    for run, code in enumerate(season.play()):
        if code or season.said:
            problems.append(f"run {run} ended with {code}: {season.said[-500:]}")
        store = Store.read(season.folder / "shop.db")
        problems += oversold(store, season.ledger, promised=falls_on == "order")
    before = records(season)
    season.sync()
    problems += [
        f"a run with nothing to do changed {one}" for one, rows in records(season).items() if rows != before[one]
    ]
    return problems + [f"{kind} is held: {reason}" for kind, reason in season.holds()]


def records(season: Season) -> dict[str, list[tuple[object, ...]]]:
    """All rows of what the program writes, in Tryton's database and in the store's file."""
    found: dict[str, list[tuple[object, ...]]] = {}
    for path, tables in ((season.tryton, TRYTON_TABLES), (season.folder / "shop.db", STORE_TABLES)):
        with closing(sqlite3.connect(path, timeout=30)) as file:
            found |= {table: file.execute(f'SELECT * FROM "{table}" ORDER BY id').fetchall() for table in tables}
    return found


def read_back(server: TrytonServer, *web_ids: str) -> Books:
    """What Tryton's own client library tells, in a process of its own. `web_ids`: sales to be read as its records."""
    made = folder()
    assert made is not None
    command = [made / "venv" / "bin" / "python", SCRIPT, f"{server.address}/{DATABASE}/rpc/", USER, PASSWORD, *web_ids]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return Books(json.loads(done.stdout))


def differences(season: Season, books: Books, falls_on: str, price_list: str = "") -> Iterator[str]:
    """All that the two sides do not agree on, or that the people's own count says otherwise."""
    store = Store.read(season.folder / "shop.db")
    yield from compare_orders(store, books, season.ledger)
    yield from compare_stock(store, books, season.ledger, falls_on)
    yield from compare_prices(store, books, price_list)
    yield from compare_people(store, books, NO_CUSTOMERS)
    yield from compare_changes(store, season.crowd.wanted)
    yield from compare_buyers(store, books, season.ledger)
