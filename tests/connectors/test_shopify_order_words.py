"""One order in Shopify's words, read into ours: amounts, states, edits, refunds. Bodies are written by hand."""

from datetime import UTC, datetime
from typing import Any

import pytest

from syncctl.connectors.shopify.order_charges import MOST
from syncctl.connectors.shopify.order_words import Manners, read_order
from syncctl.model import Charge, LineItem, Order, Payment, RefundLine, Unreadable
from tests.connectors.shopify_bodies import (
    adds_up,
    bag,
    fee,
    line,
    order,
    read,
    refund,
    shipping,
    transaction,
)


def sound(body: dict[str, Any]) -> Order:
    found = read(body)
    assert found.problems == ()
    assert found.units_known and adds_up(found)
    return found


def charges(found: Order) -> list[tuple[str, int, int]]:
    return [(charge.kind, charge.amount, charge.tax) for charge in found.charges]


def test_a_plain_order_has_its_lines_its_times_and_its_words() -> None:
    body = order("21.5", line(1, 2, "10.0", taxes=("1.5",)), transactions=[transaction(7, "SALE", "21.5")])
    found = sound(body)
    assert (found.id, found.number, found.currency, found.total) == ("450789469", "#1001", "USD", 2150)
    assert found.lines[0] == LineItem("1", "SKU-1", "Thing 1", 2, "10", 2000, 150)
    assert found.placed_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert found.changed_at == datetime(2026, 3, 1, 12, 0, 7, tzinfo=UTC)
    assert (found.financial_status, found.fulfilment_status, found.channel) == ("paid", "unfulfilled", "web")
    assert (found.closed, found.test, found.cancelled_at, found.tax_included) == (False, False, None, False)
    paid_at = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)
    assert found.payments == (Payment(id="7", gateway="bogus", amount=2150, paid_at=paid_at),)
    assert found.customer is not None and (found.customer.guest, found.customer.emails) == (True, ("ada@example.com",))


def test_tax_that_is_in_the_prices_is_taken_out_of_them() -> None:
    body = order("24.0", line(1, 2, "12.0", taxes=("4.0",)), taxesIncluded=True)
    found = sound(body)
    assert found.lines[0] == LineItem("1", "SKU-1", "Thing 1", 2, "12", 2000, 400)
    assert found.tax_included


@pytest.mark.parametrize(
    ("included", "price", "off", "tax", "total"),
    [(False, "100.0", "50.0", "10.0", "60.0"), (True, "120.0", "60.0", "10.0", "60.0")],
)
def test_a_discount_takes_its_share_of_the_tax_with_it(
    included: bool, price: str, off: str, tax: str, total: str
) -> None:
    found = sound(
        order(total, line(1, 1, price, off=(off,), taxes=(tax,)), taxesIncluded=included, discountCodes=["HALF"])
    )
    assert (found.lines[0].amount, found.lines[0].tax) == (10000, 2000)
    assert found.charges == (Charge(kind="discount", title="HALF", amount=-5000, tax=-1000, line_id="1"),)


def test_several_discounts_and_taxes_of_a_line_are_one() -> None:
    found = sound(order("8.8", line(1, 1, "10.0", off=("1.0", "1.0"), taxes=("0.5", "0.3"))))
    assert charges(found) == [("discount", -200, -20)]
    assert (found.lines[0].amount, found.lines[0].tax) == (1000, 100)


def test_what_is_given_for_nothing_has_a_discount_of_its_whole_price() -> None:
    found = sound(order("0.0", line(1, 1, "10.0", off=("10.0",))))
    assert charges(found) == [("discount", -1000, 0)]
    assert found.lines[0].amount == 1000


def test_shipping_and_what_is_taken_off_it_are_two_charges() -> None:
    sent = shipping(5, "6.0", off=("2.0",), taxes=("0.8",))
    found = sound(order("14.8", line(1, 1, "10.0"), shipping=[sent]))
    assert charges(found) == [("shipping", 600, 120), ("discount", -200, -40)]
    assert all(charge.line_id is None for charge in found.charges)


def test_shipping_that_an_edit_removed_is_out() -> None:
    found = sound(order("10.0", line(1, 1, "10.0"), shipping=[shipping(5, "6.0", removed=True)]))
    assert found.charges == ()


def test_fees_are_charges_with_their_tax() -> None:
    found = sound(order("12.2", line(1, 1, "10.0"), additionalFees=[fee("Deposit", "2.0", "0.2")]))
    assert charges(found) == [("fee", 200, 20)]


