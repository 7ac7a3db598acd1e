"""Kits: the components carry the stock. A SET is two mugs and a tray, a BOX is three mugs; 100 and 50 are there."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from syncctl.connectors.sandbox.office_tables import OfficeRefusal
from syncctl.hub import explain
from tests.stock_world import StockWorld, counts_of
from tests.test_cli import call

FALLS_ON = pytest.mark.parametrize("falls_on", ["order", "shipment"])


def world_of_kits(folder: Path, **options: Any) -> StockWorld:
    world = StockWorld(folder, **options)
    world.add_kit("SET", {"MUG": 2, "TRAY": 1})
    world.add_kit("BOX", {"MUG": 3})
    world.settle()
    return world


@pytest.fixture
def world(tmp_path: Path) -> StockWorld:
    return world_of_kits(tmp_path)


def shown(world: StockWorld) -> dict[str, int | None]:
    return {sku: world.level(sku) for sku in ("MUG", "TRAY", "SET", "BOX")}


def in_the_books(world: StockWorld, statement: str, *values: object) -> None:
    """Change the books' file itself, past what the office allows."""
    with closing(sqlite3.connect(world.folder / "books.db")) as connection, connection:
        connection.execute(statement, values)
        connection.execute("UPDATE sequence SET value = value + 1 WHERE name = 'change'")
        connection.execute("UPDATE item SET changed = (SELECT value FROM sequence WHERE name = 'change')")


def test_a_kit_shows_what_its_scarcest_component_suffices_for(world: StockWorld) -> None:
    assert shown(world) == {"MUG": 100, "TRAY": 50, "SET": 50, "BOX": 33}
    world.office.set_stock("MUG", 9)
    world.run()
    assert shown(world) == {"MUG": 9, "TRAY": 50, "SET": 4, "BOX": 3}
    world.office.set_stock("MUG", -5)
    world.run()
    assert shown(world) == {"MUG": 0, "TRAY": 50, "SET": 0, "BOX": 0}


@FALLS_ON
@pytest.mark.parametrize("answers", ["now", "later"])
def test_an_order_of_a_kit_takes_its_components_and_the_kits_that_share_them(
    tmp_path: Path, falls_on: str, answers: str
) -> None:
    world = world_of_kits(tmp_path, falls_on=falls_on, answers=answers)
    order_id = world.shop.place_order([("SET", 10), ("MUG", 1)])
    for _ in range(3):  # before it is booked, queued, and booked
        world.run()
        assert shown(world) == {"MUG": 79, "TRAY": 40, "SET": 39, "BOX": 26}
    [sale] = [one for one in world.documents(order_id) if one.kind == "sale"]
    assert [(line.sku, line.quantity) for line in sale.lines] == [("SET", 10), ("MUG", 1)]
    world.office.ship(sale.reference, {world.line_ids(order_id)[0]: 4})
    world.run()
    assert shown(world) == {"MUG": 79, "TRAY": 40, "SET": 39, "BOX": 26}
    assert world.available("MUG") == (79 if falls_on == "order" else 92)


@FALLS_ON
def test_kits_that_come_back_give_their_components_back(tmp_path: Path, falls_on: str) -> None:
    world = world_of_kits(tmp_path, falls_on=falls_on)
    order_id = world.shop.place_order([("SET", 10)])
    world.run()
    [line_id] = world.line_ids(order_id)
    world.office.ship(world.documents()[0].reference, {line_id: 6})
    world.run()
    world.shop.refund(order_id, {line_id: 5}, restock=True)
    world.run()
    assert shown(world) == {"MUG": 90, "TRAY": 45, "SET": 45, "BOX": 30}
    world.shop.refund(order_id, {line_id: 2}, restock=False)
    world.run()
    world.assert_exact()
    assert world.level("TRAY") == 45


