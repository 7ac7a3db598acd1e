"""The run lock: one run at a time talks to the other sides. It is the kernel's, so it dies with its owner."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from syncctl.errors import Busy, ConfigError, HubError

_GRACE = 0.3  # seconds that a run which has just begun, or which just ends, may be without a name
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"))


@contextmanager
def hold_lock(hub_path: Path, if_busy: str = "fail") -> Iterator[None]:
    """Hold the run lock of a hub. Errors: Busy, naming who has it; HubError; ConfigError for a bad `if_busy`.

    `if_busy`: fail | skip | wait | wait:SECONDS.
    """
    word, _, seconds = if_busy.partition(":")
    if word not in ("fail", "skip", "wait") or (seconds and not (word == "wait" and seconds.isdigit())):
        raise ConfigError(f"--if-busy {if_busy!r} is none of fail, skip, wait, wait:SECONDS")
    timeout = (float(seconds) if seconds else -1) if word == "wait" else 0
    try:
        hub_path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        real = hub_path.resolve()
        holder = real.with_name(f"{real.name}.holder")
        lock = FileLock(f"{real}.lock", timeout=timeout, mode=0o600)
        lock.acquire()
    except Timeout:
        raise _busy(holder) from None
    except OSError as error:
        raise HubError(
            f"cannot lock {hub_path}: {error.strerror}", hint="Set hub.path to a place that you can write."
        ) from None
    try:
        _sign(holder)
        yield
    finally:
        with suppress(OSError):
            holder.unlink()
        lock.release()


def holder_of(hub_path: Path) -> tuple[int, str] | None:
    """The process that has the run lock of a hub, and since when in words; None if nobody has. Touches nothing."""
    real = hub_path.resolve()
    found = _read(real.with_name(f"{real.name}.holder"))
    return None if found is None else (found[0], _shown(found[1]))


def _sign(holder: Path) -> None:
    """Say who holds the lock, and since when by the machine's steady clock, which nobody sets back.

    Beside the lock, for contenders may empty that file. It only serves a message: without it the lock is as good.
    """
    with suppress(OSError):
        descriptor = os.open(holder, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            json.dump({"pid": os.getpid(), "since": time.monotonic()}, file)


def _busy(holder: Path) -> Busy:
    patience = time.monotonic() + _GRACE
    while (found := _read(holder)) is None and time.monotonic() < patience:
        time.sleep(0.01)
    who, end = "", ""
    if found is not None:
        pid, age = found
        who, end = f" (process {pid}, for {_shown(age)})", f" If it hangs, end process {pid}: its lock goes with it."
    return Busy(
        f"another run{who} is active on this hub; nothing was done",
        hint=f"Wait for it with --if-busy wait:600, or let cron pass over it with --if-busy skip.{end}",
    )


def _read(holder: Path) -> tuple[int, float] | None:
    """Process id and age in seconds of who holds the lock; None if that is not known, or is of one that is dead."""
    try:
        values = json.loads(holder.read_bytes())
        pid, age = int(values["pid"]), max(0.0, time.monotonic() - float(values["since"]))
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return None
    return (pid, age) if _lives(pid) else None


def _lives(pid: int) -> bool:
    if os.name != "posix":  # elsewhere os.kill ends what it asks for
        return True
    try:
        os.kill(pid, 0)
    except PermissionError:  # somebody else's
        return True
    except (OSError, OverflowError):
        return False
    return True


def _shown(seconds: float) -> str:
    size, unit = next(((size, unit) for size, unit in _UNITS if seconds >= 2 * size), (1, "s"))
    return f"{int(seconds // size)} {unit}"
