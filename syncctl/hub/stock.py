"""Stock: what the back office reported, what it cannot know of yet, what each store shows and should show."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from syncctl import times
from syncctl.hub.bulk import insert_values, marks
from syncctl.hub.family import Family
from syncctl.model import Published, StockLevel

# What the back office's reading knows of an order line, from orders that count: units sold, units that left its stock
# (by the event after which its stock falls), and units that a credit put back. The joins start at the few orders that
# count, whatever the history; without statistics SQLite would start at the lines.
_COUNTING = "sales_order o INDEXED BY order_counting"
_DOCUMENTS = (
    f"FROM {_COUNTING} CROSS JOIN document d ON d.order_id = o.id "
    "CROSS JOIN document_line x ON x.document_id = d.id WHERE o.counting = 1"
)
_SOLD = f"SELECT o.id AS order_id, x.line_id, x.sku, x.quantity AS sold, {{gone}} AS gone, 0 AS back {_DOCUMENTS} " + (
    "AND d.kind = 'sale'"
)
_BACK = f"SELECT o.id, x.line_id, x.sku, 0, 0, x.quantity {_DOCUMENTS} " + (
    "AND d.kind = 'credit' AND d.event <= :as_of AND x.restock = 1"
)
_SHIPPED = (
    f"SELECT o.id, x.line_id, x.sku, 0, x.quantity, 0 FROM {_COUNTING} CROSS JOIN fulfilment f ON f.order_id = o.id "
    "CROSS JOIN fulfilment_line x ON x.fulfilment_id = f.id WHERE o.counting = 1 AND f.kind = '{kind}' "
    "AND f.event <= :as_of"
)
_KNOWN = {
    "order": f"{_SOLD.format(gone='iif(d.event <= :as_of, x.quantity, 0)')} UNION ALL {_BACK}",
    "shipment": f"{_SOLD.format(gone='0')} UNION ALL {_BACK} UNION ALL {_SHIPPED.format(kind='shipment')}",
    "invoice": f"{_SOLD.format(gone='0')} UNION ALL {_BACK} UNION ALL {_SHIPPED.format(kind='invoice')}",
}
# A credit first cancels what has not left yet; only the rest came back onto the stock. Units that were booked on
# another item (a placeholder) never left this one's.
RELIEF = {
    falls_on: "SELECT order_id, line_id, sku, sum(gone) - max(0, sum(back) - (sum(sold) - sum(gone))) AS units "
    f"FROM ({known}) GROUP BY order_id, line_id, sku"
    for falls_on, known in _KNOWN.items()
}
_UNREFLECTED = (
    "SELECT l.order_id, l.sku, max(0, l.quantity - l.removed - coalesce(r.units, 0)) AS units "
    f"FROM {_COUNTING} CROSS JOIN line_item l ON l.order_id = o.id "
    "LEFT JOIN ({relief}) r ON r.order_id = l.order_id AND r.line_id = l.line_id AND r.sku = l.sku "
    "WHERE o.counting = 1"
)

# Orders with units that some later reading may still have to know of. Not those of an item without stock; and what the
# back office never knew as an item was counted by nobody before it left.
_OWED = (
    "SELECT u.order_id FROM ({unreflected}) u JOIN sales_order o ON o.id = u.order_id WHERE u.units > 0 "
    "AND NOT EXISTS (SELECT 1 FROM variant v WHERE v.sku = u.sku AND v.tracked = 0) "
    "AND NOT ((o.closed = 1 OR o.fulfilment_status = 'fulfilled') "
    "AND NOT EXISTS (SELECT 1 FROM variant v WHERE v.sku = u.sku))"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """The back office's last accepted stock reading."""

    as_of_event: int
    source_time: datetime
    whole: bool
    sequence: int | None


@dataclass(frozen=True, slots=True)
class Shown:
    """One listing whose level should change. `quantity` None: what is shown is unknown."""

    listing_id: int
    remote_id: str
    sku: str
    want: int
    quantity: int | None
    agreed: int | None
    moved: int


