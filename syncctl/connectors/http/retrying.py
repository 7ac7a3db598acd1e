"""When a request is made again, and when this host is asked no more."""

from collections.abc import Callable
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from syncctl.connectors.patience import Patience
from syncctl.errors import SyncctlError, Unreachable

Answer = TypeVar("Answer")

TRIES = 5
LONGEST_PAUSE = 60.0  # seconds between two tries, where the host does not say how long
LONGEST_ASKED = 300.0  # seconds that a host may ask us to wait
FAILURES = 5  # in a row; then the rest of the run does not ask this host any more

_jitter = wait_random_exponential(multiplier=1, max=LONGEST_PAUSE)  # full: anything from 0 on


class Again(Exception):
    """One try failed, and another may succeed. `told`: the host has said how long to wait, and the budget knows it."""

    def __init__(self, error: Unreachable, *, told: bool = False) -> None:
        super().__init__("again")
        self.error = error
        self.told = told


def retried(work: Callable[[], Answer], party: str, patience: Patience) -> Answer:
    """What `work` returns, which raises Again where it is to be tried once more.

    Errors: the last try's own after five of them; Throttled where the run may not wait so long.
    """
    attempts = Retrying(
        retry=retry_if_exception_type(Again),
        stop=stop_after_attempt(TRIES),
        wait=_pause,
        sleep=lambda seconds: patience.sleep(seconds, party, "it is busy, or cannot be reached"),
        reraise=True,
    )
    try:
        return attempts(work)
    except Again as failure:
        raise failure.error from None


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    return 0.0 if isinstance(error, Again) and error.told else _jitter(state)


class Breaker:
    """Counts failures in a row of one host."""

    def __init__(self, party: str) -> None:
        self._party = party
        self._failures = 0
        self._last = ""

    def check(self) -> None:
        """Errors: Unreachable where this host has failed too often."""
        if self._failures >= FAILURES:
            raise Unreachable(
                f"{self._party} is not asked any more in this run: it failed {self._failures} times in a row; "
                f"the last time, {self._last}",
                hint="The next run tries again.",
            )

    def failed(self, error: SyncctlError) -> None:
        self._failures += 1
        self._last = str(error)

    def went_well(self) -> None:
        self._failures = 0
