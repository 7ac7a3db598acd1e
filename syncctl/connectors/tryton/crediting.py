"""Booking credits: sales with negative quantities that make no shipments by themselves.

Of what is to be sold again, first the units that have not left are taken off what the warehouse is to send; only units
that have left come back onto the shelf, and with a cancellation none: nothing says that they were sent back. What a
former run, or a person, took off already counts. `note`s of a credit's lines say how much was what, so that it can be
told apart the next time.

A credit is made as a draft, its units are taken off, it is confirmed, its goods are received. What a process that ended
has left of one shows that it had begun: then what it did to the original is finished first.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from syncctl.connectors.tryton.base import ShopBooks
from syncctl.connectors.tryton.booking import Booking, Drafts, Outcomes, refused
from syncctl.connectors.tryton.lines import BACK, UNSENT, note_of
from syncctl.connectors.tryton.originals import Original, originals
from syncctl.connectors.tryton.parties import Receiver
from syncctl.connectors.tryton.receiving import Receiving
from syncctl.connectors.tryton.rpc import Declined
from syncctl.connectors.tryton.sale_lines import Products, Values, charge_lines, lines_for
from syncctl.connectors.tryton.taking_off import TakingOff, Unsent
from syncctl.model import Booked, Document, DocumentLine, DocumentOutcome, Refused


@dataclass(frozen=True, slots=True)
class Part:
    """Some units of a credit's line, and what became of them: UNSENT, BACK or "" (gone for good)."""

    line: DocumentLine
    units: int
    sort: str


class Crediting:
    """Books the credits of one batch."""

    def __init__(self, books: ShopBooks, booking: Booking) -> None:
        self._books, self._booking = books, booking
        self._taking_off, self._receiving = TakingOff(books), Receiving(books)

    def book(self, documents: Sequence[Document]) -> Outcomes:
        """One outcome for each reference. Errors: Unreachable and DataError: nobody knows what was done."""
        products = self._booking.products(documents, given_back=True)
        outcomes = self._booking.refusals(documents, products)
        rest = [one for one in documents if one.reference not in outcomes]
        outcomes |= self._booking.booked_before(rest, self._tidy)
        rest = [one for one in rest if one.reference not in outcomes]
        for some in _rounds(rest):
            outcomes |= self._round(some, products)
        return self._received(outcomes)

    def _tidy(self, left: Sequence[Document]) -> None:
        self._taking_off.tidy(one.original for one in left if one.original)

    def _round(self, documents: Sequence[Document], products: Products) -> Outcomes:
        """Credits of different sales: what one takes off another cannot miss."""
        there = originals(self._books, [one.original for one in documents if one.original])
        outcomes: Outcomes = {}
        parts: dict[str, list[Part]] = {}
        for one in documents:
            found = _parts(one, there.get(one.original or ""), products)
            if isinstance(found, Refused):
                outcomes[one.reference] = found
            else:
                parts[one.reference] = found
        rest = [one for one in documents if one.reference in parts]
        receivers, strangers = self._receivers(rest, there)
        outcomes |= strangers
        rest = [one for one in rest if one.reference in receivers]
        values = {
            one.reference: self._values(one, parts[one.reference], receivers[one.reference], there, products)
            for one in rest
        }
        drafts, problems = self._booking.drafted(rest, values)
        outcomes |= problems | self._booking.step("quote", drafts)
        outcomes |= self._take_off(drafts, parts, there)
        return outcomes | self._booking.step("confirm", drafts) | self._booking.booked(drafts)

    def _receivers(
        self, documents: Sequence[Document], there: Mapping[str, Original]
    ) -> tuple[dict[str, Receiver], Outcomes]:
        """Whom the sale was made out to, is its credit."""
        receivers, problems = self._booking.receivers([one for one in documents if not one.original])
        for one in documents:
            if one.original:
                row = there[one.original].row
                receivers[one.reference] = Receiver(row["party"], row["invoice_address"], row["shipment_address"])
        return receivers, problems

    def _values(
        self,
        document: Document,
        parts: Sequence[Part],
        receiver: Receiver,
        there: Mapping[str, Original],
        products: Products,
    ) -> Values:
        digits = self._booking.digits
        original = there.get(document.original or "")
        warehouse = original.row["warehouse."] if original else None
        if not document.location and warehouse and warehouse["name"] in self._books.shop.warehouses:
            document = replace(document, location=warehouse["name"])
        lines = [
            *_lines(parts, products, digits),
            *charge_lines(document, products, self._books.settings.tax_item, digits, -1),
        ]
        head = self._booking.head(document, receiver, None)
        origin = f"sale.sale,{original.id}" if original else None
        return {**head, "origin": origin, "shipment_method": "manual", "lines": [["create", lines]]}

    def _take_off(self, drafts: Drafts, parts: Mapping[str, Sequence[Part]], there: Mapping[str, Original]) -> Outcomes:
        """Take off what has not left; a credit for which Tryton will not have that is given up."""
        wanted = [
            Unsent(sale, one.original, units, len(there[one.original].row["lines."]))
            for sale, one in drafts.items()
            if one.original and (units := _unsent(parts[one.reference]))
        ]
        outcomes: Outcomes = {}
        for sale, declined in self._taking_off.take_off(wanted).items():
            document = drafts.pop(sale)
            with suppress(Declined):  # what is left of it shows the next run that there is something to finish
                self._tidy([document])
                self._booking.throw_away([sale])
            outcomes |= self._booking.not_made([(document, declined)], "not_taken_off", ours=[sale])
        return outcomes

    def _received(self, outcomes: Outcomes) -> Outcomes:
        """What is booked, with its goods on the shelf: else it is not yet."""
        booked = [key for key, one in outcomes.items() if isinstance(one, Booked)]
        problems = self._receiving.receive(booked)
        held: dict[str, DocumentOutcome] = {
            key: Refused(key=key, reason="not_received", message=f"Its goods are not put on the shelf in Tryton: {why}")
            for key, why in problems.items()
        }
        return outcomes | held


