"""To be filled in by its owner."""

from typing import Any

from syncctl.connectors.tryton.base import ShopBooks


class VariantBooks(ShopBooks):
    """To be filled in."""

    def fetch_variants(self, *given: Any, **named: Any) -> Any:
        raise NotImplementedError

    def find_variants(self, *given: Any, **named: Any) -> Any:
        raise NotImplementedError
