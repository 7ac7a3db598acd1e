"""The proof of "exactly once": whatever happens to the process or to a reply, nothing is lost and nothing is twice.

A busy day (see `world`) is carried by one cycle. That cycle is killed at its points (see `points`), loses every reply,
has its hub put back to every state it was in; clean cycles must then reach the state of a twin that was never disturbed
(see `oracle`), and be quiet; what several points leave alike (see `left`) is recovered from once. Each test runs a part
of it in a process of its own (see `driver`).
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from syncctl.hub.schema import TABLES
from tests.crash.points import FAMILIES

pytestmark = pytest.mark.crash

ROOT = Path(__file__).parents[2]
ALL = os.environ.get("SYNCCTL_CRASH_POINTS") == "all"
SHARDS = 6  # of the long part, so that several processes share it
WRITES = (
    "document.create:sale",
    "document.create:credit",
    "document.create:payment",
    "document.amend:sale",
    "customer.create",
    "customer.update",
    "customer.invite",
    "level.set",
    "price.set",
    "fulfilment.create",
)
BY_HAND = {"kept_apart"}  # no cycle writes it

Prove = Callable[..., dict[str, Any]]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory where the machine offers it: thousands of folders are copied."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    path = Path(tempfile.mkdtemp(prefix="syncctl-crash-", dir=memory))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def prove(folder: Path, record_property: Callable[[str, object], None]) -> Prove:
    """Run a part of the proof; its counts go to the summary at the end, its violations fail the test."""

    def run(part: str, falls_on: str, day: str, *numbers: int) -> dict[str, Any]:
        command = [sys.executable, "-m", "tests.crash.driver", part, str(folder / "proof"), falls_on, day]
        ended = subprocess.run(
            [*command, *map(str, numbers)],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=1200,
        )
        shutil.rmtree(folder / "proof", ignore_errors=True)
        assert ended.returncode == 0, ended.stderr[-3000:]
        found: dict[str, Any] = json.loads(ended.stdout)
        print(json.dumps(found["killed"], indent=1))
        for name in ("due", "points"):
            print(f"{name}: {found[name]}")
        record_property("crash points killed", found["killed"].get("points", 0))
        record_property("crash violations", len(found["violations"]))
        assert found["violations"] == []
        return found

    return run


@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_process_killed_at_any_point_loses_nothing_and_does_nothing_twice(prove: Prove, shard: int) -> None:
    found = prove("everywhere", "order", "next", shard, SHARDS)
    assert found["killed"]["points"] == found["due"] >= found["points"] // SHARDS // (1 if ALL else 3) > 100
    assert found["killed"]["states"] > 3, "a part of the cycle with hardly a commit in it"


@pytest.mark.parametrize("shard", range(2))
def test_so_it_is_where_stock_falls_at_shipment(prove: Prove, shard: int) -> None:
    found = prove("here and there", "shipment", "same", shard, 2)
    assert found["killed"]["points"] == found["due"] > 80


def test_so_it_is_where_an_edited_sale_is_undone_and_booked_again(prove: Prove) -> None:
    found = prove("here and there", "order", "again", 0, 2)
    assert found["killed"]["points"] == found["due"] > 40
    killed = prove("lost replies", "order", "again")["killed"]
    assert killed["FailBefore push_documents"] == killed["FailAfter push_documents"] > 0
    assert "FailBefore amend_documents" not in killed


def test_a_process_killed_while_it_makes_the_hub_is_no_harm(prove: Prove) -> None:
    found = prove("first run", "order", "first")
    assert found["killed"]["points"] == found["due"] > (150 if ALL else 50)


def test_a_process_killed_again_while_it_recovers_is_no_harm(prove: Prove) -> None:
    found = prove("twice", "order", "next", 40, 1)
    assert found["killed"]["twice"] > 30


def test_a_call_that_fails_before_or_after_its_work_ends_in_exit_3_and_nothing_is_twice(prove: Prove) -> None:
    killed = prove("lost replies", "order", "next")["killed"]
    for method in (
        "push_documents",
        "amend_documents",
        "push_customers",
        "push_levels",
        "push_prices",
        "push_fulfilments",
    ):
        assert killed[f"FailBefore {method}"] == killed[f"FailAfter {method}"] > 0
    assert all(killed[f"FailBefore {method}"] for method in ("about", "fetch_orders", "fetch_stock", "find_documents"))


@pytest.mark.parametrize("day", ["next", "untold"])
def test_a_hub_put_back_to_any_state_it_was_in_does_nothing_twice(prove: Prove, day: str) -> None:
    found = prove("go back", "order", day, 0, 1 if ALL else 2)
    assert found["points"] > 140, (
        "moments at which the hub was copied; where it had not changed, one copy stands for them"
    )
    assert found["killed"]["restored"] == found["due"] > (100 if ALL else 50)


def test_every_kind_of_write_has_points_around_it(prove: Prove) -> None:
    found = prove("names", "order", "next")["killed"]
    laid_out = prove("names", "order", "first")["killed"]
    assert [
        f"{kind} {when}" for kind in WRITES for when in ("before", "after") if not found.get(f"{kind} {when}")
    ] == []
    assert [kind for kind in ("begin", "commit", "call", "sidecar", "backup") if not found.get(kind)] == []
    tables = set(re.findall(r"CREATE TABLE (\w+)", TABLES)) - BY_HAND
    assert [table for table in sorted(tables) if not (found | laid_out).get(f"table {table}")] == []
    assert [family for family in FAMILIES if not found.get(f"family {family}")] == []


def test_the_points_are_the_same_in_every_process(prove: Prove) -> None:
    assert prove("names", "order", "next") == prove("names", "order", "next")
