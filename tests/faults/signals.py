"""Sends signals around every call of a busy cycle: `python -m tests.faults.signals FOLDER SHARD SHARDS`.

A process of its own, with one thread, forks a child for each place; the child runs the real command line and sends
itself the signal there. Prints one JSON object: `cells`, how many `ended` how, and the `violations`.
"""

import json
import os
import signal
import sys
import time
from collections import Counter
from pathlib import Path

from tests.crash.driver import fork
from tests.crash.oracle import State
from tests.fakes.faulty import Call, Plan
from tests.faults import oracle
from tests.faults.test_every_call import clean
from tests.faults.world import OFFICE, STORES, FaultWorld, Scene, set_scene, small_steps

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
MOST_SECONDS = 10
_OF_THE_RUN = "run_id = (SELECT max(id) FROM run)"


def strike(scene: Scene, party: str, number: int, phase: str, sent: signal.Signals) -> tuple[int, str]:
    """Run the command in a child that gets the signal at this call; how it ended, and what it printed."""
    folder = scene.fresh()

    def hook(when: str, call: Call) -> None:
        if when == phase and call.number == number:
            os.kill(os.getpid(), sent)

    def child(tell: object) -> int:
        world = FaultWorld(folder, goods=(), **scene.options)
        plans = {name: Plan(hook=hook if name == party else None) for name in (OFFICE, *STORES)}
        ended = world.command(plans)
        assert callable(tell)
        tell(ended.text)
        return ended.code

    ended = fork(child)
    return (ended.code if not ended.signal else -ended.signal), ended.text


def cell(scene: Scene, twin: State, party: str, number: int, phase: str, sent: signal.Signals) -> tuple[int, list[str]]:
    """The exit code, and what is wrong after this signal at this call."""
    began = time.monotonic()
    code, text = strike(scene, party, number, phase, sent)
    wrong = [f"it took {time.monotonic() - began:.1f} s"] if time.monotonic() - began > MOST_SECONDS else []
    if code not in (0, 128 + sent):  # 0: there was nothing left to stop before
        wrong.append(f"it ended with {code}: {text}")
    if "Traceback" in text or "bug" in text:
        wrong.append(f"it told too much: {text}")
    with scene.opened(scene.folder.with_name("cell")) as world:
        [last] = world.rows("SELECT ended_at IS NOT NULL, exit_code FROM run ORDER BY id DESC LIMIT 1")
        if last != (1, code):
            wrong.append(f"no clean end: {last}")
        states = {state for (state,) in world.rows(f"SELECT state FROM run_step WHERE {_OF_THE_RUN}")}
        if ("stopped" in states) != (code != 0):
            wrong.append(f"steps {states} of a run that ended with {code}")
        left = world.rows(f"SELECT operation, key FROM journal WHERE state = 'sending' AND {_OF_THE_RUN}")
        wrong += [f"left open: {row}" for row in left]
        return code, [*wrong, *oracle.wrong(world), *oracle.settle(world, twin, quiet=False)]


def main(arguments: list[str]) -> None:
    folder, shard, shards = Path(arguments[0]), int(arguments[1]), int(arguments[2])
    folder.mkdir(parents=True)
    with small_steps():
        scene = set_scene(folder)
        twin = oracle.twin_of(scene)
        calls, _ = clean(scene)
        places = [
            (party, call, SIGNALS[(number + turn) % 3], ("before", "after")[(number + turn) % 2])
            for turn in range(3)
            for number, (party, call) in enumerate(calls)
        ]
        ended: Counter[str] = Counter()
        violations = []
        for party, call, sent, phase in places[shard::shards]:
            code, wrong = cell(scene, twin, party, call.number, phase, sent)
            ended[str(code)] += 1
            where = f"{sent.name} {phase} call {call.number} of {party} ({call.method})"
            violations += [f"{where}: {one}" for one in wrong]
    cells = len(places[shard::shards])
    print(json.dumps({"calls": len(calls), "cells": cells, "ended": ended, "violations": violations}))


if __name__ == "__main__":
    main(sys.argv[1:])
