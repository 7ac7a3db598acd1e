"""A Shopify shop with goods, its store, and the changes that are pushed to it."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from syncctl.connectors.shopify.store import ShopifyStore
from syncctl.model import LevelChange, Listing, PriceChange, WriteOutcome
from tests.connectors.shopify_server import Clock
from tests.connectors.shopify_side import settings_of
from tests.fakes.shopify import ShopifyServer
from tests.fakes.shopify.oracle import Event
from tests.fakes.shopify.world import ShopifyWorld, world
from tests.fakes.wire import Answer, Request, reply

PLENTY = {"bucket": 100_000, "restore_rate": 10_000}


class Altered(ShopifyServer):
    """The shop, but that each function of `alter` may change one answer's data, in their order; None: as it is.

    What holds `strange` in its variables is refused whole, as what is no value of its type.
    """

    alter: list[Callable[[dict[str, Any]], object] | None]
    strange: str = ""

    def handle(self, request: Request) -> Answer:
        if self.strange and self.strange in json.dumps(request.json()["variables"]):
            error = {"message": "Variable was provided an invalid value", "extensions": {"code": "INVALID_VARIABLE"}}
            return reply({"errors": [error]})
        answer = super().handle(request)
        change = self.alter.pop(0) if self.alter else None
        if change is None:
            return answer
        body = json.loads(answer.body)
        change(body["data"])
        return replace(answer, body=json.dumps(body).encode())


@dataclass
class Goods:
    """A shop, its store, the time that passes only where somebody waits."""

    world: ShopifyWorld
    server: Altered
    store: ShopifyStore
    clock: Clock
    variants: list[int] = field(default_factory=list)

    def sell(self, count: int, units: int = 10, **fields: Any) -> list[str]:
        """So many more variants, `SKU-70035` and so on; the ids of their listings."""
        made = [self.world.add_listing(f"SKU-{len(self.world.made)}", units) for _ in range(count)]
        for one in made:
            self.world.hands.change_variant(variant_of(one), **fields)
        return made

    def shows(self, listing_id: str, at: int | None = None) -> int:
        """What can be sold of it in the shop, at a location."""
        return self.world.hands.level(variant_of(listing_id), at).available

    def on_hand(self, listing_id: str) -> int:
        return self.world.hands.level(variant_of(listing_id)).on_hand

    def writes(self, kind: str = "item") -> list[Event]:
        """What came over the API and was done."""
        return self.world.site.oracle.writes(kind)

    def asked(self) -> list[str]:
        """The root fields of each request, since last asked."""
        sent = [request.json()["query"].split("(")[0].split()[-1] for request in self.server.log]
        self.server.log.clear()
        return sent

    def keys(self) -> list[str]:
        """The keys of idempotency of each request that had some."""
        sent = [request.json()["variables"] for request in self.server.log]
        return [key for one in sent for name, key in one.items() if name.startswith("key")]


def variant_of(listing_id: str) -> int:
    return int(listing_id.split("/")[1])


def item_of(listing_id: str) -> int:
    return int(listing_id.split("/")[2])


@contextmanager
def goods(store: dict[str, Any] | None = None, **options: Any) -> Iterator[Goods]:
    """A shop without goods so far. `store`: settings of the store; `options`: of the shop."""
    shop, clock = world(**{**PLENTY, **options}), Clock()
    with Altered(shop.site) as server:
        server.alter = []
        settings = settings_of(server, **{"location": str(shop.location), **(store or {})})
        made = ShopifyStore("web", settings, clock.patience())
        yield Goods(shop, server, made, clock)
        made.close()
        assert server.errors == []
        assert shop.site.oracle.violations == []
        assert shop.site.oracle.throttled == []


def level(listing_id: str, quantity: int, expected: int = 10, location: str = "") -> LevelChange:
    return LevelChange(key=listing_id, listing_id=listing_id, quantity=quantity, expected=expected, location=location)


def price(listing_id: str, text: str = "6.25", currency: str = "USD") -> PriceChange:
    return PriceChange(key=listing_id, listing_id=listing_id, price=text, currency=currency)


def kinds(outcomes: Sequence[WriteOutcome]) -> list[str]:
    """The reason of a refusal, or else the kind of outcome."""
    return [getattr(one, "reason", type(one).__name__) for one in outcomes]


def listed(shop: Goods) -> dict[str, Listing]:
    """Every listing by its id, each told once."""
    pages = list(shop.store.fetch_listings(None))
    found = [one for page in pages for one in page.records]
    assert all(page.full for page in pages) and pages
    assert len({one.id for one in found}) == len(found)
    return {one.id: one for one in found}
