"""What orders of the shop come to: sums worked out by hand, before and after all that can happen to them.

Each figure stands as a shop's receipt would show it; none is reckoned by the fake's own code.
"""

from decimal import Decimal
from typing import Any

import pytest

from tests.fakes.conftest import Case
from tests.fakes.shopify.checkout import Buy, Charge, Off, Ship
from tests.fakes.shopify.money import Exchange, rounded, shares

BAG = "{ shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }"
SUMS = (
    *("originalTotalPriceSet", "totalPriceSet", "currentTotalPriceSet", "totalTaxSet", "currentTotalTaxSet"),
    *("totalDiscountsSet", "subtotalPriceSet", "currentSubtotalPriceSet", "totalReceivedSet", "totalRefundedSet"),
    *("totalOutstandingSet", "totalTipReceivedSet", "currentShippingPriceSet", "netPaymentSet"),
)
LINES = f"""id quantity currentQuantity isGiftCard title originalUnitPriceSet {BAG} originalTotalSet {BAG}
  discountAllocations {{ allocatedAmountSet {BAG} discountApplication {{ index }} }}
  taxLines {{ rate priceSet {BAG} }}"""
REFUNDS = f"""id refundLineItems(first: 5) {{ nodes {{ quantity restockType subtotalSet {BAG} totalTaxSet {BAG} }} }}
  refundShippingLines(first: 5) {{ nodes {{ subtotalAmountSet {BAG} taxAmountSet {BAG} }} }}
  orderAdjustments(first: 5) {{ nodes {{ amountSet {BAG} taxAmountSet {BAG} reason }} }}
  transactions(first: 5) {{ nodes {{ kind amountSet {BAG} }} }} totalRefundedSet {BAG}"""
ORDER = f"""query One($id: ID!) {{ order(id: $id) {{ displayFinancialStatus {" ".join(f"{name} {BAG}" for name in SUMS)}
  totalCashRoundingAdjustment {{ paymentSet {BAG} refundSet {BAG} }} lineItems(first: 10) {{ nodes {{ {LINES} }} }}
  shippingLines(first: 5) {{ nodes {{ originalPriceSet {BAG} discountedPriceSet {BAG} isRemoved }} }}
  additionalFees {{ name price {BAG} taxLines {{ priceSet {BAG} }} }} refunds {{ {REFUNDS} }}
  transactions {{ kind status gateway amountSet {BAG} amountRoundingSet {BAG} test }} }} }}"""


def told(value: Any, side: str = "shopMoney") -> Any:
    """Each bag as one amount, of one side."""
    if isinstance(value, dict):
        if "shopMoney" in value:
            return value[side]["amount"]
        return {name: told(each, side) for name, each in value.items()}
    return [told(each, side) for each in value] if isinstance(value, list) else value


def read(case: Case, order_id: int, side: str = "shopMoney") -> Any:
    return told(case.client.ask(ORDER, id=f"gid://shopify/Order/{order_id}").data["order"], side)


def sums(row: Any, *names: str) -> list[str]:
    return [row[f"{name}Set"] for name in names]


def test_an_order_without_tax_in_its_prices(case: Case, own: bool) -> None:
    """2 x 10.00 and 1 x 5.00, 3.00 off, shipping 4.95, tax 8 % of what is left of the lines and of shipping."""
    mug, tray = case.hands.add_variant("MUG", 9, "10.00"), case.hands.add_variant("TRAY", 9, "5.00")
    order = case.hands.place(
        [Buy(mug, 2, rate="0.08"), Buy(tray, rate="0.08")], ships=[Ship("4.95", rate="0.08")], offs=[Off("3.00")]
    )
    row = read(case, order)
    assert sums(row, "originalTotalPrice", "totalPrice", "currentTotalPrice") == ["29.11", "29.11", "29.11"]
    assert sums(row, "totalTax", "totalDiscounts", "subtotalPrice", "currentShippingPrice") == [
        "2.16",
        "3.0",
        "22.0",
        "4.95",
    ]
    lines = row["lineItems"]["nodes"]
    assert [each["discountAllocations"][0]["allocatedAmountSet"] for each in lines] == ["2.4", "0.6"]
    assert [each["taxLines"][0]["priceSet"] for each in lines] == ["1.41", "0.35"]
    assert (row["displayFinancialStatus"], sums(row, "totalReceived", "totalOutstanding")) == ("PAID", ["29.11", "0.0"])


