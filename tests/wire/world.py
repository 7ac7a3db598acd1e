"""The scene: a site and a back office in step, and then a busy day that one cycle must carry.

It is set once; each cell of the tests begins from a copy of it, a day later, so that what is done daily is due too.
Nothing is waited for: a run that has to wait is told that the time has passed.
"""

import io
import logging
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import syncctl.config
import syncctl.connectors.woocommerce.site
import syncctl.cycle
from syncctl import times
from syncctl.cli import run as run_command
from syncctl.connectors.http import Http
from syncctl.connectors.patience import Patience
from syncctl.connectors.woocommerce.site import Site as Client
from syncctl.connectors.woocommerce.site import wire_of
from tests.fakes.wire import names
from tests.fakes.woo.shop import Fee, Line, Shop
from tests.fakes.woo.site import Frozen
from tests.woo_world import WooCycles

PAGE = 5
SILENCE = 0.25  # seconds; after so long the site is taken to be silent
DEADLINE = 0.6
LATER = timedelta(hours=25)
ADDRESS = {
    "first_name": "Ada",
    "last_name": "Byron-Canary",
    "address_1": "12 Canary Lane",
    "city": "Canaryville",
    "postcode": "LS1 4AP",
    "country": "GB",
    "email": "ada.canary@example.com",
    "phone": "+447700900123",
}
GUEST = {"first_name": "Greta", "last_name": "Guest-Canary", "email": "greta.canary@example.com", "country": "GB"}
SECTIONS: dict[str, Any] = {
    "orders": {"reread_open": "0s"},
    "customers": {"trigger": "any", "upload": "linked", "country": "GB"},
    "safety": {"settle": "0s"},
}


class Ended(NamedTuple):
    """How the command ended, and all that it printed."""

    code: int
    text: str


class Passing:
    """Seconds that pass as they do, and at once where somebody waits. `waits`: what every run waited in all."""

    def __init__(self) -> None:
        self.skipped = 0.0
        self.waits: list[Patience] = []

    def now(self) -> float:
        return time.monotonic() + self.skipped

    def sleep(self, seconds: float) -> None:
        self.skipped += seconds

    def patience(self, *given: Any, **options: Any) -> Patience:
        self.waits.append(Patience(*given, **options, clock=self.now, sleeper=self.sleep))
        return self.waits[-1]


@contextmanager
def hurried() -> Iterator[Passing]:
    """Small pages, short silences, and no waiting."""
    begin, passing = Client.__init__, Passing()

    def small(self: Client, *given: Any) -> None:
        begin(self, *given)
        self.page_size = PAGE

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "__init__", small)
        patch.setattr(
            syncctl.connectors.woocommerce.site,
            "wire_of",
            lambda settings: replace(wire_of(settings), timeout=SILENCE, deadline=DEADLINE, max_bytes=2**21),
        )
        patch.setattr(syncctl.connectors.woocommerce.site, "Http", partial(Http, clock=passing.now))
        patch.setattr(syncctl.cycle, "Patience", passing.patience)
        yield passing


class WireWorld(WooCycles):
    """The world of cycles over WooCommerce, run as a command, at a time of its own.

    `hurry`: how far all clocks are ahead.
    """

    hurry = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC).replace(microsecond=0) + self.hurry

    def command(self, *arguments: str) -> Ended:
        """`syncctl -vv sync-all`, or another command; what it asks the site is in `server.log` afterwards."""
        printed = io.StringIO()
        self.server.log.clear()
        self.site.clock = self.now
        with (
            redirect_stdout(printed),
            redirect_stderr(printed),
            logged(printed),
            names(self.server),
            pytest.MonkeyPatch.context() as to,
        ):
            to.setattr(syncctl.config, "load_config", lambda _path, _environ: self.settings)
            to.setattr(times, "now", self.now)
            try:
                run_command(["--config", str(self.config), "-vv", *(arguments or ("sync-all",))])
            except SystemExit as ending:
                return Ended(int(ending.code or 0), printed.getvalue())


@contextmanager
def logged(to: io.StringIO) -> Iterator[None]:
    """Whatever anybody logs is looked at too, as if a person had asked for all of it."""
    handler, root = logging.StreamHandler(to), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.setLevel(level)
        root.removeHandler(handler)


