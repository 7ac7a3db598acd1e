"""Stores that tell less of their customers: not who changed, not by our reference, and whose groups are fixed."""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import syncctl.cycle
from syncctl import times
from syncctl.cli import main
from syncctl.model import Consent
from tests.customer_world import CustomerWorld
from tests.fakes.faulty import lost_reply
from tests.fakes.shops import FixedGroupsStore, UntoldStore
from tests.stock_world import counts_of

ANN: dict[str, Any] = {"name": "Ann Archer", "emails": ["ann@one.example"]}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CustomerWorld:
    """Ann is in both, and linked; customers go both ways, also without an order."""
    monkeypatch.setattr(syncctl.cycle, "open_store", UntoldStore)
    world = CustomerWorld(tmp_path, customers={"trigger": "any"})
    world.shop.upsert_customer(**ANN)
    world.office.upsert_customer(**ANN)
    world.run()
    assert world.rows("SELECT count(DISTINCT hub_id), count(*) FROM link WHERE kind = 'customer'") == [(1, 2)]
    return world


def read(world: CustomerWorld) -> int:
    """How many customers the last run read of the shop."""
    return counts_of(world.report, "pull-orders")["customers read"]


@pytest.fixture(autouse=True)
def keep_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    real = CustomerWorld.run

    def run(world: CustomerWorld, *steps: str, **options: Any) -> Any:
        world.report = real(world, *steps, **options)
        return world.report

    monkeypatch.setattr(CustomerWorld, "run", run)


def test_all_are_read_once_and_then_only_who_is_new_though_any_change_is_to_come_over(world: CustomerWorld) -> None:
    assert read(world) == 1
    world.run()
    assert (read(world), world.calls("fetch_customers", "shop")) == (0, 1)
    world.shop.upsert_customer(name="Bob Baker", emails=["bob@one.example"])
    world.run()
    assert read(world) == 1 and "Bob Baker" in world.names()[1]
    [ann] = [one for one in world.web() if one["name"] == "Ann Archer"]
    world.shop.upsert_customer(ann["id"], name="Ann Changed")
    world.run()
    assert read(world) == 0 and "Ann Changed" not in world.names()[1]
    world.hurry += timedelta(days=3)
    world.run()
    assert read(world) == 0, "that is for the connector to say"


def test_what_changed_untold_comes_with_the_next_reading_of_all(
    world: CustomerWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    [ann] = world.web()
    world.shop.upsert_customer(ann["id"], name="Ann Changed")
    monkeypatch.setattr(UntoldStore, "everybody", True)
    world.run()
    assert world.names() == (["Ann Changed"], ["Ann Changed"])


def test_who_was_not_found_for_a_while_and_is_read_again_is_told_what_changed_meanwhile(
    world: CustomerWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the record is older than the day on which it was missed: it is there, whenever it was changed."""
    [ann], [pos] = world.web(), world.pos()
    with monkeypatch.context() as absent:
        absent.setattr(UntoldStore, "find_customers", lambda _self, keys: [[] for _ in keys])
        world.office.upsert_customer(pos["id"], company="New & Co")
        world.know()
        world.run()
    assert world.holds() == [("customer", "gone")]
    monkeypatch.setattr(UntoldStore, "everybody", True)
    world.run()
    assert world.holds() == []
    assert world.shop.customer(ann["id"])["company"] == "New & Co"


def test_a_yes_of_unknown_age_does_not_beat_a_no_that_was_given_since_it_was_last_seen_otherwise(
    world: CustomerWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That the readings in between did not tell of her does not mean that she still said the same then."""
    world.set_store("shop", consent_times=False)
    [ann], [pos] = world.web(), world.pos()

    def says(state: str) -> tuple[Consent, ...]:
        return (Consent(channel="email", state=state, changed_at=times.now() + world.hurry, source="test"),)

    world.shop.upsert_customer(ann["id"], consents=says("unsubscribed"))
    monkeypatch.setattr(UntoldStore, "everybody", True)
    world.run()
    monkeypatch.setattr(UntoldStore, "everybody", False)
    world.hurry += timedelta(days=1)
    world.shop.upsert_customer(ann["id"], consents=says("subscribed"))
    world.run()
    world.hurry += timedelta(days=1)
    world.office.upsert_customer(pos["id"], consents=says("subscribed"))
    world.office.upsert_customer(pos["id"], consents=says("unsubscribed"))
    for _ in range(3):
        world.hurry += timedelta(days=1)
        world.run()
    monkeypatch.setattr(UntoldStore, "everybody", True)
    world.hurry += timedelta(days=1)
    for _ in range(2):
        world.run()
    [there], [here] = world.pos(), world.web()
    assert [one["state"] for one in there["consents"] if one["channel"] == "email"] == ["unsubscribed"]
    assert [one["state"] for one in here["consents"] if one["channel"] == "email"] == ["unsubscribed"]


@pytest.mark.parametrize("contacts", ["many", "one"])
def test_whom_we_made_is_found_by_the_address_that_he_had_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, contacts: str
) -> None:
    """His creation's reply was lost, and before the next run he has another address in the back office."""
    monkeypatch.setattr(syncctl.cycle, "open_store", UntoldStore)
    world = CustomerWorld(tmp_path)
    world.set_store("shop", contacts=contacts)
    pos = world.office.upsert_customer(**ANN)
    world.know()
    world.assign("Ann Archer")
    assert world.run(plans={"shop": [lost_reply("push_customers")]}).exit_code == 3
    [made] = world.web()
    world.office.upsert_customer(pos, emails=["ann@two.example"])
    world.run()
    [there] = world.web()
    assert there["id"] == made["id"]
    assert "ann@two.example" in there["emails"] and world.holds() == []
    world.settle()


def test_whom_a_hub_that_was_restored_does_not_know_is_found_though_his_address_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(syncctl.cycle, "open_store", UntoldStore)
    world = CustomerWorld(tmp_path)
    pos = world.office.upsert_customer(**ANN)
    world.run()
    world.assign("Ann Archer")
    older = tmp_path / "older.db"
    shutil.copyfile(tmp_path / "hub.db", older)
    world.run()
    [made] = world.web()
    world.restore(older)
    world.office.upsert_customer(pos, emails=["ann@two.example"])
    for _ in range(2):
        world.run()
    assert [one["id"] for one in world.web()] == [made["id"]]
    assert world.web()[0]["emails"] == ["ann@two.example"] and world.holds() == []


def test_a_group_that_the_settings_do_not_name_is_asked_for_by_nobody_and_the_message_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(syncctl.cycle, "open_store", FixedGroupsStore)
    world = CustomerWorld(tmp_path, customers={"upload": "all"})
    world.office.add_groups(["Trade"])
    world.office.upsert_customer(**ANN, group="Trade")
    for _ in range(2):
        world.run()
    assert world.holds() == [("customer", "group missing")]
    assert world.rows("SELECT count(*) FROM journal WHERE operation = 'group.create'") == [(0,)]
    [(detail,)] = world.rows("SELECT detail FROM hold")
    assert "name the group in the settings of stores.shop" in detail
    world.run()
    assert world.writes() == []
    main(["--config", str(world.config), "customers", "groups", "--create"], standalone_mode=False)
    shown = capsys.readouterr()
    assert "shop has the groups that its settings name" in shown.err and "--create" not in shown.err
    world.shop.add_groups(["Trade"])
    monkeypatch.setattr(FixedGroupsStore, "groups", ("Trade",))
    for _ in range(2):
        world.run()
    assert world.web()[0]["group"] == "Trade" and world.holds() == []
