"""How Shopify writes what stands in an order: ids, amounts and times. Pure; any JSON value is survived.

What was asked for is there: a field that is missing raises KeyError, for then nobody has asked for it.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from syncctl import times
from syncctl.connectors.reading import Fields
from syncctl.errors import DataError

_PREFIX = "gid://shopify/"
_DIGITS = 19  # of an id at most: they are whole numbers of 64 bits


def digits(value: object, kind: str) -> str | None:
    """Our id of a record of this kind: the digits of its gid; None where it is none.

    >>> digits("gid://shopify/Order/450789469", "Order"), digits("gid://shopify/Order/1", "Refund"), digits(7, "Order")
    ('450789469', None, None)
    """
    if not isinstance(value, str) or not value.startswith(f"{_PREFIX}{kind}/"):
        return None
    number = value[len(_PREFIX) + len(kind) + 1 :].partition("?")[0]
    return number if number.isascii() and number.isdecimal() and len(number) <= _DIGITS else None


def in_shop_money(bag: Any) -> Any:
    """The amount of a money bag in the shop's own currency, as it was sent; None where there is no bag."""
    return bag["shopMoney"]["amount"] if isinstance(bag, dict) and isinstance(bag["shopMoney"], dict) else None


def amount(row: Fields, name: str, read: Callable[[str, str], int], currency: str) -> int:
    """Minor units of a money bag within a record, in the shop's currency. Problems are noted; then it is 0."""
    return row.within({name: in_shop_money(row.row[name])}).amount(name, read, currency)


def amount_if_any(row: Fields, name: str, read: Callable[[str, str], int], currency: str) -> int:
    """As `amount`; 0 where the shop says that there is nothing of the kind."""
    return 0 if row.row[name] is None else amount(row, name, read, currency)


def sum_of_bags(row: Fields, name: str, bag: str, read: Callable[[str, str], int], currency: str) -> int:
    """Minor units of a list's money bags together. Problems are noted."""
    return sum(amount(part, bag, read, currency) for part in row.fields(name, name))


def rows_of(row: Fields, name: str) -> list[Any]:
    """What stands in a connection within a record, whatever it is."""
    found = row.row[name]
    if not isinstance(found, dict) or not isinstance(found["nodes"], list):
        row.note(name, "is no list")
        return []
    return found["nodes"]


def told_page(data: Any, name: str) -> tuple[list[Any], bool, str | None]:
    """The rows of a list that was asked for, whether there are more, and behind which cursor. Errors: DataError."""
    try:
        rows, info = data[name]["nodes"], data[name]["pageInfo"]
        more, after = info["hasNextPage"], info["endCursor"]
    except (KeyError, TypeError):
        rows = more = after = None
    if not (isinstance(rows, list) and isinstance(more, bool) and isinstance(after, str | None)):
        raise DataError(f"Shopify's answer has no list of {name}, as it was asked for")
    return rows, more, after


def nodes(row: Fields, name: str, word: str) -> list[Fields]:
    """Each object of a connection within a record, under `word` and its number."""
    return row.within({name: rows_of(row, name)}).fields(name, word)


def text_of(row: Fields, name: str) -> str:
    """A text; "" where nothing is said. Problems are noted."""
    return "" if row.row[name] is None else row.text(name)


def moment(value: object) -> datetime | None:
    """A time, None where there is none. Errors: DataError for what is no time."""
    if value is None:
        return None
    try:
        return times.from_text(value)  # type: ignore[arg-type]  # what is no text is refused just below
    except (TypeError, ValueError, OverflowError):
        raise DataError("is no time") from None


def moment_of(row: Fields, name: str) -> datetime | None:
    """A time within a record; None where there is none. Problems are noted."""
    try:
        return moment(row.row[name])
    except DataError as error:
        row.note(name, str(error))
        return None


def half_even(numerator: int, denominator: int) -> int:
    """A quotient of whole numbers, rounded half-even; the denominator is above zero.

    >>> half_even(5, 2), half_even(7, 2), half_even(-5, 2), half_even(1, 3)
    (2, 4, -2, 0)
    """
    whole, rest = divmod(numerator, denominator)
    return whole + (2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1))
