"""Conflicts that real cycles find, answered on the command line, and what both sides hold then (R24, R38, R86)."""

import json
from pathlib import Path
from typing import Any

import pytest
from test_cli_customers import Shown, said

from syncctl.model import CustomerKey
from tests.builders import World

KEY = CustomerKey(email="ann@example.org")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Ann is in the shop and in the books, in step; both sides know the groups VIP, Trade and Gold."""
    world = World(tmp_path, customers={"winner": {"name": "ask", "note": "ask"}})
    for title in ("VIP", "Trade", "Gold"):
        world.shop.add_groups([title])
        world.office.add_groups([title])
    who = world.shop.upsert_customer(name="Ann Other", emails=["ann@example.org"])
    world.shop.place_order([("MUG", 1)], customer=who)
    world.run()
    return world


def both(world: World, field: str) -> tuple[Any, Any]:
    """What the shop says of Ann, and what the books say."""
    [[there]] = world.office.search_customers([KEY])
    [here] = world.shop.customers()
    return here[field], getattr(there, field)


def change(world: World, **fields: tuple[object, object]) -> None:
    """Ann changes on both sides before the next run, differently; she orders again."""
    [[there]] = world.office.search_customers([KEY])
    [here] = world.shop.customers()
    world.office.upsert_customer(there.id, **{name: office for name, (_, office) in fields.items()})
    world.shop.upsert_customer(here["id"], **{name: shop for name, (shop, _) in fields.items()})
    world.shop.place_order([("MUG", 1)], customer=here["id"])
    world.run()


def held(world: World) -> int:
    """The one hold there is."""
    [(hold_id,)] = world.rows("SELECT id FROM hold WHERE kind = 'customer'")
    return int(hold_id)


def answer(world: World, capsys: Shown, *takes: str) -> None:
    said(world, capsys, "holds", "resolve", str(held(world)), *(word for take in takes for word in ("--take", take)))
    assert world.holds() == []
    world.run()
    assert world.holds() == []


@pytest.mark.parametrize(("take", "name"), [("web", "Ann Web"), ("back-office", "Ann Books"), ("name=Ann", "Ann")])
def test_what_a_person_takes_is_on_both_sides_after_the_next_run(
    take: str, name: str, world: World, capsys: Shown
) -> None:
    change(world, name=("Ann Web", "Ann Books"))
    assert both(world, "name") == ("Ann Web", "Ann Books")
    shown = said(world, capsys, "holds", "show", str(held(world)))
    assert "Ann Web" in shown and "Ann Books" in shown
    answer(world, capsys, take)
    assert both(world, "name") == (name, name)
    writes = world.rows("SELECT count(*) FROM journal")
    world.run()
    assert world.rows("SELECT count(*) FROM journal") == writes  # it does not come back as a change


def test_each_field_may_be_another_sides(world: World, capsys: Shown) -> None:
    change(world, name=("Ann Web", "Ann Books"), note=("web note", "books note"))
    answer(world, capsys, "name=web", "note=back-office")
    assert both(world, "name") == ("Ann Web", "Ann Web")
    assert both(world, "note") == ("books note", "books note")


def test_of_two_groups_a_person_takes_one(world: World, capsys: Shown) -> None:
    change(world, group=("VIP", "Trade"))
    assert world.rows("SELECT reason FROM hold WHERE kind = 'customer'") == [("which group?",)]
    answer(world, capsys, "group=Gold")
    assert both(world, "group") == ("Gold", "Gold")


def test_what_changes_again_after_the_answer_and_before_the_run_is_not_lost(world: World, capsys: Shown) -> None:
    change(world, name=("Ann Web", "Ann Books"))
    said(world, capsys, "holds", "resolve", str(held(world)), "--take", "web")
    [[there]] = world.office.search_customers([KEY])
    world.office.upsert_customer(there.id, name="Ann Later")
    world.run()
    assert both(world, "name")[1] == "Ann Later"
    detail = json.loads(said(world, capsys, "holds", "show", str(held(world)), "--format", "json"))["detail"]
    assert detail["fields"]["name"]["theirs"] == "Ann Later"
    answer(world, capsys, "back-office")
    assert both(world, "name") == ("Ann Later", "Ann Later")
