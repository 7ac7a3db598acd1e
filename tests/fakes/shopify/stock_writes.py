"""inventorySetQuantities: levels are set by the row, each compared with what it is changed from.

One row that cannot be set lets all of them be, unless the shop's options say otherwise.
"""

import re
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError

from tests.fakes.shopify import idempotency, stock
from tests.fakes.shopify.goods_records import Level
from tests.fakes.shopify.ids import number_of
from tests.fakes.shopify.records import Record, user_error
from tests.fakes.shopify.table import Args, Call, field

EMPTY = {"inventoryAdjustmentGroup": None, "userErrors": []}
MOST = 1_000_000_000
REASONS = frozenset(
    "correction cycle_count_available damaged movement_canceled movement_created movement_received movement_updated"
    " other promotion quality_control received reservation_created reservation_deleted reservation_updated restock"
    " safety_stock shrinkage".split()
)
Wrong = tuple[str, str, str]  # message, code, the word of the row that it is about


@dataclass(frozen=True)
class Row:
    """A row of the input that can be set. `compared`: None, it is set whatever stands there."""

    level: Level
    quantity: int
    compared: int | None


@dataclass
class Group(Record):
    """What a mutation changed: level, name, difference."""

    typename = "InventoryAdjustmentGroup"

    reason: str = ""
    reference_document_uri: str | None = None
    moved: tuple[tuple[Level, str, int], ...] = ()


@field("Mutation", "inventorySetQuantities")
def set_quantities(_root: Any, call: Call, args: Args) -> dict[str, Any]:
    given = args["input"]
    for row in given["quantities"]:
        if call.at_least("2026-04") and "changeFromQuantity" not in row:
            message = "InventoryQuantityInput must include the following argument: changeFromQuantity."
            raise GraphQLError(message, extensions={"code": "INVALID_FIELD_ARGUMENTS"})
    return idempotency.once(call, "inventorySetQuantities", given, EMPTY, _Setting(call, given).done)


@field("InventoryAdjustmentGroup", "changes")
def changes(group: Group, call: Call, args: Args) -> list[dict[str, Any]]:
    """Each with the difference that it made. What stands there afterwards a shop has never told here: it is null."""
    items = {number_of(each, "InventoryItem") for each in args.get("inventoryItemIds") or ()}
    places = {number_of(each, "Location") for each in args.get("locationIds") or ()}
    names = set(args.get("quantityNames") or ())
    return [
        _change(call, level, name, delta)
        for level, name, delta in group.moved
        if not items or level.item in items
        if not places or level.location in places
        if not names or name in names
    ]


def _change(call: Call, level: Level, name: str, delta: int) -> dict[str, Any]:
    item, location = call.site.items.get(level.item), call.site.locations.get(level.location)
    return {"name": name, "delta": delta, "quantityAfterChange": None, "item": item, "location": location}