def test_an_order_with_tax_in_its_prices(case: Case) -> None:
    """12.00 holds 2.00 of tax at a fifth; shipping of 6.00 holds 1.00."""
    mug = case.hands.add_variant("MUG", 9, "12.00")
    order = case.hands.place([Buy(mug, 1, rate="0.2")], ships=[Ship("6.00", rate="0.2")], taxes_included=True)
    row = read(case, order)
    assert sums(row, "totalPrice", "totalTax", "subtotalPrice") == ["18.0", "3.0", "12.0"]


def test_shares_are_whole_coins_and_lose_none() -> None:
    assert shares(Decimal("1.00"), [Decimal(1)] * 3, "USD") == [Decimal("0.34"), Decimal("0.33"), Decimal("0.33")]
    assert shares(Decimal("-1.10"), [Decimal("7.81"), Decimal("1.01")], "USD") == [Decimal("-0.98"), Decimal("-0.12")]
    assert shares(Decimal(5), [Decimal(0), Decimal(0)], "USD") == [Decimal(5), Decimal(0)]
    assert shares(Decimal(100), [Decimal(1), Decimal(2)], "JPY") == [Decimal(34), Decimal(66)]
    assert rounded(Decimal("0.125"), "USD") == Decimal("0.13") and rounded(Decimal("0.0005"), "KWD") == Decimal("0.001")


def test_what_a_discount_takes_is_told_for_all_units_however_many_are_left(case: Case) -> None:
    """3 x 10.00 less 1.00; one is refunded at a third of 29.00."""
    mug = case.hands.add_variant("MUG", 9, "10.00")
    order = case.hands.place([Buy(mug, 3)], offs=[Off("1.00")])
    line = case.site.orders[order].lines[0].id
    for refunded in ("9.67", "9.66", "9.67"):
        case.hands.refund(order, {line: 1})
        row = read(case, order)
        last = row["refunds"][-1]
        assert last["refundLineItems"]["nodes"] == [
            {"quantity": 1, "restockType": "CANCEL", "subtotalSet": refunded, "totalTaxSet": "0.0"}
        ]
        assert last["totalRefundedSet"] == refunded
    [left] = row["lineItems"]["nodes"]
    assert (left["quantity"], left["currentQuantity"], left["originalTotalSet"]) == (3, 0, "30.0")
    assert left["discountAllocations"][0]["allocatedAmountSet"] == "1.0"
    assert sums(row, "totalPrice", "currentTotalPrice", "totalRefunded") == ["29.0", "0.0", "29.0"]
    assert row["displayFinancialStatus"] == "REFUNDED"


@pytest.mark.parametrize(("shown", "subtotal"), [("gross", "12.0"), ("net", "10.0")])
def test_a_refund_where_prices_have_tax_in_them_tells_its_subtotal_with_it_or_without(
    case: Case, shown: str, subtotal: str
) -> None:
    case.site.options.refund_subtotal = shown
    mug = case.hands.add_variant("MUG", 9, "12.00")
    order = case.hands.place([Buy(mug, 2, rate="0.2")], ships=[Ship("6.00", rate="0.2")], taxes_included=True)
    case.hands.refund(order, {case.site.orders[order].lines[0].id: 1}, shipping="3.00")
    row = read(case, order)
    [refund] = row["refunds"]
    [back], [shipping] = refund["refundLineItems"]["nodes"], refund["refundShippingLines"]["nodes"]
    assert (back["subtotalSet"], back["totalTaxSet"]) == (subtotal, "2.0")
    assert shipping == {"subtotalAmountSet": "3.0" if shown == "gross" else "2.5", "taxAmountSet": "0.5"}
    assert sums(row, "currentTotalPrice", "currentTotalTax", "totalRefunded") == ["15.0", "2.5", "15.0"]
    assert refund["orderAdjustments"]["nodes"] == []


