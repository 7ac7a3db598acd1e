"""Customers of the shop: who may have which e-mail and phone, tags, answers with times, invitations, addresses."""

from typing import Any

import pytest

from tests.fakes.conftest import Case
from tests.fakes.shopify import schema
from tests.fakes.shopify.checkout import Buy

WHO = """id firstName lastName note state taxExempt tags updatedAt
  defaultEmailAddress { emailAddress marketingState marketingOptInLevel marketingUpdatedAt }
  defaultPhoneNumber { phoneNumber marketingState marketingUpdatedAt } defaultAddress { id city }
  addressesV2(first: 9) { nodes { id address1 city countryCodeV2 } }
  metafield(namespace: "syncctl", key: "reference") { value }"""
ERRORS = "userErrors { field message }"
CREATE = f"mutation($input: CustomerInput!) {{ customerCreate(input: $input) {{ customer {{ {WHO} }} {ERRORS} }} }}"
UPDATE = f"mutation($input: CustomerInput!) {{ customerUpdate(input: $input) {{ customer {{ {WHO} }} {ERRORS} }} }}"
TAG = "mutation($id: ID!, $tags: [String!]!) {{ {name}(id: $id, tags: $tags) {{ node {{ id }} {errors} }} }}"
EMAIL = """mutation($input: CustomerEmailMarketingConsentUpdateInput!) {
  customerEmailMarketingConsentUpdate(input: $input) { userErrors { code field message } } }"""
SMS = EMAIL.replace("Email", "Sms")
INVITE = """mutation($id: ID!) { customerSendAccountInviteEmail(customerId: $id) {
  customer { state } userErrors { code field message } } }"""
ADDRESS = f"""mutation($id: ID!, $address: MailingAddressInput!, $default: Boolean) {{
  customerAddressCreate(customerId: $id, address: $address, setAsDefault: $default) {{
    address {{ id }} {ERRORS} }} }}"""
CHANGED = f"""mutation($id: ID!, $at: ID!, $address: MailingAddressInput!) {{
  customerAddressUpdate(customerId: $id, addressId: $at, address: $address) {{ address {{ id city }} {ERRORS} }} }}"""
FIND = f"query($by: CustomerIdentifierInput!) {{ customerByIdentifier(identifier: $by) {{ {WHO} }} }}"
PHONE = "+447700900123"


def create(case: Case, **told: Any) -> Any:
    return case.client.ask(CREATE, input=told).data["customerCreate"]


def update(case: Case, number: int, **told: Any) -> Any:
    return case.client.ask(UPDATE, input={"id": gid(number), **told}).data["customerUpdate"]


def find(case: Case, **by: str) -> Any:
    return case.client.ask(FIND, by=by).data["customerByIdentifier"]


def now(case: Case, number: int) -> Any:
    return find(case, id=gid(number))


def gid(number: int) -> str:
    return f"gid://shopify/Customer/{number}"


def ada(case: Case, **fields: Any) -> int:
    return case.hands.add_customer("ada@example.com", **{"first_name": "Ada", "phone": PHONE, **fields})


def said(outcome: Any) -> list[tuple[list[str] | None, str]]:
    return [(each["field"], each["message"]) for each in outcome["userErrors"]]


# --- made and changed -------------------------------------------------------------------------------------------------


