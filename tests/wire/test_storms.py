"""Storms (row T4 of the test plan): each request fails with some probability, for two cycles. Then all is well again.

`SYNCCTL_WIRE_STORMS` is the number of seeded storms of each strength.
"""

import os
import random

import pytest

from tests.crash.oracle import State
from tests.fakes.wire_faults import WireFault
from tests.wire import oracle
from tests.wire.cells import told
from tests.wire.world import Asked, Passing, Scene, WireWorld

pytestmark = pytest.mark.wire

STORMS = int(os.environ.get("SYNCCTL_WIRE_STORMS", "0"))
KINDS = ("429_seconds", "429_none", "500", "502", "503", "503_seconds", "504", "timeout_before", "timeout_after")
TRIES = 5
MOST = 600.0  # seconds that a run may wait in all


def storm(world: WireWorld, draw: random.Random, strength: float) -> None:
    first = world.server.count + 1
    world.server.faults = {
        number: WireFault(draw.choice(KINDS), seconds=2.0)
        for number in range(first, first + 500)
        if draw.random() < strength
    }


@pytest.mark.parametrize("strength", [0.1, 0.3, 0.6])
def test_after_a_storm_over_the_wire_all_is_well(
    scene: Scene, twin: tuple[State, int], requests: list[Asked], passing: Passing, strength: float
) -> None:
    for seed in range(STORMS or scene.world.shares.storms):
        draw = random.Random(f"{strength} {seed}")
        world = scene.fresh()
        for _ in range(2):
            since = world.events()
            storm(world, draw, strength)
            ended = world.command()
            assert ended.code in (0, 1, 3), (seed, ended)
            assert len(world.server.log) <= TRIES * len(requests), seed
            assert passing.waits[-1].waited <= MOST, seed
            assert [*told(world, ended.text), *oracle.wrong(world, since)] == [], seed
        assert oracle.settle(world, twin[0]) == [], seed
