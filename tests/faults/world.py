"""The scenario: two shops and a back office in step, and then a busy day that one cycle must carry.

It is set once in a folder; each cell of the tests begins from a copy of it. Pages and batches are small, so that the
cycle has several of each, and readings do not overlap, which would bring a page that was lost back.
"""

import io
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import syncctl.config
import syncctl.connectors.sandbox.store
import syncctl.connectors.sandbox.walk
import syncctl.cycle
from syncctl.cli import run as run_command
from syncctl.connectors.sandbox.bodies import NewLine
from syncctl.connectors.sandbox.books import SandboxBooks
from syncctl.connectors.sandbox.store import SandboxStore
from syncctl.errors import Unreachable
from syncctl.model import Address, Consent
from tests.fakes.faulty import FailBefore, Fault, Plan, on
from tests.stock_world import StockWorld

OFFICE = "back-office"
STORES = ("shop", "other")
PAGE = 4
SECTIONS: dict[str, Any] = {
    # open orders are read again in each cycle; unknown SKUs are made: for the calls that this takes
    "orders": {"unknown_sku": "create", "reread_open": "0s"},
}
GOODS = (
    ("MUG", "8.50", 40),
    ("TEAPOT", "24.00", 12),
    ("LANTERN", "14.25", 30),
    ("TRAY", "32.95", 8),
    ("BUNTING", "11.00", 60),
    ("SPOON", "4.00", 20),
)
ADDRESS = Address(name="Ada Byron", street="12 Mill Lane", city="Leeds", country="GB")


@contextmanager
def in_memory() -> Iterator[Path]:
    """A folder that is in memory where the machine offers it."""
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="syncctl-faults-", dir=place) as folder:
        yield Path(folder)


@contextmanager
def small_steps(page: int = PAGE) -> Iterator[None]:
    """Sandboxes read and write a few records at a time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(syncctl.connectors.sandbox.walk, "OVERLAP_SECONDS", 0)
        patch.setattr(syncctl.connectors.sandbox.store, "PAGE_SIZE", page)
        patch.setattr(SandboxBooks, "page_size", page)
        able = SandboxStore.abilities
        batches = {"level_batch": page, "price_batch": page, "fulfilment_batch": 2}
        patch.setattr(SandboxStore, "abilities", replace(able, **batches))
        yield


class Ended(NamedTuple):
    """How the command ended, and all that it printed."""

    code: int
    text: str


class FaultWorld(StockWorld):
    """The world of the tests of stock, over the command line, and from a copy of a folder."""

    def command(self, plans: Mapping[str, Plan | list[Fault]], *arguments: str) -> Ended:
        """`syncctl sync-all`, or another command, over connectors with these faults."""
        printed = io.StringIO()
        with (
            self.connected(plans),
            redirect_stdout(printed),
            redirect_stderr(printed),
            pytest.MonkeyPatch.context() as to,
        ):
            to.setattr(syncctl.config, "load_config", lambda _path, _environ: self.settings)
            try:
                run_command(["--config", str(self.config), *(arguments or ("sync-all",))])
            except SystemExit as ending:
                return Ended(int(ending.code or 0), printed.getvalue())


@dataclass(frozen=True, slots=True)
class Scene:
    """A scenario in its folder. `options`: how its world is made."""

    folder: Path
    options: Mapping[str, Any]
    kind: "type[FaultWorld]" = FaultWorld

    def fresh(self) -> Path:
        """The folder of a new cell, which begins from the very same bytes; there is one at a time."""
        folder = self.folder.with_name("cell")
        shutil.rmtree(folder, ignore_errors=True)
        return Path(shutil.copytree(self.folder, folder))

    @contextmanager
    def opened(self, folder: Path) -> Iterator[FaultWorld]:
        """The world of a cell."""
        world = self.kind(folder, goods=(), **self.options)
        try:
            yield world
        finally:
            world.close()

    def copy(self) -> AbstractContextManager[FaultWorld]:
        """The world of a new cell."""
        return self.opened(self.fresh())


def set_scene(folder: Path, **options: Any) -> Scene:
    """Both sides in step, with a price whose reply was lost; then the busy day."""
    options = {"stores": STORES, **SECTIONS, **options}
    world = FaultWorld(folder, goods=GOODS, **options)
    _begin(world)
    world.settle()
    world.office.set_price("SPOON", "4.20")
    world.shop.place_order([("BUNTING", 1)], order_id="on-its-way")  # its payment is, where the books answer later
    for _ in range(2):
        world.run(plans={"shop": [FailBefore(on("push_prices"), Unreachable("down"))]})
    _trade_online(world)
    _trade_at_the_counter(world)
    world.close()
    return Scene(folder, options)


def _begin(world: FaultWorld) -> None:
    shop, other = world.shops.values()
    world.office.upsert_customer(name="Carl Known", emails=("carl@example.com",))
    yes = Consent(channel="email", state="subscribed", source="checkout")
    ada = shop.upsert_customer(name="Ada Byron", emails=("ada@example.com",), addresses=(ADDRESS,), consents=(yes,))
    shop.place_order([("MUG", 2), ("LANTERN", 1)], customer=ada, order_id="edited")
    shop.place_order([("MUG", 1), ("TEAPOT", 1)], customer=ada, charges={"shipping": "4.95"}, order_id="cancelled")
    shop.place_order([("LANTERN", 3)], customer=ada, order_id="restocked")
    shop.place_order([("LANTERN", 2)], customer=ada, order_id="written-off")
    shop.place_order([("TEAPOT", 2)], customer=ada, order_id="shipped")
    shop.place_order([("TRAY", 1)], customer=ada, financial_status="pending", order_id="paid-late")
    other.place_order([("BUNTING", 2)], order_id="shipped-too")


def _trade_online(world: FaultWorld) -> None:
    shop, other = world.shops.values()
    [ada] = shop.customers()
    lines = {order: [line["id"] for line in shop.order(order)["lines"]] for order in shop.order_ids()}
    shop.edit_order("edited", {lines["edited"][0]: 1})
    shop.cancel_order("cancelled", refund=False)
    shop.refund("restocked", {lines["restocked"][0]: 1}, restock=True)
    shop.refund("written-off", {lines["written-off"][0]: 1}, restock=False)
    shop.pay("paid-late")
    shop.upsert_customer(ada["id"], phones=("+447700900123",), addresses=(replace(ADDRESS, street="9 High Street"),))
    carl = shop.upsert_customer(name="Carl Known", emails=("carl@example.com",))
    shop.place_order([("MUG", 3), ("MUG", 1)], customer=ada["id"], charges={"discount": "-1.00"}, order_id="new")
    shop.place_order([NewLine(sku="BUNTING", quantity=2, tax="4.40")], customer=carl, order_id="new-known")
    shop.place_order([("TRAY", 1)], customer={"name": "Greta", "emails": ["greta@example.com"]}, order_id="new-guest")
    shop.set_level("BUNTING", 11)
    other.place_order([NewLine(sku="NOVELTY", price="5.00", title="Nobody knows yet"), ("MUG", 1)], order_id="novel")
    other.set_level("BUNTING", 70)


def _trade_at_the_counter(world: FaultWorld) -> None:
    office = world.office
    office.sell("LANTERN", 4)
    office.receive("TEAPOT", 5)
    office.set_price("LANTERN", "15.00")
    sales = {one.order_id: one.reference for one in world.documents() if one.kind == "sale"}
    office.ship(sales["shipped"], tracking_number="TRACK-1", carrier="Royal Mail")
    office.ship(sales["shipped-too"])
