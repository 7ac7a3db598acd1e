"""Web orders into the hub: which, once each, with every state that was seen and the reason of what becomes of them."""

import json
import sqlite3
from collections import Counter
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from syncctl.errors import SafetyStop, Unreachable
from tests.builders import World
from tests.fakes.faulty import Between, Early, FailBefore, Shuffled, Twice, on
from tests.stock_world import StockWorld

BEFORE = datetime(2025, 6, 1, tzinfo=UTC)
OLDEST = datetime(2024, 6, 1, tzinfo=UTC)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def versions(world: World) -> dict[str, int]:
    """How many states of each order the hub has, by the store's id."""
    query = "SELECT o.remote_id, count(*) FROM sales_order o JOIN order_version v ON v.order_id = o.id GROUP BY 1"
    return dict(world.rows(query))


# --- the two dates -------------------------------------------------------------------------------------------------


def test_orders_before_book_from_are_not_even_read(world: World) -> None:
    world.change(orders={"book_from": "2026-01-01"})
    world.shop.place_order([("MUG", 5)], placed_at=BEFORE)
    world.run()
    assert world.decisions() == {} and world.documents() == []


def test_history_is_brought_in_never_booked_and_never_counts_against_stock(world: World) -> None:
    world.change(orders={"book_from": "2026-01-01", "import_from": "2025-01-01"})
    world.shop.place_order([("MUG", 5)], placed_at=OLDEST)
    old = world.shop.place_order([("MUG", 3)], placed_at=BEFORE, financial_status="pending")
    new = world.shop.place_order([("MUG", 1)])
    world.run()
    world.run()
    assert world.decisions() == {old: ("history", "before book_from"), new: ("book", "")}
    assert world.totals() == [("sale", 1000)]
    assert (world.office.on_hand("MUG"), world.shop.level("MUG")) == (99, 99)  # the books know of the old ones


def test_history_that_is_refunded_or_cancelled_today_stays_history(world: World) -> None:
    world.change(orders={"book_from": "2026-01-01", "import_from": "2025-01-01"})
    one = world.shop.place_order([("MUG", 3)], placed_at=BEFORE)
    two = world.shop.place_order([("MUG", 3)], placed_at=BEFORE)
    world.run()
    world.shop.refund_all(one)
    world.shop.cancel_order(two)
    world.run()
    assert world.documents() == [] and world.holds() == []
    assert {decision for decision, _ in world.decisions().values()} == {"history"}


# --- the filter ----------------------------------------------------------------------------------------------------


def test_what_the_filter_leaves_out_is_counted_and_listed_by_reason(world: World) -> None:
    shop = world.shop
    shop.place_order([("MUG", 1)], financial_status="pending")
    shop.place_order([("MUG", 1)], financial_status="authorized")
    shop.place_order([("MUG", 1)], test=True)
    shop.place_order([("MUG", 1)], channel="pos")
    shop.place_order([("MUG", 1)], kind="adjustment")
    shop.place_order([("MUG", -1)], kind="stock_note")
    booked = shop.place_order([("MUG", 1)])
    world.run()
    assert Counter(world.decisions().values()) == {
        ("left_out", "financial status pending"): 1,
        ("left_out", "financial status authorized"): 1,
        ("left_out", "test order"): 1,
        ("left_out", "channel pos"): 1,
        ("left_out", "adjustment"): 1,
        ("left_out", "stock note"): 1,
        ("book", ""): 1,
    }
    assert world.totals() == world.totals(booked) == [("sale", 1000)] and world.holds() == []


def test_what_is_left_out_counts_against_stock_while_it_is_open(world: World) -> None:
    order = world.shop.place_order([("MUG", 4)], financial_status="pending")
    world.run()
    assert (world.office.on_hand("MUG"), world.shop.level("MUG")) == (100, 96)
    world.shop.cancel_order(order)
    world.run()
    assert world.shop.level("MUG") == 100


