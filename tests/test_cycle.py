"""The cycle: what a failure stops and what it does not, exit codes, the lock, steps alone."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from syncctl.errors import (
    Busy,
    ConfigError,
    CursorLost,
    HubError,
    MoneyError,
    SafetyStop,
    SignInNeeded,
    SyncctlError,
    Throttled,
    Unreachable,
)
from syncctl.lock import hold_lock
from tests.fakes.faulty import FailBefore, Fault, on
from tests.stock_world import StockWorld, differences, dump, states

OFFICE = "back-office"


@pytest.fixture
def world(tmp_path: Path) -> StockWorld:
    """Two shops in step with a back office; then each has a new order, and stock, a price and goods have moved."""
    world = StockWorld(tmp_path, stores=("shop", "other"))
    first = world.shop.place_order([("MUG", 1)])
    world.settle()
    for shop in world.shops.values():
        shop.place_order([("MUG", 2)])
    world.office.sell("TRAY", 5)
    world.office.set_price("TRAY", "4.50")
    world.office.ship(world.documents(first)[0].reference, tracking_number="T-1")
    return world


def fail(method: str, error: SyncctlError | None = None) -> list[Fault]:
    return [FailBefore(on(method, None), error or Unreachable("down"))]


def progress(world: StockWorld) -> dict[str, object]:
    """How far the world's news have come."""
    return {
        "booked": len(world.totals()) - 1,
        "levels": [world.level("TRAY", name) for name in world.shops],
        "prices": [shop.price("TRAY") for shop in world.shops.values()],
        "shipped": len(world.shop.order(world.shop.order_ids()[0])["fulfilments"]),
    }


ALL_DONE = {"booked": 2, "levels": [45, 45], "prices": ["4.50", "4.50"], "shipped": 1}


def test_without_a_failure_all_four_steps_are_done(world: StockWorld) -> None:
    report = world.run()
    assert progress(world) == ALL_DONE
    assert list(states(report)) == [
        ("pull-orders", "shop"),
        ("pull-orders", "other"),
        ("push-orders", OFFICE),
        ("pull-data", OFFICE),
        ("push-data", "shop"),
        ("push-data", "other"),
    ]
    assert set(states(report).values()) == {"done"}
    world.assert_exact()


# --- what a failure stops ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["about", "fetch_orders"])
def test_a_store_that_fails_in_step_1_is_left_out_of_step_4_and_nothing_else(world: StockWorld, method: str) -> None:
    report = world.run(plans={"other": fail(method)})
    assert progress(world) == {"booked": 1, "levels": [45, 50], "prices": ["4.50", "4.00"], "shipped": 1}
    assert states(report)["pull-orders", "other"] == "failed"
    assert states(report)["push-data", "other"] == "not run"
    [reason] = [part.reason for part in report.steps if part.state == "not run"]
    assert "down" in reason
    world.run()
    assert progress(world) == ALL_DONE


@pytest.mark.parametrize("method", ["find_documents", "push_documents", "fetch_outcomes"])
def test_a_failed_step_2_stops_neither_3_nor_4_and_its_orders_are_netted(world: StockWorld, method: str) -> None:
    report = world.run(plans={OFFICE: fail(method)})
    if method != "fetch_outcomes":  # asked only while something is queued
        assert states(report)["push-orders", OFFICE] == "failed"
        assert progress(world) == {**ALL_DONE, "booked": 0}
        assert report.exit_code == 3
    assert [world.level("MUG", name) for name in world.shops] == [95, 95]
    world.run()
    world.assert_exact()
    assert progress(world) == ALL_DONE


@pytest.mark.parametrize("method", ["fetch_shipments", "fetch_variants", "fetch_stock"])
def test_a_failed_step_3_means_no_stock_and_no_prices_in_step_4(world: StockWorld, method: str) -> None:
    report = world.run(plans={OFFICE: fail(method)})
    expected = {
        "booked": 2,
        "levels": [50, 50],
        "prices": ["4.00", "4.00"],
        "shipped": int(method != "fetch_shipments"),
    }
    assert progress(world) == expected
    assert states(report)["pull-data", OFFICE] == "failed"
    assert states(report)["push-data", "shop"] == "done"
    assert not world.writes("push_levels") and not world.writes("push_prices")
    world.run()
    assert progress(world) == ALL_DONE


