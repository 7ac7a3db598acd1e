"""How soon one host may be asked again: by our own limit, by what it counts, and by what it asked for."""

import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from syncctl import times

_NUMBER = re.compile(r"\s*(\d{1,18})(?:\.\d{0,9})?\s*\Z", re.ASCII)
_FRACTION = re.compile(r"\s*(\d{1,9})\s*/\s*(\d{1,9})\s*\Z", re.ASCII)
_FIELD = re.compile(r"\b(remaining|reset|r|t)\s*=\s*(\d{1,18})\b", re.ASCII)
_SHORTEST = 1.0  # seconds: where a host says that nothing is left, and not until when


class Budget:
    """What one host allows. Units: seconds of a clock that never goes back."""

    def __init__(self, per_minute: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._free_at = 0.0
        self._burst = float(max(1, per_minute // 10)) if per_minute else 0.0
        self._rate = max(1.0, per_minute - self._burst) / 60  # so that no minute has more than it may
        self._tokens = self._burst
        self._counted_at = clock()

    def delay(self) -> float:
        """How long to wait before the next request."""
        now = self._clock()
        wait = max(0.0, self._free_at - now)
        if self._burst:
            self._refill(now)
            wait = max(wait, (1 - self._tokens) / self._rate)
        return wait

    def took(self) -> None:
        """One request goes out now."""
        if self._burst:
            self._refill(self._clock())
            self._tokens -= 1

    def hold(self, seconds: float) -> None:
        """Ask nothing for so long."""
        self._free_at = max(self._free_at, self._clock() + seconds)

    def feed(self, left: float, most: float, per_second: float) -> None:
        """What a system tells in its body: what is left of what it grants at most, and how fast that comes back."""
        if left < 1 <= most and per_second > 0:
            self.hold((min(1.0, most) - left) / per_second)

    def heed(self, headers: Mapping[str, str], at: datetime | None) -> None:
        """What the headers of an answer say is left: where that is nothing, the next request waits for the reset."""
        if found := _FRACTION.match(headers.get("X-Shopify-Shop-Api-Call-Limit", "")):
            used, most = int(found[1]), int(found[2])
            self.feed(most - used, most, max(1.0, most / 20))  # 2 a second of 40, 4 of 80
        if "X-Rate-Limit-Requests-Left" in headers:
            reset = _number(headers.get("X-Rate-Limit-Time-Reset-Ms"))
            self._left(_number(headers["X-Rate-Limit-Requests-Left"]), None if reset is None else reset / 1000)
        for prefix in ("RateLimit", "X-RateLimit"):
            reset = _until(_number(headers.get(f"{prefix}-Reset")), at)
            self._left(_number(headers.get(f"{prefix}-Remaining")), reset)
        told = dict(_FIELD.findall(headers.get("RateLimit", "")))
        self._left(_number(told.get("remaining", told.get("r"))), _until(_number(told.get("reset", told.get("t"))), at))

    def _left(self, left: float | None, reset: float | None) -> None:
        if left is not None and left < 1:
            self.hold(_SHORTEST if reset is None else reset)

    def _refill(self, now: float) -> None:
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._counted_at) * self._rate)
        self._counted_at = now


def retry_after(text: str | None, at: datetime | None) -> float | None:
    """The seconds that a Retry-After asks for, written as such or as a date; None where it says nothing readable.

    `at`: the server's own time, which a date is compared with.
    """
    if text is None:
        return None
    if (seconds := _number(text)) is not None:
        return seconds
    try:
        date = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
    aware = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, (aware - (at or times.now())).total_seconds())


def _number(text: str | None) -> float | None:
    found = _NUMBER.match(text or "")
    return float(found[1]) if found else None


def _until(reset: float | None, at: datetime | None) -> float | None:
    """Seconds till then: some say how many, some say when, in seconds or thousandths since 1970."""
    if reset is None or reset < 1e8:
        return reset
    moment = reset / 1000 if reset > 1e11 else reset
    return max(0.0, moment - (at or times.now()).timestamp())
