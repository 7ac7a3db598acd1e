"""Reading orders: their lists, their words, their sums."""

from collections.abc import Callable
from typing import Any

from graphql import GraphQLEnumType, GraphQLEnumValue

from tests.fakes.shopify import order_lists, paging, totals
from tests.fakes.shopify.money import Bag
from tests.fakes.shopify.order_records import Line, Order, OrderOptions, Refund, ShippingLine
from tests.fakes.shopify.people_records import Customer
from tests.fakes.shopify.schema import schema_of
from tests.fakes.shopify.shipping_records import FulfilmentOrder
from tests.fakes.shopify.table import Args, Call, field, plain

Reckon = Callable[[Order, OrderOptions], Any]
AS_KEPT = (
    *("name", "createdAt", "processedAt", "updatedAt", "cancelledAt", "closedAt", "currencyCode", "sourceName"),
    *("email", "phone", "note", "test", "taxesIncluded", "billingAddress", "shippingAddress"),
)
SUMS: dict[str, Reckon] = {
    "originalTotalPriceSet": lambda order, _options: order.placed_total or order.money.nothing,
    "totalPriceSet": totals.total,
    "currentTotalPriceSet": totals.current_total,
    "totalTaxSet": lambda order, _options: totals.total_tax(order),
    "currentTotalTaxSet": lambda order, _options: totals.current_tax(order),
    "totalDiscountsSet": lambda order, _options: totals.discounts(order),
    "subtotalPriceSet": lambda order, _options: order.money.total(line.net for line in order.lines if not line.tip),
    "currentSubtotalPriceSet": lambda order, _options: order.money.total(
        line.current_net for line in order.lines if not line.tip
    ),
    "currentShippingPriceSet": lambda order, _options: totals.current_shipping(order),
    "currentTotalAdditionalFeesSet": lambda order, _options: order.money.total(
        fee.price for fee in order.additional_fees
    ),
    "currentTotalDutiesSet": lambda order, _options: _duties(order),
    "originalTotalDutiesSet": lambda order, _options: _duties(order),
    "totalReceivedSet": lambda order, _options: totals.received(order),
    "totalRefundedSet": lambda order, _options: totals.refunded(order),
    "totalRefundedShippingSet": lambda order, _options: order.money.total(
        each.value for refund in order.refunds_made for each in refund.shipping
    ),
    "totalOutstandingSet": totals.outstanding,
    "totalTipReceivedSet": lambda order, _options: totals.tip(order),
    "netPaymentSet": lambda order, _options: totals.received(order) - totals.refunded(order),
    "totalCashRoundingAdjustment": lambda order, _options: {
        "paymentSet": totals.rounding(order, *totals.PAYS),
        "refundSet": totals.rounding(order, "REFUND"),
    },
}


def _duties(order: Order) -> Bag | None:
    """None of an order that has none."""
    prices = [duty.price for line in order.lines for duty in line.duties]
    return order.money.total(prices) if prices else None


def _kept(name: str) -> Callable[[Order, Call, Args], Any]:
    """What stands in the row: what somebody put there in place of the truth, or the truth."""
    return lambda order, _call, _args: order.patch[name] if name in order.patch else plain(order, "Order", name)


def _sum(name: str, reckon: Reckon) -> Callable[[Order, Call, Args], Any]:
    return lambda order, call, _args: order.patch[name] if name in order.patch else reckon(order, call.site.options)


for each in AS_KEPT:
    field("Order", each)(_kept(each))
for each, how in SUMS.items():
    field("Order", each)(_sum(each, how))


# --- lists ------------------------------------------------------------------------------------------------------------


@field("QueryRoot", "orders")
def orders(_root: Any, call: Call, args: Args) -> paging.Connection[Order]:
    return order_lists.orders(call, args)


@field("QueryRoot", "ordersCount")
def count(_root: Any, call: Call, args: Args) -> dict[str, Any]:
    return order_lists.count(call, args)


@field("Customer", "orders")
def orders_of(customer: Customer, call: Call, args: Args) -> paging.Connection[Order]:
    return order_lists.orders(call, args, of=customer.id)


@field("Order", "lineItems")
def lines(order: Order, call: Call, args: Args) -> paging.Connection[Line]:
    rows = totals.shown_lines(order, call.site.options)
    return paging.page(rows, args)


@field("Order", "shippingLines")
def shipping(order: Order, _call: Call, args: Args) -> paging.Connection[ShippingLine]:
    """Those that an edit took out stay hidden, unless they are asked for."""
    return paging.page([each for each in order.shipping if args.get("includeRemovals") or not each.is_removed], args)


@field("Order", "discountApplications")
def applications(order: Order, _call: Call, args: Args) -> paging.Connection[Any]:
    return paging.page(order.discounts, args, key=lambda row: (row.index, row.index))


@field("Order", "refunds")
def refunds(order: Order, _call: Call, args: Args) -> list[Refund]:
    return order.refunds_made[: args.get("first") or None]


@field("Order", "transactions")
def transactions(order: Order, _call: Call, args: Args) -> list[Any]:
    return order.transactions_made[: args.get("first") or None]


@field("Order", "fulfillments")
def fulfilments(order: Order, _call: Call, args: Args) -> list[Any]:
    return order.fulfilments_made[: args.get("first") or None]


@field("Order", "fulfillmentOrders")
def fulfilment_orders(order: Order, _call: Call, args: Args) -> paging.Connection[FulfilmentOrder]:
    """Those that still matter: closed ones too, those that were emptied not."""
    return paging.page([each for each in order.fulfilment_orders if each.lines], args)


# --- words ------------------------------------------------------------------------------------------------------------


@field("Order", "displayFinancialStatus")
def financial_status(order: Order, call: Call, _args: Args) -> str:
    word = order.patch.get("displayFinancialStatus") or totals.financial_status(order, call.site.options)
    return _known(call, "OrderDisplayFinancialStatus", word)


@field("Order", "displayFulfillmentStatus")
def fulfilment_status(order: Order, call: Call, _args: Args) -> str:
    word = order.patch.get("displayFulfillmentStatus") or totals.fulfilment_status(order)
    return _known(call, "OrderDisplayFulfillmentStatus", word)


def _known(call: Call, name: str, word: str) -> str:
    """A word that the schema does not have yet: the shop has grown a new one."""
    enum = schema_of(call.version, call.site.options.own_schema).get_type(name)
    assert isinstance(enum, GraphQLEnumType)
    if word not in enum.values:
        enum.values[word] = GraphQLEnumValue(word)
        enum.__dict__.pop("_value_lookup", None)
    return word


@field("Order", "customer")
def customer(order: Order, call: Call, _args: Args) -> Customer | None:
    return call.site.customers.get(order.customer_id or 0)


@field("Order", "paymentGatewayNames")
def gateways(order: Order, _call: Call, _args: Args) -> list[str]:
    return list(dict.fromkeys(each.gateway for each in order.transactions_made))


@field("Order", "fullyPaid")
def fully_paid(order: Order, call: Call, _args: Args) -> bool:
    return totals.outstanding(order, call.site.options).shop <= 0
