"""Two copies of a customer, three-way and per field: what is taken, what is sent, and what only a person can decide."""

from time import process_time
from typing import Any

import pytest

from syncctl.model import Address, Customer
from syncctl.rules.lists import keys_for
from syncctl.rules.merging import (
    FIELDS,
    Choice,
    Merge,
    bases_of_own,
    from_text,
    made_of,
    merge,
    plain,
    text_of,
    typed,
    untold,
)

HOME = {"kind": "shipping", "street": "1 High Street", "city": "Leeds", "postal_code": "LS1 1AA", "country": "GB"}
WORK = {"kind": "shipping", "street": "9 Mill Lane", "city": "York", "postal_code": "YO1 9XX", "country": "GB"}
AGREED = {"name": "Ann", "emails": ["ann@shop.example"], "group": "Trade", "tax_exempt": False, "note": ""}


def merged(
    ours: dict[str, Any], theirs: dict[str, Any], base: Any = AGREED, their_base: Any = None, choice: Choice = "ask"
) -> Merge:
    """Merge changes of what was agreed; `choice` is the answer to every question."""
    mine, said = {**AGREED, **ours}, {**AGREED, **theirs}
    return merge(mine, said, base, base if their_base is None else their_base, lambda field, joined: choice)


def joined(ours: dict[str, Any], theirs: dict[str, Any], choice: Choice = "keep") -> Merge:
    return merge(ours, theirs, {}, {}, lambda field, joined: choice if joined else "ask")


# -- the plain form


def test_a_full_record_says_its_empty_fields_too_and_a_copy_on_an_order_does_not() -> None:
    bare = Customer(id="7", name="Ann")
    assert plain(bare, False) == {"name": "Ann"}
    blank = {"company": "", "emails": [], "phones": [], "addresses": [], "note": "", "tax_id": ""}
    assert plain(bare, True) == {"name": "Ann", **blank}


def test_no_group_is_said_by_empty_text_and_nothing_by_none() -> None:
    assert plain(Customer(id="7", group=""), True)["group"] == ""
    assert "group" not in plain(Customer(id="7", group=""), False) and "group" not in plain(Customer(id="7"), True)


def test_not_exempt_is_said_and_unknown_is_not() -> None:
    assert plain(Customer(id="7", tax_exempt=False), False) == {"tax_exempt": False}
    assert "tax_exempt" not in plain(Customer(id="7"), True)


def test_nothing_of_a_customer_is_lost_in_the_plain_form_and_its_text() -> None:
    ann = Customer(
        id="7",
        name="Ann",
        company="Archer",
        emails=("ann@shop.example",),
        phones=("020 7946 0123",),
        addresses=(
            Address(street="1 High Street", is_default=True),
            Address(kind="billing", phone="1"),
            Address(kind=""),
        ),
        group="Trade",
        note="late payer",
        tax_id="GB980780684",
        tax_exempt=True,
    )
    again = typed(from_text(text_of(plain(ann, True))))
    assert again == {name: getattr(ann, name) for name in FIELDS}


def test_an_address_says_nothing_of_its_empty_parts() -> None:
    assert plain(Customer(id="7", addresses=(Address(city="Leeds"),)), True)["addresses"] == [
        {"kind": "shipping", "city": "Leeds"}
    ]


def test_the_text_is_compact_and_sorted_and_none_says_nothing() -> None:
    assert text_of({"name": "Ann", "emails": ["a@x.example"]}) == '{"emails":["a@x.example"],"name":"Ann"}'
    assert from_text(None) == from_text("") == {}


# -- with a base


@pytest.mark.parametrize(
    "field, value", [("name", "Anne"), ("group", ""), ("group", "Retail"), ("tax_exempt", True), ("note", "late")]
)
def test_what_only_they_changed_is_taken_and_not_sent_back(field: str, value: object) -> None:
    result = merged({}, {field: value})
    assert result.ours[field] == value and result.taken == [field]
    assert not result.send and not result.asked
    assert result.agreed_ours[field] == result.agreed_theirs[field] == value


@pytest.mark.parametrize("field, value", [("name", "Anne"), ("group", ""), ("tax_exempt", True), ("emails", [])])
def test_what_only_we_changed_is_sent_and_nothing_is_taken(field: str, value: object) -> None:
    result = merged({field: value}, {})
    assert result.send == {field: value} and not result.taken and not result.asked
    assert result.agreed_ours == AGREED, "until it is written, the base stands"


