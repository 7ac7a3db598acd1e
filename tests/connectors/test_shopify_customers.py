"""Customers of a Shopify shop on a real socket: read by change and found, whoever changes, is new or goes meanwhile."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from syncctl.connectors.base import Page
from syncctl.connectors.shopify.answers import Spoilt
from syncctl.errors import BatchRefused, CursorLost, DataError, SignInNeeded
from syncctl.model import Customer, CustomerKey
from tests.conformance.web_store import Side
from tests.connectors.shopify_side import connected, store_of
from tests.fakes.graphql_faults import GraphqlFault
from tests.fakes.shopify import ShopifyServer
from tests.fakes.shopify.world import ShopifyWorld, world

ANN = "ann@web.example"


@pytest.fixture
def shop() -> ShopifyWorld:
    return world()


@pytest.fixture
def side(shop: ShopifyWorld) -> Iterator[Side]:
    yield from connected(shop)


def add(shop: ShopifyWorld, count: int, **more: Any) -> list[str]:
    return [str(shop.hands.add_customer(f"buyer{number}@example.com", **more)) for number in range(count)]


def told(pages: Iterator[Page[Customer]]) -> tuple[list[str], str]:
    """The ids that were told, and the last cursor."""
    ids, cursor = [], ""
    for page in pages:
        ids += [one.id for one in page.records]
        cursor = page.cursor
    return ids, cursor


def asked(shop: ShopifyWorld) -> list[str]:
    """What was asked since the last time, each document by its root fields."""
    calls = [name for name, count in shop.site.oracle.calls.items() for _ in range(count)]
    shop.site.oracle.calls.clear()
    return calls


# --- found ------------------------------------------------------------------------------------------------------------


def test_somebody_is_found_by_id_address_and_number_exactly(side: Side, shop: ShopifyWorld) -> None:
    [ann, bob] = add(shop, 2)
    shop.hands.change_customer(int(bob), phone="+447700900123")
    keys = [
        CustomerKey(id=ann),
        CustomerKey(email=" BUYER1@Example.com "),
        CustomerKey(phone="+44 7700 900-123"),
        CustomerKey(email="uyer1@example.com"),
        CustomerKey(phone="+447700900124"),
        CustomerKey(id=ann, email="buyer1@example.com", phone="+447700900123"),
    ]
    found = [[one.id for one in group] for group in side.store.find_customers(keys)]
    assert found == [[ann], [bob], [bob], [], [], [ann, bob]]
    assert len(asked(shop)) == 1


@pytest.mark.parametrize(
    "key",
    [
        *(CustomerKey(id=text) for text in ("", "guest:1", "0", "-1", "01", "1.0", "9" * 30, "999", "no-such")),
        *(
            CustomerKey(email=text)
            for text in ("", "ann", "@example.com", "ann@", "a b@example.com", "a@b@c.de", "a@b")
        ),
        *(CustomerKey(phone=text) for text in ("", "020 7946 0123", "none", "+0123456789", "+44", "+44 20 ext 5")),
        CustomerKey(reference="ref-1"),
    ],
)
def test_what_can_be_nobodys_is_nobodys(side: Side, shop: ShopifyWorld, key: CustomerKey) -> None:
    add(shop, 1)
    assert side.store.find_customers([key]) == [[]]


def test_as_many_as_fit_are_looked_up_in_one_request_each_once(side: Side, shop: ShopifyWorld) -> None:
    most = side.store.abilities.customer_batch
    ids = add(shop, most)
    assert [[one.id for one in group] for group in side.store.find_customers([CustomerKey(id=one) for one in ids])] == [
        [one] for one in ids
    ]
    side.store.find_customers([CustomerKey(email=f"buyer{number}@example.com") for number in range(most)])
    side.store.find_customers([CustomerKey(email="Buyer1@example.com"), CustomerKey(email="buyer1@example.com")])
    assert len(asked(shop)) == 3
    everything = [CustomerKey(id=one, email=f"x{one}@example.com", phone=f"+4477009{one}") for one in ids]
    side.store.find_customers(everything)
    assert len(asked(shop)) == 2, "too dear for one"
    assert side.store.find_customers([]) == [] and asked(shop) == []


def test_who_has_an_id_is_not_gone_by_a_single_answer(shop: ShopifyWorld) -> None:
    [ann, bob] = add(shop, 2)
    with ShopifyServer(shop.site) as server:
        for store in store_of(server):
            server.fail(GraphqlFault("node_null"))
            found = store.find_customers([CustomerKey(id=ann), CustomerKey(id=bob), CustomerKey(id="999")])
    assert [[one.id for one in group] for group in found] == [[ann], [bob], []]
    assert len(server.log) == 2


def test_of_a_customer_who_cannot_be_read_nobody_is_told_that_he_is_not_there(side: Side, shop: ShopifyWorld) -> None:
    [ann, bob] = add(shop, 2)
    vars(shop.site.customers[int(ann)].email_consent).update(state="SUBSCRIBED", at="half-writt")
    [page] = side.store.fetch_customers(None)
    assert ([one.id for one in page.records], [one.id for one in page.unreadable]) == ([bob], [ann])
    with pytest.raises(DataError, match="no time"):
        side.store.find_customers([CustomerKey(id=ann), CustomerKey(id=bob)])


# --- read -------------------------------------------------------------------------------------------------------------


def test_who_changed_is_told_to_the_second_though_the_shops_own_filter_knows_days(
    side: Side, shop: ShopifyWorld
) -> None:
    ids = add(shop, 9)
    everybody, cursor = told(side.store.fetch_customers(None))
    assert everybody == ids, "by id"
    shop.advance(1200)
    _, cursor = told(side.store.fetch_customers(cursor))
    asked(shop)
    assert told(side.store.fetch_customers(cursor))[0] == []
    assert asked(shop) == ["customers"], "nothing changed: one request"
    shop.advance(700)
    for one in (ids[4], ids[0], ids[7], ids[2]):
        shop.hands.change_customer(int(one), note="moved")
        shop.advance(1)
    changed, cursor = told(side.store.fetch_customers(cursor))
    assert changed == [ids[2], ids[7], ids[0], ids[4]]
    assert len(asked(shop)) == 2


def test_a_reading_of_all_goes_on_where_it_was_cut_short(side: Side, shop: ShopifyWorld) -> None:
    ids = add(shop, 8)
    first, *_ = side.store.fetch_customers(None)
    assert first.full
    shop.hands.change_customer(int(ids[1]), note="moved")
    new = add(shop, 1)
    shop.advance(5000)
    rest, cursor = told(side.store.fetch_customers(first.cursor))
    assert [one.id for one in first.records] + rest == ids + new
    assert set(told(side.store.fetch_customers(cursor))[0]) >= {ids[1]}, "who changed meanwhile is told after that"


def test_a_reading_of_changes_goes_on_where_it_was_cut_short(side: Side, shop: ShopifyWorld) -> None:
    ids = add(shop, 8)
    shop.advance(1200)
    _, cursor = told(side.store.fetch_customers(None))
    shop.advance(1200)
    for one in ids[:7]:
        shop.hands.change_customer(int(one), note="moved")
    first, *_ = side.store.fetch_customers(cursor)
    shop.advance(5000)
    later = first.records[0].id  # told already, and changed again
    shop.hands.change_customer(int(later), note="again")
    rest, cursor = told(side.store.fetch_customers(first.cursor))
    assert {one.id for one in first.records} | set(rest) == set(ids[:7])
    assert told(side.store.fetch_customers(cursor))[0][0] == later


def test_what_the_index_has_not_heard_of_yet_is_told_by_the_next_reading(shop: ShopifyWorld) -> None:
    shop.site.options.index_lag = 60
    for side in connected(shop):
        ids = add(shop, 4)
        shop.advance(1200)
        _, cursor = told(side.store.fetch_customers(None))
        shop.advance(1200)
        _, cursor = told(side.store.fetch_customers(cursor))
        shop.hands.change_customer(int(ids[0]), note="moved")
        told_now, cursor = told(side.store.fetch_customers(cursor))
        shop.advance(61)
        told_later, _ = told(side.store.fetch_customers(cursor))
        assert (told_now, told_later) == ([], [ids[0]])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "NaN",
        '{"since": null, "started": null, "after": null}',
        '{"since": "2026-01-01T00:00:00.000Z", "started": null, "after": "abc"}',
        '{"since": null, "started": "2026-01-01T00:00:00.000Z", "after": null}',
        '{"since": "yesterday", "started": null, "after": null}',
        '{"since": null, "started": "2026-01-01T00:00:00.000Z", "after": 5}',
    ],
)
def test_a_cursor_of_something_else_is_lost(side: Side, text: str) -> None:
    with pytest.raises(CursorLost):
        next(side.store.fetch_customers(text))


def test_a_place_that_shopify_does_not_know_any_more_is_lost(side: Side, shop: ShopifyWorld) -> None:
    add(shop, 8)
    first, *_ = side.store.fetch_customers(None)
    spoilt = json.dumps({**json.loads(first.cursor), "after": "bm8gc3VjaCBwbGFjZQ=="})
    with pytest.raises(CursorLost):
        next(side.store.fetch_customers(spoilt))


def test_a_page_that_is_too_dear_is_asked_for_in_smaller_parts(shop: ShopifyWorld) -> None:
    shop.site.options.most_cost = 40
    for side in connected(shop, page_size=250):
        ids = add(shop, 30)
        assert told(side.store.fetch_customers(None))[0] == ids


def test_a_page_grows_as_its_cost_allows(shop: ShopifyWorld) -> None:
    for side in connected(shop, page_size=250):
        ids = add(shop, 400)
        asked(shop)
        assert told(side.store.fetch_customers(None))[0] == ids
        assert len(asked(shop)) == 4, "50, 100, 200, and the rest"


# --- rights -----------------------------------------------------------------------------------------------------------


def test_without_customers_data_nobody_is_asked_for_and_nothing_can_be_written(shop: ShopifyWorld) -> None:
    for side in connected(shop, customer_data=False):
        add(shop, 2)
        assert list(side.store.fetch_customers(None)) == []
        can = side.store.abilities
        assert (can.customer_batch, can.groups, can.consent_channels, can.invites) == (0, False, frozenset(), "")
        with pytest.raises(BatchRefused):
            side.store.find_customers([CustomerKey(email=ANN)])
        assert asked(shop) == []


@pytest.mark.parametrize("leave", ["customers", "denied", "fields"])
def test_who_may_not_see_customers_is_told_what_to_do(shop: ShopifyWorld, leave: str) -> None:
    shop.site.options.protected_data = leave
    add(shop, 2)
    for side in connected(shop):
        with pytest.raises(SignInNeeded) as refused:
            list(side.store.fetch_customers(None))
        assert "customer_data: false" in refused.value.hint


def test_names_that_are_hidden_are_not_names_that_were_taken_away(shop: ShopifyWorld) -> None:
    """Without leave some apps are answered with nothing at all; so is who asks after somebody who was erased."""
    ids = add(shop, 2)
    for side in connected(shop):
        shop.hands.change_customer(int(ids[0]), email=None)
        [page] = side.store.fetch_customers(None)
        assert ([one.id for one in page.records], [one.id for one in page.unreadable]) == (ids[1:], ids[:1])
        with pytest.raises(DataError, match="neither name, e-mail nor phone"):
            side.store.find_customers([CustomerKey(id=ids[0])])
        ids += add(shop, 3)
        for one in ids:
            shop.hands.change_customer(int(one), email=None)
        with pytest.raises(SignInNeeded) as refused:
            list(side.store.fetch_customers(None))
        assert "customer_data: false" in refused.value.hint


def test_who_has_more_addresses_than_are_read_is_told_as_such(side: Side, shop: ShopifyWorld) -> None:
    [ann, bob] = add(shop, 2)
    for number in range(51):
        shop.hands.add_address(int(ann), city=f"City {number}")
    for number in range(50):
        shop.hands.add_address(int(bob), city=f"City {number}")
    [page] = side.store.fetch_customers(None)
    assert [len(one.addresses) for one in page.records] == [50]
    assert [(one.id, "more than 50" in one.reason) for one in page.unreadable] == [(ann, True)]


def test_a_bound_lies_behind_the_shops_own_time_of_the_first_answer(side: Side, shop: ShopifyWorld) -> None:
    add(shop, 8)
    before = shop.clock.at
    pages = side.store.fetch_customers(None)
    next(pages)
    shop.advance(3600)
    _, cursor = told(pages)
    assert json.loads(cursor) == {
        "since": (before - timedelta(seconds=600)).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "started": None,
        "after": None,
    }


def test_one_who_is_spoilt_and_one_of_whom_nothing_is_told_are_two(shop: ShopifyWorld) -> None:
    for side in connected(shop, page_size=50):
        [_, ann, _] = add(shop, 3)
        real = side.store.admin.read

        def read(*given: Any, real: Any = real, **more: Any) -> Any:
            answer = real(*given, **more)
            answer.data["customers"]["nodes"][2] = None
            return replace(answer, spoilt=[Spoilt(0, answer.data["customers"]["nodes"][0], "It went wrong.")])

        side.store.admin.read = read
        [page] = side.store.fetch_customers(None)
        assert ([one.id for one in page.records], len(page.unreadable)) == ([ann], 2)
