"""`status`, `holds` and `explain` over a hub whose rows are known."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from test_cli import call

from syncctl import times
from syncctl.hub import Hub, explain, views

HOSTILE = "[/foo]\x1b]0;x\x07"

PARTS = [("pull-orders", "shop"), ("push-orders", "back-office"), ("pull-data", "back-office"), ("push-data", "shop")]
PARTS.append(("customers", "back-office"))


def ago(**age: float) -> str:
    """The hub's text of a moment so long ago."""
    return times.to_text(times.now() - timedelta(**age))


def put(connection: sqlite3.Connection, table: str, **values: object) -> None:
    """Insert a row; columns that must have a value and are not named get an empty one of their type."""
    columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
    empty = {"TEXT": "", "INTEGER": 0, "BLOB": b""}
    row = {
        name: empty[kind]
        for _, name, kind, required, default, key in columns
        if required and default is None and not key
    }
    row |= values
    connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", [*row.values()])


def put_order(connection: sqlite3.Connection, order_id: int, number: str, **values: object) -> None:
    row: dict[str, object] = {"party": "shop", "remote_id": f"r{order_id}", "currency": "GBP", "decision": "book"}
    put(connection, "sales_order", id=order_id, number=number, total=1234, **{**row, **values})
    put(connection, "line_item", order_id=order_id, line_id="1", sku="MUG", quantity=3, removed=1, unit_price="4.00")


@pytest.fixture
def connection(config: Path) -> Iterator[sqlite3.Connection]:
    """A hub with an order that waits, one that is booked, one on hold, and a listing that is behind."""
    with Hub.open(config.parent / "hub.db") as hub:
        connection = hub.connection
        put(connection, "party", name="shop", identity="s1", seen_at=ago(days=1))
        put(connection, "state", key="customers matched", value="back-office\nshop")
        put(connection, "run", id=1, command="sync-all", started_at=ago(hours=3), ended_at=ago(hours=3), exit_code=0)
        put(connection, "run", id=2, command="sync-all", started_at=ago(hours=1), ended_at=ago(hours=1), exit_code=3)
        for step, party in PARTS:
            put(
                connection,
                "run_step",
                run_id=1,
                step=step,
                party=party,
                state="done",
                counts='{"new": 2}',
                ended_at=ago(hours=3),
            )
            failed = step == "push-orders"
            put(
                connection,
                "run_step",
                run_id=2,
                step=step,
                party=party,
                state="failed" if failed else "done",
                reason="it is down" if failed else "",
                counts="{}",
                ended_at=ago(hours=1),
            )
        put(connection, "snapshot", what="stock", as_of_event=5, source_time=ago(hours=1), complete=1, counts="{}")
        put(connection, "snapshot", what="stock", as_of_event=9, source_time=ago(minutes=1), complete=0, counts="{}")
        put_order(connection, 1, "1001", pending=1, counting=1)
        put_order(connection, 2, "1002", counting=1)
        put_order(connection, 3, HOSTILE, decision="held", reason="unknown_sku", counting=1, remote_id="1001")
        put(connection, "order_version", order_id=3, hash=b"\xab" * 16, seen_at="2026-01-02T00:00:00.000Z", raw=b"")
        put(
            connection,
            "document",
            order_id=2,
            kind="sale",
            platform_event="order",
            reference="SYN-1002",
            currency="GBP",
            total=1234,
            state="booked",
            event=4,
            id=1,
        )
        put(connection, "document_line", document_id=1, position=0, line_id="1", sku="MUG", quantity=2)
        put(
            connection,
            "journal",
            run_id=2,
            party="back-office",
            operation="document",
            key="SYN-1002",
            record="order 2",
            state="done",
            sent_at=ago(hours=3),
        )
        detail = json.dumps({"skus": ["MUG", HOSTILE], "line": "1"})
        put(
            connection,
            "hold",
            party="shop",
            kind="order",
            record="3",
            reason="unknown_sku",
            message=f"the back office has no {HOSTILE}",
            detail=detail,
            since="2026-01-02T03:04:05.000Z",
            run_id=2,
        )
        put(
            connection,
            "hold",
            party="shop",
            kind="stock",
            record="MUG",
            reason="missing",
            detail="{}",
            since=ago(days=1),
        )
        put(connection, "variant", sku="MUG", title="Mug", tracked=1, active=1)
        put(connection, "variant", sku="ONLY-IN-BOOKS", title="", tracked=1, active=1)
        put(connection, "variant", sku="GONE", title="", tracked=1, active=0)
        put(connection, "stock_level", sku="MUG", location="main", available=9)
        put(connection, "listing", id=1, party="shop", remote_id="L1", sku="MUG", managed=1)
        put(connection, "listing", id=2, party="shop", remote_id="L2", sku="BUNDLE", managed=0, why="bundle parent")
        terms = json.dumps({"available": 9, "unreflected": -4, "safety stock": -1})
        put(connection, "shown", listing_id=1, party="shop", want=4, quantity=6, terms=terms)
        put(connection, "shown", listing_id=2, party="shop", want=None, quantity=6)
        yield connection


