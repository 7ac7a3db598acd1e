"""Shopify's ids of records: `gid://shopify/Order/450789469` there, the digits alone with us."""

import re

from syncctl.errors import DataError

_GID = re.compile(r"gid://shopify/[A-Za-z]{1,60}/([1-9]\d{0,19})(?:\?.{0,200})?\Z", re.ASCII)
_DIGITS = re.compile(r"[1-9]\d{0,19}\Z", re.ASCII)


def gid(kind: str, digits: str) -> str:
    """The id as Shopify writes it.

    >>> gid("Order", "450789469")
    'gid://shopify/Order/450789469'
    """
    return f"gid://shopify/{kind}/{digits}"


def digits_of(found: object) -> str:
    """The digits of an id of theirs, whatever it is the id of. Errors: DataError for what is no id.

    >>> digits_of("gid://shopify/Order/450789469"), digits_of("gid://shopify/InventoryLevel/7?inventory_item_id=9")
    ('450789469', '7')
    """
    match = _GID.match(found) if isinstance(found, str) else None
    if match is None:
        raise DataError(f"Shopify sent a record whose id is {str(found)[:60]!r}.")
    return match[1]


def is_digits(text: str) -> bool:
    """Whether this can be the id of a record, as we write it.

    >>> is_digits("450789469"), is_digits("no-such-order"), is_digits("0")
    (True, False, False)
    """
    return _DIGITS.match(text) is not None
