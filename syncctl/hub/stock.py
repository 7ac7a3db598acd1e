"""Stock as the back office reported it, and of which events that report knows."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

from syncctl import times
from syncctl.hub.bulk import in_chunks, insert_values, marks
from syncctl.hub.family import Family
from syncctl.hub.units import DEMAND, OWED, RELIEF, UNREFLECTED
from syncctl.model import StockLevel

Key = tuple[str, str]
_key: Callable[[Sequence[Any]], Key] = itemgetter(0, 2)  # of a StockLevel, or of a row with its columns
_STRETCH = 1000  # levels of the hub in memory at once
_STAGES = {
    "new_level": "sku TEXT, available INTEGER NOT NULL, location TEXT, on_hand INTEGER, committed INTEGER",
    "unseen_level": "sku TEXT, location TEXT",
}
# The places, as far as the hub knows, of SKUs that a full reading does not name at all.
_MISSING = (
    "FROM unseen_level u WHERE NOT EXISTS (SELECT 1 FROM new_level n WHERE n.sku = u.sku) "
    "AND NOT EXISTS (SELECT 1 FROM stock_level s WHERE s.sku = u.sku AND NOT EXISTS "
    "(SELECT 1 FROM unseen_level x WHERE x.sku = s.sku AND x.location = s.location))"
)
_FORGET_SEEN = (
    "DELETE FROM unseen_level WHERE EXISTS (SELECT 1 FROM new_level n "
    "WHERE n.sku = unseen_level.sku AND n.location = unseen_level.location)"
)

_COUNT_AGAIN = (
    "UPDATE sales_order INDEXED BY order_open SET counting = 1 WHERE counting = 0 AND decision = 'book' "
    "AND kind = 'sale' AND cancelled_at IS NULL AND closed = 0 AND fulfilment_status <> 'fulfilled'"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """The back office's last accepted stock reading."""

    as_of_event: int
    source_time: datetime
    whole: bool
    sequence: int | None


