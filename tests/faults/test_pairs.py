"""Two things happen on the other sides, at any two moments of a cycle: whatever is written then is lawful (I3).

That one thing happens before any call stands in `tests/test_races.py`, whose judge of every write is this one's too.
"""

from collections.abc import Callable, Iterator
from itertools import combinations_with_replacement, product

import pytest

from tests.fakes.faulty import Between, at
from tests.faults.world import OFFICE, in_memory
from tests.test_races import (
    Race,
    Start,
    cancellation,
    edit,
    level_edited_down,
    level_edited_up,
    order,
    sale_at_the_counter,
    set_start,
)

SHARDS = 4
Slot = tuple[str, int]
HAPPENINGS = (order, edit, sale_at_the_counter, level_edited_down, level_edited_up, cancellation)
TWO = tuple(product(HAPPENINGS[:4], HAPPENINGS))  # the first and the second; each pair of moments has one of these


@pytest.fixture(scope="module")
def prepared() -> Iterator[tuple[Start, list[Slot]]]:
    """The start, and every call of the cycle to which nothing happens, in their order by party."""
    with in_memory() as place:
        start = set_start(place)
        with start.race() as race:
            race.run()
            sides = [("shop", "shop"), ("office", OFFICE)]
            slots = [(name, call.number) for name, party in sides for call in race.world.sides[party].calls]
        yield start, slots


@pytest.mark.parametrize("shard", range(SHARDS))
def test_two_things_at_any_two_moments_of_the_cycle(
    prepared: tuple[Start, list[Slot]], shard: int, record_property: Callable[[str, object], None]
) -> None:
    start, slots = prepared
    pairs = list(combinations_with_replacement(slots, 2))
    assert len(slots) >= 16 and len(pairs) == len(slots) * (len(slots) + 1) // 2
    mine = list(enumerate(pairs))[shard::SHARDS]
    judged = 0
    for number, pair in mine:
        things = TWO[number * 7 % len(TWO)]
        with start.race() as race:
            judged += strike(race, list(zip(pair, things, strict=True)))
    assert judged > len(mine)
    record_property("fault races of two", len(mine))


def strike(race: Race, happenings: list[tuple[Slot, Callable[[Race], object]]]) -> int:
    """One race, and three cycles after it. Returns how many writes of levels were judged."""
    struck = []
    faults: dict[str, list[Between]] = {"shop": [], "office": []}
    for (side, number), thing in happenings:

        def happen(thing: Callable[[Race], object] = thing) -> None:
            struck.append(thing)
            thing(race)

        faults[side].append(Between(at(number), happen))
    race.run(shop=[*faults["shop"]], office=[*faults["office"]])
    assert len(struck) == 2, happenings
    for _ in range(3):
        race.run()
        race.world.assert_never_oversold(happenings)
    race.world.assert_exact(happenings)
    race.world.assert_booked_once()
    return race.judged
