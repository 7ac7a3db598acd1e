"""What can be known before a run, and what cannot: the settings, the hub, each side. Nothing is written anywhere.

Each thing looked at is a `Finding`: ok, warn (it works, but know this) or fail (mend this first), with the fix.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack

from syncctl.connectors import check_locations, open_back_office, open_store
from syncctl.connectors.base import BackOffice, WebStore
from syncctl.connectors.patience import Patience
from syncctl.doctor.answers import Answers
from syncctl.doctor.fit import look_at_fit
from syncctl.doctor.place import look_at_place
from syncctl.doctor.rules import look_at_settings
from syncctl.errors import ConfigError, SyncctlError
from syncctl.hub.peek import Peek
from syncctl.model import Finding
from syncctl.settings import Settings

__all__ = ["Answers", "Finding", "examine", "exit_code", "unreadable"]

_SEVERITY = (7, 5, 4, 3, 2)  # as of a run: of several failures, the first of these is the exit code


def examine(
    settings: Settings, *, offline: bool = False, progress: Callable[[str], None] = lambda _text: None
) -> Iterator[Finding]:
    """Look at everything, one finding at a time. `offline`: neither side is contacted."""
    known: Peek | None = None
    for finding, seen in look_at_place(settings.hub.path):
        known = seen or known
        yield finding
    yield from look_at_settings(settings, known)
    with ExitStack() as stack:
        patience = Patience(settings.safety.max_wait.total_seconds(), say=progress)
        back_office = open_back_office(settings.back_office, patience)
        stack.callback(back_office.close)
        stores = {name: open_store(name, one, patience) for name, one in settings.stores.items()}
        for store in stores.values():
            stack.callback(store.close)
        yield from _locations(settings, back_office, stores)
        yield from look_at_fit(settings, back_office, stores)
        answers = Answers(settings, known)
        sides: list[WebStore | BackOffice] = [back_office, *stores.values()]
        for side in [] if offline else sides:
            progress(f"doctor {side.name}")
            yield from _asked(side, answers)


def unreadable(error: ConfigError) -> Iterator[Finding]:
    """Settings that cannot be read: one finding for each problem, the fix with the last."""
    problems = error.problems or (str(error),)
    for problem in problems:
        fix = error.hint if problem is problems[-1] else ""
        yield Finding(level="fail", subject="settings", text=problem, fix=fix, exit_code=error.exit_code)


def exit_code(findings: Sequence[Finding]) -> int:
    """0 where nothing fails; else the code that a run would end with."""
    failed = [finding.exit_code for finding in findings if finding.level == "fail"]
    return next((code for code in _SEVERITY if code in failed), 1 if failed else 0)


def _locations(settings: Settings, back_office: BackOffice, stores: Mapping[str, WebStore]) -> Iterator[Finding]:
    try:
        check_locations(settings, back_office, stores)
    except ConfigError as error:
        yield Finding(level="fail", subject="settings", text=str(error), fix=error.hint, exit_code=error.exit_code)


def _asked(side: WebStore | BackOffice, answers: Answers) -> Iterator[Finding]:
    """What a side says of itself, and how that fits what is known."""
    try:
        for finding in side.examine():
            yield finding
            if finding.about is not None:
                yield from answers.heard(side.name, finding.about)
    except SyncctlError as error:
        yield Finding(level="fail", subject=side.name, text=str(error), fix=error.hint, exit_code=error.exit_code)
