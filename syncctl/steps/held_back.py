"""Units that left a store's level and that no order explains yet: held back for this cycle, and for `settle` at least.

Where a store finds its orders may lag behind its levels, so that an order which took them may not be seen yet: two runs
in quick succession must both leave them out. After that somebody took them by hand, and the level is put right.
"""

import json
from datetime import datetime

from syncctl import times
from syncctl.hub.shown import Shown
from syncctl.rules.availability import unexplained_drop
from syncctl.steps.run import Run


class HeldBack:
    """What is held back of one store's levels in this run; `save` keeps since when."""

    def __init__(self, run: Run, name: str) -> None:
        self._run = run
        self._key = f"held back {name}"
        self._before: dict[str, str] = json.loads(run.hub.state(self._key) or "{}")
        self._now: dict[str, str] = {}

    def of(self, one: Shown, level: int) -> int:
        """The units to leave out of what is written to a listing that shows `level`."""
        key = str(one.listing_id)
        drop = unexplained_drop(one.agreed, one.moved, level)
        since = self._now.get(key) or self._before.get(key)
        if not drop or (key not in self._now and since is not None and self._is_over(times.from_text(since))):
            self._now.pop(key, None)
            return 0
        self._now[key] = since or times.to_text(times.now())
        return drop

    def save(self) -> None:
        """Since when units are held back; of a level at which none are any more nothing is kept."""
        if self._now != self._before:
            self._run.hub.set_state(self._key, json.dumps(self._now, sort_keys=True))

    def _is_over(self, since: datetime) -> bool:
        return times.now() >= since + self._run.settings.safety.settle
