"""Runs a part of the proof in a process of its own, with one thread: `python -m tests.crash.driver PART FOLDER …`.

It prepares the scenario and its never-disturbed twin, forks a child for each point, and prints one JSON object:
`points` (how many there are: places to die at, calls, or moments to go back to), `due` (how many of them are this
part's), `killed` by kind, `violations`. A child opens its files after the fork, and nobody else has them open then.
"""

import gc
import hashlib
import json
import os
import random
import shutil
import signal
import sqlite3
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from syncctl import times
from syncctl.cli import run as run_command
from syncctl.connectors.base import BackOffice, WebStore
from syncctl.errors import Unreachable
from tests.crash import oracle, world
from tests.crash.left import digest_of
from tests.crash.points import Points, install, kinds_of
from tests.fakes.faulty import WRITES, Call, FailAfter, FailBefore, Fault, Faulty, Plan, at

MOST_CYCLES = 3
MOST_SECONDS = 60
CONFIG = """\
back_office: {{connector: sandbox, path: books.db, stock_falls_on: {stock_falls_on}, amend: [{amend}]}}
stores: {{shop: {{connector: sandbox, path: shop.db}}}}
orders: {{book_from: 2010-01-01}}
customers: {{send_invite: true}}
safety: {{settle: 0s}}
hub: {{path: hub.db}}
"""


Tell = Callable[[str], None]


class Ended(NamedTuple):
    """How a child ended. `signal` 0: by itself, with `code`. `text`: what it told."""

    signal: int
    code: int
    text: str


def fork(work: Callable[[Tell], int | None]) -> Ended:
    """Do the work in a child, which is given a way to tell us something; one that hangs is ended and reported."""
    reader, writer = os.pipe()

    def tell(text: str) -> None:
        os.write(writer, text.encode())

    child = os.fork()
    if not child:
        code = 99
        try:
            os.close(reader)
            signal.alarm(MOST_SECONDS)
            code = work(tell) or 0
        except BaseException:
            tell(traceback.format_exc())
        finally:
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as told:
        text = told.read()
    status = os.waitpid(child, 0)[1]
    return Ended(os.WTERMSIG(status), 0, text) if os.WIFSIGNALED(status) else Ended(0, os.WEXITSTATUS(status), text)


@dataclass(slots=True)
class Proof:
    """The scenario in a folder, its twin's state, and what was found so far."""

    root: Path
    stock_falls_on: str
    twin: oracle.State = field(default_factory=dict)
    prepared_at: str = ""
    left: set[str] = field(default_factory=set)  # what was recovered from
    killed: Counter[str] = field(default_factory=Counter)
    points: int = 0
    due: int = 0
    violations: list[str] = field(default_factory=list)

    @property
    def start(self) -> Path:
        return self.root / "start"

    @property
    def copies(self) -> Path:
        """Copies of the hub, each named after the call boundary at which it was taken; in order."""
        return self.root / "copies"

    def prepare(self, *, next_day: bool, first_run: bool = False) -> None:
        """`first_run`: the hub does not exist yet. Else both sides were in step and a busy day followed."""
        world.begin(self.start, self.stock_falls_on)
        if not first_run:
            self.copies.mkdir()
            world.cycle(self.start, self.stock_falls_on, self.copying(self.start, "first"))
            self.cycles(self.start, 1)
            world.go_on(self.start, self.stock_falls_on, next_day=next_day)
            world.assign(self.start)
        twin = self.copy(self.start, "twin")
        self.cycles(twin, MOST_CYCLES)  # also loads all that is loaded late, so that no child has to
        self.twin = oracle.read(twin)
        self.prepared_at = times.to_text(times.now())
        gc.freeze()

    def cycles(self, folder: Path, count: int) -> None:
        for _ in range(count):
            report = world.cycle(folder, self.stock_falls_on)
            assert report.exit_code in (0, 1), report

    def copy(self, source: Path, name: str = "work") -> Path:
        target = self.root / name
        shutil.rmtree(target, ignore_errors=True)
        return Path(shutil.copytree(source, target))

    def copying(self, folder: Path, cycle: str) -> world.Wrap:
        """Let the hub be copied before and after every call."""

        def wrap(connector: WebStore | BackOffice) -> Any:
            def hook(when: str, call: Call) -> None:
                self.copy_hub(folder, f"{cycle}-{when}-{connector.name}.{call.method}")

            return Faulty(connector, Plan(hook=hook))

        return wrap

    def copy_hub(self, folder: Path, name: str) -> None:
        """One that is what the last copy was is not kept: between two calls the hub may stand still."""
        self.points += 1
        kept = sorted(self.copies.iterdir())
        target = self.copies / f"{len(kept):03}-{name}"
        with closing(sqlite3.connect(folder / world.HUB)) as original, closing(sqlite3.connect(target)) as copy:
            original.backup(copy)
        if kept and target.read_bytes() == kept[-1].read_bytes():
            target.unlink()

    # --- dying ---

    def names(self) -> list[str]:
        """The names of all points of one clean cycle from the start."""
        folder = self.copy(self.start)
        ended = fork(lambda tell: tell(json.dumps(self._disturbed(folder, Points()))))
        assert ended[:2] == (0, 0), ended.text[-2000:]
        names: list[str] = json.loads(ended.text)
        self.points = len(names)
        return names

    def _disturbed(self, folder: Path, points: Points) -> list[str]:
        wrap = install(points)
        points.reach("before anything")
        world.cycle(folder, self.stock_falls_on, wrap)
        points.reach("after everything")
        return points.names

    def kill(self, folder: Path, point: int, name: str | None) -> bool:
        """Run a cycle that dies at this point. `name`: what the point must be called; None: it may not be reached."""
        ended = fork(lambda tell: tell(f"{len(self._disturbed(folder, Points(point, tell)))} points and then the end"))
        if ended.signal == signal.SIGKILL:
            self.killed["points"] += 1
            self.killed.update(kinds_of(ended.text))
        if name is None:
            return ended.signal == signal.SIGKILL
        if ended.signal != signal.SIGKILL or ended.text != name:
            self.violations.append(f"point {point} is {name!r}, but the cycle ended so: {ended}")
        return True

    # --- and after ---

    def is_new(self, folder: Path) -> bool:
        """Whether nobody has left the folder so before: most points lie between the same two commits."""
        digest = digest_of(folder, self.prepared_at)
        new = digest not in self.left
        self.left.add(digest)
        self.killed["states"] += new
        return new

    def converges(self, folder: Path, what: str, twin: oracle.State | None = None) -> None:
        """Clean cycles, in a process of their own, must reach the twin's state and then be quiet."""
        ended = fork(lambda tell: tell(json.dumps(self._recover(folder, twin or self.twin))))
        found = json.loads(ended.text) if ended[:2] == (0, 0) else [f"the recovery ended so: {ended}"]
        self.violations += [f"{what}: {one}" for one in found]

    def _recover(self, folder: Path, twin: oracle.State) -> list[str]:
        found: list[str] = []
        for _ in range(MOST_CYCLES):
            report = world.cycle(folder, self.stock_falls_on)
            if report.exit_code not in (0, 1):
                return [f"a clean cycle ended with {report.exit_code}: {report}"]
            state = oracle.read(folder)
            found = oracle.differences(state, twin)
            if not found:
                break
        before = oracle.marks(folder)
        self.cycles(folder, 1)
        loud = oracle.differences(oracle.marks(folder) | {"documents": []}, before)
        return found + oracle.sound(folder) + [f"a cycle with nothing new: {one}" for one in loud]


