"""Something happens on the site just before each request of the busy cycle (row T7 of the test plan).

A site that takes a level as it is told may promise what was sold since the orders were read for it, and no more than
that; the next cycle sees it and takes it back. One that compares never promises a unit that is not there.
"""

import os
import random
from collections.abc import Callable, Iterator
from itertools import combinations_with_replacement, product

import pytest

from tests.wire.races import race
from tests.wire.world import Asked, Scene

pytestmark = pytest.mark.wire

ALL = os.environ.get("SYNCCTL_WIRE_CELLS") == "all"
NAMES = ("an order", "an edited line", "a cancellation", "a level by hand")
Record = Callable[[str, object], None]


def test_the_law_of_levels_holds_where_nothing_happens(scene: Scene) -> None:
    assert race(scene) == []


@pytest.mark.parametrize("name", NAMES)
def test_whatever_happens_before_a_request_no_more_is_promised_than_the_site_lets_us_know_of(
    scene: Scene, requests: list[Asked], name: str, record_property: Record
) -> None:
    happening, part = scene.world.happenings[name], 1 if ALL else scene.world.shares.races
    numbers = range(1 + NAMES.index(name) % part, len(requests) + 1, part)
    found = [
        f"{name} before request {number} {requests[number - 1]}: {one}"
        for number in numbers
        for one in race(scene, (number, happening))
    ]
    record_property("wire races", len(numbers))
    record_property("wire violations", len(found))
    assert not found, "\n".join(found)


def test_two_things_happen_in_one_cycle(scene: Scene, requests: list[Asked], record_property: Record) -> None:
    happenings = scene.world.happenings
    found, drawn = [], list(pairs(len(requests), scene.world.shares.pairs))
    for (first, name), (second, other) in drawn:
        wrong = race(scene, (first, happenings[name]), (second, happenings[other]))
        found += [f"{name} before request {first}, {other} before {second}: {one}" for one in wrong]
    record_property("wire races", len(drawn))
    record_property("wire violations", len(found))
    assert not found, "\n".join(found)


def pairs(count: int, most: int) -> Iterator[tuple[tuple[int, str], tuple[int, str]]]:
    """What happens before which requests: every pair there is, in the order of requests, or so many drawn of them.

    SYNCCTL_WIRE_PAIRS=2/3 takes the second third of all.
    """
    every = [
        ((first, name), (second, other))
        for first, second in combinations_with_replacement(range(1, count + 1), 2)
        for name, other in product(NAMES, NAMES)
    ]
    part, _, of = os.environ.get("SYNCCTL_WIRE_PAIRS", "1/1").partition("/")
    yield from every[int(part) - 1 :: int(of)] if ALL else random.Random("pairs of races").sample(every, most)
