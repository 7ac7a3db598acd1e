"""Reading what belongs to an order: lines, refunds, transactions, fulfilments, by themselves or within it."""

from typing import Any

from tests.fakes.shopify import order_lists, paging
from tests.fakes.shopify.goods_records import Item, Location, Product, Variant
from tests.fakes.shopify.ids import gid, number_of
from tests.fakes.shopify.money import Bag
from tests.fakes.shopify.order_records import (
    Adjustment,
    Discount,
    Line,
    Order,
    Refund,
    RefundLine,
    RefundShipping,
    ShippingLine,
    Tax,
    Transaction,
)
from tests.fakes.shopify.shipping_records import Fulfilment, FulfilmentLine, FulfilmentOrder, FulfilmentOrderLine
from tests.fakes.shopify.site import Site
from tests.fakes.shopify.table import Args, Call, field, node


def _find(kind: str, number: int, site: Site) -> Any:
    """A part of an order by its own number, and nothing where the order is gone."""
    order = site.orders.get(site.belongs.get((kind, number), 0))
    rows = {"Refund": "refunds_made", "Fulfillment": "fulfilments_made", "FulfillmentOrder": "fulfilment_orders"}
    return next((each for each in getattr(order, rows[kind]) if each.id == number), None) if order else None


for each in ("Refund", "Fulfillment", "FulfillmentOrder"):
    node(each)(lambda site, number, kind=each: _find(kind, number, site))


@node("Order")
def order_node(site: Site, number: int) -> Order | None:
    return site.orders.get(number)


@node("LineItem")
def line_node(site: Site, number: int) -> Line | None:
    order = site.orders.get(site.belongs.get(("LineItem", number), 0))
    return order.line(number) if order else None


@field("QueryRoot", "order")
def one_order(_root: Any, call: Call, args: Args) -> Order | None:
    return order_lists.visible(call, call.site.orders.get(number_of(args["id"], "Order") or 0))


def order_of(call: Call, part: Any) -> Order:
    return call.site.orders[part.order_id]


# --- lines ------------------------------------------------------------------------------------------------------------


@field("LineItem", "name")
def name(line: Line, _call: Call, _args: Args) -> str:
    return f"{line.title} - {line.variant_title}" if line.variant_title else line.title


@field("LineItem", "variant")
def variant(line: Line, call: Call, _args: Args) -> Variant | None:
    """None once it is gone."""
    return call.site.variants.get(line.variant_id or 0)


@field("LineItem", "product")
def product(line: Line, call: Call, _args: Args) -> Product | None:
    found = call.site.variants.get(line.variant_id or 0)
    return call.site.products[found.product] if found else None


@field("LineItem", "taxLines")
def taxes(line: Line, _call: Call, args: Args) -> list[Tax]:
    return line.tax_lines[: args.get("first") or None]


@field("LineItem", "discountedTotalSet")
def discounted(line: Line, _call: Call, args: Args) -> Bag:
    """Without discounts of the whole order; those of codes only where they are asked for."""
    return line.original_total_set - _of_its_own(line, bool(args.get("withCodeDiscounts")))


@field("LineItem", "discountedUnitPriceSet", "discountedUnitPriceAfterAllDiscountsSet")
def about(line: Line, _call: Call, _args: Args) -> Bag:
    """About what one unit costs."""
    return line.net.part(1, line.quantity)


@field("LineItem", "totalDiscountSet")
def discount_of_its_own(line: Line, _call: Call, _args: Args) -> Bag:
    return _of_its_own(line, True)


def _of_its_own(line: Line, codes: bool) -> Bag:
    own = [each for each in line.discount_allocations if each.discount_application.own]
    kept = [each for each in own if codes or each.discount_application.typename != "DiscountCodeApplication"]
    return line.original_unit_price_set.money.total(each.allocated_amount_set for each in kept)


@field("LineItem", "nonFulfillableQuantity")
def cannot_be_sent(line: Line, _call: Call, _args: Args) -> int:
    return line.quantity if line.tip else line.gone


@field("TaxLine", "rate")
def rate(tax: Tax, _call: Call, _args: Args) -> float:
    return float(tax.rate)


@field("TaxLine", "ratePercentage")
def percentage(tax: Tax, _call: Call, _args: Args) -> float:
    return float(tax.rate * 100)


@field("ShippingLine", "currentDiscountedPriceSet")
def shipping_left(line: ShippingLine, call: Call, _args: Args) -> Bag:
    order = call.site.orders[call.site.belongs["ShippingLine", line.id]]
    back = [each for refund in order.refunds_made for each in refund.shipping if each.shipping_line_id == line.id]
    return line.discounted_price_set - order.money.total(each.value for each in back)


@field("DiscountCodeApplication", "code")
def code(discount: Discount, _call: Call, _args: Args) -> str:
    return discount.title


for kind in ("DiscountCodeApplication", "AutomaticDiscountApplication", "ManualDiscountApplication"):

    @field(kind, "allocationMethod")
    def method(discount: Discount, _call: Call, _args: Args) -> str:
        return "ONE" if discount.own else "ACROSS"

    @field(kind, "targetSelection")
    def selection(discount: Discount, _call: Call, _args: Args) -> str:
        return "EXPLICIT" if discount.own else "ALL"


