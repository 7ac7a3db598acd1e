"""Levels that are compared together, for an order that takes from one of them moves no other.

Such are the listings of one SKU, of a kit and its components, and of kits that have a component in common.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from syncctl.connectors.base import StoreAbilities
from syncctl.hub import Hub
from syncctl.hub.shown import Shown
from syncctl.model import LevelChange

Pair = tuple[Shown, LevelChange]


@dataclass(frozen=True, slots=True)
class Batch:
    """Listings whose levels may change, and by each of them those beside it, whose levels must be what they were.

    `last`: of those that were asked for. Others may change too, where all that stand beside them are here. `beside`
    also says how many units one unit of those takes, as `hub.shown` tells it.
    """

    ids: Sequence[int]
    beside: Mapping[int, Mapping[int, int]]
    last: int

    @property
    def every(self) -> list[int]:
        return list(dict.fromkeys([*self.ids, *(other for one in self.ids for other in self.beside.get(one, ()))]))

    def missed_beside(self, listing_id: int, missed: Mapping[int, int]) -> int:
        """The most that those beside a listing took of its stock with the units that they miss."""
        return sum(missed.get(other, 0) * units for other, units in self.beside.get(listing_id, {}).items())

    def guarded(self, changes: Sequence[Pair], guards: Sequence[Pair]) -> list[Pair]:
        """The changes, and behind them those guards that stand beside one of them, each with the word of its group."""
        words = self._words(changes, guards)
        moving = {words[one.listing_id] for one, _ in changes}
        pairs = [*changes, *(pair for pair in guards if words[pair[0].listing_id] in moving)]
        sizes = Counter(words[one.listing_id] for one, _ in pairs)
        named = [words[one.listing_id] for one, _ in pairs]
        return [
            (one, replace(change, together=str(word) if sizes[word] > 1 else ""))
            for (one, change), word in zip(pairs, named, strict=True)
        ]

    def _words(self, changes: Sequence[Pair], guards: Sequence[Pair]) -> dict[int, int]:
        """By listing the first of its group. Whatever changes is of one group with all that stand beside it."""
        words = {one.listing_id: one.listing_id for one, _ in (*changes, *guards)}
        for one, _ in changes:
            beside = self.beside.get(one.listing_id, ())
            joined = {words[other] for other in (one.listing_id, *beside) if other in words}
            if len(joined) > 1:
                words = {each: min(joined) if word in joined else word for each, word in words.items()}
        return words


def batch_of(hub: Hub, can: StoreAbilities, listing_ids: Sequence[int]) -> Batch:
    """As many of these, in their order, as go out at once with those beside them; one at least.

    Where more stand beside one than can be compared together, only those do that it has its stock from.
    """
    if not can.levels_together:
        ids = listing_ids[: can.level_batch]
        return Batch(ids, {}, ids[-1])
    beside = _beside(hub, can, listing_ids)
    ids = listing_ids[: _fitting(can, listing_ids, beside)]
    asked = Batch(ids, beside, ids[-1])
    every = asked.every
    if len(every) == len(ids):
        return asked
    others = hub.shown.beside(every)
    whole = [one for one in every if {other.listing_id for other in others.get(one, ())} <= set(every)]
    return Batch(list(dict.fromkeys([*ids, *whole])), {**_beside(hub, can, every), **beside}, ids[-1])


def _beside(hub: Hub, can: StoreAbilities, listing_ids: Sequence[int]) -> dict[int, dict[int, int]]:
    beside = {}
    for one, others in hub.shown.beside(listing_ids).items():
        kept = others if len(others) < can.levels_together else [other for other in others if other.is_source]
        beside[one] = {other.listing_id: other.units for other in kept[: can.levels_together - 1]}
    return beside


def _fitting(can: StoreAbilities, listing_ids: Sequence[int], beside: Mapping[int, Mapping[int, int]]) -> int:
    """How many of these go out at once."""
    every: set[int] = set()
    linked: set[int] = set()
    for count, one in enumerate(listing_ids):
        group = {one, *beside.get(one, ())}
        more = group if len(group) > 1 else set()
        if count and (len(every | group) > can.level_batch or len(linked | more) > can.levels_together):
            return count
        every, linked = every | group, linked | more
    return len(listing_ids)
