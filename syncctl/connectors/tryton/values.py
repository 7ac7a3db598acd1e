"""Values as Tryton's JSON-RPC writes them: dates, times and decimals are objects that name their class.

Its times are UTC and say so nowhere. A number with a fraction comes as its text (see `strict_json`).
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from syncctl.errors import DataError

_DATE = ("year", "month", "day")
_TIME = (*_DATE, "hour", "minute", "second", "microsecond")
_DIGITS = 30  # of one number: more than any amount has
_MOST_DIGITS = 18  # of an id: any database takes those


def sent(value: object) -> Any:
    """A value as it is sent; in lists and mappings too.

    >>> sent([Decimal("1.50"), date(2026, 11, 22)])
    [{'__class__': 'Decimal', 'decimal': '1.50'}, {'__class__': 'date', 'year': 2026, 'month': 11, 'day': 22}]
    """
    if isinstance(value, datetime):
        moment = value.astimezone(UTC)
        return {"__class__": "datetime", **{name: getattr(moment, name) for name in _TIME}}
    if isinstance(value, date):
        return {"__class__": "date", **{name: getattr(value, name) for name in _DATE}}
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": str(value)}
    if isinstance(value, Mapping):
        return {name: sent(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [sent(one) for one in value]
    return value


def received(value: Any) -> Any:
    """A value as it came, with its dates, times and decimals as such; what it names otherwise stays as it is.

    Errors: DataError for a date, a time or a decimal that is none.
    """
    if isinstance(value, list):
        return [received(one) for one in value]
    if not isinstance(value, dict):
        return value
    reader = _READERS.get(value.get("__class__", ""))
    if reader is None:
        return {name: received(one) for name, one in value.items()}
    try:
        return reader(value)
    except (KeyError, TypeError, ValueError, InvalidOperation):
        raise DataError(f"Tryton sent a {value['__class__']} that is none.") from None


def number(value: object) -> Decimal:
    """A quantity as Tryton writes it: a whole number, or the text of one with a fraction. Errors: DataError."""
    try:
        return Decimal(str(value))
    except ArithmeticError:
        raise DataError("a quantity is no number") from None


def _datetime(value: Mapping[str, Any]) -> datetime:
    year, month, day, hour, minute, second, microsecond = (value[name] for name in _TIME)
    return datetime(year, month, day, hour, minute, second, microsecond, UTC)


def _date(value: Mapping[str, Any]) -> date:
    year, month, day = (value[name] for name in _DATE)
    return date(year, month, day)


def _decimal(value: Mapping[str, Any]) -> Decimal:
    number = Decimal(value["decimal"])
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int) or len(digits) + abs(exponent) > _DIGITS:
        raise ValueError
    return number


_READERS = {"datetime": _datetime, "date": _date, "Decimal": _decimal}


def ids_of(texts: Iterable[str]) -> list[int]:
    """The ids of Tryton's among these; whatever else a text says is no record's id there."""
    return [int(one) for one in texts if one.isascii() and one.isdecimal() and len(one) <= _MOST_DIGITS]
