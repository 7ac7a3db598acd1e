"""A WooCommerce site on a real socket, and the store that is connected to it."""

from collections.abc import Iterator
from typing import Any

from syncctl.connectors.woocommerce.store import WooCommerceStore
from syncctl.settings import WooCommerceStoreSettings
from tests.conformance.web_store import Side
from tests.fakes.woo.server import KEY, SECRET, WooServer
from tests.fakes.woo.world import WooWorld


def settings_of(server: WooServer, **more: Any) -> WooCommerceStoreSettings:
    """The settings of a store that is this site."""
    given = {"connector": "woocommerce", "url": server.address, "consumer_key": KEY, "consumer_secret": SECRET, **more}
    return WooCommerceStoreSettings.model_validate(given)


def store_of(server: WooServer, *, page_size: int = 3, **more: Any) -> Iterator[WooCommerceStore]:
    """The store of this site, which reads few records to a page. `more`: its settings."""
    store = WooCommerceStore("web", settings_of(server, **more))
    store.site.page_size = page_size
    yield store
    store.close()


def connected(site: WooWorld, **more: Any) -> Iterator[Side]:
    """A site with its store, as the suite wants both. `more`: as in `store_of`."""
    with WooServer(site.site) as server:
        for store in store_of(server, **more):
            yield Side(store, site)
        assert server.errors == []
        assert site.site.oracle.violations == []
