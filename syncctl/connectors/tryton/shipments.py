"""To be filled in by its owner."""

from typing import Any

from syncctl.connectors.tryton.base import ShopBooks


class ShipmentBooks(ShopBooks):
    """To be filled in."""

    def fetch_shipments(self, *given: Any, **named: Any) -> Any:
        raise NotImplementedError
