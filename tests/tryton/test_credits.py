"""What is given back: taken off what is to be sent, or put back on the shelf, once, whatever dies in between."""

import os
from pathlib import Path

import pytest

from syncctl.errors import Unreachable
from syncctl.model import Absent, Booked, DocumentKind, Found, Refused
from tests.conformance.back_office_kit import document, line
from tests.tryton.desk import Desk, Dies, credit
from tests.tryton.server import TrytonServer

ALL = os.environ.get("SYNCCTL_TRYTON_KILLS") == "all"
WRITES = [
    *("sale.sale.create", "sale.sale.quote", "stock.shipment.out.draft", "sale.line.write", "stock.move.cancel"),
    *("stock.shipment.out.wait", "sale.line.write", "sale.sale.process", "sale.sale.confirm"),
    *("sale.line.write", "stock.move.do"),
]
"""Of one credit, each a transaction."""
MIDWAY = (3, 4, 5, 6, 10)
"""Writes after which most is half done; SYNCCTL_TRYTON_KILLS=all: after each of them."""
KEPT = "credits"


@pytest.fixture(scope="module")
def stocked(running: TrytonServer) -> tuple[Path, Desk]:
    """Ten of each; order-1: four cups, of which two have left, and three bowls and a dish, that are to be sent."""
    running.reset()
    desk = Desk(running)
    for sku in ("CUP", "BOWL", "DISH"):
        desk.vendor.add_item(sku, f"The {sku}", "2.50", 10)
    [outcome] = desk.book(document("order-1", line("1", "CUP", 4), line("2", "BOWL", 3), line("3", "DISH", 1)))
    assert isinstance(outcome, Booked)
    two_cups_leave(desk)
    return running.keep(KEPT), desk


def two_cups_leave(desk: Desk) -> None:
    """All that is left of the order is in one shipment then."""
    [shipment] = desk.sale("order-1", "shipments")["shipments"]
    desk.do("stock.shipment.out", "draft", [shipment])
    moves = desk.do.rows("stock.move", [["shipment", "=", f"stock.shipment.out,{shipment}"]], "product.code")
    [cups] = [one["id"] for one in moves if one["product."]["code"] == "CUP"]
    steps = [["write", [cups], {"quantity": 2.0}], ["delete", [one["id"] for one in moves if one["id"] != cups]]]
    desk.do("stock.shipment.out", "write", [shipment], {"moves": steps})
    desk.do("stock.shipment.out", "wait", [shipment])
    desk.vendor._leave(shipment, "", "")


def waiting(desk: Desk) -> int:
    """The shipment that has not left."""
    found = desk.sale("order-1", "shipments.state")["shipments."]
    [shipment] = [one["id"] for one in found if one["state"] != "done"]
    return int(shipment)


@pytest.fixture
def desk(running: TrytonServer, stocked: tuple[Path, Desk]) -> Desk:
    running.reset(stocked[0])
    return Desk(running, stocked[1])


CREDIT = credit("credit-1", "order-1", line("1", "CUP", 3), line("2", "BOWL", 1))
"""Two cups that have not left, and one that has; one of three bowls that have not."""


def sound(desk: Desk, where: str) -> None:
    """The credit stands once, what it names is not sent and is on the shelf, and all else is sent."""
    assert isinstance(desk.again().find_documents(["credit-1"], DocumentKind.CREDIT)[0], Found), where
    sales = desk.do.rows("sale.sale", [], "web_id", "state", "total_amount")
    totals = [(one["web_id"], one["state"], f"{one['total_amount']:.2f}") for one in sales]
    assert totals == [("order-1", "processing", "20.00"), ("credit-1", "processing", "-10.00")], where
    assert [desk.units(sku) for sku in ("CUP", "BOWL", "DISH")] == [(9, 0), (10, 2), (10, 1)], where
    assert desk.shipments("order-1") == ["done", "waiting"], where
    assert {one["state"] for one in desk.do.rows("stock.shipment.out", [], "state")} <= {"done", "waiting", "cancelled"}
    assert not desk.do.rows("stock.move", [["state", "=", "draft"], ["shipment", "=", None]]), where
    assert desk.sale("order-1", "shipment_state")["shipment_state"] == "partially shipped", where


def sent(desk: Desk, where: str) -> None:
    """What is left of the order leaves, and nothing else does."""
    desk.vendor.ship("order-1")
    assert [desk.units(sku) for sku in ("CUP", "BOWL", "DISH")] == [(9, 0), (8, 0), (9, 0)], where
    assert desk.sale("order-1", "shipment_state")["shipment_state"] == "sent", where


def test_what_has_not_left_is_taken_off_and_what_has_comes_back(desk: Desk) -> None:
    counted = Dies(desk.books, 0)
    [outcome] = desk.book(CREDIT)
    assert isinstance(outcome, Booked), outcome
    assert counted.writes == WRITES
    sound(desk, "undisturbed")
    sent(desk, "undisturbed")


def test_a_credit_that_dies_after_any_of_its_writes_is_finished_by_the_next_run(
    running: TrytonServer, stocked: tuple[Path, Desk]
) -> None:
    for number in range(1, len(WRITES) + 1) if ALL else MIDWAY:
        running.reset(stocked[0])
        desk = Desk(running, stocked[1])
        dies = Dies(desk.books, number)
        with pytest.raises(Unreachable):
            desk.book(CREDIT)
        where = f"after write {number}"
        assert [*dies.writes] == WRITES[:number], where
        outcomes = desk.book_what_is_absent(CREDIT)
        assert all(isinstance(one, Booked) for one in outcomes), (where, outcomes)
        sound(desk, where)
        if number % 3 == 0:  # the others have the same promises and shipments by then
            sent(desk, where)


