"""The wire between us and a real Tryton fails in the ways of web APIs, at one call or at many.

A clean run later nothing is lost and nothing is twice, counted in Tryton and in the shop; the exit code tells how it
went, and what is printed tells no secret and nothing personal. The normal run takes a few faults, where they hurt, and
days on which all of them strike one call after the other. SYNCCTL_TRYTON_FAULTS takes so many for each moment at which
stock falls, or `all`: every fault at every call.
"""

import os
import time
from collections.abc import Callable, Sequence
from itertools import cycle, islice

from tests.crash.oracle import sound
from tests.fakes.wire import Request, WireFault
from tests.tryton import counted
from tests.tryton.busy import Busy, BusyWorld, Undisturbed
from tests.tryton.relay import spread, writes
from tests.wire.world import Ended

MOST = os.environ.get("SYNCCTL_TRYTON_FAULTS", "")
SLOW = 1.5  # seconds
FAULTS = {
    "429": WireFault("429_seconds"),
    "429 that does not say how long": WireFault("429_none"),
    "503": WireFault("503"),
    "slow": None,
    "drop": WireFault("reset"),
    "lost": WireFault("reset", done=True),
    "cut": WireFault("truncated"),
    "broken off": WireFault("reset_mid_body"),
    "page": WireFault("login_page"),
}
HURTS = {  # in the normal run: by the moment at which stock falls, a fault and the method whose last call meets it
    "order": [("lost", "model.sale.sale.confirm")],
    "shipment": [("cut", "model.sale.sale.create")],
}
TOLD = ("429", "429 that does not say how long", "slow")
"""After these the call is made again, or has only taken long, whatever it is."""
IN_TURN = (
    *("429", "503", "ok", "drop", "ok", "ok", "429 that does not say how long", "ok", "lost", "ok", "ok", "ok"),
    *("broken off", "ok", "ok", "ok", "ok", "ok", "cut", "ok", "ok", "ok", "ok", "ok", "ok", "page", "ok"),
)
DAYS = 3  # on which the wire fails, before it is sound again
Cell = tuple[str, int]
"""A fault, and the number of the call that it strikes."""
Record = Callable[[str, object], None]


def strike(world: BusyWorld, kind: str, number: int) -> None:
    """Let the call with this number, of those to come, meet this fault."""
    fault, at = FAULTS[kind], world.relay.count + number
    if fault:
        world.relay.fail(fault, at=at)
        return

    def wait(request: Request) -> None:
        if request.number == at:
            time.sleep(SLOW)

    world.relay.before = wait


def codes_of(kind: str, method: str) -> set[int]:
    """How a cycle may end in which this fault strikes this call."""
    if kind in TOLD:
        return {0}
    if kind in ("cut", "page"):
        return {3}  # what cannot be read is not asked again
    return {3} if writes(method) else {0}


def judged(world: BusyWorld, ended: Ended, codes: set[int]) -> list[str]:
    """What is wrong at once with how a cycle ended, what it told and what it left."""
    found = [] if ended.code in codes else [f"it ended with {ended.code}, not {codes}: {ended.text[-800:]}"]
    if "Traceback" in ended.text or list(world.folder.glob("syncctl-crash-*")):
        found.append(f"it told of a bug: {ended.text[-1500:]}")
    return [*found, *world.told(ended.text), *world.kept(), *counted.wrong(world), *sound(world.folder)]


def cells(calls: Sequence[str], falls_on: str) -> list[Cell]:
    """What strikes which call."""
    if MOST:
        every = [(kind, number) for kind in FAULTS for number in range(1, len(calls) + 1)]
        return spread(every, len(every) if MOST == "all" else int(MOST))
    return [(kind, len(calls) - calls[::-1].index(method)) for kind, method in HURTS[falls_on]]


def test_a_call_that_fails_loses_nothing_and_does_nothing_twice(
    busy: Busy, undisturbed: Undisturbed, record_property: Record
) -> None:
    chosen, found = cells(undisturbed.calls, busy.falls_on), []
    for kind, number in chosen:
        world, method = busy.fresh(), undisturbed.calls[number - 1]
        strike(world, kind, number)
        wrong = judged(world, world.command(), codes_of(kind, method))
        wrong += counted.settle(world, undisturbed.state)
        found += [f"{kind} at call {number} ({method}): {one}" for one in wrong]
    record_property("tryton faults", len(chosen))
    record_property("tryton violations", len(found))
    assert not found, "\n".join(found)


def test_nor_do_days_on_which_one_call_after_the_other_fails(busy: Busy, undisturbed: Undisturbed) -> None:
    found: list[str] = []
    for begin in range(len(IN_TURN) if MOST == "all" else 1):
        world, met = busy.fresh(), set()
        for day in range(DAYS):
            kinds = list(islice(cycle(IN_TURN), begin + 8 * day, begin + 8 * day + 4 * len(undisturbed.calls)))
            first = world.relay.count + 1
            world.relay.faults = {
                number: fault for number, kind in enumerate(kinds, first) if (fault := FAULTS.get(kind)) is not None
            }
            ended = world.command()
            assert len(world.relay.log) < len(kinds), "no call is made for ever"
            met |= set(kinds[: len(world.relay.log)])
            found += [f"beginning at {begin}, day {day}: {one}" for one in judged(world, ended, {0, 1, 3})]
        assert met == set(IN_TURN)
        found += [f"beginning at {begin}: {one}" for one in counted.settle(world, undisturbed.state)]
    assert not found, "\n".join(found)
