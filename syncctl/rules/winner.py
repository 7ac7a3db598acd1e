"""Whose word holds where both sides changed a field: newest, web, back_office, or ask (R39, R40, R86)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from syncctl.rules.merging import Choice, Choose
from syncctl.settings.customers import Winner, WinnerSettings

BACK_OFFICE = "back-office"


@dataclass(frozen=True, slots=True)
class Told:
    """Who said a value, and when: the record's own time of change; else when we first saw it, in the run `seen_run`.

    `seen_run` None: `at` is the record's own time.
    """

    party: str
    at: datetime | None = None
    seen_run: int | None = None


def choose(field: str, winner: Winner, ours: Told, theirs: Told, *, joined: bool = False) -> Choice:
    """Whose value of `field` holds. `joined`: the two records meet for the first time, so nobody has changed it.

    Then the younger record does not prove the younger field, so each side keeps its own.
    """
    web = {"ours": ours.party != BACK_OFFICE, "theirs": theirs.party != BACK_OFFICE}
    if winner == "ask" or (joined and field == "group"):
        return "ask"
    if winner in ("web", "back_office") and web["ours"] != web["theirs"]:
        return "ours" if web["ours"] == (winner == "web") else "theirs"
    return "keep" if joined else _newest(ours, theirs)


def chooser(settings: WinnerSettings, ours: Callable[[str], Told] | Mapping[str, Told], theirs: Told) -> Choose:
    """`choose` as `merging.merge` asks it, by the merchant's settings. `ours`: who said each of the hub's fields."""
    told = ours if callable(ours) else ours.__getitem__

    def chosen(field: str, joined: bool) -> Choice:
        return choose(field, getattr(settings, field), told(field), theirs, joined=joined)

    return chosen


def _newest(ours: Told, theirs: Told) -> Choice:
    """The later one; a person is asked where that cannot be told: two changes that were first seen in one cycle."""
    seen_at_once = ours.seen_run is not None and ours.seen_run == theirs.seen_run
    if ours.at is None or theirs.at is None or ours.at == theirs.at or seen_at_once:
        return "ask"
    return "ours" if ours.at > theirs.at else "theirs"
