"""WooCommerce's products and variations in our words, and our levels and prices in its. Pure.

A listing's id is the product's, or parent and variation with a stroke between them ("22/23"): a variation is written
through its parent, and one that is written through another one's would be moved there.

A variation without a SKU of its own is told with its parent's, whatever is asked for. The parent's SKU is none of it:
the units would go on sale as many times as there are variations.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import unescape
from typing import Any

from syncctl.connectors.woocommerce.words import record_id
from syncctl.errors import DataError
from syncctl.model import LevelChange, Listing, PriceChange, Refused, Unclear, WriteOutcome, Written
from syncctl.units import LIMIT, floored

PRODUCT_FIELDS = "id,type,name,sku,regular_price,manage_stock,stock_quantity,variations"
VARIATION_FIELDS = "id,parent_id,sku,regular_price,manage_stock,stock_quantity,attributes"
LEVEL_FIELDS = "id,parent_id,manage_stock,stock_quantity"
PRICE_FIELDS = "id,parent_id,regular_price"

Row = Mapping[str, Any]
Change = LevelChange | PriceChange

_ID = re.compile(r"([1-9]\d{0,17})(?:/([1-9]\d{0,17}))?\Z", re.ASCII)
_PRICE = re.compile(r"\d{1,15}(\.\d{1,12})?\Z", re.ASCII)
_UNKNOWN = re.compile(r"invalid(_product)?_id\Z")
_OWN_STOCK = ("simple", "variable")
_PRICED_BELOW = ("variable", "grouped")  # as these types begin: by their variations, or by what is in the group


@dataclass(frozen=True, slots=True)
class Parent:
    """What a variation is told to be by the product that it belongs to."""

    id: int
    name: str
    sku: str
    type: str
    has_variations: bool

    @classmethod
    def of(cls, row: Row) -> "Parent":
        name, sku, kind = (_text(row.get(part)) for part in ("name", "sku", "type"))
        return cls(id_of(row), unescape(name), sku, kind, bool(row.get("variations")))


def id_of(row: Row) -> int:
    """The row's own id. Errors: DataError."""
    found = row.get("id")
    if type(found) is not int or found <= 0:
        raise DataError("WooCommerce sent a product without an id.")
    return found


def parent_of(row: Row, default: int = 0) -> int:
    """The id of the product that a variation belongs to; `default` where the row does not say."""
    found = row.get("parent_id")
    return found if type(found) is int and found > 0 else default


def split(listing_id: str) -> tuple[int, int] | None:
    """A listing's id as (parent, variation), or (0, product); None for what is no id of ours.

    >>> split("22/23"), split("93"), split("no-such-listing")
    ((22, 23), (0, 93), None)
    """
    found = _ID.match(listing_id)
    if found is None:
        return None
    return (int(found[1]), int(found[2])) if found[2] else (0, int(found[1]))


def product_listing(row: Row) -> Listing | None:
    """A product as it is listed; None for one that is sold by its variations and has no stock of its own."""
    parent = Parent.of(row)
    if parent.type == "variable" and row.get("manage_stock") is not True:
        return None
    why = "" if parent.type in _OWN_STOCK else f"stock of a product of type {parent.type[:40] or 'none'} is not kept"
    return _listing(row, str(parent.id), parent.sku, parent.name, why, priced=not parent.type.startswith(_PRICED_BELOW))


def variation_listing(row: Row, parent: Parent) -> Listing:
    """One variation of `parent` as it is listed."""
    sku = _text(row.get("sku"))
    options = [unescape(_text(one.get("option"))) for one in _objects(row.get("attributes"))]
    title = " - ".join(filter(None, (parent.name, ", ".join(filter(None, options)))))
    why = "" if parent.type == "variable" else f"stock in a product of type {parent.type[:40] or 'none'} is not kept"
    if sku == parent.sku:  # SKUs are unique there, so it is told its parent's
        sku, why = "", why or "it has no SKU of its own"
    return _listing(row, f"{parent.id}/{id_of(row)}", sku, title, why)


def _listing(row: Row, listing_id: str, sku: str, title: str, why: str, *, priced: bool = True) -> Listing:
    why = why or ("" if sku else "it has no SKU") or why_unmanaged(row)
    return Listing(
        id=listing_id,
        sku=sku,
        title=title,
        quantity=None if why else level_of(row),
        price=price_of(row) if priced else None,
        priced=priced,
        managed=not why,
        why=why,
    )


def why_unmanaged(row: Row) -> str:
    """Why the level of this row is not ours to write; "": it is. It may be kept by the parent, for all variations."""
    keeps = row.get("manage_stock")
    if keeps == "parent":
        return "its stock is kept by the product that it belongs to"
    if keeps is not True:
        return "no stock of it is kept"
    return "" if level_of(row) is not None else "its stock is no number"


