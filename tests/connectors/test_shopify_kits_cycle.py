"""Kits beside their components in one shop: an order of the one takes the stock of the other, whose level it does not
move there. SET is two mugs and a tray, BOX is three mugs; forty of each are there.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from syncctl.connectors.shopify.catalog_documents import LIST
from tests.fakes.shopify.checkout import Buy
from tests.fakes.wire import Request
from tests.shopify_world import ShopifyCycles

PLENTY = {"bucket": 100_000, "restore_rate": 10_000}
BEFORE = {"MUG": 40, "TRAY": 40, "SET": 20, "BOX": 13}


class Kits(ShopifyCycles):
    """`ids`: the variants by their SKU; `written`: the levels after each request that wrote some."""

    def __init__(self, folder: Path, quantity: str = "available") -> None:
        super().__init__(folder, options=PLENTY, store={"quantity": quantity})
        self.ids = {sku: self.sell(sku, units=40) for sku in ("MUG", "TRAY")}
        self.add_kit("SET", {"MUG": 2, "TRAY": 1})
        self.add_kit("BOX", {"MUG": 3})
        self.written: list[dict[str, int]] = []
        self.server.after = self._after

    def add_kit(self, sku: str, parts: dict[str, int]) -> None:
        self.office.add_item(sku, f"Title of {sku}", "20.00", None)
        self.office.make_kit(sku, parts)
        self.ids[sku] = self.hands.add_variant(sku, 0, "20.00")

    def order_before_the_write(self, sku: str, units: int) -> None:
        """Somebody orders it after the orders were read, and before the levels are written."""
        left = [Buy(self.ids[sku], units)]

        def before(request: Request) -> None:
            if left and b"setLevels" in request.body:
                self.hands.place([left.pop()])

        self.server.before = before
        self.written.clear()

    def _after(self, request: Request, _answer: object) -> None:
        if b"setLevels" in request.body:
            self.written.append(self.levels())


@pytest.fixture(params=["available", "on_hand"])
def world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Kits]:
    with Kits(tmp_path, request.param) as world:
        world.run()
        assert world.levels() == BEFORE
        yield world


@pytest.mark.parametrize("ordered", ["MUG", "TRAY", "SET", "BOX"])
@pytest.mark.parametrize("received", [("MUG",), ("TRAY",), ("MUG", "TRAY")], ids=" and ".join)
def test_no_order_in_between_puts_on_sale_what_it_took(world: Kits, ordered: str, received: tuple[str, ...]) -> None:
    """As much arrives of some as makes other levels rise, and one of what is made of them is sold before they do."""
    if received == ("TRAY",):
        world.office.set_stock("TRAY", 10)
        world.run()
    before = world.levels()
    for sku in received:
        world.office.receive(sku, 6)
    world.order_before_the_write(ordered, 2)
    assert world.run().exit_code == 0
    parts = {"MUG": {"MUG": 1}, "TRAY": {"TRAY": 1}, "SET": {"MUG": 2, "TRAY": 1}, "BOX": {"MUG": 3}}
    there = {sku: units for sku, _, units in world.office.levels() if sku in ("MUG", "TRAY")}
    left = {sku: there[sku] - 2 * parts[ordered].get(sku, 0) for sku in there}
    most = {sku: min(left[part] // units for part, units in made.items()) for sku, made in parts.items()}
    taken = {sku: before[sku] - 2 * (sku == ordered) for sku in before}  # what nobody has written yet
    assert world.written
    for levels in world.written:
        beyond = {sku: levels[sku] for sku in levels if levels[sku] > max(most[sku], taken[sku])}
        assert beyond == {}, f"of them there are {most} left"
    assert {sku: level for sku, level in world.levels().items() if level < most[sku]} == {}, "it was tried again"
    world.run()
    assert world.levels() == most


def test_a_kit_that_shares_nothing_with_what_was_sold_does_not_wait_for_it(tmp_path: Path) -> None:
    with Kits(tmp_path) as world:
        world.ids["PEN"] = world.sell("PEN", units=40)
        world.add_kit("PENS", {"PEN": 2})
        world.run()
        for sku in ("MUG", "PEN"):
            world.office.receive(sku, 6)
        world.order_before_the_write("MUG", 1)
        world.run()
        assert world.levels() == {"MUG": 45, "TRAY": 40, "SET": 22, "BOX": 15, "PEN": 46, "PENS": 23}
        assert world.written[1] == {**BEFORE, "MUG": 39, "PEN": 46, "PENS": 23}


def test_a_component_that_no_stock_is_kept_of_ties_no_kits_together(tmp_path: Path) -> None:
    with Kits(tmp_path) as world:
        world.ids["PEN"] = world.sell("PEN", units=40)
        world.office.add_item("WRAP", "Wrapping", "1.00", None)
        world.add_kit("GIFT", {"PEN": 1, "WRAP": 1})
        world.office.make_kit("SET", {"MUG": 2, "TRAY": 1, "WRAP": 1})
        world.run()
        for sku in ("MUG", "PEN"):
            world.office.receive(sku, 6)
        world.order_before_the_write("MUG", 1)
        world.run()
        assert world.written[1] == {**BEFORE, "MUG": 39, "PEN": 46, "GIFT": 46}


def test_a_component_of_more_kits_than_can_be_compared_together_comes_to_rest_in_few_requests(tmp_path: Path) -> None:
    with Kits(tmp_path) as world:
        count = LIST + 50
        for number in range(count):
            world.add_kit(f"KIT-{number}", {"MUG": 2})
        world.run()
        world.office.receive("MUG", 6)
        world.run()
        assert set(world.levels().values()) == {46, 40, 23, 15}
        assert len([sku for sku, level in world.levels().items() if level == 23]) == count + 1
        assert world.requests() < 20
        world.order_before_the_write("MUG", 2)
        world.office.receive("MUG", 6)
        world.run()
        assert max(levels["MUG"] for levels in world.written) == 50
        assert {levels["KIT-0"] for levels in world.written} <= {23, 25}


def test_a_kit_of_which_nothing_is_published_takes_its_components_all_the_same(tmp_path: Path) -> None:
    """Of the lamp nobody knows how many there are: what the shop shows of the kit stays, and is sold from."""
    with Kits(tmp_path) as world:
        world.office.add_item("LAMP", "A lamp", "5.00", 4)
        with world.office.connection as books:
            books.execute("DELETE FROM level WHERE item_id = (SELECT id FROM item WHERE sku = 'LAMP')")
        world.add_kit("DESK", {"MUG": 1, "LAMP": 1})
        world.hands.set_level(world.ids["DESK"], 5)
        world.run()
        assert world.levels() == {**BEFORE, "DESK": 5}
        world.office.receive("MUG", 6)
        world.order_before_the_write("DESK", 2)
        world.run()
        assert world.written
        assert [levels["MUG"] for levels in world.written if levels["MUG"] > 44] == []
        assert world.levels()["MUG"] == 44


@pytest.mark.parametrize(("ordered", "most"), [("MUG", 45), ("SET", 42), ("BOX", 40)])
def test_an_order_that_is_not_found_yet_takes_from_what_shares_its_stock(
    tmp_path: Path, ordered: str, most: int
) -> None:
    with Kits(tmp_path) as world:
        world.run()
        world.site.options.index_lag = 60.0
        world.hands.place([Buy(world.ids[ordered], 2 if ordered != "MUG" else 1)])
        world.office.receive("MUG", 6)
        world.run()
        assert world.levels()["MUG"] <= most
        world.hurry += timedelta(minutes=2)
        for _ in range(2):
            world.run()
        left = 40 + 6 - {"MUG": 1, "SET": 4, "BOX": 6}[ordered]
        tray = 38 if ordered == "SET" else 40
        assert world.levels() == {"MUG": left, "TRAY": tray, "SET": min(left // 2, tray), "BOX": left // 3}


def test_an_order_that_is_not_found_yet_takes_from_other_listings_of_its_sku(tmp_path: Path) -> None:
    with Kits(tmp_path) as world:
        twin = world.hands.add_variant("MUG", 0)
        world.run()
        world.site.options.index_lag = 60.0
        world.hands.place([Buy(twin, 3)])
        world.office.receive("MUG", 6)
        world.run()
        levels = [world.hands.level(one).available for one in (world.ids["MUG"], twin)]
        assert levels == [43, 43]