def test_a_tip_that_stands_in_the_total_alone_is_a_charge() -> None:
    assert charges(sound(order("12.0", line(1, 1, "10.0"), tip="2.0"))) == [("tip", 200, 0)]


def test_a_tip_among_the_lines_is_a_charge_and_no_goods() -> None:
    tip = line(2, 1, "2.0", sku=None, name="Tip")
    found = sound(order("12.0", line(1, 1, "10.0"), tip, tip="2.0"))
    assert charges(found) == [("tip", 200, 0)]
    assert [one.id for one in found.lines] == ["1"]


def test_a_thing_that_is_called_tip_is_no_tip() -> None:
    found = sound(order("7.0", line(1, 1, "5.0", name="Tip"), tip="2.0"))
    assert [one.title for one in found.lines] == ["Tip"]
    assert charges(found) == [("tip", 200, 0)]


def test_duties_are_a_fee_where_the_total_has_them_in() -> None:
    duties = {"originalTotalDutiesSet": bag("3.0")}
    assert charges(sound(order("13.0", line(1, 1, "10.0"), **duties))) == [("fee", 300, 0)]
    assert charges(sound(order("10.0", line(1, 1, "10.0"), **duties))) == []


def test_rounded_cash_is_a_charge_where_the_total_has_it_in() -> None:
    assert charges(sound(order("10.0", line(1, 1, "9.98"), cash="0.02"))) == [("rounding", 2, 0)]
    assert charges(sound(order("9.98", line(1, 1, "9.98"), cash="0.02"))) == []


def test_a_gift_card_that_is_sold_is_a_charge_and_no_goods() -> None:
    card = line(2, 2, "25.0", isGiftCard=True, sku=None)
    found = sound(order("60.0", line(1, 1, "10.0"), card))
    assert [one.id for one in found.lines] == ["1"]
    assert charges(found) == [("gift_card", 5000, 0)]


def test_a_gift_card_that_pays_is_a_payment() -> None:
    paid = [transaction(1, "SALE", "4.0", gateway="gift_card"), transaction(2, "SALE", "6.0")]
    found = sound(order("10.0", line(1, 1, "10.0"), transactions=paid))
    assert [(one.gateway, one.amount) for one in found.payments] == [("gift_card", 400), ("bogus", 600)]


def test_only_money_that_moved_is_a_payment() -> None:
    moved = [
        transaction(1, "AUTHORIZATION", "10.0"),
        transaction(2, "CAPTURE", "10.0"),
        transaction(3, "VOID", "10.0"),
        transaction(4, "SALE", "10.0", "FAILURE"),
        transaction(5, "REFUND", "3.0"),
        transaction(6, "REFUND", "3.0", "PENDING"),
        transaction(7, "SUGGESTED_REFUND", "3.0"),
    ]
    found = sound(order("10.0", line(1, 1, "10.0"), transactions=moved))
    assert [(one.id, one.amount) for one in found.payments] == [("2", 1000), ("5", -300)]


def test_a_cent_for_each_part_is_rounding_and_more_is_a_problem() -> None:
    assert charges(sound(order("20.01", line(1, 1, "10.0"), line(2, 1, "9.99")))) == [("rounding", 2, 0)]
    found = read(order("20.02", line(1, 1, "10.0"), line(2, 1, "9.99")))
    assert found.problems == ("its parts come to 1999, but its total is 2002 (minor units)",)
    assert [one.quantity for one in found.lines] == [1, 1], "they count against stock all the same"


def test_currencies_without_cents_and_with_three_places_are_read_by_their_own() -> None:
    assert sound(order("500.0", line(1, 1, "500.0"), currencyCode="JPY")).total == 500
    assert sound(order("1.234", line(1, 1, "1.234"), currencyCode="KWD")).total == 1234


@pytest.mark.parametrize("included", [False, True])
def test_a_refund_takes_back_units_shipping_and_tax(included: bool) -> None:
    subtotal, sent = ("12.0", "6.0") if included else ("10.0", "5.0")
    body = order(
        "30.0",
        line(1, 2, "12.0" if included else "10.0", taxes=("4.0",), left=1),
        shipping=[shipping(5, sent, taxes=("1.0",))],
        now="12.0",
        taxesIncluded=included,
        refunds=[refund(9, (1, 1, "RETURN", subtotal, "2.0"), shipping=[(5, sent, "1.0")], paid="18.0")],
        currentTotalTaxSet=bag("2.0"),
    )
    found = sound(body)
    (back,) = found.refunds
    assert (back.id, back.total) == ("9", 1800)
    assert back.lines == (RefundLine(line_id="1", quantity=1, amount=1000, tax=200, restock=True),)
    assert [(one.kind, one.amount, one.tax) for one in back.charges] == [("shipping", 500, 100)]
    assert (found.lines[0].quantity, found.lines[0].amount, found.lines[0].tax) == (2, 2000, 400)


