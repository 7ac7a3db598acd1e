"""Shopify's customers, addresses and buyers in our words."""

from datetime import UTC, datetime
from typing import Any

import pytest

from syncctl.connectors.shopify.buyers import to_buyer
from syncctl.connectors.shopify.customer_words import to_address, to_customer
from syncctl.errors import DataError
from syncctl.model import Address, Consent, Customer

ASKED_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def place(**more: Any) -> dict[str, Any]:
    """A row of the address fragment."""
    blank = ("firstName", "lastName", "company", "address1", "address2", "city", "province", "provinceCode", "zip")
    row = dict.fromkeys((*blank, "countryCodeV2", "phone")) | {"id": "gid://shopify/MailingAddress/1?model_name=X"}
    return row | more


HOME = place(firstName="Ann", lastName="Archer", address1="3 Mill Lane", city="York", zip="YO1 1AA", countryCodeV2="GB")
YORK = Address(kind="", street="3 Mill Lane", city="York", postal_code="YO1 1AA", country="GB")
HULL = "gid://shopify/MailingAddress/2"


def book_of(*nodes: dict[str, Any], more: bool = False) -> dict[str, Any]:
    return {"nodes": [*nodes], "pageInfo": {"hasNextPage": more}}


def person(**more: Any) -> dict[str, Any]:
    """A row of the customer fragment."""
    row = {
        "id": "gid://shopify/Customer/7",
        "firstName": "Ann",
        "lastName": "Archer",
        "defaultEmailAddress": None,
        "defaultPhoneNumber": None,
        "defaultAddress": None,
        "addressesV2": book_of(),
        "tags": [],
        "note": None,
        "state": "DISABLED",
        "taxExempt": False,
        "createdAt": "2026-01-01T00:00:00Z",
        "updatedAt": "2026-01-03T00:00:00Z",
        "reference": None,
    }
    return row | more


def contact(kind: str, value: str, state: str, at: str | None = None, level: str | None = None) -> dict[str, Any]:
    return {kind: value, "marketingState": state, "marketingOptInLevel": level, "marketingUpdatedAt": at}


def test_all_that_shopify_tells_of_a_customer_is_told() -> None:
    row = person(
        defaultEmailAddress=contact("emailAddress", "ann@web.example", "SUBSCRIBED", "2026-01-02T03:04:05Z"),
        defaultPhoneNumber=contact("phoneNumber", "+447700900123", "UNSUBSCRIBED"),
        defaultAddress={"id": HOME["id"]},
        addressesV2=book_of(HOME),
        tags=["VIP", "group:Trade"],
        note=" rings twice ",
        taxExempt=True,
        reference={"value": "ref-1"},
    )
    assert to_customer(row, group_prefix="group:") == Customer(
        id="7",
        name="Ann Archer",
        emails=("ann@web.example",),
        phones=("+447700900123",),
        addresses=(YORK,),
        group="Trade",
        consents=(
            Consent(channel="email", state="subscribed", changed_at=ASKED_AT),
            Consent(channel="sms", state="unsubscribed"),
        ),
        note="rings twice",
        tax_exempt=True,
        reference="ref-1",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        changed_at=datetime(2026, 1, 3, tzinfo=UTC),
    )


def test_which_of_several_addresses_is_the_default_one_is_told_and_of_one_it_goes_without_saying() -> None:
    row = person(defaultAddress={"id": HOME["id"]}, addressesV2=book_of(HOME, place(id=HULL, city="Hull")))
    assert [one.is_default for one in to_customer(row).addresses] == [True, False]
    assert to_customer({**row, "addressesV2": book_of(HOME)}).addresses == (YORK,)


def test_what_is_null_there_is_blank_here() -> None:
    bare = to_customer(person(firstName=None, lastName=None))
    assert (bare.name, bare.emails, bare.phones, bare.addresses, bare.note) == ("", (), (), (), "")
    assert (bare.group, bare.reference, bare.invited, bare.consents) == (None, None, None, ())


@pytest.mark.parametrize("state", ["NOT_SUBSCRIBED", "INVALID", "REDACTED", "SOMETHING_NEW"])
def test_who_was_not_asked_has_not_answered(state: str) -> None:
    row = person(
        defaultEmailAddress=contact("emailAddress", "ann@web.example", state, "2026-01-02T03:04:05Z"),
        defaultPhoneNumber=contact("phoneNumber", "+447700900123", state),
    )
    assert to_customer(row).consents == ()
    assert to_customer(row).emails == ("ann@web.example",)


def test_an_answer_that_waits_for_its_confirmation_is_pending_and_tells_how_it_was_asked() -> None:
    row = contact("emailAddress", "a@web.example", "PENDING", "2026-01-02T03:04:05Z", "CONFIRMED_OPT_IN")
    [answer] = to_customer(person(defaultEmailAddress=row)).consents
    assert answer == Consent(channel="email", state="pending", changed_at=ASKED_AT, source="confirmed_opt_in")


