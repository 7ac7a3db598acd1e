"""The shop's search language, as far as clients of this fake use it, over an index that may lag behind.

`updated_at:>='2026-03-01T12:00:00Z' status:open`: terms that all must hold. A moment counts only where it is quoted,
otherwise its whole day does; an offset is passed over, and `>` is `>=`. A field that nobody knows is a warning, and
everything matches.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.shopify.records import Record
from tests.fakes.shopify.table import Call

TERM = re.compile(
    r"""\s*(?P<not>-|NOT\s+)?(?P<field>[A-Za-z_][\w.]*)\s*:\s*(?P<compare>>=|<=|>|<)?\s*
    (?P<value>'[^']*'|"[^"]*"|[^\s()]+)""",
    re.VERBOSE,
)
Keep = Callable[[Any], bool]
Field = tuple[str, Callable[[Any], Any]]
"""How a field is compared (time, day, id, word, exact, flag), and what a record has in it."""


@dataclass(frozen=True)
class Term:
    field: str
    compare: str
    value: str
    quoted: bool
    negated: bool


def everything(_record: Any) -> bool:
    return True


def stamp(call: Call) -> Callable[[Record], datetime | None]:
    """When a record was changed, as the index knows it. None: it has not heard of the record yet."""
    lag = call.site.options.index_lag
    if not lag:
        return lambda record: record.updated_at
    known_at = call.site.clock() - timedelta(seconds=lag)
    return lambda record: record.indexed(known_at)


def wanted(call: Call, root: str, query: str | None, fields: Mapping[str, Field]) -> Keep:
    """What a query keeps of the records of a list. What the index has not heard of is never found by it."""
    known = stamp(call)
    terms = [] if not query else list(_terms(query))
    _warn(call, root, query, [each.field for each in terms if each.field not in fields])
    tests = [_test(each, *fields[each.field], known) for each in terms if each.field in fields]
    if not call.site.options.index_lag and not tests:
        return everything
    return lambda record: known(record) is not None and all(test(record) for test in tests)


def _terms(query: str) -> list[Term]:
    found, position = [], 0
    query = query.replace(" AND ", " ").strip()
    while position < len(query):
        match = TERM.match(query, position)
        if match is None:
            return [*found, Term(query[position:], "", "", False, False)]
        value = match["value"]
        quoted = value[0] in "'\"" and len(value) > 1
        found.append(
            Term(
                match["field"],
                match["compare"] or "",
                value.strip("'\"") if quoted else value,
                quoted,
                bool(match["not"]),
            )
        )
        position = match.end()
    return found


def _warn(call: Call, root: str, query: str | None, unknown: list[str]) -> None:
    if unknown:
        told = [
            {"field": name, "message": "Invalid search field for this query.", "code": "invalid_field"}
            for name in unknown
        ]
        call.warnings.append({"path": [root], "query": query, "parsed": {"match_all": "*"}, "warnings": told})


def _test(term: Term, kind: str, value_of: Callable[[Any], Any], known: Callable[[Any], Any]) -> Keep:
    holds = _TESTS[kind](term, known if value_of is indexed else value_of)
    return (lambda record: not holds(record)) if term.negated else holds


def indexed(record: Record) -> datetime:
    """Stands for the date of change, which the index knows in its own time."""
    return record.updated_at


def _time(term: Term, value_of: Callable[[Any], Any]) -> Keep:
    """A quoted moment is that moment; any other is its day."""
    return _moments(term, value_of, exact=term.quoted and "T" in term.value)


def _day(term: Term, value_of: Callable[[Any], Any]) -> Keep:
    return _moments(term, value_of, exact=False)


def _moments(term: Term, value_of: Callable[[Any], Any], *, exact: bool) -> Keep:
    try:
        text = re.sub(r"(?<=\d)([+-]\d\d:?\d\d|Z)$", "", term.value)
        first = datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return everything
    if not exact:
        first = first.replace(hour=0, minute=0, second=0, microsecond=0)
    last = first if exact else first + timedelta(days=1) - timedelta(seconds=1)
    if term.compare.startswith(">"):
        return lambda record: value_of(record) >= first
    if term.compare.startswith("<"):
        return lambda record: value_of(record) <= last
    return lambda record: first <= value_of(record) <= last


def _id(term: Term, value_of: Callable[[Any], Any]) -> Keep:
    if not term.value.isdecimal():
        return lambda _record: False
    number = int(term.value)
    if term.compare.startswith(">"):
        return lambda record: value_of(record) >= number + (term.compare == ">")
    if term.compare.startswith("<"):
        return lambda record: value_of(record) <= number - (term.compare == "<")
    return lambda record: value_of(record) == number


def _word(term: Term, value_of: Callable[[Any], Any]) -> Keep:
    """Words of a text: quoted, all of them in their order; else any text that has them, in whatever order."""
    asked = _tokens(term.value)

    def holds(record: Any) -> bool:
        there = _tokens(value_of(record) or "")
        if term.value == "*":
            return bool(there)
        if term.quoted:
            return any(there[at : at + len(asked)] == asked for at in range(len(there) - len(asked) + 1))
        return set(asked) <= set(there)

    return holds


def _tokens(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _exact(term: Term, value_of: Callable[[Any], Any]) -> Keep:
    """One of several, with commas; a record may have several too."""
    asked = {each.strip().casefold() for each in term.value.split(",")}

    def holds(record: Any) -> bool:
        value = value_of(record)
        there = value if isinstance(value, list | tuple) else [value]
        return not asked.isdisjoint(str(each).casefold() for each in there)

    return holds


def _flag(term: Term, value_of: Callable[[Any], Any]) -> Keep:
    return lambda record: value_of(record) is (term.value.casefold() == "true")


_TESTS = {"time": _time, "day": _day, "id": _id, "word": _word, "exact": _exact, "flag": _flag}
