"""One order that Shopify fails at each time it is asked for the rest of it: that one waits, and all others go on."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from syncctl.connectors.shopify.store import ShopifyStore
from syncctl.errors import DataError, Unreachable
from tests.connectors.shopify_server import Clock
from tests.connectors.shopify_side import settings_of
from tests.fakes.shopify import ShopifyServer
from tests.fakes.shopify.checkout import Buy
from tests.fakes.shopify.world import ShopifyWorld, world
from tests.fakes.wire import Answer, Request, reply
from tests.shopify_world import ShopifyCycles

HOW = {
    "internal": reply({"errors": [{"message": "Oh.", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}),
    "no data": reply({"data": None}),
    "502": reply({"errors": "Bad Gateway"}, status=502),
    "no JSON": Answer(b"<html>Sorry</html>"),
}
ASKED = ["orderLines", "orderRefunds", "refundParts"]


def fail_at(server: ShopifyServer, field: str, gids: set[str], how: Answer) -> list[str]:
    """Let each request fail that asks for this of one of these records; every request's document, by its name."""
    real, names = server.handle, []

    def handle(request: Request) -> Answer:
        body = json.loads(request.body)
        names.append(body["query"].split("(")[0].split()[-1])
        variables = body["variables"]
        asked = {variables.get("id"), *variables.get("ids", ())}
        return how if names[-1] == field and gids & asked else real(request)

    server.handle = handle  # type: ignore[method-assign]
    return names


def large(shop: ShopifyWorld | ShopifyCycles, sku: str = "") -> int:
    """An order of more lines than come on a page, of which more came back than come with an order."""
    bought = [Buy(None, 2, "1.00", sku=sku or f"S{number}") for number in range(60)]
    placed = shop.hands.place(bought)
    shop.hands.refund(placed, {line.id: 1 for line in shop.site.orders[placed].lines})
    return placed


def gids_of(shop: ShopifyWorld | ShopifyCycles, *placed: int) -> set[str]:
    """These orders and their refunds, as Shopify writes them."""
    refunds = [refund.id for one in placed for refund in shop.site.orders[one].refunds_made]
    return {f"gid://shopify/Order/{one}" for one in placed} | {f"gid://shopify/Refund/{one}" for one in refunds}


@pytest.fixture
def shop() -> ShopifyWorld:
    return world(bucket=1_000_000)


@pytest.fixture
def server(shop: ShopifyWorld) -> Iterator[ShopifyServer]:
    with ShopifyServer(shop.site) as server:
        yield server


@pytest.fixture
def store(server: ShopifyServer) -> Iterator[ShopifyStore]:
    store = ShopifyStore("web", settings_of(server, bulk_from=0), Clock().patience())
    yield store
    store.close()


@pytest.mark.parametrize("how", HOW.values(), ids=HOW)
@pytest.mark.parametrize("field", ASKED)
def test_an_order_that_shopify_fails_at_is_unreadable_and_the_others_come(
    shop: ShopifyWorld, server: ShopifyServer, store: ShopifyStore, field: str, how: Answer
) -> None:
    good, bad, worse, last = (large(shop) for _ in range(4))
    names = fail_at(server, field, gids_of(shop, bad, worse), how)
    [page] = store.fetch_orders(None, None)
    assert {one.id for one in page.records} == {str(good), str(last)}
    assert {one.id for one in page.unreadable} == {str(bad), str(worse)}
    assert all(len(one.lines) == 60 and one.refunds for one in page.records)
    assert names.count(field) < 40
    [page] = store.fetch_orders(page.cursor, None)
    assert {one.id for one in page.unreadable} == {str(bad), str(worse)}, "the shop is asked on"


@pytest.mark.parametrize("how", HOW.values(), ids=HOW)
def test_an_order_that_shopify_fails_at_by_its_id_leaves_the_others_of_its_batch(
    shop: ShopifyWorld, server: ShopifyServer, store: ShopifyStore, how: Answer
) -> None:
    placed = [shop.hands.place([Buy(None, 1, "5.00", sku="MUG")]) for _ in range(20)]
    fail_at(server, "ordersById", gids_of(shop, placed[7]), how)
    page = store.fetch_orders_by_id([str(one) for one in placed])
    assert [one.id for one in page.unreadable] == [str(placed[7])]
    assert {one.id for one in page.records} == {str(one) for one in placed} - {str(placed[7])}


