"""Defects of the stock side that a second review found, and what it tried to break and could not. Each must stay as it
is here. What is shown is read from the shops, what may be shown from the shops' orders and the back office's books."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from syncctl.connectors.base import Page
from syncctl.connectors.sandbox.bodies import NewLine
from syncctl.connectors.sandbox.books import SandboxBooks
from syncctl.connectors.sandbox.office_readings import LEVELS
from syncctl.model import StockLevel
from tests.fakes.faulty import lost_reply
from tests.stock_world import StockWorld, tomorrow
from tests.test_kits import in_the_books, shown, world_of_kits
from tests.test_locations import DOWN, feed, hold, world_of

Pages = list[Page[StockLevel]]


def reading_now(world: StockWorld, *, without: Sequence[str] = (), **changes: Any) -> Pages:
    """What a full reading of the back office says at this moment, but for these SKUs."""
    return [
        replace(page, records=[one for one in page.records if one.sku not in without], **changes)
        for page in world.office.pages(LEVELS, None, 1000)
    ]


def answer_with(monkeypatch: pytest.MonkeyPatch, pages: Pages) -> None:
    monkeypatch.setattr(SandboxBooks, "fetch_stock", lambda _books, _cursor: iter(pages))


# --- what counts ------------------------------------------------------------------------------------------------


def test_an_open_order_counts_again_when_its_kit_was_none_for_a_while(tmp_path: Path) -> None:
    world = world_of_kits(tmp_path, falls_on="shipment")
    world.shop.place_order([("BOX", 2)])
    world.settle()
    world.office.make_kit("BOX", {})
    world.settle()
    world.office.make_kit("BOX", {"MUG": 3})
    world.settle()
    world.assert_exact()


def test_an_open_order_counts_again_when_no_stock_was_kept_of_its_item_for_a_while(tmp_path: Path) -> None:
    world = StockWorld(tmp_path, falls_on="shipment")
    world.shop.place_order([("MUG", 4)])
    world.settle()
    world.office.add_item("MUG", "Mug", "10.00", None)
    world.settle()
    world.office.add_item("MUG", "Mug", "10.00", 100)
    world.settle()
    assert world.level("MUG") == 96


def test_units_booked_on_a_kept_level_stay_off_it_though_a_delta_follows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A SKU that the full reading lacks is kept; a delta does not name it either, and so knows of no order of it."""
    world = StockWorld(tmp_path, stock={"missing": "keep"})
    world.settle()
    for full in (True, False, True, False):
        world.shop.place_order([("MUG", 10)])
        with monkeypatch.context() as patch:
            world.run("pull-orders", "push-orders")
            answer_with(patch, reading_now(world, without=["MUG"], full=full))
            world.run()
            world.run()
            sold = 10 * len(world.shop.order_ids())
            assert (world.level("MUG") or 0) <= 100 - sold


