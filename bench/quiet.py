"""A whole cycle with nothing new over 1,000,000 SKUs against one over 1,000: at most 1.2 in CPU and SQL steps."""

import json
import os
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from bench.measure import measured

SMALL, LARGE = 1000, 1_000_000
PAIRS = 15
ORDERS = 20
UNITS = 20
SETTLING = 3  # cycles until all is booked, known and shown
CONFIG = Path("syncctl.yaml")
SETTINGS = """\
back_office: {connector: sandbox, path: books.db}
stores:
  web: {connector: sandbox, path: shop.db}
orders: {book_from: 2020-01-01}
hub: {path: hub.db}
"""
_LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)  # what was listed within the overlap would be read again


def run(pairs: int = PAIRS, small: int = SMALL, large: int = LARGE) -> dict[str, object]:
    """Interleaved pairs of cycles, each a fresh process whose imports are over before the clock starts."""
    with tempfile.TemporaryDirectory(prefix="syncctl-bench-") as name:
        folders = {skus: Path(name) / str(skus) for skus in (small, large)}
        for skus, folder in folders.items():
            folder.mkdir()
            make_sides(folder, skus)
            for _ in range(SETTLING):
                _syncctl(folder)
        counts = {skus: _measure(folder, "count")[0] for skus, folder in folders.items()}
        cycles = [{skus: _measure(folder, "cycle") for skus, folder in folders.items()} for _ in range(pairs)]
    if counts[small]["calls"] != counts[large]["calls"]:
        raise RuntimeError(f"other calls: {counts[small]['calls']} and {counts[large]['calls']}")
    return {
        "ratio": median(one[large][0]["cpu_s"] / one[small][0]["cpu_s"] for one in cycles),
        "steps_ratio": counts[large]["steps"] / counts[small]["steps"],
        "cpu_s": median(one[large][0]["cpu_s"] for one in cycles),
        "small_cpu_s": median(one[small][0]["cpu_s"] for one in cycles),
        "steps": counts[large]["steps"],
        "small_steps": counts[small]["steps"],
        "calls": sum(counts[large]["calls"].values()),
        "rss_mb": max(one[large][1] for one in cycles),
        "skus": large,
    }


def make_sides(folder: Path, skus: int) -> None:
    """A configuration, a back office and a shop with so many SKUs in step, and a few orders. There is no hub yet."""
    from syncctl.connectors.sandbox.office import Office
    from syncctl.connectors.sandbox.shop import Shop

    (folder / CONFIG).write_text(SETTINGS, "utf-8")
    with closing(Office(folder / "books.db", demo=False)) as office:
        office.load_variants((_sku(number), f"Item {number}", "10.00", UNITS) for number in range(skus))
    with closing(Shop(folder / "shop.db", demo=False, clock=lambda: _LONG_AGO)) as shop:
        with shop.atomic():
            for number in range(skus):
                shop.add_listing(_sku(number), f"Item {number}", "10.00", UNITS)
        for number in range(ORDERS):
            shop.place_order([(_sku(number), 1)])


def _syncctl(folder: Path) -> None:
    usage = measured([sys.executable, "-m", "syncctl", "sync-all"], folder)
    if usage.code:
        raise RuntimeError(f"a cycle ended with {usage.code}: {usage.output}")


def _sku(number: int) -> str:
    return f"SKU-{number:07}"


def cycle(folder: Path, *steps: str) -> tuple[float, Counter[str]]:
    """One cycle in this process, or these steps of one: its CPU seconds, and what it counted.

    Errors: RuntimeError if it failed.
    """
    from syncctl.config import load_config
    from syncctl.connectors.sandbox import books, store
    from syncctl.cycle import STEPS, run_cycle

    assert books and store  # imported before the clock starts
    settings = load_config(folder / CONFIG, os.environ)
    began = time.process_time()
    report = run_cycle(settings, command="bench", steps=steps or STEPS)
    cpu_s = time.process_time() - began
    if report.exit_code:
        raise RuntimeError(f"a cycle ended with {report.exit_code}: {[part.reason for part in report.steps]}")
    counts = Counter[str]()
    for part in report.steps:
        counts.update(dict(part.counts))
    return cpu_s, counts


def quiet_cycle(folder: Path) -> float:
    """One quiet cycle; its CPU seconds. Errors: RuntimeError if it found anything to do."""
    cpu_s, counts = cycle(folder)
    if counts:
        raise RuntimeError(f"a cycle that was to be quiet was not: {counts}")
    return cpu_s


@contextmanager
def counted() -> Iterator[tuple[Counter[str], Counter[str]]]:
    """Steps of SQLite's machine by file, and calls and pages of the connectors by party and method, while it lasts."""
    import syncctl.cycle as module

    steps, calls = Counter[str](), Counter[str]()
    connect, back_office, store = sqlite3.connect, module.open_back_office, module.open_store

    def counting(path: Any, *arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(path, *arguments, **options)
        name = Path(str(path).partition("?")[0]).name

        def step() -> int:
            steps[name] += 1
            return 0

        connection.set_progress_handler(step, 1)
        return connection

    changes: list[tuple[Any, str, Any]] = [
        (sqlite3, "connect", counting),
        (module, "open_back_office", lambda *one: Calls(back_office(*one), "back-office", calls)),
        (module, "open_store", lambda name, *one: Calls(store(name, *one), name, calls)),
    ]
    former = [(place, name, getattr(place, name)) for place, name, _ in changes]
    try:
        for change in changes:
            setattr(*change)
        yield steps, calls
    finally:
        for change in former:
            setattr(*change)


class Calls:
    """A connector, each call of which is counted, and each page that it yields."""

    def __init__(self, connector: Any, party: str, calls: Counter[str]) -> None:
        self._connector, self._party, self._calls = connector, party, calls

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._connector, name)
        asks = callable(found) and name not in ("close", "expect_customers")
        return self._counting(name, found) if asks else found

    def _counting(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            self._calls[f"{self._party} {name}"] += 1
            answer = method(*arguments, **options)
            return self._pages(name, answer) if isinstance(answer, Iterator) else answer

        return call

    def _pages(self, name: str, pages: Iterator[Any]) -> Iterator[Any]:
        for page in pages:
            self._calls[f"{self._party} {name} page"] += 1
            yield page


def _measure(folder: Path, what: str) -> tuple[dict[str, Any], float]:
    usage = measured([sys.executable, "-m", "bench.quiet", what], folder)
    if usage.code:
        raise RuntimeError(f"the {what} ended with {usage.code}: {usage.output}")
    return json.loads(usage.output), usage.rss_mb


def count(folder: Path) -> dict[str, Any]:
    """What one quiet cycle takes, whatever machine it runs on: SQL steps (also by file), calls and pages."""
    with counted() as (steps, calls):
        quiet_cycle(folder)
    return {"steps": steps.total(), "by_file": dict(steps), "calls": dict(calls)}


if __name__ == "__main__":
    print(json.dumps(count(Path()) if sys.argv[1] == "count" else {"cpu_s": quiet_cycle(Path())}))
