"""The reading of orders from a Shopify shop on a real socket: what is asked, how often, and what shops may do."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from syncctl.connectors.base import Page
from syncctl.connectors.shopify.order_cursor import Cursor
from syncctl.connectors.shopify.store import ShopifyStore
from syncctl.errors import CursorLost, Unreachable
from syncctl.model import Order
from tests.connectors.shopify_bodies import adds_up
from tests.connectors.shopify_server import Clock
from tests.connectors.shopify_side import settings_of
from tests.fakes.shopify import ShopifyServer
from tests.fakes.shopify.checkout import Buy, Charge, Off, Ship
from tests.fakes.shopify.world import ShopifyWorld, world
from tests.fakes.wire import Answer, Request, reply


class There:
    """A shop with a store that is connected to it. `asked`: the variables of each request, in order."""

    def __init__(self, shop: ShopifyWorld, server: ShopifyServer, **settings: Any) -> None:
        self.shop, self.server, self.hands = shop, server, shop.hands
        self.store = ShopifyStore("web", settings_of(server, **settings))

    @property
    def asked(self) -> list[dict[str, Any]]:
        return [json.loads(one.body)["variables"] for one in self.server.log]

    @property
    def texts(self) -> list[str]:
        return [json.loads(one.body)["query"] for one in self.server.log]

    def all_orders(self, cursor: str | None = None, since: datetime | None = None) -> dict[str, Order]:
        return {order.id: order for page in self.store.fetch_orders(cursor, since) for order in page.records}

    def one(self, order_id: int | str) -> Order:
        (order,) = self.store.fetch_orders_by_id([str(order_id)]).records
        return order

    def place(self, count: int = 1) -> list[int]:
        return [self.hands.place([Buy(None, 1, "5.00", sku="MUG")]) for _ in range(count)]


Build = Callable[..., There]


@pytest.fixture
def build() -> Iterator[Build]:
    """Makes a shop with its store. `options`: those of the shop; all else are settings of the store."""
    made: list[There] = []

    def of(options: dict[str, Any] | None = None, **settings: Any) -> There:
        shop = world(**{"bucket": 1_000_000, **(options or {})})
        server = ShopifyServer(shop.site)
        made.append(There(shop, server, **settings))
        return made[-1]

    yield of
    for one in made:
        one.store.close()
        one.server.close()
        assert one.server.errors == []


CHANGED = Cursor(datetime(2020, 1, 1, tzinfo=UTC)).text()
"""The cursor of whoever has read all once."""


def cursor_after(there: There) -> str:
    *_, last = there.store.fetch_orders(None, None)
    return last.cursor


# --- what is asked ----------------------------------------------------------------------------------------------------


def test_changes_are_asked_for_by_a_quoted_moment_in_utc_and_a_first_reading_by_when_orders_were_placed(
    build: Build,
) -> None:
    there = build(bulk_from=0)
    since = datetime(2026, 2, 1, 9, 30, tzinfo=UTC)
    *_, last = there.store.fetch_orders(None, since)
    list(there.store.fetch_orders(last.cursor, since))
    bound = there.shop.clock.at - timedelta(seconds=600)
    assert [one["query"] for one in there.asked] == [
        "processed_at:>='2026-02-01T09:30:00Z'",
        f"updated_at:>='{bound:%Y-%m-%dT%H:%M:%SZ}'",
    ]


def test_twenty_new_orders_come_with_the_customers_in_one_request(build: Build) -> None:
    there = build({"bucket": 2000}, bulk_from=0)
    cursor = cursor_after(there)
    customer = there.hands.add_customer(email="ada@example.com")
    placed = [
        there.hands.place([Buy(None, 2, "5.00", sku=f"S{number}") for number in range(10)], customer=customer)
        for _ in range(20)
    ]
    there.server.log.clear()
    people = next(iter(there.store.fetch_customers(None)))
    there.server.log.clear()
    there.store.expect_customers(people.cursor)
    assert set(there.all_orders(cursor)) == {str(one) for one in placed}
    assert [one.id for page in there.store.fetch_customers(people.cursor) for one in page.records] == [str(customer)]
    assert len(there.server.log) == 1


def test_an_app_without_customers_data_asks_for_nobody(build: Build) -> None:
    there = build(customer_data=False)
    (placed,) = there.place()
    assert there.one(placed).customer is None
    assert list(there.all_orders()) == [str(placed)]
    assert not any("customer" in text or "Address" in text or "email" in text for text in there.texts)


def test_a_page_that_is_too_dear_is_asked_for_smaller(build: Build) -> None:
    there = build({"most_cost": 400}, bulk_from=0)
    placed = there.place(30)
    assert len(there.all_orders()) == len(placed)
    assert [one["first"] for one in there.asked][:3] == [25, 12, 6]


def failing_at(there: There, most: int, how: Answer, field: str = "orders") -> list[int]:
    """Let the shop fail at each page of more than `most`; the sizes that it is asked for."""
    there.store.close()
    there.store = ShopifyStore("web", there.store.settings, Clock().patience())
    real, sizes = there.server.handle, []

    def handle(request: Request) -> Answer:
        size = json.loads(request.body)["variables"].get("first")
        if size is None or f" {field}(" not in json.loads(request.body)["query"]:
            return real(request)
        sizes.append(size)
        return real(request) if size <= most else how

    there.server.handle = handle  # type: ignore[method-assign]
    return sizes


TOO_MUCH = {
    "TIMEOUT": reply({"errors": [{"message": "Timeout", "extensions": {"code": "TIMEOUT"}}]}),
    "internal": reply({"errors": [{"message": "Oh.", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}),
    "502": reply({"errors": "Bad Gateway"}, status=502),
    "503": reply({"errors": "Unavailable"}, status=503),
    "504": reply({"errors": "Gateway Timeout"}, status=504),
}


@pytest.mark.parametrize("how", TOO_MUCH.values(), ids=TOO_MUCH)
@pytest.mark.parametrize("most", [24, 6, 1])
def test_a_page_that_the_shop_fails_at_is_asked_for_smaller(build: Build, how: Answer, most: int) -> None:
    there = build(bulk_from=0)
    placed = {str(one) for one in there.place(40)}
    sizes = failing_at(there, most, how)
    assert set(there.all_orders()) == placed
    assert sizes[:2] == [25, 12]
    assert len([size for size in sizes if size > most]) <= 6, "what it failed at is not tried again soon"


def test_a_page_that_the_shop_failed_at_once_grows_again(build: Build) -> None:
    there = build(bulk_from=0)
    there.place(350)
    there.store.close()
    there.store = ShopifyStore("web", there.store.settings, Clock().patience())
    there.server.fail("502")
    assert len(there.all_orders()) == 350
    assert [one["first"] for one in there.asked] == [25] + [12] * 20 + [24, 48, 54]


def test_a_page_that_the_shop_fails_at_whatever_its_size_is_an_error(build: Build) -> None:
    there = build(bulk_from=0, page_size=20)
    there.place(3)
    sizes = failing_at(there, 0, TOO_MUCH["TIMEOUT"])
    with pytest.raises(Unreachable, match="TIMEOUT"):
        there.all_orders()
    assert sizes == [20, 10, 5, 2, 1, 1], "the last for the order's id alone"


def test_listings_and_customers_too_come_in_smaller_pages_where_the_shop_fails_at_them(build: Build) -> None:
    there = build(bulk_from=0)
    for number in range(60):
        there.hands.add_variant(f"SKU-{number}", 5)
        there.hands.add_customer(f"buyer{number}@example.com")
    sizes = failing_at(there, 40, TOO_MUCH["502"], "productVariants")
    assert len([one for page in there.store.fetch_listings(None) for one in page.records]) >= 60
    assert sizes[:4] == [250, 125, 62, 31]
    sizes = failing_at(there, 40, TOO_MUCH["502"], "customers")
    assert len([one for page in there.store.fetch_customers(None) for one in page.records]) == 60
    assert sizes[:2] == [50, 25]


def test_pages_of_listings_that_the_shop_failed_at_once_grow_again(build: Build) -> None:
    there = build(bulk_from=0)
    for number in range(600):
        there.hands.add_variant(f"SKU-{number}", 5)
    sizes = failing_at(there, 24, TOO_MUCH["502"], "productVariants")
    real, left = there.server.handle, [TOO_MUCH["502"]] * 4
    there.server.handle = lambda request: left.pop() if left else real(request)  # type: ignore[method-assign]
    assert len([one for page in there.store.fetch_listings(None) for one in page.records]) >= 600
    assert sizes[:20] == [15] * 20 and sizes[20] > 15


def test_customers_who_are_too_many_beside_the_orders_come_by_themselves(build: Build) -> None:
    there = build(bulk_from=0)
    cursor = cursor_after(there)
    people = next(iter(there.store.fetch_customers(None)))
    there.place()
    there.hands.add_customer("ada@example.com")
    failing_at(there, 25, TOO_MUCH["TIMEOUT"])
    real = there.server.handle

    def handle(request: Request) -> Answer:
        query = json.loads(request.body)["query"]
        return TOO_MUCH["TIMEOUT"] if " orders(" in query and " customers(" in query else real(request)

    there.server.handle = handle  # type: ignore[method-assign]
    there.store.expect_customers(people.cursor)
    assert len(there.all_orders(cursor)) == 1
    found = [one.emails for page in there.store.fetch_customers(people.cursor) for one in page.records]
    assert len(found) == 1


def test_pages_grow_as_far_as_their_cost_allows(build: Build) -> None:
    there = build(bulk_from=0)
    there.place(120)
    assert len(there.all_orders()) == 120
    assert [one["first"] for one in there.asked] == [25, 50, 53]


def test_by_id_no_more_orders_are_asked_for_at_once_than_a_document_may_cost(build: Build) -> None:
    there = build()
    placed = [str(one) for one in there.place(20)]
    page = there.store.fetch_orders_by_id([*placed, "no-such-order", "0", placed[0], "999999999"])
    assert sorted(order.id for order in page.records) == sorted(placed)
    assert [len(one["ids"]) for one in there.asked] == [9, 9, 3]


# --- large ones -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "parcels"), [(30, 3), (51, 1), (320, 7)])
def test_an_order_of_many_lines_is_the_same_on_a_page_and_by_id(build: Build, count: int, parcels: int) -> None:
    there = build(bulk_from=0)
    lines = [Buy(None, 2, "1.10", tax="0.22", sku=f"S{number}") for number in range(count)]
    placed = there.hands.place(lines, ships=[Ship(f"{number}.00") for number in range(parcels)], offs=[Off("3.33")])
    found = there.all_orders()[str(placed)]
    assert [line.sku for line in found.lines] == [f"S{number}" for number in range(count)]
    assert sum(charge.kind == "shipping" for charge in found.charges) == parcels
    assert found.problems == () and adds_up(found)
    assert there.one(placed) == found


def test_a_refund_of_many_lines_is_read_whole(build: Build) -> None:
    there = build(bulk_from=0)
    placed = there.hands.place(
        [Buy(None, 2, "1.10", sku=f"S{number}") for number in range(130)], ships=[Ship("2.00") for _ in range(8)]
    )
    before = there.one(placed)
    there.hands.refund(
        placed,
        {int(line.id): 1 for line in before.lines},
        shipping={one.id: None for one in there.shop.site.orders[placed].shipping},
    )
    found = there.one(placed)
    (back,) = found.refunds
    assert {line.line_id: line.quantity for line in back.lines} == {line.id: 1 for line in before.lines}
    assert back.total == 130 * 110 + 8 * 200
    assert found.problems == () and adds_up(found)


# --- what moves -------------------------------------------------------------------------------------------------------


def test_what_the_search_shows_late_comes_with_the_next_reading(build: Build) -> None:
    there = build({"index_lag": 300}, bulk_from=0)
    there.place()
    there.shop.advance(3600)
    cursor = cursor_after(there)
    there.shop.advance(60)
    (late,) = there.place()
    there.shop.advance(60)
    *_, last = there.store.fetch_orders(cursor, None)
    assert str(late) not in {order.id for order in last.records}
    there.shop.advance(400)
    assert str(late) in there.all_orders(last.cursor)


def test_what_the_search_shows_later_than_any_overlap_comes_within_a_day(build: Build) -> None:
    there = build({"index_lag": 7200}, bulk_from=0)
    there.shop.advance(3600)
    cursor = cursor_after(there)
    (late,) = there.place()
    found = []
    for hour in range(30):
        there.shop.advance(3600)
        pages = list(there.store.fetch_orders(cursor, None))
        cursor = pages[-1].cursor
        found += [hour for page in pages for order in page.records if order.id == str(late)]
    assert len(found) == 1, "it comes with the one reading that goes far back"
    assert len(there.asked) == 31


def test_an_order_that_changes_between_its_page_and_its_refunds_is_read_once_more(build: Build) -> None:
    there = build(bulk_from=0)
    placed = there.hands.place([Buy(None, 5, "5.00", sku="MUG")])
    line = there.shop.site.orders[placed].lines[0].id
    there.hands.refund(placed, {line: 1})
    there.shop.advance(5)

    def meanwhile(request: Request) -> None:
        if b"orderRefunds" in request.body and not done:
            done.append(there.hands.refund(placed, {line: 2}))

    done: list[Any] = []
    there.server.before = meanwhile
    found = there.all_orders()[str(placed)]
    assert done
    assert [one.lines[0].quantity for one in found.refunds] == [1, 2]
    assert found.problems == () and found.lines[0].quantity == 5
    assert there.one(placed) == found


def test_a_customer_who_changes_changes_none_of_their_orders(build: Build) -> None:
    there = build(bulk_from=0)
    customer = there.hands.add_customer(email="ada@example.com", first_name="Ada", note='"customer": {"id": 7}')
    placed = there.hands.place([Buy(None, 1, "5.00", sku='a ,"customer": b')], customer=customer)
    before = there.one(placed)
    there.hands.change_customer(customer, first_name="Augusta")
    after = there.one(placed)
    assert before.customer is not None and after.customer is not None
    assert (before.customer.name, after.customer.name) == ("Ada", "Augusta")
    assert after.raw == before.raw
    assert json.loads(after.raw)["customer"] == f"gid://shopify/Customer/{customer}"
    assert "Ada" not in after.raw and "ada@" in after.raw, "who it was sent to is the order's own"
    assert there.all_orders()[str(placed)] == after


def test_an_order_that_is_deleted_between_its_page_and_its_refunds_is_gone(build: Build) -> None:
    there = build(bulk_from=0)
    gone, kept = there.place(2)
    for one in (gone, kept):
        there.hands.refund(one, {there.shop.site.orders[one].lines[0].id: 1})

    def meanwhile(request: Request) -> None:
        if b"orderRefunds" in request.body and gone in there.shop.site.orders:
            there.hands.remove_order(gone)

    there.server.before = meanwhile
    assert list(there.all_orders()) == [str(kept)]


def test_a_cursor_that_the_shop_no_longer_takes_begins_again_at_the_same_bound(build: Build) -> None:
    there = build(bulk_from=0, page_size=3)
    there.place()
    there.shop.advance(3600)
    cursor = cursor_after(there)
    placed = there.place(7)
    first: Page[Order] = next(there.store.fetch_orders(cursor, None))
    old = json.loads(first.cursor)
    assert set(there.all_orders(json.dumps({**old, "after": "bm9uc2Vuc2U="}))) == {str(one) for one in placed}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"since": 1}', '{"since": null, "started": null, "after": 7}'])
def test_what_is_no_cursor_is_lost(build: Build, text: str) -> None:
    with pytest.raises(CursorLost):
        list(build().store.fetch_orders(text, None))


def spoil(there: There, number: int, *, always: bool = False) -> None:
    """An error says that the customer of one order cannot be told; on its page, or `always`."""
    real = there.server.handle

    def handle(request: Request) -> Answer:
        body = json.loads(real(request).body)
        rows = body["data"]["orders"]["nodes"] if "orders" in body["data"] else body["data"]["nodes"]
        path = ["orders", "nodes"] if "orders" in body["data"] else ["nodes"]
        if always or len(path) == 2:
            index = next(one for one, row in enumerate(rows) if row["id"].endswith(f"/{number}"))
            rows[index]["customer"] = None
            error = {"message": "It went wrong.", "path": [*path, index, "customer"]}
            body["errors"] = [error | {"extensions": {"code": "INTERNAL_SERVER_ERROR"}}]
        return reply(body)

    there.server.handle = handle  # type: ignore[method-assign]


def test_an_order_that_one_error_spoils_is_read_by_itself(build: Build) -> None:
    there = build(bulk_from=0)
    placed = there.place(4)
    spoil(there, placed[1])
    assert set(there.all_orders()) == {str(one) for one in placed}
    assert [one["ids"] for one in there.asked if "ids" in one] == [[f"gid://shopify/Order/{placed[1]}"]]


def test_an_order_that_errors_go_on_spoiling_is_named_and_the_others_come(build: Build) -> None:
    there = build(bulk_from=0)
    first, broken, last = there.place(3)
    spoil(there, broken, always=True)
    (page,) = there.store.fetch_orders(None, None)
    assert [order.id for order in page.records] == [str(first), str(last)]
    assert [(one.id, bool(one.reason)) for one in page.unreadable] == [(str(broken), True)]


def spoil_refunds(there: There, number: int) -> None:
    """An error says, each time, that one part of one order's refunds cannot be told."""
    real = there.server.handle

    def handle(request: Request) -> Answer:
        made = real(request)
        if b"orderRefunds" not in request.body:
            return made
        body, ids = json.loads(made.body), json.loads(request.body)["variables"]["ids"]
        index = next((at for at, one in enumerate(ids) if one.endswith(f"/{number}")), None)
        if index is not None:
            error = {"message": "It went wrong.", "path": ["nodes", index, "refunds", 0, "totalRefundedSet"]}
            body["data"]["nodes"][index] = None
            body["errors"] = [error | {"extensions": {"code": "INTERNAL_SERVER_ERROR"}}]
        return reply(body)

    there.server.handle = handle  # type: ignore[method-assign]


