"""Whether a store shows the price that it should, as near as it can."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncctl import money
from syncctl.rules.prices import shown_price

AMOUNTS = st.decimals(min_value=0, max_value=10**6, places=4, allow_nan=False, allow_infinity=False).map(
    lambda amount: money.canonical(f"{amount:f}")
)


@pytest.mark.parametrize(
    "shown, want, currency, result",
    [
        ("2.50", "2.5", "GBP", "2.5"),
        ("02.500", "2.5", "GBP", "2.5"),
        ("2.54", "2.55", "GBP", "2.54"),
        ("2.55", "2.5555", "GBP", "2.5555"),
        ("2.56", "2.5555", "GBP", "2.5555"),
        ("2.5555", "2.5555", "GBP", "2.5555"),
        ("2.54", "2.5555", "GBP", "2.54"),
        ("2.57", "2.5555", "GBP", "2.57"),
        ("500", "499.5", "JPY", "499.5"),
        ("499", "499.5", "JPY", "499.5"),
        ("498", "499.5", "JPY", "498"),
        ("1.2345", "1.23456", "BHD", "1.23456"),
        ("3", None, "GBP", "3"),
        (None, "2.5", "GBP", None),
        ("", "2.5", "GBP", None),
        ("free", "2.5", "GBP", None),
        ("NaN", "2.5555", "GBP", None),
        ("1e400", "2.5555", "GBP", None),
    ],
)
def test_what_is_shown_counts_as_wanted_only_where_the_store_could_not_show_it_better(
    shown: str | None, want: str | None, currency: str, result: str | None
) -> None:
    assert shown_price(shown, want, currency) == result


@given(AMOUNTS, st.sampled_from(["ROUND_HALF_EVEN", "ROUND_HALF_UP", "ROUND_DOWN", "ROUND_UP"]))
def test_a_store_that_rounds_shows_what_is_wanted_whatever_way_it_rounds(want: str, rounding: str) -> None:
    shown = Decimal(want).quantize(Decimal("0.01"), rounding=rounding)
    assert shown_price(str(shown), want, "GBP") == want


@given(AMOUNTS, AMOUNTS)
def test_a_price_that_differs_by_a_whole_unit_never_counts_as_wanted(shown: str, want: str) -> None:
    answer = shown_price(shown, want, "GBP")
    if abs(Decimal(shown) - Decimal(want)) >= Decimal("0.01"):
        assert answer == shown != want
    else:
        assert answer in (shown, want)


@given(st.text(max_size=30))
def test_no_text_of_a_store_breaks_it(text: str) -> None:
    assert shown_price(text, "2.5555", "GBP") in (None, "2.5555") or money.canonical(text)
