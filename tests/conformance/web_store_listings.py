"""Listings, levels and prices."""

from decimal import Decimal

import pytest

from syncctl.connectors.base import StockWrite, WebStore
from syncctl.model import (
    LevelChange,
    Mismatch,
    PriceChange,
    Refused,
    Written,
)
from tests.conformance.web_store_kit import LONG, Kit, World


class Listings(Kit):
    """Read fresh, written one by one, nothing else touched."""

    def test_all_listings_come_and_the_untracked_one_is_not_ours(self, store: WebStore, world: World) -> None:
        ids = [world.add_listing(f"SKU-{number}", number) for number in range(7)]
        untracked = world.add_listing("UNTRACKED", None)
        pages = list(store.fetch_listings(None))
        assert all(page.full for page in pages)
        found = {each.id: each for page in pages for each in page.records}
        assert [found[each].quantity for each in ids] == list(range(7))
        assert found.keys() == {*ids, untracked}
        assert (found[untracked].quantity, found[untracked].managed) == (None, False)
        assert found[untracked].why

    def test_changed_listings_are_told_whatever_changed_them(self, store: WebStore, world: World, listing: str) -> None:
        if not store.abilities.listing_changes:
            pytest.skip("the store does not tell of changed listings")
        still, gone, by_hand = (world.add_listing(sku, 5) for sku in ("STILL", "GONE", "BY-HAND"))
        world.advance(LONG)
        *_, last = store.fetch_listings(None)
        self.order(world, 2)
        world.set_level(by_hand, 9)
        world.remove_listing(gone)
        pages = list(store.fetch_listings(last.cursor))
        found = {each.id: each for page in pages for each in page.records}
        assert not any(page.full for page in pages)
        assert still not in found
        assert (found[listing].quantity, found[by_hand].quantity, found[gone].deleted) == (48, 9, True)

    def test_levels_are_read_fresh_and_unknown_ids_are_absent(
        self, store: WebStore, world: World, listing: str
    ) -> None:
        assert store.fetch_levels([listing]) == {listing: 50}
        self.order(world, 3)
        assert store.fetch_levels([listing, "no-such-listing"]) == {listing: 47}

    def test_levels_get_one_outcome_each_in_order(self, store: WebStore, world: World, listing: str) -> None:
        other, untracked = world.add_listing("SKU-2", 5), world.add_listing("UNTRACKED", None)
        outcomes = store.push_levels(
            [
                LevelChange(key="a", listing_id=listing, quantity=44, expected=50),
                LevelChange(key="b", listing_id="no-such-listing", quantity=1, expected=0),
                LevelChange(key="c", listing_id=untracked, quantity=1, expected=0),
                LevelChange(key="d", listing_id=other, quantity=0, expected=5),
            ]
        )
        assert [(each.key, type(each)) for each in outcomes] == [
            ("a", Written),
            ("b", Refused),
            ("c", Refused),
            ("d", Written),
        ]
        assert store.fetch_levels([listing, untracked, other]) == {listing: 44, untracked: None, other: 0}

    def test_a_level_that_an_order_moved_is_not_overwritten(self, store: WebStore, world: World, listing: str) -> None:
        if store.abilities.stock_write != StockWrite.COMPARE_AND_SET:
            pytest.skip("the store does not compare before it sets")
        self.order(world, 3)
        outcomes = store.push_levels([LevelChange(key="a", listing_id=listing, quantity=60, expected=50)])
        assert outcomes == [Mismatch(key="a", actual=47)]
        assert store.fetch_levels([listing]) == {listing: 47}

    def test_a_relative_level_keeps_what_an_order_took(self, store: WebStore, world: World, listing: str) -> None:
        if store.abilities.stock_write != StockWrite.RELATIVE:
            pytest.skip("the store does not write levels by a difference")
        self.order(world, 3)
        store.push_levels([LevelChange(key="a", listing_id=listing, quantity=60, expected=50)])
        assert store.fetch_levels([listing]) == {listing: 57}

    def test_prices_touch_nothing_else(self, store: WebStore, world: World, listing: str) -> None:
        currency = store.about().currency or ""
        before = {each.id: each for page in store.fetch_listings(None) for each in page.records}
        outcomes = store.push_prices(
            [
                PriceChange(key="a", listing_id="no-such-listing", price="6.00", currency=currency),
                PriceChange(key="b", listing_id=listing, price="6.25", currency=currency),
                PriceChange(key="c", listing_id=listing, price="NaN", currency=currency),
            ]
        )
        assert [(each.key, type(each)) for each in outcomes] == [("a", Refused), ("b", Written), ("c", Refused)]
        after = {each.id: each for page in store.fetch_listings(None) for each in page.records}
        assert after[listing].price == "6.25"
        assert (after[listing].quantity, after[listing].title) == (before[listing].quantity, before[listing].title)

    def test_a_level_and_a_price_in_one_write_are_both_done_or_neither(
        self, store: WebStore, world: World, listing: str
    ) -> None:
        if not store.abilities.priced_levels:
            pytest.skip("the store takes levels and prices apart")
        currency = store.about().currency or ""
        plain, bad = world.add_listing("SKU-2", 5), world.add_listing("SKU-3", 5)
        outcomes = store.push_levels(
            [
                LevelChange(key="a", listing_id=listing, quantity=44, expected=50, price="6.25", currency=currency),
                LevelChange(key="b", listing_id=plain, quantity=4, expected=5),
                LevelChange(key="c", listing_id=bad, quantity=4, expected=5, price="NaN", currency=currency),
                LevelChange(key="d", listing_id="no-such", quantity=4, expected=5, price="1.00", currency=currency),
            ]
        )
        assert [(one.key, type(one)) for one in outcomes] == [
            ("a", Written),
            ("b", Written),
            ("c", Refused),
            ("d", Refused),
        ]
        assert store.fetch_levels([listing, plain, bad]) == {listing: 44, plain: 4, bad: 5}
        prices = _amounts(store.fetch_prices([listing, plain, bad]))
        assert prices == {listing: Decimal("6.25"), plain: Decimal("5.00"), bad: Decimal("5.00")}

    def test_prices_are_read_fresh_and_unknown_ids_are_absent(
        self, store: WebStore, world: World, listing: str
    ) -> None:
        other = world.add_listing("SKU-2", 1, price="7.10")
        assert _amounts(store.fetch_prices([listing, other])) == {listing: Decimal("5.00"), other: Decimal("7.10")}
        change = PriceChange(key="a", listing_id=listing, price="6.25", currency=store.about().currency or "")
        assert [type(each) for each in store.push_prices([change])] == [Written]
        assert _amounts(store.fetch_prices([listing, "no-such-listing"])) == {listing: Decimal("6.25")}
        world.remove_listing(other)
        assert store.fetch_prices([other]) == {}
        assert store.fetch_prices([]) == {}


def _amounts(prices: dict[str, str | None]) -> dict[str, Decimal]:
    """As amounts: each store writes them in its own way."""
    return {listing_id: Decimal(price) for listing_id, price in prices.items() if price is not None}
