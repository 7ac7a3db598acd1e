"""A listing without a price of its own, such as a product that is priced by its variations, is sent none.

Its level goes out all the same, and so do the prices of all others.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import syncctl.cycle
from syncctl.connectors.base import Page, WebStore
from syncctl.connectors.wrapped import WrappedStore
from syncctl.model import LevelChange, Listing, PriceChange, Refused, WriteOutcome
from tests.stock_world import StockWorld

UNPRICED: set[str] = set()  # the SKUs that have no price of their own now
ASKED: list[str] = []  # ids of listings whose price was asked for, or sent


class Parents(WrappedStore):
    """A shop some of whose listings are priced by what is below them."""

    def fetch_listings(self, cursor: str | None) -> Iterator[Page[Listing]]:
        for page in super().fetch_listings(cursor):
            yield replace(page, records=[self._as_told(one) for one in page.records])

    def fetch_prices(self, listing_ids: Sequence[str]) -> dict[str, str | None]:
        ASKED.extend(listing_ids)
        return super().fetch_prices(listing_ids)

    def push_prices(self, changes: Sequence[PriceChange]) -> list[WriteOutcome]:
        ASKED.extend(one.listing_id for one in changes)
        skus = {one.id: one.sku for page in super().fetch_listings(None) for one in page.records}
        refused = {one.key for one in changes if skus[one.listing_id] in UNPRICED}
        sent = iter(super().push_prices([one for one in changes if one.key not in refused]))
        return [Refused(key=one.key, reason="no_price") if one.key in refused else next(sent) for one in changes]

    def push_levels(self, changes: Sequence[LevelChange]) -> list[WriteOutcome]:
        for one in changes:
            if one.price is not None:
                WrappedStore.push_prices(
                    self, [PriceChange(key=one.key, listing_id=one.listing_id, price=one.price, currency=one.currency)]
                )
                ASKED.append(one.listing_id)
        return super().push_levels([replace(one, price=None) for one in changes])

    def _as_told(self, listing: Listing) -> Listing:
        return replace(listing, price=None, priced=False) if listing.sku in UNPRICED else listing


class PricedLevels(Parents):
    """... which takes the price of a listing along with its level."""

    def __init__(self, store: WebStore) -> None:
        super().__init__(store)
        self.abilities = replace(store.abilities, priced_levels=True)


@pytest.fixture(params=[Parents, PricedLevels], ids=["apart", "with the level"])
def world(request: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StockWorld:
    """MUG has no price of its own; all listings are read in every cycle."""
    UNPRICED.clear()
    ASKED.clear()
    UNPRICED.add("MUG")
    real = syncctl.cycle.open_store
    monkeypatch.setattr(syncctl.cycle, "open_store", lambda *rest: request.param(real(*rest)))
    return StockWorld(tmp_path, stock={"verify": "0s"})


def prices(world: StockWorld) -> dict[str, str]:
    return {one.sku: one.price for one in world.shop.listings()}


def id_of(world: StockWorld, sku: str) -> str:
    [found] = [one.id for one in world.shop.listings() if one.sku == sku]
    return found


def test_its_price_is_neither_asked_for_nor_sent_and_nothing_is_held(world: StockWorld) -> None:
    before = prices(world)["MUG"]
    for sku in ("MUG", "TRAY"):
        world.office.set_price(sku, "8.50")
        world.office.receive(sku, 7)
    assert world.run().exit_code == 0
    assert prices(world)["TRAY"] == "8.50" and prices(world)["MUG"] == before
    assert id_of(world, "MUG") not in ASKED and world.holds() == []
    assert world.rows("SELECT count(*) FROM journal WHERE operation = 'price.set' AND record = 'sku MUG'") == [(0,)]
    world.assert_exact()
    world.run()
    assert world.writes() == []


@pytest.mark.parametrize("how", ["a new price", "another list"])
def test_what_changes_every_price_leaves_it_alone(world: StockWorld, how: str) -> None:
    world.run()
    if how == "a new price":
        world.office.set_price("MUG", "9.99")
    else:
        world.change(stock={"safety_stock": 1})  # all levels and prices are worked out again
    ASKED.clear()
    assert world.run().exit_code == 0
    assert world.rows("SELECT want_price FROM listing WHERE sku = 'MUG'") == [(None,)]
    assert id_of(world, "MUG") not in ASKED and world.holds() == []


def test_once_it_has_a_price_of_its_own_that_is_kept_in_step(world: StockWorld) -> None:
    world.office.set_price("MUG", "8.50")
    world.run()
    UNPRICED.clear()
    world.settle()
    assert prices(world)["MUG"] == "8.50"


def test_once_it_has_none_any_more_what_was_refused_is_let_go(world: StockWorld) -> None:
    """As for a shop that this syncctl was told too little of before."""
    told = Parents._as_told
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Parents, "_as_told", lambda _self, listing: listing)
        world.office.set_price("MUG", "8.50")
        world.run()
        assert [hold[:2] for hold in world.holds()] == [("price", "no_price")]
    assert Parents._as_told is told
    ASKED.clear()
    world.run()
    assert world.holds() == [] and id_of(world, "MUG") not in ASKED
    world.run()
    assert world.writes() == []


def test_its_level_keeps_what_it_should_show_when_its_price_goes(world: StockWorld) -> None:
    UNPRICED.clear()
    world.settle()
    shown = world.rows("SELECT want, quantity FROM shown JOIN listing ON listing.id = listing_id WHERE sku = 'MUG'")
    UNPRICED.add("MUG")
    world.run("push-data")
    assert (
        world.rows("SELECT want, quantity FROM shown JOIN listing ON listing.id = listing_id WHERE sku = 'MUG'")
        == shown
    )
    assert world.rows("SELECT want_price, price FROM listing WHERE sku = 'MUG'") == [(None, None)]
