"""Documents: what the back office holds for our orders, as far as it has confirmed it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from syncctl import times
from syncctl.hub.bulk import Insert, in_chunks, marks
from syncctl.hub.family import Family
from syncctl.model import Document, DocumentKind, DocumentLine, RecordedDocument

_DOCUMENT = Insert(
    "document",
    "id order_id kind platform_event reference dated_on currency total fingerprint state remote_id number sequence "
    "event taxed recorded_at",
)
_LINE = Insert("document_line", "document_id position line_id sku quantity amount restock")
_COLUMNS = "order_id, reference, kind, platform_event, state, fingerprint, total, remote_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """The back office has a document (booked), or accepted it (queued)."""

    order_id: int
    document: Document
    state: str
    remote_id: str = ""
    number: str = ""
    sequence: int | None = None


@dataclass(frozen=True, slots=True)
class BookedSale:
    """How a sale was booked: with its tax or without, and on which item each line."""

    taxed: bool
    items: dict[str, str]


class Documents(Family):
    """Tables `document` and `document_line`."""

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
        """How the sales of these orders were booked: what is credited later must fit that."""
        found: dict[int, BookedSale] = {}
        for chunk in in_chunks(order_ids):
            rows = self.connection.execute(
                "SELECT d.order_id, d.taxed, x.line_id, x.sku FROM document d JOIN document_line x "
                f"ON x.document_id = d.id WHERE d.kind = 'sale' AND d.order_id IN ({marks(chunk)})",
                chunk,
            )
            for order_id, taxed, line_id, sku in rows:
                found.setdefault(order_id, BookedSale(bool(taxed), {})).items[line_id] = sku
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
        _LINE.run(
            connection,
            (
                (row, position, line.line_id, line.sku, line.quantity, line.amount, _restock(one.document, line))
                for row, one in numbered
                for position, line in enumerate(one.document.lines)
            ),
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
        self.connection.execute("DELETE FROM document_line WHERE document_id = ?", [row[0]])
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
        document.kind,
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
        now,
    )


def _restock(document: Document, line: DocumentLine) -> int:
    return int(document.kind == DocumentKind.CREDIT and line.restock)


def _recorded(row: tuple[int, str, str, str, str, str, int, str]) -> RecordedDocument:
    order_id, reference, kind, event, state, fingerprint, total, remote_id = row
    return RecordedDocument(
        order_id=order_id,
        reference=reference,
        kind=kind,
        event=event,
        state=state,
        fingerprint=fingerprint,
        total=total,
        remote_id=remote_id,
    )
