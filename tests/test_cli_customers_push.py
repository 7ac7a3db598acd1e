"""`customers push`: one customer to one side at once, confirmed, or refused with its reason (R18-R20, R35, R36)."""

import json
from pathlib import Path

import pytest
from test_cli_customers import Shown, asked, id_of, said

from syncctl.model import Customer, CustomerKey
from tests.builders import World

EVE = {"name": "Eve Window", "emails": ["eve@example.org"]}


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Eve ordered before the books began, so her order is history, and she is on the web alone; Pat in the books."""
    world = World(tmp_path, orders={"book_from": "2999-01-01", "import_from": "2020-01-01"})
    world.shop.place_order([("MUG", 1)], customer=EVE)
    world.run()
    return world


def in_books(world: World, email: str) -> list[Customer]:
    return world.office.search_customers([CustomerKey(email=email)])[0]


def test_a_web_only_customer_is_sent_to_the_back_office_and_confirmed(world: World, capsys: Shown) -> None:
    eve = str(id_of(world, "Eve Window"))
    [row] = asked(world, capsys, "list", "--web-only")["rows"]
    assert row["waits_for"].endswith(f"syncctl customers push {eve} --to back-office")
    assert in_books(world, "eve@example.org") == []
    text = said(world, capsys, *row["waits_for"].partition("syncctl ")[2].split())
    [there] = in_books(world, "eve@example.org")
    assert there.name == "Eve Window"
    assert f"Customer {eve} was made {there.id} in back-office; written: " in text and "name" in text
    assert asked(world, capsys, "list", "--web-only")["total"] == 0
    assert world.rows("SELECT command, exit_code FROM run ORDER BY id DESC LIMIT 1") == [("customers push", 0)]


def test_again_it_writes_nothing_and_says_so(world: World, capsys: Shown) -> None:
    eve = str(id_of(world, "Eve Window"))
    said(world, capsys, "customers", "push", eve, "--to", "back-office")
    writes = world.rows("SELECT count(*) FROM journal")
    text = said(world, capsys, "customers", "push", eve, "--to", "back-office")
    assert "both sides say the same already" in text
    assert world.rows("SELECT count(*) FROM journal") == writes and len(in_books(world, "eve@example.org")) == 1


def test_json_tells_what_was_written(world: World, capsys: Shown) -> None:
    eve = id_of(world, "Eve Window")
    told = json.loads(said(world, capsys, "customers", "push", str(eve), "--to", "back-office", "--format", "json"))
    [there] = in_books(world, "eve@example.org")
    assert (told["customer"], told["remote_id"], told["created"], told["held"]) == (eve, there.id, True, "")
    assert {"name", "emails"} <= set(told["written"])


def test_only_that_one_is_sent(world: World, capsys: Shown) -> None:
    world.shop.place_order([("MUG", 1)], customer={"name": "Fay Window", "emails": ["fay@example.org"]})
    world.run()
    said(world, capsys, "customers", "push", str(id_of(world, "Eve Window")), "--to", "back-office")
    assert in_books(world, "fay@example.org") == []


def test_who_could_be_two_is_not_written_and_the_exit_code_says_so(world: World, capsys: Shown) -> None:
    for name in ("Eve One", "Eve Two"):
        world.office.upsert_customer(name=name, emails=["eve@example.org"])
    eve = str(id_of(world, "Eve Window"))
    text = said(world, capsys, "customers", "push", eve, "--to", "back-office", code=1)
    assert "Not written to back-office" in text and f"syncctl customers show {eve}" in text
    assert {one.name for one in in_books(world, "eve@example.org")} == {"Eve One", "Eve Two"}
    assert ("customer", "which customer?") in world.holds()


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [(["99", "--to", "shop"], "no customer 99"), (["1", "--to", "back-offce"], "Did you mean back-office?")],
)
def test_a_mistake_writes_nothing(arguments: list[str], problem: str, world: World, capsys: Shown) -> None:
    before = world.rows("SELECT * FROM journal")
    assert problem in said(world, capsys, "customers", "push", *arguments, code=2)
    assert world.rows("SELECT * FROM journal") == before


def test_a_direction_that_is_off_is_said(world: World, capsys: Shown) -> None:
    world.change(customers={"web_to_back_office": False})
    eve = str(id_of(world, "Eve Window"))
    text = said(world, capsys, "customers", "push", eve, "--to", "back-office", code=2)
    assert "customers.web_to_back_office" in text and in_books(world, "eve@example.org") == []
