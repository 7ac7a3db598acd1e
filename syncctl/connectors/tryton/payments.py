"""Payments: noted beside the sale that they belong to. Nothing is booked by them.

A note is an attachment, whose name is the reference: it is found by that exactly, and shows on the sale in Tryton.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any

from syncctl.connectors.tryton.base import Row, ShopBooks
from syncctl.connectors.tryton.booking import UNBOOKED, Booking, refused
from syncctl.connectors.tryton.halving import each
from syncctl.connectors.tryton.rpc import Declined
from syncctl.model import Booked, Document, DocumentOutcome, Found, Unclear

_FIRST = "syncctl payment"
_ID = "payment "


class Payments:
    """Notes the payments of one batch."""

    def __init__(self, books: ShopBooks, booking: Booking) -> None:
        self._books, self._booking = books, booking

    def book(self, documents: Sequence[Document]) -> dict[str, DocumentOutcome]:
        """One outcome for each reference. Errors: Unreachable and DataError: nobody knows what was done."""
        sales = self._sales(documents)  # as they were before the look for what is noted already
        outcomes: dict[str, DocumentOutcome] = {
            one: Booked(key=one, remote_id=found.remote_id)
            for one, found in self.find([one.reference for one in documents]).items()
        }
        rest = [one for one in documents if one.reference not in outcomes]
        for one in rest:
            if one.original not in sales:
                text = f"Tryton has no sale {(one.original or '')[:60]!r}."
                outcomes[one.reference] = refused(one, "unknown_original", text)
        notes: dict[str, list[Document]] = {}
        for one in rest:
            if one.original in sales:
                notes.setdefault(one.original or "", []).append(one)
        return outcomes | self._noted(notes, sales)

    def _sales(self, documents: Sequence[Document]) -> dict[str, Row]:
        """The booked sales that these belong to, and when each was changed last."""
        domain = [
            ["web_shop", "=", self._books.shop.id],
            ["web_id", "in", sorted({one.original for one in documents if one.original})],
            ["state", "not in", list(UNBOOKED)],
        ]
        rows = self._books.rows("sale.sale", domain, ["web_id", "_timestamp"])
        return {row["web_id"]: row for row in rows}

    def _noted(self, notes: Mapping[str, Sequence[Document]], sales: Mapping[str, Row]) -> dict[str, DocumentOutcome]:
        """Note these on their sales, each sale as it was read: two runs that note the same at once do not do it twice.

        Whoever comes second is refused, and finds what the first has noted.
        """

        def write(some: Sequence[str]) -> Sequence[None]:
            arguments: list[object] = []
            for one in some:
                values = {"attachments": [["create", [self._note(document) for document in notes[one]]]]}
                arguments += [[sales[one]["id"]], values]
            read = {f"sale.sale,{sales[one]['id']}": sales[one]["_timestamp"] for one in some}
            self._books.write("sale.sale", "write", *arguments, as_read=read)
            return [None] * len(some)

        declined = {one: answer for one, answer in each(list(notes), write) if isinstance(answer, Declined)}
        documents = [document for some in notes.values() for document in some]
        found = self._once([one.reference for one in documents]) if documents else {}
        outcomes: dict[str, DocumentOutcome] = {}
        for one in documents:
            if one.reference in found:
                outcomes[one.reference] = Booked(key=one.reference, remote_id=found[one.reference].remote_id)
            elif (error := declined.get(one.original or "")) is None or error.changed:
                outcomes[one.reference] = Unclear(key=one.reference, message="the sale was changed at the same time")
            else:
                outcomes[one.reference] = refused(one, "refused", error.said)
        return outcomes

    def find(self, references: Sequence[str]) -> dict[str, Found]:
        """The payments that are noted under these references."""
        return {reference: notes[0] for reference, notes in self._notes(references).items()}

    def _notes(self, references: Sequence[str]) -> dict[str, list[Found]]:
        """The same, each with any that is there too, the oldest first."""
        domain = [["web_shop", "=", self._books.shop.id], ["attachments.name", "in", list(references)]]
        fields = ["attachments.name", "attachments.description"]  # only administrators may search attachments as such
        sales = self._books.rows("sale.sale", domain, fields)
        rows = sorted((one for sale in sales for one in sale["attachments."]), key=lambda one: int(one["id"]))
        notes: dict[str, list[Found]] = {}
        for row in rows:
            if row["name"] in references:
                notes.setdefault(row["name"], []).append(self._told(row))
        return notes

    def _once(self, references: Sequence[str]) -> dict[str, Found]:
        """What is noted under these references; of two that are the same, the younger is taken away by whoever sees it.

        Over SQLite Tryton compares before it locks, so that two writes at once may both find the sale as it was.
        """
        notes = self._notes(references)
        more = [one.remote_id.removeprefix(_ID) for some in notes.values() for one in some[1:] if one.total]
        if more:
            with suppress(Declined):  # another run has done it
                self._books.write("ir.attachment", "delete", [int(one) for one in more])
        return {reference: some[0] for reference, some in notes.items()}

    def _note(self, document: Document) -> dict[str, Any]:
        amount = Decimal(document.total).scaleb(-self._booking.digits)
        text = f"{_FIRST}: {amount:f} {document.currency} by {document.tender or 'unknown'} on {document.dated_on}"
        return {"name": document.reference, "type": "data", "description": text}

    def _told(self, row: Row) -> Found:
        """Of a note that somebody wrote over only its name is left: it agrees with no payment; a person must look."""
        words = (row["description"] or "").removeprefix(f"{_FIRST}: ").split(" ")
        total, currency = 0, ""
        if (row["description"] or "").startswith(_FIRST) and len(words) > 1:
            with suppress(ArithmeticError, ValueError):
                total, currency = int(Decimal(words[0]).scaleb(self._booking.digits)), words[1]
        return Found(reference=row["name"], remote_id=f"{_ID}{row['id']}", total=total, currency=currency)
