"""Relay paging as Shopify does it: a cursor is a place in an order (keyset), not a number of rows."""

import base64
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from graphql import GraphQLError

T = TypeVar("T")
MOST = 250
Key = Callable[[Any], tuple[Any, int]]
_WHOLE: ContextVar[bool] = ContextVar("_WHOLE", default=False)


@contextmanager
def unbound() -> Iterator[None]:
    """While it lasts, every list comes whole, as in a bulk operation."""
    before = _WHOLE.set(True)
    try:
        yield
    finally:
        _WHOLE.reset(before)


@dataclass(frozen=True)
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(frozen=True)
class Edge(Generic[T]):
    cursor: str
    node: T


class Connection(Generic[T]):
    """One page: `nodes`, `edges`, `pageInfo`."""

    def __init__(self, nodes: list[T], key: Key, *, more: bool, before: bool) -> None:
        self.nodes = nodes
        self._key = key
        self._more, self._before = more, before

    @property
    def edges(self) -> list[Edge[T]]:
        return [Edge(cursor_of(self._key(row)), row) for row in self.nodes]

    @property
    def page_info(self) -> PageInfo:
        first, last = (cursor_of(self._key(self.nodes[at])) if self.nodes else None for at in (0, -1))
        return PageInfo(self._more, self._before, first, last)


def by_id(row: Any) -> tuple[int, int]:
    return (row.id, row.id)


def page(
    rows: Sequence[T], args: Any, *, key: Key = by_id, keep: Callable[[T], bool] = lambda _row: True
) -> Connection[T]:
    """The page that `first`, `last`, `after`, `before`, `reverse` ask for.

    `rows`: in the order of `key`, which gives a value to sort by and the record's number. `keep`: the filter.
    """
    backwards = args.get("last") is not None and args.get("first") is None
    size = _size(args, "last" if backwards else "first")
    turned = bool(args.get("reverse"))
    low, high = _bounds(rows, args, key, turned)
    wanted = range(low, high) if turned == backwards else range(high - 1, low - 1, -1)
    found: list[T] = []
    for position in wanted:
        if keep(rows[position]):
            found.append(rows[position])
            if len(found) > size:
                break
    more = len(found) > size
    nodes = found[:size][::-1] if backwards else found[:size]
    if backwards:
        return Connection(nodes, key, more=args.get("before") is not None, before=more)
    return Connection(nodes, key, more=more, before=args.get("after") is not None)


def _bounds(rows: Sequence[T], args: Any, key: Key, turned: bool) -> tuple[int, int]:
    """Between which positions the page may lie: beyond `after`, before `before`, both as they are read."""
    low, high = 0, len(rows)
    after, before = (_place(args.get(name), name) for name in ("after", "before"))
    beyond, short = (before, after) if turned else (after, before)
    try:
        low = low if beyond is None else bisect_right(rows, beyond, key=key)
        high = high if short is None else bisect_left(rows, short, key=key)
    except TypeError:
        raise _invalid("a list that is sorted otherwise") from None
    return low, max(low, high)


def _size(args: Any, name: str) -> int:
    size = args.get(name)
    if _WHOLE.get():
        return 10**9
    if size is None:
        raise GraphQLError("you must provide one of first or last", extensions={"code": "BAD_REQUEST"})
    if not 0 < size <= MOST:
        message = f"{name} must be between 1 and {MOST}: {size}"
        raise GraphQLError(message, extensions={"code": "BAD_REQUEST"})
    return int(size)


def cursor_of(place: tuple[Any, int]) -> str:
    value, number = place
    kind, text = ("at", value.isoformat()) if isinstance(value, datetime) else ("is", value)
    return base64.b64encode(json.dumps({"last_id": number, kind: text}).encode()).decode()


def _place(cursor: str | None, name: str) -> tuple[Any, int] | None:
    if cursor is None:
        return None
    try:
        told = json.loads(base64.b64decode(cursor, validate=True))
        value = datetime.fromisoformat(told["at"]) if "at" in told else told["is"]
        return (value, told["last_id"])
    except (ValueError, KeyError, TypeError):
        raise _invalid(name) from None


def _invalid(name: str) -> GraphQLError:
    return GraphQLError(f"Invalid cursor for {name}", extensions={"code": "BAD_REQUEST"})
