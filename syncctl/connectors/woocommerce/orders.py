"""Orders of a WooCommerce shop: read by id above a lower bound on the time of their change.

The bound moves only with the last page, to the shop's own time at the first answer less an overlap. Bounds are
exclusive and of whole seconds. An order in the trash is gone.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from syncctl.connectors.base import Page
from syncctl.connectors.woocommerce.about import SiteStore
from syncctl.connectors.woocommerce.cursor import Cursor, bound_text
from syncctl.connectors.woocommerce.order_words import NO_ORDERS, read_order, status_of
from syncctl.connectors.woocommerce.refunds import Body, refund_ids
from syncctl.connectors.woocommerce.words import record_id
from syncctl.model import Order

FIELDS = (
    "id,number,status,currency,created_via,date_created_gmt,date_modified_gmt,date_paid_gmt,total,prices_include_tax,"
    "customer_id,billing,shipping,payment_method,line_items,shipping_lines,fee_lines,coupon_lines,refunds,meta_data"
)
REFUND_FIELDS = "id,date_created_gmt,amount,line_items,shipping_lines,fee_lines"
QUERY = {"status": "any", "dp": "6", "_fields": FIELDS}
_REFUND_QUERY = {"dp": "6", "_fields": REFUND_FIELDS}


class OrderStore(SiteStore):
    """The reading of orders."""

    def fetch_orders(self, cursor: str | None, since: datetime | None) -> Iterator[Page[Order]]:
        at = Cursor.parse(cursor, self.manners)
        query = dict(QUERY, dates_are_gmt="true")
        if at.since is not None:
            query["modified_after"] = bound_text(at.since)
        if since is not None:
            query["after"] = bound_text(since)
        for stride in self.site.walk("orders", query, at.after, at.offset):
            at = at.moved(stride)
            page = self._order_page(stride.rows, at.text(self.manners))
            if since is not None:
                page = Page(
                    records=[order for order in page.records if order.placed_at >= since],
                    unreadable=page.unreadable,
                    cursor=page.cursor,
                )
            yield page

    def fetch_orders_by_id(self, ids: Sequence[str]) -> Page[Order]:
        self.called("fetch_orders_by_id", ids, self.abilities.order_batch)
        return self._order_page(self.site.by_ids("orders", ids, QUERY), "")

    def _order_page(self, rows: Sequence[tuple[Body, str]], cursor: str) -> Page[Order]:
        rows = [(row, text) for row, text in rows if status_of(row) not in NO_ORDERS]
        details = self.refunds_of([row for row, _ in rows])
        read = [read_order(row, text, details.get(str(row.get("id")), {}), self.manners) for row, text in rows]
        orders = [order for order in read if isinstance(order, Order)]
        return Page(records=orders, unreadable=[one for one in read if not isinstance(one, Order)], cursor=cursor)

    def refunds_of(self, orders: Sequence[Body]) -> dict[str, dict[str, Body]]:
        """The bodies of these orders' refunds, by the order's id and the refund's."""
        wanted = {str(order.get("id")): ids for order in orders if (ids := refund_ids(order))}
        if not wanted:
            return {}
        found = self._refunds([refund for ids in wanted.values() for refund in ids])
        if found is not None:
            return {key: {one: found[one] for one in ids if one in found} for key, ids in wanted.items()}
        return {key: self._refunds_of_one(key) for key in wanted}

    def _refunds(self, ids: Sequence[str]) -> dict[str, Body] | None:
        """Refunds by id, whichever orders they are of; None before WooCommerce 9.0, which cannot be asked so."""
        found = self.site.if_there("refunds", lambda: self.site.by_ids("refunds", ids, _REFUND_QUERY))
        return None if found is None else _by_id(row for row, _ in found)

    def _refunds_of_one(self, order_id: str) -> dict[str, Body]:
        strides = self.site.walk(f"orders/{order_id}/refunds", _REFUND_QUERY)
        return _by_id(row for stride in strides for row, _ in stride.rows)


def _by_id(rows: Iterator[Body] | Sequence[Body]) -> dict[str, Body]:
    return {key: row for row in rows if (key := record_id(row.get("id"))) is not None}
