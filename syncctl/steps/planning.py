"""What is to be done for each order, from what the hub knows of its documents, and where it must, from the books."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from syncctl.hub.order_reading import StoredOrder
from syncctl.model import CANCEL, BookedSale, Document, Order, RecordedDocument
from syncctl.rules.amending import AMEND, CREDIT, VOID, Ways, as_booked, fits, plan_change, undo_document
from syncctl.rules.decisions import decide
from syncctl.rules.wanted import (
    Problem,
    Terms,
    credit_references,
    undo_event,
    undo_reference,
    wanted_documents,
)
from syncctl.steps import amending, booking, undoing
from syncctl.steps.booking import Task
from syncctl.steps.items import Items
from syncctl.steps.link_customers import Linked, link_customers
from syncctl.steps.run import BACK_OFFICE, Counts, Run
from syncctl.times import local_day

Planned = tuple[StoredOrder, Task | Problem]


@dataclass(slots=True)
class Planner:
    """Plans one batch of orders: `prepare` once, then `plan`, again where something was undone meanwhile."""

    run: Run
    items: Items
    currency: str | None
    recorded: dict[int, list[RecordedDocument]] = field(default_factory=dict)
    _sales: dict[int, BookedSale] = field(default_factory=dict)
    _shipped: set[int] = field(default_factory=set)
    _customers: dict[int, str] = field(default_factory=dict)  # the back office's ids by the hub's
    _waiting_customers: set[int | None] = field(default_factory=set)
    _credited: dict[int, set[str]] = field(default_factory=dict)  # by events; in the books, though the hub lacks it
    _waiting: set[int] = field(default_factory=set)
    _stopped: dict[int, Problem | None] = field(default_factory=dict)
    _revisions: dict[int, int | None] = field(default_factory=dict)  # of the standing sales, where the books were asked

    def prepare(self, orders: list[StoredOrder]) -> Counts:
        """Link the customers, and learn from the books what the hub cannot know for sure."""
        ids = [one.id for one in orders]
        self._read(ids)
        linked = self._link_customers(orders)
        in_doubt = _cancels_in_doubt(orders, self.recorded, self.items)
        self._credited, self._waiting = booking.credits_in_books(self.run, in_doubt)
        if doubts := self._undone_in_doubt(orders):
            self._stopped = undoing.settle(self.run, doubts)
            self._read(ids)
        standing = {one.id: sale for one in orders if (sale := self._standing(one.id)) is not None}
        self._sales |= amending.doubted(self.run, orders, standing)
        return linked

    def again(self, orders: Sequence[StoredOrder], counts: Counts) -> Iterator[Planned]:
        """The same once more, for orders whose sale was undone meanwhile, or found to be."""
        self._read([one.id for one in orders])
        yield from self.plan(orders, counts)

    def probe(self, orders: Sequence[StoredOrder]) -> None:
        """Ask the books which sale of these orders stands: one that is found may have been undone since."""
        asked = [(one, replace(self.items.terms(one.party), revision=self._revision(one.id))) for one in orders]
        self._revisions |= undoing.standing_revisions(self.run, asked)

    def plan(self, orders: Sequence[StoredOrder], counts: Counts) -> Iterator[Planned]:
        """What is to be done for each of these orders; those that must wait are only counted."""
        for stored in orders:
            stopped = self._stopped.get(stored.id)
            if stopped is not None:
                yield stored, stopped
            elif (
                stored.customer_id in self._waiting_customers
                or stored.id in self._waiting | self._stopped.keys()
                or self._revisions.get(stored.id, 1) is None
                or self._undo_is_coming(stored.id)
            ):
                counts["waiting"] += 1
            else:
                yield stored, self._task(stored)

    def _read(self, ids: Sequence[int]) -> None:
        doubted = {one for one in ids if one in self._sales and self._sales[one].recorded.state == "amending"}
        self.recorded |= self.run.hub.documents.recorded(ids)
        read = self.run.hub.documents.booked_sales(ids)
        self._sales |= {one: sale for one, sale in read.items() if one not in doubted}
        self._shipped |= self.run.hub.fulfilments.of_orders(list(read)) if self._revises else set()

    @property
    def _revises(self) -> bool:
        """Whether a sale may be undone and booked again."""
        return bool({VOID, CREDIT} & self.run.back_office.abilities.amend)

    def _link_customers(self, orders: list[StoredOrder]) -> Counts:
        wanted = _customers_to_link(self.run, orders, self.recorded)
        waiting = Linked(waiting=set(wanted))  # where they cannot be looked up now: booked on nobody else's account
        linked = self.run.apart(BACK_OFFICE, partial(link_customers, self.run, wanted), waiting)
        others = {one.customer_id for one in orders if one.customer_id is not None} - wanted
        known = self.run.hub.links.primaries(BACK_OFFICE, "customer", others)
        self._customers = linked.ids | {hub_id: link.remote_id for hub_id, link in known.items()}
        self._waiting_customers = set(linked.waiting)
        return Counts(linked.counts)

    def _undo_of(self, order_id: int) -> RecordedDocument | None:
        """What undid the last revision of an order's sale, as far as the hub knows."""
        if (sale := self._sales.get(order_id)) is None:
            return None
        event = undo_event(sale.recorded.revision)
        return next((one for one in self.recorded[order_id] if one.event == event), None)

    def _undo_is_coming(self, order_id: int) -> bool:
        """Also where a queue is worked on in order: an undo that is refused there would not stop the sale behind it."""
        undo, can = self._undo_of(order_id), self.run.back_office.abilities
        planned = can.queued_in_order and not can.answers_later  # in a plan, what answers at once
        return undo is not None and undo.state == "queued" and not planned

    def _standing(self, order_id: int) -> BookedSale | None:
        """An order's sale, if it has one that is not undone as far as the hub knows."""
        return self._sales.get(order_id) if self._undo_of(order_id) is None else None

    def _revision(self, order_id: int) -> int:
        """Of the sale that stands, or that is to be booked next."""
        found = self._revisions.get(order_id) or 1
        if (sale := self._sales.get(order_id)) is None:
            return found
        return max(found, sale.recorded.revision + int(self._undo_of(order_id) is not None))

    def _was_credited(self, order_id: int, terms: Terms) -> bool:
        """Whether the sale before this one was taken back by a credit: this one belongs on the same day as that."""
        event = undo_event(terms.revision - 1)
        return any((one.event, one.kind) == (event, "credit") for one in self.recorded.get(order_id, ()))

    def _undone_in_doubt(self, orders: Sequence[StoredOrder]) -> list[undoing.Doubt]:
        """Sales that stand as far as the hub knows, but whose undoing was sent, or may have been in the lost time."""
        lost = {one.id for one in booking.of_the_lost_time(self.run, orders)} if self._revises else set()
        found = []
        for stored in orders:
            sale = self._standing(stored.id)
            if sale is not None and (sale.recorded.state == "undoing" or stored.id in lost):
                found.append(undoing.Doubt(stored, sale, self._undo(stored, sale)))
        return found

    def _undo(self, stored: StoredOrder, sale: BookedSale) -> Document:
        terms = replace(self.items.terms(stored.party), revision=sale.recorded.revision)
        day = local_day(stored.order.changed_at, terms.time_zone)
        customer_id = self._customers.get(stored.customer_id or 0)
        undo = undo_document(stored.order, sale, undo_reference(stored.order, terms), day, customer_id)
        return replace(undo, store_number=terms.settings.store_number)

    def _task(self, stored: StoredOrder) -> Task | Problem:
        """What is wanted and not recorded yet; a Problem if it cannot be, or something booked misfits."""
        order = stored.order
        if self.currency is not None and order.currency != self.currency:
            text = f"it is in {order.currency[:10]!r}, the books are kept in {self.currency}"
            return Problem("foreign currency", text)
        sale = self._standing(stored.id)
        terms = replace(self.items.terms(stored.party), revision=self._revision(stored.id))
        terms = replace(terms, sold_at=order.changed_at if self._was_credited(stored.id, terms) else None)
        order, terms = _as_it_was_booked(order, terms, sale)
        recorded = self._in_force(stored.id, sale)
        wanted = wanted_documents(
            order,
            self._customers.get(stored.customer_id or 0),
            terms,
            recorded,
            in_books=self._credited.get(stored.id, ()),
        )
        if isinstance(wanted, Problem):
            return wanted
        change = plan_change(order, wanted, recorded, sale, self._ways(stored.id))
        if isinstance(change, Problem):
            return change
        undo = change is not None and change.way != AMEND and sale is not None
        return Task(
            stored,
            wanted,
            {one.reference: one.state for one in recorded},
            change=change,
            undo=self._undo(stored, sale) if undo and sale else None,
            unwanted=unwanted(self.run, order, known=stored.id in self.recorded),
            waiting=change is not None and change.wait,
            probed=not self._revises or stored.id in self._revisions,
        )

    def _in_force(self, order_id: int, sale: BookedSale | None) -> list[RecordedDocument]:
        """What is recorded of an order, without sales that were undone and what undid them."""
        recorded = self.recorded.get(order_id, [])
        undone = {undo_event(one.revision) for one in recorded}
        standing = sale.recorded.reference if sale is not None else None
        return [
            one
            for one in recorded
            if one.reference == standing or (one.kind not in ("sale", "void") and one.event not in undone)
        ]

    def _ways(self, order_id: int) -> Ways:
        abilities = self.run.back_office.abilities
        return Ways(
            ways=abilities.amend,
            allowed=self.run.settings.orders.edited == "amend",
            at_order=abilities.stock_falls_on == "order",
            shipped=order_id in self._shipped,
        )


