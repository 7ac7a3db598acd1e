"""What really happened to a shop: every write that it took, every level it ever showed, every mail that left it.

Tests ask here, never the connector, what was done. All of it is in one sequence, by `number`.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.fakes.shopify.goods_records import Item, Level


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
    stale: dict[tuple[int, int], int] = field(default_factory=dict)  # what was compared and failed, until shown again
    location: int | None = None  # the one location that may be written, where a test says so
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
        self.stale.pop((item, location), None)

    def compared(self, level: Level, name: str, with_quantity: int | None) -> None:
        """A client is about to set a level: judge the comparison, before it is known how it ends."""
        here = (level.item, level.location)
        known = [quantities[name] for quantities in self.shown.get(here, ()) if name in quantities]
        if with_quantity is None:
            self.violations.append(f"the stock of item {level.item} was set without a comparison")
        elif with_quantity not in known:
            self.violations.append(f"item {level.item} was compared with {with_quantity}, which was never shown")
        elif self.stale.get(here) == with_quantity:
            self.violations.append(f"item {level.item} was compared again with {with_quantity}, which was stale")

    def was_stale(self, level: Level, with_quantity: int) -> None:
        """The comparison failed: whoever tries again must have looked again."""
        self.stale[level.item, level.location] = with_quantity

    def written(self, item: Item, level: Level, quantities: dict[str, int]) -> None:
        """A client set a level, and knows it from now on."""
        if not item.tracked:
            self.violations.append(f"the stock of item {item.id} was set, which is not tracked")
        if self.location not in (None, level.location):
            self.violations.append(f"the stock of item {item.id} was set at location {level.location}")
        self.show(level.item, level.location, quantities)

    def price(self, variant_id: int, price: str, by: str) -> None:
        self.prices.setdefault(variant_id, []).append((len(self.events), price, by))

    def mail(self, kind: str, record_id: int) -> None:
        self.mails.append((len(self.events), kind, record_id))

    def writes(self, kind: str = "") -> list[Event]:
        """Every write that came over the API, in order."""
        return [event for event in self.events if event.by == "api" and kind in ("", event.kind)]
