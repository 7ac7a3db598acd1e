"""Joining, and undoing it: every join is recorded with its rule, and what a person took apart stays apart (I4)."""

from pathlib import Path
from typing import Any

import pytest

from syncctl.errors import ConfigError
from syncctl.hub import Hub
from syncctl.model import Consent
from syncctl.steps.run import BACK_OFFICE
from tests.customer_world import CustomerWorld

ANN: dict[str, Any] = {"name": "Ann Archer", "emails": ["ann@shop.example"]}


@pytest.fixture
def world(tmp_path: Path) -> CustomerWorld:
    return CustomerWorld(tmp_path, customers={"trigger": "any"})


def both(world: CustomerWorld, **there: Any) -> tuple[str, str]:
    """Ann on both sides, joined by the first cycle: (id in the shop, id in the back office)."""
    ids = world.shop.upsert_customer(**ANN), world.office.upsert_customer(**{**ANN, **there})
    world.settle(6)
    return ids


def unlink(world: CustomerWorld, party: str, remote_id: str) -> int:
    with world.hub() as hub:
        return hub.joining.unlink(party, remote_id, world.settings.customers)


def sides(world: CustomerWorld) -> list[tuple[str, str]]:
    """(name, parties) of every hub customer."""
    return world.rows(
        "SELECT c.name, (SELECT group_concat(party, ' ') FROM (SELECT DISTINCT party FROM link "
        "WHERE kind = 'customer' AND hub_id = c.id ORDER BY party)) FROM customer c ORDER BY c.name, c.id"
    )


def test_a_dry_match_says_what_would_be_joined_and_joins_nobody(world: CustomerWorld) -> None:
    world.shop.upsert_customer(**ANN)
    world.office.upsert_customer(**{**ANN, "name": "A. Archer"})
    world.know()
    before = world.rows("SELECT hub_id, party, rule FROM link ORDER BY id")
    with world.hub() as hub:
        [decision] = hub.matching.match_all(world.settings.customers)
    assert (decision.rule, decision.problem) == ("email", "")
    assert world.rows("SELECT hub_id, party, rule FROM link ORDER BY id") == before


def test_what_was_joined_can_be_parted_and_each_has_its_own_again(world: CustomerWorld) -> None:
    _, made = both(world, name="Anne at the Counter", note="pays on account")
    assert sides(world) == [("Ann Archer", "back-office shop")]
    unlink(world, BACK_OFFICE, made)
    assert sides(world) == [("Ann Archer", "shop"), ("Anne at the Counter", "back-office")]
    assert world.rows("SELECT note FROM customer WHERE name = 'Anne at the Counter'") == [("pays on account",)]


def test_what_a_person_parted_is_not_joined_again(world: CustomerWorld) -> None:
    ann, made = both(world)
    unlink(world, BACK_OFFICE, made)
    order = world.shop.place_order([("MUG", 1)], customer=ann)
    world.settle(6)
    assert [name for name, _ in sides(world)] == ["Ann Archer"] * 2
    [sale] = [one for one in world.documents(order) if one.kind == "sale"]
    assert sale.customer_id != made
    world.office.upsert_customer(made, company="Counter & Co")
    world.settle(6)
    assert not world.shop.customer(ann).get("company"), "a change there is not hers any more"


def test_linking_by_hand_overrules_that_they_were_parted(world: CustomerWorld) -> None:
    ann, made = both(world)
    unlink(world, BACK_OFFICE, made)
    [(hub_id,)] = world.rows("SELECT hub_id FROM link WHERE party = 'shop' AND remote_id = ?", ann)
    with world.hub() as hub:
        hub.joining.link(hub_id, BACK_OFFICE, made, "by hand", world.settings.customers)
    world.settle(6)
    assert sides(world) == [("Ann Archer", "back-office shop")] and len(world.pos()) == 1
    assert ("by hand",) in world.rows("SELECT rule FROM link WHERE party = 'back-office'")


def test_the_only_record_of_a_customer_cannot_be_parted_from_her(world: CustomerWorld) -> None:
    ann = world.shop.upsert_customer(**ANN)
    world.know()
    with pytest.raises(ConfigError):
        unlink(world, "shop", ann)
    with pytest.raises(ConfigError):
        unlink(world, "shop", "nobody")


def test_orders_follow_the_record_that_was_parted(world: CustomerWorld) -> None:
    ann, _ = both(world)
    world.shop.place_order([("MUG", 1)], customer=ann)
    world.settle(6)
    hub_id = unlink(world, "shop", ann)
    assert world.rows("SELECT DISTINCT customer_id FROM sales_order") == [(hub_id,)]


def answer(hub: Hub, name: str) -> str | None:
    [hub_id] = [row[0] for row in hub.connection.execute("SELECT id FROM customer WHERE name = ?", [name])]
    return next((one.state for one in hub.customers.load([hub_id])[hub_id].consents), None)


@pytest.mark.parametrize("web, pos", [("subscribed", "unsubscribed"), ("unsubscribed", "subscribed")])
def test_a_no_of_either_wins_when_two_are_joined_and_both_are_told(world: CustomerWorld, web: str, pos: str) -> None:
    ann = world.shop.upsert_customer(**ANN, consents=(Consent(channel="email", state=web),))
    made = world.office.upsert_customer(**ANN, consents=(Consent(channel="email", state=pos),))
    world.settle(6)
    with world.hub() as hub:
        assert answer(hub, "Ann Archer") == "unsubscribed"
    assert [one["state"] for one in world.shop.customer(ann)["consents"]] == ["unsubscribed"]
    assert [one.state for one in world.office.customer(made).consents] == ["unsubscribed"]


def test_an_absent_answer_is_nobodys_yes(world: CustomerWorld) -> None:
    ann = world.shop.upsert_customer(**ANN)
    made = world.office.upsert_customer(**ANN)
    world.settle(6)
    assert not world.shop.customer(ann).get("consents") and not world.office.customer(made).consents


def test_a_phone_that_is_made_a_placeholder_joins_nobody_any_more(world: CustomerWorld) -> None:
    world.shop.upsert_customer(name="Ann", phones=["020 7946 0123"])
    world.settle(6)
    world.change(customers={"placeholder_phones": ["+442079460123"]})
    world.run()
    world.office.upsert_customer(name="Till", phones=["020 7946 0123"])
    world.settle(6)
    assert ("Till", "back-office") in sides(world) and world.holds() == []


def test_a_phone_is_read_by_the_country_that_is_set_now(world: CustomerWorld) -> None:
    world.change(customers={"country": "US", "trigger": "order"})
    world.shop.upsert_customer(name="Ann", phones=["020 7946 0123"])
    world.settle(6)
    world.change(customers={"country": "GB", "trigger": "order"})
    world.office.upsert_customer(name="Ann", phones=["+44 20 7946 0123"])
    world.settle(6)
    assert sides(world) == [("Ann", "back-office shop")]
