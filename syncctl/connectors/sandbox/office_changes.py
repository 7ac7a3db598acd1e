"""Changes of sales that are in the sandbox's books: what it refuses, what they do to stock, and the log of them."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from syncctl.connectors.sandbox.office_booking import Booking
from syncctl.connectors.sandbox.office_documents import stock_of
from syncctl.connectors.sandbox.office_tables import MAIN, OfficeRefusal
from syncctl.connectors.strict_json import storable
from syncctl.model import Booked, Document, DocumentKind, DocumentLine, Refused
from syncctl.times import now, to_text


@dataclass(slots=True)
class _Line:
    """A line of the sale as it is."""

    item: int
    quantity: int
    unshipped: int
    credited: int


@dataclass(slots=True)
class _Sale:
    """The sale as it is."""

    id: int
    number: str
    location: str
    credited: int
    lines: dict[str, _Line]
    void: bool


class Changes:
    """A batch of changes; use it inside a write transaction and end with `finish`. Stock moves by the difference."""

    def __init__(self, connection: sqlite3.Connection, stock_falls_on: str, documents: Sequence[Document]) -> None:
        self.connection = connection
        self.booking = Booking(connection, stock_falls_on, documents)

    def amend(self, document: Document) -> Booked | Refused:
        """Make a booked sale say this instead, or refuse it, leaving no trace. The same again changes nothing.

        Its units go on leaving from where it was booked.
        """
        try:
            self.booking.check(document)
            sale = self._sale(document.reference)
            lines = self._fitted(document, sale)
        except OfficeRefusal as refusal:
            return Refused(key=document.reference, reason=refusal.reason, message=str(refusal))
        self._log(sale, document)
        self._move_stock(document, sale)
        self._write(document, sale, lines)
        changed = self.booking.changed
        return Booked(key=document.reference, remote_id=str(sale.id), number=sale.number, sequence=changed)

    def void(self, reference: str) -> Booked | Refused:
        """Make a booked sale void, or refuse it; one that is void already stays so."""
        try:
            sale = self._sale(reference, void_too=True)
            if not sale.void:
                self._check_void(sale, reference)
        except OfficeRefusal as refusal:
            return Refused(key=reference, reason=refusal.reason, message=str(refusal))
        if not sale.void:
            log(self.connection, sale.id, "void", {})
            self._move(sale, [(line.item, line.quantity) for line in sale.lines.values()])
            self.connection.execute(
                "UPDATE document SET void = 1, changed = ? WHERE id = ?", (self.booking.changed, sale.id)
            )
            self.connection.execute("UPDATE document_line SET unshipped = 0 WHERE document_id = ?", (sale.id,))
        return Booked(key=reference, remote_id=str(sale.id), number=sale.number, sequence=self.booking.changed)

    def _check_void(self, sale: _Sale, reference: str) -> None:
        hanging = self.connection.execute(
            "SELECT number FROM document WHERE original = ? AND NOT void LIMIT 1", (reference,)
        ).fetchone()
        if hanging is not None:
            raise OfficeRefusal("in_use", f"The document {hanging[0]} hangs on it.")
        if any(line.unshipped < line.quantity for line in sale.lines.values()):
            raise OfficeRefusal("already_shipped", "Something of it was shipped already.")

    def finish(self) -> None:
        """Write what is pending, stock included."""
        self.booking.finish()

    def _sale(self, reference: str, *, void_too: bool = False) -> _Sale:
        row = self.connection.execute(
            "SELECT id, number, location, credited, dated_on, kind, void FROM document"
            " WHERE reference = ? AND reference <> '' ORDER BY id LIMIT 1",
            (reference,),
        ).fetchone()
        if row is None or row[5] != DocumentKind.SALE:
            raise OfficeRefusal("unknown_document", f"There is no sale {reference[:60]!r}.")
        number, name, location, credited, dated_on, _, void = row
        if void and not void_too:
            raise OfficeRefusal("void", f"The sale {reference[:60]!r} is void.")
        if date.fromisoformat(dated_on) <= self.booking.closed_through:
            raise OfficeRefusal("closed_period", f"The books are closed through {self.booking.closed_through}.")
        lines = self.connection.execute(
            "SELECT line_id, item_id, quantity, unshipped, credited FROM document_line WHERE document_id = ?"
            " ORDER BY position",
            (number,),
        )
        parts = {line_id: _Line(*line) for line_id, *line in lines}
        return _Sale(number, name, location or MAIN, credited, parts, bool(void))

    def _fitted(self, document: Document, sale: _Sale) -> list[tuple[DocumentLine, int, int]]:
        """The new lines, each with its units that are to be shipped and that were credited."""
        new = {line.line_id: line for line in document.lines}
        if len(new) != len(document.lines):
            raise OfficeRefusal("bad_lines", "A line's id stands twice, so that nobody can tell which one changes.")
        if document.total < sale.credited:
            raise OfficeRefusal("credit_exceeds_sale", f"Of the sale, {sale.credited} were credited already.")
        for line_id, old in sale.lines.items():
            _check_kept(line_id, old, self._units_kept(new.get(line_id), old))
        fitted = []
        for line in document.lines:
            before = sale.lines.get(line.line_id)
            if before is None or not self._units_kept(line, before):
                fitted.append((line, line.quantity, 0))
            else:
                fitted.append((line, before.unshipped + line.quantity - before.quantity, before.credited))
        return fitted

    def _units_kept(self, line: DocumentLine | None, old: _Line) -> int:
        """Units that the line still has of its old item."""
        return line.quantity if line is not None and self.booking.items[line.sku].id == old.item else 0

    def _move_stock(self, document: Document, sale: _Sale) -> None:
        before = [(old.item, old.quantity) for old in sale.lines.values()]
        self._move(sale, before + [(self.booking.items[line.sku].id, -line.quantity) for line in document.lines])

    def _move(self, sale: _Sale, units_of: Sequence[tuple[int, int]]) -> None:
        """Units come back, or go if negative, where they went when they were sold."""
        if self.booking.at_shipment:
            return
        stock = stock_of(self.connection, [item for item, _ in units_of])
        for item, units in units_of:
            for part, quantity in stock[item]:
                self.booking.units[part, sale.location] += units * quantity

    def _write(self, document: Document, sale: _Sale, lines: Sequence[tuple[DocumentLine, int, int]]) -> None:
        self.connection.execute(
            "UPDATE document SET dated_on = ?, total = ?, fingerprint = ?, tax_included = ?, changed = ? WHERE id = ?",
            (
                *(document.dated_on.isoformat(), document.total, document.fingerprint, document.tax_included),
                *(self.booking.changed, sale.id),
            ),
        )
        self.connection.execute("DELETE FROM document_line WHERE document_id = ?", (sale.id,))
        self.connection.execute("DELETE FROM document_charge WHERE document_id = ?", (sale.id,))
        for position, (line, unshipped, credited) in enumerate(lines):
            item, title = self.booking.items[line.sku].id, storable(line.title)
            what = (sale.id, position, line.line_id, item, title, line.quantity, line.unit_price, line.amount, line.tax)
            self.connection.execute(
                f"INSERT INTO document_line VALUES ({', '.join('?' * 12)})", (*what, line.restock, unshipped, credited)
            )
        self.connection.executemany(
            "INSERT INTO document_charge VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (sale.id, position, one.kind, one.item, storable(one.title), one.amount, one.tax)
                for position, one in enumerate(document.charges)
            ],
        )

    def _log(self, sale: _Sale, document: Document) -> None:
        before = {line_id: (line.item, line.quantity) for line_id, line in sale.lines.items()}
        after = {line.line_id: (self.booking.items[line.sku].id, line.quantity) for line in document.lines}
        log(self.connection, sale.id, "amend", {"before": before, "after": after})


def log(connection: sqlite3.Connection, document_id: int, what: str, detail: Mapping[str, object]) -> None:
    """Keep what was done to a document, as an accountant would want it."""
    connection.execute(
        "INSERT INTO document_log (document_id, what, detail, done_at) VALUES (?, ?, ?, ?)",
        (document_id, what, json.dumps(detail), to_text(now())),
    )


def _check_kept(line_id: str, old: _Line, kept: int) -> None:
    """What left the house or was credited cannot be unsold."""
    if kept < old.credited:
        raise OfficeRefusal("credit_exceeds_sale", f"{old.credited} units of line {line_id[:40]!r} were credited.")
    if old.unshipped + kept - old.quantity < 0:
        raise OfficeRefusal("already_shipped", f"Too many units of line {line_id[:40]!r} were shipped already.")
