"""Whether a side still is the one that this hub belongs to, asked before anything is read from it or written to it."""

from datetime import timedelta

from syncctl import times
from syncctl.connectors.base import BackOffice, WebStore
from syncctl.steps.run import Run

_DAILY = timedelta(days=1)


def confirm(run: Run, party: str, side: BackOffice | WebStore) -> None:
    """Ask the side who it is, and compare: in each run, or once a day where its pinned address alone tells who it is.

    Errors: SafetyStop if it is another one, or has another currency now; whatever asking it raises.
    """
    parties = run.hub.parties
    if side.address and not times.is_due(parties.asked_at(party, side.address), _DAILY):
        return
    parties.confirm(party, side.about())
    if side.address:
        parties.remember_asked(party, side.address)