def test_nothing_that_both_agree_on_is_taken_or_sent() -> None:
    result = merged({}, {})
    assert (result.taken, result.send, result.asked, result.kept) == ([], {}, [], [])


def test_changes_of_different_fields_cross() -> None:
    result = merged({"name": "Anne"}, {"note": "late payer"})
    assert result.send == {"name": "Anne"} and result.taken == ["note"] and result.ours["note"] == "late payer"


def test_the_same_change_on_both_sides_is_agreed() -> None:
    result = merged({"name": "Anne"}, {"name": "Anne"})
    assert not (result.taken or result.send or result.asked)
    assert result.agreed_ours["name"] == result.agreed_theirs["name"] == "Anne"


def test_a_value_that_the_other_side_cut_when_it_took_it_in_is_no_edit() -> None:
    result = merged({"name": "Christopher"}, {"name": "Christo"}, {"name": "Christopher"}, {"name": "Christo"})
    assert not result.taken and "name" not in result.send and result.ours["name"] == "Christopher"


def test_of_two_changes_the_chosen_one_holds() -> None:
    ours = merged({"name": "Anne"}, {"name": "Annie"}, choice="ours")
    assert ours.ours["name"] == "Anne" and ours.send == {"name": "Anne"}
    theirs = merged({"name": "Anne"}, {"name": "Annie"}, choice="theirs")
    assert theirs.ours["name"] == "Annie" and theirs.send == {} and theirs.taken == ["name"]


def test_two_changes_that_a_person_must_decide_stay_as_they_are_until_then() -> None:
    result = merged({"name": "Anne"}, {"name": "Annie"}, choice="ask")
    assert result.asked == ["name"] and result.ours["name"] == "Anne" and result.send == {}
    assert (result.agreed_ours, result.agreed_theirs) == (AGREED, AGREED), "it is the same question next time"


def test_a_decision_for_ours_that_was_not_sent_yet_is_not_asked_again() -> None:
    first = merged({"name": "Anne"}, {"name": "Annie"}, choice="ours")
    again = merge(first.ours, {"name": "Annie"}, first.agreed_ours, first.agreed_theirs, lambda field, joined: "ask")
    assert again.send == {"name": "Anne"} and again.asked == []


def test_a_field_that_they_do_not_say_is_not_compared_and_ours_is_sent_when_it_changed() -> None:
    result = merge(
        {"name": "Ann", "note": "new"}, {"name": "Ann"}, {"name": "Ann", "note": ""}, {"name": "Ann"}, _never
    )
    assert result.send == {"note": "new"} and result.ours["note"] == "new"
    quiet = merge({"note": "old"}, {}, {"note": "old"}, {"note": "old"}, _never)
    assert quiet.ours == {"note": "old"} and quiet.send == {} and quiet.agreed_theirs == {"note": "old"}


def test_a_field_that_is_cleared_there_is_cleared_here() -> None:
    assert merged({}, {"emails": []}).ours["emails"] == []
    assert merged({}, {"name": ""}).ours["name"] == ""


# -- a join


def test_a_join_fills_blanks_on_both_sides() -> None:
    result = joined({"name": "Ann", "company": "", "note": ""}, {"name": "", "company": "Archer", "note": ""})
    assert result.ours == {"name": "Ann", "company": "Archer", "note": ""}
    assert result.send == {"name": "Ann"} and result.taken == ["company"] and result.kept == []


def test_a_join_does_not_tell_another_spelling_of_what_is_there() -> None:
    result = joined({"phones": ["02079460104"]}, {"phones": ["020 7946 0104", "020 7946 0105"]})
    assert result.ours["phones"] == ["02079460104", "020 7946 0105"]
    assert not result.send


def test_a_join_overwrites_nothing_that_is_filled() -> None:
    result = joined({"name": "Ann", "note": "ours"}, {"name": "A. Archer", "note": "theirs"})
    assert result.ours == {"name": "Ann", "note": "ours"} and result.send == {} and result.taken == []
    assert result.kept == ["name", "note"]
    assert result.agreed_ours == {"name": "Ann", "note": "ours"}
    assert result.agreed_theirs == {"name": "A. Archer", "note": "theirs"}