@pytest.mark.parametrize(
    ("tags", "group"),
    [
        ([], ""),
        (["VIP", "trade", "xgroup:Trade"], ""),
        (["group:Trade"], "Trade"),
        (["VIP", "Group:Trade UK"], "Trade UK"),
        (["group:"], ""),
        (["group:Trade", "group:Staff"], None),
    ],
)
def test_the_one_tag_that_begins_as_groups_do_is_the_group(tags: list[str], group: str | None) -> None:
    assert to_customer(person(tags=tags), group_prefix="group:").group == group
    assert to_customer(person(tags=tags)).group is None, "without a prefix tags say nothing of groups"


@pytest.mark.parametrize(
    ("state", "invited"), [("INVITED", True), ("ENABLED", True), ("DECLINED", True), ("DISABLED", False)]
)
def test_only_accounts_of_the_old_kind_tell_who_was_invited(state: str, invited: bool) -> None:
    assert to_customer(person(state=state), legacy_accounts=True).invited is invited
    assert to_customer(person(state=state)).invited is None


def test_an_address_names_whose_it_is_only_if_it_is_somebody_elses() -> None:
    bo = place(
        id="gid://shopify/MailingAddress/2", firstName="Bo", lastName="Baker", city="Hull", phone="+44 1482 4960"
    )
    shouted = {**HOME, "firstName": "ANN"}
    found = to_customer(person(addressesV2=book_of(bo, shouted))).addresses
    assert [(one.name, one.city, one.phone) for one in found] == [
        ("", "York", ""),
        ("Bo Baker", "Hull", "+44 1482 4960"),
    ]


def test_who_has_more_addresses_than_are_read_is_not_read_and_may_buy_all_the_same() -> None:
    row = person(addressesV2=book_of(HOME, more=True))
    with pytest.raises(DataError, match="more than 50 addresses"):
        to_customer(row)
    buyer = to_buyer(order(customer=row))
    assert buyer is not None and (buyer.id, buyer.addresses) == ("7", ())


def test_an_address_that_names_no_place_is_none() -> None:
    assert to_address(place(firstName="Ann", countryCodeV2="GB", provinceCode="ENG")) is None
    assert to_address(None) is None


def test_a_region_is_told_by_its_code_where_it_has_one() -> None:
    coded = to_address(place(city="Reno", province="Nevada", provinceCode="NV"))
    named = to_address(place(city="Genf", province="Genève"))
    assert [one.region for one in (coded, named) if one] == ["NV", "Genève"]


def test_both_lines_of_a_street_are_told() -> None:
    address = to_address(place(address1="1 High St", address2=" Flat 2 "), "billing")
    assert address == Address(kind="billing", street="1 High St\nFlat 2")


@pytest.mark.parametrize(
    "spoilt",
    [
        {"id": "gid://shopify/Customer/x"},
        {"id": None},
        {"firstName": 5},
        {"updatedAt": "yesterday"},
        {"updatedAt": "2026-01-03T00:00:00"},
    ],
)
def test_what_is_no_customer_is_an_error_of_that_one(spoilt: dict[str, Any]) -> None:
    with pytest.raises(DataError):
        to_customer(person(**spoilt))


# --- buyers -----------------------------------------------------------------------------------------------------------


def order(**more: Any) -> dict[str, Any]:
    return {"customer": None, "email": None, "phone": None, "billingAddress": None, "shippingAddress": None} | more


def test_an_orders_buyer_is_the_customer_as_the_record_is() -> None:
    row = person(tags=["group:Trade"], addressesV2=book_of(HOME))
    gift = place(firstName="Bo", lastName="Baker", city="Hull")
    buyer = to_buyer(order(customer=row, email="other@web.example", shippingAddress=gift), group_prefix="group:")
    assert buyer == to_customer(row, group_prefix="group:")


def test_a_guest_is_who_the_order_names() -> None:
    gift = place(firstName="Bo", lastName="Baker", city="Hull", phone="+447700900999")
    buyer = to_buyer(
        order(email=" ann@web.example ", billingAddress={**HOME, "phone": "+4419044960"}, shippingAddress=gift)
    )
    assert buyer is not None
    assert (buyer.id, buyer.guest, buyer.name) == ("", True, "Ann Archer")
    assert (buyer.emails, buyer.phones) == (("ann@web.example",), ("+4419044960",))
    assert [(one.kind, one.name, one.city) for one in buyer.addresses] == [
        ("billing", "", "York"),
        ("shipping", "Bo Baker", "Hull"),
    ]


def test_who_buys_at_the_till_and_gives_no_name_is_nobody() -> None:
    assert to_buyer(order()) is None
    assert to_buyer(order(billingAddress=place())) is None
