"""Reading products, variants, inventory items, levels and locations."""

from operator import attrgetter
from typing import Any

from graphql import GraphQLError

from tests.fakes.shopify import paging, search
from tests.fakes.shopify.goods_records import NAMES, Item, Level, Location, Product, Variant
from tests.fakes.shopify.ids import number_of
from tests.fakes.shopify.site import Site
from tests.fakes.shopify.table import Args, Call, field, node


@node("Product")
def product(site: Site, number: int) -> Product | None:
    return site.products.get(number)


@node("ProductVariant")
def variant(site: Site, number: int) -> Variant | None:
    return site.variants.get(number)


@node("InventoryItem")
def item(site: Site, number: int) -> Item | None:
    return site.items.get(number)


@node("Location")
def location(site: Site, number: int) -> Location | None:
    return site.locations.get(number)


@field("QueryRoot", "product")
def one_product(_root: Any, call: Call, args: Args) -> Product | None:
    return call.site.products.get(number_of(args["id"], "Product") or 0)


@field("QueryRoot", "productVariant")
def one_variant(_root: Any, call: Call, args: Args) -> Variant | None:
    return call.site.variants.get(number_of(args["id"], "ProductVariant") or 0)


@field("QueryRoot", "inventoryItem")
def one_item(_root: Any, call: Call, args: Args) -> Item | None:
    return call.site.items.get(number_of(args["id"], "InventoryItem") or 0)


@field("QueryRoot", "location")
def one_location(_root: Any, call: Call, args: Args) -> Location | None:
    """Without an id the first one, which is the shop's own."""
    if args.get("id") is None:
        return next(iter(call.site.locations.values()), None)
    return call.site.locations.get(number_of(args["id"], "Location") or 0)


# --- lists ------------------------------------------------------------------------------------------------------------


@field("QueryRoot", "locations")
def locations(_root: Any, call: Call, args: Args) -> paging.Connection[Location]:
    """Those in use; all of them where `includeInactive` is asked for."""
    every = bool(args.get("includeInactive"))
    rows = sorted((each for each in call.site.locations.values() if every or each.is_active), key=attrgetter("id"))
    return paging.page(rows, args)


@field("QueryRoot", "productVariants")
def variants(_root: Any, call: Call, args: Args) -> paging.Connection[Variant]:
    """By their numbers, or by their SKUs. All of them are there at once; it is a query that asks an index."""
    query = args.get("query")
    keep = search.wanted(call, "productVariants", query, _filters(call)) if query else search.everything
    rows = call.site.cached("variants", lambda: sorted(call.site.variants.values(), key=attrgetter("id")))
    if args.get("sortKey", "ID") != "SKU":
        return paging.page(rows, args, keep=keep)
    items = call.site.items
    rows = sorted(rows, key=lambda row: (items[row.item].sku or "", row.id))
    return paging.page(rows, args, key=lambda row: (items[row.item].sku or "", row.id), keep=keep)


@field("QueryRoot", "productVariantsCount")
def count(_root: Any, call: Call, args: Args) -> dict[str, Any]:
    keep = search.wanted(call, "productVariantsCount", args.get("query"), _filters(call))
    return counted(sum(map(keep, call.site.variants.values())), args)


def _filters(call: Call) -> dict[str, search.Field]:
    items, products = call.site.items, call.site.products
    return {
        "": ("word", lambda row: f"{items[row.item].sku} {products[row.product].title}"),
        "id": ("id", attrgetter("id")),
        "product_id": ("id", attrgetter("product")),
        "sku": ("exact", lambda row: items[row.item].sku),
        "barcode": ("exact", attrgetter("barcode")),
        "updated_at": ("time", search.indexed),
        "product_status": ("exact", lambda row: products[row.product].status),
        "gift_card": ("flag", lambda row: products[row.product].is_gift_card),
    }


def counted(number: int, args: Args, standard: int = 10_000) -> dict[str, Any]:
    """A `Count`: exact up to the limit that was asked for, which is ten thousand where none was; null is none."""
    limit = args.get("limit", standard)
    if limit is not None and number > limit:
        return {"count": limit, "precision": "AT_LEAST"}
    return {"count": number, "precision": "EXACT"}


@field("Product", "variants")
def variants_of(product: Product, call: Call, args: Args) -> paging.Connection[Variant]:
    return paging.page(sorted((call.site.variants[each] for each in product.variants), key=attrgetter("id")), args)


@field("InventoryItem", "variants")
def variants_of_item(item: Item, call: Call, args: Args) -> paging.Connection[Variant]:
    rows = sorted((each for each in call.site.variants.values() if each.item == item.id), key=attrgetter("id"))
    return paging.page(rows, args)


@field("InventoryItem", "inventoryLevels")
def levels_of(item: Item, call: Call, args: Args) -> paging.Connection[Level]:
    every = bool(args.get("includeInactive"))
    rows = sorted((level for level in item.levels.values() if every or level.is_active), key=attrgetter("id"))
    return paging.page(rows, args)


# --- one record -------------------------------------------------------------------------------------------------------


@field("ProductVariant", "product")
def product_of(variant: Variant, call: Call, _args: Args) -> Product:
    return call.site.products[variant.product]


@field("ProductVariant", "inventoryItem")
def item_of(variant: Variant, call: Call, _args: Args) -> Item:
    return call.site.items[variant.item]


@field("ProductVariant", "sku")
def sku_of(variant: Variant, call: Call, _args: Args) -> str | None:
    return call.site.items[variant.item].sku


@field("ProductVariant", "displayName")
def display_name(variant: Variant, call: Call, _args: Args) -> str:
    return f"{call.site.products[variant.product].title} - {variant.title}"


@field("ProductVariant", "inventoryQuantity")
def inventory_quantity(variant: Variant, call: Call, _args: Args) -> int:
    """What can be sold of it, over all locations."""
    levels = call.site.items[variant.item].levels.values()
    return sum(level.available for level in levels if level.is_active)


@field("ProductVariant", "legacyResourceId")
def variant_number(variant: Variant, _call: Call, _args: Args) -> str:
    return str(variant.id)


@field("InventoryItem", "duplicateSkuCount")
def duplicate_skus(item: Item, call: Call, _args: Args) -> int:
    """How many other items have this SKU."""
    return sum(each.sku == item.sku for each in call.site.items.values()) - 1 if item.sku else 0


@field("InventoryItem", "inventoryLevel")
def level_at(item: Item, call: Call, args: Args) -> Level | None:
    level = item.levels.get(number_of(args["locationId"], "Location") or 0)
    return level if level and (level.is_active or args.get("includeInactive")) else None


@field("InventoryLevel", "item")
def item_of_level(level: Level, call: Call, _args: Args) -> Item:
    return call.site.items[level.item]


@field("InventoryLevel", "location")
def location_of_level(level: Level, call: Call, _args: Args) -> Location:
    return call.site.locations[level.location]


@field("InventoryLevel", "quantities")
def quantities(level: Level, call: Call, args: Args) -> list[dict[str, Any]]:
    """By name, in the order that was asked for; the client has been shown them."""
    unknown = set(args["names"]) - set(NAMES)
    if unknown:
        raise GraphQLError(f"Invalid quantity names: {sorted(unknown)}", extensions={"code": "BAD_REQUEST"})
    told = [{"name": name, "quantity": level.quantity(name)} for name in args["names"]]
    call.site.oracle.show(level.item, level.location, {each["name"]: each["quantity"] for each in told})
    return told
