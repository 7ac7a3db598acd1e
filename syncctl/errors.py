"""Every error we expect, grouped by what the run does next; each kind names its exit code."""

from typing import ClassVar


class SyncctlError(Exception):
    """An error we expect. `hint` is the next command to type, or the line to change."""

    exit_code: ClassVar[int] = 70

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class ConfigError(SyncctlError):
    """The settings or the command line are wrong; nothing was contacted. `problems` lists all of them."""

    exit_code = 2

    def __init__(self, message: str, *, hint: str = "", problems: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint=hint)
        self.problems = problems


class Unreachable(SyncctlError):
    """The other side is down, throttling, or its reply could not be read; the next run may succeed.

    After a write this means "outcome unknown": whoever asked must look before writing again.
    """

    exit_code = 3


class Throttled(Unreachable):
    """The other side asks us to wait. `retry_after` in seconds, None where it does not say."""

    def __init__(self, message: str, *, hint: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class SignInNeeded(SyncctlError):
    """The other side refuses our credentials or our rights; a person must sign in again.

    `status` as in HTTP and `code`, the other side's own word, where it gave any.
    """

    exit_code = 4

    def __init__(self, message: str, *, hint: str = "", status: int = 0, code: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.code = code


class SafetyStop(SyncctlError):
    """Something looks so strange that a person must confirm before anything is written."""

    exit_code = 5


class Busy(SyncctlError):
    """Another run is active."""

    exit_code = 6


class HubError(SyncctlError):
    """The hub, its disk or its files cannot be used; nothing was written anywhere."""

    exit_code = 7


class Stopped(SyncctlError):
    """A signal asked the run to end; it ended at a safe point."""

    def __init__(self, signal_number: int) -> None:
        super().__init__("Stopped at a safe point: nothing is half-done; the next run goes on from here.")
        self.signal_number = signal_number


class BatchRefused(SyncctlError):
    """The other side refused a whole batch and did none of it; the caller halves it till the bad record is alone."""

    exit_code = 3


class MoneyError(SyncctlError, ValueError):
    """A text is no amount of money."""


class DataError(SyncctlError, ValueError):
    """Something that the other side sent cannot be understood: one record is held, a whole reply ends its step."""

    exit_code = 3


class CursorLost(DataError):
    """A reading cannot be resumed where it stood, or its mark is unreadable: it is begun anew, from nothing."""
