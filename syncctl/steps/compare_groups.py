"""Customer groups of both sides beside each other, and the missing ones made where a person says so (R27-R31)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from syncctl.hub.people import groups_at
from syncctl.rules.groups import Groups, compare_groups
from syncctl.steps.push_customers import goes_to
from syncctl.steps.run import BACK_OFFICE, Run
from syncctl.steps.side import side_of


@dataclass(frozen=True, slots=True)
class Compared:
    """`titles`: as each side lists them. `waiting`: (party, title) of the missing ones, with the customers who would
    be in them there. `made`: the titles made now, by party; `off`: parties to which nothing goes by the settings;
    `fixed`: parties whose groups the settings name, so that none is made there."""

    titles: Mapping[str, tuple[str, ...]]
    found: Groups
    waiting: Mapping[tuple[str, str], list[int]]
    off: frozenset[str]
    fixed: frozenset[str]
    made: dict[str, tuple[str, ...]] = field(default_factory=dict)


def look_at_groups(run: Run, *, create: bool) -> Compared:
    """Compare the groups of all sides that have them; `create`: make those that are missing. Again without harm."""
    sides = [side for side in (side_of(run, name) for name in (BACK_OFFICE, *run.stores)) if side.can.groups]
    titles = {side.party: tuple(sorted(side.titles)) for side in sides}
    used = {side.party: groups_at(run.hub.connection, side.party) for side in sides}
    found = compare_groups(titles, used)
    waiting = {
        (party, title): used[party].get(title, []) for party, lacking in found.missing.items() for title in lacking
    }
    off = frozenset(side.party for side in sides if not goes_to(run, side.party))
    fixed = frozenset(side.party for side in sides if not side.can.makes_groups)
    compared = Compared(titles, found, waiting, off, fixed)
    for side in sides if create else ():
        lacking = found.missing.get(side.party, ())
        if lacking and side.party not in off | fixed:
            run.checkpoint()
            side.create_groups(lacking)  # who waited for one is told by the next run, which looks for it again
            compared.made[side.party] = lacking
    return compared