def shown_json(config: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    assert call("--config", str(config), *arguments, "--format", "json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["schema_version"] == 1
    return shown


def test_status_tells_how_things_stand(connection: sqlite3.Connection) -> None:
    found = views.status(connection, PARTS)
    assert (found["last_run"]["id"], found["last_run"]["exit_code"]) == (2, 3)
    parts = {part["step"]: part for part in found["steps"]}
    assert (parts["push-orders"]["state"], parts["push-orders"]["reason"]) == ("failed", "it is down")
    assert parts["push-orders"]["last_done_at"] < parts["pull-orders"]["last_done_at"]
    assert [(row["decision"], row["count"]) for row in found["orders"]] == [("book", 2), ("held", 1)]
    assert found["stock_reading"]["as_of_event"] == 5  # the incomplete one moves nothing
    waiting = found["waiting"]
    assert (waiting["orders_to_push"], waiting["levels_to_push"], waiting["unlisted_variants"]) == (1, 1, 1)
    assert waiting["levels_by_store"] == {"shop": 1}
    assert {(row["kind"], row["reason"]): row["count"] for row in found["holds"]} == {
        ("order", "unknown_sku"): 1,
        ("stock", "missing"): 1,
    }


def test_status_of_an_empty_hub_has_nothing_to_tell(tmp_path: Path) -> None:
    with Hub.open(tmp_path / "hub.db") as hub:
        found = views.status(hub.connection, PARTS)
    assert found["last_run"] is None and found["stock_reading"] is None and found["orders"] == []
    assert all(part["last_done_at"] is None for part in found["steps"])


def test_no_query_of_status_reads_the_rows_of_all_orders(connection: sqlite3.Connection) -> None:
    asked: list[str] = []
    connection.set_trace_callback(asked.append)
    views.status(connection, PARTS)
    connection.set_trace_callback(None)
    assert len(asked) > 10
    for sql in asked:
        for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}"):
            plan = row[3]
            if plan.startswith("SCAN"):
                big = any(table in plan for table in ("sales_order", "shown", "listing", "journal", "document"))
                assert not big or "INDEX" in plan, (sql, plan)


def test_status_check_fails_when_a_step_was_not_done_for_too_long(
    connection: sqlite3.Connection, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = ("--config", str(config), "-q", "status", "--check")
    assert call(*status) == 0
    assert call(*status, "--max-age", "4h") == 0
    capsys.readouterr()
    assert call(*status, "--max-age", "2h") == 1
    assert "Not done for longer than allowed: push-orders back-office." in capsys.readouterr().err
    assert call(*status, "--max-age", "30m") == 1
    assert "pull-orders shop, push-orders back-office, pull-data" in capsys.readouterr().err


@pytest.mark.parametrize("age", ["2", "h", "2y", "-2h", "1.5h", "²h"])
def test_an_age_that_is_none_is_refused(age: str, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--config", str(config), "status", "--max-age", age) == 2
    assert "write 90m, 26h or 2d" in capsys.readouterr().err


def test_status_fits_one_screen(
    connection: sqlite3.Connection, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("--config", str(config), "status") == 0
    shown = capsys.readouterr().out
    assert len(shown.splitlines()) <= 24
    assert "sync-all, 60 min ago, exit code 3" in shown
    assert "push-orders\tback-office\t3 h ago\tfailed: it is down" in shown


def test_commands_that_read_say_so_when_there_is_no_hub_yet(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["status"], ["holds", "list"], ["holds", "retry", "--all"], ["explain", "sku", "X"], ["backup"]):
        assert call("--config", str(config), *command) == 7
        assert "syncctl sync-all" in capsys.readouterr().err
        assert not (config.parent / "hub.db").exists()


def test_a_damaged_hub_is_told_and_not_a_bug(
    connection: sqlite3.Connection, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = config.parent / "hub.db"
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path.write_bytes(path.read_bytes()[:4096] + b"\xff" * (path.stat().st_size - 4096))
    assert call("--config", str(config), "holds", "list") == 7
    assert "syncctl restore latest" in capsys.readouterr().err


def test_holds_are_listed_with_the_number_of_their_order_and_the_next_command(
    connection: sqlite3.Connection, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("--config", str(config), "holds", "list") == 0
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["id", "party", "kind", "record", "reason", "since", "next"]
    assert lines[1][2:4] == ["order", "[/foo]\\x1b]0;x\\x07"]
    assert lines[1][6] == "syncctl holds show 1"
    assert lines[2][3] == "MUG"


def test_holds_can_be_filtered(
    connection: sqlite3.Connection, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [row["record"] for row in shown_json(config, capsys, "holds", "list", "--kind", "stock")["rows"]] == ["MUG"]
    assert shown_json(config, capsys, "holds", "list", "--kind", "order", "--reason", "missing")["rows"] == []
    assert len(shown_json(config, capsys, "holds", "list")["rows"]) == 2


def test_a_hold_is_shown_with_its_details_and_what_can_be_done(
    connection: sqlite3.Connection, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("--config", str(config), "holds", "show", "1") == 0
    shown = capsys.readouterr().out
    assert "the back office has no [/foo]\\x1b]0;x\\x07" in shown and "\x1b" not in shown
    assert "2026-01-02T00:00:00.000Z  abababababab" in shown
    for command in ("syncctl explain order ", "syncctl holds retry 1", "syncctl holds skip 1"):
        assert command in shown
    assert shown_json(config, capsys, "holds", "show", "1")["detail"] == {"skus": ["MUG", HOSTILE], "line": "1"}


def test_the_next_command_of_a_hostile_number_is_quoted_for_the_shell(
    connection: sqlite3.Connection, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    connection.execute("UPDATE sales_order SET number = '1; rm -rf ~' WHERE id = 3")
    assert call("--config", str(config), "holds", "show", "1") == 0
    assert "syncctl explain order '1; rm -rf ~'\n" in capsys.readouterr().out


def test_a_skipped_order_counts_no_more_and_is_not_booked(
    connection: sqlite3.Connection, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("--config", str(config), "holds", "skip", "1") == 0
    assert "no longer count against stock" in capsys.readouterr().err
    row = connection.execute("SELECT skipped, counting FROM sales_order WHERE id = 3").fetchone()
    assert tuple(row) == (1, 0)
    assert call("--config", str(config), "holds", "skip", "2") == 2
    assert call("--config", str(config), "holds", "show", "1") == 2


def test_holds_are_tried_again_one_by_one_or_all(
    connection: sqlite3.Connection, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    retry = ("--config", str(config), "holds", "retry")
    connection.execute("UPDATE hold SET tried_at = '2026-01-02T00:00:00.000Z'")
    assert call(*retry) == 2 and call(*retry, "1", "--all") == 2 and call(*retry, "99") == 2
    assert call(*retry, "2") == 0
    assert [row[0] is None for row in connection.execute("SELECT tried_at FROM hold ORDER BY id")] == [False, True]
    assert call(*retry, "--all") == 0
    assert "2 will be tried again" in capsys.readouterr().err


def test_a_published_number_is_explained_term_by_term(connection: sqlite3.Connection) -> None:
    found = explain.sku(connection, "MUG", "order", {"shop": ()}, {"shop": ["shop"]})
    assert found is not None
    (listing,) = found["listings"]
    assert (listing["shown"], listing["wanted"], listing["state"]) == (6, 4, "pending")
    assert sum(listing["terms"].values()) == listing["wanted"]
    counted = {row["number"]: (row["ordered"], row["removed"], row["relieved"]) for row in found["orders"]}
    assert counted == {"1001": (3, 1, 0), "1002": (3, 1, 2), HOSTILE: (3, 1, 0)}
    assert sum(row["unreflected"] for row in found["orders"]) == -listing["terms"]["unreflected"]
    assert found["levels"][0]["available"] == 9


def test_a_level_that_is_not_ours_says_why(connection: sqlite3.Connection) -> None:
    found = explain.sku(connection, "BUNDLE", "order", {}, {})
    assert found is not None
    assert found["listings"][0]["state"] == "not ours to write: bundle parent"
    assert found["facts"]["in the back office"] == "no"


def test_an_unknown_sku_or_order_is_a_clear_mistake(
    connection: sqlite3.Connection, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("--config", str(config), "explain", "sku", "mug") == 2
    assert "SKUs compare exactly" in capsys.readouterr().err
    assert call("--config", str(config), "explain", "order", "9") == 2
    assert "no order '9'" in capsys.readouterr().err


def test_an_order_is_found_by_its_number_and_by_its_id_in_the_store(connection: sqlite3.Connection) -> None:
    assert [found["facts"]["order"] for found in explain.orders(connection, "1001")] == ["1001", HOSTILE]
    assert [found["facts"]["order"] for found in explain.orders(connection, "#1002")] == ["1002"]
    assert [found["facts"]["order"] for found in explain.orders(connection, "r2")] == ["1002"]


def test_each_order_says_what_to_do_next(connection: sqlite3.Connection) -> None:
    waiting, held = explain.orders(connection, "1001")
    (booked,) = explain.orders(connection, "1002")
    assert waiting["next"] == "syncctl push-orders"
    assert held["next"] == "syncctl holds show 1"
    assert booked["next"] == "nothing to do"
    assert [(row["kind"], row["reference"], row["total"]) for row in booked["documents"]] == [
        ("sale", "SYN-1002", "12.34 GBP")
    ]
    assert [(row["operation"], row["key"], row["state"]) for row in booked["writes"]] == [
        ("document", "SYN-1002", "done")
    ]
    assert waiting["writes"] == []


def test_an_order_in_a_currency_nobody_knows_can_be_explained(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE sales_order SET currency = 'QQQ' WHERE id = 2")
    (found,) = explain.orders(connection, "1002")
    assert found["facts"]["total"] == "1234 minor units of QQQ"


def test_explaining_prints_no_control_character(
    connection: sqlite3.Connection, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("--config", str(config), "explain", "order", HOSTILE) == 0
    shown = capsys.readouterr().out
    assert "[/foo]\\x1b]0;x\\x07" in shown and shown.replace("\n", "").replace("\t", "").isprintable()
