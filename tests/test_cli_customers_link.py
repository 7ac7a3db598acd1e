"""`customers link` and `unlink`: a person says who is who, and who is not (I4)."""

from pathlib import Path

import pytest
from test_cli_customers import ANN, BOB, Shown, asked, id_of, said

from syncctl.model import CustomerKey
from tests.builders import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    """The books knew Ann already; her web record was joined to that one by her e-mail, and her order is booked."""
    world = World(tmp_path, customers={"country": "GB"})
    world.office.upsert_customer(name="Ann Other", emails=["ann@example.org"], note="pays cash")
    world.shop.place_order([("MUG", 1)], customer=ANN)
    world.run()
    return world


def records(world: World) -> dict[str, str]:
    """Ann's name by id in the books."""
    return {one.id: one.name for one in world.office.search_customers([CustomerKey(email="ann@example.org")])[0]}


def test_what_was_unlinked_stays_apart_and_nothing_changes_there(world: World, capsys: Shown) -> None:
    hub_id = id_of(world, "Ann Other")
    [remote_id] = records(world)
    text = said(world, capsys, "customers", "unlink", str(hub_id), "--from", "back-office")
    [link] = asked(world, capsys, "show", str(hub_id))["links"]
    assert link["party"] == "shop"
    parted = asked(world, capsys, "list", "--pos-only")["rows"]
    assert [one["sides"]["back-office"]["remote_id"] for one in parted] == [remote_id]
    assert f"back-office's {remote_id} is customer {parted[0]['id']} now, apart from customer {hub_id}" in text
    assert "Orders that went with it: 0." in text
    assert f"syncctl customers show {hub_id}, syncctl customers show {parted[0]['id']}" in text  # what was carried
    assert f"syncctl customers link {hub_id} --to back-office --as {remote_id}" in text
    assert records(world) == {remote_id: "Ann Other"}
    world.run()
    assert asked(world, capsys, "show", str(hub_id))["kept_apart"][0]["remote_id"] == remote_id


def test_answers_that_were_carried_over_are_named_for_a_person_to_put_right(world: World, capsys: Shown) -> None:
    there = world.office.upsert_customer(name="Eve Other", emails=["eve@example.org"])
    eve = world.shop.upsert_customer(name="Eve Other", emails=("eve@example.org",))
    world.shop.set_consent(eve, "email", "subscribed")
    world.shop.place_order([("MUG", 1)], customer=eve)
    world.run()
    [(hub_id,)] = world.rows("SELECT hub_id FROM link WHERE party = 'shop' AND remote_id = ?", eve)
    text = said(world, capsys, "customers", "unlink", str(hub_id), "--from", "back-office")
    assert f"back-office's {there} is subscribed to email because that was carried there" in text
    [parted] = asked(world, capsys, "list", "--pos-only")["rows"]
    shown = asked(world, capsys, "show", str(parted["id"]))
    [consent] = shown["consents"]
    assert (consent["state"], consent["told"], consent["said_itself"]) == ("subscribed", "astray", None)
    assert shown["marketing"] == [], "it counts for nobody"
    [consent] = asked(world, capsys, "show", str(hub_id))["consents"]
    assert (consent["party"], consent["told"]) == ("shop", "")


def test_a_stores_record_takes_its_orders_with_it(world: World, capsys: Shown) -> None:
    hub_id = id_of(world, "Ann Other")
    assert "Orders that went with it: 1." in said(world, capsys, "customers", "unlink", str(hub_id), "--from", "shop")
    [(parted,)] = world.rows("SELECT customer_id FROM sales_order")
    assert parted != hub_id


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["99", "--from", "shop"], "no customer 99"),
        (["1", "--from", "shpo"], "Did you mean shop?"),
        (["1", "--from", "shop", "--record", "nobody"], "is not 'nobody' in shop"),
    ],
)
def test_a_mistake_parts_nobody(arguments: list[str], problem: str, world: World, capsys: Shown) -> None:
    before = world.rows("SELECT * FROM link")
    assert problem in said(world, capsys, "customers", "unlink", *arguments, code=2)
    assert world.rows("SELECT * FROM link") == before


def test_who_has_no_other_record_cannot_be_parted(world: World, capsys: Shown) -> None:
    world.shop.place_order([("MUG", 1)], customer=BOB)
    world.run("pull-orders")
    text = said(world, capsys, "customers", "unlink", str(id_of(world, "Bob Third")), "--from", "shop", code=2)
    assert "no other record" in text
    text = said(world, capsys, "customers", "unlink", str(id_of(world, "Bob Third")), "--from", "back-office", code=2)
    assert "has no record in back-office; nothing was done" in text


