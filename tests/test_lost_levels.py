"""Levels whose reply was lost: what stands there as it was sent is no drop that nobody explains."""

from dataclasses import replace
from pathlib import Path

import pytest

from syncctl.connectors.sandbox.store import SandboxStore
from tests.fakes.faulty import FailAfter, FailBefore, lost_reply, on
from tests.stock_world import StockWorld, counts_of

LOST = {"shop": [lost_reply("push_levels")]}


@pytest.fixture(params=[True, False], ids=["the store tells what changed", "it does not"], autouse=True)
def tells(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SandboxStore, "abilities", replace(SandboxStore.abilities, listing_changes=request.param))


@pytest.fixture
def world(tmp_path: Path) -> StockWorld:
    """MUG was agreed on as 100, is to be 40, and the reply to that was lost."""
    world = StockWorld(tmp_path)
    world.run()
    world.office.set_stock("MUG", 40)
    assert world.run(plans=LOST).exit_code == 3
    assert world.level("MUG") == 40
    return world


def test_a_level_that_was_written_and_lost_is_left_as_it_is(world: StockWorld) -> None:
    report = world.run()
    assert world.level("MUG") == 40
    assert counts_of(report, "push-data")["netted"] == 0
    assert world.writes("push_levels") == []


def test_a_level_that_was_lost_before_it_was_written_is_written(tmp_path: Path) -> None:
    world = StockWorld(tmp_path)
    world.run()
    world.office.set_stock("MUG", 40)
    fault = lost_reply("push_levels")
    assert isinstance(fault, FailAfter)
    world.run(plans={"shop": [FailBefore(on("push_levels"), fault.error)]})
    assert world.level("MUG") == 100
    assert counts_of(world.run(), "push-data")["netted"] == 0
    assert world.level("MUG") == 40


def test_what_was_sold_after_a_lost_reply_is_explained(world: StockWorld) -> None:
    world.run("pull-orders", "push-orders", "pull-data")
    world.shop.place_order([("MUG", 3)])
    world.run()
    world.run()
    assert world.level("MUG") == world.most("MUG") == 37


def test_a_drop_below_what_was_lost_is_held_back_all_the_same(world: StockWorld) -> None:
    """Somebody may have bought those units in an order that cannot be seen yet."""
    world.shop.set_level("MUG", 38)
    assert counts_of(world.run(), "push-data")["netted"] == 1
    assert (world.level("MUG") or 0) <= 38
    world.run()
    assert world.level("MUG") == 40


def test_another_level_may_be_wanted_by_then(world: StockWorld) -> None:
    world.office.set_stock("MUG", 30)
    assert counts_of(world.run(), "push-data")["netted"] == 0
    assert world.level("MUG") == 30


def test_the_daily_reading_of_all_listings_knows_what_was_lost_too(world: StockWorld) -> None:
    world.change(stock={"verify": "0s"})
    world.office.set_stock("MUG", 30)
    report = world.run()
    assert (counts_of(report, "push-data")["netted"], counts_of(report, "push-data")["edited by hand"]) == (0, 0)
    assert world.level("MUG") == 30


def test_after_a_lost_reply_orders_and_all_the_same_level_is_right(tmp_path: Path) -> None:
    """The units of an order that was pulled before the write are in what was sent."""
    world = StockWorld(tmp_path)
    world.run()
    world.shop.place_order([("MUG", 5)])
    world.office.set_stock("MUG", 40)
    assert world.run(plans=LOST).exit_code == 3
    sent = world.level("MUG")
    report = world.run()
    assert counts_of(report, "push-data")["netted"] == 0
    assert world.level("MUG") == sent == world.most("MUG")
