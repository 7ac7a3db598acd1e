"""Shopify's variants and their levels in our words. Pure.

A listing's id has three parts: product, variant and inventory item, "101/202/303". A price is written by product and
variant, a level by item; with all three in the hub, beside the SKU, nothing is looked up before a write.

Shopify keeps the SKU with the item, and insists neither that it is used once nor that each variant has an item of its
own. Listings of one SKU are each kept in step. Of those that share an item, which show one level, the first is.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from syncctl.connectors.shopify.gids import digits_of, gid
from syncctl.connectors.shopify.lists import whole
from syncctl.errors import DataError
from syncctl.model import Listing
from syncctl.units import floored

Row = Mapping[str, Any]

_ID = re.compile(r"([1-9]\d{0,19})/([1-9]\d{0,19})/([1-9]\d{0,19})\Z", re.ASCII)
_ONLY_VARIANT = "Default Title"  # what Shopify calls the variant of a product that has no options


class Ids(NamedTuple):
    """What a listing's id names, as Shopify writes it."""

    product: str
    variant: str
    item: str

    @classmethod
    def of(cls, listing_id: str) -> "Ids | None":
        """None for what is no id of ours.

        >>> Ids.of("101/202/303").item, Ids.of("202")
        ('gid://shopify/InventoryItem/303', None)
        """
        found = _ID.match(listing_id)
        if found is None:
            return None
        return cls(gid("Product", found[1]), gid("ProductVariant", found[2]), gid("InventoryItem", found[3]))


class Level(NamedTuple):
    """What an item has at a location. `available` is negative where more was sold than there was."""

    available: int
    on_hand: int


def to_listing(row: Row, location: str, shared: dict[str, str]) -> Listing:
    """A variant as it is listed. `location`: whose level the row tells, as digits; "": none.

    `shared`: the variants whose levels are ours, by their items: this one joins them, or shares the level of one of
    them. Its price is ours but for a gift card's, which is what it is worth. Errors: DataError.
    """
    product, item = row["product"], row["inventoryItem"]
    level = _level(item["inventoryLevel"]) if location else None
    why = why_unmanaged(row, level, location)
    if not why and shared.setdefault(item["id"], row["id"]) != row["id"]:
        why = f"it has the stock of variant {digits_of(shared[item['id']])}, which is kept in step"
    return Listing(
        id="/".join(digits_of(one["id"]) for one in (product, row, item)),
        sku=row["sku"] or "",
        title=" - ".join(one for one in (product["title"], row["title"]) if one and one != _ONLY_VARIANT),
        quantity=None if why or level is None else level.available,
        price=None if product["isGiftCard"] else row["price"],
        priced=not product["isGiftCard"],
        managed=not why,
        why=why,
    )


def why_unmanaged(row: Row, level: Level | None, location: str) -> str:
    """Why the level of this variant is not ours to write; "": it is."""
    if row["product"]["isGiftCard"]:
        return "it is a gift card"
    if not row["sku"]:
        return "it has no SKU"
    if row["requiresComponents"]:
        return "it is a bundle, and its parts have the stock"
    if not row["inventoryItem"]["tracked"]:
        return "no stock of it is kept"
    if not location:
        return "the settings name no location of the shop"
    if row["inventoryItem"]["inventoryLevel"] is None:
        return f"it is not stocked at location {location}"
    return "" if level is not None else "its level is no number of units"


def level_of(item: Row | None) -> Level | None:
    """The level of an item that was asked for; None where none is kept there, or what is no number. Errors: DataError.

    Shopify tells no level where an item is not stocked, or not any more.
    """
    return _level(item["inventoryLevel"]) if item is not None and item["tracked"] else None


def _level(row: Row | None) -> Level | None:
    if row is None:
        return None
    told = {one["name"]: one["quantity"] for one in whole(row["quantities"])}
    if not told.keys() >= {"available", "on_hand"}:
        raise DataError("Shopify did not tell a level that it was asked for.")
    try:
        return Level(floored(told["available"]), floored(told["on_hand"]))
    except DataError:
        return None
