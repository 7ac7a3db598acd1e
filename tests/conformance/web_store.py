"""What every web-store connector must pass. A connector's tests subclass it and give the fixture `side`.

The suite acts on the other side through a small `World`; it skips on a missing ability, never on a name.
"""

from syncctl.connectors.base import WebStore
from tests.conformance.web_store_customers import Customers
from tests.conformance.web_store_kit import Side, World, adds_up, now_there, refund_adds_up
from tests.conformance.web_store_listings import Listings
from tests.conformance.web_store_odd_orders import OddOrders
from tests.conformance.web_store_orders import Orders
from tests.conformance.web_store_shipments import Shipments

__all__ = ["Side", "WebStoreConformance", "World", "adds_up", "now_there", "refund_adds_up"]


class WebStoreConformance(Orders, OddOrders, Shipments, Listings, Customers):
    """The suite; `side.store` should read three records to a page, so that a few orders make several pages."""

    def test_it_says_the_same_identity_each_time(self, store: WebStore) -> None:
        assert store.about().identity
        assert store.about().identity == store.about().identity
