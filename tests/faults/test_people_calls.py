"""Every fault at every call about customers, groups and invitations: the exit code is right, nobody is twice or invited
twice, at most three clean cycles reach the state of a twin to whom nothing happened, and nobody's data is ever printed.
"""

from collections.abc import Callable, Iterator

import pytest

from syncctl.connectors.base import BackOffice, WebStore
from tests.crash.oracle import State
from tests.fakes.faulty import Call, Unread
from tests.faults import oracle
from tests.faults.kinds import HOLDS, KINDS, PRIVATE, Kind, codes_of, when_of
from tests.faults.people import ASSIGNED, PeopleWorld, set_people, state_of, told, wrong
from tests.faults.test_every_call import clean, struck_by
from tests.faults.world import FaultWorld, Scene, in_memory, small_steps

Record = Callable[[str, object], None]
SceneOf = Callable[[str], tuple[Scene, State]]
INVITES = ("mark_invited", "send_invites")
ABOUT_PEOPLE = frozenset("fetch_customers find_customers push_customers fetch_groups create_groups".split()) | {
    *INVITES
}
UNREAD = [  # what a person does about it: have all of them read again
    Kind(name, lambda w, _, which=which: Unread(w, which), lambda call: call.method == "fetch_customers", (0, 1))
    for name, which in (("one customer cannot be read", 0), ("no customer can be read", None))
]
MEANT = [kind for kind in (*KINDS, *UNREAD) if any(kind.strikes(Call(1, name, 1)) for name in ABOUT_PEOPLE)]
SCENES = {"shop": "state", "office": "mark"}  # by who has a group: how the shop tells of invitations


@pytest.fixture
def people(peoples: SceneOf) -> Iterator[SceneOf]:
    """The scene by who has a group; small steps last as long as the test."""
    with small_steps():
        yield peoples


@pytest.fixture(scope="session")
def peoples() -> Iterator[SceneOf]:
    """Each scene is set once; to be asked for while there are small steps."""
    scenes: dict[str, tuple[Scene, State]] = {}
    with in_memory() as folder:

        def of(grouped: str) -> tuple[Scene, State]:
            if grouped not in scenes:
                path = folder / grouped / "start"
                path.mkdir(parents=True)
                scene = set_people(path, grouped=grouped, invites=SCENES[grouped])
                with scene.copy() as world:
                    for _ in range(oracle.MOST_CYCLES):
                        world.run()
                    assert isinstance(world, PeopleWorld) and set(world.invited()) == set(ASSIGNED)
                    scenes[grouped] = scene, state_of(world)
            return scenes[grouped]

        yield of


def cell(scene: Scene, twin: State, kind: Kind, party: str, call: Call, sound: int) -> list[str]:
    """What is wrong after this fault at this call."""
    found: list[str] = []
    with scene.copy() as world:
        assert isinstance(world, PeopleWorld)
        holds = len(world.holds())
        plans = oracle.watched(world, {party: [kind.fault(when_of(kind, call), world)]}, found)
        ended = world.command(plans, "-vv", "sync-all")
        refused_for_ever = call.method in INVITES and 1 in kind.codes
        expected = {0, 1} if refused_for_ever else {max(code, sound) for code in codes_of(kind, call)}
        if ended.code not in expected:
            found.append(f"it ended with {ended.code}, not {expected}: {ended.text}")
        if "Traceback" in ended.text or PRIVATE in ended.text:
            found.append(f"it told too much: {ended.text}")
        found += told(world, ended.text)
        if kind.codes == HOLDS and not refused_for_ever and len(world.holds()) <= holds:
            found.append("nothing was held")
        found += [*oracle.wrong(world), *wrong(world)]
        if kind.retry:
            world.command({}, "holds", "retry", "--all")
        if kind in UNREAD:
            world.command({}, "customers", "match")
        world.hurry += kind.later
        see = _but_for_whom if kind.retry else _but_for_unclear_invitations
        found += oracle.settle(
            world, see(twin, world), quiet=call.number % 3 == 0, state_of=lambda w: see(state_of(w), w)
        )
        found += wrong(world)
        if call.method not in INVITES and set(world.invited()) != set(ASSIGNED):
            found.append(f"invited were {world.invited()}")
    return found


def _but_for_whom(state: State, world: FaultWorld) -> State:
    """Who was refused when his order was booked is not on it; afterwards he is made all the same."""
    state = _but_for_unclear_invitations(state, world)
    return state | {"documents": [row[:-1] for row in state["documents"]]}


def _but_for_unclear_invitations(state: State, world: FaultWorld) -> State:
    """A shop that keeps no state of its own can never tell what became of one: it is not sent again, as one that was
    refused is not."""
    state = state | {"invitations sent": []}  # see `world.invited()`
    if not world.rows("SELECT 1 FROM invitation WHERE state = 'unclear'"):
        return state
    writes = state["hub writes without an outcome"]
    return state | {"hub writes without an outcome": [row for row in writes if row[0] != "customer.invite"]}


def strike(scene: Scene, twin: State, kind: Kind, record: Record) -> None:
    calls, sound = clean(scene)
    struck = [(party, call) for party, call in struck_by(kind, calls) if call.method in ABOUT_PEOPLE]
    found = []
    for party, call in struck:
        if bad := cell(scene, twin, kind, party, call, sound):
            found.append(f"{kind.name} at call {call.number} of {party} ({call.method} {call.nth}):")
            found += [f"  {one}" for one in bad]
    record("fault cells", len(struck))
    record("fault violations", len(found))
    assert not found, "\n".join(found)
    assert struck


@pytest.mark.parametrize("kind", MEANT, ids=lambda kind: kind.name.replace(" ", "_"))
@pytest.mark.parametrize("grouped", SCENES)
def test_whatever_happens_to_a_call_about_customers_nobody_is_lost_twice_or_told_of(
    people: SceneOf, grouped: str, kind: Kind, record_property: Record
) -> None:
    strike(*people(grouped), kind, record_property)


def test_every_call_about_customers_is_struck_on_both_sides(people: SceneOf) -> None:
    made = {(call.method, party) for grouped in SCENES for party, call in clean(people(grouped)[0])[0]}
    wanted = {
        (name, party)
        for party, side in (("shop", WebStore), ("back-office", BackOffice))
        for name in ABOUT_PEOPLE & {*vars(side)}
    }
    assert wanted <= made and len(wanted) == 12


def test_what_is_private_would_be_seen_if_it_was_told(people: SceneOf) -> None:
    with people("shop")[0].copy() as world:
        assert isinstance(world, PeopleWorld)
        shown = world.command({}, "customers", "list", "--format", "json")
        assert shown.code == 0 and list(told(world, shown.text))
