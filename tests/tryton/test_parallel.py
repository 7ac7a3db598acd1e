"""Two runs of ours at once, each over a hub of its own, that book the same orders in the same Tryton.

A lock keeps two runs over one hub apart; nothing but Tryton keeps apart a hub and its copy on another machine. Whoever
comes second sees that it was done, and takes that for no refusal. SYNCCTL_TRYTON_KILLS=all overtakes a run at more of
its calls.
"""

import json
import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from subprocess import Popen
from threading import Event
from typing import Any

import pytest

from tests.fakes.wire import Request
from tests.tryton import counted
from tests.tryton.busy import Busy, BusyWorld, program, reference_of
from tests.tryton.relay import called
from tests.tryton.server import TrytonServer

ALL = os.environ.get("SYNCCTL_TRYTON_KILLS") == "all"
Held = tuple[str, int]
"""The call that one run is about to make while the other makes its whole cycle, and which of those."""
ORDERS: tuple[Held, ...] = (
    ("model.sale.sale.create", 1),
    ("model.sale.sale.quote", 1),
    ("model.sale.sale.write", 1),  # payments
)
MORE_ORDERS: tuple[Held, ...] = (
    ("model.party.party.create", 1),  # customers
    ("model.party.party.create", 2),  # who said no name
    ("model.sale.sale.confirm", 1),
)
CREDITS: tuple[Held, ...] = (
    ("model.sale.line.write", 1),  # what has not left is about to be taken off
    ("model.sale.line.write", 3),  # what came back is about to be put on the shelf
)
MORE_CREDITS: tuple[Held, ...] = (
    ("model.stock.shipment.out.draft", 1),
    ("model.stock.move.cancel", 1),
    ("model.stock.move.do", 1),
)


def buyers(world: BusyWorld) -> None:
    """Both sides in step; then somebody whom nobody knows yet buys, and somebody who says no name."""
    assert world.command().code == 0
    bea = world.shop.upsert_customer(name="Bea Canary", emails=["bea.canary@example.com"])
    world.shop.place_order([("MUG", 3)], customer=bea, charges={"shipping": "4.95"})
    world.shop.place_order([("TRAY", 1)])


def givers(world: BusyWorld) -> None:
    """Both sides in step; then something is given back of what was not sent, and of what was."""
    unsent, sent = (world.shop.place_order([("TRAY", 3)]) for _ in range(2))
    assert world.command().code == 0
    world.people.ship(reference_of(world, sent))
    assert world.command().code == 0
    for order in (unsent, sent):
        world.shop.refund(order, {world.line_ids(order)[0]: 1}, restock=True)


@pytest.fixture(scope="module")
def orders(running: TrytonServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Busy]:
    scene = Busy(tmp_path_factory.mktemp("orders"), running, "order", buyers)
    yield scene
    scene.close()


@pytest.fixture(scope="module")
def credits(running: TrytonServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Busy]:
    scene = Busy(tmp_path_factory.mktemp("credits"), running, "order", givers)
    yield scene
    scene.close()


def elsewhere(world: BusyWorld, folder: Path, address: str) -> Path:
    """A copy of the hub with the same shop, and with no relay between; its configuration."""
    shutil.copytree(world.folder, folder, ignore=shutil.ignore_patterns("shop.db*", "books.db*"))  # those are open
    sections = json.loads(world.config.read_text())
    sections["stores"]["shop"]["path"] = str(world.folder / "shop.db")
    sections["back_office"]["url"] = address
    config = folder / world.config.name
    config.write_text(json.dumps(sections))
    return config


def hold(world: BusyWorld, method: str, place: int) -> tuple[Event, Event]:
    """Keep a call of this method waiting: whether it waits, and how to let it go on."""
    waits, goes_on, seen = Event(), Event(), Counter[str]()

    def before(request: Request) -> None:
        seen[called(request)] += 1
        if called(request) == method and seen[method] == place:
            waits.set()
            assert goes_on.wait(60)

    world.relay.before = before
    return waits, goes_on


def ended(process: "Popen[bytes]") -> tuple[int, str]:
    output = process.communicate(timeout=120)[0].decode(errors="replace")
    return process.returncode, output


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "hub.db")) as hub:
        return hub.execute(query).fetchall()


@pytest.mark.parametrize(("method", "place"), (*ORDERS, *(MORE_ORDERS if ALL else ())))
def test_an_order_is_booked_once_whoever_comes_first(orders: Busy, tmp_path: Path, method: str, place: int) -> None:
    overtake(orders, tmp_path / "elsewhere", method, place)


@pytest.mark.parametrize(("method", "place"), (*CREDITS, *(MORE_CREDITS if ALL else ())))
def test_a_credit_is_booked_once_whoever_comes_first(credits: Busy, tmp_path: Path, method: str, place: int) -> None:
    overtake(credits, tmp_path / "elsewhere", method, place)


def overtake(scene: Busy, folder: Path, method: str, place: int) -> None:
    """One run is kept waiting before this call until another has made its whole cycle."""
    world = scene.fresh()
    config = elsewhere(world, folder, scene.server.address)
    waits, goes_on = hold(world, method, place)
    first = world.process()
    assert waits.wait(60)
    code, output = ended(program(config))
    assert code == 0, output
    goes_on.set()
    code, output = ended(first)
    assert code == 0, output
    judge(world, folder)


def test_two_runs_that_begin_at_once_book_each_order_once(orders: Busy, tmp_path: Path) -> None:
    world = orders.fresh()
    config = elsewhere(world, tmp_path / "elsewhere", orders.server.address)
    both = [world.process(), program(config)]
    for code, output in map(ended, both):
        assert code in (0, 1, 3) and "Traceback" not in output, output
    judge(world, config.parent)


def judge(world: BusyWorld, other: Path) -> None:
    """Each order is in Tryton once, both hubs know it by the same sale, and nobody is asked to look at anything.

    What one hub takes off a level is to the other a drop that no order explains, which it holds back in that cycle.
    """
    assert world.relay.errors == []
    assert counted.wrong(world) == []
    found = ["no cycle was run"]
    for _ in range(counted.MOST_CYCLES):
        assert world.command().code == 0
        code, output = ended(program(other / world.config.name))
        assert code == 0, output
        there = counted.Counted.of(world.people.do)
        assert counted.wrong(world, there) == []
        if not (found := counted.settled(world, there)):
            break
    assert found == []
    documents = "SELECT reference, kind, total, remote_id, state FROM document ORDER BY reference"
    assert rows(world.folder, documents) == rows(other, documents)
    assert rows(world.folder, "SELECT * FROM hold") == rows(other, "SELECT * FROM hold") == []