def test_an_order_is_booked_once_it_is_paid(world: World) -> None:
    order = world.shop.place_order([("MUG", 1)], financial_status="pending")
    world.run()
    world.shop.pay(order)
    world.run()
    assert world.totals() == [("sale", 1000)] and world.decisions()[order] == ("book", "")


def test_an_unknown_status_is_held_till_a_person_lists_it(world: World) -> None:
    order = world.shop.place_order([("MUG", 1)])
    world.shop.set_status(order, financial="awaiting-cheque")
    assert world.run().exit_code == 1
    assert world.holds() == [("order", "unknown status")] and "'awaiting-cheque'" in world.messages()[0]
    world.change(orders={"financial_statuses": ["paid", "awaiting-cheque"]})
    world.run()
    assert world.holds() == [] and world.totals() == [("sale", 1000)]


def test_a_changed_filter_reads_again_and_decides_again(world: World) -> None:
    tested = world.shop.place_order([("MUG", 1)], test=True)
    world.run()
    world.change(orders={"book_test_orders": True})
    world.run()
    assert world.decisions()[tested] == ("book", "") and world.totals() == [("sale", 1000)]
    world.change(orders={"book_test_orders": False})
    world.run()
    assert world.decisions()[tested] == ("book", "") and world.totals() == [("sale", 1000)]  # it is in the books


def test_a_changed_filter_reads_again_whatever_it_left_out_long_ago(tmp_path: Path) -> None:
    world = StockWorld(tmp_path)
    tested = world.shop.place_order([("MUG", 1)], test=True)
    world.hurry += timedelta(hours=1)
    world.run()
    world.hurry += timedelta(hours=1)
    world.change(orders={"book_test_orders": True})
    world.run()
    assert world.totals(tested) == [("sale", 1000)]


def test_an_older_import_date_brings_the_older_orders(world: World) -> None:
    world.change(orders={"book_from": "2026-01-01"})
    order = world.shop.place_order([("MUG", 1)], placed_at=BEFORE)
    world.run()
    assert world.decisions() == {}
    world.change(orders={"import_from": "2025-01-01"})
    world.run()
    assert world.decisions() == {order: ("history", "before book_from")}


def test_a_tighter_filter_takes_back_what_is_not_booked_yet_and_its_hold(world: World) -> None:
    order = world.shop.place_order([("MUG", 1)], charges={"engraving": "1.00"}, channel="kiosk")
    world.run()
    assert world.holds() == [("order", "unmapped charge")]
    world.change(orders={"skip_channels": ["kiosk"]})
    world.run()
    assert world.holds() == [] and world.decisions()[order] == ("left_out", "channel kiosk")


@pytest.mark.parametrize(("setting", "expected"), [("book", [("sale", 0)]), ("leave_out", [])])
def test_an_order_without_value_is_booked_or_left_out_as_set(
    world: World, setting: str, expected: list[tuple[str, int]]
) -> None:
    world.add("GIFT", "0.00", 10)
    world.change(orders={"zero_value": setting})
    order = world.shop.place_order([("GIFT", 1)])
    world.run()
    assert world.totals() == expected and world.holds() == []
    assert world.decisions()[order] == (("book", "") if expected else ("left_out", "zero value"))


# --- versions ------------------------------------------------------------------------------------------------------


def test_each_state_is_kept_once(world: World) -> None:
    order = world.shop.place_order([("MUG", 2)], financial_status="pending")
    world.run()
    world.shop.pay(order)
    world.run()
    world.run()
    assert versions(world) == {order: 2}


def test_an_unchanged_order_that_is_read_again_writes_nothing(world: World) -> None:
    order = world.shop.place_order([("MUG", 2)])
    world.run()
    before = (world.folder / "hub.db").stat().st_size
    rows = world.rows("SELECT * FROM sales_order")
    report = world.run(shop=[Twice(on("fetch_orders"))])
    assert report.steps[0].counts == {"unchanged": 2}
    assert world.rows("SELECT * FROM sales_order") == rows and versions(world) == {order: 1}
    assert (world.folder / "hub.db").stat().st_size == before