# --- the parts of the proof ---


def die_at(proof: Proof, names: list[str], points: Iterable[int]) -> None:
    """SIGKILL at each of these points, each time from the start; clean cycles after each state that is left then."""
    for point in points:
        folder = proof.copy(proof.start)
        proof.kill(folder, point, names[point - 1])
        if proof.is_new(folder):
            proof.converges(folder, f"killed at point {point} ({names[point - 1]})")
        proof.due += 1


def die_everywhere(proof: Proof, shard: int, shards: int) -> None:
    """Every point of this shard's part of the cycle, as `_telling` has it."""
    names = proof.names()
    die_at(proof, names, _part(_telling(names, range(1, len(names) + 1)), shard, shards))


def die_here_and_there(proof: Proof, shard: int, shards: int) -> None:
    """Every seventh point of this shard's part of the cycle."""
    names = proof.names()
    die_at(proof, names, _part(range(1, len(names) + 1, 7), shard, shards))


def _telling(names: list[str], points: Iterable[int]) -> list[int]:
    """Each point around a call, a transaction's ends, a file; and each seventh of those around other statements.

    Those read, or one transaction does or undoes them as a whole. SYNCCTL_CRASH_POINTS=all takes every one of them.
    """
    every = 1 if os.environ.get("SYNCCTL_CRASH_POINTS") == "all" else 7
    within = ("statement", "family", "table")

    def alike(point: int) -> bool:
        return all(kind.startswith(within) for kind in kinds_of(names[point - 1]))

    return [one for one in points if one % every == 0 or not alike(one)]


