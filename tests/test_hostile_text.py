"""Nasty text in every field of every record that enters: it comes out on the other side as it was, or its record is
held by name; the rest goes on, nothing crashes, and no output steers a terminal.

Every one of 22 texts stands in each of the 95 fields of an order in turn, beside an order that is sound.
"""

import json
import os
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncctl.connectors.sandbox.office_customers import NAME_LENGTH
from syncctl.connectors.strict_json import storable
from syncctl.hub.damage import find_damage
from tests.builders import World
from tests.hostile import NASTY, a_full_order, put_in_each_field, with_value
from tests.test_cli import call
from tests.test_render import Terminal, harmless

texts = st.text(st.one_of(st.characters(), st.characters(categories=("Cc", "Cf", "Cs", "Zl", "Zp"))), max_size=60)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def assert_accounted_for(world: World, orders: dict[str, tuple[str | int, ...]]) -> Counter[str]:
    """Each order is booked, or held or left out for a reason that names it; returns how many of each."""
    booked = {one.order_id for one in world.documents()}
    rows = world.rows("SELECT o.remote_id, o.decision, o.reason, h.message FROM sales_order o LEFT JOIN hold h "
                      "ON h.kind = 'order' AND h.record = o.id")  # fmt: skip
    found = {remote_id: (decision, reason, message) for remote_id, decision, reason, message in rows}
    unreadable = dict(world.rows("SELECT record, message FROM hold WHERE kind = 'unreadable'"))
    ends: Counter[str] = Counter()
    for number, path in orders.items():
        if f"shop:{number}" in unreadable:
            assert number in unreadable[f"shop:{number}"]
            ends["unreadable"] += 1
        elif number in booked:
            ends["booked"] += 1
        elif path == ("id",):  # it is known, and booked, under its new id
            ends["booked"] += bool(found.keys() - orders.keys())
        else:
            _, reason, message = found[number]
            assert reason or (message is not None and 0 < len(message) < 2000), (number, path)
            ends["held"] += 1
    return ends


def printed(world: World, monkeypatch: pytest.MonkeyPatch, *arguments: str, terminal: bool = True) -> str:
    """What a command shows on a terminal, and in a pipe; it must not crash, nor print what steers a terminal."""
    shown = ""
    for stream in (Terminal(), Terminal()) if terminal else (Terminal(),):
        with monkeypatch.context() as patch:
            patch.setattr("sys.stdout", stream)
            patch.setattr("sys.stderr", stream)
            patch.setenv("NO_COLOR", "1")
            patch.setenv("COLUMNS", "200")
            patch.setattr(Terminal, "isatty", lambda self, here=not shown: here)
            code = call("--config", str(world.config), *arguments)
        shown = stream.getvalue()
        assert code in (0, 1, 2), (code, arguments[:3], shown[:500])
        assert harmless(shown, but="\n\t"), (arguments[:3], [one for one in shown if not harmless(one, but="\n\t")][:5])
    return shown


