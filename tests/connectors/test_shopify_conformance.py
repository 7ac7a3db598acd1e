"""The suite of web stores against a Shopify shop on a real socket."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.conformance.web_store import Side, WebStoreConformance
from tests.conformance.web_store_listings import Listings
from tests.conformance.web_store_shipments import Shipments
from tests.connectors.shopify_side import connected
from tests.fakes.shopify.site import Options, Site
from tests.fakes.shopify.world import Clock, ShopifyWorld, world

PLENTY = {"bucket": 1_000_000}  # points: the shop's clock stands still here, and none would come back


class TestShopify(WebStoreConformance):
    """Of today."""

    @pytest.fixture
    def side(self) -> Iterator[Side]:
        yield from connected(world(**PLENTY))


class TwoPlaces(ShopifyWorld):
    """A shop that keeps everything at a second location, too, of which the store is told nothing."""

    def add_listing(self, sku: str, units: int | None, price: str = "5.00") -> str:
        listing_id = super().add_listing(sku, units, price)
        if not hasattr(self, "town"):
            self.town = self.hands.add_location("Shop in town")
        self.hands.stock_at(self.made[sku], self.town, 1000)
        self.site.oracle.location = self.location
        return listing_id


WAYS: dict[str, dict[str, Any]] = {
    "on_hand is written": {"quantity": "on_hand"},
    "2026-01": {"version": "2026-01"},
    "2026-10, on_hand": {"version": "2026-10", "quantity": "on_hand"},
}


class TestLevelsAndShipmentsOfEachShop(Listings, Shipments):
    """By version and by the quantity that is written, at one of several locations."""

    @pytest.fixture(params=WAYS)
    def side(self, request: pytest.FixtureRequest) -> Iterator[Side]:
        yield from connected(TwoPlaces(Site(options=Options(**PLENTY)), Clock()), **WAYS[request.param])
