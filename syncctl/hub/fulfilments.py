"""Shipments and invoices: read from the back office, shown in the web store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from syncctl import times
from syncctl.hub.bulk import in_chunks, marks
from syncctl.hub.family import Family
from syncctl.model import FulfilmentLine, Shipment

# A change of the document was sent whose outcome is not known; or it may have been changed in the time that a restored
# hub has lost, and its order was not read and settled since.
_IN_DOUBT = (
    "d.state = 'amending' OR (o.placed_at <= ? AND (o.pending = 1 OR NOT EXISTS (SELECT 1 FROM cursor c "
    "WHERE c.party = o.party AND c.stream = 'orders' "
    "AND c.moved_at >= (SELECT value FROM state WHERE key = 'restored_at'))))"
)


@dataclass(slots=True)
class ShippedOrder:
    """The order that a document was made from, with its lines: (line id, item, units) each.

    `taken`: units that earlier shipments (or invoices) were for, by kind and line. `in_doubt`: the books may hold the
    document otherwise by now, with lines or units that are not in `lines` yet.
    """

    order_id: int
    lines: tuple[tuple[str, str, int], ...]
    taken: dict[tuple[str, str], int]
    revision: int  # of the sale
    in_doubt: bool = False

    def left(self, kind: str) -> list[tuple[str, str, int]]:
        """The lines with the units that are left for a further shipment, or invoice."""
        return [(line_id, sku, units - self.taken.get((kind, line_id), 0)) for line_id, sku, units in self.lines]

    def take(self, kind: str, units: Mapping[str, int]) -> None:
        for line_id, quantity in units.items():
            self.taken[kind, line_id] = self.taken.get((kind, line_id), 0) + quantity


@dataclass(frozen=True, slots=True)
class Allocated:
    """A shipment or invoice with the units of each order line that it is for."""

    shipment: Shipment
    order: ShippedOrder
    units: dict[str, int]


@dataclass(frozen=True, slots=True)
class PendingShipment:
    """A shipment that the web store does not show yet. `order_remote_id`: the store's own id of the order."""

    id: int
    remote_id: str
    order_remote_id: str
    number: str
    tracking_number: str
    carrier: str
    tracking_url: str
    shipped_at: datetime | None
    lines: tuple[FulfilmentLine, ...]
    alone: bool  # no other shipment of the order has its tracking number


