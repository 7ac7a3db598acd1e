"""What became of a write: one outcome per record."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """The document is in the books. `sequence`: the system's own monotone count, where its readings carry one."""

    key: str
    remote_id: str
    number: str = ""
    sequence: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """Accepted for later; not in the books yet. A later run learns the outcome."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Not done, for this record alone, and the other side said so."""

    key: str
    reason: str  # a short word: unknown_sku, closed_period, name_taken …
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Done. `remote_id` is set where the write created something."""

    key: str
    remote_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """Compare-and-set: the other side did not hold what was expected; nothing was written."""

    key: str
    actual: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """The reply for this one record could not be read; it may or may not have been done."""

    key: str
    message: str = ""


DocumentOutcome = Booked | Queued | Refused | Unclear


WriteOutcome = Written | Queued | Refused | Mismatch | Unclear