@pytest.mark.parametrize(("counted", "left"), [(True, "15.0"), (False, "20.0")])
def test_money_back_without_lines_is_an_adjustment(case: Case, counted: bool, left: str) -> None:
    case.site.options.adjusted_total = counted
    mug = case.hands.add_variant("MUG", 9, "10.00")
    order = case.hands.place([Buy(mug, 2)])
    case.hands.refund(order, amount="5.00")
    row = read(case, order)
    [refund] = row["refunds"]
    assert refund["orderAdjustments"]["nodes"] == [
        {"amountSet": "-5.0", "taxAmountSet": "0.0", "reason": "REFUND_DISCREPANCY"}
    ]
    assert (refund["totalRefundedSet"], sums(row, "currentTotalPrice")) == ("5.0", [left])
    assert row["displayFinancialStatus"] == "PARTIALLY_REFUNDED"


def test_less_money_back_than_the_lines_are_worth_is_an_adjustment_the_other_way(case: Case) -> None:
    mug = case.hands.add_variant("MUG", 9, "10.00")
    order = case.hands.place([Buy(mug, 2)])
    case.hands.refund(order, {case.site.orders[order].lines[0].id: 1}, amount="8.00")
    row = read(case, order)
    [refund] = row["refunds"]
    assert [each["amountSet"] for each in refund["orderAdjustments"]["nodes"]] == ["2.0"]
    assert sums(row, "currentTotalPrice", "totalRefunded", "totalOutstanding") == ["12.0", "8.0", "0.0"]


@pytest.mark.parametrize("makes_refund", [True, False])
def test_units_that_an_edit_takes_out_leave_a_refund_without_money_or_nothing(case: Case, makes_refund: bool) -> None:
    """2 x 10.00 with tax of 1.00; one is taken out, and nothing is paid back yet."""
    case.site.options.removal_makes_refund = makes_refund
    mug = case.hands.add_variant("MUG", 9, "10.00")
    order = case.hands.place([Buy(mug, 2, tax="1.00")])
    case.hands.edit(order, case.site.orders[order].lines[0].id, 1)
    row = read(case, order)
    [line] = row["lineItems"]["nodes"]
    assert (line["quantity"], line["currentQuantity"], line["taxLines"][0]["priceSet"]) == (2, 1, "1.0")
    assert sums(row, "totalPrice", "currentTotalPrice", "currentTotalTax") == ["21.0", "10.5", "0.5"]
    assert sums(row, "totalOutstanding", "totalRefunded") == ["-10.5", "0.0"]
    told = [(each["refundLineItems"]["nodes"], each["transactions"]["nodes"]) for each in row["refunds"]]
    gone = {"quantity": 1, "restockType": "CANCEL", "subtotalSet": "10.0", "totalTaxSet": "0.5"}
    assert told == ([([gone], [])] if makes_refund else [])


def test_units_lines_and_shipping_that_an_edit_adds_are_owed(case: Case) -> None:
    mug, tray = case.hands.add_variant("MUG", 9, "10.00"), case.hands.add_variant("TRAY", 9, "4.00")
    order = case.hands.place([Buy(mug, 1, tax="0.50")])
    case.hands.edit(order, case.site.orders[order].lines[0].id, 3)
    case.hands.add_line(order, Buy(tray, 2))
    case.hands.add_shipping(order, Ship("4.95"))
    row = read(case, order)
    assert [each["quantity"] for each in row["lineItems"]["nodes"]] == [3, 2]
    assert sums(row, "originalTotalPrice", "totalPrice", "currentTotalPrice") == ["10.5", "44.45", "44.45"]
    assert (row["displayFinancialStatus"], sums(row, "totalOutstanding")) == ("PARTIALLY_PAID", ["33.95"])
    case.hands.pay(order)
    assert read(case, order)["displayFinancialStatus"] == "PAID"


def test_shipping_that_an_edit_takes_out_is_no_part_of_it_any_more(case: Case) -> None:
    mug = case.hands.add_variant("MUG", 9, "10.00")
    order = case.hands.place([Buy(mug)], ships=[Ship("4.95")])
    case.hands.remove_shipping(order)
    row = read(case, order)
    assert (row["shippingLines"]["nodes"], sums(row, "currentTotalPrice", "totalOutstanding")) == (
        [],
        ["10.0", "-4.95"],
    )