def test_two_blanks_are_agreed_on_and_nothing_is_said() -> None:
    result = joined({"company": ""}, {"company": "", "group": "", "emails": []})
    assert (result.taken, result.send, result.kept, result.asked) == ([], {}, [], [])
    assert result.agreed_ours == {"company": "", "group": "", "emails": []} == result.agreed_theirs


def test_what_was_kept_apart_at_the_join_crosses_once_it_is_changed() -> None:
    first = joined({"name": "Ann"}, {"name": "A. Archer"})
    result = merge(first.ours, {"name": "Ann Archer"}, first.agreed_ours, first.agreed_theirs, _never)
    assert result.ours["name"] == "Ann Archer" and result.send == {}


def test_the_setting_may_say_whose_word_holds_at_a_join() -> None:
    web = joined({"name": "Ann"}, {"name": "A. Archer"}, "ours")
    assert web.send == {"name": "Ann"} and web.ours["name"] == "Ann"
    books = joined({"name": "Ann"}, {"name": "A. Archer"}, "theirs")
    assert books.send == {} and books.ours["name"] == "A. Archer"
    asked = joined({"name": "Ann"}, {"name": "A. Archer"}, "ask")
    assert asked.asked == ["name"] and asked.send == {} and asked.agreed_theirs == {}


@pytest.mark.parametrize("choice", ["ours", "theirs", "keep", "ask"])
def test_two_groups_without_a_base_are_always_asked_for(choice: Choice) -> None:
    result = joined({"group": "Trade"}, {"group": "Retail"}, choice)
    assert result.asked == ["group"] and result.ours == {"group": "Trade"} and result.send == {}
    assert "group" not in result.agreed_ours and "group" not in result.agreed_theirs


def test_a_group_against_none_is_taken_or_sent() -> None:
    assert joined({}, {"group": "Trade"}).ours == {"group": "Trade"}
    assert joined({"group": ""}, {"group": "Trade"}).ours == {"group": "Trade"}
    assert joined({"group": "Trade"}, {"group": ""}).send == {"group": "Trade"}


def test_a_group_that_changed_on_one_side_later_is_carried() -> None:
    assert merged({}, {"group": "Retail"}).ours["group"] == "Retail"
    assert merged({"group": "Retail"}, {}).send == {"group": "Retail"}


def test_not_exempt_is_no_blank() -> None:
    assert joined({"tax_exempt": False}, {"tax_exempt": True}).kept == ["tax_exempt"]
    assert joined({}, {"tax_exempt": False}).ours == {"tax_exempt": False}


def test_a_join_has_the_lists_of_both() -> None:
    result = joined({"emails": ["a@x.example", "Both@x.example"]}, {"emails": ["both@X.example", "b@x.example"]})
    assert result.ours["emails"] == ["a@x.example", "Both@x.example", "b@x.example"] == result.send["emails"]


def test_a_field_of_which_one_base_is_missing_has_no_base() -> None:
    for bases in (({"name": "Ann"}, {}), ({}, {"name": "Ann"})):
        result = merge({"name": "Ann"}, {"name": "Annie"}, *bases, lambda field, joined: "keep" if joined else "ask")
        assert result.kept == ["name"]


# -- what remains to be told


def test_what_a_side_was_not_told_is_what_differs_from_what_it_was_told() -> None:
    ours = {"name": "Anne", "note": "late", "company": "", "emails": []}
    assert untold(ours, {"name": "Ann"}) == {"name": "Anne", "note": "late"}
    assert untold(ours, {"name": "Ann"}, {"name"}) == {"name": "Anne"}
    assert untold(ours, ours) == {} and untold(ours, {**ours, "emails": ["a@x.example"]}) == {"emails": []}


@pytest.mark.parametrize(
    "sent, now, made",
    [
        ("Ann Archer", "Ann Arc", True),
        ("Ann Archer", "Ann Archer", True),
        (" Ann ", "Ann", True),
        ("Ann", "Ann Archer", False),
        ("Ann", "Bob", False),
        ("Ann", "", False),
        ("", "", True),
        (["a", "b"], ["a"], True),
        (["a", "b"], ["b"], False),
        (["a"], [], False),
        (["a"], ["a", "b"], False),
        ([{"city": "Leeds"}], [{"city": "Lee"}], True),
        ([{"city": "Leeds"}], [{"city": "Leeds", "phone": "1"}], False),
        ([{"city": "Leeds"}], [{"city": "Leeds", "is_default": True}], True),
        ([{"city": "Leeds", "name": "Ann"}], [{"city": "Leeds"}], True),
        ([{"city": "Leeds", "name": "Ann"}], [{"city": "York"}], False),
        (True, True, True),
        (True, False, False),
        (None, "Ann", False),
        (None, False, True),
        (None, True, False),
    ],
)
def test_a_side_may_have_cut_what_it_was_told_but_added_nothing(sent: object, now: object, made: bool) -> None:
    assert made_of(sent, now) is made