class Stock(Family):
    """Tables `stock_level`, `kept_sku` and `snapshot`.

    Until the whole of a reading is judged, it stands aside in two temporary tables that are gone with the connection:
    `new_level`, what it says, where that may differ from the hub; `unseen_level`, what the hub has and it lacks.
    """

    _walked_to: Key | None = None  # all that the hub has up to here was compared with the full reading

    def begin_reading(self) -> int:
        """Empty places for a stock reading; returns the event that it may know of."""
        self._walked_to = None
        for table, columns in _STAGES.items():
            self.connection.execute(f"DROP TABLE IF EXISTS temp.{table}")
            self.connection.execute(
                f"CREATE TEMP TABLE {table} ({columns}, PRIMARY KEY (sku, location)) STRICT, WITHOUT ROWID"
            )
        return self.hub.event

    def stage(self, levels: Sequence[StockLevel], *, whole: bool) -> None:
        """Put a page of levels aside, of a full reading those alone that differ. Of two for one place the later counts.

        Any order is right; a full reading in the order of SKU and location, by code point, costs least. After a page
        that is not `whole` no other page of the reading may be.
        """
        insert_values(
            self.connection,
            "INSERT OR REPLACE INTO new_level (sku, available, location, on_hand, committed) VALUES",
            self._walk(levels) if whole and levels else levels,
        )

    def _walk(self, levels: Sequence[StockLevel]) -> Sequence[StockLevel]:
        """Go on along the hub's levels up to the page's last one, and note what the hub has on the way and the page has
        not. Returns those of the page that differ; with them those that come late, behind where the walk stands."""
        end = _key(levels[-1])
        walk = self._hub_levels(end)
        stretch = walk.fetchmany(len(levels) + 1)
        differing = [(one, had) for one, had in zip(levels, stretch, strict=False) if one != had]
        if len(stretch) == len(levels) and all(_key(one) == _key(had) for one, had in differing):
            self._walked_to = end
            return [one for one, _ in differing]
        page = {_key(one): one for one in levels}
        if max(page) != end:  # else a later page might pass by what this one said of places beyond
            return self._walk([page[key] for key in sorted(page)])
        new = set(page.values())
        while stretch:
            unseen = [key for key in map(_key, set(stretch) - new) if key not in page]
            insert_values(self.connection, "INSERT INTO unseen_level VALUES", unseen)
            new.difference_update(stretch)
            stretch = walk.fetchmany(_STRETCH)
        self._walked_to = max(end, self._walked_to or end)
        return [*new]

    def _hub_levels(self, end: Key) -> sqlite3.Cursor:
        """What the hub has from where the walk stands up to `end`, in the order and with the columns of StockLevel."""
        start = () if self._walked_to is None else self._walked_to
        return self.connection.execute(
            "SELECT sku, available, location, on_hand, committed FROM stock_level WHERE (sku, location) <= (?, ?) "
            f"{'AND (sku, location) > (?, ?)' if start else ''} ORDER BY sku, location",
            [*end, *start],
        )

    def end_reading(self, *, whole: bool) -> None:
        """The last page was staged: from now on `unseen_level` is what the hub has and a full reading lacks."""
        if not whole:
            self.connection.execute("DELETE FROM unseen_level")
            return
        start = () if self._walked_to is None else self._walked_to
        self.connection.execute(
            "INSERT INTO unseen_level SELECT sku, location FROM stock_level "
            f"{'WHERE (sku, location) > (?, ?)' if start else ''}",
            start,
        )
        self.connection.execute(_FORGET_SEEN)

    def had_stock(self, locations: Sequence[str]) -> int:
        """How many SKUs had something available, at the locations that feed the web, in the last accepted reading."""
        old = f"SELECT sku FROM stock_level WHERE {_feeds(locations)} GROUP BY sku HAVING sum(available) > 0"
        return int(self.connection.execute(f"SELECT count(*) FROM ({old})", locations).fetchone()[0])

    def lost(self, locations: Sequence[str]) -> int:
        """How many SKUs that had something available the staged reading takes to zero, or, if it is full, lacks."""
        feeds = _feeds(locations)
        lost = (
            "SELECT count(*) FROM (SELECT n.sku FROM new_level n LEFT JOIN stock_level s USING (sku, location) "
            "WHERE n.available < coalesce(s.available, 0) UNION SELECT sku FROM unseen_level) touched WHERE "
            f"(SELECT sum(available) FROM stock_level s WHERE s.sku = touched.sku AND {feeds}) > 0 AND "
            f"(SELECT coalesce(sum(available), 0) FROM new_level n WHERE n.sku = touched.sku AND {feeds}) + "
            f"(SELECT coalesce(sum(available), 0) FROM stock_level s WHERE s.sku = touched.sku AND {feeds} "
            f"AND NOT EXISTS (SELECT 1 FROM new_level n WHERE n.sku = s.sku AND n.location = s.location) "
            f"AND NOT EXISTS (SELECT 1 FROM unseen_level u WHERE u.sku = s.sku AND u.location = s.location)) <= 0"
        )
        return int(self.connection.execute(lost, [*locations] * 3).fetchone()[0])

    def known(self) -> int:
        """How many levels the last accepted readings gave, at all locations."""
        return int(self.connection.execute("SELECT count(*) FROM stock_level").fetchone()[0])

    def jumps(self) -> tuple[int, int]:
        """How many levels with something available the staged reading raises, and lowers, by more than half of it."""
        rises, falls = self.connection.execute(
            "SELECT count(*) FILTER (WHERE n.available > s.available), "
            "count(*) FILTER (WHERE n.available < s.available) "
            "FROM new_level n CROSS JOIN stock_level s USING (sku, location) "
            "WHERE s.available > 0 AND abs(n.available - s.available) * 2 > s.available"
        ).fetchone()
        return int(rises), int(falls)

    def missing(self) -> list[str]:
        """SKUs that the hub has a level of and the staged full reading has not."""
        return [sku for (sku,) in self.connection.execute(f"SELECT DISTINCT sku {_MISSING} ORDER BY sku")]

    def accept(
        self,
        *,
        as_of: int,
        sequence: int | None,
        source_time: datetime,
        whole: bool,
        missing: str,
        falls_on: str,
    ) -> int:
        """Take the staged reading over as the truth; returns how many levels differed. `missing`: keep | zero | hold,
        what becomes of the levels of SKUs that a full reading lacks; those to be held are not known any more."""
        with self.hub.transaction() as connection:
            before = self.reading()
            kept = self._note_kept(missing if whole else "")
            self._settle_unseen(missing)
            changed = self._take_over()
            if sequence is not None:
                as_of = self._known_to(sequence, as_of)
            connection.execute(
                "INSERT INTO snapshot (run_id, what, as_of_event, source_time, sequence, complete, whole, counts) "
                "VALUES (?, 'stock', ?, ?, ?, 1, ?, ?)",
                [
                    self.hub.runs.current,
                    as_of,
                    times.to_text(source_time),
                    sequence,
                    int(whole),
                    json.dumps({"changed": changed}),
                ],
            )
            if kept and before is not None:
                self._lower_kept(kept, before.as_of_event, as_of, falls_on)
            self._reflect(before.as_of_event if before else 0, as_of, falls_on)
        return changed

    def forget_levels(self, skus: Iterable[str]) -> None:
        """The levels of these SKUs are not known any more: nothing is to be published for them."""
        with self.hub.transaction() as connection:
            for chunk in in_chunks(skus):
                connection.execute(f"DELETE FROM stock_level WHERE sku IN ({marks(chunk)})", chunk)
                insert_values(connection, "INSERT OR IGNORE INTO stale_sku VALUES", [(sku,) for sku in chunk])

    def _note_kept(self, missing: str) -> set[str]:
        """SKUs whose levels are an older reading's: the last full one lacked them, and none has named them since.

        `missing`: as `accept`'s; empty for a delta, which says nothing of what it does not name.
        """
        if missing:
            kept = f"SELECT DISTINCT sku {_MISSING}" if missing == "keep" else "SELECT NULL WHERE false"
            self.connection.execute(f"DELETE FROM kept_sku WHERE sku NOT IN ({kept})")
            self.connection.execute(f"INSERT OR IGNORE INTO kept_sku {kept}")
        else:
            self.connection.execute("DELETE FROM kept_sku WHERE sku IN (SELECT sku FROM new_level)")
        return {sku for (sku,) in self.connection.execute("SELECT sku FROM kept_sku")}

    def _settle_unseen(self, missing: str) -> None:
        """What a full reading lacks goes, but for SKUs that it lacks altogether, where the setting says otherwise.

        A SKU that it names, but not at some location: what was there is there no more.
        """
        connection = self.connection
        if missing == "zero":
            zeros = f"SELECT sku, 0, location, 0, 0 {_MISSING}"
            connection.execute(f"INSERT INTO new_level (sku, available, location, on_hand, committed) {zeros}")
            connection.execute(_FORGET_SEEN)
        elif missing == "keep":
            connection.execute(f"DELETE FROM unseen_level WHERE sku IN (SELECT sku {_MISSING})")
        connection.execute("INSERT OR IGNORE INTO stale_sku SELECT sku FROM unseen_level")
        connection.execute("DELETE FROM stock_level WHERE (sku, location) IN (SELECT sku, location FROM unseen_level)")

    def _take_over(self) -> int:
        """The staged levels into the hub; equal ones are left alone. Returns how many differed."""
        self.connection.execute(
            "INSERT OR IGNORE INTO stale_sku SELECT n.sku FROM new_level n LEFT JOIN stock_level s "
            "USING (sku, location) WHERE n.available IS NOT s.available"
        )
        return self.connection.execute(
            "INSERT INTO stock_level (sku, available, location, on_hand, committed) "
            "SELECT sku, available, location, on_hand, committed FROM new_level WHERE true "
            "ON CONFLICT (sku, location) DO UPDATE SET "
            "on_hand = excluded.on_hand, committed = excluded.committed, available = excluded.available WHERE "
            "(excluded.on_hand, excluded.committed, excluded.available) "
            "IS NOT (stock_level.on_hand, stock_level.committed, stock_level.available)"
        ).rowcount

    def _known_to(self, sequence: int, as_of: int) -> int:
        """The last event such that nothing up to it is younger than the source's own count at its reading."""
        for table in ("document", "fulfilment"):
            row = self.connection.execute(
                f"SELECT min(event) FROM {table} INDEXED BY {table}_sequence WHERE sequence > ?", [sequence]
            ).fetchone()
            as_of = as_of if row[0] is None else min(as_of, int(row[0]) - 1)
        return as_of

    def _lower_kept(self, kept: set[str], before: int, as_of: int, falls_on: str) -> None:
        """A kept level is an old report's: it lacks none of the units of which only a newer one can know.

        They are taken off it once, here, at each location, for it does not say which: never too much is shown.
        """
        demand = DEMAND.format(unreflected=UNREFLECTED.format(relief=RELIEF[falls_on]))
        then, now = (dict(self.connection.execute(demand, {"as_of": event}).fetchall()) for event in (before, as_of))
        gone = [(then[sku] - now.get(sku, 0), sku) for sku in kept & then.keys() if then[sku] > now.get(sku, 0)]
        self.connection.executemany("UPDATE stock_level SET available = available - ? WHERE sku = ?", gone)
        self.connection.executemany("INSERT OR IGNORE INTO stale_sku VALUES (?)", [(sku,) for _, sku in gone])

    def _reflect(self, before: int, as_of: int, falls_on: str) -> None:
        """Events between two readings are known to the new one: their SKUs are stale, settled orders stop counting."""
        self.connection.execute(
            "INSERT OR IGNORE INTO stale_sku SELECT DISTINCT l.sku FROM ("
            "SELECT order_id FROM document WHERE event > ?1 AND event <= ?2 UNION "
            "SELECT order_id FROM fulfilment WHERE event > ?1 AND event <= ?2) e "
            "CROSS JOIN line_item l ON l.order_id = e.order_id WHERE l.sku IS NOT NULL",
            [before, as_of],
        )
        owed = OWED.format(unreflected=UNREFLECTED.format(relief=RELIEF[falls_on]))
        self.connection.execute(
            "UPDATE sales_order SET counting = 0 WHERE counting = 1 AND decision = 'book' AND pending = 0 "
            f"AND id NOT IN ({owed})",
            {"as_of": as_of},
        )

    def count_again(self) -> None:
        """Stock falls at another event from now on: what is booked and has not left counts again, all of it."""
        with self.hub.transaction() as connection:
            connection.execute(_COUNT_AGAIN)
            connection.execute("INSERT OR IGNORE INTO stale_sku SELECT DISTINCT sku FROM listing")

    def count_again_of(self, skus: Sequence[str]) -> None:
        """From now on there is stock of these SKUs: booked orders of them that have not left count again, inside the
        caller's transaction."""
        for chunk in in_chunks(skus):
            self.connection.execute(
                f"{_COUNT_AGAIN} AND EXISTS (SELECT 1 FROM line_item l WHERE l.order_id = sales_order.id "
                f"AND l.sku IN ({marks(chunk)}))",
                chunk,
            )

    def reading(self) -> Reading | None:
        """The last accepted reading, None if there never was one."""
        row = self.connection.execute(
            "SELECT as_of_event, source_time, whole, sequence FROM snapshot WHERE what = 'stock' AND complete = 1 "
            "ORDER BY id DESC LIMIT 1"
        ).fetchone()
        return None if row is None else Reading(row[0], times.from_text(row[1]), bool(row[2]), row[3])


def _feeds(locations: Sequence[str]) -> str:
    """The condition for locations that feed the web; none named: all of them."""
    return f"location IN ({marks(locations)})" if locations else "true"
