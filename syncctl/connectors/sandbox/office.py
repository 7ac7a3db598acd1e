"""The vendor's side of the sandbox's back office: its books, its shelf and its counter, in one SQLite file.

Like most real ones it does not notice that a reference was used before: pushing it twice makes two documents.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from syncctl import money, times
from syncctl.connectors.base import Page
from syncctl.connectors.sandbox import office_documents as books
from syncctl.connectors.sandbox.catalog import ADA, CURRENCY, DEMO_CATALOG, GROUP, TOM
from syncctl.connectors.sandbox.files import atomic, get_meta, reading, set_meta
from syncctl.connectors.sandbox.office_booking import Booking
from syncctl.connectors.sandbox.office_changes import Changes
from syncctl.connectors.sandbox.office_items import check_quantity
from syncctl.connectors.sandbox.office_people import People
from syncctl.connectors.sandbox.office_readings import Reading, read_pages
from syncctl.connectors.sandbox.office_tables import OfficeRefusal
from syncctl.connectors.sandbox.tables import Clock
from syncctl.model import (
    About,
    Document,
    DocumentKind,
    DocumentLine,
    DocumentOutcome,
    LookUp,
    Refused,
)

Record = TypeVar("Record")


class Office(People):
    """A back office. The file is made at first use, with the demo catalog and two customers unless `demo` is False.

    `stock_falls_on` ("order" or "shipment") and `answers` ("now" or "later") are how it is run, not kept in the file;
    `currency` and `time_zone` count only when the file is made. `clock`: the time of its customers' changes.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        demo: bool = True,
        stock_falls_on: str = "order",
        answers: str = "now",
        currency: str = CURRENCY,
        time_zone: str = "UTC",
        clock: Clock | None = None,
    ) -> None:
        self.clock = clock
        self.stock_falls_on = stock_falls_on
        self.answers = answers
        super().__init__(path)
        with atomic(self.connection):
            if not get_meta(self.connection, "identity"):
                facts = {"identity": f"office-{uuid.uuid4()}", "currency": currency, "time_zone": time_zone}
                for key, value in facts.items():
                    set_meta(self.connection, key, value)
                if demo:
                    self._make_demo()

    # --- the company ---

    def about(self) -> About:
        """Who this is; the identity is made with the file and never changes."""
        get = get_meta
        return About(
            identity=get(self.connection, "identity"),
            name="Sandbox back office",
            currency=self.currency,
            time_zone=get(self.connection, "time_zone"),
            server_time=times.now(),
        )

    @property
    def closed_through(self) -> date | None:
        """The last day of the closed period, None while all is open."""
        text = get_meta(self.connection, "closed_through")
        return date.fromisoformat(text) if text else None

    def close_period(self, through: date | None) -> None:
        """Refuse documents dated on this day or before; None opens all periods again."""
        with atomic(self.connection):
            set_meta(self.connection, "closed_through", str(through or ""))

    # --- documents ---

    def push(self, documents: Sequence[Document]) -> list[DocumentOutcome]:
        """Book documents, each by itself, or queue them where it answers later; one outcome each, in order."""
        with atomic(self.connection):
            if self.answers == "later":
                return books.enqueue(self.connection, documents, books.CREATE)
            return self._book(documents)

    def amend(self, documents: Sequence[Document]) -> list[DocumentOutcome]:
        """Make booked sales say this instead, each by itself, or queue that; one outcome each, in order."""
        with atomic(self.connection):
            if self.answers == "later":
                return books.enqueue(self.connection, documents, books.AMEND)
            return self._amend(documents)

    def void(self, references: Sequence[str]) -> list[DocumentOutcome]:
        """Make sales void, each by itself, or queue that; one outcome each, in order."""
        with atomic(self.connection):
            sales = [next(self.documents(reference), None) for reference in references]
            known = [one.document for one in sales if one is not None]
            done = books.enqueue(self.connection, known, books.VOID) if self.answers == "later" else self._void(known)
            outcomes = {one.key: one for one in done}
            unknown = "There is no such sale."
            return [
                outcomes.get(one) or Refused(key=one, reason="unknown_document", message=unknown) for one in references
            ]

    def work_queue(self) -> list[DocumentOutcome]:
        """Book or refuse everything that waits in the queue, oldest first."""
        if not books.waiting(self.connection):
            return []
        with atomic(self.connection):
            results: list[DocumentOutcome] = []
            work = {books.CREATE: self._book, books.AMEND: self._amend, books.VOID: self._void}
            for action, run in groupby(books.waiting(self.connection), key=itemgetter(0)):
                results += work[action]([document for _, document in run])
            books.settle(self.connection, results)
        return results

    def find(self, references: Sequence[str]) -> list[LookUp]:
        """One answer per reference, in order, compared exactly."""
        with reading(self.connection):
            return books.find(self.connection, references)

    def outcomes(self, references: Sequence[str]) -> list[DocumentOutcome]:
        """What became of queued documents, in order."""
        with reading(self.connection):
            return books.outcomes(self.connection, references)

    def sell(self, sku: str, quantity: int = 1, *, location: str = "") -> str:
        """A sale at the counter: paid, taken along, under no reference of ours. Returns the document's number.

        `location`: where the counter is, "" for the main one.

        Errors: OfficeRefusal for an unknown or inactive SKU, no positive quantity, a closed period.
        """
        check_quantity(quantity)
        with atomic(self.connection) as connection:
            booking = Booking(
                connection, self.stock_falls_on, documents := [self._counter_sale(sku, quantity, location)]
            )
            result = booking.book(documents[0], shipped=True)
            booking.finish()
        if isinstance(result, Refused):
            raise OfficeRefusal(result.reason, result.message)
        return result.number

    def ship(
        self,
        document: str,
        lines: Mapping[str, int] | None = None,
        *,
        tracking_number: str = "",
        carrier: str = "",
        tracking_url: str = "",
    ) -> str:
        """Ship a sale, named by reference, id, number or order number; `lines` are units by line id, None: all left.

        Returns the shipment's id. Errors: OfficeRefusal if there is no such sale or so much is not left to ship.
        """
        parcel = books.Parcel(lines=lines, tracking_number=tracking_number, carrier=carrier, tracking_url=tracking_url)
        with atomic(self.connection) as connection:
            return books.ship(connection, document, parcel, relieve=self.stock_falls_on == "shipment")

    def unship(self, shipment: str) -> None:
        """Undo a shipment, named by its id: its goods are back. Errors: OfficeRefusal."""
        with atomic(self.connection) as connection:
            books.unship(connection, shipment, relieve=self.stock_falls_on == "shipment")

    def documents(self, reference: str | None = None) -> Iterator[books.Posted]:
        """What is in the books, in the order of booking, duplicates and counter sales included."""
        if reference is None:
            return books.posted(self.connection)
        return books.posted(self.connection, "reference = ?", [reference])

    def last_documents(self, count: int) -> list[books.Posted]:
        """The newest documents, newest last."""
        return list(books.posted(self.connection, "id > (SELECT coalesce(max(id), 0) FROM document) - ?", [count]))

    def references(self) -> list[str]:
        """The reference of every document that has one, in the order of booking: one exported twice stands twice."""
        rows = self.connection.execute("SELECT reference FROM document WHERE reference <> '' ORDER BY id")
        return [reference for (reference,) in rows]

    def pages(self, source: Reading[Record], cursor: str | None, page_size: int) -> Iterator[Page[Record]]:
        """A reading, page by page."""
        return read_pages(self.connection, source, cursor, page_size, self.currency)

    def _make_demo(self) -> None:
        self.load_variants((item.sku, item.title, item.price, item.units) for item in DEMO_CATALOG)
        self.add_groups([GROUP])
        self.upsert_customer(**ADA, group=GROUP)
        self.upsert_customer(**TOM)

    def _book(self, documents: Sequence[Document]) -> list[DocumentOutcome]:
        booking = Booking(self.connection, self.stock_falls_on, documents)
        results: list[DocumentOutcome] = [booking.book(document) for document in documents]
        booking.finish()
        return results

    def _amend(self, documents: Sequence[Document]) -> list[DocumentOutcome]:
        changes = Changes(self.connection, self.stock_falls_on, documents)
        results: list[DocumentOutcome] = [changes.amend(document) for document in documents]
        changes.finish()
        return results

    def _void(self, documents: Sequence[Document]) -> list[DocumentOutcome]:
        changes = Changes(self.connection, self.stock_falls_on, documents)
        results: list[DocumentOutcome] = [changes.void(document.reference) for document in documents]
        changes.finish()
        return results

    def _counter_sale(self, sku: str, quantity: int, location: str) -> Document:
        row = self.connection.execute(
            "SELECT i.title, p.amount FROM item i LEFT JOIN price p ON p.item_id = i.id AND p.price_list = ''"
            " WHERE i.id = ?",
            (self._item(sku),),
        ).fetchone()
        title, price = row[0], row[1] or "0"
        amount = money.round_minor(price, self.currency, quantity)
        line = DocumentLine(line_id="1", sku=sku, title=title, quantity=quantity, unit_price=price, amount=amount)
        return Document(
            reference="",
            kind=DocumentKind.SALE,
            event="counter",
            order_id="",
            number="",
            dated_on=datetime.now(ZoneInfo(get_meta(self.connection, "time_zone"))).date(),
            currency=self.currency,
            total=amount,
            fingerprint="",
            location=location,
            lines=(line,),
        )
