"""The samples in cron/ are run as a scheduler would run them: no HOME, no terminal, no stdin, a careless umask.

For each exit code there is: a success says nothing at all, a failure says why in at most twenty plain lines on stderr;
what is made is for its owner alone; and streams that are closed change nothing of it.
"""

import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from syncctl.connectors.sandbox.bodies import NewLine
from syncctl.connectors.sandbox.shop import Shop
from syncctl.lock import hold_lock

SAMPLES = Path(__file__).parents[1] / "cron"
COMMAND, CONFIG = "/usr/local/bin/syncctl", "/etc/syncctl/syncctl.yaml"  # what the samples say to replace


def crontab_command() -> str:
    """The command of the one line in cron/crontab that is neither a comment nor a variable."""
    (line,) = re.findall(r"^\*/15 \* \* \* \* (.+)$", (SAMPLES / "crontab").read_text(), re.MULTILINE)
    return str(line)


def service_command() -> str:
    """The command of cron/syncctl.service."""
    (line,) = re.findall(r"^ExecStart=(.+)$", (SAMPLES / "syncctl.service").read_text(), re.MULTILINE)
    return str(line)


def installed() -> str:
    """The installed command beside this Python, or what it is short for."""
    script = Path(sys.executable).with_name("syncctl")
    return str(script) if script.exists() else f"{sys.executable} -m syncctl"


def run_as_scheduler(
    command: str, config: Path, *, streams: str = "<&-", program: str | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run a sample's command, its two placeholders filled, through `sh` in an empty environment."""
    assert command.startswith(f"{COMMAND} --config {CONFIG} ")
    line = command.replace(COMMAND, program or installed()).replace(CONFIG, shlex.quote(str(config)))
    source = str(Path(__file__).parents[1])
    here = program is None and Path(sys.executable).with_name("syncctl").exists()
    environment = [] if here else [f"PYTHONPATH={source}"]
    return subprocess.run(
        ["env", "-i", *environment, "/bin/sh", "-c", f"umask 000; cd /; exec {line} {streams}"],
        capture_output=True,
        start_new_session=True,
        timeout=120,
    )


@pytest.mark.parametrize("command", [crontab_command, service_command])
def test_a_sample_runs_in_an_empty_environment_and_says_nothing(command, config: Path) -> None:
    config.chmod(0o600)
    for _ in range(2):
        done = run_as_scheduler(command(), config)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    made = [path for path in config.parent.rglob("*") if path != config]
    assert config.parent / "hub.db" in made
    for path in made:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_failing_sample_says_why_on_stderr_alone(config: Path) -> None:
    config.write_text("nonsense: true\n")
    done = run_as_scheduler(crontab_command(), config)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"nonsense" in done.stderr and b"Traceback" not in done.stderr


def test_both_samples_run_the_same_command() -> None:
    assert crontab_command() == service_command()


# A run in which something happens at the first reading of orders; for what no sandbox does by itself.
STRUCK = """\
import os, sys
import syncctl.cycle
from syncctl.errors import SignInNeeded
from tests.fakes.faulty import FailBefore, Faulty, Plan, on

def hook(when, call):
    if what.isdigit() and (when, call.method) == ("before", "fetch_orders"):
        os.kill(os.getpid(), int(what))

what = sys.argv.pop(1)
faults = [] if what.isdigit() else [FailBefore(on("fetch_orders"), SignInNeeded("the token is not valid any more"))]
real = syncctl.cycle.open_store
syncctl.cycle.open_store = lambda name, *rest: Faulty(real(name, *rest), Plan(faults, hook))
if what == "bug":
    syncctl.cycle.pull_orders = None
from syncctl.cli import run
run()
"""


def struck(what: str) -> str:
    return f"{sys.executable} -c {shlex.quote(STRUCK)} {what}"


def held(config: Path) -> None:
    with closing(Shop(config.parent / "shop.db", demo=False)) as shop:
        for text in ("\x1b[2J[/x]\u202e", "caf\u00e9 \N{PILE OF POO}", "x" * 5000):
            shop.place_order([NewLine(sku=text, price="1.00", title=text)])


def another_shop(config: Path) -> None:
    assert run_as_scheduler(crontab_command(), config).returncode == 0
    (config.parent / "shop.db").unlink()


def in_the_way(name: str) -> Callable[[Path], None]:
    return lambda config: (config.parent / name).mkdir()


ENDS: dict[str, tuple[int, Callable[[Path], None], str | None]] = {  # what happens before the run, and in it
    "done": (0, lambda _config: None, None),
    "new holds": (1, held, None),
    "a wrong setting": (2, lambda config: config.write_text("nonsense: \x1b[2J\n" * 40), None),
    "a side that is down": (3, in_the_way("shop.db"), None),
    "a token that is not valid": (4, lambda _config: None, "sign-in"),
    "another shop": (5, another_shop, None),
    "another run": (6, lambda _config: None, None),
    "no hub": (7, in_the_way("hub.db"), None),
    "a damaged hub": (7, lambda config: (config.parent / "hub.db").write_bytes(b"SQLite format 3\0" * 300), None),
    "a bug": (70, lambda _config: None, "bug"),
    "SIGINT": (130, lambda _config: None, "2"),
    "SIGTERM": (143, lambda _config: None, "15"),
}


def run_to_its_end(config: Path, what: str, streams: str) -> tuple[int, subprocess.CompletedProcess[bytes]]:
    """Let that happen, and run the sample; returns the exit code that is due, and what came."""
    config.chmod(0o600)
    code, before, struck_by = ENDS[what]
    before(config)
    command = crontab_command()
    program = None if struck_by is None else struck(struck_by)
    if code != 6:
        return code, run_as_scheduler(command, config, streams=streams, program=program)
    with hold_lock(config.parent / "hub.db"):
        return code, run_as_scheduler(command.replace("wait:600", "fail"), config, streams=streams)


@pytest.mark.parametrize("what", ENDS)
def test_each_end_is_told_in_few_plain_lines_and_a_good_one_not_at_all(config: Path, what: str) -> None:
    code, done = run_to_its_end(config, what, "<&-")
    assert (done.returncode, done.stdout) == (code, b""), done.stderr
    lines = done.stderr.decode().splitlines()
    assert len(lines) <= 20 and (bool(lines) or code in (0, 130, 143))
    assert all(line.isprintable() for line in lines) and b"Traceback" not in done.stderr
    made = [path for path in config.parent.rglob("*") if path != config]
    for path in made:
        if path.name not in ("shop.db", "hub.db") or code in (0, 1, 4, 5):
            assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.parametrize("what", ["new holds", "a side that is down", "SIGTERM"])
@pytest.mark.parametrize("streams", ["<&- >&-", "<&- 2>&-", "<&- >&- 2>&-", "</dev/null >/dev/full 2>/dev/full"])
def test_closed_and_full_streams_change_no_exit_code(config: Path, what: str, streams: str) -> None:
    code, done = run_to_its_end(config, what, streams)
    assert done.returncode == code
    assert done.stdout == b"" and (b"Traceback" not in done.stderr and b"Exception" not in done.stderr)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    for name in ("syncctl.service", "syncctl.timer"):
        text = (SAMPLES / name).read_text()
        (tmp_path / name).write_text(text.replace(COMMAND, sys.executable))
    done = subprocess.run(
        ["systemd-analyze", "verify", *map(str, tmp_path.iterdir())],
        capture_output=True,
        text=True,
        env={**os.environ, "SYSTEMD_PAGER": ""},
        timeout=60,
    )
    assert done.returncode == 0 and "syncctl" not in done.stderr, done.stderr
