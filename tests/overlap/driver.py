"""Runs that overlap: `python -m tests.overlap.driver PART FOLDER …`, one thread, everything imported before it forks.

Each contender is a forked child that calls the real command line over real sandbox files. Who runs marks that with a
file that may not exist yet: the oracle knows nothing of locks. Whoever got in can be kept there until the others have
ended. Prints one JSON object with counts, figures and `violations`.
"""

import gc
import io
import json
import os
import re
import resource
import select
import signal
import sqlite3
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import syncctl.config
import syncctl.cycle
from syncctl import times
from syncctl.cli import run as run_command
from syncctl.lock import _GRACE
from tests.crash import world
from tests.fakes.faulty import Call, Faulty, Plan

MOST_SECONDS = 60
CONFIG = """\
back_office: {connector: sandbox, path: books.db}
stores: {shop: {connector: sandbox, path: shop.db}}
orders: {book_from: 2010-01-01}
safety: {settle: 0s}
hub: {path: hub.db}
"""
Hook = Callable[[str, Call], object]


@dataclass(slots=True)
class Ended:
    """How a contender ended: its exit code (minus the signal that killed it), what it said, and what it took."""

    pid: int
    code: int
    said: str = ""
    seconds: float = 0.0  # from the start that all had in common
    cpu: float = 0.0


@dataclass(slots=True)
class Contender:
    """A running child, and the pipe on which it tells its end."""

    pid: int
    told: int

    def wait(self, most: float = MOST_SECONDS) -> Ended:
        ready, _, _ = select.select([self.told], [], [], most)
        if not ready:
            os.kill(self.pid, signal.SIGKILL)
        with os.fdopen(self.told, encoding="utf-8") as pipe:
            text = pipe.read()
        status = os.waitpid(self.pid, 0)[1]
        if os.WIFSIGNALED(status) or not text:
            return Ended(self.pid, -os.WTERMSIG(status))
        return Ended(**json.loads(text))


@dataclass(slots=True)
class Proof:
    """One folder with both sides and a hub, and what was found."""

    root: Path
    counts: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    slowest: float = 0.0
    most_cpu: float = 0.0
    orders: int = 0

    def prepare(self) -> None:
        world.begin(self.root, "order")
        (self.root / "syncctl.yaml").write_text(CONFIG)
        (self.root / "syncctl.yaml").chmod(0o600)
        world.cycle(self.root, "order")
        settings = syncctl.config.load_config(self.root / "syncctl.yaml", {})
        syncctl.config.load_config = lambda _path, _environ: settings  # read once: it costs more than all else
        with suppress(SystemExit):  # loads all that is loaded late, so that no child has to
            run_command(["--config", str(self.root / "syncctl.yaml"), "-q", "sync-all"])
        gc.freeze()

    @property
    def marker(self) -> Path:
        return self.root / "somebody-runs"

    def place_order(self) -> None:
        self.orders += 1
        shop, office = world.open_sides(self.root, "order")
        with closing(shop), closing(office):
            shop.place_order([("SPOON", 1)], order_id=f"round-{self.orders}")

    def check(self, what: str) -> None:
        """Asked of the books themselves: each order of the rounds has been booked, and nothing twice."""
        with closing(sqlite3.connect(self.root / world.BOOKS)) as books:
            rows = books.execute("SELECT reference, kind, order_id FROM document WHERE reference <> ''").fetchall()
        twice = [reference for reference, count in Counter(row[0] for row in rows).items() if count > 1]
        booked = sum(kind == "sale" and order_id.startswith("round-") for _, kind, order_id in rows)
        if twice or booked != self.orders:
            self.violations.append(f"{what}: {booked} of {self.orders} orders are booked; twice: {twice}")
        if (self.root / f"{world.HUB}.holder").exists() or self.marker.exists():
            self.violations.append(f"{what}: marks of a run were left behind")

    # --- contenders ---

    def start(self, if_busy: str, gate: int, hook: Hook | None = None, *, back: timedelta = timedelta(0)) -> Contender:
        """Fork a run that begins once `gate` is closed. `back`: so far its clock was set back."""
        reader, writer = os.pipe()
        child = os.fork()
        if child:
            os.close(writer)
            return Contender(child, reader)
        try:
            signal.alarm(MOST_SECONDS)
            os.read(gate, 1)
            text = json.dumps(asdict(self._contend(if_busy, hook, back)))
        except BaseException:
            text = json.dumps(asdict(Ended(os.getpid(), 99, traceback.format_exc())))
        os.write(writer, text.encode())
        os._exit(0)

    def _contend(self, if_busy: str, hook: Hook | None, back: timedelta) -> Ended:
        self._connect(hook)
        if back:
            real_now, real_time = times.now, time.time
            times.now = lambda: real_now() - back
            time.time = lambda: real_time() - back.total_seconds()
        said = io.TextIOWrapper(io.BytesIO())
        sys.stdout = sys.stderr = said
        began, cpu = time.monotonic(), _cpu()
        code: Any = None
        try:
            run_command(["--config", str(self.root / "syncctl.yaml"), "-q", "sync-all", "--if-busy", if_busy])
        except SystemExit as ending:
            code = ending.code
        said.flush()
        text = said.buffer.getvalue().decode()  # type: ignore[attr-defined]
        return Ended(os.getpid(), code, text, time.monotonic() - began, _cpu() - cpu)

    def _connect(self, hook: Hook | None) -> None:
        """Let each run mark that it runs, from its first connector to the end of its last."""
        world.connect(lambda side: Faulty(side, Plan(hook=hook if side.name == "back-office" else None)))  # type: ignore[arg-type, return-value]
        real_run = syncctl.cycle._Cycle.go

        def go(cycle: Any) -> Any:
            os.close(os.open(self.marker, os.O_CREAT | os.O_EXCL))  # raises if somebody else runs
            report = real_run(cycle)
            self.marker.unlink()
            return report

        syncctl.cycle._Cycle.go = go  # type: ignore[method-assign]

    def judge_loser(self, one: Ended, winners: set[int], code: int, what: str) -> None:
        """It was told at once, in one message, by whom it was kept out."""
        self.counts["kept out"] += 1
        self.slowest, self.most_cpu = max(self.slowest, one.seconds), max(self.most_cpu, one.cpu)
        if one.code != code or "Traceback" in one.said:
            self.violations.append(f"{what}: a contender ended with {one}")
        named = re.search(r"\(process (\d+), for \d+ (s|min|h|d)\)", one.said)
        if code and named is None and one.seconds > _GRACE:  # the holder got no processor in all that time
            self.counts["not named in time"] += 1
        elif code and not (named and int(named[1]) in winners):
            self.violations.append(f"{what}: process {winners} was not named: {one.said!r}")
        if not code and one.said:
            self.violations.append(f"{what}: said {one.said!r}")


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