def _part(points: Sequence[int], shard: int, shards: int) -> Sequence[int]:
    """One after another, for neighbours leave the same state."""
    return points[len(points) * shard // shards : len(points) * (shard + 1) // shards]


def die_while_it_is_laid_out(proof: Proof) -> None:
    """A hub that does not exist yet: every point until the first call, and every tenth after it."""
    names = proof.names()
    first_call = next(point for point, name in enumerate(names, 1) if name.startswith("before call"))
    die_at(proof, names, [*_telling(names, range(1, first_call)), *range(first_call, len(names) + 1, 10)])


def die_twice(proof: Proof, pairs: int, seed: int) -> None:
    """A sample: killed, then killed again while it recovers."""
    draw = random.Random(seed)
    proof.due = pairs
    names = proof.names()
    for _ in range(pairs):
        first, second = draw.randint(1, len(names)), draw.randint(1, len(names) // 2)
        folder = proof.copy(proof.start)
        proof.kill(folder, first, names[first - 1])
        again = proof.kill(folder, second, None)
        proof.killed["twice"] += again
        proof.converges(folder, f"killed at point {first} ({names[first - 1]}), then at point {second}: {again}")


def lose_replies(proof: Proof) -> None:
    """Each call fails once: before it did anything, and each write after it was done."""
    calls = _calls(proof)
    proof.points = len(calls)
    for name, number, method in calls:
        faults: list[type[FailBefore] | type[FailAfter]] = [FailBefore]
        if method.startswith(WRITES):
            faults.append(FailAfter)
        for kind in faults:
            _one_fault(proof, name, method, kind(at(number), Unreachable("The connection was lost.")))


def _calls(proof: Proof) -> list[tuple[str, int, str]]:
    """(connector, number, method) of every call of a clean cycle."""
    made: list[tuple[str, int, str]] = []

    def wrap(connector: WebStore | BackOffice) -> Any:
        def hook(when: str, call: Call) -> None:
            if when == "after":
                made.append((connector.name, call.number, call.method))

        return Faulty(connector, Plan(hook=hook))

    world.cycle(proof.copy(proof.start), proof.stock_falls_on, wrap)
    return made


def _one_fault(proof: Proof, name: str, method: str, fault: Fault) -> None:
    folder = proof.copy(proof.start)
    (folder / "syncctl.yaml").write_text(
        CONFIG.format(stock_falls_on=proof.stock_falls_on, amend=", ".join(world.amend))
    )
    ended = fork(lambda tell: _command(folder, tell, lambda one: Faulty(one, [fault] if one.name == name else [])))
    what = f"{type(fault).__name__} at call {fault.when.number} of {name} ({method})"
    proof.killed[f"{type(fault).__name__} {method}"] += 1
    if ended[:2] != (0, 3) or "Traceback" in ended.text or "bug" in ended.text or "lost" not in ended.text:
        proof.violations.append(f"{what}: the command ended so: {ended}")
    proof.converges(folder, what)


def _command(folder: Path, tell: Tell, wrap: Callable[[Any], Any]) -> int:
    """The real command line, its output told."""
    world.connect(wrap)
    with (folder / "output").open("w+", encoding="utf-8") as output:
        sys.stdout = sys.stderr = output
        try:
            run_command(["--config", str(folder / "syncctl.yaml"), "sync-all"])
        except SystemExit as ending:
            output.seek(0)
            tell(output.read())
            return int(ending.code or 0)


def go_back(proof: Proof, shard: int, shards: int) -> None:
    """The hub is put back to what it was at each call boundary, of the first cycle too; the sidecar stays.

    Once more after levels and prices have turned back to what the oldest copies believe to be shown.
    """
    finished = proof.copy(proof.start, "finished")
    proof.copy_hub(finished, "between")
    world.cycle(finished, proof.stock_falls_on, proof.copying(finished, "busy"))
    proof.copy_hub(finished, "after")
    turned = proof.copy(finished, "turned")
    world.turn_back(turned, proof.stock_falls_on)
    twin = proof.copy(turned, "turned-twin")
    proof.cycles(twin, MOST_CYCLES)
    turned_twin = oracle.read(twin)
    copies = sorted(proof.copies.iterdir())
    proof.due = 2 * len(copies[shard::shards])
    for copy in copies[shard::shards]:
        for source, state in ((finished, proof.twin), (turned, turned_twin)):
            folder = proof.copy(source)
            for suffix in ("-wal", "-shm"):
                (folder / f"{world.HUB}{suffix}").unlink(missing_ok=True)
            shutil.copyfile(copy, folder / world.HUB)
            proof.converges(folder, f"the hub restored from {copy.name} ({source.name})", state)
            proof.killed["restored"] += 1


def name_points(proof: Proof) -> None:
    """Dies nowhere: counts what kinds of points there are, and tells two processes' points apart by their hash."""
    names = proof.names()
    proof.killed.update(kind for name in names for kind in kinds_of(name))
    proof.killed[hashlib.sha256("\n".join(names).encode()).hexdigest()] = 1


PARTS: dict[str, Callable[..., None]] = {
    "everywhere": die_everywhere,
    "here and there": die_here_and_there,
    "first run": die_while_it_is_laid_out,
    "twice": die_twice,
    "lost replies": lose_replies,
    "go back": go_back,
    "names": name_points,
}


def main(arguments: list[str]) -> None:
    """PART FOLDER STOCK_FALLS_ON DAY [NUMBER …].

    DAY: first (no hub yet), next (daily work is due), same, untold (the same, and the store lists no changes), or again
    (the same, and what was edited is credited and booked again).
    """
    part, folder, stock_falls_on, day, *numbers = arguments
    world.amend = ("credit",) if day == "again" else ("amend",)
    world.store_tells_changes = day != "untold"
    proof = Proof(Path(folder), stock_falls_on)
    proof.prepare(next_day=day == "next", first_run=day == "first")
    PARTS[part](proof, *map(int, numbers))
    found = {"points": proof.points, "due": proof.due, "killed": proof.killed, "violations": proof.violations}
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
