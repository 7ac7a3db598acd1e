"""A WooCommerce site on a real socket and a sandbox back office, a hub between them, and whole runs over all three.

world = WooCycles(tmp_path, customers={"trigger": "any"})        # sections of the settings, as in the YAML
mug = world.sell("MUG", "10.00", 100)                            # on both sides; the product's id on the site
world.run()                                                      # a whole `sync-all`
assert world.levels() == {"MUG": 100}                            # as the site has them
assert world.asked() == ["GET orders"]                           # what the last run asked the site
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from syncctl.model import Report
from tests.builders import World
from tests.fakes.woo.records import Customer
from tests.fakes.woo.server import KEY, SECRET, WooServer
from tests.fakes.woo.shop import Shop
from tests.fakes.woo.site import Options, Site

API = "/wp-json/wc/v3/"


class WooCycles(World):
    """The world of `builders`, whose one store is a WooCommerce site: `site`, its people `hands`, its `server`.

    `options`: fields of the site's `Options`; `store`: settings of the store.
    """

    def __init__(
        self,
        folder: Path,
        *,
        options: Mapping[str, Any] | None = None,
        store: Mapping[str, Any] | None = None,
        **sections: Any,
    ) -> None:
        super().__init__(folder, stores=(), goods=(), **sections)
        self.site = Site(Options(**{"currency": self.office.currency, **(options or {})}))
        self.hands = Shop(self.site)
        self.hurry = timedelta(0)  # so much time has passed, for all three
        self.site.clock = self.office.clock = lambda: datetime.now(UTC) + self.hurry
        self.server = WooServer(self.site)
        self.change(stores={"shop": self._settings(store or {})})

    def _settings(self, more: Mapping[str, Any]) -> dict[str, Any]:
        keys = {"consumer_key": KEY, "consumer_secret": SECRET}
        return {"connector": "woocommerce", "url": self.server.address, **keys, **more}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_ended: object) -> None:
        self.server.close()
        self.office.close()
        assert self.server.errors == []
        assert self.site.oracle.violations == []

    def run(self, *steps: str, **options: Any) -> Report:
        """As in `builders`; what the run asks the site is in `asked` afterwards."""
        self.server.log.clear()
        return super().run(*steps, later=self.hurry, **options)

    def asked(self, *methods: str) -> list[str]:
        """The requests of the last run, as `GET orders`; only those of these methods."""
        log = [one for one in self.server.log if not methods or one.method in methods]
        return [f"{one.method} {one.path.rpartition(API)[2]}" for one in log]

    # --- goods --------------------------------------------------------------------------------------------------------

    def sell(self, sku: str, price: str = "5.00", units: int = 10) -> int:
        """One more simple product, here and there."""
        self.office.add_item(sku, f"Title of {sku}", price, units)
        return self.hands.add_product(sku, units, price)

    def sell_variations(self, parent_sku: str, skus: Mapping[str, int], price: str = "5.00") -> int:
        """One more product with a variation for each SKU; the product's id."""
        parent = self.hands.add_product(parent_sku, kind="variable", name=f"Title of {parent_sku}")
        for sku, units in skus.items():
            self.office.add_item(sku, f"Title of {sku}", price, units)
            self.hands.add_variation(parent, sku, units, price)
        return parent

    def levels(self) -> dict[str, Any]:
        """What the site shows of each SKU that it keeps stock of."""
        return {one.sku: one.quantity for one in self.site.products.values() if one.manage_stock}

    def prices(self) -> dict[str, str]:
        return {one.sku: one.regular_price for one in self.site.products.values() if one.kind != "variable"}

    # --- people -------------------------------------------------------------------------------------------------------

    def account(self, email: str) -> Customer:
        """The one account with this login."""
        [found] = [one for one in self.site.customers.values() if one.email == email]
        return found

    def people(self) -> Iterator[dict[str, Any]]:
        """Everybody in the back office, in its own words."""
        for one in self.office.customers():
            yield {
                "id": one.id,
                "name": one.name,
                "company": one.company,
                "emails": one.emails,
                "phones": one.phones,
                "addresses": one.addresses,
                "group": one.group or "",
            }

    def writes_to_office(self) -> int:
        """How often the last run wrote to the back office."""
        return sum(self.calls(method) for method in ("push_documents", "amend_documents", "push_customers"))
