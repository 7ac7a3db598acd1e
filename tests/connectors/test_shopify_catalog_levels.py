"""Levels of a Shopify shop, on a real socket: read now, and set where they are what was read. Judged by the shop."""

from collections.abc import Iterator
from typing import Any

import pytest

from syncctl.errors import BatchRefused
from syncctl.model import Mismatch, Refused, Written
from tests.connectors.shopify_goods import Goods, goods, item_of, kinds, level, variant_of
from tests.fakes.wire import Request


@pytest.fixture
def shop() -> Iterator[Goods]:
    with goods() as shop:
        yield shop


each_version = pytest.mark.parametrize("version", ["2026-01", "2026-07", "2026-10"])


# --- read -------------------------------------------------------------------------------------------------------------


def test_levels_are_what_can_be_sold_now_and_less_than_none_where_it_was_oversold(shop: Goods) -> None:
    plain, oversold = shop.sell(2)
    shop.world.set_level(plain, 7)
    shop.world.set_level(oversold, -4)
    shop.world.hands.set_others(variant_of(plain), damaged=3)
    assert shop.store.fetch_levels([plain, oversold]) == {plain: 7, oversold: -4}


def test_300_levels_are_read_in_one_request(shop: Goods) -> None:
    ids = shop.sell(300)
    shop.asked()
    assert shop.store.fetch_levels(ids) == dict.fromkeys(ids, 10)
    assert shop.asked() == ["levels"]


def test_levels_that_are_too_dear_to_be_read_at_once_are_read_by_fewer() -> None:
    with goods(most_cost=100) as shop:
        ids = shop.sell(90)
        assert shop.store.fetch_levels(ids) == dict.fromkeys(ids, 10)


def test_more_levels_than_fit_are_not_read_at_all(shop: Goods) -> None:
    with pytest.raises(BatchRefused):
        shop.store.fetch_levels(["1/2/3"] * 301)
    assert shop.asked() == []


def test_levels_are_those_of_the_location_that_is_kept_in_step(shop: Goods) -> None:
    [plain] = shop.sell(1)
    other = shop.world.hands.add_location("Shop in town")
    shop.world.hands.stock_at(variant_of(plain), other, 99)
    elsewhere = shop.world.add_listing("ELSEWHERE", 5)
    shop.world.hands.stock_at(variant_of(elsewhere), other, 5)
    shop.world.hands.unstock(variant_of(elsewhere))
    assert shop.store.fetch_levels([plain, elsewhere]) == {plain: 10, elsewhere: None}
    assert shop.store.fetch_levels([plain, elsewhere], str(other)) == {plain: 99, elsewhere: 5}


def test_without_a_location_no_level_is_known_and_none_is_written() -> None:
    with goods({"location": ""}) as shop:
        [plain] = shop.sell(1)
        assert shop.store.fetch_levels([plain]) == {}
        assert kinds(shop.store.push_levels([level(plain, 4)])) == ["unknown_listing"]
        assert shop.asked() == []


# --- set --------------------------------------------------------------------------------------------------------------


@each_version
def test_a_level_is_set_where_it_is_what_was_read(version: str) -> None:
    with goods({"version": version}) as shop:
        plain, oversold = shop.sell(2)
        shop.world.set_level(oversold, -4)
        shop.store.fetch_levels([plain, oversold])
        outcomes = shop.store.push_levels([level(plain, 4), level(oversold, 0, -4)])
        assert outcomes == [Written(key=plain), Written(key=oversold)]
        assert (shop.shows(plain), shop.shows(oversold)) == (4, 0)
        assert [event.detail["compared"] for event in shop.writes()] == [10, -4]


@each_version
def test_300_levels_go_out_in_one_request_under_a_key_for_each_list(version: str) -> None:
    with goods({"version": version}) as shop:
        ids = shop.sell(300)
        shop.store.fetch_levels(ids)
        shop.asked()
        assert kinds(shop.store.push_levels([level(one, 4) for one in ids])) == ["Written"] * 300
        assert len(set(shop.keys())) == 2
        assert shop.asked() == ["setLevels"]
        assert {shop.shows(one) for one in ids} == {4}


whole_or_apart = pytest.mark.parametrize("stale_fails_all", [True, False])


@whole_or_apart
def test_a_level_that_moved_is_left_as_it_is_and_all_others_are_set(stale_fails_all: bool) -> None:
    """Its list was refused whole; the other list of the same request went through."""
    with goods(stale_fails_all=stale_fails_all) as shop:
        ids = shop.sell(300)
        shop.store.fetch_levels(ids)
        shop.asked()
        shop.world.set_level(ids[7], 8)
        outcomes = shop.store.push_levels([level(one, 4) for one in ids])
        assert [one for one in outcomes if not isinstance(one, Written)] == [Mismatch(key=ids[7])]
        assert [one.key for one in outcomes] == ids
        assert shop.shows(ids[7]) == 8
        assert {shop.shows(one) for one in ids if one != ids[7]} == {4}
        assert len(shop.writes()) == 299, "each was written once"