@pytest.mark.parametrize(
    ("said", "net", "paid", "now"),
    [
        ("12.0", 1000, "12.0", "12.0"),  # the money that was paid back says that the tax is in it
        ("10.0", 1000, "12.0", "99.0"),  # the same says that it is not
        ("12.0", 1000, "0.0", "12.0"),  # nothing was paid back yet: what is left of the order says it
        ("10.0", 1000, "0.0", "12.0"),
    ],
)
def test_whether_what_is_given_back_has_its_tax_in_it_is_told_by_other_sums(
    said: str, net: int, paid: str, now: str
) -> None:
    body = order(
        "24.0",
        line(1, 2, "12.0", taxes=("4.0",), left=1),
        taxesIncluded=True,
        refunds=[refund(9, (1, 1, "RETURN", said, "2.0"), paid=paid)],
        currentTotalTaxSet=bag("2.0"),
        now=now,
    )
    (back,) = sound(body).refunds
    assert [(one.amount, one.tax) for one in back.lines] == [(net, 200)]


def test_what_is_given_back_and_fits_in_no_way_is_a_problem() -> None:
    sent = shipping(5, "6.0", taxes=("1.0",))
    back = refund(9, shipping=[(5, "6.0", "1.0")], paid="0.0")
    body = order("6.0", shipping=[sent], taxesIncluded=True, refunds=[back], currentTotalTaxSet=bag("0.0"), now="2.0")
    assert read(body).problems == ("nothing tells whether what its refunds give back has the tax in it",)


@pytest.mark.parametrize(("kind", "restock"), [("RETURN", True), ("CANCEL", True), ("LEGACY_RESTOCK", True)])
def test_units_that_were_restocked_can_be_sold_again(kind: str, restock: bool) -> None:
    body = order("10.0", line(1, 1, "10.0", left=0), refunds=[refund(9, (1, 1, kind, "10.0", "0.0"))], now="0.0")
    assert sound(body).refunds[0].lines[0].restock is restock


def test_units_that_were_not_restocked_cannot_and_a_word_nobody_knows_is_a_problem() -> None:
    kinds = {}
    for kind in ("NO_RESTOCK", "WIBBLE"):
        found = read(
            order("10.0", line(1, 1, "10.0", left=0), refunds=[refund(9, (1, 1, kind, "10.0", "0.0"))], now="0.0")
        )
        kinds[kind] = (found.refunds[0].lines[0].restock, len(found.problems))
    assert kinds == {"NO_RESTOCK": (False, 0), "WIBBLE": (False, 1)}


def test_what_was_paid_back_less_or_more_is_an_adjustment() -> None:
    lines = [line(1, 1, "20.0", left=0)]
    less = refund(8, (1, 1, "RETURN", "20.0", "0.0"), adjusted=[("5.0", "0.0", "RESTOCK")], paid="15.0")
    more = refund(9, adjusted=[("-3.0", "0.0", "CUSTOMER")], paid="3.0")
    found = sound(order("20.0", *lines, refunds=[less, more], now="0.0"))
    assert [(one.id, one.total) for one in found.refunds] == [("8", 1500), ("9", 300)]
    assert [(one.kind, one.amount) for one in found.refunds[0].charges] == [("adjustment", -500)]


def test_adjustments_that_cancel_each_other_leave_the_refund_as_it_is() -> None:
    pair = [("20.0", "0.0", "REFUND_DISCREPANCY"), ("-20.0", "0.0", "PENDING_REFUND_DISCREPANCY")]
    back = refund(8, (1, 1, "RETURN", "20.0", "0.0"), adjusted=pair)
    assert sound(order("20.0", line(1, 1, "20.0", left=0), refunds=[back], now="0.0")).refunds[0].total == 2000


def test_refunded_gift_cards_and_tips_are_charges_there_too() -> None:
    back = refund(8, (1, 1, "NO_RESTOCK", "25.0", "0.0"), paid="25.0")
    found = sound(order("25.0", line(1, 1, "25.0", isGiftCard=True, left=0), refunds=[back], now="0.0"))
    assert [(one.kind, one.amount) for one in found.refunds[0].charges] == [("gift_card", 2500)]
    assert found.refunds[0].lines == ()