@pytest.mark.parametrize("name", NASTY)
def test_a_nasty_text_in_any_field_of_an_order_is_kept_or_held_and_stops_nothing_else(
    world: World, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = NASTY[name]
    orders = put_in_each_field(world, a_full_order(world), text)
    good = world.shop.place_order([("TRAY", 1)])
    assert world.run().exit_code == 1
    assert len(orders) > 90 and world.totals(good) == [("sale", 400)]
    ends = assert_accounted_for(world, orders)
    assert ends["booked"] > 40 and ends["held"] > 20 and ends["unreadable"] >= 1
    before = world.office.references()
    assert world.run().exit_code == 0 and world.office.references() == before == list(dict.fromkeys(before))
    assert find_damage(world.folder / "hub.db") == ""
    if text:  # without a name, a customer goes by another
        assert_round_trip(world, orders, storable(text))
    listed = json.loads(printed(world, monkeypatch, "holds", "list", "--format", "json"))["rows"]
    assert len(listed) == ends["held"] + ends["unreadable"]
    for arguments in (["status"], ["holds", "list"], ["sandbox", "show"]):
        printed(world, monkeypatch, *arguments)
        printed(world, monkeypatch, *arguments, *(["--format", "json"]))
    for number in list(orders)[::17]:
        printed(world, monkeypatch, "explain", "order", number)
    for hold in listed[::17]:
        printed(world, monkeypatch, "holds", "show", str(hold["id"]))
        printed(world, monkeypatch, "holds", "show", str(hold["id"]), "--format", "json", terminal=False)


# the way to a field of an order -> where it must come out in the books
BOOKED_AS = {
    ("customer", "name"): "SELECT c.name FROM customer c JOIN document d ON d.customer_id = c.id WHERE d.order_id = ?",
    ("customer", "company"): "SELECT c.company FROM customer c JOIN document d ON d.customer_id = c.id"
    " WHERE d.order_id = ?",
    ("customer", "addresses", 0, "city"): "SELECT c.addresses FROM customer c JOIN document d ON d.customer_id = c.id"
    " WHERE d.order_id = ?",
    ("lines", 0, "title"): "SELECT l.title FROM document_line l JOIN document d ON d.id = l.document_id"
    " WHERE d.order_id = ? AND d.kind = 'sale'",
    ("charges", 0, "title"): "SELECT c.title FROM document_charge c JOIN document d ON d.id = c.document_id"
    " WHERE d.order_id = ? AND d.kind = 'sale'",
    ("name",): "SELECT order_number FROM document WHERE order_id = ? AND kind = 'sale'",
}


def assert_round_trip(world: World, orders: dict[str, tuple[str | int, ...]], text: str) -> None:
    """What was booked stands in the books as it was written in the shop, to the letter."""
    with closing(sqlite3.connect(world.folder / "books.db")) as books:
        for number, path in orders.items():
            if path in BOOKED_AS:
                [value] = {row[0] for row in books.execute(BOOKED_AS[path], [number])}
                if path[-1] == "city":
                    value = json.loads(value)[0]["city"]
                expected = {("customer", "name"): text.strip()[:NAME_LENGTH], ("name",): text[:100]}.get(path, text)
                assert value == expected, path


def test_a_sku_with_a_nul_in_it_is_held_by_name_for_sqlite_s_json_ends_there(world: World) -> None:
    world.office.add_item("a\0b", "a\0b", "3.00", 7)
    listing = world.shop.add_listing("a\0b", "a\0b", "2.00", 1)
    world.shop.place_order([("a\0b", 2)])
    good = world.shop.place_order([("TRAY", 1)])
    assert world.run().exit_code == 1
    assert world.holds() == [("order", "unknown SKU")] and world.totals(good) == [("sale", 400)]
    assert world.shop.level(listing) in (-1, 5), "as it was, or right"


@pytest.mark.parametrize("name", [name for name, text in NASTY.items() if text and "\0" not in text])
def test_a_nasty_sku_title_location_and_tracking_number_arrive_on_the_other_side(
    world: World, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = storable(NASTY[name])
    world.office.add_item(text, text, "3.00", 7)
    listing = world.shop.add_listing(text, text, "2.00", 1, why=text)
    number = world.shop.place_order([(text, 2)], customer={"name": text, "company": text})
    assert world.run().exit_code == 0
    assert (world.shop.level(listing), world.shop.price(listing)) == (5, "3.00")
    [sale] = [one for one in world.documents(number) if one.kind == "sale"]
    assert sale.lines[0].sku == text
    world.office.ship(sale.reference, tracking_number=text, carrier=text, tracking_url=text)
    world.office.receive(text, 4)
    assert world.run().exit_code == 0
    [parcel] = world.shop.order(number)["fulfilments"]
    assert (parcel["tracking_number"], parcel["carrier"], parcel["tracking_url"]) == (text, text, text)
    assert world.shop.level(listing) == 9
    assert world.run().exit_code == 0 and len(world.shop.order(number)["fulfilments"]) == 1
    explained = printed(world, monkeypatch, "explain", "sku", "--format", "json", "--", text, terminal=False)
    assert json.loads(explained)["facts"]["sku"] == text
    printed(world, monkeypatch, "explain", "sku", "--", text)
    printed(world, monkeypatch, "sandbox", "show")


SPOILT_GOODS = {
    "the price": "UPDATE price SET amount = :text WHERE item_id = (SELECT id FROM item WHERE sku = 'BAD')",
    "the price before": "UPDATE price SET compare_at = :text WHERE item_id = (SELECT id FROM item WHERE sku = 'BAD')",
    "the stock": "UPDATE level SET on_hand = :text WHERE item_id = (SELECT id FROM item WHERE sku = 'BAD')",
    "the type": "UPDATE item SET product_type = :text WHERE sku = 'BAD'",
}


@pytest.mark.parametrize("what", SPOILT_GOODS)
@pytest.mark.parametrize("name", [name for name, text in NASTY.items() if text])
def test_a_nasty_price_stock_or_place_of_one_sku_leaves_the_others_in_step(world: World, name: str, what: str) -> None:
    world.add("BAD", "5.00", 10)
    world.run()
    world.office.sell("TRAY", 3)
    world.office.set_price("TRAY", "4.50")
    with world.office.connection as connection:
        change = connection.execute("UPDATE sequence SET value = value + 1 WHERE name = 'change' RETURNING value")
        changed = change.fetchone()[0]
        connection.execute(SPOILT_GOODS[what], {"text": storable(NASTY[name])})
        connection.execute("UPDATE item SET changed = ? WHERE sku = 'BAD'", [changed])
        connection.execute("UPDATE level SET changed = ? WHERE item_id = (SELECT max(id) FROM item)", [changed])
    assert world.run().exit_code in (0, 1)
    assert (world.shop.level("TRAY"), world.shop.price("TRAY")) == (47, "4.50")
    assert (world.shop.level("BAD"), world.shop.price("BAD")) == (10, "5.00")
    held = {record for (record,) in world.rows("SELECT record FROM hold")}
    assert held == ({"BAD"} if what in ("the price", "the price before", "the stock") else set())


# --- the command line and the settings -----------------------------------------------------------------------------

ARGUMENTS = [
    ["explain", "order", "--"],
    ["explain", "sku", "--"],
    ["holds", "show", "--"],
    ["holds", "retry", "--"],
    ["holds", "skip", "--"],
    ["holds", "list", "--reason"],
    ["holds", "list", "--kind"],
    ["sync-all", "--store"],
    ["sync-all", "--if-busy"],
    ["pull-data", "--allow-shrink"],
    ["status", "--format"],
    ["status", "--max-age"],
    ["restore", "--yes", "--"],
    ["sandbox", "order", "--"],
    ["sandbox", "order", "MUG", "--email"],
    ["sandbox", "order", "MUG", "--guest-name"],
    ["sandbox", "order", "MUG", "--shipping"],
    ["sandbox", "cancel", "--"],
    ["sandbox", "ship", "--tracking", "x", "--"],
    ["sandbox", "load", "--"],
    ["--"],
]


@pytest.mark.parametrize("name", [name for name, text in NASTY.items() if "\0" not in text])  # as no argument can
def test_a_nasty_argument_is_answered_in_plain_lines(world: World, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = os.fsdecode(NASTY[name].encode("utf-8", "surrogatepass"))  # bytes that are no text, as a shell hands them on
    world.shop.place_order([("MUG", 1)])
    world.run()
    for arguments in ARGUMENTS:
        printed(world, monkeypatch, *arguments, text, terminal=False)
    with monkeypatch.context() as patch:
        patch.setattr(world, "config", text)
        printed(world, monkeypatch, "status", terminal=False)


SETTINGS = {
    "a store's name": lambda text: {"stores": {text: {"connector": "sandbox", "path": "shop.db"}}},
    "the hub's file": lambda text: {"hub": {"path": text}},
    "a shop's file": lambda text: {"stores": {"shop": {"connector": "sandbox", "path": text}}},
    "the books' file": lambda text: {"back_office": {"connector": "sandbox", "path": text}},
    "a time zone": lambda text: {"stores": {"shop": {"connector": "sandbox", "path": "shop.db", "time_zone": text}}},
    "a tender": lambda text: {"orders": {"tenders": {"card": text}}},
    "a gateway": lambda text: {"orders": {"tenders": {text: "x"}}},
    "the default tender": lambda text: {"orders": {"default_tender": text}},
    "a charge": lambda text: {"orders": {"charges": {"shipping": text}}},
    "a kind of charge": lambda text: {"orders": {"charges": {text: "x"}}},
    "the placeholder": lambda text: {"orders": {"unknown_sku": "placeholder", "placeholder_sku": text}},
    "a channel": lambda text: {"orders": {"skip_channels": [text]}},
    "a status": lambda text: {"orders": {"financial_statuses": [text]}},
    "a price list": lambda text: {"products": {"price_list": text}},
    "a location": lambda text: {"stock": {"locations": [text]}},
    "a country": lambda text: {"customers": {"country": text}},
    "a placeholder address": lambda text: {"customers": {"placeholder_emails": [text]}},
    "any key": lambda text: {text: {}},
    "a key of a section": lambda text: {"orders": {text: text}},
}


@pytest.mark.parametrize(
    "name", ["right to left", "NUL", "lone surrogates", "markup", "escape", "lines", "empty", "wide"]
)
def test_a_nasty_setting_is_used_or_refused_with_its_place(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for number, (what, section) in enumerate(SETTINGS.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        world = World(folder)
        world.shop.place_order([("MUG", 1)])
        sections = {**world.sections, **{key: {**world.sections.get(key, {}), **value} if key != "stores" else value
                                         for key, value in section(NASTY[name]).items()}}  # fmt: skip
        world.config.write_text(json.dumps(sections))
        with monkeypatch.context() as patch:
            stream = Terminal()
            patch.setattr("sys.stdout", stream)
            patch.setattr("sys.stderr", stream)
            patch.setenv("NO_COLOR", "1")
            code = call("-q", "--config", str(world.config), "sync-all")
        assert code in (0, 1, 2, 3, 7), (what, code, stream.getvalue()[:500])
        assert harmless(stream.getvalue(), but="\n\t"), what
        world.office.close()
        world.shop.close()


# --- any text ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> World:
    """One world for many texts."""
    world = World(tmp_path_factory.mktemp("lasting"))
    world.run()
    return world


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_text_in_some_fields_of_an_order_is_kept_or_held(
    lasting: World, data: st.DataObject, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = lasting
    body = a_full_order(world)
    number = body["id"]
    for path in data.draw(st.lists(st.sampled_from([
        ("customer", "name"), ("customer", "emails", 0), ("customer", "phones", 0), ("lines", 0, "title"),
        ("lines", 0, "sku"), ("payments", 0, "gateway"), ("shipping_address", "city"), ("note",), ("channel",),
        ("fulfilments", 0, "tracking_number"), ("refunds", 0, "id"), ("charges", 0, "kind"),
    ]), max_size=3)):  # fmt: skip
        body = with_value(body, number, path, data.draw(texts))
    world.shop.put_raw(number, json.dumps(body))
    assert world.run().exit_code in (0, 1)
    assert_accounted_for(world, {number: ()})
    printed(world, monkeypatch, "explain", "order", number)
    printed(world, monkeypatch, "holds", "list")
