"""Units that are owed count for as long as they are owed: findings of a second review. Shown is read from the shop."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from syncctl.connectors.base import Page
from syncctl.connectors.sandbox.bodies import NewLine
from syncctl.connectors.sandbox.books import SandboxBooks
from syncctl.connectors.sandbox.office_readings import LEVELS
from syncctl.model import StockLevel
from tests.stock_world import StockWorld, tomorrow


@pytest.fixture
def world(tmp_path: Path) -> StockWorld:
    """One shop and a back office whose stock falls when an order is booked."""
    return StockWorld(tmp_path)


@pytest.fixture
def shipping(tmp_path: Path) -> StockWorld:
    """One shop and a back office whose stock falls when goods are shipped."""
    world = StockWorld(tmp_path, falls_on="shipment")
    world.settle()
    return world


def counting(world: StockWorld) -> list[int]:
    """Of each order whether the hub still looks for its units; nothing on the other sides shows it."""
    return [one for (one,) in world.rows("SELECT counting FROM sales_order ORDER BY id")]


def answer_with(patch: pytest.MonkeyPatch, pages: Sequence[Page[StockLevel]]) -> None:
    """The back office's stock reading is these pages, whatever it holds."""
    patch.setattr(SandboxBooks, "fetch_stock", lambda _books, _cursor: iter(pages))


def reading_without(world: StockWorld, sku: str) -> list[Page[StockLevel]]:
    """What a full reading says at this moment, but for this SKU."""
    pages = world.office.pages(LEVELS, None, 1000)
    return [replace(page, records=[one for one in page.records if one.sku != sku]) for page in pages]


@pytest.mark.parametrize("missing", ["keep", "zero", "hold"])
def test_units_that_are_owed_count_when_their_level_vanishes_and_comes_back(
    shipping: StockWorld, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    shipping.change(stock={"missing": missing})
    shipping.shop.place_order([("MUG", 60)])
    shipping.settle()
    assert (shipping.level("MUG"), shipping.office.on_hand("MUG")) == (40, 100)
    with monkeypatch.context() as patch:
        answer_with(patch, reading_without(shipping, "MUG"))
        tomorrow(shipping)
    assert (("stock", "missing SKU") in shipping.holds()) == (missing == "hold")
    for _ in range(2):
        tomorrow(shipping)
        assert (shipping.level("MUG"), shipping.office.on_hand("MUG")) == (40, 100)
    assert shipping.holds() == []


def test_units_count_when_the_first_level_of_their_sku_comes_late_and_is_older_than_their_order(
    world: StockWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.settle()
    world.add("NEW", units=10)
    with_new = list(world.office.pages(LEVELS, None, 1000))
    without = reading_without(world, "NEW")
    world.shop.place_order([("NEW", 6)])
    for pages in (without, with_new, with_new):
        with monkeypatch.context() as patch:
            answer_with(patch, pages)
            world.run()
        assert world.level("NEW") == 4
    assert world.office.on_hand("NEW") == 4
    world.settle()
    world.assert_exact()
    assert counting(world) == [0]


def test_an_order_of_an_item_without_stock_stops_counting(shipping: StockWorld) -> None:
    shipping.office.add_item("GIFT", "Gift wrap", "1.00", None)
    shipping.shop.add_listing("GIFT", "Gift wrap", "1.00", None)
    shipping.run()
    shipping.shop.place_order([("GIFT", 3)])
    shipping.shop.place_order([("GIFT", 1), ("MUG", 5)])
    shipping.settle()
    assert counting(shipping) == [0, 1], "what is owed of another item counts on"
    assert shipping.level("MUG") == 95


@pytest.mark.parametrize("closed, shown", [(False, 7), (True, 10)])
def test_units_of_a_sku_the_back_office_never_knew_count_until_their_order_is_closed(
    tmp_path: Path, closed: bool, shown: int
) -> None:
    world = StockWorld(tmp_path, falls_on="shipment", orders={"unknown_sku": "placeholder"})
    world.add("WEB-ITEM", units=10)
    world.shop.add_listing("NEW", "New", "5.00", 0)
    order_id = world.shop.place_order([NewLine(sku="NEW", quantity=3)])
    world.settle()
    assert world.totals() == [("sale", 1500)]
    if closed:
        world.shop.close_order(order_id)
        world.settle()
    assert counting(world) == [0 if closed else 1]
    world.office.add_item("NEW", "New", "5.00", 10)
    world.settle()
    assert world.level("NEW") == shown


def fall_on(world: StockWorld, event: str, *, put_back: int) -> None:
    """The back office's stock falls at another event now; `put_back`: mugs that are in its number again for that."""
    world.change(back_office={"stock_falls_on": event})
    world.office.receive("MUG", put_back)


def test_booked_units_that_have_not_left_count_again_when_stock_falls_on_shipment_now(world: StockWorld) -> None:
    open_order, parted, gone = (world.shop.place_order([("MUG", units)]) for units in (5, 4, 2))
    world.settle()
    assert counting(world) == [0, 0, 0]
    line_id = world.line_ids(parted)[0]
    world.office.ship(world.documents(parted)[0].reference, {line_id: 1})
    world.office.ship(world.documents(gone)[0].reference)
    world.settle()
    fall_on(world, "shipment", put_back=8)  # all but the three that left
    for _ in range(2):
        world.run()
        assert (world.level("MUG"), world.office.on_hand("MUG")) == (89, 97)
    world.office.ship(world.documents(open_order)[0].reference)
    world.settle()
    assert (world.level("MUG"), world.office.on_hand("MUG")) == (89, 92)
    assert counting(world) == [0, 1, 0]
