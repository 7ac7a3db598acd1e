"""A wrapper that gives any connector the faults of a real network, call by call, as a plan says."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from syncctl.connectors.base import Page
from syncctl.errors import SyncctlError, Throttled, Unreachable
from syncctl.model import Unreadable

PAGED = frozenset(
    ["fetch_orders", "fetch_listings", "fetch_customers", "fetch_shipments", "fetch_stock", "fetch_variants"]
)  # methods whose every page is a call of its own

UNASKED = frozenset(["close", "expect_customers"])
"""Methods that ask the other side nothing: they are no calls, and nothing can go wrong in them."""

WRITES = ("push_", "amend_", "create_", "mark_", "send_")
"""How the names of those methods begin that write something."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call, or one page of a reading. Both counts start at 1."""

    number: int  # of all calls
    method: str
    nth: int  # of the calls of this method


@dataclass(frozen=True, slots=True)
class When:
    """Which calls a fault strikes: the k-th of all, or the n-th of a method (every one where `nth` is None)."""

    number: int | None = None
    method: str = ""
    nth: int | None = None

    def matches(self, call: Call) -> bool:
        if self.number is not None:
            return call.number == self.number
        return call.method == self.method and self.nth in (None, call.nth)

    @property
    def every(self) -> bool:
        return self.number is None and self.nth is None


def at(number: int) -> When:
    """The call with this number, whatever its method; from 1."""
    return When(number=number)


def on(method: str, nth: int | None = 1) -> When:
    """The n-th call of a method, from 1; None: each of them."""
    return When(method=method, nth=nth)


@dataclass(frozen=True, slots=True)
class FailBefore:
    """The call fails and nothing was done."""

    when: When
    error: BaseException


@dataclass(frozen=True, slots=True)
class FailAfter:
    """The work is done and the reply is lost."""

    when: When
    error: BaseException


@dataclass(frozen=True, slots=True)
class Throttle:
    """The other side asks us to wait; nothing was done."""

    when: When
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Twice:
    """A page comes twice."""

    when: When


@dataclass(frozen=True, slots=True)
class Shuffled:
    """The records of a page come in another order (each seed its own)."""

    when: When
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Early:
    """The next page's records come before this page's, and then again in their turn: legal for every reading."""

    when: When


@dataclass(frozen=True, slots=True)
class Between:
    """Something happens on the other side just before the call."""

    when: When
    action: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Lie:
    """The work is done and the answer comes changed: `change` makes another one of it."""

    when: When
    change: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Singly:
    """Some records of a write have an answer of their own, made of their key. `done`: they were written all the same.

    `which`: the record's place in the batch (-1: the last); None: all of them.
    """

    when: When
    answer: Callable[[str], Any]
    which: int | None = None
    done: bool = False