# --- the parts of the proof ---


def contend(proof: Proof, count: int, rounds: int, if_busy: str) -> None:
    """So many start at the same moment; who gets in stays there until all others have ended."""
    for number in range(rounds):
        what = f"{count} at once, {if_busy}, round {number}"
        proof.place_order()
        gate, open_gate = os.pipe()
        door, open_door = os.pipe()
        running = [proof.start(if_busy, gate, _stay_behind(door)) for _ in range(count)]
        os.write(open_gate, b"!" * count)
        by_pipe = {one.told: one for one in running}
        ended = []
        while len(ended) < count - 1:
            ready, _, _ = select.select(list(by_pipe), [], [], MOST_SECONDS)
            if not ready:
                proof.violations.append(f"{what}: {len(by_pipe)} run at the same time")
                break
            ended += [by_pipe.pop(pipe).wait() for pipe in ready]
        os.write(open_door, b"!" * count)
        winners = [one.wait() for one in by_pipe.values()]
        for pipe in (gate, open_gate, door, open_door):
            os.close(pipe)
        for one in ended:
            proof.judge_loser(one, {winner.pid for winner in winners}, 0 if if_busy == "skip" else 6, what)
        if [winner.code for winner in winners] != [0]:
            proof.violations.append(f"{what}: who got in ended so: {winners}")
        proof.counts["rounds"] += 1
        proof.check(what)


def wait_in_turn(proof: Proof, count: int, rounds: int) -> None:
    """So many start at the same moment and wait for each other: all of them run, one after another."""
    for number in range(rounds):
        proof.place_order()
        gate, open_gate = os.pipe()
        running = [proof.start("wait:50", gate) for _ in range(count)]
        os.write(open_gate, b"!" * count)
        ended = [one.wait() for one in running]
        os.close(gate)
        os.close(open_gate)
        if [one.code for one in ended] != [0] * count:
            proof.violations.append(f"{count} that wait, round {number}: {ended}")
        proof.counts["rounds"] += 1
        proof.counts["ran"] += count
        proof.check(f"{count} that wait, round {number}")


