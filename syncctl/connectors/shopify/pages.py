"""Asking for a page of a list, of as many records as Shopify can do at once."""

from collections.abc import Callable, Mapping
from typing import Any

from syncctl.connectors.http import Again, retried
from syncctl.connectors.shopify.admin import Admin
from syncctl.connectors.shopify.answers import Answer, TooDear
from syncctl.connectors.shopify.cost import Sizer
from syncctl.connectors.shopify.documents import Document
from syncctl.errors import Throttled

Ask = Callable[[int], tuple[Document, Mapping[str, Any]]]
"""The document for a page of so many records, with its variables."""


def read_page(admin: Admin, sizer: Sizer, ask: Ask) -> Answer:
    """A page of `sizer.size` records; of fewer, where so many cost too much, or where Shopify failed at them.

    Some pages are too much for Shopify, whatever they cost: it fails at them each time, and may not at half of them.
    Errors: those of `Admin.read`, where that does not help.
    """

    def once() -> Answer:
        while True:
            try:
                return admin.read(*ask(sizer.size), once=True)
            except TooDear:
                if not sizer.too_dear():
                    raise
            except Again as failure:
                if not isinstance(failure.error, Throttled):
                    sizer.too_heavy()
                raise

    return retried(once, admin.store, admin.patience)
