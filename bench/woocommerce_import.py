"""A first import of a real shop's year of orders from WooCommerce: wall at most 1.3, CPU at most 2.5 times.

Wall is held against what the same pages take one after the other from the same site, read and thrown away; CPU against
a floor that parses the very same bytes and writes the very same rows. The site is a process of its own and counts for
neither; it answers each request so many milliseconds after it was asked.
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
from bench.woo_orders import write_shop
from bench.woo_site import KEY, SECRET, Asked, Pages, asked, read_bare, site

LATENCY = 0.25  # seconds a page: a small shop's host takes twice that for a hundred orders
PAIRS = 3
CONFIG = Path("syncctl.yaml")

_CONFIG = f"""\
back_office: {{connector: sandbox, path: books.db}}
stores:
  web: {{connector: woocommerce, url: "http://127.0.0.1:PORT", consumer_key: {KEY}, consumer_secret: {SECRET}}}
orders:
  book_from: 2000-01-01
  unknown_sku: hold
  zero_value: leave_out
  skip_channels: []
hub: {{path: ours.db}}
"""
SAME_ROWS = {**SAME, "hold": "since run_id fingerprint tried_at", "link": "seen_hash made_at"}


def run(pairs: int = PAIRS, data: Path = DATA, latency: float = LATENCY) -> dict[str, object]:
    """Wall once, with the latency; CPU in pairs, of which the others have none, over hubs of their own."""
    with tempfile.TemporaryDirectory(prefix="syncctl-bench-") as name:
        folder = Path(name)
        prepare(folder, data)
        ratios = []
        for number in range(pairs):
            usage, figures = pull(folder, 0.0 if number else latency)
            floor = copy(folder)
            compare(folder, SAME_ROWS)
            ratios.append(figures["cpu_s"] / floor["cpu_s"])
            if not number:
                first = {"usage": usage, **figures, "floor_cpu_s": floor["cpu_s"]}
    pages = first["pages"]
    return {
        "wall_ratio": first["wall_s"] / first["bare_s"],
        "cpu_ratio": median(ratios),
        "latency_ms": round(latency * 1000),
        "wall_s": first["wall_s"],
        "bare_s": first["bare_s"],
        "cpu_s": first["cpu_s"],
        "floor_cpu_s": first["floor_cpu_s"],
        "rss_mb": first["usage"].rss_mb,
        "pages": len(pages),
        "requests": first["requests"],
        "mb": sum(page.bytes for page in pages) / 1e6,
        "orders": first["orders"],
    }


def prepare(folder: Path, data: Path) -> None:
    """The site's orders in `folder`, with the fields that the connector asks for."""
    from syncctl.connectors.woocommerce.orders import FIELDS

    (folder / "fields.txt").write_text(FIELDS.replace(",", " "), "utf-8")
    write_shop(data, folder, FIELDS.split(","))


def pull(folder: Path, latency: float) -> tuple[Usage, dict[str, Any]]:
    """`pull-orders` in a fresh process over a new hub: `cpu_s` and `wall_s` without imports, `orders`, `pages`.

    `bare_s`: what the same pages take the bare client, from the same site.
    """
    _remove(folder, "ours")
    with site(folder, latency) as port:
        (folder / CONFIG).touch(0o600)  # it holds the key
        (folder / CONFIG).write_text(_CONFIG.replace("PORT", str(port)), "utf-8")
        usage = measured([sys.executable, "-m", "bench.woocommerce_import", "ours"], folder)
        if usage.code:
            raise RuntimeError(f"pull-orders ended with {usage.code}: {usage.output}")
        requests = asked(port)
        pages = [one for one in requests if one.start is not None]
        bare_s = read_bare(port, pages)
    (folder / "pages.json").write_text(json.dumps([asdict(page) for page in pages]), "utf-8")
    figures = {"bare_s": bare_s, "pages": pages, "requests": len(requests)}
    return usage, {**json.loads(usage.output), **figures}


def copy(folder: Path) -> dict[str, Any]:
    """The floor, over the pages of the last `pull`: its `cpu_s` without imports, and `orders`."""
    _remove(folder, "floor")
    usage = measured([sys.executable, "-m", "bench.woocommerce_import", "floor"], folder)
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
    from syncctl.connectors.woocommerce import store
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


def _floor() -> None:
    from bench.floor_woo import copy_orders
    from syncctl.config import load_config
    from syncctl.rules.decisions import settings_hash

    decided_under = settings_hash(load_config(CONFIG, os.environ).orders)
    pages = [Asked(**row) for row in json.loads(Path("pages.json").read_text("utf-8"))]
    site_pages = Pages(Path())
    texts = (site_pages.page(page.start or 0, page.size) for page in pages)
    began = time.process_time()
    orders = copy_orders(texts, Path("floor.db"), decided_under)
    print(json.dumps({"cpu_s": time.process_time() - began, "orders": orders}))


if __name__ == "__main__":
    {"ours": _ours, "floor": _floor}[sys.argv[1]]()
