"""The hub's place: its folder, file, disk, backups, and who is at work on it. Looked at, never touched."""

import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from syncctl import times
from syncctl.backup import backup_folder, list_backups
from syncctl.connectors.tokens import token_file
from syncctl.errors import HubError
from syncctl.hub.peek import Peek, peek
from syncctl.lock import holder_of
from syncctl.model import Finding

Seen = Iterator[tuple[Finding, Peek | None]]

_SPACE = 5_000_000  # bytes without which no run gets far
_DAY = timedelta(days=1)
_SYNCED = re.compile(
    r"(dropbox|onedrive|google ?drive|icloud|mobile documents|nextcloud|owncloud|pcloud|megasync|syncthing)", re.I
)
_MARKERS = (".dropbox", ".stfolder")
_REMOTE = re.compile(r"(nfs|cifs|smb|afs|9p|ceph|gluster|lustre|davfs|fuse\.(sshfs|rclone|s3fs|gcsfuse|davfs))", re.I)


def look_at_place(path: Path) -> Seen:
    """Everything about the hub at `path`; with the finding that says what is in it comes what was seen."""
    path = path.resolve()
    folder = next(one for one in path.parents if one.exists())
    for finding in (*_folder(folder, path), *_disk(folder, path), *_locked(path)):
        yield finding, None
    if path.exists():
        yield from _file(path)
    else:
        yield _ok("hub", f"there is none at {path} yet; the first run makes it"), None


def _folder(folder: Path, path: Path) -> Iterator[Finding]:
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        fix = "Set hub.path to a place that you can write, or mend the rights of the folder."
        yield _fail("hub", f"nothing can be written in {folder}", fix)
    if is_synced(path):
        fix = "Set hub.path to a local folder; a copy to such a place is what backups are for."
        yield _warn("hub", f"{path.parent} is kept in step with other machines, which can destroy a database", fix)
    if kind := file_system(folder, _mounts()):
        fix = "Set hub.path to a folder on a disk of this machine."
        yield _warn("hub", f"{folder} lies on a network ({kind}), where locks cannot be relied on", fix)


def _disk(folder: Path, path: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(folder).free
    size = path.stat().st_size if path.exists() else 0
    if free < _SPACE:
        yield _fail("disk", f"it is full: {free / 1e6:.1f} MB are left in {folder}", "Make room.")
    elif free < 3 * size:
        text = f"{free / 1e6:,.0f} MB are left in {folder}, and each backup takes {size / 1e6:,.0f} MB"
        yield _warn("disk", text, "Make room, or set hub.keep_backups lower.")
    else:
        yield _ok("disk", f"{free / 1e6:,.0f} MB are free")


def _locked(path: Path) -> Iterator[Finding]:
    if holder := holder_of(path):
        pid, age = holder
        fix = f"If it hangs, end process {pid}: its lock goes with it." if age.endswith(("h", "d")) else ""
        level = _warn if fix else _ok
        yield level("lock", f"a run is active (process {pid}, for {age})", fix)


def _file(path: Path) -> Seen:
    if not path.is_file() or not os.access(path, os.R_OK | os.W_OK):
        text = "it is a file that you cannot read and write" if path.is_file() else "it is no file"
        yield _fail("hub", f"{path}: {text}", "Set hub.path to a file of its own, or mend its rights."), None
        return
    yield from ((finding, None) for finding in _rights(path))
    if holder_of(path):
        return  # what is being written is not read
    try:
        seen = peek(path)
    except HubError as error:
        yield _fail("hub", str(error), error.hint), None
        return
    yield _ok("hub", f"{path}, {path.stat().st_size / 1e6:,.1f} MB"), seen
    yield from ((finding, None) for finding in (*_runs(seen), *_backups(path, seen)))


def _rights(path: Path) -> Iterator[Finding]:
    """Others must not read it: it holds all customers; nor what is kept beside it."""
    kept = {
        path: "all customers",
        backup_folder(path): "all customers",
        token_file(path): "what your stores let you in by",
    }
    for one, what in kept.items():
        if os.name == "posix" and one.exists() and one.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            mode = 700 if one.is_dir() else 600
            yield _warn("hub", f"others can read {one}, and {what} in it", f"Type `chmod {mode} {one}`.")


def _runs(seen: Peek) -> Iterator[Finding]:
    if seen.behind:
        text = "it is an older copy: the next run reads again what the stores show, and looks before it books"
        yield _warn("hub", text, "Nothing is to be done, if you restored it.")
    if seen.unclean:
        yield _warn("hub", "the last run did not come to its end; the next one checks the file and goes on from there")
    if seen.last_run_at is not None and times.now() - seen.last_run_at > _DAY:
        fix = "Let cron call it, as in cron/crontab; watch it with `syncctl status --check`."
        yield _warn("hub", f"the last run was {_ago(seen.last_run_at)}", fix)


def _backups(path: Path, seen: Peek) -> Iterator[Finding]:
    """A run makes one each day but the first."""
    found = list_backups(path)
    newest = datetime.fromtimestamp(found[0].stat().st_mtime, UTC) if found else seen.first_run_at
    if newest is not None and times.now() - newest > 2 * _DAY:
        text = f"the last one was made {_ago(newest)}" if found else "there is none"
        yield _warn("backups", text, "The first run of a day makes one; `syncctl backup` makes one now.")
    elif found:
        yield _ok("backups", f"{len(found)}, the last one made {_ago(newest or times.now())}")


def is_synced(path: Path) -> bool:
    """Whether a program that copies folders between machines seems to look after this one."""
    if any(_SYNCED.match(part) for part in path.parts[:-1]):
        return True
    with suppress(OSError):
        return any((folder / name).exists() for folder in path.parents for name in _MARKERS)
    return False


def file_system(folder: Path, mounts: str) -> str:
    """The kind of file system that `folder` lies on, where it is one of another machine; else "".

    `mounts`: as in /proc/mounts, a device, a folder and a kind on each line.
    """
    kinds: dict[str, str] = {}
    for line in mounts.splitlines():
        _, point, kind, *_ = [*line.split(), "", "", ""]
        kinds[point.replace("\\040", " ")] = kind  # a later one hides an earlier one
    kind = next((kinds[str(one)] for one in (folder, *folder.parents) if str(one) in kinds), "")
    return kind if _REMOTE.match(kind) else ""


def _mounts() -> str:
    with suppress(OSError):
        return Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace")
    return ""


def _ago(at: datetime) -> str:
    hours = int((times.now() - at).total_seconds() // 3600)
    return f"{hours // 24} days ago" if hours >= 48 else f"{hours} hours ago" if hours >= 2 else "within two hours"


def _ok(subject: str, text: str, fix: str = "") -> Finding:
    return Finding(level="ok", subject=subject, text=text, fix=fix)


def _warn(subject: str, text: str, fix: str = "") -> Finding:
    return Finding(level="warn", subject=subject, text=text, fix=fix)


def _fail(subject: str, text: str, fix: str) -> Finding:
    return Finding(level="fail", subject=subject, text=text, fix=fix, exit_code=HubError.exit_code)
