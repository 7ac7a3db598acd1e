"""How the command may end after each fault of the wire, and of GraphQL, where the store is a Shopify shop."""

from datetime import timedelta

from tests.wire.woo_codes import AGAIN, AGAIN_WRITE
from tests.wire.world import SOUND, Asked, Codes

KEYED = ("levels", "prices")


def codes_of(kind: str, asked: Asked) -> Codes:
    """How the command may end after this fault at this request."""
    if kind in ("401",):
        return {SOUND}  # another token is asked for
    if kind in ("403", "access_denied"):
        return {4}
    if kind == "redirect":
        return {5}
    if asked[0] == "mutation":
        return {SOUND} if kind in AGAIN_WRITE else {SOUND, 3}
    return {SOUND} if kind in AGAIN else {SOUND, 3}


def codes_of_all(kind: str, *, late: bool) -> Codes:
    """How the command may end where every request meets this fault from some request on. `late`: from the last ones."""
    if kind in ("401", "403", "access_denied"):
        return {4}
    if kind == "redirect":
        return {5}
    return {SOUND, 3}


def believed_for(kind: str, asked: Asked, *, on: bool) -> timedelta:
    """How long this worthless answer is believed, since nothing tells it from a true one."""
    return timedelta(0)
