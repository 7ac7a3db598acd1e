"""A WooCommerce shop as a web store: put together of what it stands on and what it can do."""

from collections.abc import Iterator

from syncctl.connectors.woocommerce.catalog import CatalogStore
from syncctl.connectors.woocommerce.customers import CustomerStore
from syncctl.connectors.woocommerce.examine import examined
from syncctl.connectors.woocommerce.fulfilments import FulfilmentStore
from syncctl.model import Finding


class WooCommerceStore(FulfilmentStore, CatalogStore, CustomerStore):
    """One WooCommerce shop, version 7 to 11."""

    def examine(self) -> Iterator[Finding]:
        return examined(self, self.patience)
