"""What is written of a Shopify shop's customers, by what the shop has afterwards: what is named, once, and no more."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from syncctl import times
from syncctl.connectors.shopify.answers import Answer, Spoilt
from syncctl.connectors.shopify.customer_changes import Deed
from syncctl.connectors.shopify.customer_documents import MOST_FIELDS
from syncctl.connectors.shopify.customer_replies import outcome_of
from syncctl.errors import BatchRefused, Unreachable
from syncctl.model import Address, Consent, CustomerChange, CustomerKey, Refused, Unclear, WriteOutcome, Written
from tests.conformance.web_store import Side
from tests.connectors.shopify_side import GROUPS, store_of
from tests.connectors.test_shopify_customers import add, asked
from tests.fakes.shopify import ShopifyServer
from tests.fakes.shopify.people_records import Customer
from tests.fakes.shopify.world import ShopifyWorld, world
from tests.fakes.wire import WireFault

ASKED_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
NUMBER = "+447700900123"


@dataclass(frozen=True, slots=True)
class There(Side):
    """A shop with its store, and its server."""

    server: ShopifyServer

    def fail(self, fault: WireFault, *, after: int = 0) -> None:
        """Let a request meet this fault: the next one, or the one so many later."""
        self.server.fail(fault, at=self.server.count + 1 + after)


def opened(shop: ShopifyWorld, **more: Any) -> Iterator[There]:
    with ShopifyServer(shop.site) as server:
        for store in store_of(server, group_prefix="group:", groups=GROUPS, **more):
            yield There(store, shop, server)
        assert (server.errors, shop.site.oracle.violations) == ([], [])


@pytest.fixture
def shop() -> ShopifyWorld:
    return world()


@pytest.fixture
def side(shop: ShopifyWorld) -> Iterator[There]:
    yield from opened(shop)


def creation(name: str, **fields: object) -> CustomerChange:
    given = {"name": name, "emails": (f"{name.lower()}@example.com",), **fields}
    return CustomerChange(key=f"key-{name}", id=None, reference=f"ref-{name}", fields=given)


def change(side: There, customer_id: str, **fields: object) -> CustomerChange:
    """As the core makes it: with what it read last."""
    [[expected]] = side.store.find_customers([CustomerKey(id=customer_id)])
    return CustomerChange(key=customer_id, id=customer_id, reference="", fields=fields, expected=expected)


def push(side: There, customer_id: str, **fields: object) -> WriteOutcome:
    [outcome] = side.store.push_customers([change(side, customer_id, **fields)])
    return outcome


def reasons(outcomes: list[WriteOutcome]) -> list[str]:
    return [getattr(one, "reason", type(one).__name__) for one in outcomes]


def there(shop: ShopifyWorld, customer_id: str) -> Customer:
    return shop.site.customers[int(customer_id)]


# --- many at once -----------------------------------------------------------------------------------------------------


def test_many_are_made_and_changed_at_once_with_an_outcome_each(side: There, shop: ShopifyWorld) -> None:
    ann, bob = add(shop, 2)
    shop.hands.change_customer(int(bob), phone=NUMBER)
    changes = [
        creation("Cyd", group="Trade"),
        change(side, bob, name="Bob Baker"),
        creation("Nobody", emails=()),
        creation("Twin", emails=("BUYER0@example.com",)),
        creation("Same", phones=(NUMBER,)),
        CustomerChange(key="gone", id="999999", reference="", fields={"name": "Gone"}),
        CustomerChange(key="gone too", id="999998", reference="", fields={"note": "Gone"}),
        change(side, ann, group="Staff"),
        change(side, ann, phones=(NUMBER,)),
        creation("Odd", emails=("ann@@example",)),
        creation("Wrong", phones=("+4400000000000000",)),
        creation("Dee"),
    ]
    asked(shop)
    outcomes = side.store.push_customers(changes)
    assert len(asked(shop)) == 2, "what stands there of those whose change depends on it, and one mutation"
    assert reasons(outcomes) == [
        "Written",
        "Written",
        "email_needed",
        "email_taken",
        "phone_taken",
        "unknown_customer",
        "unknown_customer",
        "Written",
        "phone_taken",
        "bad_email",
        "phone_invalid",
        "Written",
    ]
    made = {one.key: one.remote_id for one in outcomes if isinstance(one, Written)}
    cyd = there(shop, made["key-Cyd"])
    assert (cyd.email, cyd.tags) == ("cyd@example.com", ["group:Trade"])
    assert [value for _, value, _ in cyd.metafields.values()] == ["ref-Cyd"]
    assert there(shop, bob).last_name == "Baker" and len(shop.site.customers) == 4


def test_what_says_what_to_do_is_said_of_who_is_taken_and_nobodys_address_is_repeated(
    side: There, shop: ShopifyWorld
) -> None:
    add(shop, 1)
    [no] = side.store.push_customers([creation("Twin", emails=("buyer0@example.com",))])
    assert isinstance(no, Refused) and "merge the two" in no.message and "buyer0" not in no.message


def test_what_fits_into_one_mutation_goes_in_one_and_one_customer_is_never_parted(
    side: There, shop: ShopifyWorld
) -> None:
    asked(shop)
    side.store.push_customers([creation(f"N{number}") for number in range(MOST_FIELDS)])
    assert len(asked(shop)) == 1
    ids = [str(one) for one in shop.site.customers]
    answers = (Consent(channel="email", state="subscribed"),)
    changes = [change(side, one, note="moved", consents=answers) for one in ids[:30]]
    asked(shop)
    assert set(reasons(side.store.push_customers(changes))) == {"Written"}
    assert len(asked(shop)) == 2
    assert max(request.body.count(b": customerUpdate(") for request in side.server.log) == 20
    assert {one.email_consent.state for one in list(shop.site.customers.values())[:30]} == {"SUBSCRIBED"}


def test_what_is_too_dear_at_once_is_refused_whole_so_that_less_can_be_sent(side: There, shop: ShopifyWorld) -> None:
    shop.site.options.most_cost = 100
    with pytest.raises(BatchRefused):
        side.store.push_customers([creation(f"N{number}") for number in range(11)])
    assert shop.site.customers == {}
    assert set(reasons(side.store.push_customers([creation(f"N{number}") for number in range(10)]))) == {"Written"}


def test_too_many_at_once_are_refused_whole(side: There, shop: ShopifyWorld) -> None:
    with pytest.raises(BatchRefused):
        side.store.push_customers([creation(f"N{number}") for number in range(MOST_FIELDS + 1)])
    assert shop.site.customers == {}


# --- what is there stays ----------------------------------------------------------------------------------------------


def full(shop: ShopifyWorld) -> str:
    """A customer with something of everything."""
    ann = shop.hands.add_customer(
        "ann@example.com", first_name="Ann", last_name="Archer", note="rings twice", tags=["VIP", "group:Trade"]
    )
    for city in ("York", "Hull", "Leeds"):
        shop.hands.add_address(ann, first_name="Ann", last_name="Archer", address1=f"1 {city} St", city=city)
    shop.hands.change_customer(
        ann, phone=NUMBER, metafields={("other", "app"): (5, "theirs", "single_line_text_field")}
    )
    shop.hands.set_consent(ann, "email", "subscribed", shop.clock.at)
    return str(ann)


@pytest.mark.parametrize(
    ("fields", "moved"),
    [
        ({"note": "moved"}, {"note"}),
        ({"emails": ("new@example.com",)}, {"email"}),
        ({"phones": ()}, {"phone"}),
        ({"tax_exempt": True}, {"tax_exempt"}),
        ({"group": "Staff"}, {"tags"}),
        ({"addresses": ()}, set()),
        ({"consents": (Consent(channel="sms", state="pending"),)}, {"sms_consent"}),
        ({}, set()),
    ],
)
def test_what_is_not_named_stays_as_it_is(
    side: There, shop: ShopifyWorld, fields: dict[str, Any], moved: set[str]
) -> None:
    ann = full(shop)
    before = deepcopy(vars(there(shop, ann)))
    assert push(side, ann, **fields) == Written(key=ann)
    after = vars(there(shop, ann))
    assert {name for name in after if after[name] != before[name]} - {"updated_at", "stamps"} == moved
    assert {"VIP"} <= set(after["tags"])
    assert [one.city for one in after["addresses"]][:3] == ["York", "Hull", "Leeds"], "none is deleted"


def test_an_address_is_added_or_takes_the_place_of_one_that_is_wanted_no_more(side: There, shop: ShopifyWorld) -> None:
    ann = full(shop)
    [[now]] = side.store.find_customers([CustomerKey(id=ann)])
    york, hull, leeds = now.addresses
    ripon, moved = Address(kind="billing", street="2 Rd", city="Ripon"), replace(hull, city="Beverley", kind="billing")
    push(side, ann, addresses=(leeds, york, moved, ripon))
    assert [one.city for one in there(shop, ann).addresses] == ["York", "Beverley", "Leeds", "Ripon"]
    [[now]] = side.store.find_customers([CustomerKey(id=ann)])
    push(side, ann, addresses=(replace(leeds, is_default=True), Address(street="3 Rd", city="Whitby")))
    assert [one.city for one in there(shop, ann).addresses] == ["Whitby", "Beverley", "Leeds", "Ripon"]
    assert there(shop, ann).default_address_id == there(shop, ann).addresses[2].id


def test_a_new_name_is_on_the_addresses_that_are_his_own(side: There, shop: ShopifyWorld) -> None:
    ann = full(shop)
    shop.hands.add_address(int(ann), first_name="Bo", last_name="Baker", city="Ripon")
    push(side, ann, name="Ann Mary Smith")
    names = [(one.first_name, one.last_name) for one in there(shop, ann).addresses]
    assert names == [*[("Ann Mary", "Smith")] * 3, ("Bo", "Baker")]
    [[now]] = side.store.find_customers([CustomerKey(id=ann)])
    assert (now.name, {one.name for one in now.addresses}) == ("Ann Mary Smith", {"", "Bo Baker"})


def test_the_merchants_own_tags_are_no_groups(side: There, shop: ShopifyWorld) -> None:
    ann = full(shop)
    for group, tags in (
        ("Staff", ["VIP", "group:Staff"]),
        ("", ["VIP"]),
        ("", ["VIP"]),
        ("Trade", ["VIP", "group:Trade"]),
    ):
        push(side, ann, group=group)
        assert sorted(there(shop, ann).tags) == sorted(tags)
    shop.hands.change_customer(int(ann), tags=["GROUP:trade", "VIP"])
    push(side, ann, group="Trade")
    assert sorted(there(shop, ann).tags) == ["VIP", "group:Trade"]


def test_who_is_in_several_groups_stays_in_them(side: There, shop: ShopifyWorld) -> None:
    ann = full(shop)
    shop.hands.change_customer(int(ann), tags=["group:Trade", "group:Staff"])
    [[now]] = side.store.find_customers([CustomerKey(id=ann)])
    assert now.group is None, "which of them holds, nobody can tell"
    outcome = push(side, ann, group="Staff", note="moved")
    assert isinstance(outcome, Refused) and outcome.reason == "several_groups"
    assert there(shop, ann).tags == ["group:Trade", "group:Staff"] and there(shop, ann).note == "rings twice"


# --- answers about marketing ------------------------------------------------------------------------------------------


def test_an_answer_is_as_old_there_as_it_is(side: There, shop: ShopifyWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "now", lambda: shop.clock.at)
    yes = Consent(channel="email", state="subscribed", changed_at=ASKED_AT)
    [made] = side.store.push_customers([creation("Ann", consents=(yes,))])
    assert isinstance(made, Written)
    said = there(shop, made.remote_id).email_consent
    assert (said.state, said.at, said.level) == ("SUBSCRIBED", ASKED_AT, "SINGLE_OPT_IN")
    later = Consent(channel="email", state="unsubscribed", changed_at=shop.clock.at + timedelta(minutes=5))
    assert push(side, made.remote_id, consents=(later,)) == Written(key=made.remote_id)
    assert (said.state, said.at) == ("UNSUBSCRIBED", shop.clock.at), "a clock that is ahead does not stop a no"


def test_an_answer_needs_somewhere_to_write_to(side: There, shop: ShopifyWorld) -> None:
    ann = str(shop.hands.add_customer(None, first_name="Ann", phone=NUMBER))
    no = Consent(channel="email", state="unsubscribed")
    outcome = push(side, ann, consents=(no,))
    assert isinstance(outcome, Refused) and outcome.reason == "email_needed"
    assert push(side, ann, emails=("ann@example.com",), consents=(no,)) == Written(key=ann)
    assert there(shop, ann).email_consent.state == "UNSUBSCRIBED"


def test_a_no_arrives_though_something_else_is_refused_and_is_known_for_ours(side: There, shop: ShopifyWorld) -> None:
    ann, _ = add(shop, 2)
    no = Consent(channel="email", state="unsubscribed")
    outcome = push(side, ann, emails=("buyer1@example.com",), consents=(no,))
    assert isinstance(outcome, Unclear)
    assert there(shop, ann).email_consent.state == "UNSUBSCRIBED"
    again = push(side, ann, emails=("buyer1@example.com",))
    assert isinstance(again, Refused) and again.reason == "email_taken"


# --- lost replies -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("done", [True, False])
def test_what_makes_somebody_is_never_sent_again_blindly(side: There, shop: ShopifyWorld, done: bool) -> None:
    side.fail(WireFault("502", done=done))
    with pytest.raises(Unreachable):
        side.store.push_customers([creation("Ann")])
    assert len(shop.site.customers) == int(done)


def test_what_is_absolute_is_sent_again(side: There, shop: ShopifyWorld) -> None:
    [ann] = add(shop, 1)
    wanted = change(side, ann, note="moved", group="Trade")
    side.fail(WireFault("reset", done=True), after=1)
    assert side.store.push_customers([wanted]) == [Written(key=ann)]
    assert (there(shop, ann).note, there(shop, ann).tags) == ("moved", ["group:Trade"])


def test_an_answer_about_marketing_is_not_sent_again_over_one_that_was_given_meanwhile(
    side: There, shop: ShopifyWorld
) -> None:
    [ann] = add(shop, 1)
    yes = Consent(channel="email", state="subscribed", changed_at=ASKED_AT)
    side.fail(WireFault("reset", done=False), after=1)
    with pytest.raises(Unreachable):
        side.store.push_customers([change(side, ann, consents=(yes,))])
    assert there(shop, ann).email_consent.state == "NOT_SUBSCRIBED"


def test_a_new_address_is_no_second_one_after_a_lost_reply(side: There, shop: ShopifyWorld) -> None:
    [ann] = add(shop, 1)
    place = Address(street="1 High St", city="Leeds", country="GB")
    wanted = change(side, ann, addresses=(place,))
    side.fail(WireFault("reset", done=True), after=1)
    with pytest.raises(Unreachable):
        side.store.push_customers([wanted])
    assert push(side, ann, addresses=(place,)) == Written(key=ann)
    assert [one.city for one in there(shop, ann).addresses] == ["Leeds"]


def test_what_was_done_before_a_reply_was_lost_is_told_and_the_rest_is_not_known(
    side: There, shop: ShopifyWorld
) -> None:
    side.store.push_customers([creation(f"N{number}") for number in range(30)])
    no = (Consent(channel="email", state="unsubscribed"),)
    place = (Address(street="1 High St", city="Leeds"),)
    changes = [change(side, str(one), addresses=place, consents=no) for one in shop.site.customers]
    side.fail(WireFault("reset", done=False), after=2)
    assert reasons(side.store.push_customers(changes)) == ["Written"] * 20 + ["Unclear"] * 10
    states = [one.email_consent.state for one in shop.site.customers.values()]
    assert states == ["UNSUBSCRIBED"] * 20 + ["NOT_SUBSCRIBED"] * 10


# --- invitations ------------------------------------------------------------------------------------------------------


def test_by_accounts_of_the_old_kind_each_is_invited_as_asked(shop: ShopifyWorld) -> None:
    shop.site.options.customer_accounts = "CLASSIC"
    for side in opened(shop, customer_accounts="legacy"):
        ann, bob, cyd = add(shop, 3)
        shop.hands.change_customer(int(bob), email=None, first_name="Bob")
        shop.hands.register(int(cyd))
        outcomes = side.store.send_invites([ann, bob, cyd, "nobody", "999"])
        assert [type(one) for one in outcomes] == [Written, Refused, Refused, Refused, Refused]
        assert [str(one) for _, _, one in shop.site.oracle.mails] == [ann]
        [[told], [other], [account]] = side.store.find_customers([CustomerKey(id=one) for one in (ann, bob, cyd)])
        assert (told.invited, other.invited, account.invited) == (True, False, True)
        side.fail(WireFault("502", done=False))
        with pytest.raises(Unreachable):
            side.store.send_invites([bob])


def test_by_new_accounts_nobody_is_asked_to_invite(side: There, shop: ShopifyWorld) -> None:
    [ann] = add(shop, 1)
    asked(shop)
    assert reasons(side.store.send_invites([ann])) == ["cannot_invite"]
    assert asked(shop) == [] and shop.site.oracle.mails == []


# --- replies ----------------------------------------------------------------------------------------------------------

FIELDS = ("customerUpdate", "customerAddressUpdate", "customerEmailMarketingConsentUpdate")
DONE: dict[str, Any] = {"customer": {"id": "gid://shopify/Customer/7"}, "userErrors": []}


def became(*told: dict[str, Any] | None, spoilt: str = "") -> WriteOutcome:
    """What becomes of deeds that were answered like this."""
    data = {f"m{at}": one for at, one in enumerate(told)}
    answer = Answer(data, spoilt=[Spoilt(spoilt, None, "it broke")] if spoilt else [])
    return outcome_of(
        "k", [Deed(field, {"input": {"email": "ann@x.example"}}) for field in FIELDS[: len(told)]], answer, 0
    )


def no(message: str, *field: str, **more: str) -> dict[str, Any]:
    return {"customer": None, "userErrors": [{"message": message, "field": list(field) or None, **more}]}


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (became(DONE, DONE, DONE), "Written"),
        (became(None), "Unclear"),
        (became(DONE, spoilt="m0"), "Unclear"),
        (became(DONE, DONE, spoilt="m1"), "Unclear"),
        (became(no("Email has already been taken", "email")), "email_taken"),
        (became(no("Email is invalid", "email")), "bad_email"),
        (became(no("Phone has already been taken", "phone")), "phone_taken"),
        (became(no("Phone is invalid", "input", "phone")), "phone_invalid"),
        (became(no("Customer does not exist", "id")), "unknown_customer"),
        (became(DONE, no("Country is invalid", "address", "country")), "bad_address"),
        (became(DONE, DONE, no("Nobody", "input", code="INVALID")), "invalid"),
        (became(DONE, DONE, no("Nobody", "input", code="INTERNAL_ERROR")), "Unclear"),
        (became(no("Something else")), "refused"),
        (became(no("Something else"), DONE), "refused"),
        (became(no("Something else"), DONE, DONE), "Unclear"),
    ],
)
def test_the_worst_of_all_is_what_became_of_it(outcome: WriteOutcome, expected: str) -> None:
    assert reasons([outcome]) == [expected]


def test_of_shopifys_words_those_that_we_sent_are_not_repeated() -> None:
    outcome = became(no("ann@x.example is not welcome"))
    assert isinstance(outcome, Refused) and "ann@x.example" not in outcome.message and "welcome" in outcome.message
