"""A first reading of many orders, by a file that Shopify makes: what may become of it, and that no order is lost."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest
from graphql import parse, validate

from syncctl.connectors.base import Page
from syncctl.connectors.patience import Patience
from syncctl.connectors.shopify.customer_fragments import ADDRESSES
from syncctl.connectors.shopify.order_documents import orders_in_bulk
from syncctl.connectors.shopify.store import ShopifyStore
from syncctl.errors import DataError, Throttled, Unreachable
from syncctl.model import Order
from tests.connectors.shopify_side import settings_of
from tests.fakes.graphql_faults import GraphqlFault
from tests.fakes.shopify import ShopifyServer
from tests.fakes.shopify.checkout import Buy, Off, Ship
from tests.fakes.shopify.schema import WRITTEN, at_hand, schema_of
from tests.fakes.shopify.world import ShopifyWorld, world
from tests.fakes.wire import Answer, Request, reply


class Waiting:
    """A shop whose clock moves while its store waits. `waited`: each wait, in seconds."""

    def __init__(self, options: dict[str, Any], most: float = 600.0, **settings: Any) -> None:
        self.shop: ShopifyWorld = world(**{"bucket": 1_000_000, **options})
        self.server = ShopifyServer(self.shop.site)
        self.settings = settings_of(self.server, **{"bulk_from": 1, "page_size": 3, **settings})
        self.waited: list[float] = []
        self.said: list[str] = []
        self.store = self.another(most)

    def another(self, most: float = 600.0) -> ShopifyStore:
        """The store of the next run, which may wait so long."""
        self.elapsed = 0.0

        def sleep(seconds: float) -> None:
            self.elapsed += seconds
            self.shop.advance(seconds)

        patience = Patience(most, say=self.said.append, clock=lambda: self.elapsed, sleeper=sleep)
        real = patience.sleep
        patience.sleep = lambda seconds, *rest: (self.waited.append(seconds), real(seconds, *rest))[1]  # type: ignore[method-assign, assignment]
        return ShopifyStore("web", self.settings, patience)

    def place(self, count: int) -> list[str]:
        return [str(self.shop.hands.place([Buy(None, 2, "5.00", tax="1.00", sku="MUG")])) for _ in range(count)]

    def asked(self, word: str) -> int:
        """How many requests had this word in their document."""
        return sum(word in json.loads(one.body)["query"] for one in self.server.log)


Build = Callable[..., Waiting]


@pytest.fixture
def build() -> Iterator[Build]:
    made: list[Waiting] = []

    def of(options: dict[str, Any] | None = None, **settings: Any) -> Waiting:
        made.append(Waiting(options or {}, **settings))
        return made[-1]

    yield of
    for one in made:
        one.store.close()
        one.server.close()
        assert one.server.errors == []


def ids(pages: list[Page[Order]]) -> list[str]:
    return [order.id for page in pages for order in page.records]


@pytest.mark.skipif(not at_hand(), reason="the vendor's schemas are not here")
@pytest.mark.parametrize("version", WRITTEN)
@pytest.mark.parametrize("people", [False, True])
def test_the_query_of_the_file_is_valid_in_each_version(version: str, people: bool) -> None:
    text = orders_in_bulk("processed_at:>='2026-01-01T00:00:00Z'", people)
    assert validate(schema_of(version, False), parse(text)) == []


def test_many_orders_come_from_a_file_and_few_page_by_page(build: Build) -> None:
    there = build(bulk_from=8)
    placed = there.place(7)
    assert sorted(ids(list(there.store.fetch_orders(None, None)))) == sorted(placed)
    assert (there.asked("startBulk"), there.asked("query orders(")) == (0, 3)
    placed += there.place(1)
    assert sorted(ids(list(there.store.fetch_orders(None, None)))) == sorted(placed)
    assert (there.asked("startBulk"), there.asked("query orders(")) == (1, 3)


def test_only_a_first_reading_makes_a_file(build: Build) -> None:
    there = build(bulk_from=1)
    there.place(2)
    *_, last = there.store.fetch_orders(None, None)
    there.server.log.clear()
    there.place(2)
    list(there.store.fetch_orders(last.cursor, None))
    assert (there.asked("ordersCount"), there.asked("startBulk")) == (0, 0)


@pytest.mark.parametrize("addresses", [0, 12, ADDRESSES, ADDRESSES + 1])
def test_an_order_of_a_file_is_the_same_as_on_a_page(build: Build, addresses: int) -> None:
    there = build()
    hands = there.shop.hands
    customer = hands.add_customer(email="ada@example.com", first_name="Ada", tags=["vip"])
    for number in range(addresses):
        hands.add_address(customer, address1=f"{number} Mill Lane", city="Leeds")
    lines = [Buy(None, 2, "1.10", tax="0.22", sku=f"S{number}", title="Ä & <b>") for number in range(60)]
    placed = hands.place(
        lines, ships=[Ship("4.00", "0.80"), Ship("2.00")], offs=[Off("3.33")], tip="1.00", customer=customer
    )
    hands.refund(placed, {there.shop.site.orders[placed].lines[0].id: 1})
    hands.fulfil(placed, number="JD01")
    there.place(4)
    from_file = {order.id: order for page in there.store.fetch_orders(None, None) for order in page.records}
    assert there.asked("startBulk") == 1
    assert from_file == {one: there.store.fetch_orders_by_id([one]).records[0] for one in from_file}
    assert len(from_file[str(placed)].lines) == 60 and len(from_file) == 5
    buyer = from_file[str(placed)].customer
    assert buyer is not None and len(buyer.addresses) == (addresses if addresses <= ADDRESSES else 0)


def test_an_app_without_customers_data_makes_a_file_without_customers(build: Build) -> None:
    there = build(customer_data=False)
    (placed,) = there.place(1)
    (order,) = (one for page in there.store.fetch_orders(None, None) for one in page.records)
    assert order == there.store.fetch_orders_by_id([placed]).records[0]
    assert order.customer is None


def test_whoever_waits_for_the_file_asks_more_and_more_seldom(build: Build) -> None:
    there = build({"bulk_seconds": 40})
    there.place(1)
    list(there.store.fetch_orders(None, None))
    assert there.waited == [1, 2, 4, 8, 10, 10, 10]


def test_a_run_that_may_wait_no_longer_leaves_the_file_to_the_next(build: Build) -> None:
    there = build({"bulk_seconds": 40}, most=9)
    placed = there.place(5)
    pages = there.store.fetch_orders(None, None)
    begun = next(pages)
    with pytest.raises(Throttled):
        next(pages)
    there.shop.advance(60)
    there.server.log.clear()
    assert sorted(ids(list(there.another().fetch_orders(begun.cursor, None)))) == sorted(placed)
    assert (there.asked("startBulk"), there.asked("query orders(")) == (0, 0)


def test_waiting_for_a_file_leaves_half_of_what_a_run_may_wait_to_others(build: Build) -> None:
    there = build({"bulk_seconds": 1000}, most=60)
    there.place(1)
    with pytest.raises(Throttled) as error:
        list(there.store.fetch_orders(None, None))
    assert sum(there.waited) == 1 + 2 + 4 + 8 + 10
    assert "bulk_from: 0" in error.value.hint


def test_a_file_that_never_comes_is_done_without_where_the_settings_say_so(build: Build) -> None:
    there = build({"bulk_seconds": 1_000_000})
    placed = there.place(4)
    begun = next(iter(there.store.fetch_orders(None, None)))
    there.settings = there.settings.model_copy(update={"bulk_from": 0})
    there.server.log.clear()
    assert ids(list(there.another().fetch_orders(begun.cursor, None))) == placed
    assert there.asked("bulkState") == 0


def test_a_reading_of_a_file_that_died_goes_on_behind_its_last_page(build: Build) -> None:
    there = build()
    placed = there.place(8)
    first = list(islice(there.store.fetch_orders(None, None), 2))
    rest = list(there.another().fetch_orders(first[-1].cursor, None))
    assert len(ids(first)) == 3
    assert ids(first) + ids(rest) == placed
    assert there.asked("startBulk") == 1


@pytest.mark.parametrize("fate", ["FAILED", "CANCELED", "EXPIRED"])
def test_a_file_that_does_not_come_about_is_done_without(build: Build, fate: str) -> None:
    there = build({"bulk_fate": fate, "bulk_error": "TIMEOUT"})
    placed = there.place(8)
    assert sorted(ids(list(there.store.fetch_orders(None, None)))) == sorted(placed)
    assert there.asked("query orders(") == 3
    assert fate in there.said[-1]


@pytest.mark.parametrize("state", [None, {"status": "WIBBLE", "url": "https://files.example/1"}])
def test_a_state_of_the_file_that_nobody_knows_is_no_file(build: Build, state: dict[str, Any] | None) -> None:
    there = build()
    placed = there.place(3)
    real = there.server.handle
    there.server.handle = lambda request: (  # type: ignore[method-assign]
        reply({"data": {"bulkOperation": state}}) if b"bulkState" in request.body else real(request)
    )
    assert ids(list(there.store.fetch_orders(None, None))) == placed


def test_a_file_of_nothing_is_not_believed_where_orders_were_counted(build: Build) -> None:
    there = build()
    placed = there.place(3)
    real = there.server.handle
    empty = {"status": "COMPLETED", "url": None, "objectCount": "0", "rootObjectCount": "0"}
    there.server.handle = lambda request: (  # type: ignore[method-assign]
        reply({"data": {"bulkOperation": empty}}) if b"bulkState" in request.body else real(request)
    )
    assert ids(list(there.store.fetch_orders(None, None))) == placed


def test_where_no_other_file_can_be_made_now_orders_come_page_by_page(build: Build) -> None:
    there = build({"bulks_at_once": 1, "bulk_seconds": 1000})
    placed = there.place(4)
    next(iter(there.store.fetch_orders(None, None)))
    assert ids(list(there.another().fetch_orders(None, None))) == placed
    assert there.asked("query orders(") == 2


def test_a_shop_without_orders_has_no_file(build: Build) -> None:
    there = build(bulk_from=1)
    (placed,) = there.place(1)
    pages = there.store.fetch_orders(None, None)
    next(pages)
    there.shop.remove_order(placed)
    rest = list(pages)
    assert ids(rest) == []
    assert json.loads(rest[-1].cursor)["since"] is not None


@pytest.mark.parametrize("how", ["short", "cut"])
def test_a_file_that_is_not_whole_is_an_error_and_the_next_reading_makes_another(build: Build, how: str) -> None:
    there = build({"bulk_file": how})
    placed = there.place(8)
    pages: list[Page[Order]] = []
    with pytest.raises(DataError):
        for page in there.store.fetch_orders(None, None):
            pages.append(page)  # those before the error are wanted
    assert len(ids(pages)) < 8
    assert json.loads(pages[-1].cursor)["since"] is None, "nothing is believed to have been read"
    there.shop.site.options.bulk_file = "whole"
    assert ids(list(there.another().fetch_orders(pages[-1].cursor, None))) == placed
    assert there.asked("startBulk") == 2


@pytest.mark.parametrize("how", ["short", "cut"])
def test_where_no_file_is_ever_whole_orders_come_page_by_page(build: Build, how: str) -> None:
    there = build({"bulk_file": how})
    placed = there.place(8)
    cursor: str | None = None
    for _ in range(2):
        pages: list[Page[Order]] = []
        with pytest.raises(DataError):
            for page in there.another().fetch_orders(cursor, None):
                pages.append(page)
        cursor = pages[-1].cursor
    assert there.asked("query orders(") == 0
    rest = list(there.another().fetch_orders(cursor, None))
    assert set(ids(rest)) == set(placed)
    assert (there.asked("startBulk"), there.asked("query orders(")) == (3, 3)
    assert "its orders are read page by page" in there.said[-1]
    assert json.loads(rest[-1].cursor)["since"] is not None


def test_where_the_file_can_never_be_fetched_orders_come_page_by_page(build: Build) -> None:
    there = build()
    placed = there.place(8)
    there.shop.site.files_at = "http://127.0.0.1:9"  # nobody is there
    cursor: str | None = None
    for _ in range(2):
        pages: list[Page[Order]] = []
        with pytest.raises(Unreachable):
            for page in there.another().fetch_orders(cursor, None):
                pages.append(page)
        cursor = pages[-1].cursor
    assert set(ids(list(there.another().fetch_orders(cursor, None)))) == set(placed)
    assert (there.asked("startBulk"), there.asked("query orders(")) == (1, 3)


@pytest.mark.parametrize("hours", [2, 4])
@pytest.mark.parametrize("gets_on", [False, True])
def test_a_file_that_hangs_is_done_without_and_one_that_takes_long_is_waited_for(
    build: Build, hours: int, gets_on: bool
) -> None:
    there = build({"bulk_seconds": 1_000_000})
    placed = there.place(8)
    begun = next(iter(there.store.fetch_orders(None, None)))
    there.shop.advance(hours * 3600)
    real, counts = there.server.handle, iter(range(10**6))

    def handle(request: Request) -> Answer:
        if b"bulkState" not in request.body:
            return real(request)
        count = str(next(counts) if gets_on else 5)
        state = {"status": "RUNNING", "url": None, "objectCount": count, "rootObjectCount": count}
        return replace(real(request), body=json.dumps({"data": {"bulkOperation": state}}).encode())

    there.server.handle = handle  # type: ignore[method-assign]
    pages = there.another().fetch_orders(begun.cursor, None)
    if hours < 3 or gets_on:
        with pytest.raises(Throttled):
            list(pages)
        return
    found = list(pages)
    assert set(ids(found)) == set(placed)
    assert "its orders are read page by page" in there.said[-1]
    assert json.loads(found[-1].cursor)["bulk"] is None


def test_a_file_that_is_there_no_more_is_done_without(build: Build) -> None:
    there = build()
    placed = there.place(4)
    first = next(iter(there.store.fetch_orders(None, None)))
    there.shop.advance(8 * 86400)
    assert sorted(ids(list(there.another().fetch_orders(first.cursor, None)))) == sorted(placed)


def test_a_file_takes_no_memory_for_the_orders_that_are_not_read_yet(build: Build) -> None:
    there = build(page_size=2)
    there.place(6)
    pages = there.store.fetch_orders(None, None)
    assert [len(page.records) for page in pages] == [0, 2, 2, 2]


def test_what_changes_while_the_file_is_made_comes_with_the_next_reading(build: Build) -> None:
    there = build({"bulk_seconds": 30})
    placed = there.place(3)
    pages = there.store.fetch_orders(None, None)
    next(pages)
    there.shop.advance(60)
    late = there.place(1)
    *_, last = pages
    there.shop.advance(3600)
    found = ids(list(there.another().fetch_orders(last.cursor, None)))
    assert set(late) <= set(found) | set(placed)
    assert late[0] in found


FAULTS: tuple[str | GraphqlFault, ...] = (
    *("reset", "500", "502", "login_page", "truncated", "empty"),
    *(
        GraphqlFault(kind)
        for kind in ("throttled", "internal_before", "internal_after", "partly", "max_cost", "no_code")
    ),
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda one: one if isinstance(one, str) else one.kind)
def test_whatever_fails_while_a_file_is_asked_for_made_or_fetched_no_order_is_lost(
    build: Build, fault: str | GraphqlFault
) -> None:
    """At each request of such a reading; who dies of it goes on where it was, or begins again."""
    there = build()
    placed = set(there.place(7))
    for number in range(1, 4):
        there.server.heal()
        there.server.fail(fault, at=there.server.count + number)
        seen: set[str] = set()
        cursor: str | None = None
        for _ in range(3):
            try:
                for page in there.another().fetch_orders(cursor, None):
                    seen |= {order.id for order in page.records}
                    cursor = page.cursor
                break
            except (Unreachable, DataError):
                continue
        assert seen == placed, f"at request {number}"
