"""What is sent of a customer: what is named and nothing else, and never a word that takes away what was left out."""

from datetime import UTC, datetime
from typing import Any

import pytest

from syncctl.connectors.shopify.customer_changes import Deed, Groups, creation, deeds_of, needs_to_know, problem
from syncctl.model import Address, Consent, Customer, CustomerChange, Refused
from tests.connectors.test_shopify_customer_words import HOME, book_of, place

GROUPS = Groups("group:", ("Trade", "Staff"))
ME = "gid://shopify/Customer/7"
ASKED_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
YORK = Address(kind="", street="3 Mill Lane", city="York", postal_code="YO1 1AA", country="GB")


def making(**fields: object) -> CustomerChange:
    given = {"name": "Mary Ann Smith", "emails": ("mary@pos.example",), **fields}
    return CustomerChange(key="k", id=None, reference="ref-1", fields=given)


def change(expected: Customer | None = None, **fields: object) -> CustomerChange:
    return CustomerChange(key="k", id="7", reference="", fields=fields, expected=expected)


def there(*addresses: dict[str, Any], tags: tuple[str, ...] = (), default: str | None = None) -> dict[str, Any]:
    """Ann, as she is there."""
    rows = [{**row, "id": f"gid://shopify/MailingAddress/{number}"} for number, row in enumerate(addresses, 1)]
    return {
        "id": ME,
        "firstName": "Ann",
        "lastName": "Archer",
        "tags": [*tags],
        "defaultAddress": {"id": default} if default else None,
        "addressesV2": book_of(*rows),
    }


def known(*addresses: Address) -> Customer:
    return Customer(id="7", name="Ann Archer", emails=("ann@web.example",), addresses=addresses)


def deeds(one: CustomerChange, row: dict[str, Any] | None = None) -> list[Deed]:
    found = deeds_of(one, row, GROUPS)
    assert not isinstance(found, Refused), found
    return found


def refused(one: CustomerChange) -> str:
    no = problem(one, GROUPS)
    return no.reason if no is not None else ""


# --- made -------------------------------------------------------------------------------------------------------------


def test_who_is_made_is_made_whole_by_one_field() -> None:
    answer = Consent(channel="email", state="subscribed", changed_at=ASKED_AT, source="checkout")
    one = making(
        phones=("+44 7700 900123", "+447700900124"),
        addresses=(
            YORK,
            Address(kind="billing", street="1 High St\nFlat 2\nBack", city="Reno", region="NV", is_default=True),
        ),
        note="rings twice",
        tax_exempt=True,
        group="Trade",
        consents=(answer, Consent(channel="sms", state="unsubscribed")),
    )
    assert problem(one, GROUPS) is None
    [deed] = creation(one, GROUPS)
    addresses = deed.arguments["input"].pop("addresses")
    assert deed == Deed(
        "customerCreate",
        {
            "input": {
                "firstName": "Mary Ann",
                "lastName": "Smith",
                "email": "mary@pos.example",
                "phone": "+447700900123",
                "note": "rings twice",
                "taxExempt": True,
                "tags": ["group:Trade"],
                "metafields": [
                    {
                        "namespace": "syncctl",
                        "key": "reference",
                        "type": "single_line_text_field",
                        "value": "ref-1",
                    }
                ],
                "emailMarketingConsent": {
                    "marketingState": "SUBSCRIBED",
                    "marketingOptInLevel": "SINGLE_OPT_IN",
                    "consentUpdatedAt": "2026-01-02T03:04:05.000Z",
                },
                "smsMarketingConsent": {"marketingState": "UNSUBSCRIBED"},
            }
        },
    )
    assert [(row["address1"], row["address2"], row["firstName"]) for row in addresses] == [
        ("1 High St", "Flat 2, Back", "Mary Ann"),
        ("3 Mill Lane", "", "Mary Ann"),
    ], "the default one first, and each of them with a name"
    assert (addresses[0]["provinceCode"], addresses[1]["countryCode"]) == ("NV", "GB")


def test_of_who_is_made_nothing_is_said_that_is_not_known() -> None:
    [deed] = creation(making(name="Cher", phones=(), note="", addresses=()), GROUPS)
    assert deed.arguments["input"].keys() == {"firstName", "email", "metafields"}


