"""Booking 1,000 new orders beside 1,000,000 booked ones against an empty hub: at most 1.2 in CPU and SQL steps."""

import json
import shutil
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any

from bench.measure import measured
from bench.quiet import CONFIG, SETTINGS, counted, cycle

NEW, HISTORY = 1000, 1_000_000
PAIRS = 7
SKUS = 1000
_ORDERS_PER_CUSTOMER = 10  # of the history; each of the new ones has two

# Booked, paid and closed orders of one line, each with its sale, its payment, and what was journalled of both. Every
# index of these tables has an entry for each, but for those that hold what is still to be done.
HISTORY_SQL = """
INSERT INTO customer (id, name, company, note, guest, origin, made_at, changed_at)
  SELECT i, 'Former Buyer ' || i, '', '', 0, 'web', :at, :at FROM number WHERE i <= :customers;
INSERT INTO contact
  SELECT i, 'email', 0, 'former' || i || '@example.com', 'former' || i || '@example.com' FROM number
  WHERE i <= :customers;
INSERT INTO link (party, kind, remote_id, hub_id, role, rule, seen_hash, seen_at, made_at)
  SELECT 'web', 'customer', 'F' || i, i, 'primary', 'came with an order', hex(randomblob(12)), :at, :at FROM number
  WHERE i <= :customers;
INSERT INTO link (party, kind, remote_id, hub_id, role, rule, reference, made_at)
  SELECT 'back-office', 'customer', 'OF' || i, i, 'primary', 'created', 'web/F' || i, :at FROM number
  WHERE i <= :customers;
INSERT INTO sales_order (id, party, remote_id, number, kind, placed_at, changed_at, closed, currency, tax_included,
    total, tax, financial_status, fulfilment_status, channel, test, customer_id, delivery, version_hash, decision,
    reason, problems, decided_under, pending, counting)
  SELECT i, 'web', 'H' || i, '#H' || i, 'sale', :at, :at, 1, 'GBP', 0, 1000, 0, 'paid', 'fulfilled', 'web', 0,
    1 + i % :customers, '', randomblob(16), 'book', '', '', 'long ago', 0, 0 FROM number;
INSERT INTO order_version (order_id, hash, seen_at) SELECT i, randomblob(16), :at FROM number;
INSERT INTO line_item
  SELECT i, 'L' || i, 0, printf('SKU-%07d', i % :skus), 'Item', 1, 0, '10.00', 1000, 0 FROM number;
INSERT INTO payment SELECT i, 'T' || i, 'card', 1000, :at FROM number;
INSERT INTO document (order_id, kind, platform_event, reference, dated_on, currency, total, fingerprint, state,
    remote_id, number, sequence, event, taxed, revision, location, recorded_at)
  SELECT i, 'sale', 'order', 'web/H' || i || '/sale/order', '2026-01-01', 'GBP', 1000, hex(randomblob(12)), 'booked',
    'D' || i, 'S' || i, i, i, 1, 1, '', :at FROM number;
INSERT INTO document (order_id, kind, platform_event, reference, dated_on, currency, total, fingerprint, state,
    remote_id, number, sequence, event, taxed, revision, location, recorded_at)
  SELECT i, 'payment', 'T' || i, 'web/H' || i || '/payment/T' || i, '2026-01-01', 'GBP', 1000, hex(randomblob(12)),
    'booked', 'P' || i, 'Z' || i, i, i, 1, 1, '', :at FROM number;
INSERT INTO document_line
  SELECT i, 0, 'L' || i, printf('SKU-%07d', i % :skus), 1, 1000, 0, 0 FROM number;
INSERT INTO journal (run_id, party, operation, key, record, state, sent_at, closed_at)
  SELECT 0, 'back-office', 'document.create', reference, 'order ' || order_id, 'done', :at, :at FROM document;
INSERT OR REPLACE INTO state VALUES ('event', :n)
"""
_AT = "2026-01-01T12:00:00.000Z"


