"""What the machine itself knows: a small account of its own of what happened in the shops. No code of ours is asked.

Amounts are minor units. A refund gives back the full price of its units, so that all sums here are exact.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

BOOKABLE = {"paid", "partially_refunded", "refunded"}  # what the settings list from the beginning
GHOST = "GHOST"  # the shops sell it, the back office has never heard of it
LineKey = tuple[str, str, str]  # store, order, line
Units = dict[LineKey, tuple[str, int]]  # the SKU and how many units of it


@dataclass(slots=True)
class Line:
    """`price` and `tax` are those of one unit; where prices include tax, `tax` is a part of `price`."""

    sku: str
    quantity: int
    price: int
    tax: int


@dataclass(frozen=True, slots=True)
class Refund:
    """Money given back. `extra`: beside the units: shipping, or what makes up the rest of the total."""

    id: str
    units: dict[str, int]
    total: int
    tax: int
    restock: bool


@dataclass(frozen=True, slots=True)
class State:
    """What an order was worth at some time."""

    total: int
    tax: int
    lines: tuple[tuple[str, str, int], ...]  # line, SKU, units


@dataclass(slots=True)
class WebOrder:
    """One web order as the machine made it."""

    store: str
    id: str
    person: str | None
    lines: dict[str, Line]
    charges: int
    tax_included: bool
    status: str
    channel: str = "web"
    test: bool = False
    old: bool = False  # placed before book_from: the books have it already
    cancelled: bool = False
    closed: bool = False
    payments: dict[str, int] = field(default_factory=dict)
    refunds: list[Refund] = field(default_factory=list)
    shipped: dict[str, int] = field(default_factory=dict)  # what the store itself says has left
    states: list[State] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, str]:
        return self.store, self.id

    @property
    def name(self) -> str:
        return f"{self.store} order {self.id}"

    @property
    def total(self) -> int:
        goods = sum(line.quantity * (line.price + self._on_top(line)) for line in self.lines.values())
        return goods + self.charges

    @property
    def tax(self) -> int:
        return sum(line.quantity * line.tax for line in self.lines.values())

    @property
    def refunded(self) -> int:
        return sum(refund.total for refund in self.refunds)

    @property
    def state(self) -> State:
        return State(
            self.total, self.tax, tuple(sorted((key, line.sku, line.quantity) for key, line in self.lines.items()))
        )

    def note(self) -> None:
        """Keep what it is worth now: any state may be the one that was booked. The last is the present one."""
        self.states = [state for state in self.states if state != self.state] + [self.state]

    def worth(self, units: dict[str, int]) -> tuple[int, int]:
        """(total, tax) of so many units of these lines."""
        lines = [(self.lines[key], count) for key, count in units.items()]
        return (
            sum(count * (line.price + self._on_top(line)) for line, count in lines),
            sum(count * line.tax for line, count in lines),
        )

    def left(self, line_id: str) -> int:
        """Units that are not refunded."""
        return self.lines[line_id].quantity - sum(refund.units.get(line_id, 0) for refund in self.refunds)

    def unshipped(self, line_id: str) -> int:
        """Units that may still be taken off the order."""
        return max(0, self.left(line_id) - self.shipped.get(line_id, 0))

    def demand(self) -> Iterator[tuple[LineKey, tuple[str, int]]]:
        """Units by line that the order takes: ordered, less what was put back on sale. Nothing once cancelled."""
        if self.cancelled or self.old:
            return
        for line_id, line in self.lines.items():
            back = sum(refund.units.get(line_id, 0) for refund in self.refunds if refund.restock)
            yield (self.store, self.id, line_id), (line.sku, line.quantity - back)

    def _on_top(self, line: Line) -> int:
        return 0 if self.tax_included else line.tax


@dataclass(frozen=True, slots=True)
class Person:
    """A buyer. `account`: has an account in each store; else a guest who types in the same each time."""

    name: str
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    account: bool = False

    @property
    def keys(self) -> set[tuple[str, str]]:
        return {("email", one.casefold()) for one in self.emails if not one.startswith("noemail@")} | {
            ("phone", one) for one in self.phones
        }


PEOPLE = {
    "ada": Person("Ada Byron", ("ada@example.org",), ("+442079460001",), account=True),
    "bob": Person("Bob Hope", ("bob@example.org",), account=True),
    "carl": Person("Carl Known", ("carl@example.org",), account=True),  # the back office knows him
    "ada as a guest": Person("ada  BYRON", ("Ada@Example.org",)),
    "eve, who writes from ada's address": Person("Eve Other", ("ada@example.org",)),
    "gus": Person("Gus Guest", ("gus@example.org",), ("+442079460009",)),
    "tina": Person("Tina Twin", ("twin@example.org",)),  # two customers of the back office have this address
    "nobody's address": Person("Norm Nomail", ("noemail@example.org",)),
    "a name alone": Person("Nell Nokeys"),
}


@dataclass(slots=True)
class Ledger:
    """All orders, and what people said about marketing."""

    orders: dict[tuple[str, str], WebOrder] = field(default_factory=dict)
    answers: dict[tuple[str, str], list[tuple[datetime, str]]] = field(default_factory=dict)  # (store, person)
    told: dict[tuple[str, str], set[tuple[datetime, str]]] = field(default_factory=dict)  # ... with an order

    def add(self, order: WebOrder) -> None:
        order.note()
        self.orders[order.key] = order
        if order.person is not None and PEOPLE[order.person].account and not order.old:
            said = self.answers.get((order.store, order.person), [])
            self.told.setdefault((order.store, order.person), set()).update(said[-1:])

    def demand(self, stores: set[str] | None = None) -> Units:
        """Units that web orders take off the stock. A closed order that was never paid is the merchant's own."""
        return {
            key: units
            for order in self.orders.values()
            if (stores is None or order.store in stores) and not order.closed
            for key, units in order.demand()
        }