@whole_or_apart
def test_however_many_moved_the_others_are_set(stale_fails_all: bool) -> None:
    with goods(stale_fails_all=stale_fails_all) as shop:
        ids = shop.sell(60)
        shop.store.fetch_levels(ids)
        moved = ids[::7]
        for one in moved:
            shop.world.set_level(one, 8)
        outcomes = dict(zip(ids, kinds(shop.store.push_levels([level(one, 4) for one in ids])), strict=True))
        assert {one for one, kind in outcomes.items() if kind == "Mismatch"} == set(moved)
        assert [shop.shows(one) for one in ids] == [8 if one in moved else 4 for one in ids]


def test_a_shop_that_does_not_say_what_is_stale_is_read_anew(shop: Goods) -> None:
    shop.world.site.options.hides_rows = True
    ids = shop.sell(20)
    shop.store.fetch_levels(ids)
    shop.world.set_level(ids[7], 8)
    assert kinds(shop.store.push_levels([level(one, 4) for one in ids])) == ["Mismatch"] * 20
    assert shop.writes() == []


@pytest.mark.parametrize("hides_rows", [False, True])
def test_a_level_that_the_shop_refuses_is_refused_alone_with_the_shops_word(hides_rows: bool) -> None:
    with goods(hides_rows=hides_rows) as shop:
        ids = shop.sell(20)
        shop.world.site.options.bad_items = {
            item_of(ids[3]): "NON_MUTABLE_INVENTORY_ITEM",
            item_of(ids[4]): "INVALID_LOCATION",
        }
        shop.store.fetch_levels(ids)
        outcomes = kinds(shop.store.push_levels([level(one, 4) for one in ids]))
        assert outcomes[3:5] == ["non_mutable_inventory_item", "invalid_location"]
        assert outcomes[:3] + outcomes[5:] == ["Written"] * 18
        assert [shop.shows(one) for one in ids[3:5]] == [10, 10]


def test_a_shop_that_names_one_bad_row_at_a_time_is_not_asked_for_ever(shop: Goods) -> None:
    """Of what was not sent by then nothing was done: it is read and tried again."""
    ids = shop.sell(100)
    shop.store.fetch_levels(ids)
    for one in ids[:80]:
        shop.world.set_level(one, 8)

    def only_the_first(data: dict[str, Any]) -> None:
        data["a0"]["userErrors"] = data["a0"]["userErrors"][:1]

    shop.server.alter = [only_the_first] * 50
    shop.asked()
    outcomes = kinds(shop.store.push_levels([level(one, 4) for one in ids]))
    assert len(shop.asked()) == 30
    assert set(outcomes) == {"Mismatch"}
    assert {shop.shows(one) for one in ids[80:]} == {10}
    assert shop.writes() == []
    shop.world.site.oracle.violations.clear()  # whoever is not told what was stale sends it again


def test_what_is_not_stocked_or_not_tracked_any_more_is_refused_and_not_begun_to_be(shop: Goods) -> None:
    """Newer versions of the API would begin to stock it at the location, and say nothing."""
    unstocked, untracked, gone = shop.sell(3)
    shop.world.hands.unstock(variant_of(unstocked))
    shop.world.hands.change_variant(variant_of(untracked), tracked=False)
    shop.world.remove_listing(gone)
    changes = [level(unstocked, 4), level(untracked, 4), level(gone, 4)]
    assert kinds(shop.store.push_levels(changes)) == ["not_managed", "not_managed", "unknown_listing"]
    assert shop.writes() == []


def test_what_is_not_tracked_any_more_since_it_was_read_is_refused(shop: Goods) -> None:
    plain, untracked = shop.sell(2)
    shop.store.fetch_levels([plain, untracked])
    shop.world.hands.change_variant(variant_of(untracked), tracked=False)
    assert kinds(shop.store.push_levels([level(plain, 4), level(untracked, 4)])) == ["Written", "not_tracked"]
    [said] = shop.world.site.oracle.violations
    assert "not tracked" in said
    shop.world.site.oracle.violations.clear()


def test_what_nobody_has_read_is_read_before_it_is_compared(shop: Goods) -> None:
    plain, moved = shop.sell(2)
    shop.world.set_level(moved, 8)
    outcomes = shop.store.push_levels([level(plain, 4), level(moved, 4)])
    assert outcomes == [Written(key=plain), Mismatch(key=moved, actual=8)]
    assert shop.asked() == ["levels", "setLevels"]


def test_what_was_read_counts_for_one_write(shop: Goods) -> None:
    [plain] = shop.sell(1)
    shop.store.fetch_levels([plain])
    assert kinds(shop.store.push_levels([level(plain, 4)])) == ["Written"]
    assert shop.store.push_levels([level(plain, 3)]) == [Mismatch(key=plain, actual=4)]
    assert kinds(shop.store.push_levels([level(plain, 3, 4)])) == ["Written"]


