"""`doctor` on the hub's place: its folder, rights, disk, backups, and who is at work on it."""

import json
import os
import shutil
import sqlite3
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from syncctl import times
from syncctl.backup import make_backup
from syncctl.connectors.tokens import Tokens, token_file
from syncctl.doctor.place import file_system, is_synced, look_at_place
from syncctl.hub import Hub
from syncctl.hub.peek import peek
from syncctl.lock import hold_lock
from tests.children import as_nobody, in_child, mount_memory
from tests.test_doctor import files


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    """A hub on which one run came to its end."""
    path = tmp_path / "hub.db"
    with Hub.open(path) as made:
        made.runs.begin("sync-all")
        made.runs.end(0, "")
    return path


def told(path: Path, *levels: str) -> list[str]:
    """The lines of these levels, by default all that is not in order."""
    wanted = levels or ("warn", "fail")
    return [f"{one.level} {one.subject}: {one.text}" for one, _ in look_at_place(path) if one.level in wanted]


def days_ago(days: int) -> str:
    return times.to_text(times.now() - timedelta(days=days))


def change(hub: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(hub)) as connection, connection:
        connection.execute(statement, values)


def test_a_hub_in_order_is_told_in_two_lines_and_not_touched(hub: Path) -> None:
    before = files(hub.parent)
    assert told(hub) == []
    assert [line.split(":")[0] for line in told(hub, "ok")] == ["ok disk", "ok hub"]
    assert files(hub.parent) == before


def test_a_hub_that_is_not_there_is_no_failure_and_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "new" / "deep" / "hub.db"
    assert told(path) == []
    assert f"ok hub: there is none at {path} yet; the first run makes it" in told(path, "ok")
    assert list(tmp_path.iterdir()) == []


def test_a_hub_that_others_can_read_is_told(hub: Path) -> None:
    hub.chmod(0o640)
    make_backup(hub, 7).parent.chmod(0o755)
    Tokens.beside(hub).put("a", "a-token", times.now() + timedelta(hours=1))
    assert not [line for line in told(hub) if "hub.db.tokens" in line]
    token_file(hub).chmod(0o644)
    first, second, third = told(hub)
    assert first == f"warn hub: others can read {hub}, and all customers in it" and "hub.db.backups" in second
    assert third == f"warn hub: others can read {hub}.tokens, and what your stores let you in by in it"
    [fix, *_] = [one.fix for one, _ in look_at_place(hub) if one.level == "warn"]
    assert fix == f"Type `chmod 600 {hub}`."


def test_a_damaged_a_foreign_and_a_newer_hub_fail(hub: Path) -> None:
    content = hub.read_bytes()
    hub.write_bytes(content[:100] + b"\xff" * 8000)
    assert told(hub)[0].startswith("fail hub: the hub")
    hub.write_bytes(b"something else altogether, and no database" * 100)
    assert "damaged" in told(hub)[0]
    hub.write_bytes(content)
    change(hub, "PRAGMA user_version = 999")
    assert "made by a newer syncctl" in told(hub)[0]
    change(hub, "PRAGMA application_id = 7")
    assert "is not a hub of syncctl" in told(hub)[0]
    assert {one.exit_code for one, _ in look_at_place(hub) if one.level == "fail"} == {7}


def test_a_folder_in_place_of_the_hub_fails(tmp_path: Path) -> None:
    assert told(tmp_path) == [f"fail hub: {tmp_path}: it is no file"]


def test_a_place_that_cannot_be_written_fails(memory: Path) -> None:
    """In a child, for permissions do not bind root."""
    hub = memory / "hub.db"
    hub.touch(mode=0o600)
    memory.chmod(0o555)
    lines = as_nobody(lambda: "\n".join(told(hub))).splitlines()
    assert lines == [
        f"fail hub: nothing can be written in {memory}",
        f"fail hub: {hub}: it is a file that you cannot read and write",
    ]


def test_a_disk_that_is_nearly_full_fails(tmp_path: Path) -> None:
    def work() -> str:
        if not mount_memory(tmp_path, 4_000_000):
            return "may not mount"
        return "\n".join(told(tmp_path / "hub.db"))

    found = in_child(work)
    if found == "may not mount":
        pytest.skip(found)
    assert found.startswith("fail disk: it is full: 4.0 MB are left in ")


