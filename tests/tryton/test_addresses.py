"""Where goods go is what the order says, and a customer's addresses are what the customer says."""

from pathlib import Path
from typing import Any

import pytest

from syncctl.model import Address
from tests.tryton.server import TrytonServer
from tests.tryton.world import TrytonWorld

HOME = Address(kind="shipping", name="Ann Archer", street="1 Home Road", city="Leeds", postal_code="LS1", country="GB")
NEW = Address(kind="shipping", name="Ann Archer", street="7 New Road", city="York", postal_code="YO7", country="GB")
GIFT = {"kind": "shipping", "name": "Bob Best", "street": "9 Gift Lane", "city": "Hull", "country": "GB"}


@pytest.fixture
def world(tmp_path: Path, server: TrytonServer) -> TrytonWorld:
    return TrytonWorld(tmp_path, server, customers={"trigger": "any"})


def settle(world: TrytonWorld) -> None:
    for _ in range(2):
        assert world.run().exit_code == 0, world.messages()


def streets(world: TrytonWorld, customer: str) -> tuple[list[str], list[str]]:
    """Of a customer in the shop, and of the party in Tryton, as people see it."""
    web = [one["street"] for one in world.shop.customer(customer)["addresses"]]
    domain = [["party.contact_mechanisms.value", "=", "ann@mail.example"]]
    return web, [one["street"] for one in world.people.do.rows("party.address", domain, "street")]


def destinations(world: TrytonWorld) -> list[tuple[str, str]]:
    """(order, street) of all that is to be sent or was."""
    rows: list[dict[str, Any]] = world.people.do.rows("sale.sale", [], "reference", "shipments.delivery_address.street")
    return [(row["reference"], one["delivery_address."]["street"]) for row in rows for one in row["shipments."]]


def test_where_a_gift_goes_is_no_address_of_the_customer_s(world: TrytonWorld) -> None:
    ann = world.shop.upsert_customer(name="Ann Archer", emails=["ann@mail.example"], addresses=[HOME])
    for _ in range(2):
        order = world.shop.place_order([("MUG", 1)], customer=ann)
        world.shop.mark(order, shipping_address=GIFT)
        settle(world)
    assert streets(world, ann) == (["1 Home Road"], ["1 Home Road"])
    assert destinations(world) == [("#1001", "9 Gift Lane"), ("#1002", "9 Gift Lane")]
    every = world.people.do.rows("party.address", [["city", "=", "Hull"], ["active", "in", [True, False]]])
    assert len(every) == 1
    world.people.ship(world.people.references()[0], tracking_number="TN 1")
    world.shop.refund_all(world.shop.order_ids()[1])
    settle(world)
    assert world.holds() == [] and world.shop.order("1001")["fulfilments"][0]["tracking_number"] == "TN 1"


def test_who_moves_leaves_an_order_s_destination_as_it_was(world: TrytonWorld) -> None:
    ann = world.shop.upsert_customer(name="Ann Archer", emails=["ann@mail.example"], addresses=[HOME])
    world.shop.place_order([("MUG", 1)], customer=ann)
    settle(world)
    world.shop.upsert_customer(ann, addresses=[NEW])
    settle(world)
    assert streets(world, ann) == (["7 New Road"], ["7 New Road"])
    assert destinations(world) == [("#1001", "1 Home Road")]
