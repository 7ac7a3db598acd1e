"""Whether what an order is made of comes to what the shop says it comes to, and what that is. Pure.

Shopify says two totals: one before anything came back, and one as it is now. Which of the two an edit changes is said
nowhere, and neither is whether tips, duties and rounded cash are in them. So each is believed where it agrees with the
parts of the order, to the minor unit of each part, and where none does, that is a problem.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from syncctl.connectors.shopify.order_refunds import GivenBack
from syncctl.model import Charge, ChargeKind


@dataclass(frozen=True, slots=True)
class Told:
    """What the shop says an order comes to. Minor units, with tax.

    `before`: the total before anything came back; `now`: what is left of it; `extras`: what may be in it besides.
    `tax_now`: what is left of all tax, where that was asked.
    """

    before: int
    now: int
    extras: tuple[Charge, ...] = ()
    tax_now: int | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """The order's total, and the charges that it has beyond its parts; `problem` "" where they agree."""

    total: int
    charges: tuple[Charge, ...] = ()
    problem: str = ""


def settled(parts: int, count: int, tax: int, told: Told, back: GivenBack, *, edited: bool) -> Settled:
    """What an order comes to.

    `parts`: the sum of what it is made of, with `tax` in it, of `count` parts, each of which may be off by one minor
    unit. `edited`: units were taken away by an edit, and their share of discounts and taxes with them.
    """
    totals = [told.now + each for each in back.sums]
    totals = [*totals, told.before] if edited else [told.before, *totals]
    for total in dict.fromkeys(totals):
        rest, extras = min(_ways(total - parts, told.extras), key=lambda way: abs(way[0]))
        if abs(rest) > count:
            continue
        rounding = Charge(kind=ChargeKind.ROUNDING, title="Rounding", amount=rest)
        charges = (*extras, rounding) if rest else extras
        return Settled(total, charges, _tax_problem(tax, count, told, back) if edited else "")
    return Settled(totals[0], (), f"its parts come to {parts}, but its total is {totals[0]} (minor units)")


def _ways(difference: int, extras: tuple[Charge, ...]) -> Iterator[tuple[int, tuple[Charge, ...]]]:
    """What is left of a difference by each choice of extras; the fewest of them first."""
    for size in range(len(extras) + 1):
        for chosen in combinations(extras, size):
            yield difference - sum(one.amount for one in chosen), chosen


def _tax_problem(tax: int, count: int, told: Told, back: GivenBack) -> str:
    """Why the taxes of an edited order are uncertain: the shares of its lines were reckoned by us."""
    if told.tax_now is None:
        return "the shop does not tell the taxes that are left after its lines were edited"
    if abs(told.tax_now + back.tax - tax) <= count:
        return ""
    return f"the taxes of its edited lines come to {tax}, and the shop says {told.tax_now + back.tax} (minor units)"