def test_a_credit_whose_goods_are_not_on_the_shelf_yet_is_not_in_the_books_yet(desk: Desk) -> None:
    desk.again().settings = desk.books.settings.model_copy(update={"receive_returns": False})
    assert isinstance(desk.book(CREDIT)[0], Booked)
    assert desk.units("CUP") == (8, 0)
    assert isinstance(desk.books.find_documents(["credit-1"], DocumentKind.CREDIT)[0], Found)
    assert isinstance(desk.again().find_documents(["credit-1"], DocumentKind.CREDIT)[0], Absent)
    assert isinstance(desk.book(CREDIT)[0], Booked)
    sound(desk, "received later")


def test_two_refunds_of_one_shipment_are_taken_off_one_after_the_other(desk: Desk) -> None:
    first = credit("credit-1", "order-1", line("2", "BOWL", 1))
    second = credit("credit-2", "order-1", line("2", "BOWL", 1), line("1", "CUP", 1))
    third = credit("credit-3", "order-1", line("2", "BOWL", 2))
    outcomes = desk.book(first, second, third)
    assert [type(one) for one in outcomes] == [Booked, Booked, Refused], outcomes
    assert [desk.units(sku) for sku in ("CUP", "BOWL")] == [(8, 1), (10, 1)]
    fourth = credit("credit-4", "order-1", line("2", "BOWL", 1), line("1", "CUP", 1), line("3", "DISH", 1))
    assert isinstance(desk.book(fourth)[0], Booked)
    assert [desk.units(sku) for sku in ("CUP", "BOWL", "DISH")] == [(8, 0), (10, 0), (10, 0)]
    assert desk.shipments("order-1") == ["cancelled", "done"]
    assert desk.sale("order-1", "shipment_state")["shipment_state"] == "sent"


def test_what_a_person_took_off_by_cancelling_the_shipment_never_comes_back_to_the_shelf(desk: Desk) -> None:
    desk.do("stock.shipment.out", "cancel", [waiting(desk)])
    [outcome] = desk.book(credit("credit-1", "order-1", line("1", "CUP", 2), line("2", "BOWL", 3)))
    assert isinstance(outcome, Booked), outcome
    assert [desk.units(sku) for sku in ("CUP", "BOWL")] == [(8, 0), (10, 0)]


def test_what_is_being_packed_is_neither_taken_off_nor_put_back_until_it_has_left(desk: Desk) -> None:
    shipment = waiting(desk)
    for step in ("assign_force", "pick"):
        desk.do("stock.shipment.out", step, [shipment])
    wanted = credit("credit-1", "order-1", line("2", "BOWL", 1))
    [outcome] = desk.book(wanted)
    assert isinstance(outcome, Refused) and outcome.reason == "being_packed", outcome
    assert [one["web_id"] for one in desk.do.rows("sale.sale", [], "web_id")] == ["order-1"]
    for step in ("pack", "do"):
        desk.do("stock.shipment.out", step, [shipment])
    assert isinstance(desk.book(wanted)[0], Booked)
    assert desk.units("BOWL") == (8, 0)


def test_a_shipment_that_somebody_reserved_already_is_cut_too_and_waits_again(desk: Desk) -> None:
    desk.do("stock.shipment.out", "assign_force", [waiting(desk)])
    assert isinstance(desk.book(CREDIT)[0], Booked)
    sound(desk, "assigned before")
    sent(desk, "assigned before")


def test_a_shipment_that_a_person_keeps_as_a_draft_stays_one(desk: Desk) -> None:
    desk.do("stock.shipment.out", "draft", [waiting(desk)])
    assert isinstance(desk.book(CREDIT)[0], Booked)
    assert desk.shipments("order-1") == ["done", "draft"]
    assert [desk.units(sku) for sku in ("CUP", "BOWL", "DISH")] == [(9, 0), (10, 2), (10, 1)]


def test_a_return_that_tryton_will_not_take_in_is_held_and_taken_in_later(desk: Desk) -> None:
    desk.vendor.ship("order-1")
    wanted = credit("credit-1", "order-1", line("2", "BOWL", 1))
    party = desk.sale("order-1", "party")["party"]
    place = desk.do.one("party.party", [["id", "=", party]], "customer_location")["customer_location"]
    desk.do("party.party", "write", [party], {"customer_location": None})
    [outcome] = desk.book(wanted)
    assert isinstance(outcome, Refused) and outcome.reason == "not_received", outcome
    assert "customer location" in outcome.message
    assert (desk.units("BOWL"), len(desk.do.rows("sale.sale", []))) == ((7, 0), 2)
    desk.do("party.party", "write", [party], {"customer_location": place})
    [outcome] = desk.book_what_is_absent(wanted)
    assert isinstance(outcome, Booked)
    assert (desk.units("BOWL"), len(desk.do.rows("sale.sale", []))) == ((8, 0), 2)


def test_goods_that_are_out_of_use_by_now_can_be_given_back(desk: Desk) -> None:
    desk.vendor.ship("order-1")
    product = desk.vendor.product("BOWL")
    desk.vendor.deactivate_item("BOWL")
    desk.vendor.do("product.template", "write", [desk.vendor.template("CUP")], {"salable": False})
    [outcome] = desk.book(credit("credit-1", "order-1", line("2", "BOWL", 1), line("1", "CUP", 1)))
    assert isinstance(outcome, Booked), outcome
    desk.do("product.product", "write", [product], {"active": True})
    assert [desk.units(sku) for sku in ("BOWL", "CUP")] == [(8, 0), (7, 0)]
