"""Step 2: make the back office hold each order's documents, exactly once (invariants I1, I2, I6, I8).

For each batch of orders: decide what is wanted, commit journal rows, look the references up, create what is absent,
commit the outcomes. Sales first; credits and payments once their sale is booked.
"""

from syncctl import times
from syncctl.hub.bulk import in_chunks
from syncctl.hub.holds import Hold
from syncctl.hub.order_reading import StoredOrder
from syncctl.model import Booked, Queued, RecordedDocument, Refused
from syncctl.rules.documents import Problem, misfit, sale_reference, wanted_documents
from syncctl.steps import booking
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
    return counts


def _push_batch(run: Run, orders: list[StoredOrder], items: Items, currency: str | None) -> Counts:
    items.learn(line.sku for stored in orders for line in stored.order.lines)
    linked = link_customers(run, {one.customer_id for one in orders if one.customer_id is not None})
    recorded = run.hub.documents.recorded([one.id for one in orders])
    tasks = []
    counts = Counts(linked.counts)
    for stored in orders:
        if stored.customer_id in linked.waiting:
            counts["waiting"] += 1
            continue
        task = _task(stored, items, linked.ids.get(stored.customer_id or 0), recorded.get(stored.id, []))
        if isinstance(task, Problem) and stored.id not in recorded and _was_never_sent(run, stored, items):
            _reject(run, stored, "cancelled before booking", counts)
        elif isinstance(task, Problem):
            _hold(run, stored, task, counts)
        elif currency is not None and stored.order.currency != currency:
            text = f"it is in {stored.order.currency[:10]!r}, the books are kept in {currency}"
            _hold(run, stored, Problem("foreign currency", text), counts)
        else:
            tasks.append(task)
    counts += booking.book(run, tasks)
    _conclude(run, tasks, counts)
    return counts


def _task(
    stored: StoredOrder, items: Items, customer_id: str | None, recorded: list[RecordedDocument]
) -> Task | Problem:
    """What is wanted for one order and not recorded yet; a Problem if something booked no longer fits."""
    wanted = wanted_documents(stored.order, customer_id, items.terms(stored.party))
    if isinstance(wanted, Problem):
        return wanted
    return misfit(stored.order, wanted, recorded) or Task(
        stored, wanted, {one.reference: one.state for one in recorded}
    )


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


def _was_never_sent(run: Run, stored: StoredOrder, items: Items) -> bool:
    """Whether a cancelled order, of which nothing can be made, is surely not in the books: no need to hold it."""
    return stored.order.cancelled_at is not None and not booking.may_be_sent(
        run, [(stored, sale_reference(stored.order, items.terms(stored.party)))]
    )


def _reject(run: Run, stored: StoredOrder, reason: str, counts: Counts) -> None:
    run.hub.orders.set_decision(stored.id, "rejected", reason, counting=False, pending=False)
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
    stored = run.hub.orders.load([order_id])[0]
    problem = Problem(outcome.reason, f"the back office refused {document.reference}: {outcome.message}")
    _hold(run, stored, problem, counts, fingerprint=booking.refusal_mark(run, document.fingerprint))


def _still_settling(run: Run) -> bool:
    """After a restore, documents of the lost time may not be visible yet: look-ups wait `settle` once."""
    until = run.hub.state("active_until")
    return until is not None and times.now() < times.from_text(until) + run.settings.safety.settle
