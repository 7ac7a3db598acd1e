"""WooCommerce's customers in our words and ours in its, without a wire."""

from typing import Any

import pytest

from syncctl.connectors.woocommerce.customer_words import Groups, problem, refused, to_customer, to_row
from syncctl.errors import DataError
from syncctl.model import Address, Consent, Customer, CustomerChange

MAIL = "ann@example.com"
NO_GROUPS = Groups()
CLUB = Groups(key="club", titles=("Trade", "Staff"))
HOME = {
    "address_1": "1 High St",
    "address_2": "Flat 2",
    "city": "Leeds",
    "state": "",
    "postcode": "LS1 1AA",
    "country": "GB",
}


def account(**more: Any) -> dict[str, Any]:
    """An account as WooCommerce tells of it, in version 8."""
    names = {"first_name": "Ann", "last_name": "Archer"}
    return {
        "id": 25,
        "email": "ann@example.com",
        **names,
        "role": "customer",
        "date_created_gmt": "2026-01-02T03:04:05",
        "date_modified_gmt": "2026-02-03T04:05:06",
        "billing": {**names, "company": "Archer Ltd", **HOME, "email": "ann@example.com", "phone": "0113 496 0000"},
        "shipping": {"first_name": "", "last_name": "", "company": "", **dict.fromkeys(HOME, ""), "phone": ""},
        "meta_data": [],
        **more,
    }


def change(**fields: object) -> CustomerChange:
    return CustomerChange(key="k", id="25", reference="ref", fields=fields)


def creation(**fields: object) -> CustomerChange:
    return CustomerChange(key="k", id=None, reference="ref-1", fields=fields)


def as_written(row: dict[str, Any], sent: dict[str, Any]) -> dict[str, Any]:
    """The account after WooCommerce took the named fields, and no others."""
    parts = {name: {**row[name], **sent.get(name, {})} for name in ("billing", "shipping")}
    rest = {name: value for name, value in sent.items() if name not in parts}
    return {**row, **rest, **parts}


def test_an_account_is_told_with_what_its_billing_address_says() -> None:
    ann = to_customer(account(), NO_GROUPS)
    assert (ann.id, ann.name, ann.company) == ("25", "Ann Archer", "Archer Ltd")
    assert (ann.emails, ann.phones, ann.guest) == (("ann@example.com",), ("0113 496 0000",), False)
    assert ann.addresses == (
        Address(
            kind="billing",
            street="1 High St\nFlat 2",
            city="Leeds",
            postal_code="LS1 1AA",
            country="GB",
        ),
    )
    assert ann.changed_at is not None and ann.changed_at.isoformat() == "2026-02-03T04:05:06+00:00"
    assert (ann.group, ann.reference, ann.consents, ann.note, ann.tax_exempt) == (None, None, (), "", None)


def test_an_e_mail_address_of_its_own_for_billing_is_the_customers() -> None:
    row = account()
    row["billing"]["email"] = "accounts@example.com"
    assert to_customer(row, NO_GROUPS).emails == ("accounts@example.com",)
    row["billing"]["email"] = ""
    assert to_customer(row, NO_GROUPS).emails == ("ann@example.com",)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (account(billing=[], shipping=[]), ("Ann Archer", (MAIL,), (), ())),
        (account(billing=None, shipping=""), ("Ann Archer", (MAIL,), (), ())),
        (account(first_name="", last_name="", billing=[], shipping=[], email=""), ("", (), (), ())),
        (account(first_name="  Cher ", last_name="", billing={"country": "GB"}), ("Cher", (MAIL,), (), ())),
        (
            account(billing={"first_name": "Ann\t", "last_name": " B  C", "phone": 1134960000}),
            ("Ann B C", (MAIL,), ("1134960000",), ()),
        ),
    ],
)
def test_what_is_missing_or_odd_is_not_made_up(row: dict[str, Any], said: tuple[Any, ...]) -> None:
    one = to_customer(row, NO_GROUPS)
    assert (one.name, one.emails, one.phones, one.addresses) == said


@pytest.mark.parametrize("value", [None, "", "yesterday", "0000-00-00T00:00:00", 17, "2026-02-30T00:00:00"])
def test_an_account_that_never_changed_is_as_it_was_made(value: object) -> None:
    """By our own clock, which may go wrong, a change that follows would look older than that."""
    made = to_customer(account(date_modified_gmt=value), NO_GROUPS)
    assert made.changed_at is not None and made.changed_at == made.created_at
    assert to_customer(account(date_modified_gmt=value, date_created_gmt=value), NO_GROUPS).changed_at is None


