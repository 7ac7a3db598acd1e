"""What became of levels whose reply was lost: seen in the level, once it is read.

A level that stands there as it was sent is ours. Taken for a drop that no order explains, it would be held back once
more, and what can be sold would not be shown for a cycle.
"""

import json
from collections.abc import Mapping

from syncctl.steps.run import Run

LEVEL = "level.set"


def recall_levels(run: Run, name: str, levels: Mapping[str, int | None]) -> None:
    """Of these levels of a store as they were read just now, by listing: agree on those that a lost write made."""
    lost = {key: payload for key, payload in run.hub.journal.lost(name, LEVEL).items() if key in levels}
    if not lost:
        return
    here = run.hub.shown.moved(name, lost)
    with run.hub.transaction():
        run.hub.shown.agree(
            {
                listing_id: level
                for key, (listing_id, moved) in here.items()
                if (level := levels[key]) is not None and _stands_there(lost[key], level, moved)
            }
        )
        run.hub.journal.supersede(name, LEVEL, lost)


def _stands_there(payload: str, level: int, moved: int) -> bool:
    """Whether this is what was sent, less what orders took since then. `moved`: by orders, since both sides agreed."""
    sent = json.loads(payload or "{}")
    return "moved" in sent and level == sent["to"] - (moved - sent["moved"])
