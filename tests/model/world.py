"""Shops, a back office and a hub in a folder, runs over them with faults and deaths, and the clocks of all of them."""

import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import pytest

import syncctl.connectors.sandbox.office_documents
import syncctl.cycle
from syncctl import times
from syncctl.connectors.sandbox.books import SandboxBooks
from syncctl.connectors.sandbox.office import Office
from syncctl.connectors.sandbox.shop import Shop
from syncctl.connectors.sandbox.store import SandboxStore
from syncctl.cycle import STEPS, run_cycle
from syncctl.hub import Hub
from syncctl.model import Report
from syncctl.settings import Settings
from tests.fakes.faulty import Fault
from tests.fakes.shops import PricedStore
from tests.model import files
from tests.model.files import Reading
from tests.model.ledger import GHOST, Ledger, Units
from tests.model.recorder import Killed, Points, Recorder

GOODS = {"MUG": (1000, 20), "TRAY": (399, 9), "Mug": (1250, 5)}  # SKU -> price, units; SKUs compare exactly
BEGAN = datetime(2026, 3, 2, 9, tzinfo=UTC)
OFFICE = "back-office"


class Violation(AssertionError):
    """An invariant does not hold."""


@dataclass(slots=True)
class Clock:
    """The stores' time, which never goes back, and ours, which may stand wrong by `skew`. Each look takes a ms."""

    at: datetime = BEGAN
    skew: timedelta = timedelta(0)

    def stores(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at

    def ours(self) -> datetime:
        return self.stores() + self.skew


@dataclass(slots=True)
class Memory:
    """What the hub's file can know; each copy of the file has its own.

    `readings`: the stock readings of which one is the last accepted one; of a run that died it is not known which.
    """

    readings: list[tuple[datetime, Reading]] = field(default_factory=list)
    skipped: set[tuple[str, str]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Copy:
    """The hub's file as it was."""

    path: Path
    taken: str
    memory: Memory


@dataclass(slots=True)
class Run:
    """One run while it goes on, and what is known of it afterwards."""

    steps: Sequence[str] = STEPS
    pulled: dict[str, Units] = field(default_factory=dict)  # stores whose orders were read in it
    reading: Reading | None = None
    writes: list[tuple[str, str, str]] = field(default_factory=list)  # party, operation, key
    levels: int = 0
    report: Report | None = None
    died_at: str = ""


class ModelWorld:
    """Everything of one example. `tell` writes a line of the list of actions."""

    def __init__(self, stores: Sequence[str], falls_on: str, answers: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="syncctl-model-", dir=memory_folder()))
        for path in template(tuple(stores)).iterdir():
            shutil.copyfile(path, self.folder / path.name)
        self.clock = Clock()
        self.ledger = Ledger()
        self.falls_on = falls_on
        self.answers = answers
        self.options: dict[str, dict[str, Any]] = {"orders": {}, "stock": {}, "customers": {}, "safety": {}}
        self.office = Office(self.folder / "books.db", demo=False, stock_falls_on=falls_on, answers=answers)
        self.shops = {
            name: Shop(self.folder / f"{name}.db", demo=False, clock=self.clock.stores) for name in sorted(stores)
        }
        self.memory = Memory()
        self.copies: list[Copy] = []
        self.points = Points(self.folder)
        self.run = Run()
        self.tells_changes = True  # the stores list what changed in them; else it is found once a day
        self.edited_unseen = False  # and something did, that no order tells of
        self.closed_once = False  # a period of the books was closed at some time: what was refused then is tried daily
        self.batch = 100  # records in one call
        self.priced = False  # the stores take a level and a price of one listing in one write
        self.runs = self.crashes = self.restores = 0
        self.actions: list[str] = []
        self.accounts: dict[tuple[str, str], str] = {}  # whose account it is, by store and its id there
        self._watching: sqlite3.Connection | None = None

    def close(self) -> None:
        for side in (self.office, *self.shops.values()):
            side.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def tell(self, text: str) -> None:
        self.actions.append(text)

    # --- runs ---------------------------------------------------------------------------------------------------

    @property
    def settings(self) -> Settings:
        return settings_for(str(self.folder), tuple(self.shops), self.falls_on, self.answers, json.dumps(self.options))

    def cycle(
        self,
        *steps: str,
        stores: Sequence[str] = (),
        dry_run: bool = False,
        faults: Mapping[str, Sequence[Fault]] | None = None,
        die_at: int = 0,
        copy_at: tuple[str, int] = ("", 0),
    ) -> Run:
        """One run of these steps (none: all four). `copy_at`: the hub is copied before this call of this party."""
        self.runs += 1
        self.run = Run(steps or STEPS)
        self.points = Points(self.folder, die_at)
        faults = faults or {}

        def record(party: str, connector: Any) -> Any:
            at = copy_at[1] if copy_at[0] == party else 0
            return Recorder(self, party, connector, faults.get(party, ()), at)

        with self._connected(record):
            try:
                self.run.report = run_cycle(
                    self.settings, command="model", steps=self.run.steps, stores=stores, dry_run=dry_run
                )
            except Killed as death:
                self.points.bury()
                self.crashes += 1
                self.run.died_at = str(death)
            finally:
                if self._watching is not None:
                    self._watching.close()
                    self._watching = None
        if not dry_run:
            self._learn_which_reading_counts()
        return self.run

    def _connected(self, record: Callable[[str, Any], Any]) -> Any:
        """Within it, runs go over connectors that stand on the files which the machine has open."""

        def open_store(name: str, settings: Any, *_rest: Any) -> Any:
            store = (PricedStore if self.priced else SandboxStore)(name, settings)
            store._opened = self.shops[name]
            store.abilities = replace(store.abilities, listing_changes=self.tells_changes, level_batch=self.batch)
            return record(name, store)

        def open_back_office(settings: Any, *_rest: Any) -> Any:
            books = SandboxBooks(OFFICE, settings)
            books._opened = self.office
            books.abilities = replace(books.abilities, document_batch=self.batch, look_up_batch=2 * self.batch)
            return record(OFFICE, books)

        return _patched(
            (syncctl.cycle, "open_store", open_store),
            (syncctl.cycle, "open_back_office", open_back_office),
            (sqlite3, "connect", self.points.connect),
            *self._clock_patches(),
        )

    def _clock_patches(self) -> list[tuple[Any, str, Any]]:
        ours = self.clock.ours
        return [(times, "now", ours), (syncctl.connectors.sandbox.office_documents, "now", ours)]

    def _learn_which_reading_counts(self) -> None:
        run = self.run
        if run.reading is None:
            return
        taken = (self.clock.at, run.reading)
        parts = run.report.steps if run.report else ()
        done = any(part.step == "pull-data" and part.state == "done" for part in parts)
        self.memory.readings = [taken] if done else [*self.memory.readings, taken]

    @property
    def clocked(self) -> Any:
        """Within it, what a person does by the hub's own interface has the model's time."""
        return _patched(*self._clock_patches())

    def hub(self) -> Hub:
        return Hub.open(self.folder / "hub.db")

    def read_hub(self) -> sqlite3.Connection:
        """The hub's file, to read; a connection of its own."""
        return sqlite3.connect(f"file:{self.folder / 'hub.db'}?mode=ro", uri=True)

    # --- what the recorders tell ----------------------------------------------------------------------------------

    def shown(self, store: str) -> dict[str, tuple[str, int | None, int]]:
        return files.levels(self.shops[store].connection)

    def reading(self) -> Reading:
        return files.stock(self.office.connection, self.falls_on)

    def stock_was_read(self, reading: Reading) -> None:
        self.run.reading = reading

    def orders_were_read(self, store: str, units: Units) -> None:
        self.run.pulled[store] = units

    def level_was_written(self, store: str, before: Any, after: Any) -> None:
        """Invariant I3, at the moment of the write."""
        self.run.levels += 1
        sku, old, managed = before
        new = after[1]
        what = f"{store} was made to show {new} of {sku}, after {old}"
        if not managed:
            raise Violation(f"I3: {what}: it is not ours to write")
        most, terms = self.most(store, sku)
        if most is None:
            raise Violation(f"I3: {what}: nobody knows how many there are")
        if new > most:
            raise Violation(f"I3: {what}: at most {most} are there to sell ({terms})")
        if new > old and self.run.pulled.keys() < self.shops.keys():
            raise Violation(f"I3: {what}: it went up though not all stores were read in this run")

    def most(self, store: str, sku: str) -> tuple[int | None, str]:
        """The most that this store may show (I3): the best of the readings that may be the last one; its terms."""
        readings = [self.run.reading] if self.run.reading else [one for _, one in self.memory.readings]
        units = self.ledger.demand({store})
        for other, known in self.run.pulled.items():
            if other != store:
                units |= known
        best: tuple[int | None, str] = (None, "")
        stock = self.options["stock"]
        safety = stock.get("safety_stock_by_sku", {}).get(sku, stock.get("safety_stock", 0))
        for one in readings:
            if sku not in one.on_hand:
                continue
            owed = {
                key: count - one.taken.get((key, sku), 0)
                for key, (what, count) in units.items()
                if what == sku and key[:2] not in self.memory.skipped and count > one.taken.get((key, sku), 0)
            }
            most = max(0, one.on_hand[sku] - sum(owed.values()) - safety)
            if best[0] is None or most > best[0]:
                best = most, f"{one.on_hand[sku]} reported, {owed} not in that report, {safety} kept back"
        return best

    def write_is_due(self, party: str, operations: Sequence[tuple[str, str]]) -> None:
        """Invariant I8, just before a write: its rows are committed, and no transaction is open."""
        if self._watching is None:
            self._watching = Points.plain_connect(self.folder / "hub.db")
        try:
            self._watching.execute("BEGIN IMMEDIATE")
            self._watching.execute("ROLLBACK")
        except sqlite3.OperationalError:
            raise Violation(f"I8: a transaction is open on the hub while {party} is written to") from None
        for operation, key in operations:
            rows = self._watching.execute(
                "SELECT count(*) FROM journal WHERE party = ? AND operation = ? AND key = ? AND state = 'sending'",
                [party, operation, key],
            ).fetchone()[0]
            if rows != 1:
                raise Violation(f"I8: {operation} {key} to {party} is sent with {rows} open rows in the journal")
            self.run.writes.append((party, operation, key))

    @property
    def queued(self) -> int:
        """How much waits in the back office's queue."""
        return int(self.office.connection.execute("SELECT count(*) FROM queue WHERE reason = ''").fetchone()[0])

    # --- copies of the hub ------------------------------------------------------------------------------------------

    def keep_copy(self, taken: str) -> None:
        path = self.folder / f"copy-{len(self.copies)}.db"
        source, target = Points.plain_connect(self.folder / "hub.db"), Points.plain_connect(path)
        source.backup(target)
        source.close()
        target.close()
        readings = [*self.memory.readings, *([(self.clock.at, self.run.reading)] if self.run.reading else [])]
        self.copies.append(Copy(path, taken, Memory(readings, set(self.memory.skipped))))

    def restore(self, copy: Copy, *, sidecar: bool) -> None:
        """Put an older hub in the place of the present one; `sidecar` False: on another machine."""
        for suffix in ("-wal", "-shm", *([] if sidecar else [".last-run"])):
            (self.folder / f"hub.db{suffix}").unlink(missing_ok=True)
        shutil.copyfile(copy.path, self.folder / "hub.db")
        self.memory = Memory(list(copy.memory.readings), set(copy.memory.skipped))
        if files.is_behind(self.folder / "hub.db"):
            self.edited_unseen = False  # what the stores show is forgotten, all of it
        self.restores += 1


@cache
def memory_folder() -> Path | None:
    """In memory where the machine offers it."""
    memory = Path("/dev/shm")
    return memory if os.access(memory, os.W_OK) else None


_templates: list[Any] = []


@cache
def template(stores: tuple[str, ...]) -> Path:
    """A fresh world, made once for each process and copied for each example."""
    holder = tempfile.TemporaryDirectory(prefix="syncctl-model-", dir=memory_folder())
    _templates.append(holder)
    folder = Path(holder.name)
    office = Office(folder / "books.db", demo=False)
    for sku, (price, units) in GOODS.items():
        office.add_item(sku, f"A {sku}", f"{price / 100:.2f}", units)
    office.add_item("WEB-ITEM", "Anything else", "0.00", None)
    office.add_item("GIFT", "No stock is kept of it", "3.00", None)
    office.upsert_customer(name="Carl Known", emails=("carl@example.org",))
    for name in ("One Twin", "Other Twin"):
        office.upsert_customer(name=name, emails=("twin@example.org",))
    sides: list[Any] = [office]
    for name in stores:
        shop = Shop(folder / f"{name}.db", demo=False, clock=lambda: BEGAN)
        shop.connection.execute("UPDATE meta SET value = ? WHERE key = 'identity'", [name])
        for sku, (price, units) in GOODS.items():
            shop.add_listing(sku, f"A {sku}", f"{price / 100:.2f}", units)
        shop.add_listing(GHOST, "Nobody knows it", "5.00", 7)
        shop.add_listing("GIFT", "No stock is kept of it", "3.00", None)
        sides.append(shop)
    for side in sides:
        side.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        side.close()
    Hub.open(folder / "hub.db").close()
    return folder


@lru_cache(64)
def settings_for(folder: str, stores: tuple[str, ...], falls_on: str, answers: str, options: str) -> Settings:
    sections = json.loads(options)
    orders = {"book_from": BEGAN - timedelta(days=1), **sections.pop("orders")}
    return Settings.model_validate(
        {
            "back_office": {
                "connector": "sandbox",
                "path": f"{folder}/books.db",
                "stock_falls_on": falls_on,
                "answers": answers,
            },
            "stores": {name: {"connector": "sandbox", "path": f"{folder}/{name}.db"} for name in stores},
            "orders": orders,
            "hub": {"path": f"{folder}/hub.db", "keep_backups": 2},
            **sections,
        }
    )


class _patched:
    """Some names of some modules are something else, for a while."""

    def __init__(self, *names: tuple[Any, str, Any]) -> None:
        self.names = names

    def __enter__(self) -> None:
        self.patch = pytest.MonkeyPatch()
        for module, name, value in self.names:
            self.patch.setattr(module, name, value)

    def __exit__(self, *_error: object) -> None:
        self.patch.undo()
