"""What is asked of a shop's catalog, and what is written to it: listings, levels, prices.

Ids and values always go through variables. Shopify takes at most 250 of anything in one list, so that longer ones are
several fields of one document, each under its own name: `a0`, `a1` and so on.
"""

LIST = 250
"""Most ids or rows that Shopify takes in one list, and most records of one page."""

LEVELS_COST = 3
"""Of one item whose level is read, as the vendor counts: the item, its level, the quantities."""

# Of an item that is not stocked there, or not any more, there is none.
_LEVEL = 'inventoryLevel(locationId: $location) { quantities(names: ["available", "on_hand"]) { name quantity } }'

_VARIANT = "id sku title price requiresComponents product {{ id title isGiftCard }} inventoryItem {{ id tracked {level} }}"


def listings(*, located: bool) -> str:
    """A page of all variants, by id. `located`: with their levels at `$location`."""
    given = ", $location: ID!" if located else ""
    variant = _VARIANT.format(level=_LEVEL if located else "")
    return (
        f"query listings($first: Int!, $after: String, $query: String{given}) {{\n"
        "  productVariants(first: $first, after: $after, sortKey: ID, query: $query) {\n"
        "    pageInfo { hasNextPage endCursor }\n"
        f"    nodes {{ {variant} }}\n"
        "  }\n"
        "}"
    )


def levels(lists: int) -> str:
    """The levels of inventory items at `$location`: `$ids0`, `$ids1` … are their ids."""
    fields = [
        f"  a{number}: nodes(ids: $ids{number}) {{ ... on InventoryItem {{ id tracked {_LEVEL} }} }}"
        for number in range(lists)
    ]
    return _document("query levels", ["$location: ID!", *_each("$ids{}: [ID!]!", lists)], fields)


def prices(lists: int) -> str:
    """The prices of variants: `$ids0`, `$ids1` … are their ids."""
    fields = [
        f"  a{number}: nodes(ids: $ids{number}) {{ ... on ProductVariant {{ id price }} }}" for number in range(lists)
    ]
    return _document("query prices", _each("$ids{}: [ID!]!", lists), fields)


def set_levels(groups: int) -> str:
    """Levels, set where they are what was read: `$input0` under the key `$key0`, and so on.

    Source: InventoryQuantityInput.changeFromQuantity; the directive stands on the field, and in no schema.
    """
    fields = [
        f"  a{number}: inventorySetQuantities(input: $input{number}) @idempotent(key: $key{number}) {{\n"
        "    inventoryAdjustmentGroup { changes { name delta item { id tracked } location { id } } }\n"
        "    userErrors { code field message }\n"
        "  }"
        for number in range(groups)
    ]
    given = _each("$input{}: InventorySetQuantitiesInput!", groups) + _each("$key{}: String!", groups)
    return _document("mutation setLevels", given, fields)


def set_prices(products: int) -> str:
    """Prices of some variants of each product, what can be set of them: `$product0`, `$variants0`, and so on."""
    fields = [
        f"  a{number}: productVariantsBulkUpdate(productId: $product{number}, variants: $variants{number}, "
        "allowPartialUpdates: true) {\n"
        "    productVariants { id price }\n"
        "    userErrors { code field message }\n"
        "  }"
        for number in range(products)
    ]
    given = _each("$product{}: ID!", products) + _each("$variants{}: [ProductVariantsBulkInput!]!", products)
    return _document("mutation setPrices", given, fields)


def _each(declaration: str, count: int) -> list[str]:
    return [declaration.format(number) for number in range(count)]


def _document(name: str, given: list[str], fields: list[str]) -> str:
    return "\n".join([f"{name}({', '.join(given)}) {{", *fields, "}"])
