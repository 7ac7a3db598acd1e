"""Plants the bugs one at a time in a copy of the source, and prints which test catches each."""

import argparse
import compileall
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from py_compile import PycInvalidationMode
from queue import SimpleQueue

from tests.planted.bug import ROOT, Bug, sources
from tests.planted.bugs import BUGS

_AT_ONCE = 2
_SECONDS = 300  # a bug that makes its tests hang is not caught: the normal run has no such limit
_LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".hypothesis", "__pycache__", "*.egg-info", ".*_cache", "mutants")
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)


def main(arguments: Sequence[str]) -> int:
    """0 if every bug is caught, 1 if one is not, 2 for usage, or if the tests fail without any bug."""
    parser = argparse.ArgumentParser(prog="python -m tests.planted", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these bugs")
    parser.add_argument("--list", action="store_true", help="say what there is, and run nothing")
    options = parser.parse_args(arguments)
    unknown = set(options.names) - {bug.name for bug in BUGS}
    if unknown:
        parser.error(f"no planted bug {', '.join(sorted(unknown))}")
    bugs = [bug for bug in BUGS if not options.names or bug.name in options.names]
    if options.list:
        for bug in bugs:
            print(f"{bug.name:36} {bug.why}")
        return 0
    return plant(bugs)


def plant(bugs: Sequence[Bug]) -> int:
    """Check that all named tests pass as things are, then that each bug makes one of its own fail."""
    began = time.monotonic()
    with copies() as free:
        failed = without_any_bug(bugs, free)
        if failed:
            print(f"without any bug planted: {failed}")
            return 2
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            caught = 0
            for bug, verdict in zip(bugs, pool.map(lambda bug: verdict_of(bug, free), bugs), strict=True):
                caught += verdict is not None
                print(f"{bug.name:36} {verdict or 'NOT CAUGHT'}", flush=True)
    print(f"{caught} of {len(bugs)} planted bugs are caught, in {time.monotonic() - began:.0f} s")
    return int(caught < len(bugs))


@contextmanager
def copies() -> Iterator["SimpleQueue[Path]"]:
    """Copies of the source tree, as many as are worked on at once."""
    with tempfile.TemporaryDirectory(prefix="syncctl-planted-") as folder:
        free: SimpleQueue[Path] = SimpleQueue()
        for number in range(_AT_ONCE):
            copy = Path(folder) / str(number) / ROOT.name
            shutil.copytree(ROOT, copy, ignore=_LEFT_OUT)
            # Told by its content whether a module is as it was compiled: two bugs may be planted in one second.
            compileall.compile_dir(copy / "syncctl", quiet=1, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
            free.put(copy)
        yield free


def without_any_bug(bugs: Sequence[Bug], free: "SimpleQueue[Path]") -> str:
    """What fails though nothing is planted; "" if nothing does."""
    tests = sorted({test for bug in bugs for test in bug.tests})

    def failing(part: Sequence[str]) -> str:
        copy = free.get()
        try:
            done = run_tests(copy, part, first_only=False)
        finally:
            free.put(copy)
        return (
            "" if done.returncode == 0 else ", ".join(_FAILED.findall(done.stdout)) or done.stdout[-2000:] + done.stderr
        )

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        parts = [tests[number::_AT_ONCE] for number in range(_AT_ONCE)]
        return ", ".join(filter(None, pool.map(failing, filter(None, parts))))


def verdict_of(bug: Bug, free: "SimpleQueue[Path]") -> str | None:
    """The test that catches the bug; None if none does."""
    place, text = bug.planted()
    copy = free.get()
    try:
        (copy / place).write_text(text, encoding="utf-8")
        done = run_tests(copy, bug.tests, first_only=True)
    except subprocess.TimeoutExpired:
        return None
    finally:
        (copy / place).write_text(sources()[place], encoding="utf-8")
        free.put(copy)
    failed = _FAILED.search(done.stdout)
    if done.returncode not in (0, 1) or (done.returncode == 1 and failed is None):  # 1: tests ran, and some failed
        raise RuntimeError(f"{bug.name}: its tests cannot be run\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return failed[1] if failed and done.returncode == 1 else None


def run_tests(copy: Path, tests: Sequence[str], *, first_only: bool) -> "subprocess.CompletedProcess[str]":
    """Run these tests in the copy; what they start in processes of its own is the copy's too."""
    options = ["-q", "-p", "no:cacheprovider", "--tb=no", "--hypothesis-profile=planted"]
    environment = os.environ | {"PYTHONPATH": str(copy)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # the copy is ours, and each run would compile all of it again
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, *(["-x"] if first_only else []), *tests],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
