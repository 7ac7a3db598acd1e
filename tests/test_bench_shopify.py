"""The benchmark of Shopify's first import: its shop is what it says, and its floor writes what the import writes."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bench import shopify_import, shopify_orders, shopify_site
from tests.test_bench import HISTORY

ROWS = "\n".join(
    f"{number},A,Apple & pear,{number % 3 + 1},2011-01-0{number % 9 + 1}T08:26:00,0.3{number % 10},"
    f"{number % 7 + 1},{('France', 'EIRE')[number % 5 > 2]}"
    for number in range(1000, 1240)
)


@pytest.mark.parametrize("way", shopify_import.WAYS)
def test_the_floor_writes_what_the_import_writes(tmp_path: Path, way: str) -> None:
    (tmp_path / "history.csv").write_text(f"{HISTORY}{ROWS}\n", "utf-8")
    assert shopify_orders.write_shop(tmp_path / "history.csv", tmp_path) == 246
    shopify_import.pull(tmp_path, "pages", 0.0)  # of which the floor reads the pages
    usage, figures = shopify_import.pull(tmp_path, way, 0.0)
    assert figures["orders"] == shopify_import.copy(tmp_path, way)["orders"] == 246
    assert (figures["requests"], figures["throttled"], usage.rss_mb > 0) == ({"pages": 7, "file": 4}[way], 0, True)
    shopify_import.compare(tmp_path, shopify_import.SAME_ROWS)
    with closing(sqlite3.connect(tmp_path / "floor.db")) as floor:
        floor.execute("UPDATE payment SET amount = amount + 1 WHERE order_id = 200")
        floor.commit()
    with pytest.raises(RuntimeError, match="payment differs"):
        shopify_import.compare(tmp_path, shopify_import.SAME_ROWS)


def test_the_bucket_of_the_prepared_shop_fills_up_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("bench.shopify_site.time.monotonic", lambda: now)
    bucket = shopify_site.Bucket(1000)
    bucket.left, now = 500.0, 102.5
    bucket.fill()
    assert bucket.left == 3000
    now += 60
    bucket.fill()
    assert bucket.left == shopify_site.HOLDS
    pages = [shopify_site.Asked(0, 50, 15_000), shopify_site.Asked(50, 50, 11_000)]
    assert shopify_site.allowed(pages, 1000) == 6
    assert shopify_site.allowed(pages[:1], 1000) == 0, "it is full at first"


def test_a_page_costs_by_what_is_on_it(tmp_path: Path) -> None:
    (tmp_path / "history.csv").write_text(HISTORY, "utf-8")
    shopify_orders.write_shop(tmp_path / "history.csv", tmp_path)
    orders = shopify_site.Orders(tmp_path)
    bodies = json.loads(orders.page(0, 6))
    costs = [shopify_orders.cost_of(body) for body in bodies]
    assert orders.cost(0, 1) == 2 + 1 + costs[0]
    assert orders.cost(0, 6) == 2 + round((1 + sum(costs) / 6) * 3)
    assert costs[1] < costs[0], "nobody bought it, and nobody paid"
    assert json.loads(orders.page(6, 9)) == []