def _kept(proof: Proof, hook: Hook, **options: Any) -> Contender:
    """A run that has got in and stopped there."""
    gate, open_gate = os.pipe()
    running = proof.start("fail", gate, hook, **options)
    os.write(open_gate, b"!")
    os.waitpid(running.pid, os.WUNTRACED)
    os.close(gate)
    os.close(open_gate)
    return running


def _alone(proof: Proof, if_busy: str = "fail", **options: Any) -> Ended:
    gate, open_gate = os.pipe()
    running = proof.start(if_busy, gate, **options)
    os.write(open_gate, b"!")
    os.close(gate)
    os.close(open_gate)
    return running.wait()


def _stay_behind(door: int) -> Hook:
    """Wait at the first call until the door is opened."""
    return lambda when, call: when == "before" and call.number == 1 and os.read(door, 1)


def _stop_at(method: str, when: str) -> Hook:
    """Stop, as a hung process stands still, at the first call of this method."""
    return lambda at, call: (at, call.method, call.nth) == (when, method, 1) and os.kill(os.getpid(), signal.SIGSTOP)


def hang(proof: Proof) -> None:
    """Who got in is stopped (SIGSTOP): it is named with its age, whatever the clock says; then it goes on."""
    for back in (timedelta(0), timedelta(days=400)):
        proof.place_order()
        hung = _kept(proof, _stop_at("push_documents", "before"), back=back)
        began = time.monotonic()
        time.sleep(1.2)
        for clock in (timedelta(0), timedelta(days=400), timedelta(days=-400)):
            least = int(time.monotonic() - began)
            one = _alone(proof, back=clock)
            proof.judge_loser(one, {hung.pid}, 6, "a hung run")
            age = re.search(r"for (\d+) s", one.said)
            if not age or not least <= int(age[1]) <= least + MOST_SECONDS:
                proof.violations.append(f"a hung run of {least} s, clock back by {clock}: {one.said!r}")
            proof.judge_loser(_alone(proof, "skip", back=clock), {hung.pid}, 0, "a hung run, passed over")
        os.kill(hung.pid, signal.SIGCONT)
        if (ended := hung.wait()).code != 0:
            proof.violations.append(f"a run that hung ended so: {ended}")
        proof.counts["rounds"] += 1
        proof.check("a run that hung")


def kill(proof: Proof, rounds: int) -> None:
    """Who got in is killed (SIGKILL), before or after it booked: the next one runs at once, and books nothing twice."""
    for number in range(rounds):
        proof.place_order()
        method, when = [("about", "before"), ("push_documents", "before"), ("push_documents", "after")][number % 3]
        killed = _kept(proof, _stop_at(method, when))
        os.kill(killed.pid, signal.SIGKILL)
        if (ended := killed.wait()).code != -signal.SIGKILL:
            proof.violations.append(f"the run to be killed ended so: {ended}")
        proof.marker.unlink()
        another = number % 2 and _kept(proof, _stop_at("about", "before"))  # the dead one's name is not told any more
        if another:
            proof.judge_loser(_alone(proof), {another.pid}, 6, "after a kill")
            os.kill(another.pid, signal.SIGCONT)
        ended = another.wait() if another else _alone(proof)
        proof.slowest = max(proof.slowest, 0 if another else ended.seconds)
        if ended.code != 0:
            proof.violations.append(f"after a kill at {method} the next run ended so: {ended}")
        proof.counts["rounds"] += 1
        proof.check(f"killed {when} {method}")


def set_back(proof: Proof, rounds: int) -> None:
    """Runs whose clock is right, set back, and right again."""
    for number in range(rounds):
        proof.place_order()
        back = [timedelta(0), timedelta(hours=2), timedelta(days=400)][number % 3]
        if (ended := _alone(proof, back=back)).code != 0:
            proof.violations.append(f"a clock set back by {back}: {ended}")
        proof.counts["rounds"] += 1
        proof.check(f"a clock set back by {back}")


PARTS: dict[str, Callable[..., None]] = {
    "contend": contend,
    "wait in turn": wait_in_turn,
    "hang": hang,
    "kill": kill,
    "set back": set_back,
}


def main(arguments: list[str]) -> None:
    """PART FOLDER [NUMBER | WORD …]."""
    part, folder, *options = arguments
    proof = Proof(Path(folder))
    proof.prepare()
    PARTS[part](proof, *[int(one) if one.isdigit() else one for one in options])
    figures = {"slowest": proof.slowest, "most_cpu": proof.most_cpu, "orders": proof.orders}
    print(json.dumps({**proof.counts, **figures, "violations": proof.violations[:20]}))


if __name__ == "__main__":
    main(sys.argv[1:])
