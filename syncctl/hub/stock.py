"""Stock: what the back office reported, what it cannot know of yet, what each store shows and should show."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from syncctl import times
from syncctl.hub.bulk import insert_values, marks
from syncctl.hub.family import Family
from syncctl.model import Published, StockLevel

# Per order line: units that left the back office's stock (its event is known to the reading), all that were sold, and
# those that a credit put back. A credit first cancels what has not left yet; only the rest came back onto the stock.
_OF_COUNTING = "IN (SELECT id FROM sales_order WHERE counting = 1)"
_SHIPPED = (
    "SELECT f.order_id, x.line_id, x.quantity AS gone, 0 AS sold, 0 AS back FROM fulfilment f "
    "JOIN fulfilment_line x ON x.fulfilment_id = f.id "
    f"WHERE f.kind = '{{kind}}' AND f.event <= :as_of AND f.order_id {_OF_COUNTING}"
)
_GONE = {
    "order": "SELECT d.order_id, x.line_id, x.quantity AS gone, 0 AS sold, 0 AS back FROM document d "
    "JOIN document_line x ON x.document_id = d.id "
    f"WHERE d.kind = 'sale' AND d.event <= :as_of AND d.order_id {_OF_COUNTING}",
    "shipment": _SHIPPED.format(kind="shipment"),
    "invoice": _SHIPPED.format(kind="invoice"),
}
_SOLD_AND_BACK = (
    "SELECT d.order_id, x.line_id, 0, x.quantity, 0 FROM document d JOIN document_line x ON x.document_id = d.id "
    f"WHERE d.kind = 'sale' AND d.order_id {_OF_COUNTING} UNION ALL "
    "SELECT d.order_id, x.line_id, 0, 0, x.quantity FROM document d JOIN document_line x ON x.document_id = d.id "
    f"WHERE d.kind = 'credit' AND d.event <= :as_of AND d.order_id {_OF_COUNTING} AND EXISTS (SELECT 1 "
    "FROM refund_line b WHERE b.order_id = d.order_id AND b.refund_id = d.platform_event AND b.position = x.position "
    "AND b.restock = 1)"
)
RELIEF = {
    falls_on: "SELECT order_id, line_id, sum(gone) - max(0, sum(back) - (sum(sold) - sum(gone))) AS units "
    f"FROM ({gone} UNION ALL {_SOLD_AND_BACK}) GROUP BY order_id, line_id"
    for falls_on, gone in _GONE.items()
}
_UNREFLECTED = (
    "SELECT l.order_id, l.sku, max(0, l.quantity - l.removed - coalesce(r.units, 0)) AS units "
    "FROM sales_order o JOIN line_item l ON l.order_id = o.id "
    "LEFT JOIN ({relief}) r ON r.order_id = l.order_id AND r.line_id = l.line_id WHERE o.counting = 1"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """The back office's last accepted stock reading."""

    as_of_event: int
    source_time: datetime
    whole: bool


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

    def had_stock(self) -> int:
        """How many SKUs had something available in the last accepted reading."""
        query = "SELECT count(*) FROM (SELECT sku FROM stock_level GROUP BY sku HAVING sum(available) > 0)"
        return int(self.connection.execute(query).fetchone()[0])

    def lost(self, *, whole: bool) -> int:
        """How many SKUs that had something available the staged reading takes to zero, or, if whole, lacks."""
        if whole:
            new = "SELECT sku, sum(available) AS available FROM new_level GROUP BY sku"
            old = "SELECT sku FROM stock_level GROUP BY sku HAVING sum(available) > 0"
            lost = f"FROM ({old}) o LEFT JOIN ({new}) n USING (sku) WHERE coalesce(n.available, 0) <= 0"
        else:
            both = (
                "SELECT s.sku, sum(s.available) AS old, sum(coalesce(n.available, s.available)) AS new "
                "FROM stock_level s LEFT JOIN new_level n USING (sku, location) "
                "WHERE s.sku IN (SELECT sku FROM new_level) GROUP BY s.sku"
            )
            lost = f"FROM ({both}) WHERE old > 0 AND new <= 0"
        return int(self.connection.execute(f"SELECT count(*) {lost}").fetchone()[0])

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
                "INSERT INTO snapshot (run_id, what, as_of_event, source_time, complete, whole, counts) "
                "VALUES (?, 'stock', ?, ?, 1, ?, ?)",
                [
                    self.hub.runs.current,
                    as_of,
                    times.to_text(source_time),
                    int(whole),
                    json.dumps({"changed": changed}),
                ],
            )
            self._reflect(before.as_of_event if before else 0, as_of, falls_on)
        return changed

    def _known_to(self, sequence: int, as_of: int) -> int:
        """The last event such that no document up to it is younger than the source's own count at its reading."""
        row = self.connection.execute("SELECT min(event) FROM document WHERE sequence > ?", [sequence]).fetchone()
        return as_of if row[0] is None else min(as_of, int(row[0]) - 1)

    def _reflect(self, before: int, as_of: int, falls_on: str) -> None:
        """Events between two readings are known to the new one: their SKUs are stale, settled orders stop counting."""
        self.connection.execute(
            "INSERT OR IGNORE INTO stale_sku SELECT DISTINCT l.sku FROM line_item l WHERE l.sku IS NOT NULL AND "
            "l.order_id IN (SELECT order_id FROM document WHERE event > ?1 AND event <= ?2 "
            "UNION SELECT order_id FROM fulfilment WHERE event > ?1 AND event <= ?2)",
            [before, as_of],
        )
        unreflected = _UNREFLECTED.format(relief=RELIEF[falls_on])
        self.connection.execute(
            "UPDATE sales_order SET counting = 0 WHERE counting = 1 AND decision = 'book' AND pending = 0 "
            f"AND id NOT IN (SELECT order_id FROM ({unreflected}) WHERE units > 0)",
            {"as_of": as_of},
        )

    def reading(self) -> Reading | None:
        """The last accepted reading, None if there never was one."""
        row = self.connection.execute(
            "SELECT as_of_event, source_time, whole FROM snapshot WHERE what = 'stock' AND complete = 1 "
            "ORDER BY id DESC LIMIT 1"
        ).fetchone()
        return None if row is None else Reading(row[0], times.from_text(row[1]), bool(row[2]))

    # --- what should be shown ----------------------------------------------------------------------------------

    def stale(self, as_of: int, falls_on: str, locations: Sequence[str]) -> list[tuple[str, int | None, int]]:
        """(SKU, available or None where unknown, units not reflected) of every SKU to be worked out again."""
        unreflected = _UNREFLECTED.format(relief=RELIEF[falls_on])
        where = f"AND s.location IN ({','.join(f':l{index}' for index in range(len(locations)))})" if locations else ""
        parameters = {"as_of": as_of} | {f"l{index}": location for index, location in enumerate(locations)}
        rows = self.connection.execute(
            "SELECT t.sku, (SELECT sum(s.available) FROM stock_level s "
            f"WHERE s.sku = t.sku {where}), coalesce(u.units, 0) FROM stale_sku t LEFT JOIN "
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
                "UPDATE shown SET want = iif(l.managed, ?1, NULL), terms = ?2 FROM listing l WHERE l.sku = ?3 "
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
