"""Step 2: make the back office hold each order's documents, exactly once (invariants I1, I2, I6, I8).

For each batch of orders: decide what is wanted, commit journal rows, look the references up, create what is absent,
commit the outcomes. Sales first; credits and payments once their sale is booked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from syncctl import times
from syncctl.hub.bulk import in_chunks
from syncctl.hub.holds import Hold
from syncctl.hub.order_reading import StoredOrder
from syncctl.model import Booked, BookedSale, Order, Queued, RecordedDocument, Refused
from syncctl.rules.amending import Ways, as_booked, fits, plan_change
from syncctl.rules.decisions import Verdict, counts_against_stock, decide
from syncctl.rules.wanted import CANCEL, Problem, Terms, cancel_reference, sale_reference, wanted_documents
from syncctl.steps import amending, booking
from syncctl.steps.booking import Task
from syncctl.steps.items import Items
from syncctl.steps.link_customers import link_customers
from syncctl.steps.run import BACK_OFFICE, Counts, Run


def push_orders(run: Run) -> Counts:
    """Book what is pending; what cannot be booked is held with its reason, and the rest goes on."""
    about = run.back_office.about()
    run.hub.parties.confirm(BACK_OFFICE, about)
    counts = _settle_queued(run)
    if _still_settling(run):
        counts["waiting"] += 1
        return counts
    items = Items(run)
    after = 0
    while ids := run.hub.orders.pending_ids(after, run.back_office.abilities.document_batch, run.only):
        after = ids[-1]
        counts += _push_batch(run, run.hub.orders.load(ids), items, about.currency)
        run.progress(f"{BACK_OFFICE}: {counts['booked'] + counts['queued']} documents handed over")
        run.checkpoint()
    run.hub.holds.clear_unwanted_items()
    return counts


def _push_batch(run: Run, orders: list[StoredOrder], items: Items, currency: str | None) -> Counts:
    items.learn(line.sku for stored in orders for line in stored.order.lines)
    ids = [one.id for one in orders]
    recorded, sales = run.hub.documents.recorded(ids), run.hub.documents.booked_sales(ids)
    wanted = _customers_to_link(run, orders, recorded)
    linked = link_customers(run, wanted)
    others = {one.customer_id for one in orders if one.customer_id is not None} - wanted
    known = run.hub.links.primaries(BACK_OFFICE, "customer", others)
    linked.ids.update({hub_id: link.remote_id for hub_id, link in known.items()})
    cancelled, waiting = booking.cancels_in_books(run, _cancels_in_doubt(orders, recorded, items))
    sales |= amending.doubted(run, orders, sales)
    tasks = []
    counts = Counts(linked.counts)
    for stored in orders:
        if stored.customer_id in linked.waiting or stored.id in waiting:
            counts["waiting"] += 1
            continue
        terms = items.terms(stored.party)
        customer_id = linked.ids.get(stored.customer_id or 0)
        facts = _Facts(recorded.get(stored.id, []), sales.get(stored.id), customer_id, currency, stored.id in cancelled)
        task = _task(run, stored, terms, facts)
        if not isinstance(task, Problem):
            tasks.append(task)
        elif stored.id not in recorded and _is_left_alone(run, stored, terms):
            _reject(run, stored, _unwanted(run, stored.order), counts)
        else:
            _hold(run, stored, task, counts)
    booking.leave_refused(run, tasks)
    counts += amending.amend(run, tasks)
    counts += booking.book(run, tasks)
    _conclude(run, tasks, counts)
    return counts


def _customers_to_link(run: Run, orders: list[StoredOrder], recorded: Mapping[int, object]) -> set[int]:
    """The customers of what is to be booked; one whose only order was cancelled at once is nobody's business."""
    wanted = (one for one in orders if one.id in recorded or not _unwanted(run, one.order))
    return {one.customer_id for one in wanted if one.customer_id is not None}


