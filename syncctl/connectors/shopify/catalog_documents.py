"""What is asked of a shop's catalog, and what is written to it: listings, levels, prices.

Shopify takes at most 250 of anything in one list, so that more are several fields of one document, each under a name
of its own, a0, a1 and so on, and with variables that are numbered alike.
"""

from math import log

from syncctl.connectors.shopify.documents import Document, registered

LIST = 250
"""Most ids or rows that Shopify takes in one list, and most records of one page."""

# Of an item that is not stocked there, or not any more, there is none.
_LEVEL = 'inventoryLevel(locationId: $location) { quantities(names: ["available", "on_hand"]) { name quantity } }'
_VARIANT = (
    "id sku title price requiresComponents product {{ id title isGiftCard }} inventoryItem {{ id tracked {level} }}"
)
_RECORD, _MUTATION = 3, 10  # points: an item with its level and its quantities; a field that writes


@registered
def listings(first: int, *, located: bool) -> Document:
    """A page of all variants, by id, after `$after` and of those that `$query` names; where `located`, with their
    levels at `$location`."""
    given = ", $location: ID!" if located else ""
    variant = _VARIANT.format(level=_LEVEL if located else "")
    text = (
        f"query listings($first: Int!, $after: String, $query: String{given}) {{\n"
        "  productVariants(first: $first, after: $after, sortKey: ID, query: $query) {\n"
        "    pageInfo { hasNextPage endCursor }\n"
        f"    nodes {{ {variant} }}\n"
        "  }\n"
        "}"
    )
    name, points = ("the listings", 5) if located else ("the listings without levels", 3)
    return Document(name=name, text=text, size=first, cost=2 + points * int(2 * log(max(2, first))))


@registered
def levels(lists: int, items: int) -> Document:
    """The levels of `items` inventory items at `$location`; their ids are in `$ids0`, `$ids1` …"""
    field = f"nodes(ids: $ids{{0}}) {{{{ ... on InventoryItem {{{{ id tracked {_braced(_LEVEL)} }}}} }}}}"
    given = ["$location: ID!", *_each("$ids{0}: [ID!]!", lists)]
    text = _text("query levels", given, _each(field, lists))
    return Document(name="the levels", text=text, size=items, cost=_RECORD * items)


@registered
def prices(lists: int, variants: int) -> Document:
    """The prices of `variants` variants; their ids are in `$ids0`, `$ids1` …"""
    field = "nodes(ids: $ids{0}) {{ ... on ProductVariant {{ id price }} }}"
    text = _text("query prices", _each("$ids{0}: [ID!]!", lists), _each(field, lists))
    return Document(name="the prices", text=text, size=variants, cost=variants)


@registered
def set_levels(groups: int) -> Document:
    """Levels, set where they are what was read: those of `$input0` under the key `$key0`, and so on.

    The directive is in no schema of Shopify's, and required since 2026-04.
    """
    field = (
        "inventorySetQuantities(input: $input{0}) @idempotent(key: $key{0}) {{\n"
        "    inventoryAdjustmentGroup {{ changes {{ name delta item {{ id tracked }} location {{ id }} }} }}\n"
        "    userErrors {{ code field message }}\n"
        "  }}"
    )
    given = _each("$input{0}: InventorySetQuantitiesInput!", groups) + _each("$key{0}: String!", groups)
    text = _text("mutation setLevels", given, _each(field, groups))
    return Document(name="the writing of levels", text=text, size=groups, cost=_MUTATION * groups, apart=True)


@registered
def set_prices(products: int) -> Document:
    """Prices of some variants of each product, as far as they can be set: of `$product0` those of `$variants0` …"""
    field = (
        "productVariantsBulkUpdate(productId: $product{0}, variants: $variants{0}, allowPartialUpdates: true) {{\n"
        "    productVariants {{ id price }}\n"
        "    userErrors {{ code field message }}\n"
        "  }}"
    )
    given = _each("$product{0}: ID!", products) + _each("$variants{0}: [ProductVariantsBulkInput!]!", products)
    text = _text("mutation setPrices", given, _each(field, products))
    return Document(name="the writing of prices", text=text, size=products, cost=_MUTATION * products, apart=True)


def _each(pattern: str, count: int) -> list[str]:
    return [pattern.format(number) for number in range(count)]


def _braced(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _text(name: str, given: list[str], fields: list[str]) -> str:
    """A document of fields beside each other: a0, a1 and so on."""
    named = [f"  a{number}: {field}" for number, field in enumerate(fields)]
    return "\n".join([f"{name}({', '.join(given)}) {{", *named, "}"])
