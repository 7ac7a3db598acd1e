"""What the online-retail file says, by `csv` and `Decimal` alone: the oracle. It imports nothing of syncctl.

Source: UCI Machine Learning Repository, "Online Retail"; pounds, one row a line, invoices beginning with C are returns,
with A adjustments of the books.
"""

import csv
import lzma
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import TextIO

DATA = Path(os.environ.get("SYNCCTL_DATA", Path(__file__).parents[2] / "shared" / "data")) / "online-retail.csv.xz"

BOOKED = ("sale", "return")


def pence(amount: Decimal) -> int:
    """Pounds, rounded half-even to whole pence."""
    return int((amount * 100).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


@dataclass(slots=True)
class Invoice:
    """One invoice: its time (the first one it gives), its buyer, and its lines as (SKU, units, pence).

    `free_lines`: lines at price zero; a line whose amount rounds to nothing is another matter.
    """

    number: str
    placed_at: str
    customer: str
    lines: list[tuple[str, int, int]] = field(default_factory=list)
    free_lines: int = 0

    @property
    def total(self) -> int:
        return sum(amount for _, _, amount in self.lines)

    @property
    def day(self) -> str:
        return self.placed_at[:10]

    @property
    def kind(self) -> str:
        """sale | return | adjustment | stock note | zero value: what has to become of it."""
        if self.number.startswith("C"):
            return "return"
        if self.number.startswith("A"):
            return "adjustment"
        if all(units < 0 for _, units, _ in self.lines):
            return "stock note"
        return "sale" if any(amount for _, _, amount in self.lines) else "zero value"


@dataclass(slots=True)
class History:
    """All invoices, by number."""

    invoices: dict[str, Invoice]

    @property
    def booked(self) -> list[Invoice]:
        return [one for one in self.invoices.values() if one.kind in BOOKED]

    @property
    def skus(self) -> list[str]:
        return sorted({sku for one in self.invoices.values() for sku, _, _ in one.lines})

    def count(self) -> Counter[str]:
        return Counter(one.kind for one in self.invoices.values())

    def pence_by_kind(self) -> dict[str, int]:
        sums: dict[str, int] = defaultdict(int)
        for one in self.invoices.values():
            sums[one.kind] += one.total
        return dict(sums)


def read_history(path: Path = DATA) -> History:
    """Read the file, packed (`.xz`) or plain."""
    invoices: dict[str, Invoice] = {}
    opened: Callable[..., TextIO] = lzma.open if path.suffix == ".xz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            number, units = row["InvoiceNo"], int(row["Quantity"])
            if number not in invoices:
                invoices[number] = Invoice(number, row["InvoiceDate"], row["CustomerID"])
            price = Decimal(row["UnitPrice"])
            invoices[number].lines.append((row["StockCode"], units, pence(price * units)))
            invoices[number].free_lines += not price
    return History(invoices)


def by_day(amounts: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Pence by day; days that come to nothing are left out."""
    days: dict[str, int] = defaultdict(int)
    for day, amount in amounts:
        days[day] += amount
    return {day: amount for day, amount in days.items() if amount}
