"""How WooCommerce writes things: amounts, times, lists and meta data. Pure; any JSON value is survived.

PHP writes an empty map as `[]`, a list with gaps as a map, and what is not set as an empty text or null: each of them
means that nothing is there.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from syncctl.connectors.reading import Fields
from syncctl.money import round_minor, to_minor

_DIGITS = 18  # of an id; PHP has no longer ones


def record_id(value: object) -> str | None:
    """The id of a record, which is a whole number above zero, as text; else None.

    >>> record_id(727), record_id("727"), record_id(0), record_id("7.0"), record_id(True)
    ('727', '727', None, None, None)
    """
    text = str(value) if type(value) is int else value
    if isinstance(text, str) and text.isascii() and text.isdecimal() and len(text) <= _DIGITS and int(text) > 0:
        return str(int(text))
    return None


def amount(row: Fields, name: str, currency: str) -> int:
    """Minor units of an amount within a record, rounded half-even; an empty one is nothing. Problems are noted."""
    return 0 if _is_empty(row, name) else row.amount(name, _rounded, currency)


def total(row: Fields, name: str, currency: str) -> int:
    """Minor units of an amount that somebody is charged: exact, and it must be there. Problems are noted."""
    return row.amount(name, _exact, currency)


def moment(row: Fields, name: str) -> datetime | None:
    """A time in GMT, which is written without an offset. Problems are noted."""
    value = row.row.get(name)
    if value is None or value == "":
        return None
    try:
        at = datetime.fromisoformat(value)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        row.note(name, "is no time")
        return None


def gmt_text(at: datetime) -> str:
    """A time as WooCommerce filters by it: GMT, whole seconds, no offset.

    >>> gmt_text(datetime(2026, 3, 1, 12, 0, 5, 999, tzinfo=UTC))
    '2026-03-01T12:00:05'
    """
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def listed(row: Fields, name: str) -> list[Any]:
    """A list within a record; empty where there is none."""
    value = row.row.get(name)
    if isinstance(value, dict):
        return list(value.values())
    return row.rows(name) if value != "" and value is not False else []


def parts(row: Fields, name: str, word: str, problems: list[str]) -> Iterator[Fields]:
    """Each object of a list within a record, under `word` and its number."""
    for position, value in enumerate(listed(row, name), 1):
        inner = Fields.of(value, f"{word} {position}", problems)
        if inner is not None:
            yield inner


def meta(row: object, key: str) -> object:
    """The value of a record's meta data under this key, None where it has none; the first, as WooCommerce has it."""
    values = row.get("meta_data") if isinstance(row, dict) else None
    if isinstance(values, dict):
        values = list(values.values())
    if isinstance(values, list):
        for each in values:
            if isinstance(each, dict) and each.get("key") == key:
                return each.get("value")
    return None


def plain(value: object) -> object:
    """A whole number that stands where text is due, as text; all else as it is."""
    return str(value) if type(value) is int else value


def text_of(row: Fields, name: str) -> str:
    """A text, trimmed; a whole number counts as one, and what is not set is empty. Problems are noted."""
    value = row.row.get(name)
    if value is None or value is False or value == []:
        return ""
    value = plain(value)
    return value.strip() if isinstance(value, str) else row.text(name)


def _is_empty(row: Fields, name: str) -> bool:
    value = row.row.get(name)
    return value is None or value == ""


def _minor(read: Callable[[str, str], int]) -> Callable[[str, str], int]:
    return lambda value, currency: read(plain(value), currency)  # type: ignore[arg-type]  # it refuses what is no text


_rounded, _exact = _minor(round_minor), _minor(to_minor)
