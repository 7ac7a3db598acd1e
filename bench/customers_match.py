"""Matching 50,000 web customers with 200,000 of the back office against the joins in raw SQL, in CPU: at most twice."""

import sqlite3
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

from syncctl.hub import Hub
from syncctl.rules.matching import Decision
from syncctl.settings import CustomerSettings

ARRIVING, KNOWN = 50_000, 200_000
PAIRS = 5
_SHARED, _DOUBLE = 10, 500  # one in ten web customers is in the back office too, one in five hundred twice
_AT = "2026-01-01T12:00:00.000Z"

# Everybody has an e-mail and a phone. Web customer i of every tenth has the e-mail of back-office customer i, and every
# twentieth of those his phone; of every five hundredth there are two there.
_MAKE = """
INSERT INTO customer (id, name, company, note, guest, origin, made_at, changed_at)
  SELECT i, 'Office Customer ' || i, '', '', 0, 'back-office', :at, :at FROM number WHERE i <= :known;
INSERT INTO customer (id, name, company, note, guest, origin, made_at, changed_at)
  SELECT :known + i, 'Web Customer ' || i, '', '', 0, 'web', :at, :at FROM number WHERE i <= :arriving;
INSERT INTO link (party, kind, remote_id, hub_id, role, rule, seen_hash, seen_at, made_at)
  SELECT 'back-office', 'customer', i, i, 'primary', 'made it', 'h' || i, :at, :at FROM number WHERE i <= :known;
INSERT INTO link (party, kind, remote_id, hub_id, role, rule, seen_hash, seen_at, made_at)
  SELECT 'web', 'customer', 'W' || i, :known + i, 'primary', 'made it', 'h' || i, :at, :at FROM number
  WHERE i <= :arriving;
INSERT INTO contact SELECT i, 'email', 0, address, address
  FROM (SELECT i, 'office' || CASE WHEN i % :double = 1 THEN i - 1 ELSE i END || '@example.com' AS address FROM number)
  WHERE i <= :known;
INSERT INTO contact SELECT i, 'phone', 1, '+4420' || (70000000 + i), '+4420' || (70000000 + i) FROM number
  WHERE i <= :known;
INSERT INTO contact SELECT :known + i, 'email', 0, address, address
  FROM (SELECT i, CASE WHEN i % :shared = 0 THEN 'office' ELSE 'web' END || i || '@example.com' AS address FROM number)
  WHERE i <= :arriving;
INSERT INTO contact SELECT :known + i, 'phone', 1, phone, phone
  FROM (SELECT i, '+4420' || (i + CASE WHEN i % (20 * :shared) = 0 THEN 70000000 ELSE 80000000 END) AS phone
    FROM number)
  WHERE i <= :arriving;
"""

# Who shares a key with whom, and how often: what any matching has to ask, in one statement for each side's question.
_RAW = """
SELECT k.customer_id, s.customer_id, min(k.kind)
FROM link l CROSS JOIN contact k ON k.customer_id = l.hub_id AND k.normalised IS NOT NULL
CROSS JOIN contact s ON s.kind = k.kind AND s.normalised = k.normalised AND s.customer_id <> k.customer_id
WHERE l.kind = 'customer' AND l.party = 'web'
  AND NOT EXISTS (SELECT 1 FROM link b WHERE b.kind = 'customer' AND b.hub_id = l.hub_id AND b.party = 'back-office')
GROUP BY 1, 2
"""


def run(pairs: int = PAIRS, arriving: int = ARRIVING, known: int = KNOWN) -> dict[str, object]:
    """Interleaved pairs over one hub: nothing is joined here, so that each finds what the one before it found."""
    with tempfile.TemporaryDirectory(prefix="syncctl-bench-") as name, Hub.open(Path(name) / "hub.db") as hub:
        make(hub, arriving, known)
        settings = CustomerSettings(match="phone_or_email", country="GB")
        hub.matching.match_all(settings)  # once for what is read from disk
        times = []
        for _ in range(pairs):
            raw_s, rows = _timed(lambda: hub.connection.execute(_RAW).fetchall())
            ours_s, decisions = _timed(lambda: hub.matching.match_all(settings))
            _compare(decisions, rows)
            times.append((raw_s, ours_s))
        began = time.process_time()
        joins = [one for one in decisions if not one.problem][:1000]
        with hub.transaction():
            for one in joins:
                hub.joining.join(one.hub_id, one.other or 0, one.rule, settings)
        each = (time.process_time() - began) / len(joins)
    return {
        "ratio": median(ours / raw for raw, ours in times),
        "cpu_s": median(ours for _, ours in times),
        "raw_cpu_s": median(raw for raw, _ in times),
        "decided": len(decisions),
        "joined": sum(not one.problem for one in decisions),
        "join_ms": each * 1000,
    }


def make(hub: Hub, arriving: int, known: int) -> None:
    """Fill an empty hub with these many customers of the two sides."""
    connection = hub.connection
    connection.execute("CREATE TEMP TABLE number (i INTEGER PRIMARY KEY)")
    connection.executemany("INSERT INTO number VALUES (?)", ((i,) for i in range(1, max(arriving, known) + 1)))
    parameters = {"at": _AT, "arriving": arriving, "known": known, "shared": _SHARED, "double": _DOUBLE}
    with hub.transaction():
        for statement in _MAKE.split(";\n"):
            if statement.strip():
                connection.execute(statement, parameters)


def _timed(work: Any) -> tuple[float, list[Any]]:
    began = time.process_time()
    found: list[Any] = work()
    return time.process_time() - began, found


def _compare(decisions: list[Decision], rows: list[sqlite3.Row]) -> None:
    """Everybody who shares a key is decided about, and nobody else. Errors: RuntimeError."""
    hit = {row[0] for row in rows}
    if {one.hub_id for one in decisions} != hit:
        raise RuntimeError(f"{len(decisions)} were decided about, {len(hit)} share a key")
    several = {web for web, times in Counter(row[0] for row in rows).items() if times > 1}
    if {one.hub_id for one in decisions if one.problem} != several:
        raise RuntimeError(f"{len(several)} share a key with two; others are held")