def test_an_export_of_the_future_does_not_stop_those_of_today(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = StockWorld(tmp_path)
    world.settle()
    year = datetime.now(UTC) + timedelta(days=365)
    answer_with(monkeypatch, reading_now(world, sequence=None, source_time=year))
    world.run()
    world.office.set_stock("MUG", 3)
    world.hurry = timedelta(minutes=11)
    answer_with(monkeypatch, reading_now(world, sequence=None, source_time=datetime.now(UTC) + world.hurry))
    world.run()
    assert world.level("MUG") == 3


# --- locations ---------------------------------------------------------------------------------------------------


def test_what_moved_to_a_location_that_feeds_another_store_is_not_shown_where_it_was(tmp_path: Path) -> None:
    world = world_of(tmp_path, {"a": ["main"], "b": ["east"]})
    with world.office.connection as connection:
        connection.execute("DELETE FROM level WHERE location = 'main' AND item_id = (SELECT id FROM item LIMIT 1)")
    world.office.set_stock("MUG", 130, location="east")
    tomorrow(world)
    assert [world.level("MUG", store) for store in "ab"] == [0, 130]


def test_a_kit_whose_component_moved_away_is_not_shown_where_it_was(tmp_path: Path) -> None:
    world = world_of(tmp_path, {"a": ["main"], "b": ["east"]})
    world.add_kit("SET", {"MUG": 2, "TRAY": 1})
    world.settle()
    with world.office.connection as connection:
        connection.execute("DELETE FROM level WHERE location = 'main' AND item_id = (SELECT id FROM item LIMIT 1)")
    tomorrow(world)
    assert [world.level("SET", store) for store in "ab"] == [0, 15]


@pytest.mark.parametrize("falls_on", ["order", "shipment"])
def test_units_of_a_kit_stay_where_they_were_booked_when_the_store_is_fed_from_elsewhere(
    tmp_path: Path, falls_on: str
) -> None:
    world = world_of(tmp_path, {"a": ["main"], "b": ["east"], "c": ["east"]}, falls_on=falls_on)
    world.add_kit("SET", {"MUG": 2, "TRAY": 1})
    world.settle()
    world.shops["b"].place_order([("SET", 3), ("MUG", 1)])
    world.run()
    feed(world, "b", "main")
    world.settle()
    assert [world.level("MUG", store) for store in "ac"] == [100 if falls_on == "order" else 93, 23]
    assert world.level("SET", "c") == 11


def test_of_two_stores_that_share_one_location_of_two_an_unreachable_one_lets_no_kit_rise(tmp_path: Path) -> None:
    world = world_of(
        tmp_path, {"a": ["main", "east"], "b": ["east"], "c": ["main"]}, stores={"a": {"sells_from": "main"}}
    )
    world.add_kit("SET", {"MUG": 2})
    world.settle()
    before = {store: world.level("SET", store) for store in "abc"}
    for location in ("main", "east"):
        world.office.receive("MUG", 40, location=location)
    world.run(plans={"b": DOWN})
    assert world.level("SET", "a") == before["a"] and world.level("SET", "b") == before["b"]
    assert world.level("SET", "c") == 70
    world.settle()
    assert [world.level("SET", store) for store in "abc"] == [105, 35, 70]


# --- kits --------------------------------------------------------------------------------------------------------


def test_what_is_left_to_ship_of_a_kit_that_is_made_otherwise_counts_as_it_will_leave(tmp_path: Path) -> None:
    world = world_of_kits(tmp_path, falls_on="shipment")
    order_id = world.shop.place_order([("BOX", 4)])
    world.settle()
    [sale] = world.documents(order_id)[:1]
    [line_id] = world.line_ids(order_id)
    world.office.ship(sale.reference, {line_id: 1})
    world.office.make_kit("BOX", {"TRAY": 5})
    world.settle()
    world.assert_exact()
    world.office.ship(sale.reference)
    world.settle()
    world.assert_exact()
    assert world.available("TRAY") == world.level("TRAY") == 35


def test_a_hub_restored_from_before_a_kit_was_made_otherwise_oversells_nothing(tmp_path: Path) -> None:
    world = world_of_kits(tmp_path, falls_on="shipment")
    order_id = world.shop.place_order([("BOX", 4)])
    world.run()
    shutil.copy(tmp_path / "hub.db", tmp_path / "old.db")
    world.office.make_kit("BOX", {"TRAY": 5, "MUG": 1})
    world.office.ship(world.documents(order_id)[0].reference, {world.line_ids(order_id)[0]: 3})
    world.shop.place_order([("SET", 2), ("MUG", 1)])
    world.settle()
    for old in tmp_path.glob("hub.db-*"):
        old.unlink()
    shutil.copy(tmp_path / "old.db", tmp_path / "hub.db")
    for _ in range(3):
        world.run()
        world.assert_never_oversold()
    world.settle()
    world.assert_exact()
    world.assert_booked_once()


def test_kits_of_a_kept_level_lose_what_was_sold_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = world_of_kits(tmp_path, stock={"missing": "keep"})
    world.shop.place_order([("BOX", 10)])
    world.run("pull-orders", "push-orders")
    answer_with(monkeypatch, reading_now(world, without=["MUG"]))
    for _ in range(3):
        world.run()
        assert shown(world) == {"MUG": 70, "TRAY": 50, "SET": 35, "BOX": 23}


@pytest.mark.parametrize(("missing", "expected"), [("keep", 33), ("zero", 0), ("hold", 33)])
def test_a_component_that_is_missing_moves_its_kits_as_the_setting_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str, expected: int
) -> None:
    world = world_of_kits(tmp_path, stock={"missing": missing})
    answer_with(monkeypatch, reading_now(world, without=["MUG"]))
    world.run()
    assert world.level("BOX") == expected
    world.run()
    assert world.writes() == []


# --- numbers -----------------------------------------------------------------------------------------------------


def test_the_largest_numbers_that_can_be_read_overflow_nothing(tmp_path: Path) -> None:
    world = world_of_kits(tmp_path)
    most = 10**9 - 1
    for location in ("main", "east", "west", "north"):
        world.office.set_stock("MUG", most, location=location)
    in_the_books(world, "UPDATE component SET quantity = ? WHERE quantity = 3", most)
    order_id = world.shop.place_order([("BOX", most)])
    world.shop.set_status(order_id, financial="wibble")
    world.run()
    assert world.level("BOX") == 0
    assert (world.level("MUG") or 0) <= 4 * most


def test_half_a_unit_of_a_component_is_no_unit_of_a_kit(tmp_path: Path) -> None:
    world = world_of_kits(tmp_path)
    world.office.set_stock("MUG", "5.5")
    world.office.set_stock("MUG", "-0.5", location="east")
    world.run()
    assert shown(world) == {"MUG": 4, "TRAY": 50, "SET": 2, "BOX": 1}


# --- listings ----------------------------------------------------------------------------------------------------


