"""Reading the orders of a WooCommerce site on a real socket: nothing is missed, whatever happens between two pages."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from syncctl.connectors.http import Reply
from syncctl.connectors.woocommerce.store import WooCommerceStore
from syncctl.errors import BatchRefused, CursorLost, DataError
from syncctl.model import Order
from tests.conformance.web_store import Side
from tests.connectors.woo_side import connected, settings_of
from tests.fakes.woo.server import WooServer
from tests.fakes.woo.shop import Line
from tests.fakes.woo.world import WooWorld, world

START = datetime(2026, 3, 4, 12, tzinfo=UTC)
Read = tuple[dict[str, Order], str]


@pytest.fixture(params=["hpos", "legacy"])
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    site = world(storage=request.param)
    site.clock.at = START
    yield from connected(site, page_size=4)


@pytest.fixture
def store(side: Side) -> WooCommerceStore:
    assert isinstance(side.store, WooCommerceStore)
    return side.store


@pytest.fixture
def site(side: Side) -> WooWorld:
    assert isinstance(side.world, WooWorld)
    return side.world


def place(site: WooWorld, **more: object) -> str:
    return str(site.shop.place([Line(0, 1, "5.00", name="Mug")], **more))  # type: ignore[arg-type]


def read(store: WooCommerceStore, cursor: str | None = None, since: datetime | None = None) -> Read:
    orders: dict[str, Order] = {}
    for page in store.fetch_orders(cursor, since):
        orders |= {order.id: order for order in page.records}
        cursor = page.cursor
    assert cursor
    return orders, cursor


def asked(site: WooWorld) -> int:
    return site.site.oracle.calls["GET orders"]


# --- between two pages ------------------------------------------------------------------------------------------------


def test_orders_that_the_shop_tells_of_and_does_not_show_are_asked_for_until_it_does(
    store: WooCommerceStore, site: WooWorld
) -> None:
    placed = [place(site) for _ in range(3)]
    for number in placed:
        site.site.orders[int(number)].unloadable = True
    orders, cursor = read(store)
    assert orders == {}
    for number in placed:
        site.site.orders[int(number)].unloadable = False
    site.advance(8 * 86_400)
    orders, cursor = read(store, cursor)
    assert sorted(orders) == sorted(placed)
    site.advance(3_600)
    assert read(store, cursor)[0] == {}


def trash_the_first(site: WooWorld, ids: list[str]) -> None:
    site.shop.trash(int(ids[0]))


def delete_all_read(site: WooWorld, ids: list[str]) -> None:
    for each in ids[:4]:
        site.shop.delete(int(each))


def trash_some_and_add(site: WooWorld, ids: list[str]) -> None:
    site.shop.trash(int(ids[1]))
    site.shop.trash(int(ids[3]))
    place(site)


def edit_an_old_one(site: WooWorld, ids: list[str]) -> None:
    site.shop.change_order(int(ids[0]), customer_note="by the back door")


def restore_one(site: WooWorld, ids: list[str]) -> None:
    site.shop.untrash(int(ids[0]) - 1)


BETWEEN = [trash_the_first, delete_all_read, trash_some_and_add, edit_an_old_one, restore_one]


@pytest.mark.parametrize("happens", BETWEEN, ids=lambda happens: happens.__name__)
@pytest.mark.parametrize("after_page", [1, 2, 3])
def test_no_order_that_stays_is_missed(
    store: WooCommerceStore, site: WooWorld, happens: Callable[[WooWorld, list[str]], None], after_page: int
) -> None:
    site.shop.trash(int(place(site)))
    ids = [place(site) for _ in range(13)]
    stay = set(ids)
    seen: dict[str, Order] = {}
    cursor = ""
    for number, page in enumerate(store.fetch_orders(None, None), 1):
        seen |= {order.id: order for order in page.records}
        cursor = page.cursor
        site.advance(1)
        if number == after_page:
            happens(site, ids)
    later, _ = read(store, cursor)
    here = {str(key) for key, order in site.site.orders.items() if order.status != "trash"}
    assert stay & here <= seen.keys()
    assert here <= (seen | later).keys(), "what came meanwhile is seen next time"


def test_a_reading_that_died_goes_on_however_many_left_since(store: WooCommerceStore, site: WooWorld) -> None:
    ids = [place(site) for _ in range(16)]
    pages = store.fetch_orders(None, None)
    seen = {order.id for _ in range(3) for order in next(pages).records}
    cursor = list(store.fetch_orders(None, None))[2].cursor
    for each in ids[:8]:
        site.shop.delete(int(each))
    rest, _ = read(store, cursor)
    assert seen | rest.keys() >= set(ids[8:])
    assert len(rest) == 16 - len(seen)


def test_an_idle_reading_is_one_request(store: WooCommerceStore, site: WooWorld) -> None:
    for _ in range(3):
        place(site)
    site.advance(3600)
    _, cursor = read(store)
    before = asked(site)
    assert read(store, cursor)[0] == {}
    assert asked(site) == before + 1


# --- time -------------------------------------------------------------------------------------------------------------


def test_a_change_in_the_very_second_of_the_bound_is_seen(store: WooCommerceStore, site: WooWorld) -> None:
    """The bound is exclusive and of whole seconds, and the shop's time when the reading began has a fraction."""
    placed = place(site)
    site.advance(0.4)
    _, cursor = read(store)
    site.site.orders[int(placed)].modified -= timedelta(seconds=600)
    assert placed in read(store, cursor)[0]
    site.site.orders[int(placed)].modified -= timedelta(seconds=1)
    assert placed not in read(store, cursor)[0]


