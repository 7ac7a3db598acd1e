"""An order's line items and what was taken off each of them, in Shopify's words, turned into ours. Pure.

Amounts of ours are net of tax and before discounts; a discount is a charge of its line. Shopify writes one unit's
price, with the tax in it where the order says so, and discounts and taxes of all units that were ever ordered: those
that came back count as sold here, and those that an edit took away do not, with their share of the discounts and taxes.

What stands among the lines and is no goods becomes a charge: a gift card that is sold is a liability, and a tip is a
line called Tip. Lines with nothing odd about them are read column by column, at a fraction of the cost.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import itemgetter
from typing import Any

from syncctl.connectors.reading import Fields, shown
from syncctl.connectors.shopify.order_fields import amount, digits, half_even, in_shop_money, sum_of_bags
from syncctl.errors import MoneyError
from syncctl.model import Charge, ChargeKind, LineItem, Lines
from syncctl.money import canonical, round_minor
from syncctl.units import LIMIT

TIP = "Tip"
TOTAL = "originalTotalSet"
"""What a line came to. It is asked of few orders: elsewhere its unit price says so."""

_KIND = "LineItem"
_WORDS = itemgetter(
    "id", "sku", "name", "quantity", "currentQuantity", "isGiftCard", "originalUnitPriceSet", "discountAllocations",
    "taxLines",
)  # fmt: skip
_REMEMBERED = 16_384


@dataclass(frozen=True, slots=True)
class Terms:
    """How the lines of one order are read. `gross`: prices have the tax in them; `title`: what discounts are called.

    `tip`: minor units of all tips on the order; `back`: units of each line that came back, by its id.
    """

    currency: str
    gross: bool
    title: str
    tip: int
    back: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Sold:
    """What was sold. `edited`: lines of which units were taken away by an edit, so that parts of sums stand here.

    `gone`: how many lines it took away altogether; `others`: ids of the lines that became charges, with the kind of
    charge; `tipped`: the tips are among them.
    """

    lines: Sequence[LineItem]
    charges: tuple[Charge, ...] = ()
    edited: tuple[str, ...] = ()
    gone: int = 0
    others: Mapping[str, str] | None = None

    @property
    def tipped(self) -> bool:
        return ChargeKind.TIP in (self.others or {}).values()


def split(gross: int, off: int, tax: int, *, included: bool) -> tuple[int, int, int, int]:
    """Net amount and tax before a discount, and net amount and tax of that discount, of what is taxed as a whole.

    `gross` is the price with the tax in it where `included`; `off` what was taken off it in the same way; `tax` that of
    what was left. The four together are what was charged, exactly.

    >>> split(12000, 6000, 1000, included=True), split(10000, 5000, 1000, included=False)
    ((10000, 2000, -5000, -1000), (10000, 2000, -5000, -1000))
    """
    before = tax if not off or off == gross else half_even(tax * abs(gross), abs(gross - off))
    less = tax - before
    if included:
        return gross - before, before, -off - less, less
    return gross, before, -off, less


def read_lines(rows: Sequence[Any], terms: Terms, problems: list[str]) -> Sold:
    """The lines, and the charges that belong to them; what cannot be read is noted in `problems`.

    A line whose units are known is kept, so that they still count against stock; ids are made unique.
    """
    if not terms.back and not terms.tip and not (rows and isinstance(rows[0], dict) and TOTAL in rows[0]):
        try:
            return _sound_lines(rows, terms)
        except (MoneyError, LookupError, TypeError, ValueError, AttributeError):
            pass  # whoever reads them one by one says what is odd
    return _odd_lines(rows, terms, problems)


def _sound_lines(rows: Sequence[dict[str, Any]], terms: Terms) -> Sold:
    """Goods with nothing odd about any of them, all of them still on the order. Errors: any of those above."""
    gids, skus, names, quantities, current, cards, bags, off, taxed = zip(*map(_WORDS, rows), strict=True)
    if quantities != current or set(map(type, quantities)) != {int} or not 0 < min(quantities) <= max(quantities):
        raise ValueError
    if any(cards) or max(quantities) >= LIMIT:
        raise ValueError
    ids = [_number(gid) for gid in gids]
    "".join(names)  # raises where one is no text
    "".join(filter(None, skus))
    if len(set(ids)) != len(ids):
        raise ValueError
    prices = [bag["shopMoney"]["amount"] for bag in bags]
    amounts: list[int] = list(map(_gross(terms.currency).__getitem__, zip(prices, quantities, strict=True)))
    taxes = [_sum(each, "priceSet", terms.currency) if each else 0 for each in taxed]
    unit_prices = list(map(_TEXTS.__getitem__, prices))
    charges: list[Charge] = []
    if terms.gross or any(off):
        less = [_sum(each, "allocatedAmountSet", terms.currency) if each else 0 for each in off]
        for index, (gross, taken, tax) in enumerate(zip(amounts, less, taxes, strict=True)):
            amounts[index], taxes[index], *rest = split(gross, taken, tax, included=terms.gross)
            charges += _discount(terms.title, ids[index], *rest)
    return Sold(
        Lines(ids, [sku or None for sku in skus], names, quantities, unit_prices, amounts, taxes), tuple(charges)
    )


def _number(gid: str) -> str:
    number = digits(gid, _KIND)
    if number is None:
        raise ValueError
    return number


def _sum(rows: Sequence[Any], name: str, currency: str) -> int:
    """Money bags of a list together; zero for most."""
    minor = _gross(currency).__getitem__
    return sum(minor((row[name]["shopMoney"]["amount"], 1)) for row in rows)


def _odd_lines(rows: Sequence[Any], terms: Terms, problems: list[str]) -> Sold:
    lines: dict[str, LineItem] = {}
    charges: list[Charge] = []
    others: dict[str, str] = {}
    edited: list[str] = []
    gone = 0
    tips = _tip_ids(rows, terms)
    for position, value in enumerate(rows, 1):
        row = Fields.of(value, f"line {position}", problems)
        line = None if row is None else _odd_line(row, position, terms)
        if row is None or line is None:
            continue
        edited += [] if line.quantity == row.row["quantity"] else [f"line {position}"]
        if not line.quantity:
            gone += 1
            continue
        if line.id in lines or line.id in others:
            problems.append(f"line {position}: id {shown(line.id)} stands twice")
            line = replace(line, id=f"{line.id}~{position}")
        line, less = _valued(row, line, terms)
        if line.id in tips or row.flag("isGiftCard"):
            others[line.id] = kind = ChargeKind.TIP if line.id in tips else ChargeKind.GIFT_CARD
            charges.append(_as_charge(kind, line, less))
        else:
            lines[line.id] = line
            charges += _discount(terms.title, line.id, *less)
    return Sold(tuple(lines.values()), tuple(charges), tuple(edited), gone, others)


def _odd_line(row: Fields, position: int, terms: Terms) -> LineItem | None:
    """The line with the units that were sold, without what they cost; None where nobody knows how many they are."""
    ordered, current = row.units("quantity", sold=True), row.units("currentQuantity", sold=True)
    line_id = digits(row.row["id"], _KIND)
    if line_id is None:
        row.note("id", "is no line id")
    if ordered is None or current is None:
        return None
    quantity = current + terms.back.get(line_id or "", 0)
    if not 0 <= quantity <= ordered:
        row.note("quantity", f"does not fit the {current} that are left of it and what came back")
        quantity = max(ordered, quantity)
    return LineItem(
        id=line_id or f"?{position}",
        sku=row.text("sku") or None,
        title=row.text("name"),
        quantity=quantity,
        unit_price="0",
        amount=0,
    )


def _valued(row: Fields, line: LineItem, terms: Terms) -> tuple[LineItem, tuple[int, int]]:
    """The line with its price and amounts, and net amount and tax of what was taken off it."""
    units, ordered = line.quantity, row.units("quantity", sold=True) or line.quantity

    def times_units(text: str, currency: str) -> int:
        return round_minor(text, currency, units)

    if row.has(TOTAL):
        gross = half_even(amount(row, TOTAL, round_minor, terms.currency) * units, ordered)
    else:
        gross = amount(row, "originalUnitPriceSet", times_units, terms.currency)
    off = sum_of_bags(row, "discountAllocations", "allocatedAmountSet", round_minor, terms.currency)
    tax = sum_of_bags(row, "taxLines", "priceSet", round_minor, terms.currency)
    if units < ordered:
        off, tax = half_even(off * units, ordered), half_even(tax * units, ordered)
    net, own_tax, *less = split(gross, off, tax, included=terms.gross)
    price = _shown_price(in_shop_money(row.row["originalUnitPriceSet"]))
    return replace(line, unit_price=price, amount=net, tax=own_tax), (less[0], less[1])


def _as_charge(kind: str, line: LineItem, less: tuple[int, int]) -> Charge:
    return Charge(kind=kind, title=line.title, amount=line.amount + less[0], tax=line.tax + less[1])


def _tip_ids(rows: Sequence[Any], terms: Terms) -> frozenset[str]:
    """The lines that are tips: they are called so, have no SKU, and come to what the shop says was tipped."""
    if not terms.tip:
        return frozenset()
    named = {
        digits(row["id"], _KIND): in_shop_money(row["originalUnitPriceSet"])
        for row in rows
        if isinstance(row, dict) and row["name"] == TIP and not row["sku"] and row["quantity"] == 1
    }
    try:
        tipped = sum(round_minor(text, terms.currency) for text in named.values())
    except MoneyError:
        return frozenset()
    return frozenset(key for key in named if key) if tipped == terms.tip else frozenset()


def _discount(title: str, line_id: str, less: int, less_tax: int) -> tuple[Charge, ...]:
    if not less and not less_tax:
        return ()
    return (Charge(kind=ChargeKind.DISCOUNT, title=title, amount=less, tax=less_tax, line_id=line_id),)


def _shown_price(text: object) -> str:
    """The unit price of an odd line, or a short description of what stands there."""
    try:
        return canonical(text)  # type: ignore[arg-type]  # it refuses what is no text
    except MoneyError:
        return shown(text)


class _Gross(dict[tuple[str, int], int]):
    """Minor units of so many at a price: remembered, for a shop sells at few prices, by ones and twos.

    Errors: MoneyError, also where the price is no text.
    """

    def __init__(self, currency: str) -> None:
        super().__init__()
        self._currency = currency

    def __missing__(self, key: tuple[str, int]) -> int:
        if len(self) >= _REMEMBERED:
            self.clear()
        minor = self[key] = round_minor(key[0], self._currency, key[1])
        return minor


@lru_cache(maxsize=8)
def _gross(currency: str) -> _Gross:
    return _Gross(currency)


class _Texts(dict[str, str]):
    """Unit prices in our own writing, remembered in the same way."""

    def __missing__(self, text: str) -> str:
        if len(self) >= _REMEMBERED:
            self.clear()
        price = self[text] = canonical(text)
        return price


_TEXTS = _Texts()
