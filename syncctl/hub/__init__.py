"""The hub: one SQLite file that remembers everything. `Hub` is its facade, one attribute per family of tables."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from syncctl import times
from syncctl.hub.catalog import Catalog
from syncctl.hub.consents import Consents
from syncctl.hub.customers import Customers
from syncctl.hub.departures import Departures
from syncctl.hub.documents import Documents
from syncctl.hub.files import Sidecar, check, open_database
from syncctl.hub.fulfilments import Fulfilments
from syncctl.hub.holds import Holds
from syncctl.hub.joining import Joining
from syncctl.hub.journal import Journal
from syncctl.hub.kits import Kits
from syncctl.hub.links import Links
from syncctl.hub.locations import Locations
from syncctl.hub.matching import Matching
from syncctl.hub.orders import Orders
from syncctl.hub.runs import Runs
from syncctl.hub.shown import ShownLevels
from syncctl.hub.stock import Stock
from syncctl.hub.sync import Cursors, Parties
from syncctl.hub.uploads import Invitations, Uploads

__all__ = ["Hub"]


class Hub:
    """An open hub. Writes go through `transaction()`; no other side is ever called inside one."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self.connection = connection
        self.runs = Runs(self)
        self.parties = Parties(self)
        self.cursors = Cursors(self)
        self.links = Links(self)
        self.holds = Holds(self)
        self.orders = Orders(self)
        self.customers = Customers(self)
        self.consents = Consents(self)
        self.joining = Joining(self)
        self.departures = Departures(self)
        self.matching = Matching(self)
        self.uploads = Uploads(self)
        self.invitations = Invitations(self)
        self.journal = Journal(self)
        self.documents = Documents(self)
        self.catalog = Catalog(self)
        self.kits = Kits(self)
        self.stock = Stock(self)
        self.locations = Locations(self)
        self.shown = ShownLevels(self)
        self.fulfilments = Fulfilments(self)

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> Self:
        """Open the hub at `path`, made if missing. Errors: HubError; nothing is changed then."""
        path = path.resolve()  # one file has one sidecar, whatever links lead to it
        return cls(path, open_database(path, read_only=read_only).conn)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One write transaction, all or nothing; inside another one it is part of that one."""
        if self.connection.in_transaction:
            yield self.connection
            return
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield self.connection
            self.connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self.connection.execute("ROLLBACK")
            raise

    def check(self) -> None:
        """Read the whole file once. Errors: HubError if it is damaged."""
        check(self.connection, self.path)

    def next_event(self) -> int:
        """Move the hub's logical clock on; to be called inside a transaction. Order is by this, never by time."""
        self.connection.execute("UPDATE state SET value = CAST(value AS INTEGER) + 1 WHERE key = 'event'")
        return self.event

    @property
    def event(self) -> int:
        """The logical clock: the number of the last confirmed event."""
        return int(self.connection.execute("SELECT value FROM state WHERE key = 'event'").fetchone()[0])

    def state(self, key: str) -> str | None:
        """A remembered single fact, or None."""
        row = self.connection.execute("SELECT value FROM state WHERE key = ?", [key]).fetchone()
        return None if row is None else str(row[0])

    def set_state(self, key: str, value: str) -> None:
        """Remember a single fact; an equal one writes nothing."""
        if self.state(key) != value:
            with self.transaction() as connection:
                connection.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", [key, value])

    @property
    def sidecar(self) -> Sidecar | None:
        """What the file beside the hub remembers of the runs on it."""
        return Sidecar.read(self.path)

    def prune(self, before: datetime) -> None:
        """Let go of raw payloads and of details older than `before`; links, references and hashes stay for ever."""
        moment = times.to_text(before)
        with self.transaction() as connection:
            connection.execute("UPDATE order_version SET raw = NULL WHERE seen_at < ? AND raw IS NOT NULL", [moment])
            connection.execute("UPDATE journal SET payload = NULL WHERE sent_at < ? AND payload IS NOT NULL", [moment])
            connection.execute(
                "DELETE FROM snapshot WHERE source_time < ? AND id < (SELECT max(id) FROM snapshot)", [moment]
            )

    def close(self) -> None:
        """Fold the write-ahead log back, so that a resting hub is one file, and close."""
        with suppress(sqlite3.Error):
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
