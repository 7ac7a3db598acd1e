"""How the command may end after each fault of the wire, where the store is a WooCommerce site."""

from datetime import timedelta

from tests.wire.world import SOUND, Codes

MUCH_LATER = timedelta(days=8)  # no people, no variations: that is believed until all are read again, weekly and daily
AGAIN = frozenset(
    {"dns", "timeout_before", "timeout_after", "reset", "reset_mid_body", "short_body"}
    | {"500", "502", "503", "503_seconds", "504", "429_seconds", "429_date", "429_none"}
)  # a reading is done again; not one that took all its time, and nobody is there after `refused`
AGAIN_WRITE = frozenset({"dns", "429_seconds", "429_date", "429_none"})  # surely not done
_WHOLE = frozenset({"400", "404", "409", "422"})  # a batch that was refused whole is halved
SIGN_IN = frozenset({"401", "403"})
_SHAPES = frozenset({"string", "object", "list"})
_UNREADABLE = frozenset({"latin1", "duplicate_key", "nan", "bomb", "login_page", "empty", "truncated"})


def codes_of(kind: str, method: str, path: str) -> Codes:
    """How the command may end after this fault at this request."""
    if kind in SIGN_IN:
        return {4}
    if kind == "redirect":
        return {5}
    if method != "GET":
        return _codes_of_write(kind)
    if kind in AGAIN:
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
    return {SOUND} if kind in AGAIN_WRITE else {3}


def codes_of_all(kind: str, *, late: bool) -> Codes:
    """How the command may end where every request meets this fault from some request on. `late`: from the last ones."""
    if kind in SIGN_IN:
        return {4}
    if kind == "redirect":
        return {5}
    if kind in _WHOLE | _UNREADABLE:
        return {SOUND, 3} if late else {3}  # the last requests are of single records, which are held
    return {SOUND, 3, 5} if kind in _SHAPES else {3}