def level_of(row: Row) -> int | None:
    """The units that are shown, a fraction floored; None where no stock of its own is kept, or what is no number.

    Stock that is kept and was never counted sells as none.
    """
    if row.get("manage_stock") is not True:
        return None
    try:
        return floored(row.get("stock_quantity") or 0)
    except DataError:
        return None


def price_of(row: Row) -> str | None:
    """The ordinary price as it stands there; None for none. A sale price is the merchant's own."""
    return _text(row.get("regular_price")).strip() or None


def refusal(change: Change, location: str = "") -> Refused | None:
    """What is wrong with a change before it is sent: WooCommerce makes nothing of an odd price, and says nothing."""
    if split(change.listing_id) is None:
        return Refused(key=change.key, reason="unknown_listing", message=f"There is no {change.listing_id[:60]!r}.")
    if location:
        return Refused(key=change.key, reason="unknown_location", message="WooCommerce has no locations.")
    if isinstance(change, LevelChange) and not 0 <= change.quantity < LIMIT:
        return Refused(key=change.key, reason="bad_quantity", message=f"{change.quantity} units cannot be shown.")
    price = change.price
    if price is not None and not _PRICE.match(price):
        return Refused(key=change.key, reason="bad_price", message=f"{price[:40]!r} is no price.")
    return None


def by_parent(changes: Iterable[Change]) -> dict[int, list[Change]]:
    """Changes by the product whose variations they are of, 0 for products themselves: each is a call of its own."""
    groups: defaultdict[int, list[Change]] = defaultdict(list)
    for change in changes:
        if (ids := split(change.listing_id)) is not None:
            groups[ids[0]].append(change)
    return dict(groups)


def to_row(change: Change) -> dict[str, Any]:
    """What is sent of one change: its id, and what is to be written, and nothing else."""
    ids = split(change.listing_id)
    row: dict[str, Any] = {"id": ids[1] if ids else 0}
    if isinstance(change, LevelChange):
        row["stock_quantity"] = change.quantity
    if change.price is not None:
        row["regular_price"] = change.price
    return row


def outcomes_of(changes: Sequence[Change], reply: object) -> list[WriteOutcome]:
    """One outcome for each, from the reply to their batch, whose rows may come in any order.

    What is not in the reply may have been done or not; what is there in another shape than it was sent in was not.
    """
    rows = reply.get("update") if isinstance(reply, dict) else None
    found = {record_id(row.get("id")): row for row in _objects(rows)}
    return [_outcome(change, found.get(str(to_row(change)["id"]))) for change in changes]


def _outcome(change: Change, row: Row | None) -> WriteOutcome:
    if row is None:
        return Unclear(key=change.key, message="WooCommerce's reply says nothing of it")
    if (error := row.get("error")) is not None:
        return refused(change.key, error)
    if isinstance(change, LevelChange) and (odd := _level_not_taken(change, row)) is not None:
        return odd
    if change.price is not None and (odd := _price_not_taken(change, row)) is not None:
        return odd
    return Written(key=change.key)


def _level_not_taken(change: LevelChange, row: Row) -> WriteOutcome | None:
    if "stock_quantity" not in row or "manage_stock" not in row:
        return Unclear(key=change.key, message="WooCommerce's reply has no level")
    if why := why_unmanaged(row):
        return Refused(key=change.key, reason="not_managed", message=f"The level was not taken: {why}.")
    if level_of(row) != change.quantity:
        text = f"It shows {level_of(row)} after {change.quantity} was written: something there sets levels itself."
        return Refused(key=change.key, reason="not_taken", message=text)
    return None


def _price_not_taken(change: Change, row: Row) -> WriteOutcome | None:
    if "regular_price" not in row:
        return Unclear(key=change.key, message="WooCommerce's reply has no price")
    shown = price_of(row)
    if shown is None:
        text = "It has no price of its own: the prices are those of its variations, or parts."
        return Refused(key=change.key, reason="no_price", message=text)
    if not _PRICE.match(shown) or Decimal(shown) != Decimal(change.price or "NaN"):
        text = f"It shows the price {shown[:40]!r} after {change.price} was written: something there sets it itself."
        return Refused(key=change.key, reason="not_taken", message=text)
    return None


def refused(key: str, error: object) -> Refused:
    """One item's error. Its code is the reason; what is not there has one word, whatever it was."""
    code, message = (_text(error.get(part)) for part in ("code", "message")) if isinstance(error, dict) else ("", "")
    reason = "unknown_listing" if _UNKNOWN.search(code) else code[:60] or "refused"
    return Refused(key=key, reason=reason, message=message[:200])


def _text(value: object) -> str:
    """A text; a number, as some plug-ins send them, as its text; else nothing."""
    if isinstance(value, str):
        return value
    return str(value) if type(value) in (int, Decimal) else ""


def _objects(value: object) -> list[Any]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