@pytest.mark.parametrize(("tips", "lines"), [("line", ["Mug", "Tip"]), ("apart", ["Mug"])])
def test_a_tip_is_a_line_that_is_no_product_or_stands_apart_and_is_paid_either_way(
    case: Case, tips: str, lines: list[str]
) -> None:
    case.site.options.tips = tips
    order = case.hands.place([Buy(case.hands.add_variant("MUG", 9, "10.00", name="Mug"))], tip="2.00")
    row = read(case, order)
    assert [each["title"] for each in row["lineItems"]["nodes"]] == lines
    assert sums(row, "totalPrice", "totalTipReceived", "subtotalPrice") == ["12.0", "2.0", "10.0"]


def test_fees_and_duties_are_part_of_the_total(case: Case) -> None:
    mug = case.hands.add_variant("MUG", 9, "10.00")
    order = case.hands.place([Buy(mug, duty="1.25")], charges=[Charge("Bottle deposit", "4.00", "0.20")])
    row = read(case, order)
    assert row["additionalFees"] == [{"name": "Bottle deposit", "price": "4.0", "taxLines": [{"priceSet": "0.2"}]}]
    assert sums(row, "totalPrice", "totalTax") == ["15.45", "0.2"]


def test_a_gift_card_that_is_sold_is_a_line_without_tax_and_one_that_is_used_is_a_payment(case: Case) -> None:
    card = case.hands.add_variant("CARD", None, "50.00", is_gift_card=True)
    mug = case.hands.add_variant("MUG", 9, "10.00")
    order = case.hands.place([Buy(card, rate="0.1"), Buy(mug, rate="0.1")], offs=[Off("1.00")], gift_card="20.00")
    row = read(case, order)
    gift, mug_line = row["lineItems"]["nodes"]
    assert (gift["isGiftCard"], gift["taxLines"], gift["discountAllocations"]) == (True, [], [])
    assert (mug_line["isGiftCard"], mug_line["taxLines"][0]["priceSet"]) == (False, "0.9")
    assert sums(row, "totalPrice", "totalReceived") == ["59.9", "59.9"]
    assert [(each["gateway"], each["amountSet"]) for each in row["transactions"]] == [
        ("gift_card", "20.0"),
        ("shopify_payments", "39.9"),
    ]


@pytest.mark.parametrize(("how", "amount"), [("after", "10.0"), ("before", "10.02")])
def test_cash_is_rounded_beside_the_total(case: Case, how: str, amount: str) -> None:
    case.site.options.cash_amount = how
    mug = case.hands.add_variant("MUG", 9, "10.02")
    row = read(case, case.hands.place([Buy(mug)], rounding="-0.02", source_name="pos"))
    assert sums(row, "totalPrice", "currentTotalPrice", "totalOutstanding") == ["10.02", "10.02", "0.0"]
    assert row["totalCashRoundingAdjustment"] == {"paymentSet": "-0.02", "refundSet": "0.0"}
    [paid] = row["transactions"]
    assert (paid["gateway"], paid["amountSet"], paid["amountRoundingSet"]) == ("cash", amount, "-0.02")
    assert row["displayFinancialStatus"] == "PAID"


def test_the_buyer_s_currency_stands_beside_the_shop_s(case: Case) -> None:
    """3 x 13.99 and 2 x 7.49 in EUR, at 0.9 EUR for a USD: each price is converted by itself."""
    mug, tray = case.hands.add_variant("MUG", 9, "1.00"), case.hands.add_variant("TRAY", 9, "1.00")
    lines = [Buy(mug, 3, "13.99"), Buy(tray, 2, "7.49")]
    order = case.hands.place(lines, presented=("EUR", "0.9"))
    assert sums(read(case, order, "presentmentMoney"), "totalPrice", "totalReceived") == ["56.95", "56.95"]
    row = read(case, order)
    assert [each["originalUnitPriceSet"] for each in row["lineItems"]["nodes"]] == ["15.54", "8.32"]
    assert sums(row, "totalPrice") == ["63.26"]
    case.site.options.converted_totals = True
    assert sums(read(case, order), "totalPrice", "currentTotalPrice") == ["63.28", "63.28"]


