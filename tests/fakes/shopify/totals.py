"""What an order comes to: its sums, and the words that stand for how far it is paid and sent.

`placed` was when the order was placed; `total` is before anything went back; `current` is what is left of it.
"""

from collections.abc import Iterable

from tests.fakes.shopify.money import Bag
from tests.fakes.shopify.order_records import Fee, Line, Order, OrderOptions, Refund, RefundShipping, ShippingLine

PAYS = ("SALE", "CAPTURE")


def shown_lines(order: Order, options: OrderOptions) -> list[Line]:
    """The lines that the order shows: a tip is one of them, or stands apart."""
    return [line for line in order.lines if options.tips == "line" or not line.tip]


def fees_of(order: Order) -> list[Fee]:
    return [*order.additional_fees, *(duty for line in order.lines for duty in line.duties)]


def total(order: Order, options: OrderOptions) -> Bag:
    """Of all units that were ever ordered; nothing of it is given back yet."""
    parts = [*(line.net for line in order.lines), *(each.discounted_price_set for each in shipped(order))]
    return _whole(order, options, parts, total_tax(order))


def current_total(order: Order, options: OrderOptions) -> Bag:
    parts = [*(line.current_net for line in order.lines), current_shipping(order)]
    if options.adjusted_total:
        parts += [each.amount_set + each.tax_amount_set for refund in order.refunds_made for each in refund.adjustments]
    return _whole(order, options, parts, current_tax(order))


def _whole(order: Order, options: OrderOptions, parts: Iterable[Bag], tax: Bag) -> Bag:
    every = [*parts, *(fee.price for fee in fees_of(order)), *([] if order.taxes_included else [tax])]
    whole = order.money.total(every)
    return whole.converted if options.converted_totals else whole


def shipped(order: Order) -> list[ShippingLine]:
    """The shipping that counts: what an edit took out does so where a refund says that it went back."""
    back = {each.shipping_line_id for each in _shipping_back(order)}
    return [each for each in order.shipping if not each.is_removed or each.id in back]


def total_tax(order: Order) -> Bag:
    return order.money.total(each.tax for each in (*order.lines, *shipped(order), *fees_of(order)))


def current_tax(order: Order) -> Bag:
    there = [*(line.current_tax for line in order.lines), *(each.tax for each in (*shipped(order), *fees_of(order)))]
    return order.money.total(there) - order.money.total(each.tax_amount_set for each in _shipping_back(order))


def current_shipping(order: Order) -> Bag:
    """As the order's prices are: with tax in it, or without."""
    there = order.money.total(each.discounted_price_set for each in shipped(order))
    return there - order.money.total(each.value for each in _shipping_back(order))


def _shipping_back(order: Order) -> list[RefundShipping]:
    return [each for refund in order.refunds_made for each in refund.shipping]


def tip(order: Order) -> Bag:
    return order.money.total(line.net for line in order.lines if line.tip)


def discounts(order: Order) -> Bag:
    return order.money.total(each.off for each in (*order.lines, *shipped(order)))


def received(order: Order) -> Bag:
    return order.money.total(
        each.amount_set for each in order.transactions_made if each.kind in PAYS and each.status == "SUCCESS"
    )


def refunded(order: Order) -> Bag:
    return order.money.total(
        each.amount_set for each in order.transactions_made if each.kind == "REFUND" and each.status == "SUCCESS"
    )


def rounding(order: Order, *kinds: str) -> Bag:
    """What was left off, or put on, because there is no smaller coin."""
    return order.money.total(
        each.amount_rounding_set
        for each in order.transactions_made
        if each.amount_rounding_set and each.kind in kinds and each.status == "SUCCESS"
    )


def settled(order: Order, options: OrderOptions) -> Bag:
    """What counts as paid: the buyer who paid a rounded sum owes nothing."""
    exact = received(order)
    return exact - rounding(order, *PAYS) if options.cash_amount == "after" else exact


def outstanding(order: Order, options: OrderOptions) -> Bag:
    return current_total(order, options) - (settled(order, options) - refunded(order))


def financial_status(order: Order, options: OrderOptions) -> str:
    paid, back = settled(order, options).shop, refunded(order).shop
    due = (current_total(order, options) + refunded(order)).shop
    if back:
        return "REFUNDED" if back >= paid else "PARTIALLY_REFUNDED"
    kinds = [each.kind for each in order.transactions_made if each.status == "SUCCESS"]
    if not paid and (order.cancelled_at or "VOID" in kinds):
        return "VOIDED"
    if paid or not due:
        return "PAID" if paid >= due else "PARTIALLY_PAID"
    return "AUTHORIZED" if "AUTHORIZATION" in kinds else "PENDING"


def fulfilment_status(order: Order) -> str:
    wanted = sum(line.current_quantity for line in order.lines if not line.tip)
    sent = sum(line.fulfilled for line in order.lines)
    if sent:
        left = sum(line.unfulfilled_quantity for line in order.lines if not line.tip)
        return "PARTIALLY_FULFILLED" if left else "FULFILLED"
    if not wanted:
        return "UNFULFILLED"
    words = {each.status for each in order.fulfilment_orders if each.remaining}
    for status in ("ON_HOLD", "SCHEDULED", "IN_PROGRESS"):
        if words == {status}:
            return status
    return "UNFULFILLED"


def all_back(refund: Refund, order: Order) -> Bag:
    """What a refund's lines and shipping come to, with tax."""
    parts = [each.value for each in (*refund.lines, *refund.shipping)]
    if not order.taxes_included:
        parts += [each.total_tax_set for each in refund.lines] + [each.tax_amount_set for each in refund.shipping]
    return order.money.total(parts)
