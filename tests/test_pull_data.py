"""Step 3: what a reading of the back office may be taken for, and when it is set aside."""

from datetime import timedelta
from pathlib import Path

import pytest

from syncctl.connectors.sandbox.books import SandboxBooks
from syncctl.connectors.sandbox.files import set_meta
from syncctl.errors import Unreachable
from syncctl.model import Report
from tests.fakes.faulty import Between, FailBefore, on
from tests.stock_world import StockWorld, counts_of, differences, dump, states


@pytest.fixture
def world(tmp_path: Path) -> StockWorld:
    """One shop and a back office, in step; everything was read within the day."""
    world = StockWorld(tmp_path)
    world.settle()
    return world


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SandboxBooks, "page_size", 1)


def add_many(world: StockWorld, count: int) -> list[str]:
    skus = [f"SKU-{number:03}" for number in range(count)]
    world.office.load_variants((sku, sku, "10.00", 5) for sku in skus)
    for sku in skus:
        world.shop.add_listing(sku, sku, "10.00", 5)
    world.settle()
    return skus


def forget_level(world: StockWorld, *skus: str) -> None:
    """The back office no longer reports these SKUs."""
    with world.office.connection as connection:
        for sku in skus:
            connection.execute("DELETE FROM level WHERE item_id = (SELECT id FROM item WHERE sku = ?)", [sku])


def run_tomorrow(world: StockWorld, **options: object) -> Report:
    """Once a day everything is read in full."""
    world.hurry += timedelta(hours=25)
    return world.run(**options)


# --- as of when ----------------------------------------------------------------------------------------------------


def test_shipments_are_read_before_stock(world: StockWorld) -> None:
    world.run()
    methods = [call.method for call in world.sides["back-office"].calls]
    assert methods.index("fetch_shipments") < methods.index("fetch_stock")


@pytest.mark.usefixtures("small_pages")
def test_an_incomplete_reading_does_not_move_the_mark(world: StockWorld) -> None:
    """The booking of this run is after the last whole reading: its units must go on counting."""
    world.shop.place_order([("MUG", 5)])
    world.office.receive("MUG", 30)
    world.office.receive("TRAY", 30)
    queries = ("SELECT * FROM snapshot", "SELECT * FROM stock_level")
    before = [world.rows(query) for query in queries]
    report = world.run(plans={"back-office": [FailBefore(on("fetch_stock", 2), Unreachable("cut"))]})
    assert world.calls("fetch_stock") == 2
    assert report.exit_code == 3
    assert world.totals() == [("sale", 5000)]
    assert before == [world.rows(query) for query in queries]
    assert world.writes("push_levels") == []
    assert world.level("MUG") == 95
    world.run("push-data")
    assert world.level("MUG") == 95, "100 of the old reading, which cannot know of these five"
    world.run()
    world.assert_exact()
    assert world.level("MUG") == 125


def test_a_booking_that_becomes_known_after_the_reading_began_does_not_count_as_reflected(world: StockWorld) -> None:
    """An answer of the back office that was lost is learnt by the next run, whatever its stock says by then."""
    world.shop.place_order([("MUG", 5)])
    world.run("pull-orders", "push-orders", plans={"back-office": [FailBefore(on("push_documents"), Unreachable("x"))]})
    world.run("pull-data")
    world.run("push-orders")
    world.run("push-data")
    assert world.totals() == [("sale", 5000)]
    assert world.level("MUG") == 95
    world.run("pull-data", "push-data")
    assert world.level("MUG") == 95


@pytest.mark.parametrize("turned", [timedelta(0), timedelta(days=-1)], ids=["right", "set back"])
def test_what_is_booked_after_a_reading_is_not_known_to_it_whatever_the_clock_says(
    world: StockWorld, turned: timedelta
) -> None:
    world.shop.place_order([("TRAY", 1)])
    world.run()
    order = world.shop.place_order([("MUG", 5)])
    world.hurry = turned
    world.run("pull-orders", "push-orders", "push-data")
    assert world.totals(order) == [("sale", 5000)]
    assert world.level("MUG") == 95


@pytest.mark.parametrize("falls_on", ["order", "shipment"])
def test_a_shipment_between_the_reading_of_shipments_and_that_of_stock_is_never_counted_as_known(
    tmp_path: Path, falls_on: str
) -> None:
    world = StockWorld(tmp_path, falls_on=falls_on)
    world.shop.place_order([("MUG", 5)])
    world.settle()
    reference = world.documents()[0].reference
    world.run(plans={"back-office": [Between(on("fetch_variants"), lambda: world.office.ship(reference))]})
    world.assert_never_oversold()
    world.run()
    world.assert_exact()
    assert world.level("MUG") == 95


