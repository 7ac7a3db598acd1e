"""Money as the shop keeps it: each amount in the shop's currency and in the one the buyer saw, beside each other.

Nothing here knows how a connector reckons: amounts are made from prices, quantities and rates alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any

WITHOUT_CENTS = frozenset({"JPY", "KRW", "ISK", "CLP", "VND", "UGX", "XAF", "XOF", "XPF", "PYG", "RWF"})
WITH_THREE = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})


def places(currency: str) -> int:
    """Decimal places of a currency."""
    return 0 if currency in WITHOUT_CENTS else 3 if currency in WITH_THREE else 2


def rounded(amount: Decimal, currency: str) -> Decimal:
    """To the currency's smallest coin, halves away from zero."""
    return amount.quantize(Decimal(1).scaleb(-places(currency)), ROUND_HALF_UP)


def shares(total: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """`total` in parts as the weights are, each in whole coins; what is left over goes to the first parts."""
    whole, coin = sum(weights, Decimal(0)), Decimal(1).scaleb(-places(currency))
    if not whole:
        return [total, *[Decimal(0)] * (len(weights) - 1)] if weights else []
    parts = [(total * each / whole).quantize(coin, ROUND_DOWN) for each in weights]
    left = total - sum(parts, Decimal(0))
    step = coin if left > 0 else -coin
    for index in range(int(abs(left) / coin)):
        parts[index % len(parts)] += step
    parts[0] += total - sum(parts, Decimal(0))
    return parts


@dataclass(frozen=True)
class Exchange:
    """The two currencies of an order: `rate` units of the presented one are one of the shop's."""

    shop: str
    presentment: str
    rate: Decimal = Decimal(1)

    def bag(self, presented: Decimal | str, *, exact: bool = False) -> "Bag":
        """An amount as the buyer saw it, and what the shop makes of it. `exact`: a unit price keeps its places."""
        amount = Decimal(presented)
        kept = amount if exact else rounded(amount, self.presentment)
        return self.shown(kept if self.shop == self.presentment else rounded(kept / self.rate, self.shop), kept)

    def shown(self, shop: Decimal, presentment: Decimal) -> "Bag":
        return Bag(shop, presentment, self)

    @property
    def nothing(self) -> "Bag":
        return Bag(Decimal(0), Decimal(0), self)

    def total(self, bags: Iterable["Bag"]) -> "Bag":
        """The sum of amounts, in each currency by itself."""
        shop = presentment = Decimal(0)
        for bag in bags:
            shop, presentment = shop + bag.shop, presentment + bag.presentment
        return Bag(shop, presentment, self)


@dataclass(frozen=True)
class Bag:
    """One amount in two currencies: the shop's, and the one that was presented. A MoneyBag of the API."""

    shop: Decimal
    presentment: Decimal
    money: Exchange
    odd: str = ""  # what is shown in place of the amounts

    def __add__(self, other: "Bag") -> "Bag":
        return Bag(self.shop + other.shop, self.presentment + other.presentment, self.money)

    def __sub__(self, other: "Bag") -> "Bag":
        return Bag(self.shop - other.shop, self.presentment - other.presentment, self.money)

    def __neg__(self) -> "Bag":
        return Bag(-self.shop, -self.presentment, self.money)

    def __bool__(self) -> bool:
        return bool(self.shop or self.presentment)

    def times(self, units: int) -> "Bag":
        """So many of it, in whole coins."""
        money = self.money
        shop, presentment = rounded(self.shop * units, money.shop), rounded(self.presentment * units, money.presentment)
        return Bag(shop, presentment, money)

    @property
    def converted(self) -> "Bag":
        """What was presented, turned into the shop's currency as a whole."""
        return self.money.bag(self.presentment)

    def part(self, units: int, of: int) -> "Bag":
        """What of it goes with the first `units` of a line."""
        if units == of:
            return self
        money = self.money
        shop = rounded(self.shop * units / of, money.shop)
        return Bag(shop, rounded(self.presentment * units / of, money.presentment), money)

    def slice(self, before: int, units: int, of: int) -> "Bag":
        """What goes with the next `units` after the first `before`: all the slices of a line are the whole of it."""
        return self.part(before + units, of) - self.part(before, of)

    @property
    def shop_money(self) -> dict[str, Any]:
        return {"amount": self.odd or self.shop, "currencyCode": self.money.shop}

    @property
    def presentment_money(self) -> dict[str, Any]:
        return {"amount": self.odd or self.presentment, "currencyCode": self.money.presentment}
