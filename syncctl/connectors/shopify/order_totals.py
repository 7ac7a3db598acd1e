"""Whether what an order is made of comes to what the shop says it comes to, and what that is. Pure.

Shopify says two totals: one before anything came back, and one as it is now. Which of the two an edit changes is said
nowhere, and neither is whether tips, duties and rounded cash are in them. So each is believed where it agrees with the
parts of the order, to the minor unit of each part, and where none does, that is a problem.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from syncctl.connectors.shopify.order_refunds import GivenBack
from syncctl.model import Charge, ChargeKind

NO_SUM = "its parts come to"
"""How the problem begins of an order that is not made of what it is said to be."""


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
    """The order's total, the charges that it has beyond its parts, and what was given back; `problem` "" for none."""

    total: int
    back: GivenBack
    charges: tuple[Charge, ...] = ()
    problem: str = ""


def settled(
    parts: int, count: int, tax: int, told: Told, backs: Sequence[GivenBack], *, edited: Sequence[str]
) -> Settled:
    """What an order comes to.

    `parts`: the sum of what it is made of, with `tax` in it, of `count` parts, each of which may be off by one minor
    unit. `backs`: the ways to read its refunds. `edited`: lines of which an edit took units away, and their share of
    discounts and taxes with them.
    """
    back, doubt = _chosen(parts, count, told, backs)
    totals = [told.now + each for each in back.sums]
    totals = [*totals, told.before] if edited else [told.before, *totals]
    nearest = [(total, *_nearest(total - parts, told)) for total in dict.fromkeys(totals)]
    total, rest, extras = min(nearest, key=lambda each: abs(each[1]))  # of equals the first
    if abs(rest) > count:
        return Settled(totals[0], back, (), f"{NO_SUM} {parts}, but its total is {totals[0]} (minor units)")
    rounding = Charge(kind=ChargeKind.ROUNDING, title="Rounding", amount=rest)
    charges = (*extras, rounding) if rest else extras
    return Settled(total, back, charges, doubt or (_tax_problem(tax, count, told, back, edited) if edited else ""))


def _chosen(parts: int, count: int, told: Told, backs: Sequence[GivenBack]) -> tuple[GivenBack, str]:
    """The way to read the refunds that agrees with what was paid back, or with what is left; and why none does."""
    if len(backs) == 1:
        return backs[0], ""
    paid = [back for back in backs if back.paid]
    if len(paid) == 1:
        return paid[0], ""
    rests = [min(abs(_nearest(told.now + each - parts, told)[0]) for each in back.sums) for back in paid or backs]
    nearest = [back for back, rest in zip(paid or backs, rests, strict=True) if rest == min(rests)]
    if len(nearest) == 1 and min(rests) <= count:
        return nearest[0], ""
    return backs[0], "nothing tells whether what its refunds give back has the tax in it"


def _nearest(difference: int, told: Told) -> tuple[int, tuple[Charge, ...]]:
    """What is left of a difference by the best choice of extras, and that choice."""
    return min(_ways(difference, told.extras), key=lambda way: abs(way[0]))


def _ways(difference: int, extras: tuple[Charge, ...]) -> Iterator[tuple[int, tuple[Charge, ...]]]:
    """What is left of a difference by each choice of extras; the fewest of them first."""
    for size in range(len(extras) + 1):
        for chosen in combinations(extras, size):
            yield difference - sum(one.amount for one in chosen), chosen


def _tax_problem(tax: int, count: int, told: Told, back: GivenBack, edited: Sequence[str]) -> str:
    """Why the taxes of an edited order are uncertain: the shares of its lines were reckoned by us."""
    which = ", ".join(edited[:5])
    if told.tax_now is None:
        return f"{which}: the shop does not tell the taxes that are left after an edit"
    if abs(told.tax_now + back.tax - tax) <= count:
        return ""
    said = told.tax_now + back.tax
    return f"{which}: after an edit all taxes come to {tax}, and the shop says {said} (minor units)"
