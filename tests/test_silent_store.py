"""A store that does not tell which listings changed: all rests on what is remembered, and the unknown is read first."""

from dataclasses import replace
from pathlib import Path

import pytest

from syncctl.connectors.sandbox.store import SandboxStore
from syncctl.errors import Unreachable
from tests.fakes.faulty import FailBefore, lost_reply, on
from tests.stock_world import StockWorld, tomorrow


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StockWorld:
    """One such shop and a back office, in step."""
    monkeypatch.setattr(SandboxStore, "abilities", replace(SandboxStore.abilities, listing_changes=False))
    world = StockWorld(tmp_path)
    world.settle()
    return world


def test_a_level_whose_reply_was_lost_is_read_and_not_written_again(world: StockWorld) -> None:
    world.office.receive("MUG", 5)
    world.run(plans={"shop": [lost_reply("push_levels")]})
    assert world.level("MUG") == 105
    world.run()
    assert (world.calls("fetch_levels", "shop"), world.calls("push_levels", "shop")) == (1, 0)
    world.run()
    assert world.calls("fetch_levels", "shop") == 0


def test_a_level_whose_write_never_arrived_is_written_by_the_next_run(world: StockWorld) -> None:
    world.office.sell("MUG", 5)
    world.run(plans={"shop": [FailBefore(on("push_levels"), Unreachable("no route"))]})
    assert world.level("MUG") == 100
    world.run()
    assert world.level("MUG") == 95


def test_after_a_lost_reply_a_level_that_should_be_as_before_is_looked_at_all_the_same(world: StockWorld) -> None:
    world.office.receive("MUG", 5)
    world.run(plans={"shop": [lost_reply("push_levels")]})
    world.office.sell("MUG", 5)
    world.run()
    assert world.level("MUG") == world.most("MUG") == 100


def test_what_somebody_else_changed_is_put_right_once_a_day(world: StockWorld) -> None:
    world.shop.set_level("MUG", 101)
    world.shop.set_price("TRAY", "3.99")
    world.run()
    assert (world.level("MUG"), world.shop.price("TRAY")) == (101, "3.99")
    tomorrow(world)
    assert (world.level("MUG"), world.shop.price("TRAY")) == (100, "4.00")
