"""Documents: what the back office holds for our orders, as far as it has confirmed it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from syncctl import times
from syncctl.hub.bulk import Insert, in_chunks, marks
from syncctl.hub.family import Family
from syncctl.model import BookedSale, Document, DocumentCharge, DocumentKind, DocumentLine, RecordedDocument

_DOCUMENT = Insert(
    "document",
    "id order_id kind platform_event reference dated_on currency total fingerprint state remote_id number sequence "
    "event taxed location revision recorded_at",
)
_LINE = Insert("document_line", "document_id position line_id sku quantity amount tax restock")
_CHARGE = Insert("document_charge", "document_id position kind item amount tax")
_COLUMNS = "order_id, reference, kind, platform_event, state, fingerprint, total, remote_id, revision, sequence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """The back office has a document (booked), or accepted it (queued)."""

    order_id: int
    document: Document
    state: str
    remote_id: str = ""
    number: str = ""
    sequence: int | None = None
    void: bool = False  # no document of its own: the sale that this would credit was made void


class Documents(Family):
    """Tables `document`, `document_line` and `document_charge`."""

    def recorded(self, order_ids: Iterable[int]) -> dict[int, list[RecordedDocument]]:
        """What is known to be in the back office for these orders."""
        found: dict[int, list[RecordedDocument]] = {}
        for chunk in in_chunks(order_ids):
            rows = self.connection.execute(
                f"SELECT {_COLUMNS} FROM document WHERE order_id IN ({marks(chunk)}) ORDER BY id", chunk
            )
            for row in rows:
                found.setdefault(row[0], []).append(_recorded(row))
        return found

    def booked_sales(self, order_ids: Iterable[int]) -> dict[int, BookedSale]:
        """The sales of these orders as they were booked, the last revision of each: what is credited must fit that."""
        found: dict[int, BookedSale] = {}
        for chunk in in_chunks(order_ids):
            rows = self.connection.execute(
                f"SELECT id, taxed, location, {_COLUMNS} FROM document WHERE kind = 'sale' "
                f"AND order_id IN ({marks(chunk)}) ORDER BY revision",
                chunk,
            ).fetchall()
            standing = {row[3]: row for row in rows}
            lines = self._lines([row[0] for row in standing.values()])
            charges = self._charges([row[0] for row in standing.values()])
            for order_id, (document_id, taxed, location, *columns) in standing.items():
                found[order_id] = BookedSale(
                    recorded=_recorded(columns),
                    taxed=bool(taxed),
                    location=location,
                    lines=tuple(lines.get(document_id, ())),
                    charges=tuple(charges.get(document_id, ())),
                )
        return found

    def _lines(self, document_ids: Sequence[int]) -> dict[int, list[DocumentLine]]:
        found: dict[int, list[DocumentLine]] = {}
        for document_id, line_id, sku, quantity, amount, tax in self.connection.execute(
            "SELECT document_id, line_id, sku, quantity, amount, tax FROM document_line "
            f"WHERE document_id IN ({marks(document_ids)}) ORDER BY document_id, position",
            document_ids,
        ):
            found.setdefault(document_id, []).append(
                DocumentLine(
                    line_id=line_id, sku=sku, title="", quantity=quantity, unit_price="0", amount=amount, tax=tax
                )
            )
        return found

    def _charges(self, document_ids: Sequence[int]) -> dict[int, list[DocumentCharge]]:
        found: dict[int, list[DocumentCharge]] = {}
        for document_id, kind, item, amount, tax in self.connection.execute(
            "SELECT document_id, kind, item, amount, tax FROM document_charge "
            f"WHERE document_id IN ({marks(document_ids)}) ORDER BY document_id, position",
            document_ids,
        ):
            found.setdefault(document_id, []).append(
                DocumentCharge(kind=kind, item=item, title="", amount=amount, tax=tax)
            )
        return found

    def record(self, confirmations: Sequence[Confirmation]) -> None:
        """Record confirmed documents, inside the caller's transaction; booked ones get the next event number."""
        if not confirmations:
            return
        connection = self.connection
        now = times.to_text(times.now())
        event = self.hub.next_event() if any(one.state == "booked" for one in confirmations) else None
        last_id = connection.execute("SELECT coalesce(max(id), 0) FROM document").fetchone()[0]
        numbered = list(enumerate(confirmations, last_id + 1))
        _DOCUMENT.run(connection, [_document_row(row, one, event, now) for row, one in numbered])
        self._write_parts([(row, one.document) for row, one in numbered])

    def _write_parts(self, numbered: Sequence[tuple[int, Document]]) -> None:
        _LINE.run(
            self.connection,
            (
                (row, position, *(line.line_id, line.sku, line.quantity, line.amount, line.tax), _restock(one, line))
                for row, one in numbered
                for position, line in enumerate(one.lines)
            ),
        )
        _CHARGE.run(
            self.connection,
            (
                (row, position, charge.kind, charge.item, charge.amount, charge.tax)
                for row, one in numbered
                for position, charge in enumerate(one.charges)
            ),
        )

    def begin_change(self, references: Sequence[str], state: str) -> None:
        """Changes of these documents are about to be sent; until their outcome is known, nothing that they took off
        the stock counts as known to any reading. `state`: amending, or undoing."""
        with self.hub.transaction() as connection:
            connection.executemany(
                "UPDATE document SET state = ?, event = NULL WHERE reference = ?",
                [(state, reference) for reference in references],
            )
            self._mark_stale(references)

    def amend(self, document: Document, *, sequence: int | None, assumed: bool = False) -> None:
        """The books hold this document so from now on; inside the caller's transaction."""
        connection = self.connection
        connection.execute(
            "UPDATE document SET dated_on = ?, total = ?, fingerprint = ?, state = 'booked', sequence = ?, "
            "assumed = ?, event = ? WHERE reference = ?",
            [
                *(document.dated_on.isoformat(), document.total, document.fingerprint, sequence, int(assumed)),
                *(self.hub.next_event(), document.reference),
            ],
        )
        row = connection.execute("SELECT id FROM document WHERE reference = ?", [document.reference]).fetchone()[0]
        for table in ("document_line", "document_charge"):
            connection.execute(f"DELETE FROM {table} WHERE document_id = ?", [row])
        self._write_parts([(row, document)])
        self._mark_stale([document.reference])

    def keep(self, reference: str) -> None:
        """No change is on its way: the books hold the document as it was; inside the caller's transaction.

        As of a new event, for only a reading that begins after this one surely knows of it.
        """
        self.connection.execute(
            "UPDATE document SET state = 'booked', event = ? WHERE reference = ? AND state IN ('amending', 'undoing')",
            [self.hub.next_event(), reference],
        )

    def _mark_stale(self, references: Sequence[str]) -> None:
        """Of what these documents hold, the published numbers are worked out again."""
        self.connection.executemany(
            "INSERT OR IGNORE INTO stale_sku SELECT DISTINCT x.sku FROM document d JOIN document_line x "
            "ON x.document_id = d.id WHERE d.reference = ?",
            [(reference,) for reference in references],
        )

    def queued(self) -> list[RecordedDocument]:
        """Documents that the back office accepted but has not booked yet, oldest first."""
        rows = self.connection.execute(f"SELECT {_COLUMNS} FROM document WHERE state = 'queued' ORDER BY id")
        return [_recorded(row) for row in rows]

    def confirm(self, reference: str, remote_id: str, number: str, sequence: int | None, *, assumed: bool) -> None:
        """A queued document is booked now; inside the caller's transaction."""
        self.connection.execute(
            "UPDATE document SET state = 'booked', remote_id = ?, number = ?, sequence = ?, assumed = ?, event = ? "
            "WHERE reference = ? AND state = 'queued'",
            [remote_id, number, sequence, int(assumed), self.hub.next_event(), reference],
        )

    def forget_queued(self, reference: str) -> int:
        """A queued document was refused after all: the order is to be planned again. Returns the order's id."""
        row = self.connection.execute("SELECT id, order_id FROM document WHERE reference = ?", [reference]).fetchone()
        for table in ("document_line", "document_charge"):
            self.connection.execute(f"DELETE FROM {table} WHERE document_id = ?", [row[0]])
        self.connection.execute("DELETE FROM document WHERE id = ?", [row[0]])
        self.connection.execute("UPDATE sales_order SET pending = 1 WHERE id = ? AND decision = 'book'", [row[1]])
        return int(row[1])

    def queued_before(self, moment: datetime) -> set[str]:
        """References of documents that have been queued since before `moment`."""
        rows = self.connection.execute(
            "SELECT reference FROM document WHERE state = 'queued' AND recorded_at < ?", [times.to_text(moment)]
        )
        return {row[0] for row in rows}


def _document_row(row: int, one: Confirmation, event: int | None, now: str) -> tuple[object, ...]:
    document = one.document
    return (
        row,
        one.order_id,
        "void" if one.void else document.kind,
        document.event,
        document.reference,
        document.dated_on.isoformat(),
        document.currency,
        document.total,
        document.fingerprint,
        one.state,
        one.remote_id,
        one.number,
        one.sequence,
        event if one.state == "booked" else None,
        int(document.taxed),
        document.location,
        document.revision,
        now,
    )


def _restock(document: Document, line: DocumentLine) -> int:
    return int(document.kind == DocumentKind.CREDIT and line.restock)


def _recorded(row: Sequence[Any]) -> RecordedDocument:
    order_id, reference, kind, event, state, fingerprint, total, remote_id, revision, sequence = row
    return RecordedDocument(
        order_id=order_id,
        reference=reference,
        kind=kind,
        event=event,
        state=state,
        fingerprint=fingerprint,
        total=total,
        remote_id=remote_id,
        revision=revision,
        sequence=sequence,
    )
