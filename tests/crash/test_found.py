"""What the proof found, each as a small test of its own."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import syncctl.connectors.sandbox.walk
import syncctl.cycle
from syncctl.backup import backup_folder, list_backups, make_backup
from syncctl.hub import Hub
from tests.crash import oracle, world
from tests.fakes.faulty import Faulty, lost_reply


@pytest.fixture(autouse=True)
def _only_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `world.connect` changes in this process is as it was before, after each test."""
    for module, name in (
        (syncctl.cycle, "open_store"),
        (syncctl.cycle, "open_back_office"),
        (syncctl.connectors.sandbox.walk, "OVERLAP_SECONDS"),
    ):
        monkeypatch.setattr(module, name, getattr(module, name))


def test_an_old_order_that_changes_does_not_bring_the_customers_old_details_back(tmp_path: Path) -> None:
    world.begin(tmp_path, "order")
    world.cycle(tmp_path, "order")
    shop, office = world.open_sides(tmp_path, "order")
    with closing(shop), closing(office):
        ada = shop.customers()[0]["id"]
        shop.upsert_customer(ada, phones=("+447700900123",))
        shop.place_order([("MUG", 1)], customer=ada, order_id="new")
        world.cycle(tmp_path, "order")
        shop.fulfil("shipped")
        shop.touch("written-off")
        shop.close_order("written-off")  # its body still names the customer as she was then
        world.cycle(tmp_path, "order")
        phones = [row[0] for row in office.connection.execute("SELECT phones FROM customer WHERE name = 'Ada Byron'")]
        assert phones == ['["+447700900123"]']


def test_half_a_backup_is_never_offered_and_is_swept_up_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = tmp_path / "hub.db"
    Hub.open(hub).close()

    class Dying(sqlite3.Connection):
        def backup(self, target: sqlite3.Connection, **_named: object) -> None:
            raise KeyboardInterrupt  # the nearest to a death that the test survives: nobody tidies up

    with monkeypatch.context() as patch:
        real = sqlite3.connect
        patch.setattr(sqlite3, "connect", lambda *given, **named: real(*given, factory=Dying, **named))
        with pytest.raises(KeyboardInterrupt):
            make_backup(hub, keep=7)
    [half] = backup_folder(hub).iterdir()
    assert list_backups(hub) == []
    os.utime(half, (0, 0))
    assert list_backups(hub) == [] and [make_backup(hub, keep=7)] == list(backup_folder(hub).iterdir())


def test_a_write_whose_reply_was_lost_does_not_stand_open_for_ever_once_it_was_seen(tmp_path: Path) -> None:
    world.begin(tmp_path, "order")
    world.cycle(tmp_path, "order")
    world.go_on(tmp_path, "order", next_day=False)
    for method in ("push_customers", "push_levels", "push_prices", "push_fulfilments"):
        world.cycle(tmp_path, "order", lambda one, method=method: Faulty(one, [lost_reply(method, None)]))  # type: ignore[misc]
    world.cycle(tmp_path, "order")
    with closing(sqlite3.connect(tmp_path / "hub.db")) as hub:
        states = dict(hub.execute("SELECT state, count(*) FROM journal GROUP BY state"))
    assert states.keys() <= {"done", "not sent", "superseded"} and states["superseded"] >= 4


def test_a_cycle_after_one_that_only_found_levels_as_wanted_moves_no_row(tmp_path: Path) -> None:
    world.begin(tmp_path, "order")
    world.cycle(tmp_path, "order")
    shop, office = world.open_sides(tmp_path, "order")
    with closing(shop), closing(office):
        shop.place_order([("MUG", 1)], order_id="new")
    world.cycle(tmp_path, "order")
    before = oracle.marks(tmp_path)
    world.cycle(tmp_path, "order")
    assert oracle.marks(tmp_path) == before
