"""Bodies as WooCommerce sends them, for tests of what reads them."""

import itertools
import json
from typing import Any

from syncctl.connectors.woocommerce.order_words import Manners, read_order
from syncctl.model import Order

Body = dict[str, Any]
ADDRESS = {
    "first_name": "Ada",
    "last_name": "Byron",
    "company": "Engines Ltd",
    "address_1": "12 Mill Lane",
    "address_2": "Flat 2",
    "city": "Leeds",
    "state": "West Yorkshire",
    "postcode": "LS1 4AA",
    "country": "GB",
}
NOWHERE = dict.fromkeys(ADDRESS, "")
_numbers = itertools.count(300)


def line(quantity: Any = 1, subtotal: str = "5.000000", **words: Any) -> Body:
    """A line item; `total` is as before coupons unless it is given."""
    subtotal_tax = words.pop("subtotal_tax", "0.000000")
    body = {
        "id": next(_numbers),
        "name": "A mug",
        "product_id": 93,
        "variation_id": 0,
        "quantity": quantity,
        "tax_class": "",
        "subtotal": subtotal,
        "subtotal_tax": subtotal_tax,
        "total": subtotal,
        "total_tax": subtotal_tax,
        "taxes": [{"id": 1, "total": "", "subtotal": ""}],
        "meta_data": [],
        "sku": "MUG",
        "price": "2.4999999999999996",  # a number that is no whole one comes as its text
        "image": {"id": 0, "src": ""},
        "parent_name": None,
    }
    return body | words


def order(*lines: Body, total: str, **words: Any) -> Body:
    """A paid order of a guest, with these lines."""
    body: Body = {
        "id": 727,
        "number": "727",
        "status": "processing",
        "currency": "USD",
        "created_via": "checkout",
        "date_created_gmt": "2026-03-01T19:28:02",
        "date_modified_gmt": "2026-03-01T19:28:08",
        "date_paid_gmt": "2026-03-01T19:28:08",
        "total": total,
        "prices_include_tax": False,
        "customer_id": 0,
        "billing": {**ADDRESS, "email": "ada@example.com", "phone": "020 7946 0000"},
        "shipping": {**ADDRESS, "phone": ""},
        "payment_method": "bacs",
        "line_items": list(lines),
        "shipping_lines": [],
        "fee_lines": [],
        "coupon_lines": [],
        "refunds": [],
        "meta_data": [{"id": 1, "key": "_plugin_blob", "value": {"nested": [1, None]}}],
    }
    return body | words


def refund(refund_id: int, amount: str, *lines: Body, **words: Any) -> Body:
    body: Body = {
        "id": refund_id,
        "date_created_gmt": f"2026-03-02T10:00:{refund_id % 60:02}",
        "amount": amount,
        "line_items": list(lines),
        "shipping_lines": [],
        "fee_lines": [],
    }
    return body | words


def back(of: Body, quantity: Any, total: str, total_tax: str = "0.000000") -> Body:
    """A refund's line, of an order's line: quantity and amounts carry a minus."""
    meta = [{"id": 2076, "key": "_refunded_item_id", "value": str(of["id"])}]
    return line(quantity, total, subtotal_tax=total_tax, sku=of.get("sku"), meta_data=meta)


def with_refunds(body: Body, *refunds: Body) -> tuple[Body, dict[str, Body]]:
    """The order as it lists its refunds, newest first, and their details by id."""
    listed = [{"id": one["id"], "reason": "", "total": f"-{one['amount']}"} for one in reversed(refunds)]
    return {**body, "refunds": listed}, {str(one["id"]): one for one in refunds}


def read(body: Body, details: dict[str, Body] | None = None, manners: Manners | None = None) -> Order:
    """The order as the connector reads it."""
    found = read_order(body, json.dumps(body), details or {}, manners or Manners())
    assert isinstance(found, Order), found
    return found