def test_a_reading_that_is_too_old_publishes_nothing(world: StockWorld) -> None:
    world.shop.place_order([("MUG", 5)])
    world.run("pull-data")
    world.hurry = timedelta(hours=24, minutes=1)
    report = world.run("push-data")
    assert world.writes("push_levels") == []
    assert counts_of(report, "push-data")["stock too old"] == 1
    world.shop.set_level("MUG", 300)
    world.hurry = timedelta(hours=23, minutes=59)
    world.run("push-data")
    assert world.level("MUG") == 95


# --- whole readings and deltas -----------------------------------------------------------------------------------


def test_within_the_day_only_what_changed_is_read(world: StockWorld) -> None:
    world.office.receive("MUG", 1)
    report = world.run()
    assert counts_of(report, "pull-data")["levels read"] == 1
    assert world.level("MUG") == 101
    assert counts_of(run_tomorrow(world), "pull-data")["levels read"] == 2


def test_what_a_delta_lacks_is_unchanged_whatever_the_setting(tmp_path: Path) -> None:
    world = StockWorld(tmp_path, stock={"missing": "zero"})
    world.settle()
    forget_level(world, "TRAY")
    world.run()
    assert world.level("TRAY") == 50


@pytest.mark.parametrize("missing, level", [("keep", 50), ("zero", 0), ("hold", 50)])
def test_what_a_full_reading_lacks_is_kept_zeroed_or_held(tmp_path: Path, missing: str, level: int) -> None:
    world = StockWorld(tmp_path, stock={"missing": missing})
    world.settle()
    forget_level(world, "TRAY")
    report = run_tomorrow(world)
    assert world.level("TRAY") == level
    assert world.level("MUG") == 100
    assert world.holds() == ([("stock", "missing SKU")] if missing == "hold" else [])
    assert report.exit_code == (1 if missing == "hold" else 0)
    world.shop.place_order([("MUG", 3)])
    world.shop.set_level("TRAY", 70)
    world.run()
    assert world.level("MUG") == 97
    assert world.level("TRAY") == (70 if missing == "hold" else level), "held: left alone"
    world.office.set_stock("TRAY", 9)
    world.run()
    assert world.level("TRAY") == world.most("TRAY")
    assert world.holds() == []


# --- strange readings ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "had, lost, stops",
    [
        (100, 20, False),
        (100, 21, True),
        (40, 9, False),
        (40, 10, True),
        (12, 9, False),
        (12, 10, True),
        (50, 10, False),
    ],
)
@pytest.mark.parametrize("how", ["gone", "zero"])
def test_a_reading_that_shrinks_strangely_is_set_aside(
    tmp_path: Path, how: str, had: int, lost: int, stops: bool
) -> None:
    """More than 20 % of the SKUs, and at least 10 of them, gone or at zero."""
    world = StockWorld(tmp_path)
    skus = add_many(world, had - 2)  # MUG and TRAY are the others
    if how == "gone":
        forget_level(world, *skus[:lost])
        report = run_tomorrow(world)
    else:
        for sku in skus[:lost]:
            world.office.set_stock(sku, 0)
        report = world.run()
    assert report.exit_code == (5 if stops else 0)
    expected = 5 if stops or how == "gone" else 0
    assert {world.level(sku) for sku in skus[:lost]} == {expected}


def test_an_empty_reading_stops_stock_and_prices_and_lets_orders_go_on(tmp_path: Path) -> None:
    world = StockWorld(tmp_path)
    skus = add_many(world, 28)
    with world.office.connection as connection:
        connection.execute("DELETE FROM level")
    world.office.set_price("MUG", "12.00")
    world.shop.place_order([("MUG", 1)])
    [first] = world.documents() or [None]
    shown = world.levels()
    report = run_tomorrow(world)
    assert first is None and world.totals() == [("sale", 1000)], "orders go on"
    assert report.exit_code == 5
    assert states(report)["pull-data", "back-office"] == "failed"
    assert states(report)["push-data", "shop"] == "done"
    assert world.levels() == shown and world.shop.price("MUG") == "10.00"
    assert world.rows("SELECT count(*) FROM stock_level") == [(len(skus) + 2,)], "the baseline stays"
    [reason] = [part.reason for part in report.steps if part.state == "failed"]
    [hint] = [part.hint for part in report.steps if part.state == "failed"]
    assert "29 of 30" in reason or "30 of 30" in reason
    assert "--allow-shrink" in hint


