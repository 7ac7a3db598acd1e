"""Quantities in fractions: what is read is floored, what was sold is raised and held, what came back is floored."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.stock_world import StockWorld

Reading = tuple[int | float | str, int, int]
"""What the back office has on the shelf, its whole units, and what may be shown of them."""
READINGS: list[Reading] = [
    (2.5, 2, 2),
    ("2.50", 2, 2),
    ("3.0", 3, 3),
    ("0.999", 0, 0),
    (-0.5, -1, 0),
    ("-0.5", -1, 0),
]


@pytest.fixture
def world(tmp_path: Path) -> StockWorld:
    world = StockWorld(tmp_path)
    world.settle()
    return world


def shelve(world: StockWorld, sku: str, units: float | str) -> None:
    """Put a number into the books as it is, in the file itself, as a change that a delta reading sees."""
    world.office.set_stock(sku, 0)
    with closing(sqlite3.connect(world.folder / "books.db")) as connection, connection:
        connection.execute(
            "UPDATE level SET on_hand = ? WHERE item_id = (SELECT id FROM item WHERE sku = ?)", (units, sku)
        )


def change_line(world: StockWorld, order_id: str, part: str = "", **words: Any) -> None:
    """Set words of the order's first line, or of the first line of its first refund or fulfilment."""
    body = world.shop.order(order_id)
    lines = body[part][0]["lines"] if part else body["lines"]
    lines[0].update(words)
    world.shop.put_raw(order_id, json.dumps(body))


@pytest.mark.parametrize(("shelf", "whole", "shown"), READINGS)
def test_a_reading_in_fractions_is_floored_and_never_refused(
    world: StockWorld, shelf: float | str, whole: int, shown: int
) -> None:
    shelve(world, "MUG", shelf)
    assert world.run().exit_code == 0
    assert world.level("MUG") == shown
    assert world.rows("SELECT on_hand, available FROM stock_level WHERE sku = 'MUG'") == [(whole, whole)]


@pytest.mark.parametrize("shelf", ["1e3", "NaN", "many", float("inf"), 1e30])
def test_a_level_that_is_no_number_is_held_and_the_other_levels_go_on(world: StockWorld, shelf: float | str) -> None:
    world.office.receive("TRAY", 5)
    shelve(world, "MUG", shelf)
    assert world.run().exit_code == 1
    assert world.rows("SELECT kind, record, reason FROM hold") == [("stock", "MUG", "unreadable level")]
    assert (world.level("MUG"), world.level("TRAY")) == (100, 55)


def test_sales_go_on_from_a_fraction(world: StockWorld) -> None:
    shelve(world, "MUG", "7.75")
    world.shop.place_order([("MUG", 2)])
    world.run()
    assert world.level("MUG") == 5
    world.office.sell("MUG", 3)
    world.run()
    assert world.level("MUG") == 2


@pytest.mark.parametrize("falls_on", ["order", "shipment"])
@pytest.mark.parametrize("quantity", [1.5, "1.5"])
def test_a_fraction_sold_is_held_by_name_and_counts_rounded_up(
    tmp_path: Path, falls_on: str, quantity: float | str
) -> None:
    world = StockWorld(tmp_path, falls_on=falls_on)
    order_id = world.shop.place_order([("TRAY", 1), ("MUG", 2)])
    change_line(world, order_id, quantity=quantity)
    for exit_code in (1, 0):
        assert world.run().exit_code == exit_code
        assert (world.level("TRAY"), world.level("MUG")) == (48, 98)
    assert world.holds() == [("order", "fractional quantity")]
    assert world.messages() == [f"order #{order_id}: line 1: quantity '1.5' is no whole number of units"]
    assert world.documents() == []


def test_a_fraction_put_right_is_booked(world: StockWorld) -> None:
    order_id = world.shop.place_order([("MUG", 2)])
    change_line(world, order_id, quantity="1.5")
    world.run()
    change_line(world, order_id, quantity="2.00")
    assert world.run().exit_code == 0
    assert world.holds() == []
    assert world.totals(order_id) == [("sale", 2000)]
    assert world.level("MUG") == 98


def test_whole_units_written_as_text_are_whole_units(world: StockWorld) -> None:
    order_id = world.shop.place_order([("MUG", 3)])
    change_line(world, order_id, quantity="3.0")
    assert world.run().exit_code == 0
    assert world.totals(order_id) == [("sale", 3000)]


@pytest.mark.parametrize("falls_on", ["order", "shipment"])
def test_a_fraction_that_came_back_is_held_and_counts_rounded_down(tmp_path: Path, falls_on: str) -> None:
    """1.5 of 4 came back: one of them is on sale again, and no more than that."""
    world = StockWorld(tmp_path, falls_on=falls_on)
    order_id = world.shop.place_order([("MUG", 4)])
    world.run()
    world.shop.refund(order_id, {world.line_ids(order_id)[0]: 2}, restock=True)
    change_line(world, order_id, "refunds", quantity="1.5")
    world.run()
    assert world.holds() == [("order", "fractional quantity")]
    assert "refund 1: line 1: quantity '1.5'" in world.messages()[0]
    assert world.level("MUG") == (97 if falls_on == "shipment" else 96)
    assert world.totals(order_id) == [("sale", 4000)]


def test_a_fraction_shipped_by_the_store_is_held(world: StockWorld) -> None:
    order_id = world.shop.place_order([("MUG", 2)])
    world.shop.fulfil(order_id)
    change_line(world, order_id, "fulfilments", quantity="0.5")
    world.run()
    assert world.holds() == [("order", "fractional quantity")]
    assert world.level("MUG") == 98


def test_a_stores_level_in_fractions_is_floored(world: StockWorld) -> None:
    """It shows 100.5 and shall show 97: the write that expects 100 goes through, and is not sent again."""
    world.office.set_stock("MUG", 97)
    with closing(sqlite3.connect(world.folder / "shop.db")) as connection, connection:
        connection.execute("UPDATE listing SET quantity = 100.5 WHERE sku = 'MUG'")
    world.run()
    assert [(change.quantity, change.expected) for change in world.writes("push_levels")] == [(97, 100)]
    assert world.level("MUG") == 97
    world.run()
    assert world.writes() == []