def test_an_address_that_stands_twice_is_made_once() -> None:
    billing = Address(kind="billing", street="3 MILL lane", city="York", postal_code="YO1 1AA", country="GB")
    [deed] = creation(making(addresses=(billing, YORK)), GROUPS)
    assert len(deed.arguments["input"]["addresses"]) == 1


def test_a_region_by_its_name_is_sent_as_a_name() -> None:
    [deed] = creation(making(addresses=(Address(city="Reno", region="Nevada"),)), GROUPS)
    [row] = deed.arguments["input"]["addresses"]
    assert row["province"] == "Nevada" and "provinceCode" not in row


# --- what cannot be ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (making(emails=()), "email_needed"),
        (making(emails=(), phones=("+447700900123",)), ""),
        (making(phones=("020 7946 0123",)), "phone_invalid"),
        (making(phones=("none",)), "phone_invalid"),
        (making(company="Poole"), "unknown_field"),
        (making(group="trade"), "unknown_group"),
        (making(group=""), ""),
        (making(addresses=(Address(city="York", country="UK"),)), "bad_country"),
        (making(consents=(Consent(channel="post", state="subscribed"),)), "unknown_channel"),
        (making(consents=(Consent(channel="email", state="cleaned"),)), "unknown_channel"),
        (making(consents=(Consent(channel="sms", state="subscribed"),)), "phone_needed"),
        (making(phones=("+447700900123",), consents=(Consent(channel="sms", state="subscribed"),)), ""),
        (change(consents=(Consent(channel="sms", state="subscribed"),)), ""),
        (change(known(), consents=(Consent(channel="sms", state="subscribed"),)), "phone_needed"),
        (change(known(), consents=(Consent(channel="email", state="subscribed"),)), ""),
        (change(known(), emails=(), consents=(Consent(channel="email", state="subscribed"),)), "email_needed"),
        (change(known(), phones=("+447700900123",), consents=(Consent(channel="sms", state="pending"),)), ""),
        (CustomerChange(key="k", id="guest:1", reference="", fields={}), "unknown_customer"),
        (CustomerChange(key="k", id="", reference="", fields={}), "unknown_customer"),
    ],
)
def test_what_shopify_cannot_keep_is_refused_before_it_is_sent(one: CustomerChange, reason: str) -> None:
    assert refused(one) == reason


def test_without_a_prefix_there_are_no_groups() -> None:
    no = problem(change(group="Trade"), Groups())
    assert no is not None and no.reason == "unknown_field"


# --- changed ----------------------------------------------------------------------------------------------------------


def test_only_what_is_named_is_sent() -> None:
    assert deeds(change(note="")) == [Deed("customerUpdate", {"input": {"id": ME, "note": ""}})]
    assert deeds(change(phones=(), tax_exempt=None)) == [
        Deed("customerUpdate", {"input": {"id": ME, "phone": None, "taxExempt": False}})
    ]
    assert deeds(change()) == []
    assert not needs_to_know(change(note="", emails=("x@y.example",)))


def test_answers_go_by_mutations_of_their_own_and_after_the_contacts() -> None:
    no, yes = (
        Consent(channel="email", state="unsubscribed"),
        Consent(channel="sms", state="pending", changed_at=ASKED_AT),
    )
    found = deeds(change(emails=("new@web.example",), consents=(no, yes)))
    assert [one.field for one in found] == [
        "customerUpdate",
        "customerEmailMarketingConsentUpdate",
        "customerSmsMarketingConsentUpdate",
    ]
    assert found[1].arguments == {
        "input": {"customerId": ME, "emailMarketingConsent": {"marketingState": "UNSUBSCRIBED"}}
    }
    assert found[2].arguments["input"]["smsMarketingConsent"] == {
        "marketingState": "PENDING",
        "marketingOptInLevel": "CONFIRMED_OPT_IN",
        "consentUpdatedAt": "2026-01-02T03:04:05.000Z",
    }


