"""Defects of the stock side that a review once found: each must stay mended. What is shown is read from the shops."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from syncctl.connectors.base import Page
from syncctl.connectors.sandbox.books import SandboxBooks
from syncctl.connectors.sandbox.office_readings import LEVELS
from syncctl.model import Report, StockLevel
from tests.fakes.faulty import Between, on
from tests.stock_world import StockWorld, counts_of

Pages = list[Page[StockLevel]]


@pytest.fixture
def world(tmp_path: Path) -> StockWorld:
    """One shop and a back office, in step."""
    world = StockWorld(tmp_path)
    world.settle()
    return world


def tomorrow(world: StockWorld, *steps: str) -> Report:
    """A run on the next day, when everything is read in full."""
    world.hurry += timedelta(hours=25)
    return world.run(*steps)


def answer_with(monkeypatch: pytest.MonkeyPatch, pages: Pages) -> None:
    """The back office's stock reading is these pages, whatever it holds."""
    monkeypatch.setattr(SandboxBooks, "fetch_stock", lambda _books, _cursor: iter(pages))


def reading_now(world: StockWorld, **changes: Any) -> Pages:
    """What a full reading of the back office says at this moment."""
    return [replace(page, **changes) for page in world.office.pages(LEVELS, None, 1000)]


def place_unreadable(world: StockWorld, store: str) -> str:
    """An order of seven mugs of which nothing can be read."""
    order_id = world.shops[store].place_order([("MUG", 7)])
    world.shops[store].put_raw(order_id, "{")
    return order_id


# --- readings of the back office ---------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["keep", "zero", "hold"])
def test_what_lay_at_a_location_that_a_full_reading_lacks_lies_there_no_more(tmp_path: Path, missing: str) -> None:
    world = StockWorld(tmp_path, stock={"missing": missing})
    world.settle()
    with world.office.connection as connection:
        connection.execute("UPDATE level SET location = 'NEW-STORE'")
    tomorrow(world)
    assert (world.level("MUG"), world.level("TRAY")) == (100, 50), "not the old location and the new one together"
    world.office.set_stock("MUG", 30, location="NEW-STORE")
    world.run()
    assert world.level("MUG") == 30


