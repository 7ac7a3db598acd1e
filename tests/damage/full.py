"""Disks that are full, and places that cannot be written: `python -m tests.damage.full PART FOLDER DAY`.

A run over them is judged as in `driver`: the twin's result, or exit 7 and what to do; no document in the books without
its journal row; and as soon as there is room again, runs reach the twin's state.
"""

import json
import os
import resource
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from syncctl.backup import backup_folder
from syncctl.hub.files import Sidecar
from tests.children import as_nobody, in_child, mount_memory
from tests.crash import oracle
from tests.crash.world import BOOKS, HUB
from tests.damage import kit
from tests.damage.driver import PAGE, Proof

ROOM = 1 << 30
NOT_HERE = "not here"


def judge(proof: Proof, folder: Path, what: str, ended: kit.Ended, says: tuple[str, ...] = ("Make room",)) -> None:
    """A run on a disk that may be too small, or in a place that may not be written."""
    proof.counts["sizes"] += 1
    proof.counts[f"ended with {ended.code}"] += 1
    if ended.code not in (0, 1, 7) or "Traceback" in ended.said or "bug" in ended.said:
        proof.violations.append(f"{what}: {ended}")
    if ended.code == 7 and not any(word in ended.said for word in says):
        proof.violations.append(f"{what}: it does not say what to do: {ended.said}")
    sides = oracle.read(folder, hub=False)
    differing = oracle.differences(sides, {name: rows for name, rows in proof.twin.items() if name in sides})
    if ended.code != 7 and differing:
        proof.violations.append(f"{what}: ended with {ended.code} and {differing[:5]}")
    without = references(folder / BOOKS, "document", "reference") - references(folder / HUB, "journal", "key")
    if without - proof.booked_before:
        proof.violations.append(f"{what}: booked without a row in the journal: {without}")


def references(path: Path, table: str, column: str) -> set[str]:
    """What is written down there; nothing where there is no such table yet."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            return {row[0] for row in connection.execute(f"SELECT {column} FROM {table} WHERE {column} <> ''")}
    except sqlite3.OperationalError:
        return set()


def comes_right(proof: Proof, folder: Path, what: str) -> None:
    """With room again, the twin's state is reached."""
    codes = []
    for _ in range(kit.MOST_CYCLES):
        codes.append(kit.run(folder).code)
        state = oracle.read(folder)
        if not (found := oracle.differences(state, proof.twin) + oracle.sound(folder)):
            return
    proof.violations.append(f"{what}, with room again: {codes} {found[:5]}")


# --- the parts of the proof ---


def pages(proof: Proof) -> None:
    """The hub may have so many pages (`max_page_count`): each number up to what it needs."""
    need = (proof.root / "twin" / HUB).stat().st_size // PAGE
    have = (proof.start / HUB).stat().st_size // PAGE if (proof.start / HUB).exists() else 0
    for most in range(have + 1, need + 1):

        class Limited(sqlite3.Connection):
            def __init__(self, *arguments: Any, limit: int = most, **named: Any) -> None:
                super().__init__(*arguments, **named)
                super().execute(f"PRAGMA max_page_count = {limit}")

        _try(proof, f"{most} pages", Limited)


def size_of_files(proof: Proof) -> None:
    """No file of the hub may grow beyond so many bytes (RLIMIT_FSIZE), in steps of five pages."""
    for most in range(PAGE, 300 * PAGE, 5 * PAGE):
        _try(proof, f"files of {most} B", _limited(most))


def _limited(most: int) -> type[sqlite3.Connection]:
    """A connection whose statements may not write beyond this offset of any file."""

    def within(name: str) -> Callable[..., Any]:
        def call(connection: sqlite3.Connection, *arguments: Any, **named: Any) -> Any:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
            try:
                return getattr(sqlite3.Connection, name)(connection, *arguments, **named)
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

        return call

    return type("Limited", (sqlite3.Connection,), {name: within(name) for name in ("execute", "backup", "close")})


def _try(proof: Proof, what: str, connection: type[sqlite3.Connection]) -> None:
    folder = proof.copy(proof.start)
    judge(proof, folder, what, kit.run(folder, connection=connection))
    comes_right(proof, folder, what)


def small_disks(proof: Proof) -> None:
    """The hub and what lies beside it are on a real file system of so many bytes, in steps of six pages."""
    least = sum(path.stat().st_size for path in proof.start.glob(f"{HUB}*/*")) + (proof.start / HUB).stat().st_size
    for size in range(least + 12 * PAGE, least + 400 * PAGE, 6 * PAGE):
        told = in_child(lambda size=size: _on_small_disk(proof, size))  # type: ignore[misc]
        if told == NOT_HERE:
            proof.counts[NOT_HERE] += 1
            return
        found = json.loads(told) if told.startswith("{") else {"counts": {}, "violations": [told]}
        proof.counts.update(found["counts"])
        proof.violations += found["violations"]


