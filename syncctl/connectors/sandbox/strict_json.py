"""JSON as it is kept in sandbox files and sent by shops: read strictly, written canonically."""

import json
from collections.abc import Callable
from typing import Any

from syncctl.connectors.sandbox.files import storable
from syncctl.connectors.sandbox.reading import shown
from syncctl.errors import DataError

_DIGITS_LIMIT = 18


def canonical(body: object) -> str:
    """JSON text in which equal content is equal text: sorted keys, no spaces, ASCII only."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False)


def parse_object(raw: str) -> dict[str, Any]:
    """Strict JSON: no key twice; a number with a fraction or too many digits, NaN and Infinity come as their text.

    Such texts fail where an amount or a count is read from them, which names the field. Errors: DataError.
    """
    try:
        body = _plain_body(raw) or _DECODER.decode(raw)
    except (ValueError, RecursionError) as error:
        raise DataError(f"This is no readable JSON: {str(error)[:120]}.") from error
    if "\\" in raw and ("\\ud" in raw or "\\uD" in raw):
        body = _storable(body)
    if not isinstance(body, dict):
        raise DataError(f"This is no JSON object but {shown(body)}.")
    return body


def _plain_body(raw: str) -> dict[str, Any] | None:
    """The way that all sound orders go, twice as fast: the body, where no key can stand in it twice; else None.

    Each key of the text is followed by `":`, unless there is space between the two; if that stands there no more often
    than the objects read have keys, none was lost. Whole numbers of any length stay numbers here: each is held against
    its limit where it is read.
    """
    _key_counts.clear()
    try:
        body, end = _PLAIN_DECODER.raw_decode(raw)
    except (ValueError, RecursionError):
        return None
    if type(body) is not dict or end != len(raw) or " :" in raw or "\t" in raw or "\n" in raw or "\r" in raw:
        return None
    return body if sum(_key_counts) == raw.count('":') else None


_key_counts: list[int] = []  # of the text being read; one at a time, for nothing here has threads


def _counted(row: dict[str, Any]) -> dict[str, Any]:
    """Called by the decoder for each object: two thirds of what it costs to go through the body afterwards."""
    _key_counts.append(len(row))
    return row


def _integer(text: str) -> int | str:
    return int(text) if len(text) <= _DIGITS_LIMIT else text


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(shown(name) for name in names if names.count(name) > 1)} stands twice")
    return row


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {storable(key): _storable(item) for key, item in value.items()}
    return value


_text: Callable[[str], str] = str
_PLAIN_DECODER = json.JSONDecoder(object_hook=_counted, parse_float=_text, parse_constant=_text, strict=False)
_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=_text, parse_int=_integer, parse_constant=_text, strict=False
)
