"""The suite's orders and shipments against more kinds of WooCommerce sites, on real sockets."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.conformance.web_store_kit import Side
from tests.conformance.web_store_odd_orders import OddOrders
from tests.conformance.web_store_orders import Orders
from tests.conformance.web_store_shipments import Shipments
from tests.connectors.woo_side import connected
from tests.fakes.woo.world import world

SITES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "hpos 10.3 at +05:30": ({"version": "10.3.0"}, {}),
    "hpos 9.0 in New York with a plug-in's tracking": (
        {"version": "9.0.0", "zone": "America/New_York", "junk": False},
        {"tracking_key": "_wc_shipment_tracking_items"},
    ),
    "legacy 7.0 in Berlin": ({"version": "7.0.0", "storage": "legacy", "zone": "Europe/Berlin"}, {}),
}


class TestOrdersOfEachSite(Orders, OddOrders, Shipments):
    """By storage, version and zone."""

    @pytest.fixture(params=SITES)
    def side(self, request: pytest.FixtureRequest) -> Iterator[Side]:
        options, settings = SITES[request.param]
        yield from connected(world(**options), **settings)
