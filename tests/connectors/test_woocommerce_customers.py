"""Customers of a WooCommerce site on a real socket: found, told, written, whatever stands in their accounts."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from syncctl import times
from syncctl.connectors.base import Page
from syncctl.connectors.woocommerce.customer_replies import created, updated
from syncctl.errors import BatchRefused, CursorLost
from syncctl.model import Customer, CustomerChange, CustomerKey, Refused, Unclear, Written
from tests.conformance.web_store import Side
from tests.connectors.woo_side import connected
from tests.fakes.woo.world import WooWorld, world


@pytest.fixture
def site() -> WooWorld:
    return world()


@pytest.fixture
def side(site: WooWorld) -> Iterator[Side]:
    yield from connected(site, group_by="meta", group_key="club", groups=["Trade", "Staff"])


def add(site: WooWorld, count: int, **more: Any) -> list[str]:
    return [str(site.shop.add_customer(f"buyer{number}@example.com", **more)) for number in range(count)]


def creation(name: str, **fields: object) -> CustomerChange:
    given = {"name": name, "emails": (f"{name.lower()}@example.com",), **fields}
    return CustomerChange(key=f"key-{name}", id=None, reference=f"ref-{name}", fields=given)


def change(customer_id: str, **fields: object) -> CustomerChange:
    return CustomerChange(key=customer_id, id=customer_id, reference="", fields=fields)


def told(pages: Iterator[Page[Customer]]) -> tuple[list[str], str]:
    """The ids that were told, and the last cursor."""
    ids, cursor = [], ""
    for page in pages:
        ids += [one.id for one in page.records]
        cursor = page.cursor
    return ids, cursor


# --- looked up --------------------------------------------------------------------------------------------------------


def test_whoever_has_the_login_is_found_whatever_his_role(side: Side, site: WooWorld) -> None:
    [boss] = add(site, 1, role="shop_manager")
    keys = [CustomerKey(email=" BUYER0@Example.com "), CustomerKey(id=boss), CustomerKey(email="no@example.com")]
    found = side.store.find_customers(keys)
    assert [[one.id for one in group] for group in found] == [[boss], [boss], []]


def test_who_is_only_billed_under_an_address_is_not_found_by_it(side: Side, site: WooWorld) -> None:
    [ann] = add(site, 1, billing={"email": "accounts@example.com"})
    found = side.store.find_customers([CustomerKey(email="accounts@example.com"), CustomerKey(id=ann)])
    assert [[one.emails for one in group] for group in found] == [[], [("accounts@example.com",)]]


@pytest.mark.parametrize("odd", ["ann", "@example.com", "ann@", "ann example@example.com", "ann@localhost", "a@b@c.de"])
def test_what_is_no_address_to_the_shop_is_nobodys(side: Side, odd: str) -> None:
    assert side.store.find_customers([CustomerKey(email=odd), CustomerKey(email="")]) == [[], []]


def test_an_id_that_is_none_is_nobodys(side: Side, site: WooWorld) -> None:
    add(site, 1)
    odd = [CustomerKey(id=text) for text in ("guest:1", "0", "-1", "01", "1.0", "9" * 30, "999")]
    assert side.store.find_customers(odd) == [[]] * len(odd)


def test_a_hundred_are_looked_up_by_id_in_one_request_and_each_address_once(side: Side, site: WooWorld) -> None:
    ids = add(site, 100)
    site.site.oracle.calls.clear()
    found = side.store.find_customers([CustomerKey(id=one) for one in ids])
    assert [[one.id for one in group] for group in found] == [[one] for one in ids]
    assert site.site.oracle.calls.total() == 1
    side.store.find_customers([CustomerKey(email="Buyer1@example.com"), CustomerKey(email="buyer1@example.com")])
    assert site.site.oracle.calls.total() == 2


# --- read -------------------------------------------------------------------------------------------------------------


def test_an_idle_reading_is_one_request_and_tells_of_nobody(side: Side, site: WooWorld) -> None:
    ids = add(site, 8)
    everybody, cursor = told(side.store.fetch_customers(None))
    assert sorted(everybody) == sorted(ids)
    for _ in range(2):
        site.site.oracle.calls.clear()
        nobody, cursor = told(side.store.fetch_customers(cursor))
        assert (nobody, site.site.oracle.calls.total()) == ([], 1)
    assert json.loads(cursor)["offset"] == 7, "one account, that which was read last, is all that is sent"


def test_who_is_new_is_told_and_who_changed_is_not(side: Side, site: WooWorld) -> None:
    ids = add(site, 4)
    _, cursor = told(side.store.fetch_customers(None))
    site.shop.change_customer(int(ids[0]), first_name="Other")
    new = [str(site.shop.add_customer(f"new{number}@example.com", role="subscriber")) for number in range(5)]
    assert told(side.store.fetch_customers(cursor))[0] == new


def test_everybody_is_told_again_once_in_the_setting(
    side: Side, site: WooWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids, real = add(site, 5), times.now
    _, cursor = told(side.store.fetch_customers(None))
    for days, expected in ((6, []), (7, ids)):
        monkeypatch.setattr(times, "now", lambda days=days: real() + timedelta(days=days, minutes=1))
        again, cursor = told(side.store.fetch_customers(cursor))
        assert again == expected
    assert told(side.store.fetch_customers(cursor))[0] == []


@pytest.mark.parametrize("gone", [0, 2, 3, 4, 6])
def test_an_account_that_goes_between_two_readings_hides_nobody(side: Side, site: WooWorld, gone: int) -> None:
    ids = add(site, 7)
    _, cursor = told(side.store.fetch_customers(None))
    for one in {gone, 6}:
        site.shop.remove_customer(int(ids[one]))
    new = [str(site.shop.add_customer(f"new{number}@example.com")) for number in range(2)]
    assert told(side.store.fetch_customers(cursor))[0] == new


def test_a_reading_that_was_cut_short_goes_on_and_is_the_whole_one(side: Side, site: WooWorld) -> None:
    ids = add(site, 8)
    first, *_ = side.store.fetch_customers(None)
    rest, cursor = told(side.store.fetch_customers(first.cursor))
    assert [one.id for one in first.records] + rest == ids
    assert told(side.store.fetch_customers(cursor))[0] == []


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"after": 1}', "NaN", '{"since": null, "after": 0, "started": null}']
)
def test_a_cursor_of_something_else_is_lost(side: Side, text: str) -> None:
    with pytest.raises(CursorLost):
        next(side.store.fetch_customers(text))


def test_groups_that_are_kept_elsewhere_by_now_are_read_again(site: WooWorld) -> None:
    ids = add(site, 2, role="wholesale_customer")
    for store in connected(site):
        _, cursor = told(store.store.fetch_customers(None))
    for store in connected(site, group_by="role", roles={"wholesale_customer": "Trade"}):
        again = [one for page in store.store.fetch_customers(cursor) for one in page.records]
        assert [(one.id, one.group) for one in again] == [(one, "Trade") for one in ids]
        assert not store.store.abilities.groups, "a role is told, and never written"


def test_an_account_beyond_reading_is_told_as_such(side: Side, site: WooWorld) -> None:
    [one, two] = add(site, 2)
    site.shop.change_customer(int(one), patch={"id": f"{one}x"})
    [page] = side.store.fetch_customers(None)
    assert [each.id for each in page.records] == [two]
    assert [each.id for each in page.unreadable] == [f"{one}x"]


# --- written ----------------------------------------------------------------------------------------------------------


def test_many_are_made_and_changed_in_one_request_with_an_outcome_each(side: Side, site: WooWorld) -> None:
    ann, bob = add(site, 2)
    site.site.oracle.calls.clear()
    outcomes = side.store.push_customers(
        [
            creation("Cyd", group="Trade"),
            change(bob, name="Bob Baker"),
            creation("Nobody", emails=()),
            creation("Twin", emails=("BUYER0@example.com",)),
            change("999999", name="Gone"),
            change(ann, group="Staff"),
            creation("Odd", emails=("ann@@example",)),
            creation("Dee"),
        ]
    )
    assert site.site.oracle.calls.total() == 1
    assert [getattr(one, "reason", "") for one in outcomes] == [
        "",
        "",
        "email_needed",
        "email_taken",
        "unknown_customer",
        "",
        "bad_email",
        "",
    ]
    made = {one.key: one.remote_id for one in outcomes if isinstance(one, Written)}
    people = {str(one.id): one for one in site.site.customers.values()}
    assert [people[made[key]].email for key in ("key-Cyd", "key-Dee")] == ["cyd@example.com", "dee@example.com"]
    assert people[bob].billing["last_name"] == "Baker" and len(people) == 4
    metas = {(meta.key, meta.value) for meta in people[made["key-Cyd"]].metas}
    assert metas >= {("_syncctl_reference", "ref-Cyd"), ("club", "Trade")}


def test_what_an_account_has_beside_stays_as_it_is(side: Side, site: WooWorld) -> None:
    [ann] = add(site, 1, first_name="Ann", billing={"company": "A & B", "phone": "1", "city": "York"})
    before = {(meta.id, meta.key): meta.value for meta in site.site.customers[int(ann)].metas}
    side.store.push_customers([change(ann, emails=("new@example.com",), group="Trade")])
    after = site.site.customers[int(ann)]
    assert (after.email, after.billing["email"]) == ("buyer0@example.com", "new@example.com")
    assert (after.billing["company"], after.billing["phone"], after.billing["city"]) == ("A & B", "1", "York")
    assert before.items() <= {(meta.id, meta.key): meta.value for meta in after.metas}.items()
    side.store.push_customers([change(ann, group="Staff")])
    assert [meta.value for meta in after.metas if meta.key == "club"] == ["Staff"]


def test_a_batch_that_the_host_finds_too_long_is_refused_whole(side: Side, site: WooWorld) -> None:
    site.site.options.batch_limit = 2
    with pytest.raises(BatchRefused):
        side.store.push_customers([creation(name) for name in ("Ann", "Bob", "Cyd")])
    assert site.site.customers == {}


def test_groups_are_those_of_the_settings(side: Side) -> None:
    assert side.store.fetch_groups() == ["Trade", "Staff"]
    side.store.create_groups(["Staff"])
    with pytest.raises(BatchRefused, match="Wholesale"):
        side.store.create_groups(["Trade", "Wholesale"])
    assert side.store.fetch_groups() == ["Trade", "Staff"]


# --- replies ----------------------------------------------------------------------------------------------------------


def account(number: int, reference: str) -> dict[str, Any]:
    return {"id": number, "meta_data": [{"id": 1, "key": "_syncctl_reference", "value": reference}]}


ERROR = {
    "id": 0,
    "error": {"code": "registration-error-email-exists", "message": "It exists.", "data": {"status": 400}},
}
THREE = [creation("Ann"), creation("Bob"), creation("Cyd")]


def test_accounts_are_told_by_our_reference_in_whatever_order_they_come() -> None:
    outcomes = created(THREE, [account(8, "ref-Cyd"), account(9, "ref-Ann"), ERROR])
    assert [(one.key, getattr(one, "remote_id", None)) for one in outcomes] == [
        ("key-Ann", "9"),
        ("key-Bob", None),
        ("key-Cyd", "8"),
    ]
    assert isinstance(outcomes[1], Refused) and outcomes[1].reason == "email_taken"


@pytest.mark.parametrize("rows", [[], [account(9, "ref-Ann")], [account(9, "ref-Ann"), ERROR], [ERROR], [{"id": 5}]])
def test_of_whom_the_reply_says_too_little_nobody_knows(rows: list[dict[str, Any]]) -> None:
    known = [isinstance(one, Written) for one in created(THREE, rows)]
    assert known == ["ref-Ann" in str(rows), False, False]
    assert all(isinstance(one, Unclear | Written) for one in created(THREE, rows))


def test_changes_are_told_by_the_ids_of_their_accounts() -> None:
    refused = {"id": 7, "error": {"code": "woocommerce_rest_invalid_id", "message": "Invalid resource ID."}}
    outcomes = updated([change("5"), change("6"), change("7")], [refused, {"id": 5}])
    assert [type(one) for one in outcomes] == [Written, Unclear, Refused]
