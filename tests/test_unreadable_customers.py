"""A customer who could not be read is read again once a day: what was wrong may be over, though nobody changed him."""

from datetime import timedelta
from pathlib import Path

import pytest

import syncctl.connectors.sandbox.walk
from syncctl.errors import DataError
from tests.customer_world import CustomerWorld
from tests.fakes.faulty import FailBefore, Unread, on

A_DAY = timedelta(days=1, minutes=1)
STILL = FailBefore(on("find_customers", None), DataError("it is no customer"))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CustomerWorld:
    """All is in step; then Ann has another name in the shop, and the page that tells so cannot be read."""
    monkeypatch.setattr(syncctl.connectors.sandbox.walk, "OVERLAP_SECONDS", 0)  # else who changed comes twice
    world = CustomerWorld(tmp_path, customers={"trigger": "any"})
    world.shop.upsert_customer(name="Ann Lee", emails=("ann@web.example",))
    world.settle()
    world.hurry = timedelta(minutes=1)
    world.shop.upsert_customer(customer_id=world.web()[0]["id"], name="Ann Archer")
    world.run(plans={"shop": [Unread(on("fetch_customers")), STILL]})
    assert world.holds() == [("customer", "unreadable")]
    return world


def test_who_can_be_read_by_then_is_known_and_held_no_longer(world: CustomerWorld) -> None:
    world.hurry = timedelta(minutes=1) + A_DAY
    world.run()
    assert world.holds() == []
    world.settle()
    assert world.names() == (["Ann Archer"], ["Ann Archer"])


def test_who_is_not_there_any_more_is_held_no_longer(world: CustomerWorld) -> None:
    world.shop.connection.execute("PRAGMA foreign_keys = OFF")
    world.shop.connection.execute("DELETE FROM customer")  # of whom it tells nobody that he is gone
    world.hurry = timedelta(minutes=1) + A_DAY
    world.run()
    assert ("customer", "unreadable") not in world.holds()


def test_who_still_cannot_be_read_is_asked_for_once_a_day(world: CustomerWorld) -> None:
    for hours, asked in ((1, False), (25, True), (26, False)):
        world.hurry = timedelta(hours=hours)
        world.run(plans={"shop": [STILL]})
        assert (world.sides["shop"].count("find_customers") > 0) is asked
        assert world.holds() == [("customer", "unreadable")]
