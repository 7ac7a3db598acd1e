"""How the sandbox's back office books: what it refuses, what each document does to stock. One batch, one transaction.

Stock: with `order` a sale takes its units off at once; with `shipment` only shipping does. **A restocking credit raises
the reported number only by units that had been relieved before**: with `shipment` it first cancels what its sale has
not shipped yet, and only the rest goes back on the shelf. A credit that names no sale always raises it. A cancellation
puts nothing back that was shipped.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from syncctl.connectors.sandbox.files import get_meta, next_number
from syncctl.connectors.sandbox.office_documents import stock_of
from syncctl.connectors.sandbox.office_tables import MAIN, OfficeRefusal
from syncctl.connectors.strict_json import storable
from syncctl.model import Booked, Document, DocumentKind, DocumentLine, Refused

REFERENCE_LENGTH = 40
MOST_UNITS = 10**9
_PREFIXES = {DocumentKind.SALE: "S", DocumentKind.CREDIT: "C", DocumentKind.PAYMENT: "P"}


@dataclass(frozen=True, slots=True)
class _Item:
    """`stock`: the items whose level it moves, with the units of each in one of it; none where no stock is kept."""

    id: int
    active: bool
    stock: tuple[tuple[int, int], ...]


@dataclass(slots=True)
class _SoldLine:
    position: int
    quantity: int
    unshipped: int
    credited: int


@dataclass(slots=True)
class _Sale:
    """A booked sale, as a credit or payment needs it."""

    id: int
    total: int
    credited: int
    lines: dict[str, _SoldLine]


class Booking:
    """A batch on its way into the books; use it inside a write transaction and end with `finish`."""

    def __init__(self, connection: sqlite3.Connection, stock_falls_on: str, documents: Sequence[Document]) -> None:
        self.connection = connection
        self.at_shipment = stock_falls_on == "shipment"
        self.changed = next_number(connection, "change")
        self.currency = get_meta(connection, "currency")
        self.closed_through = date.fromisoformat(get_meta(connection, "closed_through") or "0001-01-01")
        self.items = _items(connection, {line.sku for document in documents for line in document.lines})
        self.customers = _customers(connection, {document.customer_id for document in documents})
        self.next_id: int = connection.execute("SELECT coalesce(max(id), 0) + 1 FROM document").fetchone()[0]
        self.units: Counter[tuple[int, str]] = Counter()  # by item and location: what this batch adds to on_hand
        self._documents: list[tuple[object, ...]] = []
        self._lines: list[tuple[object, ...]] = []
        self._charges: list[tuple[object, ...]] = []

    def book(self, document: Document, *, shipped: bool = False) -> Booked | Refused:
        """Book one document or refuse it, leaving no trace. `shipped`: its goods left with the buyer."""
        try:
            self.check(document)
            sale = self._sale_of(document)
            if sale is not None and document.kind == DocumentKind.CREDIT:
                _check_credit(document, sale)
        except OfficeRefusal as refusal:
            return Refused(key=document.reference, reason=refusal.reason, message=str(refusal))
        if document.kind == DocumentKind.CREDIT:
            self._put_back(document, sale)
        elif document.kind == DocumentKind.SALE and (shipped or not self.at_shipment):
            self._take_off(document)
        return self._write(document, shipped)

    def finish(self) -> None:
        """Write what is pending, stock included."""
        self._flush()
        self.connection.executemany(
            "INSERT INTO level (item_id, location, on_hand, changed) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET on_hand = on_hand + excluded.on_hand, changed = excluded.changed",
            [(*place, units, self.changed) for place, units in self.units.items() if units],
        )

    def check(self, document: Document) -> None:
        """Errors: OfficeRefusal for what no document may be, whatever becomes of it."""
        if len(document.reference) > REFERENCE_LENGTH:
            raise OfficeRefusal("reference_too_long", f"A reference has at most {REFERENCE_LENGTH} characters.")
        if document.currency != self.currency:
            raise OfficeRefusal(
                "wrong_currency", f"The books are kept in {self.currency}, not {document.currency[:12]}."
            )
        if document.dated_on <= self.closed_through:
            raise OfficeRefusal("closed_period", f"The books are closed through {self.closed_through}.")
        if document.customer_id is not None and document.customer_id not in self.customers:
            raise OfficeRefusal("unknown_customer", f"There is no customer {document.customer_id[:40]!r}.")
        for line in document.lines:
            self._check_line(line)
        if document.kind == DocumentKind.PAYMENT and not document.lines and document.total:
            return
        if not (document.lines or document.charges):
            raise OfficeRefusal("empty_document", "A document needs a line or a charge, a payment needs an amount.")
        parts = sum(line.amount for line in document.lines) + document.tax
        parts += sum(charge.amount for charge in document.charges)
        if parts != document.total:
            raise OfficeRefusal("totals_differ", f"The parts add up to {parts}, the total says {document.total}.")

    def _check_line(self, line: DocumentLine) -> None:
        item = self.items.get(line.sku)
        if item is None:
            raise OfficeRefusal("unknown_sku", f"There is no item {line.sku[:60]!r}.")
        if not item.active:
            raise OfficeRefusal("inactive_item", f"The item {line.sku[:60]!r} is no longer sold.")
        if not 0 < line.quantity <= MOST_UNITS:
            raise OfficeRefusal(
                "bad_quantity", f"The item {line.sku[:60]!r} has the quantity {str(line.quantity)[:20]}."
            )

    def _sale_of(self, document: Document) -> _Sale | None:
        if document.original is None or document.kind == DocumentKind.SALE:
            return None
        self._flush()  # the sale may be earlier in this batch
        row = self.connection.execute(
            "SELECT id, total, credited FROM document WHERE reference = ? AND reference <> '' AND kind = 'sale'"
            " AND NOT void ORDER BY id LIMIT 1",
            (document.original,),
        ).fetchone()
        if row is None:
            raise OfficeRefusal("unknown_original", f"There is no sale {document.original[:60]!r}.")
        lines = self.connection.execute(
            "SELECT line_id, position, quantity, unshipped, credited FROM document_line WHERE document_id = ?", row[:1]
        )
        number, total, credited = row
        return _Sale(number, total, credited, {line_id: _SoldLine(*line) for line_id, *line in lines})

    def _take_off(self, document: Document) -> None:
        for line in document.lines:
            self._move(line.sku, -line.quantity, document.location)

    def _move(self, sku: str, units: int, location: str) -> None:
        for item, quantity in self.items[sku].stock:
            self.units[item, location or MAIN] += units * quantity

    def _put_back(self, document: Document, sale: _Sale | None) -> None:
        for line in document.lines:
            stays = 0 if sale is None else self._credit_line(sale.lines[line.line_id], line)
            back = line.quantity - stays if document.returned else 0
            if line.restock:
                self._move(line.sku, back if self.at_shipment else back + stays, document.location)
        if sale is not None:
            self._save_credit(sale, document.total)

    def _credit_line(self, sold: _SoldLine, line: DocumentLine) -> int:
        """Note the credit on its sale; return how many of the units had not left."""
        sold.credited += line.quantity
        if not line.restock:
            return 0
        stays = min(line.quantity, sold.unshipped)
        sold.unshipped -= stays
        return stays

    def _save_credit(self, sale: _Sale, total: int) -> None:
        self.connection.execute("UPDATE document SET credited = credited + ? WHERE id = ?", (total, sale.id))
        self.connection.executemany(
            "UPDATE document_line SET credited = ?, unshipped = ? WHERE document_id = ? AND position = ?",
            [(line.credited, line.unshipped, sale.id, line.position) for line in sale.lines.values()],
        )

    def _write(self, document: Document, shipped: bool) -> Booked:
        number, key = self.next_id, document.reference
        self.next_id += 1
        name = f"{_PREFIXES[document.kind]}-{number:06d}"
        to_ship = document.kind == DocumentKind.SALE and not shipped
        self._documents.append(
            (
                *(number, name, key, document.kind.value, document.event, document.order_id),
                *(storable(document.number), document.dated_on.isoformat(), document.currency, document.total),
                *(document.fingerprint, document.tax_included, document.customer_id, document.original),
                *(document.store_number, document.tender, document.location, self.changed),
            )
        )
        for position, line in enumerate(document.lines):
            item, unshipped = self.items[line.sku].id, line.quantity if to_ship else 0
            what = (number, position, line.line_id, item, storable(line.title), line.quantity, line.unit_price)
            self._lines.append((*what, line.amount, line.tax, line.restock, unshipped))
        for position, charge in enumerate(document.charges):
            title = storable(charge.title)
            self._charges.append((number, position, charge.kind, charge.item, title, charge.amount, charge.tax))
        return Booked(key=key, remote_id=str(number), number=name, sequence=self.changed)

    def _flush(self) -> None:
        for table, rows in (("document", self._documents), ("document_line", self._lines)):
            self.connection.executemany(_INSERTS[table], rows)
        self.connection.executemany(_INSERTS["document_charge"], self._charges)
        for pending in (self._documents, self._lines, self._charges):
            pending.clear()


def _insert(table: str, columns: str) -> str:
    return f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' for _ in columns.split(','))})"


_INSERTS = {
    "document": _insert(
        "document",
        "id, number, reference, kind, event, order_id, order_number, dated_on, currency, total, fingerprint,"
        " tax_included, customer_id, original, store_number, tender, location, changed",
    ),
    "document_line": _insert(
        "document_line",
        "document_id, position, line_id, item_id, title, quantity, unit_price, amount, tax, restock, unshipped",
    ),
    "document_charge": _insert("document_charge", "document_id, position, kind, item, title, amount, tax"),
}


def _items(connection: sqlite3.Connection, skus: set[str]) -> dict[str, _Item]:
    rows = connection.execute(
        "SELECT sku, id, active FROM item WHERE sku IN (SELECT value FROM json_each(?))", (json.dumps(sorted(skus)),)
    ).fetchall()
    stock = stock_of(connection, [number for _, number, _ in rows])
    return {sku: _Item(number, bool(active), stock[number]) for sku, number, active in rows}


def _customers(connection: sqlite3.Connection, ids: set[str | None]) -> set[str]:
    named = json.dumps([number for number in ids if number is not None])
    rows = connection.execute(
        "SELECT CAST(id AS TEXT) FROM customer"
        " WHERE NOT deleted AND id IN (SELECT CAST(value AS INTEGER) FROM json_each(?))",
        (named,),
    )
    return {number for (number,) in rows}


def _check_credit(document: Document, sale: _Sale) -> None:
    asked = Counter[str]()
    for line in document.lines:
        asked[line.line_id] += line.quantity
    for line_id, quantity in asked.items():
        sold = sale.lines.get(line_id)
        if sold is None or sold.credited + quantity > sold.quantity:
            raise OfficeRefusal("credit_exceeds_sale", f"More of line {line_id[:40]!r} is credited than was sold.")
    if sale.credited + document.total > sale.total:
        raise OfficeRefusal("credit_exceeds_sale", f"The sale was {sale.total}; more than that would be credited.")