@pytest.mark.parametrize("nodes", [None, [], [{}], [None]], ids=str)
def test_lines_that_are_told_no_totals_leave_the_order_as_it_is(
    shop: ShopifyWorld, server: ShopifyServer, store: ShopifyStore, nodes: object
) -> None:
    placed = shop.hands.place([Buy(None, 3, "5.00", sku="MUG")])
    real = server.handle

    def handle(request: Request) -> Answer:
        if b"lineTotals" in request.body:
            return reply({"data": {"nodes": nodes}})
        answer = real(request)
        return Answer((answer.body or b"").replace(b'"15.0"', b'"25.0"')) if b"lineItems" in request.body else answer

    server.handle = handle  # type: ignore[method-assign]
    [page] = store.fetch_orders(None, None)
    [order] = page.records
    assert (order.id, [line.quantity for line in order.lines], bool(order.problems)) == (str(placed), [3], True)


def fail_at_whatever_tells_of(server: ShopifyServer, gid: str, how: Answer) -> None:
    """Let each request fail whose answer would tell more of this record than its id."""
    real = server.handle

    def handle(request: Request) -> Answer:
        query, answer = json.loads(request.body)["query"], real(request)
        return how if "lineItems" in query and gid.encode() in (answer.body or b"") else answer

    server.handle = handle  # type: ignore[method-assign]


@pytest.mark.parametrize("how", [HOW["internal"], HOW["502"]], ids=["internal", "502"])
def test_an_order_that_shopify_fails_at_on_any_page_is_unreadable_and_those_behind_it_come(
    shop: ShopifyWorld, server: ShopifyServer, store: ShopifyStore, how: Answer
) -> None:
    placed = [shop.hands.place([Buy(None, 1, "5.00", sku="MUG")]) for _ in range(30)]
    fail_at_whatever_tells_of(server, f"gid://shopify/Order/{placed[7]}", how)
    pages = list(store.fetch_orders(None, None))
    assert [one.id for page in pages for one in page.unreadable] == [str(placed[7])]
    assert [one.id for page in pages for one in page.records] == [str(one) for one in placed if one != placed[7]]
    again = [page for before in pages for page in store.fetch_orders(before.cursor, None)]
    assert {one.id for page in again for one in page.records} <= {str(one) for one in placed} - {str(placed[7])}


@pytest.mark.parametrize("how", HOW.values(), ids=HOW)
def test_a_shop_that_fails_at_everything_is_no_matter_of_one_order(
    shop: ShopifyWorld, server: ShopifyServer, store: ShopifyStore, how: Answer
) -> None:
    large(shop)
    real, down = server.handle, []

    def handle(request: Request) -> Answer:
        down.append(b"orderRefunds" in request.body or bool(down and down[-1]))
        return how if down[-1] else real(request)

    server.handle = handle  # type: ignore[method-assign]
    with pytest.raises((Unreachable, DataError)):
        list(store.fetch_orders(None, None))
    assert len(down) < 20


def test_what_fails_for_a_while_spoils_no_order(shop: ShopifyWorld, server: ShopifyServer, store: ShopifyStore) -> None:
    placed = [str(large(shop)) for _ in range(3)]
    for number in range(1, 12):
        server.heal()
        server.fail("502", at=server.count + number)
        pages = list(store.fetch_orders(None, None))
        assert [one.id for page in pages for one in page.records] == placed
        assert [one for page in pages for one in page.unreadable] == []


def test_an_order_that_is_held_for_that_is_asked_for_again_and_booked_when_it_can_be_read(tmp_path: Path) -> None:
    with ShopifyCycles(tmp_path, options={"bucket": 1_000_000}) as cycles:
        mug = cycles.sell("MUG", units=500)
        cycles.run()
        bad, good = large(cycles, "MUG"), cycles.hands.place([Buy(mug, 1)])
        real = cycles.server.handle
        fail_at(cycles.server, "orderLines", gids_of(cycles, bad), reply({"data": None}))
        assert cycles.run().exit_code == 1
        assert [kind for kind, _ in cycles.totals(str(good))] == ["sale"]
        assert cycles.rows("SELECT kind, record FROM hold") == [("unreadable", f"shop:{bad}")]
        for _ in range(2):
            cycles.hurry += timedelta(hours=1)
            assert cycles.run().exit_code == 0
        cycles.server.handle = real  # type: ignore[method-assign]
        cycles.hurry += timedelta(days=1)
        cycles.run()
        assert [kind for kind, _ in cycles.totals(str(bad))].count("sale") == 1
        assert cycles.rows("SELECT kind, record FROM hold") == []
