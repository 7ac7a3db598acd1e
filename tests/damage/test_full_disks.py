"""Full disks and places that cannot be written: the twin's result, or exit 7 and what to do, and then it comes right.

More than 200 sizes in all: pages that the hub may have (`max_page_count`), bytes that a file of it may have
(RLIMIT_FSIZE), and bytes of the file system that it lies on (a tmpfs of the child's own, where the machine lets us
mount one). No document is ever in the books without its row in the journal.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.damage.full import NOT_HERE, PLACES

ROOT = Path(__file__).parents[2]

Prove = Callable[[str, str], dict[str, Any]]


@pytest.fixture
def prove(memory: Path) -> Prove:
    """Run a part of the proof in a process of its own; its violations fail the test, its figures are printed."""

    def run(part: str, day: str) -> dict[str, Any]:
        (memory / "start").mkdir()
        ended = subprocess.run(
            [sys.executable, "-m", "tests.damage.full", part, str(memory), day],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert ended.returncode == 0, ended.stderr[-3000:]
        found: dict[str, Any] = json.loads(ended.stdout)
        print(part, day, json.dumps(found))
        if NOT_HERE in found:
            pytest.skip("this machine lets nobody mount a file system, not even in a namespace of its own")
        assert found["violations"] == []
        return found

    return run


@pytest.mark.parametrize(
    ("part", "day", "sizes"),
    [("pages", "first", 70), ("pages", "next", 3), ("files", "same", 60), ("disks", "next", 60)],
)
def test_on_a_disk_of_any_size_a_run_does_its_work_or_says_that_there_is_no_room(
    prove: Prove, part: str, day: str, sizes: int
) -> None:
    found = prove(part, day)
    assert found["sizes"] >= sizes
    assert found["ended with 7"] + found.get("ended with 1", 0) + found.get("ended with 0", 0) == found["sizes"]
    assert found["ended with 7"] > 0 and found["ended with 7"] < found["sizes"], "some sizes are enough"


def test_without_room_for_the_sidecar_or_for_the_backup_nothing_is_written(prove: Prove) -> None:
    found = prove("beside", "next")
    assert found["ended with 7"] == found["sizes"] > 8


def test_in_a_place_that_cannot_be_written_nothing_is_done_and_the_place_is_named(prove: Prove) -> None:
    found = prove("read only", "next")
    assert found["ended with 7"] == found["sizes"] == len(PLACES)
