"""Prepared rows are what the site itself would say; a site in a process of its own ends with whoever started it."""

import json
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes.woo import Shop, Site, WooServer
from tests.fakes.woo.client import Client
from tests.fakes.woo.prepared import PreparedServer, write_orders
from tests.fakes.woo.shop import Line
from tests.fakes.woo.world import Clock

pytestmark = pytest.mark.wire
FIELDS = "id,date_modified_gmt,total,line_items"


def scene() -> tuple[Site, Clock]:
    clock = Clock()
    site = Site(clock=clock)
    shop = Shop(site)
    for _ in range(12):
        clock.at += timedelta(seconds=10)
        shop.place([Line(shop.add_product(f"SKU-{clock.at.second}/é", 50), 2)])
    return site, clock


def test_prepared_pages_are_the_site_s_own(tmp_path: Path) -> None:
    site, _ = scene()
    assert write_orders(tmp_path / "orders", site, site.orders.values(), fields=FIELDS) == 12
    queries = [
        {"per_page": 5},
        {"per_page": 5, "offset": 9},
        {"per_page": 5, "page": 2},
        {"per_page": 5, "offset": 40},
        {"modified_after": "2026-03-01T12:01:00", "dates_are_gmt": "true"},
        {"after": "2026-03-01T12:01:05", "dates_are_gmt": "true", "per_page": 3, "offset": 2},
        {"include": "14,30,18"},
    ]
    with PreparedServer(Site(clock=site.clock), tmp_path / "orders") as prepared, WooServer(site) as server:
        clients = Client(prepared), Client(server)
        for query in queries:
            asked = {"_fields": FIELDS, "dp": 6, "orderby": "id", "order": "asc", "status": "any", **query}
            got, own = (client.get("orders", **asked) for client in clients)
            assert (got.text, got.headers["X-WP-Total"]) == (own.text, own.headers["X-WP-Total"]), query
        for client in clients:
            client.close()


def test_a_site_of_its_own_process_serves_until_its_input_ends(tmp_path: Path) -> None:
    site, _ = scene()
    write_orders(tmp_path / "orders", site, site.orders.values(), fields=FIELDS)
    program = [sys.executable, "-m", "tests.fakes.woo", "--orders", str(tmp_path / "orders"), "--latency", "0.05"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin and process.stdout
        told = json.loads(process.stdout.readline())
        client = Client(told["url"], told["key"], told["secret"])
        began = time.monotonic()
        assert len(client.get("orders", orderby="id", order="asc", per_page=100).json) == 12
        assert time.monotonic() - began >= 0.05
        client.close()
        process.stdin.close()
        assert process.wait(5) == 0
