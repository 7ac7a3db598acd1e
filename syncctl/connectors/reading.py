"""Reading foreign JSON field by field: what is not as it should be is noted as a sentence, and the rest goes on."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Self, TypeVar

from syncctl import times
from syncctl.errors import DataError, MoneyError
from syncctl.units import floored, raised

Part = TypeVar("Part")
FRACTION = "is no whole number of units"
"""How a problem ends that is nothing but a fraction: the units are known, rounded to the safe side."""


def shown(value: object) -> str:
    """A foreign value for a message: escaped, in quotes, and short.

    >>> shown("[/foo]\\x1b"), shown(None), shown([1]), shown(12)
    ("'[/foo]\\\\x1b'", 'nothing', 'a list', '12')
    """
    if isinstance(value, str):
        return repr(value[:40])
    if value is None:
        return "nothing"
    if isinstance(value, bool | int):
        return repr(value)[:40]
    return "a list" if isinstance(value, list) else "an object"


class Fields:
    """One foreign object. `where` names it in messages ("line 3"; "" for the order itself)."""

    __slots__ = ("_problems", "_where", "row")

    def __init__(self, row: dict[str, Any], where: str, problems: list[str]) -> None:
        self.row = row
        self._where = f"{where}: " if where else ""
        self._problems = problems

    @classmethod
    def of(cls, row: object, where: str, problems: list[str]) -> Self | None:
        """The object's fields, or None and a problem if it is no object."""
        if isinstance(row, dict):
            return cls(row, where, problems)
        problems.append(f"{where}: {shown(row)} is no object")
        return None

    def within(self, row: dict[str, Any]) -> "Fields":
        """Some of this object's fields by other names, or unpacked; they go by the same name in messages."""
        inner = Fields(row, "", self._problems)
        inner._where = self._where
        return inner

    def has(self, name: str) -> bool:
        return name in self.row

    def note(self, name: str, what: str) -> None:
        """Keep a sentence about a field that cannot be used."""
        self._problems.append(f"{self._where}{name} {shown(self.row.get(name))} {what}")

    def text(self, name: str, default: str = "") -> str:
        value = self.row.get(name)
        if isinstance(value, str):
            return value
        if value is not None:
            self.note(name, "is no text")
        return default

    def texts(self, defaults: Mapping[str, str]) -> list[str]:
        """Several fields at once, in the order of their names; a field that is not there has its default."""
        values = list(map(self.row.get, defaults, defaults.values()))
        if set(map(type, values)) == {str}:
            return values
        return [self.text(name, default) for name, default in defaults.items()]

    def shown_text(self, name: str) -> str:
        """The field as it came, or a short description where it is no text; for keeping, not for deciding."""
        value = self.row.get(name)
        return value if isinstance(value, str) else shown(value)

    def flag(self, name: str) -> bool:
        value = self.row.get(name, False)
        if not isinstance(value, bool):
            self.note(name, "is neither true nor false")
            return False
        return value

    def units(self, name: str, *, sold: bool = False) -> int | None:
        """Whole units, or None and a problem. A fraction is a problem too, and is rounded to the safe side.

        That is down (for what came back, or left), and up for what was `sold`.
        """
        value = self.row.get(name)
        try:
            low, high = floored(value), raised(value)
        except DataError:
            self.note(name, "is no number of units")
            return None
        if low != high:
            self.note(name, FRACTION)
        return high if sold else low

    def amount(self, name: str, read: Callable[[str, str], int], currency: str) -> int:
        """Minor units, or 0 and a problem. Without a currency nothing is read: that problem is noted already."""
        if not currency:
            return 0
        try:
            return read(self.row.get(name), currency)  # type: ignore[arg-type]  # refuses what is no text
        except MoneyError as error:
            self._problems.append(f"{self._where}{name}: {error}")
            return 0

    def moment(self, name: str) -> datetime | None:
        value = self.row.get(name)
        if value is None:
            return None
        try:
            return times.from_text(value)
        except (TypeError, ValueError, OverflowError):
            self.note(name, "is no time with an offset")
            return None

    def rows(self, name: str) -> list[Any]:
        value = self.row.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            self.note(name, "is no list")
            return []
        return value

    def fields(self, name: str, word: str) -> list["Fields"]:
        """Each object of a list, under `word` and its number."""
        found = []
        for position, row in enumerate(self.rows(name), 1):
            inner = Fields.of(row, f"{self._where}{word} {position}", self._problems)
            if inner is not None:
                found.append(inner)
        return found

    def each(self, name: str, word: str, read: Callable[["Fields"], Part]) -> tuple[Part, ...]:
        """What `read` makes of each object of a list."""
        if (rows := self.row.get(name)) is None or rows == []:  # as most lists of most orders are
            return ()
        return tuple([read(row) for row in self.fields(name, word)])
