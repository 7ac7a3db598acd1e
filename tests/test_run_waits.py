"""A side that asks for time is waited for: said, counted in its part of the run, ended by a signal, never too long."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

import syncctl.cycle
from syncctl.connectors.patience import Patience
from syncctl.connectors.sandbox.books import SandboxBooks
from syncctl.connectors.sandbox.store import SandboxStore
from syncctl.connectors.tokens import Tokens
from syncctl.errors import Stopped
from tests.builders import World
from tests.stock_world import states

BUSY = "it asks to slow down"


class BusyStore(SandboxStore):
    """A shop that has us wait, so long for each call of a method."""

    seconds: dict[tuple[str, str], float] = {}  # by store and method

    def __init__(
        self, name: str, settings: Any, patience: Patience | None = None, tokens: Tokens | None = None
    ) -> None:
        super().__init__(name, settings, patience, tokens)
        assert patience is not None
        self.patience = patience

    def _called(self, method: str, *rest: Any) -> None:
        self.patience.sleep(self.seconds.get((self.name, method), 0), self.name, BUSY)
        super()._called(method, *rest)

    def fetch_orders(self, *given: Any) -> Iterator[Any]:
        self.patience.sleep(self.seconds.get((self.name, "fetch_orders"), 0), self.name, BUSY)
        yield from super().fetch_orders(*given)


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> type[BusyStore]:
    monkeypatch.setattr(BusyStore, "seconds", {})
    monkeypatch.setattr(syncctl.cycle, "open_store", BusyStore)
    return BusyStore


def waited(report: Any) -> dict[tuple[str, str], int]:
    return {
        (one.step, one.party): one.counts["seconds waited"] for one in report.steps if "seconds waited" in one.counts
    }


def test_what_was_waited_is_said_and_counted_in_its_part_and_kept_with_the_run(
    tmp_path: Path, busy: type[BusyStore]
) -> None:
    world = World(tmp_path, stores=("a", "b"))
    world.run()
    assert world.rows("SELECT count(*) FROM run_step WHERE counts LIKE '%waited%'") == [(0,)]
    busy.seconds = {("a", "fetch_orders"): 0.5, ("b", "fetch_levels"): 0.3}
    world.shops["b"].set_level(world.shops["b"].listings()[0].id, 7)
    said: list[str] = []
    report = world.run(progress=said.append)
    assert waited(report)[("pull-orders", "a")] == 1, "half a second is rounded up"
    assert set(waited(report)) <= {("pull-orders", "a"), ("push-data", "a"), ("push-data", "b")}
    assert f"a: waiting 1 s: {BUSY}" in said
    kept = world.rows("SELECT party FROM run_step WHERE step = 'pull-orders' AND counts LIKE '%\"seconds waited\": 1%'")
    assert kept == [("a",)]


def test_a_side_that_asks_for_more_than_is_allowed_fails_and_the_others_go_on(
    tmp_path: Path, busy: type[BusyStore]
) -> None:
    world = World(tmp_path, stores=("a", "b"), safety={"max_wait": "1s"})
    busy.seconds = {("a", "fetch_orders"): 0.4, ("b", "fetch_orders"): 3600}
    order_id = world.shops["a"].place_order([("MUG", 1)])
    report = world.run()
    assert report.exit_code == 3
    assert states(report)["pull-orders", "a"] == "done" and states(report)["pull-orders", "b"] == "failed"
    [failed] = [one for one in report.steps if one.state == "failed"]
    assert "b asks to wait 3600 s" in failed.reason and "safety.max_wait" in failed.hint
    assert waited(report) == {("pull-orders", "a"): 1}
    assert world.totals(order_id) == [("sale", 1000)]


@pytest.mark.skipif(not hasattr(signal, "SIGTERM"), reason="no such signal here")
def test_a_signal_ends_a_wait_at_once_and_the_next_run_goes_on(tmp_path: Path, busy: type[BusyStore]) -> None:
    world = World(tmp_path)
    order_id = world.shop.place_order([("MUG", 1)])
    busy.seconds = {("shop", "fetch_orders"): 60}
    stop = Timer(0.5, os.kill, [os.getpid(), signal.SIGTERM])
    stop.start()
    report = world.run()
    stop.join()
    assert report.exit_code == 128 + signal.SIGTERM
    [part] = report.steps
    assert (part.state, part.counts["seconds waited"]) in [("stopped", 1), ("stopped", 2)]
    busy.seconds = {}
    assert world.run().exit_code == 0
    assert world.totals(order_id) == [("sale", 1000)]


def test_a_write_that_is_stopped_in_a_wait_is_looked_up_and_done_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wait comes before anything is done, but the run cannot know that: its journal says "sending"."""

    class BusyBooks(SandboxBooks):
        def push_documents(self, documents: Any) -> Any:
            raise Stopped(signal.SIGTERM)

    world = World(tmp_path)
    order_id = world.shop.place_order([("MUG", 1)])
    with monkeypatch.context() as patch:
        patch.setattr(syncctl.cycle, "open_back_office", lambda one, *rest: BusyBooks("back-office", one, *rest))
        assert world.run().exit_code == 128 + signal.SIGTERM
    assert world.run().exit_code == 0
    assert world.totals(order_id) == [("sale", 1000)]
