"""`customers groups`: both sides' titles, what is missing where, who waits for it, and making it (R27-R31)."""

from pathlib import Path
from typing import Any

import pytest
from test_cli_customers import ANN, Shown, asked, id_of, said

import syncctl.cycle
from syncctl.model import CustomerKey
from tests.builders import World
from tests.fakes.faulty import Faulty, lost_reply


@pytest.fixture
def world(tmp_path: Path) -> World:
    """The shop knows VIP and trade, the books know Trade; Ann is in both, and the hub has her as VIP."""
    world = World(tmp_path)
    world.shop.add_groups(["VIP", "trade"])
    world.office.add_groups(["Trade"])
    world.shop.place_order([("MUG", 1)], customer=ANN)
    world.run()
    with world.hub() as hub, hub.transaction() as connection:
        connection.execute("UPDATE customer SET group_title = 'VIP'")
    return world


def told(world: World, capsys: Shown, *options: str) -> dict[str, Any]:
    found = asked(world, capsys, "groups", *options)
    return {row["title"]: row for row in found["groups"]}


def test_both_sides_stand_beside_each_other_with_what_is_missing_and_who_waits(world: World, capsys: Shown) -> None:
    found = told(world, capsys)
    assert found["VIP"]["sides"] == {"back-office": "missing", "shop": "yes"}
    assert found["VIP"]["customers"] == [id_of(world, "Ann Other")]
    assert found["Trade"]["sides"] == {"back-office": "yes", "shop": "missing"}
    assert "shop has 'trade'" in found["Trade"]["note"]
    text = said(world, capsys, "customers", "groups")
    assert "Next: syncctl customers groups --create" in text
    assert world.office.groups() == ["Trade"] and sorted(world.shop.groups()) == ["VIP", "trade"]


def test_the_missing_ones_are_made_and_again_without_harm(world: World, capsys: Shown) -> None:
    found = told(world, capsys, "--create")
    assert found["VIP"]["sides"] == {"back-office": "made", "shop": "yes"}
    everything = ["Trade", "VIP", "trade"]
    assert sorted(world.office.groups()) == sorted(world.shop.groups()) == everything
    journaled = world.rows("SELECT party, operation, state FROM journal WHERE operation = 'group.create' ORDER BY id")
    assert set(journaled) == {("back-office", "group.create", "done"), ("shop", "group.create", "done")}
    again = told(world, capsys, "--create")
    assert {state for row in again.values() for state in row["sides"].values()} == {"yes"}
    assert sorted(world.office.groups()) == everything
    assert world.rows("SELECT count(*) FROM journal WHERE operation = 'group.create'") == [(len(journaled),)]


def test_a_dry_run_makes_nothing(world: World, capsys: Shown) -> None:
    found = told(world, capsys, "--create", "--dry-run")
    assert found["VIP"]["sides"]["back-office"] == "would be made"
    assert world.office.groups() == ["Trade"]


def test_where_no_customers_go_nothing_is_made(world: World, capsys: Shown) -> None:
    world.change(customers={"back_office_to_web": False})
    text = said(world, capsys, "customers", "groups", "--create")
    assert "customers.back_office_to_web is off" in text
    assert sorted(world.shop.groups()) == ["VIP", "trade"] and sorted(world.office.groups()) == [
        "Trade",
        "VIP",
        "trade",
    ]


def test_who_waits_for_a_group_is_put_in_it_by_the_run_after_it_was_made(tmp_path: Path, capsys: Shown) -> None:
    world = World(tmp_path)
    world.shop.add_groups(["VIP"])
    world.office.add_groups(["Trade"])
    who = world.shop.upsert_customer(name="Ann Other", emails=["ann@example.org"], group="VIP")
    world.shop.place_order([("MUG", 1)], customer=who)
    world.run()
    assert world.holds() == [("customer", "group missing")]
    [(hold_id,)] = world.rows("SELECT id FROM hold")
    shown = said(world, capsys, "holds", "show", str(hold_id))
    assert "next  syncctl customers groups --create" in shown.splitlines()
    said(world, capsys, "customers", "groups", "--create")
    world.run()
    [[there]] = world.office.search_customers([CustomerKey(email="ann@example.org")])
    assert there.group == "VIP" and world.holds() == []


def test_a_lost_reply_is_no_doubt_for_ever(world: World, capsys: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    real = syncctl.cycle.open_back_office
    with monkeypatch.context() as patch:
        patch.setattr(syncctl.cycle, "open_back_office", lambda *one: Faulty(real(*one), [lost_reply("create_groups")]))
        said(world, capsys, "customers", "groups", "--create", code=3)
    assert world.rows("SELECT DISTINCT state FROM journal WHERE operation = 'group.create'") == [("sending",)]
    said(world, capsys, "customers", "groups", "--create")
    assert world.rows("SELECT count(*) FROM journal WHERE state = 'sending'") == [(0,)]
    assert sorted(world.office.groups()) == sorted(world.shop.groups()) == ["Trade", "VIP", "trade"]
