"""Units that left a store's level and that no order explains yet: held back for this cycle, and for `settle` at least.

Where a store finds its orders may lag behind its levels, so that an order which took them may not be seen yet: two runs
in quick succession must both leave them out. After that somebody took them by hand, and the level is put right.
"""

import json
from collections.abc import Iterable, Sequence

from syncctl import times
from syncctl.hub.shown import Shown
from syncctl.rules.availability import unexplained_drop
from syncctl.steps.run import Run

Units = Sequence[tuple[str, int]]
"""Since when, and how many; the oldest first."""


class HeldBack:
    """What is held back of one store's levels in this run; `save` and `close` keep since when.

    What was kept must never be older than what the level lacks: so that is forgotten before it is given up.
    """

    def __init__(self, run: Run, name: str) -> None:
        self._run = run
        self._key = f"held back in {name}"
        self._saved = run.hub.state(self._key) or "{}"
        # By listing: the units that orders had moved by then since both sides agreed on it, and those that it lacked.
        self._kept: dict[str, tuple[int, Units]] = json.loads(self._saved)
        self._met: dict[str, tuple[int, Units]] = {}  # the same of this run, with what is given up

    def of(self, one: Shown, level: int) -> int:
        """The units to leave out of what is written to a listing that shows `level`."""
        key = str(one.listing_id)
        now = times.now()
        old, new = self._missed(one, level)
        left_now = [(times.to_text(now), new)] if new else []
        over = times.to_text(now - self._run.settings.safety.settle)
        self._met[key] = one.moved, [*old, *left_now]
        waiting = [*((since, units) for since, units in old if since > over), *left_now]
        self._put(key, 0, waiting)  # it is agreed on anew
        return sum(units for _, units in waiting)

    def not_given_up(self, listing_ids: Iterable[int]) -> None:
        """These levels were not written: what they lack is as old in the next run as it is now."""
        for one in listing_ids:
            self._put(str(one), *self._met[str(one)])

    def save(self) -> None:
        """Since when units are held back; before anything that follows from it is sent, or agreed on."""
        text = json.dumps(self._kept, sort_keys=True)
        if text != self._saved:
            self._run.hub.set_state(self._key, text)
            self._saved = text

    def close(self) -> None:
        """All levels that differ were met; of one that does not, nothing is kept."""
        self._kept = {key: kept for key, kept in self._kept.items() if key in self._met}
        self.save()

    def _put(self, key: str, moved: int, units: Units) -> None:
        self._kept.pop(key, None)
        if units:
            self._kept[key] = moved, units

    def _missed(self, one: Shown, level: int) -> tuple[Units, int]:
        """Those that were missed before, and how many left since then: as many as can be, for orders that were seen
        meanwhile explain the oldest first."""
        drop = unexplained_drop(one.agreed, one.moved, level)
        moved, before = self._kept.get(str(one.listing_id), (0, ()))
        known = sum(units for _, units in before)
        left = (one.agreed or 0) - moved - known - level
        new = min(drop, max(0, left, drop - known))
        return _youngest(before, drop - new), new


def _youngest(before: Units, count: int) -> Units:
    """So many of these units."""
    found: list[tuple[str, int]] = []
    for since, units in reversed(before):
        taken = min(units, count)
        count -= taken
        found += [(since, taken)] if taken else []
    return found[::-1]
