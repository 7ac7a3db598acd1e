"""Orders and refunds as rows of the API: every amount a text, every time twice, lines without tax in their totals."""

from decimal import Decimal
from typing import Any

from tests.fakes.woo import php
from tests.fakes.woo.records import Item, Meta, Order, Refund
from tests.fakes.woo.site import Site

Row = dict[str, Any]


def order_row(site: Site, order: Order, places: int) -> Row:
    zone = site.zone
    row: Row = {
        "id": order.id,
        "parent_id": order.parent_id,
        "status": order.status,
        "currency": order.currency,
        "version": site.options.version,
        "prices_include_tax": order.prices_include_tax,
    }
    for name, moment in (("date_created", order.created), ("date_modified", order.modified)):
        row[name] = php.local(moment, zone)
    for name in ("discount_total", "discount_tax", "shipping_total", "shipping_tax", "cart_tax", "total"):
        row[name] = php.decimal(getattr(order, name), places)
    row["total_tax"] = php.decimal(order.cart_tax + order.shipping_tax, places)
    row |= {"customer_id": order.customer_id, "order_key": order.order_key}
    row |= {"billing": dict(order.billing), "shipping": dict(order.shipping)}
    row |= {
        "payment_method": order.payment_method,
        "payment_method_title": order.payment_method_title,
        "transaction_id": order.transaction_id,
        "customer_ip_address": "",
        "customer_user_agent": "",
        "created_via": order.created_via,
        "customer_note": order.customer_note,
        "date_completed": php.local(order.completed, zone),
        "date_paid": php.local(order.paid, zone),
        "cart_hash": order.cart_hash,
        "number": str(order.id),
        "meta_data": metas(order.metas),
    }
    row |= _lines(site, order, places)
    row["refunds"] = [
        {"id": one.id, "reason": one.reason, "total": f"-{php.decimal(one.amount, places)}"}
        for one in site.refunds_of(order)
    ]
    row |= {"payment_url": "", "is_editable": order.status in ("pending", "on-hold", "auto-draft")}
    row |= {"needs_payment": order.status in ("pending", "failed"), "needs_processing": True}
    for name, moment in (("created", order.created), ("modified", order.modified)):
        row[f"date_{name}_gmt"] = php.gmt(moment)
    row |= {"date_completed_gmt": php.gmt(order.completed), "date_paid_gmt": php.gmt(order.paid)}
    if site.options.junk:
        row |= {"currency_symbol": "₹", "plugin_note": "<b>not ours</b>"}
    row["_links"] = _order_links(site, order)
    return patched(row, order.patch)


def patched(row: Row, patch: dict[str, Any]) -> Row:
    """A plug-in has the last word. Of a list of rows, the first is changed."""
    for name, value in patch.items():
        outer, _, inner = name.partition(".")
        if inner and row[outer]:
            row[outer][0] = {**row[outer][0], inner: value}
        elif not inner:
            row[name] = value
    return row


def refund_row(site: Site, refund: Refund, places: int, *, with_parent: bool) -> Row:
    row: Row = {"id": refund.id}
    row |= {"parent_id": refund.parent_id} if with_parent else {}
    row |= {
        "date_created": php.local(refund.created, site.zone),
        "date_created_gmt": php.gmt(refund.created),
        "amount": php.decimal(refund.amount, places),
        "reason": refund.reason,
        "refunded_by": 1,
        "refunded_payment": False,
        "meta_data": metas(refund.metas),
        "line_items": [_line_item(site, item, places) for item in refund.of("line_item")],
        "shipping_lines": [_shipping_line(item, places) for item in refund.of("shipping")],
        "tax_lines": [],
        "fee_lines": [_fee_line(item, places) for item in refund.of("fee")],
    }
    base = f"{root(site)}/orders/{refund.parent_id}"
    row["_links"] = {
        "self": [{"href": f"{base}/refunds/{refund.id}"}],
        "collection": [{"href": f"{base}/refunds"}],
        "up": [{"href": base}],
    }
    return row


def metas(found: list[Meta]) -> list[Row]:
    return [{"id": one.id, "key": one.key, "value": one.value} for one in found]


