"""What a person asks for at once, beside the cycle: each under the lock, and in a run of its own."""

from collections.abc import Callable

from syncctl.cycle import run_one
from syncctl.model import Customer
from syncctl.settings import Settings
from syncctl.steps.compare_groups import Compared, look_at_groups
from syncctl.steps.link_by_hand import link_to, link_to_new
from syncctl.steps.push_one import Pushed, push_one
from syncctl.steps.run import BACK_OFFICE

__all__ = ["Compared", "Pushed", "groups", "link", "link_new", "push"]

Progress = Callable[[str], None]


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
