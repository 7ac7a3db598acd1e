"""`status` of customers: where one side's cannot be read or written for long, it shows, though all else goes on."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from syncctl import times
from syncctl.cli.read import expected_parts
from syncctl.errors import Unreachable
from syncctl.hub import views
from tests.customer_world import CustomerWorld
from tests.fakes.faulty import FailBefore, on


@pytest.fixture
def world(tmp_path: Path) -> Iterator[CustomerWorld]:
    """All went well three hours ago."""
    world = CustomerWorld(tmp_path, customers={"trigger": "any"})
    world.settle(6)
    long_ago = times.to_text(times.now() - timedelta(hours=3))
    with world.hub() as hub, hub.transaction() as connection:
        connection.execute("UPDATE run_step SET ended_at = ?", [long_ago])
    yield world


def overdue(world: CustomerWorld) -> list[tuple[str, str]]:
    """The parts that were not done for two hours."""
    with world.hub() as hub:
        steps = views.status(hub.connection, expected_parts(world.settings, hub.matching.matched))["steps"]
    since = times.to_text(times.now() - timedelta(hours=2))
    return [(part["step"], part["party"]) for part in steps if (part["last_done_at"] or "") < since]


def test_all_that_the_settings_call_for_is_done_by_a_run_that_goes_well(world: CustomerWorld) -> None:
    assert ("customers", "shop") in overdue(world) and ("customers", "back-office") in overdue(world)
    world.run()
    assert overdue(world) == []


@pytest.mark.parametrize(
    ("party", "method"),
    [("shop", "fetch_customers"), ("back-office", "fetch_customers"), ("back-office", "push_customers")],
)
def test_a_long_outage_of_one_sides_customers_shows_until_it_ends(
    world: CustomerWorld, party: str, method: str
) -> None:
    world.shop.upsert_customer(name="Ann", emails=["ann@shop.example"])
    for _ in range(2):
        world.run(plans={party: [FailBefore(on(method, None), Unreachable("down"))]})
        assert overdue(world) == [("customers", party)]
    world.run()
    assert overdue(world) == []


@pytest.mark.parametrize("trigger", ["order", "any"])
def test_where_customers_go_without_orders_their_steps_are_called_for(world: CustomerWorld, trigger: str) -> None:
    world.change(orders={"enabled": False}, stock={"enabled": False}, customers={"trigger": trigger})
    assert ("push-orders", "back-office") in overdue(world)
    assert (("pull-orders", "shop") in overdue(world)) == (trigger == "any")
    world.run()
    assert overdue(world) == []


@pytest.mark.parametrize("party", ["shop", "back-office"])
@pytest.mark.parametrize("ways", [(True, True), (True, False), (False, True)])
def test_where_only_the_first_reading_is_due_it_shows_as_long_as_it_fails(
    tmp_path: Path, party: str, ways: tuple[bool, bool]
) -> None:
    """By `trigger: order` they are read once, before anybody is matched."""
    settings = {"web_to_back_office": ways[0], "back_office_to_web": ways[1], "fallback": "guest_account"}
    world = CustomerWorld(tmp_path, customers={**settings, "trigger": "order"})
    for _ in range(2):
        world.run(plans={party: [FailBefore(on("fetch_customers", None), Unreachable("down"))]})
        assert overdue(world) == [("customers", party)]
    world.run()
    assert overdue(world) == []
    long_ago = times.to_text(times.now() - timedelta(hours=3))
    with world.hub() as hub, hub.transaction() as connection:
        connection.execute("UPDATE run_step SET ended_at = ?", [long_ago])
    assert ("customers", "shop") not in overdue(world), "from now on they come with their orders"
    world.run()
    assert overdue(world) == []


def test_customers_that_are_switched_off_are_not_waited_for(world: CustomerWorld) -> None:
    world.change(customers={"enabled": False})
    world.run()
    assert overdue(world) == []
