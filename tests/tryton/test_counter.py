"""Something happens in Tryton between two calls of a cycle: no unit that was sold there is put on sale in the shop.

What the shop is made to show is never more than there was to sell at some time while the stock was read that it is
based on (I3), and the next cycle shows exactly what is left. SYNCCTL_TRYTON_RACES=all lets each thing happen before
each call; the normal run before some, most of them of the reading of stock.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest

from syncctl.connectors.tryton.books import TrytonBooks
from tests.fakes.wire import Request
from tests.tryton.busy import Busy, BusyWorld, reference_of
from tests.tryton.counted import Counted, wanted_of
from tests.tryton.server import TrytonServer

ALL = os.environ.get("SYNCCTL_TRYTON_RACES") == "all"
Record = Callable[[str, object], None]


def ordinary_day(world: BusyWorld) -> None:
    """An order in the books, another that waits, a counter sale that is to be sent, and a price that rose."""
    world.shop.place_order([("MUG", 2)])
    world.people.sell("MUG", 5, shipped=False)
    for _ in range(2):
        assert world.command().code == 0
    world.shop.place_order([("MUG", 3), ("TRAY", 1)])
    world.people.sell("TRAY", 2)
    world.people.set_price("TRAY", "4.50")


def open_shipment(world: BusyWorld) -> int:
    """The counter sale's that is to be sent."""
    domain = [["state", "=", "waiting"], ["customer", "=", world.people.counter]]
    return int(world.people.do.one("stock.shipment.out", domain)["id"])


HAPPENINGS: dict[str, Callable[[BusyWorld], object]] = {
    "sold and taken along": lambda world: world.people.sell("MUG", 7),
    "sold, and to be sent": lambda world: world.people.sell("MUG", 7, shipped=False),
    "an order of the web leaves": lambda world: world.people.ship(reference_of(world, "1001")),
    "what was sold is not wanted": lambda world: world.people.do(
        "stock.shipment.out", "cancel", [open_shipment(world)]
    ),
    "goods come in": lambda world: world.people.receive("MUG", 6),
}


@dataclass
class Witness:
    """Lets something happen before one call, and keeps in mind what there was to sell while stock was read.

    `number`: of the call. `most`: by SKU; `reads`: the calls of the reading, as they are numbered.
    """

    world: BusyWorld
    falls_on: str
    number: int = 0
    happening: Callable[[BusyWorld], object] = lambda _world: None
    most: dict[str, int] = field(default_factory=dict)
    reads: list[int] = field(default_factory=list)
    happened: bool = False
    reading: bool = False

    def __post_init__(self) -> None:
        self.begun, self.wanted = self.world.relay.count, wanted_of(self.world)
        self.world.relay.before = self.before

    def before(self, request: Request) -> None:
        number = request.number - self.begun
        self.reads += [number] if self.reading else []
        if number == self.number:
            self.happening(self.world)
            self.happened = True
            self.look()

    def look(self) -> None:
        if self.reading:
            now = Counted.goods_of(self.world.people.do).most(self.wanted, self.falls_on)
            self.most = {sku: max(units, self.most.get(sku, 0)) for sku, units in now.items()}

    def run(self) -> list[str]:
        """One cycle; what is wrong with what it made the shop show."""
        truly, shown = TrytonBooks.fetch_stock, self.world.shown()

        def watched(books: TrytonBooks, cursor: str | None) -> Iterator[Any]:
            self.reading, self.most = True, {}
            self.look()
            yield from truly(books, cursor)
            self.reading = False

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(TrytonBooks, "fetch_stock", watched)
            ended = self.world.command()
        assert self.world.relay.errors == []
        return [
            *self._judged(shown),
            *([] if ended.code == 0 else [f"it ended with {ended.code}: {ended.text[-600:]}"]),
        ]

    def _judged(self, before: dict[str, int | None]) -> Iterator[str]:
        for sku, units in self.world.shown().items():
            if units != before[sku] and (units or 0) > self.most[sku]:
                yield f"I3: {units} of {sku} are shown, of {self.most[sku]} to sell when stock was read"


class Calm(NamedTuple):
    """The scene, the calls of a cycle to which nothing happens, and which of them read stock."""

    scene: Busy
    falls_on: str
    calls: Sequence[str]
    reads: Sequence[int]


@pytest.fixture(scope="module", params=["order", "shipment"])
def calm(
    request: pytest.FixtureRequest, running: TrytonServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Calm]:
    scene = Busy(tmp_path_factory.mktemp("ordinary"), running, request.param, ordinary_day)
    world = scene.fresh()
    witness = Witness(world, request.param)
    assert witness.run() == []
    assert world.shown() == {"MUG": 90, "TRAY": 47} if request.param == "order" else {"MUG": 95, "TRAY": 47}
    assert len(witness.reads) >= 2
    yield Calm(scene, request.param, world.relay.calls(), witness.reads)
    scene.close()


def chosen(calm: Calm, name: str) -> Sequence[int]:
    """Before which calls it happens; one more than there are: after them all."""
    every = list(range(1, len(calm.calls) + 2))
    if ALL:
        return every
    place = list(HAPPENINGS).index(name)
    if place >= 2 or calm.falls_on == "shipment":
        return calm.reads[-1:]
    rest = [one for one in every if one not in calm.reads]
    return [*calm.reads[place::2], rest[(2 * place + 1) * len(rest) // 4]]


@pytest.mark.parametrize("name", HAPPENINGS)
def test_whatever_happens_between_two_calls_no_more_is_put_on_sale_than_is_there(
    calm: Calm, name: str, record_property: Record
) -> None:
    found, numbers = [], chosen(calm, name)
    for number in numbers:
        world = calm.scene.fresh()
        witness = Witness(world, calm.falls_on, number, HAPPENINGS[name])
        wrong = witness.run()
        if not witness.happened:
            assert number >= len(world.relay.log)
            HAPPENINGS[name](world)
        wrong += [f"later: {one}" for one in settled(world, calm.falls_on)]
        found += [f"{name} before call {number} {[*calm.calls, 'the end'][number - 1]}: {one}" for one in wrong]
    record_property("tryton races", len(numbers))
    record_property("tryton violations", len(found))
    assert not found, "\n".join(found)
    assert numbers


def settled(world: BusyWorld, falls_on: str) -> Iterator[str]:
    """What does not hold after one more cycle: each level is what there is to sell, neither more nor less."""
    world.relay.heal()
    ended = world.command()
    if ended.code:
        yield f"a clean cycle ended with {ended.code}: {ended.text[-600:]}"
    most = Counted.goods_of(world.people.do).most(wanted_of(world), falls_on)
    if world.shown() != most:
        yield f"{world.shown()} are shown, of {most} to sell"
