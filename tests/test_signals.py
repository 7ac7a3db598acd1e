"""A signal ends a run at a safe point: 143 or 130, nothing half-done, and the next run goes on from there.

At every call of a busy cycle, and where nobody reads what is printed: `tests/faults/test_signals.py`.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stock_world import StockWorld

# The real program in a process of its own, which sends itself the signal around one call of a connector.
CHILD = """
import os, sys
import syncctl.cycle
from tests.fakes.faulty import Faulty, Plan
party, number, phase, signal_number = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])

def hook(when, call):
    if when == phase and call.number == number:
        os.kill(os.getpid(), signal_number)

def struck(side):
    return Faulty(side, Plan(hook=hook if party == side.name else None))

real_office, real_store = syncctl.cycle.open_back_office, syncctl.cycle.open_store
syncctl.cycle.open_back_office = lambda *rest: struck(real_office(*rest))
syncctl.cycle.open_store = lambda name, *rest: struck(real_store(name, *rest))
from syncctl.cli import run
sys.argv = ["syncctl", *sys.argv[5:]]
sys.exit(run())
"""
ROOT = Path(__file__).parent.parent


def run_struck(
    world: StockWorld, party: str, number: int, phase: str, signal_number: int
) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", CHILD, party, str(number), phase, str(int(signal_number))]
    command += ["--config", str(world.config), "sync-all"]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60
    )


def a_lot_to_do(world: StockWorld) -> None:
    shop, office = world.shop, world.office
    order_id = shop.place_order([("MUG", 3)], customer={"name": "Ann", "emails": ["ann@example.org"]})
    world.run()
    office.ship(next(one.reference for one in world.documents(order_id) if one.kind == "sale"), tracking_number="T-1")
    shop.place_order([("MUG", 2), ("TRAY", 1)])
    back = shop.place_order([("MUG", 4)])
    shop.refund(back, {world.line_ids(back)[0]: 1}, restock=True)
    office.receive("TRAY", 9)
    office.set_price("TRAY", "4.50")


def assert_it_comes_right(world: StockWorld) -> None:
    """The next runs finish the work, and nothing was done twice."""
    world.settle()
    world.assert_exact()
    world.assert_booked_once()
    assert sorted(world.totals()) == sorted([("sale", 3000), ("sale", 2400), ("sale", 4000), ("credit", 1000)])
    assert world.shop.price("TRAY") == "4.50"
    assert [len(world.shop.order(one)["fulfilments"]) for one in world.shop.order_ids()] == [1, 0, 0]
    assert world.rows("PRAGMA integrity_check") == [("ok",)]
    assert world.rows("SELECT count(*) FROM journal WHERE state = 'sending'") == [(0,)]


@pytest.mark.parametrize("signal_number, code", [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_at_any_call_ends_the_run_at_a_safe_point(
    tmp_path: Path, signal_number: signal.Signals, code: int
) -> None:
    """One call of each kind, on both sides, before and after."""
    places = [("shop", 2, "before"), ("shop", 2, "after"), ("back-office", 4, "before"), ("back-office", 5, "after")]
    for index, (party, number, phase) in enumerate(places):
        world = StockWorld(tmp_path / str(index))
        a_lot_to_do(world)
        done = run_struck(world, party, number, phase, signal_number)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        [(ended, recorded)] = world.rows("SELECT ended_at IS NOT NULL, exit_code FROM run ORDER BY id DESC LIMIT 1")
        assert (ended, recorded) == (1, code), "a run that was stopped came to a clean end"
        assert ("stopped",) in world.rows("SELECT state FROM run_step WHERE run_id = (SELECT max(id) FROM run)")
        assert_it_comes_right(world)
        world.close()


def test_a_run_that_waits_for_the_lock_can_be_stopped(tmp_path: Path) -> None:
    from syncctl.lock import hold_lock

    world = StockWorld(tmp_path)
    with hold_lock(tmp_path / "hub.db"):
        waiter = subprocess.Popen(
            [sys.executable, "-m", "syncctl", "--config", str(world.config), "sync-all", "--if-busy", "wait:60"],
            cwd=ROOT,
            stderr=subprocess.DEVNULL,
        )
        with pytest.raises(subprocess.TimeoutExpired):
            waiter.wait(1)
        waiter.send_signal(signal.SIGTERM)
        assert waiter.wait(10) in (143, -signal.SIGTERM)
    assert not (tmp_path / "hub.db").exists()
