"""An order's lines in the sandbox shop's words, turned into ours. Pure.

There are twenty lines to an order, and nothing else of it costs as much: they are read column by column, for what holds
for a column holds for each line in it. Only where something is odd are they read line by line, field by field.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import repeat
from operator import itemgetter, sub
from typing import Any

from syncctl.connectors.sandbox.reading import Fields, shown
from syncctl.errors import MoneyError
from syncctl.model import LineItem, Lines
from syncctl.money import line_amount, round_minor
from syncctl.units import LIMIT

_WORDS = itemgetter("id", "sku", "title", "quantity", "price")


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
    for column in (ids, skus, titles, prices):
        "".join(column)  # raises where one is no text
    if not (
        all(ids)
        and all(skus)
        and len(set(ids)) == len(ids)
        and set(map(type, quantities)) == {int}
        and min(quantities) > -LIMIT
        and max(quantities) < LIMIT
    ):
        raise ValueError
    amounts = list(map(line_amount, prices, repeat(currency), quantities))
    taxes = [round_minor(row["tax"], currency) if "tax" in row else 0 for row in rows]
    if tax_included:
        amounts = list(map(sub, amounts, taxes))
    return Lines(ids, skus, titles, quantities, prices, amounts, taxes)


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
