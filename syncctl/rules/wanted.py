"""What the back office should hold for an order: a pure function of the order."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from syncctl.model import (
    CANCEL,
    Charge,
    Document,
    DocumentCharge,
    DocumentKind,
    DocumentLine,
    LineItem,
    Order,
    OrderKind,
    Payment,
    RecordedDocument,
    Refund,
    RefundLine,
    Tender,
)
from syncctl.rules.references import reference
from syncctl.rules.totals import order_fingerprint, refund_fingerprint, sum_of
from syncctl.settings import OrderSettings
from syncctl.times import local_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Under what terms orders of one store become documents."""

    store_id: str
    settings: OrderSettings
    kinds: frozenset[DocumentKind]
    reference_length: int
    time_zone: str
    item: Callable[[str | None], str | None]  # the back office's item for a SKU; None: it has none
    taxed: bool  # tax goes into the documents
    location: str = ""  # of the back office, that units leave from and come back to; "": it decides
    booked_items: Mapping[str, str] = field(default_factory=dict)  # by line id: what a booked sale was booked on
    revision: int = 1  # the sale that is wanted: each time it was undone, the next
    sold_at: datetime | None = None  # of a sale whose last revision was credited: the period of that may be closed
    booked_as: str = ""  # the fingerprint of the booked sale, where the order was put back to what that has

    def item_of(self, line: LineItem) -> str | None:
        """The item of one line: that of its booked sale, so that a credit takes back what was sold."""
        return self.booked_items.get(line.id) or self.item(line.sku)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an order must wait for a person."""

    reason: str
    message: str
    detail: Mapping[str, object] = field(default_factory=dict)


def wanted_documents(
    order: Order,
    customer_id: str | None,
    terms: Terms,
    recorded: Sequence[RecordedDocument] = (),
    *,
    in_books: Collection[str] = (),
) -> list[Document] | Problem:
    """All documents that this order should lead to: one sale, one credit per refund, one payment per transaction.

    A refund that gives back neither goods nor a charge pays what was owed already, and leads to no credit. A return is
    one credit without an original. A cancelled order's sale is in the list, for it may be booked already. Once a
    cancellation is booked it has taken everything back that the refunds booked before it had left: refunds that the
    store records after it are covered. `in_books`: events of credits that the back office has though they are not
    recorded.
    """
    events = {*(one.event for one in recorded), *in_books}
    if CANCEL in events:
        order = replace(order, refunds=tuple(refund for refund in order.refunds if refund.id in events))
    unknown = sorted({line.sku or "(none)" for line in order.lines if terms.item_of(line) is None})
    if unknown:
        return Problem(
            "unknown SKU",
            f"the back office has no item {', '.join(repr(sku[:60]) for sku in unknown[:5])}",
            {"skus": [sku[:200] for sku in unknown[:50]]},
        )
    unmapped = sorted({charge.kind for charge in _all_charges(order)} - set(terms.settings.charges))
    if unmapped:
        return Problem("unmapped charge", f"orders.charges names no item for {', '.join(map(repr, unmapped[:5]))}")
    if order.kind == OrderKind.RETURN:
        return [_return(order, customer_id, terms)]
    sale = _sale(order, customer_id, terms)
    told = [refund for refund in order.refunds if refund.lines or refund.charges]
    wanted = [sale, *(_credit(refund, order, sale, terms) for refund in told)]
    if order.cancelled_at is not None and (rest := _rest(order)) is not None:
        wanted.append(_credit(rest, order, sale, terms))
    problem = _too_much_credited(order, wanted)
    paid = _paid(order, sale.total)
    if DocumentKind.PAYMENT in terms.kinds:
        wanted += [_payment(payment, amount, order, sale, terms) for payment, amount in paid]
    else:
        tenders = tuple(Tender(tender=_tender(payment, terms), amount=amount) for payment, amount in paid)
        wanted[0] = replace(sale, payments=tenders)
    return problem or wanted


def sale_reference(order: Order, terms: Terms) -> str:
    """The reference that the order's own document has, or would have."""
    if order.kind == OrderKind.RETURN:
        return _reference(order, terms, DocumentKind.CREDIT, "return")
    return _reference(order, terms, DocumentKind.SALE, sale_event(terms.revision))


