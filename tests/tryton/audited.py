"""A season that is played to its end, and everything that differs afterwards."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.tryton.audit import Books, Store, compare_orders
from tests.tryton.audit_stock import compare_buyers, compare_people, compare_prices, compare_stock, oversold
from tests.tryton.season import Season
from tests.tryton.server import DATABASE, PASSWORD, USER, TrytonServer, folder

SCRIPT = Path(__file__).with_name("readback.py")
NO_CUSTOMERS = frozenset({"Example Retail", "Guest"})  # the company itself, and the web shop's guest


def play(season: Season, falls_on: str) -> list[str]:
    """Play it; what went wrong on the way: runs that did not end well, records that are held, levels too high."""
    problems = []
    for run, code in enumerate(season.play()):
        if code or season.said:
            problems.append(f"run {run} ended with {code}: {season.said[-500:]}")
        store = Store.read(season.folder / "shop.db")
        problems += oversold(store, season.ledger, promised=falls_on == "order")
    return problems + [f"{kind} is held: {reason}" for kind, reason in season.holds()]


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
    yield from compare_buyers(store, books, season.ledger)
