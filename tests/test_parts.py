"""Orders that leave in parts: every shipment reaches its store once, and its units count until a reading knows of it.

What left is read from the office's own tables, what is shown from the shop.
"""

import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import pytest

from syncctl.connectors.sandbox.store import SandboxStore
from syncctl.errors import Unreachable
from syncctl.model import FulfilmentChange
from tests.fakes.faulty import Between, FailBefore, lost_reply, on
from tests.stock_world import StockWorld

Parcel = tuple[str, tuple[tuple[str, int], ...]]
"""Tracking number, and units by line id."""


@pytest.fixture
def world(tmp_path: Path) -> StockWorld:
    """Stock falls when goods are shipped."""
    world = StockWorld(tmp_path, falls_on="shipment")
    world.settle()
    return world


def sale(world: StockWorld, order_id: str) -> str:
    [reference] = [one.reference for one in world.documents(order_id) if one.kind == "sale"]
    return reference


def shown(world: StockWorld, order_id: str) -> list[Parcel]:
    """What the shop shows of an order, in any order."""
    return sorted(
        (one["tracking_number"], tuple(sorted((line["line_id"], line["quantity"]) for line in one["lines"])))
        for one in world.shop.order(order_id)["fulfilments"]
    )


def left(world: StockWorld, order_id: str) -> list[Parcel]:
    """What left the office for an order and was not undone."""
    rows = world.office.connection.execute(
        "SELECT s.id, s.tracking_number, l.line_id, l.quantity FROM shipment s JOIN shipment_line l "
        "ON l.shipment_id = s.id JOIN document d ON d.id = s.document_id WHERE d.order_id = ? AND NOT s.cancelled",
        (order_id,),
    ).fetchall()
    parcels: dict[int, tuple[str, list[tuple[str, int]]]] = {}
    for number, tracking, line_id, quantity in rows:
        parcels.setdefault(number, (tracking, []))[1].append((line_id, quantity))
    return sorted((tracking, tuple(sorted(lines))) for tracking, lines in parcels.values())


def test_each_part_is_shown_once_with_its_lines_and_its_tracking(world: StockWorld) -> None:
    order_id = world.shop.place_order([("MUG", 5), ("TRAY", 2), ("MUG", 3)])
    world.run()
    first, tray, second = world.line_ids(order_id)
    parts = [({first: 2, tray: 1}, "T1"), ({second: 3}, "T2"), ({first: 3}, ""), ({tray: 1}, "T4")]
    for lines, tracking in parts:
        world.office.ship(sale(world, order_id), lines, tracking_number=tracking)
        world.run()
        world.assert_exact(lines)
        assert (world.level("MUG"), world.level("TRAY")) == (92, 48)
    assert shown(world, order_id) == sorted((tracking, tuple(sorted(lines.items()))) for lines, tracking in parts)
    assert world.shop.order(order_id)["fulfilment_status"] == "fulfilled"
    world.settle()


def test_all_parts_in_one_cycle_are_as_many_shipments(world: StockWorld) -> None:
    order_id = world.shop.place_order([("MUG", 6)])
    world.run()
    [line] = world.line_ids(order_id)
    for tracking in ("", "", "T", "T", "T", ""):
        world.office.ship(sale(world, order_id), {line: 1}, tracking_number=tracking)
    world.run()
    assert shown(world, order_id) == left(world, order_id) and len(shown(world, order_id)) == 6
    world.assert_exact()


@pytest.mark.parametrize("done", [1, 2])
def test_of_parts_under_one_tracking_number_none_is_taken_for_another(
    world: StockWorld, monkeypatch: pytest.MonkeyPatch, done: int
) -> None:
    """The shop breaks down in the middle of the batch."""
    order_id = world.shop.place_order([("MUG", 5), ("TRAY", 1)])
    world.run()
    mug, tray = world.line_ids(order_id)
    for part in ({mug: 2}, {mug: 3}, {tray: 1}):
        world.office.ship(sale(world, order_id), part, tracking_number="BOX")
    real = SandboxStore.push_fulfilments

    def break_down(store: SandboxStore, changes: Sequence[FulfilmentChange]) -> NoReturn:
        real(store, changes[done:])
        raise Unreachable("cut")

    with monkeypatch.context() as patch:
        patch.setattr(SandboxStore, "push_fulfilments", break_down)
        world.run()
    world.settle()
    assert shown(world, order_id) == left(world, order_id)
    assert world.holds() == []


