"""Orders of a Shopify shop through whole cycles: what the books hold of them is what the shop says, to the cent."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.shopify import totals
from tests.fakes.shopify.checkout import Buy, Charge, Off, Ship
from tests.shopify_world import ShopifyCycles

VERSIONS = "SELECT count(*), count(DISTINCT order_id) FROM order_version"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[ShopifyCycles]:
    with ShopifyCycles(tmp_path) as made:
        yield made


def placed_total(world: ShopifyCycles, order_id: int) -> int:
    return int(world.site.orders[order_id].placed_total.shop * 100)


@pytest.mark.parametrize("included", [False, True])
def test_an_order_with_all_that_can_stand_on_one_is_booked_to_the_cent(world: ShopifyCycles, included: bool) -> None:
    mug, card = world.sell("MUG", "10.00", 100), world.sell("CARD", "25.00", 0, gift_card=True)
    placed = world.hands.place(
        [Buy(mug, 3, rate="0.19", off="1.00"), Buy(card, 1)],
        ships=[Ship("4.95", rate="0.19")],
        offs=[Off("3.33"), Off("2.00", target="SHIPPING_LINE")],
        charges=[Charge("Deposit", "0.75", "0.14")],
        tip="2.00",
        taxes_included=included,
    )
    assert world.run().exit_code == 0
    assert world.holds() == []
    assert world.totals() == [("sale", placed_total(world, placed))]


def test_gift_cards_alone_are_a_sale_of_no_goods(world: ShopifyCycles) -> None:
    card = world.sell("CARD", "25.00", 0, gift_card=True)
    world.hands.place([Buy(card, 2)])
    assert world.run().exit_code == 0
    assert world.holds() == []
    assert world.totals() == [("sale", 5000)]


def test_what_is_given_back_is_credited_and_what_was_not_restocked_is_not_sold_again(world: ShopifyCycles) -> None:
    mug = world.sell("MUG", "10.00", 100)
    placed = world.hands.place([Buy(mug, 5)], ships=[Ship("4.00")])
    world.run()
    line = world.site.orders[placed].lines[0].id
    world.hands.refund(placed, {line: 2}, restock=True, shipping="1.00")
    world.hands.refund(placed, {line: 1}, restock=False)
    world.run()
    assert sorted(world.totals()) == [("credit", 1000), ("credit", 2100), ("sale", 5400)]
    assert world.holds() == []
    world.run()
    assert world.levels() == {"MUG": 97}


def test_an_edit_before_it_is_booked_is_booked_as_it_is_now(world: ShopifyCycles) -> None:
    mug, tray = world.sell("MUG", "10.00", 100), world.sell("TRAY", "4.00", 50)
    placed = world.hands.place([Buy(mug, 5, rate="0.1"), Buy(tray, 1)])
    order = world.site.orders[placed]
    world.hands.edit(placed, order.lines[0].id, 3)
    world.hands.add_line(placed, Buy(tray, 2))
    assert world.run().exit_code == 0
    held = sum(total if kind == "sale" else -total for kind, total in world.totals())
    assert held == int(totals.current_total(order, world.site.options).shop * 100)
    assert world.holds() == []


def test_a_first_reading_by_a_file_is_followed_by_cycles_that_change_nothing(tmp_path: Path) -> None:
    with ShopifyCycles(tmp_path, options={"bulk_seconds": 0}, store={"bulk_from": 3}) as world:
        mug = world.sell("MUG", "10.00", 100)
        placed = [world.hands.place([Buy(mug, 1)], ships=[Ship("1.00")]) for _ in range(6)]
        world.hands.refund(placed[0], {world.site.orders[placed[0]].lines[0].id: 1})
        world.run()
        assert "bulkOperationRunQuery" in " ".join(world.asked())
        assert len([one for one in world.totals() if one[0] == "sale"]) == 6
        world.run()
        assert world.rows(VERSIONS) == [(6, 6)], "read again page by page, each is what it was"
