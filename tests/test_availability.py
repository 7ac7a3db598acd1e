"""What counts against stock and what each listing shows, sentence by sentence of the availability law (I3)."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from syncctl.connectors.sandbox.bodies import NewLine
from syncctl.errors import Unreachable
from tests.fakes.faulty import FailBefore, on
from tests.stock_world import StockWorld, counts_of, states


@pytest.fixture
def world(tmp_path: Path) -> StockWorld:
    """One shop and a back office, in step."""
    world = StockWorld(tmp_path)
    world.settle()
    return world


@pytest.fixture
def two(tmp_path: Path) -> StockWorld:
    """Two shops that share the stock, in step."""
    world = StockWorld(tmp_path, stores=("shop", "other"))
    world.settle()
    return world


def order_with_unknown_sku(world: StockWorld) -> str:
    return world.shop.place_order(
        [NewLine(sku="NOWHERE", price="1.00", title="Gone"), NewLine(sku="MUG", quantity=7, price="10.00", title="Mug")]
    )


def skip_the_hold(world: StockWorld, order_id: str) -> None:
    hub = world.hub()
    [(hold_id,)] = world.rows("SELECT id FROM hold")
    hub.holds.skip(hold_id)
    hub.close()
    world.not_counted.add(("shop", order_id))


def test_a_level_that_nobody_has_reported_is_not_published(world: StockWorld) -> None:
    world.shop.add_listing("ONLY-HERE", "Only here", "1.00", 8)
    world.office.add_item("NO-STOCK", "Not counted", "1.00", None)
    world.shop.add_listing("NO-STOCK", "Not counted", "1.00", 9)
    world.run()
    assert world.level("ONLY-HERE") == 8
    assert world.level("NO-STOCK") == 9
    assert world.writes("push_levels") == []


def test_an_oversold_sku_shows_zero(world: StockWorld) -> None:
    world.office.set_stock("MUG", -4)
    world.run()
    assert world.level("MUG") == 0


def test_safety_stock_is_kept_back_and_a_change_of_it_reaches_every_listing(world: StockWorld) -> None:
    world.change(stock={"safety_stock": 3})
    world.run()
    assert (world.level("MUG"), world.level("TRAY")) == (97, 47)
    world.change(stock={"safety_stock": 60})
    world.run()
    assert (world.level("MUG"), world.level("TRAY")) == (40, 0)


def test_the_safety_stock_of_a_sku_goes_before_that_of_its_type_and_that_before_the_general(
    world: StockWorld,
) -> None:
    for sku in ("BOWL", "JUG", "LID"):
        world.add(sku, units=40)
    for sku in ("BOWL", "JUG"):
        world.office.set_type(sku, "glass")
    world.change(stock={"safety_stock": 3, "safety_stock_by_type": {"glass": 10}, "safety_stock_by_sku": {"JUG": 0}})
    world.run()
    assert {sku: world.level(sku) for sku in ("BOWL", "JUG", "LID", "MUG")} == {
        "BOWL": 30,
        "JUG": 40,
        "LID": 37,
        "MUG": 97,
    }
    world.change(stock={"safety_stock_by_type": {"glass": 11}})
    world.run()
    assert [change.quantity for change in world.writes("push_levels")] == [29], "and nothing else is written"
    world.change(stock={"safety_stock_by_sku": {"JUG": 1}})
    world.run()
    assert [change.quantity for change in world.writes("push_levels")] == [39]


def test_a_sku_that_gets_another_type_is_worked_out_again(tmp_path: Path) -> None:
    world = StockWorld(tmp_path, stock={"safety_stock_by_type": {"glass": 10, "Glass": 20}})
    world.settle()
    for product_type, level in (("glass", 90), ("Glass", 80), ("wood", 100), ("glass", 90), ("", 100)):
        world.office.set_type("MUG", product_type)
        world.run()
        assert (world.level("MUG"), world.level("TRAY")) == (level, 50)
        world.run()
        assert world.writes() == []


def test_the_type_counts_even_where_prices_are_not_read(tmp_path: Path) -> None:
    world = StockWorld(tmp_path, stock={"safety_stock_by_type": {"glass": 10}}, products={"enabled": False})
    world.office.set_type("MUG", "glass")
    world.office.set_price("MUG", "12.00")
    world.run()
    assert (world.level("MUG"), world.shop.price("MUG")) == (90, "10.00")
    world.change(products={"enabled": True})
    world.run()
    assert (world.level("MUG"), world.shop.price("MUG")) == (90, "12.00"), "prices from before are not lost"


def test_the_terms_say_which_safety_stock_it_was(tmp_path: Path) -> None:
    world = StockWorld(tmp_path, stock={"safety_stock_by_type": {"glass": 10}, "safety_stock_by_sku": {"TRAY": 4}})
    world.office.set_type("MUG", "glass")
    world.run()
    terms = dict(world.rows("SELECT l.sku, s.terms FROM shown s JOIN listing l ON l.id = s.listing_id"))
    assert {sku: json.loads(text) for sku, text in terms.items()} == {
        "MUG": {"available": 100, "unreflected": 0, "safety stock of type glass": -10},
        "TRAY": {"available": 50, "unreflected": 0, "safety stock of the SKU": -4},
    }


def test_only_the_locations_that_feed_the_web_are_summed(world: StockWorld) -> None:
    world.office.set_stock("MUG", 11, location="attic")
    world.run()
    assert world.level("MUG") == 111
    world.change(stock={"locations": ["attic"]})
    world.run()
    assert world.level("MUG") == 11
    assert world.level("TRAY") == 0, "it is known, and there is none of it where the web is fed from"


def test_a_listing_that_is_not_ours_to_write_is_never_touched(world: StockWorld) -> None:
    listing = world.shop.add_listing("MUG", "A bundle of mugs", "50.00", 3, managed=False, why="bundle")
    world.office.receive("MUG", 5)
    world.run()
    assert world.level(listing) == 3
    assert [change.listing_id for change in world.writes("push_levels")] == [world.shop.listing("MUG").id]


def test_all_listings_of_a_sku_are_kept_in_step(two: StockWorld) -> None:
    two.shop.add_listing("MUG", "Mug, again", "10.00", 0)
    two.run()
    two.shop.place_order([("MUG", 4)])
    two.run()
    mugs = {where: shown for where, shown in two.levels().items() if where[1] == "MUG"}
    assert len(mugs) == 3 and set(mugs.values()) == {96}


def test_while_one_store_cannot_be_read_levels_in_the_others_only_fall(two: StockWorld) -> None:
    two.office.receive("MUG", 10)
    two.office.sell("TRAY", 10)
    two.shops["other"].place_order([("MUG", 1)])
    down = [FailBefore(on("fetch_orders", None), Unreachable("down"))]
    report = two.run(plans={"other": down})
    assert report.exit_code == 3
    assert (two.level("MUG", "shop"), two.level("TRAY", "shop")) == (100, 40)
    assert (two.level("MUG", "other"), two.level("TRAY", "other")) == (99, 50), "left out of step 4"
    assert states(report)["push-data", "other"] == "not run"
    two.run()
    two.assert_exact()
    assert two.level("MUG", "shop") == 109


def test_with_one_store_chosen_levels_only_fall(two: StockWorld) -> None:
    two.office.receive("MUG", 10)
    two.office.sell("TRAY", 10)
    assert two.run(stores=["shop"]).exit_code == 0
    assert (two.level("MUG", "shop"), two.level("TRAY", "shop")) == (100, 40)
    assert (two.level("MUG", "other"), two.level("TRAY", "other")) == (100, 50)
    two.run()
    two.assert_exact()


def test_an_order_that_cannot_be_read_lets_levels_only_fall(world: StockWorld) -> None:
    world.shop.put_raw("9999", '{"id": "half-writt')
    world.office.receive("MUG", 10)
    world.office.sell("TRAY", 10)
    assert world.run().exit_code == 1
    assert (world.level("MUG"), world.level("TRAY")) == (100, 40)
    world.shop.remove_order("9999")


@pytest.mark.parametrize("falls_on", ["order", "shipment"])
def test_units_on_a_held_order_count_until_somebody_skips_it(tmp_path: Path, falls_on: str) -> None:
    world = StockWorld(tmp_path, falls_on=falls_on)
    order_id = order_with_unknown_sku(world)
    for _ in range(3):
        world.run()
        assert world.level("MUG") == 93
    skip_the_hold(world, order_id)
    world.run()
    assert world.level("MUG") == 100
    world.shop.touch(order_id)
    world.run()
    assert world.level("MUG") == 100, "what was skipped stays skipped when it changes"


def test_an_order_of_unknown_status_counts(world: StockWorld) -> None:
    order_id = world.shop.place_order([("MUG", 6)])
    world.shop.set_status(order_id, financial="wibble")
    world.run()
    assert world.level("MUG") == 94
    assert world.holds() == [("order", "unknown status")]


def test_what_the_filter_leaves_out_counts_while_it_is_open(world: StockWorld) -> None:
    unpaid = world.shop.place_order([("MUG", 1)], financial_status="pending")
    test_order = world.shop.place_order([("MUG", 2)], test=True)
    pos = world.shop.place_order([("MUG", 4)], channel="pos")
    world.run()
    assert world.level("MUG") == 93
    for order_id, level in ((unpaid, 94), (test_order, 96), (pos, 100)):
        world.shop.close_order(order_id)
        world.run()
        assert world.level("MUG") == level
    assert world.documents() == []


def test_orders_from_before_book_from_are_in_the_books_already(tmp_path: Path) -> None:
    world = StockWorld(tmp_path, orders={"book_from": "2026-01-01", "import_from": "2010-01-01"})
    old = world.shop.place_order([("MUG", 5)], placed_at=world.settings.orders.book_from - timedelta(days=1))
    world.run()
    assert world.level("MUG") == 100
    assert world.documents() == []
    world.shop.edit_order(old, {world.line_ids(old)[0]: 9})
    world.run()
    assert world.level("MUG") == 100


@pytest.mark.parametrize("falls_on", ["order", "shipment"])
@pytest.mark.parametrize("answers", ["now", "later"])
def test_units_added_after_booking_count(tmp_path: Path, falls_on: str, answers: str) -> None:
    world = StockWorld(tmp_path, falls_on=falls_on, answers=answers, orders={"edited": "hold"})
    order_id = world.shop.place_order([("MUG", 5)])
    world.settle()
    assert world.level("MUG") == 95
    world.shop.edit_order(order_id, {world.line_ids(order_id)[0]: 8})
    for _ in range(3):
        world.run()
        assert world.level("MUG") == 92
    assert world.totals(order_id) == [("sale", 5000)]


@pytest.mark.parametrize("falls_on", ["order", "shipment"])
def test_units_put_back_and_ordered_again_count(tmp_path: Path, falls_on: str) -> None:
    """A credit that put units back is no reason to forget that more of them were sold afterwards."""
    world = StockWorld(tmp_path, falls_on=falls_on)
    order_id = world.shop.place_order([("MUG", 5)])
    world.run()
    [line_id] = world.line_ids(order_id)
    if falls_on == "shipment":
        world.office.ship(world.documents()[0].reference)
        world.run()
    world.shop.refund(order_id, {line_id: 2}, restock=True)
    world.run()
    assert world.level("MUG") == 97
    world.shop.edit_order(order_id, {line_id: 9})
    world.run()
    assert world.level("MUG") == 93


def test_refunded_units_that_were_not_put_back_stay_sold(world: StockWorld) -> None:
    order_id = world.shop.place_order([("MUG", 5)])
    world.run()
    world.shop.refund(order_id, restock=False, lines={world.line_ids(order_id)[0]: 2})
    for _ in range(2):
        world.run()
        assert world.level("MUG") == 95


def test_every_published_number_is_kept_with_its_terms(tmp_path: Path) -> None:
    world = StockWorld(tmp_path, falls_on="shipment", stock={"safety_stock": 2})
    world.shop.place_order([("MUG", 3)])
    world.run()
    assert world.level("MUG") == 95
    [(terms,)] = world.rows("SELECT s.terms FROM shown s JOIN listing l ON l.id = s.listing_id WHERE l.sku = 'MUG'")
    assert terms == '{"available": 100, "unreflected": -3, "safety stock": -2}'


def test_a_level_edited_by_hand_is_put_right_and_counted(world: StockWorld) -> None:
    world.shop.set_level("MUG", 400)
    report = world.run()
    assert world.level("MUG") == 100
    assert counts_of(report, "push-data")["edited by hand"] == 1


def test_an_equal_level_is_not_written(world: StockWorld) -> None:
    world.office.receive("MUG", 5)
    world.shop.set_level("MUG", 105)
    world.run()
    assert world.writes("push_levels") == []


def test_stock_switched_off_leaves_levels_alone(tmp_path: Path) -> None:
    world = StockWorld(tmp_path, stock={"enabled": False})
    world.office.set_stock("MUG", 3)
    world.office.set_price("MUG", "11.00")
    world.run()
    assert (world.level("MUG"), world.shop.price("MUG")) == (100, "11.00")
    assert world.calls("fetch_stock") == 0
