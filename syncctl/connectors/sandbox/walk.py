"""Reading what changed without loss: a walk by the immutable position, above a lower bound on the change time.

The bound moves only with the last page, to the shop's time at the start of the walk less an overlap, so that a row that
changes while the pages are read is seen now or next time. A cursor is JSON: since (the bound), after, started.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from syncctl import times
from syncctl.connectors.base import OVERLAP_SECONDS
from syncctl.connectors.sandbox.files import reading
from syncctl.connectors.sandbox.tables import ShopFile
from syncctl.errors import CursorLost

Rows = Sequence[tuple[Any, ...]]
_FEW_PAGES = 10


@dataclass(frozen=True, slots=True)
class Cursor:
    """`since` None: everything. `started` None: no walk is under way."""

    since: str | None = None
    after: int = 0
    started: str | None = None

    @classmethod
    def parse(cls, text: str | None) -> "Cursor":
        """Read our own text back. Errors: CursorLost."""
        if text is None:
            return cls()
        try:
            row = json.loads(text)
            cursor = cls(row["since"], row["after"], row["started"])
            for at in (cursor.since, cursor.started):
                if at is not None:
                    times.from_text(at)
            if type(cursor.after) is not int:
                raise ValueError("after is no number")
        except (ValueError, TypeError, LookupError) as error:
            raise CursorLost(f"{text[:60]!r} is no cursor of this store: {error}.") from error
        return cursor

    def text(self) -> str:
        return json.dumps({"since": self.since, "after": self.after, "started": self.started})


@dataclass(frozen=True, slots=True)
class Step:
    """One page's rows and the cursor that resumes after it."""

    rows: Rows
    cursor: str


def walk(shop: ShopFile, columns: str, table: str, text: str | None, size: int, where: str = "1") -> Iterator[Step]:
    """The rows of `table` after the cursor `text`, `size` at a time; each page is one consistent read.

    `columns` begins with the position. The last page may be empty: it moves the bound.
    """
    cursor = Cursor.parse(text)
    started = cursor.started or times.to_text(shop.clock())
    done = False
    while not done:
        with reading(shop.connection) as connection:
            found = _condition(connection, table, cursor, size)
            rows = connection.execute(
                f"SELECT {columns} FROM {table} WHERE {where} AND {found} LIMIT :size",
                {"after": cursor.after, "since": cursor.since, "size": size},
            ).fetchall()
        done = len(rows) < size
        cursor = _next_bound(started) if done else Cursor(cursor.since, rows[-1][0], started)
        yield Step(rows, cursor.text())


def _condition(connection: sqlite3.Connection, table: str, cursor: Cursor, size: int) -> str:
    """Where the rows are, and their order.

    Few changed ones are found by the time of their change: the plus keeps SQLite from going along all positions. Many
    are found by going along the positions, or each page would sort all of them.
    """
    if cursor.since is None:
        return "position > :after ORDER BY position"
    changed = f"SELECT count(*) FROM (SELECT 1 FROM {table} WHERE changed_at >= ? LIMIT ?)"
    many = _FEW_PAGES * size
    plus = "+" if connection.execute(changed, [cursor.since, many]).fetchone()[0] < many else ""
    return f"changed_at >= :since AND {plus}position > :after ORDER BY {plus}position"


def _next_bound(started: str) -> Cursor:
    try:
        bound: datetime = times.from_text(started) - timedelta(seconds=OVERLAP_SECONDS)
    except OverflowError:
        return Cursor()
    return Cursor(times.to_text(bound))