def test_an_order_whose_refunds_cannot_be_told_is_named_and_the_others_come(build: Build) -> None:
    there = build(bulk_from=0)
    first, broken, last = there.place(3)
    for one in (first, broken):
        there.hands.refund(one, {there.shop.site.orders[one].lines[0].id: 1})
    spoil_refunds(there, broken)
    (page,) = there.store.fetch_orders(None, None)
    assert {order.id: len(order.refunds) for order in page.records} == {str(first): 1, str(last): 0}
    assert [(one.id, bool(one.reason)) for one in page.unreadable] == [(str(broken), True)]


def test_a_customer_who_is_spoilt_beside_the_orders_keeps_none_of_them_back(build: Build) -> None:
    """Who changed last is asked for alone then, where one bad record spoils itself only."""
    there = build()
    placed = there.place(2)
    for number in range(2):
        there.hands.add_customer(f"buyer{number}@example.com", first_name="Ann")
    real = there.server.handle

    def handle(request: Request) -> Answer:
        body = json.loads(real(request).body)
        if "customers" in body["data"]:
            body["data"]["customers"]["nodes"][0]["defaultEmailAddress"] = None
            error = {"message": "It went wrong.", "path": ["customers", "nodes", 0, "defaultEmailAddress"]}
            body["errors"] = [error | {"extensions": {"code": "INTERNAL_SERVER_ERROR"}}]
        return reply(body)

    there.server.handle = handle  # type: ignore[method-assign]
    at = json.dumps({"since": "2020-01-01T00:00:00Z", "started": None, "after": None})
    there.store.expect_customers(at)
    assert set(there.all_orders(CHANGED)) == {str(one) for one in placed}
    (page,) = there.store.fetch_customers(at)
    assert (len(page.records), len(page.unreadable)) == (1, 1)
    assert len(there.asked) == 2


