"""One run at a time: whoever comes second is told at once by whom it is kept out, and nothing is ever booked twice.

2, 4 and 8 processes are started at the same moment, 100 times each (SYNCCTL_OVERLAP_ROUNDS; see `driver`). That one is
kept out "in less than a second" is asked of its CPU time, and of its ending while the other still runs: how long the
machine lets it wait for a processor is not ours. The time by the wall is printed.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ROUNDS = int(os.environ.get("SYNCCTL_OVERLAP_ROUNDS", "100"))

Prove = Callable[..., dict[str, Any]]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory where the machine offers it: each round writes and syncs a lot."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    path = Path(tempfile.mkdtemp(prefix="syncctl-overlap-", dir=memory))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def prove(folder: Path) -> Prove:
    """Run a part of the proof in a process of its own; its violations fail the test, its figures are printed."""

    def run(part: str, *options: object) -> dict[str, Any]:
        ended = subprocess.run(
            [sys.executable, "-m", "tests.overlap.driver", part, str(folder), *map(str, options)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert ended.returncode == 0, ended.stderr[-3000:]
        found: dict[str, Any] = json.loads(ended.stdout)
        print(part, *options, json.dumps(found))
        assert found["violations"] == []
        assert found["most_cpu"] < 1, "seconds of CPU until a contender knows"
        return found

    return run


@pytest.mark.parametrize("count", [2, 4, 8])
def test_of_several_that_start_at_once_exactly_one_runs_and_the_others_are_told_by_whom(
    prove: Prove, count: int
) -> None:
    found = prove("contend", count, ROUNDS, "fail")
    assert found["rounds"] == found["orders"] == ROUNDS
    assert found["kept out"] == ROUNDS * (count - 1)
    assert found.get("not named in time", 0) <= found["kept out"] // 50, "that is for a machine that stands still"


@pytest.mark.parametrize("count", [2, 4, 8])
def test_those_that_are_to_pass_over_a_run_say_nothing_and_end_well(prove: Prove, count: int) -> None:
    assert prove("contend", count, 10, "skip")["kept out"] == 10 * (count - 1)


@pytest.mark.parametrize("count", [2, 4, 8])
def test_those_that_wait_run_one_after_another(prove: Prove, count: int) -> None:
    assert prove("wait in turn", count, 4)["ran"] == 4 * count


def test_a_run_that_hangs_is_named_with_its_age_whatever_the_clock_says(prove: Prove) -> None:
    assert prove("hang")["kept out"] == 12


def test_a_run_that_was_killed_keeps_nobody_out_and_its_name_is_forgotten(prove: Prove) -> None:
    assert prove("kill", 18)["rounds"] == 18


def test_a_clock_that_is_set_back_stops_no_run(prove: Prove) -> None:
    assert prove("set back", 9)["rounds"] == 9