def test_a_second_listing_of_a_sku_and_one_that_becomes_managed_show_what_is_left(tmp_path: Path) -> None:
    world = StockWorld(tmp_path)
    world.shop.add_listing("MUG", "Another mug", "10.00", 7)
    world.office.add_item("CUP", "Cup", "3.00", 8)
    world.shop.add_listing("CUP", "Cup", "3.00", None)
    world.settle()
    world.shop.place_order([("MUG", 5)])
    world.settle()
    world.assert_exact()
    world.shop.add_listing("CUP", "Cup again", "3.00", 0)
    world.settle()
    world.assert_exact()


def test_an_order_held_where_its_store_is_fed_from_elsewhere_since_counts_there(tmp_path: Path) -> None:
    world = world_of(tmp_path, {"a": ["main"], "b": ["east"]})
    hold(world, "b")
    world.settle()
    feed(world, "b", "main")
    world.settle()
    assert [world.level("MUG", store) for store in "ab"] == [96, 96]


def test_a_sale_whose_reply_was_lost_counts_where_it_was_booked_though_its_store_is_fed_from_elsewhere_since(
    tmp_path: Path,
) -> None:
    world = world_of(tmp_path, {"b": ["east"], "c": ["east"]}, falls_on="shipment")
    world.shops["b"].place_order([("MUG", 4)])
    world.run(plans={"back-office": [lost_reply("push_documents", 1)]})
    feed(world, "b", "main")
    world.settle()
    assert world.level("MUG", "c") == 26
    world.office.ship(world.documents()[0].reference)
    world.settle()
    assert world.level("MUG", "c") == 26


@pytest.mark.parametrize("falls_on", ["order", "shipment"])
def test_an_order_counts_where_it_was_booked_when_its_store_sells_from_elsewhere_since(
    tmp_path: Path, falls_on: str
) -> None:
    both = ["main", "east"]
    world = world_of(
        tmp_path, {"a": ["main"], "b": both, "c": ["east"]}, stores={"b": {"sells_from": "east"}}, falls_on=falls_on
    )
    world.add_kit("SET", {"MUG": 2})
    world.settle()
    world.shops["b"].place_order([("MUG", 4), ("SET", 1)])
    world.run()
    feed(world, "b", *both, sells_from="main")
    world.settle()
    assert world.level("MUG", "c") == 24
    assert (world.level("MUG", "b") or 0) == 124


@pytest.mark.parametrize("falls_on", ["order", "shipment"])
def test_an_edited_order_of_kits_that_is_cancelled_gives_back_what_it_took(tmp_path: Path, falls_on: str) -> None:
    world = world_of_kits(tmp_path, falls_on=falls_on)
    order_id = world.shop.place_order([("SET", 5), ("MUG", 1)])
    world.run()
    world.office.ship(world.documents(order_id)[0].reference, {world.line_ids(order_id)[0]: 2})
    world.run()
    world.change(stock={"safety_stock": 3})
    world.shop.cancel_order(order_id)
    for _ in range(3):
        world.run()
        world.assert_never_oversold()
    world.settle()
    world.assert_exact()


@pytest.mark.parametrize("lost", [True, False])
def test_an_order_that_was_edited_to_the_same_total_is_not_what_the_books_have_of_it(
    tmp_path: Path, *, lost: bool
) -> None:
    """Another size at the same price, say: it was adopted by its total, and its units went back on sale."""
    world = StockWorld(tmp_path)
    world.settle()
    copy = Path(shutil.copyfile(world.folder / "hub.db", world.folder / "copy.db"))
    order_id = world.shop.place_order([("MUG", 3)])
    world.run(plans={"back-office": [lost_reply("push_documents")]} if lost else {})
    if not lost:
        shutil.copyfile(copy, world.folder / "hub.db")
    [line_id] = world.line_ids(order_id)
    world.shop.edit_order(order_id, {line_id: 0}, add=[NewLine(sku="TRAY", quantity=3, price="10.00")])
    for _ in range(2):
        world.run()
        world.assert_never_oversold()
    world.assert_booked_once()
    assert world.holds() == [("order", "reference taken")]
    assert world.level("TRAY") == world.available("TRAY") - 3


@pytest.mark.parametrize("falls_on", ["order", "shipment"])
def test_a_cancelled_order_puts_back_what_has_not_left_and_its_refund_what_came_back(
    tmp_path: Path, falls_on: str
) -> None:
    """What had left was put on sale again, though nobody had sent it back."""
    world = StockWorld(tmp_path, falls_on=falls_on)
    gone, given_back = world.shop.place_order([("MUG", 5)]), world.shop.place_order([("TRAY", 5)])
    world.settle()
    for order_id in (gone, given_back):
        world.office.ship(f"{world.shop.identity}/{order_id}/sale/order", {world.line_ids(order_id)[0]: 2})
    world.shop.cancel_order(gone)
    world.shop.cancel_order(given_back, refund=True)
    world.settle()
    world.assert_exact()
    assert (world.level("MUG"), world.level("TRAY")) == (98, 50)