@pytest.mark.parametrize("known", [True, False])
def test_units_of_a_part_count_until_a_reading_knows_of_it(world: StockWorld, known: bool) -> None:
    order_id = world.shop.place_order([("MUG", 10)])
    world.run()
    [line] = world.line_ids(order_id)
    world.office.ship(sale(world, order_id), {line: 4})
    late = Between(
        on("fetch_shipments" if known else "fetch_stock"), lambda: world.office.ship(sale(world, order_id), {line: 3})
    )
    world.run(plans={"back-office": [late]})
    assert world.office.on_hand("MUG") == 93
    assert world.level("MUG") == (90 if known else 87)  # 93 left there, and 3 or 6 of which it cannot know yet
    world.settle()
    assert (world.level("MUG"), len(shown(world, order_id))) == (90, 2)


def test_a_part_that_is_undone_before_it_was_shown_makes_room_for_another(world: StockWorld) -> None:
    order_id = world.shop.place_order([("MUG", 4), ("MUG", 4)])
    world.run()
    first, second = world.line_ids(order_id)
    wrong = world.office.ship(sale(world, order_id), {first: 4}, tracking_number="WRONG")
    world.run("pull-data")
    world.office.unship(wrong)
    world.office.ship(sale(world, order_id), {second: 4}, tracking_number="RIGHT")
    world.run()
    world.assert_exact()
    assert shown(world, order_id) == [("RIGHT", ((second, 4),))]
    world.office.ship(sale(world, order_id), {first: 4}, tracking_number="REST")
    world.settle()
    assert shown(world, order_id) == left(world, order_id)
    world.assert_exact()


def test_a_part_that_is_undone_while_the_stock_is_read_is_not_sold_again(world: StockWorld) -> None:
    order_id = world.shop.place_order([("MUG", 10)])
    world.run()
    [line] = world.line_ids(order_id)
    parcel = world.office.ship(sale(world, order_id), {line: 4})
    world.run("pull-orders", "push-orders", "pull-data")
    world.run(plans={"back-office": [Between(on("fetch_stock"), lambda: world.office.unship(parcel))]})
    assert world.office.on_hand("MUG") == 100
    world.assert_never_oversold()
    world.settle()
    assert world.level("MUG") == 90


@pytest.mark.parametrize("seed", range(12))
def test_however_an_order_is_split_every_part_is_shown_once_and_every_unit_counts_once(
    tmp_path: Path, seed: int
) -> None:
    draw = random.Random(seed)
    world = StockWorld(
        tmp_path, falls_on="shipment" if seed % 3 else "order", answers="later" if seed % 4 == 1 else "now"
    )
    world.settle()
    orders = []
    for _ in range(3):
        lines = [(draw.choice(["MUG", "TRAY", "MUG"]), draw.randint(1, 5)) for _ in range(draw.randint(1, 4))]
        orders.append(world.shop.place_order(lines))
    world.settle()
    for _ in range(7):
        for _ in range(draw.randint(0, 3)):
            _ship_some(world, draw.choice(orders), draw)
        faults = draw.choice(
            [[], [], [lost_reply("push_fulfilments")], [FailBefore(on("push_fulfilments"), Unreachable("down"))]]
        )
        world.run(plans={"shop": faults})
        world.assert_never_oversold(seed)
    for order_id in orders:
        while _ship_some(world, order_id, draw):
            pass
    world.settle(6)
    world.assert_exact(seed)
    assert world.holds() == []
    for order_id in orders:
        assert shown(world, order_id) == left(world, order_id)
        assert world.shop.order(order_id)["fulfilment_status"] == "fulfilled"
    units = Counter({sku: 100 if sku == "MUG" else 50 for sku in ("MUG", "TRAY")})
    for order_id in orders:
        units.subtract({one["sku"]: 0 for one in world.shop.order(order_id)["lines"]})
        for one in world.shop.order(order_id)["lines"]:
            units[one["sku"]] -= one["quantity"]
    assert {sku: world.level(sku) for sku in units} == dict(units)


def _ship_some(world: StockWorld, order_id: str, draw: random.Random) -> bool:
    """Ship a random part of what is left, sometimes after a parcel that is undone at once; False if nothing is left."""
    reference = sale(world, order_id)
    rows = world.office.connection.execute(
        "SELECT l.line_id, l.unshipped FROM document_line l JOIN document d ON d.id = l.document_id "
        "WHERE d.reference = ? AND l.unshipped > 0",
        (reference,),
    ).fetchall()
    if not rows:
        return False
    if draw.random() < 0.3:
        world.office.unship(world.office.ship(reference, tracking_number="UNDONE"))
    chosen = draw.sample(rows, draw.randint(1, len(rows)))
    part = {line_id: draw.randint(1, unshipped) for line_id, unshipped in chosen}
    world.office.ship(reference, part, tracking_number=draw.choice(["", "", "T1", f"T{draw.randint(2, 99)}"]))
    return True
