"""The cursor of a reading of WooCommerce orders, and the bound that the shop is asked by."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncctl.connectors.base import OVERLAP_SECONDS
from syncctl.connectors.woocommerce.cursor import Cursor, bound_text
from syncctl.connectors.woocommerce.order_words import Manners
from syncctl.connectors.woocommerce.walk import Stride
from syncctl.errors import CursorLost

NOON = datetime(2026, 3, 4, 12, 0, 0, tzinfo=UTC)
PLAIN = Manners()


def stride(after: int, *, is_last: bool, at: datetime | None = NOON) -> Stride:
    return Stride([], after, after, is_last, at)


def test_the_bound_moves_only_with_the_last_page_and_behind_the_first_answers_time() -> None:
    began = Cursor(since=NOON - timedelta(days=1))
    first = began.moved(stride(100, is_last=False))
    assert (first.since, first.after, first.offset, first.started) == (began.since, 100, 100, NOON)
    last = Cursor.parse(first.text(PLAIN), PLAIN).moved(stride(150, is_last=True, at=NOON + timedelta(hours=1)))
    assert last == Cursor(since=NOON - timedelta(seconds=OVERLAP_SECONDS))


def test_a_shop_that_does_not_tell_its_time_moves_no_bound() -> None:
    assert Cursor(since=NOON).moved(stride(7, is_last=True, at=None)) == Cursor(since=NOON)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "NaN",
        "null",
        '"x"',
        '{"since": null}',
        Cursor(NOON, -1).text(PLAIN),
        Cursor(None, 0, 1).text(PLAIN)[:-3],
    ],
)
def test_a_cursor_of_someone_else_is_lost(text: str) -> None:
    with pytest.raises(CursorLost):
        Cursor.parse(text, PLAIN)


@pytest.mark.parametrize("name", ["since", "after", "offset", "started", "manners"])
def test_a_cursor_with_a_field_that_is_odd_is_lost(name: str) -> None:
    row = json.loads(Cursor(NOON, 7, 6, NOON).text(PLAIN))
    for odd in ("x", True, [], {}, 1.5, "2026-03-01T00:00:00"):
        with pytest.raises(CursorLost):
            Cursor.parse(json.dumps({**row, name: odd}), PLAIN)


def test_orders_are_read_anew_where_the_settings_read_them_otherwise() -> None:
    text = Cursor(NOON).text(PLAIN)
    assert Cursor.parse(text, PLAIN) == Cursor(NOON)
    for other in (Manners(statuses={"packed": "processing"}), Manners(tracking_key="_wc_shipment_tracking_items")):
        with pytest.raises(CursorLost):
            Cursor.parse(text, other)


def test_a_bound_leaves_out_nothing_of_its_own_second() -> None:
    assert bound_text(NOON.replace(microsecond=999)) == "2026-03-04T11:59:59"
    assert bound_text(NOON.astimezone(ZoneInfo("Asia/Kolkata"))) == "2026-03-04T11:59:59"


ZONES = ["Europe/Berlin", "Europe/London", "Europe/Athens", "America/New_York", "America/Santiago", "America/Nuuk"]
ZONES += ["America/Havana", "Africa/Cairo", "Asia/Beirut", "Asia/Jerusalem", "Asia/Kolkata", "Australia/Lord_Howe"]
ZONES += ["Australia/Sydney", "Pacific/Auckland", "Pacific/Easter", "Atlantic/Azores", "America/Sao_Paulo", "UTC"]


@given(st.datetimes(datetime(2018, 1, 1), datetime(2037, 1, 1)), st.sampled_from(ZONES))
def test_a_site_that_takes_the_bound_for_its_own_time_is_never_asked_for_less(at: datetime, zone: str) -> None:
    """WordPress makes a time on the site's clock of it, and that one into text again: in spring an hour is skipped."""
    assert taken_for(bound_text(at.replace(tzinfo=UTC)), zone) < at


@pytest.mark.parametrize("zone", ZONES)
def test_the_hours_that_a_site_skips_lose_nothing(zone: str) -> None:
    begin = datetime(2026, 1, 1)
    for hour in range(366 * 24):
        at = begin + timedelta(hours=hour, minutes=30)
        if taken_for(at.isoformat(), zone) != at:
            for minutes in range(-90, 91, 7):
                asked = at + timedelta(minutes=minutes)
                assert taken_for(bound_text(asked.replace(tzinfo=UTC)), zone) < asked


def taken_for(text: str, zone: str) -> datetime:
    """What a site in a zone compares with, when it is asked for what is after `text`."""
    on_its_clock = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    return on_its_clock.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
