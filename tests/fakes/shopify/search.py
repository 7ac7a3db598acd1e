"""The shop's search language, as far as clients of this fake use it, over an index that may lag behind.

`updated_at:>='2026-03-01T12:00:00Z' status:open`: terms that all must hold. A moment counts only where it is quoted,
otherwise its whole day does; an offset is passed over, and `>` is `>=`. A field that nobody knows is a warning, and
everything matches.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fakes.shopify import search_text
from tests.fakes.shopify.records import Record
from tests.fakes.shopify.search_text import Keep, Term
from tests.fakes.shopify.table import Call

Field = tuple[str, Callable[[Any], Any]]
"""How a field is compared (time, day, id, word, exact, flag), and what a record has in it."""


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
    """What a query keeps of the records of a list; "" among `fields` is free text.

    What the index has not heard of is never found by it.
    """
    known = stamp(call)

    def keep_of(term: Term) -> Keep:
        if term.field in fields:
            return _test(term, *fields[term.field], known)
        _warn(call, root, query or "", term)
        return everything

    keep = search_text.read(query, keep_of) if query and query.strip() else everything
    if not call.site.options.index_lag:
        return keep
    return lambda record: known(record) is not None and keep(record)


def _warn(call: Call, root: str, query: str, term: Term) -> None:
    """A filter that the list does not know is no error: everything matches. No client should send one."""
    warning = {"field": term.field, "message": "Invalid search field for this query.", "code": "invalid_field"}
    parsed = {"field": term.field, "match_all": term.value}
    call.warnings.append({"path": [root], "query": query, "parsed": parsed, "warnings": [warning]})
    call.site.oracle.violations.append(f"{root} has no filter {term.field!r}")


def _test(term: Term, kind: str, value_of: Callable[[Any], Any], known: Callable[[Any], Any]) -> Keep:
    return _TESTS[kind](term, known if value_of is indexed else value_of)


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
