"""Whole cycles over a Shopify shop on a real socket: how often it is asked, and what it holds after that."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.graphql_faults import GraphqlFault
from tests.fakes.shopify import CLIENT_ID, CLIENT_SECRET, add_app
from tests.fakes.shopify.checkout import Buy
from tests.fakes.wire import Request
from tests.shopify_world import ShopifyCycles

PLENTY = {"bucket": 100_000, "restore_rate": 10_000}  # points: what is asked for is counted here, and not waited for
GRANTED: dict[str, Any] = {"access_token": None, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[ShopifyCycles]:
    with ShopifyCycles(tmp_path, options=PLENTY) as world:
        yield world


def watch(world: ShopifyCycles, name: str, what: Any, *, times: int = 1) -> None:
    """Before the next requests that hold this word, do something in the shop."""
    left = [what] * times

    def before(request: Request) -> None:
        if left and name.encode() in request.body:
            left.pop()()

    world.server.before = before


# --- how often it is asked --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trigger", ["order", "any"])
@pytest.mark.parametrize("granted", [False, True])
def test_an_idle_cycle_is_one_request(tmp_path: Path, trigger: str, granted: bool) -> None:
    store = GRANTED if granted else {}
    with ShopifyCycles(tmp_path, store=store, customers={"trigger": trigger}) as world:
        add_app(world.site)
        world.sell("MUG")
        for number in range(3):
            world.hands.add_customer(email=f"buyer{number}@example.com")
        world.run()
        world.run()
        report = world.run()
        assert report.exit_code == 0
        assert world.requests() == 1
        assert (tmp_path / "hub.db.tokens").exists() is granted


def stock(world: ShopifyCycles) -> list[str]:
    """20 products with 15 variants each, in step; their SKUs."""
    skus = [[f"TEE-{product:02}-{variant:02}" for variant in range(15)] for product in range(20)]
    for family in skus:
        world.sell_variants(family, "12.00", 100)
    assert world.run().exit_code == 0
    assert world.site.oracle.writes() == []
    return [sku for family in skus for sku in family]


@pytest.mark.parametrize("trigger", ["order", "any"])
def test_20_orders_300_levels_and_50_prices_of_20_products_take_5_requests(tmp_path: Path, trigger: str) -> None:
    with ShopifyCycles(tmp_path, customers={"trigger": trigger}) as world:
        skus = stock(world)
        variants = {world.site.items[one.item].sku: one.id for one in world.site.variants.values()}
        for number, sku in enumerate(skus[:20]):
            world.hands.place([Buy(variants[sku], 2, "12.00")], email=f"buyer{number}@example.com")
        for sku in skus:
            world.office.set_stock(sku, 7)
        priced = [sku for number, sku in enumerate(skus) if number % 6 == 0]
        for sku in priced:
            world.office.set_price(sku, "11.25")
        report = world.run()
        assert report.exit_code == 0
        assert len(world.totals()) == 20
        assert world.levels() == {sku: 5 if sku in skus[:20] else 7 for sku in skus}
        assert sum(price == Decimal("11.25") for price in world.prices().values()) == len(priced) == 50
        assert len({world.site.variants[variants[sku]].product for sku in priced}) == 20
        assert world.requests() <= 5, world.asked()
        assert world.site.oracle.throttled == []
        writes = len(world.site.oracle.writes())
        world.hurry = timedelta(minutes=5)
        world.run()
        assert world.requests() == 1, world.asked()
        assert len(world.site.oracle.writes()) == writes


# --- levels -----------------------------------------------------------------------------------------------------------


def test_an_order_between_reading_and_writing_is_stale_then_read_again_and_right(world: ShopifyCycles) -> None:
    mug = world.sell("MUG", units=10)
    world.sell("TRAY", units=10)
    world.run()
    for sku in ("MUG", "TRAY"):
        world.office.set_stock(sku, 8)
    watch(world, "setLevels", lambda: world.hands.place([Buy(mug, 3)]))
    assert world.run().exit_code == 0
    assert world.levels() == {"MUG": 5, "TRAY": 8}
    assert world.site.oracle.calls["inventorySetQuantities"] == 3, "both, TRAY alone, MUG after it was read again"
    shown = [one.available for one in world.site.oracle.levels[world.site.variants[mug].item, world.location]]
    assert shown == [10, 7, 5]


def test_orders_that_never_end_leave_the_level_for_the_next_cycle(world: ShopifyCycles) -> None:
    mug = world.sell("MUG", units=30)
    world.run()
    world.office.set_stock("MUG", 20)
    watch(world, "setLevels", lambda: world.hands.place([Buy(mug, 1)]), times=9)
    world.run()
    assert world.levels() == {"MUG": 27}, "three tries, and nothing written"
    watch(world, "setLevels", lambda: None)
    world.run()
    assert world.levels() == {"MUG": 17}


def test_duplicate_skus_and_shared_items_are_all_kept_in_step(world: ShopifyCycles) -> None:
    """Three listings of one SKU, two of which show the same stock, whichever of them is there."""
    first = world.sell("MUG", units=10)
    second = world.sell("MUG", units=10)
    world.hands.add_variant(None, item=world.site.variants[first].item, product=world.site.variants[first].product)
    world.run()
    world.office.set_stock("MUG", 6)
    report = world.run()
    assert report.exit_code == 0
    assert [world.hands.level(one).available for one in (first, second)] == [6, 6]
    assert len(world.site.oracle.writes("item")) == 2, "the shared one once"
    world.hands.place([Buy(second, 2)])
    world.run()
    assert [world.hands.level(one).available for one in (first, second)] == [4, 4]
    world.run()
    assert world.requests() == 1


def test_what_shares_the_stock_of_a_variant_that_goes_stays_in_step(world: ShopifyCycles) -> None:
    first = world.sell("MUG", units=10)
    item, product = world.site.variants[first].item, world.site.variants[first].product
    second = world.hands.add_variant(None, item=item, product=product)
    world.run()
    world.hands.remove_variant(first)
    for units, days in ((6, 0), (3, 2), (8, 4)):
        world.hurry = timedelta(days=days)
        world.office.set_stock("MUG", units)
        world.run()
        assert world.hands.level(second).available == units


def test_a_shop_that_sold_more_than_it_had_is_brought_to_none(world: ShopifyCycles) -> None:
    mug = world.sell("MUG", units=2)
    world.run()
    world.hands.place([Buy(mug, 5)])
    world.run()
    assert world.hands.level(mug).available == 0
    assert [event.detail["compared"] for event in world.site.oracle.writes("item")] == [-3]


@pytest.mark.parametrize("quantity", ["available", "on_hand"])
def test_what_is_sold_is_not_put_back_on_sale_whichever_quantity_is_written(tmp_path: Path, quantity: str) -> None:
    with ShopifyCycles(tmp_path, options=PLENTY, store={"quantity": quantity}) as world:
        mug = world.sell("MUG", units=10)
        world.run()
        world.hands.place([Buy(mug, 3)])
        world.run()
        assert (world.hands.level(mug).available, world.hands.level(mug).on_hand) == (7, 10)
        world.office.set_stock("MUG", 20)
        watch(world, "setLevels", lambda: world.hands.place([Buy(mug, 2)]))
        world.run()
        world.run()
        assert (world.hands.level(mug).available, world.hands.level(mug).on_hand) == (18, 23)


@pytest.mark.parametrize(("quantity", "at_once"), [("available", 12), ("on_hand", 16)])
def test_an_order_that_is_called_off_just_before_a_level_is_written(
    tmp_path: Path, quantity: str, at_once: int
) -> None:
    """Where on_hand is written, its units come back by themselves, and are counted in the next cycle: the books have
    them then."""
    with ShopifyCycles(tmp_path, options=PLENTY, store={"quantity": quantity}) as world:
        mug = world.sell("MUG", units=10)
        world.run()
        order_id = world.hands.place([Buy(mug, 4)])
        world.run()
        world.office.set_stock("MUG", 12)
        watch(world, "setLevels", lambda: world.hands.cancel(order_id))
        world.run()
        assert world.hands.level(mug).available == at_once
        world.run()
        world.run()
        assert world.hands.level(mug).available == 16


def test_a_level_that_somebody_typed_in_is_reported_and_set_right(world: ShopifyCycles) -> None:
    mug = world.sell("MUG", units=10)
    world.run()
    world.hands.set_level(mug, 25)
    world.hurry = timedelta(days=2)
    report = world.run()
    told = [step.counts["edited by hand"] for step in report.steps if "edited by hand" in step.counts]
    assert told == [1]
    assert world.levels() == {"MUG": 10}


def test_a_lost_answer_is_asked_for_again_and_the_cycle_ends_well(world: ShopifyCycles) -> None:
    world.sell("MUG", units=10)
    world.run()
    world.office.set_stock("MUG", 6)

    world.server.fail(GraphqlFault("internal_after"), at=world.server.count + 4)
    assert world.run().exit_code == 0
    assert (world.site.oracle.calls["inventorySetQuantities"], world.site.oracle.calls["replay"]) == (2, 1)
    assert world.levels() == {"MUG": 6}
    assert len(world.site.oracle.writes("item")) == 1
    world.run()
    assert world.requests() == 1


def test_a_level_whose_answers_were_all_lost_is_found_as_it_was_sent(world: ShopifyCycles) -> None:
    """It is no drop that nobody explains, which would be held back for a cycle."""
    world.sell("MUG", units=10)
    world.run()
    world.office.set_stock("MUG", 6)
    world.server.fail("reset_mid_body", at=world.server.count + 4, times=5)
    assert world.run().exit_code == 3
    assert world.levels() == {"MUG": 6}
    assert world.run().exit_code == 0
    assert world.levels() == {"MUG": 6}
    assert len(world.site.oracle.writes("item")) == 1


def test_what_is_refused_is_held_and_not_sent_in_each_cycle(world: ShopifyCycles) -> None:
    mug = world.sell("MUG", units=10)
    world.sell("TRAY", units=10)
    world.site.options.bad_items = {world.site.variants[mug].item: "NON_MUTABLE_INVENTORY_ITEM"}
    world.run()
    for sku in ("MUG", "TRAY"):
        world.office.set_stock(sku, 6)
    assert world.run().exit_code == 1
    assert world.levels() == {"MUG": 10, "TRAY": 6}
    assert world.holds() == [("stock", "non_mutable_inventory_item")]
    world.run()
    assert "inventorySetQuantities" not in world.asked()


def test_what_is_not_stocked_at_the_location_is_left_alone(world: ShopifyCycles) -> None:
    town = world.hands.add_location("Shop in town")
    elsewhere = world.sell("ELSEWHERE", units=10, at=town)
    world.sell("MUG", units=10)
    world.run()
    for sku in ("ELSEWHERE", "MUG"):
        world.office.set_stock(sku, 6)
    assert world.run().exit_code == 0
    assert world.levels() == {"MUG": 6}
    assert world.hands.level(elsewhere, town).available == 10
    assert world.hands.item_of(elsewhere).levels.keys() == {town}


# --- shipments --------------------------------------------------------------------------------------------------------


def test_a_shipment_of_the_back_office_is_shown_once_with_its_tracking(world: ShopifyCycles) -> None:
    mug = world.sell("MUG", units=10)
    world.run()
    order_id = world.hands.place([Buy(mug, 2)])
    world.run()
    [document] = [one for one in world.documents() if one.kind == "sale"]
    world.office.ship(document.reference, tracking_number="T 1", carrier="DHL")
    assert world.run().exit_code == 0
    [made] = world.site.orders[order_id].fulfilments_made
    assert [(one["number"], one["company"]) for one in made.tracking] == [("T 1", "DHL")]
    world.run()
    world.run()
    assert len(world.site.orders[order_id].fulfilments_made) == 1
    assert world.requests() == 1


@pytest.mark.parametrize("quantity", ["available", "on_hand"])
def test_an_order_that_takes_from_one_listing_keeps_another_of_its_sku_from_being_written(
    tmp_path: Path, quantity: str
) -> None:
    with ShopifyCycles(tmp_path, options=PLENTY, store={"quantity": quantity}) as world:
        world.sell("PEN", units=40)
        takes_from_one(world, world.sell("MUG", units=40), world.sell("MUG", units=40))


def takes_from_one(world: ShopifyCycles, first: int, second: int) -> None:
    world.run()
    world.office.receive("PEN", 1)
    world.office.receive("MUG", 5)
    world.hands.set_level(first, 45)  # it shows already what it should; the other one does not
    watch(world, "setLevels", lambda: world.hands.place([Buy(first, 2)]))
    written: list[int] = []

    def after(request: Request, _answer: object) -> None:
        if b"setLevels" in request.body:
            written.append(world.hands.level(second).available)

    world.server.after = after
    report = world.run()
    assert report.exit_code == 0
    assert written[0] == 40, "it would have shown 45, and two of them were sold"
    assert [world.hands.level(one).available for one in (first, second)] == [43, 43]
