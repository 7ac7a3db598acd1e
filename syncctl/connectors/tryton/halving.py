"""Calls for many records at once: where one is refused, the others must not be."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from syncctl.connectors.tryton.rpc import Declined

Item = TypeVar("Item")
Answer = TypeVar("Answer")


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