def test_a_tax_identifier_that_is_spelled_otherwise_is_the_same_and_each_side_keeps_its_spelling() -> None:
    ours, theirs = {"tax_id": "GB 980 7806 84"}, {"tax_id": "gb980780684"}
    for result in (joined(ours, theirs, "ask"), merge(ours, theirs, {"tax_id": ""}, {"tax_id": ""}, _nobody)):
        assert (result.ours["tax_id"], result.send, result.asked) == ("GB 980 7806 84", {}, [])
        assert (result.agreed_ours, result.agreed_theirs) == (ours, theirs)
    assert joined(ours, {"tax_id": "GB980780685"}, "ask").asked == ["tax_id"]


def _nobody(field: str, joined: bool) -> Choice:
    raise AssertionError(f"nobody is asked for {field}")


def test_what_a_side_made_of_ours_is_no_value_of_its_own_where_no_base_is_known() -> None:
    ours, theirs = {"name": "Christopher", "company": "Archer"}, {"name": "Christo", "company": "Arrow", "note": ""}
    bases = bases_of_own(ours, theirs, {}, {})
    assert bases == ({"name": "Christopher"}, {"name": "Christo"})
    result = merge(ours, theirs, *bases, lambda field, joined: "theirs")
    assert result.ours["name"] == "Christopher" and result.ours["company"] == "Arrow"
    known = {"name": "Christine"}
    assert bases_of_own(ours, theirs, known, known) == (known, known), "a base that is known stands"


# -- lists


def emails(*names: str) -> list[str]:
    return [f"{name}@x.example" for name in names]


@pytest.mark.parametrize(
    "base, ours, theirs, result",
    [
        ("a b", "a b c", "a b d", "a b d c"),
        ("a b c", "b c", "a b", "b"),
        ("a", "a1", "a b", "a1 b"),
        ("a b", "a1 b", "a b1", "a1 b1"),
        ("a b", "", "a b c", "c"),
        ("a b", "b", "c b", "b c"),
        ("a b", "a b c", "", "c"),
        ("a b", "a b", "b a", "b a"),
        ("a", "b", "b", "b"),
        ("", "a", "b", "b a"),
        ("a b", "a b c", "d a b", "d a b c"),
    ],
)
def test_what_both_sides_did_to_a_list_is_done(base: str, ours: str, theirs: str, result: str) -> None:
    agreed = {"emails": emails(*base.split())}
    found = merge({"emails": emails(*ours.split())}, {"emails": emails(*theirs.split())}, agreed, agreed, _never)
    assert found.ours["emails"] == emails(*result.split()) and found.asked == []


def test_two_elements_in_the_place_of_one_are_a_conflict_and_the_rest_is_no_part_of_it() -> None:
    base, ours, theirs = emails("a", "b"), emails("a1", "b", "c"), emails("a2", "b", "d")
    agreed = {"emails": base}
    results = {
        choice: merge({"emails": ours}, {"emails": theirs}, agreed, agreed, lambda field, joined, c=choice: c)
        for choice in ("ours", "theirs", "ask")
    }
    assert results["ours"].ours["emails"] == emails("a1", "b", "d", "c") == results["ours"].send["emails"]
    assert results["theirs"].ours["emails"] == emails("a2", "b", "d", "c") == results["theirs"].send["emails"]
    assert results["ask"].asked == ["emails"] and results["ask"].ours["emails"] == ours and not results["ask"].send


def test_a_side_that_keeps_only_the_first_has_not_removed_the_others() -> None:
    three = emails("a", "b", "c")
    result = merge({"emails": three}, {"emails": emails("x")}, {"emails": three}, {"emails": emails("a")}, _never)
    assert result.ours["emails"] == emails("x", "b", "c") and result.send == {}