def test_an_order_that_is_spoilt_beside_customers_keeps_none_of_them_back(build: Build) -> None:
    there = build()
    placed = there.place(3)
    people = [str(there.hands.add_customer(f"buyer{number}@example.com", first_name="Ann")) for number in range(3)]
    spoil(there, placed[1])
    at = json.dumps({"since": "2020-01-01T00:00:00Z", "started": None, "after": None})
    there.store.expect_customers(at)
    assert set(there.all_orders(CHANGED)) == {str(one) for one in placed}
    (page,) = there.store.fetch_customers(at)
    assert page.unreadable == []
    assert {one.id for one in page.records} >= set(people)


def test_a_long_order_that_goes_away_while_it_is_read_is_not_taken_for_a_shorter_one(build: Build) -> None:
    there = build(bulk_from=0)
    placed = there.hands.place([Buy(None, 1, "1.00", sku=f"S{number}") for number in range(300)])

    def meanwhile(request: Request) -> None:
        if b"orderLines" in request.body and json.loads(request.body)["variables"]["after"]:
            there.hands.remove_order(placed)

    there.server.before = meanwhile
    assert there.all_orders() == {}
    assert there.all_orders() == {}


def test_orders_of_tills_and_tests_say_that_they_are(build: Build) -> None:
    there = build()
    till = there.hands.place([Buy(None, 1, "5.00", sku="MUG")], source_name="pos")
    trial = there.hands.place([Buy(None, 1, "5.00", sku="MUG")], test=True)
    draft = there.hands.place([Buy(None, 1, "5.00", sku="MUG")], source_name="shopify_draft_order")
    assert [there.one(one).channel for one in (till, trial, draft)] == ["pos", "web", "shopify_draft_order"]
    assert [there.one(one).test for one in (till, trial, draft)] == [False, True, False]


