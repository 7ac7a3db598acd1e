"""A look at a hub that leaves no trace: not a byte of it changes, and no file appears beside it."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from syncctl import times
from syncctl.errors import HubError
from syncctl.hub.files import RESTORE, Sidecar, hub_error, refuse_foreign


@dataclass(frozen=True, slots=True)
class Peek:
    """What a hub says of itself. `parties`: of each side that it knows, its identity and its currency."""

    first_run_at: datetime | None
    last_run_at: datetime | None
    unclean: bool  # the last run did not come to its end
    behind: bool  # it is an older copy: its sidecar has seen more
    parties: Mapping[str, tuple[str, str | None]]


def peek(path: Path) -> Peek:
    """Look into the hub at `path`; nobody may be writing to it. Errors: HubError if it is damaged, foreign or newer.

    `immutable` keeps SQLite from making its two files beside the hub. Where a run that died left its log there, those
    files are made already, and what stands in the log counts.
    """
    path = path.resolve()
    log = path.with_name(path.name + "-wal")
    left = log.exists() and log.stat().st_size > 0
    uri = f"{path.as_uri()}?mode=ro" + ("" if left else "&immutable=1")
    try:
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None, timeout=1)) as connection:
            refuse_foreign(connection, path)
            return _look(connection, path)
    except UnicodeDecodeError:
        raise HubError(f"the hub {path} is damaged", hint=RESTORE) from None
    except sqlite3.Error as error:
        raise hub_error(path, error) from None


def _look(connection: sqlite3.Connection, path: Path) -> Peek:
    if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        return Peek(None, None, unclean=False, behind=False, parties={})  # made by a run that was stopped at once
    run = connection.execute("SELECT id, started_at, ended_at FROM run ORDER BY id DESC LIMIT 1").fetchone()
    first = connection.execute("SELECT started_at FROM run ORDER BY id LIMIT 1").fetchone()
    journal = connection.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'journal'").fetchone()
    sidecar = Sidecar.read(path)
    parties = connection.execute("SELECT name, identity, currency FROM party").fetchall()
    return Peek(
        first_run_at=times.from_text(first[0]) if first else None,
        last_run_at=times.from_text(run[1]) if run else None,
        unclean=run is not None and run[2] is None,
        behind=sidecar is not None and (run is None or run[0] < sidecar.run or journal[0] < sidecar.journal),
        parties={name: (identity, currency) for name, identity, currency in parties},
    )
