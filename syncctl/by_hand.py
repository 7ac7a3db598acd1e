"""What a person asks for at once, beside the cycle: each under the lock, and in a run of its own."""

from collections.abc import Callable
from dataclasses import dataclass

from syncctl.cycle import run_one
from syncctl.errors import ConfigError
from syncctl.model import Customer
from syncctl.settings import Settings
from syncctl.steps.compare_groups import Compared, look_at_groups
from syncctl.steps.link_by_hand import link_to, link_to_new
from syncctl.steps.match_customers import Matched, match_customers, match_first
from syncctl.steps.pull_customers import pull_customers
from syncctl.steps.push_one import Pushed, push_one
from syncctl.steps.run import BACK_OFFICE, Run

__all__ = ["Compared", "MatchReport", "Pushed", "groups", "link", "link_new", "match", "push"]

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class MatchReport:
    """What matching came to: each decision with the name it is about. `new_holds`: records that it put on hold."""

    found: list[tuple[str, Matched]]
    new_holds: int


def match(settings: Settings, *, dry_run: bool, progress: Progress) -> MatchReport:
    """Read the customers of all sides whole, and link those who are on both. `dry_run`: on a copy of the hub.

    Errors: ConfigError if customers are switched off.
    """
    if not settings.customers.enabled:
        raise ConfigError("customers.enabled is off; nothing was read", hint="Set customers.enabled: true.")
    parties = [BACK_OFFICE, *settings.stores]

    def work(run: Run) -> MatchReport:
        for party in parties:
            pull_customers(run, party, whole=True)
        found = match_customers(run, dry_run=dry_run)
        if not dry_run:
            match_first(run, parties)
        known = run.hub.customers.load({one.hub_id for one in found})
        names = [known[one.hub_id].name if one.hub_id in known else "" for one in found]
        return MatchReport(list(zip(names, found, strict=True)), run.hub.holds.added())

    return run_one(settings, command="customers match", work=work, parties=parties, dry_run=dry_run, progress=progress)


def groups(settings: Settings, *, create: bool, dry_run: bool, progress: Progress) -> Compared:
    """Compare the customer groups of all sides; `create`: make those that are missing."""
    return run_one(
        settings,
        command="customers groups",
        work=lambda run: look_at_groups(run, create=create),
        parties=[BACK_OFFICE, *settings.stores],
        dry_run=dry_run,
        progress=progress,
    )


def push(settings: Settings, party: str, hub_id: int, *, progress: Progress) -> Pushed:
    """Bring one customer to one side now."""
    return run_one(
        settings,
        command="customers push",
        work=lambda run: push_one(run, party, hub_id),
        parties=[party],
        progress=progress,
    )


def link(settings: Settings, party: str, hub_id: int, remote_id: str, *, progress: Progress) -> Customer:
    """Link one customer to a record of one side, which must be there."""
    return run_one(
        settings,
        command="customers link",
        work=lambda run: link_to(run, party, hub_id, remote_id),
        parties=[party],
        progress=progress,
    )


def link_new(settings: Settings, party: str, hub_id: int, *, progress: Progress) -> Pushed:
    """Have a new record made at one side for one customer, whoever there is like him."""
    return run_one(
        settings,
        command="customers link",
        work=lambda run: link_to_new(run, party, hub_id),
        parties=[party],
        progress=progress,
    )