def root(site: Site) -> str:
    return f"https://shop.example{site.options.folder}/wp-json/wc/v3"


def _lines(site: Site, order: Order, places: int) -> Row:
    return {
        "line_items": [_line_item(site, item, places) for item in order.of("line_item")],
        "tax_lines": [_tax_line(item, places) for item in order.of("tax")],
        "shipping_lines": [_shipping_line(item, places) for item in order.of("shipping")],
        "fee_lines": [_fee_line(item, places) for item in order.of("fee")],
        "coupon_lines": [_coupon_line(item, places) for item in order.of("coupon")],
    }


def _line_item(site: Site, item: Item, places: int) -> Row:
    product = site.products.get(item.variation_id or item.product_id)
    parent = site.products.get(product.parent_id) if product and product.kind == "variation" else None
    quantity = Decimal(str(item.quantity))
    return {
        "id": item.id,
        "name": item.name,
        "product_id": item.product_id,
        "variation_id": item.variation_id,
        "quantity": item.quantity,
        "tax_class": item.tax_class,
        "subtotal": php.decimal(item.subtotal, places),
        "subtotal_tax": php.decimal(item.subtotal_tax, places),
        "total": php.decimal(item.total, places),
        "total_tax": php.decimal(item.total_tax, places),
        "taxes": _taxes(item),
        "meta_data": _shown_metas(item),
        "sku": (product.sku or (parent.sku if parent else "")) if product else None,
        "price": php.number(item.total / quantity) if quantity else 0,
        "image": {"id": 0, "src": ""},
        "parent_name": parent.name if parent else None,
    }


def _taxes(item: Item) -> list[Row]:
    return [
        {"id": rate, "total": php.plain(total), "subtotal": php.plain(subtotal)}
        for rate, (total, subtotal) in item.taxes.items()
    ]


def _shown_metas(item: Item) -> list[Row]:
    return [
        {"id": one.id, "key": one.key, "value": one.value, "display_key": one.key, "display_value": one.value}
        for one in item.metas
    ]


def _shipping_line(item: Item, places: int) -> Row:
    return {
        "id": item.id,
        "method_title": item.name,
        "method_id": item.extra.get("method_id", "flat_rate"),
        "instance_id": "1",
        "total": php.decimal(item.total, places),
        "total_tax": php.decimal(item.total_tax, places),
        "taxes": _taxes(item),
        "tax_status": "taxable",
        "meta_data": _shown_metas(item),
    }


def _fee_line(item: Item, places: int) -> Row:
    return {
        "id": item.id,
        "name": item.name,
        "tax_class": item.tax_class,
        "tax_status": "taxable",
        "amount": php.plain(item.total),
        "total": php.decimal(item.total, places),
        "total_tax": php.decimal(item.total_tax, places),
        "taxes": _taxes(item),
        "meta_data": _shown_metas(item),
    }


def _coupon_line(item: Item, places: int) -> Row:
    return {
        "id": item.id,
        "code": item.name,
        "discount": php.plain(item.total),
        "discount_tax": php.plain(item.extra.get("discount_tax", Decimal(0))),
        "meta_data": _shown_metas(item),
        "discount_type": "fixed_cart",
        "nominal_amount": php.number(item.total),
        "free_shipping": False,
    }


def _tax_line(item: Item, places: int) -> Row:
    return {
        "id": item.id,
        "rate_code": item.extra["rate_code"],
        "rate_id": item.extra["rate_id"],
        "label": item.name,
        "compound": False,
        "tax_total": php.decimal(item.total, places),
        "shipping_tax_total": php.decimal(item.extra["shipping"], places),
        "rate_percent": 18,
        "meta_data": _shown_metas(item),
    }


def _order_links(site: Site, order: Order) -> Row:
    allowed = {"allow": ["GET", "POST", "PUT", "PATCH", "DELETE"]}
    links: Row = {
        "self": [{"href": f"{root(site)}/orders/{order.id}", "targetHints": allowed}],
        "collection": [{"href": f"{root(site)}/orders"}],
    }
    if order.customer_id:
        links["customer"] = [{"href": f"{root(site)}/customers/{order.customer_id}"}]
    return links
