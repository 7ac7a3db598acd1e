"""The online-retail file as the orders of a Shopify shop, as its Admin API shows them: one JSON body each.

One file holds them all, one after the other, another where each of them begins, and what each of them costs: a page of
the API is a slice of the first. A third file is what a bulk operation makes of them. Shopify has no orders of what came
back, and no prices below zero: an invoice of such stands there as if it had been sold.
"""

import json
from array import array
from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import count
from math import log
from pathlib import Path
from typing import Any

from bench.woo_orders import COUNTRIES, invoices

Row = dict[str, Any]
CURRENCY = "GBP"
ORDERS, OFFSETS, COSTS, FILE = "orders.json", "orders.offsets", "orders.costs", "orders.jsonl"
_PENNY = Decimal("0.01")


def write_shop(data: Path, folder: Path) -> int:
    """Write the files into `folder`; returns how many orders there are."""
    offsets, costs = array("Q"), array("I")
    with (folder / ORDERS).open("wb") as file, (folder / FILE).open("wb") as lines:
        for body in order_bodies(data):
            offsets.append(file.tell())
            costs.append(cost_of(body))
            file.write(_text(body) + b",")
            lines.writelines(_text(row) + b"\n" for row in _family(body))
        offsets.append(file.tell())
    (folder / OFFSETS).write_bytes(offsets.tobytes())
    (folder / COSTS).write_bytes(costs.tobytes())
    return len(costs)


def weight(size: int) -> int:
    """How much dearer a list makes what stands in it. Source: measured by others, as the vendor's staff describe it."""
    return int(2 * log(max(2, size)))


def cost_of(body: Row) -> int:
    """Points that one order really costs, by the vendor's formula: what is null and what is empty costs nothing."""
    cost = 1 + 2 + 2 + 2 + 3 + 1 + (1 + 2 * bool(body["transactions"])) + 1 + 1
    cost += _customer_cost(body["customer"]) if body["customer"] else 0
    return cost + 2 + 6 * weight(len(body["lineItems"]["nodes"])) + 2


def _customer_cost(row: Row) -> int:
    return 1 + 1 + 1 + 1 + 2 + weight(len(row["addressesV2"]["nodes"]))


def order_bodies(data: Path) -> Iterator[Row]:
    """Every invoice as an order, in the order of the file, which is that of time."""
    items = count(5001)
    for number, rows in enumerate(invoices(data), 1001):
        yield _body(number, rows, items)


def _body(number: int, rows: Sequence[Mapping[str, str]], items: Iterator[int]) -> Row:
    first = rows[0]
    lines = [_line(row, next(items)) for row in rows]
    total = sum((Decimal(_price(row)) * abs(int(row["Quantity"])) for row in rows), Decimal(0))
    at, customer = f"{first['InvoiceDate'][:19]}Z", first["CustomerID"]
    address = _address(customer, COUNTRIES.get(first["Country"], ""), number) if customer else None
    paid = {"kind": "SALE", "status": "SUCCESS", "gateway": "bogus", "processedAt": at, "amountSet": _bag(total)}
    return {
        "id": f"gid://shopify/Order/{number}",
        "name": f"#{first['InvoiceNo']}",
        **dict.fromkeys(("processedAt", "updatedAt"), at),
        "cancelledAt": None,
        "closedAt": at,
        "test": False,
        "edited": False,
        "sourceName": "web",
        "taxesIncluded": False,
        "currencyCode": CURRENCY,
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "FULFILLED",
        "discountCodes": [],
        **dict.fromkeys(("totalPriceSet", "currentTotalPriceSet"), _bag(total)),
        "totalTipReceivedSet": _bag(Decimal(0)),
        "originalTotalDutiesSet": None,
        "totalCashRoundingAdjustment": {"paymentSet": _bag(Decimal(0))},
        "additionalFees": [],
        "transactions": [{"id": f"gid://shopify/OrderTransaction/{number}", **paid}] if total else [],
        "refunds": [],
        "fulfillments": [],
        "email": _email(customer) if customer else None,
        "phone": None,
        **dict.fromkeys(("billingAddress", "shippingAddress"), address),
        "lineItems": {"nodes": lines, "pageInfo": {"hasNextPage": False}},
        "shippingLines": {"nodes": [], "pageInfo": {"hasNextPage": False}},
        "customer": _customer(customer) if customer else None,
    }


def _line(row: Mapping[str, str], item: int) -> Row:
    units = abs(int(row["Quantity"]))
    return {
        "id": f"gid://shopify/LineItem/{item}",
        "sku": row["StockCode"],
        "name": row["Description"],
        "quantity": units,
        "currentQuantity": units,
        "isGiftCard": False,
        "originalUnitPriceSet": _bag(Decimal(_price(row))),
        "discountAllocations": [],
        "taxLines": [],
    }


def _price(row: Mapping[str, str]) -> str:
    return str(abs(Decimal(row["UnitPrice"])).quantize(_PENNY, ROUND_HALF_UP))


def _bag(amount: Decimal) -> Row:
    """As the API writes it: without needless zeros, and with one place at the least."""
    text = f"{amount.normalize():f}" if amount else "0"
    return {"shopMoney": {"amount": text if "." in text else f"{text}.0"}}


def _email(customer: str) -> str:
    return f"customer.{customer}@example.com"


def _customer(customer: str) -> Row:
    """The record as it is now, on whichever of its orders."""
    consent = {"marketingState": "NOT_SUBSCRIBED", "marketingOptInLevel": "SINGLE_OPT_IN", "marketingUpdatedAt": None}
    book = _address(customer, "GB", 0)
    return {
        "id": f"gid://shopify/Customer/{int(customer)}",
        "firstName": "Customer",
        "lastName": customer,
        "defaultEmailAddress": {"emailAddress": _email(customer), **consent},
        "defaultPhoneNumber": {"phoneNumber": f"+4477009{int(customer):05}", **consent},
        "defaultAddress": {"id": book["id"]},
        "addressesV2": {"nodes": [book], "pageInfo": {"hasNextPage": False}},
        "tags": [],
        "note": None,
        "state": "DISABLED",
        "taxExempt": False,
        **dict.fromkeys(("createdAt", "updatedAt"), "2010-11-30T00:00:00Z"),
        "reference": None,
    }


def _address(customer: str, country: str, number: int) -> Row:
    return {
        "id": f"gid://shopify/MailingAddress/{number or int(customer)}?model_name=CustomerAddress",
        "firstName": "Customer",
        "lastName": customer,
        "company": None,
        "address1": f"{int(customer) % 200 + 1} High Street",
        "address2": None,
        "city": f"Town {int(customer) % 97}",
        **dict.fromkeys(("province", "provinceCode", "zip")),
        "countryCodeV2": country or None,
        "phone": None,
    }


def _family(body: Row) -> Iterator[Row]:
    """An order as a bulk operation writes it: without its lists, and behind it what is in these."""
    customer = body["customer"]
    yield {
        **{name: value for name, value in body.items() if name not in ("lineItems", "shippingLines")},
        "customer": customer and {name: value for name, value in customer.items() if name != "addressesV2"},
    }
    for row in (*(customer["addressesV2"]["nodes"] if customer else ()), *body["lineItems"]["nodes"]):
        yield {**row, "__parentId": body["id"]}


def _text(row: Row) -> bytes:
    return json.dumps(row, separators=(",", ":"), ensure_ascii=False).encode()
