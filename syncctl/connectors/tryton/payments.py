"""Payments: noted beside the sale that they belong to. Nothing is booked by them.

A note is an attachment, whose name is the reference: it is found by that exactly, and shows on the sale in Tryton.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from syncctl.connectors.tryton.base import Row, ShopBooks
from syncctl.connectors.tryton.booking import UNBOOKED, Booking, refused
from syncctl.connectors.tryton.halving import each
from syncctl.connectors.tryton.rpc import Declined
from syncctl.model import Booked, Document, DocumentOutcome, Found

_FIRST = "syncctl payment"


class Payments:
    """Notes the payments of one batch."""

    def __init__(self, books: ShopBooks, booking: Booking) -> None:
        self._books, self._booking = books, booking

    def book(self, documents: Sequence[Document]) -> dict[str, DocumentOutcome]:
        outcomes: dict[str, DocumentOutcome] = {
            one: Booked(key=one, remote_id=found.remote_id)
            for one, found in self.find([one.reference for one in documents]).items()
        }
        originals = sorted({one.original for one in documents if one.original})
        sales = {row["web_id"]: row["id"] for row in self._booking.sales(originals) if row["state"] not in UNBOOKED}
        rest = []
        for one in documents:
            if one.reference not in outcomes and one.original not in sales:
                text = f"Tryton has no sale {(one.original or '')[:60]!r}."
                outcomes[one.reference] = refused(one, "unknown_original", text)
            elif one.reference not in outcomes:
                rest.append(one)

        def noted(some: Sequence[Document]) -> Sequence[int]:
            notes = [self._note(one, sales[one.original or ""]) for one in some]
            made: list[int] = self._books.write("ir.attachment", "create", notes)
            return made

        for one, answer in each(rest, noted):
            if isinstance(answer, Declined):
                outcomes[one.reference] = refused(one, "refused", answer.said)
            else:
                outcomes[one.reference] = Booked(key=one.reference, remote_id=f"payment {answer}")
        return outcomes

    def find(self, references: Sequence[str]) -> dict[str, Found]:
        """The payments that are noted under these references."""
        domain = [["web_shop", "=", self._books.shop.id], ["attachments.name", "in", list(references)]]
        fields = ["attachments.name", "attachments.description"]  # only administrators may search attachments as such
        sales = self._books.rows("sale.sale", domain, fields)
        rows = sorted((one for sale in sales for one in sale["attachments."]), key=lambda one: int(one["id"]))
        found: dict[str, Found] = {}
        for row in rows:
            if row["name"] in references and row["name"] not in found and (told := self._told(row)):
                found[row["name"]] = told
        return found

    def _note(self, document: Document, sale: int) -> dict[str, Any]:
        amount = Decimal(document.total).scaleb(-self._booking.digits)
        text = f"{_FIRST}: {amount:f} {document.currency} by {document.tender or 'unknown'} on {document.dated_on}"
        return {"resource": f"sale.sale,{sale}", "name": document.reference, "type": "data", "description": text}

    def _told(self, row: Row) -> Found | None:
        """None for an attachment of somebody else's."""
        words = (row["description"] or "").removeprefix(f"{_FIRST}: ").split(" ")
        if not (row["description"] or "").startswith(_FIRST) or len(words) < 2:
            return None
        try:
            total = int(Decimal(words[0]).scaleb(self._booking.digits))
        except ArithmeticError:
            return None
        return Found(reference=row["name"], remote_id=f"payment {row['id']}", total=total, currency=words[1])
