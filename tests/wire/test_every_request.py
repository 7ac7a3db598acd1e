"""Every fault of the wire at every request of a busy cycle (row T3 of the test plan).

The exit code is right, nothing is told that must not be (row T15), what must hold holds at once, and at most three
clean cycles reach the state of a twin to whom nothing happened. The normal run takes every `PART`-th cell, each kind of
fault and each request among them; SYNCCTL_WIRE_CELLS=all takes all of them.
"""

import base64
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from tests.fakes.wire_faults import KINDS, WireFault
from tests.fakes.woo import KEY, SECRET
from tests.faults.world import in_memory
from tests.wire import oracle
from tests.wire.world import ADDRESS, GUEST, Scene, hurried

pytestmark = pytest.mark.wire

PART = 8
FAULTS = [kind for kind in KINDS if not kind.startswith("tls")]  # the scene is on loopback, in clear
SOUND = "as without"
_AGAIN = frozenset(
    {"refused", "dns", "timeout_before", "timeout_after", "reset", "reset_mid_body", "short_body", "drip"}
    | {"500", "502", "503", "503_seconds", "504", "429_seconds", "429_date", "429_none"}
)  # a reading is done again
_AGAIN_WRITE = frozenset({"refused", "dns", "429_seconds", "429_date", "429_none"})  # surely not done
_WHOLE = frozenset({"400", "404", "409", "422"})  # a batch that was refused whole is halved
_SIGN_IN = frozenset({"401", "403"})
_SHAPES = frozenset({"string", "object", "list"})


def codes_of(kind: str, method: str, path: str) -> set[object]:
    """How the command may end after this fault at this request."""
    if kind in _SIGN_IN:
        return {4}
    if kind == "redirect":
        return {5}
    writes = method != "GET"
    if kind in (_AGAIN_WRITE if writes else _AGAIN):
        return {SOUND}
    if kind in _WHOLE and writes:
        return {SOUND}
    if kind == "404" and path in ("variations", "refunds"):
        return {SOUND, 3}  # a version that has no such route
    if kind in _SHAPES:
        return {SOUND, 3}  # of a batch: no outcome for any record
    return {3}


def canaries() -> dict[str, str]:
    """What must never be told, in each form in which it could be."""
    plain = {KEY, SECRET, *ADDRESS.values(), *GUEST.values(), "9 Canary Street", "carl.canary@example.com"}
    plain = {one for one in plain if len(one) > 5} | {"Byron-Canary"}
    forms: dict[str, str] = {}
    for one in plain:
        encoded = base64.b64encode(one.encode()).decode().rstrip("=")
        forms |= dict.fromkeys((one, quote(one, safe=""), quote_plus(one), encoded), one)
    forms[base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()] = SECRET
    return forms


CANARIES = canaries()


def told(text: str) -> list[str]:
    return sorted({f"told: {name}" for form, name in CANARIES.items() if form in text})


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with in_memory() as folder, hurried():
        (folder / "scene").mkdir()
        scene = Scene(folder)
        yield scene
        scene.close()


@pytest.fixture(scope="module")
def twin(scene: Scene) -> "tuple[oracle.oracle.State, int]":
    return oracle.twin_of(scene.fresh())


@pytest.fixture(scope="module")
def requests(scene: Scene) -> list[tuple[str, str]]:
    """Method and path of every request of the cycle to which nothing happens."""
    world = scene.fresh()
    world.command()
    asked = [(method, path) for method, _, path in (one.partition(" ") for one in world.asked())]
    assert len(asked) > 20 and sum(method != "GET" for method, _ in asked) >= 4
    return asked


def cell(
    scene: Scene, twin: "tuple[oracle.oracle.State, int]", kind: str, number: int, codes: set[object], *, quiet: bool
) -> list[str]:
    """What is wrong after this fault at the request with this number."""
    state, sound = twin
    world = scene.fresh()
    since = len(world.site.oracle.events)
    world.server.fail(
        WireFault(kind, seconds=2.0 if kind in ("timeout_before", "timeout_after") else 0),
        at=world.server.count + number,
    )
    ended = world.command()
    world.server.heal()
    found = []
    if ended.code not in {max(sound, int(code)) if isinstance(code, int) else sound for code in codes}:
        found.append(f"it ended with {ended.code}, not {codes}: {ended.text[-800:]}")
    if "Traceback" in ended.text or list(world.folder.glob("syncctl-crash-*")):
        found.append(f"it told of a bug: {ended.text[-1500:]}")
    found += told(ended.text)
    found += oracle.wrong(world, since)
    return found + oracle.settle(world, state, quiet=quiet)


@pytest.mark.parametrize("kind", FAULTS)
def test_whatever_happens_to_a_request_nothing_is_lost_and_nothing_is_twice(
    scene: Scene,
    twin: "tuple[oracle.oracle.State, int]",
    requests: list[tuple[str, str]],
    kind: str,
    record_property: Callable[[str, object], None],
) -> None:
    every = 1 if os.environ.get("SYNCCTL_WIRE_CELLS") == "all" else PART
    first = FAULTS.index(kind) * 3 % every
    found, cells = [], 0
    for number in range(1 + first, len(requests) + 1, every):
        method, path = requests[number - 1]
        wrong = cell(scene, twin, kind, number, codes_of(kind, method, path), quiet=number % 5 == 0)
        found += [f"{kind} at request {number} ({method} {path}): {one}" for one in wrong]
        cells += 1
    record_property("wire cells", cells)
    record_property("wire violations", len(found))
    assert not found, "\n".join(found)
    assert cells


def test_the_hub_keeps_no_secret(scene: Scene) -> None:
    world = scene.fresh()
    world.command()
    kept = b"".join(path.read_bytes() for path in Path(world.folder).glob("hub.db*") if path.is_file())
    for secret in (KEY, SECRET):
        assert secret.encode() not in kept
        assert base64.b64encode(secret.encode()) not in kept
