"""Making an odd order fit to be kept: what the hub keys on must be unique, whatever a platform sends."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from syncctl.model import LineItem, Lines, Order, Payment, Refund


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


Part = TypeVar("Part", LineItem, Payment, Refund)


def with_unique_ids(order: Order) -> Order:
    """The order, with a problem noted and a key of its own for each line, payment or refund whose id stands twice.

    A refund needs an id at all: without one, its charges are taken for the order's own. A sound order comes back as
    it is.
    """
    refunds_named = all(refund.id for refund in order.refunds)
    line_ids = Lines.of(order.lines).ids
    lines_differ = len(set(line_ids)) == len(line_ids)
    if refunds_named and lines_differ and _are_unique(order.payments) and _are_unique(order.refunds):
        return order
    problems = list(order.problems)
    return replace(
        order,
        lines=_renamed("line", order.lines, problems),
        payments=_renamed("payment", order.payments, problems),
        refunds=_renamed("refund", order.refunds, problems),
        problems=tuple(problems),
    )


def _are_unique(parts: Sequence[_Identified]) -> bool:
    return len(parts) < 2 or len({part.id for part in parts}) == len(parts)


def _renamed(word: str, parts: Sequence[Part], problems: list[str]) -> tuple[Part, ...]:
    seen: dict[str, Part] = {}
    for position, part in enumerate(parts, 1):
        key = part.id
        while key in seen or (not key and isinstance(part, Refund)):
            key = f"{key}~{position}"
        if key != part.id:
            fault = f"its id {part.id[:40]!r} stands twice" if part.id else "it has no id of its own"
            problems.append(f"{word} {position}: {fault}")
        seen[key] = part if key == part.id else replace(part, id=key)
    return tuple(seen.values())
