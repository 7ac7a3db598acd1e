"""Decimal text <-> integer minor units, by the currency's own number of places. No float anywhere.

Source: ISO 4217, list one, column "minor unit".
"""

import re
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from functools import lru_cache

from syncctl.errors import MoneyError

_PLACES = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
    **dict.fromkeys(
        """AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY
        COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS
        INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR
        MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD
        SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
        """.split(),
        2,
    ),
}
_AMOUNT = re.compile(r"(-?)(\d{1,15})(?:\.(\d{1,12}))?\Z", re.ASCII)
_LIMIT = 10**15  # minor units; thousands of lines of it still add up inside SQLite's 64-bit integers


def places(currency: str) -> int:
    """How many decimal places `currency` has; MoneyError for one that ISO 4217 does not know."""
    try:
        return _PLACES[currency]
    except KeyError:
        raise MoneyError(f"unknown currency {currency[:12]!r}") from None


def to_minor(text: str, currency: str) -> int:
    """Turn a decimal text into minor units.

    Units: whole minor units of `currency` (cents for USD, yen for JPY).
    Errors: MoneyError if `text` is no plain decimal, has more places than the currency, or is beyond any order's size.

    >>> to_minor("19.99", "USD"), to_minor("500", "JPY"), to_minor("-1.5", "GBP")
    (1999, 500, -150)
    """
    digits = places(currency)
    sign, whole, fraction = _split(text)
    if len(fraction.rstrip("0")) > digits:
        raise MoneyError(f"{text[:40]!r} has more decimal places than {currency} has")
    minor = int(whole + fraction[:digits].ljust(digits, "0"))
    if minor >= _LIMIT:
        raise MoneyError(f"{text[:40]!r} is too large to be an amount")
    return -minor if sign else minor


def round_minor(text: str, currency: str, times: int = 1) -> int:
    """Multiply a decimal text by a whole number and round it half-even to minor units.

    Errors: MoneyError if `text` is no plain decimal, or the result is beyond any order's size.

    >>> round_minor("0.125", "USD"), round_minor("0.135", "USD"), round_minor("2.55", "GBP", 6)
    (12, 14, 1530)
    """
    read = _line_amount if isinstance(text, str) else _line_amount.__wrapped__
    return read(text, currency, times)


@lru_cache(maxsize=16_384)
def _line_amount(price: str, currency: str, quantity: int) -> int:
    """As `round_minor`, for what is known to be text; remembered, for a shop sells at few prices, by ones and twos."""
    digits = places(currency)
    sign, whole, fraction = _split(price)
    minor = int(sign + whole + fraction.ljust(digits, "0")) * quantity
    kept = len(fraction) - digits
    if kept > 0:
        with localcontext(prec=60):
            minor = int((Decimal(minor) / 10**kept).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))
    if not -_LIMIT < minor < _LIMIT:
        raise MoneyError(f"{price[:40]!r} times {str(quantity)[:20]} is too large to be an amount")
    return minor


def to_text(minor: int, currency: str) -> str:
    """Turn minor units into decimal text.

    >>> to_text(-1999, "USD"), to_text(500, "JPY")
    ('-19.99', '500')
    """
    digits = places(currency)
    sign = "-" if minor < 0 else ""
    if not digits:
        return f"{sign}{abs(minor)}"
    whole, fraction = divmod(abs(minor), 10**digits)
    return f"{sign}{whole}.{fraction:0{digits}d}"


def canonical(text: str) -> str:
    """Decimal text without needless zeros, so that equal amounts are equal text. MoneyError if it is no amount.

    >>> canonical("2.50"), canonical("007"), canonical("-0.00")
    ('2.5', '7', '0')
    """
    sign, whole, fraction = _split(text)
    whole, fraction = whole.lstrip("0") or "0", fraction.rstrip("0")
    number = f"{whole}.{fraction}" if fraction else whole
    return number if number == "0" else sign + number


def padded(text: str, currency: str) -> str:
    """Canonical decimal text with at least the currency's places, as shops write prices.

    >>> padded("2.5", "USD"), padded("2.5555", "USD"), padded("7", "JPY")
    ('2.50', '2.5555', '7')
    """
    digits = places(currency)
    sign, whole, fraction = _split(text)
    fraction = fraction.ljust(digits, "0")
    return f"{sign}{whole}.{fraction}" if fraction else sign + whole


def _split(text: str) -> tuple[str, str, str]:
    match = _AMOUNT.match(text) if isinstance(text, str) else None
    if match is None:
        raise MoneyError(f"{str(text)[:40]!r} is not an amount of money")
    sign, whole, fraction = match.groups("")
    return sign, whole, fraction