@pytest.mark.parametrize("method", ["fetch_listings", "fetch_levels", "push_levels", "push_prices"])
def test_a_store_that_fails_in_step_4_does_not_stop_the_other(world: StockWorld, method: str) -> None:
    report = world.run(plans={"shop": fail(method)})
    assert states(report)["push-data", "shop"] == "failed"
    assert states(report)["push-data", "other"] == "done"
    assert (world.level("TRAY", "other"), world.shops["other"].price("TRAY")) == (45, "4.50")
    assert report.exit_code == 3
    world.run()
    assert progress(world) == ALL_DONE


def test_a_back_office_that_is_down_stops_2_and_3_and_lets_orders_come_in(world: StockWorld) -> None:
    report = world.run(plans={OFFICE: fail("about")})
    assert progress(world) == {"booked": 0, "levels": [50, 50], "prices": ["4.00", "4.00"], "shipped": 0}
    assert world.rows("SELECT count(*) FROM sales_order") == [(3,)]
    assert [state for (_, party), state in states(report).items() if party == OFFICE] == ["failed", "failed"]
    assert all(part.reason for part in report.steps if part.state != "done")


# --- exit codes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error, code",
    [(Unreachable("x"), 3), (Throttled("x"), 3), (SignInNeeded("x"), 4), (SafetyStop("x"), 5), (ConfigError("x"), 2)],
)
def test_each_failure_has_its_exit_code(world: StockWorld, error: SyncctlError, code: int) -> None:
    assert world.run(plans={"other": fail("fetch_orders", error)}).exit_code == code


@pytest.mark.parametrize(
    "one, other, code",
    [
        (Unreachable("x"), SignInNeeded("x"), 4),
        (SignInNeeded("x"), SafetyStop("x"), 5),
        (Unreachable("x"), SafetyStop("x"), 5),
        (ConfigError("x"), Unreachable("x"), 3),
    ],
)
def test_of_two_failures_the_graver_is_the_exit_code(
    world: StockWorld, one: SyncctlError, other: SyncctlError, code: int
) -> None:
    both = {"shop": fail("fetch_orders", one), "other": fail("fetch_orders", other)}
    assert world.run(plans=both).exit_code == code
    both = {"shop": fail("fetch_orders", other), "other": fail("fetch_orders", one)}
    assert world.run(plans=both).exit_code == code


def test_new_holds_make_a_run_that_is_done_end_with_1_and_only_once(world: StockWorld) -> None:
    world.shop.set_status(world.shop.place_order([("MUG", 1)]), financial="wibble")
    assert world.run(plans={"other": fail("fetch_orders")}).exit_code == 3, "a failure goes first"
    world.shop.set_status(world.shop.place_order([("MUG", 1)]), financial="wibble")
    report = world.run()
    assert (report.exit_code, report.new_holds) == (1, 1)
    assert world.run().exit_code == 0


def test_a_store_that_is_not_configured_is_refused_before_anything_is_contacted(world: StockWorld) -> None:
    before = dump(world.folder / "hub.db")
    with pytest.raises(ConfigError, match="nowhere"):
        world.run(stores=["nowhere"])
    assert differences(before, dump(world.folder / "hub.db")) == {}
    assert world.sides == {}


# --- steps alone ---------------------------------------------------------------------------------------------------


def test_the_steps_one_by_one_do_what_the_cycle_does(world: StockWorld) -> None:
    world.run("pull-orders")
    assert progress(world)["booked"] == 0
    assert world.rows("SELECT count(*) FROM sales_order") == [(3,)]
    world.run("push-orders")
    assert progress(world) == {"booked": 2, "levels": [50, 50], "prices": ["4.00", "4.00"], "shipped": 0}
    world.run("pull-data")
    assert progress(world) == {"booked": 2, "levels": [50, 50], "prices": ["4.00", "4.00"], "shipped": 0}
    world.run("push-data")
    assert progress(world)["shipped"] == 1 and progress(world)["prices"] == ["4.50", "4.50"]
    assert [world.level("TRAY", name) for name in world.shops] == [45, 45], "down needs no pull of the others"
    world.run()
    world.assert_exact()


@pytest.mark.parametrize(
    "step, parties", [("pull-orders", {"shop", "other"}), ("push-orders", {OFFICE}), ("pull-data", {OFFICE})]
)
def test_a_step_alone_speaks_only_to_its_own_side(world: StockWorld, step: str, parties: set[str]) -> None:
    world.run("pull-orders")
    world.run(step)
    assert {name for name, side in world.sides.items() if side.calls} == parties


def test_the_steps_run_in_their_order_however_they_are_named(world: StockWorld) -> None:
    report = world.run("push-data", "pull-data", "push-orders", "pull-orders")
    assert report.steps[0].step == "pull-orders"
    assert progress(world) == ALL_DONE


