"""Documents in Tryton: found by their reference, and booked."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from syncctl.connectors.tryton.base import ShopBooks
from syncctl.connectors.tryton.booking import UNBOOKED, Booking
from syncctl.connectors.tryton.crediting import Crediting
from syncctl.connectors.tryton.lines import line_id_of
from syncctl.connectors.tryton.parties import Parties
from syncctl.connectors.tryton.payments import Payments
from syncctl.model import Absent, Document, DocumentKind, DocumentOutcome, Found, LookUp

_FOUND = [
    "web_id",
    "state",
    "number",
    "total_amount",
    "currency.code",
    "warehouse.name",
    "lines.note",
    "lines.product.code",
]
Row = Mapping[str, Any]


class DocumentBooks(ShopBooks):
    """Sales and credits are sales of the web shop, payments are notes on them."""

    def find_documents(self, references: Sequence[str], kind: DocumentKind | None = None) -> list[LookUp]:
        """A draft and a quotation are in no books: they are absent."""
        wanted = sorted(set(references) - {""})
        found: dict[str, Found] = {}
        if wanted and kind != DocumentKind.PAYMENT:
            found |= self._sales(wanted)
        if wanted and kind in (None, DocumentKind.PAYMENT):
            found |= Payments(Booking(self), self.rpc).find(wanted)
        return [found.get(one) or Absent(reference=one) for one in references]

    def push_documents(self, documents: Sequence[Document]) -> list[DocumentOutcome]:
        """Sales first: what hangs on them may come in the same batch."""
        self.called("push_documents", documents, self.abilities.document_batch)
        booking = Booking(self)
        ways: dict[str, Callable[[Sequence[Document]], dict[str, DocumentOutcome]]] = {
            DocumentKind.SALE: booking.book,
            DocumentKind.CREDIT: Crediting(booking, Parties(self), self.rpc).book,
            DocumentKind.PAYMENT: Payments(booking, self.rpc).book,
        }
        outcomes: dict[str, DocumentOutcome] = {}
        for kind, book in ways.items():
            if some := [one for one in documents if one.kind == kind]:
                outcomes |= book(some)
        return [outcomes[one.reference] for one in documents]

    def _sales(self, references: Sequence[str]) -> dict[str, Found]:
        domain = [
            ["web_shop", "=", self.shop.id],
            ["web_id", "in", list(references)],
            ["state", "not in", list(UNBOOKED)],
        ]
        rows: list[Row] = self.rpc.read(
            "sale.sale", "search_read", domain, 0, None, None, _FOUND, context=self.shop.context
        )
        return {row["web_id"]: self._found(row) for row in rows if row["web_id"] in references}

    def _found(self, row: Row) -> Found:
        items: dict[str, str] = {}
        for line in sorted(row["lines."], key=lambda one: one["id"]):
            if (line_id := line_id_of(line["note"])) is not None and line["product."]:
                items.setdefault(line_id, line["product."]["code"])
        warehouse = row["warehouse."]
        return Found(
            reference=row["web_id"],
            remote_id=str(row["id"]),
            total=abs(int(row["total_amount"].scaleb(self.shop.digits))),
            currency=row["currency."]["code"],
            state="void" if row["state"] == "cancelled" else "booked",
            number=row["number"] or "",
            location=warehouse["name"] if warehouse else "",
            items=tuple(items.values()),
        )
