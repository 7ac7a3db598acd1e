"""Orders as the site works on them: totals, statuses, meta, refunds. Both the API and the people of the shop use it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tests.fakes.woo import php, stock
from tests.fakes.woo.records import ZERO, Item, Meta, Order, Refund
from tests.fakes.woo.site import Site

MAILS = {
    "processing": "customer_processing_order",
    "on-hold": "customer_on_hold_order",
    "completed": "customer_completed_order",
    "cancelled": "cancelled_order",
    "failed": "failed_order",
}


def add_up(site: Site, order: Order) -> None:
    """Totals from the lines: each line is rounded by itself, its tax too."""
    places = site.options.decimals
    lines, fees, shipping = order.of("line_item"), order.of("fee"), order.of("shipping")
    net = sum((php.rounded(item.total, places) for item in lines), ZERO)
    order.discount_total = sum((php.rounded(item.subtotal, places) for item in lines), ZERO) - net
    order.discount_tax = php.rounded(sum((item.subtotal_tax - item.total_tax for item in lines), ZERO), places)
    order.shipping_total = sum((item.total for item in shipping), ZERO)
    order.shipping_tax = sum((php.rounded(item.total_tax, places) for item in shipping), ZERO)
    order.cart_tax = sum((php.rounded(item.total_tax, places) for item in (*lines, *fees)), ZERO)
    net += sum((item.total for item in fees), ZERO) + order.shipping_total
    order.total = php.rounded(net + order.cart_tax + order.shipping_tax, places)
    _tax_lines(site, order)


def _tax_lines(site: Site, order: Order) -> None:
    held = {item.extra["rate_id"]: item for item in order.of("tax")}
    order.items = [item for item in order.items if item.kind != "tax"]
    rates = dict.fromkeys(rate for item in order.items for rate in item.taxes)
    for rate in rates:
        code, label = site.tax_rates.get(rate, ("", "Tax"))
        line = held.get(rate) or Item(site.next("item"), "tax", label, extra={"rate_id": rate, "rate_code": code})
        line.total = _of_rate(order, rate, ("line_item", "fee"))
        line.extra["shipping"] = _of_rate(order, rate, ("shipping",))
        order.items.append(line)


def _of_rate(order: Order, rate: int, kinds: tuple[str, ...]) -> Decimal:
    return sum((item.taxes[rate][0] for item in order.items if item.kind in kinds and rate in item.taxes), ZERO)


def set_status(site: Site, order: Order, status: str, by: str) -> None:
    """A word that the site does not know becomes `pending`. Stock, dates and mails follow the status."""
    status = status.removeprefix("wc-")
    if status not in (*site.order_statuses, "trash", "auto-draft"):
        status = "pending"
    if status == order.status:
        return
    before, order.status = order.status, status
    site.touch(order)
    if status in ("processing", "completed") and order.paid is None:
        order.paid = site.time
    if status == "completed":
        order.completed = site.time
    stock.on_status(site, order)
    site.oracle.event(site.time, by, "status", "order", order.id, before=before, after=status)
    if status in MAILS:
        site.oracle.mail(MAILS[status], order.id)
    rest = order.total - sum((one.amount for one in site.refunds_of(order)), ZERO)
    if status == "refunded" and rest > 0:  # set by hand: the site makes a refund of money alone, and puts nothing back
        refund(site, order, {}, restock=False, amount=rest, reason="Order fully refunded.", by=by)


def write_metas(site: Site, metas: list[Meta], sent: Any) -> None:
    """`meta_data` as it is sent: by id, else by key; null takes it away; what is new is added."""
    for one in sent if isinstance(sent, list) else []:
        if not isinstance(one, Mapping) or "key" not in one:
            continue
        key, value = str(one["key"]), php.stored(one.get("value"))
        named = [meta for meta in metas if meta.id == one["id"]] if one.get("id") else []
        found = named or [meta for meta in metas if meta.key == key]
        for spare in found[1:]:
            metas.remove(spare)
        if value is None:
            for meta in found[:1]:
                metas.remove(meta)
        elif found:
            found[0].key, found[0].value = key, value
        else:
            metas.append(site.meta(key, value))


def refund(
    site: Site,
    order: Order,
    units: Mapping[int, Any],
    *,
    restock: bool = True,
    amount: Decimal | None = None,
    totals: Mapping[int, Decimal] | None = None,
    reason: str = "",
    by: str = "shop",
) -> Refund:
    """Give back units of lines, or sums of shipping and fee lines. `units`: by item; 0 of a line is money alone.

    `totals`: what is given back of an item, net; else in proportion. `amount`: the whole, else what the items come to.
    """
    items = [
        _refunded(site, order.item(item_id), count, (totals or {}).get(item_id)) for item_id, count in units.items()
    ]
    places = site.options.decimals
    sums = -sum((item.total + item.total_tax for item in items), ZERO)
    made = Refund(
        site.next("post"), order.id, site.time, php.rounded(sums if amount is None else amount, places), reason
    )
    made.items = items
    site.refunds[made.id] = made
    for item_id, count in units.items():
        if restock and order.item(item_id).kind == "line_item":
            stock.restock(site, order.item(item_id), count)
    site.touch(order)
    site.oracle.event(site.time, by, "refunded", "order", order.id, refund=made.id, restock=restock, units=dict(units))
    refunded = sum((one.amount for one in site.refunds_of(order)), ZERO)
    if refunded >= order.total > 0:
        set_status(site, order, "refunded", by)
    return made


def _refunded(site: Site, item: Item, count: Any, total: Decimal | None) -> Item:
    """The negative image of a line. Money goes with the units where it is not said."""
    whole = Decimal(str(item.quantity)) if item.kind == "line_item" else Decimal(1)
    part = Decimal(str(count)) / whole if total is None else total / item.total if item.total else ZERO
    places = site.options.decimals
    net = php.rounded(item.total * part, places)
    taxes = {rate: (-php.rounded(tax * part, places),) * 2 for rate, (tax, _) in item.taxes.items()}
    image = Item(site.next("item"), item.kind, item.name, item.product_id, item.variation_id)
    image.quantity = -count if item.kind == "line_item" else 1
    image.total = image.subtotal = -net
    image.taxes, image.extra = taxes, dict(item.extra)
    image.metas = [site.meta("_refunded_item_id", str(item.id))]
    return image
