"""A Shopify shop on a real socket, and the store that is connected to it."""

from collections.abc import Iterator
from typing import Any

from syncctl.connectors.shopify.store import ShopifyStore
from syncctl.settings import ShopifyStoreSettings
from tests.conformance.web_store import Side
from tests.fakes.shopify import STATIC, ShopifyServer
from tests.fakes.shopify.world import ShopifyWorld

GROUPS = ("Trade", "Staff")


def settings_of(server: ShopifyServer, **more: Any) -> ShopifyStoreSettings:
    """The settings of a store that is this shop."""
    given = {"connector": "shopify", "url": server.address, "access_token": STATIC, "all_orders": True, **more}
    settings = ShopifyStoreSettings.model_validate(given)
    server.make_ready(settings.version)
    return settings


def store_of(server: ShopifyServer, *, page_size: int = 3, **more: Any) -> Iterator[ShopifyStore]:
    """The store of this shop, which reads few records to a page. `more`: its settings."""
    store = ShopifyStore("web", settings_of(server, page_size=page_size, **more))
    yield store
    store.close()


def connected(world: ShopifyWorld, **more: Any) -> Iterator[Side]:
    """A shop with its store, as the suite wants both. `more`: as in `store_of`."""
    settings = {"location": str(world.location), "group_prefix": "group:", "groups": GROUPS, **more}
    with ShopifyServer(world.site) as server:
        for store in store_of(server, **settings):
            yield Side(store, world)
        assert server.errors == []
        assert world.site.oracle.violations == []
