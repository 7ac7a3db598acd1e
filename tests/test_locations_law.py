"""The availability law (I3) where stores are fed from different locations, over random histories."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.stock_world import StockWorld
from tests.test_availability_law import History


@dataclass(frozen=True)
class Shape:
    """Which locations feed which store, where its orders leave from, and, by store, whose orders count there."""

    fed: dict[str, list[str]]
    counts_in: dict[str, set[str]]
    sells_from: dict[str, str] = field(default_factory=dict)


SHAPES = {
    "apart": Shape({"shop": ["main"], "other": ["east"]}, {"shop": {"shop"}, "other": {"other"}}),
    "one within the other": Shape(
        {"shop": ["main", "east"], "other": ["east"]},
        {"shop": {"shop", "other"}, "other": {"shop", "other"}},
        {"shop": "main"},
    ),
    "the back office decides for one": Shape(
        {"shop": ["main", "east"], "other": ["north"]}, {"shop": {"shop"}, "other": {"shop", "other"}}
    ),
    "all feed one": Shape({"shop": [], "other": ["east"]}, {"shop": {"shop", "other"}, "other": {"shop", "other"}}),
}


class ManyPlaces(History):
    """The same life with a counter and a shelf at each location, and a kit."""

    def _place(self) -> str:
        return self.random.choice(["main", "east", "north"])

    def _lines(self) -> list[tuple[str, int]]:
        skus = ["MUG", "TRAY", "SET"]
        return [(self.random.choice(skus), self.random.randint(1, 4)) for _ in range(self.random.randint(1, 3))]

    def _sell(self) -> str:
        sku, units, place = self.random.choice(["MUG", "TRAY", "SET"]), self.random.randint(1, 3), self._place()
        return f"{place} {self.world.office.sell(sku, units, location=place)}"

    def _receive(self) -> str:
        sku, units, place = self.random.choice(["MUG", "TRAY"]), self.random.randint(1, 9), self._place()
        self.world.office.receive(sku, units, location=place)
        return f"{place} {sku} x {units}"

    def _count(self) -> str:
        sku, units, place = self.random.choice(["MUG", "TRAY"]), self.random.randint(-2, 40), self._place()
        self.world.office.set_stock(sku, units, location=place)
        return f"{place} {sku} = {units}"


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("falls_on", ["order", "shipment"])
def test_no_store_shows_more_than_its_locations_have_for_it(
    tmp_path: Path, falls_on: str, shape: str, seed: int
) -> None:
    made = SHAPES[shape]
    world = StockWorld(tmp_path, falls_on=falls_on, answers=("now", "later")[seed], stores=("shop", "other"))
    for store, locations in made.fed.items():
        world.sections["stores"][store] |= {"locations": locations, "sells_from": made.sells_from.get(store, "")}
        if locations:
            world.fed_from[store] = set(locations)
    world.change()
    world.counts_in.update(made.counts_in)
    for place in ("east", "north"):
        for sku in ("MUG", "TRAY"):
            world.office.set_stock(sku, 25, location=place)
    world.add_kit("SET", {"MUG": 2, "TRAY": 1})
    history = ManyPlaces(world, seed)
    for cycle in range(10):
        for _ in range(history.random.randint(0, 5)):
            history.step()
        report = world.run()
        history.log.append(f"--- cycle {cycle}: {report.exit_code}")
        assert report.exit_code in (0, 1)
        world.assert_never_oversold(history.log)
        world.assert_booked_once()
    for _ in range(4):
        world.run()
        world.assert_never_oversold(history.log)
    world.assert_exact(history.log)
