"""A full reading of a million SKUs in step 3, in CPU, against a floor that only compares and copies: at most 1.5 times.

Shipments and the catalog are read by what changed since, which is nothing. The daily check and backup are apart.
"""

import json
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any

from bench.measure import Usage, measured

SKUS = 1_000_000
PAIRS = 5
OPENING_STOCK = 20
CONFIG = Path("syncctl.yaml")
SETTINGS = """\
back_office: {connector: sandbox, path: books.db}
stores:
  web: {connector: sandbox, path: shop.db}
orders: {book_from: 2020-01-01}
hub: {path: hub.db}
"""

# What both hubs must hold alike; left out: times, which run it was, and the cursors of other readings.
SAME = {
    "stock_level": "SELECT sku, location, on_hand, committed, available FROM {}.stock_level",
    "stale_sku": "SELECT sku FROM {}.stale_sku",
    "snapshot": "SELECT what, as_of_event, sequence, complete, whole, counts FROM {}.snapshot",
    "cursor": "SELECT party, stream, value, filter FROM {}.cursor WHERE stream LIKE 'stock%'",
}


def run_unchanged() -> dict[str, object]:
    """A full reading of 1,000,000 SKUs of which none changed, against a bare script: at most 1.5 times its CPU."""
    return run(0)


def run_1000() -> dict[str, object]:
    """A full reading of 1,000,000 SKUs of which 1,000 changed, against a bare script: at most 1.5 times its CPU."""
    return run(1000)


def run_100000() -> dict[str, object]:
    """A full reading of 1,000,000 SKUs of which 100,000 changed, against a bare script: at most 1.5 times its CPU."""
    return run(100_000)


def run(changed: int, skus: int = SKUS, pairs: int = PAIRS) -> dict[str, object]:
    """Interleaved pairs of fresh processes, each over a copy of one hub; imports are over before the clock starts."""
    with tempfile.TemporaryDirectory(prefix="syncctl-bench-") as name:
        folder = Path(name)
        prepare(folder, skus)
        change(folder, skus, changed)
        floors, ours = [], []
        for _ in range(pairs):
            floors.append(pull(folder, "floor"))
            ours.append(pull(folder, "ours"))
            compare(folder)
    ratios = [one["cpu_s"] / floor["cpu_s"] for (_, floor), (_, one) in zip(floors, ours, strict=True)]
    return {
        "ratio": median(ratios),
        "floor_cpu_s": median(figures["cpu_s"] for _, figures in floors),
        "cpu_s": median(figures["cpu_s"] for _, figures in ours),
        "rss_mb": max(usage.rss_mb for usage, _ in ours),
        "floor_rss_mb": max(usage.rss_mb for usage, _ in floors),
        "skus": ours[0][1]["levels"],
        "changed": changed,
    }


def prepare(folder: Path, skus: int) -> None:
    """A back office with so many SKUs, and a hub that has read them and is to read all of them again."""
    from syncctl.connectors.sandbox.office import Office
    from syncctl.connectors.sandbox.shop import Shop

    (folder / CONFIG).write_text(SETTINGS, "utf-8")
    Shop(folder / "shop.db", demo=False).close()
    with closing(Office(folder / "books.db", demo=False)) as office:
        office.load_variants((f"SKU-{number:07}", f"Item {number}", "10.00", OPENING_STOCK) for number in range(skus))
    usage = measured([sys.executable, "-m", "syncctl", "pull-data"], folder)
    if usage.code:
        raise RuntimeError(f"the first reading ended with {usage.code}: {usage.output}")
    with closing(sqlite3.connect(folder / "hub.db")) as hub:
        hub.execute("DELETE FROM stale_sku")
        hub.execute("DELETE FROM cursor WHERE stream = 'stock-whole'")
        hub.commit()
        hub.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def change(folder: Path, skus: int, changed: int) -> None:
    """So many levels, spread evenly, move by one unit, every other one down."""
    if not changed:
        return
    with closing(sqlite3.connect(folder / "books.db")) as office:
        office.execute("UPDATE sequence SET value = value + 1 WHERE name = 'change'")
        office.execute(
            "UPDATE level SET on_hand = on_hand + iif(item_id / ?1 % 2, 1, -1), "
            "changed = (SELECT value FROM sequence WHERE name = 'change') WHERE item_id % ?1 = 0",
            [skus // changed],
        )
        if office.total_changes != changed + 1:
            raise RuntimeError(f"{office.total_changes - 1} levels were changed, not {changed}")
        office.commit()


def pull(folder: Path, which: str) -> tuple[Usage, dict[str, Any]]:
    """One fresh process, `ours` or the `floor`, over a copy of the hub; its `cpu_s` without imports, and `levels`."""
    for suffix in ("", "-wal", "-shm", ".last-run"):
        (folder / f"{which}.db{suffix}").unlink(missing_ok=True)
    for suffix in ("", ".last-run"):
        shutil.copyfile(folder / f"hub.db{suffix}", folder / f"{which}.db{suffix}")
    usage = measured([sys.executable, "-m", "bench.stock", which], folder)
    if usage.code:
        raise RuntimeError(f"{which} ended with {usage.code}: {usage.output}")
    return usage, json.loads(usage.output)


def compare(folder: Path) -> None:
    """The floor is one only while it writes what we write. Errors: RuntimeError naming a table that differs."""
    with closing(sqlite3.connect(folder / "ours.db")) as hub:
        hub.execute("ATTACH ? AS floor", [str(folder / "floor.db")])
        for table, query in SAME.items():
            ours, theirs = query.format("main"), query.format("floor")
            counts = [hub.execute(f"SELECT count(*) FROM ({side})").fetchone()[0] for side in (ours, theirs)]
            extra = hub.execute(f"{ours} EXCEPT {theirs} LIMIT 1").fetchall()
            if counts[0] != counts[1] or extra:
                raise RuntimeError(f"the floor's {table} differs: ours has {counts[0]}, it has {counts[1]}; {extra}")


def _ours() -> None:
    from syncctl.config import load_config
    from syncctl.connectors.sandbox import books, store
    from syncctl.cycle import run_cycle

    assert books and store  # imported before the clock starts, as the floor has its own
    settings = load_config(CONFIG, os.environ)
    settings = settings.model_copy(update={"hub": settings.hub.model_copy(update={"path": Path("ours.db")})})
    began = time.process_time()
    report = run_cycle(settings, command="pull-data", steps=("pull-data",))
    cpu_s = time.process_time() - began
    if report.exit_code:
        raise RuntimeError(report.steps[0].reason)
    _tell(cpu_s, report.steps[0].counts["levels read"])


def _floor() -> None:
    from bench.floor_stock import copy_stock

    began = time.process_time()
    count = copy_stock(Path("books.db"), Path("floor.db"))
    _tell(time.process_time() - began, count)


def _tell(cpu_s: float, levels: int) -> None:
    print(json.dumps({"cpu_s": cpu_s, "levels": levels}))


if __name__ == "__main__":
    {"ours": _ours, "floor": _floor}[sys.argv[1]]()
