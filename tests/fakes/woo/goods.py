"""The routes of products and variations."""

from collections.abc import Mapping
from typing import Any

from tests.fakes.woo import params, php, reading, selling, stock
from tests.fakes.woo.call import Call, Reply, batch, single
from tests.fakes.woo.params import Bad, Refusal
from tests.fakes.woo.records import Product
from tests.fakes.woo.rows_others import product_row, variation_row
from tests.fakes.woo.site import Site

STATUSES = ("any", "future", "trash", "draft", "pending", "private", "publish")
SORTS = {
    "date": lambda product: product.created,
    "modified": lambda product: product.modified,
    "title": lambda product: product.name,
    "slug": lambda product: product.name,
    "price": lambda product: float(product.regular_price or 0),
}
TABLE = {
    **params.DATED,
    "orderby": (
        params.one_of(
            *("date", "id", "include", "title", "slug", "modified", "price", "popularity", "rating", "menu_order")
        ),
        "date",
    ),
    "status": (params.one_of(*STATUSES), "any"),
    "sku": (params.text, ""),
    "slug": (params.text, ""),
    "stock_status": (params.one_of("instock", "outofstock", "onbackorder"), None),
    "type": (params.one_of("simple", "grouped", "external", "variable"), None),
    "min_price": (params.text, None),
    "max_price": (params.text, None),
}
SCHEMA: Mapping[str, tuple[type | tuple[type, ...], str]] = {
    "stock_quantity": (int, "integer"),
    "regular_price": (str, "string"),
    "sale_price": (str, "string"),
    "sku": (str, "string"),
    "manage_stock": (bool, "boolean"),
    "meta_data": (list, "array"),
    "name": (str, "string"),
}


def stamp(site: Site, product: Product) -> tuple[Any, ...]:
    """What a product's row depends on: itself, its family, the site's own switch."""
    family = site.products.get(product.parent_id)
    children = tuple(each.stamp for each in site.variations_of(product)) if product.kind == "variable" else ()
    return (product.stamp, family.stamp if family else 0, children, site.catalog, site.options.manage_stock)


def text(call: Call, product: Product, mask: str) -> str:
    site = call.site
    return reading.text_of(
        site, ("product", product.id), stamp(site, product), mask, lambda: product_row(site, product)
    )


def variation_text(call: Call, product: Product, mask: str, *, with_parent: bool = False) -> str:
    site, key = call.site, ("variation", product.id, with_parent)
    return reading.text_of(
        site, key, stamp(site, product), mask, lambda: variation_row(site, product, with_parent=with_parent)
    )