class Fulfilments(Family):
    """Tables `fulfilment` and `fulfilment_line`."""

    def orders_of(self, document_ids: Sequence[str], lost_until: datetime | None = None) -> dict[str, ShippedOrder]:
        """The orders behind these documents of the back office; a document that the hub does not know is absent.

        `lost_until`: of orders placed before this a restored hub may not know what became of their documents.
        """
        found = {}
        moment = "" if lost_until is None else times.to_text(lost_until)
        for chunk in in_chunks(document_ids):
            rows = self.connection.execute(
                f"SELECT d.id, d.remote_id, d.order_id, d.revision, {_IN_DOUBT} "
                "FROM document d JOIN sales_order o ON o.id = d.order_id "
                f"WHERE d.kind = 'sale' AND d.state <> 'queued' AND d.remote_id IN ({marks(chunk)})",
                [moment, *chunk],
            ).fetchall()
            for document_id, remote_id, order_id, revision, in_doubt in rows:
                lines = self.connection.execute(
                    "SELECT line_id, sku, quantity FROM document_line WHERE document_id = ? ORDER BY position",
                    [document_id],
                )
                found[remote_id] = ShippedOrder(
                    order_id, tuple(lines.fetchall()), self._taken(order_id, revision), revision, bool(in_doubt)
                )
        return found

    def _taken(self, order_id: int, revision: int) -> dict[tuple[str, str], int]:
        rows = self.connection.execute(
            "SELECT f.kind, x.line_id, sum(x.quantity) FROM fulfilment f JOIN fulfilment_line x "
            "ON x.fulfilment_id = f.id WHERE f.order_id = ? AND f.revision = ? GROUP BY f.kind, x.line_id",
            [order_id, revision],
        )
        return {(kind, line_id): units for kind, line_id, units in rows}

    def of_orders(self, order_ids: Sequence[int]) -> set[int]:
        """Those of these orders of which the back office has shipped or invoiced something."""
        rows = self.connection.execute(
            "SELECT DISTINCT f.order_id FROM fulfilment f JOIN fulfilment_line x ON x.fulfilment_id = f.id "
            f"WHERE f.kind <> 'shown' AND f.order_id IN ({marks(order_ids)})",
            order_ids,
        )
        return {row[0] for row in rows}

    def known(self, party: str, shipments: Sequence[Shipment]) -> set[tuple[str, str]]:
        """(kind, id) of those that are recorded already."""
        found = set()
        for chunk in in_chunks(one.id for one in shipments):
            found |= set(
                self.connection.execute(
                    f"SELECT kind, remote_id FROM fulfilment WHERE party = ? AND remote_id IN ({marks(chunk)})",
                    [party, *chunk],
                ).fetchall()
            )
        return found

    def record(self, party: str, new: Sequence[Allocated]) -> int:
        """Record shipments that are new, inside the caller's transaction; returns how many.

        They share the next event number, so that only a later stock reading can know of them. One that has nothing of
        its order is kept, but not shown in the store: there, no lines would mean all that is left.
        """
        event = self.hub.next_event() if new else 0
        for one in new:
            shipment = one.shipment
            cursor = self.connection.execute(
                "INSERT INTO fulfilment (party, kind, remote_id, order_id, tracking_number, carrier, tracking_url, "
                "shipped_at, event, sequence, pending, revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    party,
                    shipment.kind,
                    shipment.id,
                    one.order.order_id,
                    shipment.tracking_number,
                    shipment.carrier,
                    shipment.tracking_url,
                    shipment.shipped_at and times.to_text(shipment.shipped_at),
                    event,
                    shipment.sequence,
                    int(shipment.kind == "shipment" and bool(one.units)),
                    one.order.revision,
                ],
            )
            items = {line_id: sku for line_id, sku, _ in one.order.lines}
            self.connection.executemany(
                "INSERT INTO fulfilment_line VALUES (?, ?, ?, ?)",
                [(cursor.lastrowid, line_id, items[line_id], quantity) for line_id, quantity in one.units.items()],
            )
        return len(new)

    def cancel(self, party: str, shipments: Sequence[Shipment]) -> int:
        """Shipments that were undone: their units are back and count again; inside the caller's transaction."""
        undone = 0
        for shipment in shipments:
            row = self.connection.execute(
                "SELECT id, order_id FROM fulfilment WHERE party = ? AND kind = ? AND remote_id = ? AND EXISTS "
                "(SELECT 1 FROM fulfilment_line WHERE fulfilment_id = fulfilment.id)",
                [party, shipment.kind, shipment.id],
            ).fetchone()
            if row is None:
                continue
            undone += 1
            self.connection.execute("DELETE FROM fulfilment_line WHERE fulfilment_id = ?", [row[0]])
            self.connection.execute("UPDATE fulfilment SET pending = 0 WHERE id = ?", [row[0]])
            self.hub.holds.clear("fulfilment", [str(row[0])])
            self.connection.execute(
                "UPDATE sales_order SET counting = 1 WHERE id = ? AND decision = 'book' AND cancelled_at IS NULL",
                [row[1]],
            )
            self.hub.orders.mark_stale([row[1]])
        return undone

    def pending(self, store: str, limit: int, after: int) -> list[PendingShipment]:
        """Shipments of this store's orders that it does not show yet, by id."""
        rows = self.connection.execute(
            "SELECT f.id, f.remote_id, o.remote_id, o.number, f.tracking_number, f.carrier, f.tracking_url, "
            "f.shipped_at, NOT EXISTS (SELECT 1 FROM fulfilment t WHERE t.order_id = f.order_id AND t.id <> f.id "
            "AND t.kind = 'shipment' AND t.tracking_number = f.tracking_number) "
            "FROM fulfilment f INDEXED BY fulfilment_pending "
            "CROSS JOIN sales_order o ON o.id = f.order_id "
            "WHERE f.pending = 1 AND f.id > ? AND o.party = ? "
            "AND EXISTS (SELECT 1 FROM fulfilment_line x WHERE x.fulfilment_id = f.id) ORDER BY f.id LIMIT ?",
            [after, store, limit],
        ).fetchall()
        return [self._pending(row) for row in rows]

    def _pending(self, row: tuple[int, str, str, str, str, str, str, str | None, int]) -> PendingShipment:
        fulfilment_id, remote_id, order_remote_id, number, tracking_number, carrier, tracking_url, at, alone = row
        return PendingShipment(
            id=fulfilment_id,
            remote_id=remote_id,
            order_remote_id=order_remote_id,
            number=number,
            tracking_number=tracking_number,
            carrier=carrier,
            tracking_url=tracking_url,
            shipped_at=None if at is None else times.from_text(at),
            lines=self._lines(fulfilment_id),
            alone=bool(alone),
        )

    def _lines(self, fulfilment_id: int) -> tuple[FulfilmentLine, ...]:
        rows = self.connection.execute(
            "SELECT x.line_id, x.quantity, l.sku FROM fulfilment_line x JOIN fulfilment f ON f.id = x.fulfilment_id "
            "LEFT JOIN line_item l ON l.order_id = f.order_id AND l.line_id = x.line_id "
            "WHERE x.fulfilment_id = ? ORDER BY x.line_id",
            [fulfilment_id],
        )
        return tuple(FulfilmentLine(line_id=line_id, quantity=units, sku=sku) for line_id, units, sku in rows)

    def shown_ids(self, order_remote_ids: Sequence[str], store: str) -> set[str]:
        """The store's fulfilments that are known to be shipments of ours already."""
        found = set()
        for chunk in in_chunks(order_remote_ids):
            rows = self.connection.execute(
                "SELECT f.shown_id FROM fulfilment f JOIN sales_order o ON o.id = f.order_id "
                f"WHERE o.party = ? AND f.shown_id IS NOT NULL AND o.remote_id IN ({marks(chunk)})",
                [store, *chunk],
            )
            found |= {row[0] for row in rows}
        return found

    def set_shown(self, fulfilment_id: int, shown_id: str) -> None:
        """The web store shows this shipment as its own `shown_id`; inside the caller's transaction."""
        self.connection.execute(
            "UPDATE fulfilment SET pending = 0, shown_id = ? WHERE id = ?", [shown_id, fulfilment_id]
        )

    def give_up(self, fulfilment_id: int) -> None:
        """The store refused this shipment; it stands in a hold. Inside the caller's transaction."""
        self.connection.execute("UPDATE fulfilment SET pending = 0 WHERE id = ?", [fulfilment_id])