def test_another_location_is_written_where_it_is_named(shop: Goods) -> None:
    [plain] = shop.sell(1)
    other = shop.world.hands.add_location("Shop in town")
    shop.world.site.oracle.location = None  # both may be written
    shop.world.hands.stock_at(variant_of(plain), other, 5)
    here = level(plain, 4)
    there = level(plain, 3, 5, location=str(other))
    shop.store.fetch_levels([plain], str(other))
    assert kinds(shop.store.push_levels([there])) == ["Written"]
    assert (shop.shows(plain), shop.shows(plain, other)) == (10, 3)
    assert kinds(shop.store.push_levels([here])) == ["Written"]
    assert (shop.shows(plain), shop.shows(plain, other)) == (4, 3)


def test_what_was_read_at_one_location_is_not_known_of_another(shop: Goods) -> None:
    [plain] = shop.sell(1)
    other = shop.world.hands.add_location("Shop in town")
    shop.world.hands.stock_at(variant_of(plain), other, 5)
    shop.store.fetch_levels([plain])
    assert shop.store.push_levels([level(plain, 3, 10, location=str(other))]) == [Mismatch(key=plain, actual=5)]
    assert shop.writes() == []


# --- one item of several variants -------------------------------------------------------------------------------------


def twins(shop: Goods) -> list[str]:
    """Two variants that share an inventory item."""
    [first] = shop.sell(1)
    second = shop.world.hands.add_variant(None, item=item_of(first), product=int(first.split("/")[0]))
    return [first, f"{first.split('/')[0]}/{second}/{item_of(first)}"]


def test_an_item_that_two_variants_share_is_written_once_for_both(shop: Goods) -> None:
    both = twins(shop)
    assert shop.store.fetch_levels(both) == dict.fromkeys(both, 10)
    assert shop.store.push_levels([level(one, 4) for one in both]) == [Written(key=one) for one in both]
    assert len(shop.writes()) == 1
    assert shop.store.fetch_levels(both) == dict.fromkeys(both, 4)


def test_two_levels_for_one_item_are_not_both_written(shop: Goods) -> None:
    first, second = twins(shop)
    shop.store.fetch_levels([first, second])
    outcomes = shop.store.push_levels([level(first, 4), level(second, 5)])
    assert outcomes == [Written(key=first), Mismatch(key=second)]
    assert shop.shows(first) == 4


# --- on hand ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def counted() -> Iterator[Goods]:
    """A shop of which on_hand is written."""
    with goods({"quantity": "on_hand"}) as shop:
        yield shop


def test_on_hand_is_set_so_that_what_can_be_sold_is_what_was_wanted(counted: Goods) -> None:
    [plain] = counted.sell(1)
    counted.world.place([("SKU-0", 3, "5.00", "0")])
    counted.world.hands.set_others(variant_of(plain), damaged=2)
    assert counted.store.fetch_levels([plain]) == {plain: 7}
    assert kinds(counted.store.push_levels([level(plain, 4, 7)])) == ["Written"]
    assert (counted.shows(plain), counted.on_hand(plain)) == (4, 9)
    [event] = [one for one in counted.writes() if one.what == "stock"]
    assert (event.detail["name"], event.detail["compared"], event.detail["quantity"]) == ("on_hand", 12, 9)


def test_an_order_before_on_hand_is_read_is_a_mismatch_and_one_after_it_takes_its_units(counted: Goods) -> None:
    [plain] = counted.sell(1)
    counted.store.fetch_levels([plain])
    counted.world.place([("SKU-0", 3, "5.00", "0")])
    assert counted.store.push_levels([level(plain, 5)]) == [Mismatch(key=plain, actual=7)]

    def buy(request: Request) -> None:
        if "setLevels" in request.json()["query"]:
            counted.world.place([("SKU-0", 2, "5.00", "0")])

    counted.server.before = buy
    assert kinds(counted.store.push_levels([level(plain, 5, 7)])) == ["Written"]
    assert counted.shows(plain) == 3, "two of the five are sold"


def test_goods_that_leave_before_on_hand_is_written_are_a_mismatch(counted: Goods) -> None:
    [plain] = counted.sell(1)
    order = counted.world.place([("SKU-0", 3, "5.00", "0")])

    def send(request: Request) -> None:
        if "setLevels" in request.json()["query"]:
            counted.world.ship(order)

    counted.server.before = send
    assert kinds(counted.store.push_levels([level(plain, 5, 7)])) == ["Mismatch"]
    assert counted.shows(plain) == 7


def test_what_the_shop_cannot_read_at_all_is_found_and_refused_alone(shop: Goods) -> None:
    """It refuses the whole document then, and with it both lists."""
    ids = shop.sell(260)
    shop.store.fetch_levels(ids)
    shop.server.strange = f"InventoryItem/{item_of(ids[255])}"
    outcomes = kinds(shop.store.push_levels([level(one, 4) for one in ids]))
    assert [number for number, kind in enumerate(outcomes) if kind != "Written"] == [255]
    assert outcomes[255] == "refused"
    assert {shop.shows(one) for one in ids} == {4, 10}


def test_nothing_is_asked_where_nothing_is_to_be_done(shop: Goods) -> None:
    assert shop.store.push_levels([]) == []
    assert shop.store.fetch_levels([]) == {}
    refused = shop.store.push_levels([level("no-such-listing", 4)])
    assert [type(one) for one in refused] == [Refused]
    assert shop.asked() == []
