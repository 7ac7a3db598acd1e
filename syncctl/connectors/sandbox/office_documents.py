"""What lies in the sandbox's books and in its queue, and the goods that leave for it."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from syncctl import money
from syncctl.connectors.sandbox.files import next_number
from syncctl.connectors.sandbox.office_tables import MAIN, OfficeRefusal
from syncctl.model import (
    Absent,
    Booked,
    Document,
    DocumentCharge,
    DocumentKind,
    DocumentLine,
    DocumentOutcome,
    Found,
    FoundLine,
    LookUp,
    Queued,
    Refused,
)
from syncctl.times import now, to_text

CREATE, AMEND, VOID = "create", "amend", "void"  # what the queue is asked to do

_COLUMNS = (
    "id, number, changed, reference, kind, event, order_id, order_number, dated_on, currency, total, fingerprint,"
    " tax_included, customer_id, original, store_number, tender, location, void"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """One document in the books. A sale at the counter has the reference ""."""

    id: str
    number: str
    sequence: int
    document: Document
    void: bool = False

    @property
    def total(self) -> str:
        """The total as decimal text."""
        return money.to_text(self.document.total, self.document.currency)


_LINES = (
    "SELECT json_group_array(json_array(l.line_id, i.sku, l.quantity)) FROM document_line l"
    " JOIN item i ON i.id = l.item_id WHERE l.document_id = d.id"
)
_QUEUED_LINES = (
    "SELECT json_group_array(json_array(value ->> 'line_id', value ->> 'sku', value ->> 'quantity'))"
    " FROM json_each(document, '$.lines')"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What leaves with one shipment: units by line id, None: all that is left."""

    lines: Mapping[str, int] | None = None
    tracking_number: str = ""
    carrier: str = ""
    tracking_url: str = ""


def find(connection: sqlite3.Connection, references: Sequence[str]) -> list[LookUp]:
    """One answer per reference, in order; of two documents with the same one, the first."""
    asked = json.dumps(list(references))
    queued = connection.execute(
        f"SELECT reference, 'queue-' || position, total, currency, '', NULL, NULL, ({_QUEUED_LINES}) FROM queue"
        " WHERE reason = '' AND reference IN (SELECT value FROM json_each(?))",
        (asked,),
    )
    found = {row[0]: _found(*row, state="queued") for row in queued}
    changing = set(found)  # where it is booked already
    booked = connection.execute(
        f"SELECT reference, CAST(id AS TEXT), total, currency, number, changed, location, ({_LINES}), void"
        " FROM document d WHERE reference <> '' AND reference IN (SELECT value FROM json_each(?)) ORDER BY id DESC",
        (asked,),
    )
    for *row, void in booked:
        state = "void" if void else "queued" if row[0] in changing else "booked"
        found[row[0]] = _found(*row, state=state)
    return [found.get(reference) or Absent(reference=reference) for reference in references]


def outcomes(connection: sqlite3.Connection, references: Sequence[str]) -> list[DocumentOutcome]:
    """What became of queued documents, in order; a reference that was never seen counts as refused."""
    rows = connection.execute("SELECT reference, reason, message, action FROM queue WHERE reason <> ''").fetchall()
    refused = {reference: Refused(key=reference, reason=reason, message=text) for reference, reason, text, _ in rows}
    changes = {reference for reference, _, _, action in rows if action != CREATE}
    return [
        refused[answer.reference] if answer.reference in changes else _outcome(answer, refused)
        for answer in find(connection, references)
    ]


def enqueue(connection: sqlite3.Connection, documents: Sequence[Document], action: str) -> list[DocumentOutcome]:
    """Put documents, or changes of them, in the queue.

    A document that waits there already is left as it is; a change takes the place of one that waits, and whatever was
    refused is replaced.
    """
    connection.executemany(
        "DELETE FROM queue WHERE reference = ? AND (reason <> '' OR action <> ?)",
        [(document.reference, CREATE) for document in documents],
    )
    connection.executemany(
        "INSERT INTO queue (reference, document, total, currency, action) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        [(one.reference, json.dumps(asdict(one), default=str), one.total, one.currency, action) for one in documents],
    )
    return [Queued(key=document.reference) for document in documents]


def waiting(connection: sqlite3.Connection) -> list[tuple[str, Document]]:
    """The queue, oldest first: what is to be done, with which document."""
    rows = connection.execute("SELECT action, document FROM queue WHERE reason = '' ORDER BY position")
    return [(action, _from_json(text)) for action, text in rows]


def settle(connection: sqlite3.Connection, results: Sequence[DocumentOutcome]) -> None:
    """Take what was booked out of the queue and note why the rest was refused."""
    booked = [(result.key,) for result in results if isinstance(result, Booked)]
    connection.executemany("DELETE FROM queue WHERE reference = ?", booked)
    connection.executemany(
        "UPDATE queue SET reason = ?, message = ? WHERE reference = ?",
        [(result.reason, result.message, result.key) for result in results if isinstance(result, Refused)],
    )