def test_a_customer_is_made_with_all_that_is_told_in_one_write(case: Case, own: bool) -> None:
    answer = {"marketingState": "UNSUBSCRIBED", "consentUpdatedAt": "2026-01-02T03:04:05Z"}
    made = create(
        case,
        firstName="Ada",
        lastName="Byron",
        email="Ada@Example.com",
        phone="+44 7700 900-123",
        tags=["group:Trade"],
        note="rings twice",
        taxExempt=True,
        addresses=[{"address1": "12 Mill Lane", "city": "Leeds", "countryCode": "GB"}],
        metafields=[{"namespace": "syncctl", "key": "reference", "type": "single_line_text_field", "value": "ref-1"}],
        emailMarketingConsent=answer,
        smsMarketingConsent={**answer, "marketingState": "SUBSCRIBED"},
    )
    assert made["userErrors"] == []
    row = made["customer"]
    assert (row["firstName"], row["note"], row["taxExempt"], row["tags"]) == (
        "Ada",
        "rings twice",
        True,
        ["group:Trade"],
    )
    assert row["defaultEmailAddress"] == {
        "emailAddress": "Ada@Example.com",
        "marketingState": "UNSUBSCRIBED",
        "marketingOptInLevel": None,
        "marketingUpdatedAt": "2026-01-02T03:04:05Z",
    }
    assert (row["defaultPhoneNumber"]["phoneNumber"], row["defaultPhoneNumber"]["marketingState"]) == (
        PHONE,
        "SUBSCRIBED",
    )
    assert (row["metafield"], row["state"]) == ({"value": "ref-1"}, "DISABLED")
    assert [each["city"] for each in row["addressesV2"]["nodes"]] == [row["defaultAddress"]["city"]] == ["Leeds"]
    for by in ({"emailAddress": "ada@example.COM"}, {"phoneNumber": PHONE}, {"id": row["id"]}):
        assert find(case, **by) == row
    assert find(case, emailAddress="nobody@example.com") is None


@pytest.mark.parametrize(
    ("told", "field", "message"),
    [
        ({"email": "ADA@example.com"}, ["email"], "Email has already been taken"),
        ({"email": "new@example.com", "phone": PHONE}, ["phone"], "Phone has already been taken"),
        ({"email": "no address"}, ["email"], "Email is invalid"),
        ({"phone": "07700 900123"}, ["phone"], "Phone is invalid"),
        ({"firstName": "A" * 256}, ["firstName"], "First name is too long (maximum is 255 characters)"),
        ({"note": "nobody"}, None, "Customer must have a name, phone number or email address"),
    ],
)
def test_what_the_shop_does_not_take_makes_nobody(
    case: Case, told: dict[str, str], field: list[str] | None, message: str
) -> None:
    ada(case)
    refused = create(case, **told)
    assert (refused["customer"], said(refused)) == (None, [(field, message)])
    assert (len(case.site.customers), case.site.oracle.writes()) == (1, [])


def test_an_answer_needs_what_it_is_about(case: Case) -> None:
    answer = {"marketingState": "SUBSCRIBED"}
    assert said(create(case, firstName="Ada", emailMarketingConsent=answer))[0][0] == ["emailMarketingConsent"]
    assert said(create(case, email="a@example.com", smsMarketingConsent=answer))[0][0] == ["smsMarketingConsent"]
    assert case.site.customers == {}


def test_a_change_touches_what_it_names_and_its_date(case: Case) -> None:
    number = ada(case, tags=["vip"], note="rings twice", address={"city": "Leeds"})
    before = now(case, number)
    case.clock.advance(60)
    changed = update(case, number, note="", lastName="Byron")["customer"]
    assert {name for name in before if before[name] != changed[name]} == {"note", "lastName", "updatedAt"}
    assert changed["note"] is None


@pytest.mark.parametrize(("lowers", "kept"), [(False, "Ada@Example.com"), (True, "ada@example.com")])
def test_an_e_mail_is_kept_as_it_is_or_in_small_letters(case: Case, lowers: bool, kept: str) -> None:
    case.site.options.lowers_email = lowers
    made = create(case, email="Ada@Example.com")["customer"]
    assert made["defaultEmailAddress"]["emailAddress"] == kept
    assert find(case, emailAddress="ADA@EXAMPLE.COM") == made


@pytest.mark.parametrize("anew", [False, True])
def test_an_answer_stays_with_the_customer_or_goes_with_the_e_mail(case: Case, anew: bool) -> None:
    case.site.options.new_contact_is_asked_anew = anew
    number = ada(case)
    case.hands.set_consent(number, "email", "unsubscribed")
    update(case, number, email="ADA@example.com", note="the same address")
    assert state(case, number)[0] == "UNSUBSCRIBED"
    update(case, number, email="ada@new.example")
    assert state(case, number)[0] == ("NOT_SUBSCRIBED" if anew else "UNSUBSCRIBED")


