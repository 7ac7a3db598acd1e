"""Every fault of the wire at every request of a busy cycle (row T3 of the test plan), and at all of them from one on.

The exit code is right, nothing is told that must not be (row T15), what must hold holds at once, and at most three
clean cycles reach the state of a twin to whom nothing happened. The normal run takes a share of the cells, each kind of
fault and each request among them; SYNCCTL_WIRE_CELLS=all takes all of them.
"""

import os
from collections.abc import Callable

import pytest

from syncctl.connectors.http import Http
from tests.crash.oracle import State
from tests.wire.cells import FAULTS, canaries, cell, kept_secrets, told
from tests.wire.world import Asked, Scene

pytestmark = pytest.mark.wire

ALL = os.environ.get("SYNCCTL_WIRE_CELLS") == "all"
Record = Callable[[str, object], None]
Twin = tuple[State, int]


def numbers(kind: str, count: int, part: int) -> range:
    """The requests that this kind strikes: others for each kind."""
    every = 1 if ALL else min(part, count)
    return range(1 + FAULTS.index(kind) * 3 % every, count + 1, every)


@pytest.mark.parametrize("kind", FAULTS)
def test_whatever_happens_to_a_request_nothing_is_lost_and_nothing_is_twice(
    scene: Scene, twin: Twin, requests: list[Asked], kind: str, record_property: Record
) -> None:
    struck = numbers(kind, len(requests), scene.world.shares.cells)
    found = [one for number in struck for one in cell(scene, twin, requests, kind, number, quiet=number % 5 == 0)]
    record_property("wire cells", len(struck))
    record_property("wire violations", len(found))
    assert not found, "\n".join(found)
    assert len(struck)


@pytest.mark.parametrize("kind", FAULTS)
def test_a_site_that_fails_from_some_request_on_is_told_and_carried_on_with_later(
    scene: Scene, twin: Twin, requests: list[Asked], kind: str, record_property: Record
) -> None:
    struck = numbers(kind, len(requests), scene.world.shares.cells_on)
    found = [one for number in struck for one in cell(scene, twin, requests, kind, number, on=True)]
    record_property("wire cells", len(struck))
    record_property("wire violations", len(found))
    assert not found, "\n".join(found)
    assert len(struck)


def test_a_sound_day_tells_nothing_either_and_the_hub_keeps_no_secret(scene: Scene) -> None:
    world = scene.fresh()
    ended = world.command()
    assert world.server.log[-1].path.lstrip("/") in ended.text, "it tells a lot, and none of that"
    assert told(world, ended.text) == []
    assert kept_secrets(world) == []


def test_where_the_program_itself_breaks_it_tells_nothing_either(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    world = scene.fresh()
    world.command("pull-orders")
    everything = " ".join(canaries(world))

    def breaks(*_given: object, **_options: object) -> None:
        raise RuntimeError(everything)

    monkeypatch.setattr(Http, "_ask", breaks)
    ended = world.command()
    [crash] = world.folder.glob("syncctl-crash-*")
    assert ended.code == 70 and "RuntimeError" in crash.read_text()
    assert told(world, ended.text + crash.read_text()) == []
    assert kept_secrets(world) == []
