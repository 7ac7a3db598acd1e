"""An order's life in the books, told by the books: each document once, of the right amount, or a hold that says why."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from syncctl.connectors.sandbox.bodies import NewLine
from tests.builders import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


# --- first booking -------------------------------------------------------------------------------------------------


def test_an_order_is_booked_once_with_its_payment_and_a_second_run_writes_nothing(world: World) -> None:
    order = world.shop.place_order([("MUG", 2), ("TRAY", 1)], charges={"shipping": "3.50", "discount": "-1.00"})
    world.run()
    sale, payment = world.documents()
    assert (sale.kind, sale.total, sale.number, sale.store_number) == ("sale", 2650, f"#{order}", 98)
    assert [(line.sku, line.quantity, line.amount) for line in sale.lines] == [("MUG", 2, 2000), ("TRAY", 1, 400)]
    assert [(one.kind, one.item, one.amount) for one in sale.charges] == [
        ("shipping", "SHIPPING", 350),
        ("discount", "DISCOUNT", -100),
    ]
    assert (payment.kind, payment.total, payment.original, payment.tender) == ("payment", 2650, sale.reference, "web")
    assert (world.office.on_hand("MUG"), world.office.on_hand("TRAY")) == (98, 49)
    report = world.run()
    assert world.totals(payments=True) == [("sale", 2650), ("payment", 2650)]
    assert world.calls("push_documents") == 0 and report.exit_code == 0


def test_the_store_number_and_the_tender_come_from_the_settings(world: World) -> None:
    world.change(orders={"store_number": 7, "tenders": {"wallet": "PP"}})
    world.shop.place_order([("MUG", 1)], gateway="wallet")
    world.run()
    assert [one.store_number for one in world.documents()] == [7, 7]
    assert world.documents()[1].tender == "PP"


@pytest.mark.parametrize("included", [False, True])
def test_without_import_taxes_the_total_less_tax_is_booked_and_paid(world: World, included: bool) -> None:
    world.change(orders={"import_taxes": False})
    lines = [NewLine(sku="MUG", quantity=2, tax="4.00")]
    order = world.shop.place_order(lines, charges={"shipping": ("3.00", "0.60")}, tax_included=included)
    total = 2300 if included else 2760
    world.run()
    assert world.totals(payments=True) == [("sale", total - 460), ("payment", total - 460)]
    assert world.documents()[0].tax == 0
    world.shop.refund_all(order)
    world.run()
    assert world.totals() == [("sale", total - 460), ("credit", total - 460)]
    assert world.rows("SELECT tax FROM sales_order") == [(460,)]


def test_with_import_taxes_the_stores_total_is_booked(world: World) -> None:
    world.shop.place_order([NewLine(sku="MUG", quantity=2, tax="4.00")], tax_included=True)
    world.shop.place_order([NewLine(sku="MUG", quantity=2, tax="4.00")])
    world.run()
    assert world.totals() == [("sale", 2000), ("sale", 2400)]
    assert [one.tax for one in world.documents() if one.kind == "sale"] == [400, 400]


def test_the_same_sku_on_two_lines_is_booked_as_two_lines(world: World) -> None:
    world.shop.place_order([("MUG", 1), NewLine(sku="MUG", quantity=2, price="9.00")])
    world.run()
    assert [(line.sku, line.amount) for line in world.documents()[0].lines] == [("MUG", 1000), ("MUG", 1800)]
    assert world.office.on_hand("MUG") == 97


def test_skus_that_differ_by_case_alone_are_two(world: World) -> None:
    world.add("mug", "7.00", 20)
    world.shop.place_order([("mug", 3)])
    world.run()
    assert (world.office.on_hand("MUG"), world.office.on_hand("mug")) == (100, 17)
    assert world.totals() == [("sale", 2100)]


def test_two_shops_with_the_same_order_number_lead_to_two_sales(tmp_path: Path) -> None:
    world = World(tmp_path, stores=("one", "two"))
    assert {shop.place_order([("MUG", 1)]) for shop in world.shops.values()} == {"1001"}
    world.run()
    assert world.totals() == [("sale", 1000)] * 2
    assert len(set(world.office.references())) == 4


def test_an_order_is_dated_by_the_shops_own_day(world: World) -> None:
    world.sections["stores"]["shop"]["time_zone"] = "Pacific/Auckland"
    world.change()
    world.shop.place_order([("MUG", 1)], placed_at=datetime(2026, 3, 1, 23, tzinfo=UTC))
    world.run()
    assert world.documents()[0].dated_on == date(2026, 3, 2)


def test_rounding_is_booked_as_a_charge_of_its_own_name(world: World) -> None:
    world.shop.place_order([NewLine(sku="MUG", quantity=3, price="3.333")], total="9.99")
    world.run()
    [sale, _] = world.documents()
    assert (sale.total, [(one.kind, one.item, one.amount) for one in sale.charges]) == (
        999,
        [("rounding", "ROUNDING", -1)],
    )


# --- refunds and cancellations -------------------------------------------------------------------------------------


def test_a_refund_with_restock_credits_the_line_and_puts_the_unit_back(world: World) -> None:
    order = world.shop.place_order([("MUG", 3)])
    world.run()
    world.shop.refund(order, {world.line_ids(order)[0]: 1}, restock=True)
    world.run()
    assert world.totals() == [("sale", 3000), ("credit", 1000)]
    assert world.office.on_hand("MUG") == 98 == world.shop.level("MUG")


def test_a_refund_without_restock_gives_money_back_and_no_unit(world: World) -> None:
    order = world.shop.place_order([("MUG", 3)])
    world.run()
    world.shop.refund(order, {world.line_ids(order)[0]: 1}, restock=False)
    world.run()
    assert world.totals() == [("sale", 3000), ("credit", 1000)]
    assert world.office.on_hand("MUG") == 97 == world.shop.level("MUG")


def test_several_refunds_are_as_many_credits_of_the_same_sale(world: World) -> None:
    order = world.shop.place_order([("MUG", 3)], charges={"shipping": "3.50"})
    line = world.line_ids(order)[0]
    first = world.shop.refund(order, {line: 1})
    world.run()
    second = world.shop.refund(order, {line: 1}, charges={"shipping": "3.50"})
    third = world.shop.refund(order, {}, charges={"discount": "1.00"})
    world.run()
    world.run()
    documents = [one for one in world.documents() if one.kind != "payment"]
    assert [(one.event, one.total) for one in documents] == [
        ("order", 3350),
        (first, 1000),
        (second, 1350),
        (third, 100),
    ]
    assert {one.original for one in documents[1:]} == {documents[0].reference}


def test_a_cancellation_before_booking_is_rejected_with_its_reason(world: World) -> None:
    order = world.shop.place_order([("MUG", 2)])
    world.shop.cancel_order(order)
    world.run()
    assert world.documents() == [] and world.holds() == []
    assert world.decisions()[order] == ("rejected", "cancelled before booking")
    assert world.run().exit_code == 0 and world.office.on_hand("MUG") == 100


def test_a_cancellation_after_booking_credits_all_of_it(world: World) -> None:
    order = world.shop.place_order([("MUG", 2)], charges={"shipping": "3.50", "discount": "-1.00"})
    world.run()
    world.shop.cancel_order(order)
    world.run()
    world.run()
    assert world.totals() == [("sale", 2250), ("credit", 2250)]
    assert world.office.on_hand("MUG") == 100 == world.shop.level("MUG")


@pytest.mark.parametrize("refund", [False, True])
def test_a_cancellation_after_a_partial_refund_credits_the_rest(world: World, refund: bool) -> None:
    order = world.shop.place_order([("MUG", 3)], charges={"shipping": "3.50"})
    world.run()
    world.shop.refund(order, {world.line_ids(order)[0]: 1}, charges={"shipping": "1.00"})
    world.run()
    world.change(orders={"charges": {"shipping": "SHIPPING", "adjustment": "FEE"}})
    world.shop.cancel_order(order, refund=refund)
    world.run()
    assert world.totals() == [("sale", 3350), ("credit", 1100), ("credit", 2250)]
    assert world.office.on_hand("MUG") == 100


def test_a_cancelled_order_that_was_held_goes_on_to_be_rejected(world: World) -> None:
    order = world.shop.place_order([NewLine(sku="NOBODY-KNOWS", price="5.00", title="?")])
    world.run()
    assert world.holds() == [("order", "unknown SKU")]
    world.shop.cancel_order(order)
    world.run()
    assert world.holds() == [] and world.documents() == []
    assert world.decisions()[order] == ("rejected", "cancelled before booking")


def test_payments_are_booked_as_they_come(world: World) -> None:
    world.change(orders={"financial_statuses": ["partially_paid", "paid"]})
    order = world.shop.place_order([("MUG", 3)], financial_status="pending")
    world.shop.pay(order, "10.00")
    world.run()
    assert world.totals(payments=True) == [("sale", 3000), ("payment", 1000)]
    world.shop.pay(order)
    world.run()
    assert world.totals(payments=True) == [("sale", 3000), ("payment", 1000), ("payment", 2000)]


def test_a_return_that_names_no_order_is_a_credit_without_an_original(world: World) -> None:
    world.shop.place_order([("MUG", -2)], kind="return", financial_status="refunded")
    world.run()
    [credit] = world.documents()
    assert (credit.kind, credit.event, credit.total, credit.original) == ("credit", "return", 2000, None)
    assert world.office.on_hand("MUG") == 102


def test_an_order_edited_after_booking_is_held_with_both_versions_where_so_set_and_its_units_count(
    world: World,
) -> None:
    world.change(orders={"edited": "hold"})
    order = world.shop.place_order([("MUG", 2)])
    world.run()
    world.shop.edit_order(order, {world.line_ids(order)[0]: 5})
    world.run()
    assert world.totals() == [("sale", 2000)]
    assert world.holds() == [("order", "edited after booking")]
    assert "#1001" in world.messages()[0] and "2000" in world.messages()[0] and "5000" in world.messages()[0]
    assert world.rows("SELECT count(*), count(raw) FROM order_version") == [(2, 2)]
    assert (world.office.on_hand("MUG"), world.shop.level("MUG")) == (98, 95)  # three more are sold than are booked
    assert world.run().new_holds == 0
    world.shop.edit_order(order, {world.line_ids(order)[0]: 2})
    world.run()
    assert world.holds() == [] and world.totals() == [("sale", 2000)]


# --- one store only ------------------------------------------------------------------------------------------------


def test_only_the_chosen_stores_orders_are_booked(tmp_path: Path) -> None:
    world = World(tmp_path, stores=("one", "two"))
    for shop in world.shops.values():
        shop.place_order([("MUG", 1)])
    world.run("pull-orders")
    world.run("push-orders", stores=["two"])
    assert [one.reference.split("/")[0] for one in world.documents()] == [world.shops["two"].identity] * 2
    world.run("push-orders")
    assert world.totals() == [("sale", 1000)] * 2
