"""Orders of a real shop's year, picked from its file by `csv` alone: few lines and many, SKUs that differ by case.

Source: UCI Machine Learning Repository, "Online Retail"; `bench/retail.py` tells more of it.
"""

import csv
import lzma
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from itertools import islice

from bench.retail import DATA

SHORT, LONG = 4, range(12, 26)  # lines of an invoice
ROWS = 120_000  # of the file: the first three months
_COUNTRIES = {"United Kingdom": "GB", "EIRE": "IE", "France": "FR", "Germany": "DE", "Spain": "ES", "Belgium": "BE"}
COUNTRIES = {**_COUNTRIES, "Norway": "NO", "Portugal": "PT", "Italy": "IT", "Finland": "FI", "Australia": "AU"}


@dataclass(slots=True)
class Invoice:
    """One invoice of the file. `lines`: (SKU, title, units, unit price as it stands there)."""

    number: str
    placed_at: datetime
    customer: str
    country: str  # its ISO code, "" for one that is not in the table
    lines: list[tuple[str, str, int, str]] = field(default_factory=list)

    @property
    def skus(self) -> set[str]:
        return {sku for sku, *_ in self.lines}


@cache
def invoices() -> list[Invoice]:
    """The invoices of these months, in the order of the file; without adjustments of the books."""
    found: dict[str, Invoice] = {}
    with lzma.open(DATA, "rt", encoding="utf-8", newline="") as file:
        for row in islice(csv.DictReader(file), ROWS):
            number = row["InvoiceNo"]
            if number.startswith("A"):
                continue
            if number not in found:
                at = datetime.fromisoformat(row["InvoiceDate"]).replace(tzinfo=UTC)
                found[number] = Invoice(number, at, row["CustomerID"], COUNTRIES.get(row["Country"], ""))
            title = row["Description"].strip() or row["StockCode"]
            found[number].lines.append((row["StockCode"], title, int(row["Quantity"]), row["UnitPrice"]))
    return list(found.values())


def sales(count: int) -> list[Invoice]:
    """So many of the sales, spread over these months: most are short, one in 40 is long, a few have SKUs alike."""
    sold = [one for one in invoices() if all(units > 0 and float(price) > 0 for _, _, units, price in one.lines)]
    alike = _alike(sold)
    twins = [one for one in sold if len(one.lines) <= LONG.stop and one.skus & alike]
    picked = {one.number: one for one in _pairs(twins, max(1, count // 50))}
    for some, share in ((LONG, count // 40), (range(1, SHORT + 1), count)):
        fitting = [one for one in sold if len(one.lines) in some and one.number not in picked]
        share = min(share, count - len(picked))
        picked |= {one.number: one for one in fitting[:: len(fitting) // max(share, 1)][:share]}
    return sorted(picked.values(), key=lambda one: one.number)


def returns(count: int) -> list[Invoice]:
    """So many short returns: orders of their own in the file, whose units are negative."""
    fitting = [
        one
        for one in invoices()
        if one.number.startswith("C")
        and len(one.lines) <= SHORT
        and all(units < 0 and float(price) > 0 for _, _, units, price in one.lines)
    ]
    return fitting[:: len(fitting) // count][:count] if count else []


def _alike(some: Iterable[Invoice]) -> set[str]:
    """SKUs from which another differs by case alone."""
    by_fold: dict[str, set[str]] = {}
    for sku in {sku for one in some for sku in one.skus}:
        by_fold.setdefault(sku.casefold(), set()).add(sku)
    return {sku for twins in by_fold.values() if len(twins) > 1 for sku in twins}


def _pairs(twins: list[Invoice], count: int) -> list[Invoice]:
    """So many pairs of invoices: the one has a SKU, the other one its twin."""
    first: dict[str, Invoice] = {}
    for one in twins:
        for sku in one.skus:
            first.setdefault(sku, one)
    pairs = [(first[sku], first[sku.upper()]) for sku in sorted(first) if sku != sku.upper() and sku.upper() in first]
    return [one for pair in pairs[:count] for one in pair]
