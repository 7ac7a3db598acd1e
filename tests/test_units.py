"""Quantities of other systems as whole units: floored or raised exactly, and nothing hostile gets through."""

from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncctl.errors import DataError
from syncctl.units import LIMIT, floored, raised

WHOLE = st.integers(0, LIMIT - 1)
PLACES = st.text("0123456789", max_size=18)


@given(sign=st.sampled_from(["", "-", "+"]), whole=WHOLE, places=PLACES)
def test_a_decimal_text_is_rounded_exactly(sign: str, whole: int, places: str) -> None:
    text = f"{sign}{whole}.{places}" if places else f"{sign}{whole}"
    exact = (-1 if sign == "-" else 1) * (Fraction(whole) + Fraction(int(places or "0"), 10 ** len(places)))
    assert (floored(text), raised(text)) == (floor(exact), ceil(exact))


@given(st.integers(1 - LIMIT, LIMIT - 1))
def test_a_whole_number_is_itself_however_it_is_written(units: int) -> None:
    for value in (units, str(units), f"{units}.0", f"{units}.000"):
        assert (floored(value), raised(value)) == (units, units)


@given(st.text() | st.none() | st.floats() | st.booleans() | st.integers() | st.lists(st.integers()))
def test_whatever_comes_is_a_number_of_units_or_refused(value: object) -> None:
    for rounded in (floored, raised):
        try:
            assert type(rounded(value)) is int
        except DataError as error:
            assert 0 < len(str(error)) < 200


WORDS = ["", " ", "1 ", "1,5", "1.", ".5", "1e3", "1E-3", "NaN", "-Infinity", "0x10", "１", "1_0"]


@pytest.mark.parametrize("value", [*WORDS, "--1", "9" * 5000, None, True, 2.5, LIMIT, -LIMIT, str(LIMIT), b"1", ["1"]])
def test_what_is_no_plain_number_is_refused(value: object) -> None:
    for rounded in (floored, raised):
        with pytest.raises(DataError, match="no number of units"):
            rounded(value)


def test_a_number_too_long_to_be_printed_is_refused() -> None:
    with pytest.raises(DataError, match="no number of units"):
        floored(10**5000)
