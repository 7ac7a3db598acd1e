"""Whether the other side still is who it was: asked in each run, or once a day where its pinned address alone tells."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

import syncctl.cycle
from syncctl.connectors.sandbox.books import SandboxBooks
from syncctl.connectors.sandbox.store import SandboxStore
from syncctl.cycle import run_one
from syncctl.errors import SafetyStop
from tests.builders import World


class PinnedStore(SandboxStore):
    """A shop that nothing but its address tells from another."""

    address = "pinned shop.example"


class PinnedBooks(SandboxBooks):
    address = "pinned books.example"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Its shop is pinned, its back office is not; one order is booked, and all is quiet."""
    monkeypatch.setattr(syncctl.cycle, "open_store", PinnedStore)
    world = World(tmp_path)
    world.shop.place_order([("MUG", 1)])
    for _ in range(2):
        assert world.run().exit_code == 0
    return world


def be_another(folder: Path) -> None:
    """Another shop answers at the same address."""
    (folder / "shop.db").rename(folder / "former.db")


def test_a_quiet_cycle_asks_a_pinned_side_nothing_and_one_with_an_id_of_its_own_each_time(world: World) -> None:
    world.run()
    assert world.calls("about", "shop") == 0
    assert world.calls("about") == 2, "the back office, in the steps 2 and 3"


def test_a_new_side_is_asked_once_in_its_first_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syncctl.cycle, "open_store", PinnedStore)
    monkeypatch.setattr(
        syncctl.cycle, "open_back_office", lambda settings, *rest: PinnedBooks("back-office", settings, *rest)
    )
    world = World(tmp_path)
    world.run()
    assert (world.calls("about", "shop"), world.calls("about")) == (1, 1)


def test_it_is_asked_again_after_a_day_and_the_swap_is_found_then(world: World, tmp_path: Path) -> None:
    world.run(later=timedelta(hours=23, minutes=50))
    assert world.calls("about", "shop") == 0
    assert world.run(later=timedelta(hours=25)).exit_code == 0
    assert world.calls("about", "shop") == 1
    be_another(tmp_path)
    assert world.run(later=timedelta(hours=26)).exit_code != 5, "the same address: not asked yet"
    report = world.run(later=timedelta(hours=51))
    assert report.exit_code == 5 and "is not the one this hub belongs to" in report.steps[0].reason


def test_a_changed_address_asks_at_once_and_goes_on_if_it_is_the_same_shop(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PinnedStore, "address", "pinned www.shop.example")
    assert world.run().exit_code == 0
    assert world.calls("about", "shop") == 1
    world.run()
    assert world.calls("about", "shop") == 0


def test_a_changed_address_with_another_shop_behind_it_stops_before_anything_is_read_or_written(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    be_another(tmp_path)
    monkeypatch.setattr(PinnedStore, "address", "pinned other.example")
    for _ in range(2):  # it stays so
        assert world.run().exit_code == 5
        assert {call.method for call in world.sides["shop"].calls} == {"about"}
    with pytest.raises(SafetyStop):
        run_one(world.settings, command="customers push", work=lambda _run: pytest.fail("went on"), parties=["shop"])


def test_a_restored_hub_asks_again(world: World, tmp_path: Path) -> None:
    older = tmp_path / "older.db"
    shutil.copyfile(tmp_path / "hub.db", older)
    world.run()
    be_another(tmp_path)
    shutil.copyfile(older, tmp_path / "hub.db")
    report = world.run()
    assert report.exit_code == 5 and {call.method for call in world.sides["shop"].calls} == {"about"}


def test_what_a_person_asks_for_asks_no_more_than_the_cycle(world: World) -> None:
    asked = []

    def count(store: PinnedStore) -> object:
        asked.append(store.name)
        return SandboxStore.about(store)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PinnedStore, "about", count)
        run_one(world.settings, command="customers push", work=lambda _run: None, parties=["shop"])
        assert asked == []
        patch.setattr(PinnedStore, "address", "elsewhere")
        run_one(world.settings, command="customers push", work=lambda _run: None, parties=["shop"])
        assert asked == ["shop"]
