"""Stock as the site keeps it: taken when an order is processed, put on hold or completed; given back when cancelled."""

from typing import Any

from tests.fakes.woo import php
from tests.fakes.woo.records import Item, Order, Product
from tests.fakes.woo.site import Site

TAKING = ("processing", "on-hold", "completed")
GIVING_BACK = ("cancelled", "pending")


def keeper(site: Site, product: Product | None) -> Product | None:
    """Who keeps the stock of this product: itself, its parent, or nobody (None)."""
    if product is None or not site.options.manage_stock:
        return None
    if product.manage_stock:
        return product
    parent = site.products.get(product.parent_id) if product.kind == "variation" else None
    return parent if parent and parent.manage_stock else None


def sold_as(site: Site, item: Item) -> Product | None:
    return site.products.get(item.variation_id or item.product_id)


def set_level(site: Site, product: Product, quantity: Any, by: str) -> None:
    product.quantity = quantity
    product.stamp += 1
    align(product)
    site.oracle.level(site.time, product.id, quantity, by)


def align(product: Product) -> None:
    """The word that goes with a level."""
    if product.manage_stock and product.quantity is not None:
        low = "onbackorder" if product.backorders != "no" else "outofstock"
        product.stock_status = "instock" if product.quantity > 0 else low


def move(site: Site, product: Product, units: Any, by: str) -> None:
    set_level(site, product, (product.quantity or 0) + units, by)
    if site.options.moves_stock_date:
        product.modified = site.time


def on_status(site: Site, order: Order) -> None:
    """What a new status does to stock."""
    if order.status in TAKING and not order.stock_reduced:
        _take(site, order)
    elif order.status in GIVING_BACK and order.stock_reduced:
        _give_back(site, order)


def _take(site: Site, order: Order) -> None:
    for item in order.of("line_item"):
        product = keeper(site, sold_as(site, item))
        if product is None or item.meta("_reduced_stock"):
            continue
        move(site, product, -_units(item.quantity), "order")
        remember(site, item, "_reduced_stock", _units(item.quantity))
    order.stock_reduced = True


def _give_back(site: Site, order: Order) -> None:
    for item in order.of("line_item"):
        product, reduced = keeper(site, sold_as(site, item)), _number(item.meta("_reduced_stock"))
        if product is not None and reduced:
            move(site, product, reduced, "restock")
            item.metas = [meta for meta in item.metas if meta.key != "_reduced_stock"]
    order.stock_reduced = False


def restock(site: Site, item: Item, units: Any) -> None:
    """Units of a line come back with a refund: the line keeps a tally of them, the refund tells nothing."""
    product, reduced = keeper(site, sold_as(site, item)), _number(item.meta("_reduced_stock"))
    if not reduced or not units or product is None:
        return
    move(site, product, units, "restock")
    remember(site, item, "_reduced_stock", reduced - units)
    remember(site, item, "_restock_refunded_items", units + _number(item.meta("_restock_refunded_items")))


def adjust(site: Site, order: Order, item: Item) -> None:
    """A line of an order that has taken its stock was edited."""
    product = keeper(site, sold_as(site, item))
    if product is None or order.status not in TAKING:
        return
    put_back, reduced = (_number(item.meta(key)) for key in ("_restock_refunded_items", "_reduced_stock"))
    difference = _units(item.quantity) - put_back - reduced if item.quantity else -reduced
    if difference:
        move(site, product, -difference, "order" if difference > 0 else "restock")
        remember(site, item, "_reduced_stock", _units(item.quantity) - put_back)
        order.stock_reduced = True


def remember(site: Site, item: Item, key: str, value: Any) -> None:
    """Meta of a line, one of each key; it comes back from the database as text."""
    for meta in item.metas:
        if meta.key == key:
            meta.value = php.stored(value)
            return
    item.metas.append(site.meta(key, php.stored(value)))


def _units(quantity: Any) -> Any:
    return quantity if isinstance(quantity, int | float) else php.integer(quantity)


def _number(text: Any) -> Any:
    if isinstance(text, str) and "." in text:
        return float(text)
    return php.integer(text) if text else 0
