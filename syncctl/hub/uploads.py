"""Who is to be made at a party, and who is to be invited there: both durable, until it is done or taken back."""

from collections.abc import Iterable

from syncctl import times
from syncctl.hub.bulk import in_chunks, marks
from syncctl.hub.family import Family

_STREAM = "customers to send"  # the cursor: up to which link was looked at; filtered by whether the setting is on
# Who is new on one side and not on the other, though nobody asked for him. A link keeps its id whatever becomes of the
# customer; by no other index, for that would read all links of customers instead of those that are new.
_NEW = {
    "any": "SELECT DISTINCT l.hub_id FROM link l NOT INDEXED "
    "WHERE l.id > ?1 AND l.kind = 'customer' AND l.party <> 'back-office'",
    "all": "SELECT l.hub_id FROM link l NOT INDEXED CROSS JOIN customer c ON c.id = l.hub_id "
    "WHERE l.id > ?1 AND l.kind = 'customer' AND l.party = 'back-office' AND c.origin = 'back-office'",
}
_NOT_THERE = "AND NOT EXISTS (SELECT 1 FROM link o WHERE o.kind = 'customer' AND o.hub_id = l.hub_id AND o.party = ?2)"


class Uploads(Family):
    """Table `upload`: customers that are to be made at a party, and those that were; who has a row belongs there."""

    def assign(self, hub_ids: Iterable[int], party: str, why: str = "assigned") -> int:
        """Queue customers for a party; returns how many were not waiting there already.

        Who is assigned by a person is queued again, though he was made there once: he may have been unlinked since.
        """
        again = (
            "DO UPDATE SET why = excluded.why, since = excluded.since, sent_at = NULL "
            "WHERE sent_at IS NOT NULL OR why <> excluded.why"
        )
        with self.hub.transaction() as connection:
            return sum(
                connection.execute(
                    "INSERT INTO upload (party, customer_id, why, since) SELECT ?, id, ?, ? FROM customer WHERE id = ? "
                    f"ON CONFLICT {again if why == 'assigned' else 'DO NOTHING'}",
                    [party, why, times.to_text(times.now()), hub_id],
                ).rowcount
                for hub_id in hub_ids
            )

    def unassign(self, hub_ids: Iterable[int], party: str) -> int:
        """Take customers off a party's list, with invitations that were not begun; returns how many were on it."""
        count = 0
        with self.hub.transaction() as connection:
            for chunk in in_chunks(hub_ids):
                of = f"WHERE party = ? AND customer_id IN ({marks(chunk)})"
                connection.execute(f"DELETE FROM invitation {of} AND state = 'wanted'", [party, *chunk])
                count += connection.execute(f"DELETE FROM upload {of}", [party, *chunk]).rowcount
        return count

    def waiting(self, party: str, limit: int, after: int = 0) -> dict[int, str]:
        """Who is to be made there, by hub id, with why; those with ids above `after`, in their order."""
        rows = self.connection.execute(
            "SELECT customer_id, why FROM upload WHERE party = ? AND sent_at IS NULL AND customer_id > ? "
            "ORDER BY customer_id LIMIT ?",
            [party, after, limit],
        )
        return {hub_id: str(why) for hub_id, why in rows}

    def whys(self, party: str, hub_ids: Iterable[int]) -> dict[int, str]:
        """Why these customers belong there; who does not is absent."""
        found: dict[int, str] = {}
        for chunk in in_chunks(hub_ids):
            rows = self.connection.execute(
                f"SELECT customer_id, why FROM upload WHERE party = ? AND customer_id IN ({marks(chunk)})",
                [party, *chunk],
            )
            found.update({hub_id: str(why) for hub_id, why in rows})
        return found

    def sent(self, party: str, hub_ids: Iterable[int]) -> None:
        """These are there now; inside the caller's transaction."""
        now = times.to_text(times.now())
        self.connection.executemany(
            "UPDATE upload SET sent_at = ? WHERE party = ? AND customer_id = ? AND sent_at IS NULL",
            [(now, party, hub_id) for hub_id in hub_ids],
        )

    def assigned(self, party: str) -> list[int]:
        """Everybody who belongs there by a row of this table, sent or not."""
        rows = self.connection.execute("SELECT customer_id FROM upload WHERE party = ? ORDER BY customer_id", [party])
        return [hub_id for (hub_id,) in rows]

    def among(self, party: str, hub_ids: Iterable[int]) -> set[int]:
        """Those of these customers who belong there by a row of this table."""
        return set(self.whys(party, hub_ids))

    def queue_new(self, party: str, why: str) -> int:
        """Queue all who are new on the other side since the last look, and not at this party; returns how many.

        `why` any: web customers, for the back office; all: those that the back office had first, for a store.
        """
        last = int(self.connection.execute("SELECT coalesce(max(id), 0) FROM link").fetchone()[0])
        since = int(self.hub.cursors.get(party, _STREAM, why) or 0)
        if last == since:
            return 0
        with self.hub.transaction() as connection:
            self.hub.cursors.put(party, _STREAM, str(last), why)
            return connection.execute(
                "INSERT OR IGNORE INTO upload (party, customer_id, why, since) "
                f"SELECT ?2, hub_id, ?3, ?4 FROM ({_NEW[why]} {_NOT_THERE})",
                [since, party, why, times.to_text(times.now())],
            ).rowcount

    def queue_no_more(self, party: str, why: str) -> None:
        """The setting is off: who was queued by it and not sent stays where he is. On again, all are looked at."""
        if self.hub.cursors.get(party, _STREAM, why) is not None:
            with self.hub.transaction() as connection:
                connection.execute("DELETE FROM upload WHERE party = ? AND why = ? AND sent_at IS NULL", [party, why])
                self.hub.cursors.put(party, _STREAM, None, "off")


