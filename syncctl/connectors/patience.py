"""How long one run may wait, in all, for sides that ask it to slow down."""

import time
from collections import defaultdict
from collections.abc import Callable
from math import ceil
from threading import Lock

from syncctl.errors import Throttled

_SLICE = 0.2  # seconds: a signal is heeded within this time


def _nothing(_text: str) -> None:
    return None


def _go_on() -> None:
    return None


class Patience:
    """The waiting of one run, of all its sides together.

    Units: seconds. `waited` and `by_party` tell what was waited so far. `say` is told of each wait; `checkpoint` raises
    where the run is to stop. `clock` measures the waits. May be used from several threads.
    """

    def __init__(
        self,
        most: float = 600.0,
        *,
        say: Callable[[str], None] = _nothing,
        checkpoint: Callable[[], None] = _go_on,
        clock: Callable[[], float] = time.monotonic,
        sleeper: Callable[[float], None] = time.sleep,
    ) -> None:
        self.most = most
        self.waited = 0.0
        self.by_party: defaultdict[str, float] = defaultdict(float)
        self._say = say
        self._checkpoint = checkpoint
        self.clock = clock
        self._sleeper = sleeper
        self._lock = Lock()

    @property
    def left(self) -> float:
        """What may still be waited."""
        return max(0.0, self.most - self.waited)

    def tell(self, text: str) -> None:
        """Say something that whoever watches may want to know."""
        self._say(text)

    def sleep(self, seconds: float, party: str, why: str) -> None:
        """Wait, and say for whom and why.

        Errors: Throttled at once, where that is more than what is left; whatever `checkpoint` raises.
        """
        if seconds <= 0:
            return
        self._take(seconds, party, why)
        began = self.clock()
        try:
            self._say(f"{party}: waiting {ceil(seconds)} s: {why}")
            while (rest := began + seconds - self.clock()) > 0:
                self._checkpoint()
                self._sleeper(min(rest, _SLICE))
        finally:
            self._add(self.clock() - began - seconds, party)

    def _take(self, seconds: float, party: str, why: str) -> None:
        with self._lock:
            if not seconds <= self.left:  # also where it is not a number
                raise Throttled(
                    f"{party} asks to wait {seconds:.0f} s ({why}), and this run may wait {self.left:.0f} s more",
                    hint="Run it again later; safety.max_wait says how long one run may wait in all.",
                    retry_after=seconds,
                )
            self._count(seconds, party)

    def _add(self, seconds: float, party: str) -> None:
        with self._lock:
            self._count(seconds, party)

    def _count(self, seconds: float, party: str) -> None:
        self.waited += seconds
        self.by_party[party] += seconds
