"""What has left to a shop's customers."""

from collections.abc import Sequence

from syncctl.connectors.shopify.base import ShopStore
from syncctl.model import Fulfilment, FulfilmentChange, WriteOutcome


class FulfilmentStore(ShopStore):
    """Fulfilments, with their tracking."""

    def find_fulfilments(self, order_ids: Sequence[str]) -> dict[str, list[Fulfilment]]:
        raise NotImplementedError

    def push_fulfilments(self, changes: Sequence[FulfilmentChange]) -> list[WriteOutcome]:
        raise NotImplementedError
