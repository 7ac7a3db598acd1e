"""An order's line items and what was taken off each of them, in WooCommerce's words, turned into ours. Pure.

Every amount of a line is net of tax, whatever the shop's prices are. `subtotal` is before coupons and `total` after:
the difference is a discount of that line. Lines with nothing odd about them are read column by column, which costs a
fraction of reading them field by field.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation, localcontext
from functools import lru_cache
from html import unescape
from itertools import repeat
from operator import itemgetter
from typing import Any

from syncctl.connectors.reading import Fields, shown
from syncctl.connectors.woocommerce.words import amount, plain, record_id, text_of
from syncctl.errors import MoneyError
from syncctl.model import Charge, ChargeKind, LineItem, Lines
from syncctl.money import canonical, round_minor
from syncctl.units import LIMIT

_WORDS = itemgetter("id", "sku", "name", "quantity", "subtotal", "subtotal_tax", "total", "total_tax")
_PRICE_STEP = Decimal("0.000001")
_REMEMBERED = 16_384


def read_lines(
    rows: Sequence[Any], currency: str, gross: bool, problems: list[str], coupon: str = ""
) -> tuple[Sequence[LineItem], tuple[Charge, ...]]:
    """The lines, and a discount for each that was sold for less; what cannot be read is noted in `problems`.

    A line whose units are known is kept, so that they still count against stock; ids are made unique. `gross`: unit
    prices include tax. `coupon`: what the discounts are called.
    """
    title = coupon or "Discount"
    try:
        return _sound_lines(rows, currency, gross, title)
    except (MoneyError, LookupError, TypeError, ValueError, AttributeError):
        return _odd_lines(rows, currency, gross, problems, title)


def _sound_lines(
    rows: Sequence[dict[str, Any]], currency: str, gross: bool, title: str
) -> tuple[Lines, tuple[Charge, ...]]:
    """Lines with nothing odd about any of them. Errors: any of those above, if there is; it does not say what."""
    numbers, skus, names, quantities, *texts = zip(*map(_WORDS, rows), strict=True)
    if set(map(type, numbers)) != {int} or set(map(type, quantities)) != {int} or min(numbers) <= 0:
        raise ValueError
    if len(set(numbers)) != len(numbers) or not -LIMIT < min(quantities) <= max(quantities) < LIMIT:
        raise ValueError
    titles = list(map(_title, names)) if "&" in "".join(names) else names  # join raises where one is no text
    "".join(filter(None, skus))
    minor = _amounts(currency).__getitem__
    amounts, taxes = list(map(minor, texts[0])), list(map(minor, texts[1]))
    ids = list(map(str, numbers))
    charged = zip(texts[0], texts[1] if gross else repeat("0"), quantities, strict=False)
    prices = list(map(_PRICES.__getitem__, charged))
    lines = Lines(ids, [sku or None for sku in skus], titles, quantities, prices, amounts, taxes)
    if texts[:2] == texts[2:]:
        return lines, ()
    off = zip(ids, amounts, map(minor, texts[2]), taxes, map(minor, texts[3]), strict=True)
    charges = (_discount(title, key, after - net, taxed - tax) for key, net, after, tax, taxed in off)
    return lines, tuple(charge for charge in charges if charge is not None)


def _odd_lines(
    rows: Sequence[Any], currency: str, gross: bool, problems: list[str], title: str
) -> tuple[tuple[LineItem, ...], tuple[Charge, ...]]:
    lines: dict[str, LineItem] = {}
    charges: list[Charge] = []
    for position, value in enumerate(rows, 1):
        row = Fields.of(value, f"line {position}", problems)
        line = None if row is None else _odd_line(row, position, currency, gross)
        if row is None or line is None:
            continue
        if line.id in lines:
            problems.append(f"line {position}: id {shown(line.id)} stands twice")
            line = replace(line, id=f"{line.id}~{position}")
        lines[line.id] = line
        less = amount(row, "total", currency) - line.amount, amount(row, "total_tax", currency) - line.tax
        charge = _discount(title, line.id, *less)
        charges += [] if charge is None else [charge]
    return tuple(lines.values()), tuple(charges)


def _odd_line(row: Fields, position: int, currency: str, gross: bool) -> LineItem | None:
    quantity = row.units("quantity", sold=True)
    line_id = record_id(row.row.get("id"))
    if line_id is None:
        row.note("id", "is no line id")
    if quantity is None:
        return None
    tax = plain(row.row.get("subtotal_tax")) if gross else "0"
    return LineItem(
        id=line_id or f"?{position}",
        sku=_sku(row),
        title=_title(text_of(row, "name")),
        quantity=quantity,
        unit_price=_shown_price(plain(row.row.get("subtotal")), tax, row.row.get("quantity")),
        amount=amount(row, "subtotal", currency),
        tax=amount(row, "subtotal_tax", currency),
    )


def _sku(row: Fields) -> str | None:
    """The SKU exactly as it is; None for a product without one, or one that is gone."""
    value = plain(row.row.get("sku"))
    return value if isinstance(value, str) and value else (row.text("sku") or None)


def _discount(title: str, line_id: str, less: int, less_tax: int) -> Charge | None:
    if not less and not less_tax:
        return None
    return Charge(kind=ChargeKind.DISCOUNT, title=title, amount=less, tax=less_tax, line_id=line_id)


def _title(name: str) -> str:
    """Product names are kept as HTML."""
    return unescape(name) if "&" in name else name


class _Amounts(dict[str, int]):
    """Minor units by their text, remembered: a shop sells at few prices. A third of the cost of a function's cache.

    Errors: MoneyError, also where there is no text; TypeError.
    """

    def __init__(self, currency: str) -> None:
        super().__init__()
        self._currency = currency

    def __missing__(self, text: str) -> int:
        if len(self) >= _REMEMBERED:
            self.clear()
        minor = self[text] = round_minor(text, self._currency)
        return minor


@lru_cache(maxsize=8)
def _amounts(currency: str) -> _Amounts:
    return _Amounts(currency)


class _Prices(dict[tuple[str, str, int], str]):
    """Unit prices by what a line costs, its tax, and its units: remembered in the same way."""

    def __missing__(self, line: tuple[str, str, int]) -> str:
        if len(self) >= _REMEMBERED:
            self.clear()
        net, tax, quantity = line
        price = self[line] = _unit_price(net, tax, str(quantity))
        return price


_PRICES = _Prices()


def _unit_price(net: str, tax: str, quantity: str) -> str:
    """What one unit costs, to six places at most: decimal text. Errors: InvalidOperation, and those of `canonical`."""
    with localcontext(prec=60):
        units = Decimal(quantity)
        price = (Decimal(canonical(net)) + Decimal(canonical(tax))) / (units or 1)
        return canonical(format(price.quantize(_PRICE_STEP, rounding=ROUND_HALF_EVEN), "f"))


def _shown_price(net: object, tax: object, quantity: object) -> str:
    """The unit price of an odd line, or a short description of what stands there."""
    if not isinstance(net, str) or not isinstance(tax, str | None):
        return "0" if net is None else shown(net)
    try:
        return _unit_price(net or "0", tax or "0", str(quantity))
    except (MoneyError, InvalidOperation):
        return net[:40]