def test_a_kit_sold_at_the_counter_takes_its_components(world: StockWorld) -> None:
    world.office.sell("SET", 3)
    world.run()
    assert shown(world) == {"MUG": 94, "TRAY": 47, "SET": 47, "BOX": 31}


def test_a_held_order_of_kits_counts_against_the_components(tmp_path: Path) -> None:
    world = world_of_kits(tmp_path)
    order_id = world.shop.place_order([("BOX", 2)])
    world.shop.set_status(order_id, financial="wibble")
    world.run()
    assert shown(world) == {"MUG": 94, "TRAY": 50, "SET": 47, "BOX": 31}


def test_a_booked_order_of_a_kit_counts_until_it_is_shipped_though_no_stock_is_kept_of_the_kit(
    tmp_path: Path,
) -> None:
    """The kit's own item has no stock, as an untracked one; its order owes units all the same."""
    world = world_of_kits(tmp_path, falls_on="shipment")
    world.shop.place_order([("BOX", 2)])
    for _ in range(4):
        world.run()
    world.office.receive("TRAY", 1)
    world.run()
    assert shown(world) == {"MUG": 94, "TRAY": 51, "SET": 47, "BOX": 31}


def test_a_component_of_unknown_level_publishes_no_kit(world: StockWorld) -> None:
    world.office.add_item("WRAP", "Wrapping", "1.00", 4)
    in_the_books(world, "DELETE FROM level WHERE item_id = (SELECT id FROM item WHERE sku = 'WRAP')")
    world.office.make_kit("BOX", {"MUG": 1, "WRAP": 1})
    world.shop.set_level("BOX", 7)
    world.run()
    assert world.level("BOX") == 7
    assert world.writes("push_levels") == []
    world.office.add_item("WRAP", "Wrapping", "1.00", 4)
    world.settle()
    assert world.level("BOX") == 4


def test_a_component_of_which_no_stock_is_kept_does_not_limit_the_kit(world: StockWorld) -> None:
    world.office.add_item("WRAP", "Wrapping", "1.00", None)
    world.office.make_kit("BOX", {"MUG": 4, "WRAP": 1})
    world.shop.place_order([("BOX", 1)])
    world.settle()
    assert shown(world) == {"MUG": 96, "TRAY": 50, "SET": 48, "BOX": 24}
    world.office.add_item("WRAP", "Wrapping", "1.00", 4)  # from now on there is stock of it
    world.settle()
    assert world.level("BOX") == 4
    world.office.add_item("WRAP", "Wrapping", "1.00", None)
    world.settle()
    assert world.level("BOX") == 24


def test_a_kit_of_nothing_that_stock_is_kept_of_publishes_nothing(world: StockWorld) -> None:
    world.office.add_item("WRAP", "Wrapping", "1.00", None)
    world.office.add_item("BOX", "Box", "20.00", 77)  # a level of its own counts for nothing
    world.office.make_kit("BOX", {"WRAP": 1})
    world.shop.set_level("BOX", 7)
    world.run()
    assert world.level("BOX") == 7
    assert world.writes("push_levels") == []


def test_safety_stock_is_kept_back_of_components_and_of_a_kit_only_by_its_own_sku(tmp_path: Path) -> None:
    stock = {"safety_stock": 5, "safety_stock_by_sku": {"MUG": 20, "BOX": 2}}
    world = world_of_kits(tmp_path, stock=stock)
    assert shown(world) == {"MUG": 80, "TRAY": 45, "SET": 40, "BOX": 24}


def test_a_level_that_the_books_report_of_the_kit_itself_counts_for_nothing(world: StockWorld) -> None:
    world.office.add_item("SET", "Set", "20.00", 77)
    world.run()
    assert ("SET", "main", 77) in world.office.levels()
    world.shop.place_order([("SET", 1)])
    world.run()
    assert shown(world) == {"MUG": 98, "TRAY": 49, "SET": 49, "BOX": 32}


