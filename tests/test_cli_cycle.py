"""The commands of the cycle, run for real between two sandboxes."""

import fcntl
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from test_cli import call
from test_render import harmless

from syncctl.connectors.sandbox.bodies import NewLine
from syncctl.connectors.sandbox.shop import Shop

STEPS = ["pull-orders", "push-orders", "pull-data", "push-data"]


def ran(config: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run syncctl as a process of its own."""
    command = [sys.executable, "-m", "syncctl", "--config", str(config), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_sync_all_brings_an_order_to_the_books_and_its_stock_back(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("--config", str(config), "sync-all") == 0
    shown = capsys.readouterr()
    assert shown.out == ""
    lines = [line.split() for line in shown.err.splitlines()]
    assert [line[0] for line in lines if line[0] in STEPS] == STEPS
    assert call("--config", str(config), "-q", "sandbox", "order", "MUG-BLUE:2") == 0
    assert call("--config", str(config), "-q", "sync-all") == 0
    capsys.readouterr()
    assert call("--config", str(config), "explain", "order", "1004", "--format", "json") == 0
    (order,) = json.loads(capsys.readouterr().out)["orders"]
    assert [(document["kind"], document["state"]) for document in order["documents"][:1]] == [("sale", "booked")]
    assert order["writes"] and all(write["state"] == "done" for write in order["writes"])
    assert order["facts"]["decision"] == "book" and order["next"] == "nothing to do"
    assert call("--config", str(config), "explain", "sku", "MUG-BLUE", "--format", "json") == 0
    (listing,) = json.loads(capsys.readouterr().out)["listings"]
    assert (listing["shown"], listing["wanted"], listing["state"]) == (23, 23, "as wanted")
    assert max(0, sum(listing["terms"].values())) == 23


def test_the_steps_run_one_by_one_too(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for step in STEPS:
        assert call("--config", str(config), step) == 0
        assert step in capsys.readouterr().err


def test_a_run_is_told_as_json_on_stdout(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--config", str(config), "-q", "sync-all", "--format", "json") == 0
    shown = capsys.readouterr()
    report = json.loads(shown.out)
    assert shown.err == ""
    assert (report["schema_version"], report["command"], report["exit_code"]) == (1, "sync-all", 0)
    assert [step["step"] for step in report["steps"]] == STEPS


def test_a_plan_shows_the_writes_and_changes_not_a_byte(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--config", str(config), "-q", "sync-all") == 0
    assert call("--config", str(config), "-q", "sandbox", "order", "MUG-BLUE:2") == 0
    before = contents(config.parent)
    assert call("--config", str(config), "plan", "--format", "json") == 0
    planned = json.loads(capsys.readouterr().out)["planned"]
    assert planned and planned[0]["party"] == "back-office"
    assert call("--config", str(config), "-q", "sync-all", "--dry-run") == 0
    table = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert table == [["party", "operation", "record", "detail"], *([*write.values()] for write in planned)]
    assert contents(config.parent) == before


HOSTILE = "[/foo]\x1b]0;owned\x07\u202e\N{LATIN SMALL LETTER E WITH ACUTE}\N{HOT BEVERAGE}"


def test_new_holds_are_told_even_in_quiet_and_make_the_exit_code_one(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = ("--config", str(config), "-q")
    assert call(*run, "sync-all") == 0
    shop = Shop(config.parent / "shop.db")
    shop.place_order([NewLine(sku=HOSTILE, title=HOSTILE, price="1.00")])
    shop.close()
    assert call(*run, "sync-all") == 1
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "1 record is newly on hold. Next: syncctl holds list\n")
    assert call(*run, "sync-all") == 0  # the hold is not new any more
    assert call(*run, "status", "--check") == 0
    capsys.readouterr()
    for command in (["holds", "list"], ["holds", "show", "1"], ["explain", "order", "1004"], ["status"]):
        assert call(*run, *command) == 0
        assert harmless(capsys.readouterr().out, but="\n\t"), command
    assert call(*run, "holds", "skip", "1") == 0
    assert call(*run, "sync-all") == 0
    assert call(*run, "holds", "list") == 0
    assert capsys.readouterr().out == ""


def test_output_survives_a_terminal_that_knows_no_unicode(config: Path) -> None:
    assert call("--config", str(config), "-q", "sync-all") == 0
    shop = Shop(config.parent / "shop.db")
    shop.place_order([NewLine(sku=HOSTILE, title=HOSTILE, price="1.00")])
    shop.close()
    assert call("--config", str(config), "-q", "sync-all") == 1
    line = [sys.executable, "-m", "syncctl", "--config", str(config), "explain", "order", "1004"]
    done = subprocess.run(line, capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"[/foo]\\x1b]0;owned\\x07\\u202e\\xe9\\u2615" in done.stdout


@pytest.mark.parametrize("if_busy, code", [("fail", 6), ("skip", 0), ("wait:1", 6)])
def test_a_second_run_fails_skips_or_waits(
    if_busy: str, code: int, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("--config", str(config), "-q", "sync-all") == 0
    (lock,) = config.parent.glob("*.lock")
    with lock.open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        before = contents(config.parent)
        assert call("--config", str(config), "-q", "sync-all", "--if-busy", if_busy) == code
        assert contents(config.parent) == before
    assert call("--config", str(config), "-q", "sync-all") == 0


def test_a_run_without_a_terminal_shows_no_progress_and_no_colour(config: Path) -> None:
    done = ran(config, "sync-all")
    assert done.returncode == 0 and done.stdout == ""
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", done.stderr)


def test_with_v_a_run_says_what_goes_on(config: Path) -> None:
    plain, talkative = ran(config, "pull-orders"), ran(config, "-v", "pull-orders")
    assert len(talkative.stderr.splitlines()) > len(plain.stderr.splitlines()) > 0


def test_a_store_can_be_chosen(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    two = config.read_text().replace("stores:\n", "stores:\n  other: {connector: sandbox, path: other.db}\n")
    config.write_text(two)
    assert call("--config", str(config), "pull-orders", "--store", "shop", "--format", "json") == 0
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert [step["party"] for step in report["steps"] if step["state"] == "done"] == ["shop"]
