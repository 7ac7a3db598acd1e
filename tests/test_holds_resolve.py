"""`holds show` and `holds resolve` of customers that both sides changed: what a person says goes where it is not so."""

import json
from pathlib import Path
from typing import Any

import pytest
from test_cli_customers import ANN, Shown, id_of, said

from syncctl.hub.holds import Hold
from syncctl.model import CustomerKey
from tests.builders import World

AT = "2026-03-01T10:00:00.000Z"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Ann is in the shop and in the books, and is called otherwise there since; the hub was told, and asks."""
    world = World(tmp_path, customers={"country": "GB", "winner": {"name": "ask", "note": "ask"}})
    world.shop.place_order([("MUG", 1)], customer=world.shop.upsert_customer(**ANN))
    world.run()
    ask(world, name=("Ann Other", "Anna Otter"), note=("", "prefers mornings"))
    return world


def ask(world: World, **fields: tuple[Any, Any]) -> None:
    """Put the hold that a merge puts; the books say the second of each pair."""
    world.office.upsert_customer(there(world).id, **{name: theirs for name, (_, theirs) in fields.items()})
    detail = {
        name: {"ours": ours, "ours_from": "shop", "ours_at": AT, "theirs": theirs, "theirs_at": AT}
        for name, (ours, theirs) in fields.items()
    }
    with world.hub() as hub:
        hub.holds.put(
            Hold(
                party="back-office",
                kind="customer",
                record=str(ann(world)),
                reason="changed on both sides",
                message="name, note differ",
                detail={"party": "back-office", "remote_id": there(world).id, "fields": detail},
            )
        )


def ann(world: World) -> int:
    [(hub_id,)] = world.rows("SELECT hub_id FROM link WHERE kind = 'customer' AND party = 'shop'")
    return int(hub_id)


def there(world: World) -> Any:
    """Ann as the books have her."""
    [[found]] = world.office.search_customers([CustomerKey(email="ann@example.org")])
    return found


def hold_id(world: World) -> str:
    [(number,)] = world.rows("SELECT id FROM hold")
    return str(number)


def resolve(world: World, capsys: Shown, *takes: str, code: int = 0) -> str:
    options = [word for take in takes for word in ("--take", take)]
    return said(world, capsys, "holds", "resolve", hold_id(world), *options, code=code)


def base(world: World, party: str, name: str) -> tuple[Any, Any, int]:
    """(ours, theirs, pending) of a link's base."""
    [(ours, theirs, pending)] = world.rows(
        "SELECT agreed_ours, agreed_theirs, pending FROM link WHERE kind = 'customer' AND party = ?", party
    )
    return json.loads(ours)[name], json.loads(theirs)[name], pending


def test_both_sides_are_shown_beside_each_other_with_the_answers_to_type(world: World, capsys: Shown) -> None:
    text = said(world, capsys, "holds", "show", hold_id(world))
    assert "field\there\tsaid by\tat\tin back-office\tsince" in text
    assert f"name\tAnn Other\tshop\t{AT}\tAnna Otter\t{AT}" in text
    assert f"syncctl holds resolve {hold_id(world)} --take web" in text
    assert f"syncctl customers show {ann(world)}" in text
    shown = json.loads(said(world, capsys, "holds", "show", hold_id(world), "--format", "json"))
    assert shown["detail"]["fields"]["note"]["theirs"] == "prefers mornings"


def test_the_back_offices_word_becomes_the_hubs_and_the_web_is_to_be_told(world: World, capsys: Shown) -> None:
    text = resolve(world, capsys, "back-office")
    assert "is now: Anna Otter" in text and "syncctl sync-all" in text
    assert world.rows("SELECT name, note FROM customer WHERE id = ?", ann(world)) == [
        ("Anna Otter", "prefers mornings")
    ]
    assert world.rows("SELECT party, changed_at FROM customer_fact WHERE field = 'name'") == [("back-office", AT)]
    assert base(world, "back-office", "name") == ("Anna Otter", "Anna Otter", 0)
    assert base(world, "shop", "name")[2] == 1
    assert world.holds() == []


def test_of_two_tax_identifiers_a_person_says_which_and_it_goes_to_the_other_side(
    tmp_path: Path, capsys: Shown
) -> None:
    world = World(tmp_path, customers={"country": "GB", "trigger": "any"})
    web = world.shop.upsert_customer(**ANN)
    world.shop.place_order([("MUG", 1)], customer=web)
    world.run()
    world.shop.upsert_customer(web, tax_id="GB980780684")
    world.office.upsert_customer(there(world).id, tax_id="DE136695976")
    world.run()
    shown = said(world, capsys, "holds", "show", hold_id(world))
    assert "tax_id\tGB980780684\tshop" in shown and "\tDE136695976\t" in shown
    assert (world.shop.customer(web)["tax_id"], there(world).tax_id) == ("GB980780684", "DE136695976")
    resolve(world, capsys, "tax_id=back-office")
    world.run()
    assert (world.shop.customer(web)["tax_id"], there(world).tax_id) == ("DE136695976", "DE136695976")
    assert "tax_id\tDE136695976\tback-office" in said(world, capsys, "customers", "show", str(ann(world)))
    assert world.holds() == []


