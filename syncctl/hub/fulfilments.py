"""Shipments and invoices: read from the back office, shown in the web store."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from syncctl import times
from syncctl.hub.bulk import in_chunks, marks
from syncctl.hub.family import Family
from syncctl.model import FulfilmentLine, Shipment


@dataclass(frozen=True, slots=True)
class ShippedOrder:
    """The order that a document was made from, with what can be shipped of it: (line id, SKU, units) each."""

    order_id: int
    lines: tuple[tuple[str, str, int], ...]


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


class Fulfilments(Family):
    """Tables `fulfilment` and `fulfilment_line`."""

    def orders_of(self, document_ids: Sequence[str]) -> dict[str, ShippedOrder]:
        """The orders behind these documents of the back office; a document that the hub does not know is absent."""
        found = {}
        for chunk in in_chunks(document_ids):
            rows = self.connection.execute(
                "SELECT id, remote_id, order_id FROM document WHERE kind = 'sale' AND state = 'booked' "
                f"AND remote_id IN ({marks(chunk)})",
                chunk,
            ).fetchall()
            for document_id, remote_id, order_id in rows:
                lines = self.connection.execute(
                    "SELECT line_id, sku, quantity FROM document_line WHERE document_id = ? ORDER BY position",
                    [document_id],
                )
                found[remote_id] = ShippedOrder(order_id, tuple(lines.fetchall()))
        return found

    def record(self, party: str, shipments: Sequence[tuple[Shipment, int, dict[str, int]]]) -> int:
        """Record (shipment, order, units by line id), inside the caller's transaction; returns how many were new.

        New ones share the next event number, so that only a later stock reading can know of them.
        """
        new = [one for one in shipments if not self._known(party, one[0])]
        if not new:
            return 0
        event = self.hub.next_event()
        for shipment, order_id, units in new:
            cursor = self.connection.execute(
                "INSERT INTO fulfilment (party, kind, remote_id, order_id, tracking_number, carrier, tracking_url, "
                "shipped_at, event, pending) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    party,
                    shipment.kind,
                    shipment.id,
                    order_id,
                    shipment.tracking_number,
                    shipment.carrier,
                    shipment.tracking_url,
                    shipment.shipped_at and times.to_text(shipment.shipped_at),
                    event,
                    int(shipment.kind == "shipment"),
                ],
            )
            self.connection.executemany(
                "INSERT INTO fulfilment_line VALUES (?, ?, ?)",
                [(cursor.lastrowid, line_id, quantity) for line_id, quantity in units.items()],
            )
        return len(new)

    def _known(self, party: str, shipment: Shipment) -> bool:
        row = self.connection.execute(
            "SELECT 1 FROM fulfilment WHERE party = ? AND kind = ? AND remote_id = ?",
            [party, shipment.kind, shipment.id],
        ).fetchone()
        return row is not None

    def pending(self, store: str, limit: int, after: int) -> list[PendingShipment]:
        """Shipments of this store's orders that it does not show yet, by id."""
        rows = self.connection.execute(
            "SELECT f.id, f.remote_id, o.remote_id, o.number, f.tracking_number, f.carrier, f.tracking_url, "
            "f.shipped_at FROM fulfilment f JOIN sales_order o ON o.id = f.order_id "
            "WHERE f.pending = 1 AND f.id > ? AND o.party = ? ORDER BY f.id LIMIT ?",
            [after, store, limit],
        ).fetchall()
        return [self._pending(row) for row in rows]

    def _pending(self, row: tuple[int, str, str, str, str, str, str, str | None]) -> PendingShipment:
        fulfilment_id, remote_id, order_remote_id, number, tracking_number, carrier, tracking_url, at = row
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
