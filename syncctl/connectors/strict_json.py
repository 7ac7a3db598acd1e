"""JSON as other systems send it and as sandbox files keep it: read strictly, written canonically.

No key stands twice, and no number is ever expanded: one with a fraction, an exponent or too many digits comes as its
text, and fails where an amount or a count is read from it, which names the field. Several threads may read at once.
"""

import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from syncctl.connectors.reading import shown
from syncctl.errors import DataError

_DIGITS_LIMIT = 18
Item = tuple[dict[str, Any] | None, str]
"""An object, or null, and the very text that it was read from."""
_SPACE = re.compile(r"[ \t\n\r]*")
_MOST_PARTS = 1_000_000  # objects and lists in one reply: each takes thirty times the two bytes that it is written in
_MOST_VALUES = 10_000_000


def canonical(body: object) -> str:
    """JSON text in which equal content is equal text: sorted keys, no spaces, ASCII only."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), allow_nan=False)


def storable(text: str) -> str:
    """The text with lone surrogates replaced, which neither UTF-8 nor SQLite can hold.

    >>> storable("a\\ud800b"), storable("é [/foo] 🙂") == "é [/foo] 🙂"
    ('a\\ufffdb', True)
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def parse_object(raw: str) -> dict[str, Any]:
    """The object that a kept text is; NaN and Infinity come as their text. Errors: DataError."""
    body = _LENIENT.whole(raw)
    if not isinstance(body, dict):
        raise DataError(f"This is no JSON object but {shown(body)}.")
    return body


def parse_reply(text: str) -> Any:
    """Whatever a reply says; NaN and Infinity are no JSON. Errors: DataError."""
    _weigh(text)
    return _STRICT.whole(text)


def parse_rows(text: str) -> list[tuple[dict[str, Any], str]]:
    """The objects of a list, each with the very text that it was read from. Errors: DataError, as for `parse_reply`."""
    _weigh(text)
    items, end = _items(text, _skip(text, 0))
    _ends(text, end)
    rows = [(row, piece) for row, piece in items if row is not None]
    if len(rows) < len(items):
        raise DataError("This is no list of objects: there is null in it.")
    return rows


def parse_parts(text: str, path: Sequence[str]) -> tuple[Any, list[Item]]:
    """A reply, and the items of the list that stands at `path` in it, each with the very text that it was read from.

    Items are objects, or null. No items where there is no list at `path`. Errors: DataError, as for `parse_reply`.
    """
    _weigh(text)
    items: list[Item] = []
    value, end = _parted(text, _skip(text, 0), list(path), items)
    _ends(text, end)
    return value, items


def _parted(text: str, position: int, path: list[str], items: list[Item]) -> tuple[Any, int]:
    """The value that begins there, and where it ends; `path` leads on from it to the list of the items."""
    sign = text[position : position + 1]
    if not path and sign == "[":
        found, end = _items(text, position)
        items += found
        return [row for row, _ in found], end
    if not path or sign != "{":
        value, piece = _STRICT.read(text, position)
        return value, position + len(piece)
    fields: dict[str, Any] = {}
    position = _past(text, position, "{", "is no readable JSON")
    while text[position : position + 1] != "}":
        if fields:
            position = _past(text, position, ",", "is no readable JSON")
        name, piece = _STRICT.read(text, position)
        if not isinstance(name, str) or name in fields:
            raise DataError(f"This is no readable JSON: a key is none, or stands twice, at character {position}.")
        position = _past(text, _skip(text, position + len(piece)), ":", "is no readable JSON")
        if name == path[0]:
            fields[name], position = _parted(text, position, path[1:], items)
        else:
            fields[name], piece = _STRICT.read(text, position)
            position += len(piece)
        position = _skip(text, position)
    return fields, position + 1


