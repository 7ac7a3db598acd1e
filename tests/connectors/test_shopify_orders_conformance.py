"""The suite's orders against more kinds of Shopify shops, on real sockets, three orders to a page."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.conformance.web_store_kit import Side
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
