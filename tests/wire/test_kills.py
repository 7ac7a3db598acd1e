"""The process is killed while it waits for an answer: before the site did what was asked, or after it (row T1).

Nothing is lost and nothing is twice, counted in the site's own state and in the back office's own file; clean cycles
reach the state of a twin that was never killed. The normal run kills at a share of the requests, all writes among them;
SYNCCTL_WIRE_CELLS=all at each of them. Deaths between two statements on the hub: `tests/crash`.
"""

import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from signal import SIGKILL

import pytest

from tests.crash.oracle import State, sound
from tests.fakes.wire import Answer, Request
from tests.wire import oracle
from tests.wire.cells import kept_secrets, told
from tests.wire.killed import OUTPUT, ROOT, Killer
from tests.wire.platforms import PLATFORMS
from tests.wire.world import LATER, Asked, Scene, WireWorld

pytestmark = pytest.mark.wire

ALL = os.environ.get("SYNCCTL_WIRE_CELLS") == "all"
TWICE = 60 if ALL else 3
Record = Callable[[str, object], None]


@pytest.fixture(scope="session")
def killer(scene: Scene) -> Iterator[Killer]:
    [platform] = [name for name, kind in PLATFORMS.items() if isinstance(scene.world, kind)]
    killer = Killer(platform)
    yield killer
    killer.close()


def kill(killer: Killer, world: WireWorld, number: int, *, done: bool) -> list[str]:
    """What is wrong as soon as the run has died at this request. One that asks less than usual may end before it."""
    since, begun = world.events(), world.server.count
    ended = killer.run(world, number, done=done)
    last = number + begun > world.server.count > begun + number - 3
    assert world.server.errors == []
    output = (world.folder / OUTPUT).read_text(errors="replace")
    found = (
        []
        if ended == -SIGKILL or (last and ended in (0, 1))
        else [f"it was not killed, it ended with {ended}: {output[-800:]}"]
    )
    return [*found, *told(world, output), *kept_secrets(world), *oracle.wrong(world, since), *sound(world.folder)]


@pytest.mark.parametrize("done", [False, True], ids=["before it is done", "after it is done"])
def test_a_run_that_is_killed_at_a_request_loses_nothing_and_does_nothing_twice(
    scene: Scene, twin: tuple[State, int], requests: list[Asked], killer: Killer, done: bool, record_property: Record
) -> None:
    part = 1 if ALL else scene.world.shares.kills
    every = range(1 + done * (part // 2), len(requests) + 1, part)
    writes = [number for number, asked in enumerate(requests, 1) if done and scene.world.writes(asked)]
    found = []
    for number in sorted({*every, *writes}):
        world = scene.fresh()
        wrong = kill(killer, world, number, done=done)
        wrong += oracle.settle(world, twin[0], quiet=number % 5 == 0)
        found += [f"killed at request {number} {requests[number - 1]}: {one}" for one in wrong]
    record_property("wire kills", len({*every, *writes}))
    record_property("wire violations", len(found))
    assert not found, "\n".join(found)


def test_nor_does_one_that_is_killed_again_while_it_recovers(
    scene: Scene, twin: tuple[State, int], requests: list[Asked], killer: Killer, record_property: Record
) -> None:
    draw, found = random.Random("killed twice"), []
    for _ in range(TWICE):
        world = scene.fresh()
        first, second = draw.randint(1, len(requests)), draw.randint(1, len(requests) // 3)
        wrong = kill(killer, world, first, done=draw.random() < 0.5)
        since = world.events()
        killer.run(world, second, done=draw.random() < 0.5)  # what is left to do may take fewer requests than that
        wrong += [*oracle.wrong(world, since), *oracle.settle(world, twin[0])]
        found += [f"killed at request {first}, then at {second}: {one}" for one in wrong]
    record_property("wire kills", 2 * TWICE)
    record_property("wire violations", len(found))
    assert not found, "\n".join(found)


def test_the_program_as_it_is_installed_is_killed_at_its_last_write(
    scene: Scene, twin: tuple[State, int], requests: list[Asked]
) -> None:
    world = scene.fresh()
    world.site.clock = world.exactly
    write = scene.world.writes
    seen: list[Request] = []

    def strike(request: Request, _answer: Answer) -> None:
        if write(world.named(request)):
            seen.append(request)
        if len(seen) == sum(map(write, requests)):
            process.kill()

    world.hurry *= 0  # its clock is the machine's own
    world.server.after = strike
    command = [sys.executable, "-m", "syncctl", "--config", str(world.config), "sync-all"]
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, cwd=ROOT, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = process.communicate(timeout=60)[0]
    world.server.after = lambda _request, _answer: None
    assert process.returncode == -SIGKILL, output.decode()
    assert oracle.wrong(world, 0) == [] and sound(world.folder) == []
    assert oracle.settle(world, twin[0], after=LATER) == []
