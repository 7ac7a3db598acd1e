"""Defects of booking that a review once found: each must stay mended. What is booked is read from the office."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from syncctl.connectors.sandbox.bodies import NewLine
from syncctl.connectors.sandbox.office import Office
from syncctl.errors import Unreachable
from tests.builders import World
from tests.fakes.faulty import Between, FailBefore, Fault, lost_reply, on


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def skip(world: World) -> None:
    """A person gives the only hold up."""
    [(hold_id,)] = world.rows("SELECT id FROM hold")
    hub = world.hub()
    hub.holds.skip(hold_id)
    hub.close()


def retry(world: World) -> None:
    """A person lets everything that is held be tried again."""
    hub = world.hub()
    hub.holds.retry()
    hub.close()


def people(world: World) -> int:
    return int(world.office.connection.execute("SELECT count(*) FROM customer").fetchone()[0])


# --- odd orders ----------------------------------------------------------------------------------------------------


def twice(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda body: {name: body[name] * 2}


PAYMENT = {"gateway": "card", "amount": "5.00"}
REFUND = {"id": "", "total": "1.00", "lines": [], "charges": [{"kind": "shipping", "title": "", "amount": "1.00"}]}


@pytest.mark.parametrize(
    "spoil, held",
    [
        (twice("lines"), True),
        (twice("payments"), True),
        (lambda _body: {"payments": [PAYMENT, PAYMENT]}, True),
        (lambda _body: {"refunds": [{**REFUND, "id": "8001"}] * 2}, True),
        (lambda _body: {"refunds": [REFUND] * 2}, True),
        (lambda _body: {"refunds": [REFUND]}, True),
        (twice("fulfilments"), False),
    ],
    ids=["lines", "payments", "payments without ids", "refunds", "refunds without ids", "no id", "fulfilments"],
)
def test_ids_that_stand_twice_hold_that_order_and_no_other(
    world: World, spoil: Callable[[dict[str, Any]], dict[str, Any]], held: bool
) -> None:
    odd = world.shop.place_order([("MUG", 1)], charges={"shipping": "3.00"})
    world.shop.fulfil(odd)
    before = world.shop.order(odd)
    world.shop.mark(odd, **spoil(before))
    sound = world.shop.place_order([("TRAY", 1)])
    for _ in range(2):
        world.run()
    assert world.totals(sound) == [("sale", 400)]
    assert world.totals(odd) == ([] if held else [("sale", 1300)])
    assert [kind for kind, _ in world.holds()] == (["order"] if held else [])
    world.shop.mark(odd, **before)
    world.run()
    assert world.totals(odd) == [("sale", 1300)]
    assert world.holds() == []


def cancelled_orders(world: World, who: dict[str, object]) -> list[str]:
    """Three orders that could never be booked, each for its own reason, and all called off."""
    orders = [
        world.shop.place_order([("MUG", 1)], customer=who, total="99.00"),
        world.shop.place_order([NewLine(sku="NOWHERE", price="1.00", title="x")], customer=who),
        world.shop.place_order([("MUG", 1)], customer=who, currency="USD"),
        world.shop.place_order([("MUG", 1)], customer=who),
    ]
    for order_id in orders:
        world.shop.cancel_order(order_id)
    return orders


def test_orders_called_off_before_booking_are_rejected_whatever_is_odd_about_them_and_make_no_customer(
    world: World,
) -> None:
    orders = cancelled_orders(world, {"name": "Spam Bot", "emails": ["spam@shop.example"]})
    report = world.run()
    assert world.decisions() == dict.fromkeys(orders, ("rejected", "cancelled before booking"))
    assert (report.exit_code, world.holds(), world.totals(), people(world)) == (0, [], [], 0)
    assert world.run().exit_code == 0


# --- lost replies --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault, booked",
    [(lost_reply("push_documents"), True), (FailBefore(on("push_documents"), Unreachable("cut")), False)],
    ids=["it arrived", "it did not"],
)
def test_an_order_that_is_left_out_after_a_lost_reply_is_looked_for_and_never_created(
    world: World, fault: Fault, booked: bool
) -> None:
    order_id = world.shop.place_order([("MUG", 2)])
    world.run(office=[fault])
    world.shop.set_status(order_id, financial="voided")
    for _ in range(2):
        world.run()
    assert world.totals() == ([("sale", 2000)] if booked else [])
    assert world.decisions()[order_id][0] == ("book" if booked else "left_out")
    assert world.shop.level("MUG") == 98
    world.shop.close_order(order_id)
    world.run()
    world.run()
    assert world.shop.level("MUG") == world.office.on_hand("MUG") == (98 if booked else 100)
    assert world.holds() == []


# --- what changes after booking ------------------------------------------------------------------------------------


def test_an_order_that_is_edited_to_no_value_after_booking_is_held(tmp_path: Path) -> None:
    world = World(tmp_path, orders={"zero_value": "leave_out"})
    order_id = world.shop.place_order([("MUG", 2)])
    world.run()
    lines = [{**line, "price": "0"} for line in world.shop.order(order_id)["lines"]]
    world.shop.mark(order_id, lines=lines, total="0.00")
    assert world.run().exit_code == 1
    assert world.holds() == [("order", "edited after booking")]
    assert world.totals() == [("sale", 2000)]


def test_a_refund_still_arrives_when_book_from_was_moved_beyond_its_order(world: World) -> None:
    booked, not_booked = (world.shop.place_order([("MUG", 2)], financial_status=one) for one in ("paid", "pending"))
    world.run()
    world.change(orders={"book_from": datetime.now(UTC).isoformat()})
    world.run()
    world.shop.refund_all(booked)
    world.shop.pay(not_booked)
    world.run()
    assert world.totals() == [("sale", 2000), ("credit", 2000)]
    assert world.holds() == []


def test_a_credit_takes_back_the_item_that_was_booked(tmp_path: Path) -> None:
    world = World(tmp_path, orders={"unknown_sku": "placeholder"})
    world.add("WEB-ITEM", units=10)
    world.shop.add_listing("NEW", "New", "5.00", 10)
    order_id = world.shop.place_order([("NEW", 2)])
    world.run()
    world.office.add_item("NEW", "New", "5.00", 10)
    world.run()
    world.shop.refund_all(order_id)
    world.run()
    [sale, credit] = [one for one in world.documents(order_id) if one.kind != "payment"]
    assert [line.sku for line in (*sale.lines, *credit.lines)] == ["WEB-ITEM", "WEB-ITEM"]
    assert (world.office.on_hand("NEW"), world.office.on_hand("WEB-ITEM")) == (10, 10)
    assert world.holds() == []


@pytest.mark.parametrize("how", ["refund_all", "cancel_order"])
@pytest.mark.parametrize("taxes_at_first", [True, False])
def test_a_credit_takes_back_the_tax_that_was_booked(tmp_path: Path, how: str, taxes_at_first: bool) -> None:
    world = World(tmp_path, orders={"import_taxes": taxes_at_first})
    order_id = world.shop.place_order([NewLine(sku="MUG", quantity=2, tax="4.00")])
    world.run()
    world.change(orders={"import_taxes": not taxes_at_first})
    getattr(world.shop, how)(order_id)
    world.run()
    world.run()
    total = 2400 if taxes_at_first else 2000
    assert world.totals() == [("sale", total), ("credit", total)]
    assert world.office.on_hand("MUG") == 100
    assert world.holds() == []


def test_a_refund_that_comes_after_the_credit_of_its_cancellation_is_covered_by_it(world: World) -> None:
    order_id = world.shop.place_order([("MUG", 2)], charges={"shipping": "3.00"})
    world.run()
    world.shop.cancel_order(order_id)
    world.run()
    world.shop.refund_all(order_id, restock=False)
    for _ in range(2):
        world.run()
    assert world.totals() == [("sale", 2300), ("credit", 2300)]
    assert world.holds() == []


# --- given up by hand ----------------------------------------------------------------------------------------------


def test_an_order_that_is_skipped_while_it_is_looked_up_is_not_booked(world: World) -> None:
    order_id = world.shop.place_order([("MUG", 1)])
    world.close_period(date(2090, 1, 1))
    world.run()
    world.close_period(None)
    retry(world)
    world.run(office=[Between(on("find_documents"), lambda: skip(world))])
    world.run()
    assert world.totals() == []
    assert world.decisions()[order_id] == ("rejected", "skipped by hand")
    assert world.holds() == []


def test_a_skipped_order_whose_queued_document_is_refused_in_the_end_is_not_booked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, back_office={"answers": "later"}, orders={"edited": "hold"})
    order_id = world.shop.place_order([("MUG", 2)])
    world.run("pull-orders", "push-orders")
    world.shop.edit_order(order_id, {world.line_ids(order_id)[0]: 1})
    with monkeypatch.context() as patch:
        patch.setattr(Office, "work_queue", lambda _office: [])  # it takes its time
        world.run("pull-orders", "push-orders")
    assert world.holds() == [("order", "edited after booking")]
    skip(world)
    world.close_period(date(2090, 1, 1))
    world.office.work_queue()
    world.close_period(None)
    for _ in range(3):
        world.run()
    assert world.totals() == []
    assert world.decisions()[order_id] == ("rejected", "skipped by hand")
    assert world.holds() == []
