"""A store that shows no orders beyond some age: one that is not to be seen any more is neither gone nor settled."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

import syncctl.cycle
from syncctl import times
from syncctl.connectors.base import Page, WebStore
from syncctl.connectors.wrapped import WrappedStore
from syncctl.model import Order
from tests.stock_world import StockWorld

WALL = timedelta(days=60)
AHEAD = timedelta(hours=2)  # of ours, the store's clock


class Walled(WrappedStore):
    """The shop, which shows no order that is older than the wall."""

    def __init__(self, store: WebStore) -> None:
        super().__init__(store)
        self.abilities = replace(store.abilities, order_horizon_days=WALL.days)

    def fetch_orders(self, cursor: str | None, since: datetime | None) -> Iterator[Page[Order]]:
        for page in super().fetch_orders(cursor, since):
            yield self._seen(page)

    def fetch_orders_by_id(self, ids: Sequence[str]) -> Page[Order]:
        return self._seen(super().fetch_orders_by_id(ids))

    def _seen(self, page: Page[Order]) -> Page[Order]:
        oldest = times.now() + AHEAD - WALL
        seen = [one for one in page.records if one.placed_at > oldest]
        unreadable = [] if times.now() > UNREAD_UNTIL[0] else page.unreadable
        return replace(page, records=seen, unreadable=unreadable)


UNREAD_UNTIL = [times.now()]  # when what cannot be read gets behind the wall


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StockWorld:
    UNREAD_UNTIL[0] = times.now() + timedelta(days=30)
    real = syncctl.cycle.open_store
    monkeypatch.setattr(syncctl.cycle, "open_store", lambda *rest: Walled(real(*rest)))
    return StockWorld(tmp_path)


def test_an_open_order_that_goes_behind_the_wall_is_not_gone(world: StockWorld) -> None:
    world.shop.place_order([("MUG", 2)], placed_at=times.now() - WALL + timedelta(days=2))
    world.run()
    for hours in range(40, 56, 2):
        world.hurry = timedelta(hours=hours)
        world.change(orders={"reread_open": "1h"})
        world.run()
        assert world.holds() == [], hours


def test_an_open_order_that_was_removed_before_the_wall_is_gone(world: StockWorld) -> None:
    order = world.shop.place_order([("MUG", 2)], placed_at=times.now() - timedelta(days=10))
    world.run()
    world.shop.remove_order(order)
    world.hurry = timedelta(days=2)
    world.run()
    assert world.holds() == [("order", "gone")]


def test_an_order_that_could_never_be_read_stays_on_hold_behind_the_wall(world: StockWorld) -> None:
    order = world.shop.place_order([("MUG", 2)])
    world.shop.put_raw(order, "{")
    world.run()
    assert world.holds() == [("unreadable", "unreadable")]
    world.hurry = timedelta(days=31)
    world.run()
    assert world.holds() == [("unreadable", "unreadable")], "nobody has booked it, and nobody said to leave it out"
