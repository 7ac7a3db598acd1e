"""Every fault at each second call of a busy cycle: the exit code is right, nothing is told that must not be, what must
hold holds at once, and at most three clean cycles reach the state of a twin to whom nothing happened.

SYNCCTL_FAULT_CELLS=all takes every call, for which the normal run has no time.
"""

import os
from collections.abc import Callable

import pytest

from syncctl.connectors.base import BackOffice, WebStore
from tests.crash.oracle import State
from tests.fakes.faulty import WRITES, Call
from tests.faults import oracle
from tests.faults.conftest import SceneOf
from tests.faults.kinds import HOLDS, KINDS, PRIVATE, Kind, codes_of, when_of
from tests.faults.world import FaultWorld, Scene

ALL = os.environ.get("SYNCCTL_FAULT_CELLS") == "all"
Record = Callable[[str, object], None]
Calls = list[tuple[str, Call]]


def cell(scene: Scene, twin: State, kind: Kind, party: str, call: Call, sound: int) -> list[str]:
    """What is wrong after this fault at this call."""
    found: list[str] = []
    with scene.copy() as world:
        holds = len(world.holds())
        ended = world.command(oracle.watched(world, {party: [kind.fault(when_of(kind, call), world)]}, found))
        expected = {max(code, sound) for code in codes_of(kind, call)}
        if ended.code not in expected:
            found.append(f"it ended with {ended.code}, not {expected}: {ended.text}")
        if "Traceback" in ended.text or PRIVATE in ended.text or _crash_file_tells(world):
            found.append(f"it told too much: {ended.text}")
        if kind.codes == HOLDS and len(world.holds()) <= holds:
            found.append("nothing was held")
        found += oracle.wrong(world)
        if kind.retry:
            world.command({}, "holds", "retry", "--all")
        world.hurry += kind.later
        quiet = call.number % 3 == 0  # a sample, for the time it takes
        return found + oracle.settle(world, oracle.without_the_refused(twin, world), quiet=quiet)


def _crash_file_tells(world: FaultWorld) -> bool:
    return any(PRIVATE in path.read_text() for path in world.folder.glob("syncctl-crash-*"))


def struck_by(kind: Kind, calls: Calls) -> Calls:
    """The calls that a kind of fault has a meaning for; of those that strike a method's every call, its first."""
    struck = [(party, call) for party, call in calls if kind.strikes(call)]
    if kind.every:
        struck = list({(party, call.method): (party, call) for party, call in reversed(struck)}.values())
    return struck


def strike(scene: Scene, twin: State, kind: Kind, record: Record, every: int = 1) -> None:
    """The cells of one kind of fault, at every call that it has a meaning for; or at each `every`-th of them."""
    calls, sound = clean(scene)
    struck = struck_by(kind, calls)[::every]
    found = []
    for party, call in struck:
        if wrong := cell(scene, twin, kind, party, call, sound):
            found.append(f"{kind.name} at call {call.number} of {party} ({call.method} {call.nth}):")
            found += [f"  {one}" for one in wrong]
    record("fault cells", len(struck))
    record("fault violations", len(found))
    assert not found, "\n".join(found)
    assert struck


def clean(scene: Scene) -> tuple[Calls, int]:
    """Every call of the cycle to which nothing happens, by party, and how it ends."""
    with scene.copy() as world:
        code = world.run().exit_code
        return [(party, call) for party, side in world.sides.items() for call in side.calls], code


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name.replace(" ", "_"))
def test_whatever_happens_to_a_call_nothing_is_lost_and_nothing_is_twice(
    scene_of: SceneOf, kind: Kind, record_property: Record
) -> None:
    strike(*scene_of("order", "now"), kind, record_property, every=1 if ALL else 3)


SAMPLED = ("cannot be reached", "the reply is lost", "taken in for later", "too few answers", "all are refused")


@pytest.mark.parametrize("name", SAMPLED)
@pytest.mark.parametrize("falls_on, answers", [("shipment", "now"), ("order", "later")])
def test_so_it_is_where_stock_falls_at_shipment_and_where_the_books_answer_later(
    scene_of: SceneOf, name: str, falls_on: str, answers: str, record_property: Record
) -> None:
    [kind] = [kind for kind in KINDS if kind.name == name]
    strike(*scene_of(falls_on, answers), kind, record_property, every=6)


def test_the_cells_are_enough_and_every_call_that_a_cycle_can_make_is_among_them(scene_of: SceneOf) -> None:
    calls, _ = clean(scene_of("order", "now")[0])
    later, _ = clean(scene_of("order", "later")[0])
    assert sum(len(struck_by(kind, calls)) for kind in KINDS) >= 600
    interface = {
        name
        for side in (WebStore, BackOffice)
        for name in vars(side)
        if name.startswith((*WRITES, "fetch_", "find_", "about"))
    }
    # customers by themselves, their groups and their invitations: see `test_people_calls`
    not_here = {"fetch_customers", "fetch_groups", "create_groups", "mark_invited", "send_invites"}
    not_here |= {"fetch_locations"}  # no cycle asks for them: `init` does
    assert {call.method for _, call in [*calls, *later]} | not_here == interface
