"""Orders as Shopify's API shows them, written by hand for tests of the words alone: no shop stands behind them.

Amounts are decimal text in the shop's currency, as the API writes them. What is not given is what most orders have.
"""

import json
from typing import Any

from syncctl.connectors.shopify.order_words import Manners, to_order
from syncctl.model import Order

Body = dict[str, Any]


def bag(amount: str) -> Body:
    return {"shopMoney": {"amount": amount}}


def line(number: int, units: int, price: str, **other: Any) -> Body:
    """A line item. `taxes`, `off`: amounts of its tax lines, and of what was taken off; `left`: units still on it."""
    taxes, off, left = other.pop("taxes", ()), other.pop("off", ()), other.pop("left", units)
    return {
        "id": f"gid://shopify/LineItem/{number}",
        "sku": f"SKU-{number}",
        "name": f"Thing {number}",
        "quantity": units,
        "currentQuantity": left,
        "isGiftCard": False,
        "originalUnitPriceSet": bag(price),
        "discountAllocations": [{"allocatedAmountSet": bag(amount)} for amount in off],
        "taxLines": [{"priceSet": bag(amount)} for amount in taxes],
    } | other


def shipping(number: int, price: str, *, removed: bool = False, **other: tuple[str, ...]) -> Body:
    """A shipping line. `taxes`, `off`: as of a line item."""
    taxes, off = other.get("taxes", ()), other.get("off", ())
    return {
        "id": f"gid://shopify/ShippingLine/{number}",
        "title": "Standard",
        "isRemoved": removed,
        "originalPriceSet": bag(price),
        "discountAllocations": [{"allocatedAmountSet": bag(amount)} for amount in off],
        "taxLines": [{"priceSet": bag(amount)} for amount in taxes],
    }


def refund(number: int, *lines: tuple[int, int, str, str, str], **other: Any) -> Body:
    """A refund of (line, units, restock type, subtotal, tax) each. `shipping`: (number, subtotal, tax) each;
    `adjusted`: (amount, tax, reason) each; `paid`: what was paid back; `duties`: amounts."""
    return {
        "id": f"gid://shopify/Refund/{number}",
        "processedAt": "2026-03-02T09:00:00Z",
        "totalRefundedSet": bag(other.get("paid", "0.0")),
        "duties": [{"amountSet": bag(amount)} for amount in other.get("duties", ())],
        "refundLineItems": connection(
            {
                "quantity": units,
                "restockType": kind,
                "lineItem": {"id": f"gid://shopify/LineItem/{of}"},
                "subtotalSet": bag(subtotal),
                "totalTaxSet": bag(tax),
            }
            for of, units, kind, subtotal, tax in lines
        ),
        "refundShippingLines": connection(
            {
                "shippingLine": {"id": f"gid://shopify/ShippingLine/{of}", "title": "Standard"},
                "subtotalAmountSet": bag(subtotal),
                "taxAmountSet": bag(tax),
            }
            for of, subtotal, tax in other.get("shipping", ())
        ),
        "orderAdjustments": connection(
            {"reason": reason, "amountSet": bag(amount), "taxAmountSet": bag(tax)}
            for amount, tax, reason in other.get("adjusted", ())
        ),
    }


def transaction(number: int, kind: str, amount: str, status: str = "SUCCESS", gateway: str = "bogus") -> Body:
    return {
        "id": f"gid://shopify/OrderTransaction/{number}",
        "kind": kind,
        "status": status,
        "gateway": gateway,
        "processedAt": "2026-03-01T12:00:05Z",
        "amountSet": bag(amount),
    }


def fee(name: str, price: str, *taxes: str) -> Body:
    return {"name": name, "price": bag(price), "taxLines": [{"priceSet": bag(amount)} for amount in taxes]}


def connection(rows: Any) -> Body:
    return {"nodes": list(rows), "pageInfo": {"hasNextPage": False}}


def order(total: str, *lines: Body, now: str | None = None, **other: Any) -> Body:
    """An order that comes to `total`, of which `now` is left. `shipping`: shipping lines; `tip`, `cash`: amounts."""
    tip, cash, sent = other.pop("tip", "0.0"), other.pop("cash", "0.0"), other.pop("shipping", ())
    return {
        "id": "gid://shopify/Order/450789469",
        "name": "#1001",
        "processedAt": "2026-03-01T12:00:00Z",
        "updatedAt": "2026-03-01T12:00:07Z",
        "cancelledAt": None,
        "closedAt": None,
        "test": False,
        "edited": False,
        "sourceName": "web",
        "taxesIncluded": False,
        "currencyCode": "USD",
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "UNFULFILLED",
        "discountCodes": [],
        "totalPriceSet": bag(total),
        "currentTotalPriceSet": bag(total if now is None else now),
        "totalTipReceivedSet": bag(tip),
        "originalTotalDutiesSet": None,
        "totalCashRoundingAdjustment": {"paymentSet": bag(cash)},
        "additionalFees": [],
        "transactions": [],
        "refunds": [],
        "fulfillments": [],
        "email": "ada@example.com",
        "phone": None,
        "billingAddress": None,
        "shippingAddress": None,
        "customer": None,
        "lineItems": connection(lines),
        "shippingLines": connection(sent),
    } | other


def read(body: Body, manners: Manners | None = None) -> Order:
    """The order in our words."""
    return to_order(body, json.dumps(body), manners or Manners())


def adds_up(found: Order) -> bool:
    """Invariant I6, of the order and of each of its refunds."""
    parts = (*found.lines, *found.charges)
    refunds = all(
        one.total == sum(part.amount + part.tax for part in (*one.lines, *one.charges)) for one in found.refunds
    )
    return found.total == sum(part.amount + part.tax for part in parts) and refunds
