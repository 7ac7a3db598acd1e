"""`customers match`: who is on both sides already is linked without an order (R32), or held where it cannot be told."""

import json
from pathlib import Path
from typing import Any

import pytest
from test_cli_customers import Shown, said

from tests.builders import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    """After the first run, Ann and Dee are put on both sides by hand; there are two of Dee in the books."""
    world = World(tmp_path)
    world.run()
    world.shop.upsert_customer(name="Ann Other", emails=["Ann@example.org"])
    world.office.upsert_customer(name="Ann Other", emails=["ann@Example.org"])
    world.shop.upsert_customer(name="Dee", emails=["dee@example.org"])
    for name in ("Dee One", "Dee Two"):
        world.office.upsert_customer(name=name, emails=["dee@example.org"])
    return world


def links(world: World) -> list[tuple[Any, ...]]:
    return world.rows(
        "SELECT c.name, l.rule FROM link l JOIN customer c ON c.id = l.hub_id WHERE l.kind = 'customer' "
        "AND l.party = 'back-office' AND EXISTS (SELECT 1 FROM link w WHERE w.hub_id = c.id AND w.party = 'shop')"
    )


def test_a_dry_run_shows_who_would_be_linked_and_changes_no_byte(world: World, capsys: Shown) -> None:
    before = (world.folder / "hub.db").read_bytes()
    text = said(world, capsys, "customers", "match", "--dry-run")
    assert "Ann Other\tshop" in text and "1 would be linked, 1 held" in text
    assert (world.folder / "hub.db").read_bytes() == before


def test_who_is_on_both_sides_is_linked_and_who_could_be_two_is_held(world: World, capsys: Shown) -> None:
    text = said(world, capsys, "customers", "match", code=1)
    assert "1 were linked, 1 are on hold." in text and "syncctl holds list --kind customer" in text
    assert links(world) == [("Ann Other", "email")]
    assert world.holds() == [("customer", "which customer?")]
    assert world.rows("SELECT command, exit_code FROM run ORDER BY id DESC LIMIT 1") == [("customers match", 1)]


def test_again_it_links_nobody_else_and_adds_no_hold(world: World, capsys: Shown) -> None:
    said(world, capsys, "customers", "match", code=1)
    before = world.rows("SELECT party, remote_id, hub_id, rule FROM link")
    found = json.loads(said(world, capsys, "-q", "customers", "match", "--format", "json"))
    assert [(row["name"], bool(row["problem"])) for row in found["rows"]] == [("Dee", True)]
    assert world.rows("SELECT party, remote_id, hub_id, rule FROM link") == before


def test_with_customers_switched_off_nothing_is_read(world: World, capsys: Shown) -> None:
    world.change(customers={"enabled": False})
    assert "customers.enabled is off" in said(world, capsys, "customers", "match", code=2)
    assert links(world) == []
