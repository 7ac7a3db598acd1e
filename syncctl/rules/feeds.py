"""Which stores are fed from which of the back office's locations, and whose orders take units there."""

from collections.abc import Iterable
from dataclasses import dataclass

from syncctl.settings import Settings


@dataclass(frozen=True, slots=True)
class Feed:
    """Stores for which what may be sold is worked out alike.

    `locations`: those that feed them, empty: all. `apart`: stores whose orders take nothing there.
    """

    stores: tuple[str, ...]
    locations: tuple[str, ...]
    apart: tuple[str, ...]


def feeds(settings: Settings) -> list[Feed]:
    """The stores by what feeds them; mostly one group of all."""
    groups: dict[tuple[frozenset[str], frozenset[str]], list[str]] = {}
    for store in settings.stores:
        apart = frozenset(seller for seller in settings.stores if not settings.takes_from(seller, store))
        groups.setdefault((frozenset(settings.feeding(store)), apart), []).append(store)
    return [Feed(tuple(stores), _sorted(locations), _sorted(apart)) for (locations, apart), stores in groups.items()]


def sellers(settings: Settings, store: str) -> set[str]:
    """The stores whose orders take units that `store` shows, itself among them."""
    return {seller for seller in settings.stores if settings.takes_from(seller, store)}


def all_feeding(settings: Settings) -> tuple[str, ...]:
    """Every location that feeds some store; empty: all of them."""
    lists = [settings.feeding(store) for store in settings.stores]
    return _sorted({location for one in lists for location in one}) if all(lists) else ()


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names))
