"""Our levels in Shopify's words, and what it made of them in ours. Pure.

Shopify sets a level only where it is still what was read (its words: `changeFromQuantity`), and a list of them whole or
not at all. Whatever became of one is read from what the answer confirms, item by item, and never from its silence: an
answer to what was sent a second time may tell of the shop as it is by then. What is not confirmed is read anew.
"""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from syncctl.connectors.shopify.catalog_documents import LIST
from syncctl.connectors.shopify.variant_words import Ids, Level
from syncctl.model import LevelChange, Mismatch, Refused, Unclear, WriteOutcome, Written
from syncctl.units import LIMIT

Errors = Mapping[int | None, tuple[str, str]]  # code and message, by the row that they are about; None: by none

Levels = Mapping[str, Level | None]
"""By item, as Shopify writes it; None: no level is kept of it there. An item that is gone is absent."""

STALE = ("CHANGE_FROM_QUANTITY_STALE", "COMPARE_QUANTITY_STALE")
_BUSY = "IDEMPOTENCY_CONCURRENT_REQUEST"  # the same is under way
_TAKEN = "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"  # the key is something else's
_FAILED = "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"  # it came before, and nothing was done, for a reason that is lost
_MOST_TRIES = 5
_LONGEST_WAIT = 8.0  # seconds


@dataclass(frozen=True, slots=True)
class Target:
    """One item's level to be written, and what must be there: both as the quantity that is named in the write.

    `together`: those with the same word are written all, or none of them; "": alone.
    """

    item: str  # as Shopify writes it
    quantity: int
    expected: int
    together: str = ""

    @property
    def delta(self) -> int:
        return self.quantity - self.expected


def _new_key() -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True, slots=True)
class Group:
    """Levels that are written together, under a key by which Shopify knows them again.

    `tries`: how often they were sent without an answer. `wait`: seconds, before they are sent.
    """

    targets: tuple[Target, ...]
    key: str = field(default_factory=_new_key)
    tries: int = 0
    wait: float = 0.0

    def named(self, name: str) -> str:
        """The quantity that is written, where `name` is what the settings say.

        What goes together is compared by what is available: an order takes nothing from what is on hand.
        """
        return "available" if any(one.together for one in self.targets) else name

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
        return {"name": self.named(name), "reason": "correction", "quantities": rows}


def grouped(targets: Sequence[Target]) -> list[Group]:
    """As many groups as it takes: of so many levels as one list may have. What goes together stays together."""
    groups: list[tuple[Target, ...]] = []
    for one in bundles(targets):
        if groups and len(groups[-1]) + len(one) <= LIST:
            groups[-1] += one
        else:
            groups += [one[start : start + LIST] for start in range(0, len(one), LIST)]
    return [Group(one) for one in groups]


def bundles(targets: Sequence[Target]) -> list[tuple[Target, ...]]:
    """What goes together, each by itself, in the order of the first of each."""
    found: defaultdict[tuple[str, str], list[Target]] = defaultdict(list)
    for one in targets:
        found[one.together, "" if one.together else one.item].append(one)
    return [tuple(some) for some in found.values()]


def to_target(change: LevelChange, ids: Ids | None, read: Levels, name: str) -> Target | WriteOutcome:
    """What is to be written for a change, or why nothing is. `read`: the levels as they were read, by item.

    `name`: the quantity that is written. Both sides speak of what is available. Where on_hand is written, the units
    between the two (sold and not sent, damaged, kept back) stay on top of it, so that nothing sold comes back on sale.
    What goes together is always written by what is available.
    """
    level = read[ids.item] if ids is not None and ids.item in read else None
    if ids is None or ids.item not in read:
        reason, message = "unknown_listing", f"There is no {change.listing_id[:60]!r}."
    elif level is None:
        reason, message = "not_managed", "No stock of it is kept at that location."
    elif not 0 <= change.quantity < LIMIT:
        reason, message = "bad_quantity", f"{change.quantity} units cannot be shown."
    elif level.available != change.expected:
        return Mismatch(key=change.key, actual=level.available)
    else:
        more = level.on_hand - level.available if name == "on_hand" and not change.together else 0
        return Target(ids.item, change.quantity + more, change.expected + more, change.together)
    return Refused(key=change.key, reason=reason, message=message)


