"""The suite of web stores over shops that do less, or do it otherwise: held to all that they say they can."""

from collections.abc import Iterator

import pytest

from syncctl.connectors.sandbox.shop import Shop
from syncctl.connectors.sandbox.store import SandboxStore
from syncctl.settings import SandboxStoreSettings
from tests.conformance.web_store import Side
from tests.conformance.web_store_customers import Customers
from tests.conformance.web_store_listings import Listings
from tests.connectors.sandbox_world import Clock, SandboxWorld
from tests.fakes.shops import FixedGroupsStore, PricedStore, UntoldStore


class Less:
    """`kind` reads three records to a page."""

    kind: type[SandboxStore]

    @pytest.fixture
    def side(self, shop: Shop, clock: Clock) -> Iterator[Side]:
        store = self.kind("web", SandboxStoreSettings(connector="sandbox", path=shop.path))
        store.page_size, store.clock = 3, clock
        yield Side(store, SandboxWorld(shop, clock))
        store.close()


class TestUntold(Less, Customers):
    kind = UntoldStore


class TestPriced(Less, Listings):
    kind = PricedStore


class TestFixedGroups(Less, Customers):
    kind = FixedGroupsStore

    @pytest.fixture(autouse=True)
    def named(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        shop.add_groups(("Trade", "Staff"))
        monkeypatch.setattr(FixedGroupsStore, "groups", ("Trade", "Staff"))
