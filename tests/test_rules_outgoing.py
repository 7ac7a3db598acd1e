"""Two copies of a customer, three-way and per field: what is written over, and what only a person can decide."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncctl.model import Address, Customer
from syncctl.rules.merging import agreed_mark, agreed_text, fields_of
from syncctl.rules.merging import outgoing as merge

HOME = Address(name="Ann", street="1 High Street", city="Leeds", is_default=True)
ANN = Customer(
    id="7",
    name="Ann",
    company="Archer",
    emails=("ann@shop.example",),
    phones=("020 7946 0123",),
    addresses=(HOME,),
)
AGREED = agreed_text(ANN)


def test_what_goes_across_is_who_somebody_is_and_how_to_reach_them() -> None:
    assert fields_of(ANN) == {
        "name": "Ann",
        "company": "Archer",
        "emails": ("ann@shop.example",),
        "phones": ("020 7946 0123",),
        "addresses": (HOME,),
    }
    assert fields_of(replace(ANN, id="8", note="late payer", tax_exempt=True, group="Trade")) == fields_of(ANN)


def test_nothing_is_sent_of_what_both_sides_agreed_on() -> None:
    merged = merge(ANN, AGREED, ANN, AGREED)
    assert (merged.send, merged.both) == ({}, ())
    assert merge(ANN, AGREED, None, None).send == {}


def test_only_the_fields_that_changed_are_sent() -> None:
    moved = replace(ANN, addresses=(replace(HOME, city="York"),))
    merged = merge(replace(moved, phones=()), AGREED, ANN, AGREED)
    assert merged.send == {"phones": (), "addresses": moved.addresses} and merged.both == ()


def test_without_a_base_of_ours_all_is_new() -> None:
    assert merge(ANN, None, None, None).send == fields_of(ANN)
    assert merge(ANN, None, ANN, AGREED).both == ()


def test_what_changed_on_both_sides_is_for_a_person() -> None:
    ours, theirs = replace(ANN, name="Anne", company="Archery"), replace(ANN, name="Annie", phones=())
    merged = merge(ours, AGREED, theirs, AGREED)
    assert merged.send == {"name": "Anne", "company": "Archery"} and merged.both == ("name",)


def test_the_same_change_on_both_sides_is_no_conflict() -> None:
    changed = replace(ANN, name="Anne", emails=("anne@shop.example",), addresses=())
    assert merge(changed, AGREED, changed, AGREED).both == ()


def test_a_value_that_the_other_side_cut_when_it_took_it_in_is_no_edit() -> None:
    cut = replace(ANN, name="An")
    assert merge(replace(ANN, name="Anne"), AGREED, cut, agreed_text(cut)).both == ()


def test_what_the_other_side_made_of_it_is_not_known_until_it_was_read_back() -> None:
    """After a write whose result nobody has read, whatever stands there may be what it made of ours."""
    merged = merge(replace(ANN, name="Anne"), AGREED, replace(ANN, name="An"), None)
    assert merged.send == {"name": "Anne"} and merged.both == ()


def test_a_field_that_the_base_does_not_have_counts_as_changed() -> None:
    base = json.loads(AGREED)
    del base["phones"]
    assert merge(ANN, json.dumps(base), None, None).send == {"phones": ANN.phones}
    older = json.dumps(base)
    assert merge(replace(ANN, phones=()), AGREED, ANN, older).both == ("phones",)


NAMES = st.sampled_from(["", "Ann", "Anne"])
CUSTOMERS = st.builds(
    Customer,
    id=st.just("7"),
    name=NAMES,
    emails=st.lists(st.sampled_from(["a@x.example", "b@x.example"]), max_size=2).map(tuple),
    addresses=st.lists(st.builds(Address, city=NAMES, is_default=st.booleans()), max_size=2).map(tuple),
)


@given(CUSTOMERS, CUSTOMERS)
def test_the_text_of_what_was_agreed_tells_customers_apart_exactly_where_they_differ(
    one: Customer, other: Customer
) -> None:
    assert (agreed_text(one) == agreed_text(other)) == (one == other)
    assert (agreed_mark(one) == agreed_mark(other)) == (one == other)
    assert {name for name, value in fields_of(one).items() if value != fields_of(other)[name]} == set(
        merge(one, agreed_text(other), None, None).send
    )


def test_what_was_agreed_is_plain_json_with_sorted_keys_and_its_mark_is_short() -> None:
    kept = json.loads(agreed_text(ANN))
    assert list(kept) == sorted(kept) and kept["addresses"][0]["street"] == "1 High Street"
    assert kept["emails"] == ["ann@shop.example"] and kept["addresses"][0]["is_default"] is True
    assert len(agreed_mark(ANN)) == 16


@pytest.mark.parametrize("field", ["name", "company", "emails", "phones", "addresses"])
def test_a_conflict_is_found_in_every_field(field: str) -> None:
    values = {"name": "X", "company": "X", "emails": ("x@x.example",), "phones": ("1",), "addresses": (Address(),)}
    other = {"name": "Y", "company": "Y", "emails": (), "phones": ("2",), "addresses": (HOME, HOME)}
    merged = merge(replace(ANN, **{field: values[field]}), AGREED, replace(ANN, **{field: other[field]}), AGREED)
    assert merged.both == (field,) == tuple(merged.send)
