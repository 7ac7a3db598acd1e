"""The shop's file: its tables, and what every part of the shop needs of it."""

import json
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from syncctl import times
from syncctl.connectors.sandbox.catalog import CURRENCY
from syncctl.connectors.sandbox.files import atomic, get_meta, next_number, open_file, set_meta
from syncctl.errors import DataError

APPLICATION_ID = 0x53435348  # "SCSH"
Clock = Callable[[], datetime]

# A level may be a fraction, as in real shops: a number, or decimal text.
# `position` is the order of making and never changes: pages are walked by it. `changed_at` and `change` say when, and
# as the how-manieth change, a row took its present form. `body` is canonical JSON. `invitation` has every e-mail that
# ever left.
DDL = """
CREATE TABLE sales_order (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    placed_at TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    change INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX sales_order_by_change ON sales_order (changed_at);
CREATE TABLE listing (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    sku TEXT NOT NULL,
    title TEXT NOT NULL,
    price TEXT,
    quantity ANY,
    managed INTEGER NOT NULL DEFAULT 1,
    why TEXT NOT NULL DEFAULT '',
    deleted INTEGER NOT NULL DEFAULT 0,
    changed_at TEXT NOT NULL,
    change INTEGER NOT NULL
) STRICT;
CREATE INDEX listing_by_sku ON listing (sku);
CREATE INDEX listing_by_change ON listing (changed_at);
CREATE TABLE customer (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    reference TEXT,
    deleted INTEGER NOT NULL DEFAULT 0,
    changed_at TEXT NOT NULL,
    change INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX customer_by_reference ON customer (reference);
CREATE INDEX customer_by_change ON customer (changed_at);
CREATE TABLE customer_key (
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    customer_id TEXT NOT NULL REFERENCES customer (id),
    PRIMARY KEY (kind, value, customer_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX customer_key_by_customer ON customer_key (customer_id);
CREATE TABLE customer_group (title TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE invitation (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    customer_id TEXT NOT NULL,
    email TEXT NOT NULL,
    sent_at TEXT NOT NULL
) STRICT
"""


class ShopRefusal(DataError):
    """The shop does not do this, for this one record. `reason` is one short word."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class ShopFile:
    """One shop's file. `clock` is the shop's own time; tests may replace it."""

    def __init__(self, path: Path | str, *, clock: Clock = times.now) -> None:
        self.path = Path(path)
        self.clock = clock
        self.connection: sqlite3.Connection = open_file(self.path, DDL, APPLICATION_ID)

    @contextmanager
    def atomic(self) -> Iterator[sqlite3.Connection]:
        """One write transaction; several calls inside it are done together or not at all."""
        with atomic(self.connection) as connection:
            yield connection

    @property
    def identity(self) -> str:
        """The shop's own immutable id, made with the file."""
        return get_meta(self.connection, "identity")

    @property
    def name(self) -> str:
        return get_meta(self.connection, "name")

    @property
    def currency(self) -> str:
        return get_meta(self.connection, "currency", CURRENCY)

    @property
    def time_zone(self) -> str:
        return get_meta(self.connection, "time_zone", "UTC")

    def close(self) -> None:
        self.connection.close()

    def _make_identity(self) -> bool:
        """Name a new shop; False if it has its name already."""
        if self.identity:
            return False
        facts = {"identity": secrets.token_hex(8), "name": "Sandbox shop", "currency": CURRENCY, "time_zone": "UTC"}
        for key, value in facts.items():
            set_meta(self.connection, key, value)
        return True

    def _now(self) -> str:
        return times.to_text(self.clock())

    def _change(self) -> int:
        return next_number(self.connection, "change")

    def _number(self, name: str, start: int = 1) -> str:
        return str(next_number(self.connection, name, start))

    def _one(self, query: str, *parameters: object) -> Any:
        row = self.connection.execute(query, parameters).fetchone()
        return None if row is None else row[0]


def loaded(body: str) -> dict[str, Any]:
    """A body that this shop wrote itself."""
    parsed: dict[str, Any] = json.loads(body)
    return parsed