def _rounds(documents: Sequence[Document]) -> Iterator[list[Document]]:
    """In each round one credit of each sale, in the order given."""
    counts = Counter[str]()
    rounds: dict[int, list[Document]] = {}
    for one in documents:
        key = one.original or one.reference
        rounds.setdefault(counts[key], []).append(one)
        counts[key] += 1
    yield from rounds.values()


def _parts(document: Document, original: Original | None, products: Products) -> list[Part] | Refused:
    """What becomes of each line; why it cannot be credited now."""
    if document.original and original is None:
        return refused(document, "unknown_original", f"Tryton has no sale {document.original[:60]!r}.")
    if original and (problem := _too_much(document, original)):
        return problem
    taken: dict[str, Counter[str]] = {UNSENT: Counter(), BACK: Counter()}
    parts = []
    for line in document.lines:
        if not (original and line.restock and products[line.sku].moves):
            parts.append(Part(line, line.quantity, BACK if line.restock else ""))
            continue
        key = line.line_id
        here = original.off(key) + sum(move.units for move in original.waiting(key))
        unsent = min(line.quantity, here - taken[UNSENT][key])
        back = min(line.quantity - unsent, original.back(key) - taken[BACK][key])
        if unsent + back < line.quantity:
            text = "Its goods are being packed in Tryton. Send that shipment, or cancel it: then try this again."
            return refused(document, "being_packed", text)
        taken[UNSENT][key] += unsent
        taken[BACK][key] += back
        parts += [Part(line, unsent, UNSENT), Part(line, back, BACK if document.returned else "")]
    return [one for one in parts if one.units]


def _unsent(parts: Sequence[Part]) -> Counter[str]:
    units = Counter[str]()
    for part in parts:
        if part.sort == UNSENT:
            units[part.line.line_id] += part.units
    return units


def _lines(parts: Sequence[Part], products: Products, digits: int) -> Iterator[Values]:
    """Each part with its note; the last one of a line has what is left of its amount."""
    left: dict[int, tuple[int, int]] = {}
    for part in parts:
        line = part.line
        units, amount = left.get(id(line), (line.quantity, line.amount))
        share = amount if part.units == units else line.amount * part.units // line.quantity
        left[id(line)] = (units - part.units, amount - share)
        yield from lines_for(line, part.units, share, products[line.sku], digits, note_of(line.line_id, part.sort), -1)


def _too_much(document: Document, original: Original) -> Refused | None:
    asked = Counter[str]()
    for line in document.lines:
        asked[line.line_id] += line.quantity
        if asked[line.line_id] > original.creditable(line.line_id):
            text = f"More of line {line.line_id[:40]!r} is credited than was sold."
            return refused(document, "credit_exceeds_sale", text)
    return None
