"""A WooCommerce site on a real socket, who acts on it, and who asks it: for the tests of the double itself."""

from collections.abc import Iterator

import pytest

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