@pytest.mark.parametrize("whole", [False, True])
def test_what_the_buyer_saw_in_another_currency_is_read_in_the_shop_s_own(build: Build, whole: bool) -> None:
    there = build({"converted_totals": whole})
    lines = [Buy(None, 1, "9.99", rate="0.19", sku="A"), Buy(None, 1, "4.95", rate="0.07", sku="B")]
    placed = there.hands.place(lines, ships=[Ship("3.90", rate="0.19")], presented=("EUR", "0.9137"))
    found = there.one(placed)
    assert (found.currency, found.problems) == ("USD", ())
    assert adds_up(found)
    assert found.total == round(there.shop.site.orders[placed].placed_total.shop * 100)


@pytest.mark.parametrize("rate", ["0.9137", "1.0871", "151.3"])
@pytest.mark.parametrize("included", [False, True])
def test_lines_whose_unit_prices_do_not_multiply_out_are_read_by_their_totals(
    build: Build, rate: str, included: bool
) -> None:
    there = build({"converted_lines": True}, bulk_from=0)
    lines = [Buy(None, 75, "0.33", rate="0.2", sku="A"), Buy(None, 40, "2.99", sku="B"), Buy(None, 3, "5.00", sku="C")]
    more: dict[str, Any] = {"taxes_included": included, "offs": [Off("3.33")], "ships": [Ship("3.90")]}
    placed = there.hands.place(lines, presented=("EUR", rate), **more)
    plain = there.hands.place(lines, **more)
    whole = there.shop.site.orders[placed]
    assert abs(whole.lines[0].original_unit_price_set.shop * 75 - whole.lines[0].original_total_set.shop) > Decimal(
        "0.01"
    )
    found = there.all_orders()
    order = found[str(placed)]
    assert order.problems == () and adds_up(order)
    assert order.total == round(whole.placed_total.shop * 100)
    assert sum(line.amount + line.tax * included for line in order.lines) == sum(
        round(line.original_total_set.shop * 100) for line in whole.lines
    )
    assert [charge for charge in order.charges if charge.kind == "rounding"] == []
    assert [one["ids"] for one in there.asked if "ids" in one] == [[f"gid://shopify/Order/{placed}"]]
    assert order == there.one(placed), "however it was read"
    assert found[str(plain)].problems == ()
    there.hands.refund(placed, {whole.lines[1].id: 7})
    there.hands.refund(placed, {whole.lines[0].id: 75}, restock=False)
    order = there.one(placed)
    assert order.problems == () and adds_up(order)
    left = {whole.lines[1].id: 33, whole.lines[2].id: 3}
    there.hands.refund(placed, left, shipping={one.id: None for one in whole.shipping})
    order = there.one(placed)
    assert order.problems == () and adds_up(order) and order.total == found[str(placed)].total
    assert [one.total for one in order.refunds] == [-one.amount for one in order.payments if one.amount < 0]
    assert sum(one.total for one in order.refunds) == order.total


def test_an_order_that_adds_up_in_no_way_stays_a_problem(build: Build) -> None:
    there = build()
    placed = there.hands.place([Buy(None, 2, "5.00", sku="A")])
    real = there.server.handle

    def handle(request: Request) -> Answer:
        answer = real(request)
        return replace(
            answer,
            body=answer.body.replace(
                b'otalPriceSet":{"shopMoney":{"amount":"10.', b'otalPriceSet":{"shopMoney":{"amount":"19.'
            ),
        )

    there.server.handle = handle  # type: ignore[method-assign]
    assert "its parts come to 1000" in there.one(placed).problems[0]


def test_fees_and_duties_of_an_order_are_fees(build: Build) -> None:
    there = build()
    placed = there.hands.place(
        [Buy(None, 1, "5.00", sku="A", duty="1.25")], charges=[Charge("Deposit", "0.50", "0.05")]
    )
    found = there.one(placed)
    assert found.problems == () and adds_up(found)
    assert sorted((charge.title, charge.amount, charge.tax) for charge in found.charges) == [
        ("Deposit", 50, 5),
        ("Duties", 125, 0),
    ]
