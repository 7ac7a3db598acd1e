"""Step 1 on a real shop's year of orders, in CPU, against a floor that only copies the rows: at most 1.3 times."""

import json
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

from bench.measure import Usage, measured
from bench.retail import DATA
from bench.sandboxes import load_data, write_config

PAIRS = 7
CONFIG = Path("syncctl.yaml")

# What both hubs must hold alike. Left out: times of writing, the hash of a customer (of our model), run records,
# and the sides' own names.
SAME = {
    "sales_order": "",
    "order_version": "seen_at",
    "line_item": "",
    "charge": "",
    "payment": "",
    "refund": "",
    "refund_line": "",
    "fulfilment": "",
    "customer": "made_at",
    "customer_fact": "",
    "contact": "",
    "address": "",
    "consent": "",
    "link": "seen_hash made_at",
    "stale_sku": "",
    "hold": "",
}


def run(pairs: int = PAIRS) -> dict[str, object]:
    """Interleaved pairs of fresh processes, each over a hub of its own; imports are over before the clock starts."""
    with tempfile.TemporaryDirectory(prefix="syncctl-bench-") as name:
        folder = Path(name)
        write_config(folder)
        load_data(folder, DATA)
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
        "orders": ours[0][1]["orders"],
    }


def pull(folder: Path, which: str) -> tuple[Usage, dict[str, Any]]:
    """One fresh process, `ours` or the `floor`, over a hub of its own; its `cpu_s` without imports, and `orders`."""
    for old in folder.glob(f"{which}.db*"):
        old.unlink()
    usage = measured([sys.executable, "-m", "bench.pull_orders", which], folder)
    if usage.code:
        raise RuntimeError(f"{which} ended with {usage.code}: {usage.output}")
    return usage, json.loads(usage.output)


def compare(folder: Path, same: Mapping[str, str] = SAME) -> None:
    """The floor is one only while it writes what we write. Errors: RuntimeError naming a table that differs."""
    hub = sqlite3.connect(folder / "ours.db")
    hub.execute("ATTACH ? AS floor", [str(folder / "floor.db")])
    for table, times in same.items():
        names = [row[1] for row in hub.execute(f"PRAGMA table_info({table})") if row[1] not in times.split()]
        columns = ", ".join(names)
        counts = [hub.execute(f"SELECT count(*) FROM {side}.{table}").fetchone() for side in ("main", "floor")]
        extra = hub.execute(
            f"SELECT {columns} FROM main.{table} EXCEPT SELECT {columns} FROM floor.{table} LIMIT 1"
        ).fetchall()
        if counts[0] != counts[1] or extra:
            raise RuntimeError(f"the floor's {table} differs: ours has {counts[0]}, it has {counts[1]}; {extra}")
    hub.close()


def _ours() -> None:
    from syncctl.config import load_config
    from syncctl.connectors.sandbox import books, store
    from syncctl.cycle import run_cycle

    assert books and store  # imported before the clock starts, as the floor has its own
    settings = load_config(CONFIG, os.environ)
    # With this nobody is read but who is on an order: the first cycle's reading of all customers is not part of this.
    customers = settings.customers.model_copy(update={"match": "create_new"})
    hub = settings.hub.model_copy(update={"path": Path("ours.db")})
    settings = settings.model_copy(update={"hub": hub, "customers": customers})
    began = time.process_time()
    report = run_cycle(settings, command="pull-orders", steps=("pull-orders",))
    _tell(time.process_time() - began, report.steps[0].counts["new"])


def _floor() -> None:
    from bench.floor import copy_orders
    from syncctl.config import load_config
    from syncctl.rules.decisions import settings_hash

    decided_under = settings_hash(load_config(CONFIG, os.environ).orders)
    began = time.process_time()
    count = copy_orders(Path("shop.db"), Path("floor.db"), decided_under)
    _tell(time.process_time() - began, count)


def _tell(cpu_s: float, orders: int) -> None:
    print(json.dumps({"cpu_s": cpu_s, "orders": orders}))


if __name__ == "__main__":
    {"ours": _ours, "floor": _floor}[sys.argv[1]]()
