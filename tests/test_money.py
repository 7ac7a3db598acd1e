"""Money: decimal text and minor units, against Decimal; nothing is rounded on the way in, nothing odd is read."""

from decimal import ROUND_HALF_EVEN, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncctl.errors import MoneyError
from syncctl.money import canonical, padded, places, round_minor, to_minor, to_text

PLACES = {"JPY": 0, "GBP": 2, "USD": 2, "KWD": 3, "CLF": 4}
currencies = st.sampled_from(sorted(PLACES))
amounts = st.from_regex(r"-?[0-9]{1,12}(\.[0-9]{1,12})?", fullmatch=True)
LIMIT = 10**15  # minor units
units = st.integers(1 - LIMIT, LIMIT - 1)


def rounded(text: str, currency: str, times: int = 1) -> int:
    with localcontext(prec=100):
        exact = Decimal(text) * times * 10 ** PLACES[currency]
        return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


@given(amounts, currencies)
def test_an_amount_is_read_exactly_or_refused(text: str, currency: str) -> None:
    exact = Decimal(text).scaleb(PLACES[currency])
    if exact == exact.to_integral_value() and abs(exact) < LIMIT:
        assert to_minor(text, currency) == exact
    else:
        with pytest.raises(MoneyError, match=r"too large|more decimal places"):
            to_minor(text, currency)


@given(amounts, currencies, st.integers(-1000, 1000))
def test_a_price_times_units_is_rounded_half_even_once(text: str, currency: str, times: int) -> None:
    exact = rounded(text, currency, times)
    if abs(exact) < LIMIT:
        assert round_minor(text, currency, times) == exact
    else:
        with pytest.raises(MoneyError, match="too large"):
            round_minor(text, currency, times)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("0.125", "USD", 12),
        ("0.135", "USD", 14),
        ("-0.125", "USD", -12),
        ("0.1250001", "USD", 13),
        ("2.5", "JPY", 2),
        ("3.5", "JPY", 4),
    ],
)
def test_a_half_goes_to_the_even_neighbour(text: str, currency: str, minor: int) -> None:
    assert round_minor(text, currency) == minor


@given(units, currencies)
def test_units_become_text_and_come_back(minor: int, currency: str) -> None:
    text = to_text(minor, currency)
    assert to_minor(text, currency) == minor
    assert len(text.partition(".")[2]) == PLACES[currency]


@given(amounts, amounts)
def test_canonical_texts_are_equal_exactly_where_the_amounts_are(one: str, other: str) -> None:
    assert (canonical(one) == canonical(other)) == (Decimal(one) == Decimal(other))
    assert Decimal(canonical(one)) == Decimal(one)


@given(amounts, st.integers(0, 3), st.integers(0, 3))
def test_needless_zeros_do_not_tell_amounts_apart(text: str, before: int, behind: int) -> None:
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    more = f"{sign}{'0' * before}{digits}" + ("" if "." in text else ".0") + "0" * behind
    if len(more.partition(".")[2]) <= 12:
        assert canonical(more) == canonical(text)
    assert canonical(canonical(text)) == canonical(text)


@given(amounts, currencies)
def test_padding_changes_no_amount_and_shows_every_place(text: str, currency: str) -> None:
    shown = padded(text, currency)
    assert Decimal(shown) == Decimal(text)
    assert len(shown.partition(".")[2]) >= PLACES[currency]


@pytest.mark.parametrize(
    "text",
    [
        *"NaN nan Infinity -Inf 1e5 1E999999 1_000 1,50 +1 0x10 .5 5. ١٢ １２ £5 1.2.3".split(),
        *["", " ", " 1", "1 ", "1\n", "1\0", "--1", "9" * 16, "1." + "1" * 13, "1" * 1_000_000],
    ],
)
def test_what_is_no_plain_decimal_is_no_amount(text: str) -> None:
    for read in (to_minor, round_minor, padded):
        with pytest.raises(MoneyError):
            read(text, "GBP")
    with pytest.raises(MoneyError):
        canonical(text)


@pytest.mark.parametrize("value", [1.5, 3, None, True, Decimal("1.5"), b"1", ["1"], {"a": 1}])
def test_only_text_is_an_amount_never_a_number(value: object) -> None:
    for read in (to_minor, round_minor):
        with pytest.raises(MoneyError):
            read(value, "GBP")  # type: ignore[operator]  # what a foreign body may hold


def test_a_message_never_carries_a_megabyte_on() -> None:
    with pytest.raises(MoneyError) as caught:
        round_minor("9" * 12, "GBP", 10**300)
    assert "too large" in str(caught.value) and len(str(caught.value)) < 200
    with pytest.raises(MoneyError) as caught:
        to_minor("x" * 10**6, "GBP")
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("currency", sorted(PLACES))
def test_amounts_stay_so_small_that_thousands_of_them_fit_a_database(currency: str) -> None:
    most = to_text(LIMIT - 1, currency)
    assert 5_000 * to_minor(most, currency) < 2**63
    assert round_minor(most, currency) == -round_minor(f"-{most}", currency) == LIMIT - 1
    for read in (to_minor, round_minor):
        with pytest.raises(MoneyError, match=r"too large|not an amount"):
            read(to_text(LIMIT, currency), currency)
    with pytest.raises(MoneyError, match="too large"):
        round_minor(most, currency, 2)


@pytest.mark.parametrize("currency", ["", "XXX", "gbp", "GB", "EURO", "XAU", "£"])
def test_a_currency_that_iso_4217_does_not_know_is_refused(currency: str) -> None:
    with pytest.raises(MoneyError, match="unknown currency"):
        places(currency)
    with pytest.raises(MoneyError, match="unknown currency"):
        to_minor("1", currency)
