"""Every kind of fault, which calls it has a meaning for, and how the command then ends."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from syncctl.errors import BatchRefused, DataError, SafetyStop, SignInNeeded, Unreachable
from syncctl.model import Mismatch, Queued, Refused, Unclear
from tests.fakes.faulty import (
    PAGED,
    WRITES,
    Between,
    Call,
    Cut,
    Early,
    FailAfter,
    FailBefore,
    Fault,
    Lie,
    Shuffled,
    Singly,
    Throttle,
    Twice,
    Unread,
    When,
    at,
    on,
)
from tests.faults.world import FaultWorld

PRIVATE = "token-4711-of-ann@example.org"  # in the message of an error that nobody expects: it must not be told
SOUND = (0,)  # or as the twin's first cycle ends, if that holds something
HOLDS = (1,)
LISTS = frozenset(["find_documents", "find_customers", "fetch_outcomes"])
MAPS = frozenset(["fetch_levels", "fetch_prices", "find_fulfilments"])


def any_call(_call: Call) -> bool:
    return True


def write(call: Call) -> bool:
    return call.method.startswith(WRITES)


def write_of_each(call: Call) -> bool:
    """A write whose records have an outcome each."""
    return write(call) and call.method != "create_groups"


def answer_by_place(call: Call) -> bool:
    return write_of_each(call) or call.method in LISTS


def answer_by_key(call: Call) -> bool:
    return call.method in MAPS


def level_write(call: Call) -> bool:
    return call.method == "push_levels"


def document_write(call: Call) -> bool:
    return call.method == "push_documents"


def page(call: Call) -> bool:
    return call.method in PAGED


def page_of_records(call: Call) -> bool:
    return call.method in ("fetch_orders", "fetch_orders_by_id", "fetch_stock")


@dataclass(frozen=True, slots=True)
class Kind:
    """`fault(when, world)`; `strikes`: the calls that it has a meaning for; `codes`: how the command may end.

    `later`: so much time passes before the clean cycles; `retry`: a person has held records tried again; `every`: it
    strikes each call of that method, not one.
    """

    name: str
    fault: Callable[[When, FaultWorld], Fault]
    strikes: Callable[[Call], bool] = any_call
    codes: tuple[int, ...] = (3,)
    later: timedelta = timedelta(0)
    retry: bool = False
    every: bool = False


def _error(name: str, error: Callable[[], BaseException], code: int, kind: Any = FailBefore, **more: Any) -> Kind:
    return Kind(name, lambda when, _world: kind(when, error()), codes=(code,), **more)


def _refused(key: str) -> Refused:
    return Refused(key=key, reason="not today", message="the other side says no")


def _queued(key: str) -> Queued:
    return Queued(key=key)


def _unclear(key: str) -> Unclear:
    return Unclear(key=key)


def _an_hour_passes(when: When, world: FaultWorld) -> Between:
    def pass_by() -> None:
        world.hurry += timedelta(hours=1)

    return Between(when, pass_by)


def _of_another(answer: list[Any]) -> list[Any]:
    first = answer[0]
    if isinstance(first, list):  # candidates for one key: they carry no key, and are compared one by one
        return [*answer[1:], first, first]
    return [replace(first, **{"reference" if hasattr(first, "reference") else "key": "another"}), *answer[1:]]


def _lie(name: str, change: Callable[[Any], Any], strikes: Callable[[Call], bool]) -> Kind:
    return Kind(name, lambda when, _world: Lie(when, change), strikes)


SPOILT = frozenset(["the reply cannot be read", "an answer for another", "too few answers", "too many answers"])
"""Kinds by which the answer to a look-up of customers makes no sense: it is asked for once more, and does then."""
DAY = timedelta(hours=25)
KINDS = [
    _error("cannot be reached", lambda: Unreachable("connection refused"), 3),
    _error("the reply is lost", lambda: Unreachable("timeout"), 3, FailAfter, strikes=write),
    _error("the reply cannot be read", lambda: DataError("line 1: no JSON"), 3, FailAfter),
    Kind("throttled", lambda when, _world: Throttle(when, None if (when.number or 0) % 2 else 1e9)),
    _error("sign-in needed", lambda: SignInNeeded("the token was revoked"), 4),
    _error("safety stop", lambda: SafetyStop("it is another company"), 5),
    _error("a bug of the connector", lambda: RuntimeError(PRIVATE), 70),
    _error("interrupted", KeyboardInterrupt, 130),
    Kind("the batch is refused", lambda w, _: FailBefore(w, BatchRefused("one is bad")), write, (0, 1), retry=True),
    _error("all batches are refused", lambda: BatchRefused("no"), 1, strikes=write, retry=True, every=True),
    Kind("an hour passes", _an_hour_passes, codes=SOUND),
    Kind("the first is refused", lambda w, _: Singly(w, _refused, 0), write_of_each, HOLDS, retry=True),
    Kind("the last is refused", lambda w, _: Singly(w, _refused, -1), write_of_each, HOLDS, retry=True),
    Kind("all are refused", lambda w, _: Singly(w, _refused), write_of_each, HOLDS, retry=True),
    Kind("one was changed meanwhile", lambda w, _: Singly(w, lambda key: Mismatch(key=key), 0), level_write, SOUND),
    Kind("all were changed meanwhile", lambda w, _: Singly(w, lambda key: Mismatch(key=key)), level_write, SOUND),
    Kind("taken in for later", lambda w, _: Singly(w, _queued, None, True), write_of_each, (0, 1)),
    Kind("one reply is unclear, done", lambda w, _: Singly(w, _unclear, 0, True), write_of_each, (0, 1)),
    Kind("one reply is unclear, not done", lambda w, _: Singly(w, _unclear, 0), write_of_each, (0, 1), retry=True),
    _lie("an answer for another", _of_another, answer_by_place),
    _lie("too few answers", lambda answer: answer[:-1], answer_by_place),
    _lie("too many answers", lambda answer: [*answer, answer[-1]], answer_by_place),
    _lie("an answer that nobody asked for", lambda answer: answer | {"another": None}, answer_by_key),
    _lie("answers exchanged", lambda answer: answer[::-1], document_write),
    Kind("the connection is lost between pages", lambda w, _: Cut(w, Unreachable("reset by peer")), page),
    Kind("one record cannot be read", lambda w, _: Unread(w, 0), page_of_records, (0, 1), later=DAY),
    Kind("no record can be read", lambda w, _: Unread(w, None), page_of_records, (0, 1), later=DAY),
    Kind("the same page twice", lambda w, _: Twice(w), page, SOUND),
    Kind("in another order", lambda w, _: Shuffled(w, 3), page, SOUND),
    Kind("the next page's records come early", lambda w, _: Early(w), page, SOUND),
]


def codes_of(kind: Kind, call: Call) -> tuple[int, ...]:
    """How the command may end if this call is struck."""
    return SOUND if call.method == "find_customers" and kind.name in SPOILT else kind.codes


def when_of(kind: Kind, call: Call) -> When:
    """Which calls the fault of this kind strikes in the cell of this call."""
    return on(call.method, None) if kind.every else at(call.number)
