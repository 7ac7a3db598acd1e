"""Orders as they should never come: each is held by name, or booked if it is sound after all; the rest goes on."""

import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncctl.connectors.sandbox.bodies import NewLine
from tests.builders import World
from tests.test_cli import call

HOSTILE = "[/foo]\x1b]0;owned\x07\x1b[31m\u202e\N{PILE OF POO}\x00'\"; DROP TABLE sales_order; --"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def spoil(world: World, order_id: str, **words: Any) -> None:
    """Set words of the order's body, whatever they are."""
    body = world.shop.order(order_id)
    world.shop.put_raw(order_id, json.dumps({**body, **words}))


def spoil_line(world: World, order_id: str, **words: Any) -> None:
    line = world.shop.order(order_id)["lines"][0]
    spoil(world, order_id, lines=[{**line, **words}])


def sound(world: World) -> None:
    """The hub's file is whole, every row has its parent, and every order has its lines or its reason."""
    connection = sqlite3.connect(world.folder / "hub.db")
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()


def printed(world: World, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command prints; it must end well, and print nothing that steers a terminal."""
    assert call("--config", str(world.config), *arguments) == 0
    shown = capsys.readouterr()
    text = shown.out + shown.err
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", text)
    return text


def run_beside_good(world: World, bad: str) -> None:
    """Run over a bad order between two good ones: those are booked, once, and a second run changes nothing."""
    world.shop.place_order([("TRAY", 1)])
    report = world.run()
    assert report.exit_code == 1 and report.new_holds == 1
    assert world.totals() == [("sale", 400), ("sale", 400)]
    assert bad not in {one.order_id for one in world.documents()}
    assert world.run().exit_code == 0
    assert world.totals() == [("sale", 400), ("sale", 400)]
    sound(world)


BAD_LINES: dict[str, tuple[dict[str, Any], str]] = {
    "missing SKU": ({"sku": None}, "missing SKU"),
    "empty SKU": ({"sku": ""}, "missing SKU"),
    "zero units": ({"quantity": 0}, "bad quantity"),
    "negative units": ({"quantity": -3}, "bad quantity"),
    "half a unit": ({"quantity": 1.5}, "fractional quantity"),
    "units as words": ({"quantity": "two"}, "unreadable units"),
    "more units than there are": ({"quantity": 10**30}, "unreadable units"),
    "units that are true": ({"quantity": True}, "unreadable units"),
    "NaN": ({"price": "NaN"}, "unreadable"),
    "a number NaN": ({"price": float("nan")}, "unreadable"),
    "infinity": ({"price": float("inf")}, "unreadable"),
    "a huge exponent": ({"price": "1e999999"}, "unreadable"),
    "no price": ({"price": None}, "unreadable"),
    "a price with a comma": ({"price": "1,50"}, "unreadable"),
    "a price of many digits": ({"price": "9" * 5000}, "unreadable"),
    "a tax that is none": ({"tax": "ten"}, "unreadable"),
    "no line id": ({"id": None}, "unreadable"),
    "a SKU that is a list": ({"sku": ["MUG"]}, "unreadable units"),
    "an unknown SKU of a megabyte": ({"sku": "M" * 1_000_000}, "unknown SKU"),
    "a hostile SKU": ({"sku": HOSTILE}, "unknown SKU"),
}


@pytest.mark.parametrize("name", BAD_LINES)
def test_a_bad_line_holds_its_order_and_nothing_else(
    world: World, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words, reason = BAD_LINES[name]
    world.shop.place_order([("TRAY", 1)])
    bad = world.shop.place_order([("MUG", 2)])
    spoil_line(world, bad, **words)
    run_beside_good(world, bad)
    assert world.holds() == [("order", reason)]
    [message] = world.messages()
    assert message.startswith(f"order #{bad}: ") and len(message) < 2000
    listed = printed(world, capsys, "holds", "list")
    assert f"#{bad}" in listed and "syncctl holds show 1" in listed
    assert reason in printed(world, capsys, "holds", "show", "1")
    explained = json.loads(printed(world, capsys, "explain", "order", bad, "--format", "json"))
    assert explained["orders"][0]["next"] == "syncctl holds show 1"


BAD_ORDERS: dict[str, tuple[dict[str, Any], str]] = {
    "no lines": ({"lines": []}, "no lines"),
    "lines that are none": ({"lines": "two mugs"}, "unreadable units"),
    "a total that differs": ({"total": "20.02"}, "totals differ"),
    "a negative total": ({"total": "-5.00"}, "negative total"),
    "a total that is none": ({"total": "NaN"}, "unreadable"),
    "a total of 1e999999": ({"total": "1e999999"}, "unreadable"),
    "no total": ({"total": None}, "unreadable"),
    "an unknown currency": ({"currency": "QQQ"}, "unreadable"),
    "a currency that is a number": ({"currency": 826}, "unreadable"),
    "another currency": ({"currency": "USD"}, "foreign currency"),
    "an unknown status": ({"financial_status": "wibble"}, "unknown status"),
    "an unknown fulfilment": ({"fulfilment_status": HOSTILE}, "unknown status"),
    "a status that is none": ({"financial_status": None}, "unknown status"),
    "a status of a megabyte": ({"financial_status": "x" * 1_000_000}, "unknown status"),
    "an unknown kind": ({"kind": "barter"}, "unknown kind"),
    "an unknown charge": ({"charges": [{"kind": HOSTILE, "amount": "1.00"}], "total": "21.00"}, "unmapped charge"),
    "a charge that is none": ({"charges": ["free"]}, "unreadable"),
    "a refund that is none": ({"refunds": [{"id": "1", "total": "x"}]}, "unreadable"),
    "a customer that is none": ({"customer": "Ann"}, "unreadable"),
    "a time that is none": ({"updated_at": "yesterday"}, "unreadable"),
    "a cancellation at no time": ({"cancelled_at": "soon"}, "unreadable"),
}


@pytest.mark.parametrize("name", BAD_ORDERS)
def test_a_bad_order_is_held_and_nothing_else(world: World, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    words, reason = BAD_ORDERS[name]
    world.shop.place_order([("TRAY", 1)])
    bad = world.shop.place_order([("MUG", 2)])
    spoil(world, bad, **words)
    run_beside_good(world, bad)
    assert world.holds() == [("order", reason)]
    [message] = world.messages()
    assert message.startswith(f"order #{bad}: ") and len(message) < 2000
    assert f"#{bad}" in printed(world, capsys, "holds", "list")
    printed(world, capsys, "explain", "order", bad)


UNREADABLE = {
    "no JSON": "this is no JSON",
    "nothing": "",
    "half written": '{"id": "1002", "lines": [{"id"',
    "a list": "[1, 2]",
    "a number": "12",
    "no id": '{"placed_at": "2026-03-01T12:00:00Z"}',
    "an id that is a number": '{"id": 1002, "placed_at": "2026-03-01T12:00:00Z"}',
    "no time": '{"id": "1002"}',
    "a key twice": '{"id": "1002", "id": "1003", "placed_at": "2026-03-01T12:00:00Z"}',
    "deep": "[" * 100_000,
    "hostile": json.dumps(HOSTILE),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_order_that_cannot_be_read_at_all_is_held_by_its_id(
    world: World, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world.shop.place_order([("TRAY", 1)])
    bad = world.shop.place_order([("MUG", 2)])
    body = world.shop.connection.execute("SELECT body FROM sales_order WHERE id = ?", [bad]).fetchone()[0]
    world.shop.put_raw(bad, UNREADABLE[name])
    run_beside_good(world, bad)
    assert world.holds() == [("unreadable", "unreadable")] and f"'{bad}'" in world.messages()[0]
    assert "unreadable" in printed(world, capsys, "holds", "list")
    printed(world, capsys, "holds", "show", "1")
    world.shop.put_raw(bad, body)
    world.run()
    assert world.holds() == [] and world.totals(bad) == [("sale", 2000)]  # nothing was lost


def test_while_an_order_cannot_be_read_levels_only_go_down(world: World) -> None:
    world.run()
    bad = world.shop.place_order([("MUG", 2)])
    world.shop.put_raw(bad, "gone mad")
    world.office.receive("MUG", 50)
    world.run()
    assert world.shop.level("MUG") == 98


def test_units_of_a_held_order_still_count(world: World) -> None:
    world.run()
    order = world.shop.place_order([("MUG", 7)])
    spoil(world, order, total="1.00")
    world.run()
    assert world.holds() == [("order", "totals differ")]
    assert (world.office.on_hand("MUG"), world.shop.level("MUG")) == (100, 93)


def test_an_order_that_was_repaired_is_booked(world: World) -> None:
    order = world.shop.place_order([("MUG", 2)])
    spoil(world, order, total="1.00")
    world.run()
    spoil(world, order, total="20.00")
    world.run()
    assert world.holds() == [] and world.totals() == [("sale", 2000)]


# --- odd, and sound ------------------------------------------------------------------------------------------------


def test_five_thousand_lines_are_one_sale(world: World) -> None:
    order = world.shop.place_order([NewLine(sku="MUG", quantity=1, price="0.01", title="M")] * 5000)
    world.run()
    assert world.totals() == [("sale", 5000)] and len(world.documents(order)[0].lines) == 5000
    assert world.office.on_hand("MUG") == -4900 and world.holds() == []


def test_five_thousand_lines_of_the_largest_amounts_are_held_and_break_nothing(world: World) -> None:
    most = "9999999999999.99"
    line = world.shop.order(world.shop.place_order([("MUG", 1)]))["lines"][0]
    lines = [{**line, "id": str(number), "price": most, "tax": most} for number in range(5000)]
    world.shop.place_order([("TRAY", 1)])
    spoil(world, "1001", lines=lines)
    world.run()
    assert world.holds() == [("order", "totals differ")] and world.totals() == [("sale", 400)]
    sound(world)


@pytest.mark.parametrize("text", [HOSTILE, "x" * 1_000_000, "", " ", "\ud800", "\N{PILE OF POO}" * 50, "a\nb\r\nc\t"])
def test_odd_names_are_only_names(world: World, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    order = world.shop.place_order(
        [NewLine(sku="MUG", quantity=1, title=text)],
        customer={"name": text, "emails": ["ann@shop.example", text], "phones": [text], "company": text},
    )
    spoil(world, order, name=text, note=text)
    world.shop.place_order([("TRAY", 1)])
    assert world.run().exit_code == 0
    assert sorted(world.totals()) == [("sale", 400), ("sale", 1000)]
    assert world.run().exit_code == 0 and len(world.documents()) == 4
    sound(world)
    printed(world, capsys, "explain", "order", order)
    printed(world, capsys, "status")


@pytest.mark.parametrize("text", [HOSTILE, "x" * 1_000_000, "a\nb"])
def test_a_held_order_of_an_odd_name_is_listed_in_one_readable_line(
    world: World, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    order = world.shop.place_order([NewLine(sku="NEW", price="1.00", title=text)])
    spoil(world, order, name=text)
    world.run()
    assert world.holds() == [("order", "unknown SKU")] and len(world.messages()[0]) < 2000
    listed = printed(world, capsys, "holds", "list")
    assert len(listed.splitlines()) == 2 and len(listed) < 5000
    printed(world, capsys, "holds", "show", "1")


def test_a_refund_whose_id_is_a_megabyte_makes_no_message_of_a_megabyte(world: World) -> None:
    order = world.shop.place_order([("MUG", 2)])
    spoil(world, order, refunds=[{"id": "r" * 1_000_000, "total": "1.00"}])
    world.run()
    assert world.holds() == [("order", "totals differ")] and len(world.messages()[0]) < 2000


@pytest.mark.parametrize("order_id", ["a/b", "../../etc/passwd", "x" * 300, "\N{PILE OF POO}", "'; --", "-1", "[/foo]"])
def test_odd_order_ids_are_only_ids(world: World, order_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    world.shop.place_order([("MUG", 1)], order_id=order_id)
    world.shop.place_order([("TRAY", 1)], order_id=f"{order_id}/sale")
    world.run()
    world.run()
    assert world.totals() == [("sale", 1000), ("sale", 400)] and len(set(world.office.references())) == 4
    assert all(len(reference) <= 40 for reference in world.office.references())
    printed(world, capsys, "explain", "order", "--", order_id)


def test_a_page_of_nothing_but_bad_orders_is_all_held_and_the_cursor_moves_on(world: World) -> None:
    orders = [world.shop.place_order([("MUG", 1)]) for _ in range(30)]
    for order in orders:
        spoil(world, order, total="oops")
    world.run()
    assert world.holds() == [("order", "unreadable")] * 30
    good = world.shop.place_order([("TRAY", 1)])
    report = world.run()
    assert report.new_holds == 0 and world.totals() == world.totals(good) == [("sale", 400)]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KEYS = (
    "name placed_at updated_at currency fulfilment_status financial_status closed charges payments refunds fulfilments "
    "kind channel test tax_included customer lines total cancelled_at"
).split()
LINE_KEYS = "id sku title quantity price tax".split()


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> World:
    """One world for many spoilt orders."""
    return World(tmp_path_factory.mktemp("lasting"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    words=st.dictionaries(st.sampled_from(KEYS), json_values, max_size=3),
    line=st.dictionaries(st.sampled_from(LINE_KEYS), json_values, max_size=2),
)
def test_whatever_stands_in_an_order_it_ends_booked_left_out_or_held(
    lasting: World, words: dict[str, Any], line: dict[str, Any]
) -> None:
    """I1 for any JSON in the place of any field: never a crash, never an order that vanishes."""
    world = lasting
    bad, good = world.shop.place_order([("MUG", 1)]), world.shop.place_order([("TRAY", 1)])
    body = world.shop.order(bad)
    world.shop.put_raw(bad, json.dumps({**body, "lines": [{**body["lines"][0], **line}], **words}))
    report = world.run("pull-orders", "push-orders")
    assert report.exit_code in (0, 1)
    assert world.totals(good) == [("sale", 400)]
    holds = world.rows("SELECT record FROM hold WHERE kind = 'unreadable'")
    decision = world.decisions().get(bad)
    if decision is None:
        assert (f"shop:{bad}",) in holds or words.get("placed_at")
    elif decision[0] == "book":
        held = world.rows("SELECT 1 FROM hold JOIN sales_order o ON record = o.id AND remote_id = ?", bad)
        assert bool(world.totals(bad)) != bool(held)
    else:
        assert decision[1]
    world.shop.remove_order(bad)