def test_a_change_keeps_to_one_owner_of_an_e_mail_and_a_phone(case: Case) -> None:
    number = ada(case)
    bob = case.hands.add_customer("bob@example.com")
    assert said(update(case, bob, phone=PHONE)) == [(["phone"], "Phone has already been taken")]
    assert said(update(case, number, email="ada@example.com", phone=PHONE)) == []
    assert said(update(case, number, phone=None)) == []
    assert said(update(case, bob, phone=PHONE)) == []
    assert said(update(case, 1, note="?")) == [(["id"], "Customer does not exist")]


def test_answers_are_not_changed_by_a_change_of_the_customer(case: Case) -> None:
    number = ada(case)
    refused = update(case, number, note="?", emailMarketingConsent={"marketingState": "SUBSCRIBED"})
    assert "customerEmailMarketingConsentUpdate" in said(refused)[0][1]
    assert now(case, number)["note"] is None


@pytest.mark.parametrize("told", [{"tags": ["vip"]}, {"addresses": [{"city": "York"}]}])
def test_lists_that_delete_what_they_leave_out_are_violations(case: Case, told: dict[str, Any]) -> None:
    update(case, ada(case), **told)
    [violation] = case.site.oracle.violations
    assert "deletes" in violation


@pytest.mark.skipif(not schema.at_hand(), reason="the small schema has no such mutations at all")
@pytest.mark.parametrize(
    "document",
    [
        'mutation { customerSet(input: {email: "a@example.com"}) { userErrors { message } } }',
        'mutation { orderUpdate(input: {id: "gid://shopify/Order/1"}) { userErrors { message } } }',
        'mutation { productSet(input: {title: "Mug"}) { userErrors { message } } }',
        'mutation { customerDelete(input: {id: "gid://shopify/Customer/1"}) { userErrors { message } } }',
    ],
)
def test_mutations_that_delete_what_they_do_not_name_are_violations(case: Case, document: str) -> None:
    assert case.client.ask(document).status == 501
    assert any("deletes or overwrites" in each for each in case.site.oracle.violations)


# --- tags -------------------------------------------------------------------------------------------------------------


def tagged(case: Case, number: int, *tags: str, name: str = "tagsAdd") -> Any:
    return case.client.ask(TAG.format(name=name, errors=ERRORS), id=gid(number), tags=list(tags)).data[name]


def test_tags_are_added_and_taken_away_whatever_their_case_and_kept_as_they_were_first_written(case: Case) -> None:
    number = ada(case, tags=["VIP"])
    tagged(case, number, "vip", " group:Trade ", "b,a")
    assert now(case, number)["tags"] == ["a", "b", "group:Trade", "VIP"]
    tagged(case, number, "GROUP:trade", "never there", name="tagsRemove")
    assert now(case, number)["tags"] == ["a", "b", "VIP"]
    assert tagged(case, 1, "vip")["userErrors"][0]["field"] == ["id"]


def test_a_tag_that_is_too_long_or_one_too_many_adds_none(case: Case) -> None:
    number = ada(case)
    assert "too long" in said(tagged(case, number, "short", "x" * 41))[0][1]
    case.site.options.tag_limit = 1
    assert said(tagged(case, number, "one", "two"))
    assert now(case, number)["tags"] == []


# --- answers ----------------------------------------------------------------------------------------------------------


def answered(case: Case, number: int, state: str, at: str | None = None, document: str = EMAIL, **more: str) -> Any:
    field = "emailMarketingConsent" if document is EMAIL else "smsMarketingConsent"
    told = {"marketingState": state, "consentUpdatedAt": at, **more}
    [outcome] = case.client.ask(document, input={"customerId": gid(number), field: told}).data.values()
    return outcome


def state(case: Case, number: int, which: str = "defaultEmailAddress") -> tuple[str, str | None]:
    row = now(case, number)[which]
    return (row["marketingState"], row["marketingUpdatedAt"])