def posted(connection: sqlite3.Connection, condition: str = "1", values: Sequence[object] = ()) -> Iterator[Posted]:
    """Documents in the order of booking; `condition` is SQL of ours over the table `document`."""
    for row in connection.execute(f"SELECT {_COLUMNS} FROM document WHERE {condition} ORDER BY id", values):
        yield _posted(connection, row)


def ship(connection: sqlite3.Connection, which: str, parcel: Parcel, *, relieve: bool) -> str:
    """Let goods of a sale leave; return the shipment's id. `relieve`: this is when stock falls.

    Errors: OfficeRefusal if there is no such sale, it is ambiguous, or so much is not left to ship.
    """
    sale = _sale(connection, which)
    location = connection.execute("SELECT location FROM document WHERE id = ?", (sale,)).fetchone()[0] or MAIN
    lines = _to_ship(connection, sale, parcel.lines, which)
    stock = stock_of(connection, [row[4] for row, _ in lines])
    changed = next_number(connection, "change")
    how = (parcel.tracking_number, parcel.carrier, parcel.tracking_url, to_text(now()))
    shipment = connection.execute(
        "INSERT INTO shipment (document_id, tracking_number, carrier, tracking_url, shipped_at, changed)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (sale, *how, changed),
    ).lastrowid
    for position, (row, quantity) in enumerate(lines):
        at, line_id, sku, _left, item = row
        connection.execute(
            "UPDATE document_line SET unshipped = unshipped - ? WHERE document_id = ? AND position = ?",
            (quantity, sale, at),
        )
        connection.execute(
            "INSERT INTO shipment_line VALUES (?, ?, ?, ?, ?)", (shipment, position, line_id, sku, quantity)
        )
        for part, each in stock[item] if relieve else ():
            add_units(connection, part, -quantity * each, changed, location)
    return str(shipment)


def unship(connection: sqlite3.Connection, shipment: str, *, relieve: bool) -> None:
    """Undo a shipment: its goods are back on the shelf, and to be shipped still. `relieve`: as for `ship`.

    Errors: OfficeRefusal if there is no such shipment, or it was undone already.
    """
    row = connection.execute(
        "SELECT s.id, s.document_id, d.location FROM shipment s JOIN document d ON d.id = s.document_id"
        " WHERE s.id = ? AND NOT s.cancelled",
        (shipment,),
    ).fetchone()
    if row is None:
        raise OfficeRefusal("unknown_shipment", f"There is no shipment {shipment[:40]!r} to undo.")
    number, sale, location = row
    changed = next_number(connection, "change")
    connection.execute("UPDATE shipment SET cancelled = 1, changed = ? WHERE id = ?", (changed, number))
    lines = connection.execute(
        "SELECT l.position, l.item_id, s.quantity FROM shipment_line s JOIN document_line l"
        " ON l.document_id = ? AND l.line_id = s.line_id WHERE s.shipment_id = ?",
        (sale, number),
    ).fetchall()
    stock = stock_of(connection, [item for _, item, _ in lines])
    for position, item, quantity in lines:
        connection.execute(
            "UPDATE document_line SET unshipped = unshipped + ? WHERE document_id = ? AND position = ?",
            (quantity, sale, position),
        )
        for part, each in stock[item] if relieve else ():
            add_units(connection, part, quantity * each, changed, location or MAIN)


def stock_of(connection: sqlite3.Connection, items: Sequence[int]) -> dict[int, tuple[tuple[int, int], ...]]:
    """By item: the items whose level it moves, with the units of each in one of it. A kit moves its components."""
    asked = json.dumps(list(items))
    found: dict[int, list[tuple[int, int]]] = {item: [] for item in items}
    kits = set()
    for kit, part, quantity, tracked in connection.execute(
        "SELECT c.kit_id, c.item_id, c.quantity, i.tracked FROM component c JOIN item i ON i.id = c.item_id"
        " WHERE c.kit_id IN (SELECT value FROM json_each(?))",
        (asked,),
    ):
        kits.add(kit)
        found[kit] += [(part, quantity)] if tracked else []
    rows = connection.execute("SELECT id FROM item WHERE tracked AND id IN (SELECT value FROM json_each(?))", (asked,))
    for (item,) in rows:
        found[item] += [] if item in kits else [(item, 1)]
    return {item: tuple(parts) for item, parts in found.items()}


def add_units(connection: sqlite3.Connection, item_id: int, units: int, changed: int, location: str = MAIN) -> None:
    """Add units (or take them, if negative) at one location."""
    connection.execute(
        "INSERT INTO level (item_id, location, on_hand, changed) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET on_hand = on_hand + excluded.on_hand, changed = excluded.changed",
        (item_id, location, units, changed),
    )


