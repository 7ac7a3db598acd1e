"""`customers list`, `find`, `show`: over hubs that real cycles made, and rows put there through the hub."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from test_cli import call

from syncctl import times
from syncctl.hub.links import Link
from syncctl.model import Address, CustomerKey
from syncctl.rules.consent import Heard
from tests.builders import World

ANN: dict[str, Any] = {"name": "Ann Other", "emails": ["Ann@Example.org"], "phones": ["020 7946 0000"]}
BOB: dict[str, Any] = {"name": "Bob Third", "company": "Third & Sons", "emails": ["bob@example.net"]}
Shown = pytest.CaptureFixture[str]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Ann bought twice and had a part back, Bob once; both are booked. British phone numbers."""
    world = World(tmp_path, customers={"country": "GB"})
    ann, bob = world.shop.upsert_customer(**ANN), world.shop.upsert_customer(**BOB)
    first = world.shop.place_order([("MUG", 3)], customer=ann)
    world.shop.place_order([("TRAY", 1)], customer=ann)
    world.shop.place_order([("MUG", 1)], customer=bob)
    world.shop.refund(first, {world.line_ids(first)[0]: 1})
    world.run()
    return world


def asked(world: World, capsys: Shown, *arguments: str) -> Any:
    """What a command that reads says as JSON."""
    capsys.readouterr()
    assert call("--config", str(world.config), "customers", *arguments, "--format", "json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema_version"] == 1
    return found


def said(world: World, capsys: Shown, *arguments: str, code: int = 0) -> str:
    """What any command says, on both streams."""
    capsys.readouterr()
    assert call("--config", str(world.config), *arguments) == code
    shown = capsys.readouterr()
    return shown.out + shown.err


def id_of(world: World, name: str) -> int:
    [(hub_id,)] = world.rows("SELECT id FROM customer WHERE name = ?", name)
    return int(hub_id)


def unlink(world: World, name: str, party: str) -> None:
    """As if this side had no record of the customer."""
    with world.hub() as hub, hub.transaction() as connection:
        connection.execute("DELETE FROM link WHERE hub_id = ? AND party = ?", [id_of(world, name), party])


def names(found: Any) -> list[str]:
    return [row["name"] for row in found["rows"]]


def test_a_customer_on_both_sides_is_listed_with_its_records_and_waits_for_nothing(world: World, capsys: Shown) -> None:
    [ann, bob] = asked(world, capsys, "list")["rows"]
    assert (ann["name"], ann["emails"], ann["phones"]) == ("Ann Other", ["Ann@Example.org"], ["020 7946 0000"])
    assert ann["sides"]["back-office"]["state"] == ann["sides"]["shop"]["state"] == "linked"
    [[there]] = world.office.search_customers([CustomerKey(email="ann@example.org")])
    assert ann["sides"]["back-office"]["remote_id"] == there.id
    assert ann["waits_for"] == bob["waits_for"] == ""
    text = said(world, capsys, "customers", "list")
    assert "Ann@Example.org" in text and "020 7946 0000" in text


def test_those_on_one_side_alone_are_listed_with_what_they_wait_for(world: World, capsys: Shown) -> None:
    unlink(world, "Ann Other", "back-office")
    unlink(world, "Bob Third", "shop")
    [ann] = asked(world, capsys, "list", "--web-only")["rows"]
    [bob] = asked(world, capsys, "list", "--pos-only")["rows"]
    assert ann["waits_for"] == f"an order, or: syncctl customers push {ann['id']} --to back-office"
    assert bob["waits_for"] == f"an order in a web store, or: syncctl customers assign {bob['id']} --to shop"
    assert names(asked(world, capsys, "list", "--unlinked")) == ["Ann Other", "Bob Third"]
    assert "push" in said(world, capsys, "customers", "list", "--web-only")


def test_a_store_that_is_named_stands_for_the_web(tmp_path: Path, capsys: Shown) -> None:
    world = World(tmp_path, stores=("shop", "outlet"))
    world.shop.place_order([("MUG", 1)], customer=ANN)
    world.shops["outlet"].place_order([("MUG", 1)], customer=BOB)
    world.run()
    assert names(asked(world, capsys, "list", "--store", "outlet")) == ["Bob Third"]
    assert names(asked(world, capsys, "list", "--store", "outlet", "--pos-only")) == ["Ann Other"]
    assert names(asked(world, capsys, "list", "--pos-only")) == []
    assert "no store 'outlt'" in said(world, capsys, "customers", "list", "--store", "outlt", code=2)


