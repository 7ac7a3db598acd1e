"""Every connection that syncctl opens to a hub is as safe as it can be when it writes, whatever command opened it."""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.builders import World
from tests.test_cli import call

WANTED = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL
    "foreign_keys": 1,
    "busy_timeout": 5000,
    "trusted_schema": 0,
    "secure_delete": 1,
}
_WRITE = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|CREATE|DROP|ALTER)\b", re.IGNORECASE)
_READ = re.compile(r"\s*(SELECT|WITH)\b", re.IGNORECASE)


class Log:
    """What was seen: connections by the file's name, and what was not as it should be."""

    def __init__(self) -> None:
        self.opened: Counter[str] = Counter()
        self.checked: Counter[str] = Counter()
        self.wrong: list[str] = []


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    """Looks at each connection to a hub just before its first write, and before its first read of a table."""
    log, real = Log(), sqlite3.connect

    class Looked(sqlite3.Connection):
        name = ""
        seen = ""

        def execute(self, sql: str, *arguments: Any) -> sqlite3.Cursor:
            kind = "write" if _WRITE.match(sql) else "read" if _READ.match(sql) and "sqlite_master" not in sql else ""
            if kind and kind not in self.seen:
                self.seen += kind
                self.look(kind, sql)
            return super().execute(sql, *arguments)

        def look(self, kind: str, sql: str) -> None:
            wanted = WANTED if kind == "write" else {name: WANTED[name] for name in ("trusted_schema", "busy_timeout")}
            found = {name: super(Looked, self).execute(f"PRAGMA {name}").fetchone()[0] for name in wanted}
            log.checked[kind] += 1
            if found != wanted:
                log.wrong.append(f"{self.name}: {found} before {sql[:80]}")

    def connect(database: Any, *arguments: Any, **named: Any) -> sqlite3.Connection:
        if "hub.db" not in str(database):
            return real(database, *arguments, **named)
        connection = real(database, *arguments, **{**named, "factory": Looked})
        connection.name = str(database).rpartition("/")[2]
        log.opened[re.sub(r"\d{4}-\d\d-\d\dT\w+", "*", connection.name)] += 1
        return connection

    monkeypatch.setattr(sqlite3, "connect", connect)
    yield log


def test_every_connection_of_every_command_has_its_pragmas(world: World, log: Log) -> None:
    world.shop.place_order([("MUG", 1)])
    bad = world.shop.place_order([("TRAY", 1)])
    world.shop.mark(bad, total="1.00")
    for arguments in (
        ["sync-all"],
        ["plan"],
        ["pull-orders"],
        ["push-data"],
        ["status"],
        ["holds", "list"],
        ["holds", "show", "1"],
        ["holds", "retry", "1"],
        ["holds", "skip", "1"],
        ["explain", "order", bad],
        ["explain", "sku", "MUG"],
        ["backup"],
        ["backup", "--list"],
        ["restore", "--yes"],
        ["sync-all"],
    ):
        assert call("--config", str(world.config), "-q", *arguments) in (0, 1), arguments
    assert log.wrong == []
    assert log.checked["write"] >= 7 and log.checked["read"] >= 10
    assert {name.partition("?")[0] for name in log.opened} >= {"hub.db", "*.db", "*.db.part", "hub.db.restoring.part"}


def test_a_connection_without_them_is_found(world: World, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above can fail."""
    monkeypatch.setattr("syncctl.hub.files._PRAGMAS", ("PRAGMA synchronous = NORMAL",))
    assert call("--config", str(world.config), "-q", "sync-all") == 0
    assert log.wrong


@pytest.fixture
def world(tmp_path: Any) -> World:
    return World(tmp_path)
