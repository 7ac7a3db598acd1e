"""Something happens on the site during a cycle, and every level is judged when it is written."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.wire import Answer, Request
from tests.wire import oracle
from tests.wire.cells import told
from tests.wire.world import LATER, Scene, WireWorld

Happening = Callable[[Any], object]


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

    `happens`: before the request with which number. `most`: by SKU, the most that there is to sell; where the site
    compares nothing, at any time since the last walk through the orders began. `walked`: whether the orders were read
    since the levels were: else the walk was too early. `read`: what each level was when it was read last.
    """

    world: WireWorld
    happens: Sequence[tuple[int, Happening]]
    most: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    written: int = 0
    happened: int = 0
    walked: bool = False
    read: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.begun = self.world.server.count
        self.skus = self.world.goods()
        self.world.server.before, self.world.server.after = self.before, self.after

    def before(self, request: Request) -> None:
        for number, happening in self.happens:
            if number == request.number - self.begun:
                happening(self.world)
                self.happened += 1
        with own_books(self.world):
            now = {sku: oracle.most_of(self.world, sku) for sku in self.skus.values()}
        begins, reads = self.world.begins_walk(request), self.world.reads_levels(request)
        self.walked = begins or (self.walked and not reads)
        anew = begins or self.world.compares
        self.most = now if anew else {sku: max(most, now[sku]) for sku, most in {**now, **self.most}.items()}
        self.levels = {one: self.world.levels_of(one) for one in self.skus}
        if reads:
            self.read = {one: levels[-1].quantity for one, levels in self.levels.items()}

    def after(self, _request: Request, _answer: Answer) -> None:
        for goods_id, sku in self.skus.items():
            known = self.levels[goods_id]
            for level in self.world.levels_of(goods_id)[len(known) :]:
                if level.ours:
                    self.written += 1
                    self.wrong += self._judged(sku, level.quantity, self.read.get(goods_id), known[-1].quantity)

    def _judged(self, sku: str, quantity: int, read: Any, stood: Any) -> Iterator[str]:
        if not self.walked:
            yield f"I3: {sku} was written, and no orders were read since its level was"
        if quantity > self.most[sku]:
            yield f"I3: {quantity} of {sku} were written, of {self.most[sku]} to sell"
        if self.world.compares and read != stood:
            yield f"{quantity} of {sku} were written over {stood}, which nobody had read: it was {read} then"


def race(scene: Scene, *happens: tuple[int, Happening]) -> list[str]:
    """What is wrong with a cycle during which that happens, and after two clean ones on the next day."""
    world = scene.fresh()
    witness = Witness(world, happens)
    since = world.events()
    ended = world.command()
    world.server.heal()
    assert world.server.errors == []
    assert witness.written
    assert witness.happened == sum(number <= len(world.server.log) for number, _ in happens)  # one less may be asked
    found = [*witness.wrong, *told(world, ended.text)]
    found += [] if ended.code in (0, 1) else [f"it ended with {ended.code}: {ended.text[-800:]}"]
    found += [one for one in oracle.wrong(world, since) if not one.startswith("I3")]  # those were judged when written
    return found + [f"later: {one}" for one in settled(world)]


def settled(world: WireWorld) -> Iterator[str]:
    """What does not hold after two clean cycles on the next day: each level is what there is to sell, for one."""
    world.server.before, world.server.after = (lambda _request: None), (lambda _request, _answer: None)
    world.hurry += LATER
    for _ in range(2):
        since = world.events()
        ended = world.command()
        if ended.code not in (0, 1):
            yield f"a clean cycle ended with {ended.code}: {ended.text[-800:]}"
        yield from oracle.wrong(world, since)
    for goods_id, sku in world.goods().items():
        shown, most = world.levels_of(goods_id)[-1].quantity, oracle.most_of(world, sku)
        if shown != most:
            yield f"{shown} of {sku} are shown, of {most} to sell"
    yield from oracle.lost(world)
