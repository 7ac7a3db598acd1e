"""A store that cannot be searched by our reference: whom we made is found by e-mail, by whatever rule he is matched."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import syncctl.cycle
from syncctl.connectors.base import WebStore
from syncctl.connectors.wrapped import WrappedStore
from syncctl.model import Customer, CustomerKey
from tests.customer_world import CustomerWorld
from tests.fakes.faulty import lost_reply

PAT: dict[str, Any] = {"name": "Pat Poole", "emails": ["Pat@pos.example"], "phones": ["020 7946 0123"]}


class ByEmail(WrappedStore):
    """The shop, which finds customers by id and e-mail only, and lets an address be one account's."""

    def __init__(self, store: WebStore) -> None:
        super().__init__(store)
        self.abilities = replace(store.abilities, customer_search=frozenset({"id", "email"}))

    def find_customers(self, keys: Sequence[CustomerKey]) -> list[list[Customer]]:
        assert all(key.reference is None and key.phone is None for key in keys), "it was asked what it cannot tell"
        return super().find_customers(keys)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CustomerWorld:
    world, real = CustomerWorld(tmp_path), syncctl.cycle.open_store
    monkeypatch.setattr(syncctl.cycle, "open_store", lambda *rest: ByEmail(real(*rest)))
    return world


@pytest.mark.parametrize("rule", ["create_new", "email", "phone_or_email"])
@pytest.mark.parametrize("emails", [["Pat@pos.example"], ["noemail@pos.example"]], ids=["his own", "a placeholder"])
def test_a_lost_reply_makes_nobody_twice_and_holds_nobody_up(
    world: CustomerWorld, rule: str, emails: list[str]
) -> None:
    world.change(customers={"match": rule})
    pat = world.office.upsert_customer(**{**PAT, "emails": emails})
    world.know()
    world.assign("Pat Poole")
    assert world.run(plans={"shop": [lost_reply("push_customers")]}).exit_code == 3
    [made] = world.web()
    world.run()
    assert [one["id"] for one in world.web()] == [made["id"]]
    links = world.rows("SELECT party, remote_id FROM link WHERE kind = 'customer' ORDER BY party")
    assert links == [("back-office", pat), ("shop", made["id"])]
    assert world.holds() == []
    world.run()
    assert world.writes() == []


def test_an_account_that_is_somebody_elses_is_not_taken_for_the_one_we_made(world: CustomerWorld) -> None:
    world.change(customers={"match": "create_new"})
    world.office.upsert_customer(**PAT)
    other = world.shop.upsert_customer(name="Patrick Other", emails=["pat@pos.example"])
    world.know()
    world.assign("Pat Poole")
    world.run()
    assert [(one["id"], one["name"]) for one in world.web()] == [(other, "Patrick Other")]
    assert world.holds() == [("customer", "email_taken")]
    assert world.rows("SELECT count(*) FROM link WHERE party = 'shop' AND remote_id <> ?", other) == [(0,)]
