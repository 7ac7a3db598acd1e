"""What a process that died has left in its folder, so that what several have left alike is recovered from once."""

import hashlib
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

_TIME = re.compile(rb"\d{4}-\d\d-\d\dT[\d:.]{9,12}Z")  # of a row, or in the name of a backup
_ONLY_THERE = (
    "-wal",
    "-shm",
    "-journal",
    ".lock",
    ".holder",
)  # what it means stands in the rows, or nobody reads it any more


def digest_of(folder: Path, since: str) -> str:
    """A digest of the files that are there and of what they hold: rows as another process would read them, else bytes.

    Times after `since` (as the hub writes them) are all alike, for each process has its own. Nothing is opened but a
    copy, so that the folder stays as it was left.
    """
    copy = folder.with_name(f"{folder.name}-read")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    parts = []
    for path in sorted(path for path in copy.rglob("*") if path.is_file()):
        content = b"" if path.name.endswith(_ONLY_THERE) else _content(path)
        parts.append(_alike(f"{path.relative_to(copy)}".encode() + b"\n" + content, since))
    return hashlib.sha256(b"\n".join(parts)).hexdigest()


def _content(path: Path) -> bytes:
    """What a file holds; a database that is sound by its rows, table by table."""
    if path.suffix != ".db":
        return path.read_bytes()
    with closing(sqlite3.connect(path)) as connection:
        tables = connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
        kinds = [connection.execute(f"PRAGMA {name}").fetchone() for name in ("application_id", "user_version")]
        names = [name for name, sql in tables if (sql or "").startswith("CREATE TABLE")]
        rows = {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in names}
    return repr((tables, kinds, rows)).encode()


def _alike(content: bytes, since: str) -> bytes:
    first = _digits(since.encode())
    return _TIME.sub(lambda found: b"later" if _digits(found[0]) > first else found[0], content)


def _digits(time: bytes) -> bytes:
    return re.sub(rb"\D", b"", time)
