"""Ids: Shopify's are addresses, `gid://shopify/Customer/7`; ours are their digits alone. Pure."""

import re

from syncctl.errors import DataError

_GID = re.compile(r"gid://shopify/([A-Za-z]+)/([0-9]{1,20})(?:\?.*)?")
_MOST_DIGITS = 18  # of an id that is asked for; a longer one is no number to them, and an error of the whole request


def gid(kind: str, digits: str) -> str:
    """
    >>> gid("Customer", "7")
    'gid://shopify/Customer/7'
    """
    return f"gid://shopify/{kind}/{digits}"


def digits_of(text: object, kind: str) -> str:
    """The digits of an id of this kind. Errors: DataError for anything else.

    >>> digits_of("gid://shopify/Customer/7", "Customer")
    '7'
    """
    found = _GID.fullmatch(text) if isinstance(text, str) else None
    if found is None or found[1] != kind:
        raise DataError(f"Shopify sent {str(text)[:60]!r} where the id of a {kind} is due.")
    return found[2]


def is_digits(text: str) -> bool:
    """Whether this can be an id of theirs, as we write it.

    >>> is_digits("7"), is_digits("guest:1"), is_digits("")
    (True, False, False)
    """
    return text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS and text[0] != "0"