def _on_small_disk(proof: Proof, size: int) -> str:
    disk = proof.root / "disk"
    disk.mkdir(exist_ok=True)
    if not mount_memory(disk, size):
        return NOT_HERE
    proof.counts.clear()
    proof.violations.clear()
    folder = proof.copy(proof.start)
    for path in folder.glob(f"{HUB}*"):
        shutil.move(path, disk)
    (folder / HUB).symlink_to(disk / HUB)
    judge(proof, folder, f"a disk of {size} B", kit.run(folder))
    mount_memory(disk, ROOM)
    comes_right(proof, folder, f"a disk of {size} B")
    return json.dumps({"counts": proof.counts, "violations": proof.violations})


def beside(proof: Proof) -> None:
    """There is room for the hub, but none for its sidecar, or none for its backup."""
    folder = proof.copy(proof.start)
    sidecar = Sidecar.path(folder / HUB)
    sidecar.with_name(sidecar.name + ".new").symlink_to("/dev/full")
    judge(proof, folder, "no room for the sidecar", kit.run(folder))
    sidecar.with_name(sidecar.name + ".new").unlink()
    comes_right(proof, folder, "no room for the sidecar")
    for most in range(PAGE, (proof.start / HUB).stat().st_size, 8 * PAGE):
        limited = type("NoRoom", (sqlite3.Connection,), {"backup": _limited(most).backup})
        folder = proof.copy(proof.start)
        judge(proof, folder, f"{most} B for the backup", kit.run(folder, connection=limited))
        if left := list(backup_folder(folder / HUB).glob("*.part*")):
            proof.violations.append(f"{most} B for the backup: halves are left: {left}")
        comes_right(proof, folder, f"{most} B for the backup")


# name -> what nobody but root may do, and what there is to be said
PLACES: dict[str, Callable[[Path], None]] = {
    "the hub": lambda folder: (folder / HUB).chmod(0o444),
    "the hub, to read": lambda folder: (folder / HUB).chmod(0o000),
    "the folder": lambda folder: folder.chmod(0o555),
    "the folder, to enter": lambda folder: folder.chmod(0o000),
    "the lock": lambda folder: (folder / f"{HUB}.lock").chmod(0o444),
    "the sidecar": lambda folder: _blocked(Sidecar.path(folder / HUB)),
    "the backups": lambda folder: backup_folder(folder / HUB).chmod(0o555),
    "a file in the place of the backups": lambda folder: _blocked(backup_folder(folder / HUB)),
}


def _blocked(path: Path) -> None:
    """Something of root's stands in the way, in a folder of root's."""
    if path.is_dir():
        path.rename(path.with_name("away"))
        path.write_text("in the way")
        return
    partial = path.with_name(path.name + ".new")
    partial.mkdir(mode=0o755)


def read_only(proof: Proof) -> None:
    """Each place in turn cannot be written: exit 7, what to do, and nothing written to a side."""
    for what, forbid in PLACES.items():
        folder = proof.copy(proof.start, "places")
        hub = folder / "hub"
        hub.mkdir()
        for path in folder.glob(f"{HUB}*"):
            path.rename(hub / path.name)
        (folder / HUB).symlink_to(hub / HUB)
        (hub / f"{HUB}.lock").touch()
        for path in [proof.root, folder, hub, *folder.rglob("*")]:
            path.chmod(0o777 if path.is_dir() else 0o666)
        before = oracle.read(folder, hub=False)
        forbid(hub)
        told = as_nobody(lambda folder=folder: _told(kit.run(folder)))  # type: ignore[misc]
        for path in (hub, *hub.rglob("*")):
            path.chmod(0o777 if path.is_dir() else 0o666)
        if not told.startswith("{"):
            proof.violations.append(f"{what}: {told}")
            continue
        ended = kit.Ended(**json.loads(told))
        judge(proof, folder, what, ended, says=("rights", "place that you can write"))
        if ended.code != 7 or ended.writes or oracle.differences(oracle.read(folder, hub=False), before):
            proof.violations.append(f"{what}: {ended}")


def _told(ended: kit.Ended) -> str:
    return json.dumps({"code": ended.code, "said": ended.said, "writes": ended.writes, "late": ended.late})


PARTS: dict[str, Callable[[Proof], None]] = {
    "pages": pages,
    "files": size_of_files,
    "disks": small_disks,
    "beside": beside,
    "read only": read_only,
}


def main(arguments: list[str]) -> None:
    """PART FOLDER DAY."""
    part, folder, day = arguments
    proof = Proof(Path(folder))
    proof.prepare(day)
    os.umask(0o077)
    PARTS[part](proof)
    print(json.dumps({**proof.counts, "violations": proof.violations[:20]}))


if __name__ == "__main__":
    main(sys.argv[1:])