def test_who_has_no_record_anywhere_is_not_made_and_a_person_is_told_so(world: World, capsys: Shown) -> None:
    with world.hub() as hub, hub.transaction() as connection:
        connection.execute(
            "INSERT INTO customer (id, name, company, note, guest, origin, made_at, changed_at) VALUES "
            "(77, 'Nobody', '', '', 0, 'shop', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z')"
        )
    text = said(world, capsys, "customers", "link", "77", "--to", "back-office", "--new", code=2)
    assert "customer 77 has no record on any side" in text
    assert "Nobody" not in records(world).values()


def doubtful(world: World) -> int:
    """A customer who shares her e-mail with two of the books, and waits for a person; returns the hub id."""
    for name in ("Dee One", "Dee Two"):
        world.office.upsert_customer(name=name, emails=["dee@example.org"])
    world.shop.place_order([("MUG", 1)], customer={"name": "Dee", "emails": ["dee@example.org"]})
    world.run()
    assert ("customer", "which customer?") in world.holds()
    return id_of(world, "Dee")


def dees(world: World) -> dict[str, str]:
    found = world.office.search_customers([CustomerKey(email="dee@example.org")])[0]
    return {one.name: one.id for one in found}


def test_a_person_says_who_it_is_and_the_next_run_merges_the_two(world: World, capsys: Shown) -> None:
    hub_id = doubtful(world)
    there = dees(world)["Dee Two"]
    [(hold,)] = world.rows("SELECT id FROM hold WHERE kind = 'customer'")
    assert f"customers link {hub_id} --to back-office --as" in said(world, capsys, "holds", "show", str(hold))
    text = said(world, capsys, "customers", "link", str(hub_id), "--to", "back-office", "--as", there)
    assert f"Customer {hub_id} is {there} (Dee Two) in back-office now." in text
    assert world.holds() == []
    world.run()
    assert world.rows("SELECT remote_id, rule FROM link WHERE hub_id = ? AND party = 'back-office'", hub_id) == [
        (there, "by hand")
    ]
    assert set(dees(world)) == {"Dee One", "Dee Two"}  # names that differ: each side keeps its own


def test_a_person_says_it_is_none_of_them_and_a_new_one_is_made(world: World, capsys: Shown) -> None:
    hub_id = doubtful(world)
    text = said(world, capsys, "customers", "link", str(hub_id), "--to", "back-office", "--new")
    assert set(dees(world)) == {"Dee One", "Dee Two", "Dee"}
    assert f"Customer {hub_id} was made {dees(world)['Dee']} in back-office" in text
    assert world.holds() == []
    world.run()
    world.run()
    assert len(world.office.search_customers([CustomerKey(email="dee@example.org")])[0]) == 3


def test_a_record_that_is_not_there_is_not_linked(world: World, capsys: Shown) -> None:
    before = world.rows("SELECT * FROM link")
    hub_id = str(id_of(world, "Ann Other"))
    text = said(world, capsys, "customers", "link", hub_id, "--to", "back-office", "--as", "nobody", code=2)
    assert "has no customer 'nobody'; nothing was linked" in text and "--new" in text
    assert world.rows("SELECT * FROM link") == before


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["1", "--to", "back-office"], "--as REMOTE_ID, or --new"),
        (["1", "--to", "back-office", "--as", "x", "--new"], "--as REMOTE_ID, or --new"),
        (["99", "--to", "back-office", "--new"], "no customer 99"),
        (["1", "--to", "back-office", "--new"], "in back-office already; nothing was done"),
    ],
)
def test_a_mistake_links_nobody(arguments: list[str], problem: str, world: World, capsys: Shown) -> None:
    before = world.rows("SELECT * FROM link")
    assert problem in said(world, capsys, "customers", "link", *arguments, code=2)
    assert world.rows("SELECT * FROM link") == before


def test_who_was_deleted_there_is_let_go_and_can_be_made_again(world: World, capsys: Shown) -> None:
    hub_id = str(id_of(world, "Ann Other"))
    [remote_id] = records(world)
    world.office.delete_customer(remote_id)
    world.run()
    assert ("customer", "gone") in world.holds()
    text = said(world, capsys, "customers", "unlink", hub_id, "--from", "back-office")
    assert f"Customer {hub_id} has no record in back-office any more." in text and world.holds() == []
    command = text.partition("made there: syncctl ")[2].split()
    said(world, capsys, *command)
    assert list(records(world).values()) == ["Ann Other"] and remote_id not in records(world)
