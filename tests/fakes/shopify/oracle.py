"""What really happened to a shop: every write that it took, every level it ever showed, every mail that left it.

Tests ask here, never the connector, what was done. All of it is in one sequence, by `number`.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.fakes.shopify.goods_records import Level


@dataclass(frozen=True)
class Event:
    number: int
    at: datetime
    by: str  # api | shop | buyer
    what: str  # created, updated, placed, edited, cancelled, refunded, fulfilled, level, price, ...
    kind: str  # order | variant | item | customer | ...
    id: int
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Shown:
    """A level that an item came to have at a location, and why."""

    number: int  # of the event that made it, or of the last one before it
    at: datetime
    available: int
    on_hand: int
    by: str  # api | order | restock | hand | start


@dataclass
class Oracle:
    events: list[Event] = field(default_factory=list)
    levels: dict[tuple[int, int], list[Shown]] = field(default_factory=dict)  # (item, location)
    shown: dict[tuple[int, int], list[dict[str, int]]] = field(default_factory=dict)  # to the client, likewise
    prices: dict[int, list[tuple[int, str, str]]] = field(default_factory=dict)  # variant: (number, price, by)
    mails: list[tuple[int, str, int]] = field(default_factory=list)  # (number, kind of mail, order or customer id)
    calls: Counter[str] = field(default_factory=Counter)  # by the root fields of a document: "orders+customers"
    throttled: list[datetime] = field(default_factory=list)  # when a document was turned away for its cost
    violations: list[str] = field(default_factory=list)  # what no client of the real shop should ever send

    def event(self, at: datetime, by: str, what: str, kind: str, record_id: int, **detail: Any) -> None:
        self.events.append(Event(len(self.events) + 1, at, by, what, kind, record_id, detail))

    def level(self, at: datetime, level: Level, by: str) -> None:
        """A level came to be what it is now."""
        shown = Shown(len(self.events), at, level.available, level.on_hand, by)
        self.levels.setdefault((level.item, level.location), []).append(shown)

    def show(self, item: int, location: int, quantities: dict[str, int]) -> None:
        """A client is shown a level, by the names that it asked for."""
        self.shown.setdefault((item, location), []).append(quantities)

    def price(self, variant_id: int, price: str, by: str) -> None:
        self.prices.setdefault(variant_id, []).append((len(self.events), price, by))

    def mail(self, kind: str, record_id: int) -> None:
        self.mails.append((len(self.events), kind, record_id))

    def writes(self, kind: str = "") -> list[Event]:
        """Every write that came over the API, in order."""
        return [event for event in self.events if event.by == "api" and kind in ("", event.kind)]
