"""Whether a hub's file is to blame for an error: asked only when something went wrong that cannot be explained else.

SQLite itself finds a page that is broken, but not a value that was changed within one: that is met when it is read.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlite_utils import Database

from syncctl import money, times
from syncctl.errors import HubError, SyncctlError
from syncctl.hub.files import OURS, RESTORE, hub_error
from syncctl.hub.schema import SCHEMA_VERSION, migrations

_BUG = SyncctlError.exit_code
_ODD = (sqlite3.Error, ValueError, LookupError, TypeError, ArithmeticError, AttributeError)
_JSON = frozenset("fields counts detail problems delivery terms agreed_ours agreed_theirs".split())
_PRICES = frozenset({"want_price", "compare_at"})


@contextmanager
def damage_told(path: Path) -> Iterator[None]:
    """What goes wrong inside because of the hub's file comes out as a HubError; bugs of ours stay what they are."""
    try:
        yield
    except _ODD as error:
        if isinstance(error, SyncctlError) and error.exit_code != _BUG:
            raise
        explained = isinstance(error, sqlite3.DatabaseError) and not isinstance(error, OURS)
        found = hub_error(path, error) if explained and isinstance(error, sqlite3.Error) else None
        if found is None or getattr(error, "sqlite_errorname", "") == "SQLITE_ERROR":
            where = "" if _is_older(path) else find_damage(path)
            if where:
                text = f"the hub {path} is damaged ({where}); the run stopped there and wrote nothing more"
                found = HubError(text, hint=RESTORE)
        if explained and _is_older(path):  # only what was opened to be read: a run brings it up to date
            found = HubError(
                f"the hub {path} was made by an older syncctl",
                hint="The next run brings it up to date: syncctl sync-all",
            )
        if found is None:
            raise
        raise found from None


def _is_older(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return 0 < int(connection.execute("PRAGMA user_version").fetchone()[0]) < SCHEMA_VERSION
    except sqlite3.Error:
        return False


def find_damage(path: Path) -> str:
    """Read everything, and every value as what it is meant to be; returns what is wrong, "" if nothing is."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return next(_damage(connection), "")
    except sqlite3.Error as error:
        return getattr(error, "sqlite_errorname", "a text is no text")


def _damage(connection: sqlite3.Connection) -> Iterator[str]:
    if connection.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
        yield "its pages are broken"
    if _schema(connection) != _schema_of_new():
        yield "its tables are not as they were made"
    if connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
        yield "rows are missing"
    for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        rows = connection.execute(f'SELECT * FROM "{table}"')
        names = [column[0] for column in rows.description]
        for row in rows:
            yield from (f"{table}.{name}" for name, value in zip(names, row, strict=True) if not _is_sound(name, value))


def _is_sound(name: str, value: object) -> bool:
    """Whether a value can be read as what its column holds."""
    if not isinstance(value, str) or not value:
        return True
    try:
        if name.endswith("_at") or name == "source_time":
            times.from_text(value)
        elif name in _JSON:
            json.loads(value)
        elif name in _PRICES:
            money.canonical(value)
    except ValueError:
        return False
    return True


def _schema(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    """Tables and their columns; how a table was made, or changed since, is left out."""
    rows = connection.execute(
        "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'"
    )
    return set(rows)


def _schema_of_new() -> set[tuple[str, str]]:
    database = Database(memory=True)
    migrations.apply(database)
    return _schema(database.conn)
