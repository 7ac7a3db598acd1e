"""Start-up of `syncctl --help` against `python -c "import click"`: at most 1.5 times, in CPU and on the clock."""

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

ROUNDS = 21

FLOOR = [sys.executable, "-c", "import click"]


def run(rounds: int = ROUNDS) -> dict[str, object]:
    """Medians of interleaved runs, so that a busy machine slows both alike. Seconds are of one start."""
    command = [*_syncctl(), "--help"]
    _measure(command), _measure(FLOOR)  # once each for the byte code
    helps, floors = zip(*((_measure(command), _measure(FLOOR)) for _ in range(rounds)), strict=True)
    wall, floor_wall = median(times[0] for times in helps), median(times[0] for times in floors)
    cpu, floor_cpu = median(times[1] for times in helps), median(times[1] for times in floors)
    return {
        "ratio": cpu / floor_cpu,
        "wall_ratio": wall / floor_wall,
        "cpu_s": cpu,
        "floor_cpu_s": floor_cpu,
        "wall_s": wall,
        "floor_wall_s": floor_wall,
    }


def _syncctl() -> list[str]:
    """The installed command beside this Python, else what it would run."""
    installed = Path(sys.executable).with_name("syncctl")
    return [str(installed)] if installed.exists() else [sys.executable, "-c", "from syncctl.cli import run; run()"]


def _measure(command: list[str]) -> tuple[float, float]:
    """Wall and CPU seconds of one process of its own."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command} ended with {process.returncode}")
    return wall, usage.ru_utime + usage.ru_stime
