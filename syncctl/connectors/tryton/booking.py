"""Booking sales: made as drafts, compared to the minor unit, quoted and confirmed; many in each call.

A web shop keeps each web id once, so that no order is ever booked twice, whoever tries. What a former run has left
between draft and confirmed is in no books: it is thrown away and made anew.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal

from syncctl.connectors.tryton.base import MOST_LINES, Row, ShopBooks
from syncctl.connectors.tryton.halving import each, loads
from syncctl.connectors.tryton.parties import Parties, Receiver
from syncctl.connectors.tryton.rpc import Declined
from syncctl.connectors.tryton.sale_lines import Product, Products, Values, charge_lines, goods_lines, skus_of
from syncctl.model import Booked, Document, DocumentOutcome, Refused, Unclear

UNBOOKED = ("draft", "quotation")
NOT_SENT = "confirmed"
"""What is to be sent of a sale is made in a transaction of its own, after that in which it is confirmed."""
_SALE = ["web_id", "state", "number", "total_amount"]
Outcomes = dict[str, DocumentOutcome]
"""By the references of documents."""
Drafts = dict[int, Document]
"""Documents on their way into the books, by the ids of their sales in Tryton. What is given up is taken out of it."""


class Booking:
    """Books the sales of one batch. `digits`: of the currency."""

    def __init__(self, books: ShopBooks) -> None:
        self._books = books
        self.shop, self.settings, self.digits = books.shop, books.settings, books.shop.digits

    def book(self, documents: Sequence[Document]) -> Outcomes:
        """One outcome for each reference. Errors: Unreachable and DataError: nobody knows what was done."""
        term = self._books.payment_term  # before anything is written: it may not be there
        products = self.products(documents)
        outcomes = self.refusals(documents, products)
        outcomes |= self.booked_before([one for one in documents if one.reference not in outcomes])
        receivers, strangers = self.receivers([one for one in documents if one.reference not in outcomes])
        outcomes |= strangers
        rest = [one for one in documents if one.reference in receivers]
        values = {one.reference: self._values(one, receivers[one.reference], products, term) for one in rest}
        drafts, problems = self.drafted(rest, values)
        outcomes |= problems
        for step in ("quote", "confirm"):
            outcomes |= self.step(step, drafts)
        return outcomes | self.booked(drafts)

    def receivers(self, documents: Sequence[Document]) -> tuple[dict[str, Receiver], Outcomes]:
        """Whom each is made out to, and why some cannot be."""
        receivers, declined = Parties(self._books).of(documents)
        problems: Outcomes = {}
        for one in documents:
            if one.reference in declined:
                problems[one.reference] = refused(one, "refused", declined[one.reference].said)
            elif one.reference not in receivers:
                text = f"Tryton has no party {one.customer_id!r} that is in use."
                problems[one.reference] = refused(one, "unknown_customer", text)
        return receivers, problems

    def refusals(self, documents: Sequence[Document], products: Products) -> Outcomes:
        """Those that cannot be booked, as far as that is known before anything is sent."""
        return {one.reference: problem for one in documents if (problem := self._refusal(one, products))}

    def products(self, documents: Sequence[Document], *, given_back: bool = False) -> Products:
        """The items of these documents by SKU: those that are sold; of what is `given_back`, that ever were, too."""
        skus = sorted(set().union(*(skus_of(one, self.settings.tax_item) for one in documents)) - {""})
        sold = [["active", "in", [True, False]]] if given_back else [["salable", "=", True], ["active", "=", True]]
        rows = self._books.rows(
            "product.product", [["code", "in", skus], *sold], ["code", "type", "default_uom", "active"]
        )
        return {
            row["code"]: Product(row["id"], row["default_uom"], row["type"] != "service")
            for row in sorted(rows, key=lambda row: (row["active"], row["id"]))
            if row["code"] in skus
        }

    def _refusal(self, document: Document, products: Products) -> Refused | None:
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

    def booked_before(
        self, documents: Sequence[Document], tidy: Callable[[Sequence[Document]], None] | None = None
    ) -> Outcomes:
        """Those that are in the books already; what of them was left unbooked is tidied up and thrown away."""
        by_reference = {one.reference: one for one in documents}
        outcomes: Outcomes = {}
        left: Drafts = {}
        there: Drafts = {}
        for row in self.sales(sorted(by_reference)):
            kept = left if row["state"] in UNBOOKED else there
            kept[row["id"]] = by_reference[row["web_id"]]
        outcomes |= self.booked(there)

        def tidied(some: Sequence[Document]) -> Sequence[None]:
            if tidy is not None:
                tidy(some)
            return [None] * len(some)

        for document, answer in each(list(left.values()), tidied):
            if isinstance(answer, Declined):
                outcomes[document.reference] = refused(document, "not_taken_off", answer.said)
        ready = [sale for sale, document in left.items() if document.reference not in outcomes]
        for sale, declined in self.throw_away(ready).items():
            text = f"What was begun of it in Tryton cannot be deleted: {declined.said}"
            outcomes[left[sale].reference] = refused(left[sale], "refused", text)
        return outcomes

    def sales(self, references: Sequence[str]) -> list[Row]:
        """The sales under these references, in any state."""
        if not references:
            return []
        domain = [["web_shop", "=", self.shop.id], ["web_id", "in", list(references)]]
        return [row for row in self._books.rows("sale.sale", domain, _SALE) if row["web_id"] in references]

    def throw_away(self, sales: Sequence[int]) -> dict[int, Declined]:
        """Delete what is in no books; returns what Tryton will not delete, because somebody works on it."""
        there = {row["id"]: row["state"] for row in self._there(sales, ["state"])}
        quoted = {sale for sale, state in there.items() if state == "quotation"}

        def deleted(some: Sequence[int]) -> Sequence[None]:
            if back := [one for one in some if one in quoted]:
                self._books.write("sale.sale", "draft", back)
                quoted.difference_update(back)
            self._books.write("sale.sale", "delete", list(some))
            return [None] * len(some)

        return {sale: answer for sale, answer in each(list(there), deleted) if isinstance(answer, Declined)}

    def _there(self, sales: Sequence[int], fields: list[str]) -> list[Row]:
        """Those of these sales that are still there: another run may have thrown away what this one has begun."""
        return self._books.rows("sale.sale", [["id", "in", list(sales)]], fields) if sales else []

    def drafted(self, documents: Sequence[Document], values: Mapping[str, Values]) -> tuple[Drafts, Outcomes]:
        """Make drafts of these, each with its own total; one that Tryton refuses stops no other."""
        outcomes: Outcomes = {}
        drafts: Drafts = {}

        def create(some: Sequence[Document]) -> Sequence[int]:
            made: list[int] = self._books.write("sale.sale", "create", [values[one.reference] for one in some])
            return made

        declined: list[tuple[Document, Declined]] = []
        for load in loads(documents, MOST_LINES, _lines):
            for document, answer in each(load, create):
                if isinstance(answer, Declined):
                    declined.append((document, answer))
                else:
                    drafts[answer] = document
        outcomes |= self.not_made(declined)
        wrong = self._wrong_totals(drafts)
        outcomes |= {drafts.pop(sale).reference: problem for sale, problem in wrong.items()}
        self.throw_away(list(wrong))
        return drafts, outcomes

    def step(self, step: str, drafts: Drafts) -> Outcomes:
        """Quote or confirm; what Tryton refuses is given up."""
        gone = self._stepped(step, drafts)
        self.throw_away(list(gone))
        return self.not_made([(drafts.pop(sale), declined) for sale, declined in gone.items()], ours=gone)

    def _stepped(self, step: str, sales: Drafts) -> dict[int, Declined]:
        """Those for which Tryton refuses a step."""

        def stepped(some: Sequence[int]) -> Sequence[None]:
            self._books.write("sale.sale", step, list(some))
            return [None] * len(some)

        answers = [
            answer
            for load in loads(sales, MOST_LINES, lambda sale: _lines(sales[sale]))
            for answer in each(load, stepped)
        ]
        return {sale: answer for sale, answer in answers if isinstance(answer, Declined)}

    def booked(self, sales: Drafts) -> Outcomes:
        """What became of sales that were confirmed. Where Tryton has not made what is to be sent, it is told to."""
        outcomes: Outcomes = {}
        late: Drafts = {}
        for row in self._books.by_ids("sale.sale", list(sales), _SALE):
            outcomes[row["web_id"]] = found = self._found(row, sales[row["id"]].total)
            if isinstance(found, Booked) and row["state"] == NOT_SENT:
                late[row["id"]] = sales[row["id"]]
        for sale, declined in self._stepped("process", late).items():
            outcomes[sales[sale].reference] = refused(sales[sale], "not_processed", declined.said)
        return outcomes

    def not_made(
        self, declined: Sequence[tuple[Document, Declined]], reason: str = "refused", *, ours: Collection[int] = ()
    ) -> Outcomes:
        """What Tryton has refused, unless another run is there with it: what it says of that depends on its language.

        What the other has not booked yet is unclear: the next run looks for it. `ours`: sales that this run had made.
        """
        by_reference = {document.reference: document for document, _ in declined}
        rows = [row for row in self.sales(sorted(by_reference)) if row["id"] not in ours]
        outcomes: Outcomes = {one.reference: refused(one, reason, error.said) for one, error in declined}
        outcomes |= {row["web_id"]: Unclear(key=row["web_id"], message="another run is booking it") for row in rows}
        there = [row for row in rows if row["state"] not in UNBOOKED]
        return outcomes | self.booked({row["id"]: by_reference[row["web_id"]] for row in there})

    def _wrong_totals(self, drafts: Drafts) -> dict[int, Refused]:
        rows = self._there(list(drafts), ["total_amount"])
        return {
            row["id"]: refused(
                drafts[row["id"]], "totals_differ", f"Tryton makes it {row['total_amount']}; nothing was booked."
            )
            for row in rows
            if self.minor(row["total_amount"]) != _signed(drafts[row["id"]])
        }

    def _found(self, row: Row, total: int) -> DocumentOutcome:
        if abs(self.minor(row["total_amount"])) == total and row["state"] != "cancelled":
            return _booked(row)
        text = f"Tryton has another sale under this reference: {row['number']}, {row['total_amount']}, {row['state']}."
        return Refused(key=row["web_id"], reason="reference_taken", message=text)

    def minor(self, amount: Decimal) -> int:
        """An amount of the books in minor units."""
        return int(amount.scaleb(self.digits))

    def _values(self, document: Document, to: Receiver, products: Products, term: int | None) -> Values:
        lines = [
            *goods_lines(document, products, self.digits),
            *charge_lines(document, products, self.settings.tax_item, self.digits),
        ]
        paid = [f"Paid: {one.tender} {Decimal(one.amount).scaleb(-self.digits):f}" for one in document.payments]
        return {
            **self.head(document, to, term or to.payment_term),
            "comment": "\n".join(paid) or None,
            "lines": [["create", lines]],
        }

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


def _booked(row: Row) -> Booked:
    return Booked(key=row["web_id"], remote_id=str(row["id"]), number=row["number"] or "")


def _lines(document: Document) -> int:
    return len(document.lines) + len(document.charges)


def _signed(document: Document) -> int:
    return -document.total if document.kind == "credit" else document.total


def refused(document: Document, reason: str, message: str) -> Refused:
    """A refusal of this one document."""
    return Refused(key=document.reference, reason=reason, message=message)
