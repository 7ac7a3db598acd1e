"""Batches that fail as a whole are halved until the bad record stands alone, whether they were sent or asked for."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from syncctl.errors import BatchRefused, DataError
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


def read_halving(read: Callable[[Sequence[Item]], list[Outcome]], items: Sequence[Item]) -> list[Outcome | DataError]:
    """One answer per item, in order; instead of one that cannot be read, its error.

    Each is asked for at least twice: an answer may have been spoilt on its way.
    """
    try:
        return list(read(items))
    except DataError:
        if len(items) == 1:
            return [_read_again(read, items)]
        middle = len(items) // 2
        return read_halving(read, items[:middle]) + read_halving(read, items[middle:])


def _read_again(read: Callable[[Sequence[Item]], list[Outcome]], items: Sequence[Item]) -> Outcome | DataError:
    try:
        return next(iter(read(items)))
    except DataError as error:
        return error