def test_a_partial_answer_keeps_the_rest_held(world: World, capsys: Shown) -> None:
    text = resolve(world, capsys, "name=back-office")
    assert f"Still to be answered: note. Next: syncctl holds show {hold_id(world)}" in text
    assert world.holds() == [("customer", "changed on both sides")]
    assert "name" not in said(world, capsys, "holds", "show", hold_id(world)).split("Next", 1)[0].split("field", 1)[1]
    resolve(world, capsys, "note=web")
    assert world.holds() == []
    assert world.rows("SELECT name, note FROM customer WHERE id = ?", ann(world)) == [("Anna Otter", "")]


@pytest.mark.parametrize(
    ("take", "problem"), [("shpo", "no side of name"), ("company=web", "'company' is not asked here")]
)
def test_a_word_that_is_no_answer_changes_nothing(take: str, problem: str, world: World, capsys: Shown) -> None:
    before = world.rows("SELECT * FROM customer")
    text = resolve(world, capsys, take, code=2)
    assert problem in text and "Take one of" in text
    assert world.rows("SELECT * FROM customer") == before and len(world.holds()) == 1


def test_an_answer_to_what_has_changed_here_since_is_refused(world: World, capsys: Shown) -> None:
    with world.hub() as hub, hub.transaction() as connection:
        connection.execute("UPDATE customer SET name = 'Ann New' WHERE id = ?", [ann(world)])
    text = resolve(world, capsys, "back-office", code=2)
    assert "has changed since that was asked" in text and "syncctl sync-all" in text
    assert len(world.holds()) == 1


def test_a_hold_that_asks_no_such_thing_is_refused(world: World, capsys: Shown) -> None:
    with world.hub() as hub:
        hub.holds.put(Hold(party="back-office", kind="customer", record="9", reason="which customer?", message="two"))
    [(number,)] = world.rows("SELECT id FROM hold WHERE reason = 'which customer?'")
    text = said(world, capsys, "holds", "resolve", str(number), "--take", "web", code=2)
    assert "does not ask which side holds" in text
    text = said(world, capsys, "holds", "show", str(number))
    assert "customers link 9 --to back-office --as REMOTE_ID" in text and "--new" in text
    assert "no hold 99" in said(world, capsys, "holds", "resolve", "99", "--take", "web", code=2)


def test_what_somebody_said_elsewhere_cannot_steer_the_terminal(world: World, capsys: Shown) -> None:
    with world.hub() as hub, hub.transaction() as connection:
        connection.execute("DELETE FROM hold")
    ask(world, name=("Ann Other", "\x1b]0;owned\x07[/b]\u202e"))
    for text in (said(world, capsys, "holds", "show", hold_id(world)), resolve(world, capsys, "back-office")):
        assert "owned" in text and "\x1b" not in text and "\u202e" not in text


def test_status_counts_customers_in_one_line(world: World, capsys: Shown) -> None:
    said(world, capsys, "customers", "assign", str(id_of(world, "Ann Other")))
    with world.hub() as hub, hub.transaction() as connection:
        connection.execute("UPDATE link SET pending = 1 WHERE kind = 'customer'")
    text = said(world, capsys, "status")
    [line] = [line for line in text.splitlines() if line.startswith("customers ")]
    assert line.split(maxsplit=1)[1] == "1 to send, 1 changed and not told everywhere, 1 on hold"
    waiting = json.loads(said(world, capsys, "status", "--format", "json"))["waiting"]
    assert (waiting["customers_to_send"], waiting["customers_changed"], waiting["customers_held"]) == (1, 1, 1)


def test_the_webs_word_stays_and_the_back_office_is_told(world: World, capsys: Shown) -> None:
    resolve(world, capsys, "web")
    assert world.rows("SELECT name, note FROM customer WHERE id = ?", ann(world)) == [("Ann Other", "")]
    assert base(world, "back-office", "name") == ("Anna Otter", "Anna Otter", 1)
    assert world.holds() == []
    world.run()
    assert (there(world).name, there(world).note) == ("Ann Other", "")
    assert world.holds() == []


def test_a_value_of_ones_own_goes_to_both(world: World, capsys: Shown) -> None:
    resolve(world, capsys, "web", "name=Ann-Marie Other")
    assert world.rows("SELECT name FROM customer WHERE id = ?", ann(world)) == [("Ann-Marie Other",)]
    assert world.rows("SELECT party FROM customer_fact WHERE field = 'name'") == [("by hand",)]
    assert base(world, "back-office", "name")[2] == base(world, "shop", "name")[2] == 1
    world.run()
    assert there(world).name == "Ann-Marie Other"


def test_who_changed_again_in_the_back_office_loses_nothing(world: World, capsys: Shown) -> None:
    resolve(world, capsys, "name=web", "note=back-office")
    world.office.upsert_customer(there(world).id, name="Anne Otter")
    world.run()
    assert there(world).name == "Anne Otter"  # nobody wrote over what a person has not seen
    assert ("customer", "changed on both sides") in world.holds()


def test_who_waits_for_a_person_is_listed_as_held_where_it_is(world: World, capsys: Shown) -> None:
    [row] = json.loads(said(world, capsys, "customers", "list", "--held", "--format", "json"))["rows"]
    assert (row["name"], row["holds"]) == ("Ann Other", [int(hold_id(world))])
    assert {party: side["state"] for party, side in row["sides"].items()} == {"back-office": "held", "shop": "linked"}
    assert row["waits_for"] == f"you: syncctl holds show {hold_id(world)}"
    resolve(world, capsys, "web")
    assert "no such customer" in said(world, capsys, "customers", "list", "--held")
