"""The process is killed while it waits for Tryton: before a call was done, or after it.

Nothing is lost and nothing is twice, counted in Tryton and in the shop; clean cycles reach the state of a twin that was
never killed. SYNCCTL_TRYTON_KILLS is the number of kills, over both moments at which stock falls, or `all`: before each
call, and after each that writes.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from signal import SIGKILL

from tests.crash.oracle import sound
from tests.fakes.wire import Answer, Request
from tests.tryton import counted
from tests.tryton.busy import Busy, BusyWorld, Undisturbed
from tests.tryton.relay import spread, writes

KILLS = os.environ.get("SYNCCTL_TRYTON_KILLS", "6")
AGAIN = 3  # of so many, one is killed again while it recovers
Record = Callable[[str, object], None]
Point = tuple[int, bool]
"""The number of a call, and whether it is done."""


def points(calls: Sequence[str]) -> list[Point]:
    """Where to kill, spread over the whole cycle."""
    every = [
        (number, done) for number, method in enumerate(calls, 1) for done in (False, True) if not done or writes(method)
    ]
    return spread(every, len(every) if KILLS == "all" else int(KILLS) // 2)


def kill(world: BusyWorld, number: int, *, done: bool, surely: bool = True) -> list[str]:
    """What is wrong as soon as the program, as it is installed, has died at this call; or ended before it, where it is
    not `surely` made.
    """
    relay, begun, child = world.relay, world.relay.count, Future["Popen[bytes]"]()
    truly = relay.handle

    def handle(request: Request) -> Answer:
        strikes = request.number == begun + number
        answer = truly(request) if done or not strikes else Answer(status=503)
        if strikes:
            child.result(10).kill()
        return answer

    relay.handle = handle  # type: ignore[method-assign]  # as `Server` takes it from whoever makes one
    process = world.process()
    child.set_result(process)
    output = process.communicate(timeout=120)[0].decode(errors="replace")
    relay.handle = truly  # type: ignore[method-assign]
    assert relay.errors == []
    found = []
    if process.returncode != -SIGKILL and (surely or process.returncode not in (0, 1)):
        found = [f"it ended with {process.returncode}: {output[-800:]}"]
    return [*found, *world.told(output), *world.kept(), *counted.wrong(world), *sound(world.folder)]


def test_a_run_that_is_killed_at_a_call_loses_nothing_and_does_nothing_twice(
    busy: Busy, undisturbed: Undisturbed, record_property: Record
) -> None:
    chosen, found = points(undisturbed.calls), []
    for place, (number, done) in enumerate(chosen):
        world = busy.fresh()
        wrong = kill(world, number, done=done)
        if place % AGAIN == 1:
            wrong += kill(world, 1 + 5 * number % len(undisturbed.calls), done=not done, surely=False)
        wrong += counted.settle(world, undisturbed.state)
        where = f"{'after' if done else 'before'} call {number} ({undisturbed.calls[number - 1]})"
        found += [f"killed {where}: {one}" for one in wrong]
    record_property("tryton kills", len(chosen))
    record_property("tryton violations", len(found))
    assert not found, "\n".join(found)
    assert chosen
