"""Making a booked sale say what its order says now: look-up, journal row, the change, its outcome.

A change is absolute ("this document says this"), so that sending it twice does no harm: one whose reply was lost is
simply sent again, whatever the order says by then.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from syncctl import times
from syncctl.hub.bulk import in_chunks
from syncctl.hub.journal import Entry, Sent
from syncctl.hub.order_reading import StoredOrder
from syncctl.model import (
    Absent,
    Booked,
    BookedSale,
    CannotTell,
    DocumentKind,
    DocumentOutcome,
    Found,
    LookUp,
    Queued,
    RecordedDocument,
    Refused,
)
from syncctl.rules.amending import AMEND, Change, both_versions
from syncctl.steps.batches import push_halving
from syncctl.steps.booking import Row, Task, of_the_lost_time, refusal_mark, still_wanted
from syncctl.steps.run import BACK_OFFICE, Counts, Run

_OPERATION = "document.amend"


@dataclass(slots=True)
class _Row(Row):
    """A change on its way, with its journal row."""

    change: Change = field(kw_only=True)
    there: LookUp | None = None  # what the books say of the sale, just before


def amend(run: Run, tasks: Sequence[Task]) -> Counts:
    """Change the booked sales of these orders that are to be changed; a batch at a time."""
    counts = Counts()
    rows = [
        _Row(task, task.change.new, change=task.change)
        for task in tasks
        if task.change is not None and task.change.way == AMEND and not task.problem and not task.waiting
    ]
    for batch in in_chunks(rows, run.back_office.abilities.document_batch):
        batch = _without_queued(run, _without_unsettled(run, batch, counts), counts)
        counts += _send(run, _without_strange(run, batch))
        run.checkpoint()
    return counts


def doubted(run: Run, orders: Sequence[StoredOrder], sales: dict[int, BookedSale]) -> dict[int, BookedSale]:
    """Those of these sales that a restored hub must not trust: in the books they were changed, or soon will be."""
    asked = {
        sales[one.id].recorded.reference: one.id
        for one in of_the_lost_time(run, [one for one in orders if one.id in sales])
        if sales[one.id].recorded.state == "booked"
    }
    answers = _look_up(run, list(asked))
    changed = {
        asked[answer.reference]
        for answer in answers.values()
        if isinstance(answer, Found) and not _is_as_recorded(answer, sales[asked[answer.reference]].recorded)
    }
    return {one: replace(sales[one], recorded=replace(sales[one].recorded, state="amending")) for one in changed}


def _is_as_recorded(there: Found, recorded: RecordedDocument) -> bool:
    """Whether a sale is in the books as we last knew it: by its total, and where known by its last change's number."""
    same = there.sequence == recorded.sequence or None in (there.sequence, recorded.sequence)
    return same and there.total == recorded.total and there.state != "queued"


def _look_up(run: Run, references: Sequence[str]) -> dict[str, LookUp]:
    answers: dict[str, LookUp] = {}
    for chunk in in_chunks(references, run.back_office.abilities.look_up_batch):
        found = run.back_office.find_documents(chunk, DocumentKind.SALE)
        answers.update({answer.reference: answer for answer in found})
    return answers


def _without_unsettled(run: Run, rows: Sequence[_Row], counts: Counts) -> list[_Row]:
    """A change whose reply was lost just now may still be on its way there."""
    settle = times.now() - run.settings.safety.settle
    unsettled = run.hub.journal.unsettled(_OPERATION, [row.document.reference for row in rows], settle)
    for row in rows:
        if row.document.reference in unsettled:
            row.task.waiting = True
            counts["waiting"] += 1
    return [row for row in rows if not row.task.waiting]


# --- changes that were accepted for later ---


def _without_queued(run: Run, rows: Sequence[_Row], counts: Counts) -> list[_Row]:
    """Learn what became of changes that were queued; returns the rows whose change is to be sent, perhaps again."""
    in_doubt = {row.document.reference: row for row in rows if row.change.in_doubt}
    queued = run.hub.journal.last_queued(_OPERATION, in_doubt)
    done = set()
    for chunk in in_chunks(queued, run.back_office.abilities.look_up_batch):
        for outcome in run.back_office.fetch_outcomes(chunk):
            row = in_doubt[outcome.key]
            if _is_settled(run, row, queued[outcome.key], outcome, counts):
                done.add(outcome.key)
    return [row for row in rows if row.document.reference not in done]