def test_a_long_list_is_cut_and_says_so(world: World, capsys: Shown) -> None:
    found = asked(world, capsys, "list", "--limit", "1")
    assert (found["total"], names(found)) == (2, ["Ann Other"])
    text = said(world, capsys, "-q", "customers", "list", "--limit", "1")
    assert "1 of 2 customers shown. Next: --offset 1, or --limit 2" in text
    assert names(asked(world, capsys, "list", "--limit", "1", "--offset", "1")) == ["Bob Third"]
    assert "shown" not in said(world, capsys, "customers", "list", "--offset", "1")


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--name", "oTHER"], ["Ann Other"]),
        (["--email", " aNN@example.ORG"], ["Ann Other"]),
        (["--email", "@example."], ["Ann Other", "Bob Third"]),
        (["--email", "ann@example.or"], []),
        (["--phone", "+44 (0)20 79460000"], ["Ann Other"]),
        (["--phone", "7946-0"], ["Ann Other"]),
        (["--text", "sons"], ["Bob Third"]),
        (["--text", "020 7946"], ["Ann Other"]),
        (["--min-spend", "24"], ["Ann Other"]),
        (["--min-spend", "24.01"], []),
        (["--min-spend", "10 gbp"], ["Ann Other", "Bob Third"]),
        (["--min-spend", "10 EUR"], []),
        (["--name", "o", "--text", "third"], ["Bob Third"]),
        (["--group", "VIP"], []),
        (["--by", "orders"], ["Ann Other", "Bob Third"]),
    ],
)
def test_customers_are_found_by_all_that_is_given(
    world: World, capsys: Shown, arguments: list[str], found: list[str]
) -> None:
    assert names(asked(world, capsys, "find", *arguments)) == found


def test_a_text_is_found_in_what_an_address_says_and_not_in_how_its_parts_are_called(
    world: World, capsys: Shown
) -> None:
    home = Address(street="1 Café Strand", city="Bath", is_default=True)
    who = world.shop.upsert_customer(name="Cy Fourth", emails=["cy@example.org"], addresses=[home])
    world.shop.place_order([("MUG", 1)], customer=who)
    world.run("pull-orders")
    assert names(asked(world, capsys, "find", "--text", "CAFÉ s")) == ["Cy Fourth"]
    assert names(asked(world, capsys, "find", "--text", "street")) == []


def test_who_is_found_comes_with_orders_spend_and_last_order(world: World, capsys: Shown) -> None:
    [ann] = asked(world, capsys, "find", "--name", "ann")["rows"]
    assert (ann["orders"], ann["spend"]) == (2, ["24.00 GBP"])  # 30 + 4 less the mug that came back
    assert ann["last_order_at"] == world.shop.order(world.shop.order_ids()[1])["placed_at"]


def test_the_last_order_is_compared_by_day(world: World, capsys: Shown) -> None:
    tomorrow, yesterday = (f"{times.now() + timedelta(days=days):%Y-%m-%d}" for days in (1, -1))
    assert len(names(asked(world, capsys, "find", "--last-order-since", yesterday))) == 2
    assert names(asked(world, capsys, "find", "--last-order-since", tomorrow)) == []
    assert len(names(asked(world, capsys, "find", "--last-order-before", tomorrow))) == 2
    assert "no date" in said(world, capsys, "customers", "find", "--last-order-since", "soon", code=2)


def test_a_cancelled_order_is_no_spend(world: World, capsys: Shown) -> None:
    world.shop.cancel_order(world.shop.order_ids()[2], refund=True)
    world.run()
    [bob] = asked(world, capsys, "find", "--name", "bob")["rows"]
    assert (bob["orders"], bob["spend"]) == (0, [])
    assert names(asked(world, capsys, "find", "--by", "spend")) == ["Ann Other"]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ([], "Say whom"),
        (["--min-spend", "lots"], "--min-spend"),
        (["--min-spend", "5 XXQ"], "--min-spend"),
        (["--phone", "none"], "empty"),
        (["--name", ""], "--name is empty"),
        (["--text", "  "], "--text is empty"),
        (["--email", "", "--name", "ann"], "--email is empty"),
    ],
)
def test_what_cannot_be_searched_for_is_said(world: World, capsys: Shown, arguments: list[str], problem: str) -> None:
    assert problem in said(world, capsys, "customers", "find", *arguments, code=2)


