"""A hub with a past, both sides with work for it, and one run over them that ends as the program ends.

The world is that of the crash tests: a busy day that one cycle carries, and a twin that was never disturbed.
"""

import io
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from syncctl import render
from syncctl.cli import finish
from syncctl.cli.app import App
from syncctl.connectors.base import BackOffice, WebStore
from syncctl.cycle import STEPS, run_cycle
from tests.crash import world
from tests.crash.world import HUB
from tests.stock_world import WRITES

MOST_CYCLES = 3
DAMAGE = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
Hook = Callable[[str, str], object]
"""Called with "before" | "after" and the method's name around every write to a side."""

world.BATCH = 50  # one page of each: what is damaged does not depend on the paging


@dataclass(slots=True)
class Ended:
    """How a run ended: its exit code, what it said, what it wrote to the sides, and what it wrote after detection."""

    code: int
    said: str
    writes: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)


class Watch:
    """Notes when SQLite first says that the hub is damaged, and every write to a side, before and after."""

    def __init__(self, hook: Hook) -> None:
        self.hook = hook
        self.detected = False
        self.writes: list[str] = []
        self.late: list[str] = []

    def wrap(self, side: WebStore | BackOffice) -> Any:
        return _Watched(side, self)

    def connection(self, base: type[sqlite3.Connection]) -> type[sqlite3.Connection]:
        """A connection that tells us before anybody else."""
        watch = self

        class Watched(base):  # type: ignore[misc, valid-type]
            def execute(self, *arguments: Any) -> sqlite3.Cursor:
                try:
                    return super().execute(*arguments)
                except sqlite3.DatabaseError as error:
                    watch.detected |= getattr(error, "sqlite_errorname", "").startswith(DAMAGE)
                    raise

        return Watched


class _Watched:
    def __init__(self, side: WebStore | BackOffice, watch: Watch) -> None:
        self._side, self._watch = side, watch

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._side, name)
        if name not in WRITES:
            return found

        def write(records: Sequence[Any]) -> Any:
            self._watch.writes.append(name)
            if self._watch.detected:
                self._watch.late.append(name)
            self._watch.hook("before", name)
            answer = found(records)
            self._watch.hook("after", name)
            return answer

        return write


def run(
    folder: Path, hook: Hook = lambda _when, _method: None, connection: type[sqlite3.Connection] = sqlite3.Connection
) -> Ended:
    """All four steps over this folder, ended as the command line ends them; the hub is reached by this connection."""
    watch, said = Watch(hook), io.StringIO()
    world.connect(watch.wrap)
    settings = world.settings_for(folder, "order")
    app = App({})
    app.__dict__["settings"] = settings

    def call() -> int:
        report = run_cycle(settings, command="sync-all", steps=STEPS)
        render.show_report(sys.stderr, report, quiet=True)
        return report.exit_code

    with _told(said), _connections(watch.connection(connection)):
        code = finish(app, call)
    return Ended(code, said.getvalue(), watch.writes, watch.late)


@contextmanager
def _told(stream: io.StringIO) -> Iterator[None]:
    real = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = stream
    try:
        yield
    finally:
        sys.stdout, sys.stderr = real


@contextmanager
def _connections(factory: type[sqlite3.Connection]) -> Iterator[None]:
    """Connections to the hub are made by this factory."""
    real = sqlite3.connect

    def connect(database: Any, *arguments: Any, **named: Any) -> sqlite3.Connection:
        if HUB in str(database):
            named["factory"] = factory
        return real(database, *arguments, **named)

    sqlite3.connect = connect  # type: ignore[assignment]
    try:
        yield
    finally:
        sqlite3.connect = real
