"""When a reading looks so strange that a person must say "yes, really"; the bounds, to the unit."""

import pytest

from syncctl.rules.guards import (
    Jumps,
    Shrink,
    jumps_limit,
    price_jumps,
    strange_jumps,
    strange_listing,
    strange_prices,
    strange_shrink,
)
from syncctl.settings import SafetySettings

SAFETY = SafetySettings()  # more than 20 % of the SKUs, and at least 10; more than half of the prices by more than half


@pytest.mark.parametrize(
    ("had_stock", "lost", "allowed", "stops"),
    [
        (100, 20, None, False),
        (100, 21, None, True),
        (10, 9, None, False),
        (10, 10, None, True),
        (47, 9, None, False),
        (47, 10, None, True),
        (0, 0, None, False),
        (100, 21, 20, True),
        (100, 21, 21, False),
        (100, 100, 0, True),
        (100, 100, 1000, False),
    ],
)
def test_a_reading_that_shrinks_by_more_than_the_limits_stops_unless_so_many_are_allowed(
    had_stock: int, lost: int, allowed: int | None, stops: bool
) -> None:
    assert (strange_shrink(Shrink(had_stock, lost), SAFETY, allowed) is not None) == stops


def test_a_merchant_sets_the_limits() -> None:
    strict = SafetySettings(max_shrink=0, min_shrink=1, max_price_share=0, max_price_change=0.1)
    assert strange_shrink(Shrink(100, 1), strict, None) and not strange_shrink(Shrink(100, 0), strict, None)
    assert strange_prices(100, 1, strict, None) and price_jumps([("10", "11.01")], strict) == 1
    lax = SafetySettings(max_shrink=1, max_price_share=1)
    assert strange_shrink(Shrink(50, 50), lax, None) is None
    assert strange_prices(50, 50, lax, None) is None


@pytest.mark.parametrize(
    ("old", "new", "jumps"),
    [
        ("10", "15", 0),
        ("10", "15.01", 1),
        ("10", "5", 0),
        ("10", "4.99", 1),
        ("10", "0", 1),
        ("0", "0.01", 1),
        ("-10", "-15", 0),
        ("-10", "-4", 1),
        ("0.0001", "0.00015", 0),
    ],
)
def test_a_price_jumps_if_it_changes_by_more_than_its_share(old: str, new: str, jumps: int) -> None:
    assert price_jumps([(old, new)], SAFETY) == jumps
    assert price_jumps([(old, new), ("1", "1"), (old, new)], SAFETY) == 2 * jumps


@pytest.mark.parametrize(
    ("known", "jumps", "allowed", "stops"),
    [
        (20, 10, None, False),
        (19, 10, None, True),
        (2, 9, None, False),
        (100, 50, None, False),
        (100, 51, None, True),
        (100, 51, 50, True),
        (100, 51, 51, False),
        (100, 51, 0, True),
    ],
)
def test_prices_that_jump_beyond_the_limits_stop_unless_so_many_are_allowed(
    known: int, jumps: int, allowed: int | None, stops: bool
) -> None:
    assert (strange_prices(known, jumps, SAFETY, allowed) is not None) == stops


def test_a_stop_says_the_numbers_and_what_was_not_done() -> None:
    assert strange_listing(100, 30, SAFETY, None) == (
        "30 of 100 listings are not in its new list (the limit is 20); they are kept as they were, "
        "no stock and no prices were written to it"
    )
    assert strange_jumps(Jumps(known=100, rises=30, falls=40), SAFETY, None) == (
        "of 100 levels 30 rose and 40 fell by more than half at once, as if they belonged to other SKUs (the limit is "
        "10 each way); the back office's new reading was set aside, the last one stays, no stock and no prices were "
        "written"
    )
    assert strange_shrink(Shrink(100, 30), SAFETY, None) == (
        "30 of 100 SKUs that had stock are gone or at zero in the back office's new reading (the limit is 20); "
        "it was set aside, the last one stays, no stock and no prices were written"
    )
    assert strange_prices(100, 60, SAFETY, None) == (
        "60 of 100 prices changed by more than 50%; "
        "the reading was set aside, the last one stays, no stock and no prices were written"
    )


@pytest.mark.parametrize(
    ("had", "gone", "allowed", "stops"),
    [
        (100, 20, None, False),
        (100, 21, None, True),
        (10, 9, None, False),
        (10, 10, None, True),
        (0, 0, None, False),
        (100, 21, 20, True),
        (100, 21, 21, False),
    ],
)
def test_a_store_that_lists_much_less_is_not_believed_unless_so_many_are_allowed(
    had: int, gone: int, allowed: int | None, stops: bool
) -> None:
    problem = strange_listing(had, gone, SAFETY, allowed)
    assert (problem is not None) == stops
    assert problem is None or (f"{gone} of {had}" in problem and f"is {max(9, had // 5)})" in problem)


@pytest.mark.parametrize(
    ("known", "rises", "falls", "allowed", "stops"),
    [
        (40, 10, 10, None, True),
        (40, 9, 30, None, False),
        (40, 30, 9, None, False),
        (200, 20, 20, None, False),
        (200, 20, 100, None, False),
        (200, 21, 21, None, True),
        (200, 100, 21, None, True),
        (200, 21, 21, 41, True),
        (200, 21, 21, 42, False),
    ],
)
def test_levels_that_jump_both_ways_seem_to_belong_to_other_skus(
    known: int, rises: int, falls: int, allowed: int | None, stops: bool
) -> None:
    problem = strange_jumps(Jumps(known, rises, falls), SAFETY, allowed)
    assert (problem is not None) == stops
    limit = jumps_limit(known, SAFETY)
    assert limit == max(10, known // 10 + 1)
    told = f"of {known} levels {rises} rose and {falls} fell"
    assert problem is None or (told in problem and f"is {limit - 1} each" in problem)
