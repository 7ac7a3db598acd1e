"""Sending through the API: `fulfillmentCreate`. Not idempotent: what is asked twice is done twice, if there is more."""

from collections.abc import Mapping
from typing import Any

from tests.fakes.shopify import sending
from tests.fakes.shopify.ids import number_of
from tests.fakes.shopify.records import user_error
from tests.fakes.shopify.shipping_records import FulfilmentOrder
from tests.fakes.shopify.table import NODES, Args, Call, field


@field("Mutation", "fulfillmentCreate")
def create(_root: Any, call: Call, args: Args) -> dict[str, Any]:
    """All fulfilment orders of one location and order, or nothing; mails only where it is asked for."""
    asked = args["fulfillment"]
    wanted, trouble = _wanted(call, asked["lineItemsByFulfillmentOrder"])
    trouble = trouble or sending.refusal(call.site, wanted)
    if trouble:
        return {"fulfillment": None, "userErrors": [user_error(trouble, ["fulfillment"])]}
    site, order = call.site, call.site.orders[wanted[0][0].order_id]
    if order.cancelled_at:
        return {"fulfillment": None, "userErrors": [user_error("Order is cancelled.", ["fulfillment"])]}
    made = sending.fulfil(site, order, wanted, _tracking(asked.get("trackingInfo") or {}))
    order.touch(site.time)
    units = {each.line_id: each.quantity for each in made.lines}
    site.oracle.event(site.time, "api", "fulfilled", "order", order.id, fulfilment=made.id, units=units)
    if asked.get("notifyCustomer"):
        site.oracle.mail("shipping_confirmation", order.id)
    return {"fulfillment": made, "userErrors": []}


def _wanted(call: Call, rows: list[dict[str, Any]]) -> tuple[list[tuple[FulfilmentOrder, sending.Units]], str | None]:
    """Without lines of its own a fulfilment order is sent whole."""
    found: list[tuple[FulfilmentOrder, sending.Units]] = []
    for row in rows:
        home = NODES["FulfillmentOrder"](call.site, number_of(row["fulfillmentOrderId"], "FulfillmentOrder") or 0)
        if home is None:
            return [], "Fulfillment order does not exist."
        lines = row.get("fulfillmentOrderLineItems")
        units: dict[int, int] = {}
        for each in lines or ():
            number = number_of(each["id"], "FulfillmentOrderLineItem") or 0
            if number in units:
                return [], "Fulfillment order line items must be unique."
            units[number] = each["quantity"]
        found.append((home, units or {one.id: one.remaining_quantity for one in home.lines if one.remaining_quantity}))
    return (found, None) if found else ([], "Line items by fulfillment order can't be blank.")


def _tracking(told: Mapping[str, Any]) -> list[dict[str, str | None]]:
    """One row for each number. A company's own address is not made up here."""
    numbers = told.get("numbers") or ([told["number"]] if told.get("number") else [])
    urls = told.get("urls") or ([told["url"]] if told.get("url") else [])
    count = max(len(numbers), len(urls), 1 if told.get("company") else 0)
    return [
        {
            "number": numbers[at] if at < len(numbers) else None,
            "company": told.get("company"),
            "url": urls[at] if at < len(urls) else None,
        }
        for at in range(count)
    ]
