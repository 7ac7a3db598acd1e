"""Buyers, holds and departures between a Shopify shop and a back office: whole cycles on a real socket."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.connectors.test_shopify_people_cycle import ANN, HOME, NUMBER, PAT, SPELLED, assert_quiet, cycles, opened
from tests.fakes.shopify.checkout import Buy
from tests.shopify_world import ShopifyCycles

BOX = {"first_name": "Bo", "last_name": "Baker", "address1": "9 Low Rd", "city": "Hull", "phone": "+447700900999"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[ShopifyCycles]:
    with opened(tmp_path) as world:
        world.sell("MUG", "10.00", 100)
        yield world


def mug(world: ShopifyCycles) -> Buy:
    return Buy(next(iter(world.site.variants)))


# --- buyers -----------------------------------------------------------------------------------------------------------


def test_an_orders_buyer_says_what_the_record_says_whatever_the_order_has_on_it(world: ShopifyCycles) -> None:
    """Bought with goods to somebody else, whose name, address and phone are not the buyer's."""
    ann = world.hands.add_customer("ann@web.example", phone="+441904496000", **ANN)
    cycles(world)
    before = list(world.people())
    for _ in range(2):
        order = world.hands.place([mug(world)], customer=ann, shipping_to=BOX, email="other@web.example")
        cycles(world, 1)
        assert world.calls("push_customers") == 0
        assert [one.customer_id for one in world.documents(str(order)) if one.kind == "sale"] == [before[0]["id"]]
    assert list(world.people()) == before
    assert_quiet(world)


def test_a_buyer_is_booked_under_the_customer_that_he_is_linked_to(tmp_path: Path) -> None:
    """Customers by order: no list of customers is asked for, and nothing but the orders."""
    with opened(tmp_path, trigger="order", upload="linked") as world:
        world.sell("MUG")
        pos = world.office.upsert_customer(name="Ann Archer", emails=["ann@web.example"])
        cycles(world, 2)
        ann = world.hands.add_customer("ann@web.example", **ANN)
        world.hands.place([mug(world)], customer=ann)
        cycles(world, 1)
        [told] = world.people()
        assert (told["id"], [one.city for one in told["addresses"]]) == (pos, ["York"])
        assert {one.customer_id for one in world.documents()} == {pos}
        cycles(world, 2)
        assert world.asked() == ["orders"] and world.writes_to_office() == 0


def test_a_guest_who_buys_is_a_customer_of_the_back_office_and_none_is_made_in_the_shop(world: ShopifyCycles) -> None:
    words = {"first_name": "Gus", "last_name": "Gill", **HOME, "phone": NUMBER}
    world.hands.place([mug(world)], billing=words, shipping_to=BOX, email="gus@web.example")
    world.hands.place([mug(world)], source_name="web")
    cycles(world)
    [gus] = world.people()
    assert (gus["name"], gus["emails"], gus["phones"]) == ("Gus Gill", ("gus@web.example",), (NUMBER,))
    assert [(one.kind, one.name, one.city) for one in gus["addresses"]] == [
        ("billing", "", "York"),
        ("shipping", "Bo Baker", "Hull"),
    ]
    assert world.site.customers == {}
    assert_quiet(world)


def test_more_than_a_page_of_changes_is_read_though_the_first_came_with_the_orders(world: ShopifyCycles) -> None:
    ids = [world.hands.add_customer(f"buyer{number}@web.example", first_name=f"N{number}") for number in range(120)]
    cycles(world, 2)
    for one in ids[:110]:
        world.hands.change_customer(one, note="moved")
    world.run()
    assert world.asked() == ["orders+customers", "customers", "customers"]
    assert [one.note for one in world.office.customers()].count("moved") == 110
    world.hurry += timedelta(hours=1)
    cycles(world, 1)
    assert_quiet(world)


# --- what the app may not see -----------------------------------------------------------------------------------------


def test_without_customers_data_orders_are_booked_and_nobody_is_asked_for_or_written(tmp_path: Path) -> None:
    with opened(tmp_path, store={"customer_data": False, "group_prefix": "", "groups": []}) as world:
        world.site.options.protected_data = "fields"
        world.sell("MUG")
        ann = world.hands.add_customer("ann@web.example", **ANN)
        world.office.upsert_customer(**PAT)
        world.hands.place([mug(world)], customer=ann, email="ann@web.example", shipping_to=BOX)
        cycles(world)
        assert [one["name"] for one in world.people()] == ["Pat Poole"]
        assert [str(one.kind) for one in world.documents()] == ["sale", "payment"]
        assert len(world.site.customers) == 1 and world.holds() == []
        cycles(world, 1)
        assert world.asked() == ["orders"]


