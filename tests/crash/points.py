"""The points at which a process can die: around every SQL statement on the hub, every connector call, every sidecar
write, and between the pages of a backup. They are counted, named, and at one of them the process kills itself."""

import os
import re
import signal
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import syncctl.hub.files
from syncctl.connectors.base import BackOffice, WebStore
from syncctl.hub.files import Sidecar
from tests.crash.world import HUB, Wrap
from tests.fakes.faulty import Call, Faulty, Plan

FAMILIES = {
    "orders": "sales_order order_version line_item charge payment refund refund_line fulfilment fulfilment_line",
    "documents": "document document_line document_charge journal",
    "catalog": "product variant component listing price",
    "stock": "stock_level snapshot shown stale_sku kept_sku",
    "customers": "customer customer_fact contact address consent upload invitation kept_apart",
    "sync": "link cursor hold run run_step state party",
}
_FAMILY_OF = {table: family for family, tables in FAMILIES.items() for table in tables.split()}
_WRITE = re.compile(r"(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM) (\w+)")
_DRAWN = re.compile("[0-9a-f]{32}")  # in names of savepoints: each time another
_REAL = {"connect": sqlite3.connect, "fsync": os.fsync, "private": syncctl.hub.files._private, "write": Sidecar.write}


@dataclass(slots=True)
class Points:
    """Where this process has come to. `die_at`: the number of the point to die at, from 1; 0: never."""

    die_at: int = 0
    tell: Callable[[str], object] = str  # called with the point's name just before the end
    names: list[str] = field(default_factory=list)

    def reach(self, name: str) -> None:
        self.names.append(name)
        if len(self.names) == self.die_at:
            self.tell(name)
            os.kill(os.getpid(), signal.SIGKILL)


def kinds_of(name: str) -> Iterator[str]:
    """What a point is counted as: the kinds of a connector's write, or the family and table of a statement's."""
    when, _, what = name.partition(" ")
    if what.startswith(("call ", "sidecar", "backup")):
        first, _, rest = what.partition(" ")
        yield first
        if first == "call":
            yield from (f"{kind} {when}" for kind in sorted(set(rest.split(" ")[1:])))
        return
    yield "statement"
    if found := _WRITE.match(what):
        if found[1] in _FAMILY_OF:
            yield f"family {_FAMILY_OF[found[1]]}"
            yield f"table {found[1]}"
    elif what.startswith(("BEGIN", "COMMIT")):
        yield what.split()[0].lower()


def install(points: Points) -> Wrap:
    """Set the points up in this process; returns the wrapper to put around each connector."""

    class Traced(sqlite3.Connection):
        """The trace callback comes before each statement that runs, also before each row of `executemany`."""

        sql = "(none)"

        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            self.set_trace_callback(lambda _sql: points.reach(f"before {self.sql}"))

        def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
            self.sql = _short(sql)
            cursor = super().execute(sql, *parameters)
            points.reach(f"after {self.sql}")
            return cursor

        def executemany(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
            self.sql = _short(sql)
            cursor = super().executemany(sql, *parameters)
            points.reach(f"after {self.sql}")
            return cursor

        def backup(self, target: sqlite3.Connection, **_named: Any) -> None:
            super().backup(target, pages=8, progress=lambda *_: points.reach("amid backup"))

        def close(self) -> None:
            points.reach("before closing")
            super().close()
            points.reach("after closing")

    def connect(database: Any, *arguments: Any, **named: Any) -> sqlite3.Connection:
        if HUB in str(database):
            named["factory"] = Traced
        connection: sqlite3.Connection = _REAL["connect"](database, *arguments, **named)
        return connection

    sqlite3.connect = connect  # type: ignore[assignment]
    _install_sidecar(points)
    return lambda connector: _watched(connector, points)


def _install_sidecar(points: Points) -> None:
    """The sidecar is written beside, synced, and moved into its place: each of these is a place to die."""

    def around(real: Callable[..., Any], name: str) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            points.reach(f"before sidecar {name}")
            result = real(*arguments)
            points.reach(f"after sidecar {name}")
            return result

        return call

    syncctl.hub.files._private = around(_REAL["private"], "open")
    os.fsync = around(_REAL["fsync"], "fsync")
    Sidecar.write = around(_REAL["write"], "write")  # type: ignore[method-assign]


def _short(sql: str) -> str:
    return _DRAWN.sub("", " ".join(sql.split()))[:70]


class Watched:
    """Knows what the next write call carries, so that a point around it can say what kind of write it was."""

    def __init__(self, connector: WebStore | BackOffice) -> None:
        self._connector = connector
        self.kinds: list[str] = []

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._connector, name)
        if not name.startswith(("push_", "amend_", "mark_", "send_")):
            return found

        def push(records: Any) -> Any:
            self.kinds = sorted({_kind(name, record) for record in records})
            try:
                return found(records)
            finally:
                self.kinds = []

        return push


def _kind(method: str, record: Any) -> str:
    if method in ("push_documents", "amend_documents"):
        return f"document.{'create' if method == 'push_documents' else 'amend'}:{record.kind.value}"
    if method == "push_customers":
        return "customer.create" if record.id is None else "customer.update"
    others = {
        "push_levels": "level.set",
        "push_prices": "price.set",
        "push_fulfilments": "fulfilment.create",
        "mark_invited": "customer.mark",
        "send_invites": "customer.invite",
    }
    return others[method]


def _watched(connector: WebStore | BackOffice, points: Points) -> Any:
    def hook(when: str, call: Call) -> None:
        points.reach(" ".join([when, "call", f"{connector.name}.{call.method}", *watched.kinds]))

    watched = Watched(Faulty(connector, Plan(hook=hook)))  # type: ignore[arg-type]
    return watched