def test_going_back_to_an_earlier_state_is_not_a_third_version(world: World) -> None:
    order = world.shop.place_order([("MUG", 2)])
    first = json.dumps(world.shop.order(order))
    world.shop.put_raw(order, first)
    world.run("pull-orders")
    world.shop.put_raw(order, json.dumps({**json.loads(first), "note": "wrap it"}))
    world.run("pull-orders")
    world.shop.put_raw(order, first)
    world.run("pull-orders")
    assert versions(world) == {order: 2}


def test_the_last_state_is_what_the_tables_hold_whatever_the_order_of_pages(tmp_path: Path) -> None:
    world = World(tmp_path)
    orders = [world.shop.place_order([("MUG", 1)]) for _ in range(6)]
    world.run("pull-orders", shop=[Shuffled(on("fetch_orders"), seed=3), Twice(on("fetch_orders"))])
    for order in orders[::2]:
        world.shop.edit_order(order, {world.line_ids(order)[0]: 4})
    world.run("pull-orders", shop=[Early(on("fetch_orders")), Shuffled(on("fetch_orders"), seed=5)])
    quantities = dict(world.rows("SELECT remote_id, quantity FROM line_item JOIN sales_order ON id = order_id"))
    assert quantities == {order: 4 if order in orders[::2] else 1 for order in orders}


def test_a_state_that_is_older_than_the_recorded_one_is_left_alone(world: World) -> None:
    order = world.shop.place_order([("MUG", 2)], financial_status="pending")
    older = {**world.shop.order(order), "updated_at": "2026-01-01T00:00:00.000Z"}
    world.shop.pay(order)
    world.run()
    world.shop.put_raw(order, json.dumps(older))
    world.run()
    assert world.rows("SELECT financial_status FROM sales_order") == [("paid",)]


# --- cursors -------------------------------------------------------------------------------------------------------


def test_an_order_placed_while_the_pages_are_read_is_seen_now_or_next_time(world: World) -> None:
    world.shop.place_order([("MUG", 1)])
    world.run("pull-orders", shop=[Between(on("fetch_orders"), lambda: world.shop.place_order([("MUG", 2)]))])
    world.run("pull-orders")
    assert len(world.decisions()) == 2