def test_show_tells_each_field_with_its_origin_and_all_that_hangs_on_a_customer(world: World, capsys: Shown) -> None:
    hub_id = id_of(world, "Ann Other")
    found = asked(world, capsys, "show", str(hub_id))
    fields = {row["field"]: row for row in found["fields"]}
    assert fields["emails"]["value"] == ["Ann@Example.org"]
    assert fields["name"]["from"] == "shop" and fields["name"]["at"]
    assert [(link["party"], link["state"]) for link in found["links"]] == [
        ("back-office", "in step"),
        ("shop", "in step"),
    ]
    assert {link["remote_id"] for link in found["links"]} == {
        remote_id
        for (remote_id,) in world.rows("SELECT remote_id FROM link WHERE kind = 'customer' AND hub_id = ?", hub_id)
    }
    assert [order["total"] for order in found["orders"]] == ["4.00 GBP", "30.00 GBP"]
    assert found["bought"]["spend"] == ["24.00 GBP"]
    [write] = found["history"]
    assert (write["operation"], write["state"]) == ("customer.create", "done")
    text = said(world, capsys, "customers", "show", str(hub_id))
    assert "Ann@Example.org" in text and "customer.create" in text


def test_every_write_of_a_customer_is_in_its_history_with_its_fields(world: World, capsys: Shown) -> None:
    hub_id = id_of(world, "Ann Other")
    [[there]] = world.office.search_customers([CustomerKey(email="ann@example.org")])
    world.shop.upsert_customer(world.shop.customers()[0]["id"], company="Other Ltd")
    world.shop.place_order([("MUG", 1)], customer=world.shop.customers()[0]["id"])
    world.run()
    history = asked(world, capsys, "show", str(hub_id))["history"]
    assert [(row["party"], row["operation"], row["fields"]) for row in history] == [
        ("back-office", "customer.create", []),
        ("back-office", "customer.update", ["company"]),
    ]
    assert there.id == history[1]["key"]


def test_a_fact_that_a_side_told_later_is_its_own(world: World, capsys: Shown) -> None:
    hub_id = id_of(world, "Ann Other")
    with world.hub() as hub, hub.transaction() as connection:
        connection.execute(
            "INSERT INTO customer_fact (customer_id, field, party, changed_at) VALUES (?, 'name', 'back-office', ?)",
            [hub_id, "2026-01-02T00:00:00.000Z"],
        )
    fields = {row["field"]: row for row in asked(world, capsys, "show", str(hub_id))["fields"]}
    assert (fields["name"]["from"], fields["name"]["at"]) == ("back-office", "2026-01-02T00:00:00.000Z")
    assert fields["emails"]["from"] == "shop"


def test_what_a_side_is_still_to_be_told_and_what_both_agreed_to_keep_apart_is_shown(
    world: World, capsys: Shown
) -> None:
    hub_id = id_of(world, "Bob Third")
    told = {"note": "", "company": "Third & Sons", "emails": ["bob@example.net"]}
    with world.hub() as hub, hub.transaction() as connection:
        connection.execute(
            "UPDATE link SET pending = 1, agreed_ours = ?, agreed_theirs = ? WHERE hub_id = ? AND party = 'shop'",
            [
                json.dumps({**told, "name": "Robert Third"}),
                json.dumps({**told, "name": "Robert Third", "note": "a note"}),
                hub_id,
            ],
        )
    [_, link] = asked(world, capsys, "show", str(hub_id))["links"]
    assert (link["state"], link["pending"]) == ("pending", ["name"])
    assert link["differs"] == [{"field": "note", "ours": "", "theirs": "a note"}]
    [bob] = asked(world, capsys, "find", "--name", "bob")["rows"]
    assert (bob["sides"]["shop"]["state"], bob["waits_for"]) == ("pending", "the next run: syncctl sync-all")


