"""Customer groups: matched by their exact titles; which of them are missing where (R25-R31)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from syncctl.rules.winner import BACK_OFFICE

Titles = Mapping[str, Collection[str]]


@dataclass(frozen=True, slots=True)
class Groups:
    """`missing`: titles by the party that lacks them. `enabling`: parties without any group at all: there the
    missing ones are made without being asked for (R29). `alike`: of a missing title, the party's own that differs by
    case or spaces alone: perhaps a slip, never taken for the same.
    """

    missing: Mapping[str, tuple[str, ...]]
    enabling: frozenset[str]
    alike: Mapping[tuple[str, str], str]  # (party, missing title) -> its own title

    def to_make(self, party: str) -> tuple[str, ...]:
        """The titles to make at a party without being asked for."""
        return self.missing.get(party, ()) if party in self.enabling else ()


def compare_groups(titles: Titles, used: Titles, enabled: Collection[str] = ()) -> Groups:
    """Which titles are missing where. All by party, only those that can keep groups.

    `titles`: as each side lists them. `used`: those of the customers who are linked there, as the hub has them.
    `enabled`: parties that enabled themselves before, and may not have been finished with.

    A store needs the back office's titles, the back office those of all stores; both, those of their customers.
    """
    missing: dict[str, tuple[str, ...]] = {}
    alike = {}
    for party, own in titles.items():
        others = [titles[one] for one in titles if (one == BACK_OFFICE) != (party == BACK_OFFICE)]
        lacking = sorted(_all([*others, used.get(party, ())]) - set(own))
        if lacking:
            missing[party] = tuple(lacking)
        loosely = {_loosely(title): title for title in sorted(own)}
        alike.update({(party, title): loosely[_loosely(title)] for title in lacking if _loosely(title) in loosely})
    enabling = frozenset(party for party in missing if not titles[party] or party in enabled)
    return Groups(missing, enabling, alike)


def _all(titles: Iterable[Iterable[str]]) -> set[str]:
    return {title for some in titles for title in some if title.strip()}


def _loosely(title: str) -> str:
    return " ".join(title.casefold().split())
