"""What people see: tables, reports, progress, plain lines. Only here is rich imported, and only for a terminal.

Every text that is not ours (names, numbers, messages of other systems) passes `safe` exactly once, here, on its way
out. Nothing is ever read as markup.
"""

import dataclasses
import json
import os
import shutil
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TextIO

from syncctl.errors import SyncctlError
from syncctl.model import PlannedWrite, Report, StepReport

SCHEMA_VERSION = 1
"""Of all JSON that is printed: keys are added, never renamed; a rename makes this 2."""

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_STATES = {"done": "green", "failed": "red", "stopped": "yellow", "not run": "yellow"}


def safe(text: object) -> str:
    """One line of printable characters: nothing in it can steer a terminal or hide what it says.

    Line breaks and tabs become a space; control, format (bidi, zero-width), private and unassigned characters are shown
    as escapes; lone surrogates become the replacement character.
    """
    line = str(text)
    return line if line.isascii() and line.isprintable() else "".join(map(_visible, line))


def _visible(character: str) -> str:
    if character.isspace():
        return " "
    category = unicodedata.category(character)
    if category == "Cs":
        return "\ufffd"
    if category not in _HIDDEN:
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def wants_colour(choice: str, stream: TextIO | None, environ: Mapping[str, str]) -> bool:
    """Whether to colour: the flag first, then NO_COLOR, then only on a terminal that is not a dumb one."""
    if choice != "auto":
        return choice == "always"
    return not environ.get("NO_COLOR") and environ.get("TERM") != "dumb" and is_terminal(stream)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person looks at `stream`. None (closed) is no terminal."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def show_line(stream: TextIO | None, text: object, *, colour: str = "") -> None:
    """One line, at full width. `colour`: a style for all of it; "" for none."""
    if stream is None:
        return
    if not colour:
        stream.write(safe(text) + "\n")
        return
    from rich.console import Console  # costs more than a whole quiet run needs
    from rich.text import Text

    Console(file=stream, force_terminal=True, color_system="standard", soft_wrap=True).print(Text(safe(text), colour))


def show_table(
    stream: TextIO | None, columns: Sequence[str], rows: Iterable[Sequence[object]], *, colour: bool = False
) -> None:
    """Rows for a person on a terminal; for a pipe or a mail, lines of tab-separated cells, never cut or wrapped."""
    cells = [["" if value is None else safe(value) for value in row] for row in rows]
    if stream is None:
        return
    if not is_terminal(stream):
        stream.write("".join("\t".join(line) + "\n" for line in [list(columns), *cells]))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold" if colour else "")
    for column in columns:
        table.add_column(Text(column), overflow="fold")
    for line in cells:
        table.add_row(*map(Text, line))
    width = shutil.get_terminal_size().columns
    console = Console(file=stream, width=width, no_color=not colour, color_system="standard" if colour else None)
    console.print(table)


def show_facts(stream: TextIO | None, facts: Iterable[tuple[str, object]]) -> None:
    """Named facts, one per line, the names in a column; facts that are None are left out."""
    kept = [(name, fact) for name, fact in facts if fact is not None]
    width = max((len(name) for name, _ in kept), default=0)
    for name, fact in kept:
        show_line(stream, f"{name:<{width}}  {fact}")


def show_json(stream: TextIO | None, value: Mapping[str, object]) -> None:
    """One JSON object in pure ASCII, so that no byte of it means anything to a terminal."""
    if stream is not None:
        text = json.dumps({"schema_version": SCHEMA_VERSION, **value}, indent=2, ensure_ascii=True, default=str)
        stream.write(text.replace("\x7f", "\\u007f") + "\n")


def show_error(stream: TextIO | None, error: SyncctlError, *, colour: bool = False) -> None:
    """The one place where an expected error is shown: what happened, each problem on its line, what to do next."""
    show_line(stream, f"Error: {error}", colour="red" if colour else "")
    for problem in getattr(error, "problems", ()):
        show_line(stream, f"  {problem}")
    if error.hint:
        show_line(stream, f"Next: {error.hint}")


def show_report(stream: TextIO | None, report: Report, *, quiet: bool = False, colour: bool = False) -> None:
    """What a run did, part by part. Quiet: only what did not work, and that there are new holds."""
    parts = [part for part in report.steps if part.state != "done" or not quiet]
    widths = [max((len(text) for text in column), default=0) for column in zip(*map(_names, parts), strict=True)]
    for part in parts:
        names = (name.ljust(width) for name, width in zip(_names(part), widths, strict=True))
        show_line(stream, "  ".join([*names, _outcome(part)]), colour=_STATES.get(part.state, "") if colour else "")
        if part.hint and part.state != "done":
            show_line(stream, f"  Next: {part.hint}")
    for note in () if quiet else report.notes:
        show_line(stream, note)
    if report.new_holds:
        records = "record is" if report.new_holds == 1 else "records are"
        show_line(stream, f"{report.new_holds} {records} newly on hold. Next: syncctl holds list")


def report_object(report: Report) -> dict[str, object]:
    """The report, ready for `show_json`."""
    return {
        "run_id": report.run_id,
        "command": report.command,
        "exit_code": report.exit_code,
        "new_holds": report.new_holds,
        "steps": [_fields(part) for part in report.steps],
        "planned": [_fields(write) for write in report.planned],
        "notes": list(report.notes),
    }


def show_plan(stream: TextIO | None, report: Report, *, colour: bool = False) -> None:
    """The writes that a dry run would have sent, as data; nothing at all if there are none."""
    rows = [(write.party, write.operation, write.record, write.detail) for write in report.planned]
    if rows:
        show_table(stream, ("party", "operation", "record", "detail"), rows, colour=colour)


class Progress:
    """One line that says what goes on: rewritten in place on a terminal, or line by line where `always`.

    It never disturbs the run: whatever happens to its stream is ignored.
    """

    def __init__(self, stream: TextIO | None, *, terminal: bool, always: bool) -> None:
        self._stream = stream
        self._terminal = terminal
        self._always = always
        self._open = False

    def __call__(self, text: str) -> None:
        with suppress(OSError, ValueError):
            if self._always:
                show_line(self._stream, text)
            elif self._terminal and self._stream is not None:
                width = shutil.get_terminal_size().columns - 1
                self._stream.write("\r\x1b[K" + safe(text)[:width])
                self._stream.flush()
                self._open = True

    def clear(self) -> None:
        """Make room for other output."""
        if self._open and self._stream is not None:
            with suppress(OSError, ValueError):
                self._stream.write("\r\x1b[K")
            self._open = False


def terminal_progress(stream: TextIO | None, *, verbosity: int) -> Progress:
    """Progress for `stream`: on a terminal that can rewrite a line, or as lines with -v."""
    capable = is_terminal(stream) and os.environ.get("TERM") != "dumb" and verbosity >= 0
    return Progress(stream, terminal=capable, always=verbosity > 0)


def _names(part: StepReport) -> tuple[str, str, str]:
    return part.step, part.party, part.state


def _outcome(part: StepReport) -> str:
    counts = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in part.counts.items() if count)
    if part.state == "done":
        return counts or "nothing new"
    return "; ".join(filter(None, [part.reason, counts]))


def _fields(record: StepReport | PlannedWrite) -> dict[str, object]:
    values = ((field.name, getattr(record, field.name)) for field in dataclasses.fields(record))
    return {name: dict(value) if isinstance(value, Mapping) else value for name, value in values}
