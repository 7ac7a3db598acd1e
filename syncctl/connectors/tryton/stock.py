"""To be filled in by its owner."""

from typing import Any

from syncctl.connectors.tryton.base import ShopBooks


class StockBooks(ShopBooks):
    """To be filled in."""

    def fetch_stock(self, *given: Any, **named: Any) -> Any:
        raise NotImplementedError
