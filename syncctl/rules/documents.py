"""Which of an order's documents to create, and which to adopt: what is wanted, minus what is there already."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from syncctl.model import (
    Absent,
    CannotTell,
    Document,
    DocumentKind,
    DocumentLine,
    Found,
    FoundLine,
    LookUp,
    Order,
    OrderKind,
    RecordedDocument,
)
from syncctl.rules.wanted import Problem


@dataclass(slots=True)
class Plan:
    """What to do for one order. `missing`: its sale is nowhere and is not wanted, so nothing is."""

    create: list[Document] = field(default_factory=list)
    adopt: list[tuple[Document, Found]] = field(default_factory=list)
    problem: Problem | None = None
    rejected: str = ""


def misfit(order: Order, wanted: Sequence[Document], recorded: Sequence[RecordedDocument]) -> Problem | None:
    """A booked document that no longer fits its order; None if all fit."""
    if recorded and _is_cancelled_return(order):
        return _CANCELLED_RETURN
    now = {document.reference: document for document in wanted}
    for one in recorded:
        document = now.get(one.reference)
        if document is None or document.fingerprint != one.fingerprint or _paid_too_little(document, one):
            return Problem(
                "edited after booking",
                f"its {one.kind} is booked with a total of {one.total}, the order now says "
                f"{'nothing of it' if document is None else document.total} (minor units)",
                {
                    "booked": {"reference": one.reference, "total": one.total, "fingerprint": one.fingerprint},
                    "now": None if document is None else {"total": document.total, "fingerprint": document.fingerprint},
                },
            )
    return None


def _paid_too_little(now: Document, booked: RecordedDocument) -> bool:
    """A payment that was cut to what its sale was then: if that has grown since, some of the payment is not booked."""
    return now.kind == DocumentKind.PAYMENT and now.total > booked.total


def plan_documents(
    order: Order,
    missing: Sequence[Document],
    found: Mapping[str, LookUp],
    *,
    unwanted: str = "",
    may_be_sent: Callable[[str], bool],
) -> Plan:
    """What to create and what to adopt, of the documents that the hub does not know to be booked.

    `found` is the back office's answer for each reference; `may_be_sent` tells whether a document may have been sent
    before, as far as the hub can know: then an answer of CannotTell is a hold, else the document is new. `unwanted`
    says why the order is not to be booked unless it is already: it was cancelled, or is left out by now.
    """
    plan = Plan()
    for document in missing:
        answer = found[document.reference]
        if isinstance(answer, Found):
            document = _as_found(order, document, answer)
            plan.problem = plan.problem or _taken(document, answer)
            if _is_cancelled_return(order):
                plan.problem = plan.problem or _CANCELLED_RETURN
            plan.adopt.append((document, answer))
        elif isinstance(answer, Absent) or not may_be_sent(document.reference):
            plan.create.append(document)
        elif isinstance(answer, CannotTell):
            plan.problem = plan.problem or Problem(
                "cannot tell",
                f"the back office cannot say whether {document.reference} is booked already ({answer.reason[:80]}); "
                "it was not sent again",
            )
    if plan.problem is not None:
        plan.create, plan.adopt = [], []
    elif unwanted and not plan.adopt:
        return Plan(rejected=unwanted)
    return plan


_CANCELLED_RETURN = Problem(
    "cancelled after booking",
    "its credit is in the books, and the return was cancelled in the store afterwards: take the credit back by hand",
)


def _is_cancelled_return(order: Order) -> bool:
    """A return that was called off: there is no document that would undo its credit."""
    return order.kind == OrderKind.RETURN and order.cancelled_at is not None


def _as_found(order: Order, document: Document, answer: Found) -> Document:
    """A payment may have been booked in full while the order was larger: that is right as it is."""
    full = {payment.amount for payment in order.payments if payment.id == document.event}
    if document.kind == DocumentKind.PAYMENT and answer.total in full:
        return replace(document, total=answer.total)
    return document


def _taken(document: Document, answer: Found) -> Problem | None:
    if answer.state == "void":
        text = f"the document {document.reference} was made void in the back office; nothing was booked in its place"
        return Problem("void in the books", text, {"theirs": answer.remote_id, "reference": document.reference})
    facts: dict[str, object] = {"theirs": answer.remote_id, "reference": document.reference}
    if (answer.total, answer.currency) != (document.total, document.currency):
        return Problem(
            "reference taken",
            f"the back office has a document {document.reference} of {answer.total} {answer.currency}, ours would be "
            f"of {document.total} {document.currency} (minor units); nothing was booked",
            facts,
        )
    theirs, ours = None if answer.lines is None else _units(answer.lines), _units(document.lines)
    if theirs in (None, ours):
        return None
    return Problem(
        "reference taken",
        f"the back office has a document {document.reference} of the same total and of other lines: the order, or that "
        "document, was changed after it was booked; nothing was booked",
        facts | {"booked": theirs, "now": ours},
    )


def _units(lines: Iterable[DocumentLine | FoundLine]) -> dict[str, int]:
    """Units by line."""
    units: Counter[str] = Counter()
    for line in lines:
        units[line.line_id] += line.quantity
    return dict(+units)
