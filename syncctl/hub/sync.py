"""Who the other sides are, and how far each has been read."""

from datetime import datetime

from syncctl import times
from syncctl.errors import SafetyStop
from syncctl.hub.family import Family
from syncctl.model import About

ABOUT = "about "  # state, with a side's name: when and at which address it was last asked who it is


class Parties(Family):
    """Table `party`: what each side said of itself. A side that turns out to be another one stops everything."""

    def confirm(self, name: str, about: About) -> None:
        """Check that `name` still is who it was. Errors: SafetyStop if its identity or currency changed."""
        row = self.connection.execute("SELECT identity, currency FROM party WHERE name = ?", [name]).fetchone()
        if row is None:
            self._refuse_twin(name, about)
            with self.hub.transaction() as connection:
                connection.execute(
                    "INSERT INTO party VALUES (?, ?, ?, ?)",
                    [name, about.identity, about.currency, times.to_text(times.now())],
                )
            return
        if row[0] != about.identity:
            raise SafetyStop(
                f"{name} is not the one this hub belongs to: it was {row[0]!r} and is {about.identity!r} now; "
                "nothing was written",
                hint="Set its address back, or give the other one a hub of its own (hub.path).",
            )
        if row[1] != about.currency:
            raise SafetyStop(
                f"{name} changed its currency from {row[1]} to {about.currency}; nothing was written",
                hint="Start a new hub for the new currency (hub.path).",
            )

    def _refuse_twin(self, name: str, about: About) -> None:
        """One store under two names would be booked twice."""
        row = self.connection.execute("SELECT name FROM party WHERE identity = ?", [about.identity]).fetchone()
        if row is not None:
            raise SafetyStop(
                f"{name} is the same as {row[0]}, which this hub knows already; nothing was written",
                hint=f"Name it {row[0]} in the settings, or take one of the two out.",
            )

    def asked_at(self, name: str, address: str) -> datetime | None:
        """When this side was last asked who it is, and was the right one, at this address; None if never."""
        found = self.hub.state(ABOUT + name)
        at, _, there = (found or "").partition(" ")
        return times.from_text(at) if at and there == address else None

    def remember_asked(self, name: str, address: str) -> None:
        """It was asked just now, at this address, and was the right one."""
        self.hub.set_state(ABOUT + name, f"{times.to_text(times.now())} {address}")

    def identity(self, name: str) -> str:
        """The other side's own id, as confirmed. KeyError if it was never contacted."""
        row = self.connection.execute("SELECT identity FROM party WHERE name = ?", [name]).fetchone()
        if row is None:
            raise KeyError(name)
        return str(row[0])

    def currency(self, name: str) -> str | None:
        """The other side's currency, None where it does not say or was never contacted."""
        row = self.connection.execute("SELECT currency FROM party WHERE name = ?", [name]).fetchone()
        return None if row is None else row[0]


CUSTOMERS_READ = "customers-read"
CUSTOMERS_MATCHED = "customers matched"  # state: the parties whose customers were all read and matched, one per line
"""The stream whose cursor only says when a party's customers were last read to their end."""


class Cursors(Family):
    """Table `cursor`: opaque text per party and stream, with the hash of the filter it was read under."""

    def get(self, party: str, stream: str, filter_hash: str = "") -> str | None:
        """Where to resume; None for the beginning, also when the filter has changed since."""
        row = self.connection.execute(
            "SELECT value, filter FROM cursor WHERE party = ? AND stream = ?", [party, stream]
        ).fetchone()
        return row[0] if row is not None and row[1] == filter_hash else None

    def put(
        self, party: str, stream: str, value: str | None, filter_hash: str = "", *, at: datetime | None = None
    ) -> None:
        """Move a cursor; inside the transaction of the rows that it stands behind. `at`: None is now."""
        with self.hub.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO cursor VALUES (?, ?, ?, ?, ?)",
                [party, stream, value, filter_hash, times.to_text(at or times.now())],
            )

    def forget(self, party: str) -> None:
        """Read all of this party again from the beginning, for where its readings stood is of no use any more."""
        with self.hub.transaction() as connection:
            connection.execute("DELETE FROM cursor WHERE party = ?", [party])

    def moved_at(self, party: str, stream: str) -> datetime | None:
        """When the cursor last moved, None if never."""
        row = self.connection.execute(
            "SELECT moved_at FROM cursor WHERE party = ? AND stream = ?", [party, stream]
        ).fetchone()
        return None if row is None else times.from_text(row[0])
