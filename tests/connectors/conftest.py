"""A sandbox shop without the demo, and a store that reads it three records to a page."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from syncctl.connectors.sandbox.shop import Shop
from syncctl.connectors.sandbox.store import SandboxStore
from syncctl.settings import SandboxStoreSettings
from tests.connectors.sandbox_world import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shop(tmp_path: Path, clock: Clock) -> Iterator[Shop]:
    shop = Shop(tmp_path / "shop.db", demo=False, clock=clock)
    yield shop
    shop.close()


@pytest.fixture
def manners() -> dict[str, object]:
    """Settings of the shop that are not the default ones."""
    return {}


@pytest.fixture
def store(shop: Shop, clock: Clock, manners: dict[str, object]) -> Iterator[SandboxStore]:
    settings = {"connector": "sandbox", "path": shop.path, **manners}
    store = SandboxStore("web", SandboxStoreSettings.model_validate(settings))
    store.page_size, store.clock = 3, clock
    yield store
    store.close()
