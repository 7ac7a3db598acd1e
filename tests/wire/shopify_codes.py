"""How the command may end after each fault of the wire, and of GraphQL, where the store is a Shopify shop."""

from tests.wire.woo_codes import AGAIN, AGAIN_WRITE
from tests.wire.world import SOUND, Asked, Codes

ABSOLUTE = ("setLevels", "setPrices")  # under a key of their own, or the same however often they are sent
ALONE = ("found", "books")  # people are looked up together, and one by one where that fails
FEW = ("ordersById", "orderRefunds", "orderLines", "refundParts", "lineTotals")  # fewer are asked for then, and again
_DENIED = frozenset({"403", "access_denied"})
_SHUT = frozenset({"402", "423", "430", "refused", "429_huge"})
_HARMLESS = frozenset({"401", "extensions_missing", "fallen_forward"})  # another token is asked for
_TURNED_AWAY = AGAIN_WRITE | {"throttled", "throttled_429", "throttled_bare"}  # surely not done
_FAILED = (
    (AGAIN - AGAIN_WRITE)
    | {"internal_before", "internal_after", "out_of_time", "unknown_code", "no_code", "beside", "failed_after"}
    | {"errors_text", "errors_object", "errors_of_texts"}
)  # whether it was done, nobody knows
_WHOLE = frozenset({"400", "409", "422"})  # a mutation that was refused whole is halved


def codes_of(kind: str, asked: Asked) -> Codes:
    """How the command may end after this fault at this request."""
    if asked[0] == "sign in":
        return _codes_of_sign_in(kind)
    if kind in _DENIED:
        return {4}
    if kind == "redirect":
        return {5}
    if kind in _SHUT:
        return {3}
    if kind in _HARMLESS | _TURNED_AWAY:
        return {SOUND}
    return _codes_of_write(kind, asked[1]) if asked[0] == "mutation" else _codes_of_read(kind, asked[1])


def _codes_of_sign_in(kind: str) -> Codes:
    if kind in ("400", "401", "403", "422"):
        return {4}
    if kind == "redirect":
        return {5}
    return {SOUND} if kind in AGAIN else {3}


def _codes_of_read(kind: str, name: str) -> Codes:
    if kind in _FAILED | {"partly"}:
        return {SOUND}
    if name in ALONE:
        return {SOUND, 1, 3}
    if name in FEW and kind not in ("node_null", "max_cost"):
        return {SOUND, 3} if kind == "drip" else {SOUND}  # what never ends is not waited for so often
    if kind == "node_null":
        return {SOUND, 1}
    return {SOUND, 3} if kind == "max_cost" else {3}  # what is asked of a single record cannot be asked of less


def _codes_of_write(kind: str, name: str) -> Codes:
    if kind in _WHOLE:
        return {SOUND, 1}
    if kind in _FAILED:
        return {SOUND} if name in ABSOLUTE else {3} if name == "createFulfilments" else {SOUND, 3}
    return {SOUND, 1, 3}


def codes_of_all(kind: str, *, late: bool) -> Codes:
    """How it may end where every request meets this fault from some request on. `late`: from the last ones."""
    if kind in _DENIED | {"401"}:
        return {4}
    if kind == "redirect":
        return {5}
    if kind in _HARMLESS:
        return {SOUND}
    if kind in _SHUT:
        return {3}
    return {SOUND, 1, 3, 4} if kind in _WHOLE else {SOUND, 1, 3}  # 4: from the signing in on