def test_no_page_at_all_is_no_new_reading(world: StockWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the reading of before the order would count as one that knows of it, and its units be on sale again."""
    with monkeypatch.context() as patch:
        answer_with(patch, [])
        world.shop.place_order([("MUG", 10)])
        for _ in range(2):
            report = world.run()
            assert counts_of(report, "pull-data")["no new stock reading"] == 1
            assert (report.exit_code, world.level("MUG")) == (0, 90)
        world.shop.place_order([("MUG", 5)])
        world.run()
        assert world.level("MUG") == 85
    world.run()
    world.assert_exact()


def test_the_age_of_stock_counts_from_the_last_reading_that_there_was(
    world: StockWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_with(monkeypatch, [])
    world.shop.set_level("MUG", 130)
    world.hurry = timedelta(hours=23)
    world.run()
    assert world.level("MUG") == 100, "young enough"
    world.shop.set_level("MUG", 130)
    world.hurry = timedelta(hours=25)
    report = world.run()
    assert counts_of(report, "push-data")["stock too old"] == 1
    assert world.level("MUG") == 130


@pytest.mark.parametrize("told_by", ["sequence", "source_time"])
def test_an_older_export_that_comes_late_is_no_new_reading(
    world: StockWorld, monkeypatch: pytest.MonkeyPatch, told_by: str
) -> None:
    began = datetime.now(UTC)

    def export(at: timedelta) -> Pages:
        return (
            reading_now(world) if told_by == "sequence" else reading_now(world, sequence=None, source_time=began + at)
        )

    old = export(timedelta(seconds=1))
    world.shop.place_order([("MUG", 10)])
    world.run("pull-orders", "push-orders")
    new = export(timedelta(seconds=2))
    for pages in (new, old, old):
        answer_with(monkeypatch, pages)
        world.run()
        assert world.level("MUG") == 90
    world.office.receive("MUG", 1)
    answer_with(monkeypatch, export(timedelta(seconds=3)))
    world.run()
    assert world.level("MUG") == 91


@pytest.mark.parametrize("falls_on", ["order", "shipment"])
def test_a_sale_or_shipment_younger_than_the_readings_own_count_is_not_known_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, falls_on: str
) -> None:
    """A reading that reaches us late: the back office took it before the event, and we come to both in one run."""
    world = StockWorld(tmp_path, falls_on=falls_on)
    world.settle()
    order_id = world.shop.place_order([("MUG", 5)])
    if falls_on == "shipment":
        world.settle()
    late = reading_now(world)
    if falls_on == "shipment":
        world.office.ship(world.documents(order_id)[0].reference)
    with monkeypatch.context() as patch:
        answer_with(patch, late)
        for _ in range(2):
            world.run()
            assert world.level("MUG") == 95
    assert world.office.on_hand("MUG") == 95
    world.run()
    world.assert_exact()


@pytest.mark.parametrize("full", [(True, False), (False, True)])
def test_a_reading_of_which_some_page_says_that_it_is_no_full_one_takes_nothing_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full: tuple[bool, bool]
) -> None:
    world = StockWorld(tmp_path, stock={"missing": "zero"})
    world.settle()
    world.office.receive("MUG", 5)
    [page] = reading_now(world)
    mug = [level for level in page.records if level.sku == "MUG"]
    answer_with(monkeypatch, [replace(page, records=mug, full=full[0]), replace(page, records=[], full=full[1])])
    tomorrow(world)
    assert (world.level("MUG"), world.level("TRAY")) == (105, 50)


@pytest.mark.parametrize("emptied, stops", [("MAIN", True), ("BACK", False)])
def test_only_the_locations_that_feed_the_web_make_a_reading_strange(tmp_path: Path, emptied: str, stops: bool) -> None:
    world = StockWorld(tmp_path, stock={"locations": ["main"]})
    skus = [f"SKU-{number:02}" for number in range(30)]
    for sku in skus:
        world.add(sku, units=10)
        world.office.receive(sku, 5, location="BACK")
    main = next(location for sku, location, _ in world.office.levels() if location != "BACK")
    world.change(stock={"locations": [main]})
    world.settle()
    assert world.level(skus[0]) == 10
    for sku in skus:
        world.office.set_stock(sku, 0, location=main if emptied == "MAIN" else emptied)
    report = world.run()
    assert report.exit_code == (5 if stops else 0)
    assert {world.level(sku) for sku in skus} == {10}


def test_step_4_alone_knows_that_step_3_was_stopped(tmp_path: Path) -> None:
    """Four cron lines: the stop of the third holds for the fourth."""
    world = StockWorld(tmp_path)
    skus = [f"SKU-{number:02}" for number in range(30)]
    for sku in skus:
        world.add(sku)
    world.settle()
    for sku in skus:
        world.office.set_stock(sku, 0)
    world.office.set_price("MUG", "12.00")
    world.shop.set_level(skus[0], 4)
    assert world.run("pull-data").exit_code == 5
    world.run("push-data")
    assert world.writes() == []
    assert (world.level(skus[0]), world.shop.price("MUG")) == (4, "10.00")
    world.run("pull-data", allow_shrink=30)
    world.run("push-data")
    assert (world.level(skus[0]), world.shop.price("MUG")) == (0, "12.00")


# --- what cannot be read -------------------------------------------------------------------------------------------


def test_an_order_with_one_quantity_that_cannot_be_read_lets_no_level_rise_anywhere(tmp_path: Path) -> None:
    world = StockWorld(tmp_path, stores=("a", "b"))
    world.settle()
    order_id = world.shop.place_order([("MUG", 5), ("TRAY", 1)])
    lines = world.shop.order(order_id)["lines"]
    world.shop.mark(order_id, lines=[{**lines[0], "quantity": "five"}, lines[1]])
    world.office.receive("MUG", 20)
    for _ in range(3):
        world.run()
        assert (world.level("MUG", "a"), world.level("MUG", "b")) == (95, 100)
        assert (world.level("TRAY", "a"), world.level("TRAY", "b")) == (49, 49), "down is safe"
    assert world.holds() == [("order", "unreadable units")]
    world.shop.mark(order_id, lines=lines)
    world.settle()
    world.assert_exact()
    assert world.level("MUG", "b") == 115
    assert world.holds() == []


def test_an_order_beyond_reading_that_comes_between_step_1_and_the_write_lets_no_level_rise(tmp_path: Path) -> None:
    world = StockWorld(tmp_path, stores=("a", "b"))
    world.settle()
    world.office.receive("MUG", 10)
    report = world.run(plans={"a": [Between(on("fetch_levels"), lambda: place_unreadable(world, "a"))]})
    assert (world.level("MUG", "a"), world.level("MUG", "b")) == (93, 100)
    assert report.exit_code == 1
    assert world.holds() == [("unreadable", "unreadable")]


@pytest.mark.parametrize("how", ["deleted", "skipped"])
def test_an_unreadable_order_that_the_store_deletes_or_a_person_skips_lets_levels_rise_again(
    tmp_path: Path, how: str
) -> None:
    world = StockWorld(tmp_path, stores=("a", "b"))
    world.settle()
    order_id = place_unreadable(world, "a")
    world.run()
    world.office.receive("TRAY", 20)
    world.run()
    assert (world.level("TRAY", "a"), world.level("TRAY", "b")) == (50, 50)
    if how == "deleted":
        world.shop.remove_order(order_id)
        tomorrow(world)
        assert world.holds() == []
    else:
        hub = world.hub()
        hub.holds.skip(world.rows("SELECT id FROM hold")[0][0])
        hub.close()
    world.run()
    world.run()
    assert (world.level("TRAY", "a"), world.level("TRAY", "b")) == (70, 70)


# --- orders that turn back -----------------------------------------------------------------------------------------


def undo_cancellation(world: StockWorld, order_id: str) -> None:
    world.shop.mark(order_id, cancelled_at=None, closed=False)


def remove_refunds(world: StockWorld, order_id: str) -> None:
    world.shop.mark(order_id, refunds=[], financial_status="paid")


@pytest.mark.parametrize(
    "put_back, undo",
    [
        (lambda world, order_id: world.shop.cancel_order(order_id), undo_cancellation),
        (lambda world, order_id: world.shop.refund_all(order_id), remove_refunds),
    ],
    ids=["cancellation", "refund"],
)
@pytest.mark.parametrize("falls_on", ["order", "shipment"])
def test_units_that_an_order_takes_again_after_its_credit_count_again(
    tmp_path: Path,
    falls_on: str,
    put_back: Callable[[StockWorld, str], Any],
    undo: Callable[[StockWorld, str], None],
) -> None:
    world = StockWorld(tmp_path, falls_on=falls_on)
    order_id = world.shop.place_order([("MUG", 4)])
    world.settle()
    put_back(world, order_id)
    world.settle()
    assert (world.level("MUG"), world.office.on_hand("MUG")) == (100, 100)
    undo(world, order_id)
    world.shop.set_level("MUG", 96)
    for _ in range(3):
        world.run()
        assert world.level("MUG") == 96 == world.most("MUG")
    assert world.holds() == [("order", "edited after booking")]


def test_units_booked_on_the_placeholder_never_left_their_own_sku(tmp_path: Path) -> None:
    world = StockWorld(tmp_path, orders={"unknown_sku": "placeholder"})
    world.add("WEB-ITEM")
    world.settle()
    world.office.deactivate_item("MUG")
    world.run()
    order_id = world.shop.place_order([("MUG", 5)])
    for _ in range(3):
        world.run()
        assert (world.level("MUG"), world.office.on_hand("MUG")) == (95, 100)
    assert [line.sku for line in world.documents(order_id)[0].lines] == ["WEB-ITEM"]


# --- what is ours to write -----------------------------------------------------------------------------------------


def test_a_level_that_the_back_office_ceases_to_keep_is_left_alone_till_it_keeps_it_again(world: StockWorld) -> None:
    world.office.add_item("MUG", "Mug", "10.00", None)
    world.run()
    world.shop.set_level("MUG", 3)
    world.run()
    tomorrow(world)
    world.run()
    assert world.level("MUG") == 3
    world.office.add_item("MUG", "Mug", "10.00", 20)
    world.settle()
    assert world.level("MUG") == 20


def relist(world: StockWorld, listing_id: str, **changes: object) -> None:
    """Change words of a listing as the shop's owner would."""
    for column, value in changes.items():
        world.shop._update_listing(listing_id, column, value)


def test_a_listing_that_becomes_another_sku_shows_that_ones_level_and_price(world: StockWorld) -> None:
    listing_id = world.shop.listing("MUG").id
    relist(world, listing_id, sku="TRAY")
    world.run()
    assert (world.level(listing_id), world.shop.price(listing_id)) == (50, "4.00")
    relist(world, listing_id, sku="NOBODY-KNOWS", quantity=7, price="1.00")
    world.office.set_price("TRAY", "5.00")
    world.office.receive("TRAY", 5)
    world.run()
    tomorrow(world)
    assert (world.level(listing_id), world.shop.price(listing_id)) == (7, "1.00")


def test_a_listing_that_is_not_ours_any_more_is_left_alone_till_it_is_again(world: StockWorld) -> None:
    listing_id = world.shop.listing("MUG").id
    relist(world, listing_id, managed=0, why="drop-ship", quantity=7)
    world.office.receive("MUG", 5)
    world.run()
    tomorrow(world)
    assert world.level(listing_id) == 7
    relist(world, listing_id, managed=1, why="")
    world.settle()
    assert world.level(listing_id) == 105


@pytest.mark.parametrize(
    "sections, expected",
    [
        ({"stock": {"safety_stock": 8}}, (97, "10.00")),
        ({"stock": {"locations": ["BACK"]}}, (5, "10.00")),
        ({"products": {"price_list": "web"}}, (105, "7.77")),
    ],
    ids=["safety stock", "locations", "price list"],
)
def test_a_setting_that_decides_what_is_shown_is_applied_by_the_next_run(
    world: StockWorld, sections: dict[str, dict[str, Any]], expected: tuple[int, str]
) -> None:
    world.office.receive("MUG", 5, location="BACK")
    world.office.set_price("MUG", "7.77", price_list="web")
    world.settle()
    assert (world.level("MUG"), world.shop.price("MUG")) == (105, "10.00")
    world.change(**sections)
    world.run()
    assert (world.level("MUG"), world.shop.price("MUG")) == expected
    world.run()
    assert world.writes() == []
