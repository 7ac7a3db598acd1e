"""The hub's file: opened, checked and laid out; its sidecar; the folder it lies in."""

import errno
import json
import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database

from syncctl.errors import HubError
from syncctl.hub.schema import APPLICATION_ID, SCHEMA_VERSION, migrations

_PRAGMAS = (
    "PRAGMA busy_timeout = 5000",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA foreign_keys = ON",
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
)
RESTORE = "Go back to the last backup: syncctl restore latest"


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What the file beside the hub remembers: how far any hub here had come. A hub behind it was restored."""

    run: int
    journal: int
    at: str

    @staticmethod
    def path(hub_path: Path) -> Path:
        return hub_path.with_name(hub_path.name + ".last-run")

    @classmethod
    def read(cls, hub_path: Path) -> "Sidecar | None":
        """The sidecar; None where there is none, or an unreadable one."""
        try:
            values = json.loads(cls.path(hub_path).read_text("utf-8"))
            return cls(int(values["run"]), int(values["journal"]), str(values["at"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, hub_path: Path) -> None:
        """Replace the sidecar whole: a crash leaves the old one or the new one."""
        target = self.path(hub_path)
        partial = target.with_name(target.name + ".new")
        try:
            with open(partial, "w", encoding="utf-8", opener=_private) as file:
                json.dump({"run": self.run, "journal": self.journal, "at": self.at}, file)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(target)
        except OSError as error:
            raise HubError(f"cannot write {target}: {error.strerror}", hint="Make room, or mend its rights.") from None


def open_database(path: Path, *, read_only: bool = False) -> Database:
    """Open the hub at `path`, made and laid out if it is missing.

    Errors: HubError for a damaged, foreign or newer file, or a place that cannot be used; nothing is changed then.
    """
    existed = path.exists() and path.stat().st_size > 0
    if read_only and not existed:
        raise HubError(f"there is no hub at {path} yet", hint="Make it with the first run: syncctl sync-all")
    try:
        connection = _connect(path, read_only=read_only)
        try:
            if existed:
                refuse_foreign(connection, path)
            database = Database(connection)
            for pragma in _PRAGMAS:
                connection.execute(pragma)
            if not read_only:
                _lay_out(database, path, existed=existed)
        except BaseException:
            connection.close()
            raise
    except UnicodeDecodeError:  # of what SQLite says about a broken table
        raise HubError(f"the hub {path} is damaged; nothing was written anywhere", hint=RESTORE) from None
    except sqlite3.Error as error:
        raise hub_error(path, error) from None
    return database


OURS = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.DataError, sqlite3.NotSupportedError)
"""SQLite errors that are bugs of ours, and no fault of the file or its disk."""


def hub_error(path: Path, error: sqlite3.Error) -> HubError:
    """What a SQLite error on the hub means to a person."""
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) or "Could not decode" in str(error):
        return HubError(
            f"the hub {path} is damaged ({name or 'a text is no text'}); the run stopped there and wrote nothing more",
            hint=RESTORE,
        )
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        return HubError(f"the disk of {path} is full or failing ({name})", hint="Make room, then run again.")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return HubError(f"the hub {path} is locked by another program", hint="Close it, then run again.")
    return HubError(
        f"the hub {path} cannot be used ({name or 'unknown error'})",
        hint="Look at the rights of the file and its folder.",
    )


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Read the whole file once. Errors: HubError if it is damaged.

    `integrity_check`, though it takes three times as long as `quick_check`, which does not hold indexes against their
    tables: a row that is missing from the index of pending orders is an order that nobody would ever book.
    """
    try:
        answer = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise hub_error(path, error) from None
    if answer != "ok":
        raise HubError(f"the hub {path} is damaged; nothing was written anywhere", hint=RESTORE)


def copy_database(source: Path, target: Path) -> None:
    """Copy a hub through SQLite's backup API: whole, whatever is written meanwhile; mode 0600.

    Only a whole copy ever has the name `target`; what a process that died left behind is called `target`.part.
    Errors: HubError if it cannot be read or written; a half-made copy is removed.
    """
    partial = target.with_name(target.name + ".part")
    try:
        partial.unlink(missing_ok=True)
        os.close(os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as original,
            closing(sqlite3.connect(partial)) as copy,
        ):
            original.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
        partial.replace(target)
    except sqlite3.Error as error:
        partial.unlink(missing_ok=True)
        raise hub_error(source, error) from None
    except OSError as error:
        raise HubError(f"cannot write {target}: {error.strerror}", hint="Make room, or mend its rights.") from None


def _private(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)


def _make_private(path: Path) -> None:
    """Make the file if it is missing. One that exists is not opened: closing it would drop SQLite's locks on it."""
    if not path.exists():
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    elif path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    elif not os.access(path, os.R_OK | os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    if not read_only:
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _make_private(path)
        except OSError as error:
            raise HubError(
                f"cannot use {path} as the hub: {error.strerror}", hint="Set hub.path to a place that you can write."
            ) from None
    mode = "ro" if read_only else "rw"
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=5, cached_statements=256)


def refuse_foreign(connection: sqlite3.Connection, path: Path) -> None:
    """Errors: HubError if the file is no hub, or one of a newer syncctl."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if application == 0 and version == 0 and tables == 0:
        return  # made by a run that was stopped before it laid anything out
    if application != APPLICATION_ID:
        raise HubError(f"{path} is not a hub of syncctl; it was left as it is", hint="Set hub.path to another file.")
    if version > SCHEMA_VERSION:
        raise HubError(
            f"the hub {path} was made by a newer syncctl (schema {version}, this one knows {SCHEMA_VERSION})",
            hint="Install the newer syncctl again, or restore an older backup.",
        )


def _lay_out(database: Database, path: Path, *, existed: bool) -> None:
    connection = database.conn
    connection.execute("PRAGMA journal_mode = WAL")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if existed and version == SCHEMA_VERSION:
        return
    if version:
        copy_database(path, path.with_name(f"{path.name}.before-schema-{SCHEMA_VERSION}"))
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    migrations.apply(database)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    for suffix in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).chmod(0o600)
