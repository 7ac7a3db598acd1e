"""Something happens on the site just before each request of the busy cycle (row T7 of the test plan).

The site takes a level as it is told: it compares nothing. So a level that was written may promise what was sold since
the orders were read for it, and no more than that; the next cycle sees it and takes it back.
"""

import os
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from tests.fakes.wire import Answer, Request
from tests.fakes.woo.shop import Line
from tests.wire import oracle
from tests.wire.cells import told
from tests.wire.world import LATER, Scene, WireWorld
from tests.woo_world import API

pytestmark = pytest.mark.wire

ALL = os.environ.get("SYNCCTL_WIRE_CELLS") == "all"
PART = 2
PAIRS = 12
SKUS = ("MUG", "TEAPOT", "TRAY", "TEE-M")
Happening = Callable[[WireWorld], object]
Record = Callable[[str, object], None]


def order(world: WireWorld) -> None:
    """One more buyer, of goods whose levels are about to be written."""
    products = {one.sku: one.id for one in world.site.products.values()}
    world.hands.place([Line(products[sku], 2) for sku in SKUS])


def edit(world: WireWorld) -> None:
    """One more unit on a line of the order that was edited before."""
    order_id = min(world.site.orders)
    line = world.hands.lines(order_id)[-1]
    world.hands.edit_line(order_id, line, 3)


def cancellation(world: WireWorld) -> None:
    """The last order that is not done with is cancelled."""
    open_ = [one.id for one in world.site.orders.values() if one.status == "processing"]
    world.hands.cancel(max(open_))


def hand_edit(world: WireWorld) -> None:
    """Somebody counts, and enters a level by hand."""
    products = {one.sku: one.id for one in world.site.products.values()}
    world.hands.set_level(products["MUG"], 99)


HAPPENINGS: dict[str, Happening] = {
    "an order": order,
    "an edited line": edit,
    "a cancellation": cancellation,
    "a level by hand": hand_edit,
}


@contextmanager
def own_books(world: WireWorld) -> Iterator[None]:
    """The back office over a connection of this thread, in which the site answers."""
    mine = world.office
    world.office = type(mine)(world.folder / "books.db", demo=False)
    try:
        yield
    finally:
        world.office.close()
        world.office = mine


@dataclass
class Witness:
    """Lets things happen just before requests, and judges every level when it is written.

    `happens`: by the number of the request. `most`: by SKU, the most that there was to sell at any time since the last
    walk through the orders began; what is written may not be more. `walked`: whether the orders were read since the
    levels were: else the walk was too early.
    """

    world: WireWorld
    happens: Mapping[int, Happening]
    most: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    written: int = 0
    happened: int = 0
    walked: bool = False

    def __post_init__(self) -> None:
        self.begun = self.world.server.count
        self.skus = {one.id: one.sku for one in self.world.site.products.values() if one.manage_stock}
        self.world.server.before, self.world.server.after = self.before, self.after

    def before(self, request: Request) -> None:
        for happening in filter(None, [self.happens.get(request.number - self.begun)]):
            happening(self.world)
            self.happened += 1
        with own_books(self.world):
            now = {sku: oracle.most_of(self.world, sku) for sku in self.skus.values()}
        walk_begins = request.path.endswith(f"{API}orders") and request.query.get("offset") == "0"
        levels_read = request.method == "GET" and "include" in request.query and not request.path.endswith("orders")
        self.walked = walk_begins or (self.walked and not levels_read)
        self.most = now if walk_begins else {sku: max(most, now[sku]) for sku, most in {**now, **self.most}.items()}
        self.shown = {one: len(self.world.site.oracle.levels[one]) for one in self.skus}

    def after(self, _request: Request, _answer: Answer) -> None:
        for product_id, sku in self.skus.items():
            for level in self.world.site.oracle.levels[product_id][self.shown[product_id] :]:
                if level.by != "api":
                    continue
                self.written += 1
                if not self.walked:
                    self.wrong.append(f"I3: {sku} was written, and no orders were read since its level was")
                if level.quantity > self.most[sku]:
                    self.wrong.append(f"I3: {level.quantity} of {sku} were written, of {self.most[sku]} to sell")


def race(scene: Scene, happens: Mapping[int, Happening]) -> list[str]:
    """What is wrong with a cycle during which that happens, and after two clean ones on the next day."""
    world = scene.fresh()
    witness = Witness(world, happens)
    since = len(world.site.oracle.events)
    ended = world.command()
    world.server.heal()
    assert world.server.errors == []
    assert witness.written and witness.happened == len(happens)
    found = [*witness.wrong, *told(ended.text)]
    found += [] if ended.code in (0, 1) else [f"it ended with {ended.code}: {ended.text[-800:]}"]
    found += [one for one in oracle.wrong(world, since) if not one.startswith("I3")]  # those were judged when written
    return found + [f"later: {one}" for one in settled(world)]


def settled(world: WireWorld) -> Iterator[str]:
    """What does not hold after two clean cycles on the next day: each level is what there is to sell, for one."""
    world.server.before, world.server.after = (lambda _request: None), (lambda _request, _answer: None)
    world.hurry += LATER
    for _ in range(2):
        since = len(world.site.oracle.events)
        ended = world.command()
        if ended.code not in (0, 1):
            yield f"a clean cycle ended with {ended.code}: {ended.text[-800:]}"
        yield from oracle.wrong(world, since)
    for product in world.site.products.values():
        if product.manage_stock and product.quantity != (most := oracle.most_of(world, product.sku)):
            yield f"{product.quantity} of {product.sku} are shown, of {most} to sell"
    yield from oracle.lost(world)


def test_the_law_of_levels_holds_where_nothing_happens(scene: Scene) -> None:
    assert race(scene, {}) == []


@pytest.mark.parametrize("name", HAPPENINGS)
def test_whatever_happens_before_a_request_no_more_is_promised_than_came_since_the_orders_were_read(
    scene: Scene, requests: list[tuple[str, str]], name: str, record_property: Record
) -> None:
    first = list(HAPPENINGS).index(name) % PART
    numbers = range(1, len(requests) + 1) if ALL else range(1 + first, len(requests) + 1, PART)
    found = [
        f"{name} before request {number} {requests[number - 1]}: {one}"
        for number in numbers
        for one in race(scene, {number: HAPPENINGS[name]})
    ]
    record_property("wire races", len(numbers))
    record_property("wire violations", len(found))
    assert not found, "\n".join(found)


def test_two_things_happen_in_one_cycle(scene: Scene, requests: list[tuple[str, str]], record_property: Record) -> None:
    draw = random.Random("pairs of races")
    found = []
    for _ in range(PAIRS * (8 if ALL else 1)):
        first, second = sorted(draw.sample(range(1, len(requests) + 1), 2))
        names = draw.choices(list(HAPPENINGS), k=2)
        wrong = race(scene, {first: HAPPENINGS[names[0]], second: HAPPENINGS[names[1]]})
        found += [f"{names[0]} before request {first}, {names[1]} before {second}: {one}" for one in wrong]
    record_property("wire races", PAIRS)
    record_property("wire violations", len(found))
    assert not found, "\n".join(found)
