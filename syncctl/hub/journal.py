"""The journal: every write we sent, one row committed before it and one outcome after (invariant I8)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from syncctl import times
from syncctl.hub.bulk import Insert, in_chunks, marks
from syncctl.hub.family import Family

_ENTRY = Insert("journal", "id run_id party operation key record payload state sent_at")


@dataclass(frozen=True, slots=True)
class Entry:
    """A write about to be sent. `key` names it (a reference, a listing); `record` is what it is about, for people."""

    party: str
    operation: str
    key: str
    record: str
    payload: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """A write that was sent. `payload` is empty once it was pruned."""

    payload: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A write of which the outcome is not known: lost on the way, or (state *queued*) taken in for later."""

    state: str
    payload: str
    at: datetime


class Journal(Family):
    """Table `journal`."""

    def open(self, entries: Sequence[Entry]) -> list[int]:
        """Commit one row per write, state *sending*, and move the sidecar on; only then may the write be sent.

        A row of the same write that was left open (its reply was lost) is superseded by the new one.
        """
        if not entries:
            return []
        now, run = times.to_text(times.now()), self.hub.runs.current
        keys: dict[tuple[str, str], list[str]] = {}
        for entry in entries:
            keys.setdefault((entry.party, entry.operation), []).append(entry.key)
        with self.hub.transaction() as connection:
            for (party, operation), of_it in keys.items():
                self.supersede(party, operation, of_it)
            last = connection.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'journal'")
            first_id = int(last.fetchone()[0]) + 1  # as AUTOINCREMENT would: never one that was given before
            ids = list(range(first_id, first_id + len(entries)))
            _ENTRY.run(
                connection,
                [
                    (row, run, one.party, one.operation, one.key, one.record, one.payload, "sending", now)
                    for row, one in zip(ids, entries, strict=True)
                ],
            )
        self.hub.runs.mark()
        return ids

    def close(self, outcomes: Iterable[tuple[int, str, str]]) -> None:
        """Record outcomes: (row, state, message) each; inside the transaction of what follows from them."""
        now = times.to_text(times.now())
        with self.hub.transaction() as connection:
            connection.executemany(
                "UPDATE journal SET state = ?, message = ?, closed_at = ? WHERE id = ? AND state = 'sending'",
                [(state, message[:500], now, row) for row, state, message in outcomes],
            )

    def supersede(self, party: str, operation: str, keys: Iterable[str]) -> None:
        """What became of these writes has been seen there since: rows left open need no outcome of their own."""
        rows = self.connection.execute(
            "SELECT key, id FROM journal INDEXED BY journal_sending "
            "WHERE state IN ('sending', 'unclear') AND party = ? AND operation = ?",
            [party, operation],
        ).fetchall()  # a handful, whatever the number of keys
        if not rows:
            return
        seen = set(keys)
        now = times.to_text(times.now())
        with self.hub.transaction() as connection:
            connection.executemany(
                "UPDATE journal SET state = 'superseded', closed_at = ? WHERE id = ?",
                [(now, row) for key, row in rows if key in seen],
            )

    def lost(self, party: str, operation: str) -> dict[str, str]:
        """What was sent in this party's writes of a kind whose outcome is not known, by key; "" where it was pruned."""
        rows = self.connection.execute(
            "SELECT key, coalesce(payload, '') FROM journal INDEXED BY journal_sending "
            "WHERE state IN ('sending', 'unclear') AND party = ? AND operation = ? ORDER BY id",
            [party, operation],
        )
        return dict(rows.fetchall())

    def left_open(self, party: str, operation: str) -> list[str]:
        """The keys of this party's writes of a kind whose outcome is not known."""
        rows = self.connection.execute(
            "SELECT DISTINCT key FROM journal INDEXED BY journal_sending "
            "WHERE state IN ('sending', 'unclear') AND party = ? AND operation = ?",
            [party, operation],
        )
        return [key for (key,) in rows]

    def any_open(self, operation: str) -> bool:
        """Whether the outcome of some write of this kind is not known."""
        row = self.connection.execute(
            "SELECT 1 FROM journal INDEXED BY journal_sending WHERE state IN ('sending', 'unclear') AND operation = ?",
            [operation],
        ).fetchone()
        return row is not None

    def unsettled(self, operation: str, keys: Iterable[str], after: datetime) -> set[str]:
        """Those of these writes that were sent after `after` and whose outcome is not known."""
        rows = set()
        for chunk in in_chunks(keys):
            rows |= {
                row[0]
                for row in self.connection.execute(
                    f"SELECT key FROM journal WHERE operation = ? AND key IN ({marks(chunk)}) "
                    "AND state IN ('sending', 'unclear') AND sent_at > ?",
                    [operation, *chunk, times.to_text(after)],
                )
            }
        return rows

    def in_queue(self, operation: str, keys: Iterable[str], after: datetime) -> set[str]:
        """Those of these writes that were accepted for later, after `after`."""
        rows = set()
        for chunk in in_chunks(keys):
            found = self.connection.execute(
                f"SELECT key FROM journal WHERE operation = ? AND key IN ({marks(chunk)}) AND state = 'queued' "
                "AND sent_at > ?",
                [operation, *chunk, times.to_text(after)],
            )
            rows |= {row[0] for row in found}
        return rows

    def last_queued(self, operation: str, keys: Iterable[str]) -> dict[str, Sent]:
        """Of these keys, those whose last write was accepted for later, with that write."""
        found = {}
        for chunk in in_chunks(keys):
            rows = self.connection.execute(
                "SELECT key, state, payload, sent_at, max(id) FROM journal "
                f"WHERE operation = ? AND key IN ({marks(chunk)}) GROUP BY key",
                [operation, *chunk],
            )
            for key, state, payload, sent_at, _ in rows:
                if state == "queued":
                    found[key] = Sent(payload or "", times.from_text(sent_at))
        return found

    def unfinished(self, operation: str, keys: Iterable[str]) -> dict[str, Unfinished]:
        """Of these keys, those of whose last write the outcome is not known."""
        found = {}
        for chunk in in_chunks(keys):
            rows = self.connection.execute(
                "SELECT key, state, payload, sent_at, max(id) FROM journal "
                f"WHERE operation = ? AND key IN ({marks(chunk)}) GROUP BY key",
                [operation, *chunk],
            )
            for key, state, payload, sent_at, _ in rows:
                if state in ("sending", "unclear", "queued"):
                    found[key] = Unfinished(state, payload or "", times.from_text(sent_at))
        return found

    def refuse_queued(self, operation: str, key: str, message: str) -> None:
        """What was accepted for later was refused in the end."""
        with self.hub.transaction() as connection:
            connection.execute(
                "UPDATE journal SET state = 'refused', message = ? "
                "WHERE operation = ? AND key = ? AND state = 'queued'",
                [message[:500], operation, key],
            )

    def sent_before(self, operation: str, keys: Iterable[str]) -> set[str]:
        """Those of these writes that may have reached the other side: they were sent, and no one said they were not."""
        rows = set()
        for chunk in in_chunks(keys):
            rows |= {
                row[0]
                for row in self.connection.execute(
                    f"SELECT DISTINCT key FROM journal WHERE operation = ? AND key IN ({marks(chunk)}) "
                    "AND state NOT IN ('not sent', 'refused')",
                    [operation, *chunk],
                )
            }
        return rows
