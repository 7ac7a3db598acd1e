"""Whole cycles over a WooCommerce site on a real socket: how often it is asked, and what it holds after that."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.woo_world import WooCycles

SIMPLE = {f"MUG-{number:03}": 100 + number for number in range(150)}
FAMILIES = {
    f"TEE-{family}": {f"TEE-{family}-{number:02}": 20 + number for number in range(15)} for family in "ABCDEFGHIJ"
}
WRITES = ("POST", "PUT", "DELETE", "PATCH")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[WooCycles]:
    with WooCycles(tmp_path) as world:
        yield world


def stock(world: WooCycles) -> None:
    """150 simple products and ten with 15 variations each, in step."""
    for sku, units in SIMPLE.items():
        world.sell(sku, "9.50", units)
    for parent, units_of in FAMILIES.items():
        world.sell_variations(parent, units_of, "12.00")
    assert world.run().exit_code == 0
    assert world.asked(*WRITES) == []


@pytest.mark.parametrize("version", ["10.4.2", "7.0.0"])
def test_300_changed_levels_and_50_prices_go_out_in_at_most_14_writes(tmp_path: Path, version: str) -> None:
    with WooCycles(tmp_path, options={"version": version}) as world:
        stock(world)
        skus = [*SIMPLE, *(sku for units_of in FAMILIES.values() for sku in units_of)]
        for sku in skus:
            world.office.set_stock(sku, 7)
        for sku in skus[::6]:
            world.office.set_price(sku, "11.25")
        report = world.run()
        assert report.exit_code == 0
        assert world.levels() == dict.fromkeys(skus, 7)
        assert sum(price == "11.25" for price in world.prices().values()) == 50
        assert len(world.asked(*WRITES)) <= 14
        assert len(world.asked()) <= (30 if version.startswith("10") else 50)
        world.run()
        assert world.asked(*WRITES) == []


def test_an_idle_cycle_asks_for_orders_and_nothing_else(world: WooCycles) -> None:
    world.sell("MUG")
    world.run()
    world.run()
    assert world.asked() == ["GET orders"]


def test_an_idle_cycle_that_watches_customers_asks_for_them_too(tmp_path: Path) -> None:
    with WooCycles(tmp_path, customers={"trigger": "any"}) as world:
        world.sell("MUG")
        for number in range(5):
            world.hands.add_customer(f"buyer{number}@example.com")
        world.run()
        world.run()
        world.run()
        assert world.asked() == ["GET orders", "GET customers"]
        assert len(list(world.people())) == 5


def test_a_product_without_a_price_of_its_own_gets_its_level_and_is_never_sent_a_price(world: WooCycles) -> None:
    world.office.add_item("TEE", "Tee", "7.00", 20)
    parent = world.hands.add_product("TEE", 12, kind="variable")
    world.hands.add_variation(parent, "", None, "7.00")
    world.run()
    assert world.holds() == [] and world.levels()["TEE"] == 20
    world.run()
    assert world.asked() == ["GET orders"]
    world.office.set_price("TEE", "8.00")
    world.hurry = timedelta(days=2)
    world.run()
    assert world.asked("POST") == [] and world.holds() == []
