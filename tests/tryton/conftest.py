"""The server of each process of the tests, and what a test is given of it."""

from collections.abc import Iterator

import pytest

from syncctl.settings import TrytonBooksSettings
from tests.tryton import counted
from tests.tryton.busy import Busy, Undisturbed, busy_day
from tests.tryton.client import Client
from tests.tryton.server import DATABASE, PASSWORD, USER, TrytonServer, folder


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrytonServer]:
    made = folder()
    if made is None:
        pytest.skip("no Tryton is here; SYNCCTL_TRYTON names its folder, and tests/tryton tells how it is made")
    server = TrytonServer(made, tmp_path_factory.mktemp("tryton"))
    yield server
    server.close()


@pytest.fixture
def server(running: TrytonServer) -> TrytonServer:
    """With the company as it was made."""
    running.reset()
    return running


@pytest.fixture
def people(server: TrytonServer) -> Client:
    """Whoever works in Tryton."""
    return Client(server.address)


@pytest.fixture
def settings(server: TrytonServer) -> TrytonBooksSettings:
    return settings_for(server)


@pytest.fixture(scope="session", params=["order", "shipment"])
def busy(
    request: pytest.FixtureRequest, running: TrytonServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Busy]:
    """The busy day, for each moment at which stock falls."""
    busy = Busy(tmp_path_factory.mktemp("busy"), running, request.param, busy_day)
    yield busy
    busy.close()


@pytest.fixture(scope="session")
def undisturbed(busy: Busy) -> Undisturbed:
    """What comes of that day where nothing happens."""
    world = busy.fresh()
    ended = world.command()
    return Undisturbed(world.relay.calls(), ended, counted.state_of(world))


def settings_for(server: TrytonServer, **more: object) -> TrytonBooksSettings:
    """The settings of that back office."""
    given = {"connector": "tryton", "url": server.address, "database": DATABASE, "user": USER, "password": PASSWORD}
    return TrytonBooksSettings.model_validate({**given, "web_shop": "store", "tax_item": "TAX", **more})