def test_orders_of_the_wanted_second_are_in_and_earlier_ones_are_not(store: WooCommerceStore, site: WooWorld) -> None:
    moments = [START - timedelta(seconds=seconds) for seconds in (1, 0, -1)]
    before, at, after = (place(site, placed_at=moment) for moment in moments)
    assert read(store, since=START)[0].keys() == {at, after}
    assert read(store, since=START - timedelta(microseconds=1))[0].keys() == {at, after}
    assert read(store, since=START - timedelta(seconds=1))[0].keys() == {before, at, after}


def test_the_site_is_asked_by_gmt_and_read_by_gmt_whatever_its_own_clock_says(
    store: WooCommerceStore, site: WooWorld
) -> None:
    placed = place(site)
    site.advance(3600)
    orders, cursor = read(store)
    assert orders[placed].placed_at == START
    assert read(store, cursor)[0] == {}, "five hours and a half would bring it again"
    site.advance(5 * 3600)
    fresh = place(site)
    assert read(store, cursor)[0].keys() == {fresh}


def test_in_the_hour_that_the_site_skips_in_spring_nothing_is_missed() -> None:
    berlin = world(zone="Europe/Berlin")
    berlin.clock.at = datetime(2026, 3, 29, 2, 45, tzinfo=UTC)
    for side in connected(berlin):
        store = side.store
        assert isinstance(store, WooCommerceStore)
        _, cursor = read(store)
        berlin.advance(600)
        placed = place(berlin)
        berlin.advance(600)
        orders, cursor = read(store, cursor)
        assert placed in orders