def test_each_sides_answer_about_marketing_is_shown_and_the_one_that_counts(world: World, capsys: Shown) -> None:
    hub_id = id_of(world, "Bob Third")
    early, late = (datetime(2026, 1, day, tzinfo=UTC) for day in (1, 2))
    said_by = (("shop", "subscribed", early, "checkout"), ("back-office", "unsubscribed", late, "phone call"))
    with world.hub() as hub:
        for party, state, at, source in said_by:
            heard = Heard(
                party=party, channel="email", state=state, changed_at=at, seen_at=late, seen_before=None, source=source
            )
            hub.consents.put(hub_id, [heard])
    found = asked(world, capsys, "show", str(hub_id))
    assert [(row["party"], row["state"], row["source"]) for row in found["consents"]] == [
        ("back-office", "unsubscribed", "phone call"),
        ("shop", "subscribed", "checkout"),
    ]
    assert found["marketing"] == [
        {"channel": "email", "state": "unsubscribed", "since": times.to_text(late), "source": "phone call"}
    ]


def test_a_customer_that_is_none_is_an_error_with_the_next_command(world: World, capsys: Shown) -> None:
    text = said(world, capsys, "customers", "show", "99", code=2)
    assert text == "Error: there is no customer 99\nNext: See who there is: syncctl customers list\n"


def test_an_alias_is_told_apart_from_the_record_that_is_written(world: World, capsys: Shown) -> None:
    hub_id = id_of(world, "Bob Third")
    with world.hub() as hub:
        hub.links.add(
            Link(party="shop", kind="customer", remote_id="second", hub_id=hub_id, rule="by hand", role="alias")
        )
    links = asked(world, capsys, "show", str(hub_id))["links"]
    assert [(link["role"], link["state"]) for link in links[1:]] == [("primary", "in step"), ("alias", "alias")]
    unlinked = "DELETE FROM link WHERE hub_id = ? AND party = 'shop' AND role = 'primary'"
    with world.hub() as hub, hub.transaction() as connection:
        connection.execute(unlinked, [hub_id])
    [bob] = asked(world, capsys, "find", "--name", "bob")["rows"]
    assert bob["sides"]["shop"] == {"state": "alias", "remote_id": "second"}


def test_who_ordered_as_a_guest_is_shown_as_one(world: World, capsys: Shown) -> None:
    world.shop.place_order([("MUG", 1)], customer={"name": "Gus Guest", "emails": ["gus@example.org"]})
    world.run()
    [gus] = asked(world, capsys, "find", "--name", "gus")["rows"]
    assert (gus["guest"], gus["sides"]["shop"]["state"], gus["waits_for"]) == (True, "guest", "")
    assert "Gus Guest (guest)" in said(world, capsys, "customers", "find", "--name", "gus")


def test_texts_of_other_systems_cannot_steer_the_terminal(world: World, capsys: Shown) -> None:
    world.shop.place_order([("MUG", 1)], customer={"name": "[/x]\x1b]0;owned\x07\u202e", "emails": ["x@example.org"]})
    world.run("pull-orders")
    hub_id = world.rows("SELECT max(id) FROM customer")[0][0]
    for arguments in (["list"], ["find", "--name", "owned"], ["show", str(hub_id)]):
        text = said(world, capsys, "customers", *arguments)
        assert "owned" in text and "\x1b" not in text and "\u202e" not in text


@pytest.mark.parametrize("number", ["99999999999999999999", "-1", "x"])
@pytest.mark.parametrize(
    "command",
    [
        ["customers", "show"],
        ["customers", "push", "--to", "shop"],
        ["customers", "assign"],
        ["customers", "unlink", "--from", "shop"],
        ["holds", "show"],
        ["holds", "resolve", "--take", "web"],
        ["holds", "retry"],
        ["holds", "skip"],
    ],
)
def test_a_number_that_can_be_no_id_is_a_mistake_and_no_bug(
    command: list[str], number: str, config: Path, capsys: Shown
) -> None:
    assert call("--config", str(config), *command, "--", number) == 2
    assert "Traceback" not in capsys.readouterr().err