class _Setting:
    """One mutation while it is done."""

    def __init__(self, call: Call, given: dict[str, Any]) -> None:
        self.call, self.site, self.given = call, call.site, given
        self.name: str = given["name"]
        self.errors: list[dict[str, Any]] = []
        self.rows: list[Row] = []
        self.seen: set[tuple[int, int]] = set()

    def done(self) -> dict[str, Any]:
        self._read_whole()
        if not self.errors:
            self.parents = {each.item for each in self.site.variants.values() if each.requires_components}
            for index, told in enumerate(self.given["quantities"]):
                self._read(index, told)
        if self.errors and (self.site.options.stale_fails_all or not self.rows):
            return {**EMPTY, "userErrors": self._errors()}
        moved = tuple(one for row in self.rows for one in self._write(row))
        return {"inventoryAdjustmentGroup": self._group(moved), "userErrors": self._errors()}

    def _read_whole(self) -> None:
        """What is wrong with more than a row."""
        document = self.given.get("referenceDocumentUri")
        if self.name not in ("available", "on_hand"):
            self._wrong("The quantity name must be either 'available' or 'on_hand'.", "INVALID_NAME", "name")
        if self.given["reason"] not in REASONS:
            self._wrong("The specified reason is invalid.", "INVALID_REASON", "reason")
        if document is not None and not re.fullmatch(r"[\w.+-]+://\S+", document):
            code = "INVALID_REFERENCE_DOCUMENT"
            self._wrong("The specified reference document is invalid.", code, "referenceDocumentUri")

    def _read(self, index: int, told: dict[str, Any]) -> None:
        """A row that can be set joins the others, one that cannot is told among the errors."""
        item = number_of(told["inventoryItemId"], "InventoryItem") or 0
        location = number_of(told["locationId"], "Location") or 0
        wrong = self._refusal(item, location, told["quantity"])
        level = None if wrong else self._level(item, location)
        if level is None and wrong is None:
            code = "ITEM_NOT_STOCKED_AT_LOCATION"
            wrong = ("The specified inventory item is not stocked at the location.", code, "inventoryItemId")
        if level is not None:
            wrong = self._join(level, told)
        if wrong:
            message, code, word = wrong
            self._wrong(message, code, "quantities", str(index), word)

    def _refusal(self, item: int, location: int, quantity: int) -> Wrong | None:
        """Why a row cannot be, whatever the level is."""
        pair, known = (item, location), self.site.locations.get(location)
        if item not in self.site.items:
            return ("The specified inventory item could not be found.", "INVALID_INVENTORY_ITEM", "inventoryItemId")
        if known is None or not known.is_active:
            return ("The specified location could not be found.", "INVALID_LOCATION", "locationId")
        if pair in self.seen:
            message = "The combination of inventoryItemId and locationId must be unique."
            return (message, "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR", "inventoryItemId")
        self.seen.add(pair)
        if quantity < 0:
            return ("The quantity can't be negative.", "INVALID_QUANTITY_NEGATIVE", "quantity")
        if quantity > MOST:
            return ("The total quantity can't be higher than 1,000,000,000.", "INVALID_QUANTITY_TOO_HIGH", "quantity")
        code = "NON_MUTABLE_INVENTORY_ITEM" if item in self.parents else self.site.options.bad_items.get(item)
        return (
            ("The specified inventory item is not allowed to be adjusted.", code, "inventoryItemId") if code else None
        )

    def _level(self, item: int, location: int) -> Level | None:
        """The level to set. From 2026-10 on there is no error for an item that is not stocked there: then it is."""
        level = stock.level_of(self.site, item, location)
        if level is None and self.call.at_least("2026-10"):
            level = stock.stocked(self.site, self.site.items[item], location)
            self.site.oracle.event(self.site.time, "api", "activated", "item", item, location=location)
        return level

    def _join(self, level: Level, told: dict[str, Any]) -> Wrong | None:
        """Compare it with what stands there. 2026-01 knows two words for the comparison, and leave to do without."""
        compared: int | None = told.get("changeFromQuantity")
        word, code = "changeFromQuantity", "CHANGE_FROM_QUANTITY_STALE"
        if "changeFromQuantity" not in told and not self.given.get("ignoreCompareQuantity"):
            compared, word, code = told.get("compareQuantity"), "compareQuantity", "COMPARE_QUANTITY_STALE"
            if compared is None:
                message = "The compareQuantity argument must be given to each quantity or ignored."
                return (message, "COMPARE_QUANTITY_REQUIRED", word)
        self.site.oracle.compared(level, self.name, compared)
        if compared is not None and compared != level.quantity(self.name):
            self.site.oracle.was_stale(level, compared)
            return (f"The {word} value does not match persisted value.", code, word)
        self.rows.append(Row(level, told["quantity"], compared))
        return None

    def _write(self, row: Row) -> list[tuple[Level, str, int]]:
        """What is on hand moves with what can be sold; a level that is there already moves nothing."""
        site, level = self.site, row.level
        more = {"location": level.location, "name": self.name, "quantity": row.quantity, "compared": row.compared}
        site.oracle.event(site.time, "api", "stock", "item", level.item, **more)
        site.oracle.written(site.items[level.item], level, {self.name: row.quantity})
        delta = stock.put(site, level, self.name, row.quantity, "api")
        return [(level, name, delta) for name in ("available", "on_hand")] if delta else []

    def _group(self, moved: tuple[tuple[Level, str, int], ...]) -> Group | None:
        """None where nothing moved."""
        site = self.site
        document = self.given.get("referenceDocumentUri")
        return Group(site.next_id(), site.time, site.time, self.given["reason"], document, moved) if moved else None

    def _wrong(self, message: str, code: str, *where: str) -> None:
        self.errors.append(user_error(message, ["input", *where], code))

    def _errors(self) -> list[dict[str, Any]]:
        """Without the rows that they are about, where the shop is one that does not say."""
        return [{**each, "field": None} for each in self.errors] if self.site.options.hides_rows else self.errors
