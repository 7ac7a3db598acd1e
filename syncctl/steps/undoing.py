"""Undoing a booked sale, so that its order can be booked again: the sale is made void, or credited in full.

There is never more than one sale that stands: the next revision is sent only once this one is known to be undone. That
is asked of the back office itself whenever an undo may have been sent whose outcome the hub does not know.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from syncctl import times
from syncctl.hub.bulk import in_chunks
from syncctl.hub.documents import Confirmation
from syncctl.hub.journal import Entry
from syncctl.hub.order_reading import StoredOrder
from syncctl.model import (
    Booked,
    BookedSale,
    CannotTell,
    Document,
    DocumentKind,
    DocumentOutcome,
    Found,
    LookUp,
    Queued,
    Refused,
)
from syncctl.rules.amending import VOID, Change, both_versions
from syncctl.rules.wanted import Problem, Terms, sale_reference, undo_reference
from syncctl.steps.amending import strange
from syncctl.steps.batches import push_halving
from syncctl.steps.booking import CREATE, Row, Task, refusal_mark, still_wanted
from syncctl.steps.run import BACK_OFFICE, Counts, Run

_VOID = "document.void"
_MOST_REVISIONS = 20


@dataclass(slots=True)
class _Row(Row):
    """An undo on its way, with its journal row."""

    change: Change = field(kw_only=True)

    @property
    def sale(self) -> str:
        return self.change.booked.recorded.reference

    @property
    def operation(self) -> str:
        return _VOID if self.change.way == VOID else CREATE


@dataclass(frozen=True, slots=True)
class Doubt:
    """A booked sale that may have been undone without this hub knowing. `undo`: what it would have been undone by."""

    stored: StoredOrder
    sale: BookedSale
    undo: Document


# --- what is there ---


@dataclass(frozen=True, slots=True)
class _There:
    """What the back office says of a sale, and of the credit that would undo it."""

    sale: LookUp
    undo: LookUp

    @property
    def coming(self) -> bool:
        """An undo, or the sale itself, is on its way into the books."""
        return any(isinstance(one, Found) and one.state == "queued" for one in (self.sale, self.undo))

    @property
    def undone(self) -> Found | None:
        if isinstance(self.undo, Found):
            return self.undo
        return self.sale if isinstance(self.sale, Found) and self.sale.state == "void" else None


def _look_up(run: Run, pairs: Sequence[tuple[str, str]]) -> list[_There]:
    """What is there of these (reference of a sale, reference of its undo)."""
    found: dict[str, LookUp] = {}
    for kind, references in (
        (DocumentKind.SALE, [sale for sale, _ in pairs]),
        (DocumentKind.CREDIT, [undo for _, undo in pairs]),
    ):
        for chunk in in_chunks(references, run.back_office.abilities.look_up_batch):
            found.update({one.reference: one for one in run.back_office.find_documents(chunk, kind)})
    return [_There(found[sale], found[undo]) for sale, undo in pairs]


def standing_revisions(run: Run, orders: Sequence[tuple[StoredOrder, Terms]]) -> dict[int, int | None]:
    """Of each order the revision of its sale that is not undone in the books, or the first that never was there.

    None: an undo is on its way, so that nobody can tell yet. From the revision in the terms on.
    """
    result: dict[int, int | None] = {}
    open_ones = list(orders)
    for _ in range(_MOST_REVISIONS):
        pairs = [(sale_reference(one.order, terms), undo_reference(one.order, terms)) for one, terms in open_ones]
        undone = []
        for (stored, terms), there in zip(open_ones, _look_up(run, pairs), strict=True):
            result[stored.id] = None if there.undone and there.undone.state == "queued" else terms.revision
            if there.undone and there.undone.state != "queued":
                undone.append((stored, replace(terms, revision=terms.revision + 1)))
        open_ones = undone
        if not open_ones:
            break
    return result | {stored.id: None for stored, _ in open_ones}


def settle(run: Run, doubts: Sequence[Doubt]) -> dict[int, Problem | None]:
    """Learn whether these sales are undone; returns the orders that cannot go on: why not, None: not yet."""
    stopped: dict[int, Problem | None] = {}
    since = times.now() - run.settings.safety.settle
    references = [one.undo.reference for one in doubts]
    unsettled = run.hub.journal.unsettled(_VOID, references, since) | run.hub.journal.unsettled(
        CREATE, references, since
    )
    stopped |= {one.stored.id: None for one in doubts if one.undo.reference in unsettled}
    doubts = [one for one in doubts if one.stored.id not in stopped]
    pairs = [(one.sale.recorded.reference, one.undo.reference) for one in doubts]
    for one, there in zip(doubts, _look_up(run, pairs), strict=True):
        booked = one.sale.recorded
        if isinstance(there.undo, Found) and there.undo.total != booked.total:
            stopped[one.stored.id] = _problem("reference taken", one, f"{there.undo.total} is credited of it there")
        elif there.coming:
            stopped[one.stored.id] = None
        elif there.undone is not None:
            with run.hub.transaction():
                _record(run, one.stored.id, one.undo, there.undone, void=not isinstance(there.undo, Found))
        elif isinstance(there.undo, CannotTell) or isinstance(there.sale, CannotTell):
            stopped[one.stored.id] = _problem("cannot tell", one, "the back office cannot say whether it is")
        elif booked.state == "undoing" and isinstance(there.sale, Found):
            with run.hub.transaction():
                run.hub.documents.keep(booked.reference)
                _forget_open_rows(run, one.undo.reference)
        elif booked.state == "undoing":
            stopped[one.stored.id] = _problem("gone from the books", one, "the back office does not find it any more")
    return stopped


def _problem(reason: str, doubt: Doubt, text: str) -> Problem:
    return Problem(reason, f"its sale {doubt.sale.recorded.reference} was to be undone, and now {text}")


# --- undoing ---


def undo(run: Run, tasks: Sequence[Task]) -> Counts:
    """Undo the booked sales of these orders that are to be booked again; a batch at a time."""
    counts = Counts()
    rows = [
        _Row(task, task.undo, change=task.change)
        for task in tasks
        if task.change is not None and task.undo is not None and not task.problem and not task.waiting
    ]
    for batch in in_chunks(rows, run.back_office.abilities.document_batch):
        counts += _send(run, _without_refused(run, _still_standing(run, batch, counts)))
        run.checkpoint()
    return counts


def _still_standing(run: Run, rows: Sequence[_Row], counts: Counts) -> list[_Row]:
    """Look the sales and their undoing up: what is undone already is only noted, what is strange is left alone."""
    rest = []
    answers = _look_up(run, [(row.sale, row.document.reference) for row in rows])
    for row, there in zip(rows, answers, strict=True):
        if there.undone is not None and isinstance(there.undo, Found) and there.undo.total != row.document.total:
            _give_up(run, row, "reference taken", f"{there.undo.total} is credited of it there")
        elif there.coming:
            row.task.waiting = True
            counts["waiting"] += 1
        elif there.undone is not None:
            with run.hub.transaction():
                _take_in(run, row, there.undone, void=not isinstance(there.undo, Found))
            counts["found"] += 1
        elif isinstance(there.undo, CannotTell):
            _give_up(run, row, "cannot tell", "the back office cannot say whether it was undone before")
        elif (found := strange(row, row.change, there.sale, known=True)) is not None:
            _give_up(run, row, *found)
        else:
            rest.append(row)
    return rest


def _without_refused(run: Run, rows: Sequence[_Row]) -> list[_Row]:
    """What was queued to be made void, and refused in the end."""
    by_sale = {row.sale: row for row in rows if row.change.way == VOID}
    queued = run.hub.journal.last_queued(_VOID, [row.document.reference for row in by_sale.values()])
    asked = [sale for sale, row in by_sale.items() if row.document.reference in queued]
    for chunk in in_chunks(asked, run.back_office.abilities.look_up_batch):
        for outcome in run.back_office.fetch_outcomes(chunk):
            if isinstance(outcome, Refused):
                row = by_sale[outcome.key]
                run.hub.journal.refuse_queued(_VOID, row.document.reference, outcome.message)
                _give_up(run, row, outcome.reason, f"the back office refused: {outcome.message or outcome.reason}")
    return [row for row in rows if row.task.problem is None]


def _send(run: Run, rows: Sequence[_Row]) -> Counts:
    if not rows:
        return Counts()
    run.hub.documents.begin_change([row.sale for row in rows], "undoing")
    entries = [_entry(row) for row in rows]
    for row, number in zip(rows, run.hub.journal.open(entries), strict=True):
        row.row = number
    counts = Counts()
    rows = still_wanted(run, rows)
    for void in (True, False):
        mine = [row for row in rows if (row.change.way == VOID) == void]
        outcomes = _push_void(run, mine) if void else _push_credits(run, mine)
        with run.hub.transaction():
            for row, outcome in zip(mine, outcomes, strict=True):
                _note(run, row, outcome, counts)
    return counts


def _push_void(run: Run, rows: Sequence[_Row]) -> Sequence[DocumentOutcome]:
    return push_halving(run.back_office.void_documents, [row.sale for row in rows], lambda one: one) if rows else []


def _push_credits(run: Run, rows: Sequence[_Row]) -> Sequence[DocumentOutcome]:
    credits = [row.document for row in rows]
    return push_halving(run.back_office.push_documents, credits, lambda one: one.reference) if rows else []


def _entry(row: _Row) -> Entry:
    payload = json.dumps({"sale": row.sale, "total": row.document.total})
    return Entry(BACK_OFFICE, row.operation, row.document.reference, f"order {row.task.stored.id}", payload)


def _note(run: Run, row: _Row, outcome: DocumentOutcome, counts: Counts) -> None:
    close = run.hub.journal.close
    if isinstance(outcome, Booked):
        close([(row.row, "done", "")])
        found = Found(
            reference=row.document.reference,
            remote_id=outcome.remote_id,
            total=row.document.total,
            currency=row.document.currency,
            number=outcome.number,
            sequence=outcome.sequence,
        )
        _take_in(run, row, found, void=row.change.way == VOID)
        counts["undone"] += 1
    elif isinstance(outcome, Refused):
        close([(row.row, "refused", f"{outcome.reason}: {outcome.message}")])
        run.hub.documents.keep(row.sale)
        _give_up(run, row, outcome.reason, f"the back office refused: {outcome.message or outcome.reason}")
        counts["refused"] += 1
    elif isinstance(outcome, Queued):
        close([(row.row, "queued", "")])
        if row.change.way == VOID:
            row.task.waiting = True
        else:
            queued = Found(reference=row.document.reference, remote_id="", total=0, currency="", state="queued")
            _take_in(run, row, queued, void=False)
        counts["queued"] += 1
    else:
        close([(row.row, "unclear", outcome.message)])
        row.task.waiting = True
        counts["waiting"] += 1


def _take_in(run: Run, row: _Row, found: Found, *, void: bool) -> None:
    _record(run, row.task.stored.id, row.document, found, void=void)
    row.task.undone = True


def _record(run: Run, order_id: int, undo: Document, found: Found, *, void: bool) -> None:
    """The sale is undone, or will be in its turn; inside the caller's transaction."""
    state = "queued" if found.state == "queued" else "booked"
    if state == "booked" and undo.original is not None:
        run.hub.documents.keep(undo.original)
    confirmation = Confirmation(
        order_id=order_id,
        document=undo,
        state=state,
        remote_id="" if void else found.remote_id,
        number=found.number,
        sequence=found.sequence,
        void=void,
    )
    run.hub.documents.record([confirmation])
    run.hub.orders.mark_stale([order_id])
    _forget_open_rows(run, undo.reference)


def _forget_open_rows(run: Run, reference: str) -> None:
    """What became of an undo whose reply was lost has been seen."""
    for operation in (CREATE, _VOID):
        run.hub.journal.supersede(BACK_OFFICE, operation, [reference])


def _give_up(run: Run, row: _Row, reason: str, why: str) -> None:
    row.task.problem = both_versions(row.change.booked, row.change.new, why, reason)
    row.task.refused = refusal_mark(run, row.change.new.fingerprint)
