"""Listings, levels and prices."""

from typing import Any

from syncctl.connectors.shopify.catalog_documents import LIST, levels, listings, prices, set_levels, set_prices
from syncctl.connectors.shopify.gids import gid
from syncctl.connectors.shopify.groups import MOST_FIELDS
from syncctl.connectors.shopify.level_words import Group, Target
from syncctl.connectors.shopify.levels import MOST_ITEMS
from syncctl.connectors.shopify.price_words import Family, Tag
from tests.connectors.shopify_samples import Samples

LOCATION = gid("Location", "11")


def ids(kind: str, count: int, first: int = 1) -> list[str]:
    return [gid(kind, str(number)) for number in range(first, first + count)]


def levels_of(count: int) -> dict[str, Any]:
    """As `count` ids are asked for: in lists of 250."""
    items = ids("InventoryItem", count)
    lists = [items[start : start + LIST] for start in range(0, count, LIST)]
    return {"location": LOCATION, **{f"ids{number}": one for number, one in enumerate(lists)}}


def groups(count: int, rows: int, name: str) -> dict[str, Any]:
    """`count` lists of levels to be set, with their keys."""
    made = [Group(tuple(Target(one, 5, -2) for one in ids("InventoryItem", rows))) for _ in range(count)]
    inputs = {f"input{number}": one.variables(name, LOCATION) for number, one in enumerate(made)}
    return {**inputs, **{f"key{number}": one.key for number, one in enumerate(made)}}


def families(count: int, rows: int) -> dict[str, Any]:
    """Prices of `rows` variants of `count` products."""
    variants = Family("", tuple(Tag("", one, "12.50") for one in ids("ProductVariant", rows))).rows
    products = {f"product{number}": one for number, one in enumerate(ids("Product", count))}
    return {**products, **{f"variants{number}": variants for number in range(count)}}


SAMPLES: Samples = {
    listings: [
        (listings(LIST, located=True), {"first": LIST, "after": None, "query": None, "location": LOCATION}),
        (listings(LIST, located=False), {"first": LIST, "after": "a cursor", "query": "id:>=43729077"}),
        (listings(1, located=True), {"first": 1, "after": None, "query": None, "location": LOCATION}),
    ],
    levels: [
        (levels(1, 1), levels_of(1)),
        (levels(2, 300), levels_of(300)),
        (levels(2, MOST_ITEMS), levels_of(MOST_ITEMS)),
    ],
    prices: [
        (prices(1, 1), {"ids0": ids("ProductVariant", 1)}),
        (prices(1, LIST), {"ids0": ids("ProductVariant", LIST)}),
    ],
    set_levels: [
        (set_levels(1), groups(1, 1, "on_hand")),
        (set_levels(2), groups(2, LIST, "available")),
        (set_levels(MOST_FIELDS), groups(MOST_FIELDS, 1, "available")),
    ],
    set_prices: [
        (set_prices(1), families(1, LIST)),
        (set_prices(20), families(20, 3)),
        (set_prices(MOST_FIELDS), families(MOST_FIELDS, 1)),
    ],
}
