"""Backups, and the way back: a hub that is behind its sidecar is a restored one, and doubles nothing."""

import shutil
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from syncctl.backup import backup_folder, list_backups, make_backup, restore_backup
from syncctl.errors import HubError
from syncctl.hub import Hub
from tests.fakes.faulty import Between, Call, Plan, on
from tests.stock_world import StockWorld, counts_of, differences, dump

BUYER = {"name": "Ann Other", "emails": ["ann@example.org"]}


@pytest.fixture
def world(tmp_path: Path) -> StockWorld:
    """A hub that has seen one cycle."""
    world = StockWorld(tmp_path)
    world.shop.place_order([("MUG", 1)], customer=BUYER)
    world.settle()
    return world


def much_happens(world: StockWorld) -> None:
    """Everything that a hub could do a second time."""
    shop, office = world.shop, world.office
    [first] = shop.order_ids()
    shop.place_order([("MUG", 3)], customer={"name": "Bea", "emails": ["bea@example.org"]})
    back = shop.place_order([("MUG", 4)])
    gone = shop.place_order([("TRAY", 2)])
    world.settle(6)
    shop.refund(back, {world.line_ids(back)[0]: 1}, restock=True)
    shop.cancel_order(gone)
    office.ship(next(one.reference for one in world.documents(first) if one.kind == "sale"), tracking_number="T-1")
    sale = next(one.reference for one in world.documents(back) if one.kind == "sale")
    for _ in range(2):  # two equal parcels without a number
        office.ship(sale, {world.line_ids(back)[0]: 1})
    office.receive("TRAY", 9)
    office.set_price("TRAY", "4.50")
    world.settle(6)


def restore(world: StockWorld, backup: Path) -> None:
    restore_backup(world.folder / "hub.db", backup)


def others(world: StockWorld) -> dict[str, object]:
    return {name: dump(world.folder / f"{name}.db") for name in ("books", *world.shops)}


def assert_nothing_was_doubled(world: StockWorld, before: dict[str, object]) -> None:
    for name, rows in before.items():
        assert differences(rows, dump(world.folder / f"{name}.db")) == {}, name


# --- backups -------------------------------------------------------------------------------------------------------


def test_a_backup_is_a_whole_hub_that_nobody_else_can_read(world: StockWorld) -> None:
    path = make_backup(world.folder / "hub.db", 7)
    assert differences(dump(world.folder / "hub.db"), dump(path)) == {}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path], "no log and no half beside it"
    with Hub.open(path, read_only=True) as hub:
        hub.check()


def test_a_backup_of_an_open_hub_has_what_was_committed(world: StockWorld) -> None:
    with Hub.open(world.folder / "hub.db") as hub:
        hub.set_state("word", "committed")
        path = make_backup(world.folder / "hub.db", 7)
    with Hub.open(path, read_only=True) as copy:
        assert copy.state("word") == "committed"


def test_only_the_youngest_are_kept(world: StockWorld) -> None:
    made = [make_backup(world.folder / "hub.db", 3) for _ in range(5)]
    assert list_backups(world.folder / "hub.db") == made[:1:-1]


def test_once_a_day_a_run_makes_a_backup_before_it_does_anything(world: StockWorld) -> None:
    hub_path = world.folder / "hub.db"
    assert list_backups(hub_path) == []
    before = dump(hub_path, without=["state"])
    world.hurry = timedelta(hours=25)
    world.run()
    [backup] = list_backups(hub_path)
    assert differences(before, dump(backup, without=["state"])) == {}
    world.hurry = timedelta(hours=26)
    world.run()
    assert len(list_backups(hub_path)) == 1


def test_a_clock_that_was_once_far_ahead_puts_no_daily_work_off(world: StockWorld) -> None:
    hub_path = world.folder / "hub.db"
    world.hurry = timedelta(days=400)
    world.run()
    world.hurry = timedelta(0)
    world.shop.set_level("TRAY", 3)  # by hand: found when everything is read again
    world.run()
    assert len(list_backups(hub_path)) == 2, "one of the wrong day, one of the right"
    world.run()
    assert len(list_backups(hub_path)) == 2
    world.assert_exact()


def test_backups_of_many_days_are_kept_up_to_the_setting(world: StockWorld) -> None:
    world.change(hub={"keep_backups": 2})
    for day in range(1, 5):
        world.hurry = timedelta(days=day, minutes=day)
        world.run()
    assert len(list_backups(world.folder / "hub.db")) == 2


def test_after_a_run_that_did_not_come_to_its_end_the_hub_is_read_whole_and_backed_up(world: StockWorld) -> None:
    with Hub.open(world.folder / "hub.db") as hub:
        hub.runs.begin("killed")
    world.run()
    assert len(list_backups(world.folder / "hub.db")) == 1
    world.run()
    assert len(list_backups(world.folder / "hub.db")) == 1