def judged(
    group: Group, payload: Mapping[str, Any], errors: Errors, name: str, location: str
) -> tuple[dict[str, WriteOutcome], list[Group]]:
    """The outcomes that a group's answer tells, by item and without a key, and what is to be sent again.

    Of a list with an error nothing was done, mostly, so that the others of it are sent again: without the rows that the
    errors name, or in halves where they name none. Which is stale then, nobody knows: all of them are read anew.
    """
    outcomes = _confirmed(group, payload, name, location)
    rest = tuple(one for one in group.targets if one.item not in outcomes)
    if not errors:
        unclear = Unclear(key="", message="Shopify's answer does not say that it was done")
        return outcomes | {one.item: unclear if one.delta else Written(key="") for one in rest}, []
    of_keys = next((one for one in errors.values() if one[0] in (_BUSY, _TAKEN, _FAILED)), None)
    if of_keys is not None:
        return tried_again(group, *of_keys)
    named = {one.item: errors[index] for index, one in enumerate(group.targets) if index in errors}
    if not named:
        error = next(iter(errors.values()))
        named = {one.item: error for one in rest if len(bundles(rest)) == 1 or error[0] in STALE}
    outcomes |= {item: _refused(*error) for item, error in named.items() if item not in outcomes}
    fallen = {one.together for one in group.targets if one.item in named and one.together}
    rest = tuple(one for one in rest if one.item not in named)
    outcomes |= {one.item: Mismatch(key="") for one in rest if one.together in fallen}
    rest = tuple(one for one in rest if one.together not in fallen)
    return outcomes, [Group(rest)] if named and rest else halves(rest)


def halves(targets: tuple[Target, ...]) -> list[Group]:
    """The same in two groups, each under a key of its own; what goes together is in one of them."""
    every = bundles(targets)
    parts = (every[: len(every) // 2], every[len(every) // 2 :])
    return [Group(tuple(one for bundle in part for one in bundle)) for part in parts if part]


def _confirmed(group: Group, payload: Mapping[str, Any], name: str, location: str) -> dict[str, WriteOutcome]:
    """What the answer itself says was changed as it was sent."""
    found: dict[str, tuple[int, bool]] = {}
    done = payload["inventoryAdjustmentGroup"]
    for change in filter(None, done["changes"] if done is not None else ()):
        item, place = change["item"], change["location"]
        if item is not None and place is not None and (change["name"], place["id"]) == (group.named(name), location):
            found[item["id"]] = (change["delta"], item["tracked"])
    outcomes: dict[str, WriteOutcome] = {}
    for one in group.targets:
        if one.item in found and found[one.item][0] == one.delta:
            untracked = Refused(key="", reason="not_tracked", message="No stock of it is kept.")
            outcomes[one.item] = Written(key="") if found[one.item][1] else untracked
    return outcomes


def tried_again(group: Group, code: str, message: str) -> tuple[dict[str, WriteOutcome], list[Group]]:
    """The same once more: under its own key after a while, or under another where that key cannot be used.

    What failed before is read anew instead: it was sent with levels that may be old by now.
    """
    tries = group.tries + 1
    if code == _FAILED:
        return {one.item: Mismatch(key="") for one in group.targets}, []
    if tries == _MOST_TRIES:
        unclear = Unclear(key="", message=message)
        return {one.item: unclear for one in group.targets}, []
    if code == _TAKEN:
        return {}, [Group(group.targets, tries=tries)]
    return {}, [replace(group, tries=tries, wait=min(2.0 ** (tries - 1), _LONGEST_WAIT))]


def _refused(code: str, message: str) -> WriteOutcome:
    if code in STALE:
        return Mismatch(key="")
    return Refused(key="", reason=code.lower() or "refused", message=message)