@FALLS_ON
def test_a_kit_that_is_made_otherwise_moves_with_all_it_was_and_is_made_of(tmp_path: Path, falls_on: str) -> None:
    world = world_of_kits(tmp_path, falls_on=falls_on)
    order_id = world.shop.place_order([("BOX", 4)])
    world.shop.set_status(order_id, financial="wibble")  # held: the books will not know of it
    world.run()
    assert shown(world) == {"MUG": 88, "TRAY": 50, "SET": 44, "BOX": 29}
    world.office.make_kit("BOX", {"TRAY": 5})
    world.run()
    assert shown(world) == {"MUG": 100, "TRAY": 30, "SET": 30, "BOX": 6}
    world.office.make_kit("BOX", {})
    world.shop.set_level("BOX", 3)
    world.run()
    assert shown(world) == {"MUG": 100, "TRAY": 50, "SET": 50, "BOX": 3}, "no kit, and no stock of its own: not ours"


def test_a_component_of_another_sku_is_the_same_component(world: StockWorld) -> None:
    world.office.rename_item("MUG", "Mug", new_sku="MUG-2")
    world.office.set_stock("MUG-2", 12)
    world.settle()
    assert (world.level("BOX"), world.level("SET")) == (4, 6)


def test_a_new_kit_is_one_changed_variant(world: StockWorld) -> None:
    world.add_kit("TRIO", {"TRAY": 3})
    assert counts_of(world.run(), "pull-data")["variants changed"] == 1
    world.office.make_kit("TRIO", {"TRAY": 4})
    assert counts_of(world.run(), "pull-data")["variants changed"] == 1
    assert counts_of(world.run(), "pull-data")["variants changed"] == 0


def test_a_part_of_which_there_is_none_in_the_kit_takes_no_stock(world: StockWorld) -> None:
    in_the_books(
        world,
        "INSERT INTO component SELECT k.id, m.id, 0 FROM item k, item m WHERE k.sku = 'BOX' AND m.sku = 'TRAY'",
    )
    world.office.set_stock("TRAY", 0)
    world.run()
    assert shown(world) == {"MUG": 100, "TRAY": 0, "SET": 0, "BOX": 33}


def test_what_is_booked_stays_reflected_when_the_kit_is_made_otherwise(world: StockWorld) -> None:
    world.shop.place_order([("BOX", 4)])
    world.run()
    world.office.make_kit("BOX", {"TRAY": 5})
    world.run()
    assert shown(world) == {"MUG": 88, "TRAY": 50, "SET": 44, "BOX": 10}


def test_a_kit_in_a_kit_is_held_by_name_and_its_orders_count_all_the_same(world: StockWorld) -> None:
    in_the_books(
        world,
        "UPDATE component SET item_id = (SELECT id FROM item WHERE sku = 'BOX') "
        "WHERE kit_id = (SELECT id FROM item WHERE sku = 'SET') AND item_id = (SELECT id FROM item WHERE sku = 'MUG')",
    )
    order_id = world.shop.place_order([("SET", 2)])  # twelve mugs, two trays
    world.shop.set_status(order_id, financial="wibble")
    before = world.level("SET")
    for _ in range(2):
        world.run()
        assert shown(world) == {"MUG": 88, "TRAY": 48, "SET": before, "BOX": 29}
    assert ("stock", "nested kit") in world.holds()
    [message] = [text for text in world.messages() if "kit" in text]
    assert "SKU SET" in message and "BOX" in message
    world.office.make_kit("SET", {"MUG": 2, "TRAY": 1})
    world.run()
    assert ("stock", "nested kit") not in world.holds()
    assert shown(world) == {"MUG": 96, "TRAY": 48, "SET": 48, "BOX": 32}


