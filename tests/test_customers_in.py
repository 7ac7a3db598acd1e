"""Customers into the hub from both sides: matched, merged, deleted and merged there, however badly they are written."""

import json
from pathlib import Path
from typing import Any

import pytest

from syncctl.model import Address
from tests.customer_world import CustomerWorld

ANN: dict[str, Any] = {"name": "Ann Archer", "emails": ["ann@shop.example"]}


@pytest.fixture
def world(tmp_path: Path) -> CustomerWorld:
    return CustomerWorld(tmp_path)


def both(world: CustomerWorld, **fields: Any) -> tuple[str, str]:
    """Somebody on both sides, linked by the first cycle: (id in the shop, id in the back office)."""
    ids = world.shop.upsert_customer(**{**ANN, **fields}), world.office.upsert_customer(**{**ANN, **fields})
    world.settle(6)
    return ids


def rules(world: CustomerWorld) -> list[tuple[str, str]]:
    """(party, rule) of the links of customers who are on both sides."""
    return world.rows(
        "SELECT l.party, l.rule FROM link l WHERE l.kind = 'customer' AND EXISTS (SELECT 1 FROM link o "
        "WHERE o.kind = 'customer' AND o.hub_id = l.hub_id AND (o.party = 'back-office') <> (l.party = 'back-office')) "
        "ORDER BY l.party DESC, l.id"
    )


# --- who is on both sides already ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "web, pos, rule",
    [
        ({"emails": ["Ann@Shop.Example"]}, {"emails": ["ann@shop.example"]}, "email"),
        ({"phones": ["020 7946 0123"]}, {"phones": ["+442079460123"]}, "phone"),
        ({"emails": ["a@b.example"], "phones": ["020 7946 0123"]}, {"phones": ["+44 20 7946 0123"]}, "phone"),
    ],
)
def test_the_first_cycle_links_who_is_on_both_sides_without_an_order(
    world: CustomerWorld, web: dict[str, Any], pos: dict[str, Any], rule: str
) -> None:
    world.shop.upsert_customer(name="Ann", **web)
    world.office.upsert_customer(name="A. Archer", **pos)
    world.settle(6)
    assert rules(world) == [("shop", "made it"), ("back-office", rule)]
    assert world.names() == (["Ann"], ["A. Archer"]), "each side keeps its own name; a join writes into blanks"


def test_after_that_a_change_goes_across_once_and_does_not_come_back(world: CustomerWorld) -> None:
    ann, made = both(world)
    world.office.upsert_customer(made, company="Archer & Co")
    world.run()
    assert world.shop.customer(ann)["company"] == "Archer & Co"
    for _ in range(2):
        world.run()
        assert world.writes() == []


def test_a_web_customer_whose_key_two_have_is_held_and_nobody_is_joined(world: CustomerWorld) -> None:
    world.shop.upsert_customer(**ANN)
    ids = [world.office.upsert_customer(**{**ANN, "name": name}) for name in ("One", "Two")]
    world.settle(6)
    assert rules(world) == [] and world.holds() == [("customer", "which customer?")]
    [message] = world.messages()
    assert all(one in message for one in ids)


def test_two_web_customers_with_the_phone_of_one_record_are_both_held(world: CustomerWorld) -> None:
    for name in ("Ann", "Bob"):
        world.shop.upsert_customer(name=name, phones=["020 7946 0123"])
    world.office.upsert_customer(name="Home", phones=["020 7946 0123"])
    world.settle(6)
    assert rules(world) == [] and world.holds() == [("customer", "which customer?")] * 2


@pytest.mark.parametrize(
    "settings",
    [{"match": "create_new"}, {"match": "email"}, {"placeholder_phones": ["020 7946 0123"]}],
)
def test_a_phone_that_is_no_key_links_nobody(world: CustomerWorld, settings: dict[str, Any]) -> None:
    world.change(customers=settings)
    world.shop.upsert_customer(name="Ann", phones=["+442079460123"])
    world.office.upsert_customer(name="Ann", phones=["020 7946 0123"])
    world.settle(6)
    assert rules(world) == [] and world.holds() == []