def _cancels_in_doubt(
    orders: list[StoredOrder], recorded: Mapping[int, list[RecordedDocument]], items: Items
) -> list[tuple[StoredOrder, str]]:
    """Cancelled orders with refunds, of whose cancellation no credit is recorded; each with that credit's reference."""
    return [
        (stored, cancel_reference(stored.order, items.terms(stored.party)))
        for stored in orders
        if stored.order.cancelled_at is not None
        and stored.order.refunds
        and all(one.event != CANCEL for one in recorded.get(stored.id, []))
    ]


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is known of an order beside itself."""

    recorded: list[RecordedDocument]
    sale: BookedSale | None
    customer_id: str | None
    currency: str | None
    cancel_is_booked: bool


def _task(run: Run, stored: StoredOrder, terms: Terms, facts: _Facts) -> Task | Problem:
    """What is wanted for one order and not recorded yet; a Problem if it cannot be, or something booked misfits."""
    order = stored.order
    if facts.currency is not None and order.currency != facts.currency:
        return Problem("foreign currency", f"it is in {order.currency[:10]!r}, the books are kept in {facts.currency}")
    order, terms = _as_it_was_booked(order, terms, facts.sale)
    wanted = wanted_documents(order, facts.customer_id, terms, facts.recorded, cancel_is_booked=facts.cancel_is_booked)
    if isinstance(wanted, Problem):
        return wanted
    unwanted = "" if facts.recorded else _unwanted(run, order)
    states = {one.reference: one.state for one in facts.recorded}
    change = plan_change(order, wanted, facts.recorded, facts.sale, _ways(run))
    if isinstance(change, Problem):
        return change
    waits = change is not None and change.wait
    return Task(stored, wanted, states, change=change, unwanted=unwanted, waiting=waits)


def _as_it_was_booked(order: Order, terms: Terms, sale: BookedSale | None) -> tuple[Order, Terms]:
    """What is credited must fit what was booked: its tax, its items, and if the order was cancelled after an edit that
    never reached the books, its goods."""
    if sale is None:
        return order, terms
    terms = replace(terms, taxed=sale.taxed, location=sale.location)
    if order.cancelled_at is not None and sale.recorded.state != "amending" and not fits(order, sale):
        return as_booked(order, sale), replace(terms, booked_items=sale.items, booked_as=sale.recorded.fingerprint)
    return order, replace(terms, booked_items=sale.items if fits(order, sale) else {})


def _ways(run: Run) -> Ways:
    abilities = run.back_office.abilities
    return Ways(
        ways=abilities.amend,
        allowed=run.settings.orders.edited == "amend",
        at_order=abilities.stock_falls_on == "order",
    )


def _unwanted(run: Run, order: Order) -> str:
    """Why an order that may be in the books is not to be booked if it is not: cancelled, or left out by now."""
    if order.cancelled_at is not None:
        return "cancelled before booking"
    verdict = decide(order, run.settings.orders)
    return verdict.reason if verdict.decision in ("left_out", "history") else ""


def _conclude(run: Run, tasks: list[Task], counts: Counts) -> None:
    """Record what became of each order: settled, rejected, held, or still pending."""
    settled = []
    for task in tasks:
        if task.rejected:
            _reject(run, task.stored, task.rejected, counts)
        elif task.problem is not None:
            _hold(run, task.stored, task.problem, counts, fingerprint=task.refused)
        elif task.complete:
            settled.append(task.stored.id)
    with run.hub.transaction():
        run.hub.orders.settle(settled)
        run.hub.holds.clear("order", map(str, settled))


def _is_left_alone(run: Run, stored: StoredOrder, terms: Terms) -> bool:
    """Whether an order of which nothing can be made is not wanted, and surely not in the books: no need to hold it."""
    unwanted = _unwanted(run, stored.order)
    return bool(unwanted) and not booking.may_be_sent(run, [(stored, sale_reference(stored.order, terms))])


def _reject(run: Run, stored: StoredOrder, reason: str, counts: Counts) -> None:
    verdict = decide(stored.order, run.settings.orders)
    if stored.order.cancelled_at is not None or verdict.decision == "book":
        verdict = Verdict("rejected", reason)
    counting = counts_against_stock(stored.order, verdict)
    run.hub.orders.set_decision(stored.id, verdict.decision, verdict.reason, counting=counting, pending=False)
    run.hub.holds.clear("order", [str(stored.id)])
    counts["rejected"] += 1


def _hold(run: Run, stored: StoredOrder, problem: Problem, counts: Counts, fingerprint: str = "") -> None:
    added = run.hub.holds.put(
        Hold(
            party=stored.party,
            kind="order",
            record=str(stored.id),
            reason=problem.reason,
            message=f"order {stored.order.number}: {problem.message}",
            detail=problem.detail,
            fingerprint=fingerprint,
            tried_at=times.to_text(times.now()) if fingerprint else None,
        )
    )
    counts["held"] += 1
    counts["newly held"] += added


def _settle_queued(run: Run) -> Counts:
    """Learn what became of documents that were accepted for later."""
    counts = Counts()
    queued = run.hub.documents.queued()
    if not queued:
        return counts
    safety = run.settings.safety
    overdue = set()
    if safety.assume_booked_after is not None:
        overdue = run.hub.documents.queued_before(times.now() - safety.assume_booked_after)
    by_reference = {one.reference: one for one in queued}
    chunks = in_chunks(by_reference, run.back_office.abilities.look_up_batch)
    for outcome in (one for chunk in chunks for one in run.back_office.fetch_outcomes(chunk)):
        document = by_reference[outcome.key]
        with run.hub.transaction():
            if isinstance(outcome, Booked):
                run.hub.documents.confirm(
                    outcome.key, outcome.remote_id, outcome.number, outcome.sequence, assumed=False
                )
                counts["booked"] += 1
            elif isinstance(outcome, Refused):
                _take_back(run, document, outcome, counts)
            elif isinstance(outcome, Queued) and outcome.key in overdue:
                run.hub.documents.confirm(outcome.key, document.remote_id, "", None, assumed=True)
                counts["assumed booked"] += 1
    return counts


def _take_back(run: Run, document: RecordedDocument, outcome: Refused, counts: Counts) -> None:
    """A queued document was refused after all: its order is held, with the same text as if refused at once."""
    order_id = run.hub.documents.forget_queued(outcome.key)
    if not run.hub.orders.to_book([order_id]):
        return  # given up meanwhile
    stored = run.hub.orders.load([order_id])[0]
    problem = Problem(outcome.reason, f"the back office refused {document.reference}: {outcome.message}")
    _hold(run, stored, problem, counts, fingerprint=booking.refusal_mark(run, document.fingerprint))


def _still_settling(run: Run) -> bool:
    """After a restore, documents of the lost time may not be visible yet: look-ups wait `settle` once."""
    until = run.hub.state("active_until")
    return until is not None and times.now() < times.from_text(until) + run.settings.safety.settle
