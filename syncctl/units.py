"""Quantities as other systems write them -> whole units, rounded to the side that sells too little. No float anywhere.

What can be sold, came back or left is floored; what was sold is raised. The hub and the stores count whole units.
"""

import re
from decimal import Decimal
from math import ceil, floor

from syncctl.errors import DataError

LIMIT = 10**9
"""No quantity of anything is as large as this; sums of millions of them stay inside 64 bits."""

_NUMBER = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,18})?\Z", re.ASCII)


def floored(value: object) -> int:
    """The largest whole number of units that is not more: for levels, and for units that came back or left.

    `value`: a whole number, or decimal text. Errors: DataError if it is neither (NaN, an exponent, a truth value …),
    or beyond LIMIT.

    >>> floored("2.50"), floored("-0.5"), floored("3.0"), floored(7)
    (2, -1, 3, 7)
    """
    return value if type(value) is int and -LIMIT < value < LIMIT else floor(_exact(value))


def raised(value: object) -> int:
    """The smallest whole number of units that is not less: for units sold. Errors: as `floored`.

    >>> raised("1.5"), raised("-0.5"), raised("3.0")
    (2, 0, 3)
    """
    return value if type(value) is int and -LIMIT < value < LIMIT else ceil(_exact(value))


def _exact(value: object) -> Decimal:
    if type(value) is int or (isinstance(value, str) and _NUMBER.match(value)):
        number = Decimal(value)
        if abs(number) < LIMIT:
            return number
    what = repr(value[:40]) if isinstance(value, str) else f"what is no text but {type(value).__name__}"
    raise DataError(f"{what} is no number of units, or too large a number")
