"""Who is who: normalised keys, and the one rule that joins two customers."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncctl.model import Customer
from syncctl.rules.matching import (
    contacts_of,
    email_key,
    email_spellings,
    joining,
    keys_of,
    match,
    phone_key,
    phone_spellings,
    same_name,
)
from syncctl.settings import CustomerSettings

PLACEHOLDERS = CustomerSettings().placeholder_emails


def settings(**changes: Any) -> CustomerSettings:
    return CustomerSettings.model_validate({"country": "GB", **changes})


def person(customer_id: str = "", **changes: Any) -> Customer:
    return Customer(**{"id": customer_id, "name": "Ann Archer", "emails": ("ann@shop.example",), **changes})


@pytest.mark.parametrize("text", ["ann@shop.example", " Ann@Shop.Example ", "ANN@SHOP.EXAMPLE", "\tann@shop.example\n"])
def test_an_address_is_the_same_but_for_case_and_spaces_around_it(text: str) -> None:
    assert email_key(text, PLACEHOLDERS) == "ann@shop.example"


@pytest.mark.parametrize(
    "text",
    [
        *["", " ", "ann", "ann@", "@shop.example", "a b@shop.example", "ann@shop..example", "a@b@c.example", "x" * 400],
        *["noemail@shop.example", "NoEmail@shop.example", " no-reply@x.example", "none@none.com", "test@test.com"],
    ],
)
def test_what_is_no_address_or_nobodys_is_no_key(text: str) -> None:
    assert email_key(text, PLACEHOLDERS) is None


def test_the_merchant_names_more_placeholders() -> None:
    assert email_key("Walk-In@shop.example", ("walk-in@shop.example",)) is None
    assert email_key("ann@shop.example", ("walk-in@shop.example",)) == "ann@shop.example"


@pytest.mark.parametrize("text", ["020 7946 0123", "+44 20 7946 0123", "0044 20 7946 0123", "(020) 7946-0123"])
def test_a_phone_is_compared_as_e164_with_the_configured_country(text: str) -> None:
    assert phone_key(text, "GB") == "+442079460123"
    assert phone_key("020 7946 0123", "US") != "+442079460123"


@pytest.mark.parametrize("text", ["", " ", "call me", "0", "123", "0000000000", "000 000 0000", "1" * 70])
def test_what_is_no_number_is_no_key(text: str) -> None:
    assert phone_key(text, "GB") is None


def test_an_address_of_a_trial_shop_is_one_too() -> None:
    assert email_key("ann@shop.test", PLACEHOLDERS) == "ann@shop.test"


def test_a_number_is_looked_for_in_sixty_characters_and_no_more() -> None:
    spaced = "020 7946 0123".replace(" ", " " * 24, 1)
    assert phone_key(spaced.ljust(60), "GB") == "+442079460123"
    assert phone_key(spaced.ljust(61), "GB") is None


@given(st.text(max_size=400), st.text(max_size=100))
def test_no_text_breaks_the_keys(email: str, phone: str) -> None:
    key = email_key(email, PLACEHOLDERS)
    assert key is None or (key == key.strip() and "@" in key)
    number = phone_key(phone, "GB")
    assert number is None or (number.startswith("+") and number[1:].isdigit())


def test_the_rule_says_which_keys_join() -> None:
    one = person(phones=("020 7946 0123",))
    assert keys_of(one, settings()) == {("email", "ann@shop.example"), ("phone", "+442079460123")}
    assert keys_of(one, settings(match="email")) == {("email", "ann@shop.example")}
    assert keys_of(one, settings(match="create_new")) == frozenset()
    assert len(contacts_of(one, settings(match="create_new"))) == 2
    assert keys_of(person(emails=()), settings()) == joining((), settings()) == frozenset()
    assert joining(contacts_of(one, settings()), settings(match="email")) == {("email", "ann@shop.example")}


def test_a_search_may_return_too_much_the_keys_are_compared_exactly() -> None:
    near = [person("1", emails=("joann@shop.example",)), person("2", emails=("ann@shop.example.org",))]
    assert match(person(), "ref", near, settings()).hit is None
    found = match(person(), "ref", [*near, person("3", name="Somebody Else")], settings())
    assert (found.hit and found.hit.id, found.rule, found.tie) == ("3", "email", "")


def test_our_own_reference_comes_before_any_key() -> None:
    ours = person("1", emails=(), reference="ref")
    found = match(person(), "ref", [person("2"), ours], settings(match="create_new"))
    assert (found.hit, found.rule) == (ours, "reference")
    assert match(person(), "ref", [person("2")], settings(match="create_new")).hit is None


def test_two_hits_are_a_tie_and_nobody_is_joined() -> None:
    found = match(person(), "ref", [person("1"), person("2")], settings())
    assert found.hit is None and "2 customers" in found.tie
    by_phone = person("3", emails=(), phones=("+442079460123",))
    both = match(person(phones=("02079460123",)), "ref", [person("1"), by_phone], settings())
    assert both.hit is None and both.tie
    several = match(person(), "ref", [person("1", reference="ref"), person("2", reference="ref")], settings())
    assert (several.hit, several.tie) == (None, "several carry our reference")


def test_a_tie_names_the_customers_and_not_at_length() -> None:
    found = match(person(), "ref", [person("2"), person("10")], settings())
    assert found.tie == "2 customers have the same e-mail or phone: 10, 2"
    ids = sorted(str(number) for number in range(100, 200))
    many = match(person(), "ref", [person(one) for one in ids], settings())
    assert many.tie == f"100 customers have the same e-mail or phone: {', '.join(ids)[:200]}"


def test_a_phone_is_searched_for_as_it_was_typed_and_as_others_may_have_typed_it() -> None:
    assert phone_spellings(" 020 79460123 ", "GB") == (
        "020 79460123",
        "+442079460123",
        "+44 20 7946 0123",
        "020 7946 0123",
    )
    assert phone_spellings("+442079460123", "US") == ("+442079460123", "+44 20 7946 0123", "020 7946 0123")
    assert phone_spellings("020 7946 0123", "GB")[0] == "020 7946 0123"
    assert phone_spellings("000 000 0000", "GB") == phone_spellings("call me", "GB") == ()


def test_an_email_is_searched_for_without_blanks_as_it_was_typed_and_in_small_letters() -> None:
    assert email_spellings(" Ann@Example.ORG\n") == ("Ann@Example.ORG", "ann@example.org")
    assert email_spellings("ann@example.org") == ("ann@example.org",)


def test_the_same_candidate_twice_is_one_and_the_deleted_are_none() -> None:
    found = match(person(), "ref", [person("1"), person("1"), person("2", deleted=True)], settings())
    assert found.hit is not None and found.hit.id == "1"


@given(st.permutations([person("1"), person("2", emails=()), person("3", emails=("x@y.example",))]))
def test_the_order_of_candidates_does_not_matter(candidates: list[Customer]) -> None:
    found = match(person(), "ref", candidates, settings())
    assert found.hit is not None and found.hit.id == "1"


def test_names_are_the_same_but_for_case_and_spaces_and_no_name_is_nobodys() -> None:
    assert same_name("Ann  ARCHER ", "ann archer")
    assert not same_name("Ann Archer", "Anne Archer")
    assert not same_name("", "") and not same_name(" ", " ")


def test_one_that_was_made_for_another_of_another_name_is_a_tie() -> None:
    settings = CustomerSettings(country="GB")
    ada = Customer(id="1", name="Ada Lovelace", emails=("ada@example.org",))
    made = Customer(id="4", name="Eve Other", emails=("ada@example.org",), reference="theirs")
    found = match(ada, "ours", [made], settings)
    assert found.hit is None and "4" in found.tie and "made for another" in found.tie
    named = Customer(id="4", name="ada  lovelace", emails=("ada@example.org",), reference="theirs")
    assert match(ada, "ours", [named], settings).hit == named
    nobody = Customer(id="4", name="Eve Other", emails=("ada@example.org",))
    assert match(ada, "ours", [nobody], settings).hit == nobody