def _items(text: str, position: int) -> tuple[list[Item], int]:
    """The objects of the list that begins there, nulls among them, and where it ends."""
    items: list[Item] = []
    position = _past(text, position, "[", "is no list")
    while text[position : position + 1] != "]":
        if items:
            position = _past(text, position, ",", "is no readable JSON")
        if text[position : position + 1] not in ("{", "n"):
            raise DataError(f"This is no list of objects: there is none at character {position}.")
        row, piece = _STRICT.read(text, position)
        items.append((row, piece))
        position = _skip(text, position + len(piece))
    return items, position + 1


def _weigh(text: str) -> None:
    """Before it becomes objects: fifty megabytes of brackets would become gigabytes of lists."""
    if text.count("{") + text.count("[") > _MOST_PARTS or text.count(",") > _MOST_VALUES:
        raise DataError("This JSON has far too many parts to be an answer to anything.")


def _skip(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


def _past(text: str, position: int, sign: str, complaint: str) -> int:
    """Behind this sign and the space after it."""
    if text[position : position + 1] != sign:
        raise DataError(f"This {complaint}: no {sign} at character {position}.")
    return _skip(text, position + 1)


def _ends(text: str, position: int) -> None:
    if _skip(text, position) != len(text):
        raise DataError(f"This is no readable JSON: more follows at character {position}.")


class _Reader(threading.local):
    """Reads JSON. `constant`: what NaN and Infinity become. Each thread has one of its own, for what it counts."""

    def __init__(self, constant: Callable[[str], object]) -> None:
        counts: list[int] = []  # keys of each object of the text being read

        def counted(row: dict[str, Any]) -> dict[str, Any]:
            """Called by the decoder for each object: two thirds of what it costs to go through the body afterwards."""
            counts.append(len(row))
            return row

        fast = json.JSONDecoder(object_hook=counted, parse_float=_text, parse_constant=constant, strict=False)
        self._fast = fast.raw_decode, counts
        self._slow = json.JSONDecoder(
            object_pairs_hook=_unique, parse_float=_text, parse_int=_integer, parse_constant=constant, strict=False
        )

    def whole(self, text: str) -> Any:
        """What the text is, and nothing else in it. Errors: DataError."""
        start = 0 if text[:1] == "{" else _skip(text, 0)
        value, piece = self.read(text, start)
        if start + len(piece) != len(text):
            _ends(text, start + len(piece))
        return value

    def read(self, text: str, position: int) -> tuple[Any, str]:
        """The value that begins there, and the text that it was read from. Errors: DataError.

        The way that all sound texts go is twice as fast: each key is followed by `":`, unless there is space between
        the two; if that stands there no more often than the objects read have keys, no key stands in it twice. Whole
        numbers of any length stay numbers then: each is held against its limit where it is read.
        """
        decode, counts = self._fast
        counts.clear()
        try:
            value, end = decode(text, position)
            piece = text[position:end]
            sound = sum(counts) == piece.count('":') and not (
                " :" in piece or "\t" in piece or "\n" in piece or "\r" in piece
            )
        except (ValueError, RecursionError):
            sound = False
        if not sound:
            value, piece = self._read_slowly(text, position)
        if "\\" in piece and ("\\ud" in piece or "\\uD" in piece):
            try:
                value = _storable(value)
            except RecursionError:
                raise DataError("This JSON has lists in lists without end.") from None
        return value, piece

    def _read_slowly(self, text: str, position: int) -> tuple[Any, str]:
        try:
            value, end = self._slow.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            raise DataError(f"This is no readable JSON: {str(error)[:120]}.") from error
        return value, text[position:end]


def _integer(text: str) -> int | str:
    return int(text) if len(text) <= _DIGITS_LIMIT else text


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) != len(pairs):
        twice = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise ValueError(f"the key {shown(twice)} stands twice")
    return row


def _refused(constant: str) -> object:
    raise ValueError(f"{constant} is no number")


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {storable(key): _storable(item) for key, item in value.items()}
    return value


_text: Callable[[str], str] = str
_LENIENT = _Reader(_text)
_STRICT = _Reader(_refused)
