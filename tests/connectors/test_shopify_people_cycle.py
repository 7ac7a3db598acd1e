"""Customers both ways between a Shopify shop and a back office: whole cycles on a real socket."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from syncctl.model import Address
from tests.fakes.wire import WireFault
from tests.shopify_world import ShopifyCycles

NUMBER, SPELLED = "+442079460123", "020 7946 0123"
PAT: dict[str, Any] = {
    "name": "Pat Poole",
    "emails": ["pat@pos.example"],
    "phones": [SPELLED],
    "addresses": [Address(kind="billing", street="1 High St\nFlat 2", city="Leeds", country="GB", company="P & Sons")],
    "note": "rings twice",
    "tax_exempt": True,
}
HOME = {"address1": "3 Mill Lane", "city": "York", "zip": "YO1 1AA", "country_code_v2": "GB"}
ANN: dict[str, Any] = {
    "first_name": "Ann",
    "last_name": "Archer",
    "address": {"first_name": "Ann", "last_name": "Archer", **HOME},
}
STORE = {"group_prefix": "group:", "groups": ["Trade", "Staff"]}
EVERYBODY = {"trigger": "any", "upload": "all", "country": "GB"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[ShopifyCycles]:
    """Everybody goes both ways."""
    with opened(tmp_path) as world:
        yield world


def opened(folder: Path, *, store: dict[str, Any] | None = None, **customers: Any) -> ShopifyCycles:
    world = ShopifyCycles(folder, store={**STORE, **(store or {})}, customers={**EVERYBODY, **customers})
    world.office.add_groups(["Trade", "Staff"])
    return world


def cycles(world: ShopifyCycles, count: int = 3) -> None:
    """Until all is told; each a while after the one before."""
    for _ in range(count):
        assert world.run().exit_code == 0
        world.hurry += timedelta(hours=1)


def assert_quiet(world: ShopifyCycles) -> None:
    """Nothing is written anywhere any more, and one request tells so."""
    for _ in range(2):
        world.hurry += timedelta(hours=1)
        world.run()
        assert world.asked() == ["orders+customers"] and world.writes_to_office() == 0


# --- both ways --------------------------------------------------------------------------------------------------------


def test_a_customer_of_the_shop_comes_into_the_back_office_with_all_that_is_known(world: ShopifyCycles) -> None:
    world.hands.add_customer("ann@web.example", phone="+441904496000", tags=["VIP", "group:Trade"], note="dog", **ANN)
    cycles(world)
    [ann] = world.people()
    assert (ann["name"], ann["emails"], ann["phones"]) == ("Ann Archer", ("ann@web.example",), ("+441904496000",))
    assert [(one.city, one.name) for one in ann["addresses"]] == [("York", "")]
    assert ann["group"] == "Trade"
    assert_quiet(world)


def test_a_customer_of_the_back_office_becomes_one_of_the_shop_with_all_that_it_keeps(world: ShopifyCycles) -> None:
    world.office.upsert_customer(**PAT, group="Trade")
    cycles(world)
    pat = world.person("pat@pos.example")
    assert (pat.first_name, pat.last_name, pat.phone, pat.tags) == ("Pat", "Poole", NUMBER, ["group:Trade"])
    assert (pat.note, pat.tax_exempt) == ("rings twice", True)
    [place] = pat.addresses
    assert (place.address1, place.address2, place.city, place.company) == ("1 High St", "Flat 2", "Leeds", "P & Sons")
    assert (place.first_name, place.country_code_v2) == ("Pat", "GB")
    [told] = world.people()
    assert (told["phones"], [one.kind for one in told["addresses"]]) == ((SPELLED,), ["billing"])
    assert [(space, key) for space, key in pat.metafields] == [("syncctl", "reference")]
    assert_quiet(world)


@pytest.mark.parametrize("by", ["email", "phone"])
def test_the_two_records_of_one_person_are_joined_and_each_fills_the_others_blanks(
    world: ShopifyCycles, by: str
) -> None:
    pos = {
        "name": "Ann Archer",
        "note": "dog",
        "addresses": [Address(kind="billing", street="3 Mill Lane", city="York", postal_code="YO1 1AA", country="GB")],
    }
    pos |= {"emails": ["ANN@web.example"]} if by == "email" else {"phones": [SPELLED]}
    world.office.upsert_customer(**pos)
    world.hands.add_customer("ann@web.example", phone=NUMBER, **ANN)
    cycles(world)
    [told] = world.people()
    assert (len(told["emails"]), len(told["phones"])) == (1, 1)
    assert [(one.kind, one.city) for one in told["addresses"]] == [("billing", "York")], "the same place, of a kind"
    [web] = world.site.customers.values()
    assert (web.note, len(web.addresses)) == ("dog", 1)
    assert_quiet(world)


def test_what_changed_on_both_sides_is_on_both_after_that(world: ShopifyCycles) -> None:
    pos = world.office.upsert_customer(**PAT)
    cycles(world)
    web = world.person("pat@pos.example")
    world.office.upsert_customer(pos, note="rings once", group="Staff")
    world.hands.change_customer(web.id, phone="+441904496000", last_name="Pool", tags=["VIP"])
    cycles(world)
    [told] = world.people()
    assert (told["name"], told["phones"], told["group"]) == ("Pat Pool", ("+441904496000",), "Staff")
    assert (web.note, sorted(web.tags)) == ("rings once", ["VIP", "group:Staff"])
    assert_quiet(world)


def test_a_group_goes_both_ways_and_the_merchants_own_tags_stay(world: ShopifyCycles) -> None:
    pos = world.office.upsert_customer(**PAT, group="Trade")
    cycles(world)
    web = world.person("pat@pos.example")
    world.hands.change_customer(web.id, tags=["VIP", "group:Staff", "wholesale"])
    cycles(world)
    assert [one["group"] for one in world.people()] == ["Staff"]
    world.office.upsert_customer(pos, group="Trade")
    cycles(world)
    assert sorted(web.tags) == ["VIP", "group:Trade", "wholesale"]
    world.office.upsert_customer(pos, group="")
    cycles(world)
    assert sorted(web.tags) == ["VIP", "wholesale"]
    assert_quiet(world)


def test_who_is_in_two_groups_waits_for_somebody_to_take_one_away(world: ShopifyCycles) -> None:
    pos = world.office.upsert_customer(**PAT, group="Trade")
    cycles(world)
    web = world.person("pat@pos.example")
    world.hands.change_customer(web.id, tags=["group:Trade", "group:Staff"])
    cycles(world)
    assert [one["group"] for one in world.people()] == ["Trade"], "which of them holds, nobody can tell"
    world.office.upsert_customer(pos, group="Staff")
    world.run()
    assert world.holds() == [("customer", "several_groups")] and len(web.tags) == 2
    assert "take away all but one" in world.messages()[0]
    world.hands.change_customer(web.id, tags=["group:Trade"])
    world.hurry += timedelta(days=2)
    cycles(world)
    assert (web.tags, world.holds()) == (["group:Staff"], [])


def test_an_address_of_the_till_is_changed_or_added_and_none_of_the_shops_is_lost(world: ShopifyCycles) -> None:
    pos = world.office.upsert_customer(**PAT)
    cycles(world)
    web = world.person("pat@pos.example")
    world.hands.add_address(web.id, address1="9 Low Rd", city="Hull")
    cycles(world)
    [told] = world.people()
    assert [one.city for one in told["addresses"]] == ["Leeds", "Hull"]
    moved = [Address(kind="billing", street="1 High St\nFlat 2", city="Bradford", country="GB"), told["addresses"][1]]
    world.office.upsert_customer(pos, addresses=[*moved, Address(kind="shipping", street="2 Rd", city="Ripon")])
    cycles(world)
    assert [one.city for one in web.addresses] == ["Bradford", "Hull", "Ripon"]
    world.office.upsert_customer(pos, addresses=[])
    cycles(world)
    assert [one.city for one in web.addresses] == ["Bradford", "Hull", "Ripon"], "none is ever deleted"
    assert [one["addresses"] for one in world.people()] == [()]
    assert_quiet(world)


def test_a_new_name_of_the_till_is_on_the_customers_own_addresses_and_does_not_come_back(world: ShopifyCycles) -> None:
    pos = world.office.upsert_customer(**PAT)
    cycles(world)
    world.office.upsert_customer(pos, name="Patricia Ann Poole", emails=["patricia@pos.example"])
    cycles(world)
    web = world.person("patricia@pos.example")
    assert (web.first_name, web.last_name) == ("Patricia Ann", "Poole")
    assert [(one.first_name, one.last_name) for one in web.addresses] == [("Patricia Ann", "Poole")]
    assert [one.name for one in next(world.people())["addresses"]] == [""]
    assert_quiet(world)


# --- nobody twice -----------------------------------------------------------------------------------------------------

MAKING = b"customerCreate"
LOST = [
    WireFault("reset_mid_body"),
    WireFault("truncated"),
    WireFault("empty"),
    WireFault("reset", done=True),
    WireFault("502", done=True),
    WireFault("500", done=False),
]


@pytest.mark.parametrize("match", ["phone_or_email", "create_new"])
@pytest.mark.parametrize("fault", LOST, ids=lambda fault: f"{fault.kind}{'' if fault.works else ', not done'}")
@pytest.mark.parametrize("known_by", ["email", "phone"])
def test_a_lost_reply_to_a_creation_makes_no_second_customer(
    tmp_path: Path, fault: WireFault, match: str, known_by: str
) -> None:
    with opened(tmp_path, match=match) as world:
        world.office.upsert_customer(**{**PAT, "phones" if known_by == "email" else "emails": []})
        world.run("pull-orders", "push-orders", "pull-data")
        world.server.fail(fault, at=world.server.count + 3)
        assert world.run("push-data").exit_code == 3
        assert [MAKING in request.body for request in world.server.log] == [False, False, True]
        assert len(world.site.customers) == int(fault.works), "what may have been done is not sent again"
        till = list(world.people())
        assert world.run().exit_code == 0
        [pat] = world.site.customers.values()
        assert list(world.people()) == till, "what the shop made of it is no news"
        assert [one.city for one in pat.addresses] == ["Leeds"]
        links = world.rows("SELECT remote_id FROM link WHERE kind = 'customer' AND party = 'shop'")
        assert links == [(str(pat.id),)] and world.holds() == []
        assert_quiet(world)
