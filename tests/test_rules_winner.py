"""Whose word holds where both sides changed a field."""

from datetime import UTC, datetime

import pytest

from syncctl.rules.merging import Choice
from syncctl.rules.winner import Told, choose, chooser
from syncctl.settings.customers import Winner, WinnerSettings

EARLY, LATE = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
SHOP, OFFICE = Told("shop", EARLY), Told("back-office", LATE)


@pytest.mark.parametrize(
    "winner, ours, theirs, result",
    [
        ("web", SHOP, OFFICE, "ours"),
        ("web", OFFICE, SHOP, "theirs"),
        ("back_office", SHOP, OFFICE, "theirs"),
        ("back_office", OFFICE, SHOP, "ours"),
        ("newest", SHOP, OFFICE, "theirs"),
        ("newest", OFFICE, SHOP, "ours"),
        ("ask", SHOP, OFFICE, "ask"),
        ("ask", OFFICE, SHOP, "ask"),
    ],
)
def test_the_setting_says_whose_word_holds(winner: Winner, ours: Told, theirs: Told, result: Choice) -> None:
    assert choose("name", winner, ours, theirs) == result


@pytest.mark.parametrize("winner", ["web", "back_office", "newest"])
def test_between_two_stores_the_newest_wins(winner: Winner) -> None:
    one, other = Told("shop", EARLY), Told("outlet", LATE)
    assert choose("name", winner, one, other) == "theirs" and choose("name", winner, other, one) == "ours"


def test_equal_or_unknown_times_are_for_a_person() -> None:
    assert choose("name", "newest", Told("shop", LATE), Told("back-office", LATE)) == "ask"
    assert choose("name", "newest", Told("shop"), Told("back-office", LATE)) == "ask"
    assert choose("name", "newest", Told("shop", LATE), Told("back-office")) == "ask"


def test_two_changes_first_seen_in_one_cycle_are_for_a_person() -> None:
    """In which order the sides were read says nothing of the order in which people typed."""
    assert choose("name", "newest", Told("shop", EARLY, 7), Told("back-office", LATE, 7)) == "ask"
    assert choose("name", "newest", Told("shop", EARLY, 6), Told("back-office", LATE, 7)) == "theirs"


def test_a_time_of_the_records_own_counts_against_the_time_we_saw_the_other() -> None:
    assert choose("name", "newest", Told("shop", LATE), Told("back-office", EARLY, 7)) == "ours"
    assert choose("name", "newest", Told("shop", EARLY, 7), Told("back-office", LATE)) == "theirs"


def test_at_a_join_the_younger_record_does_not_prove_the_younger_field() -> None:
    assert choose("name", "newest", SHOP, OFFICE, joined=True) == "keep"
    assert choose("name", "web", SHOP, OFFICE, joined=True) == "ours"
    assert choose("name", "back_office", SHOP, OFFICE, joined=True) == "theirs"
    assert choose("name", "ask", SHOP, OFFICE, joined=True) == "ask"


@pytest.mark.parametrize("winner", ["web", "back_office", "newest", "ask"])
def test_of_two_groups_that_meet_a_person_chooses_whatever_the_setting(winner: Winner) -> None:
    assert choose("group", winner, SHOP, OFFICE, joined=True) == "ask"


def test_each_field_has_its_own_setting() -> None:
    settings = WinnerSettings(name="web", note="back_office")
    chosen = chooser(settings, {"name": SHOP, "note": SHOP, "group": SHOP}, OFFICE)
    assert (chosen("name", False), chosen("note", False), chosen("group", False)) == ("ours", "theirs", "ask")
    by_field = chooser(settings, lambda field: SHOP if field == "company" else OFFICE, OFFICE)
    assert by_field("company", False) == "theirs" and by_field("company", True) == "keep"
