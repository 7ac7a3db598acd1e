"""Sending a batch: one that is refused as a whole is halved until the bad record stands alone."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from syncctl.errors import BatchRefused
from syncctl.model import Refused

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


def push_halving(
    push: Callable[[Sequence[Item]], list[Outcome]], items: Sequence[Item], key: Callable[[Item], str]
) -> list[Outcome | Refused]:
    """One outcome per item, in order. What `push` raises beside BatchRefused goes on to the caller."""
    try:
        return list(push(items))
    except BatchRefused as error:
        if len(items) == 1:
            return [Refused(key=key(items[0]), reason="refused", message=str(error))]
        middle = len(items) // 2
        return push_halving(push, items[:middle], key) + push_halving(push, items[middle:], key)
