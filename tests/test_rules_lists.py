"""Lists of contacts, element by element: what took whose place, what became of ours on the other side, one default."""

from typing import Any

import pytest

from syncctl.rules.lists import KEYS, same, three_way, union

HOME = {"kind": "shipping", "street": "1 High Street", "city": "Leeds", "postal_code": "LS1 1AA", "phone": "1"}
WORK = {"kind": "shipping", "street": "9 Mill Lane", "city": "York", "postal_code": "YO1 9XX"}
SHOP = {"kind": "billing", "street": "3 Quay", "city": "Hull"}


def as_taken_in(address: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """An address as a back office keeps it: in capitals, the city by its first letters, without the phone."""
    return {
        "kind": "other",
        "street": address["street"].upper().replace(" ", "  "),
        "city": address["city"][:3].upper(),
        **({"postal_code": address["postal_code"]} if "postal_code" in address else {}),
        **changes,
    }


def emails(text: str) -> list[str]:
    return [f"{name}@x.example" for name in text.split()]


def merged(ours: Any, theirs: Any, base_ours: Any, base_theirs: Any, field: str = "addresses") -> list[Any]:
    """The merged list, where nobody needs to choose."""
    result = three_way(ours, theirs, base_ours, base_theirs, KEYS[field])
    assert not result.conflict and result.if_ours == result.if_theirs
    return result.if_ours


@pytest.mark.parametrize(
    "base, ours, theirs, result",
    [
        ("a b", "a b c", "x a b1", "x a b1 c"),
        ("a b c", "a b c d", "a1 b x c1", "a1 b x c1 d"),
        ("a b c", "c b a", "a b c d", "c d b a"),
        ("a b c d", "a d", "a b c d e f", "a d e f"),
        ("a b", "b", "a1 b", "b a1"),
    ],
)
def test_what_is_new_takes_the_place_of_what_went_from_between_the_same_neighbours(
    base: str, ours: str, theirs: str, result: str
) -> None:
    agreed = emails(base)
    assert merged(emails(ours), emails(theirs), agreed, agreed, "emails") == emails(result)


def test_an_element_that_we_found_elsewhere_goes_when_they_remove_it() -> None:
    assert merged(emails("a c"), emails("a"), emails("a"), emails("a c"), "emails") == emails("a")


def test_a_spelling_that_both_sides_changed_stays_ours_and_one_that_they_changed_is_taken() -> None:
    base = ["Ann@x.example"]
    ours, theirs = ["ANN@x.example", "b@x.example"], ["ann@x.example", "c@x.example"]
    assert merged(ours, theirs, base, base, "emails") == ["ANN@x.example", "c@x.example", "b@x.example"]
    assert merged([*base, "b@x.example"], theirs, base, base, "emails") == [*theirs, "b@x.example"]


def test_an_edit_of_what_a_side_made_of_our_address_is_an_edit_of_ours() -> None:
    """It is known by its street, though it is the only one of ours that they keep."""
    theirs = as_taken_in(WORK)
    assert merged([HOME, WORK], [{**theirs, "city": "HULL"}], [HOME, WORK], [theirs]) == [
        HOME,
        {**WORK, "city": "HULL"},
    ]
    assert merged([HOME, WORK], [], [HOME, WORK], [theirs]) == [HOME]


def test_two_addresses_of_one_street_are_told_apart_by_their_postal_code() -> None:
    other = {**HOME, "postal_code": "LS9 9ZZ"}
    theirs = as_taken_in(other)
    edited = {**theirs, "city": "HULL"}
    assert merged([HOME, other], [edited], [HOME, other], [theirs]) == [HOME, {**other, "city": "HULL"}]


def test_two_addresses_of_one_postal_code_are_told_apart_by_their_street() -> None:
    other = {**HOME, "street": "2 High Street"}
    theirs = as_taken_in(other)
    edited = {**theirs, "city": "HULL"}
    assert merged([HOME, other], [edited], [HOME, other], [theirs]) == [HOME, {**other, "city": "HULL"}]
    bare = {"kind": "shipping", "street": "2 High Street", "city": "Leeds"}
    assert merged([HOME, bare], [], [HOME, bare], [as_taken_in(bare)]) == [HOME]


def test_of_as_many_addresses_each_is_the_one_in_its_place_though_nothing_of_it_is_the_same() -> None:
    base = [HOME, SHOP]
    theirs = [as_taken_in(HOME), {"kind": "other", "street": "Quay 3"}]
    edited = [theirs[0], {**theirs[1], "city": "HULL"}]
    assert merged([*base, WORK], edited, base, theirs) == [HOME, {**SHOP, "city": "HULL"}, WORK]


def test_of_fewer_addresses_none_is_guessed_to_be_ours() -> None:
    """What cannot be told apart is added, and nothing of ours is taken away."""
    stranger, new = {"kind": "other", "street": "Quay 3"}, {"kind": "other", "street": "Quay 4"}
    assert merged([HOME, WORK], [new], [HOME, WORK], [stranger]) == [HOME, WORK, new]


def test_what_they_add_between_two_of_ours_stands_there() -> None:
    base, theirs = [HOME, WORK], [as_taken_in(HOME), as_taken_in(WORK)]
    assert merged([*base], [theirs[0], SHOP, theirs[1]], base, theirs) == [HOME, SHOP, WORK]


def test_of_an_address_in_capitals_that_became_the_default_only_that_is_taken() -> None:
    base, theirs = [HOME, WORK], [as_taken_in(HOME)]
    assert merged(base, [{**theirs[0], "is_default": True}], base, theirs) == [{**HOME, "is_default": True}, WORK]


def test_where_their_word_holds_only_the_parts_that_they_changed_are_theirs() -> None:
    theirs = as_taken_in(HOME)
    result = three_way(
        [{**HOME, "city": "York"}, SHOP], [{**theirs, "city": "HULL"}], [HOME], [theirs], KEYS["addresses"]
    )
    assert result.conflict
    assert result.if_ours == [{**HOME, "city": "York"}, SHOP]
    assert result.if_theirs == [{**HOME, "city": "HULL"}, SHOP]
    assert result.base == [{**HOME, "city": "HULL"}]


def test_each_kind_of_address_has_a_default_of_its_own() -> None:
    ours, theirs = [{**HOME, "is_default": True}], [{**SHOP, "is_default": True}, {**WORK, "is_default": True}]
    assert union(ours, theirs, KEYS["addresses"]) == [*ours, theirs[0], WORK]


def test_an_address_of_no_kind_is_the_same_place_as_one_of_a_kind_whichever_was_there_first() -> None:
    bare = {part: value for part, value in HOME.items() if part != "kind"}
    key = KEYS["addresses"]
    assert union([HOME, SHOP], [bare], key) == [HOME, SHOP]
    assert union([bare, SHOP], [HOME], key) == [HOME, SHOP]
    assert union([bare], [{**HOME, "is_default": True}, {**HOME, "kind": "billing"}], key) == [
        HOME,
        {**HOME, "kind": "billing"},
    ]
    assert union([{**bare, "is_default": True}], [HOME], key) == [{**HOME, "is_default": True}]
    assert union([bare], [bare], key) == [bare]
    assert same([HOME, SHOP], [bare, SHOP], key) and same([bare], [HOME], key)
    assert not same([HOME], [{**HOME, "kind": "billing"}], key) and not same([bare], [{**bare, "city": "York"}], key)


def test_of_two_defaults_the_one_that_is_new_holds_and_ours_if_both_are() -> None:
    base = [{**HOME, "is_default": True}, WORK]
    ours = [HOME, WORK, {**SHOP, "kind": "shipping", "is_default": True}]
    theirs = [HOME, {**WORK, "is_default": True}]
    result = merged(ours, theirs, base, base)
    assert [one.get("is_default", False) for one in result] == [False, True, False]
    assert sum(one.get("is_default", False) for one in merged(ours, [*base, SHOP], base, base)) == 1


def test_lists_are_the_same_by_keys_in_their_order_with_the_same_default() -> None:
    key, loud = KEYS["addresses"], {**HOME, "city": "LEEDS"}
    assert same([HOME], [loud], key)
    assert same([{**HOME, "is_default": True}], [{**loud, "is_default": True}], key)
    assert not same([{**HOME, "is_default": True}], [loud], key)
    assert not same([HOME], [{**loud, "is_default": True}], key)
    assert not same([HOME, WORK], [WORK, HOME], key) and not same([HOME], [HOME, WORK], key)


def test_numbers_are_compared_by_their_signs_and_what_has_none_as_it_stands() -> None:
    key = KEYS["phones"]
    assert key("(020) 7946-0123") == key("020 79460123") != key("020 79460124")
    assert key("ext. A") == key("EXT A") and key("--") == "--" != key("-")
