"""What settings are made of: sections, durations, moments."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

_DURATION = re.compile(r"(\d{1,6})\s*(s|m|h|d)\Z", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_LONGEST = timedelta(days=36_500)  # so that a time less a duration is always a time
_STORE_NAME = re.compile(r"[a-z][a-z0-9_-]{0,30}\Z", re.ASCII)


def _duration(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value
    match = _DURATION.match(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("write a duration as a number and a unit, such as 90s, 10m, 24h or 7d")
    duration = timedelta(**{_UNITS[match[2]]: int(match[1])})
    if duration > _LONGEST:
        raise ValueError(f"write a duration of at most {_LONGEST.days}d")
    return duration


def _some_time(value: timedelta) -> timedelta:
    if not value:
        raise ValueError("write a duration longer than 0s")
    return value


def _moment(value: Any) -> Any:
    """A date or a time; one without an offset is UTC."""
    try:
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        if isinstance(value, datetime):
            return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("write a date or time as 2026-11-21 or 2026-11-21T09:00:00Z") from None
    return value


def _store_name(value: str) -> str:
    if not _STORE_NAME.match(value):
        raise ValueError("a store's name is a small letter, then small letters, digits, - or _; 31 in all at most")
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Wait = Annotated[Duration, AfterValidator(_some_time)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
StoreName = Annotated[str, AfterValidator(_store_name)]
Units = Annotated[int, Field(ge=0, le=1_000_000)]
# A store's plug-ins have statuses of their own, so that any word may be listed.
Status = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Section(BaseModel):
    """A part of the settings: unknown keys are errors, values never change."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, str_max_length=10_000, allow_inf_nan=False
    )
