"""What really happened to a site: every write that it took, every level it ever showed, every mail that left it.

Tests ask here, never the connector, what was done. All of it is in one sequence, by `number`.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Event:
    number: int
    at: datetime
    by: str  # api | shop | buyer
    what: str  # created, updated, deleted, placed, edited, cancelled, refunded, trashed, status, ...
    kind: str  # order | product | customer | note | refund
    id: int
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Level:
    """A level that a product came to show, and why."""

    number: int  # of the event that made it, or of the last one before it
    at: datetime
    quantity: Any
    by: str  # api | order | restock | hand | start


@dataclass
class Oracle:
    events: list[Event] = field(default_factory=list)
    levels: dict[int, list[Level]] = field(default_factory=dict)
    prices: dict[int, list[tuple[int, str, str]]] = field(default_factory=dict)  # (number, price, by)
    mails: list[tuple[int, str, int]] = field(default_factory=list)  # (number, kind of mail, order or customer id)
    calls: Counter[str] = field(default_factory=Counter)  # "GET orders": how often it was asked
    violations: list[str] = field(default_factory=list)  # what no client of the real site should ever send

    def event(self, at: datetime, by: str, what: str, kind: str, record_id: int, **detail: Any) -> None:
        self.events.append(Event(len(self.events) + 1, at, by, what, kind, record_id, detail))

    def level(self, at: datetime, product_id: int, quantity: Any, by: str) -> None:
        self.levels.setdefault(product_id, []).append(Level(len(self.events), at, quantity, by))

    def price(self, product_id: int, price: str, by: str) -> None:
        self.prices.setdefault(product_id, []).append((len(self.events), price, by))

    def mail(self, kind: str, record_id: int) -> None:
        self.mails.append((len(self.events), kind, record_id))

    def writes(self, kind: str = "") -> list[Event]:
        """Every write that came over the API, in order."""
        return [event for event in self.events if event.by == "api" and kind in ("", event.kind)]