def sale_event(revision: int) -> str:
    """The event of a sale: the first is the order itself, each later one has its number."""
    return "order" if revision == 1 else f"order:{revision}"


def undo_event(revision: int) -> str:
    """The event of what undoes a sale, so that it can be booked again."""
    return f"undo:{revision}"


def undo_reference(order: Order, terms: Terms) -> str:
    """The reference of the credit that undoes the order's sale of this revision."""
    return _reference(order, terms, DocumentKind.CREDIT, undo_event(terms.revision))


def credit_references(order: Order, terms: Terms) -> dict[str, str]:
    """By event the references that the credits of a cancelled order's refunds and of its cancellation would have."""
    events = (*(refund.id for refund in order.refunds), CANCEL)
    return {event: _reference(order, terms, DocumentKind.CREDIT, event) for event in events}


def _all_charges(order: Order) -> list[Charge]:
    return [*order.charges, *(charge for refund in order.refunds for charge in refund.charges)]


def _sale(order: Order, customer_id: str | None, terms: Terms) -> Document:
    return _document(
        order,
        terms,
        kind=DocumentKind.SALE,
        event=sale_event(terms.revision),
        at=terms.sold_at or order.placed_at,
        fingerprint=terms.booked_as or order_fingerprint(order),
        lines=tuple(_line(line, terms, 1) for line in order.lines),
        charges=tuple(_charge(charge, terms, 1) for charge in order.charges),
        customer_id=customer_id,
        original=None,
    )


def _return(order: Order, customer_id: str | None, terms: Terms) -> Document:
    return _document(
        order,
        terms,
        kind=DocumentKind.CREDIT,
        event="return",
        at=order.placed_at,
        fingerprint=order_fingerprint(order),
        lines=tuple(_line(line, terms, -1) for line in order.lines),
        charges=tuple(_charge(charge, terms, -1) for charge in order.charges),
        customer_id=customer_id,
        original=None,
    )


def _credit(refund: Refund, order: Order, sale: Document, terms: Terms) -> Document:
    origins = {line.id: line for line in order.lines}
    return _document(
        order,
        terms,
        kind=DocumentKind.CREDIT,
        event=refund.id,
        at=refund.refunded_at or order.cancelled_at or order.changed_at,
        fingerprint=refund_fingerprint(refund),
        lines=tuple(_credit_line(back, origins.get(back.line_id), terms) for back in refund.lines),
        charges=tuple(_charge(charge, terms, 1) for charge in refund.charges),
        customer_id=sale.customer_id,
        original=sale.reference,
    )


def _credit_line(back: RefundLine, origin: LineItem | None, terms: Terms) -> DocumentLine:
    item = terms.item_of(origin) if origin else None
    return DocumentLine(
        line_id=back.line_id,
        sku=item or terms.settings.placeholder_sku,
        title=origin.title if origin else "",
        quantity=back.quantity,
        unit_price=origin.unit_price if origin else "0",
        amount=back.amount,
        tax=back.tax if terms.taxed else 0,
        restock=back.restock,
    )


def _paid(order: Order, limit: int) -> list[tuple[Payment, int]]:
    """What each transaction paid of the sale, together never more than it (its tax may have been left out)."""
    paid = []
    for payment in sorted(order.payments, key=lambda one: (one.paid_at or order.placed_at, len(one.id), one.id)):
        amount = min(payment.amount, limit)
        if amount > 0:
            limit -= amount
            paid.append((payment, amount))
    return paid


def _tender(payment: Payment, terms: Terms) -> str:
    return terms.settings.tenders.get(payment.gateway, terms.settings.default_tender)


