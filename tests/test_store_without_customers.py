"""A store whose customers may not be seen: nobody is asked for or sent, by whatever settings, and orders go on."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import syncctl.cycle
from syncctl.connectors.base import Page, WebStore
from syncctl.connectors.wrapped import WrappedStore
from syncctl.model import Customer, CustomerChange, CustomerKey, Order, WriteOutcome
from tests.customer_world import CustomerWorld

ANN: dict[str, Any] = {"name": "Ann Archer", "emails": ("ann@shop.example",)}


class Closed(WrappedStore):
    """The shop, as it looks to an app that may not see customers."""

    def __init__(self, store: WebStore) -> None:
        super().__init__(store)
        self.abilities = replace(
            store.abilities,
            customer_batch=0,
            customer_fields=frozenset(),
            customer_search=frozenset(),
            consent_channels=frozenset(),
            groups=False,
            invites="",
        )

    def fetch_orders(self, cursor: str | None, since: datetime | None) -> Iterator[Page[Order]]:
        for page in super().fetch_orders(cursor, since):
            yield replace(page, records=[replace(one, customer=None) for one in page.records])

    def fetch_customers(self, cursor: str | None) -> Iterator[Page[Customer]]:
        yield from ()

    def find_customers(self, keys: Sequence[CustomerKey]) -> list[list[Customer]]:
        raise AssertionError("it was asked for customers")

    def push_customers(self, changes: Sequence[CustomerChange]) -> list[WriteOutcome]:
        raise AssertionError("it was sent customers")

    def mark_invited(self, customer_ids: Sequence[str]) -> list[WriteOutcome]:
        raise AssertionError("it was asked to mark somebody")

    send_invites = mark_invited

    def create_groups(self, titles: Sequence[str]) -> None:
        raise AssertionError("it was asked to make groups")


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> None:
    real = syncctl.cycle.open_store
    monkeypatch.setattr(syncctl.cycle, "open_store", lambda *rest: Closed(real(*rest)))


@pytest.mark.parametrize("upload", ["linked", "assigned", "all"])
@pytest.mark.parametrize("trigger", ["order", "any"])
@pytest.mark.parametrize("match", ["phone_or_email", "create_new"])
def test_orders_are_booked_and_nobody_is_asked_for(tmp_path: Path, upload: str, trigger: str, match: str) -> None:
    customers = {"upload": upload, "trigger": trigger, "match": match, "send_invite": True}
    world = CustomerWorld(tmp_path, customers=customers)
    web, pos = world.shop.upsert_customer(**ANN), world.office.upsert_customer(**ANN)
    world.office.add_groups(["Trade"])
    world.office.upsert_customer(pos, group="Trade")
    world.shop.place_order([("MUG", 2)], customer=web)
    for _ in range(3):
        assert world.run().exit_code == 0
    world.office.upsert_customer(pos, note="rings twice")
    world.run()
    assert world.totals() == [("sale", 2000)] and world.holds() == []
    assert [one["name"] for one in world.pos()] == ["Ann Archer"], "the sale is the guest account's"
    world.assert_exact()
    world.run()
    assert world.writes() == []