def _is_settled(run: Run, row: _Row, sent: Sent, outcome: DocumentOutcome, counts: Counts) -> bool:
    """Take in the outcome of a queued change; False if the order has changed since, so that another must be sent."""
    as_wanted: bool = json.loads(sent.payload or "{}").get("fingerprint") == row.document.fingerprint
    after = run.settings.safety.assume_booked_after
    overdue = after is not None and sent.at < times.now() - after
    if isinstance(outcome, Queued) and not overdue:
        row.task.waiting = True
        return True
    if as_wanted and isinstance(outcome, Booked | Queued):
        with run.hub.transaction():
            _take_in(run, row, outcome)
        counts["amended"] += 1
    elif as_wanted and isinstance(outcome, Refused):
        row.there = _look_up(run, [row.document.reference])[row.document.reference]
        with run.hub.transaction():
            _refuse(run, row, outcome)
        counts["refused"] += 1
    return as_wanted


def _take_in(run: Run, row: _Row, outcome: Booked | Queued) -> None:
    sequence = outcome.sequence if isinstance(outcome, Booked) else None
    run.hub.documents.amend(row.document, sequence=sequence, assumed=isinstance(outcome, Queued))
    row.task.states[row.document.reference] = "booked"
    row.task.change = None


def _refuse(run: Run, row: _Row, outcome: Refused) -> None:
    """The sale stays as it was booked, unless a change that was sent before may have been made: then it is in doubt."""
    why = f"the back office refused: {outcome.message or outcome.reason}"
    surely = isinstance(row.there, Found) and _is_as_recorded(row.there, row.change.booked.recorded)
    if row.change.in_doubt and not surely:
        why += "; a change that was sent before may be in the books"
    else:
        run.hub.documents.keep(row.document.reference)
    _give_up(run, row, outcome.reason, why)


def _give_up(run: Run, row: _Row, reason: str, why: str) -> None:
    row.task.problem = both_versions(row.change.booked, row.document, why, reason)
    row.task.refused = refusal_mark(run, row.document.fingerprint)


# --- sending ---


def _without_strange(run: Run, rows: Sequence[_Row]) -> list[_Row]:
    """Look the sales up; one that is not as it was booked is left alone."""
    lost_time = {one.id for one in of_the_lost_time(run, [row.task.stored for row in rows])}
    answers = _look_up(run, [row.document.reference for row in rows])
    for row in rows:
        row.there = answers[row.document.reference]
        known = row.task.stored.id not in lost_time and not row.change.in_doubt
        if (found := strange(row, row.change, row.there, known=known)) is not None:
            _give_up(run, row, *found)
    return [row for row in rows if row.task.problem is None]


def strange(row: Row, change: Change, answer: LookUp, *, known: bool) -> tuple[str, str] | None:
    """Why the sale in the books must not be touched: a reason and a sentence. `known`: only we can have changed it."""
    if isinstance(answer, Absent):
        return "gone from the books", "the back office has no document of this reference any more"
    if isinstance(answer, CannotTell):
        return "cannot tell", f"the back office cannot say whether it is there ({answer.reason[:80]})"
    if answer.state == "void":
        return "void in the books", "it was made void there by somebody else"
    if answer.currency != row.document.currency:
        return "changed in the books", f"it is in {answer.currency} there"
    if known and answer.total not in (change.booked.recorded.total, change.new.total):
        return "changed in the books", f"somebody else made it {answer.total} there"
    return None


def _send(run: Run, rows: Sequence[_Row]) -> Counts:
    """The hub forgets what the sale took off the stock, then come the journal rows, then the change."""
    if not rows:
        return Counts()
    run.hub.documents.begin_change([row.document.reference for row in rows], "amending")
    entries = [_entry(row) for row in rows]
    for row, number in zip(rows, run.hub.journal.open(entries), strict=True):
        row.row = number
    rows = still_wanted(run, rows)
    if not rows:
        return Counts()
    documents = [row.document for row in rows]
    outcomes = push_halving(run.back_office.amend_documents, documents, lambda document: document.reference)
    counts = Counts()
    with run.hub.transaction():
        for row, outcome in zip(rows, outcomes, strict=True):
            _record(run, row, outcome, counts)
    return counts


def _entry(row: _Row) -> Entry:
    document = row.document
    payload = {"total": document.total, "lines": len(document.lines), "fingerprint": document.fingerprint}
    return Entry(BACK_OFFICE, _OPERATION, document.reference, f"order {row.task.stored.id}", json.dumps(payload))


def _record(run: Run, row: _Row, outcome: DocumentOutcome, counts: Counts) -> None:
    close = run.hub.journal.close
    if isinstance(outcome, Booked):
        close([(row.row, "done", "")])
        _take_in(run, row, outcome)
        counts["amended"] += 1
    elif isinstance(outcome, Refused):
        close([(row.row, "refused", f"{outcome.reason}: {outcome.message}")])
        _refuse(run, row, outcome)
        counts["refused"] += 1
    elif isinstance(outcome, Queued):
        close([(row.row, "queued", "")])
        # what hangs on it may be queued behind it where the back office keeps the order
        row.task.states[row.document.reference] = "queued"
        counts["queued"] += 1
    else:
        close([(row.row, "unclear", outcome.message)])
        row.task.waiting = True
        counts["waiting"] += 1