def test_an_answer_has_the_time_that_is_told_or_now(case: Case) -> None:
    number = ada(case)
    assert state(case, number) == state(case, number, "defaultPhoneNumber") == ("NOT_SUBSCRIBED", None)
    answered(case, number, "SUBSCRIBED", "2026-01-01T00:00:00Z", marketingOptInLevel="CONFIRMED_OPT_IN")
    assert state(case, number) == ("SUBSCRIBED", "2026-01-01T00:00:00Z")
    assert now(case, number)["defaultEmailAddress"]["marketingOptInLevel"] == "CONFIRMED_OPT_IN"
    answered(case, number, "PENDING")
    assert state(case, number) == ("PENDING", "2026-03-01T12:00:00Z")
    answered(case, number, "UNSUBSCRIBED", document=SMS)
    assert state(case, number, "defaultPhoneNumber") == ("UNSUBSCRIBED", "2026-03-01T12:00:00Z")


@pytest.mark.parametrize("word", ["NOT_SUBSCRIBED", "REDACTED", "INVALID"])
def test_a_state_that_is_no_answer_cannot_be_set(case: Case, word: str) -> None:
    number = ada(case)
    assert [each["code"] for each in answered(case, number, word)["userErrors"]] == ["INVALID"]
    assert state(case, number) == ("NOT_SUBSCRIBED", None)


def test_an_answer_from_the_future_or_of_nobody_is_refused(case: Case) -> None:
    number = ada(case, phone=None)
    assert answered(case, number, "SUBSCRIBED", "2027-01-01T00:00:00Z")["userErrors"]
    assert answered(case, number, "SUBSCRIBED", document=SMS)["userErrors"]
    assert answered(case, 1, "SUBSCRIBED")["userErrors"]
    assert state(case, number) == ("NOT_SUBSCRIBED", None)


@pytest.mark.parametrize(
    ("how", "word", "errors"), [("kept", "UNSUBSCRIBED", 0), ("taken", "SUBSCRIBED", 0), ("refused", "UNSUBSCRIBED", 1)]
)
def test_an_answer_older_than_the_one_there_is_passed_over_or_taken_or_refused(
    case: Case, how: str, word: str, errors: int
) -> None:
    case.site.options.older_consent = how
    number = ada(case)
    answered(case, number, "UNSUBSCRIBED", "2026-02-01T00:00:00Z")
    older = answered(case, number, "SUBSCRIBED", "2026-01-01T00:00:00Z")
    assert (state(case, number)[0], len(older["userErrors"])) == (word, errors)


# --- invitations ------------------------------------------------------------------------------------------------------


def invited(case: Case, number: int) -> Any:
    return case.client.ask(INVITE, id=gid(number)).data["customerSendAccountInviteEmail"]


def test_with_old_accounts_each_invitation_is_a_mail(case: Case) -> None:
    case.site.options.customer_accounts = "CLASSIC"
    number, without = ada(case), case.hands.add_customer(first_name="Bob")
    assert [invited(case, number)["customer"]["state"] for _ in range(2)] == ["INVITED", "INVITED"]
    assert invited(case, without)["userErrors"][0]["code"] == "INVALID"
    case.hands.register(number)
    assert invited(case, number)["userErrors"]
    assert [(kind, who) for _, kind, who in case.site.oracle.mails] == [("account_invite", number)] * 2


def test_with_new_accounts_nobody_can_be_invited(case: Case) -> None:
    number = ada(case)
    assert [each["code"] for each in invited(case, number)["userErrors"]] == ["INVALID"]
    assert (case.site.oracle.mails, now(case, number)["state"]) == ([], "DISABLED")


# --- addresses --------------------------------------------------------------------------------------------------------