@pytest.mark.parametrize("inner", ["BOX", "SET"])
def test_a_circle_of_kits_ends(world: StockWorld, inner: str) -> None:
    in_the_books(
        world,
        "INSERT INTO component SELECT k.id, m.id, 2 FROM item k, item m WHERE (k.sku, m.sku) IN "
        f"(VALUES ('BOX', '{inner}'), ('{inner}', 'BOX'), ('SET', 'SET'))",
    )
    order_id = world.shop.place_order([("BOX", 1)])
    world.shop.set_status(order_id, financial="wibble")
    world.run()
    assert [hold for hold in world.holds() if hold[0] == "stock"] == [("stock", "nested kit")] * 2
    assert world.level("MUG") is not None and world.level("MUG") <= 97


def test_the_office_makes_no_kit_of_kits_nor_of_nothing(world: StockWorld) -> None:
    for sku, parts in (("SET", {"BOX": 1}), ("MUG", {"TRAY": 1}), ("BOX", {"BOX": 1}), ("BOX", {"MUG": 0})):
        with pytest.raises(OfficeRefusal):
            world.office.make_kit(sku, parts)
    assert world.parts("SET") == {"MUG": 2, "TRAY": 1} and world.parts("BOX") == {"MUG": 3}


def test_a_cycle_with_nothing_new_writes_nothing_and_leaves_nothing_stale(world: StockWorld) -> None:
    world.shop.place_order([("SET", 1), ("BOX", 1)])
    world.settle()
    world.run()
    assert world.writes() == []
    assert world.rows("SELECT count(*) FROM stale_sku") == [(0,)]


def test_the_price_of_a_kit_is_an_ordinary_price(world: StockWorld) -> None:
    world.office.set_price("SET", "31.50")
    world.run()
    assert world.shop.price("SET") == "31.50"


def test_a_kit_and_its_components_are_explained(world: StockWorld) -> None:
    world.office.set_stock("MUG", 7, location="attic")
    order_id = world.shop.place_order([("BOX", 2), ("MUG", 1)])
    world.shop.set_status(order_id, financial="wibble")
    world.run()
    with closing(sqlite3.connect(world.folder / "hub.db")) as connection:
        connection.row_factory = sqlite3.Row
        kit, mug = explain.sku(connection, "BOX", "order", {}, {}), explain.sku(connection, "MUG", "order", {}, {})
    assert kit is not None and mug is not None
    assert kit["facts"]["in the back office"] == "yes, a kit: its components carry the stock"
    assert [(row["component"], row["in_a_kit"], row["location"], row["available"]) for row in kit["components"]] == [
        ("MUG", 3, "attic", 7),
        ("MUG", 3, "main", 100),
    ]
    assert mug["kits"] == [{"kit": "BOX", "in_a_kit": 3}, {"kit": "SET", "in_a_kit": 2}]
    assert [(row["in_kit"], row["ordered"], row["unreflected"]) for row in mug["orders"]] == [
        ("BOX", 2, 6),
        (None, 1, 1),
    ]
    [listing] = mug["listings"]
    assert sum(row["unreflected"] for row in mug["orders"]) == -listing["terms"]["unreflected"]
    assert call("--config", str(world.config), "explain", "sku", "BOX") == 0


def test_the_terms_name_each_component(tmp_path: Path) -> None:
    world = world_of_kits(tmp_path, stock={"safety_stock_by_sku": {"TRAY": 4, "SET": 1}}, falls_on="shipment")
    world.shop.place_order([("BOX", 2)])
    world.run()
    [(terms,)] = world.rows("SELECT s.terms FROM shown s JOIN listing l ON l.id = s.listing_id WHERE l.sku = 'SET'")
    assert terms == (
        '{"MUG available": 100, "MUG unreflected": -6, "MUG safety stock": 0, "MUG in a kit": 2, '
        '"TRAY available": 50, "TRAY unreflected": 0, "TRAY safety stock of the SKU": -4, "TRAY in a kit": 1, '
        '"safety stock of the SKU": -1}'
    )
    assert world.level("SET") == 45
