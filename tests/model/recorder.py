"""Around each connector: what was asked is written down, and at a drawn point the process dies.

    Recorder -> Faulty (faults, happenings between calls) -> Judge -> the sandbox's connector

The Judge stands where the write really happens: a reply that is lost later was a write all the same. The Recorder
stands where the answer arrives: a page that never came was not read.

A death is told by an exception that nobody catches; what a process killed there would have left of the hub's files is
kept aside at that moment and put back once the stack is unwound. (That real processes die so is proved elsewhere.)
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.fakes.faulty import Call, Fault, Faulty, Plan, key_of

if TYPE_CHECKING:
    from tests.model.world import ModelWorld

OPERATIONS = {
    "push_levels": "level.set",
    "push_prices": "price.set",
    "push_fulfilments": "fulfilment.create",
    "push_documents": "document.create",
    "create_variants": "variant.create",
    "amend_documents": "document.amend",
}
PEOPLE = {
    "push_customers": "customer.update",
    "mark_invited": "customer.mark",
    "send_invites": "customer.invite",
    "create_groups": "group.create",
}  # of a store, in the journal under its name: what two stores call the same must not be the same there
_REAL_CONNECT = sqlite3.connect
_KEPT = ("hub.db", "hub.db-wal", "hub.db.last-run", "hub.db.last-run.new")


class Killed(BaseException):
    """The process is dead from here on."""


class Points:
    """The places at which a process can die: around each statement on the hub and each call. `die_at` 0: nowhere."""

    def __init__(self, folder: Path, die_at: int = 0) -> None:
        self.folder = folder
        self.die_at = die_at
        self.count = 0
        self.died_at = ""
        self._kept: dict[str, bytes | None] = {}

    def reach(self, name: str) -> None:
        self.count += 1
        if self.count == self.die_at:
            self.died_at = name
            self._kept = {name: _bytes(self.folder / name) for name in _KEPT}
            raise Killed(name)

    def bury(self) -> None:
        """Leave the hub's files as they were at the moment of death."""
        for name, content in self._kept.items():
            if content is None:
                (self.folder / name).unlink(missing_ok=True)
            else:
                (self.folder / name).write_bytes(content)
        (self.folder / "hub.db-shm").unlink(missing_ok=True)

    def connect(self, database: Any, *arguments: Any, **named: Any) -> sqlite3.Connection:
        """In place of `sqlite3.connect`: connections to the hub count their statements."""
        if self.die_at and "hub.db" in str(database):
            named["factory"] = self._traced()
        connection: sqlite3.Connection = _REAL_CONNECT(database, *arguments, **named)
        return connection

    @staticmethod
    def plain_connect(path: Path) -> sqlite3.Connection:
        """A connection that counts nothing and waits for nobody; each statement is a transaction of its own."""
        return _REAL_CONNECT(path, isolation_level=None, timeout=0)

    def _traced(self) -> type[sqlite3.Connection]:
        points = self

        class Traced(sqlite3.Connection):
            def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
                points.reach(f"before {sql[:60]}")
                cursor = super().execute(sql, *parameters)
                points.reach(f"after {sql[:60]}")
                return cursor

            def executemany(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
                cursor = super().executemany(sql, *parameters)
                points.reach(f"after {sql[:60]}")
                return cursor

        return Traced


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


class Judge:
    """Stands where writes are done and readings are taken."""

    def __init__(self, world: "ModelWorld", party: str, connector: Any) -> None:
        self.world, self.party, self.connector = world, party, connector
        self.reading: Any = None
        self._began = False

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.connector, name)
        if not callable(found):
            return found
        if self.party == "back-office" and not self._began:
            self._began = True
            self.world.office.work_queue()  # as the connector does when it opens the file
        if name == "push_levels":
            return lambda changes: self._levels(found, changes)
        if name in ("fetch_stock", "fetch_orders"):
            return lambda *arguments: self._pages(name, found(*arguments))
        return found

    def _levels(self, push: Callable[[Any], Any], changes: Sequence[Any]) -> Any:
        before = self.world.shown(self.party)
        outcomes = push(changes)
        after = self.world.shown(self.party)
        for change, outcome in zip(changes, outcomes, strict=True):
            if type(outcome).__name__ == "Written" or before[change.listing_id] != after[change.listing_id]:
                self.world.level_was_written(self.party, before[change.listing_id], after[change.listing_id])
        return outcomes

    def _pages(self, name: str, pages: Iterator[Any]) -> Iterator[Any]:
        for page in pages:
            self.reading = self.world.reading() if name == "fetch_stock" else self.world.ledger.demand({self.party})
            yield page


class Recorder:
    """What the steps are given as a connector."""

    def __init__(
        self, world: "ModelWorld", party: str, connector: Any, faults: Sequence[Fault], copy_at: int = 0
    ) -> None:
        self.world, self.party, self.copy_at = world, party, copy_at
        self.judge = Judge(world, party, connector)
        self.faulty = Faulty(self.judge, Plan(list(faults), hook=self._hook))
        self.name = party
        self.abilities = connector.abilities

    def __getattr__(self, name: str) -> Any:
        if name == "close":
            return lambda: None  # the file stays open: the machine acts on it too
        found = getattr(self.faulty, name)
        if name in ("fetch_stock", "fetch_orders"):
            return lambda *arguments: self._pages(name, found(*arguments))
        if name in OPERATIONS or name in PEOPLE:
            return lambda records: self._write(name, found, records)
        return found

    def _hook(self, phase: str, call: Call) -> None:
        self.world.points.reach(f"{phase} {self.party}.{call.method}")
        if phase == "before" and call.number == self.copy_at:
            self.world.keep_copy(f"before {self.party}.{call.method} of run {self.world.runs}")

    def _write(self, name: str, push: Callable[[Any], Any], records: Sequence[Any]) -> Any:
        people = self.party != "back-office" and name in PEOPLE
        keys = [f"{self.party}:{key_of(record)}" if people else key_of(record) for record in records]
        operations = [(_operation(name, record), key) for record, key in zip(records, keys, strict=True)]
        if name == "push_levels":
            operations += [("price.set", one.listing_id) for one in records if one.price is not None]
        self.world.write_is_due(self.party, operations)
        return push(records)

    def _pages(self, name: str, pages: Iterator[Any]) -> Iterator[Any]:
        for page in pages:
            if name == "fetch_stock":
                self.world.stock_was_read(self.judge.reading)
            else:
                self.world.orders_were_read(self.party, self.judge.reading)
            yield page


def _operation(method: str, record: Any) -> str:
    if method == "push_customers" and record.id is None:
        return "customer.create"
    return (OPERATIONS | PEOPLE)[method]
