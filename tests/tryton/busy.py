"""One busy day between a sandbox shop and a real Tryton, at rest: each try begins from the very same bytes.

Whoever is to be disturbed reaches Tryton through a relay; the people there, and the eyes of the tests, do not.
"""

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import syncctl.config
import syncctl.connectors.tryton.rpc
import syncctl.cycle
from syncctl.connectors.http import Http
from syncctl.connectors.sandbox.office import Office
from syncctl.connectors.sandbox.shop import Shop
from syncctl.connectors.tokens import token_file
from syncctl.model import Address
from tests.crash.oracle import State
from tests.tryton.relay import Relay
from tests.tryton.server import PASSWORD, TrytonServer
from tests.tryton.world import TrytonWorld
from tests.wire.cells import secret_forms
from tests.wire.world import Ended, Passing, commanded

ROOT = Path(__file__).parents[2]
ADDRESS = Address(
    name="Ada Byron-Canary", street="12 Canary Lane", city="Canaryville", postal_code="LS1 4AP", country="GB"
)
MOVED_TO = "9 Canary Street"
PHONE, NEW_PHONE = "+441134960123", "+441134960999"
EMAILS = ("ada.canary@example.com", "bea.canary@example.com", "carl.canary@example.com", "greta.canary@example.com")
NAMES = ("Byron-Canary", "Bea Canary", "Carl Canary", "Greta Guest-Canary")
TAX_ID, NEW_TAX_ID, CARLS_TAX_ID = "GB980780684", "DE136695976", "GB107320122"
TAX_IDS = (TAX_ID, NEW_TAX_ID, CARLS_TAX_ID, "980 7806 84", "107 3201 22")
PERSONAL = {ADDRESS.street, ADDRESS.city, MOVED_TO, PHONE, NEW_PHONE, *EMAILS, *NAMES, *TAX_IDS}
GREETED = {"name": "Greta Guest-Canary", "emails": ["greta.canary@example.com"]}
GOODS = {"TEAPOT": ("24.00", 12), "LANTERN": ("14.25", 30)}
SOLD, RECEIVED = 4, 5
"""Units that people in Tryton sell of MUG and receive of TEAPOT that day."""
TRACKING = "TRACK-1"
SECTIONS: Mapping[str, Any] = {
    "orders": {"reread_open": "0s"},
    "customers": {"trigger": "any", "upload": "linked", "country": "GB"},
    "products": {"enabled": True},
}


class BusyWorld(TrytonWorld):
    """The world of whole cycles, run as a command. `relay`: what stands between it and Tryton.

    `units`: of each SKU, those that there would be to sell if the web had sold none.
    """

    relay: Relay
    passing: Passing
    units: dict[str, int]

    def add(self, sku: str, price: str = "1.00", units: int = 10) -> None:
        super().add(sku, price, units)
        self.units = {**getattr(self, "units", {}), sku: units}

    def command(self, *arguments: str) -> Ended:
        """`syncctl -vv sync-all`, or another command; nothing is waited for. Its calls are in `relay.log` then."""
        self.relay.log.clear()
        with hurried(self.passing):
            return commanded(self, arguments)

    def told(self, text: str) -> list[str]:
        """What a text tells that it must not: what is secret, and whatever is personal."""
        return sorted({f"told: {name}" for form, name in self._canaries().items() if form in text})

    def kept(self) -> list[str]:
        """The hub's own files that have a secret in them and may not.

        Not the shop's: who opens and closes a file that SQLite has open lets go of its locks.
        """
        forms = [form.encode() for secret in self._secrets() for form in secret_forms(secret)]
        files = [path for path in self.folder.glob("hub.db*") if path.is_file() and path != self._tokens]
        return [f"kept: a secret in {path.name}" for path in files if any(form in path.read_bytes() for form in forms)]

    @property
    def _tokens(self) -> Path:
        return token_file(self.folder / "hub.db")

    def _secrets(self) -> list[str]:
        """The password, and the sessions that Tryton has given out."""
        sessions = json.loads(self._tokens.read_text()).values() if self._tokens.exists() else ()
        texts = [one["token"].removeprefix("Session ") for one in sessions]
        return [PASSWORD, *texts, *(base64.b64decode(one).decode().rpartition(":")[2] for one in texts)]

    def _canaries(self) -> dict[str, str]:
        forms = {form: one for one in PERSONAL for form in secret_forms(one)}
        return forms | {form: "a secret" for secret in self._secrets() for form in secret_forms(secret)}

    def process(self) -> "subprocess.Popen[bytes]":
        """`syncctl -vv sync-all` as it is installed, begun in a process of its own."""
        return program(self.config)


def program(config: Path) -> "subprocess.Popen[bytes]":
    """The same over any configuration."""
    command = [sys.executable, "-m", "syncctl", "--config", str(config), "-vv", "sync-all"]
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        command, cwd=config.parent, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


class Undisturbed(NamedTuple):
    """A cycle to which nothing happened: its calls, how it ended, and the state of all sides then."""

    calls: list[str]
    ended: Ended
    state: State


