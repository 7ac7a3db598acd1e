"""A person with two accounts in one store: each keeps its own e-mail address, and what else changes gets to the first.

Of two customers that are found to be one, what was asked for one of them is done for both.
"""

from pathlib import Path

import pytest

from tests.customer_world import CustomerWorld

PHONE = "020 7946 0123"
FIRST, SECOND = "ann@shop.example", "annie@shop.example"


@pytest.fixture
def world(tmp_path: Path) -> CustomerWorld:
    return CustomerWorld(tmp_path, customers={"trigger": "any", "back_office_to_web": True})


def two_accounts(world: CustomerWorld) -> tuple[str, str]:
    """Ann, who opened a second account with another address; both are hers by her number."""
    first = world.shop.upsert_customer(name="Ann Archer", emails=[FIRST], phones=[PHONE])
    world.settle(6)
    second = world.shop.upsert_customer(name="Ann Archer", emails=[SECOND], phones=[PHONE])
    world.settle(6)
    assert world.rows("SELECT role FROM link WHERE party = 'shop' ORDER BY remote_id = ?", second) == [
        ("primary",),
        ("alias",),
    ]
    return first, second


def test_the_address_of_a_second_account_is_not_sent_to_the_first(world: CustomerWorld) -> None:
    first, second = two_accounts(world)
    assert world.holds() == [] and world.pending("shop") == []
    assert world.shop.customer(first)["emails"] == [FIRST] and world.shop.customer(second)["emails"] == [SECOND]
    assert world.pos()[0]["emails"] == [FIRST, SECOND], "the back office has one record of her, with both"
    world.run()
    assert world.writes() == [] and world.calls("find_customers", "shop") == 0


def test_what_else_changes_gets_to_the_first_account(world: CustomerWorld) -> None:
    first, second = two_accounts(world)
    world.office.upsert_customer(world.pos()[0]["id"], name="Ann Baker", emails=[FIRST, SECOND, "ab@pos.example"])
    world.settle(6)
    told = world.shop.customer(first)
    assert (told["name"], told["emails"]) == ("Ann Baker", [FIRST, "ab@pos.example"])
    assert world.shop.customer(second)["emails"] == [SECOND] and world.holds() == [] and world.pending("shop") == []
    assert world.pos()[0]["emails"] == [FIRST, SECOND, "ab@pos.example"]
    world.run()
    assert world.writes() == []


def test_an_account_without_an_address_gets_none_that_a_second_one_has(world: CustomerWorld) -> None:
    first = world.shop.upsert_customer(name="Ann Archer", phones=[PHONE])
    world.settle(6)
    world.shop.upsert_customer(name="Ann Archer", emails=[SECOND], phones=[PHONE])
    world.settle(6)
    world.office.upsert_customer(world.pos()[0]["id"], name="Ann Baker")
    world.settle(6)
    assert world.shop.customer(first)["name"] == "Ann Baker" and not world.shop.customer(first).get("emails")
    assert world.holds() == [] and world.pending("shop") == []
    world.run()
    assert world.writes() == []


def test_an_account_is_not_left_without_an_address_because_a_second_one_has_it(world: CustomerWorld) -> None:
    first, _ = two_accounts(world)
    world.office.upsert_customer(world.pos()[0]["id"], emails=[SECOND])
    world.settle(6)
    assert world.shop.customer(first)["emails"] == [FIRST] and world.holds() == [("customer", "email_taken")]


@pytest.mark.parametrize("why", ["any", "all", "by hand", "assigned"])
def test_who_is_assigned_and_found_to_be_another_is_still_invited(tmp_path: Path, why: str) -> None:
    """Though the other was there, or was to be there, already: his row says less."""
    world = CustomerWorld(tmp_path, invites="state", customers={"send_invite": True})
    world.shop.upsert_customer(name="Pat", emails=["pat@pos.example"])
    world.office.upsert_customer(name="Pat Poole", emails=["poole@pos.example"])
    world.know()
    winner, other = world.hub_id("Pat"), world.hub_id("Pat Poole")
    with world.hub() as hub, hub.transaction():
        hub.uploads.assign([winner], "shop", why)
        hub.uploads.sent("shop", [winner])
        hub.uploads.assign([other], "shop")
        hub.joining.join(winner, other, "by hand", world.settings.customers)
    assert world.rows("SELECT customer_id, why, sent_at FROM upload") == [(winner, "assigned", None)]
    world.settle(6)
    assert world.rows("SELECT customer_id, state FROM invitation") == [(winner, "sent")]
    assert [one["name"] for one in world.web()] == ["Pat"]
