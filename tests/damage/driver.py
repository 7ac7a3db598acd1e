"""Runs a part of the proof in a process of its own: `python -m tests.damage.driver PART FOLDER DAY …`.

The hub of a busy day (see tests/crash/world.py) is spoilt in one place, and a run over it is judged: its result is that
of the twin which was never spoilt, or it ended with 7 and the way back. Prints one JSON object: counts of how runs
ended, and `violations`.
"""

import json
import random
import shutil
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from syncctl.backup import list_backups, make_backup, restore_backup
from syncctl.hub.damage import find_damage
from tests.crash import oracle, world
from tests.crash.world import BOOKS, HUB
from tests.damage import kit

PAGE = 4096
LENGTHS = (1, 512, PAGE)
RESTORED = 20  # of the runs that were refused, each so-manieth is followed by `syncctl restore`
WAYS_BACK = ("syncctl restore", "not a hub of syncctl", "made by a newer syncctl", "hub of its own")
WORD = {0: "done", 1: "done", 3: "failed", 5: "stopped", 7: "refused"}


@dataclass(slots=True)
class Proof:
    """The busy day in a folder, its twin's state, and what was found so far."""

    root: Path
    twin: oracle.State = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    booked_before: set[str] = field(default_factory=set)
    believed: list[str] = field(default_factory=list)  # changed values that nothing tells from true ones

    @property
    def start(self) -> Path:
        return self.root / "start"

    def prepare(self, day: str) -> None:
        """`day`: next (the daily check is due), same, killed (a run was killed in the middle of it), first (no hub)."""
        world.begin(self.start, "order")
        if day != "first":
            kit.run(self.start, _keeping_log(self.start, self.root / "older"))
            make_backup(self.start / HUB, 7)
            world.go_on(self.start, "order", next_day=day == "next")
            self.booked_before = {row[0] for row in oracle.read(self.start, hub=False)["documents"]}
        twin = self.copy(self.start, "twin")
        for _ in range(kit.MOST_CYCLES):
            kit.run(twin)
        self.twin = oracle.read(twin)
        if where := find_damage(twin / HUB):
            self.violations.append(f"a sound hub is called damaged: {where}")
        if day == "killed":
            self._leave_a_log()

    def _leave_a_log(self) -> None:
        """Replace the start by what a kill in the middle of the busy day would leave: a hub with its log."""
        middle = self.root / "middle"

        def copy(when: str, method: str) -> None:
            if (when, method) == ("after", "push_documents") and not middle.exists():
                shutil.copytree(folder, middle)

        folder = self.copy(self.start, "busy")
        kit.run(folder, copy)
        shutil.rmtree(self.start)
        middle.replace(self.start)

    def copy(self, source: Path, name: str = "work") -> Path:
        target = self.root / name
        shutil.rmtree(target, ignore_errors=True)
        return Path(shutil.copytree(source, target))

    def judge(self, folder: Path, what: str, *, again: bool = False) -> kit.Ended:
        """One run over a spoilt hub. `again`: what was refused is restored, and the day comes to its good end."""
        before = (folder / HUB).read_bytes() if (folder / HUB).is_file() else b""
        ended = kit.run(folder)
        if ended.code not in WORD or "Traceback" in ended.said or "bug" in ended.said:
            self.violations.append(f"{what}: {ended}")
            return ended
        self._never_twice(folder, what)
        if ended.late:
            self.violations.append(f"{what}: written after the damage was found: {ended.late}")
        if ended.code in (5, 7):
            self._judge_refusal(folder, what, ended, before)
            if again:
                self._restore(folder, what)
        else:
            self.counts[f"{WORD[ended.code]}, {self._compare(folder, what)}"] += 1
        return ended

    def _judge_refusal(self, folder: Path, what: str, ended: kit.Ended, before: bytes) -> None:
        self.counts["refused, after some writes" if ended.writes else "refused"] += 1
        if not any(way in ended.said for way in WAYS_BACK) or len(ended.said.splitlines()) > 20:
            self.violations.append(f"{what}: it does not say what to do: {ended.said}")
        if "nothing was written anywhere" in ended.said and (ended.writes or (folder / HUB).read_bytes() != before):
            self.violations.append(f"{what}: it was written: {ended}")

    def _never_twice(self, folder: Path, what: str) -> None:
        with closing(sqlite3.connect(folder / BOOKS)) as books:
            rows = books.execute("SELECT reference FROM document WHERE reference <> ''").fetchall()
        twice = [one for one, count in Counter(rows).items() if count > 1]
        if twice:
            self.violations.append(f"{what}: booked twice: {twice}")

    def _compare(self, folder: Path, what: str) -> str:
        """Whether the day came to the twin's end. If not, a changed value was believed: books may lack, not differ."""
        for _ in range(kit.MOST_CYCLES):
            state = self._state(folder)
            differing = oracle.differences(state, self.twin)
            if not differing:
                return "as the twin"
            if kit.run(folder).code == 7:
                return "and refused by the next"
        self.believed.append(f"{what}: {differing}")
        before = oracle.read(self.start, hub=False)
        known = {row[:5] for row in self.twin["documents"] + before["documents"]}
        wrong = [row for row in state["documents"] if row[:5] not in known]
        if wrong:
            self.violations.append(f"{what}: wrong in the books: {wrong}")
        self.counts["oversold"] += self._oversold(state)
        return "but differs"

    def _state(self, folder: Path) -> oracle.State:
        """What there is at the end; of a hub that still is damaged where no run had to read, only the sides."""
        try:
            return oracle.read(folder)
        except sqlite3.Error:
            self.counts["damaged where nothing is read"] += 1
            return self.twin | oracle.read(folder, hub=False)

    def _oversold(self, state: oracle.State) -> bool:
        most = {sku: units for sku, units, *_ in self.twin["listings"]}
        return any(units is not None and units > most[sku] for sku, units, *_ in state["listings"])

    def _restore(self, folder: Path, what: str) -> None:
        """The way back that the message names; then the day ends as the twin's."""
        restore_backup(folder / HUB, list_backups(folder / HUB)[-1])
        codes = [kit.run(folder).code for _ in range(kit.MOST_CYCLES)]
        state = oracle.read(folder)
        found = oracle.differences(state, self.twin) + oracle.sound(folder)
        if found or not set(codes) <= {0, 1}:
            self.violations.append(f"{what}, restored: {codes} {found}")
        self.counts["restored"] += 1


