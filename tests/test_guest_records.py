"""A guest is a name on orders: a store has no record of him to be written, until he is made there (R33, R69)."""

from pathlib import Path

import pytest

from syncctl.model import CustomerKey
from tests.builders import World

ANN = {"name": "Ann Other", "emails": ["ann@example.org"]}


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Ann ordered as a guest, and the books know her with a note."""
    world = World(tmp_path)
    world.office.upsert_customer(name="Ann Other", emails=["ann@example.org"], note="pays cash")
    world.shop.place_order([("MUG", 1)], customer=ANN)
    return world


def in_shop(world: World) -> list[str]:
    return [one["id"] for one in world.shop.customers() if "ann@example.org" in one["emails"]]


def test_a_store_is_not_told_of_its_guests(world: World) -> None:
    for _ in range(2):
        report = world.run()
    assert world.holds() == [] and report.exit_code == 0
    assert in_shop(world) == []
    assert world.rows("SELECT role, pending FROM link WHERE party = 'shop' AND kind = 'customer'") == [("alias", 0)]


def test_a_guest_who_is_assigned_is_made_in_the_store_and_told_from_then_on(world: World) -> None:
    world.run()
    [(hub_id,)] = world.rows("SELECT hub_id FROM link WHERE party = 'shop' AND kind = 'customer'")
    with world.hub() as hub:
        hub.uploads.assign([hub_id], "shop")
    world.run()
    [made] = in_shop(world)
    assert world.rows("SELECT remote_id FROM link WHERE party = 'shop' AND role = 'primary'") == [(made,)]
    [[there]] = world.office.search_customers([CustomerKey(email="ann@example.org")])
    world.office.upsert_customer(there.id, phones=["+442079460000"])
    world.shop.place_order([("MUG", 1)], customer=ANN)
    world.run()
    assert in_shop(world) == [made] and world.holds() == []