def listed(call: Call) -> Reply:
    """GET /products: no variations, unless a SKU is asked for."""
    call.permit("woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
    query = call.query(TABLE)
    kinds = [one for one in call.site.products.values() if query["sku"] or one.kind != "variation"]
    found = [one for one in kinds if query["type"] in (None, one.kind)]
    page, counted = _page(call, found, query)
    return call.list_of([text(call, one, call.mask) for one in page], counted)


def variations(call: Call) -> Reply:
    """GET /variations, across products, since 10.3."""
    return _variations(call, [one for one in call.site.products.values() if one.kind == "variation"], with_parent=True)


def variations_of_one(call: Call) -> Reply:
    """GET /products/ID/variations: of an unknown product, nothing."""
    found = [one for one in call.site.products.values() if one.kind == "variation" and one.parent_id == call.id]
    return _variations(call, found, with_parent=False)


def _variations(call: Call, found: list[Product], *, with_parent: bool) -> Reply:
    call.permit("woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")
    query = call.query(TABLE)
    page, counted = _page(call, found, query)
    return call.list_of([variation_text(call, one, call.mask, with_parent=with_parent) for one in page], counted)


def _page(call: Call, found: list[Product], query: Mapping[str, Any]) -> tuple[Any, dict[str, str]]:
    """`any` leaves the trash out. A SKU is compared as the database does: without regard to case."""
    if query["status"] == "any":
        found = [one for one in found if one.status not in ("trash", "auto-draft")]
    else:
        found = [one for one in found if one.status == query["status"]]
    if query["sku"]:
        skus = {sku.casefold() for sku in (*query["sku"].split(","), query["sku"])}
        found = [one for one in found if one.sku.casefold() in skus]
    if query["stock_status"]:
        found = [one for one in found if one.stock_status == query["stock_status"]]
    if query["parent"]:
        found = [one for one in found if one.parent_id in query["parent"]]
    found = reading.selected(found, query)
    found = reading.dated(call.site, found, query, lambda one: one.created, lambda one: one.modified)
    return reading.paged(call.site, reading.ordered(found, query, SORTS), query)


def one(call: Call) -> Reply:
    """GET /products/ID: a variation too."""
    call.permit("woocommerce_rest_cannot_view", "Sorry, you cannot view this resource.")
    product = call.site.products.get(call.id)
    if product is None:
        raise Refusal("woocommerce_rest_product_invalid_id", "Invalid ID.", 404)
    return call.text_of_one(text(call, product, call.mask))


def one_variation(call: Call) -> Reply:
    call.permit("woocommerce_rest_cannot_view", "Sorry, you cannot view this resource.")
    product = call.site.products.get(call.id)
    if product is None or product.parent_id != call.ids[0]:
        raise Refusal("woocommerce_rest_product_variation_invalid_id", "Invalid ID.", 404)
    return call.text_of_one(variation_text(call, product, call.mask))


# --- writing ----------------------------------------------------------------------------------------------------------


def update(call: Call) -> Reply:
    """PUT /products/ID, validated; a batch is not."""
    body = call.body()
    _validate(body)
    return single(call, _update(call, {**body, "id": call.id}))


def update_variation(call: Call) -> Reply:
    body = call.body()
    _validate(body)
    product = call.site.products.get(call.id)
    if product is not None and product.parent_id != call.ids[0]:
        raise Refusal("woocommerce_rest_cannot_edit", "Parent product does not match current variation.", 403)
    return single(call, _update_variation(call, {**body, "id": call.id}))


def batched(call: Call) -> Reply:
    call.permit("woocommerce_rest_cannot_batch", "Sorry, you are not allowed to batch manipulate this resource.")
    return batch(call, update=lambda item: _update(call, item))


def batched_variations(call: Call) -> Reply:
    """POST /products/ID/variations/batch: every item is taken for a variation of this product."""
    call.permit("woocommerce_rest_cannot_batch", "Sorry, you are not allowed to batch manipulate this resource.")
    return batch(call, update=lambda item: _update_variation(call, item))


def _validate(body: Mapping[str, Any]) -> None:
    bad = {}
    for name, (kind, word) in SCHEMA.items():
        value = body.get(name)
        fits = isinstance(value, kind) and (kind is not int or not isinstance(value, bool))
        if word == "integer" and isinstance(value, str) and value.lstrip("-").isdigit():
            fits = True
        if value is not None and not fits:
            bad[name] = Bad("rest_invalid_type", f"{name} is not of type {word}.")
    params.refuse(bad)


def _update(call: Call, sent: Mapping[str, Any]) -> str:
    site = call.site
    product = site.products.get(php.integer(sent.get("id")))
    if product is None:
        raise Refusal("woocommerce_rest_product_invalid_id", "Invalid ID.", 400)
    if product.kind == "variation":
        raise Refusal(
            "woocommerce_rest_invalid_product_id",
            "To manipulate product variations you should use the /products/&lt;product_id&gt;/variations/ endpoint.",
            404,
        )
    site.oracle.event(site.time, "api", "updated", "product", product.id, sent=dict(sent))
    if product.kind not in ("variable", "grouped"):
        _write_prices(site, product, sent)
    if product.kind not in ("grouped", "external"):
        _write_stock(site, product, sent)
    return _written(call, product, sent, lambda: text(call, product, ""))


def _update_variation(call: Call, sent: Mapping[str, Any]) -> str:
    site, parent_id = call.site, call.ids[0]
    product = site.products.get(php.integer(sent.get("id")))
    if product is None:
        raise Refusal("woocommerce_rest_product_variation_invalid_id", "Invalid ID.", 400)
    if product.parent_id != parent_id or product.kind != "variation":
        site.oracle.violations.append(f"product {product.id} was written as a variation of {parent_id}")
        site.families.setdefault(product.parent_id, [product.id]).remove(product.id)
        site.families.setdefault(parent_id, []).append(product.id)
        product.parent_id = parent_id
        site.catalog += 1
    site.oracle.event(site.time, "api", "updated", "product", product.id, sent=dict(sent))
    _write_prices(site, product, sent)
    _write_stock(site, product, sent)
    return _written(call, product, sent, lambda: variation_text(call, product, ""))


def _written(call: Call, product: Product, sent: Mapping[str, Any], text: Any) -> str:
    site = call.site
    selling.write_metas(site, product.metas, sent.get("meta_data"))
    if sent.get("sku") is not None:
        _write_sku(site, product, str(sent["sku"]))
    for name in ("name", "status"):
        if sent.get(name) is not None:
            setattr(product, name, str(sent[name]))
    unlike = sent.keys() - {"id", "stock_quantity", "regular_price", "product_id"}
    if unlike:
        site.oracle.violations.append(f"product {product.id}: {', '.join(sorted(unlike))} sent")
    stock.align(product)
    product.modified = site.time
    product.stamp += 1
    made: str = text()
    return made


def _write_prices(site: Site, product: Product, sent: Mapping[str, Any]) -> None:
    for name in ("regular_price", "sale_price"):
        if sent.get(name) is not None:
            setattr(product, name, php.format_decimal(sent[name]))
    if sent.get("regular_price") is not None:
        site.oracle.price(product.id, product.regular_price, "api")


def _write_stock(site: Site, product: Product, sent: Mapping[str, Any]) -> None:
    """What does not keep its stock takes no quantity, and does not say so."""
    if sent.get("manage_stock") is not None:
        product.manage_stock = php.truth(sent["manage_stock"]) and sent["manage_stock"] != "parent"
        product.quantity = (product.quantity or 0) if product.manage_stock else None
    if not product.manage_stock or not site.options.manage_stock:
        return
    if sent.get("stock_quantity") is not None:
        stock.set_level(site, product, php.integer(sent["stock_quantity"]), "api")
    elif sent.get("inventory_delta") is not None:
        stock.set_level(site, product, (product.quantity or 0) + php.integer(sent["inventory_delta"]), "api")


def _write_sku(site: Site, product: Product, sku: str) -> None:
    if sku and any(one.sku.casefold() == sku.casefold() and one is not product for one in site.products.values()):
        raise Refusal("product_invalid_sku", "Invalid or duplicated SKU.", 400, unique_sku=f"{sku}-1")
    product.sku = sku
    site.catalog += 1