@pytest.mark.parametrize("found", [None, 0, -1, "25", True, 2.5])
def test_an_account_without_an_id_is_an_error(found: object) -> None:
    with pytest.raises(DataError):
        to_customer(account(id=found), NO_GROUPS)


def test_each_field_is_written_to_its_place_and_nothing_else_is_sent() -> None:
    assert to_row(change(name="Mary Ann Smith"), NO_GROUPS) == {
        "id": 25,
        "first_name": "Mary Ann",
        "last_name": "Smith",
        "billing": {"first_name": "Mary Ann", "last_name": "Smith"},
    }
    assert to_row(change(emails=("new@example.com", "b@example.com")), NO_GROUPS) == {
        "id": 25,
        "billing": {"email": "new@example.com"},
    }
    assert to_row(change(phones=()), NO_GROUPS) == {"id": 25, "billing": {"phone": ""}}
    assert to_row(change(), NO_GROUPS) == {"id": 25}


def test_an_account_is_made_with_its_login_and_our_reference_and_no_user_name_or_password() -> None:
    row = to_row(creation(name="Ann", emails=("ann@example.com",), group="Trade"), CLUB)
    assert row == {
        "email": "ann@example.com",
        "first_name": "Ann",
        "last_name": "",
        "billing": {"first_name": "Ann", "last_name": "", "email": "ann@example.com"},
        "meta_data": [{"key": "_syncctl_reference", "value": "ref-1"}, {"key": "club", "value": "Trade"}],
    }


@pytest.mark.parametrize("name", ["Ann Archer", "Cher", "Mary Ann Smith", "", "José Ángel de la O"])
def test_a_name_of_any_number_of_words_comes_back_as_it_was_sent(name: str) -> None:
    empty = account(first_name="", last_name="", billing={}, shipping={})
    assert to_customer(as_written(empty, to_row(change(name=name), NO_GROUPS)), NO_GROUPS).name == name


ADDRESSES = (
    Address(kind="billing", street="9 Low Rd", city="York", postal_code="YO1", country="GB"),
    Address(kind="shipping", name="Bo Archer", company="Shop", street="2 Hill\nRear", city="Hull", phone="0148 2"),
)


def test_both_addresses_come_back_as_they_were_sent() -> None:
    before = account(billing={"first_name": "Ann", "last_name": "Archer"}, shipping={})
    after = to_customer(as_written(before, to_row(change(addresses=ADDRESSES), NO_GROUPS)), NO_GROUPS)
    assert after.addresses == ADDRESSES


def test_addresses_that_go_leave_no_trace_and_the_customer_keeps_name_and_phone() -> None:
    row = as_written(account(), to_row(change(addresses=ADDRESSES), NO_GROUPS))
    after = to_customer(as_written(row, to_row(change(addresses=()), NO_GROUPS)), NO_GROUPS)
    assert after.addresses == ()
    before = to_customer(account(), NO_GROUPS)
    assert (after.name, after.company, after.phones) == (before.name, before.company, before.phones)


def test_goods_for_the_customer_carry_his_name_and_are_told_without_it() -> None:
    """An address of a till, which is a place and no more, comes back as it was sent; a parcel has a name on it."""
    home = (Address(kind="shipping", street="4 Mill", city="Ely"),)
    known = to_customer(account(), NO_GROUPS)
    for sent in (
        CustomerChange(key="k", id="25", reference="", fields={"addresses": home}, expected=known),
        change(name="Ann Archer", addresses=home),
    ):
        row = to_row(sent, NO_GROUPS)
        assert (row["shipping"]["first_name"], row["shipping"]["last_name"]) == ("Ann", "Archer")
        assert to_customer(as_written(account(billing={}), row), NO_GROUPS).addresses == home
    assert to_row(change(addresses=home), NO_GROUPS)["shipping"]["first_name"] == ""


def test_of_several_addresses_of_a_kind_the_default_is_written_and_one_of_no_kind_is_where_goods_go() -> None:
    first, default = (Address(kind="shipping", city=city, is_default=city == "Hull") for city in ("Leeds", "Hull"))
    sent = to_row(change(addresses=(first, default)), NO_GROUPS)
    assert (sent["shipping"]["city"], sent["billing"]["city"]) == ("Hull", "")
    assert to_row(change(addresses=(Address(kind="other", city="Bath"),)), NO_GROUPS)["shipping"]["city"] == "Bath"
    both = to_row(change(addresses=(Address(kind="billing", city="Bath"),)), NO_GROUPS)
    assert (both["shipping"]["city"], both["billing"]["city"]) == ("", "Bath")