def test_a_pos_customer_is_linked_when_she_makes_herself_an_account(world: CustomerWorld) -> None:
    world.change(customers={"trigger": "any"})
    made = world.office.upsert_customer(**ANN)
    world.settle(6)
    ann = world.shop.upsert_customer(**ANN, phones=["020 7946 0123"])
    world.settle(6)
    assert [(one["id"], one["phones"]) for one in world.pos()] == [(made, ["020 7946 0123"])]
    assert len(world.web()) == 1 and world.shop.customer(ann)["name"] == "Ann Archer"


def test_a_web_customer_is_linked_when_the_counter_writes_her_down(world: CustomerWorld) -> None:
    world.shop.upsert_customer(**ANN)
    world.settle(6)
    world.office.upsert_customer(**ANN)
    world.settle(6)
    assert ("back-office", "email") in rules(world) and world.holds() == []


def test_switched_off_nobody_is_read(world: CustomerWorld) -> None:
    world.change(customers={"enabled": False})
    world.shop.upsert_customer(**ANN)
    world.office.upsert_customer(**ANN)
    world.run()
    assert world.rows("SELECT 1 FROM customer") == []
    assert world.calls("fetch_customers") == world.calls("fetch_customers", "shop") == 0


# --- what changed ----------------------------------------------------------------------------------------------------


def test_one_field_changed_on_each_side_and_both_arrive(world: CustomerWorld) -> None:
    world.change(customers={"trigger": "any"})
    ann, made = both(world)
    world.shop.upsert_customer(ann, phones=["020 7946 0999"])
    world.office.upsert_customer(made, note="pays on account")
    world.settle(6)
    [there] = world.pos()
    here = world.shop.customer(ann)
    assert there["phones"] == here["phones"] == ["020 7946 0999"]
    assert there["note"] == here["note"] == "pays on account"


def test_the_same_field_changed_on_both_sides_waits_for_a_person_where_so_set(world: CustomerWorld) -> None:
    world.change(customers={"trigger": "any", "winner": {"name": "ask"}})
    ann, made = both(world)
    world.shop.upsert_customer(ann, name="Ann Web")
    world.office.upsert_customer(made, name="Ann Office", note="also changed")
    world.settle(6)
    assert world.shop.customer(ann)["name"] == "Ann Web" and world.pos()[0]["name"] == "Ann Office"
    assert world.shop.customer(ann)["note"] == "also changed", "the rest is not held up"
    assert [reason for _, reason in world.holds()] == ["changed on both sides"]
    assert "Ann Web" not in world.messages()[0]


@pytest.mark.parametrize("winner, name", [("web", "Ann Web"), ("back_office", "Ann Office")])
def test_the_winner_that_is_set_wins_on_both_sides(world: CustomerWorld, winner: str, name: str) -> None:
    world.change(customers={"trigger": "any", "winner": {"name": winner}})
    ann, made = both(world)
    world.shop.upsert_customer(ann, name="Ann Web")
    world.office.upsert_customer(made, name="Ann Office")
    world.settle(6)
    assert world.names() == ([name], [name]) and world.holds() == []


def test_two_groups_that_never_agreed_are_asked_about_and_left_alone(world: CustomerWorld) -> None:
    for side in (world.shop, world.office):
        for title in ("Retail", "Trade"):
            side.add_group(title) if side is world.shop else side.add_groups([title])
    world.shop.upsert_customer(**ANN, group="Retail")
    world.office.upsert_customer(**ANN, group="Trade")
    world.settle(6)
    assert world.web()[0]["group"] == "Retail" and world.pos()[0]["group_title"] == "Trade"
    assert world.holds() == [("customer", "which group?")]


# --- deleted and merged ----------------------------------------------------------------------------------------------


def test_a_record_deleted_in_the_back_office_is_held_and_its_web_customer_stays(world: CustomerWorld) -> None:
    ann, made = both(world)
    world.office.delete_customer(made)
    world.settle(6)
    assert ("customer", "gone") in world.holds() and world.shop.customer(ann)["name"] == "Ann Archer"
    world.run()
    assert world.writes() == [] and len(world.holds()) == 1