# --- refunds ----------------------------------------------------------------------------------------------------------


@field("Refund", "order")
@field("Fulfillment", "order")
@field("FulfillmentOrder", "order")
def order(part: Any, call: Call, _args: Args) -> Order:
    return order_of(call, part)


@field("Refund", "totalRefundedSet")
def refunded(refund: Refund, call: Call, _args: Args) -> Bag:
    """All that its transactions gave back."""
    every = order_of(call, refund).transactions_made
    paid = [each.amount_set for each in every if each.id in refund.transaction_ids and each.status == "SUCCESS"]
    return order_of(call, refund).money.total(paid)


@field("Refund", "duties")
def duties_back(_refund: Refund, _call: Call, _args: Args) -> list[Any]:
    """Nobody gives duties back here."""
    return []


@field("Refund", "refundLineItems")
def refund_lines(refund: Refund, _call: Call, args: Args) -> paging.Connection[RefundLine]:
    return paging.page(refund.lines, args)


@field("Refund", "refundShippingLines")
def refund_shipping(refund: Refund, _call: Call, args: Args) -> paging.Connection[RefundShipping]:
    return paging.page(refund.shipping, args)


@field("Refund", "orderAdjustments")
def adjustments(refund: Refund, _call: Call, args: Args) -> paging.Connection[Adjustment]:
    return paging.page(refund.adjustments, args)


@field("Refund", "transactions")
def transactions(refund: Refund, call: Call, args: Args) -> paging.Connection[Transaction]:
    every = order_of(call, refund).transactions_made
    return paging.page([each for each in every if each.id in refund.transaction_ids], args)


@field("RefundLineItem", "lineItem")
@field("FulfillmentLineItem", "lineItem")
@field("FulfillmentOrderLineItem", "lineItem")
def line_of(row: RefundLine | FulfilmentLine | FulfilmentOrderLine, call: Call, _args: Args) -> Line:
    return call.site.orders[call.site.belongs["LineItem", row.line_id]].line(row.line_id)


@field("RefundShippingLine", "shippingLine")
def shipping_line_of(row: RefundShipping, call: Call, _args: Args) -> ShippingLine:
    every = call.site.orders[call.site.belongs["ShippingLine", row.shipping_line_id]].shipping
    return next(each for each in every if each.id == row.shipping_line_id)


@field("RefundLineItem", "location")
@field("Fulfillment", "location")
def location(row: RefundLine | Fulfilment, call: Call, _args: Args) -> Location | None:
    return call.site.locations.get(row.location_id or 0)


@field("OrderTransaction", "parentTransaction")
def parent(row: Transaction, call: Call, _args: Args) -> Transaction | None:
    order = call.site.orders[call.site.belongs["OrderTransaction", row.id]]
    return next((each for each in order.transactions_made if each.id == row.parent_id), None)


# --- fulfilments ------------------------------------------------------------------------------------------------------


@field("Fulfillment", "fulfillmentLineItems")
def fulfilment_lines(row: Fulfilment, _call: Call, args: Args) -> paging.Connection[FulfilmentLine]:
    return paging.page(row.lines, args)


@field("Fulfillment", "trackingInfo")
def tracking(row: Fulfilment, _call: Call, args: Args) -> list[dict[str, str | None]]:
    return row.tracking[: args.get("first") or None]


@field("Fulfillment", "totalQuantity")
def total_quantity(row: Fulfilment, _call: Call, _args: Args) -> int:
    return sum(each.quantity for each in row.lines)


@field("FulfillmentOrder", "lineItems")
def order_lines(row: FulfilmentOrder, _call: Call, args: Args) -> paging.Connection[FulfilmentOrderLine]:
    return paging.page(row.lines, args)


@field("FulfillmentOrder", "assignedLocation")
def assigned(row: FulfilmentOrder, call: Call, _args: Args) -> dict[str, Any]:
    there = call.site.locations.get(row.location_id)
    return {"name": there.name if there else "Gone", "countryCode": "US", "location": there}


@field("FulfillmentOrder", "fulfillmentHolds")
def holds(row: FulfilmentOrder, _call: Call, _args: Args) -> list[dict[str, Any]]:
    return [{"id": gid("FulfillmentHold", row.id), "reason": reason, "reasonNotes": None} for reason in row.holds]


@field("FulfillmentOrder", "orderId")
def order_id(row: FulfilmentOrder, _call: Call, _args: Args) -> str:
    return gid("Order", row.order_id)


@field("FulfillmentOrderLineItem", "sku")
def sku(row: FulfilmentOrderLine, call: Call, _args: Args) -> str | None:
    return line_of(row, call, {}).sku


@field("FulfillmentOrderLineItem", "inventoryItemId")
def item_id(row: FulfilmentOrderLine, call: Call, _args: Args) -> str | None:
    item: Item | None = call.site.items.get(line_of(row, call, {}).item_id or 0)
    return item.gid if item else None
