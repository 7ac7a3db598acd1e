"""The command `doctor`: every finding as a line, the fix below it."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from syncctl.cli.app import App
from syncctl.cli.holds import FORMAT
from syncctl.errors import ConfigError

if TYPE_CHECKING:
    from syncctl.doctor import Finding

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command("doctor")
@click.option("--offline", is_flag=True, help="Contact nobody: only the settings and the hub.")
@FORMAT
@click.pass_obj
def doctor(app: App, offline: bool, output_format: str) -> None:
    """Look at the settings, the hub and each side, and say what to mend. Nothing is written anywhere.

    Each line is ok, warn (it works, but know this) or fail (mend this first). The exit code is 0 if nothing fails, else
    what a run would end with: 2 settings, 3 unreachable, 4 sign-in needed, 5 another side than before, 7 hub or disk.
    """
    found: list[Finding] = []
    for finding in _findings(app, offline):
        found.append(finding)
        if output_format != "json":
            _show(app, finding)
    from syncctl.doctor import exit_code

    code = exit_code(found)
    app.clear_progress()
    if output_format == "json":
        app.show_json({"exit_code": code, "findings": [_object(finding) for finding in found]})
    else:
        _sum_up(app, found)
    sys.exit(code)


def _findings(app: App, offline: bool) -> "Iterator[Finding]":
    from syncctl.doctor import examine, unreadable

    try:
        settings = app.settings
    except ConfigError as error:
        yield from unreadable(error)
        return
    yield from examine(settings, offline=offline, progress=app.progress)


def _show(app: App, finding: "Finding") -> None:
    """Quiet: only what is not in order."""
    if finding.level == "ok" and app.verbosity < 0:
        return
    app.clear_progress()
    from syncctl import render

    colour = _COLOURS[finding.level] if app.colours(sys.stdout) else ""
    render.show_line(sys.stdout, f"{finding.level:<4}  {finding.subject}: {finding.text}", colour=colour)
    if finding.fix:
        render.show_line(sys.stdout, f"      {finding.fix}")
    sys.stdout.flush()


def _sum_up(app: App, found: "list[Finding]") -> None:
    counts = {level: sum(finding.level == level for finding in found) for level in _COLOURS}
    told = f"{counts['fail']} fail, {counts['warn']} warn, {counts['ok']} ok."
    if counts["fail"]:
        app.warn(f"{told} Mend what fails, then type `syncctl doctor` again.")
    else:
        app.say(f"{told} Next: syncctl plan")


def _object(finding: "Finding") -> dict[str, object]:
    return {name: getattr(finding, name) for name in ("level", "subject", "text", "fix", "exit_code")}
