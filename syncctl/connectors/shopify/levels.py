"""Levels of a shop's stock, at one location: read now, and written where they are still what was read.

Where on_hand is written, it is on_hand that is compared: units that an order gives back between the reading and the
writing, by being called off, come on top of what is available. Listings of one SKU are compared together, and by what
is available whatever is set: an order takes nothing from what is on hand, so that would not tell of it.

Each list of levels goes out under a key of its own, so that one whose answer was lost may be sent again as it is:
Shopify then answers from what it did, or that the levels are not those any more. Either way nothing is done twice.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from syncctl.connectors.shopify import catalog_documents as documents
from syncctl.connectors.shopify.answers import TooDear, by_index
from syncctl.connectors.shopify.base import ShopStore
from syncctl.connectors.shopify.gids import gid
from syncctl.connectors.shopify.groups import Payload, payloads, write
from syncctl.connectors.shopify.level_words import (
    Group,
    Levels,
    Target,
    bundles,
    grouped,
    halves,
    judged,
    to_target,
    tried_again,
)
from syncctl.connectors.shopify.variant_words import Ids, Level, level_of
from syncctl.model import LevelChange, Mismatch, Refused, WriteOutcome

MOST_ITEMS = 320
"""Levels that are read at once: as many as one document may ask for."""


class LevelStore(ShopStore):
    """Reading and writing of levels."""

    _just_read: tuple[str, Levels] = ("", {})  # where, and what `fetch_levels` read last; nobody has written it since

    def fetch_levels(self, listing_ids: Sequence[str], location: str = "") -> dict[str, int | None]:
        self.called("fetch_levels", listing_ids, self.abilities.level_batch)
        items = {one: ids.item for one in listing_ids if (ids := Ids.of(one)) is not None}
        place = location or self.settings.location
        read = self._read(list(dict.fromkeys(items.values())), place)
        self._just_read = (place, read)
        return {one: _available(read[item]) for one, item in items.items() if item in read}

    def push_levels(self, changes: Sequence[LevelChange]) -> list[WriteOutcome]:
        self.called("push_levels", changes, self.abilities.level_batch)
        outcomes: dict[str, WriteOutcome] = {}
        by_place: defaultdict[str, list[LevelChange]] = defaultdict(list)
        for change in changes:
            by_place[change.location or self.settings.location].append(change)
        for place, group in by_place.items():
            outcomes |= self._push(group, place)
        return [outcomes[one.key] for one in changes]

    def _push(self, changes: Sequence[LevelChange], location: str) -> dict[str, WriteOutcome]:
        """The outcomes by key. An item that is several listings' is written once; they all have what became of it."""
        outcomes: dict[str, WriteOutcome] = {}
        targets: dict[str, Target] = {}
        keys: defaultdict[str, list[str]] = defaultdict(list)
        read = self._expected(changes, location)
        for change in changes:
            target = to_target(change, Ids.of(change.listing_id), read, self.settings.quantity)
            if not isinstance(target, Target):
                outcomes[change.key] = target
            elif targets.setdefault(target.item, target) == target:
                keys[target.item].append(change.key)
            else:
                outcomes[change.key] = Mismatch(key=change.key)
        for item, outcome in self._write(list(targets.values()), location).items():
            outcomes |= {key: replace(outcome, key=key) for key in keys[item]}
        return outcomes

    def _expected(self, changes: Sequence[LevelChange], location: str) -> Levels:
        """The levels that the caller has just read. Others are read now; where on_hand is written, so are all of them,
        since what stands between the two must not be older than it needs to be."""
        place, read = self._just_read
        self._just_read = ("", {})
        known = read if place == location and self.settings.quantity == "available" else {}
        items = list(dict.fromkeys(ids.item for one in changes if (ids := Ids.of(one.listing_id)) is not None))
        return {**known, **self._read([one for one in items if one not in known], location)}

    def _read(self, items: Sequence[str], location: str) -> dict[str, Level | None]:
        """As many at once as one document may ask for, or as Shopify grants."""
        if not items or not location:
            return {}
        if len(items) <= MOST_ITEMS:
            try:
                return self._read_at_once(items, location)
            except TooDear:
                if len(items) == 1:
                    raise
        middle = len(items) // 2
        return {**self._read(items[:middle], location), **self._read(items[middle:], location)}

    def _read_at_once(self, items: Sequence[str], location: str) -> dict[str, Level | None]:
        lists = [items[start : start + documents.LIST] for start in range(0, len(items), documents.LIST)]
        variables = {f"ids{number}": ids for number, ids in enumerate(lists)}
        answer = self.admin.read(
            documents.levels(len(lists), len(items)), {"location": gid("Location", location), **variables}
        )
        rows = [row for number in range(len(lists)) for row in answer.data[f"a{number}"]]
        return {row["id"]: level_of(row) for row in rows if row is not None}

    def _write(self, targets: Sequence[Target], location: str) -> dict[str, WriteOutcome]:
        """The outcomes by item, without a key."""
        name, place = self.settings.quantity, gid("Location", location)
        outcomes: dict[str, WriteOutcome] = {}

        def send(groups: Sequence[Group]) -> list[Payload]:
            self.patience.sleep(max(one.wait for one in groups), self.name, "it is busy with the same levels")
            variables = {f"input{number}": one.variables(name, place) for number, one in enumerate(groups)}
            keys = {f"key{number}": one.key for number, one in enumerate(groups)}
            answer = self.admin.write(documents.set_levels(len(groups)), {**variables, **keys}, keyed=True)
            return payloads(answer, len(groups))

        def judge(group: Group, payload: Payload) -> list[Group]:
            told, again = _judged(group, payload, name, place)
            outcomes.update(told)
            return again

        together, alone = ([one for one in targets if bool(one.together) is each] for each in (True, False))
        groups = grouped(targets) if name == "available" else [*grouped(together), *grouped(alone)]
        for group in write(groups, send, judge):  # of lists that were refused too often nothing was done
            outcomes |= {one.item: Mismatch(key="") for one in group.targets}
        return outcomes


def _available(level: Level | None) -> int | None:
    return level.available if level is not None else None


def _judged(group: Group, payload: Payload, name: str, location: str) -> tuple[dict[str, WriteOutcome], list[Group]]:
    if isinstance(payload, str):
        return tried_again(group, "", payload)
    if isinstance(payload, Exception):
        if len(bundles(group.targets)) > 1:
            return {}, halves(group.targets)
        return {one.item: Refused(key="", reason="refused", message=str(payload)) for one in group.targets}, []
    errors = by_index(payload["userErrors"], "quantities", group.variables(name, location))
    return judged(group, payload, errors, name, location)
