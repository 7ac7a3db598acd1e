"""Step 2: make the back office hold each order's documents, exactly once (invariants I1, I2, I6, I8).

For each batch of orders: decide what is wanted, commit journal rows, look the references up, create what is absent,
commit the outcomes. Sales first; credits and payments once their sale is booked.
"""

from collections.abc import Iterable
from functools import partial

from syncctl import times
from syncctl.hub.bulk import in_chunks
from syncctl.hub.holds import Hold
from syncctl.hub.order_reading import StoredOrder
from syncctl.model import Booked, Queued, RecordedDocument, Refused
from syncctl.rules.decisions import Verdict, counts_against_stock, decide
from syncctl.rules.wanted import Problem, Terms, sale_reference
from syncctl.steps import amending, booking, undoing
from syncctl.steps.booking import Task
from syncctl.steps.confirm import confirm
from syncctl.steps.items import Items
from syncctl.steps.planning import Planned, Planner, unwanted
from syncctl.steps.push_customers import push_customers
from syncctl.steps.run import BACK_OFFICE, Counts, Run


def push_orders(run: Run) -> Counts:
    """Book what is pending; what cannot be booked is held with its reason, and the rest goes on.

    Where orders are switched off, customers alone go over.
    """
    confirm(run, BACK_OFFICE, run.back_office)
    currency = run.hub.parties.currency(BACK_OFFICE)
    if not run.settings.orders.enabled:
        return push_customers(run, BACK_OFFICE)
    counts = _settle_queued(run)
    if run.still_settling:
        counts["waiting"] += 1
        return counts
    counts += run.apart(BACK_OFFICE, partial(push_customers, run, BACK_OFFICE), Counts())
    items = Items(run)
    after = 0
    while ids := run.hub.orders.pending_ids(after, run.back_office.abilities.document_batch, run.only):
        after = ids[-1]
        counts += _push_batch(run, run.hub.orders.load(ids), items, currency)
        run.progress(f"{BACK_OFFICE}: {counts['booked'] + counts['queued']} documents handed over")
        run.checkpoint()
    run.hub.holds.clear_unwanted_items()
    return counts


def _push_batch(run: Run, orders: list[StoredOrder], items: Items, currency: str | None) -> Counts:
    """Plan, change what is booked and misfits, book; what was undone, or found to be, is planned once more."""
    items.learn(line.sku for stored in orders for line in stored.order.lines)
    planner = Planner(run, items, currency)
    counts = planner.prepare(orders)
    tasks = _sorted_out(run, planner, planner.plan(orders, counts), counts)
    booking.leave_refused(run, tasks)
    counts += amending.amend(run, tasks)
    counts += undoing.undo(run, tasks)
    if undone := [task.stored for task in tasks if task.undone]:
        again = _sorted_out(run, planner, planner.again(undone, counts), counts)
        tasks = [task for task in tasks if not task.undone] + again
    counts += booking.book(run, tasks)
    if found := [task.stored for task in tasks if task.probe]:
        planner.probe(found)
        again = _sorted_out(run, planner, planner.again(found, counts), counts)
        counts += booking.book(run, again)
        tasks = [task for task in tasks if not task.probe] + again
    _conclude(run, tasks, counts)
    return counts


def _sorted_out(run: Run, planner: Planner, planned: Iterable[Planned], counts: Counts) -> list[Task]:
    """What is to be done; an order of which nothing can be made is held, or rejected."""
    tasks = []
    for stored, task in planned:
        if not isinstance(task, Problem):
            tasks.append(task)
        elif stored.id not in planner.recorded and _is_left_alone(run, stored, planner.items.terms(stored.party)):
            _reject(run, stored, unwanted(run, stored.order), counts)
        else:
            _hold(run, stored, task, counts)
    return tasks


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
    return bool(unwanted(run, stored.order)) and not booking.may_be_sent(
        run, [(stored, sale_reference(stored.order, terms))]
    )


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