def test_addresses_are_added_and_changed_one_by_one(case: Case) -> None:
    number = ada(case, address={"address1": "1 High Street", "city": "York"})
    leeds = {"address1": "12 Mill Lane", "city": "Leeds", "countryCode": "GB"}
    made = case.client.ask(ADDRESS, id=gid(number), address=leeds).data["customerAddressCreate"]["address"]
    assert now(case, number)["defaultAddress"]["city"] == "York"
    [changed] = case.client.ask(CHANGED, id=gid(number), at=made["id"], address={"city": "Bath"}).data.values()
    assert changed["address"] == {"id": made["id"], "city": "Bath"}
    assert [(each["address1"], each["city"]) for each in now(case, number)["addressesV2"]["nodes"]] == [
        ("1 High Street", "York"),
        ("12 Mill Lane", "Bath"),
    ]
    case.client.ask(ADDRESS, id=gid(number), address={"city": "Hull"}, default=True)
    assert now(case, number)["defaultAddress"]["city"] == "Hull"


@pytest.mark.parametrize("refuses", [True, False])
def test_the_same_address_twice_is_refused_or_kept_twice(case: Case, refuses: bool) -> None:
    case.site.options.refuses_same_address = refuses
    number = ada(case, address={"city": "York"})
    [outcome] = case.client.ask(ADDRESS, id=gid(number), address={"city": "York"}).data.values()
    assert bool(outcome["userErrors"]) is refuses
    assert len(now(case, number)["addressesV2"]["nodes"]) == 2 - refuses


def test_addresses_of_others_cannot_be_changed(case: Case) -> None:
    number, bob = ada(case, address={"city": "York"}), case.hands.add_customer("bob@example.com")
    address = now(case, number)["defaultAddress"]["id"]
    [outcome] = case.client.ask(CHANGED, id=gid(bob), at=address, address={"city": "Bath"}).data.values()
    assert (outcome["address"], outcome["userErrors"][0]["field"]) == (None, ["addressId"])
    assert now(case, number)["defaultAddress"]["city"] == "York"


# --- lists and lives --------------------------------------------------------------------------------------------------

LIST = """query($query: String, $reverse: Boolean) {
  customers(first: 50, sortKey: UPDATED_AT, reverse: $reverse, query: $query) { nodes { id } } }"""


def listed(case: Case, query: str | None = None, *, reverse: bool = False) -> list[int]:
    rows = case.client.ask(LIST, query=query, reverse=reverse).data["customers"]["nodes"]
    return [int(each["id"].rpartition("/")[2]) for each in rows]


def test_the_newest_change_is_last_or_first_and_the_filter_knows_days_alone(case: Case) -> None:
    number, bob = ada(case), case.hands.add_customer("bob@example.com")
    case.clock.advance(3600)
    case.hands.change_customer(number, note="moved")
    assert (listed(case), listed(case, reverse=True)) == ([bob, number], [number, bob])
    assert listed(case, "updated_at:>='2026-03-01T12:30:00Z'") == [bob, number]
    assert listed(case, "updated_at:>='2026-03-02T00:00:00Z'") == []


def test_who_is_merged_or_deleted_is_gone_and_their_orders_stay(case: Case) -> None:
    number, bob = ada(case, tags=["a"]), case.hands.add_customer("bob@example.com", note="kept")
    order = case.hands.place([Buy(price="1.00", title="Something")], customer=number)
    case.clock.advance(60)
    case.hands.merge_customers(number, bob)
    assert (listed(case), now(case, number), case.site.orders[order].customer_id) == ([bob], None, bob)
    row = now(case, bob)
    assert (row["note"], row["tags"], row["defaultEmailAddress"]["emailAddress"]) == ("kept", ["a"], "bob@example.com")
    case.hands.remove_customer(bob)
    assert (listed(case), case.site.orders[order].customer_id) == ([], None)


@pytest.mark.parametrize("moves", [True, False])
def test_an_order_moves_its_customer_s_date_or_does_not(case: Case, moves: bool) -> None:
    case.site.options.orders_move_customers = moves
    number = ada(case)
    case.clock.advance(60)
    case.hands.place([Buy(price="1.00", title="Something")], customer=number)
    assert now(case, number)["updatedAt"] == f"2026-03-01T12:0{int(moves)}:00Z"
