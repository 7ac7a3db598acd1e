"""What surrounds every run: a copy of the hub for a dry one, signals that stop it, memory left in peace."""

import gc
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from syncctl.errors import Stopped
from syncctl.hub.files import Sidecar

_PATIENCE = 8  # seconds from a signal to the end of the process, at a safe point or not


@contextmanager
def copy_of(path: Path) -> Iterator[Path]:
    """A copy of the hub to plan on; the hub itself does not change by a byte."""
    with tempfile.TemporaryDirectory(prefix="syncctl-plan-") as folder:
        copy = Path(folder) / path.name
        for suffix in ("", "-wal"):
            with suppress(FileNotFoundError):
                shutil.copyfile(path.with_name(path.name + suffix), copy.with_name(copy.name + suffix))
        with suppress(FileNotFoundError):
            shutil.copyfile(Sidecar.path(path), Sidecar.path(copy))
        yield copy


@contextmanager
def fewer_collections() -> Iterator[None]:
    """A run makes hardly any cycles of references: Python looks for them after 20,000 new objects, not after 700.

    That is a page or two of orders; to look for them all the time took one part in forty of a run.
    """
    former = gc.get_threshold()
    gc.set_threshold(20_000, *former[1:])
    try:
        yield
    finally:
        gc.set_threshold(*former)


@contextmanager
def signals() -> Iterator[Callable[[], None]]:
    """A checkpoint that raises Stopped once SIGINT, SIGTERM or SIGHUP has come; the former handlers come back.

    Where no checkpoint is reached in time, because a call hangs or nobody reads what we print, the signal does what it
    does to any program: a run may die at any point, and the next one looks before it writes.
    """
    caught: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        caught.append(number)
        if len(caught) == 1 and hasattr(signal, "setitimer"):
            signal.signal(signal.SIGALRM, give_up)
            signal.setitimer(signal.ITIMER_REAL, _PATIENCE)

    def give_up(_number: int, _frame: FrameType | None) -> None:
        signal.signal(caught[0], signal.SIG_DFL)
        signal.raise_signal(caught[0])

    def checkpoint() -> None:
        if caught:
            raise Stopped(caught[0])

    names = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    try:
        former = {number: signal.signal(number, note) for number in names}
    except ValueError:  # not in the main thread: signals are the host's business
        yield checkpoint
        return
    try:
        yield checkpoint
    finally:
        if caught and hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
        for number, handler in former.items():
            signal.signal(number, handler)