def test_a_pos_customer_who_is_deleted_there_is_gone_here_too(world: CustomerWorld) -> None:
    made = world.office.upsert_customer(**ANN)
    world.settle(6)
    world.office.delete_customer(made)
    world.settle(6)
    assert world.rows("SELECT 1 FROM customer") == world.rows("SELECT 1 FROM contact") == [] == world.holds()


def test_a_record_that_the_back_office_merged_is_followed_to_the_one_that_stands_for_it(world: CustomerWorld) -> None:
    ann, made = both(world)
    other = world.office.upsert_customer(name="Anne A.", phones=["020 7946 0123"])
    world.settle(6)
    world.office.merge_customers(made, into=other)
    world.settle(6)
    order = world.shop.place_order([("MUG", 1)], customer=ann)
    world.settle(6)
    [sale] = [one for one in world.documents(order) if one.kind == "sale"]
    assert sale.customer_id == other and [one["id"] for one in world.pos()] == [other]
    assert world.shop.customer(ann)["phones"] == ["020 7946 0123"]


def test_two_accounts_that_the_shop_merged_are_one_customer(world: CustomerWorld) -> None:
    world.change(customers={"trigger": "any"})
    ann, made = both(world)
    second = world.shop.upsert_customer(name="Ann Second", emails=["second@shop.example"])
    world.know()
    world.shop.merge_customers(second, into=ann)
    world.settle(6)
    assert len(world.web()) == 1 and world.rows("SELECT count(*) FROM customer WHERE id = 1") == [(1,)]
    assert made in [one["id"] for one in world.pos()]


# --- bad input -------------------------------------------------------------------------------------------------------

HOSTILE: tuple[dict[str, Any], ...] = (
    {"name": "No Contact"},
    {"name": "Bad Contacts", "emails": ["not an address", "@", "a@"], "phones": ["call me", "+", "0" * 400]},
    {"name": "N" * 1_000_000, "emails": ["long@shop.example"]},
    {"name": "🎉 مرحبا بالعالم \u202e Ann", "emails": ["emoji@shop.example"], "note": "שלום 🧡"},
    {"name": "Many Homes", "emails": ["homes@shop.example"]},
)


@pytest.mark.parametrize("person", HOSTILE, ids=lambda one: one["name"][:10])
def test_somebody_badly_written_comes_in_and_nobody_else_is_held_up(
    world: CustomerWorld, person: dict[str, Any]
) -> None:
    world.change(customers={"trigger": "any"})
    if person["name"] == "Many Homes":
        homes = [Address(street=f"{number} High Street", city="London", country="GB") for number in range(5_000)]
        person = {**person, "addresses": homes}
    bad = world.shop.upsert_customer(**person)
    both(world)
    there = {one["name"]: one for one in world.pos()}
    assert "Ann Archer" in there and len(world.pos()) == len(world.web()) == 2
    assert world.shop.customer(bad)["name"] == person["name"]
    for _ in range(2):
        world.run()
        assert world.writes() == []


def test_a_record_that_cannot_be_read_is_held_and_let_go_once_it_can_be(world: CustomerWorld) -> None:
    world.change(customers={"trigger": "any"})
    ann, _ = both(world)
    good = world.shop.customer(ann)
    world.shop.put_raw_customer(ann, '{"id": 7, "name": ["Ann"]}')
    world.run()
    assert ("customer", "unreadable") in world.holds() and world.pos()[0]["name"] == "Ann Archer"
    world.shop.put_raw_customer(ann, json.dumps(good))
    world.run()
    assert world.holds() == []


def test_an_address_that_became_another_customers_joins_nobody(world: CustomerWorld) -> None:
    world.change(customers={"trigger": "any"})
    ann, _ = both(world)
    bob = world.shop.upsert_customer(name="Bob", emails=["bob@shop.example"])
    world.settle(6)
    world.shop.upsert_customer(bob, emails=["bob@new.example"])
    world.shop.upsert_customer(ann, emails=["bob@shop.example"])
    world.settle(6)
    assert {one["name"]: one["emails"] for one in world.pos()} == {
        "Ann Archer": ["bob@shop.example"],
        "Bob": ["bob@new.example"],
    }
    assert world.rows("SELECT count(*) FROM customer") == [(2,)]
