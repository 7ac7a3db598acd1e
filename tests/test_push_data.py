"""Step 4 beside levels: prices, shipments, and what a store refuses."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from syncctl.connectors.base import Page
from syncctl.connectors.sandbox.books import SandboxBooks
from syncctl.connectors.sandbox.files import set_meta
from syncctl.connectors.sandbox.store import SandboxStore
from syncctl.errors import BatchRefused, Unreachable
from syncctl.model import FulfilmentLine, Refused, Shipment
from tests.fakes.faulty import FailBefore, lost_reply, on
from tests.stock_world import StockWorld, counts_of, dump


@pytest.fixture
def world(tmp_path: Path) -> StockWorld:
    """One shop and a back office, in step."""
    world = StockWorld(tmp_path)
    world.settle()
    return world


def refuse(monkeypatch: pytest.MonkeyPatch, method: str, sku: str) -> None:
    """Let the shop refuse one SKU: it takes the others."""
    real = getattr(SandboxStore, method)

    def some(store: SandboxStore, changes: list[Any]) -> list[Any]:
        return [
            Refused(key=one.key, reason="not_today", message="The shop does not like it.")
            if store.shop.listing(one.listing_id).sku == sku
            else real(store, [one])[0]
            for one in changes
        ]

    monkeypatch.setattr(SandboxStore, method, some)


def retry_holds(world: StockWorld) -> None:
    hub = world.hub()
    hub.holds.retry()
    hub.close()


# --- prices --------------------------------------------------------------------------------------------------------


def test_a_price_that_differs_is_written_and_nothing_else_of_the_listing(world: StockWorld) -> None:
    world.office.set_price("MUG", "11.5")
    world.office.rename_item("MUG", "Another title")
    before = world.shop.listing("MUG")
    world.run()
    after = world.shop.listing("MUG")
    assert after.price == "11.50"
    assert (after.title, after.quantity, after.sku) == (before.title, before.quantity, before.sku)
    assert [one.listing_id for one in world.writes("push_prices")] == [before.id]


@pytest.mark.parametrize("theirs", ["10", "10.0", "10.00", "010.000"])
def test_equal_amounts_are_equal_however_they_are_written(world: StockWorld, theirs: str) -> None:
    world.shop.set_price("MUG", theirs)
    world.run()
    assert world.writes("push_prices") == []
    world.office.set_price("MUG", "10.000")
    world.run()
    assert world.writes("push_prices") == []


def test_more_places_than_the_currency_has_are_kept(world: StockWorld) -> None:
    world.office.set_price("MUG", "0.1255")
    world.run()
    assert world.shop.price("MUG") == "0.1255"


def test_a_price_edited_by_hand_in_the_shop_is_put_right(world: StockWorld) -> None:
    world.shop.set_price("MUG", "1.00")
    world.run()
    assert world.shop.price("MUG") == "10.00"


def test_a_price_in_another_currency_is_never_written(tmp_path: Path) -> None:
    world = StockWorld(tmp_path)
    set_meta(world.shop.connection, "currency", "USD")
    world.office.set_price("MUG", "99.00")
    world.run()
    assert world.shop.price("MUG") == "10.00"
    assert world.writes("push_prices") == []


def test_the_price_list_of_the_settings_feeds_the_web(world: StockWorld) -> None:
    world.office.set_price("MUG", "7.77", price_list="web")
    world.change(products={"price_list": "web"})
    world.run()
    assert (world.shop.price("MUG"), world.shop.price("TRAY")) == ("7.77", "4.00")


@pytest.mark.parametrize("products", [{"enabled": False}, {"push_prices": False}])
def test_prices_switched_off_are_left_alone(tmp_path: Path, products: dict[str, bool]) -> None:
    world = StockWorld(tmp_path, products=products)
    world.office.set_price("MUG", "99.00")
    world.office.receive("MUG", 1)
    world.run()
    assert (world.shop.price("MUG"), world.level("MUG")) == ("10.00", 101)


def test_a_refused_price_is_held_and_not_sent_again_until_it_changes_or_somebody_asks(
    world: StockWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, "push_prices", "MUG")
    world.office.set_price("MUG", "12.00")
    world.office.set_price("TRAY", "5.00")
    assert world.run().exit_code == 1
    assert (world.shop.price("MUG"), world.shop.price("TRAY")) == ("10.00", "5.00")
    assert world.holds() == [("price", "not_today")]
    assert "MUG" in world.messages()[0]
    assert [world.run().exit_code for _ in range(2)] == [0, 0]
    assert world.calls("push_prices", "shop") == 0
    world.office.set_price("MUG", "13.00")
    world.run()
    assert world.calls("push_prices", "shop") == 1
    world.run()
    assert world.calls("push_prices", "shop") == 0
    monkeypatch.undo()
    retry_holds(world)
    world.run()
    assert world.shop.price("MUG") == "13.00"
    assert world.holds() == []


def test_a_refused_level_is_held_and_not_sent_again_until_it_changes_or_somebody_asks(
    world: StockWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, "push_levels", "MUG")
    world.office.receive("MUG", 5)
    world.office.receive("TRAY", 5)
    assert world.run().exit_code == 1
    assert (world.level("MUG"), world.level("TRAY")) == (100, 55)
    assert world.holds() == [("stock", "not_today")]
    assert [world.run().exit_code for _ in range(2)] == [0, 0]
    assert world.calls("push_levels", "shop") == 0
    world.office.receive("MUG", 5)
    world.run()
    assert world.calls("push_levels", "shop") == 1
    monkeypatch.undo()
    world.run()
    assert world.level("MUG") == 100, "the same is not sent again by itself within a day"
    retry_holds(world)
    world.run()
    assert world.level("MUG") == 110
    assert world.holds() == []


def test_a_batch_that_is_refused_is_halved_until_the_bad_record_stands_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = StockWorld(tmp_path)
    for number in range(9):
        world.add(f"SKU-{number}", "1.00", 3)
        world.office.receive(f"SKU-{number}", number + 1)
    real = SandboxStore.push_levels

    def picky(store: SandboxStore, changes: list[Any]) -> list[Any]:
        if any(store.shop.listing(one.listing_id).sku == "SKU-6" for one in changes):
            raise BatchRefused("Something in here is wrong.")
        return real(store, changes)

    monkeypatch.setattr(SandboxStore, "push_levels", picky)
    assert world.run().exit_code == 1
    assert [world.level(f"SKU-{number}") for number in range(9)] == [4, 5, 6, 7, 8, 9, 3, 11, 12]
    assert world.holds() == [("stock", "refused")]


def test_a_lost_reply_to_a_level_is_read_before_anything_is_written(world: StockWorld) -> None:
    world.office.receive("MUG", 5)
    assert world.run(plans={"shop": [lost_reply("push_levels")]}).exit_code == 3
    assert world.level("MUG") == 105
    world.run()
    assert world.writes("push_levels") == []
    assert world.rows("SELECT quantity FROM shown s JOIN listing l ON l.id = s.listing_id WHERE sku = 'MUG'") == [
        (105,)
    ]


def test_a_lost_reply_to_a_price_is_read_before_anything_is_written(world: StockWorld) -> None:
    world.office.set_price("MUG", "12.00")
    assert world.run(plans={"shop": [lost_reply("push_prices")]}).exit_code == 3
    world.run()
    assert world.writes("push_prices") == []
    assert world.shop.price("MUG") == "12.00"


# --- shipments -----------------------------------------------------------------------------------------------------


def shipped(world: StockWorld, *parcels: dict[str, Any], lines: list[tuple[str, int]]) -> str:
    """An order in the books of which these parcels left; by position: {0: units, …, "tracking": number}."""
    order_id = world.shop.place_order(lines)
    world.run()
    reference = next(one.reference for one in world.documents(order_id) if one.kind == "sale")
    ids = world.line_ids(order_id)
    for parcel in parcels:
        units = {ids[key]: value for key, value in parcel.items() if isinstance(key, int)}
        world.office.ship(reference, units or None, tracking_number=parcel.get("tracking", ""), carrier="Royal Mail")
    return order_id


def parcels_of(world: StockWorld, order_id: str) -> list[tuple[str, dict[str, int]]]:
    """What the shop shows: (tracking number, units by line id) of each fulfilment."""
    return [
        (one["tracking_number"], {line["line_id"]: line["quantity"] for line in one["lines"]})
        for one in world.shop.order(order_id)["fulfilments"]
    ]


@pytest.mark.parametrize("falls_on", ["order", "shipment"])
def test_tracking_goes_to_the_shop_once(tmp_path: Path, falls_on: str) -> None:
    world = StockWorld(tmp_path, falls_on=falls_on)
    order_id = shipped(world, {"tracking": "T-1"}, lines=[("MUG", 2), ("TRAY", 1)])
    for _ in range(3):
        world.run()
    ids = world.line_ids(order_id)
    assert parcels_of(world, order_id) == [("T-1", {ids[0]: 2, ids[1]: 1})]
    body = world.shop.order(order_id)
    assert body["fulfilment_status"] == "fulfilled"
    assert body["fulfilments"][0]["carrier"] == "Royal Mail"
    assert body["fulfilments"][0]["customer_notified"] is False
    assert world.totals() == [("sale", 2400)]


def test_the_shop_tells_the_customer_only_where_it_is_set(tmp_path: Path) -> None:
    world = StockWorld(tmp_path)
    world.change(stores={"shop": {"connector": "sandbox", "path": "shop.db", "notify_customer": True}})
    order_id = shipped(world, {"tracking": "T-1"}, lines=[("MUG", 2)])
    world.run()
    assert world.shop.order(order_id)["fulfilments"][0]["customer_notified"] is True


@pytest.mark.parametrize("tracking", ["T-1", ""])
def test_a_lost_reply_to_a_shipment_is_looked_up(world: StockWorld, tracking: str) -> None:
    order_id = shipped(world, {0: 1, "tracking": tracking}, lines=[("MUG", 2)])
    assert world.run(plans={"shop": [lost_reply("push_fulfilments")]}).exit_code == 3
    report = world.run()
    assert len(parcels_of(world, order_id)) == 1
    assert world.writes("push_fulfilments") == []
    assert counts_of(report, "push-data")["shipments found"] == 1


def test_a_shipment_that_failed_before_it_was_made_is_made_later(world: StockWorld) -> None:
    order_id = shipped(world, {"tracking": "T-1"}, lines=[("MUG", 2)])
    world.run(plans={"shop": [FailBefore(on("push_fulfilments"), Unreachable("down"))]})
    assert parcels_of(world, order_id) == []
    world.run()
    assert len(parcels_of(world, order_id)) == 1


def test_an_order_may_leave_in_parts(world: StockWorld) -> None:
    order_id = shipped(world, {0: 1, "tracking": "T-1"}, lines=[("MUG", 3), ("TRAY", 1)])
    world.run()
    ids = world.line_ids(order_id)
    assert parcels_of(world, order_id) == [("T-1", {ids[0]: 1})]
    assert world.shop.order(order_id)["fulfilment_status"] == "partially_fulfilled"
    world.office.ship(world.documents(order_id)[0].reference, tracking_number="T-2")
    world.run()
    assert parcels_of(world, order_id)[1:] == [("T-2", {ids[0]: 2, ids[1]: 1})]


def test_two_equal_parcels_without_a_tracking_number_are_two(world: StockWorld) -> None:
    order_id = shipped(world, {0: 1}, {0: 1}, lines=[("MUG", 2)])
    for _ in range(3):
        world.run()
    [line_id] = world.line_ids(order_id)
    assert parcels_of(world, order_id) == [("", {line_id: 1}), ("", {line_id: 1})]


def test_two_equal_parcels_of_which_one_reply_was_lost_are_still_two(world: StockWorld) -> None:
    order_id = shipped(world, {0: 1}, lines=[("MUG", 2)])
    world.run(plans={"shop": [lost_reply("push_fulfilments")]})
    world.office.ship(world.documents(order_id)[0].reference)
    for _ in range(2):
        world.run()
    assert len(parcels_of(world, order_id)) == 2


def test_a_shipment_that_names_no_line_goes_to_the_lines_of_its_sku(
    world: StockWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = shipped(world, lines=[("MUG", 2), ("TRAY", 1), ("MUG", 3)])
    ids = world.line_ids(order_id)
    world.office.ship(world.documents(order_id)[0].reference, {ids[0]: 2, ids[2]: 1}, tracking_number="T-1")
    real = SandboxBooks.fetch_shipments

    def by_sku(books: SandboxBooks, cursor: str | None) -> Iterator[Page[Shipment]]:
        for page in real(books, cursor):
            plain = [
                replace(one, lines=(FulfilmentLine(quantity=3, sku="MUG"), FulfilmentLine(quantity=1, sku="ELSE")))
                for one in page.records
            ]
            yield replace(page, records=plain)

    monkeypatch.setattr(SandboxBooks, "fetch_shipments", by_sku)
    world.run()
    assert parcels_of(world, order_id) == [("T-1", {ids[0]: 2, ids[2]: 1})]


def test_what_the_shop_recorded_by_hand_is_not_recorded_again(world: StockWorld) -> None:
    order_id = shipped(world, {"tracking": "T-1"}, lines=[("MUG", 2)])
    world.shop.fulfil(order_id, tracking_number="T-1")
    world.run()
    assert len(parcels_of(world, order_id)) == 1
    assert world.writes("push_fulfilments") == []


def test_a_shipment_that_the_shop_refuses_is_held_and_not_sent_each_cycle(world: StockWorld) -> None:
    order_id = shipped(world, {"tracking": "T-1"}, lines=[("MUG", 2)])
    world.shop.cancel_order(order_id)
    assert world.run().exit_code == 1
    assert ("fulfilment", "cancelled") in world.holds()
    world.run()
    assert world.calls("push_fulfilments", "shop") == 0
    retry_holds(world)
    world.run()
    assert world.calls("push_fulfilments", "shop") == 1


def test_goods_that_leave_a_sale_at_the_counter_go_nowhere(world: StockWorld) -> None:
    world.office.sell("MUG", 2)
    before = dump(world.folder / "shop.db")["sales_order"]
    world.run()
    assert dump(world.folder / "shop.db")["sales_order"] == before


def test_push_data_alone_uses_the_last_reading(world: StockWorld) -> None:
    world.office.receive("MUG", 5)
    world.run("pull-data")
    world.office.receive("MUG", 5)
    world.run("push-data")
    assert world.level("MUG") == 105
    assert "back-office" not in {name for name, side in world.sides.items() if side.calls}