def run(pairs: int = PAIRS, new: int = NEW, history: int = HISTORY) -> dict[str, object]:
    """Interleaved pairs of runs of step 2, each a fresh process over a copy of its own; imports come before the clock.

    The back office and the shop hold the new orders alone in both, so that only the hub's past makes a difference.
    """
    with tempfile.TemporaryDirectory(prefix="syncctl-bench-") as name:
        made = {size: Path(name) / f"made-{size}" for size in (0, history)}
        for size, folder in made.items():
            make(folder, new, size)
        counts = {size: _push(folder, Path(name) / "run", "count")[0] for size, folder in made.items()}
        if counts[0]["calls"] != counts[history]["calls"] or counts[0]["done"] != counts[history]["done"]:
            raise RuntimeError(f"not the same was done: {counts[0]} and {counts[history]}")
        times = [{size: _push(one, Path(name) / "run", "time") for size, one in made.items()} for _ in range(pairs)]
        hub_mb = (made[history] / "hub.db").stat().st_size / 1e6
    return {
        "ratio": median(one[history][0]["cpu_s"] / one[0][0]["cpu_s"] for one in times),
        "steps_ratio": counts[history]["steps"] / counts[0]["steps"],
        "cpu_s": median(one[history][0]["cpu_s"] for one in times),
        "empty_cpu_s": median(one[0][0]["cpu_s"] for one in times),
        "steps": counts[history]["steps"],
        "empty_steps": counts[0]["steps"],
        "calls": sum(counts[history]["calls"].values()),
        "booked": counts[history]["done"]["booked"],
        "rss_mb": max(one[history][1] for one in times),
        "hub_mb": hub_mb,
        "history": history,
    }


def make(folder: Path, new: int, history: int) -> None:
    """Both sides with `new` orders, and a hub with `history` booked ones that has just read the new ones."""
    folder.mkdir()
    (folder / CONFIG).write_text(SETTINGS, "utf-8")
    make_sides(folder, new)
    make_history(folder / "hub.db", history)
    usage = measured([sys.executable, "-m", "syncctl", "pull-orders"], folder)
    if usage.code:
        raise RuntimeError(f"pull-orders ended with {usage.code}: {usage.output}")


def make_sides(folder: Path, new: int) -> None:
    """A back office that knows the SKUs, and a shop with new orders: two lines each, two orders a customer."""
    from syncctl.connectors.sandbox.office import Office
    from syncctl.connectors.sandbox.shop import Shop

    skus = [f"SKU-{number:07}" for number in range(SKUS)]
    with closing(Office(folder / "books.db", demo=False)) as office:
        office.load_variants((sku, f"Item {sku}", "10.00", 1000) for sku in skus)
    with closing(Shop(folder / "shop.db", demo=False)) as shop, shop.atomic():
        for sku in skus:
            shop.add_listing(sku, f"Item {sku}", "10.00", 1000)
        for number in range(new):
            buyer = f"buyer{number // 2}"
            if number % 2 == 0:
                customer = shop.upsert_customer(name=buyer.title(), emails=(f"{buyer}@example.com",))
            shop.place_order([(skus[number % SKUS], 1), (skus[number * 7 % SKUS], 2)], customer=customer)


def make_history(hub_path: Path, orders: int) -> None:
    """A laid-out hub with so many booked orders; none: nothing but its tables. In raw SQL: the product takes hours."""
    from syncctl.hub import Hub

    Hub.open(hub_path).close()
    if not orders:
        return
    values = {"n": orders, "customers": max(1, orders // _ORDERS_PER_CUSTOMER), "skus": SKUS, "at": _AT}
    with closing(sqlite3.connect(hub_path, isolation_level=None)) as hub:
        hub.execute("PRAGMA synchronous = OFF")
        hub.execute("BEGIN")
        hub.execute("CREATE TEMP TABLE number (i INTEGER PRIMARY KEY)")
        hub.execute(
            "INSERT INTO number WITH RECURSIVE up(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM up WHERE i < ?) "
            "SELECT i FROM up",
            [orders],
        )
        for statement in HISTORY_SQL.split(";"):
            used = {name: value for name, value in values.items() if f":{name}" in statement}
            hub.execute(statement, used)
        hub.execute("COMMIT")


def _push(made: Path, folder: Path, what: str) -> tuple[dict[str, Any], float]:
    """One run over a copy of `made`, in `folder`: what it told, and its peak memory."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(made, folder)
    usage = measured([sys.executable, "-m", "bench.push_orders", what], folder)
    if usage.code:
        raise RuntimeError(f"the {what} ended with {usage.code}: {usage.output}")
    return json.loads(usage.output), usage.rss_mb


def count(folder: Path) -> dict[str, Any]:
    """What step 2 takes on any machine: SQL steps (the hub's alone too), calls; and what it did."""
    with counted() as (steps, calls):
        _, done = cycle(folder, "push-orders")
    return {"steps": steps.total(), "hub_steps": steps["hub.db"], "calls": dict(calls), "done": dict(done)}


if __name__ == "__main__":
    print(json.dumps(count(Path()) if sys.argv[1] == "count" else {"cpu_s": cycle(Path(), "push-orders")[0]}))