def test_units_that_an_edit_took_away_with_a_refund_were_sold_and_given_back() -> None:
    back = refund(8, (1, 2, "CANCEL", "20.0", "2.0"))
    body = order("33.0", line(1, 3, "10.0", taxes=("3.0",), left=1), refunds=[back], now="11.0", edited=True)
    found = sound(body | {"currentTotalTaxSet": bag("1.0")})
    assert (found.lines[0].quantity, found.total, found.refunds[0].total) == (3, 3300, 2200)


def test_units_that_an_edit_took_away_without_one_never_were() -> None:
    body = order("33.0", line(1, 3, "10.0", off=("3.0",), taxes=("6.0",), left=1), now="11.0", edited=True)
    found = sound(body | {"currentTotalTaxSet": bag("2.0")})
    assert (found.lines[0].quantity, found.lines[0].amount, found.total) == (1, 1000, 1100)
    assert found.total == 1100


def test_a_line_that_an_edit_took_away_is_gone() -> None:
    body = order("30.0", line(1, 1, "10.0"), line(2, 2, "10.0", left=0), now="10.0", edited=True)
    found = sound(body | {"currentTotalTaxSet": bag("0.0")})
    assert [one.id for one in found.lines] == ["1"]
    assert found.total == 1000


@pytest.mark.parametrize("told", [None, "5.0"])
def test_taxes_of_edited_lines_that_the_shop_reckons_otherwise_are_a_problem(told: str | None) -> None:
    body = order("33.0", line(1, 3, "10.0", taxes=("6.0",), left=1), now="12.0", edited=True)
    found = read(body if told is None else body | {"currentTotalTaxSet": bag(told)})
    assert len(found.problems) == 1 and found.problems[0].startswith("line 1: ")
    assert [one.quantity for one in found.lines] == [1]


def test_more_units_came_back_than_there_were_is_a_problem_that_names_the_line() -> None:
    back = refund(8, (1, 3, "RETURN", "30.0", "0.0"))
    found = read(order("20.0", line(1, 2, "10.0"), refunds=[back]))
    assert found.problems and found.problems[0].startswith("line 1: quantity")


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("FULFILLED", "fulfilled"),
        ("FULFILLMENT_NOT_REQUIRED", "fulfilled"),
        ("PARTIALLY_FULFILLED", "partially_fulfilled"),
        ("RESTOCKED", "unfulfilled"),
        ("OPEN", "unfulfilled"),
        ("ON_HOLD", "on_hold"),
        ("PENDING_FULFILLMENT", "in_progress"),
        ("WIBBLE", "wibble"),
    ],
)
def test_fulfilment_states_are_ours_and_unknown_ones_are_passed_on(theirs: str, ours: str) -> None:
    body = order("1.0", line(1, 1, "1.0"), displayFulfillmentStatus=theirs, displayFinancialStatus=theirs)
    assert (sound(body).fulfilment_status, sound(body).financial_status) == (ours, theirs.lower())


def test_what_has_left_comes_with_its_tracking_and_what_never_left_does_not() -> None:
    sent = {"id": "gid://shopify/Fulfillment/3", "status": "SUCCESS", "createdAt": "2026-03-02T08:00:00Z"}
    tracking = {"trackingInfo": [{"number": "JD01", "company": "Royal Mail", "url": None}]}
    called_off = sent | {"id": "gid://shopify/Fulfillment/4", "status": "CANCELLED", "trackingInfo": []}
    (found,) = sound(order("1.0", line(1, 1, "1.0"), fulfillments=[sent | tracking, called_off])).fulfilments
    assert (found.id, found.order_id, found.tracking_number) == ("3", "450789469", "JD01")
    assert (found.carrier, found.tracking_url) == ("Royal Mail", "")


def test_an_app_without_customers_data_reads_orders_that_name_nobody() -> None:
    names = ("email", "phone", "billingAddress", "shippingAddress", "customer")
    body = {name: value for name, value in order("1.0", line(1, 1, "1.0")).items() if name not in names}
    found = read(body, Manners(people=False))
    assert (found.customer, found.email, found.shipping_address, found.problems) == (None, "", None, ())


def test_lists_that_may_go_on_are_a_problem() -> None:
    many = [transaction(number, "SALE", "0.0") for number in range(1, MOST + 1)]
    assert any(
        "more cannot be read" in one for one in read(order("1.0", line(1, 1, "1.0"), transactions=many)).problems
    )


def test_a_field_that_nobody_asked_for_makes_the_order_unreadable() -> None:
    body = order("1.0", line(1, 1, "1.0"))
    del body["sourceName"]
    found = read_order(body, "", Manners())
    assert isinstance(found, Unreadable)
    assert found.id == "450789469" and "sourceName" in found.reason
