"""What the steps of one run share: the hub, the other sides, the settings, and what has succeeded so far."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from syncctl import times
from syncctl.connectors.base import OVERLAP_SECONDS, BackOffice, WebStore
from syncctl.connectors.patience import Patience
from syncctl.errors import BatchRefused, CursorLost, DataError, SignInNeeded, SyncctlError, Unreachable
from syncctl.hub import Hub
from syncctl.rules.feeds import sellers
from syncctl.settings import Settings

Counts = Counter[str]
Result = TypeVar("Result")

BACK_OFFICE = "back-office"


def _nothing(_text: str) -> None:
    return None


def _go_on() -> None:
    return None


@dataclass(slots=True, kw_only=True)
class Run:
    """One run. `checkpoint` is called where it is safe to stop, and raises Stopped if a signal came.

    `pulled`: stores whose orders were all read in this run. `stock_ready`, `prices_ready`: the back office's stock and
    prices are good to be written out (None: not read in this run, so the last reading counts, if it is young enough).
    `failed`: by party, what went wrong in the present part of a step beside what the rest of it depends on.
    `went_well`: parties of which such a thing was done in this run.
    """

    hub: Hub
    settings: Settings
    back_office: BackOffice
    stores: Mapping[str, WebStore]
    only: tuple[str, ...] = ()
    allow_shrink: int | None = None
    checkpoint: Callable[[], None] = _go_on
    progress: Callable[[str], None] = _nothing
    patience: Patience = field(default_factory=Patience)
    pulled: set[str] = field(default_factory=set)
    stock_ready: bool | None = None
    prices_ready: bool | None = None
    failed: dict[str, SyncctlError] = field(default_factory=dict)
    went_well: set[str] = field(default_factory=set)

    def apart(self, party: str, work: Callable[[], Result], instead: Result) -> Result:
        """Do what the rest of this part of a step can do without: if the side fails in it, the rest goes on.

        Returns `instead` then, also whenever it is tried again in this part. The failure is reported all the same.
        """
        if party in self.failed:
            return instead
        try:
            result = work()
        except CursorLost:
            raise  # it is begun anew
        except (Unreachable, SignInNeeded, BatchRefused, DataError) as error:
            self.failed[party] = error
            return instead
        self.went_well.add(party)
        return result

    @property
    def all_pulled(self) -> bool:
        """Whether every store was read in this run."""
        return self.pulled >= set(self.settings.stores)

    def may_rise(self, store: str) -> bool:
        """Whether a store's levels may rise: every store whose orders take the same units was read in this run."""
        return self.pulled >= sellers(self.settings, store)

    @property
    def lost_until(self) -> datetime | None:
        """With orders placed before this, a hub that was restored may have done what it does not know of; None if it
        never was. It is compared with the stores' clocks, so that it leaves them the overlap."""
        restored_at = self.hub.state("restored_at")
        return None if restored_at is None else times.from_text(restored_at) + timedelta(seconds=OVERLAP_SECONDS)

    @property
    def still_settling(self) -> bool:
        """After a restore, what was written in the lost time may not be visible yet: look-ups wait `settle` once."""
        until = self.hub.state("active_until")
        return until is not None and times.now() < times.from_text(until) + self.settings.safety.settle
