"""One cell: one thing that happens to one request of the busy cycle, and all that is judged afterwards."""

import base64
from collections.abc import Sequence
from urllib.parse import quote, quote_plus

from tests.crash.oracle import State
from tests.fakes.wire_faults import KINDS, WireFault
from tests.wire import oracle
from tests.wire.world import PERSONAL, Asked, Ended, Scene, WireWorld

FAULTS = [kind for kind in KINDS if not kind.startswith("tls")]  # the scene is on loopback, in clear
_ENDLESS = 9999


def canaries(world: WireWorld) -> dict[str, str]:
    """What must never be told, in each form in which it could be: form -> what it is."""
    forms: dict[str, str] = {}
    for one in PERSONAL:
        encoded = base64.b64encode(one.encode()).decode().rstrip("=")
        forms |= dict.fromkeys((one, quote(one, safe=""), quote_plus(one), encoded), one)
    for secret in world.secrets():
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


def told(world: WireWorld, text: str) -> list[str]:
    """What a text tells that it must not."""
    return sorted({f"told: {name}" for form, name in canaries(world).items() if form in text})


def kept_secrets(world: WireWorld) -> list[str]:
    """The files of this world, hub and journal among them, that have a secret in them."""
    forms = [form.encode() for secret in world.secrets() for form in secret_forms(secret)]
    files = [path for path in world.folder.rglob("*") if path.is_file() and not world.may_keep(path)]
    return [f"kept: a secret in {path.name}" for path in files if any(form in path.read_bytes() for form in forms)]


def cell(
    scene: Scene,
    twin: tuple[State, int],
    asked: Sequence[Asked],
    kind: str | WireFault,
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
    begun, since = world.server.count, world.events()
    fault = WireFault(kind, seconds=2.0 if kind.startswith("timeout") else 0) if isinstance(kind, str) else kind
    world.server.fail(fault, at=begun + number, times=_ENDLESS if on else 1)
    ended = world.command()
    world.server.heal()
    struck = next((one for one in world.server.log if one.number == begun + number), None)  # a page may come ahead
    what = world.named(struck) if struck else asked[number - 1]
    late = number >= len(asked) - 1
    codes = world.codes_of_all(fault.kind, late=late) if on else world.codes_of(fault.kind, what)
    found = badly_ended(world, ended, {max(sound, one) if isinstance(one, int) else sound for one in codes})
    found += [*told(world, ended.text), *kept_secrets(world), *oracle.wrong(world, since)]
    found += oracle.settle(world, state, quiet=quiet, after=world.believed_for(fault.kind, what, on=on))
    return [f"{fault.kind} at request {number} ({' '.join(what)}): {one}" for one in found]


def badly_ended(world: WireWorld, ended: Ended, codes: set[int]) -> list[str]:
    """What is wrong with how a command ended: another code than these, a bug that it told of, a secret in a crash."""
    found = []
    if ended.code not in codes:
        found.append(f"it ended with {ended.code}, not {codes}: {ended.text[-800:]}")
    crashes = list(world.folder.glob("syncctl-crash-*"))
    if "Traceback" in ended.text or crashes:
        found.append(f"it told of a bug: {ended.text[-1500:]}")
    for path in crashes:
        found += told(world, path.read_text())
    return found
