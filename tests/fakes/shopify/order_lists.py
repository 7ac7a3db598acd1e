"""Lists of orders: what an app may see of them, in which order, and by which filter."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.fakes.shopify import paging, search, totals
from tests.fakes.shopify.goods import counted
from tests.fakes.shopify.order_records import Order
from tests.fakes.shopify.table import SIGHTS, Args, Call

SORTS: dict[str, Callable[[Order], Any]] = {
    "ID": lambda order: order.id,
    "CREATED_AT": lambda order: order.created_at,
    "PROCESSED_AT": lambda order: order.created_at,
    "ORDER_NUMBER": lambda order: order.id,
}


def _fields(call: Call) -> dict[str, search.Field]:
    options = call.site.options
    return {
        "updated_at": ("time", search.indexed),
        "created_at": ("time", lambda order: order.created_at),
        "processed_at": ("time", lambda order: order.created_at),
        "id": ("id", lambda order: order.id),
        "name": ("exact", lambda order: order.name),
        "email": ("word", lambda order: order.email),
        "status": ("exact", status),
        "financial_status": ("exact", lambda order: totals.financial_status(order, options)),
        "fulfillment_status": ("exact", lambda order: totals.fulfilment_status(order)),
        "test": ("flag", lambda order: order.test),
        "source_name": ("exact", lambda order: order.source_name),
        "customer_id": ("id", lambda order: order.customer_id),
        "tag": ("exact", lambda order: order.tags),
    }


def status(order: Order) -> tuple[str, ...]:
    """The words of the filter `status`."""
    if order.closed_at:
        return ("any", "closed", *(("cancelled",) if order.cancelled_at else ()))
    return ("any", "not_closed", "cancelled" if order.cancelled_at else "open")


def visible(call: Call, order: Order | None) -> Order | None:
    """An app without read_all_orders sees what was placed in the last sixty days."""
    return order if order is not None and _sees(call)(order) else None


SIGHTS["Order"] = lambda call, order: _sees(call)(order)


def _sees(call: Call) -> search.Keep:
    if "read_all_orders" in call.scopes:
        return search.everything
    oldest = call.site.time - timedelta(days=call.site.options.horizon_days)
    return lambda order: order.created_at >= oldest


def orders(call: Call, args: Args, of: int | None = None) -> paging.Connection[Order]:
    """`of`: of one customer alone."""
    sort = args.get("sortKey") or ("PROCESSED_AT" if of is None else "ID")
    value = search.stamp(call) if sort == "UPDATED_AT" else SORTS[sort]
    keep = _keep(call, args)
    return paging.page(
        _sorted(call, sort, value),
        args,
        key=lambda order: (value(order), order.id),
        keep=lambda order: keep(order) and of in (None, order.customer_id),
    )


def count(call: Call, args: Args) -> dict[str, Any]:
    keep = _keep(call, args, "ordersCount")
    return counted(sum(keep(order) for order in call.site.orders.values()), args)


def _keep(call: Call, args: Args, root: str = "orders") -> search.Keep:
    sees, wanted = _sees(call), search.wanted(call, root, args.get("query"), _fields(call))
    return lambda order: sees(order) and wanted(order)


def _sorted(call: Call, sort: str, value: Callable[[Order], Any]) -> list[Order]:
    """Kept as long as nothing changes: a walk over thousands of orders sorts them once."""
    site = call.site
    kept = site.cache.get(("orders", sort))
    if kept and kept[0] == site.revision and not site.options.index_lag:
        rows: list[Order] = kept[1]
        return rows
    rows = sorted(
        (order for order in site.orders.values() if value(order) is not None), key=lambda each: (value(each), each.id)
    )
    site.cache["orders", sort] = (site.revision, rows)
    return rows
