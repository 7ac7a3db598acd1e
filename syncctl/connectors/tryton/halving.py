"""Calls for many records at once: where one is refused, the others must not be."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from syncctl.connectors.tryton.rpc import Declined

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def loads(items: Iterable[Item], most: int, size: Callable[[Item], int] | None = None) -> Iterator[list[Item]]:
    """Items in order, so many at once that together they are not larger than `most`; one that is larger stands alone.

    `size`: of an item; without it each is 1.

    >>> list(loads([3, 1, 2, 9, 1], 4, int)), list(loads("abc", 2))
    ([[3, 1], [2], [9], [1]], [['a', 'b'], ['c']])
    """
    load: list[Item] = []
    held = 0
    for item in items:
        weight = size(item) if size else 1
        if load and held + weight > most:
            yield load
            load, held = [], 0
        load.append(item)
        held += weight
    if load:
        yield load


def each(
    items: Sequence[Item], call: Callable[[Sequence[Item]], Sequence[Answer]]
) -> Iterator[tuple[Item, Answer | Declined]]:
    """One answer for each item: call with all; where that is refused with halves, until what is refused stands alone.

    A call that is refused has done nothing, or may be made again.
    """
    if not items:
        return
    try:
        answers = call(items)
    except Declined as error:
        if len(items) == 1:
            yield items[0], error
            return
        middle = len(items) // 2
        yield from each(items[:middle], call)
        yield from each(items[middle:], call)
        return
    yield from zip(items, answers, strict=True)