def test_a_backup_that_cannot_be_made_is_said(world: StockWorld) -> None:
    backup_folder(world.folder / "hub.db").write_text("in the way")
    with pytest.raises(HubError) as caught:
        make_backup(world.folder / "hub.db", 7)
    assert caught.value.hint


# --- restore -------------------------------------------------------------------------------------------------------


def test_restoring_keeps_the_present_hub_beside_it(world: StockWorld) -> None:
    backup = make_backup(world.folder / "hub.db", 7)
    much_happens(world)
    present = dump(world.folder / "hub.db")
    restore(world, backup)
    [aside] = world.folder.glob("hub.db.before-restore-*")
    assert differences(present, dump(aside)) == {}
    assert differences(dump(backup), dump(world.folder / "hub.db")) == {}


@pytest.mark.parametrize("bad", ["missing", "empty", "no database", "another database", "truncated"])
def test_a_bad_backup_is_refused_and_the_present_hub_left_alone(world: StockWorld, bad: str) -> None:
    backup = world.folder / "bad.db"
    if bad == "empty":
        backup.write_bytes(b"")
    elif bad == "no database":
        backup.write_text("a letter" * 400)
    elif bad == "another database":
        shutil.copy(world.folder / "books.db", backup)
    elif bad == "truncated":
        good = make_backup(world.folder / "hub.db", 7).read_bytes()
        backup.write_bytes(good[: len(good) // 2])
    before = (world.folder / "hub.db").read_bytes()
    with pytest.raises(HubError):
        restore(world, backup)
    assert (world.folder / "hub.db").read_bytes() == before
    assert not list(world.folder.glob("hub.db.before-restore-*"))


def test_a_hub_that_a_link_leads_to_is_backed_up_beside_itself_and_restored_in_its_place(world: StockWorld) -> None:
    link = world.folder / "elsewhere" / "link.db"
    link.parent.mkdir()
    link.symlink_to(world.folder / "hub.db")
    backup = make_backup(link, 7)
    assert list_backups(world.folder / "hub.db") == list_backups(link) == [backup]
    restore_backup(link, backup)
    assert link.is_symlink() and list(link.parent.iterdir()) == [link]
    assert list(world.folder.glob("hub.db.before-restore-*Z"))


def test_a_damaged_hub_can_be_put_aside_for_a_backup(world: StockWorld) -> None:
    backup = make_backup(world.folder / "hub.db", 7)
    (world.folder / "hub.db").write_bytes(b"rubbish" * 1000)
    restore(world, backup)
    assert world.run().exit_code == 0


@pytest.mark.parametrize("answers", ["now", "later"])
@pytest.mark.parametrize("falls_on", ["order", "shipment"])
def test_after_a_restore_nothing_is_done_twice(tmp_path: Path, falls_on: str, answers: str) -> None:
    world = StockWorld(tmp_path, falls_on=falls_on, answers=answers)
    world.shop.place_order([("MUG", 1)], customer=BUYER)
    world.settle(6)
    backup = make_backup(world.folder / "hub.db", 7)
    much_happens(world)
    before = others(world)
    restore(world, backup)
    report = world.run()
    assert any("older copy" in note for note in report.notes)
    for _ in range(4):
        world.run()
        assert world.writes("push_documents") == []
    assert_nothing_was_doubled(world, before)
    world.assert_exact()
    assert not any("older copy" in note for note in world.run().notes), "it is said once"


def test_a_restored_hub_still_does_what_is_new(world: StockWorld) -> None:
    backup = make_backup(world.folder / "hub.db", 7)
    much_happens(world)
    restore(world, backup)
    new = world.shop.place_order([("TRAY", 1)])
    world.settle(6)
    assert world.totals(new) == [("sale", 450)]
    world.assert_exact()
    world.assert_booked_once()


def test_a_restored_hub_believes_nothing_about_what_is_shown(world: StockWorld) -> None:
    backup = make_backup(world.folder / "hub.db", 7)
    world.office.sell("MUG", 5)
    world.office.set_price("MUG", "12.00")
    world.run()
    world.office.receive("MUG", 5)  # back to what the restored hub believes to be on show
    world.office.set_price("MUG", "10.00")
    restore(world, backup)
    world.run()
    assert world.level("MUG") == world.most("MUG")
    assert world.shop.price("MUG") == "10.00"
    assert world.calls("fetch_listings", "shop") >= 1


@pytest.mark.parametrize("sidecar", ["missing", "unreadable"])
def test_a_hub_without_a_good_sidecar_is_taken_for_a_restored_one(world: StockWorld, sidecar: str) -> None:
    """The file came here alone, from who knows when."""
    copy = world.folder / "copy.db"
    make_backup(world.folder / "hub.db", 7).rename(copy)
    much_happens(world)
    before = others(world)
    shutil.copy(copy, world.folder / "hub.db")
    mark = world.folder / "hub.db.last-run"
    mark.unlink() if sidecar == "missing" else mark.write_text('{"run": "half')
    assert any("older copy" in note for note in world.run().notes)
    world.settle(6)
    assert_nothing_was_doubled(world, before)
    assert world.run().notes == ()


def test_a_lost_hub_is_made_again_and_finds_everything_in_its_place(world: StockWorld) -> None:
    much_happens(world)
    before = others(world)
    (world.folder / "hub.db").unlink()
    world.run()
    world.settle(6)
    assert_nothing_was_doubled(world, before)
    world.assert_exact()


def test_on_a_new_machine_that_has_no_file_of_ours_everything_is_found_in_its_place(world: StockWorld) -> None:
    much_happens(world)
    before = others(world)
    for path in world.folder.glob("hub.db*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert world.run().notes == ()
    world.settle(6)
    assert_nothing_was_doubled(world, before)
    world.assert_exact()


def test_a_new_hub_is_not_taken_for_a_restored_one(tmp_path: Path) -> None:
    assert StockWorld(tmp_path).run().notes == ()


def test_after_a_restore_looking_up_waits_once_until_what_was_sent_can_be_seen(world: StockWorld) -> None:
    backup = make_backup(world.folder / "hub.db", 7)
    new = world.shop.place_order([("MUG", 2)])
    world.run()
    restore(world, backup)
    world.change(safety={"settle": "60s"})
    report = world.run()
    assert counts_of(report, "push-orders")["waiting"] == 1
    assert world.calls("find_documents") == 0
    assert world.level("MUG") == world.most("MUG") - 2, "not known to be booked, so held back"
    world.hurry = timedelta(seconds=61)
    report = world.run()
    assert counts_of(report, "push-orders")["found"] == 2, "the sale and its payment"
    assert world.totals(new) == [("sale", 2000)]
    world.settle()
    world.assert_exact()


def test_after_the_first_wait_a_lost_reply_alone_is_waited_for(world: StockWorld) -> None:
    world.change(safety={"settle": "60s"})
    world.hurry = timedelta(seconds=90)
    world.shop.place_order([("MUG", 2)])
    assert counts_of(world.run(), "push-orders")["booked"] == 2


def test_a_hub_copy_of_any_moment_of_a_run_converges(tmp_path: Path) -> None:
    """Copies taken before each call of a busy run, each restored after it was over."""
    world = StockWorld(tmp_path)
    first = world.shop.place_order([("MUG", 1)], customer=BUYER)
    world.settle()
    world.shop.place_order([("MUG", 3)], customer={"name": "Bea", "emails": ["bea@example.org"]})
    world.shop.refund(first, {world.line_ids(first)[0]: 1}, restock=False)
    world.office.receive("TRAY", 9)
    world.office.set_price("TRAY", "4.50")
    sale = next(one.reference for one in world.documents(first) if one.kind == "sale")
    world.office.ship(sale, tracking_number="T-1")
    copies: list[Path] = []

    def copy(phase: str, _call: Call) -> None:
        if phase == "before":
            copies.append(make_backup(world.folder / "hub.db", 7).rename(tmp_path / f"copy-{len(copies)}.db"))

    world.run(plans={"shop": Plan(hook=copy), "back-office": Plan(hook=copy)})
    world.settle(6)
    before = others(world)
    assert len(copies) > 15
    for number, backup in enumerate(copies):
        restore(world, backup)
        for _ in range(3):
            world.run()
        assert_nothing_was_doubled(world, before)
        world.assert_exact(number)
        assert world.rows("PRAGMA integrity_check") == [("ok",)]


def test_a_restore_in_the_middle_of_another_day_s_work_keeps_orders_that_came_meanwhile(world: StockWorld) -> None:
    backup = make_backup(world.folder / "hub.db", 7)
    restore(world, backup)
    late: list[str] = []
    world.run(plans={"shop": [Between(on("fetch_levels"), lambda: late.append(world.shop.place_order([("MUG", 5)])))]})
    world.shop.place_order([("MUG", 1)])
    world.settle(6)
    world.assert_exact()
    world.assert_booked_once()


def test_a_restore_that_dies_half_way_leaves_a_hub_in_its_place(
    world: StockWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub_path = world.folder / "hub.db"
    old = make_backup(hub_path, keep=7)
    world.shop.place_order([("MUG", 3)])
    world.settle()
    before = world.totals()
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "replace", _die)
        restore_backup(hub_path, old)
    assert hub_path.exists() and len(before) == 2
    world.settle()
    assert world.totals() == before, "nothing is booked a second time"


def _die(self: Path, target: Path) -> Path:
    raise KeyboardInterrupt
