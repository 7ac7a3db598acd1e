"""Aware UTC times <-> the fixed-width text the hub stores (so that text order is time order)."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo


def now() -> datetime:
    """The time now, aware, UTC."""
    return datetime.now(UTC)


def to_text(at: datetime) -> str:
    """Turn an aware time into `YYYY-MM-DDTHH:MM:SS.mmmZ`.

    >>> to_text(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    '2026-01-02T03:04:05.000Z'
    """
    if at.tzinfo is None:
        raise ValueError("a time without zone")
    return _utc_text(at if at.tzinfo is UTC else at.astimezone(UTC))


@lru_cache(maxsize=4096)
def _utc_text(at: datetime) -> str:
    """Remembered: an order's times are written two to four times, and formatting them was 4 % of step 1.

    Only of UTC: in other zones two times that compare as equal may be an hour apart.
    """
    return at.isoformat("T", "milliseconds")[:23] + "Z"


def from_text(text: str) -> datetime:
    """Read a time back; one without an offset is refused.

    >>> from_text("2026-01-02T03:04:05.000Z").hour
    3
    """
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"a time without zone: {text[:40]!r}")
    return at if at.tzinfo is UTC else at.astimezone(UTC)


def is_due(last: datetime | None, every: timedelta) -> bool:
    """Whether to do now what is done once in `every`, and was done `last`; a time to come is of a clock that was wrong.

    >>> is_due(None, timedelta(days=1)), is_due(now(), timedelta(days=1)), is_due(now() + timedelta(1), timedelta(9))
    (True, False, True)
    """
    return last is None or not timedelta(0) <= now() - last < every


def local_day(at: datetime, time_zone: str) -> date:
    """The day in a shop's own time zone: the date that its owner sees on an order.

    >>> local_day(datetime(2026, 1, 2, 23, 30, tzinfo=UTC), "Europe/Berlin")
    datetime.date(2026, 1, 3)
    """
    return at.date() if time_zone == "UTC" else at.astimezone(ZoneInfo(time_zone)).date()