def test_with_orders_and_customers_switched_off_steps_1_and_2_say_so(tmp_path: Path) -> None:
    off = {"enabled": False}
    world = StockWorld(tmp_path, orders=off, stock=off, customers=off)
    world.shop.place_order([("MUG", 1)])
    world.office.set_price("MUG", "12.00")
    report = world.run()
    assert states(report)["pull-orders", "shop"] == states(report)["push-orders", OFFICE] == "not run"
    assert all("orders.enabled" in part.reason for part in report.steps if part.state == "not run")
    assert world.documents() == [] and world.shop.price("MUG") == "12.00"


def test_every_run_leaves_its_record(world: StockWorld) -> None:
    world.run(plans={"other": fail("fetch_orders")})
    [(code, message)] = world.rows("SELECT exit_code, message FROM run ORDER BY id DESC LIMIT 1")
    assert (code, message) == (3, "down")
    rows = world.rows("SELECT step, party, state FROM run_step WHERE run_id = (SELECT max(id) FROM run)")
    assert ("push-data", "other", "not run") in rows and ("customers", OFFICE, "done") in rows and len(rows) == 7


# --- the lock ------------------------------------------------------------------------------------------------------

HOLDER = """
import sys, time
from pathlib import Path
from syncctl.lock import hold_lock
with hold_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that holds the run lock of this folder's hub."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "hub.db")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_a_second_run_fails_or_passes_over_or_waits(tmp_path: Path, holder: "subprocess.Popen[str]") -> None:
    world = StockWorld(tmp_path)
    for if_busy in ("fail", "wait:1"):
        with pytest.raises(Busy) as caught:
            world.run(if_busy=if_busy)
        assert caught.value.exit_code == 6
    report = world.run(if_busy="skip")
    assert (report.exit_code, report.steps) == (0, ())
    assert report.notes
    assert not (tmp_path / "hub.db").exists() and world.sides == {}


def test_the_lock_dies_with_its_owner(tmp_path: Path, holder: "subprocess.Popen[str]") -> None:
    world = StockWorld(tmp_path)
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    assert world.run().exit_code == 0


def test_a_run_that_waits_begins_when_the_other_is_gone(tmp_path: Path, holder: "subprocess.Popen[str]") -> None:
    world = StockWorld(tmp_path)
    waiter = subprocess.Popen(
        [sys.executable, "-m", "syncctl", "--config", str(world.config), "-q", "sync-all", "--if-busy", "wait:60"]
    )
    time.sleep(0.7)
    assert waiter.poll() is None
    holder.kill()
    assert waiter.wait(timeout=60) == 0


@pytest.mark.parametrize("if_busy", ["", "wait:x", "waits", "skip:1", "wait:-1"])
def test_nonsense_about_a_busy_hub_is_refused(tmp_path: Path, if_busy: str) -> None:
    with pytest.raises(ConfigError), hold_lock(tmp_path / "hub.db", if_busy):
        pass


def test_a_hub_that_has_no_place_is_said_before_anything_is_contacted(tmp_path: Path) -> None:
    world = StockWorld(tmp_path)
    world.change(hub={"path": "books.db/hub.db"})
    with pytest.raises(HubError) as caught:
        world.run()
    assert caught.value.exit_code == 7 and caught.value.hint
    assert world.sides == {}


# --- marks that cannot be read -------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", ["", "nonsense", "[]", "{}", '{"since": "yesterday", "after": 0, "started": null}'])
def test_a_cursor_that_is_of_no_use_is_forgotten_and_all_is_read_anew(world: StockWorld, mark: str) -> None:
    with world.hub() as hub:
        hub.connection.execute("UPDATE cursor SET value = ? WHERE value IS NOT NULL", [mark])
    report = world.run()
    assert (report.exit_code, set(states(report).values())) == (0, {"done"})
    assert progress(world) == ALL_DONE
    world.assert_booked_once()


def test_a_side_that_takes_no_cursor_at_all_is_asked_twice_and_no_more(world: StockWorld) -> None:
    report = world.run(plans={"other": fail("fetch_orders", CursorLost("gone"))})
    assert world.calls("fetch_orders", "other") == 2
    assert (report.exit_code, states(report)["pull-orders", "other"]) == (3, "failed")


@pytest.mark.parametrize("error", [MoneyError("x"), ValueError("x"), KeyError("x")])
def test_what_nobody_expects_is_a_bug_and_no_failure_of_the_other_side(world: StockWorld, error: Exception) -> None:
    with pytest.raises(type(error)):
        world.run(plans={"other": [FailBefore(on("fetch_orders"), error)]})
