"""Whether the price that a store shows is the one that it should show."""

from decimal import Decimal

from syncctl import money
from syncctl.errors import MoneyError


def shown_price(shown: str | None, want: str | None, currency: str) -> str | None:
    """What a store shows, as canonical decimal text; None if it is unknown or no price.

    A store that keeps fewer decimal places shows what is wanted as near as it can: that counts as what is wanted, else
    it would be written again for ever.

    >>> shown_price("2.50", "2.5", "GBP"), shown_price("2.55", "2.5555", "GBP"), shown_price("2.54", "2.55", "GBP")
    ('2.5', '2.5555', '2.54')
    """
    try:
        price = None if shown is None else money.canonical(shown)
    except MoneyError:
        return None
    if price is None or want is None:
        return price
    kept = max(money.places(currency), _decimals(price))  # so many places it keeps at least
    if _decimals(want) <= kept:
        return price
    return want if abs(Decimal(price) - Decimal(want)) < Decimal(1).scaleb(-kept) else price


def _decimals(price: str) -> int:
    return len(price.partition(".")[2])
