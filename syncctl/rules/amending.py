"""What to do about a booked sale that no longer fits its order: amend it where that is safe, else say why not."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from syncctl import money
from syncctl.errors import MoneyError
from syncctl.model import (
    BookedSale,
    Charge,
    Document,
    DocumentKind,
    DocumentLine,
    LineItem,
    Order,
    OrderKind,
    RecordedDocument,
)
from syncctl.rules.documents import misfit
from syncctl.rules.totals import order_fingerprint, sum_of
from syncctl.rules.wanted import Problem, undo_event

AMEND, VOID, CREDIT = "amend", "void", "credit"  # the ways to change a sale, in the order of preference


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """What may be done to a booked document: the ways of the back office, none if the settings say hold.

    `at_order`: units leave the reported stock when a sale is booked, not when they are shipped.
    """

    ways: Collection[str]
    allowed: bool
    at_order: bool
    shipped: bool = False  # of this order, something has left


@dataclass(frozen=True, slots=True)
class Change:
    """What a booked sale is to say instead, and by which way.

    `wait`: not now, for it is still on its way into the books itself.
    """

    booked: BookedSale
    new: Document
    way: str = AMEND
    wait: bool = False

    @property
    def in_doubt(self) -> bool:
        """Whether a change was sent before whose outcome is not known: then this one is sent even if all fits."""
        return self.booked.recorded.state == "amending"


def fits(order: Order, sale: BookedSale | None) -> bool:
    """Whether the booked sale, as far as it is known, was made from the order as it is now."""
    return sale is None or (sale.recorded.state != "amending" and sale.recorded.fingerprint == order_fingerprint(order))


def as_booked(order: Order, sale: BookedSale) -> Order:
    """The order with the goods and charges that its sale was booked with, so that a cancellation takes those back."""
    lines = tuple(
        LineItem(
            id=line.line_id,
            sku=line.sku,
            title=line.title,
            quantity=line.quantity,
            unit_price=line.unit_price,
            amount=line.amount,
            tax=line.tax,
        )
        for line in sale.lines
    )
    charges = tuple(Charge(kind=one.kind, title="", amount=one.amount, tax=one.tax) for one in sale.charges)
    return replace(order, lines=lines, charges=charges, total=sum_of(lines, charges))


def plan_change(
    order: Order,
    wanted: Sequence[Document],
    recorded: Sequence[RecordedDocument],
    sale: BookedSale | None,
    ways: Ways,
) -> Change | Problem | None:
    """What to do about booked documents that no longer fit: None if all fit, a Change, or why a person must look.

    Only a sale is ever changed, and only if all else that is booked still fits.
    """
    in_doubt = sale is not None and sale.recorded.state == "amending"
    problem = misfit(order, wanted, [one for one in recorded if one.kind != DocumentKind.SALE])
    problem = problem or misfit(order, wanted, recorded)
    if problem is None and not in_doubt:
        return None
    unfit = {one.reference for one in recorded if misfit(order, wanted, [one]) is not None}
    if sale is None or order.kind == OrderKind.RETURN or unfit - {sale.recorded.reference}:
        return problem
    new = next(one for one in wanted if one.reference == sale.recorded.reference)
    if in_doubt and AMEND in ways.ways:
        return Change(sale, new)
    if not ways.allowed:
        return both_versions(sale, new, "`orders.edited` says hold")
    if sale.recorded.state == "queued" and {AMEND, VOID, CREDIT} & set(ways.ways):
        return Change(sale, new, wait=True)
    why = {way: _why_not(way, order, new, recorded, sale, ways) for way in (AMEND, VOID, CREDIT) if way in ways.ways}
    way = next((way for way in why if not why[way]), None)
    if way is None or in_doubt:
        return both_versions(sale, new, "; ".join(why.values()) or "the back office cannot change a booked document")
    return Change(sale, new, way)


def undo_document(order: Order, sale: BookedSale, reference: str, dated_on: date, customer_id: str | None) -> Document:
    """The credit that takes all of a booked sale back, so that it can be booked again."""
    booked = sale.recorded
    titles = {line.id: line.title for line in order.lines}
    return Document(
        reference=reference,
        kind=DocumentKind.CREDIT,
        event=undo_event(booked.revision),
        order_id=order.id,
        number=order.number,
        dated_on=dated_on,
        currency=order.currency,
        total=booked.total,
        fingerprint=f"undo {booked.fingerprint}",
        lines=tuple(replace(line, title=titles.get(line.line_id, ""), restock=True) for line in sale.lines),
        charges=sale.charges,
        customer_id=customer_id,
        original=booked.reference,
        revision=booked.revision,
        location=sale.location,
        taxed=sale.taxed,
    )


def _why_not(
    way: str, order: Order, new: Document, recorded: Sequence[RecordedDocument], sale: BookedSale, ways: Ways
) -> str:
    """Why the sale cannot be changed in this way; "" if it can."""
    if way == AMEND:
        line_id = _credited_line(order, new, recorded, sale, ways)
        return f"what it credits of line {line_id[:40]} would no longer be right" if line_id else ""
    hanging = {one.kind for one in recorded if one.revision == sale.recorded.revision} - {str(DocumentKind.SALE)}
    if way == CREDIT:  # payments stay on the customer's account
        hanging -= {str(DocumentKind.PAYMENT)}
    if hanging:
        return f"to {way} it is not possible while a {min(hanging)} hangs on it"
    return f"to {way} it is not possible after something of it has left" if ways.shipped else ""


def _credited_line(
    order: Order, new: Document, recorded: Sequence[RecordedDocument], sale: BookedSale, ways: Ways
) -> str:
    """A line that changes though a booked credit is for it, in a way that makes its units uncertain; "" if none.

    Of units that came back before a line grew, nobody can tell whether they were on the shelf or not sent yet.
    """
    events = {one.event for one in recorded}
    credited = {back.line_id for refund in order.refunds if refund.id in events for back in refund.lines}
    now = {line.line_id: line for line in new.lines}
    for line in sale.lines:
        other = now.get(line.line_id)
        if line.line_id in credited and (
            other is None or other.sku != line.sku or (other.quantity != line.quantity and not ways.at_order)
        ):
            return line.line_id
    return ""


def both_versions(sale: BookedSale, new: Document, why: str, reason: str = "edited after booking") -> Problem:
    """The hold of a sale that could not be changed: what is booked, what the order says now, and why it stays so."""
    booked = sale.recorded
    return Problem(
        reason,
        f"its sale {booked.reference} is booked with a total of {booked.total}, the order now says {new.total} "
        f"(minor units), and it was not changed: {why}",
        {
            "booked": {
                "reference": booked.reference,
                "total": _amount(booked.total, new.currency),
                "fingerprint": booked.fingerprint,
                "lines": _in_words(sale.lines, new.currency),
            },
            "now": {
                "total": _amount(new.total, new.currency),
                "fingerprint": new.fingerprint,
                "lines": _in_words(new.lines, new.currency),
            },
        },
    )


def _in_words(lines: Sequence[DocumentLine], currency: str) -> Mapping[str, str]:
    """Each line for people, by its id."""
    return {line.line_id: f"{line.quantity} x {line.sku[:60]}, {_amount(line.amount, currency)}" for line in lines[:50]}


def _amount(minor: int, currency: str) -> str:
    try:
        return money.to_text(minor, currency)
    except MoneyError:
        return f"{minor} minor units"
