"""Documents in Tryton: found by their reference, and booked."""

from collections.abc import Callable, Sequence

from syncctl.connectors.tryton.base import Row, ShopBooks
from syncctl.connectors.tryton.booking import NOT_SENT, UNBOOKED, Booking
from syncctl.connectors.tryton.crediting import Crediting
from syncctl.connectors.tryton.lines import line_id_of
from syncctl.connectors.tryton.payments import Payments
from syncctl.connectors.tryton.receiving import TOLD_BY, is_outstanding
from syncctl.connectors.tryton.values import number
from syncctl.model import Absent, Document, DocumentKind, DocumentOutcome, Found, FoundLine, LookUp

_FOUND = [
    "web_id",
    "state",
    "number",
    "total_amount",
    "currency.code",
    "warehouse.name",
    "lines.note",
    "lines.quantity",
    "lines.product.code",
]


class DocumentBooks(ShopBooks):
    """Sales and credits are sales of the web shop, payments are notes on them."""

    def find_documents(self, references: Sequence[str], kind: DocumentKind | None = None) -> list[LookUp]:
        """A draft and a quotation are in no books: they are absent. So is a sale of which Tryton has not made yet what
        is to be sent, and a credit whose goods are not on the shelf.

        What is absent is pushed again, and what was begun of it is finished then.
        """
        wanted = sorted(set(references) - {""})
        found: dict[str, Found] = {}
        if wanted and kind != DocumentKind.PAYMENT:
            found |= self._sales(wanted, with_moves=kind != DocumentKind.SALE)
        if wanted and kind in (None, DocumentKind.PAYMENT):
            found |= Payments(self, Booking(self)).find(wanted)
        return [found.get(one) or Absent(reference=one) for one in references]

    def push_documents(self, documents: Sequence[Document]) -> list[DocumentOutcome]:
        """Sales first: what hangs on them may come in the same batch."""
        self.called("push_documents", documents, self.abilities.document_batch)
        booking = Booking(self)
        ways: dict[str, Callable[[Sequence[Document]], dict[str, DocumentOutcome]]] = {
            DocumentKind.SALE: booking.book,
            DocumentKind.CREDIT: Crediting(self, booking).book,
            DocumentKind.PAYMENT: Payments(self, booking).book,
        }
        outcomes: dict[str, DocumentOutcome] = {}
        for kind, book in ways.items():
            if some := [one for one in documents if one.kind == kind]:
                outcomes |= book(some)
        return [outcomes[one.reference] for one in documents]

    def _sales(self, references: Sequence[str], *, with_moves: bool) -> dict[str, Found]:
        domain = [
            ["web_shop", "=", self.shop.id],
            ["web_id", "in", references],
            ["state", "not in", [*UNBOOKED, NOT_SENT]],
        ]
        told_by = [f"lines.{name}" for name in TOLD_BY] if with_moves and self.settings.receive_returns else []
        rows = self.rows("sale.sale", domain, [*_FOUND, *told_by])
        return {
            row["web_id"]: self._found(row)
            for row in rows
            if row["web_id"] in references and not (told_by and any(map(is_outstanding, row["lines."])))
        }

    def _found(self, row: Row) -> Found:
        lines = [
            FoundLine(line_id=line_id, item=line["product."]["code"], quantity=abs(int(number(line["quantity"]))))
            for line in sorted(row["lines."], key=lambda one: one["id"])
            if (line_id := line_id_of(line["note"])) is not None and line["product."]
        ]
        warehouse = row["warehouse."]
        return Found(
            reference=row["web_id"],
            remote_id=str(row["id"]),
            total=abs(int(row["total_amount"].scaleb(self.shop.digits))),
            currency=row["currency."]["code"],
            state="void" if row["state"] == "cancelled" else "booked",
            number=row["number"] or "",
            location=warehouse["name"] if warehouse else "",
            lines=tuple(lines),
        )
