"""How a query is read: `status:open -tag:vip (a OR b) updated_at:>='2026-03-01T10:00:00Z'`.

Terms that stand beside each other must both hold; `OR` binds less than that. What a term means is in `search`.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError

Keep = Callable[[Any], bool]
TOKEN = re.compile(
    r"""\s*(?:(?P<bracket>[()])
    |(?P<word>AND|OR|NOT)(?=[\s()]|$)
    |(?P<minus>-)?(?:(?P<field>\w+)\s*:\s*(?P<compare>>=|<=|>|<)?\s*)?
     (?:'(?P<single>(?:[^'\\]|\\.)*)'|"(?P<double>(?:[^"\\]|\\.)*)"|(?P<plain>[^\s()'"]+)))""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Term:
    """`field:compare value`. `field` "": free text; `compare` "": equal."""

    field: str
    compare: str
    value: str
    quoted: bool


def read(query: str, keep_of: Callable[[Term], Keep]) -> Keep:
    """What a query keeps. `keep_of`: what each of its terms keeps."""
    return _Reader(query, keep_of).read()


class _Reader:
    """Reads one query, from left to right."""

    def __init__(self, query: str, keep_of: Callable[[Term], Keep]) -> None:
        self.query, self.keep_of = query, keep_of
        self.tokens = list(_tokens(query))
        self.position = 0

    def read(self) -> Keep:
        keep = self._any()
        if self.position < len(self.tokens):
            raise _invalid(self.query)
        return keep

    def _any(self) -> Keep:
        parts = [self._all()]
        while self._next("OR"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else lambda row: any(part(row) for part in parts)

    def _all(self) -> Keep:
        parts = []
        while self.position < len(self.tokens) and self.tokens[self.position] not in ("OR", ")"):
            if not self._next("AND"):
                parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda row: all(part(row) for part in parts)

    def _one(self) -> Keep:
        if self._next("NOT"):
            return _not(self._one())
        if self._next("("):
            keep = self._any()
            self._next(")")
            return keep
        if self.position == len(self.tokens):
            raise _invalid(self.query)
        negated, term = self.tokens[self.position]
        self.position += 1
        return _not(self.keep_of(term)) if negated else self.keep_of(term)

    def _next(self, token: str) -> bool:
        found = self.position < len(self.tokens) and self.tokens[self.position] == token
        self.position += found
        return found


def _not(keep: Keep) -> Keep:
    return lambda row: not keep(row)


def _tokens(query: str) -> Iterator[Any]:
    """Brackets and words as they are; of a term, whether it has a minus, and the term."""
    position = 0
    while query[position:].strip():
        found = TOKEN.match(query, position)
        if found is None:
            raise _invalid(query)
        position = found.end()
        if found["bracket"] or found["word"]:
            yield found["bracket"] or found["word"]
            continue
        quoted = found["plain"] is None
        text = (found["single"] if found["single"] is not None else found["double"]) if quoted else found["plain"]
        value = re.sub(r"\\(.)", r"\1", text)
        yield (bool(found["minus"]), Term(found["field"] or "", found["compare"] or "", value, quoted))


def _invalid(query: str) -> GraphQLError:
    return GraphQLError(f"Invalid search query: {query}", extensions={"code": "BAD_REQUEST"})
