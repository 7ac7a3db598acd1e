"""How often Tryton is called, counted on the wire before it: by the batch, not by the record."""

import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.tryton.proxy import CountingProxy
from tests.tryton.server import TrytonServer
from tests.tryton.world import TrytonWorld

ORDERS = int(os.environ.get("SYNCCTL_TRYTON_ORDERS") or 30)
CREDITS, NAMED, SKUS, PRICES = 20, 10, 300, 50
BATCH = 25
"""Records in a call that writes: Tryton on SQLite fails from about a hundred on."""
IDLE = 9
"""A cycle with nothing new: the web shop; moves, products and shipments that changed; customers, and the counts of what
hangs on them, four, for what is deleted there leaves no trace."""
CHANGED = 14
"""A cycle that reads changes, up to a thousand goods: also which of them are goods, their places, what is promised of
them, their levels, and what left of shipments."""
OF_ORDERS = 20
"""A batch of orders. Their items; customers: looked up, made, their groups (5). Sales: looked up twice, items, parties,
guests looked up, made and read, addresses; made, totals, quoted, confirmed, read (12). Payments: looked up twice, their
sales, noted, looked up (5)."""
OF_CREDITS = 25
"""A batch of credits. Looked up twice, items (3). Their sales, read when planned, taken off and finished, with their
credits (6). Made, totals, quoted, still there, confirmed, read (6). Shipments: reserved ones wait, drafts, shared,
cancelled moves, wait or cancelled, said, processed (8). What came back: looked up, made, looked up, done (4). Not all
of them come in one batch."""


@pytest.fixture
def proxy(server: TrytonServer) -> Iterator[CountingProxy]:
    proxy = CountingProxy(server.port)
    yield proxy
    proxy.close()


@pytest.fixture
def world(tmp_path: Path, server: TrytonServer, proxy: CountingProxy) -> TrytonWorld:
    """Three hundred goods more, and both sides in step."""
    world = TrytonWorld(tmp_path, server, books={"url": proxy.address})
    skus = [f"G{number:03}" for number in range(SKUS)]
    world.people.add_goods(skus, "2.00")
    for sku in skus:
        world.shop.add_listing(sku, sku, "2.00", 0)
    assert world.run().exit_code == 0
    assert 0 < proxy.counted().total() <= CHANGED, "the first reading, with its signing in"
    return world


def shown(world: TrytonWorld) -> list[tuple[str | None, int | None]]:
    return sorted({(one.price, one.quantity) for one in world.shop.listings() if one.sku.startswith("G")})


def cycle(world: TrytonWorld, proxy: CountingProxy, most: int) -> Counter[str]:
    """A cycle of at most so many calls."""
    report = world.run()
    assert (report.exit_code, world.messages()) == (0, [])
    calls = proxy.counted()
    assert 0 < calls.total() <= most, calls
    return calls


def test_calls_are_made_by_the_batch_and_not_by_the_record(
    world: TrytonWorld, proxy: CountingProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncctl.connectors.tryton.cursors.OVERLAP_SECONDS", -1)
    time.sleep(2)  # Tryton's clock counts on
    cycle(world, proxy, CHANGED)
    time.sleep(2)
    assert cycle(world, proxy, IDLE).total() == IDLE
    levels_and_prices_change(world, proxy)
    monkeypatch.undo()
    orders = orders_are_placed(world, proxy)
    some_leave_and_more_are_given_back(world, proxy, orders)


def levels_and_prices_change(world: TrytonWorld, proxy: CountingProxy) -> None:
    skus = [f"G{number:03}" for number in range(SKUS)]
    world.people.count(skus, 55)
    world.people.reprice(skus[:PRICES], "3.00")
    calls = cycle(world, proxy, CHANGED)
    assert calls["product.product.read"] == calls["product.product.search_read"] == 1
    assert shown(world) == [("2.00", 55), ("3.00", 55)]


def orders_are_placed(world: TrytonWorld, proxy: CountingProxy) -> list[str]:
    people = [world.shop.upsert_customer(name=f"P {one}", emails=[f"p{one}@mail.example"]) for one in range(NAMED)]
    guests = [None] * (ORDERS - NAMED)
    orders = [
        world.shop.place_order([(f"G{one:03}", 2), (f"G{one + 100:03}", 1)], customer=customer)
        for one, customer in enumerate([*people, *guests])
    ]
    cycle(world, proxy, CHANGED + -(-ORDERS // BATCH) * OF_ORDERS)
    assert [state for _, state, _ in world.sales()] == ["processing"] * ORDERS
    assert len(world.people.do.rows("ir.attachment", [["resource", "like", "sale.sale,%"]])) == ORDERS
    return orders


def some_leave_and_more_are_given_back(world: TrytonWorld, proxy: CountingProxy, orders: Sequence[str]) -> None:
    for order in world.people.references()[: CREDITS // 4]:
        world.people.ship(order)
    cycle(world, proxy, CHANGED)
    for order in orders[:CREDITS]:
        world.shop.refund_all(order)
    cycle(world, proxy, CHANGED + OF_CREDITS)
    totals = Counter(total for _, _, total in world.sales())
    assert sum(units for total, units in totals.items() if total.startswith("-")) == CREDITS
    assert all(totals[total.removeprefix("-")] >= units for total, units in totals.items())
    assert [world.shelf(f"G{one:03}") for one in (0, CREDITS - 1, CREDITS)] == [(55, 0), (55, 0), (55, 2)]
