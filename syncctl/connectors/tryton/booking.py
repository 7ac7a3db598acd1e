"""Booking sales: made as drafts, compared to the minor unit, quoted and confirmed; many in each call.

A web shop keeps each web id once, so that no order is ever booked twice, whoever tries. What a former run has left
between draft and confirmed is in no books: it is thrown away and made anew.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from syncctl.connectors.tryton.base import ShopBooks
from syncctl.connectors.tryton.parties import Parties, Receiver
from syncctl.connectors.tryton.rpc import Declined
from syncctl.connectors.tryton.sale_lines import Product, Products, Values, charge_lines, goods_lines, skus_of
from syncctl.model import Booked, Document, DocumentOutcome, Refused

UNBOOKED = ("draft", "quotation")
_SALE = ["web_id", "state", "number", "total_amount"]
Row = Mapping[str, Any]


class Booking:
    """Books the sales of one batch. `digits`: of the currency."""

    def __init__(self, books: ShopBooks) -> None:
        self._books = books
        self._rpc, self.shop, self.settings = books.rpc, books.shop, books.settings
        self.context = self.shop.context
        self.digits = self.shop.digits

    def book(self, documents: Sequence[Document]) -> dict[str, DocumentOutcome]:
        """One outcome for each reference. Errors: Unreachable and DataError: nobody knows what was done."""
        products = self.products(documents)
        outcomes: dict[str, DocumentOutcome] = {}
        for one in documents:
            if problem := self.refusal(one, products):
                outcomes[one.reference] = problem
        rest = [one for one in documents if one.reference not in outcomes]
        outcomes |= self.booked_before(rest)
        rest = [one for one in rest if one.reference not in outcomes]
        receivers = Parties(self._books).of(rest)
        for one in rest:
            if one.reference not in receivers:
                outcomes[one.reference] = refused(one, "unknown_customer", f"Tryton has no party {one.customer_id!r}.")
        terms = self._term()
        values = {
            one.reference: self._values(one, receivers[one.reference], products, terms)
            for one in rest
            if one.reference in receivers
        }
        return outcomes | self.make([one for one in rest if one.reference in values], values)

    def products(self, documents: Sequence[Document]) -> Products:
        """The items of these documents that can be sold, by SKU."""
        skus = sorted(set().union(*(skus_of(one, self.settings.tax_item) for one in documents)) - {""})
        domain = [["code", "in", skus], ["salable", "=", True], ["active", "=", True]]
        fields = ["code", "type", "default_uom", "sale_uom"]
        rows = self._rpc.read("product.product", "search_read", domain, 0, None, None, fields, context=self.context)
        return {
            row["code"]: Product(row["id"], row["sale_uom"] or row["default_uom"], row["type"] == "goods")
            for row in rows
            if row["code"] in skus
        }

    def refusal(self, document: Document, products: Products) -> Refused | None:
        """Why a document cannot be booked, as far as that is known before it is sent."""
        parts = sum(line.amount for line in document.lines) + sum(one.amount for one in document.charges) + document.tax
        if not document.lines and not document.charges:
            return refused(document, "empty_document", "A document needs a line or a charge.")
        if parts != document.total:
            return refused(document, "totals_differ", f"The parts add up to {parts}, the total says {document.total}.")
        if document.currency != self.shop.currency:
            text = f"The books are kept in {self.shop.currency}, the document in {document.currency}."
            return refused(document, "foreign_currency", text)
        if document.tax and not self.settings.tax_item:
            return refused(document, "no_tax_item", "Set back_office.tax_item to the SKU of a service for taxes.")
        for sku in sorted(skus_of(document, self.settings.tax_item)):
            if sku not in products:
                return refused(document, "unknown_sku", f"Tryton has no item {sku[:60]!r} that is sold.")
        if document.location and document.location not in self.shop.warehouses:
            text = f"The web shop in Tryton has no warehouse {document.location[:60]!r}."
            return refused(document, "unknown_location", text)
        return None

    def booked_before(self, documents: Sequence[Document]) -> dict[str, DocumentOutcome]:
        """Those that are in the books already; what of them was left unbooked is thrown away."""
        totals = {one.reference: one.total for one in documents}
        found: dict[str, DocumentOutcome] = {}
        left = []
        for row in self.sales(sorted(totals)):
            if row["state"] in UNBOOKED:
                left.append(row)
            else:
                found[row["web_id"]] = self._found(row, totals[row["web_id"]])
        self.throw_away(left)
        return found

    def sales(self, references: Sequence[str]) -> list[Row]:
        """The sales under these references, in any state."""
        if not references:
            return []
        domain = [["web_shop", "=", self.shop.id], ["web_id", "in", list(references)]]
        rows: list[Row] = self._rpc.read("sale.sale", "search_read", domain, 0, None, None, _SALE, context=self.context)
        return [row for row in rows if row["web_id"] in references]

    def throw_away(self, rows: Sequence[Row]) -> None:
        """Delete what is in no books. Errors: Declined where somebody works on it."""
        quoted = [row["id"] for row in rows if row["state"] == "quotation"]
        if quoted:
            self._rpc.write("sale.sale", "draft", quoted, context=self.context)
        if rows:
            self._rpc.write("sale.sale", "delete", [row["id"] for row in rows], context=self.context)

    def make(self, documents: Sequence[Document], values: Mapping[str, Values]) -> dict[str, DocumentOutcome]:
        """Make and confirm these; one that Tryton refuses stops no other."""
        outcomes: dict[str, DocumentOutcome] = {}
        drafts: dict[int, Document] = {}

        def create(some: Sequence[Document]) -> list[int]:
            wanted = [values[one.reference] for one in some]
            made: list[int] = self._rpc.write("sale.sale", "create", wanted, context=self.context)
            return made

        for batch, answer in self._halved(documents, create):
            if isinstance(answer, Declined):
                outcomes[batch[0].reference] = self._not_made(batch[0], answer)
            else:
                drafts |= zip(answer, batch, strict=True)
        for sale, problem in self._wrong_totals(drafts).items():
            outcomes[drafts.pop(sale).reference] = problem
        return outcomes | self._confirmed(drafts)

    def _not_made(self, document: Document, error: Declined) -> DocumentOutcome:
        """Somebody else may have booked it meanwhile: what Tryton says of that depends on its language."""
        for row in self.sales([document.reference]):
            if row["state"] not in UNBOOKED:
                return self._found(row, document.total)
        return refused(document, "refused", error.said)

    def _wrong_totals(self, drafts: Mapping[int, Document]) -> dict[int, Refused]:
        if not drafts:
            return {}
        rows = self._rpc.read("sale.sale", "read", list(drafts), ["state", "total_amount"], context=self.context)
        wrong = [row for row in rows if self.minor(row["total_amount"]) != self._signed(drafts[row["id"]])]
        self.throw_away(wrong)
        return {
            row["id"]: refused(
                drafts[row["id"]], "totals_differ", f"Tryton makes it {row['total_amount']}; nothing was booked."
            )
            for row in wrong
        }

    def _confirmed(self, drafts: Mapping[int, Document]) -> dict[str, DocumentOutcome]:
        outcomes: dict[str, DocumentOutcome] = {}
        rest = list(drafts)
        for step in ("quote", "confirm"):
            gone: list[int] = []
            for batch, answer in self._halved(rest, lambda some, step=step: self._step(step, some)):  # type: ignore[misc]
                if isinstance(answer, Declined):
                    gone += batch
                    document = drafts[batch[0]]
                    outcomes[document.reference] = refused(document, "refused", answer.said)
            self.throw_away(self._states(gone))
            rest = [one for one in rest if one not in gone]
        for row in self._states(rest):
            outcomes[row["web_id"]] = self._booked(row)
        return outcomes

    def _step(self, step: str, sales: Sequence[int]) -> list[int]:
        self._rpc.write("sale.sale", step, list(sales), context=self.context)
        return list(sales)

    def _states(self, sales: Sequence[int]) -> list[Row]:
        if not sales:
            return []
        rows: list[Row] = self._rpc.read("sale.sale", "read", list(sales), _SALE, context=self.context)
        return rows

    def _halved(
        self, items: Sequence[Any], call: Callable[[Sequence[Any]], list[int]]
    ) -> Iterator[tuple[Sequence[Any], list[int] | Declined]]:
        """Call with all; where that is refused with halves, until what is refused stands alone."""
        if not items:
            return
        try:
            yield items, call(items)
        except Declined as error:
            if len(items) == 1:
                yield items, error
                return
            middle = len(items) // 2
            yield from self._halved(items[:middle], call)
            yield from self._halved(items[middle:], call)

    def _found(self, row: Row, total: int) -> DocumentOutcome:
        if abs(self.minor(row["total_amount"])) == total and row["state"] != "cancelled":
            return self._booked(row)
        text = f"Tryton has another sale under this reference: {row['number']}, {row['total_amount']}, {row['state']}."
        return Refused(key=row["web_id"], reason="reference_taken", message=text)

    def _booked(self, row: Row) -> Booked:
        return Booked(key=row["web_id"], remote_id=str(row["id"]), number=row["number"] or "")

    def minor(self, amount: Any) -> int:
        """An amount of the books in minor units."""
        return int(amount.scaleb(self.digits))

    def _signed(self, document: Document) -> int:
        return -document.total if document.kind == "credit" else document.total

    def _values(self, document: Document, to: Receiver, products: Products, term: int | None) -> Values:
        lines = [
            *goods_lines(document, products, self.digits),
            *charge_lines(document, products, self.settings.tax_item, self.digits),
        ]
        paid = [f"Paid: {one.tender} {one.amount / 10**self.digits:.{self.digits}f}" for one in document.payments]
        return {**self.head(document, to, term), "comment": "\n".join(paid) or None, "lines": [["create", lines]]}

    def head(self, document: Document, to: Receiver, term: int | None) -> Values:
        """All of a sale but its lines."""
        warehouse = self.shop.warehouses[document.location] if document.location else min(self.shop.warehouses.values())
        return {
            "company": self.shop.company,
            "currency": self.shop.currency_id,
            "party": to.party,
            "invoice_address": to.invoice_address,
            "shipment_address": to.shipment_address,
            "warehouse": warehouse,
            "web_shop": self.shop.id,
            "web_id": document.reference,
            "reference": document.number[:100],
            "sale_date": document.dated_on,
            "payment_term": term,
            "invoice_method": "order",
            "shipment_method": "order",
            "shipment_cost_method": None,
        }

    def _term(self) -> int | None:
        name = self.settings.payment_term
        if not name:
            return None
        found = self._rpc.read("account.invoice.payment_term", "search", [["name", "=", name]], 0, 1)
        return found[0] if found else None


def refused(document: Document, reason: str, message: str) -> Refused:
    """A refusal of this one document."""
    return Refused(key=document.reference, reason=reason, message=message)
