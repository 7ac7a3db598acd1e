"""Times as the hub keeps them: aware, UTC, and in text order as they are in time."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncctl import times

zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=zones)


def to_millisecond(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


@given(moments)
def test_a_time_comes_back_to_the_millisecond_in_utc(at: datetime) -> None:
    text = times.to_text(at)
    back = times.from_text(text)
    assert back == to_millisecond(at) and back.tzinfo is UTC
    assert len(text) == 24 and text.endswith("Z")


@given(moments, moments)
def test_texts_are_ordered_as_the_times_are(one: datetime, other: datetime) -> None:
    earlier, later = sorted([one, other])
    assert times.to_text(earlier) <= times.to_text(later)
    assert times.to_text(to_millisecond(earlier)) == times.to_text(earlier)


def test_a_time_without_a_zone_is_refused_both_ways() -> None:
    with pytest.raises(ValueError, match="without zone"):
        times.to_text(datetime(2026, 1, 2))
    with pytest.raises(ValueError, match="without zone"):
        times.from_text("2026-01-02T03:04:05")


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00:00Z", "2026-01-02T25:00:00Z", "1770000000"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        times.from_text(text)


def test_an_offset_is_turned_into_utc() -> None:
    assert times.to_text(times.from_text("2026-01-02T01:04:05.5+02:00")) == "2026-01-01T23:04:05.500Z"


def test_now_is_aware_and_utc() -> None:
    assert times.now().tzinfo is UTC
