"""An order's lines in the sandbox shop's words, turned into ours. Pure.

There are twenty lines to an order, and nothing else of it costs as much: they are read column by column, for what holds
for a column holds for each line in it. Only where something is odd are they read line by line, field by field.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from operator import itemgetter, sub
from typing import Any

from syncctl.connectors.reading import Fields, shown
from syncctl.errors import MoneyError
from syncctl.model import LineItem, Lines
from syncctl.money import round_minor
from syncctl.units import LIMIT

_WORDS = itemgetter("id", "sku", "title", "quantity", "price")
_REMEMBERED = 16_384  # amounts, of each currency


def read_lines(rows: Sequence[Any], currency: str, tax_included: bool, problems: list[str]) -> Sequence[LineItem]:
    """The lines, their amounts net of tax; what cannot be read in one is noted in `problems`.

    A line whose units are known is kept, so that they still count against stock; ids are made unique.
    """
    try:
        return _sound_lines(rows, currency, tax_included)
    except (MoneyError, LookupError, TypeError, ValueError):
        return _odd_lines(rows, currency, tax_included, problems)


def _sound_lines(rows: Sequence[dict[str, Any]], currency: str, tax_included: bool) -> Lines:
    """Lines with nothing odd about any of them. Errors: any of those above, if there is; it does not say what."""
    ids, skus, titles, quantities, prices = zip(*map(_WORDS, rows), strict=True)
    for column in (ids, skus, titles):
        "".join(column)  # raises where one is no text
    if not (all(ids) and all(skus) and len(set(ids)) == len(ids) and set(map(type, quantities)) == {int}):
        raise ValueError
    amounts = list(map(_amounts(currency).__getitem__, zip(prices, quantities, strict=True)))
    if sum(map(len, rows)) == len(rows) * 5:  # the words above, so no tax
        return Lines(ids, skus, titles, quantities, prices, amounts, [0] * len(rows))
    taxes = [round_minor(row["tax"], currency) if "tax" in row else 0 for row in rows]
    if tax_included:
        amounts = list(map(sub, amounts, taxes))
    return Lines(ids, skus, titles, quantities, prices, amounts, taxes)


class _Amounts(dict[tuple[str, int], int]):
    """Amounts of lines by price and quantity, remembered: a shop sells at few prices, by ones and twos.

    Only of what is sound, so that what is found here needs no further check: quantities within the limit, prices that
    can be read. Half the cost of a cache that is a function. Errors: MoneyError, TypeError, ValueError.
    """

    def __init__(self, currency: str) -> None:
        super().__init__()
        self._currency = currency

    def __missing__(self, line: tuple[str, int]) -> int:
        price, quantity = line
        if not -LIMIT < quantity < LIMIT:
            raise ValueError
        if len(self) >= _REMEMBERED:
            self.clear()
        amount = self[line] = round_minor(price, self._currency, quantity)
        return amount


@lru_cache(maxsize=8)
def _amounts(currency: str) -> _Amounts:
    return _Amounts(currency)


def _odd_lines(rows: Sequence[Any], currency: str, tax_included: bool, problems: list[str]) -> tuple[LineItem, ...]:
    lines: dict[str, LineItem] = {}
    for position, row in enumerate(rows, 1):
        line = _odd_line(row, position, currency, tax_included, problems)
        if line is None:
            continue
        key = line.id
        if key in lines:
            problems.append(f"line {position}: id {shown(key)} stands twice")
            key = f"{key}~{position}"
            line = replace(line, id=key)
        lines[key] = line
    return tuple(lines.values())


def _odd_line(row: Any, position: int, currency: str, tax_included: bool, problems: list[str]) -> LineItem | None:
    line = Fields.of(row, f"line {position}", problems)
    if line is None:
        return None
    quantity = line.units("quantity", sold=True)
    line_id = line.text("id")
    if not line_id:
        line.note("id", "is no line id")
    if quantity is None:
        return None
    tax = line.amount("tax", round_minor, currency) if line.has("tax") else 0
    amount = line.amount("price", lambda text, of: round_minor(text, of, quantity), currency)
    return LineItem(
        id=line_id or f"?{position}",
        sku=line.text("sku") or None,
        title=line.text("title"),
        quantity=quantity,
        unit_price=line.shown_text("price"),
        amount=amount - tax if tax_included else amount,
        tax=tax,
    )
