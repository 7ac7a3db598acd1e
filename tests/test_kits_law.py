"""The availability law (I3) for kits: as a pure function, and over random histories with orders and sales of kits."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncctl.rules.availability import Part, publishable_kit
from tests.stock_world import StockWorld
from tests.test_availability_law import History

UNITS = st.integers(-(10**6), 10**6)
NAMES = st.sampled_from(["MUG", "TRAY", "LID", "JUG"])
KEPT = st.integers(0, 1000)


@st.composite
def parts(draw: st.DrawFn) -> list[Part]:
    names = draw(st.lists(NAMES, min_size=1, unique=True))
    return [
        Part(name, draw(st.integers(1, 9)), draw(UNITS), draw(UNITS), (draw(KEPT), "safety stock")) for name in names
    ]


@given(parts=parts(), own=KEPT)
def test_no_component_is_promised_more_often_than_there_is_of_it(parts: list[Part], own: int) -> None:
    published = publishable_kit(parts, (own, "safety stock of the SKU"))
    assert published is not None and published.quantity >= 0
    left = {part.sku: (part.available or 0) - max(0, part.unreflected) - part.kept_back[0] for part in parts}
    for part in parts:
        assert (published.quantity + own) * part.quantity <= left[part.sku] or published.quantity == 0
    one_more = published.quantity + own + 1
    assert any(one_more * part.quantity > left[part.sku] for part in parts), "and one kit more there is not"


@given(parts=parts(), at=st.integers(0, 3))
def test_one_unknown_component_publishes_nothing(parts: list[Part], at: int) -> None:
    some = parts[at % len(parts)]
    unknown = Part(some.sku, some.quantity, None, some.unreflected, some.kept_back)
    assert publishable_kit([unknown if part is some else part for part in parts]) is None


class KitHistory(History):
    """The same life with kits in it: they are ordered, sold at the counter, shipped in parts, and made otherwise."""

    def step(self) -> None:
        if self.random.random() < 0.1:
            self.log.append(self._remake())
        else:
            super().step()

    def _lines(self) -> list[tuple[str, int]]:
        skus = ["MUG", "TRAY", "SET", "SET", "BOX", "BOX"]
        return [(self.random.choice(skus), self.random.randint(1, 4)) for _ in range(self.random.randint(1, 3))]

    def _sell(self) -> str:
        return self.world.office.sell(self.random.choice(["MUG", "SET", "BOX"]), self.random.randint(1, 2))

    def _remake(self) -> str:
        kit = self.random.choice(["SET", "BOX"])
        made_of = self.random.choice([["MUG"], ["TRAY"], ["MUG", "TRAY"]])
        self.world.office.make_kit(kit, {sku: self.random.randint(1, 4) for sku in made_of})
        return f"{kit} = {self.world.parts(kit)}"


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("answers", ["now", "later"])
@pytest.mark.parametrize("falls_on", ["order", "shipment"])
def test_whatever_happens_no_kit_and_no_component_is_shown_beyond_what_there_is(
    tmp_path: Path, falls_on: str, answers: str, seed: int
) -> None:
    world = StockWorld(
        tmp_path,
        falls_on=falls_on,
        answers=answers,
        stores=("shop", "other") if seed % 2 else ("shop",),
        stock={"safety_stock": seed % 3, "safety_stock_by_sku": {"TRAY": 2, "SET": seed}},
    )
    world.add_kit("SET", {"MUG": 2, "TRAY": 1})
    world.add_kit("BOX", {"MUG": 3})
    history = KitHistory(world, seed)
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