def test_a_number_is_the_same_however_it_is_written() -> None:
    agreed = {"phones": ["020 7946 0123"]}
    ours, theirs = {"phones": ["020 7946 0123", "0113 496 0000"]}, {"phones": ["+44 20 7946 0123", "0113 496 0001"]}
    result = merge(ours, theirs, agreed, agreed, _never, keys=keys_for("GB"))
    assert result.ours["phones"] == ["+44 20 7946 0123", "0113 496 0001", "0113 496 0000"]
    for spelling in ("(020) 79460123", "+44 20 7946 0123"):
        equal = merge(agreed, {"phones": [spelling]}, {}, {}, _never, keys=keys_for("GB"))
        assert equal.ours == agreed and equal.send == {} and equal.kept == []
    abroad = merge(agreed, {"phones": ["+44 20 7946 0123"]}, {}, {}, _never, keys=keys_for("US"))
    assert len(abroad.ours["phones"]) == 2


def test_an_e_mail_address_is_the_same_in_capitals_and_what_is_none_is_compared_as_it_stands() -> None:
    key = keys_for("GB")["emails"]
    assert key(" Ann@Shop.Example") == key("ann@shop.example") != key("anne@shop.example")
    assert key("No Mail") == key("no mail ") != key("none")
    assert key("noemail@shop.example") != key("noemail@other.example"), "a placeholder is an address all the same"


def test_two_addresses_of_one_place_are_one_but_for_case_and_spaces() -> None:
    shout = {
        "kind": "shipping",
        "street": "1  HIGH street ",
        "city": "leeds",
        "postal_code": "LS1 1AA",
        "country": "GB",
    }
    result = merge({"addresses": [HOME]}, {"addresses": [shout, WORK]}, {}, {}, _never, keys=keys_for("GB"))
    assert result.ours["addresses"] == [HOME, WORK]


def test_what_stands_twice_in_their_list_is_added_once() -> None:
    result = joined({"emails": emails("a")}, {"emails": [*emails("b"), "B@x.example"]})
    assert result.ours["emails"] == emails("a", "b")


def test_an_address_that_they_write_in_capitals_is_still_the_same_when_they_edit_it() -> None:
    home = {**HOME, "phone": "1"}
    theirs = {"kind": "other", "street": "1 HIGH STREET", "city": "LEEDS", "postal_code": "LS1 1AA"}
    ours = {"addresses": [home, WORK]}
    edited = {"addresses": [{**theirs, "city": "BRADFORD"}]}
    result = merge(ours, edited, ours, {"addresses": [theirs]}, _never)
    assert result.ours["addresses"] == [{**home, "city": "BRADFORD"}, WORK] and result.send == {}


def test_a_default_that_moved_there_moves_here_and_there_is_one_still() -> None:
    mine = {"addresses": [{**HOME, "is_default": True}, WORK]}
    result = merge(mine, {"addresses": [HOME, {**WORK, "is_default": True}]}, mine, mine, _never)
    assert result.ours["addresses"] == [HOME, {**WORK, "is_default": True}]
    half = {"addresses": [WORK]}
    result = merge(mine, {"addresses": [{**WORK, "is_default": True}]}, mine, half, _never)
    assert result.ours["addresses"] == [HOME, {**WORK, "is_default": True}]


def test_of_two_defaults_that_meet_at_a_join_ours_stays() -> None:
    result = joined({"addresses": [{**HOME, "is_default": True}]}, {"addresses": [{**WORK, "is_default": True}]})
    assert result.ours["addresses"] == [{**HOME, "is_default": True}, WORK]


def _never(field: str, joined: bool) -> Choice:
    raise AssertionError(f"nobody needs to choose for {field}")


def test_what_a_merge_costs_follows_the_length_of_the_lists_and_not_its_square() -> None:
    """Five thousand addresses of a freight forwarder, changed on both sides, are no reason to stand still."""

    def cost(count: int) -> float:
        base, ours, theirs = (
            [{"kind": "other", "street": f"{number} High Street", "city": city} for number in range(count)]
            for city in ("Leeds", "York", "Hull")
        )
        agreed, times = {"addresses": base}, []
        for _ in range(3):
            began = process_time()
            merge({"addresses": ours}, {"addresses": theirs}, agreed, agreed, lambda field, joined: "theirs")
            times.append(process_time() - began)
        return min(times)

    assert cost(1600) < 9 * cost(400)
