"""What the other sides say of themselves, and what a run tells."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the other side says of itself. `identity` is its own immutable id (shop id, company id, realm)."""

    identity: str
    name: str
    currency: str | None = None
    time_zone: str | None = None
    server_time: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of what `doctor` found out. `level`: ok | warn | fail; `fix`: what to do about it.

    `exit_code`: of a fail, what a run would end with because of it (4 sign-in, 3 unreachable …). `about`: who the side
    said it is, in the one finding that tells that; the hub may know it as another.
    """

    level: str
    subject: str
    text: str
    fix: str = ""
    exit_code: int = 0
    about: About | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReport:
    """One party's part of one step. `state`: done | failed | not run | stopped; `reason` says why it is not done."""

    step: str  # pull-orders | push-orders | pull-data | push-data
    party: str
    state: str
    reason: str = ""
    hint: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedWrite:
    """A write that a dry run would have sent."""

    party: str
    operation: str
    record: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a run did. `new_holds`: records that this run put on hold."""

    run_id: int
    command: str
    exit_code: int
    steps: tuple[StepReport, ...]
    new_holds: int = 0
    planned: tuple[PlannedWrite, ...] = ()
    notes: tuple[str, ...] = ()