def test_a_shop_that_does_not_tell_its_time_is_read_again_from_the_same_bound(
    store: WooCommerceStore, site: WooWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed = place(site)
    monkeypatch.setattr("syncctl.connectors.http.transport.date_of", lambda _headers: None)
    orders, cursor = read(store)
    site.advance(7200)
    assert orders.keys() == read(store, cursor)[0].keys() == {placed}


# --- what is an order -------------------------------------------------------------------------------------------------


def test_baskets_and_the_trash_are_no_orders(store: WooCommerceStore, site: WooWorld) -> None:
    basket, trashed, kept = place(site, status="checkout-draft"), place(site), place(site)
    site.shop.trash(int(trashed))
    assert read(store)[0].keys() == {kept}
    page = store.fetch_orders_by_id([basket, trashed, kept, "999999", "0", "x", "-1", "", f" {kept}"])
    assert ([order.id for order in page.records], list(page.unreadable)) == ([kept], [])
    assert store.find_fulfilments([basket, trashed, kept]) == {kept: []}


def test_no_ids_are_no_question(store: WooCommerceStore, site: WooWorld) -> None:
    place(site)
    assert list(store.fetch_orders_by_id([]).records) == list(store.fetch_orders_by_id(["x"]).records) == []
    assert asked(site) == 0, "an empty list filters nothing there"
    with pytest.raises(BatchRefused):
        store.fetch_orders_by_id(["1"] * 101)


def test_plug_ins_statuses_come_too(store: WooCommerceStore, site: WooWorld) -> None:
    site.site.options.statuses = ("half-packed",)
    placed = place(site, status="half-packed")
    assert read(store)[0][placed].financial_status == "half-packed"


# --- refunds ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("version", "across"), [("9.0.0", 2), ("7.0.0", 1)])
def test_refunds_are_asked_for_in_the_way_that_the_version_has(
    version: str, across: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = world(version=version)
    for side in connected(site, page_size=10):
        store = side.store
        assert isinstance(store, WooCommerceStore)
        for _ in range(2):
            placed = int(place(site))
            site.shop.refund(placed, {site.shop.lines(placed)[0]: 1}, restock=True)
        place(site)
        paths = counted(store, monkeypatch)
        for _ in range(2):
            orders, _cursor = read(store)
            assert [len(order.refunds) for order in orders.values()] == [1, 1, 0]
            assert all(order.problems == () for order in orders.values())
        assert paths["wp-json/wc/v3/refunds"] == across, "a route that is missing is asked for once"
        assert paths.total() == 2 + (2 if across == 2 else 1 + 4)


def counted(store: WooCommerceStore, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """The paths that the store asks for from now on."""
    paths, get = Counter[str](), store.site.http.get

    def asked_for(path: str, query: Mapping[str, str]) -> Reply:
        paths[path] += 1
        return get(path, query)

    monkeypatch.setattr(store.site.http, "get", asked_for)
    return paths


def test_a_refund_of_a_closed_order_is_seen(store: WooCommerceStore, site: WooWorld) -> None:
    placed = int(place(site, status="completed"))
    site.advance(3600)
    _, cursor = read(store)
    site.advance(60)
    site.shop.refund(placed, {site.shop.lines(placed)[0]: 1})
    orders, _ = read(store, cursor)
    assert orders[str(placed)].financial_status == "refunded"


# --- who it is, and what goes wrong -----------------------------------------------------------------------------------


def test_it_is_its_address(store: WooCommerceStore, site: WooWorld) -> None:
    about = store.about()
    assert about.identity == store.address
    assert store.address.startswith("woocommerce 127.0.0.1:")
    assert (about.currency, about.server_time) == ("USD", START)


def test_a_foreign_cursor_is_lost_before_anything_is_asked(store: WooCommerceStore, site: WooWorld) -> None:
    with pytest.raises(CursorLost):
        next(store.fetch_orders('{"since": null, "after": 0, "started": null}', None))
    assert asked(site) == 0


def test_a_notice_before_the_answer_is_an_error_and_no_empty_shop(store: WooCommerceStore, site: WooWorld) -> None:
    place(site)
    site.site.options.debris = "<br />\n<b>Notice</b>: Undefined index in <b>plugin.php</b>\n"
    with pytest.raises(DataError, match="web page instead of data"):
        read(store)


def test_orders_by_id_come_to_an_end_where_a_cache_repeats_a_page_and_says_that_there_are_more() -> None:
    site = world(same_page=True, total_told=10**12)
    order_id = place(site)
    for side in connected(site):
        assert [one.id for one in side.store.fetch_orders_by_id([order_id]).records] == [order_id]
    assert asked(site) == 1


@pytest.mark.parametrize("version", ["10.4.2", "7.0.0"])
def test_refunds_are_all_read_where_the_host_sends_fewer_rows_than_were_asked_for(version: str) -> None:
    site = world(version=version, page_size=2)
    order_id = str(site.shop.place([Line(0, 5, "5.00", name="Mug")]))
    for _ in range(5):
        site.shop.refund(int(order_id), {site.shop.lines(int(order_id))[0]: 1})
    for side in connected(site):
        [order] = side.store.fetch_orders_by_id([order_id]).records
        assert (len(order.refunds), order.problems) == (5, ())


def test_no_more_records_are_read_at_once_than_the_settings_say() -> None:
    site = world()
    ids = [place(site) for _ in range(25)]
    site.site.options.page_limit = 10  # above that the host answers with an error, as one that runs out of memory
    with WooServer(site.site) as server:
        store = WooCommerceStore("web", settings_of(server, page_size=10))
        assert list(read(store)[0]) == ids
        assert {order.id for order in store.fetch_orders_by_id(ids).records} == set(ids)
        store.close()
