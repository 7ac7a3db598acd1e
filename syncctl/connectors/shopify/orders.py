"""A shop's orders: what was ordered, changed, paid and given back."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from syncctl.connectors.base import Page
from syncctl.connectors.shopify.base import ShopStore
from syncctl.model import Order


class OrderStore(ShopStore):
    """Orders."""

    def fetch_orders(self, cursor: str | None, since: datetime | None) -> Iterator[Page[Order]]:
        raise NotImplementedError

    def fetch_orders_by_id(self, ids: Sequence[str]) -> Page[Order]:
        raise NotImplementedError
