"""Our levels in Shopify's words, and what it made of them in ours. Pure.

Shopify sets a level only where it is still what was read (its words: `changeFromQuantity`), and a list of them whole or
not at all. Whatever became of one is read from what the answer confirms, item by item, and never from its silence: an
answer to what was sent a second time may tell of the shop as it is by then. What is not confirmed is read anew.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from syncctl.connectors.shopify.catalog_documents import LIST
from syncctl.model import LevelChange, Mismatch, Refused, Unclear, WriteOutcome, Written
from syncctl.units import LIMIT

Errors = Mapping[int | None, tuple[str, str]]  # code and message, by the row that they are about; None: by none

STALE = ("CHANGE_FROM_QUANTITY_STALE", "COMPARE_QUANTITY_STALE")
_BUSY = "IDEMPOTENCY_CONCURRENT_REQUEST"  # the same is under way: it waits for that
_SPENT = ("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED")  # the key is of no use any more
_MOST_TRIES = 5


@dataclass(frozen=True, slots=True)
class Target:
    """One item's level to be written, and what must be there: both as the quantity that is named in the write."""

    item: str  # as Shopify writes it
    quantity: int
    expected: int

    @property
    def delta(self) -> int:
        return self.quantity - self.expected


def _new_key() -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True, slots=True)
class Group:
    """Levels that are written together, under a key by which Shopify knows them again. `tries` with these levels."""

    targets: tuple[Target, ...]
    key: str = field(default_factory=_new_key)
    tries: int = 0
    waits: bool = False  # before it is sent

    def variables(self, name: str, location: str) -> dict[str, Any]:
        """As Shopify takes it. `name`: available or on_hand; `location` as Shopify writes it."""
        rows = [
            {
                "inventoryItemId": one.item,
                "locationId": location,
                "quantity": one.quantity,
                "changeFromQuantity": one.expected,
            }
            for one in self.targets
        ]
        return {"name": name, "reason": "correction", "quantities": rows}


def grouped(targets: Sequence[Target]) -> list[Group]:
    """As many groups as it takes: of so many levels as one list may have."""
    return [Group(tuple(targets[start : start + LIST])) for start in range(0, len(targets), LIST)]


def refusal(change: LevelChange, *, known: bool) -> Refused | None:
    """What is wrong with a change before it is sent. `known`: its listing's id is one of ours."""
    if not known:
        return Refused(key=change.key, reason="unknown_listing", message=f"There is no {change.listing_id[:60]!r}.")
    if not 0 <= change.quantity < LIMIT:
        return Refused(key=change.key, reason="bad_quantity", message=f"{change.quantity} units cannot be shown.")
    return None


def judged(
    group: Group, payload: Mapping[str, Any], errors: Errors, name: str, location: str
) -> tuple[dict[str, WriteOutcome], list[Group]]:
    """The outcomes that a group's answer tells, by item and without a key, and what is to be sent again.

    Of a list with an error nothing was done, mostly, so that the others of it are sent again: without the rows that the
    errors name, or in halves where they name none.
    """
    outcomes = _confirmed(group, payload, name, location)
    rest = tuple(one for one in group.targets if one.item not in outcomes)
    if not errors:
        unclear = Unclear(key="", message="Shopify's answer does not say that it was done")
        return outcomes | {one.item: unclear for one in rest}, []
    again = next((one for one in errors.values() if one[0] == _BUSY or one[0] in _SPENT), None)
    if again is not None:
        return tried_again(group, *again)
    named = {one.item: errors[index] for index, one in enumerate(group.targets) if index in errors}
    if not named and len(rest) == 1:
        named = {rest[0].item: next(iter(errors.values()))}
    outcomes |= {item: _refused(*error) for item, error in named.items() if item not in outcomes}
    rest = tuple(one for one in rest if one.item not in named)
    parts = [rest] if named else [rest[: len(rest) // 2], rest[len(rest) // 2 :]]
    return outcomes, [Group(part) for part in parts if part]


def _confirmed(group: Group, payload: Mapping[str, Any], name: str, location: str) -> dict[str, WriteOutcome]:
    """What the answer itself says was changed as it was sent."""
    found: dict[str, tuple[int, bool]] = {}
    done = payload["inventoryAdjustmentGroup"]
    for change in done["changes"] if done is not None else ():
        item, place = change["item"], change["location"]
        if item is not None and place is not None and (change["name"], place["id"]) == (name, location):
            found[item["id"]] = (change["delta"], item["tracked"])
    outcomes: dict[str, WriteOutcome] = {}
    for one in group.targets:
        if one.item in found and found[one.item][0] == one.delta:
            untracked = Refused(key="", reason="not_tracked", message="No stock of it is kept.")
            outcomes[one.item] = Written(key="") if found[one.item][1] else untracked
    return outcomes


def tried_again(group: Group, code: str, message: str) -> tuple[dict[str, WriteOutcome], list[Group]]:
    """The same once more: under another key where Shopify takes this one no more, else under its own after a while."""
    tries = group.tries + 1
    if tries == _MOST_TRIES:
        unclear = Unclear(key="", message=message)
        return {one.item: unclear for one in group.targets}, []
    if code in _SPENT:
        return {}, [Group(group.targets, tries=tries)]
    return {}, [replace(group, tries=tries, waits=True)]


def _refused(code: str, message: str) -> WriteOutcome:
    if code in STALE:
        return Mismatch(key="")
    return Refused(key="", reason=code.lower() or "refused", message=message)