def test_yen_have_a_decimal_place_in_the_api_and_dinars_three(case: Case) -> None:
    for currency, price, total in (("JPY", "500", "1000.0"), ("KWD", "1.2345", "2.469")):
        case.site.options.currency = currency
        order = case.hands.place([Buy(price=price, quantity=2, title="Typed in")])
        assert sums(read(case, order), "totalPrice") == [total]


def test_a_cancellation_gives_back_all_or_nothing_and_says_what_of_it_is_put_back(case: Case) -> None:
    mug = case.hands.add_variant("MUG", 9, "10.00")
    for restock, refund, status, word in (
        (True, True, "REFUNDED", "CANCEL"),
        (False, True, "REFUNDED", "NO_RESTOCK"),
        (True, False, "PAID", "CANCEL"),
    ):
        order = case.hands.place([Buy(mug, 2)], ships=[Ship("4.95")])
        case.hands.cancel(order, restock=restock, refund=refund)
        row = read(case, order)
        assert [each["restockType"] for each in row["refunds"][0]["refundLineItems"]["nodes"]] == [word]
        left = "0.0" if refund else "4.95"
        assert (row["displayFinancialStatus"], sums(row, "currentTotalPrice")) == (status, [left])
        assert sums(row, "totalRefunded") == ["24.95" if refund else "0.0"]


def test_what_was_authorized_is_captured_or_let_go(case: Case) -> None:
    mug = case.hands.add_variant("MUG", 9, "10.00")
    taken, let_go, unpaid = (
        case.hands.place([Buy(mug)], pays=each) for each in ("authorization", "authorization", "pending")
    )
    assert [read(case, each)["displayFinancialStatus"] for each in (taken, let_go, unpaid)] == [
        "AUTHORIZED",
        "AUTHORIZED",
        "PENDING",
    ]
    case.hands.capture(taken)
    case.hands.cancel(let_go)
    assert [read(case, each)["displayFinancialStatus"] for each in (taken, let_go)] == ["PAID", "VOIDED"]
    assert [each["kind"] for each in read(case, let_go)["transactions"]] == ["AUTHORIZATION", "VOID"]
    assert sums(read(case, let_go), "totalReceived", "totalRefunded") == ["0.0", "0.0"]


def test_what_failed_or_is_pending_has_paid_nothing(case: Case) -> None:
    order = case.hands.place([Buy(case.hands.add_variant("MUG", 9, "10.00"))], pays="nothing")
    for status in ("FAILURE", "ERROR", "PENDING"):
        case.hands.transact(order, "SALE", "10.00", status=status)
    row = read(case, order)
    assert (row["displayFinancialStatus"], sums(row, "totalReceived", "totalOutstanding")) == (
        "PENDING",
        ["0.0", "10.0"],
    )
    case.hands.transact(order, "SALE", "4.00")
    assert read(case, order)["displayFinancialStatus"] == "PARTIALLY_PAID"


def test_a_shop_at_rest_is_the_same_again(case: Case) -> None:
    order = case.hands.place([Buy(case.hands.add_variant("MUG", 9, "10.00"), 2, rate="0.1")], ships=[Ship("1.00")])
    case.hands.refund(order, {case.site.orders[order].lines[0].id: 1})
    before = read(case, order)
    thawed = case.site.copy()
    assert thawed.orders == case.site.orders
    case.hands.cancel(order)
    assert read(case, order) != before
    assert thawed.orders[order].cancelled_at is None


def test_test_orders_have_test_transactions(case: Case) -> None:
    order = case.hands.place([Buy(price="1.00", title="Typed in")], test=True, gateway="bogus")
    assert [(each["gateway"], each["test"]) for each in read(case, order)["transactions"]] == [("bogus", True)]


def test_a_part_of_an_amount_and_the_rest_are_the_whole() -> None:
    whole = Exchange("USD", "EUR", Decimal("0.9")).bag("10.00")
    slices = [whole.slice(before, 1, 7) for before in range(7)]
    assert sum(each.presentment for each in slices) == Decimal("10.00")
    assert sum(each.shop for each in slices) == whole.shop == Decimal("11.11")


