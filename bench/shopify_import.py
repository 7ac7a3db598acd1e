"""A first import of a real shop's year of orders from Shopify, by pages and by a file: wall 1.15, CPU 2.5 at most.

Wall is held against what the shop's bucket of points alone allows for those pages; CPU against a floor that parses the
very same bytes and writes the very same rows. The shop is a process of its own and counts for neither. Its bucket
holds as many points as that of Shopify Plus and fills up three times as fast, so that a run by pages takes less than a
minute and not two and a half: whoever keeps pace with it has time to spare with the real one.
"""

import json
import os
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from bench.measure import Usage, measured
from bench.pull_orders import SAME, compare
from bench.retail import DATA
from bench.shopify_orders import write_shop
from bench.shopify_site import TOKEN, Asked, Orders, allowed, asked, site

LATENCY = 0.05  # seconds an answer
FILLS, PLENTY = 3000, 10**9  # points a second
PAIRS = 3
CONFIG = Path("syncctl.yaml")
WAYS = {"pages": 0, "file": 1}  # the setting bulk_from

_CONFIG = f"""\
back_office: {{connector: sandbox, path: books.db}}
stores:
  web:
    connector: shopify
    url: "http://127.0.0.1:PORT"
    access_token: {TOKEN}
    all_orders: true
    location: "1"
    bulk_from: BULK
orders:
  book_from: 2000-01-01
  unknown_sku: hold
  zero_value: leave_out
  skip_channels: []
hub: {{path: ours.db}}
"""
SAME_ROWS = {**SAME, "link": "seen_hash made_at"}


def run(pairs: int = PAIRS, data: Path = DATA, latency: float = LATENCY) -> dict[str, object]:
    """Each way in pairs of fresh processes over hubs of their own."""
    with tempfile.TemporaryDirectory(prefix="syncctl-bench-") as name:
        folder = Path(name)
        orders = write_shop(data, folder)
        found: dict[str, object] = {"orders": orders}
        for way in WAYS:
            found |= {f"{way}_{key}": value for key, value in compared(folder, way, pairs, latency).items()}
    return found


def compared(folder: Path, way: str, pairs: int, latency: float) -> dict[str, object]:
    """One way: wall against the bucket's, once; CPU against the floor's, in pairs of which the others never wait."""
    ratios = []
    for number in range(pairs):
        usage, figures = pull(folder, way, 0.0 if number else latency, PLENTY if number else FILLS)
        floor = copy(folder, way)
        compare(folder, SAME_ROWS)
        ratios.append(figures["cpu_s"] / floor["cpu_s"])
        if not number:
            first = {"usage": usage, **figures, "floor_cpu_s": floor["cpu_s"]}
    return {
        "wall_ratio": first["wall_s"] / first["allowed_s"],
        "cpu_ratio": median(ratios),
        "wall_s": first["wall_s"],
        "allowed_s": first["allowed_s"],
        "cpu_s": first["cpu_s"],
        "floor_cpu_s": first["floor_cpu_s"],
        "rss_mb": first["usage"].rss_mb,
        "requests": first["requests"],
        "throttled": first["throttled"],
    }


def pull(folder: Path, way: str, latency: float, fills: int = PLENTY) -> tuple[Usage, dict[str, Any]]:
    """`pull-orders` in a fresh process over a new hub: `cpu_s` and `wall_s` without imports, and what it asked.

    `allowed_s`: what the bucket allows: for a file, that for the pages which it stands for.
    """
    _remove(folder, "ours")
    with site(folder, latency, fills) as port:
        (folder / CONFIG).touch(0o600)  # it holds the token
        text = _CONFIG.replace("PORT", str(port)).replace("BULK", str(WAYS[way]))
        (folder / CONFIG).write_text(text, "utf-8")
        usage = measured([sys.executable, "-m", "bench.shopify_import", "ours"], folder)
        if usage.code:
            raise RuntimeError(f"pull-orders ended with {usage.code}: {usage.output}")
        requests, throttled = asked(port)
    pages = [one for one in requests if one.start is not None]
    if pages:
        (folder / "pages.json").write_text(json.dumps([asdict(one) for one in pages]), "utf-8")
    else:
        pages = _pages(folder)
    figures = {"allowed_s": allowed(pages, fills), "requests": len(requests), "throttled": throttled}
    return usage, {**json.loads(usage.output), **figures}


def _pages(folder: Path) -> list[Asked]:
    return [Asked(**row) for row in json.loads((folder / "pages.json").read_text("utf-8"))]


def copy(folder: Path, way: str) -> dict[str, Any]:
    """The floor, over the pages of the last `pull`, or over the file: its `cpu_s` without imports, and `orders`."""
    _remove(folder, "floor")
    usage = measured([sys.executable, "-m", "bench.shopify_import", "floor", way], folder)
    if usage.code:
        raise RuntimeError(f"the floor ended with {usage.code}: {usage.output}")
    figures: dict[str, Any] = json.loads(usage.output)
    return figures


def _remove(folder: Path, which: str) -> None:
    for old in folder.glob(f"{which}.db*"):
        old.unlink()


def _ours() -> None:
    from syncctl.config import load_config
    from syncctl.connectors.sandbox import books
    from syncctl.connectors.shopify import store
    from syncctl.cycle import run_cycle

    assert books and store  # imported before the clock starts, as the floor has its own
    settings = load_config(CONFIG, os.environ)
    # With this nobody is read but who is on an order: the first cycle's reading of all customers is not part of this.
    customers = settings.customers.model_copy(update={"match": "create_new"})
    settings = settings.model_copy(update={"customers": customers})
    wall, cpu = time.perf_counter(), time.process_time()
    report = run_cycle(settings, command="pull-orders", steps=("pull-orders",))
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(json.dumps({"cpu_s": cpu, "wall_s": wall, "orders": report.steps[0].counts["new"]}))


def _floor(way: str) -> None:
    from bench.floor_shopify import copy_file, copy_pages
    from syncctl.config import load_config
    from syncctl.rules.decisions import settings_hash

    decided_under = settings_hash(load_config(CONFIG, os.environ).orders)
    orders = Orders(Path())
    texts = (orders.page(page.start or 0, page.size) for page in _pages(Path()))
    began = time.process_time()
    if way == "file":
        copied = copy_file(Path("orders.jsonl"), Path("floor.db"), decided_under)
    else:
        copied = copy_pages(texts, Path("floor.db"), decided_under)
    print(json.dumps({"cpu_s": time.process_time() - began, "orders": copied}))


if __name__ == "__main__":
    {"ours": _ours, "floor": _floor}[sys.argv[1]](*sys.argv[2:])
