"""`backup` and `restore` as an operator uses them."""

import json
from pathlib import Path

import pytest
from test_cli import call

from syncctl.hub import Hub
from syncctl.lock import hold_lock


@pytest.fixture
def synced(config: Path) -> Path:
    """A configuration whose hub has seen one cycle."""
    assert call("--config", str(config), "-q", "sync-all") == 0
    return config


def orders(config: Path) -> int:
    with Hub.open(config.parent / "hub.db", read_only=True) as hub:
        return int(hub.connection.execute("SELECT count(*) FROM sales_order").fetchone()[0])


def test_a_backup_says_where_it_is_and_can_be_restored(synced: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--config", str(synced), "-q", "backup") == 0
    backup = Path(capsys.readouterr().out.strip())
    assert backup.is_file() and backup.stat().st_mode & 0o077 == 0
    before = orders(synced)
    assert call("--config", str(synced), "-q", "sandbox", "order", "MUG-BLUE:1") == 0
    assert call("--config", str(synced), "-q", "sync-all") == 0
    assert orders(synced) == before + 1
    assert call("--config", str(synced), "restore", "--yes", str(backup)) == 0
    assert "Next: syncctl sync-all" in capsys.readouterr().err
    assert orders(synced) == before


def test_after_a_restore_nothing_is_booked_twice(synced: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--config", str(synced), "-q", "backup") == 0
    assert call("--config", str(synced), "-q", "sandbox", "order", "MUG-BLUE:1") == 0
    assert call("--config", str(synced), "-q", "sync-all") == 0
    capsys.readouterr()
    assert call("--config", str(synced), "sandbox", "show", "--format", "json") == 0
    before = json.loads(capsys.readouterr().out)
    assert call("--config", str(synced), "-q", "restore", "latest", "--yes") == 0
    assert call("--config", str(synced), "sync-all") == 0
    assert "older copy" in capsys.readouterr().err
    synced.write_text(synced.read_text() + "safety: {settle: 0s}\n")  # no waiting before the second look
    assert call("--config", str(synced), "sync-all") == 0
    capsys.readouterr()
    assert call("--config", str(synced), "sandbox", "show", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out) == before


def test_without_a_person_nothing_is_restored_unasked(synced: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--config", str(synced), "-q", "backup") == 0
    capsys.readouterr()
    before = (synced.parent / "hub.db").read_bytes()
    assert call("--config", str(synced), "restore") == 2
    assert "--yes" in capsys.readouterr().err
    assert (synced.parent / "hub.db").read_bytes() == before


def test_a_backup_that_is_not_there_or_is_no_hub_is_refused(synced: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (synced.parent / "hub.db").read_bytes()
    assert call("--config", str(synced), "restore", "--yes", str(synced.parent / "none.db")) == 2
    (synced.parent / "other.db").write_text("this is no hub")
    assert call("--config", str(synced), "restore", "--yes", str(synced.parent / "other.db")) == 7
    assert (synced.parent / "hub.db").read_bytes() == before
    assert "Traceback" not in capsys.readouterr().err


def test_the_backups_are_listed_youngest_first(synced: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--config", str(synced), "backup", "--list") == 0
    assert capsys.readouterr().out == ""
    made = []
    for _ in range(2):
        assert call("--config", str(synced), "backup") == 0
        made.append(capsys.readouterr().out)
    assert call("--config", str(synced), "backup", "--list") == 0
    assert capsys.readouterr().out == made[1] + made[0]


def test_nothing_is_restored_under_a_run(synced: Path) -> None:
    assert call("--config", str(synced), "-q", "backup") == 0
    before = (synced.parent / "hub.db").read_bytes()
    with hold_lock(synced.parent / "hub.db"):
        assert call("--config", str(synced), "-q", "restore", "--yes") == 6
    assert (synced.parent / "hub.db").read_bytes() == before


def test_a_lost_hub_can_be_restored(synced: Path) -> None:
    assert call("--config", str(synced), "-q", "backup") == 0
    (synced.parent / "hub.db").unlink()
    assert call("--config", str(synced), "-q", "restore", "latest", "--yes") == 0
    assert orders(synced) > 0