@pytest.mark.parametrize(("how", "total", "back"), [("gone", "10.0", []), ("refunded", "14.95", ["4.95"])])
def test_shipping_that_is_taken_out_may_be_told_as_given_back(
    case: Case, how: str, total: str, back: list[str]
) -> None:
    case.site.options.removed_shipping = how
    order = case.hands.place([Buy(case.hands.add_variant("MUG", 9, "10.00"))], ships=[Ship("4.95")])
    case.hands.remove_shipping(order)
    row = read(case, order)
    assert sums(row, "totalPrice", "currentTotalPrice") == [total, "10.0"]
    told = [each["subtotalAmountSet"] for refund in row["refunds"] for each in refund["refundShippingLines"]["nodes"]]
    assert told == back


def test_money_that_is_on_its_way_back_is_an_adjustment_until_it_has_arrived(case: Case) -> None:
    mug = case.hands.add_variant("MUG", 9, "10.00")
    order = case.hands.place([Buy(mug, 2)])
    made = case.hands.refund(order, {case.site.orders[order].lines[0].id: 1}, pending=True)
    row = read(case, order)
    [refund] = row["refunds"]
    assert [(each["amountSet"], each["reason"]) for each in refund["orderAdjustments"]["nodes"]] == [
        ("10.0", "PENDING_REFUND_DISCREPANCY")
    ]
    assert (refund["totalRefundedSet"], sums(row, "currentTotalPrice", "totalRefunded")) == ("0.0", ["20.0", "0.0"])
    assert row["displayFinancialStatus"] == "PAID"
    case.hands.arrive(order, made.id)
    row = read(case, order)
    assert [each["amountSet"] for each in row["refunds"][0]["orderAdjustments"]["nodes"]] == ["10.0", "-10.0"]
    assert sums(row, "currentTotalPrice", "totalRefunded") == ["10.0", "10.0"]
    assert row["displayFinancialStatus"] == "PARTIALLY_REFUNDED"


def test_what_is_sold_at_a_till_is_paid_and_gone_at_once(case: Case) -> None:
    mug = case.hands.add_variant("MUG", 9, "10.02")
    order = case.hands.ring_up([Buy(mug)], rounding="-0.02")
    told = "query($id: ID!) { order(id: $id) { sourceName displayFinancialStatus displayFulfillmentStatus } }"
    assert case.client.ask(told, id=f"gid://shopify/Order/{order}").data["order"] == {
        "sourceName": "pos",
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "FULFILLED",
    }
    level = case.hands.level(mug)
    assert (level.available, level.committed, level.on_hand) == (8, 0, 8)


def test_what_is_owed_after_an_edit_is_paid_back_without_an_adjustment(case: Case) -> None:
    """2 x 10.00, one is taken out: 10.00 are owed. 4.00 of it are paid back, then 8.00, which is 2.00 too much."""
    order = case.hands.place([Buy(case.hands.add_variant("MUG", 9, "10.00"), 2)])
    case.hands.edit(order, case.site.orders[order].lines[0].id, 1)
    told = []
    for amount in ("4.00", "8.00"):
        case.hands.refund(order, amount=amount)
        row = read(case, order)
        told.append(
            (sums(row, "currentTotalPrice", "totalOutstanding"), row["refunds"][-1]["orderAdjustments"]["nodes"])
        )
    adjusted = {"amountSet": "-2.0", "taxAmountSet": "0.0", "reason": "REFUND_DISCREPANCY"}
    assert told == [(["10.0", "-6.0"], []), (["8.0", "0.0"], [adjusted])]


@pytest.mark.parametrize(("tips", "lines"), [("line", 2), ("apart", 1)])
def test_a_tip_goes_back_with_the_order_as_a_line_or_as_money(case: Case, tips: str, lines: int) -> None:
    case.site.options.tips = tips
    order = case.hands.place([Buy(case.hands.add_variant("MUG", 9, "10.00"))], tip="1.50")
    case.hands.cancel(order)
    row = read(case, order)
    [refund] = row["refunds"]
    assert len(refund["refundLineItems"]["nodes"]) == lines
    assert (refund["totalRefundedSet"], sums(row, "currentTotalPrice")) == ("11.5", ["0.0"])
