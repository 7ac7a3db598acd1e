"""What is asked of orders."""

from syncctl.connectors.shopify.order_cursor import placed_since
from syncctl.connectors.shopify.order_details import AT_ONCE
from syncctl.connectors.shopify.order_documents import (
    bulk_state,
    line_totals,
    next_order,
    order_lines,
    order_refunds,
    orders,
    orders_by_id,
    orders_count,
    orders_in_bulk,
    refund_parts,
    start_bulk,
)
from syncctl.times import now
from tests.connectors.shopify_samples import Samples

SEARCH = placed_since(now())
IDS = [f"gid://shopify/Order/{number}" for number in range(1, AT_ONCE + 1)]
PAGES = [(1, True, False), (25, True, True), (25, True, False), (25, False, False), (53, True, False)]

SAMPLES: Samples = {
    orders: [(orders(*page), {"query": SEARCH, "first": page[0], "after": None}) for page in PAGES],
    orders_by_id: [
        (orders_by_id(1, True), {"ids": IDS[:1]}),
        (orders_by_id(AT_ONCE, True), {"ids": IDS}),
        (orders_by_id(AT_ONCE, False), {"ids": IDS}),
    ],
    next_order: [(next_order(), {"query": SEARCH, "first": 1, "after": None})],
    order_refunds: [(order_refunds(AT_ONCE), {"ids": IDS})],
    order_lines: [(order_lines(), {"id": IDS[0], "after": "eyJsYXN0X2lkIjoxfQ=="})],
    line_totals: [(line_totals(AT_ONCE), {"ids": IDS})],
    refund_parts: [(refund_parts(), {"id": "gid://shopify/Refund/1", "after": None})],
    orders_count: [(orders_count(), {"query": SEARCH, "limit": 2000})],
    start_bulk: [(start_bulk(), {"query": orders_in_bulk(SEARCH, True)})],
    bulk_state: [(bulk_state(), {"id": "gid://shopify/BulkOperation/1"})],
}
