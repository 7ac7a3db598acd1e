"""Web orders, as read: every state seen is a version, and the tables hold the last one."""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count

from syncctl import times
from syncctl.hub import order_rows
from syncctl.hub.bulk import Insert, in_chunks, marks
from syncctl.hub.family import Family
from syncctl.hub.order_reading import StoredOrder, load_orders
from syncctl.hub.order_rows import Decision, content_hash
from syncctl.model import Lines, Order
from syncctl.model.record import record

_STALE = Insert("stale_sku", "sku", "ON CONFLICT DO NOTHING")
_CHILDREN = ("line_item", "charge", "payment", "refund", "refund_line")


@record(frozen=True, slots=True)
class Known:
    """What the hub has of an order before a page is recorded."""

    id: int
    version_hash: bytes
    changed_at: str
    decided_under: str
    skipped: bool
    has_documents: bool  # in the back office, or perhaps: a reply was lost


@record(frozen=True, slots=True)
class Fresh:
    """An order of a page that must be written: new, changed, or decided under other settings before."""

    order: Order
    version_hash: bytes
    known: Known | None


class Orders(Family):
    """Tables `sales_order`, `order_version` and what hangs on them."""

    def fresh(self, party: str, orders: Sequence[Order], decided_under: str) -> list[Fresh]:
        """Those orders of a page that differ from what the hub has.

        A state older than the recorded one is left alone: pages may come again, or out of order.
        """
        known = self._known(party, [order.id for order in orders])
        found = []
        for order in _latest(orders):
            version_hash = content_hash(order.raw)
            before = known.get(order.id)
            if before is not None and before.version_hash == version_hash:
                if before.decided_under == decided_under:
                    continue
            elif before is not None and times.to_text(order.changed_at) < before.changed_at:
                continue
            found.append(Fresh(order, version_hash, before))
        return self._with_known_skus(found)

    def _with_known_skus(self, found: list[Fresh]) -> list[Fresh]:
        """A line whose product is gone from the store keeps the SKU that it was sold under, where that was read before.

        Some stores tell what a line's product is called today: of one that was deleted, nothing.
        """
        ids = [one.known.id for one in found if one.known and not all(Lines.of(one.order.lines).skus)]
        skus: dict[int, dict[str, str]] = {}
        for chunk in in_chunks(ids):
            query = "SELECT order_id, line_id, sku FROM line_item WHERE sku IS NOT NULL AND order_id IN"
            for order_id, line_id, sku in self.connection.execute(f"{query} ({marks(chunk)})", chunk):
                skus.setdefault(order_id, {})[line_id] = sku
        return [_named(one, skus[one.known.id]) if one.known and one.known.id in skus else one for one in found]

    def write(
        self,
        party: str,
        decided: Sequence[tuple[Fresh, Decision]],
        decided_under: str,
        customer_ids: Mapping[str, int],
    ) -> list[int]:
        """Write decided orders, inside the caller's transaction; `customer_ids` by the order's remote id.

        Returns the hub's ids, in order. What they touch in their store is unknown from then on.
        """
        connection = self.connection
        now = times.to_text(times.now())
        last_id = connection.execute("SELECT coalesce(max(id), 0) FROM sales_order").fetchone()[0]
        new_ids = count(last_id + 1)
        ids = [fresh.known.id if fresh.known else next(new_ids) for fresh, _ in decided]
        replaced = [fresh.known.id for fresh, _ in decided if fresh.known]
        units_before = self._units(replaced)
        for chunk in in_chunks(replaced):
            for table in _CHILDREN:
                connection.execute(f"DELETE FROM {table} WHERE order_id IN ({marks(chunk)})", chunk)
        numbered = [(order_id, fresh.order) for order_id, (fresh, _) in zip(ids, decided, strict=True)]
        order_rows.ORDER.run(
            connection,
            (
                order_rows.order_row(
                    order_id, party, fresh.order, fresh.version_hash, decision, decided_under, customer_ids
                )
                for order_id, (fresh, decision) in zip(ids, decided, strict=True)
            ),
        )
        order_rows.VERSION.run(
            connection,
            (
                (order_id, fresh.version_hash, now, zlib.compress(fresh.order.raw.encode(), 3))
                for order_id, (fresh, _) in zip(ids, decided, strict=True)
            ),
        )
        order_rows.write_children(connection, party, numbered)
        self._note_moved_units(party, units_before, [order for _, order in numbered])
        return ids

    def _known(self, party: str, remote_ids: Sequence[str]) -> dict[str, Known]:
        found = {}
        for chunk in in_chunks(remote_ids):
            rows = self.connection.execute(
                "SELECT remote_id, id, version_hash, changed_at, decided_under, skipped, "
                "EXISTS (SELECT 1 FROM document d WHERE d.order_id = sales_order.id) "
                "OR EXISTS (SELECT 1 FROM journal j INDEXED BY journal_sending WHERE j.state IN ('sending', 'unclear') "
                "AND j.operation = 'document.create' AND j.record = 'order ' || sales_order.id) "
                f"FROM sales_order WHERE party = ? AND remote_id IN ({marks(chunk)})",
                [party, *chunk],
            )
            for remote_id, order_id, version_hash, changed_at, under, skipped, documents in rows:
                found[remote_id] = Known(order_id, version_hash, changed_at, under, bool(skipped), bool(documents))
        return found

    def _units(self, order_ids: Sequence[int]) -> dict[str, int]:
        """Units per SKU that these orders, as they stand in the hub, have taken off their store's levels."""
        units: dict[str, int] = {}
        for chunk in in_chunks(order_ids):
            rows = self.connection.execute(
                "SELECT l.sku, sum(CASE WHEN o.cancelled_at IS NULL THEN l.quantity - l.removed ELSE 0 END) "
                "FROM sales_order o JOIN line_item l ON l.order_id = o.id "
                f"WHERE o.id IN ({marks(chunk)}) AND l.sku IS NOT NULL GROUP BY l.sku",
                chunk,
            )
            for sku, quantity in rows:
                units[sku] = units.get(sku, 0) + quantity
        return units

    def _note_moved_units(self, party: str, before: Mapping[str, int], orders: Sequence[Order]) -> None:
        """What these orders touch is unknown now in their store, and must be worked out again for all of them."""
        touched: set[str | None] = set(before)
        touched.update(*(Lines.of(order.lines).skus for order in orders))
        skus = sorted([sku for sku in touched if sku is not None])
        _STALE.run(self.connection, zip(skus, strict=True))
        if self.connection.execute("SELECT EXISTS (SELECT 1 FROM listing WHERE party = ?)", [party]).fetchone()[0]:
            after = order_rows.moved_units(orders)
            self.connection.executemany(
                "UPDATE shown SET quantity = NULL, moved = moved + ? WHERE listing_id IN "
                "(SELECT id FROM listing WHERE party = ? AND sku = ?)",
                [(after.get(sku, 0) - before.get(sku, 0), party, sku) for sku in skus],
            )

    def open_ids(self, party: str, oldest: datetime | None = None) -> list[str]:
        """The store's ids of orders that are neither closed nor cancelled, placed from `oldest` on."""
        rows = self.connection.execute(
            "SELECT remote_id FROM sales_order WHERE party = ? AND closed = 0 AND cancelled_at IS NULL "
            "AND placed_at >= ? ORDER BY id",
            [party, "" if oldest is None else times.to_text(oldest)],
        )
        return [row[0] for row in rows]

    def numbers(self, party: str, remote_ids: Sequence[str]) -> list[tuple[int, str]]:
        """(hub id, readable number) of these orders of a store."""
        rows = self.connection.execute(
            f"SELECT id, number FROM sales_order WHERE party = ? AND remote_id IN ({marks(remote_ids)}) ORDER BY id",
            [party, *remote_ids],
        )
        return rows.fetchall()

    def held_as(self, party: str, remote_ids: Sequence[str], reason: str) -> list[str]:
        """Those of these orders of a store that are held for this reason, as holds name them."""
        held = self.connection.execute(
            "SELECT record FROM hold WHERE party = ? AND kind = 'order' AND reason = ?", [party, reason]
        )
        ids = {record for (record,) in held}
        return [str(order_id) for order_id, _ in self.numbers(party, remote_ids) if str(order_id) in ids] if ids else []

    def any_pending(self) -> bool:
        """Whether some order is still to be booked."""
        row = self.connection.execute("SELECT 1 FROM sales_order WHERE pending = 1 AND decision = 'book' LIMIT 1")
        return row.fetchone() is not None

    def pending_ids(self, after: int, limit: int, stores: Sequence[str]) -> list[int]:
        """Orders that push-orders must look at, ascending; found by partial index. `stores` empty: all."""
        only = f"AND party IN ({marks(stores)})" if stores else ""
        rows = self.connection.execute(
            "SELECT id FROM sales_order WHERE pending = 1 AND decision = 'book' AND skipped = 0 AND id > ? "
            f"{only} ORDER BY id LIMIT ?",
            [after, *stores, limit],
        )
        return [row[0] for row in rows]

    def to_book(self, order_ids: Sequence[int]) -> set[int]:
        """Those of these orders that are to be booked still."""
        rows = self.connection.execute(
            f"SELECT id FROM sales_order WHERE id IN ({marks(order_ids)}) AND decision = 'book' AND skipped = 0",
            order_ids,
        )
        return {row[0] for row in rows}

    def load(self, order_ids: Sequence[int]) -> list[StoredOrder]:
        """These orders, from their rows."""
        return list(load_orders(self.connection, order_ids))

    def settle(self, order_ids: Sequence[int]) -> None:
        """These orders have all their documents: push-orders need not look at them again."""
        for chunk in in_chunks(order_ids):
            with self.hub.transaction() as connection:
                connection.execute(f"UPDATE sales_order SET pending = 0 WHERE id IN ({marks(chunk)})", chunk)

    def set_decision(self, order_id: int, decision: str, reason: str, *, counting: bool, pending: bool) -> None:
        """Change what becomes of one order, and have its SKUs worked out again; equal values write nothing."""
        with self.hub.transaction() as connection:
            changed = connection.execute(
                "UPDATE sales_order SET decision = ?1, reason = ?2, counting = ?3, pending = ?4 WHERE id = ?5 AND "
                "(decision, reason, counting, pending) IS NOT (?1, ?2, ?3, ?4)",
                [decision, reason, int(counting), int(pending), order_id],
            ).rowcount
            if changed:
                self.mark_stale([order_id])

    def mark_stale(self, order_ids: Iterable[int]) -> None:
        """Have the published numbers of these orders' SKUs worked out again; inside the caller's transaction."""
        for chunk in in_chunks(order_ids):
            self.connection.execute(
                "INSERT OR IGNORE INTO stale_sku SELECT DISTINCT sku FROM line_item "
                f"WHERE sku IS NOT NULL AND order_id IN ({marks(chunk)})",
                chunk,
            )


def _named(fresh: Fresh, skus: Mapping[str, str]) -> Fresh:
    """The order with these SKUs, by line id, on its lines without any."""
    lines = tuple(line if line.sku else replace(line, sku=skus.get(line.id)) for line in fresh.order.lines)
    return replace(fresh, order=replace(fresh.order, lines=lines))


def _latest(orders: Sequence[Order]) -> Iterable[Order]:
    """Each order once: a page may carry one twice, and then its later state stands."""
    latest: dict[str, Order] = {}
    for order in orders:
        if order.id not in latest or order.changed_at >= latest[order.id].changed_at:
            latest[order.id] = order
    return latest.values()
