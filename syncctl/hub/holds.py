"""Holds: records that wait for a person. A hold is the recorded result of the last decision, not a state machine."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from syncctl import times
from syncctl.errors import ConfigError
from syncctl.hub.bulk import in_chunks, marks
from syncctl.hub.family import Family

_TRY_AGAIN = timedelta(days=1)
_LONG_AGO = "2000-01-01T00:00:00.000Z"
_SKIPPED = "skipped by hand"
_REASON_LENGTH, _MESSAGE_LENGTH = 100, 1000  # both may quote another system, which may say anything


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Why one record waits. `record` is the hub id of an order or customer, or a SKU; `fingerprint` is the hash of
    what was refused, so that the same thing is not sent again each cycle."""

    party: str
    kind: str  # order | unreadable | customer | stock | price | fulfilment
    record: str
    reason: str
    message: str
    detail: Mapping[str, object] = field(default_factory=dict)
    fingerprint: str = ""
    tried_at: str | None = None

    def stands_for(self, fingerprint: str) -> bool:
        """Whether exactly this was refused within a day: then it is not sent again, unless a person asks for it."""
        if not self.tried_at or self.fingerprint != fingerprint:
            return False
        return not times.is_due(times.from_text(self.tried_at), _TRY_AGAIN)


class Holds(Family):
    """Table `hold`: at most one per record."""

    def put(self, hold: Hold) -> bool:
        """Record a hold; an equal one writes nothing. True if the record was not held before."""
        detail = json.dumps(dict(hold.detail), sort_keys=True, default=str)
        values = [hold.reason[:_REASON_LENGTH], hold.message[:_MESSAGE_LENGTH], detail, hold.fingerprint]
        key = [hold.party, hold.kind, hold.record]
        row = self.connection.execute(
            "SELECT reason, message, detail, fingerprint, tried_at FROM hold "
            "WHERE party = ? AND kind = ? AND record = ?",
            key,
        ).fetchone()
        with self.hub.transaction() as connection:
            if row is None:
                connection.execute(
                    "INSERT INTO hold (party, kind, record, reason, message, detail, fingerprint, tried_at, since, "
                    "run_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    [*key, *values, hold.tried_at, times.to_text(times.now()), self.hub.runs.current],
                )
            elif [*row] != [*values, hold.tried_at]:
                connection.execute(
                    "UPDATE hold SET reason = ?, message = ?, detail = ?, fingerprint = ?, tried_at = ? "
                    "WHERE party = ? AND kind = ? AND record = ?",
                    [*values, hold.tried_at, *key],
                )
        return row is None

    def get(self, kind: str, records: Iterable[str]) -> dict[str, Hold]:
        """The holds of these records."""
        return self._read("kind = ? AND record IN ({})", [kind], records)

    def of_party(self, party: str, kind: str, records: Iterable[str]) -> dict[str, Hold]:
        """The holds of these records at one party."""
        return self._read("party = ? AND kind = ? AND record IN ({})", [party, kind], records)

    def _read(self, where: str, values: list[str], records: Iterable[str]) -> dict[str, Hold]:
        found = {}
        for chunk in in_chunks(records):
            rows = self.connection.execute(
                "SELECT party, kind, record, reason, message, detail, fingerprint, tried_at FROM hold "
                f"WHERE {where.format(marks(chunk))}",
                [*values, *chunk],
            )
            for party, kind, record, reason, message, detail, fingerprint, tried_at in rows:
                found[record] = Hold(
                    party=party,
                    kind=kind,
                    record=record,
                    reason=reason,
                    message=message,
                    detail=json.loads(detail),
                    fingerprint=fingerprint,
                    tried_at=tried_at,
                )
        return found

    def held_for(self, party: str, kind: str, reason: str) -> set[str]:
        """All records of this kind of a party that are held for this reason."""
        rows = self.connection.execute(
            "SELECT record FROM hold WHERE party = ? AND kind = ? AND reason = ?", [party, kind, reason]
        )
        return {record for (record,) in rows}

    def clear(self, kind: str, records: Iterable[str], *, party: str | None = None) -> int:
        """Let these records go, everywhere or at one party; returns how many were held."""
        count = 0
        for chunk in in_chunks(records):
            with self.hub.transaction() as connection:
                count += connection.execute(
                    f"DELETE FROM hold WHERE kind = ? AND record IN ({marks(chunk)}) AND party = coalesce(?, party)",
                    [kind, *chunk, party],
                ).rowcount
        return count

    def clear_unreadable(self, party: str, remote_ids: Iterable[str]) -> None:
        """Records that could not be read once, and can be now."""
        if self.unreadable_ids(party):
            self.clear("unreadable", [f"{party}:{remote_id}" for remote_id in remote_ids])

    def clear_mended_prices(self, party: str) -> None:
        """Refused prices of which nothing is left to write: the store shows them as wanted, or lists them no more."""
        self._clear_mended("price", party, "l.want_price IS NOT NULL AND l.want_price IS NOT l.price")

    def clear_mended_levels(self, party: str) -> None:
        """Refused levels of which nothing is left to write."""
        self._clear_mended("stock", party, "s.want IS NOT NULL AND s.want IS NOT s.quantity")

    def _clear_mended(self, kind: str, party: str, pending: str) -> None:
        held = self.connection.execute("SELECT record FROM hold WHERE kind = ? AND party = ?", [kind, party])
        ids = [record.removeprefix(f"{party}:") for (record,) in held]
        for chunk in in_chunks(ids):
            rows = self.connection.execute(
                "SELECT l.remote_id FROM listing l JOIN shown s ON s.listing_id = l.id "
                f"WHERE l.party = ? AND l.remote_id IN ({marks(chunk)}) AND {pending}",
                [party, *chunk],
            )
            mended = set(chunk) - {remote_id for (remote_id,) in rows}
            self.clear(kind, [f"{party}:{remote_id}" for remote_id in mended])

    def clear_unwanted_items(self) -> None:
        """Items that were not made, for orders that no longer wait for them."""
        held = self.connection.execute("SELECT record FROM hold WHERE kind = 'item'").fetchall()
        for (sku,) in held:
            wanted = self.connection.execute(
                "SELECT 1 FROM sales_order o INDEXED BY order_pending CROSS JOIN line_item l ON l.order_id = o.id "
                "WHERE o.pending = 1 AND l.sku = ? LIMIT 1",
                [sku],
            ).fetchone()
            if wanted is None:
                self.clear("item", [sku])

    def clear_found_again(self) -> None:
        """SKUs that were held because a reading lacked them, or their number, and that have a level again."""
        with self.hub.transaction() as connection:
            connection.execute(
                "DELETE FROM hold WHERE kind = 'stock' AND reason IN ('missing SKU', 'unreadable level') "
                "AND EXISTS (SELECT 1 FROM stock_level s WHERE s.sku = hold.record)"
            )

    def any_unreadable(self, party: str) -> bool:
        """Whether the units of some order of this store are not known, and nobody has given it up."""
        row = self.connection.execute(
            "SELECT 1 FROM hold WHERE party = ? AND (kind = 'unreadable' AND reason <> ? "
            "OR kind = 'order' AND reason = 'unreadable units')",
            [party, _SKIPPED],
        )
        return row.fetchone() is not None

    def unreadable_ids(self, party: str) -> list[str]:
        """The store's own ids of records that cannot be read at all."""
        rows = self.connection.execute("SELECT record FROM hold WHERE kind = 'unreadable' AND party = ?", [party])
        return [row[0].removeprefix(f"{party}:") for row in rows]

    def is_skipped(self, record: str) -> bool:
        """Whether a person has given this unreadable record up."""
        row = self.connection.execute(
            "SELECT 1 FROM hold WHERE kind = 'unreadable' AND record = ? AND reason = ?", [record, _SKIPPED]
        )
        return row.fetchone() is not None

    def added(self) -> int:
        """How many records the current run put on hold."""
        row = self.connection.execute("SELECT count(*) FROM hold WHERE run_id = ?", [self.hub.runs.current]).fetchone()
        return int(row[0])

    def skip(self, hold_id: int) -> str:
        """Give a held order up: it is not booked and no longer counts against stock. Returns what was skipped."""
        kind, record = self._find(hold_id)
        if kind == "unreadable":
            with self.hub.transaction() as connection:
                connection.execute("UPDATE hold SET reason = ? WHERE id = ?", [_SKIPPED, hold_id])
            return f"the unreadable order {record}"
        if kind != "order":
            raise ConfigError(
                f"hold {hold_id} is no order's; only orders can be skipped", hint=f"See: syncctl holds show {hold_id}"
            )
        with self.hub.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO stale_sku SELECT sku FROM line_item WHERE order_id = ? AND sku IS NOT NULL",
                [int(record)],
            )
            connection.execute(
                "UPDATE sales_order SET skipped = 1, counting = 0, pending = 0, decision = 'rejected', "
                "reason = 'skipped by hand' WHERE id = ?",
                [int(record)],
            )
            connection.execute("DELETE FROM hold WHERE id = ?", [hold_id])
        row = self.connection.execute("SELECT number FROM sales_order WHERE id = ?", [int(record)]).fetchone()
        return f"order {row[0]}"

    def retry(self, hold_id: int | None = None) -> int:
        """Let the next run try held records again, whatever was refused before; returns how many."""
        if hold_id is not None:
            self._find(hold_id)
        with self.hub.transaction() as connection:
            connection.execute(
                "UPDATE fulfilment SET pending = 1 WHERE id IN (SELECT CAST(record AS INTEGER) FROM hold "
                "WHERE kind = 'fulfilment' AND (?1 IS NULL OR id = ?1))",
                [hold_id],
            )
            connection.execute(  # what cannot be read is asked for with what is open
                "UPDATE cursor SET moved_at = ?1 WHERE stream = 'open-orders' AND party IN (SELECT party FROM hold "
                "WHERE kind IN ('unreadable', 'order') AND reason LIKE 'unreadable%' AND (?2 IS NULL OR id = ?2))",
                [_LONG_AGO, hold_id],
            )
            return connection.execute(
                "UPDATE hold SET tried_at = NULL WHERE ? IS NULL OR id = ?", [hold_id, hold_id]
            ).rowcount

    def _find(self, hold_id: int) -> tuple[str, str]:
        row = self.connection.execute("SELECT kind, record FROM hold WHERE id = ?", [hold_id]).fetchone()
        if row is None:
            raise ConfigError(f"there is no hold {hold_id}", hint="See: syncctl holds list")
        return str(row[0]), str(row[1])