def test_a_disk_without_room_for_backups_is_told(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(hub.parent)
    free = 2 * hub.stat().st_size + 5_000_000
    with hub.open("ab") as file:
        file.truncate(free)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=free))
    assert told(hub)[0].startswith("warn disk: ")


@pytest.mark.parametrize(
    "name", ["Dropbox", "OneDrive - Shop", "Google Drive", "GoogleDrive", "Nextcloud", "iCloud~com", "ownCloud"]
)
def test_a_folder_that_is_copied_between_machines_is_told(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name / "hub"
    folder.mkdir(parents=True)
    [line] = told(folder / "hub.db")
    assert line.startswith(f"warn hub: {folder} is kept in step with other machines")
    assert not is_synced(tmp_path / "drop" / name), "a file of that name is none"


def test_the_mark_of_a_copying_program_counts_too(tmp_path: Path) -> None:
    (tmp_path / ".stfolder").mkdir()
    assert is_synced(tmp_path / "a" / "b" / "hub.db")


MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
nas:/data /mnt/nas nfs4 rw 0 0
//nas/x /mnt/with\\040space cifs rw 0 0
me@host: /mnt/nas/local/far fuse.sshfs rw 0 0
tmpfs /mnt/nas/local tmpfs rw 0 0
broken
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/home/shop", ""),
        ("/mnt/nas/hub", "nfs4"),
        ("/mnt/nas", "nfs4"),
        ("/mnt/nasty", ""),
        ("/mnt/with space/hub", "cifs"),
        ("/mnt/nas/local", ""),
        ("/mnt/nas/local/far/hub", "fuse.sshfs"),
    ],
)
def test_a_file_system_of_another_machine_is_told_by_its_nearest_mount(folder: str, kind: str) -> None:
    assert file_system(Path(folder), MOUNTS) == kind
    assert file_system(Path(folder), "") == ""


def test_a_run_that_is_active_is_told_and_its_hub_not_read(hub: Path) -> None:
    with hold_lock(hub):
        before = files(hub.parent)
        assert told(hub) == []
        assert any(
            line.startswith(f"ok lock: a run is active (process {os.getpid()}, for ") for line in told(hub, "ok")
        )
        assert not any(seen for _, seen in look_at_place(hub))
        assert files(hub.parent) == before
        holder = hub.with_name("hub.db.holder")
        holder.write_text(json.dumps({"pid": os.getpid(), "since": time.monotonic() - 8000}))
        [line] = told(hub)
        assert line.startswith("warn lock: a run is active") and "for 2 h" in line


def test_a_run_that_did_not_end_is_told_and_its_log_is_read(hub: Path) -> None:
    child = os.fork()
    if not child:  # dies with the run open, and what it wrote in the log only
        made = Hub.open(hub)
        made.connection.execute("PRAGMA wal_autocheckpoint = 0")
        made.runs.begin("sync-all")
        os._exit(0)
    os.waitpid(child, 0)
    assert hub.with_name("hub.db-wal").stat().st_size > 0
    content = hub.read_bytes()
    assert [line for line in told(hub) if "did not come to its end" in line]
    assert hub.read_bytes() == content


def test_an_older_copy_is_told(hub: Path) -> None:
    kept = hub.read_bytes()
    with Hub.open(hub) as opened:
        opened.runs.begin("sync-all")
        opened.runs.end(0, "")
    assert told(hub) == []
    hub.write_bytes(kept)
    [line] = told(hub)
    assert line.startswith("warn hub: it is an older copy")


def test_a_last_run_and_a_last_backup_of_long_ago_are_told(hub: Path) -> None:
    change(hub, "UPDATE run SET started_at = ?", days_ago(3))
    assert told(hub) == ["warn hub: the last run was 3 days ago", "warn backups: there is none"]
    backup = make_backup(hub, 7)
    assert told(hub) == ["warn hub: the last run was 3 days ago"]
    os.utime(backup, (0, time.time() - 5 * 86400))
    assert "warn backups: the last one was made 5 days ago" in told(hub)


def test_a_hub_that_was_only_begun_can_be_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "hub.db"
    path.touch(mode=0o600)
    assert peek(path).parties == {} and told(path) == []
