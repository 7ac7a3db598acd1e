"""The suite's orders against more kinds of Shopify shops, on real sockets, three orders to a page."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest

from syncctl.connectors.base import WebStore
from tests.conformance.web_store_kit import LONG, Side, World, read
from tests.conformance.web_store_odd_orders import OddOrders
from tests.conformance.web_store_orders import Orders
from tests.connectors.shopify_side import connected
from tests.fakes.shopify.world import world

PLENTY = {"bucket": 1_000_000}  # points: the shop's clock stands still here, and none would come back
SHOPS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "2026-07": ({}, {}),
    "2026-01 where tips stand apart": ({"tips": "apart", "adjusted_total": False}, {"version": "2026-01"}),
    "2026-10 where edits leave no refunds": (
        {"removal_makes_refund": False, "refund_subtotal": "net"},
        {"version": "2026-10"},
    ),
}


class TestOrdersOfEachShop(Orders, OddOrders):
    """By version, and by what is said nowhere of them."""

    @pytest.fixture(params=SHOPS)
    def side(self, request: pytest.FixtureRequest) -> Iterator[Side]:
        options, settings = SHOPS[request.param]
        yield from connected(world(**PLENTY, **options), **settings)


class TestOrdersFromAFile(Orders, OddOrders):
    """A first reading is one of a file, which begins with a page that says no more than that it is being made."""

    @pytest.fixture
    def side(self) -> Iterator[Side]:
        yield from connected(world(bulk_seconds=0, **PLENTY), bulk_from=1)

    def test_what_changed_between_a_death_and_its_resumption_is_seen(
        self, store: WebStore, world: World, listing: str
    ) -> None:
        placed = self.orders(world, 8)
        _, first = islice(store.fetch_orders(None, None), 2)
        world.advance(LONG)
        world.edit(placed[0], first.records[0].lines[0].id, 4)
        world.advance(LONG)
        rest, cursor = read(store.fetch_orders(first.cursor, None))
        later, _ = read(store.fetch_orders(cursor, None))
        assert (rest | later)[placed[0]].lines[0].quantity == 4
        assert {order.id for order in first.records} | rest.keys() == set(placed)
