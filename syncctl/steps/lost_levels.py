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
    agreed, missed = {}, {}
    for key, (listing_id, moved) in here.items():
        sent, level = json.loads(lost[key] or "{}"), levels[key]
        if level is not None and _stands_there(sent, level, moved):
            agreed[listing_id], missed[listing_id] = level, int(sent.get("missed", 0))
    with run.hub.transaction():
        run.hub.shown.agree(agreed, missed)
        run.hub.journal.supersede(name, LEVEL, lost)


def _stands_there(sent: Mapping[str, int], level: int, moved: int) -> bool:
    """Whether this is what was sent, less what orders took since then. `moved`: by orders, since both sides agreed."""
    return "moved" in sent and level == sent["to"] - (moved - sent["moved"])
