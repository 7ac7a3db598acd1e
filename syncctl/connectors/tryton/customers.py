"""To be filled in by its owner."""

from typing import Any

from syncctl.connectors.tryton.base import ShopBooks


class CustomerBooks(ShopBooks):
    """To be filled in."""

    def fetch_customers(self, *given: Any, **named: Any) -> Any:
        raise NotImplementedError

    def find_customers(self, *given: Any, **named: Any) -> Any:
        raise NotImplementedError

    def push_customers(self, *given: Any, **named: Any) -> Any:
        raise NotImplementedError

    def fetch_groups(self, *given: Any, **named: Any) -> Any:
        raise NotImplementedError

    def create_groups(self, *given: Any, **named: Any) -> Any:
        raise NotImplementedError
