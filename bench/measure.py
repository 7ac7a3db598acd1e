"""Run a command and tell what it took: `python bench/measure.py COMMAND...` prints one line of JSON.

In a process of its own, because a child's peak memory counts from what its parent held when it was started.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Usage:
    """One process: its exit code, what it wrote (stdout, then stderr), peak memory, seconds."""

    code: int
    output: str
    rss_mb: float
    cpu_s: float
    wall_s: float


def measured(command: Sequence[str], folder: Path) -> Usage:
    """Run `command` in `folder`, with this checkout on its path."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with (folder / "output.txt").open("w+", encoding="utf-8") as output:
        meter = [sys.executable, str(Path(__file__).resolve()), *command]
        answer = subprocess.run(
            meter, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=output, check=True, text=True
        )
        output.seek(0)
        return Usage(output=output.read(), **json.loads(answer.stdout))


def main(command: Sequence[str]) -> None:
    """The process in between: small, so that it adds nothing to what it measures."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    unit = 1024 if sys.platform == "darwin" else 1  # of ru_maxrss, in kilobytes
    cpu = usage.ru_utime + usage.ru_stime
    figures = {"code": process.returncode, "rss_mb": usage.ru_maxrss / unit / 1024, "cpu_s": cpu, "wall_s": wall}
    print(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1:])
