"""Products, variations, customers and notes as rows of the API."""

from decimal import Decimal
from typing import Any

from tests.fakes.woo import php
from tests.fakes.woo.records import Customer, Note, Product
from tests.fakes.woo.rows_orders import Row, metas, patched, root
from tests.fakes.woo.site import Site


def product_row(site: Site, product: Product) -> Row:
    row: Row = {"id": product.id, "name": product.name, "slug": product.name.lower().replace(" ", "-")}
    row["permalink"] = f"https://shop.example/product/{product.id}/"
    row |= _dates(site, product)
    row |= {"type": product.kind, "status": product.status, "featured": False, "catalog_visibility": "visible"}
    row |= {"description": "", "short_description": "", "sku": product.sku}
    row |= _prices(site, product)
    row |= {"price_html": "", "total_sales": 0, "external_url": "", "button_text": ""}
    row |= _sold(product) | stock_fields(site, product)
    row |= {"sold_individually": False, "shipping_required": True, "shipping_taxable": True}
    row |= _measures() | {"reviews_allowed": True, "average_rating": "0.00", "rating_count": 0, "related_ids": []}
    row |= {"upsell_ids": [], "cross_sell_ids": [], "parent_id": product.parent_id, "purchase_note": ""}
    row |= {"categories": [{"id": 15, "name": "Uncategorized", "slug": "uncategorized"}], "tags": [], "images": []}
    row |= {"attributes": [], "default_attributes": []}
    row["variations"] = [each.id for each in site.variations_of(product) if each.status != "trash"]
    row |= {"grouped_products": product.grouped, "menu_order": 0, "meta_data": metas(product.metas)}
    row |= {"has_options": product.kind == "variable", "post_password": "", "global_unique_id": "", "brands": []}
    row |= {"jetpack_sharing_enabled": True} if site.options.junk else {}
    row["_links"] = {
        "self": [{"href": f"{root(site)}/products/{product.id}"}],
        "collection": [{"href": f"{root(site)}/products"}],
    }
    return patched(row, product.patch)


def variation_row(site: Site, product: Product, *, with_parent: bool) -> Row:
    """A variation without a SKU of its own shows its parent's, whatever the context."""
    parent = site.products.get(product.parent_id)
    row: Row = {"id": product.id} | _dates(site, product)
    row |= {"description": "", "permalink": f"https://shop.example/product/{product.parent_id}/?v={product.id}"}
    row["sku"] = product.sku or (parent.sku if parent else "")
    row |= {"global_unique_id": ""} | _prices(site, product)
    row |= {"status": product.status} | _sold(product) | stock_fields(site, product)
    row |= _measures() | {"image": None}
    row["attributes"] = [{"id": 0, "name": name, "option": option} for name, option in product.attributes.items()]
    row |= {"menu_order": 0, "meta_data": metas(product.metas)}
    if site.options.at_least("8.3"):
        row["name"] = ", ".join(product.attributes.values())
    if with_parent or site.options.at_least("8.3"):
        row["parent_id"] = product.parent_id
    base = f"{root(site)}/products/{product.parent_id}"
    row["_links"] = {
        "self": [{"href": f"{base}/variations/{product.id}"}],
        "collection": [{"href": f"{base}/variations"}],
        "up": [{"href": base}],
    }
    return patched(row, product.patch)


def stock_fields(site: Site, product: Product) -> Row:
    """A variation whose stock its parent keeps says "parent", and shows the parent's quantity."""
    parent = site.products.get(product.parent_id) if product.kind == "variation" else None
    keeper = parent if parent and parent.manage_stock and not product.manage_stock else product
    managed: Any = "parent" if keeper is not product else product.manage_stock
    managed = managed if site.options.manage_stock else False
    return {
        "manage_stock": managed,
        "stock_quantity": keeper.quantity if keeper.manage_stock else None,
        "backorders": keeper.backorders,
        "backorders_allowed": keeper.backorders != "no",
        "backordered": keeper.stock_status == "onbackorder",
        "low_stock_amount": None,
        "stock_status": product.stock_status,
    }


def customer_row(site: Site, customer: Customer, paying: bool) -> Row:
    row: Row = {
        "id": customer.id,
        "date_created": php.local(customer.registered, site.zone),
        "date_created_gmt": php.gmt(customer.registered),
        "date_modified": php.local(customer.modified, site.zone),
        "date_modified_gmt": php.gmt(customer.modified),
        "email": customer.email,
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "role": customer.role,
        "username": customer.username,
        "billing": dict(customer.billing),
        "shipping": dict(customer.shipping),
        "is_paying_customer": paying,
        "avatar_url": "https://secure.gravatar.com/avatar/0?s=96",
        "meta_data": metas(customer.metas),
    }
    row |= {"last_active": ""} if site.options.junk else {}
    row["_links"] = {
        "self": [{"href": f"{root(site)}/customers/{customer.id}"}],
        "collection": [{"href": f"{root(site)}/customers"}],
    }
    return patched(row, customer.patch)


def note_row(site: Site, note: Note) -> Row:
    base = f"{root(site)}/orders/{note.order_id}"
    return {
        "id": note.id,
        "author": "manager" if note.by_user else "WooCommerce",
        "date_created": php.local(note.created, site.zone),
        "date_created_gmt": php.gmt(note.created),
        "note": note.text,
        "customer_note": note.for_customer,
        "_links": {
            "self": [{"href": f"{base}/notes/{note.id}"}],
            "collection": [{"href": f"{base}/notes"}],
            "up": [{"href": base}],
        },
    }


def _dates(site: Site, product: Product) -> Row:
    return {
        "date_created": php.local(product.created, site.zone),
        "date_created_gmt": php.gmt(product.created),
        "date_modified": php.local(product.modified, site.zone),
        "date_modified_gmt": php.gmt(product.modified),
    }


def _prices(site: Site, product: Product) -> Row:
    price = product.sale_price or product.regular_price
    if product.kind == "variable":
        found = [each.sale_price or each.regular_price for each in site.variations_of(product)]
        price = min((each for each in found if each), key=Decimal, default="")
    return {
        "price": price,
        "regular_price": product.regular_price,
        "sale_price": product.sale_price,
        "date_on_sale_from": None,
        "date_on_sale_from_gmt": None,
        "date_on_sale_to": None,
        "date_on_sale_to_gmt": None,
        "on_sale": bool(product.sale_price),
        "purchasable": bool(price),
    }


def _sold(product: Product) -> Row:
    return {
        "virtual": False,
        "downloadable": False,
        "downloads": [],
        "download_limit": -1,
        "download_expiry": -1,
        "tax_status": "taxable",
        "tax_class": "",
    }


def _measures() -> Row:
    return {
        "weight": "",
        "dimensions": {"length": "", "width": "", "height": ""},
        "shipping_class": "",
        "shipping_class_id": 0,
    }
