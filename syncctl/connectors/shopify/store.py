"""A Shopify shop as a web store: put together of what it stands on and what it can do."""

from collections.abc import Iterator

from syncctl.connectors.shopify.catalog import CatalogStore
from syncctl.connectors.shopify.customers import CustomerStore
from syncctl.connectors.shopify.examine import examined
from syncctl.connectors.shopify.examine_documents import locations
from syncctl.connectors.shopify.fulfilments import FulfilmentStore
from syncctl.connectors.shopify.gids import digits_of
from syncctl.connectors.shopify.orders import OrderStore
from syncctl.model import Finding


class ShopifyStore(OrderStore, CatalogStore, CustomerStore, FulfilmentStore):
    """One Shopify shop, over its GraphQL Admin API."""

    def fetch_locations(self) -> dict[str, str]:
        rows = self.admin.read(locations(), {}).data["locations"]["nodes"]
        return {digits_of(row["id"]): row["name"] for row in rows}

    def examine(self) -> Iterator[Finding]:
        return examined(self)
