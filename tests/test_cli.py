"""The command line as a person meets it: help, mistakes, errors, exit codes, streams."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from syncctl import cli, errors
from syncctl.cli import ending
from syncctl.cli.app import App
from syncctl.errors import SyncctlError

CANARY = "sk_live_51_never_shown"


def call(*arguments: str) -> int:
    """Run the command line in this process; returns the exit code."""
    umask = os.umask(0o022)
    try:
        with pytest.raises(SystemExit) as ended:
            cli.run(arguments)
    finally:
        os.umask(umask)
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts a command `fail` beside the others, which raises what it is told to."""

    def put(error: BaseException) -> None:
        @click.command("fail")
        def fail() -> None:
            password = CANARY  # a local value that no crash file may show
            raise error if password else SystemExit

        monkeypatch.setattr(cli, "fail", fail, raising=False)
        monkeypatch.setitem(cli.COMMANDS, "fail", ("syncctl.cli:fail", "For the tests."))

    return put


def test_help_fits_a_screen_and_leads_with_four_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--help") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) < 40
    assert sum(line.startswith("  syncctl ") for line in lines[:9]) == 4
    assert any(line.strip().startswith("Exit codes: 0 done") for line in lines)


def loaded_by(program: str) -> set[str]:
    """The top-level modules that a new Python has loaded at the end of `program`."""
    program = (
        f"import sys\ntry: {program}\nfinally: print('LOADED', *{{name.partition('.')[0] for name in sys.modules}})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("LOADED")[2].split())


def test_help_loads_little_more_than_click() -> None:
    more = loaded_by("from syncctl.cli import run; run(['--help'])") - loaded_by("import click")
    assert "syncctl" in more and len(more) < 20
    assert more & {"pydantic", "rich", "sqlite3", "sqlite_utils", "yaml", "requests", "pathlib", "json"} == set()


@pytest.mark.parametrize("typed, meant", [("sync-al", "sync-all"), ("stats", "status"), ("pul-orders", "pull-orders")])
def test_a_mistyped_command_is_answered_with_the_right_one(
    typed: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(typed) == 2
    shown = capsys.readouterr()
    assert f"Did you mean {meant}?" in shown.err and shown.out == ""


@pytest.mark.parametrize("value", ["never", "wait:", "wait:x", "wait:-1", "skip:1", "wait:99999999"])
def test_if_busy_takes_only_what_it_knows(value: str, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--config", str(config), "sync-all", "--if-busy", value) == 2
    assert "fail, skip, wait, wait:SECONDS" in capsys.readouterr().err
    assert [path.name for path in config.parent.iterdir()] == [config.name]


def test_a_store_that_is_not_configured_is_refused_before_anything_is_contacted(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("--config", str(config), "sync-all", "--store", "shpo") == 2
    assert capsys.readouterr().err == "Error: there is no store 'shpo'\nNext: Did you mean shop?\n"
    assert [path.name for path in config.parent.iterdir()] == [config.name]


def test_a_missing_configuration_is_an_error_with_its_path(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--config", str(tmp_path / "none.yaml"), "status") == 2
    assert "none.yaml" in capsys.readouterr().err


EXPECTED = [
    (errors.ConfigError("a\x1b[2Jb", hint="Do x.", problems=("p1", "p2")), 2),
    (errors.Unreachable("down"), 3),
    (errors.Throttled("slow"), 3),
    (errors.SignInNeeded("sign in"), 4),
    (errors.SafetyStop("odd"), 5),
    (errors.Busy("busy"), 6),
    (errors.HubError("torn"), 7),
    (errors.Stopped(signal.SIGINT), 130),
    (errors.Stopped(signal.SIGTERM), 143),
    (OSError(28, "No space left on device", "/x/hub.db"), 7),
    (KeyboardInterrupt(), 130),
    (BrokenPipeError(32, "Broken pipe"), 141),
]


@pytest.mark.parametrize("error, code", EXPECTED, ids=lambda value: type(value).__name__)
def test_each_kind_of_error_has_its_exit_code_and_no_traceback(
    error: BaseException, code: int, failing: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(error)
    assert call("-q", "fail") == code
    shown = capsys.readouterr()
    assert shown.out == "" and "Traceback" not in shown.err and "\x1b" not in shown.err
    if isinstance(error, SyncctlError):
        assert shown.err.startswith("Error: ")


def test_an_error_shows_its_problems_and_the_next_command(failing: Any, capsys: pytest.CaptureFixture[str]) -> None:
    failing(EXPECTED[0][0])
    call("fail")
    assert capsys.readouterr().err == "Error: a\\x1b[2Jb\n  p1\n  p2\nNext: Do x.\n"


def test_colour_is_there_when_asked_for_and_only_then(
    failing: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(errors.HubError("torn"))
    call("--color", "always", "fail")
    assert capsys.readouterr().err == "\x1b[31mError: torn\x1b[0m\n"
    call("--color", "auto", "fail")
    assert "\x1b" not in capsys.readouterr().err


def test_with_two_vs_an_error_says_where_it_came_from(failing: Any, capsys: pytest.CaptureFixture[str]) -> None:
    failing(errors.Unreachable(f"down {CANARY}"))
    assert call("-vv", "fail") == 3
    shown = capsys.readouterr().err
    assert "syncctl.errors.Unreachable" in shown and "test_cli.py:" in shown
    assert shown.count(CANARY) == 1  # in the message itself, nowhere else


def test_a_bug_leaves_a_crash_file_without_any_value(
    failing: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    chained = ValueError(f"could not read {CANARY}")
    chained.__cause__ = KeyError(CANARY)
    failing(chained)
    assert call("-q", "fail") == 70
    (crash,) = tmp_path.iterdir()
    shown = capsys.readouterr().err
    assert str(crash) in shown and shown.count("\n") == 1
    text = crash.read_text()
    assert CANARY not in text + shown
    assert "builtins.ValueError" in text and "builtins.KeyError" in text and "test_cli.py:" in text
    assert stat.S_IMODE(crash.stat().st_mode) == 0o600


def test_a_crash_file_lies_beside_the_hub_once_the_settings_are_known(config: Path) -> None:
    app = App({})
    app.explicit_config = str(config)
    assert app.hub_folder is None
    assert app.settings.hub.path.parent == config.parent == app.hub_folder

    def burst() -> None:
        raise ZeroDivisionError

    assert ending.finish(app, burst) == 70
    assert [path.suffix for path in config.parent.glob("syncctl-crash-*")] == [".txt"]


BUFFERING = pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
COMMANDS = pytest.mark.parametrize("arguments", [["--help"], ["sync-all", "--format", "json"]], ids=["help", "a run"])


def run_into(stdout: int, config: Path, arguments: list[str], unbuffered: str) -> tuple[int, bytes]:
    """(exit code, stderr) of a command in a process of its own, whose output goes to this file descriptor."""
    program = f"from syncctl.cli import run; run(['-q', '--config', {str(config)!r}, *{arguments!r}])"
    environment = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    done = subprocess.run([sys.executable, "-c", program], stdout=stdout, stderr=subprocess.PIPE, env=environment)
    return done.returncode, done.stderr


@BUFFERING
@COMMANDS
def test_a_reader_that_goes_away_ends_the_command_quietly(config: Path, arguments: list[str], unbuffered: str) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        assert run_into(write, config, arguments, unbuffered) == (141, b"")
    finally:
        os.close(write)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_do_no_harm(closed: str) -> None:
    line = f"exec {sys.executable} -m syncctl --version {closed}"
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")


@BUFFERING
@COMMANDS
def test_a_full_disk_behind_stdout_is_told(config: Path, arguments: list[str], unbuffered: str) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    with Path("/dev/full").open("w") as full:
        code, shown = run_into(full.fileno(), config, arguments, unbuffered)
    assert code == 7
    assert shown.startswith(b"Error: No space left on device") and b"Exception ignored" not in shown
