"""One cell: one thing that happens to one request of the busy cycle, and all that is judged afterwards."""

import base64
from collections.abc import Collection, Sequence
from datetime import timedelta
from urllib.parse import quote, quote_plus

from tests.crash.oracle import State
from tests.fakes.wire_faults import KINDS, WireFault
from tests.fakes.woo import KEY, SECRET
from tests.wire import oracle
from tests.wire.world import ADDRESS, GUEST, Ended, Scene, WireWorld
from tests.woo_world import API

FAULTS = [kind for kind in KINDS if not kind.startswith("tls")]  # the scene is on loopback, in clear
SOUND = "as without"
_AGAIN = frozenset(
    {"dns", "timeout_before", "timeout_after", "reset", "reset_mid_body", "short_body"}
    | {"500", "502", "503", "503_seconds", "504", "429_seconds", "429_date", "429_none"}
)  # a reading is done again; not one that took all its time, and nobody is there after `refused`
_AGAIN_WRITE = frozenset({"dns", "429_seconds", "429_date", "429_none"})  # surely not done
_WHOLE = frozenset({"400", "404", "409", "422"})  # a batch that was refused whole is halved
_SIGN_IN = frozenset({"401", "403"})
_SHAPES = frozenset({"string", "object", "list"})
_UNREADABLE = frozenset({"latin1", "duplicate_key", "nan", "bomb", "login_page", "empty", "truncated"})
_ENDLESS = 9999
MUCH_LATER = timedelta(days=8)  # no people, no variations: that is believed until all are read again, weekly and daily
Codes = Collection[object]


def codes_of(kind: str, method: str, path: str) -> Codes:
    """How the command may end after this fault at this request."""
    if kind in _SIGN_IN:
        return {4}
    if kind == "redirect":
        return {5}
    if method != "GET":
        return _codes_of_write(kind)
    if kind in _AGAIN:
        return {SOUND}
    if kind == "drip":
        return {SOUND, 3}  # of a few bytes only the silence after them is noticed
    if kind == "list" or (kind == "404" and path == "refunds"):
        return {SOUND, 3}  # a list of nothing is an answer; a version may have no such route
    if kind in _UNREADABLE | _WHOLE | _SHAPES and path in ("customers", "variations"):
        return {SOUND, 3}  # who is looked up and cannot be read is looked up alone; whether a route is there is a reply
    return {3}


def _codes_of_write(kind: str) -> Codes:
    if kind in _WHOLE:
        return {3} if kind == "404" else {SOUND}  # to halve a batch for which there is no address is of no use
    if kind in _SHAPES:
        return {SOUND, 3}  # no outcome for any record
    return {SOUND} if kind in _AGAIN_WRITE else {3}


def codes_of_all(kind: str, *, late: bool) -> Codes:
    """How the command may end where every request meets this fault from some request on. `late`: from the last ones."""
    if kind in _SIGN_IN:
        return {4}
    if kind == "redirect":
        return {5}
    if kind in _WHOLE | _UNREADABLE:
        return {SOUND, 3} if late else {3}  # the last requests are of single records, which are held
    return {SOUND, 3, 5} if kind in _SHAPES else {3}


def canaries() -> dict[str, str]:
    """What must never be told, in each form in which it could be: form -> what it is."""
    plain = {KEY, SECRET, *ADDRESS.values(), *GUEST.values(), "9 Canary Street", "carl.canary@example.com"}
    plain |= {"+447700900999"}
    forms: dict[str, str] = {}
    for one in plain - {"Ada", "Greta", "GB"}:  # too short: other words have them in them
        encoded = base64.b64encode(one.encode()).decode().rstrip("=")
        forms |= dict.fromkeys((one, quote(one, safe=""), quote_plus(one), encoded), one)
    for secret in (KEY, SECRET, f"{KEY}:{SECRET}"):
        forms |= dict.fromkeys(secret_forms(secret), "a secret")
    return forms


def secret_forms(secret: str) -> list[str]:
    """A secret as it may stand somewhere: as it is, for a header, for an address."""
    plain = secret.encode()
    return [
        secret,
        quote(secret, safe=""),
        base64.b64encode(plain).decode().rstrip("="),
        base64.urlsafe_b64encode(plain).decode().rstrip("="),
    ]


CANARIES = canaries()


def told(text: str) -> list[str]:
    """What a text tells that it must not."""
    return sorted({f"told: {name}" for form, name in CANARIES.items() if form in text})


def kept_secrets(world: WireWorld) -> list[str]:
    """The files of this world, hub and journal among them, that have a secret in them."""
    forms = [form.encode() for secret in (KEY, SECRET, f"{KEY}:{SECRET}") for form in secret_forms(secret)]
    files = [path for path in world.folder.rglob("*") if path.is_file() and path != world.config]
    return [f"kept: a secret in {path.name}" for path in files if any(form in path.read_bytes() for form in forms)]


def cell(
    scene: Scene,
    twin: tuple[State, int],
    asked: Sequence[tuple[str, str]],
    kind: str,
    number: int,
    *,
    on: bool = False,
    quiet: bool = False,
) -> list[str]:
    """What is wrong when this fault strikes the request with this number, or all from it `on`. `asked`: what they are.

    `quiet`: that nothing is written any more at the end is looked at too.
    """
    state, sound = twin
    world = scene.fresh()
    begun, since = world.server.count, len(world.site.oracle.events)
    seconds = 2.0 if kind.startswith("timeout") else 0
    world.server.fail(WireFault(kind, seconds=seconds), at=begun + number, times=_ENDLESS if on else 1)
    ended = world.command()
    world.server.heal()
    struck = next((one for one in world.server.log if one.number == begun + number), None)  # a page may come ahead
    method, path = (struck.method, struck.path.rpartition(API)[2]) if struck else asked[number - 1]
    codes = codes_of_all(kind, late=number >= len(asked) - 1) if on else codes_of(kind, method, path)
    found = [*_badly_ended(world, ended, {max(sound, one) if isinstance(one, int) else sound for one in codes})]
    found += [*told(ended.text), *kept_secrets(world), *oracle.wrong(world, since)]
    believed = kind == "list" and (on or path in ("customers", "variations"))
    found += oracle.settle(world, state, quiet=quiet, after=MUCH_LATER if believed else timedelta(0))
    return [f"{kind} at request {number} ({method} {path}): {one}" for one in found]


def _badly_ended(world: WireWorld, ended: Ended, codes: set[int]) -> list[str]:
    found = []
    if ended.code not in codes:
        found.append(f"it ended with {ended.code}, not {codes}: {ended.text[-800:]}")
    crashes = list(world.folder.glob("syncctl-crash-*"))
    if "Traceback" in ended.text or crashes:
        found.append(f"it told of a bug: {ended.text[-1500:]}")
    for path in crashes:
        found += told(path.read_text())
    return found