class Stock(Family):
    """Tables `stock_level`, `snapshot`, `shown` and `stale_sku`."""

    # --- reading the back office -------------------------------------------------------------------------------

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
        owed = _OWED.format(unreflected=_UNREFLECTED.format(relief=RELIEF[falls_on]))
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

    # --- what should be shown ----------------------------------------------------------------------------------

    def stale(self, as_of: int, falls_on: str, locations: Sequence[str]) -> list[tuple[str, int | None, int]]:
        """(SKU, available or None where unknown, units not reflected) of every SKU to be worked out again."""
        unreflected = _UNREFLECTED.format(relief=RELIEF[falls_on])
        where = f"AND s.location IN ({','.join(f':l{index}' for index in range(len(locations)))})" if locations else ""
        parameters = {"as_of": as_of} | {f"l{index}": location for index, location in enumerate(locations)}
        rows = self.connection.execute(
            "SELECT t.sku, (SELECT sum(s.available) FROM stock_level s "
            f"WHERE s.sku = t.sku {where} AND NOT EXISTS "
            "(SELECT 1 FROM variant v WHERE v.sku = t.sku AND v.tracked = 0)), "
            "coalesce(u.units, 0) FROM stale_sku t LEFT JOIN "
            f"(SELECT sku, sum(units) AS units FROM ({unreflected} AND l.sku IN (SELECT sku FROM stale_sku)) "
            "GROUP BY sku) u ON u.sku = t.sku",
            parameters,
        )
        return rows.fetchall()

    def set_wants(self, published: Mapping[str, Published | None]) -> None:
        """Record what every managed listing of these SKUs should show; None: publish nothing."""
        rows = [
            (one and one.quantity, json.dumps(dict(one.terms)) if one else "{}", sku) for sku, one in published.items()
        ]
        with self.hub.transaction() as connection:
            connection.executemany(
                "UPDATE shown SET want = iif(l.managed, ?1, NULL), terms = ?2, "
                "agreed = iif(l.managed AND shown.quantity = ?1, ?1, shown.agreed), "  # it shows that already
                "moved = iif(l.managed AND shown.quantity = ?1, 0, shown.moved) FROM listing l WHERE l.sku = ?3 "
                "AND shown.listing_id = l.id AND (shown.want, shown.terms) IS NOT (iif(l.managed, ?1, NULL), ?2)",
                rows,
            )
            connection.executemany("DELETE FROM stale_sku WHERE sku = ?", [(sku,) for sku in published])

    def pending(self, party: str, limit: int, after: int) -> list[Shown]:
        """Listings whose level should change, by id, after `after`; found by partial index, whatever the catalog."""
        rows = self.connection.execute(
            "SELECT s.listing_id, l.remote_id, l.sku, s.want, s.quantity, s.agreed, s.moved FROM shown s "
            "JOIN listing l ON l.id = s.listing_id WHERE s.party = ? AND s.listing_id > ? AND s.want IS NOT NULL "
            "AND s.want IS NOT s.quantity ORDER BY s.listing_id LIMIT ?",
            [party, after, limit],
        )
        return [Shown(*row) for row in rows]

    def again(self, listing_ids: Sequence[int]) -> list[Shown]:
        """These listings as they stand now; those that publish nothing any more are absent."""
        rows = self.connection.execute(
            "SELECT s.listing_id, l.remote_id, l.sku, s.want, s.quantity, s.agreed, s.moved FROM shown s "
            f"JOIN listing l ON l.id = s.listing_id WHERE s.listing_id IN ({marks(listing_ids)}) "
            "AND s.want IS NOT NULL ORDER BY s.listing_id",
            list(listing_ids),
        )
        return [Shown(*row) for row in rows]

    def agree(self, levels: Mapping[int, int]) -> None:
        """Both sides agree on these levels now: an acknowledged write, or a fresh reading that needs none."""
        with self.hub.transaction() as connection:
            connection.executemany(
                "UPDATE shown SET quantity = ?1, agreed = ?1, moved = 0 WHERE listing_id = ?2 "
                "AND (quantity, agreed, moved) IS NOT (?1, ?1, 0)",
                [(level, listing_id) for listing_id, level in levels.items()],
            )

    def set_shown(self, levels: Mapping[int, int]) -> None:
        """What these listings show, as it was read; nobody agreed on it."""
        with self.hub.transaction() as connection:
            connection.executemany(
                "UPDATE shown SET quantity = ? WHERE listing_id = ?",
                [(level, listing_id) for listing_id, level in levels.items()],
            )

    def forget_shown(self, listing_ids: Sequence[int]) -> None:
        """What these listings show is not known any more: a lost reply, a mismatch."""
        with self.hub.transaction() as connection:
            connection.executemany(
                "UPDATE shown SET quantity = NULL WHERE listing_id = ? AND quantity IS NOT NULL",
                [(listing_id,) for listing_id in listing_ids],
            )


def _feeds(locations: Sequence[str]) -> str:
    """The condition for locations that feed the web; none named: all of them."""
    return f"location IN ({marks(locations)})" if locations else "true"