class Invitations(Family):
    """Table `invitation`: at most one is ever sent to a customer by a store; what became of it is never pruned."""

    def want(self, party: str, hub_ids: Iterable[int]) -> None:
        """These are to be invited, unless that was begun before; who was refused may be tried again."""
        now = times.to_text(times.now())
        with self.hub.transaction() as connection:
            connection.executemany(
                "INSERT INTO invitation VALUES (?, ?, 'wanted', ?) ON CONFLICT DO UPDATE SET state = excluded.state, "
                "changed_at = excluded.changed_at WHERE state IN ('refused', 'unknown')",
                [(party, hub_id, now) for hub_id in hub_ids],
            )

    def open(self, party: str, limit: int, after: int = 0) -> dict[int, str]:
        """State of those wanted or being sent, by hub id; those with ids above `after`, in their order."""
        rows = self.connection.execute(
            "SELECT customer_id, state FROM invitation WHERE party = ? AND state IN ('wanted', 'sending') "
            "AND customer_id > ? ORDER BY customer_id LIMIT ?",
            [party, after, limit],
        )
        return {hub_id: str(state) for hub_id, state in rows}

    def states(self, party: str, hub_ids: Iterable[int]) -> dict[int, str]:
        """What became of the invitations of these customers; absent: none was ever wanted."""
        found: dict[int, str] = {}
        for chunk in in_chunks(hub_ids):
            rows = self.connection.execute(
                f"SELECT customer_id, state FROM invitation WHERE party = ? AND customer_id IN ({marks(chunk)})",
                [party, *chunk],
            )
            found.update({hub_id: str(state) for hub_id, state in rows})
        return found

    def put(self, party: str, states: dict[int, str]) -> None:
        """Record what became of invitations."""
        now = times.to_text(times.now())
        with self.hub.transaction() as connection:
            connection.executemany(
                "UPDATE invitation SET state = ?, changed_at = ? WHERE party = ? AND customer_id = ?",
                [(state, now, party, hub_id) for hub_id, state in states.items()],
            )
