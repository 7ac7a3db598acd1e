"""A WooCommerce site and a Shopify shop on real sockets, who acts on them, and who asks: for the doubles' own tests."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tests.fakes import shopify
from tests.fakes.shopify.client import VERSIONS
from tests.fakes.shopify.client import Client as ShopifyClient
from tests.fakes.woo import Shop, Site, WooServer
from tests.fakes.woo.client import Client
from tests.fakes.woo.world import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(clock: Clock) -> Site:
    return Site(clock=clock)


@pytest.fixture
def shop(site: Site) -> Shop:
    return Shop(site)


@pytest.fixture
def client(site: Site) -> Iterator[Client]:
    with WooServer(site) as server:
        client = Client(server)
        yield client
        client.close()
        assert server.errors == []


@dataclass
class Case:
    """A Shopify shop: its state, who works in it, a client that asks it, and the clock of both."""

    site: shopify.Site
    hands: shopify.Hands
    server: shopify.ShopifyServer
    client: ShopifyClient
    clock: Clock
    more: list[ShopifyClient] = field(default_factory=list)

    def again(self, token: str = shopify.STATIC, *, version: str = "2026-07") -> ShopifyClient:
        """Another client of it: with another token, of another version."""
        self.more.append(ShopifyClient(self.server, token, version))
        return self.more[-1]


@pytest.fixture
def case(clock: Clock) -> Iterator[Case]:
    """A test that ends well has no errors of the fake."""
    site = shopify.Site(clock=clock)
    with shopify.ShopifyServer(site) as server:
        made = Case(site, shopify.Hands(site), server, ShopifyClient(server), clock)
        yield made
        for each in (made.client, *made.more):
            each.close()
        assert server.errors == []


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[False, True], ids=["vendor's schema", "own schema"])
def own(request: pytest.FixtureRequest, case: Case) -> bool:
    """The shop executes against either schema; without the contracts both are the small one."""
    case.site.options.own_schema = bool(request.param)
    return bool(request.param)