@dataclass(frozen=True, slots=True)
class Unread:
    """A record of a page cannot be read."""

    when: When
    which: int | None = 0  # None: all of them


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection is lost after this page, whether there is another or not."""

    when: When
    error: Exception


@dataclass(frozen=True, slots=True)
class Repaged:
    """A reading comes in other pages: `change` is given the sound ones. `method`: each reading by it."""

    method: str
    change: Callable[[Iterator[Page[Any]]], Iterator[Page[Any]]]

    @property
    def when(self) -> When:
        return on(self.method, None)


Fault = FailBefore | FailAfter | Throttle | Twice | Shuffled | Early | Between | Lie | Singly | Unread | Cut | Repaged
Hook = Callable[[str, Call], object]


@dataclass
class Plan:
    """What goes wrong, and when. `hook("before" | "after", call)` is called around every call: crash there."""

    faults: list[Fault] = field(default_factory=list)
    hook: Hook | None = None


class Faulty:
    """A connector with faults. Everything that has no fault goes through unchanged.

    `calls` is the log, in order; a call that failed is in it. Each fault strikes once, but those of `on(method, None)`
    strike every time. A page is a call when it is there: at the end of a reading, `Between` and the hook's "before" may
    come for a page that never follows; the number goes to the next call.
    """

    def __init__(self, connector: Any, plan: Plan | list[Fault] | None = None) -> None:
        self.connector = connector
        self.plan = plan if isinstance(plan, Plan) else Plan(plan or [])
        self.calls: list[Call] = []
        self._counts: Counter[str] = Counter()
        self._struck: set[int] = set()

    def count(self, method: str) -> int:
        """How often this method was called; for a reading, how many pages were read."""
        return self._counts[method]

    @property
    def struck(self) -> list[int]:
        """The places in the plan of the faults that have struck; those that strike every time are not among them."""
        return sorted(self._struck)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.connector, name)
        if name.startswith("_") or name in UNASKED or not callable(found):
            return found
        if name in PAGED:
            return lambda *args, **kwargs: self._pages(name, self._repaged(name, found(*args, **kwargs)))
        return lambda *args, **kwargs: self._call(name, found, args, kwargs)

    def _call(self, method: str, work: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        call = self._begin(method)
        self._log(call)
        self._fail_before(call)
        if method.startswith(WRITES) and (fault := self._take(Singly, call)):
            result = _singly(work, args[0], fault)
        else:
            result = work(*args, **kwargs)
        self._end(call)
        if isinstance(result, Page):
            result = self._spoilt(result, call)
        return fault.change(result) if (fault := self._take(Lie, call)) else result

    def _repaged(self, method: str, pages: Iterator[Page[Any]]) -> Iterator[Page[Any]]:
        for fault in self.plan.faults:
            if isinstance(fault, Repaged) and fault.method == method:
                return fault.change(pages)
        return pages

    def _pages(self, method: str, pages: Iterator[Page[Any]]) -> Iterator[Page[Any]]:
        ahead: list[Page[Any]] = []
        while True:
            call = self._begin(method)
            page = ahead.pop() if ahead else next(pages, None)
            if page is None:
                return
            self._log(call)
            self._fail_before(call)  # a reading changes nothing: before and after the ask are the same
            self._end(call)
            page = self._spoilt(page, call)
            if self._take(Early, call):
                ahead = [following for following in [next(pages, None)] if following is not None]
                early = [record for following in ahead for record in following.records]
                page = replace(page, records=[*early, *page.records])
            yield page
            if self._take(Twice, call):
                yield page
            if fault := self._take(Cut, call):
                raise fault.error

    def _spoilt(self, page: Page[Any], call: Call) -> Page[Any]:
        if fault := self._take(Shuffled, call):
            page = _shuffled(page, fault.seed)
        if fault := self._take(Unread, call):
            page = _unread(page, fault.which)
        return page

    def _begin(self, method: str) -> Call:
        call = Call(len(self.calls) + 1, method, self.count(method) + 1)
        while between := self._take(Between, call):
            between.action()
            if between.when.every:
                break
        self._hook("before", call)
        return call

    def _fail_before(self, call: Call) -> None:
        if fault := self._take(FailBefore, call):
            raise fault.error
        if throttle := self._take(Throttle, call):
            raise Throttled("Too many requests.", retry_after=throttle.retry_after)

    def _log(self, call: Call) -> None:
        self.calls.append(call)
        self._counts[call.method] += 1

    def _end(self, call: Call) -> None:
        self._hook("after", call)
        if fault := self._take(FailAfter, call):
            raise fault.error

    def _take(self, kind: type, call: Call) -> Any:
        """The first fault of this kind that is due now; struck off unless it strikes every time."""
        for index, fault in enumerate(self.plan.faults):
            if isinstance(fault, kind) and index not in self._struck and fault.when.matches(call):
                if not fault.when.every:
                    self._struck.add(index)
                return fault
        return None

    def _hook(self, phase: str, call: Call) -> None:
        if self.plan.hook is not None:
            self.plan.hook(phase, call)


def _shuffled(page: Page[Any], seed: int) -> Page[Any]:
    records = list(page.records)
    random.Random(seed).shuffle(records)
    return replace(page, records=records)


def _unread(page: Page[Any], which: int | None) -> Page[Any]:
    bad = [page.records[place] for place in _places(page.records, which)]
    unreadable = [Unreadable(id=_id(one), reason="its reply was cut off") for one in bad]
    records = [one for one in page.records if all(one is not other for other in bad)]
    return replace(page, records=records, unreadable=[*page.unreadable, *unreadable])


def _places(records: Sequence[Any], which: int | None) -> set[int]:
    numbers = range(len(records))
    return set(numbers) if which is None else set(numbers[which:][:1])


def _id(record: Any) -> str:
    """How a record is known: by its id, where it has one."""
    return str(getattr(record, "id", "") or record.sku)


def key_of(record: Any) -> str:
    """The key that the outcome of writing this record must carry; an id is its own."""
    if isinstance(record, str):
        return record
    names = ("key", "reference", "sku")
    return str(next(getattr(record, name) for name in names if hasattr(record, name)))


def _singly(work: Callable[..., Any], records: Sequence[Any], fault: Singly) -> list[Any]:
    places = _places(records, fault.which)
    sent = [record for place, record in enumerate(records) if fault.done or place not in places]
    outcomes = iter(work(sent) if sent else [])
    answers = []
    for place, record in enumerate(records):
        outcome = next(outcomes) if fault.done or place not in places else None
        answers.append(fault.answer(key_of(record)) if place in places else outcome)
    return answers


def lost_reply(method: str, nth: int | None = 1, error: SyncctlError | None = None) -> FailAfter:
    """The usual fault: the work was done and we never heard of it."""
    return FailAfter(on(method, nth), error or Unreachable("The connection was closed before the reply."))