def _sale(connection: sqlite3.Connection, which: str) -> int:
    rows = connection.execute(
        "SELECT id, reference, EXISTS (SELECT 1 FROM document_line WHERE document_id = d.id AND unshipped > 0),"
        " CASE :which WHEN reference THEN 0 WHEN order_number THEN 1 WHEN ltrim(order_number, '#') THEN 2"
        "   WHEN number THEN 3 WHEN CAST(id AS TEXT) THEN 4 END AS rank"
        " FROM document d WHERE kind = 'sale' AND NOT void AND reference <> '' AND rank IS NOT NULL ORDER BY rank, id",
        {"which": which},
    ).fetchall()
    rows = [row for row in rows if row[3] == rows[0][3]]  # an order number before a document that is numbered like it
    if not rows:
        raise OfficeRefusal("unknown_document", f"The back office has no sale {which[:60]!r}.")
    references = {row[1] for row in rows}
    if len(references) > 1:
        some = ", ".join(sorted(references)[:5])
        raise OfficeRefusal("ambiguous", f"{which[:60]!r} names {len(references)} sales; give a reference: {some}.")
    return next((int(row[0]) for row in rows if row[2]), int(rows[0][0]))


def _to_ship(
    connection: sqlite3.Connection, sale: int, wanted: Mapping[str, int] | None, which: str
) -> list[tuple[tuple[Any, ...], int]]:
    rows = connection.execute(
        "SELECT l.position, l.line_id, i.sku, l.unshipped, i.id FROM document_line l"
        " JOIN item i ON i.id = l.item_id WHERE l.document_id = ? ORDER BY l.position",
        (sale,),
    ).fetchall()
    if wanted is None:
        chosen = [(row, row[3]) for row in rows if row[3]]
    else:
        chosen = [(row, wanted[row[1]]) for row in rows if row[1] in wanted]
    enough = all(0 < quantity <= row[3] for row, quantity in chosen)
    if not chosen or not enough or (wanted is not None and len(chosen) != len(wanted)):
        raise OfficeRefusal("too_many_units", f"So much of {which[:60]!r} is not left to ship.")
    return chosen


def _found(reference: str, remote_id: str, total: int, currency: str, *rest: Any, state: str = "booked") -> Found:
    number, sequence, location, lines = rest
    return Found(
        reference=reference,
        remote_id=remote_id,
        total=total,
        currency=currency,
        state=state,
        number=number,
        sequence=sequence,
        location=location,
        lines=tuple(FoundLine(line_id=line, item=sku, quantity=units) for line, sku, units in json.loads(lines)),
    )


def _outcome(answer: LookUp, refused: Mapping[str, Refused]) -> DocumentOutcome:
    if not isinstance(answer, Found):
        never = Refused(key=answer.reference, reason="not_found", message="No such document was ever queued.")
        return refused.get(answer.reference, never)
    if answer.state == "queued":
        return Queued(key=answer.reference)
    return Booked(key=answer.reference, remote_id=answer.remote_id, number=answer.number, sequence=answer.sequence)


def _from_json(text: str) -> Document:
    fields = json.loads(text)
    return Document(
        **{
            **fields,
            "kind": DocumentKind(fields["kind"]),
            "dated_on": date.fromisoformat(fields["dated_on"]),
            "lines": tuple(DocumentLine(**line) for line in fields["lines"]),
            "charges": tuple(DocumentCharge(**charge) for charge in fields["charges"]),
        }
    )


def _posted(connection: sqlite3.Connection, row: tuple[Any, ...]) -> Posted:
    number, name, changed, reference, kind, event, order_id, order_number, dated_on, currency, total, *rest = row
    fingerprint, tax_included, customer_id, original, store_number, tender, location, void = rest
    lines = connection.execute(
        "SELECT l.line_id, i.sku, l.title, l.quantity, l.unit_price, l.amount, l.tax, l.restock FROM document_line l"
        " JOIN item i ON i.id = l.item_id WHERE l.document_id = ? ORDER BY l.position",
        (number,),
    )
    charges = connection.execute(
        "SELECT kind, item, title, amount, tax FROM document_charge WHERE document_id = ? ORDER BY position", (number,)
    )
    document = Document(
        reference=reference,
        kind=DocumentKind(kind),
        event=event,
        order_id=order_id,
        number=order_number,
        dated_on=date.fromisoformat(dated_on),
        currency=currency,
        total=total,
        fingerprint=fingerprint,
        lines=tuple(_line(line) for line in lines),
        charges=tuple(DocumentCharge(kind=k, item=i, title=t, amount=a, tax=x) for k, i, t, a, x in charges),
        tax_included=bool(tax_included),
        customer_id=customer_id,
        original=original,
        store_number=store_number,
        tender=tender,
        location=location,
    )
    return Posted(id=str(number), number=name, sequence=changed, document=document, void=bool(void))


def _line(row: tuple[Any, ...]) -> DocumentLine:
    line_id, sku, title, quantity, unit_price, amount, tax, restock = row
    return DocumentLine(
        line_id=line_id,
        sku=sku,
        title=title,
        quantity=quantity,
        unit_price=unit_price,
        amount=amount,
        tax=tax,
        restock=bool(restock),
    )
