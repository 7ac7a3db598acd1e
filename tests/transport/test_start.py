"""What the transport costs those who do not use it, and what -vv shows of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from syncctl.cli.app import App
from syncctl.cli.logs import show_requests
from syncctl.connectors.http import Http, oauth1
from tests.transport.kit import Rows, ask

HEAVY = ("requests", "urllib3", "tenacity", "oauthlib", "ssl")
RUN = """
import json, sys
from syncctl.cli import run
try:
    run(sys.argv[1:])
finally:
    print(json.dumps(sorted(set(sys.modules) & set({heavy!r}))), file=sys.stderr)
"""


@pytest.mark.parametrize("command", [["--help"], ["sync-all", "-h"], ["status"], ["sync-all"], ["plan"]])
def test_without_a_store_on_the_wire_no_part_of_it_is_loaded(config: Path, command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN.format(heavy=HEAVY), "--config", str(config), *command],
        capture_output=True,
        text=True,
        cwd=config.parent,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert json.loads(done.stderr.splitlines()[-1]) == []


@pytest.mark.wire
def test_very_talkative_shows_each_request_and_no_more(server: Rows, capsys: pytest.CaptureFixture[str]) -> None:
    app = App({})
    app.verbosity = 2
    stop = show_requests(app)
    http: Http = ask(server, sign=oauth1("ck_start_canary", "cs_start_canary"))
    http.get("orders", {"search": "ann@private.example"})
    http.send("POST", "orders/\x1b[31m".replace("\x1b", "%1b"), {"email": "ann@private.example"})
    stop()
    http.get("orders")
    shown = capsys.readouterr()
    assert shown.out == ""
    first, second = shown.err.splitlines()
    assert first.startswith("GET orders 200 45 bytes ")
    assert second.startswith("POST orders/%1b[31m 200 45 bytes ")
    assert "canary" not in shown.err and "private" not in shown.err
