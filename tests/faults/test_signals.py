"""Signals at every call of a busy cycle, in real processes: a run ends at a safe point, and the next one finishes."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.stock_world import StockWorld
from tests.test_signals import CHILD

ROOT = Path(__file__).parents[2]
SHARDS = 3
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_signal_at_any_call_ends_the_run_at_a_safe_point(
    memory: Path, shard: int, record_property: Callable[[str, object], None]
) -> None:
    """SIGINT, SIGTERM and SIGHUP at each call, before or after it."""
    command = [sys.executable, "-m", "tests.faults.signals", str(memory / "scene" / "start"), str(shard), str(SHARDS)]
    done = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    record_property("fault signals", found["cells"])
    assert found["violations"] == []
    assert found["cells"] == len(range(shard, 3 * found["calls"], SHARDS)) > 40
    stopped = sum(count for code, count in found["ended"].items() if code in ("129", "130", "143"))
    assert stopped > 0.8 * found["cells"], found["ended"]


def begin(world: StockWorld, *arguments: str, **streams: int) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "syncctl", "--config", str(world.config), *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, **streams)


@pytest.fixture
def world(memory: Path) -> StockWorld:
    world = StockWorld(memory)
    world.shop.place_order([("MUG", 2)])
    return world


def test_a_reader_that_is_gone_does_not_keep_the_cycle_from_its_work(world: StockWorld) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    ended = begin(world, "sync-all", "--format", "json", stdout=writer, stderr=subprocess.DEVNULL).wait(60)
    os.close(writer)
    assert ended == 141
    assert world.rows("SELECT exit_code, ended_at IS NOT NULL FROM run") == [(0, 1)]
    world.assert_exact()
    assert [kind for kind, _ in world.totals(payments=True)] == ["sale", "payment"]


@pytest.fixture
def full_pipe() -> Iterator[int]:
    """Nobody reads what is written, and no more goes in."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writer, b"x" * 4096)
    os.set_blocking(writer, True)
    yield writer
    os.close(reader)
    os.close(writer)


def test_a_run_that_was_stopped_does_not_wait_for_a_reader_of_its_report(world: StockWorld, full_pipe: int) -> None:
    command = [sys.executable, "-c", CHILD, "shop", "2", "after", str(int(signal.SIGTERM))]
    command += ["--config", str(world.config), "sync-all"]
    process = subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stdout=full_pipe, stderr=full_pipe)
    assert process.wait(30) == 143
    assert world.rows("SELECT exit_code, ended_at IS NOT NULL FROM run") == [(143, 1)]


@pytest.mark.parametrize("arguments", [("sync-all", "--format", "json"), ("-v", "sync-all")])
def test_a_run_that_waits_for_a_full_pipe_can_be_stopped_and_the_next_one_finishes(
    world: StockWorld, full_pipe: int, arguments: tuple[str, ...]
) -> None:
    """A mail program that hangs: nobody reads what cron was to send."""
    process = begin(world, *arguments, stdout=full_pipe, stderr=full_pipe)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(3)
    process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    assert process.wait(30) in (143, -signal.SIGTERM)
    assert time.monotonic() - began < 12, "ten, and what a busy machine takes"
    assert world.run().exit_code == 0
    world.settle()
    world.assert_exact()
    world.assert_booked_once()
    assert [kind for kind, _ in world.totals(payments=True)] == ["sale", "payment"]
