"""The samples in cron/ are run as a scheduler would run them: no HOME, no terminal, no stdin, a careless umask."""

import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

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


def run_as_scheduler(command: str, config: Path) -> subprocess.CompletedProcess[bytes]:
    """Run a sample's command, its two placeholders filled, through `sh` in an empty environment."""
    assert command.startswith(f"{COMMAND} --config {CONFIG} ")
    line = command.replace(COMMAND, installed()).replace(CONFIG, shlex.quote(str(config)))
    source = str(Path(__file__).parents[1])
    environment = [] if Path(sys.executable).with_name("syncctl").exists() else [f"PYTHONPATH={source}"]
    return subprocess.run(
        ["env", "-i", *environment, "/bin/sh", "-c", f"umask 000; cd /; exec {line} <&-"],
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