@contextmanager
def hurried(passing: Passing) -> Iterator[None]:
    """Who would have to wait is told that the time has passed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(syncctl.cycle, "Patience", passing.patience)
        patch.setattr(syncctl.connectors.tryton.rpc, "Http", partial(Http, clock=passing.now))
        yield


class Busy:
    """A scene, set once; `fresh` begins from it again, one world at a time."""

    def __init__(
        self, folder: Path, server: TrytonServer, falls_on: str, set_scene: "Callable[[BusyWorld], object]"
    ) -> None:
        server.reset()
        self.server, self.relay, self.falls_on = server, Relay(server), falls_on
        self.world = BusyWorld(folder / "world", server, books={"stock_falls_on": falls_on}, **SECTIONS)
        self.world.relay, self.world.passing = self.relay, Passing()
        self.world.change(back_office={"url": self.relay.url})
        set_scene(self.world)
        self._close()
        self._rest = folder / "rest"
        shutil.copytree(self.world.folder, self._rest)
        self._kept = server.keep(f"{folder.name}-{falls_on}")

    def fresh(self) -> BusyWorld:
        """Both sides and the hub as they were on the evening of that day, before the cycle that is to be disturbed."""
        world = self.world
        self._close()
        shutil.rmtree(world.folder)
        shutil.copytree(self._rest, world.folder)
        self.server.reset(self._kept)
        world.office = Office(world.folder / "books.db", demo=False)
        world.shops = {"shop": Shop(world.folder / "shop.db", demo=False)}
        world.passing.skipped = 0.0
        self.relay.heal()
        return world

    def close(self) -> None:
        """Errors: AssertionError for a bug of the relay."""
        self.relay.close()
        self._close()
        assert self.relay.errors == []

    def _close(self) -> None:
        self.world.office.close()
        self.world.shop.close()


def busy_day(world: BusyWorld) -> None:
    """Both sides in step; then the busy day."""
    for sku, (price, units) in GOODS.items():
        world.add(sku, price, units)
    world.people.do("party.category", "create", [{"name": "Trade"}])
    mail = {"type": "email", "value": "carl.canary@example.com"}
    world.people.do("party.party", "create", [{"name": "Carl Canary", "contact_mechanisms": [["create", [mail]]]}])
    shop = world.shop
    shop.add_group("Trade")
    ada = shop.upsert_customer(name=ADDRESS.name, emails=EMAILS[:1], addresses=(ADDRESS,), tax_id=TAX_ID)
    carl = shop.upsert_customer(name="Carl Canary", emails=["carl.canary@example.com"])
    orders = {
        "cancelled": shop.place_order([("MUG", 2), ("TEAPOT", 1)], customer=ada, charges={"shipping": "4.95"}),
        "cut": shop.place_order([("LANTERN", 3)], customer=ada),
        "given back": shop.place_order([("LANTERN", 3), ("MUG", 1)], customer=carl),
        "sent": shop.place_order([("TEAPOT", 2)], customer=carl),
    }
    for _ in range(2):
        ended = world.command()
        assert ended.code == 0, ended.text
    world.people.ship(reference_of(world, orders["given back"]))
    ended = world.command()
    assert ended.code == 0, ended.text
    _trade(world, orders, ada)


def _trade(world: BusyWorld, orders: Mapping[str, str], ada: str) -> None:
    """The busy day itself, in the shop and at the counter."""
    shop, people = world.shop, world.people
    shop.cancel_order(orders["cancelled"])
    shop.refund(orders["cut"], {world.line_ids(orders["cut"])[0]: 1}, restock=True)
    shop.refund(orders["given back"], {world.line_ids(orders["given back"])[0]: 2}, restock=True)
    shop.upsert_customer(ada, addresses=(replace(ADDRESS, street=MOVED_TO),), tax_id=NEW_TAX_ID)
    bea = shop.upsert_customer(name="Bea Canary", emails=["bea.canary@example.com"], phones=[PHONE], group="Trade")
    shop.place_order([("MUG", 3), ("LANTERN", 1)], customer=ada, charges={"discount": "-1.00"})
    shop.place_order([("TEAPOT", 1)], customer=bea, charges={"shipping": "4.95"})
    shop.place_order([("TRAY", 2)], customer=GREETED)
    shop.place_order([("TRAY", 1)])  # it names nobody
    people.sell("MUG", SOLD)
    people.receive("TEAPOT", RECEIVED)
    world.units["MUG"] -= SOLD
    world.units["TEAPOT"] += RECEIVED
    people.set_price("LANTERN", "15.00")
    people.ship(reference_of(world, orders["sent"]), tracking_number=TRACKING)
    carl = people.do.one("party.party", [["name", "=", "Carl Canary"]])["id"]
    phone = {"type": "phone", "value": NEW_PHONE, "party": carl}
    people.do("party.contact_mechanism", "create", [phone])
    people.do("party.identifier", "create", [{"type": "gb_vat", "code": CARLS_TAX_ID, "party": carl}])


def reference_of(world: BusyWorld, order: str) -> str:
    """The name that an order's sale has in Tryton."""
    domain = [["reference", "=", f"#{order}"], ["origin", "=", None], ["web_shop", "!=", None]]
    return str(world.people.do.one("sale.sale", domain, "web_id")["web_id"])
