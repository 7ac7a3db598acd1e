"""To be filled in by its owner."""

from typing import Any

from syncctl.connectors.tryton.base import ShopBooks


class DocumentBooks(ShopBooks):
    """To be filled in."""

    def find_documents(self, *given: Any, **named: Any) -> Any:
        raise NotImplementedError

    def push_documents(self, *given: Any, **named: Any) -> Any:
        raise NotImplementedError
