"""A shop's customers."""

from collections.abc import Iterator, Sequence

from syncctl.connectors.base import Page
from syncctl.connectors.shopify.base import ShopStore
from syncctl.model import Customer, CustomerChange, CustomerKey, WriteOutcome


class CustomerStore(ShopStore):
    """Customers, their groups and consents."""

    def fetch_customers(self, cursor: str | None) -> Iterator[Page[Customer]]:
        raise NotImplementedError

    def find_customers(self, keys: Sequence[CustomerKey]) -> list[list[Customer]]:
        raise NotImplementedError

    def push_customers(self, changes: Sequence[CustomerChange]) -> list[WriteOutcome]:
        raise NotImplementedError

    def fetch_groups(self) -> list[str]:
        raise NotImplementedError

    def create_groups(self, titles: Sequence[str]) -> None:
        raise NotImplementedError
