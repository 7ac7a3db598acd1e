"""The command in processes of its own, which can be killed: `python -m tests.wire.killed PLATFORM`.

One interpreter reads a line for each run, a JSON object of `config` and `hurry` (seconds that all clocks are ahead),
and forks a child that runs `syncctl -vv sync-all`. It answers with two lines: the child's id, and how it ended, as
`subprocess` tells it: its code, or less than 0 for a signal. What a child prints goes to the file `output` beside the
configuration.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from pathlib import Path
from signal import SIGKILL
from typing import Any

import syncctl.cycle
from syncctl import times
from syncctl.cli import run as run_command
from syncctl.connectors.patience import Patience
from tests.fakes.wire import Answer, Request
from tests.wire.platforms import PLATFORMS
from tests.wire.world import Passing, WireWorld, hurried

ROOT = Path(__file__).parents[2]
OUTPUT = "output"


class Killer:
    """Runs the command over worlds of this platform and kills it."""

    def __init__(self, platform: str) -> None:
        command = [sys.executable, "-m", "tests.wire.killed", platform]
        surroundings = {**os.environ, "PYTHONPATH": str(ROOT)}
        self._forker = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=surroundings
        )

    def close(self) -> None:
        """No child is left by then."""
        self._forker.communicate()

    def run(self, world: WireWorld, number: int, *, done: bool) -> int:
        """One run that dies when it has sent its request with this number. `done`: the site does what is asked.

        How it ended: see the module.
        """
        server, begun, child = world.server, world.server.count, Future[int]()
        truly = server.handle

        def handle(request: Request) -> Answer:
            strikes = request.number == begun + number
            answer = truly(request) if done or not strikes else Answer(status=503)
            if strikes:
                os.kill(child.result(10), SIGKILL)
            return answer

        world.site.clock = world.exactly
        server.handle = handle
        try:
            child.set_result(self._told({"config": str(world.config), "hurry": world.ahead.total_seconds()}))
            return self._told()
        finally:
            server.handle = truly

    def _told(self, asked: Mapping[str, Any] | None = None) -> int:
        assert self._forker.stdin and self._forker.stdout
        if asked:
            self._forker.stdin.write(json.dumps(asked) + "\n")
            self._forker.stdin.flush()
        return int(self._forker.stdout.readline())


def serve(platform: str) -> None:
    """Fork a child for each line, until there are no more."""
    with hurried(Passing(), PLATFORMS[platform]):
        syncctl.cycle.Patience = Patience  # the site's clock is another process's: what waits, waits
        for line in sys.stdin:
            asked = json.loads(line)
            child = os.fork()
            if not child:
                _command(Path(asked["config"]), timedelta(seconds=asked["hurry"]))
            print(child, flush=True)
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _command(config: Path, hurry: timedelta) -> None:
    times.now = lambda: datetime.now(UTC).replace(microsecond=0) + hurry
    code = 99
    try:
        with (config.parent / OUTPUT).open("w") as sys.stdout:
            sys.stderr = sys.stdout
            run_command(["--config", str(config), "-vv", "sync-all"])
    except SystemExit as ending:
        code = int(ending.code or 0)
    finally:
        os._exit(code)


if __name__ == "__main__":
    serve(sys.argv[1])
