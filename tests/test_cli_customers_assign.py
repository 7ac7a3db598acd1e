"""`customers assign` and `unassign`: who goes up to a web store, durable until sent (R65-R69)."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from test_cli_customers import ANN, BOB, Shown, asked, id_of, names, said, unlink

from syncctl import times
from tests.builders import World

CY: dict[str, Any] = {"name": "Cy Fourth", "emails": ["cy@example.org"]}


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Ann bought for 30, Bob for 20, Cy for 4, and none of them has a record in the shop any more."""
    world = World(tmp_path)
    for ago, (customer, sku, units) in enumerate(((CY, "TRAY", 1), (BOB, "MUG", 2), (ANN, "MUG", 3))):
        who = world.shop.upsert_customer(**customer)
        placed_at = times.now() - timedelta(minutes=ago)
        world.shop.place_order([(sku, units)], customer=who, placed_at=placed_at)
    world.run()
    for name in ("Ann Other", "Bob Third", "Cy Fourth"):
        unlink(world, name, "shop")
    return world


def queue(world: World) -> list[tuple[str, str, str]]:
    """(name, party, why) of everybody who waits to be sent."""
    return world.rows(
        "SELECT name, party, why FROM upload JOIN customer ON id = customer_id WHERE sent_at IS NULL ORDER BY name"
    )


def test_customers_are_assigned_by_id_and_wait_until_they_are_sent(world: World, capsys: Shown) -> None:
    hub_id = id_of(world, "Cy Fourth")
    text = said(world, capsys, "customers", "assign", str(hub_id), "--to", "shop")
    assert f"1 customer is assigned to shop: {hub_id}." in text and "syncctl sync-all" in text
    assert queue(world) == [("Cy Fourth", "shop", "assigned")]
    [cy] = asked(world, capsys, "find", "--name", "cy")["rows"]
    assert (cy["sides"]["shop"]["state"], cy["waits_for"]) == ("queued", "the next run: syncctl sync-all")


def test_who_assigns_is_told_that_they_will_be_invited(world: World, capsys: Shown) -> None:
    hub_id = str(id_of(world, "Cy Fourth"))
    assert "invites" not in said(world, capsys, "customers", "assign", hub_id, "--dry-run")
    world.change(customers={"send_invite": True})
    assert "shop invites each of them" in said(world, capsys, "customers", "assign", hub_id)
    world.run()
    [(made,)] = world.rows("SELECT remote_id FROM link WHERE hub_id = ? AND party = 'shop'", int(hub_id))
    assert [customer for customer, _ in world.shop.invitations()] == [made]
    [cy] = asked(world, capsys, "find", "--name", "cy")["rows"]
    assert cy["invitations"] == {"shop": "sent"}


def test_the_top_customers_by_spend_are_assigned(world: World, capsys: Shown) -> None:
    said(world, capsys, "customers", "assign", "--top", "2")
    assert [name for name, _, _ in queue(world)] == ["Ann Other", "Bob Third"]


def test_the_top_of_those_who_are_found(world: World, capsys: Shown) -> None:
    said(world, capsys, "customers", "assign", "--top", "1", "--by", "last-order", "--text", "o")
    assert [name for name, _, _ in queue(world)] == ["Cy Fourth"]


def test_whoever_is_found_is_assigned(world: World, capsys: Shown) -> None:
    said(world, capsys, "customers", "assign", "--min-spend", "20")
    assert [name for name, _, _ in queue(world)] == ["Ann Other", "Bob Third"]


def test_who_was_assigned_already_is_told_and_stays_as_he_was(world: World, capsys: Shown) -> None:
    ann = str(id_of(world, "Ann Other"))
    said(world, capsys, "customers", "assign", ann)
    since = world.rows("SELECT since FROM upload")
    text = said(world, capsys, "customers", "assign", ann)
    assert f"Assigned to shop already: {ann}." in text and "Nobody new was assigned." in text
    assert world.rows("SELECT since FROM upload") == since


def test_who_was_sent_and_unlinked_since_is_queued_again(world: World, capsys: Shown) -> None:
    ann = str(id_of(world, "Ann Other"))
    said(world, capsys, "customers", "assign", ann)
    with world.hub() as hub, hub.transaction():
        hub.uploads.sent("shop", [int(ann)])
    assert queue(world) == []
    said(world, capsys, "customers", "assign", ann)
    assert queue(world) == [("Ann Other", "shop", "assigned")]


def test_a_dry_run_assigns_nobody(world: World, capsys: Shown) -> None:
    assert "2 customers would be assigned" in said(world, capsys, "customers", "assign", "--top", "2", "--dry-run")
    assert queue(world) == []


def test_unassign_takes_them_out_of_the_queue(world: World, capsys: Shown) -> None:
    ann, bob = str(id_of(world, "Ann Other")), str(id_of(world, "Bob Third"))
    said(world, capsys, "customers", "assign", ann, bob)
    assert "no longer assigned to shop" in said(world, capsys, "customers", "unassign", ann)
    assert [name for name, _, _ in queue(world)] == ["Bob Third"]
    assert "none of them is assigned" in said(world, capsys, "customers", "unassign", ann, code=2)


@pytest.mark.parametrize("switch", ["back_office_to_web", "enabled"])
def test_nobody_is_assigned_while_nothing_goes_up(switch: str, world: World, capsys: Shown) -> None:
    world.change(customers={switch: False})
    text = said(world, capsys, "customers", "assign", "--top", "1", code=2)
    assert f"customers.{switch} is off" in text and f"customers.{switch}: true" in text
    assert queue(world) == []


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ([], "Say whom"),
        (["1", "99"], "no customer 99; nothing was done"),
        (["--name", "nobody"], "nobody is like that"),
        (["--name", ""], "--name is empty"),
        (["--top", "5", "--group", ""], "--group is empty"),
        (["1", "--to", "shpo"], "Did you mean shop?"),
    ],
)
def test_a_mistake_assigns_nobody(arguments: list[str], problem: str, world: World, capsys: Shown) -> None:
    assert problem in said(world, capsys, "customers", "assign", *arguments, code=2)
    assert queue(world) == []


def test_with_two_stores_one_must_be_named(tmp_path: Path, capsys: Shown) -> None:
    world = World(tmp_path, stores=("shop", "outlet"))
    world.shop.place_order([("MUG", 1)], customer=ANN)
    world.run()
    assert "--to shop or outlet" in said(world, capsys, "customers", "assign", "1", code=2)
    said(world, capsys, "customers", "assign", "1", "--to", "outlet")
    assert queue(world) == [("Ann Other", "outlet", "assigned")]
    assert names(asked(world, capsys, "list", "--store", "outlet")) == ["Ann Other"]
