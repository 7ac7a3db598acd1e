"""Several locations: which of the back office's feed which store, and whose orders count there.

The books keep "main" and "east"; of MUG there are 100 and 30, of TRAY 50 and 20.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import syncctl.cycle
from syncctl.connectors.sandbox.books import SandboxBooks
from syncctl.connectors.sandbox.office_tables import OfficeRefusal
from syncctl.connectors.sandbox.store import SandboxStore
from syncctl.errors import ConfigError, Unreachable
from syncctl.hub import explain
from syncctl.model import LevelChange, WriteOutcome
from syncctl.rules.feeds import Feed, feeds
from syncctl.settings import SandboxBooksSettings
from tests.fakes.faulty import FailBefore, on
from tests.stock_world import StockWorld, states, tomorrow
from tests.test_cli import call

FALLS_ON = pytest.mark.parametrize("falls_on", ["order", "shipment"])
DOWN = [FailBefore(on("fetch_orders", None), Unreachable("down"))]


def world_of(
    folder: Path, fed: Mapping[str, Sequence[str]], *, stores: Mapping[str, Any] | None = None, **options: Any
) -> StockWorld:
    """Stores fed from these locations; `stores`: more of their settings."""
    world = StockWorld(folder, stores=tuple(fed), **options)
    for name, locations in fed.items():
        more = (stores or {}).get(name, {})
        world.sections["stores"][name] |= {"locations": list(locations), **more}
    world.change()
    world.office.set_stock("MUG", 30, location="east")
    world.office.set_stock("TRAY", 20, location="east")
    world.settle()
    return world


def feed(world: StockWorld, store: str, *locations: str, **more: Any) -> None:
    world.sections["stores"][store] |= {"locations": list(locations), **more}
    world.change()


def shelves(world: StockWorld, sku: str) -> dict[str, int]:
    return {location: units for one, location, units in world.office.levels() if one == sku}


# --- what feeds a store ------------------------------------------------------------------------------------------


def test_each_store_shows_the_sum_of_what_feeds_it(tmp_path: Path) -> None:
    world = world_of(tmp_path, {"a": ["main"], "b": ["east"], "c": ["main", "east"], "d": []})
    assert [world.level("MUG", store) for store in "abcd"] == [100, 30, 130, 130]
    world.office.receive("MUG", 5, location="east")
    world.run()
    assert [world.level("MUG", store) for store in "abcd"] == [100, 35, 135, 135]


def test_a_store_without_a_list_is_fed_as_the_stock_settings_say(tmp_path: Path) -> None:
    world = world_of(tmp_path, {"a": [], "b": ["main"]}, stock={"locations": ["east"]})
    assert [world.level("MUG", store) for store in "ab"] == [30, 100]


def test_a_changed_list_is_shown_by_the_next_run(tmp_path: Path) -> None:
    world = world_of(tmp_path, {"a": ["main"], "b": ["east"]})
    feed(world, "b", "east", "main")
    world.run()
    assert [world.level("MUG", store) for store in "ab"] == [100, 130]


# --- where units leave from --------------------------------------------------------------------------------------


@FALLS_ON
def test_units_leave_from_the_one_location_that_feeds_the_store(tmp_path: Path, falls_on: str) -> None:
    world = world_of(tmp_path, {"a": ["main"], "b": ["east"]}, falls_on=falls_on)
    order_id = world.shops["b"].place_order([("MUG", 4)])
    world.run()
    [sale] = [one for one in world.documents(order_id) if one.kind == "sale"]
    assert sale.location == "east"
    world.office.ship(sale.reference, {world.line_ids(order_id, "b")[0]: 3})
    world.run()
    assert shelves(world, "MUG") == {"main": 100, "east": 26 if falls_on == "order" else 27}
    assert [world.level("MUG", store) for store in "ab"] == [100, 26]
    world.shops["b"].refund(order_id, {world.line_ids(order_id, "b")[0]: 2}, restock=True)
    world.settle()
    assert shelves(world, "MUG") == {"main": 100, "east": 28}
    assert [world.level("MUG", store) for store in "ab"] == [100, 28]


def test_units_leave_from_the_location_that_is_set(tmp_path: Path) -> None:
    world = world_of(tmp_path, {"a": ["main", "east"]}, stores={"a": {"sells_from": "east"}})
    world.shop.place_order([("MUG", 4)])
    world.run()
    assert shelves(world, "MUG") == {"main": 100, "east": 26}


def test_where_several_feed_the_store_and_none_is_set_the_back_office_decides(tmp_path: Path) -> None:
    world = world_of(tmp_path, {"a": ["main", "east"]})
    world.shop.place_order([("MUG", 4)])
    world.run()
    assert {one.location for one in world.documents()} == {""}
    assert shelves(world, "MUG") == {"main": 96, "east": 30}


# --- whose orders count ------------------------------------------------------------------------------------------


def hold(world: StockWorld, store: str, sku: str = "MUG", units: int = 4) -> str:
    """An order that will not be booked: its units stay unknown to the books."""
    order_id = world.shops[store].place_order([(sku, units)])
    world.shops[store].set_status(order_id, financial="wibble")
    return order_id


def test_an_order_counts_where_its_units_may_leave_from_and_nowhere_else(tmp_path: Path) -> None:
    fed = {"a": ["main"], "b": ["east"], "c": ["main", "east"], "d": []}
    world = world_of(tmp_path, fed, stores={"c": {"sells_from": "main"}})
    expected = {"b": [100, 26, 126, 126], "a": [96, 26, 122, 122], "d": [92, 22, 118, 118], "c": [88, 18, 114, 114]}
    for store, levels in expected.items():
        hold(world, store)
        for _ in range(2):  # the second run gives back what was netted for one
            world.run()
        assert [world.level("MUG", one) for one in "abcd"] == levels, f"after an order in {store}"


def test_an_order_counts_everywhere_if_the_back_office_decides_from_where_it_leaves(tmp_path: Path) -> None:
    world = world_of(tmp_path, {"a": ["main"], "b": ["east", "north"]})
    world.office.set_stock("MUG", 7, location="north")
    hold(world, "b")
    world.settle()
    assert [world.level("MUG", one) for one in "ab"] == [96, 33]


@FALLS_ON
def test_an_order_booked_on_another_location_counts_there_after_the_settings_changed(
    tmp_path: Path, falls_on: str
) -> None:
    """Sold from the east, not shipped; then its store is fed from the north. The units will still leave the east."""
    world = world_of(tmp_path, {"a": ["main"], "b": ["east"], "c": ["east"]}, falls_on=falls_on)
    world.office.set_stock("MUG", 9, location="north")
    order_id = world.shops["b"].place_order([("MUG", 4)])
    world.settle()
    feed(world, "b", "north")
    world.settle()
    assert [world.level("MUG", one) for one in "abc"] == [100, 9 if falls_on == "order" else 5, 26]
    world.office.ship(world.documents(order_id)[0].reference)
    world.settle()
    assert shelves(world, "MUG") == {"main": 100, "east": 26, "north": 9}
    assert [world.level("MUG", one) for one in "abc"] == [100, 9, 26]


@FALLS_ON
@pytest.mark.parametrize("what", ["refund", "amend", "credit"])
def test_what_becomes_of_a_sale_stays_where_it_was_booked(tmp_path: Path, falls_on: str, what: str) -> None:
    world = world_of(tmp_path, {"b": ["east"]}, falls_on=falls_on)
    if what != "refund":
        world.change(back_office={"amend": [what]})
    order_id = world.shop.place_order([("MUG", 4)])
    world.run()
    feed(world, "b", "main")
    [line_id] = world.line_ids(order_id)
    if what == "refund":
        world.shop.refund(order_id, {line_id: 1}, restock=True)
    else:
        world.shop.edit_order(order_id, {line_id: 3})
    world.settle()
    assert world.holds() == []
    anew = what == "credit"  # taken back where it was, and booked again as the settings are now
    for reference in {one.reference for one in world.documents(order_id) if one.kind == "sale"}:
        with suppress(OfficeRefusal):  # nothing is left of the one that was taken back
            world.office.ship(reference)
    world.settle()
    assert shelves(world, "MUG") == ({"main": 97, "east": 30} if anew else {"main": 100, "east": 27})
    assert world.level("MUG") == (97 if anew else 100)


def test_a_store_that_cannot_be_read_holds_down_only_those_that_share_its_stock(tmp_path: Path) -> None:
    world = world_of(tmp_path, {"a": ["main"], "b": ["east"], "c": ["east"]})
    for location in ("main", "east"):
        world.office.receive("MUG", 10, location=location)
    report = world.run(plans={"c": DOWN})
    assert states(report)["push-data", "c"] == "not run"
    assert [world.level("MUG", one) for one in "abc"] == [110, 30, 30]
    world.run()
    assert [world.level("MUG", one) for one in "abc"] == [110, 40, 40]


def test_a_kit_is_worked_out_per_store(tmp_path: Path) -> None:
    world = world_of(tmp_path, {"a": ["main"], "b": ["east"]})
    world.add_kit("SET", {"MUG": 4, "TRAY": 1})
    world.shops["b"].place_order([("SET", 2)])
    world.settle()
    assert [world.level("SET", one) for one in "ab"] == [25, 5]
    assert shelves(world, "MUG") == {"main": 100, "east": 22}


# --- what is written wrong ---------------------------------------------------------------------------------------


def test_a_location_that_no_reading_has_publishes_nothing_for_its_stores(tmp_path: Path) -> None:
    world = world_of(tmp_path, {"a": ["main"], "b": ["east"]})
    feed(world, "b", "east", "eest", sells_from="east")
    world.office.receive("MUG", 3, location="east")
    world.office.receive("MUG", 3)
    assert world.run().exit_code == 1
    assert [world.level("MUG", one) for one in "ab"] == [103, 30]
    assert world.holds() == [("stock", "unknown location")]
    [message] = world.messages()
    assert "'eest'" in message and "stores.b.locations" in message and "'east'" not in message
    assert world.run().exit_code == 0, "and no more holds"
    feed(world, "b", "east")
    world.run()
    assert world.holds() == []
    assert [world.level("MUG", one) for one in "ab"] == [103, 33]


def test_a_location_that_is_gone_from_the_books_leaves_its_store_as_it_is(tmp_path: Path) -> None:
    world = world_of(tmp_path, {"a": ["main"], "b": ["east"]}, safety={"min_shrink": 100})
    with closing(sqlite3.connect(tmp_path / "books.db")) as connection, connection:
        connection.execute("UPDATE level SET location = 'far east' WHERE location = 'east'")
    tomorrow(world)
    assert world.holds() == [("stock", "unknown location")]
    assert [world.level("MUG", one) for one in "ab"] == [100, 30]


def test_a_location_of_the_stores_own_is_asked_of_a_store_that_has_none(tmp_path: Path) -> None:
    world = world_of(tmp_path, {"a": ["main"]})
    feed(world, "a", "main", location="window")
    world.office.receive("MUG", 3)
    with pytest.raises(ConfigError, match=r"stores\.a\.location: .* nothing was contacted"):
        world.run()
    assert world.level("MUG") == 100


class Branches(SandboxStore):
    """A sandbox shop whose one shelf is called "window", and which knows no other."""

    abilities = replace(SandboxStore.abilities, locations=True)

    def fetch_levels(self, listing_ids: Sequence[str], location: str = "") -> dict[str, int | None]:
        return super().fetch_levels(listing_ids) if location == "window" else {}

    def push_levels(self, changes: Sequence[LevelChange]) -> list[WriteOutcome]:
        here = [replace(change, location="") for change in changes if change.location == "window"]
        assert len(here) == len(changes)
        return super().push_levels(here)


def test_a_store_with_locations_is_read_and_written_at_the_one_that_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = world_of(tmp_path, {"a": ["main"]})
    feed(world, "a", "main", location="window")
    world.office.receive("MUG", 3)
    monkeypatch.setattr(syncctl.cycle, "open_store", Branches)
    world.run()
    assert world.level("MUG") == 103


@pytest.mark.parametrize("enabled", [True, False])
def test_a_store_with_locations_is_told_to_name_one_before_anything_is_contacted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, enabled: bool
) -> None:
    """Else none of its levels would ever be written, and nobody would hear of it."""
    world = world_of(tmp_path, {"a": ["main"]}, stock={"enabled": enabled})
    world.office.receive("MUG", 3)
    monkeypatch.setattr(syncctl.cycle, "open_store", Branches)
    if not enabled:
        assert world.run().exit_code == 0
        return
    with pytest.raises(ConfigError, match=r"stores\.a\.location: .* nothing was contacted"):
        world.run()
    assert world.level("MUG") == 100


def test_a_location_of_a_back_office_that_has_none_is_refused_with_the_lines_to_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = world_of(tmp_path, {"a": ["main"], "b": []}, stock={"locations": ["east"]})

    def without_locations(settings: SandboxBooksSettings, *_rest: object) -> SandboxBooks:
        books = SandboxBooks("back-office", settings)
        books.abilities = replace(books.abilities, locations=False)
        return books

    monkeypatch.setattr(syncctl.cycle, "open_back_office", without_locations)
    with pytest.raises(ConfigError) as caught:
        world.run()
    assert "stores.a.locations, stock.locations" in caught.value.hint


def test_a_shrink_is_counted_over_what_feeds_any_store(tmp_path: Path) -> None:
    world = world_of(tmp_path, {"a": ["main"], "b": ["east"]}, safety={"min_shrink": 1, "max_shrink": 0.1})
    world.office.set_stock("MUG", 0)
    assert world.run().exit_code == 0, "there are some in the east"
    world.office.set_stock("MUG", 0, location="east")
    assert world.run().exit_code == 5


# --- the rule itself ---------------------------------------------------------------------------------------------


def test_stores_are_grouped_by_what_feeds_them(tmp_path: Path) -> None:
    world = StockWorld(tmp_path, stores=("a", "b", "c", "d"))
    assert feeds(world.settings) == [Feed(("a", "b", "c", "d"), (), ())]
    for store, locations in (("a", ["main"]), ("b", ["east"]), ("c", ["main"])):
        feed(world, store, *locations)
    assert feeds(world.settings) == [
        Feed(("a", "c"), ("main",), ("b",)),
        Feed(("b",), ("east",), ("a", "c")),
        Feed(("d",), (), ()),
    ]
    assert not world.settings.takes_from("a", "b") and world.settings.takes_from("d", "b")


# --- explained ---------------------------------------------------------------------------------------------------


def test_the_explanation_says_which_location_feeds_what_and_where_an_order_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fed = {"a": ["main"], "b": ["east"], "c": ["east", "main"]}
    world = world_of(tmp_path, fed, stores={"c": {"sells_from": "east"}})
    world.add_kit("SET", {"MUG": 4})
    hold(world, "b")
    world.run()
    with closing(sqlite3.connect(tmp_path / "hub.db")) as connection:
        feeding = {"a": ["main"], "b": ["east"], "c": ["east", "main"]}
        counting = {"a": ["a", "c"], "b": ["b", "c"], "c": ["a", "b", "c"]}
        found = explain.sku(connection, "MUG", "order", feeding, counting)
        kit = explain.sku(connection, "SET", "order", feeding, counting)
    assert found is not None and kit is not None
    assert [(row["location"], row["available"], row["feeds"]) for row in found["levels"]] == [
        ("east", 30, "b, c"),
        ("main", 100, "a, c"),
    ]
    assert [(row["store"], row["unreflected"], row["counts_in"]) for row in found["orders"]] == [("b", 4, "b, c")]
    assert [(row["component"], row["location"], row["feeds"]) for row in kit["components"]] == [
        ("MUG", "east", "b, c"),
        ("MUG", "main", "a, c"),
    ]
    assert call("--config", str(world.config), "explain", "sku", "MUG", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["orders"][0]["counts_in"] == "b, c"
