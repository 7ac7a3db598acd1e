"""One sandbox SQLite file: opened, checked and locked in one way for both halves. Several processes may share it."""

import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from syncctl.errors import ConfigError, SyncctlError, Unreachable

BUSY_SECONDS = 10
_OWN_DDL = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE sequence (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID
"""


def open_file(path: Path, ddl: str, application_id: int, added: Mapping[str, str] | None = None) -> sqlite3.Connection:
    """Open a sandbox file, made with `ddl` if it is missing or empty: autocommit, WAL, mode 0600, parents 0700.

    `ddl` is statements separated by `;`, with no `;` inside one. The tables `meta` and `sequence` come by themselves.
    `added`: by table, the declaration of a column that files of before lack; it is added to them.
    Errors: ConfigError if the file is something else, and it is not touched; Unreachable if it cannot be opened.
    """
    path = Path(path)
    try:
        _make_private(path)
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise Unreachable(f"The sandbox file {path} cannot be opened: {error}.") from error
    try:
        _prepare(connection, path, ddl, application_id, added or {})
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def atomic(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """One write transaction (BEGIN IMMEDIATE); inside another one it is a part of that. Errors: Unreachable."""
    with _transaction(connection, "BEGIN IMMEDIATE"):
        yield connection


@contextmanager
def reading(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """One consistent view for several reads; stops no writer. Errors: Unreachable."""
    with _transaction(connection, "BEGIN"):
        yield connection


def next_number(connection: sqlite3.Connection, name: str, start: int = 1) -> int:
    """The next number of the named sequence, never given twice; for use inside `atomic`."""
    row = connection.execute(
        "INSERT INTO sequence (name, value) VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
        (name, start),
    ).fetchone()
    return int(row[0])


def get_meta(connection: sqlite3.Connection, key: str, default: str = "") -> str:
    """A fact about the file itself, or `default`."""
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return str(row[0]) if row else default


def set_meta(connection: sqlite3.Connection, key: str, value: str) -> None:
    """Keep a fact about the file itself."""
    connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value))


@contextmanager
def _transaction(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    try:
        if connection.in_transaction:
            yield
            return
        connection.execute(begin)
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    except (sqlite3.OperationalError, sqlite3.DatabaseError) as error:
        if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
            raise
        raise Unreachable(f"The sandbox file did not answer: {error}.") from error


def _make_private(path: Path) -> None:
    for parent in reversed(path.parents):
        parent.mkdir(mode=0o700, exist_ok=True)
    # Only a file that is not there: closing one that SQLite has open in this process would drop SQLite's locks on it.
    if not path.exists():
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _prepare(
    connection: sqlite3.Connection, path: Path, ddl: str, application_id: int, added: Mapping[str, str]
) -> None:
    try:
        with atomic(connection):
            if _is_empty(connection):
                for statement in f"{_OWN_DDL};{ddl}".split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {application_id:d}")
            found = connection.execute("PRAGMA application_id").fetchone()[0]
            if found == application_id:
                _add_columns(connection, added)
        if found != application_id:
            raise _not_ours(path)
        _set_wal(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
    except (Unreachable, sqlite3.DatabaseError) as error:
        cause = error.__cause__ or error
        if "not a database" in str(cause):
            raise _not_ours(path) from error
        raise Unreachable(f"The sandbox file {path} cannot be used: {cause}.") from error


def _add_columns(connection: sqlite3.Connection, added: Mapping[str, str]) -> None:
    for table, declaration in added.items():
        known = connection.execute("SELECT 1 FROM pragma_table_info(?) WHERE name = ?", (table, declaration.split()[0]))
        if known.fetchone() is None:
            connection.execute(f"ALTER TABLE {table} ADD COLUMN {declaration}")


def _is_empty(connection: sqlite3.Connection) -> bool:
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    return not tables and connection.execute("PRAGMA application_id").fetchone()[0] == 0


def _set_wal(connection: sqlite3.Connection) -> None:
    """Two processes that make the file at once may both get here; SQLite does not wait for this lock by itself."""
    give_up_at = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.01)


def _not_ours(path: Path) -> SyncctlError:
    return ConfigError(
        f"{path} is not a sandbox file of this kind; nothing was written to it.",
        hint="Give the sandbox a path of its own: the web store and the back office each need one.",
    )
