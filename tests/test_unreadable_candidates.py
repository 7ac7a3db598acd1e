"""One record that cannot be read stops nobody else: it is held, never taken for gone, and nobody is made beside it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from syncctl.connectors.sandbox.books import SandboxBooks
from syncctl.connectors.sandbox.store import SandboxStore
from syncctl.errors import DataError
from syncctl.model import Customer, CustomerKey
from tests.customer_world import CustomerWorld

SPOILT = "Spoilt"
Find = Callable[[Any, Sequence[CustomerKey]], list[list[Customer]]]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CustomerWorld:
    """Whoever is called so cannot be read on either side, when he is looked up."""
    for side in (SandboxBooks, SandboxStore):
        monkeypatch.setattr(side, "find_customers", spoilt(side.find_customers))
    return CustomerWorld(
        tmp_path, customers={"trigger": "any", "upload": "assigned", "send_invite": True}, invites="state"
    )


def spoilt(real: Find) -> Find:
    def find(side: Any, keys: Sequence[CustomerKey]) -> list[list[Customer]]:
        found = real(side, keys)
        if any(SPOILT in one.name for group in found for one in group):
            raise DataError("a field is not what it should be")
        return found

    return find


def mend(world: CustomerWorld, remote_id: str) -> None:
    world.office.upsert_customer(remote_id, name="Mended")
    with world.hub() as hub:
        hub.holds.retry()


def test_whoever_may_be_somebody_who_cannot_be_read_is_not_made(world: CustomerWorld) -> None:
    world.settle(6)
    there = world.office.upsert_customer(name=SPOILT, emails=["spoilt@shop.example"])
    for name in ("ann", "spoilt", "bob", "cy"):
        ident = world.shop.upsert_customer(name=f"{name} of the web", emails=[f"{name}@shop.example"])
        world.shop.place_order([("MUG", 1)], customer=ident)
    world.run("pull-orders", "push-orders")
    names = ["ann of the web", "bob of the web", "cy of the web"]
    assert sorted(one["name"] for one in world.pos()) == [SPOILT, *names]
    assert world.holds() == [("customer", "unreadable")]
    assert "a field is not what it should be" in world.messages()[0]
    assert len([one for one in world.documents() if one.kind == "sale"]) == 4, "orders go on"
    world.run("push-orders")
    assert world.writes() == []
    mend(world, there)
    world.settle(6)
    assert world.holds() == [] and len(world.pos()) == 4
    assert world.rows("SELECT count(*) FROM link WHERE party = 'back-office' AND rule = 'email'") == [(1,)]


def in_step(world: CustomerWorld) -> list[str]:
    """Three who are on both sides; their ids in the back office."""
    for name in ("Ann", "Bob", "Cy"):
        who = world.shop.upsert_customer(name=name, emails=[f"{name}@shop.example"])
        world.shop.place_order([("MUG", 1)], customer=who)
    world.settle(6)
    return [one["id"] for one in world.pos()]


def test_a_record_that_cannot_be_read_is_not_taken_to_be_gone_and_the_others_are_told(world: CustomerWorld) -> None:
    ids = in_step(world)
    world.office.connection.execute("UPDATE customer SET name = ? WHERE id = ?", [SPOILT, ids[1]])
    for one in world.web():
        world.shop.upsert_customer(one["id"], note="rings twice")
    world.run()
    assert [one["note"] for one in world.pos()] == ["rings twice", "", "rings twice"]
    assert world.holds() == [("customer", "unreadable")]
    assert world.rows("SELECT count(*) FROM link WHERE seen_hash = 'gone'") == [(0,)]
    world.run()
    assert world.calls("find_customers") == 0, "the same is tried again in a day"
    mend(world, ids[1])
    world.settle(6)
    assert [one["note"] for one in world.pos()] == ["rings twice"] * 3
    assert world.holds() == []


def test_where_nothing_at_all_can_be_read_it_is_the_side_that_fails(world: CustomerWorld) -> None:
    in_step(world)
    world.office.connection.execute("UPDATE customer SET name = ?", [SPOILT])
    for one in world.web():
        world.shop.upsert_customer(one["id"], note="rings twice")
    report = world.run()
    assert report.exit_code == 3
    assert world.holds() == []


def test_one_who_cannot_be_read_is_not_invited_and_the_others_are(world: CustomerWorld) -> None:
    for name in ("Pat", "Quin", "Ray"):
        world.office.upsert_customer(name=name, emails=[f"{name}@pos.example"])
    world.change(customers={"send_invite": False})
    world.know()
    world.assign("Pat", "Quin", "Ray")
    world.run()
    [one] = [one for one in world.web() if one["name"] == "Quin"]
    world.shop.connection.execute(
        "UPDATE customer SET body = json_set(body, '$.name', ?) WHERE id = ?", [SPOILT, one["id"]]
    )
    with world.hub() as hub:
        hub.invitations.want("shop", list(map(world.hub_id, ("Pat", "Quin", "Ray"))))
    world.change(customers={"send_invite": True, "trigger": "order"})
    world.run()
    assert world.shop.connection.execute("SELECT count(*) FROM invitation").fetchone() == (2,)
    assert world.holds() == [("customer", "unreadable")]
    assert world.rows("SELECT state FROM invitation ORDER BY state") == [("sent",), ("sent",), ("wanted",)]
