"""Stock as the back office reported it, and of which events that report knows."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from syncctl import times
from syncctl.hub.bulk import insert_values, marks
from syncctl.hub.family import Family
from syncctl.hub.units import OWED, RELIEF, UNREFLECTED
from syncctl.model import StockLevel


@dataclass(frozen=True, slots=True)
class Reading:
    """The back office's last accepted stock reading."""

    as_of_event: int
    source_time: datetime
    whole: bool
    sequence: int | None


class Stock(Family):
    """Tables `stock_level` and `snapshot`."""

    def begin_reading(self) -> int:
        """An empty place for a stock reading, gone with the connection; returns the event it may know of."""
        self.connection.execute("DROP TABLE IF EXISTS temp.new_level")
        self.connection.execute(
            "CREATE TEMP TABLE new_level (sku TEXT, location TEXT, on_hand INTEGER, committed INTEGER, "
            "available INTEGER, PRIMARY KEY (sku, location)) WITHOUT ROWID"
        )
        return self.hub.event

    def stage(self, levels: Sequence[StockLevel]) -> None:
        """Put levels aside until the whole reading is judged."""
        insert_values(
            self.connection,
            "INSERT OR REPLACE INTO new_level VALUES",
            [(one.sku, one.location, one.on_hand, one.committed, one.available) for one in levels],
        )

    def had_stock(self, locations: Sequence[str]) -> int:
        """How many SKUs had something available, at the locations that feed the web, in the last accepted reading."""
        old = f"SELECT sku FROM stock_level WHERE {_feeds(locations)} GROUP BY sku HAVING sum(available) > 0"
        return int(self.connection.execute(f"SELECT count(*) FROM ({old})", locations).fetchone()[0])

    def lost(self, locations: Sequence[str], *, whole: bool) -> int:
        """How many SKUs that had something available the staged reading takes to zero, or, if whole, lacks."""
        only = "" if whole else "AND sku IN (SELECT sku FROM new_level)"
        kept = "coalesce(n.available, s.available)" if not whole else "coalesce(n.available, 0)"
        both = (
            f"SELECT s.sku FROM stock_level s LEFT JOIN new_level n USING (sku, location) WHERE {_feeds(locations)} "
            f"{only} GROUP BY s.sku HAVING sum(s.available) > 0 AND sum({kept}) <= 0"
        )
        return int(self.connection.execute(f"SELECT count(*) FROM ({both})", locations).fetchone()[0])

    def missing(self) -> list[str]:
        """SKUs that the hub has a level of and the staged full reading has not."""
        rows = self.connection.execute(
            "SELECT DISTINCT sku FROM stock_level WHERE sku NOT IN (SELECT sku FROM new_level) ORDER BY sku"
        )
        return [row[0] for row in rows]

    def accept(
        self,
        *,
        as_of: int,
        sequence: int | None,
        source_time: datetime,
        whole: bool,
        zero: Sequence[str],
        drop: Sequence[str],
        falls_on: str,
    ) -> int:
        """Take the staged reading over as the truth; returns how many levels differed. `zero`: SKUs to set to
        zero; `drop`: SKUs whose level is not known any more."""
        with self.hub.transaction() as connection:
            before = self.reading()
            connection.executemany(
                "INSERT OR REPLACE INTO new_level SELECT sku, location, 0, 0, 0 FROM stock_level WHERE sku = ?",
                [(sku,) for sku in zero],
            )
            connection.executemany("DELETE FROM stock_level WHERE sku = ?", [(sku,) for sku in drop])
            connection.executemany("INSERT OR IGNORE INTO stale_sku VALUES (?)", [(sku,) for sku in drop])
            if whole:
                self._drop_locations()
            connection.execute(
                "INSERT OR IGNORE INTO stale_sku SELECT n.sku FROM new_level n LEFT JOIN stock_level s "
                "USING (sku, location) WHERE n.available IS NOT s.available"
            )
            changed = connection.execute(
                "INSERT INTO stock_level SELECT * FROM new_level WHERE true ON CONFLICT (sku, location) DO UPDATE SET "
                "on_hand = excluded.on_hand, committed = excluded.committed, available = excluded.available WHERE "
                "(excluded.on_hand, excluded.committed, excluded.available) "
                "IS NOT (stock_level.on_hand, stock_level.committed, stock_level.available)"
            ).rowcount
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
            self._reflect(before.as_of_event if before else 0, as_of, falls_on)
        return changed

    def _drop_locations(self) -> None:
        """A full reading that has a SKU, but not at some location: what was there is there no more."""
        gone = (
            "FROM stock_level WHERE sku IN (SELECT sku FROM new_level) AND NOT EXISTS (SELECT 1 FROM new_level n "
            "WHERE n.sku = stock_level.sku AND n.location = stock_level.location)"
        )
        self.connection.execute(f"INSERT OR IGNORE INTO stale_sku SELECT sku {gone}")
        self.connection.execute(f"DELETE {gone}")

    def _known_to(self, sequence: int, as_of: int) -> int:
        """The last event such that nothing up to it is younger than the source's own count at its reading."""
        for table in ("document", "fulfilment"):
            row = self.connection.execute(
                f"SELECT min(event) FROM {table} INDEXED BY {table}_sequence WHERE sequence > ?", [sequence]
            ).fetchone()
            as_of = as_of if row[0] is None else min(as_of, int(row[0]) - 1)
        return as_of

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
            connection.execute(
                "UPDATE sales_order SET counting = 1 WHERE counting = 0 AND decision = 'book' AND kind = 'sale' "
                "AND cancelled_at IS NULL AND closed = 0 AND fulfilment_status <> 'fulfilled'"
            )
            connection.execute("INSERT OR IGNORE INTO stale_sku SELECT DISTINCT sku FROM listing")

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
