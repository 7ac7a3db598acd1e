"""Where every call of syncctl ends: errors become a few lines on stderr and an exit code; nothing shows a traceback."""

import errno
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

import click

from syncctl import __version__
from syncctl.cli.app import App
from syncctl.errors import HubError, Stopped, SyncctlError

INTERRUPTED = 130
NOBODY_READS = 141  # what a shell reports for a program that wrote into a closed pipe
BUG = 70
_PATIENCE = 2  # seconds for the report of a run that was told to stop

_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EACCES, errno.EPERM, errno.EMFILE})


class _ReaderLost(Exception):
    """Whoever read our output went away."""


def leave_soon(code: int) -> None:
    """A run that was stopped ends now, although nobody may be reading its report."""
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, lambda _number, _frame: os._exit(code))
        signal.alarm(_PATIENCE)


def _take_your_time() -> None:
    """All is printed."""
    if hasattr(signal, "SIGALRM"):
        signal.alarm(0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)


@contextmanager
def reader_kept() -> Iterator[None]:
    """Take a closed pipe to `finish` past click, which would exit with 1; that means new holds here."""
    try:
        yield
    except BrokenPipeError:
        raise _ReaderLost from None


def finish(app: App, call: Callable[[], object]) -> int:
    """Make the call and return the exit code of the process; whatever goes wrong is shown here, once."""
    code = _finish(app, call)
    for stream in (sys.stdout, sys.stderr):
        try:
            _flush(stream)
        except OSError:  # told already, if it could be; what cannot be written goes nowhere, and changes no exit code
            _let_go_of(stream)
    return code


def _finish(app: App, call: Callable[[], object]) -> int:
    try:
        return _called(call)
    except (_ReaderLost, BrokenPipeError):
        _let_go_of(sys.stdout)
        return NOBODY_READS
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return 2
    except SyncctlError as error:
        return _expected(app, error)
    except OSError as error:
        return _expected(app, _disk_error(error)) if error.errno in _DISK else _bug(app, error)
    except Exception as error:
        return _bug(app, error)


def _called(call: Callable[[], object]) -> int:
    """The call's exit code, once all that it printed is really out: a buffer would hide a full disk till later."""
    try:
        code = _int(call())
    except SystemExit as ending:
        code = _int(ending.code)
    _flush(sys.stdout)
    return code


def _flush(stream: TextIO | None) -> None:
    if stream is not None:
        stream.flush()


def trace(error: BaseException) -> Iterator[str]:
    """Where an error came from: kinds of error, files, lines and functions; no message and no value of any kind."""
    from traceback import walk_tb

    current: BaseException | None = error
    while current is not None:
        yield f"{type(current).__module__}.{type(current).__qualname__}"
        for frame, line in walk_tb(current.__traceback__):
            yield f"  {frame.f_code.co_filename}:{line} in {frame.f_code.co_qualname}"
        current = current.__cause__ or current.__context__


def _expected(app: App, error: SyncctlError) -> int:
    from syncctl import render

    with suppress(OSError):
        app.clear_progress()
        render.show_error(sys.stderr, error, colour=app.colours(sys.stderr))
        for line in trace(error) if app.verbosity > 1 else ():
            render.show_line(sys.stderr, line)
    return 128 + error.signal_number if isinstance(error, Stopped) else error.exit_code


def _disk_error(error: OSError) -> HubError:
    place = f": {error.filename}" if error.filename else ""
    return HubError(
        f"{error.strerror or 'the disk failed'}{place}", hint="Make room or set the rights, then run it again."
    )


def _bug(app: App, error: BaseException) -> int:
    from syncctl import render

    saved = _save_crash(app, [f"syncctl {__version__}, Python {sys.version.split()[0]}", *trace(error)])
    where = f"where it happened is in {saved}" if saved else "where it happened could not be saved"
    with suppress(OSError):
        app.clear_progress()
        render.show_line(sys.stderr, f"This is a bug in syncctl ({type(error).__qualname__}); {where}.")
    return BUG


def _save_crash(app: App, lines: list[str]) -> str | None:
    """Write the crash file beside the hub or, failing that, where temporary files go; its owner alone can read it."""
    import tempfile

    for folder in (app.hub_folder, tempfile.gettempdir()):
        with suppress(OSError):
            handle, name = tempfile.mkstemp(prefix="syncctl-crash-", suffix=".txt", dir=folder and str(folder))
            with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write("\n".join(lines) + "\n")
            return name
    return None


def _let_go_of(stream: TextIO) -> None:
    """Point a stream away from a closed pipe or a full disk, so that Python's own last flush does not complain."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _int(code: object) -> int:
    return code if isinstance(code, int) else 0 if code is None else 1