def test_a_failure_between_pages_keeps_what_was_read_and_goes_on_from_there(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncctl.connectors.sandbox.store.PAGE_SIZE", 2)
    orders = [world.shop.place_order([("MUG", 1)]) for _ in range(5)]
    report = world.run(shop=[FailBefore(on("fetch_orders", 2), Unreachable("cut"))])
    assert report.exit_code == 3 and sorted(world.decisions()) == orders[:2]
    assert [(step.step, step.party, step.state) for step in report.steps if step.party == "shop"] == [
        ("pull-orders", "shop", "failed"),
        ("push-data", "shop", "not run"),
    ]
    world.run()
    assert sorted(world.decisions()) == orders and world.totals() == [("sale", 1000)] * 5


def test_a_page_that_could_not_be_written_is_read_again(tmp_path: Path) -> None:
    """Rows and cursor move together: the orders are so old by then that only the cursor could bring them again."""
    world = StockWorld(tmp_path)
    world.run()
    order = world.shop.place_order([("MUG", 1)])
    world.hurry += timedelta(hours=1)
    for statement in (
        "CREATE TRIGGER stop BEFORE INSERT ON line_item BEGIN SELECT RAISE(ABORT, 'it broke off'); END",
        "DROP TRIGGER stop",
    ):
        with closing(sqlite3.connect(tmp_path / "hub.db")) as hub:
            hub.execute(statement)
        with suppress(sqlite3.IntegrityError):
            world.run()
        world.hurry += timedelta(hours=1)
    world.run()
    assert world.totals(order) == [("sale", 1000)]


def test_open_orders_are_read_again_daily_whatever_their_change_time_says(world: World) -> None:
    order = world.shop.place_order([("MUG", 1)], financial_status="pending")
    world.run()
    with sqlite3.connect(world.folder / "shop.db") as connection:  # a change that moves no change time
        connection.execute("UPDATE sales_order SET body = replace(body, '\"pending\"', '\"paid\"')")
    with sqlite3.connect(world.folder / "shop.db") as connection:
        connection.execute("UPDATE sales_order SET changed_at = '2026-01-01T00:00:00.000Z', change = 0")
    world.run()
    assert world.documents() == []
    world.run(later=timedelta(days=1, minutes=1))
    assert world.totals(order) == [("sale", 1000)]


def test_a_line_whose_sku_is_told_no_more_keeps_the_one_that_was_read(world: World) -> None:
    """A shop that deleted the product says nothing of it: the order is booked, and counted, as it was sold."""
    order_id = world.shop.place_order([("MUG", 2), ("TRAY", 1)])
    world.run("pull-orders")
    for _ in range(2):
        first, *rest = world.shop.order(order_id)["lines"]
        world.shop.mark(order_id, lines=[{**first, "sku": None}, *rest])
        world.run("pull-orders")
        assert world.rows("SELECT sku, quantity FROM line_item ORDER BY position") == [("MUG", 2), ("TRAY", 1)]
    world.run()
    assert [[line.sku for line in one.lines] for one in world.documents(order_id) if one.kind == "sale"] == [
        ["MUG", "TRAY"]
    ]
    new = world.shop.place_order([("MUG", 1)])
    world.shop.mark(new, lines=[{**world.shop.order(new)["lines"][0], "sku": None}])
    world.run()
    assert [reason for _, reason in world.holds()] == ["missing SKU"], "what was never read is not made up"


def test_another_shop_in_the_place_of_the_known_one_stops_it(world: World) -> None:
    world.shop.place_order([("MUG", 1)])
    world.run()
    world.sections["stores"]["shop"]["path"] = "other.db"
    world.change()
    report = world.run("pull-orders")
    assert report.exit_code == SafetyStop.exit_code and "not the one this hub belongs to" in report.steps[0].reason
    assert len(world.decisions()) == 1


def test_an_order_that_the_store_lost_is_held_and_its_units_still_count(world: World) -> None:
    order = world.shop.place_order([("MUG", 4)], financial_status="pending")
    world.run()
    world.shop.remove_order(order)
    world.run(later=timedelta(days=1, minutes=1))
    assert world.holds() == [("order", "gone")] and world.shop.level("MUG") == 96
    assert world.run(later=timedelta(days=3)).new_holds == 0


# --- switches ------------------------------------------------------------------------------------------------------


def test_orders_switched_off_are_not_read_and_say_so(world: World) -> None:
    world.change(orders={"enabled": False}, stock={"enabled": False}, customers={"enabled": False})
    world.shop.place_order([("MUG", 1)])
    report = world.run()
    assert world.documents() == [] and world.decisions() == {}
    assert [step.reason for step in report.steps if step.step in ("pull-orders", "push-orders")] == [
        "orders.enabled is off"
    ] * 2
    world.change(customers={"enabled": True})  # customers go by themselves
    report = world.run()
    assert [step.state for step in report.steps] == ["done"] * 4
    assert world.documents() == [] and world.decisions() == {}


def test_sales_switched_off_are_left_out_by_that_name(world: World) -> None:
    world.change(orders={"import_sales": False}, stock={"enabled": False})
    order = world.shop.place_order([("MUG", 1)])
    world.run()
    assert world.decisions()[order] == ("left_out", "import_sales is off") and world.documents() == []
