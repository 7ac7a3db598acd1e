"""Backups of the hub, and the way back. A restored hub is recognised by the next run, which looks before it sends."""

import shutil
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from syncctl import times
from syncctl.errors import HubError
from syncctl.hub import Hub
from syncctl.hub.files import copy_database


def backup_folder(hub_path: Path) -> Path:
    """Where the backups of a hub are kept: beside it, whatever link leads to it."""
    hub_path = hub_path.resolve()
    return hub_path.with_name(hub_path.name + ".backups")


def make_backup(hub_path: Path, keep: int) -> Path:
    """Copy the hub as it is, whole, and keep the youngest `keep` copies. Errors: HubError."""
    folder = backup_folder(hub_path)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise HubError(f"cannot make {folder}: {error.strerror}", hint="Make room, or mend its rights.") from None
    target = folder / f"{times.to_text(times.now()).replace(':', '').replace('.', '')}.db"
    copy_database(hub_path, target)
    for old in list_backups(hub_path)[keep:]:
        old.unlink(missing_ok=True)
    _sweep(folder)
    return target


def _sweep(folder: Path) -> None:
    """Remove halves of copies whose process died; a young one may be another process's, at work."""
    oldest = (times.now() - timedelta(hours=1)).timestamp()
    for half in folder.glob("*.part*"):
        with suppress(FileNotFoundError):
            if half.stat().st_mtime < oldest:
                half.unlink()


def list_backups(hub_path: Path) -> list[Path]:
    """The backups of a hub, youngest first."""
    return sorted(backup_folder(hub_path).glob("*.db"), reverse=True)


def restore_backup(hub_path: Path, backup: Path) -> None:
    """Put a backup in the hub's place; the present hub is kept beside it. The caller holds the run lock.

    Errors: HubError if the backup is missing, damaged or no hub; the present hub is left alone then.
    """
    if not backup.is_file():
        raise HubError(f"there is no backup {backup}", hint="See what there is: syncctl backup --list")
    with Hub.open(backup, read_only=True) as copy:
        copy.check()
    hub_path = hub_path.resolve()  # not the link to it is replaced
    fresh = hub_path.with_name(hub_path.name + ".restoring")
    fresh.unlink(missing_ok=True)
    copy_database(backup, fresh)
    _put_aside(hub_path)
    fresh.replace(hub_path)


def _put_aside(hub_path: Path) -> None:
    """Keep the present hub, damaged or not, with its write-ahead log.

    It stays in its place, too, until the backup replaces it: a crash in between leaves it without its log, which the
    next run takes for the older copy that it then is; never an empty hub.
    """
    stamp = times.to_text(times.now()).replace(":", "").replace(".", "")
    aside = hub_path.with_name(f"{hub_path.name}.before-restore-{stamp}")
    if hub_path.exists():
        shutil.copy2(hub_path, aside)
    for suffix in ("-wal", "-shm"):
        present = hub_path.with_name(hub_path.name + suffix)
        if present.exists():
            present.replace(aside.with_name(aside.name + suffix))