def _payment(payment: Payment, amount: int, order: Order, sale: Document, terms: Terms) -> Document:
    return Document(
        reference=_reference(order, terms, DocumentKind.PAYMENT, payment.id),
        kind=DocumentKind.PAYMENT,
        event=payment.id,
        order_id=order.id,
        number=order.number,
        dated_on=local_day(payment.paid_at or order.placed_at, terms.time_zone),
        currency=order.currency,
        total=amount,
        fingerprint=f"{payment.id}:{payment.amount}",
        customer_id=sale.customer_id,
        original=sale.reference,
        revision=terms.revision,
        store_number=terms.settings.store_number,
        tender=_tender(payment, terms),
    )


def _rest(order: Order) -> Refund | None:
    """What a cancellation takes back beyond the refunds: the units that no refund names, with what belongs to them.

    Money on units that were refunded, but not in full, was kept by the merchant and stays booked.
    """
    lines = []
    for line in order.lines:
        back = [one for refund in order.refunds for one in refund.lines if one.line_id == line.id]
        quantity = line.quantity - sum(one.quantity for one in back)
        if quantity > 0:
            amount, tax = line.amount - sum(one.amount for one in back), line.tax - sum(one.tax for one in back)
            lines.append(RefundLine(line_id=line.id, quantity=quantity, amount=amount, tax=tax, restock=True))
    if not lines:
        return None
    refunded = (charge for refund in order.refunds for charge in refund.charges)
    charges = (*order.charges, *(replace(charge, amount=-charge.amount, tax=-charge.tax) for charge in refunded))
    total = sum_of(lines, charges)
    return Refund(id=CANCEL, total=total, lines=tuple(lines), charges=charges, refunded_at=order.cancelled_at)


def _too_much_credited(order: Order, wanted: Sequence[Document]) -> Problem | None:
    credited: dict[str, int] = {}
    for back in (line for document in wanted[1:] for line in document.lines):
        credited[back.line_id] = credited.get(back.line_id, 0) + back.quantity
    ordered = {line.id: line.quantity for line in order.lines}
    for line_id, quantity in credited.items():
        if quantity > ordered.get(line_id, 0):
            return Problem(
                "refunded too much", f"{quantity} units of line {line_id} were given back, more than ordered"
            )
    total = sum(document.total for document in wanted[1:])
    if total > wanted[0].total:
        return Problem("refunded too much", f"{total} minor units were given back of a sale of {wanted[0].total}")
    return None


def _document(
    order: Order,
    terms: Terms,
    *,
    kind: DocumentKind,
    event: str,
    at: datetime,
    fingerprint: str,
    lines: tuple[DocumentLine, ...],
    charges: tuple[DocumentCharge, ...],
    customer_id: str | None,
    original: str | None,
) -> Document:
    return Document(
        reference=_reference(order, terms, kind, event),
        kind=kind,
        event=event,
        order_id=order.id,
        number=order.number,
        dated_on=local_day(at, terms.time_zone),
        currency=order.currency,
        total=sum_of(lines, charges),
        fingerprint=fingerprint,
        lines=lines,
        charges=charges,
        tax_included=order.tax_included,
        customer_id=customer_id,
        location=terms.location,
        original=original,
        revision=terms.revision,
        store_number=terms.settings.store_number,
        taxed=terms.taxed,
        email=order.email,
        ship_to=order.shipping_address,
        bill_to=order.billing_address,
    )


def _line(line: LineItem, terms: Terms, sign: int) -> DocumentLine:
    return DocumentLine(
        line_id=line.id,
        sku=terms.item_of(line) or terms.settings.placeholder_sku,
        title=line.title,
        quantity=sign * line.quantity,
        unit_price=line.unit_price,
        amount=sign * line.amount,
        tax=sign * line.tax if terms.taxed else 0,
    )


def _charge(charge: Charge, terms: Terms, sign: int) -> DocumentCharge:
    return DocumentCharge(
        kind=charge.kind,
        item=terms.settings.charges[charge.kind],
        title=charge.title,
        amount=sign * charge.amount,
        tax=sign * charge.tax if terms.taxed else 0,
    )


def _reference(order: Order, terms: Terms, kind: DocumentKind, event: str) -> str:
    return reference(terms.store_id, order.id, kind, event, terms.reference_length)