# --- holds that name what to do ---------------------------------------------------------------------------------------


def test_an_address_that_is_another_customers_waits_for_a_person_who_is_told_what_to_do(world: ShopifyCycles) -> None:
    pos = world.office.upsert_customer(**PAT)
    cycles(world)
    other = world.hands.add_customer("cyd@web.example", first_name="Cyd", last_name="Cole")
    cycles(world)
    world.office.upsert_customer(pos, emails=["cyd@web.example"])
    world.run()
    assert ("customer", "email_taken") in world.holds()
    assert any("another customer there has this e-mail address: merge the two" in one for one in world.messages())
    assert not any("cyd@web" in one for one in world.messages())
    before = world.site.customers[other].updated_at
    for _ in range(2):
        world.hurry += timedelta(hours=1)
        world.run()
        assert world.asked() == ["orders+customers"], "what was refused is not tried in each cycle"
    assert world.site.customers[other].updated_at == before
    world.hands.change_customer(other, email=None, phone="+447700900001")
    world.hurry += timedelta(days=2)
    cycles(world)
    assert world.person("cyd@web.example").first_name == "Pat"
    assert ("customer", "email_taken") not in world.holds()


def test_a_number_that_is_another_customers_makes_nobody_and_says_so(tmp_path: Path) -> None:
    with opened(tmp_path, match="email") as world:
        world.hands.add_customer("cyd@web.example", first_name="Cyd", last_name="Cole", phone=NUMBER)
        world.office.upsert_customer(**PAT)
        world.run()
        assert world.holds() == [("customer", "phone_taken")]
        assert "another customer there has this phone number: merge the two" in world.messages()[0]
        assert len(world.site.customers) == 1


def test_a_number_that_is_none_waits_and_says_how_it_is_to_be_written(tmp_path: Path) -> None:
    with opened(tmp_path) as world:
        pos = world.office.upsert_customer(**{**PAT, "phones": ["ask at the desk"]})
        world.run()
        assert world.holds() == [("customer", "phone_invalid")] and "country code" in world.messages()[0]
        world.office.upsert_customer(pos, phones=[SPELLED])
        cycles(world)
        assert (world.person("pat@pos.example").phone, world.holds()) == (NUMBER, [])


# --- gone -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("merged", [True, False])
def test_who_is_gone_from_the_shop_is_not_made_again_and_a_person_is_asked(world: ShopifyCycles, merged: bool) -> None:
    """Shopify tells nobody of it: it shows as soon as something is to be written."""
    pos = world.office.upsert_customer(**PAT)
    cycles(world)
    pat = world.person("pat@pos.example").id
    other = world.hands.add_customer("patricia@web.example", first_name="Patricia", last_name="Poole")
    cycles(world)
    if merged:
        world.hands.merge_customers(pat, into=other)
    else:
        world.hands.remove_customer(pat)
    cycles(world, 2)
    world.office.upsert_customer(pos, note="rings once")
    world.run()
    assert ("customer", "gone") in world.holds()
    assert list(world.site.customers) == [other] and world.site.customers[other].note in (None, "rings twice")
    world.hurry += timedelta(hours=1)
    world.run()
    assert world.asked() == ["orders+customers"] and list(world.site.customers) == [other]


def test_orders_of_who_was_merged_are_booked_under_who_stands_for_him(world: ShopifyCycles) -> None:
    ann = world.hands.add_customer("ann@web.example", **ANN)
    bob = world.hands.add_customer("bob@web.example", first_name="Bob", last_name="Baker")
    cycles(world)
    ids = {one["name"]: one["id"] for one in world.people()}
    world.hands.merge_customers(ann, into=bob)
    order = world.hands.place([mug(world)], customer=bob)
    cycles(world)
    assert {one.customer_id for one in world.documents(str(order))} == {ids["Bob Baker"]}
    assert len(list(world.people())) == 2
    assert_quiet(world)