# --- the parts of the proof ---


def places(proof: Proof, count: int, seed: int) -> None:
    """One byte, 512 B or 4 kB, flipped or zeroed, each at a place that this changes."""
    draw = random.Random(seed)
    content = (proof.start / HUB).read_bytes()
    spoilt = _spoilt(content, draw)
    for number in range(count):
        what, changed = next(spoilt)
        folder = proof.copy(proof.start)
        (folder / HUB).write_bytes(changed)
        proof.counts["places"] += 1
        proof.judge(folder, what, again=number % RESTORED == 0)


def _spoilt(content: bytes, draw: random.Random) -> Iterator[tuple[str, bytes]]:
    while True:
        length, zero = draw.choice(LENGTHS), draw.random() < 0.5
        place = draw.randrange(len(content) // length) * length
        old = content[place : place + length]
        new = bytes(length) if zero else bytes(byte ^ (1 << draw.randrange(8)) for byte in old)
        if new != old:
            yield (
                f"{length} B {'zeroed' if zero else 'flipped'} at {place}",
                content[:place] + new + content[place + length :],
            )


def truncated(proof: Proof) -> None:
    """The file ends at each of its pages, and within each."""
    content = (proof.start / HUB).read_bytes()
    for page in range(len(content) // PAGE):
        for length in (page * PAGE, page * PAGE + 1234):
            folder = proof.copy(proof.start)
            (folder / HUB).write_bytes(content[:length])
            proof.counts["places"] += 1
            proof.judge(folder, f"{length} B left", again=length % (RESTORED * PAGE) == 0)


def logs(proof: Proof) -> None:
    """A run was killed; then its write-ahead log is cut at every frame and within, lost, spoilt, or another hub's."""
    log = (proof.start / f"{HUB}-wal").read_bytes()
    frame = PAGE + 24
    frames = (len(log) - 32) // frame
    proof.counts["frames"] = frames
    changes: dict[str, bytes | None] = {"as it is": log, "lost": None, "empty": b"", "no log": b"a letter" * 9999}
    for number in range(frames):
        changes[f"cut after {number} frames"] = log[: 32 + number * frame]
        changes[f"cut in frame {number}"] = log[: 32 + number * frame + 777]
        place = 32 + number * frame + 24 + 100
        changes[f"spoilt in frame {number}"] = log[:place] + bytes([log[place] ^ 1]) + log[place + 1 :]
    for what, changed in changes.items():
        for index in ("as it is", "lost", "foreign"):
            if index == "as it is" or what in ("as it is", "cut after 3 frames"):
                folder = proof.copy(proof.start)
                _put(folder / f"{HUB}-wal", changed)
                if index != "as it is":
                    _put(folder / f"{HUB}-shm", None if index == "lost" else b"\xa5" * 32768)
                proof.counts["places"] += 1
                proof.judge(folder, f"log {what}, index {index}")
    foreign_logs(proof)


def foreign_logs(proof: Proof) -> None:
    """In the place of the log: an older one of this hub, and one of another shop's hub."""
    other = proof.root / "other"
    world.begin(other, "order")
    for name in (world.SHOP, world.BOOKS):
        with closing(sqlite3.connect(other / name)) as connection, connection:
            connection.execute("UPDATE meta SET value = 'other-' || value WHERE key = 'identity'")
    kit.run(other, _keeping_log(other, proof.root / "another hub's"))
    for whose in ("older", "another hub's"):
        for index in ("its own", "this hub's"):
            folder = proof.copy(proof.start)
            shutil.copy(proof.root / whose, folder / f"{HUB}-wal")
            if index == "its own":
                shutil.copy(proof.root / f"{whose}-shm", folder / f"{HUB}-shm")
            proof.counts["places"] += 1
            ended = proof.judge(folder, f"log {whose}, index {index}", again=True)
            if whose != "older":
                proof.counts[f"another hub's log: {ended.code}"] += 1


def _keeping_log(folder: Path, target: Path) -> kit.Hook:
    """Copy the hub's log, as it is in the middle of a run."""

    def keep(when: str, method: str) -> None:
        if (when, method) == ("after", "push_documents"):
            shutil.copy(folder / f"{HUB}-wal", target)
            shutil.copy(folder / f"{HUB}-shm", target.with_name(f"{target.name}-shm"))

    return keep


def _put(path: Path, content: bytes | None) -> None:
    path.unlink(missing_ok=True)
    if content is not None:
        path.write_bytes(content)


PARTS: dict[str, Callable[..., None]] = {"places": places, "truncated": truncated, "logs": logs}


def main(arguments: list[str]) -> None:
    """PART FOLDER DAY [NUMBER …]."""
    part, folder, day, *numbers = arguments
    proof = Proof(Path(folder))
    proof.prepare(day)
    PARTS[part](proof, *map(int, numbers))
    print(json.dumps({**proof.counts, "believed": proof.believed, "violations": proof.violations[:20]}))


if __name__ == "__main__":
    main(sys.argv[1:])
