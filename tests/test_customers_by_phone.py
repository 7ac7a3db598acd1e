"""A store that finds customers by e-mail and phone, lets a number be one customer's, and takes it as E.164 only."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import syncctl.cycle
from syncctl.connectors.base import WebStore
from syncctl.connectors.wrapped import WrappedStore
from syncctl.model import Address, Customer, CustomerChange, CustomerKey, WriteOutcome
from tests.customer_world import CustomerWorld
from tests.fakes.faulty import lost_reply

PAT: dict[str, Any] = {"name": "Pat Poole", "phones": ["020 7946 0123"]}
NUMBER = "+442079460123"


class ByPhone(WrappedStore):
    """The shop, as such a store."""

    def __init__(self, store: WebStore) -> None:
        super().__init__(store)
        search = frozenset({"id", "email", "phone"})
        self.abilities = replace(store.abilities, customer_search=search, e164_phones=True)

    def find_customers(self, keys: Sequence[CustomerKey]) -> list[list[Customer]]:
        assert all(key.reference is None for key in keys), "it was asked what it cannot tell"
        return super().find_customers(keys)

    def push_customers(self, changes: Sequence[CustomerChange]) -> list[WriteOutcome]:
        for one in changes:
            places: Any = one.fields.get("addresses", ())
            numbers: Any = (*one.fields.get("phones", ()), *(place.phone for place in places if place.phone))  # type: ignore[misc]
            assert all(number[0] == "+" or number == "none" for number in numbers), numbers
        return super().push_customers(changes)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CustomerWorld:
    world, real = CustomerWorld(tmp_path), syncctl.cycle.open_store
    monkeypatch.setattr(syncctl.cycle, "open_store", lambda *rest: ByPhone(real(*rest)))
    return world


@pytest.mark.parametrize("rule", ["create_new", "email", "phone_or_email"])
def test_who_has_only_a_phone_is_made_once_though_the_reply_is_lost(world: CustomerWorld, rule: str) -> None:
    world.change(customers={"match": rule})
    pat = world.office.upsert_customer(**PAT)
    world.know()
    world.assign("Pat Poole")
    assert world.run(plans={"shop": [lost_reply("push_customers")]}).exit_code == 3
    [made] = world.web()
    assert made["phones"] == [NUMBER]
    world.office.upsert_customer(pat, phones=["07700 900123"])  # he is still found by what was sent
    world.know()
    world.settle()
    assert [one["id"] for one in world.web()] == [made["id"]]
    assert world.holds() == []
    assert "+447700900123" in world.web()[0]["phones"]


def test_numbers_are_sent_as_they_are_taken_and_each_side_keeps_its_own_spelling(world: CustomerWorld) -> None:
    places = [Address(kind="billing", city="York", phone="01904 496000"), Address(city="Hull", phone="none")]
    pat = world.office.upsert_customer(**PAT, addresses=places)
    world.know()
    world.assign("Pat Poole")
    world.settle()
    [made] = world.web()
    assert made["phones"] == [NUMBER]
    assert [one["phone"] for one in made["addresses"]] == ["+441904496000", "none"]
    world.office.upsert_customer(pat, note="rings twice")
    world.know()
    world.settle()
    [till] = world.pos()
    assert till["phones"] == PAT["phones"] and world.web()[0]["note"] == "rings twice"
    world.run()
    assert world.writes() == []