@pytest.mark.parametrize(
    ("tags", "group", "expected"),
    [
        ((), "Trade", [("tagsAdd", ["group:Trade"])]),
        (("VIP", "group:Trade"), "Trade", []),
        (("VIP", "group:Trade"), "Staff", [("tagsAdd", ["group:Staff"]), ("tagsRemove", ["group:Trade"])]),
        (("VIP", "group:Trade"), "", [("tagsRemove", ["group:Trade"])]),
        (("VIP",), "", []),
        (("Group:trade",), "Trade", [("tagsRemove", ["Group:trade"]), ("tagsAdd", ["group:Trade"])]),
    ],
)
def test_of_tags_only_those_that_are_groups_are_touched(tags: tuple[str, ...], group: str, expected: list[Any]) -> None:
    found = deeds(change(group=group), there(tags=tags))
    assert [(one.field, one.arguments["tags"]) for one in found] == expected


def test_who_is_in_two_groups_is_put_into_none() -> None:
    found = deeds_of(change(group="Trade"), there(tags=("group:Trade", "group:Staff")), GROUPS)
    assert isinstance(found, Refused) and found.reason == "several_groups"


# --- addresses --------------------------------------------------------------------------------------------------------


def written(found: list[Deed]) -> list[tuple[str, str, str]]:
    """(field, digits of the address, city) of each."""
    return [
        (
            one.field.removeprefix("customer"),
            one.arguments.get("addressId", "").rpartition("/")[2],
            one.arguments.get("address", {}).get("city", ""),
        )
        for one in found
    ]


LEEDS = Address(kind="billing", street="1 High St", city="Leeds", country="GB")
HULL = place(firstName="Bo", lastName="Baker", address1="9 Low Rd", city="Hull")


def test_an_address_that_is_there_is_left_alone_whatever_its_kind() -> None:
    same = Address(kind="billing", street="3 mill lane", city="York", postal_code="YO1 1AA", country="GB")
    assert deeds(change(known(YORK), addresses=(same,)), there(HOME)) == []


def test_a_new_address_is_added_and_none_is_taken_away() -> None:
    found = deeds(change(known(YORK), addresses=(YORK, LEEDS)), there(HOME))
    assert written(found) == [("AddressCreate", "", "Leeds")]
    assert deeds(change(known(YORK), addresses=()), there(HOME)) == []


def test_an_address_takes_the_place_of_the_one_that_it_was_before() -> None:
    moved = Address(kind="billing", street="3 Mill Lane", city="Whitby", country="GB")
    bo = Address(kind="", name="Bo Baker", street="9 Low Rd", city="Hull")
    found = deeds(change(known(bo, YORK), addresses=(LEEDS, moved)), there(HULL, HOME))
    assert sorted(written(found)) == [("AddressUpdate", "1", "Leeds"), ("AddressUpdate", "2", "Whitby")]


def test_an_address_that_came_meanwhile_is_not_written_over() -> None:
    found = deeds(change(known(), addresses=(LEEDS,)), there(HOME))
    assert written(found) == [("AddressCreate", "", "Leeds")]


def test_a_default_address_is_made_the_default() -> None:
    default = Address(street="3 Mill Lane", city="York", postal_code="YO1 1AA", country="GB", is_default=True)
    billing = Address(kind="billing", street="9 Low Rd", city="Hull", name="Bo Baker", is_default=True)
    found = deeds(change(known(YORK), addresses=(billing, default)), there(HULL, HOME))
    assert written(found) == [("UpdateDefaultAddress", "2", "")]
    there_already = there(HULL, HOME, default="gid://shopify/MailingAddress/2")
    assert deeds(change(known(YORK), addresses=(billing, default)), there_already) == []


def test_a_new_name_goes_to_the_addresses_that_are_his_own() -> None:
    found = deeds(change(known(), name="Ann Baker"), there(HOME, HULL))
    assert written(found[1:]) == [("AddressUpdate", "1", "York")]
    assert found[0].arguments["input"] == {"id": ME, "firstName": "Ann", "lastName": "Baker"}
    assert found[1].arguments["address"]["lastName"] == "Baker"
    assert len(deeds(change(known(), name="ann archer"), there(HOME, HULL))) == 1


def test_a_new_name_and_a_new_address_are_one_write_of_the_address() -> None:
    found = deeds(change(known(YORK), name="Ann Baker", addresses=(YORK, LEEDS)), there(HOME))
    assert written(found[1:]) == [("AddressUpdate", "1", "York"), ("AddressCreate", "", "Leeds")]
    assert [one.arguments["address"]["lastName"] for one in found[1:]] == ["Baker", "Baker"]