def _customers_to_link(run: Run, orders: list[StoredOrder], recorded: Mapping[int, object]) -> set[int]:
    """The customers of what is to be booked; one whose only order was cancelled at once is nobody's business."""
    wanted = (one for one in orders if one.id in recorded or not unwanted(run, one.order))
    return {one.customer_id for one in wanted if one.customer_id is not None}


def _cancels_in_doubt(
    orders: list[StoredOrder], recorded: Mapping[int, list[RecordedDocument]], items: Items
) -> list[tuple[StoredOrder, dict[str, str]]]:
    """Cancelled orders with refunds, of whose cancellation no credit is recorded; each with its credits' references."""
    return [
        (stored, credit_references(stored.order, items.terms(stored.party)))
        for stored in orders
        if stored.order.cancelled_at is not None
        and stored.order.refunds
        and all(one.event != CANCEL for one in recorded.get(stored.id, []))
    ]


def _as_it_was_booked(order: Order, terms: Terms, sale: BookedSale | None) -> tuple[Order, Terms]:
    """What is credited must fit what was booked: its tax, its items, and if the order was cancelled after an edit that
    never reached the books, its goods."""
    if sale is None:
        return order, terms
    terms = replace(terms, taxed=sale.taxed, location=sale.location)
    if order.cancelled_at is not None and sale.recorded.state != "amending" and not fits(order, sale):
        return as_booked(order, sale), replace(terms, booked_items=sale.items, booked_as=sale.recorded.fingerprint)
    return order, replace(terms, booked_items=sale.items if fits(order, sale) else {})


def unwanted(run: Run, order: Order, *, known: bool = False) -> str:
    """Why an order is not to be booked if no sale of it stands in the books: cancelled, or left out by now.

    `known`: it was in the books once; then the filter no longer applies.
    """
    if order.cancelled_at is not None:
        return "cancelled before booking"
    verdict = decide(order, run.settings.orders)
    return verdict.reason if verdict.decision in ("left_out", "history") and not known else ""
