"""What becomes of a WooCommerce order in whole cycles: the books and the site are asked, never the hub."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.woo.shop import Fee, Line
from tests.woo_world import WooCycles


@pytest.fixture(params=["10.4.2 hpos", "7.0.0 legacy"])
def world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[WooCycles]:
    version, storage = request.param.split()
    with WooCycles(tmp_path, options={"version": version, "storage": storage}) as world:
        yield world


def place(world: WooCycles, mug: int, units: int = 2, **more: Any) -> int:
    """Mugs at 10.00 with 2.00 of tax each, of which a coupon takes 1.00 in all, and delivery."""
    line = Line(mug, units, "10.00", tax=f"{2 * units}.00", off="1.00")
    return world.hands.place([line], coupon="SPRING", shipping=("4.95", "0.99"), **more)


def sold(world: WooCycles, order_id: int) -> str:
    """The id of the order's sale in the books."""
    [sale] = [
        one
        for one in world.office.documents()
        if one.document.order_id == str(order_id)
        if one.document.original is None
    ]
    return sale.id


def test_an_order_is_booked_with_all_that_stands_on_it(world: WooCycles) -> None:
    mug = world.sell("MUG", "10.00", 50)
    order_id = place(world, mug, fees=[Fee("Gift wrap", "1.50", "0.30")])
    assert world.run().exit_code == 0
    document, payment = world.documents(str(order_id))
    assert document.total == payment.total == 2000 + 400 - 100 + 594 + 180
    assert [(line.sku, line.quantity, line.amount, line.tax) for line in document.lines] == [("MUG", 2, 2000, 400)]
    assert sorted((one.kind, one.amount, one.tax) for one in document.charges) == [
        ("discount", -100, 0),
        ("fee", 150, 30),
        ("shipping", 495, 99),
    ]
    assert world.office.on_hand("MUG") == 48
    assert world.levels() == {"MUG": 48}


def test_a_second_cycle_writes_nothing_to_either_side(world: WooCycles) -> None:
    mug = world.sell("MUG", "10.00", 50)
    order_id = place(world, mug)
    world.hands.refund(order_id, {world.hands.lines(order_id)[0]: 1}, restock=True)
    world.run()
    world.run()
    world.run()
    assert world.asked("POST", "PUT", "DELETE") == []
    assert world.writes_to_office() == 0


def test_a_refund_is_credited_and_its_units_are_back_only_where_the_shop_put_them_back(world: WooCycles) -> None:
    mug = world.sell("MUG", "10.00", 50)
    kept, broken = place(world, mug), place(world, mug)
    world.run()
    for order_id, restock in ((kept, True), (broken, False)):
        world.hands.refund(order_id, {world.hands.lines(order_id)[0]: 1}, restock=restock)
    assert world.run().exit_code == 0
    credits = [one for one in world.documents() if one.kind == "credit"]
    assert [[(line.quantity, line.restock) for line in one.lines] for one in credits] == [[(1, True)], [(1, False)]]
    assert world.office.on_hand("MUG") == 50 - 4 + 1
    world.run()
    assert world.levels() == {"MUG": 47}


def test_a_cancelled_order_is_taken_back(world: WooCycles) -> None:
    mug = world.sell("MUG", "10.00", 50)
    order_id = place(world, mug)
    world.run()
    world.hands.cancel(order_id)
    assert world.run().exit_code == 0
    assert sum(total if kind == "sale" else -total for kind, total in world.totals(str(order_id))) == 0
    assert (world.office.on_hand("MUG"), world.levels()) == (50, {"MUG": 50})


def test_a_failed_order_that_is_paid_at_last_is_booked_then(world: WooCycles) -> None:
    mug = world.sell("MUG", "10.00", 50)
    order_id = place(world, mug, status="failed")
    world.run()
    assert world.totals() == []
    world.hands.set_status(order_id, "processing")
    assert world.run().exit_code == 0
    assert world.totals(str(order_id)) == [("sale", 2000 + 400 - 100 + 594)]


def test_what_the_books_ship_is_shown_on_the_order_and_completes_it(world: WooCycles) -> None:
    mug = world.sell("MUG", "10.00", 50)
    order_id = place(world, mug)
    world.run()
    line_id = str(world.hands.lines(order_id)[0])
    world.office.ship(sold(world, order_id), lines={line_id: 1}, tracking_number="T1", carrier="Post")
    assert world.run().exit_code == 0
    order = world.site.orders[order_id]
    assert order.status == "processing"
    world.office.ship(sold(world, order_id), lines={line_id: 1}, tracking_number="T2", carrier="Post")
    assert world.run().exit_code == 0
    assert order.status == "completed"
    (kept,) = [one.value for one in order.metas if one.key == "_syncctl_shipments"]
    assert [(row["tracking_number"], row["lines"][0]["quantity"]) for row in json.loads(kept)] == [("T1", 1), ("T2", 1)]
    assert [kind for _, kind, _ in world.site.oracle.mails].count("customer_completed_order") == 1
    world.run()
    assert world.asked("POST") == []
    assert world.totals(str(order_id)) == [("sale", 2000 + 400 - 100 + 594)]


def test_an_order_of_a_product_that_was_deleted_since_goes_on_as_it_was_sold(world: WooCycles) -> None:
    """The site tells a line's SKU as its product has it today, and nothing of a product that is gone."""
    mug = world.sell("MUG", "10.00", 50)
    order_id = place(world, mug)
    world.run()
    world.hands.remove_product(mug)
    world.hands.refund(order_id, {world.hands.lines(order_id)[0]: 1}, restock=True)
    assert world.run().exit_code == 0
    assert world.holds() == []
    [credit] = [one for one in world.documents(str(order_id)) if one.kind == "credit"]
    assert [(line.sku, line.quantity) for line in credit.lines] == [("MUG", 1)]


def test_an_order_in_the_trash_is_held_as_gone_and_comes_back_from_there(world: WooCycles) -> None:
    mug = world.sell("MUG", "10.00", 50)
    order_id = place(world, mug, status="on-hold")
    world.change(orders={"reread_open": "0s"})
    world.run()
    world.hands.trash(order_id)
    world.run()
    assert [reason for _, reason in world.holds()] == ["gone"]
    world.hands.untrash(order_id)
    world.run()
    assert world.holds() == []