def test_the_same_reading_stops_every_run_until_somebody_lets_it_through_once(tmp_path: Path) -> None:
    world = StockWorld(tmp_path)
    skus = add_many(world, 28)
    for sku in skus[:12]:
        world.office.set_stock(sku, 0)
    assert [world.run().exit_code, world.run().exit_code] == [5, 5]
    assert world.run(allow_shrink=11).exit_code == 5, "one more than was confirmed"
    assert {world.level(sku) for sku in skus} == {5}
    assert world.run(allow_shrink=12).exit_code == 0
    assert [world.level(sku) for sku in skus] == [0] * 12 + [5] * 16
    for sku in skus[12:24]:
        world.office.set_stock(sku, 0)
    assert world.run().exit_code == 5, "it was let through once"


def test_prices_that_jump_are_set_aside_too(tmp_path: Path) -> None:
    world = StockWorld(tmp_path)
    skus = add_many(world, 28)
    for sku in skus[:16]:
        world.office.set_price(sku, "0.10")
    world.office.receive(skus[0], 4)
    world.shop.place_order([("MUG", 1)])
    report = world.run()
    assert report.exit_code == 5
    assert world.totals() == [("sale", 1000)]
    assert {world.shop.price(sku) for sku in skus} == {"10.00"}
    assert world.level(skus[0]) == 5, "stock stops with it"
    [reason] = [part.reason for part in report.steps if part.state == "failed"]
    assert "16 of" in reason
    assert world.run(allow_shrink=15).exit_code == 5
    assert world.run(allow_shrink=16).exit_code == 0
    assert [world.shop.price(sku) for sku in skus] == ["0.10"] * 16 + ["10.00"] * 12
    assert world.level(skus[0]) == 9


def test_a_sale_of_few_articles_is_no_jump_of_the_prices(tmp_path: Path) -> None:
    """Within the day only changed prices are read: they are measured against all that are known."""
    world = StockWorld(tmp_path)
    skus = add_many(world, 28)
    for sku in skus[:12]:
        world.office.set_price(sku, "1.00")
    assert world.run().exit_code == 0
    assert {world.shop.price(sku) for sku in skus[:12]} == {"1.00"}


@pytest.mark.parametrize(
    "count, price, stops", [(15, "4.99", False), (16, "5.00", False), (16, "4.99", True), (9, "0.01", False)]
)
def test_half_of_the_prices_may_move_or_all_by_half(tmp_path: Path, count: int, price: str, stops: bool) -> None:
    """More than 50 % of them, by more than 50 %; the day's full reading compares all 30."""
    world = StockWorld(tmp_path)
    skus = add_many(world, 28)
    for sku in skus[:count]:
        world.office.set_price(sku, price)
    assert run_tomorrow(world).exit_code == (5 if stops else 0)
    assert {world.shop.price(sku) for sku in skus[:count]} == {"10.00" if stops else price}


def test_the_override_that_a_stop_names_can_be_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from click.testing import CliRunner

    from syncctl.cli import main

    world = StockWorld(tmp_path)
    for sku in add_many(world, 28)[:16]:
        world.office.set_price(sku, "0.10")
    [hint] = [part.hint for part in world.run().steps if part.state == "failed"]
    words = hint.split("syncctl ")[1].split()
    done = CliRunner().invoke(main, ["--config", str(world.config), *words])
    assert done.exit_code == 0, done.output


# --- another company, another currency ---------------------------------------------------------------------------


@pytest.mark.parametrize("key, value", [("identity", "another"), ("currency", "USD")])
def test_a_back_office_that_is_another_one_stops_everything_about_it(world: StockWorld, key: str, value: str) -> None:
    world.shop.place_order([("MUG", 1)])
    world.office.receive("TRAY", 5)
    set_meta(world.office.connection, key, value)
    books, shown = dump(world.folder / "books.db"), world.levels()
    report = world.run()
    assert report.exit_code == 5
    assert world.writes() == []
    assert differences(books, dump(world.folder / "books.db")) == {}
    assert world.levels() == shown
    assert world.rows("SELECT count(*) FROM sales_order") == [(1,)], "the store's orders were still read"


@pytest.mark.parametrize("key, value", [("identity", "another"), ("currency", "USD")])
def test_a_shop_that_is_another_one_is_left_alone(world: StockWorld, key: str, value: str) -> None:
    world.shop.place_order([("MUG", 1)])
    world.office.receive("TRAY", 5)
    world.office.set_price("TRAY", "4.50")
    set_meta(world.shop.connection, key, value)
    before = dump(world.folder / "shop.db")
    report = world.run()
    assert report.exit_code == 5
    assert world.writes() == []
    assert differences(before, dump(world.folder / "shop.db")) == {}
    assert world.documents() == []
    assert world.run("push-data").exit_code == 5
    assert differences(before, dump(world.folder / "shop.db")) == {}
