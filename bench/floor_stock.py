"""The floor of step 3: read a sandbox back office's levels page by page and bring the hub's rows to them, and no more.

The same pages by the same SQL, the same tables and pragmas; but no model, no judgement before anything shows, one
transaction from the first page to the last, nothing said of what is missing. A page and the hub's rows
between its first and last are compared in pairs; what differs is written by multi-row statements. That is cheaper than
an upsert of every row whose WHERE leaves the equal ones alone, which was measured too.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any

from syncctl.connectors.sandbox.office_readings import LEVELS
from syncctl.hub.files import open_database

PAGE = 1000
PARTY = "back-office"
_ROWS = 200  # in one statement
_RANGE = "WHERE (sku, location) > (?, ?) AND (sku, location) <= (?, ?) ORDER BY sku, location"
_HUB = f"SELECT sku, location, on_hand, committed, available FROM stock_level {_RANGE}"
_UPSERT = (
    "INSERT INTO stock_level VALUES {} ON CONFLICT (sku, location) DO UPDATE SET "
    "on_hand = excluded.on_hand, committed = excluded.committed, available = excluded.available"
)

Row = tuple[str, str, int, None, int]


def copy_stock(office_path: Path, hub_path: Path) -> int:
    """Make the hub's levels those of the back office; returns how many there were. Nothing may be missing there."""
    office = sqlite3.connect(office_path, isolation_level=None)
    hub = open_database(hub_path).conn
    hub.execute("BEGIN IMMEDIATE")
    change = office.execute("SELECT value FROM sequence WHERE name = 'change'").fetchone()[0]
    count = changed = 0
    after = ("", "")
    for page in _pages(office):
        count += len(page)
        rows: list[Row] = [(sku, location, units, None, units) for sku, location, _, units in page]
        last = rows[-1][:2]
        there = hub.execute(_HUB, [*after, *last]).fetchall()
        if len(there) == len(rows):
            new = [row for row, had in zip(rows, there, strict=True) if row != had]
        else:
            new = sorted(set(rows).difference(there))
        if new:
            changed += _write(hub, _UPSERT, new)
            _write(hub, "INSERT OR IGNORE INTO stale_sku VALUES {}", _moved(new, there))
        after = last
    _finish(hub, change, changed)
    hub.execute("COMMIT")
    hub.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    hub.close()
    office.close()
    return count


def _pages(office: sqlite3.Connection) -> Iterator[list[Any]]:
    after: tuple[str, ...] = ()
    while True:
        where = "1 AND (i.sku, l.location) > (?, ?)" if after else "1"
        query = f"{LEVELS.query} AND {where} ORDER BY i.sku, l.location LIMIT ?"
        rows = office.execute(query, [*after, PAGE]).fetchall()
        if rows:
            yield rows
        if len(rows) < PAGE:
            return
        after = rows[-1][:2]


def _moved(new: Iterable[Row], there: Iterable[Row]) -> list[tuple[str]]:
    """The SKUs whose number available is another one, or new."""
    known = {(sku, location): available for sku, location, _, _, available in there}
    return [(sku,) for sku, location, _, _, available in new if known.get((sku, location)) != available]


def _write(hub: sqlite3.Connection, sql: str, rows: Iterable[Sequence[object]]) -> int:
    changed, iterator = 0, iter(rows)
    while load := list(islice(iterator, _ROWS)):
        row = f"({','.join('?' * len(load[0]))})"
        changed += hub.execute(sql.format(",".join([row] * len(load))), list(chain.from_iterable(load))).rowcount
    return changed


def _finish(hub: sqlite3.Connection, change: int, changed: int) -> None:
    now = datetime.now(UTC).isoformat(timespec="milliseconds")[:23] + "Z"
    hub.execute(
        "INSERT INTO snapshot (run_id, what, as_of_event, source_time, sequence, complete, whole, counts) "
        "VALUES (0, 'stock', (SELECT CAST(value AS INTEGER) FROM state WHERE key = 'event'), ?, ?, 1, 1, ?)",
        [now, change, json.dumps({"changed": changed})],
    )
    for stream, value in (("stock", json.dumps([change, None, []], separators=(",", ":"))), ("stock-whole", None)):
        hub.execute("INSERT OR REPLACE INTO cursor VALUES (?, ?, ?, '', ?)", [PARTY, stream, value, now])
