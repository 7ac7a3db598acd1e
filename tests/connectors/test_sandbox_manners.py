"""The promises about customers hold however a sandbox is told to behave: real systems keep and tell less."""

from pathlib import Path

import pytest

from syncctl.connectors.sandbox.books import SandboxBooks
from syncctl.connectors.sandbox.office import Office
from syncctl.connectors.sandbox.shop import Shop
from syncctl.connectors.sandbox.store import SandboxStore
from syncctl.settings import SandboxBooksSettings
from tests.conformance.back_office_customers import Customers as BooksCustomers
from tests.conformance.web_store_customers import Customers as StoreCustomers
from tests.conformance.web_store_kit import Side
from tests.connectors.sandbox_world import Clock, SandboxWorld


class TestMarkingStore(StoreCustomers):
    """One contact, no times, e-mail alone, our own mark."""

    @pytest.fixture
    def manners(self) -> dict[str, object]:
        return {"invites": "mark", "contacts": "one", "consent_times": False, "consent_channels": ["email"]}

    @pytest.fixture
    def side(self, store: SandboxStore, shop: Shop, clock: Clock) -> Side:
        return Side(store, SandboxWorld(shop, clock))


class TestBlindStore(TestMarkingStore):
    """No answers about marketing are kept at all."""

    @pytest.fixture
    def manners(self) -> dict[str, object]:
        return {"invites": "blind", "consent_channels": []}


class TestStoreWithoutInvitations(TestMarkingStore):
    @pytest.fixture
    def manners(self) -> dict[str, object]:
        return {"invites": "none", "consent_times": False}


class SmallPages(SandboxBooks):
    page_size = 3


class TestOfficeOfOneContact(BooksCustomers):
    """One contact, no times, both channels."""

    manners: dict[str, object] = {"contacts": "one", "consent_times": False, "consent_channels": ["email", "sms"]}

    def start_vendor(self, folder: Path) -> Office:
        return Office(folder / "office.db", demo=False)

    def connect(self, folder: Path) -> SmallPages:
        settings = {"connector": "sandbox", "path": folder / "office.db", **self.manners}
        return SmallPages("back-office", SandboxBooksSettings.model_validate(settings))


class TestOfficeThatAsksNobody(TestOfficeOfOneContact):
    manners = {"consent_channels": []}