class Scene:
    """The busy day at rest: a folder and a site; `fresh` begins from the very same bytes, one world at a time."""

    def __init__(self, folder: Path, **sections: Any) -> None:
        self.world = WireWorld(folder / "scene", **{**SECTIONS, **sections})
        set_scene(self.world)
        self.rest = folder / "rest"
        shutil.copytree(self.world.folder, self.rest)
        self.site: Frozen = self.world.site.freeze()

    def close(self) -> None:
        self.world.__exit__()

    def fresh(self) -> WireWorld:
        """The world as it was, a day later."""
        world = self.world
        world.server.heal()
        world.office.close()
        shutil.rmtree(world.folder)
        shutil.copytree(self.rest, world.folder)
        world.site = world.server.site = self.site.thaw(world.now)
        world.hands = Shop(world.site)
        world.office = type(world.office)(world.folder / "books.db", demo=False)
        world.change()
        world.hurry = LATER
        return world


def set_scene(world: WireWorld) -> None:
    """Both sides in step; then the busy day."""
    for sku, price, units in (
        ("MUG", "8.50", 40),
        ("TEAPOT", "24.00", 12),
        ("LANTERN", "14.25", 30),
        ("TRAY", "32.95", 8),
    ):
        world.sell(sku, price, units)
    world.sell_variations("TEE", {"TEE-S": 20, "TEE-M": 20, "TEE-L": 20}, "12.00")
    world.office.upsert_customer(name="Carl Known", emails=("carl.canary@example.com",))
    ada = world.hands.add_customer(
        "ada.canary@example.com", first_name="Ada", last_name="Byron-Canary", billing=ADDRESS
    )
    place = partial(_place, world)
    orders = {
        "edited": place({"MUG": 2, "LANTERN": 1}, customer=ada),
        "cancelled": place({"MUG": 1, "TEAPOT": 1}, customer=ada, shipping=("4.95", "0.99")),
        "restocked": place({"LANTERN": 3}, customer=ada),
        "written-off": place({"LANTERN": 2}, customer=ada),
        "shipped": place({"TEAPOT": 2}, customer=ada),
        "paid-late": place({"TRAY": 1}, customer=ada, status="pending"),
    }
    for _ in range(2):
        assert world.command().code == 0
    _trade_online(world, orders, place, ada)
    _trade_at_the_counter(world, str(orders["shipped"]))


def _place(world: WireWorld, units: Mapping[str, int], tax: str = "0", **more: Any) -> int:
    products = {one.sku: one.id for one in world.site.products.values()}
    lines = [Line(products[sku], count, tax=tax) for sku, count in units.items()]
    return world.hands.place(lines, **more)


def _trade_online(world: WireWorld, orders: Mapping[str, int], place: Callable[..., int], ada: int) -> None:
    hands = world.hands
    products = {one.sku: one.id for one in world.site.products.values()}
    hands.edit_line(orders["edited"], hands.lines(orders["edited"])[0], 1)
    hands.cancel(orders["cancelled"])
    hands.refund(orders["restocked"], {hands.lines(orders["restocked"])[0]: 1}, restock=True)
    hands.refund(orders["written-off"], {hands.lines(orders["written-off"])[0]: 1}, restock=False)
    hands.set_status(orders["paid-late"], "processing")
    hands.change_customer(ada, billing={**ADDRESS, "address_1": "9 Canary Street"})
    carl = hands.add_customer("carl.canary@example.com", first_name="Carl", last_name="Known")
    place({"MUG": 3, "TEE-S": 1}, customer=ada, coupon="TEN")
    place({"TEE-M": 2}, tax="4.40", customer=carl, fees=[Fee("Gift wrap", "2.00", "0.40")])
    place({"TRAY": 1}, billing=GUEST)
    hands.set_level(products["TEE-L"], 3)


def _trade_at_the_counter(world: WireWorld, shipped: str) -> None:
    office = world.office
    office.sell("LANTERN", 4)
    office.receive("TEAPOT", 5)
    office.set_price("LANTERN", "15.00")
    office.set_price("TEE-S", "12.50")
    [reference] = [one.reference for one in world.documents() if one.kind == "sale" and one.order_id == shipped]
    office.ship(reference, tracking_number="TRACK-1", carrier="Royal Mail")
    [ada] = [one for one in office.customers() if "ada.canary@example.com" in one.emails]
    office.upsert_customer(ada.id, phones=("+447700900999",))
