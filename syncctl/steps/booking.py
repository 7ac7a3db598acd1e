"""The exactly-once protocol, per batch: journal rows, look-up, create, outcomes."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from syncctl import times
from syncctl.hub.bulk import in_chunks
from syncctl.hub.documents import Confirmation
from syncctl.hub.journal import Entry
from syncctl.hub.order_reading import StoredOrder
from syncctl.model import (
    CANCEL,
    Absent,
    Booked,
    Document,
    DocumentKind,
    DocumentOutcome,
    Found,
    LookUp,
    Queued,
    Refused,
)
from syncctl.rules.amending import Change
from syncctl.rules.documents import plan_documents
from syncctl.rules.wanted import Problem
from syncctl.steps.batches import push_halving
from syncctl.steps.run import BACK_OFFICE, Counts, Run

CREATE = "document.create"


@dataclass(slots=True)
class Task:
    """One order on its way into the books. `states`: reference -> booked | queued | amending, as far as it is known.

    `change`: what its booked sale is to say instead, first of all; `undo`: by undoing it with this and booking it
    again; `undone`: that is done.
    """

    stored: StoredOrder
    wanted: list[Document]
    states: dict[str, str]
    change: Change | None = None
    undo: Document | None = None
    undone: bool = False
    probed: bool = True  # False: a sale that is found may have been undone since; then `probe` is set
    probe: bool = False
    unwanted: str = ""  # why it is not to be booked, unless it is already
    problem: Problem | None = None
    refused: str = ""  # the mark of what was refused, so that the same is not sent each cycle
    rejected: str = ""
    waiting: bool = False

    @property
    def complete(self) -> bool:
        if self.waiting or self.change is not None:
            return False
        return all(document.reference in self.states for document in self.wanted)

    def missing(self, *, originals: bool, ready: Collection[str], sure: Collection[str]) -> list[Document]:
        """Documents to look for: sales and returns, or what hangs on a sale that is in one of the `ready` states.

        What a cancellation takes back hangs on all other credits being in one of the `sure` states.
        """
        open_credits = {
            one.event
            for one in self.wanted
            if one.kind == DocumentKind.CREDIT and self.states.get(one.reference) not in sure
        }
        return [
            document
            for document in self.wanted
            if document.reference not in self.states
            # what a cancellation takes back is the rest after all refunds: it goes last
            and (document.event != CANCEL or open_credits == {CANCEL})
            and (document.original is None if originals else self.states.get(document.original or "") in ready)
        ]


@dataclass(slots=True)
class Row:
    """A document on its way, with its journal row."""

    task: Task
    document: Document
    row: int = 0


AnyRow = TypeVar("AnyRow", bound=Row)


@dataclass(slots=True)
class _Outcomes:
    """What one exchange with the back office led to, to be committed at once."""

    closed: list[tuple[int, str, str]] = field(default_factory=list)
    confirmed: list[Confirmation] = field(default_factory=list)


def book(run: Run, tasks: Sequence[Task]) -> Counts:
    """Make the back office hold what these orders want: first what stands alone, then what hangs on it."""
    counts = Counts()
    can = run.back_office.abilities
    ready = ("booked", "queued") if can.queued_in_order else ("booked",)
    # a refund that is refused in the queue does not stop what lies behind it: the rest would be another one then
    sure = ("booked",) if can.answers_later else ready
    for originals in (True, False, False):  # at last, what a cancellation takes back after all refunds
        open_tasks = [task for task in tasks if not task.problem and not task.rejected and not task.waiting]
        counts += _wave(run, [(task, task.missing(originals=originals, ready=ready, sure=sure)) for task in open_tasks])
    return counts


def refusal_mark(run: Run, fingerprint: str) -> str:
    """Changes when the document or the settings do: then a refused one is worth another try."""
    settings = run.settings.orders.model_dump_json() + fingerprint
    return hashlib.blake2b(settings.encode(), digest_size=8).hexdigest()


def leave_refused(run: Run, tasks: Sequence[Task]) -> None:
    """What was refused is sent again when it or the settings changed, daily, or on `holds retry`."""
    holds = run.hub.holds.get("order", [str(task.stored.id) for task in tasks])
    for task in tasks:
        if (hold := holds.get(str(task.stored.id))) is not None:
            documents = [*task.wanted, *([task.undo] if task.undo else [])]
            marks = {refusal_mark(run, document.fingerprint) for document in documents}
            task.waiting = task.waiting or any(map(hold.stands_for, marks))


def _wave(run: Run, work: Sequence[tuple[Task, list[Document]]]) -> Counts:
    unsettled = run.hub.journal.unsettled(
        CREATE,
        [document.reference for _, documents in work for document in documents],
        times.now() - run.settings.safety.settle,
    )
    rows = []
    counts = Counts()
    for task, documents in work:
        if any(document.reference in unsettled for document in documents):
            task.waiting = True
            counts["waiting"] += 1
        else:
            rows += [Row(task, document) for document in documents]
    sent = may_be_sent(run, [(row.task.stored, row.document.reference) for row in rows])
    _open_rows(run, rows)
    answers = _look_up(run, rows)
    to_create = _plan(run, rows, answers, sent, counts)
    for batch in in_chunks(to_create, run.back_office.abilities.document_batch):
        counts += _create(run, batch)
        run.checkpoint()
    return counts


def may_be_sent(run: Run, references: Sequence[tuple[StoredOrder, str]]) -> set[str]:
    """Those of these references that may have reached the back office before, as far as this hub can know.

    A hub that was restored does not know what was sent in the time it lost.
    """
    sent = run.hub.journal.sent_before(CREATE, [reference for _, reference in references])
    unknown = {stored.id for stored in of_the_lost_time(run, [stored for stored, _ in references])}
    return sent | {reference for stored, reference in references if stored.id in unknown}


def of_the_lost_time(run: Run, orders: Iterable[StoredOrder]) -> list[StoredOrder]:
    """Those of these orders with which a restored hub may have done something that it does not know of."""
    moment = run.lost_until
    return [] if moment is None else [stored for stored in orders if stored.order.placed_at <= moment]


def credits_in_books(
    run: Run, orders: Sequence[tuple[StoredOrder, Mapping[str, str]]]
) -> tuple[dict[int, set[str]], set[int]]:
    """Of cancelled orders with the references of their credits by event: the events that the back office has, or may
    have, by order; and the orders that must wait.

    The hub does not have their cancellation, but it may have been sent. What is refunded after it is covered by it, and
    it takes back what was refunded before it left: all that must be known before anything else is credited.
    """
    events = {reference: (stored, event) for stored, one in orders for event, reference in one.items()}
    in_doubt = may_be_sent(run, [(stored, reference) for reference, (stored, _) in events.items()])
    unsettled = run.hub.journal.unsettled(CREATE, in_doubt, times.now() - run.settings.safety.settle)
    found: dict[int, set[str]] = {}
    for chunk in in_chunks(sorted(in_doubt - unsettled), run.back_office.abilities.look_up_batch):
        for answer in run.back_office.find_documents(chunk, DocumentKind.CREDIT):
            if not isinstance(answer, Absent):
                stored, event = events[answer.reference]
                found.setdefault(stored.id, set()).add(event)
    return found, {events[reference][0].id for reference in unsettled}


def _open_rows(run: Run, rows: Sequence[Row]) -> None:
    entries = [
        Entry(
            BACK_OFFICE,
            CREATE,
            row.document.reference,
            f"order {row.task.stored.id}",
            json.dumps({"kind": row.document.kind, "total": row.document.total, "lines": len(row.document.lines)}),
        )
        for row in rows
    ]
    for row, number in zip(rows, run.hub.journal.open(entries), strict=True):
        row.row = number


def _look_up(run: Run, rows: Sequence[Row]) -> dict[str, LookUp]:
    answers: dict[str, LookUp] = {}
    for kind in DocumentKind:
        references = [row.document.reference for row in rows if row.document.kind == kind]
        for chunk in in_chunks(references, run.back_office.abilities.look_up_batch):
            answers.update({answer.reference: answer for answer in run.back_office.find_documents(chunk, kind)})
    return answers


def _plan(run: Run, rows: Sequence[Row], answers: dict[str, LookUp], sent: set[str], counts: Counts) -> list[Row]:
    """Adopt what is there, reject what needs nothing; returns the rows to create."""
    outcomes, to_create = _Outcomes(), []
    by_task: dict[int, list[Row]] = {}
    for row in rows:
        by_task.setdefault(row.task.stored.id, []).append(row)
    for mine in by_task.values():
        task = mine[0].task
        if not task.probed and any(_is_found_sale(row, answers) for row in mine):
            task.probe = task.waiting = True
            outcomes.closed += [(row.row, "not sent", "found: is it undone?") for row in mine]
            continue
        plan = plan_documents(
            task.stored.order,
            [row.document for row in mine],
            answers,
            unwanted="" if task.wanted[0].reference in task.states else task.unwanted,
            may_be_sent=sent.__contains__,
        )
        task.problem, task.rejected = plan.problem, plan.rejected
        if plan.problem is not None:  # looked up again daily, not each cycle
            task.refused = refusal_mark(run, mine[0].document.fingerprint)
        found = {document.reference: (document, answer) for document, answer in plan.adopt}
        wanted = {document.reference for document in plan.create}
        for row in mine:
            if row.document.reference in found:
                row.document, answer = found[row.document.reference]
                _adopt(row, answer, outcomes)
                counts["found"] += 1
            elif row.document.reference in wanted:
                to_create.append(row)
            else:
                outcomes.closed.append((row.row, "not sent", plan.rejected or "held"))
    _commit(run, outcomes)
    return to_create


def _is_found_sale(row: Row, answers: dict[str, LookUp]) -> bool:
    return row.document.kind == DocumentKind.SALE and isinstance(answers[row.document.reference], Found)


def _adopt(row: Row, answer: Found, outcomes: _Outcomes) -> None:
    """It stands where, and on the items that, it was booked on, whatever the settings say since then.

    What hangs on a sale on other items than ours would be is planned with those, in the next run.
    """
    document = row.document if answer.location is None else replace(row.document, location=answer.location)
    items = {line.line_id: line.item for line in answer.lines or ()}
    lines = tuple(replace(line, sku=items.get(line.line_id, line.sku)) for line in document.lines)
    row.task.waiting = row.task.waiting or lines != document.lines
    document = replace(document, lines=lines)
    outcomes.closed.append((row.row, "found", answer.remote_id))
    outcomes.confirmed.append(
        Confirmation(
            order_id=row.task.stored.id,
            document=document,
            state=answer.state,
            remote_id=answer.remote_id,
            number=answer.number,
            sequence=answer.sequence,
        )
    )
    row.task.states[row.document.reference] = answer.state


def _create(run: Run, rows: Sequence[Row]) -> Counts:
    rows = still_wanted(run, rows)
    documents = [row.document for row in rows]
    if not documents:
        return Counts()
    outcomes = push_halving(run.back_office.push_documents, documents, lambda document: document.reference)
    return _record_outcomes(run, rows, outcomes)


def still_wanted(run: Run, rows: Sequence[AnyRow]) -> list[AnyRow]:
    """A person may have given up an order since it was read: the record is read again just before it is acted on."""
    wanted = run.hub.orders.to_book([row.task.stored.id for row in rows])
    given_up = [row for row in rows if row.task.stored.id not in wanted]
    if given_up:
        run.hub.journal.close([(row.row, "not sent", "skipped by hand") for row in given_up])
        for row in given_up:
            row.task.waiting = True
    return [row for row in rows if row.task.stored.id in wanted]


def _record_outcomes(run: Run, rows: Sequence[Row], outcomes: Iterable[DocumentOutcome]) -> Counts:
    counts, commit = Counts(), _Outcomes()
    for row, outcome in zip(rows, outcomes, strict=True):
        if isinstance(outcome, Booked | Queued):
            state = "booked" if isinstance(outcome, Booked) else "queued"
            commit.closed.append((row.row, "done" if state == "booked" else "queued", ""))
            commit.confirmed.append(_confirmation(row, outcome, state))
            row.task.states[row.document.reference] = state
            counts[state] += 1
        elif isinstance(outcome, Refused):
            commit.closed.append((row.row, "refused", f"{outcome.reason}: {outcome.message}"))
            text = f"the back office refused {row.document.reference}: {outcome.message or outcome.reason}"
            row.task.problem = Problem(outcome.reason, text)
            row.task.refused = refusal_mark(run, row.document.fingerprint)
            counts["refused"] += 1
        else:
            commit.closed.append((row.row, "unclear", outcome.message))
            row.task.waiting = True
            counts["waiting"] += 1
    _commit(run, commit)
    return counts


def _confirmation(row: Row, outcome: Booked | Queued, state: str) -> Confirmation:
    booked = outcome if isinstance(outcome, Booked) else Booked(key=outcome.key, remote_id="")
    return Confirmation(
        order_id=row.task.stored.id,
        document=row.document,
        state=state,
        remote_id=booked.remote_id,
        number=booked.number,
        sequence=booked.sequence,
    )


def _commit(run: Run, outcomes: _Outcomes) -> None:
    with run.hub.transaction():
        run.hub.journal.close(outcomes.closed)
        run.hub.documents.record(outcomes.confirmed)
