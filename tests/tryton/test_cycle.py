"""Whole cycles with a real Tryton: what is sold, cancelled, given back and sent is so on both sides."""

from pathlib import Path

import pytest

from tests.tryton.server import TrytonServer
from tests.tryton.world import TrytonWorld


@pytest.mark.parametrize("falls_on", ["order", "shipment"])
def test_an_order_is_booked_once_leaves_and_comes_back_with_its_tracking(
    tmp_path: Path, server: TrytonServer, falls_on: str
) -> None:
    world = TrytonWorld(tmp_path, server, books={"stock_falls_on": falls_on})
    assert world.run().exit_code == 0
    order = world.shop.place_order([("MUG", 3), ("TRAY", 1)])
    for _ in range(2):
        assert world.run().exit_code == 0
    number = "#1001"
    assert world.sales() == [(number, "processing", "34.00")]
    assert (world.shelf("MUG"), world.shown()["MUG"]) == ((100, 3), 97)
    world.people.sell("MUG", 5)
    assert world.run().exit_code == 0
    assert world.shown()["MUG"] == 92
    world.people.ship(world.people.references()[0], tracking_number="TN 1")
    assert world.run().exit_code == 0
    assert (world.shelf("MUG"), world.shown()["MUG"]) == ((92, 0), 92)
    [sent] = world.shop.order(order)["fulfilments"]
    assert sent["tracking_number"] == "TN 1"


def test_a_cancelled_order_is_not_sent_by_the_warehouse(tmp_path: Path, server: TrytonServer) -> None:
    world = TrytonWorld(tmp_path, server)
    order = world.shop.place_order([("MUG", 3)])
    world.run()
    assert world.shelf("MUG") == (100, 3)
    world.shop.cancel_order(order)
    assert world.run().exit_code == 0
    assert world.shelf("MUG") == (100, 0)
    assert [(state, total) for _, state, total in world.sales()] == [("processing", "30.00"), ("processing", "-30.00")]
    assert world.shown()["MUG"] == 100
    states = {one["state"] for one in world.people.do.rows("stock.shipment.out", [], "state")}
    assert states <= {"cancelled"}


def test_a_new_price_and_a_receipt_reach_the_shop(tmp_path: Path, server: TrytonServer) -> None:
    world = TrytonWorld(tmp_path, server)
    world.run()
    world.people.set_price("MUG", "12.50")
    world.people.receive("TRAY", 7)
    assert world.run().exit_code == 0
    assert {one.sku: (one.price, one.quantity) for one in world.shop.listings()} == {
        "MUG": ("12.50", 100),
        "TRAY": ("4.00", 57),
    }


def test_a_guest_whose_order_is_edited_is_one_party(tmp_path: Path, server: TrytonServer) -> None:
    world = TrytonWorld(tmp_path, server)
    order = world.shop.place_order([("MUG", 1)])
    assert world.run().exit_code == 0
    world.shop.edit_order(order, {world.line_ids(order)[0]: 3})
    assert world.run().exit_code == 0
    assert [total for _, _, total in world.sales()] == ["10.00", "-10.00", "30.00"]
    assert len(world.people.do.rows("party.party", [["code", "like", "guest-%"]])) == 1


def test_an_address_that_says_nothing_is_not_told_to_the_shop(tmp_path: Path, server: TrytonServer) -> None:
    world = TrytonWorld(tmp_path, server, customers={"trigger": "any"})
    ann = world.shop.upsert_customer(name="Ann Archer", emails=["ann@mail.example"])
    world.shop.place_order([("MUG", 1)], customer=ann)
    assert world.run().exit_code == 0
    party = world.people.do.one("party.party", [["name", "=", "Ann Archer"]], "addresses")
    assert party["addresses"] == [], "the one that the sale needs is none of hers"
    world.people.do("party.address", "create", [{"party": party["id"]}])  # as Tryton's own form does
    world.people.do("party.party", "write", [party["id"]], {"name": "Ann Baker"})
    for _ in range(2):
        assert world.run().exit_code == 0
    found = world.shop.customer(ann)
    assert (found["name"], found.get("addresses", [])) == ("Ann Baker", [])


def test_what_was_sold_can_be_refunded_when_it_is_sold_no_more(tmp_path: Path, server: TrytonServer) -> None:
    world = TrytonWorld(tmp_path, server)
    order = world.shop.place_order([("MUG", 3)])
    world.run()
    world.people.ship(world.people.references()[0])
    world.run()
    world.people.deactivate_item("MUG")
    world.run()
    world.shop.refund_all(order)
    assert world.run().exit_code == 0
    assert (world.holds(), [total for _, _, total in world.sales()]) == ([], ["30.00", "-30.00"])
