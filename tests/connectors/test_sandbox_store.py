"""The sandbox's web store: the suite, and its own oddities."""

from datetime import UTC, datetime, timedelta

import pytest

from syncctl.connectors.sandbox import walk
from syncctl.connectors.sandbox.bodies import NewLine
from syncctl.connectors.sandbox.shop import Shop
from syncctl.connectors.sandbox.store import SandboxStore
from syncctl.errors import BatchRefused, DataError
from syncctl.model import LevelChange, Written
from tests.conformance.web_store import Side, WebStoreConformance, now_there
from tests.connectors.sandbox_world import Clock, SandboxWorld


class TestSandboxStore(WebStoreConformance):
    @pytest.fixture
    def side(self, store: SandboxStore, shop: Shop, clock: Clock) -> Side:
        return Side(store, SandboxWorld(shop, clock))


def test_a_batch_beyond_the_ability_is_refused_whole(store: SandboxStore, shop: Shop) -> None:
    listing = shop.add_listing("A", units=1)
    changes = [LevelChange(key=str(key), listing_id=listing, quantity=1, expected=1) for key in range(101)]
    with pytest.raises(BatchRefused):
        store.push_levels(changes)
    assert [type(each) for each in store.push_levels(changes[:100])] == [Written] * 100


def test_a_sku_is_not_taken_for_a_listing_id(store: SandboxStore, shop: Shop) -> None:
    shop.add_listing("501x", units=1)
    (outcome,) = store.push_levels([LevelChange(key="k", listing_id="501x", quantity=3, expected=1)])
    assert getattr(outcome, "reason", "") == "unknown_listing"


def test_calls_are_counted_page_by_page(store: SandboxStore, shop: Shop) -> None:
    for _ in range(4):
        shop.place_order([NewLine(sku="X", price="1.00", title="X")])
    list(store.fetch_orders(None, None))
    store.fetch_levels([])
    assert dict(store.calls) == {"fetch_orders": 2, "fetch_levels": 1}


def test_nothing_is_locked_while_the_caller_works_on_a_page(store: SandboxStore, shop: Shop) -> None:
    shop.connection.execute("PRAGMA busy_timeout = 0")
    for _ in range(7):
        shop.place_order([NewLine(sku="X", price="1.00", title="X")])
    for _page in store.fetch_orders(None, None):
        shop.place_order([NewLine(sku="X", price="1.00", title="X")], placed_at=datetime(2020, 1, 1, tzinfo=UTC))
        if len(shop.order_ids()) > 12:
            break


@pytest.mark.parametrize("cursor", ["", "{}", "[]", '{"since": 1, "after": 0, "started": null}', "NaN"])
def test_a_cursor_of_someone_else_is_an_error_at_once(store: SandboxStore, cursor: str) -> None:
    with pytest.raises(DataError, match="no cursor of this store"):
        next(store.fetch_orders(cursor, None))


@pytest.mark.parametrize("title", ["[/foo]", "\x1b[31mred\x07", "tea 🍵 Ωmega", "x" * 1_000_000, "nul\0byte", ""])
def test_titles_pass_unharmed(store: SandboxStore, shop: Shop, title: str) -> None:
    order_id = shop.place_order([NewLine(sku="A", price="1.00", title=title)], customer={"name": title})
    order = now_there(store, order_id)
    assert (order.lines[0].title, order.customer and order.customer.name) == (title, title)
    assert order.problems == ()


def test_half_an_emoji_is_replaced_since_no_database_holds_it(store: SandboxStore, shop: Shop) -> None:
    order = now_there(store, shop.place_order([NewLine(sku="A", price="1.00", title="cut \ud83c here 🍵")]))
    assert order.lines[0].title == "cut � here 🍵"
    order.raw.encode()


@pytest.mark.parametrize("few_pages", [0, 1, 10])
def test_few_changed_rows_and_many_are_found_alike(
    store: SandboxStore, shop: Shop, clock: Clock, monkeypatch: pytest.MonkeyPatch, few_pages: int
) -> None:
    """Whichever way the shop looks for them: each once, in the order of their making, page by page."""
    monkeypatch.setattr(walk, "_FEW_PAGES", few_pages)
    ids = [shop.add_listing(f"SKU-{number}", units=1) for number in range(20)]
    clock.at += timedelta(hours=1)
    *_, last = store.fetch_listings(None)
    changed = [ids[number] for number in (17, 3, 11, 2, 19, 0, 8, 5, 14)]
    for listing_id in changed:
        shop.set_level(listing_id, 5)
    for cursor in (last.cursor, last.cursor):
        pages = list(store.fetch_listings(cursor))
        assert [one.id for page in pages for one in page.records] == sorted(changed, key=ids.index)
        assert len(pages) == len(changed) // store.page_size + 1
