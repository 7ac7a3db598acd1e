"""What Shopify grants: a bucket of points that fills up again, and documents that ask for some of them.

Source: the vendor's page on API limits. What is asked for is taken when the document is accepted, and what was not
used of it is given back with the answer. Units: points, points a second, seconds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite, log
from typing import Any

from syncctl.connectors.shopify.documents import HIGHEST_COST, Document

_CAREFUL = HIGHEST_COST * 0.9
"""What a larger page may be expected to cost: how Shopify counts is measured, not promised."""

_CALM = 20  # pages that go well before a size is tried again that Shopify failed at


@dataclass(frozen=True, slots=True)
class Cost:
    """What an answer says of its own cost, and of the bucket afterwards. `actual`: None where nothing was done."""

    requested: float
    actual: float | None
    available: float
    maximum: float
    rate: float

    @classmethod
    def of(cls, body: Any) -> "Cost | None":
        """Read from `extensions.cost`; None where that says nothing that can be believed."""
        try:
            told = body["extensions"]["cost"]
            status, actual = told["throttleStatus"], told["actualQueryCost"]
            cost = cls(
                requested=_points(told["requestedQueryCost"]),
                actual=None if actual is None else _points(actual),
                available=_points(status["currentlyAvailable"]),
                maximum=_points(status["maximumAvailable"]),
                rate=_points(status["restoreRate"]),
            )
        except (KeyError, TypeError, ValueError):
            return None
        return cost if cost.maximum >= 1 and cost.rate >= 1 else None


def _points(value: object) -> float:
    """Whole numbers and fractions alike; JSON's fractions come as text. Errors: ValueError."""
    points = float(value) if isinstance(value, int | str) else float("nan")
    if not isfinite(points) or abs(points) > 1e9:
        raise ValueError("no number of points")
    return points


class Bucket:
    """What is left of the points of one shop, as far as it said. Before it said anything: enough.

    `clock`: seconds that never go back. One document is under way at a time, and is answered before the next one asks.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._told: Cost | None = None
        self._at = 0.0
        self._learned: dict[tuple[str, int], float] = {}

    def delay(self, document: Document) -> float:
        """How long to wait till there is as much as a document asks for."""
        told = self._told
        if told is None:
            return 0.0
        key = document.name, document.size
        cost = self._learned.get(key, document.cost)
        there = told.available + (self._clock() - self._at) * told.rate
        return max(0.0, min(cost, told.maximum) - there) / told.rate

    def learn(self, document: Document, told: Cost) -> None:
        """An answer has come, and says what was asked for and what is left."""
        self._told, self._at = told, self._clock()
        self._learned[document.name, document.size] = told.requested


class Sizer:
    """How many records to ask for at once: as many as their cost allows, which each answer tells.

    It grows, to the double at most, while the cost to be expected leaves some room, and halves where Shopify finds it
    too dear, or fails at it. A size that was too dear once is not tried again; one that it failed at is, after a while.
    `most`: never more than that.
    """

    def __init__(self, most: int, first: int = 25) -> None:
        self._most = max(1, most)
        self.size = min(first, self._most)
        self._calm = 0  # pages that are to go well before it grows again

    def went_well(self, cost: Cost | None) -> None:
        """A page of this size was answered, at that cost."""
        self._calm -= self._calm > 0
        if self._calm:
            return
        larger = min(self.size * 2, self._most)
        while cost is not None and larger > self.size:
            if cost.requested * weight(larger) <= _CAREFUL * weight(self.size):
                self.size = larger
                return
            larger = (larger + self.size) // 2

    def too_dear(self) -> bool:
        """A page of this size was refused: now it is smaller. False: it is as small as can be."""
        if self.size == 1:
            return False
        self._most = self.size - 1
        self.size = max(1, self.size // 2)
        return True

    def too_heavy(self) -> None:
        """Shopify failed at a page of this size, maybe because of that: now it is smaller, unless it is one."""
        self.size = max(1, self.size // 2)
        self._calm = _CALM


def weight(size: int) -> int:
    """How much dearer a list makes what stands in it, by its size. Source: measured by others, as staff describe it."""
    return max(1, int(2 * log(max(2, size))))