def test_a_street_of_many_lines_is_kept_in_two() -> None:
    sent = to_row(change(addresses=(Address(street="1 A\r\nFlat 2\n\nRear"),)), NO_GROUPS)
    assert (sent["shipping"]["address_1"], sent["shipping"]["address_2"]) == ("1 A", "Flat 2, Rear")


@pytest.mark.parametrize(
    ("meta", "group"),
    [
        ([], ""),
        ({}, ""),
        (None, ""),
        ([{"id": 1, "key": "club", "value": "Trade"}], "Trade"),
        ([{"id": 1, "key": "other", "value": "Trade"}], ""),
        ([{"id": 1, "key": "club", "value": 7}], "7"),
        ([{"id": 1, "key": "club", "value": None}], ""),
        ([{"id": 1, "key": "club", "value": {"0": "Trade"}}], None),
        ([{"id": 1, "key": "club", "value": ["Trade"]}], None),
        (["club", {"id": 2, "key": "club", "value": "Staff"}], "Staff"),
    ],
)
def test_a_group_is_what_stands_under_its_meta_key_and_a_list_there_is_no_group(meta: object, group: str) -> None:
    assert to_customer(account(meta_data=meta), CLUB).group == group


def test_a_role_tells_a_group_that_is_never_written() -> None:
    roles = Groups(roles={"wholesale_customer": "Trade"})
    assert to_customer(account(role="wholesale_customer"), roles).group == "Trade"
    assert to_customer(account(role="customer"), roles).group == ""
    found = problem(change(group="Trade"), roles)
    assert found is not None and found.reason == "unknown_field"


def test_a_group_is_taken_away_by_an_empty_text() -> None:
    assert to_row(change(group=""), CLUB) == {"id": 25, "meta_data": [{"key": "club", "value": ""}]}


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (CustomerChange(key="k", id="no-such-customer", reference="", fields={"name": "X"}), "unknown_customer"),
        (CustomerChange(key="k", id="٢٥", reference="", fields={"name": "X"}), "unknown_customer"),
        (change(note="x"), "unknown_field"),
        (change(consents=(Consent(channel="email", state="subscribed"),)), "unknown_channel"),
        (change(group="trade"), "unknown_group"),
        (change(group="Trade "), "unknown_group"),
        (creation(name="Ann"), "email_needed"),
        (creation(name="Ann", emails=("",)), "email_needed"),
    ],
)
def test_what_cannot_be_is_refused_before_it_is_sent(sent: CustomerChange, reason: str) -> None:
    found = problem(sent, CLUB)
    assert found is not None and (found.key, found.reason) == ("k", reason)


def test_what_can_be_is_not_refused() -> None:
    assert problem(change(name="X", group="Trade"), CLUB) is None
    assert problem(creation(emails=("a@example.com",), group=""), CLUB) is None


def test_a_refusal_repeats_nobodys_e_mail_address() -> None:
    taken = {
        "code": "registration-error-email-exists",
        "message": 'An account is already registered with <b>ann@example.com</b>. <a href="#">Please log in</a>',
    }
    for error in (taken, {**taken, "code": "a_plug_in_says_no"}):
        found = refused("k", error)
        assert "ann@" not in found.message and "<" not in found.message
    assert refused("k", taken).reason == "email_taken"
    assert refused("k", {"code": "a_plug_in_says_no"}).reason == "a_plug_in_says_no"
    assert refused("k", None).reason == "refused"


def test_what_was_written_is_read_back_the_same_field_by_field() -> None:
    """A base of both sides is agreed on only where what is told after a write is what was sent."""
    sent: dict[str, Any] = {
        "name": "Bo Baker",
        "company": "Bakers & Sons",
        "emails": ("bo@example.com",),
        "phones": ("+44 20 7946 0123",),
        "addresses": (
            Address(kind="billing", street="3 Mill", city="Ely"),
            Address(kind="shipping", street="4 Mill", city="Ely", phone="1"),
        ),
        "group": "Staff",
    }
    row = as_written(account(), to_row(change(**sent), CLUB))
    assert to_customer(row, CLUB) == Customer(
        id="25",
        created_at=to_customer(account(), CLUB).created_at,
        changed_at=to_customer(account(), CLUB).changed_at,
        **sent,
    )
