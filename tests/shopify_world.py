"""A Shopify shop on a real socket and a sandbox back office, a hub between them, and whole runs over all three.

world = ShopifyCycles(tmp_path, customers={"trigger": "any"})    # sections of the settings, as in the YAML
mug = world.sell("MUG", "10.00", 100)                            # on both sides; the id of its variant in the shop
order = world.hands.place([Buy(mug, 2)])                         # the shop's side
world.run()                                                      # a whole `sync-all`
assert world.levels() == {"MUG": 98}                             # as the shop has them
assert world.asked() == ["orders+customers"]                     # what the last run asked the shop, by root fields
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

from syncctl.model import Report
from tests.builders import World
from tests.fakes.shopify import STATIC, Hands, Options, ShopifyServer, Site
from tests.fakes.shopify.people_records import Customer


class ShopifyCycles(World):
    """The world of `builders`, whose one store is a Shopify shop: `site`, its people `hands`, its `server`.

    `options`: fields of the shop's `Options`; `store`: settings of the store.
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
        self.site = Site(options=Options(**{"currency": self.office.currency, **(options or {})}))
        self.hands = Hands(self.site)
        self.location = self.site.oracle.location = self.hands.here
        self.known: set[str] = set()  # SKUs of the back office
        self.hurry = timedelta(0)  # so much time has passed, for all three
        self.site.clock = self.office.clock = lambda: datetime.now(UTC) + self.hurry
        self.server = ShopifyServer(self.site)
        self.change(stores={"shop": self._settings(store or {})})

    def _settings(self, more: Mapping[str, Any]) -> dict[str, Any]:
        known = {"url": self.server.address, "access_token": STATIC, "location": str(self.location)}
        return {"connector": "shopify", **known, "all_orders": True, **more}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_ended: object) -> None:
        self.server.close()
        self.office.close()
        assert self.server.errors == []
        assert self.site.oracle.violations == []
        assert self.site.oracle.throttled == []

    def run(self, *steps: str, **options: Any) -> Report:
        """As in `builders`; what the run asks the shop is in `asked` afterwards."""
        self.server.log.clear()
        self.site.oracle.calls.clear()
        return super().run(*steps, later=self.hurry, **options)

    def asked(self) -> list[str]:
        """The documents of the last run, each by its root fields."""
        return [name for name, count in self.site.oracle.calls.items() for _ in range(count)]

    def requests(self) -> int:
        """How many requests the last run made."""
        return len(self.server.log)

    # --- goods --------------------------------------------------------------------------------------------------------

    def sell(self, sku: str, price: str = "5.00", units: int = 10, **fields: Any) -> int:
        """One more variant, here and (the first time) there. `fields`: as of `hands.add_variant`."""
        if sku not in self.known:
            self.office.add_item(sku, f"Title of {sku}", price, units)
            self.known.add(sku)
        return self.hands.add_variant(sku, units, price, **fields)

    def sell_variants(self, skus: Sequence[str], price: str = "5.00", units: int = 10) -> list[int]:
        """One more product with a variant for each SKU; the variants' ids."""
        product = self.hands.add_product(f"Product of {skus[0]}")
        return [self.sell(sku, price, units, product=product) for sku in skus]

    def levels(self) -> dict[str, int]:
        """What can be sold of each tracked SKU, at the location that is kept in step."""
        found = {}
        for item in self.site.items.values():
            level = item.levels.get(self.location)
            if item.tracked and level and level.is_active:
                found[item.sku or ""] = level.available
        return found

    def prices(self) -> dict[str, Decimal]:
        return {self.site.items[one.item].sku or "": one.price for one in self.site.variants.values()}

    # --- people -------------------------------------------------------------------------------------------------------

    def person(self, email: str) -> Customer:
        """The one customer of the shop with this e-mail."""
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
