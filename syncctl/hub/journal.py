"""The journal: every write we sent, one row committed before it and one outcome after (invariant I8)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from syncctl import times
from syncctl.hub.bulk import in_chunks, marks
from syncctl.hub.family import Family


@dataclass(frozen=True, slots=True)
class Entry:
    """A write about to be sent. `key` names it (a reference, a listing); `record` is what it is about, for people."""

    party: str
    operation: str
    key: str
    record: str
    payload: str = ""


class Journal(Family):
    """Table `journal`."""

    def open(self, entries: Sequence[Entry]) -> list[int]:
        """Commit one row per write, state *sending*, and move the sidecar on; only then may the write be sent.

        A row of the same write that was left open (its reply was lost) is superseded by the new one.
        """
        if not entries:
            return []
        now = times.to_text(times.now())
        with self.hub.transaction() as connection:
            ids = []
            for entry in entries:
                connection.execute(
                    "UPDATE journal SET state = 'superseded', closed_at = ? WHERE operation = ? AND key = ? "
                    "AND party = ? AND state IN ('sending', 'unclear')",
                    [now, entry.operation, entry.key, entry.party],
                )
                cursor = connection.execute(
                    "INSERT INTO journal (run_id, party, operation, key, record, payload, state, sent_at) "
                    "VALUES (?, ?, ?, ?, ?, ?, 'sending', ?)",
                    [self.hub.runs.current, entry.party, entry.operation, entry.key, entry.record, entry.payload, now],
                )
                ids.append(int(cursor.lastrowid or 0))
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
