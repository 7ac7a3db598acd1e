"""Storms: each call fails with some probability, in whatever way, for several cycles. Then all is well again.

`SYNCCTL_STORMS` is the number of seeded storms of each strength.
"""

import os
import random
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from syncctl.errors import SignInNeeded, Unreachable
from tests.crash.oracle import State, differences, read
from tests.fakes.faulty import Call, FailBefore, Plan, at
from tests.faults import oracle
from tests.faults.kinds import DAY, KINDS, SPOILT, Kind
from tests.faults.world import OFFICE, FaultWorld, Scene, in_memory, small_steps

Record = Callable[[str, object], None]
STORMS = int(os.environ.get("SYNCCTL_STORMS", "80"))
SHARDS = 4
CYCLES = 3
ABORTED, FAILED, DONE = {70, 130}, {3, 4, 5}, {0, 1}  # exit codes; of several failures the greatest is told
DRAWN = [kind for kind in KINDS if not kind.every and kind.name != "answers exchanged"]  # of one there is no exchange
# Not whose an order is: while a customer is held, as refused, its orders are booked on the account of guests.
COMPARED = (
    "document lines",
    "document charges",
    "stock on hand",
    "listings",
    "fulfilments in the shop",
    "hub documents",
)


@pytest.fixture(scope="module")
def small() -> Iterator[tuple[Scene, State, int]]:
    """One shop, and one of each: a new order of a new buyer, a refund, a shipment, a price, a delivery, a hand edit.

    With the state that clean cycles make of it, and the calls that they take.
    """
    with small_steps(50), in_memory() as place:
        folder = place / "start"
        folder.mkdir()
        world = FaultWorld(folder)
        back = world.shop.place_order([("MUG", 3)])
        world.settle()
        world.shop.refund(back, {world.line_ids(back)[0]: 1}, restock=True)
        world.shop.place_order([("MUG", 2), ("TRAY", 1)], customer={"name": "Ann", "emails": ["ann@example.org"]})
        world.office.ship(world.documents(back)[0].reference, {world.line_ids(back)[0]: 2}, tracking_number="T-1")
        world.office.receive("TRAY", 9)
        world.office.set_price("TRAY", "4.50")
        world.shop.set_level("MUG", 99)
        world.close()
        scene = Scene(folder, {})
        with scene.copy() as twin:
            twin.run()
            calls = sum(len(side.calls) for side in twin.sides.values())
            twin.settle()
            yield scene, read(twin.folder), calls


class Storm:
    """Faults for one cycle, drawn as its calls come."""

    def __init__(self, draw: random.Random, strength: float, world: FaultWorld) -> None:
        self.draw, self.strength, self.world = draw, strength, world
        self.drawn: dict[str, list[Kind]] = {OFFICE: [], "shop": []}
        self.plans = {party: Plan(hook=self._hook(party)) for party in self.drawn}

    def _hook(self, party: str) -> Callable[[str, Call], None]:
        def strike(phase: str, call: Call) -> None:
            faults = self.plans[party].faults
            if phase == "before" and (not faults or faults[-1].when.number != call.number):  # else no page came
                kind = self.draw.choice([kind for kind in DRAWN if kind.strikes(call)])
                if self.draw.random() < self.strength:
                    faults.append(kind.fault(at(call.number), self.world))
                    self.drawn[party].append(kind)

        return strike

    def run(self, most_calls: int) -> int:
        """One cycle; its end must tell what struck it, and it must have given up in time. Returns the strikes."""
        try:
            code = self.world.run(plans=self.plans).exit_code
        except (RuntimeError, KeyboardInterrupt) as error:
            code = 130 if isinstance(error, KeyboardInterrupt) else 70
        sides = self.world.sides
        struck = [self.drawn[party][place] for party in self.drawn for place in sides[party].struck]
        # an answer that was spoilt may be spoilt again when it is asked for once more
        surely = {one for kind in struck if kind.name not in SPOILT for one in kind.codes}
        ends = _ends(surely) | _ends({one for kind in struck for one in kind.codes})
        assert code in ends, (code, [kind.name for kind in struck])
        assert sum(len(side.calls) for side in sides.values()) <= most_calls
        return len(struck)


def _ends(codes: set[int]) -> set[int]:
    return codes & ABORTED or ({max(codes & FAILED)} if codes & FAILED else set(DONE))


def settle(world: FaultWorld, twin: State) -> list[str]:
    """Clean cycles, at most three, after a person has said of all that was held: try again."""
    if world.holds():
        with world.hub() as hub:
            hub.holds.retry(None)
        world.hurry += DAY
    found: list[str] = []
    for _ in range(oracle.MOST_CYCLES):
        assert world.run().exit_code in (0, 1)
        state = read(world.folder)
        found = [
            one for one in differences(state, twin | {"documents": state["documents"]}) if one.startswith(COMPARED)
        ]
        if not found:
            break
    references = [row[0] for row in read(world.folder)["documents"]]
    missing = {row[0] for row in twin["documents"]} ^ set(references)
    return [*found, *(f"documents: {one}" for one in missing), *oracle.wrong(world)]


@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("strength", [0.1, 0.3, 0.6])
def test_after_a_storm_all_is_well(
    small: tuple[Scene, State, int], strength: float, shard: int, record_property: Record
) -> None:
    scene, twin, calls = small
    struck = 0
    seeds = range(shard, STORMS, SHARDS)
    for seed in seeds:
        draw = random.Random(f"{strength} {seed}")
        with scene.copy() as world:
            for _ in range(CYCLES):
                struck += Storm(draw, strength, world).run(3 * calls)
                assert oracle.wrong(world) == [], seed
            assert settle(world, twin) == [], seed
    record_property("fault storms", len(seeds))
    record_property("fault storm strikes", struck)
    assert struck >= len(seeds) * strength


@pytest.mark.parametrize("party", [OFFICE, "shop"])
def test_an_hour_without_the_other_side_is_an_hour_of_short_runs_and_then_all_is_well(
    small: tuple[Scene, State, int], party: str
) -> None:
    scene, twin, _ = small
    with scene.copy() as world:
        for _ in range(12):
            down = [FailBefore(at(number), Unreachable("connection refused")) for number in range(1, 9)]
            assert world.run(plans={party: list(down)}).exit_code == 3
            assert len(world.sides[party].calls) <= 2, "one try for each step"
            assert oracle.wrong(world) == []
            world.hurry += timedelta(minutes=5)
        assert settle(world, twin) == []


def test_a_sign_in_that_comes_and_goes_is_told_each_time_and_nothing_is_twice(
    small: tuple[Scene, State, int],
) -> None:
    scene, twin, calls = small
    with scene.copy() as world:
        for number in range(1, calls + 1):
            refused = {name: [FailBefore(at(number), SignInNeeded("expired"))] for name in (OFFICE, "shop")}
            struck = world.run(plans=refused)
            reached = any(len(side.calls) >= number for side in world.sides.values())
            assert struck.exit_code == (4 if reached else 0)
            assert oracle.wrong(world) == []
        assert settle(world, twin) == []
