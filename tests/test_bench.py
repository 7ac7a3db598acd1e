"""The benchmarks' frame: their list, the line they end in, and that the floor of step 1 writes what step 1 writes."""

import ast
import json
import re
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bench import (
    BENCHMARKS,
    benchmark,
    customers_match,
    pull_orders,
    quiet,
    retail,
    stock,
    tryton_backlog,
    woo_orders,
    woo_site,
    woocommerce_import,
)
from bench.__main__ import line, main
from bench.measure import ROOT, measured
from bench.sandboxes import load_data, write_config

HISTORY = """\
InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
1,A,Apple,2,2010-12-01T08:26:00,2.55,17850,United Kingdom
1,A,Apple,1,2010-12-01T08:26:00,0.125,17850,United Kingdom
2,a,small apple,1,2010-12-01T08:27:00,0.001,,France
C3,A,Apple,-1,2010-12-02T08:26:00,2.60,17850,France
4,A,damaged,-5,2010-12-03T08:26:00,0,,United Kingdom
A5,B,Adjust bad debt,1,2010-12-04T08:26:00,-10.00,,United Kingdom
6,A,Apple,1,2010-12-05T08:26:00,1.00,12345,Eire
"""


def test_the_list_names_every_benchmark_with_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    rows = [row.split("\t") for row in capsys.readouterr().out.splitlines()]
    assert [name for name, _ in rows] == list(BENCHMARKS)
    assert all(about.endswith(("times", ".", "alone")) or about for _, about in rows)
    assert all(callable(benchmark(name)[1]) for name in BENCHMARKS)


@pytest.mark.parametrize("arguments", [[], ["no-such"], ["help", "no-such"]])
def test_an_unknown_benchmark_is_refused_before_any_runs(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and "help" in shown.err


def test_a_benchmark_ends_in_one_line_of_figures() -> None:
    text = line("pull-orders", {"ratio": 1.5, "orders": 7})
    assert re.fullmatch(r"pull-orders( [a-z_]+=[0-9.]+)+", text), text


def test_the_oracle_and_the_raw_readers_import_nothing_of_syncctl() -> None:
    for name in ("retail", "ledgers"):
        tree = ast.parse((ROOT / "bench" / f"{name}.py").read_text("utf-8"))
        named = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
        named += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        assert not [module for module in named if module.startswith("syncctl") or module == "bench"], name
        assert {module.partition(".")[2] for module in named if module.startswith("bench.")} <= {"retail"}


def test_a_measured_process_tells_its_own_peak_and_not_its_parents(tmp_path: Path) -> None:
    ballast = b"x" * 200_000_000
    usage = measured([sys.executable, "-c", "import sys; print('here'); sys.exit(3)"], tmp_path)
    assert (usage.code, usage.output) == (3, "here\n")
    assert usage.rss_mb < 60 and len(ballast) > 0
    greedy = measured([sys.executable, "-c", "x = b'x' * 100_000_000"], tmp_path)
    assert greedy.rss_mb > 90


def test_the_floor_writes_what_step_one_writes(tmp_path: Path) -> None:
    data = tmp_path / "history.csv"
    data.write_text(HISTORY, "utf-8")
    write_config(tmp_path)
    load_data(tmp_path, data)
    for which in ("floor", "ours"):
        usage, figures = pull_orders.pull(tmp_path, which)
        assert figures["orders"] == len(retail.read_history(data).invoices) == 6
        assert usage.rss_mb > figures["cpu_s"] > 0
    pull_orders.compare(tmp_path)
    with closing(sqlite3.connect(tmp_path / "floor.db")) as floor:
        floor.execute("UPDATE line_item SET amount = amount + 1 WHERE position = 1")
        floor.commit()
    with pytest.raises(RuntimeError, match="line_item differs"):
        pull_orders.compare(tmp_path)


@pytest.mark.parametrize("changed", [0, 3, 300])
def test_the_floor_of_step_three_writes_what_step_three_writes(tmp_path: Path, changed: int) -> None:
    """Over more than one page, and with the first reading of all of them behind both."""
    stock.prepare(tmp_path, 2100)
    stock.change(tmp_path, 2100, changed)
    for which in ("floor", "ours"):
        assert stock.pull(tmp_path, which)[1]["levels"] == 2100
    stock.compare(tmp_path)
    with closing(sqlite3.connect(tmp_path / "ours.db")) as ours:
        assert ours.execute("SELECT count(*) FROM stale_sku").fetchone() == (changed,)
        ours.execute("UPDATE stock_level SET available = available + 1 WHERE sku = 'SKU-0001500'")
        ours.commit()
    with pytest.raises(RuntimeError, match="stock_level differs"):
        stock.compare(tmp_path)


def test_a_cycle_that_has_something_to_do_is_not_measured_as_quiet(tmp_path: Path) -> None:
    quiet.make_sides(tmp_path, quiet.ORDERS)
    with pytest.raises(RuntimeError, match="was not"):
        quiet.quiet_cycle(tmp_path)


def test_those_who_share_a_key_are_all_decided_about() -> None:
    figures = customers_match.run(pairs=1, arriving=1_000, known=4_000)
    assert (figures["decided"], figures["joined"]) == (100, 98)


def test_a_page_of_the_prepared_shop_is_a_slice_of_its_orders_that_comes_when_it_is_due(tmp_path: Path) -> None:
    data = tmp_path / "history.csv"
    data.write_text(HISTORY, "utf-8")
    (tmp_path / "fields.txt").write_text("id number line_items", "utf-8")
    assert woo_orders.write_shop(data, tmp_path, ["id", "number", "line_items"]) == 6
    pages = woo_site.Pages(tmp_path)
    rows = [row for start in (0, 4) for row in json.loads(pages.page(start, 4))]
    assert [row["number"] for row in rows] == ["1", "2", "C3", "4", "A5", "6"]
    assert [line["subtotal"] for line in rows[0]["line_items"]] == ["5.100000", "0.125000"]
    assert json.loads(pages.page(6, 4)) == []
    with woo_site.site(tmp_path, 0.05) as port:
        asked = [woo_site.Asked(start, 4, len(pages.page(start, 4))) for start in (0, 3)]
        assert woo_site.read_bare(port, asked) >= 0.1
        assert woo_site.asked(port) == []  # the bare client is not counted


def test_the_floor_of_the_first_import_writes_what_the_import_writes(tmp_path: Path) -> None:
    """Over several pages, of which each begins with the last order of the one before."""
    data = tmp_path / "history.csv"
    rows = [
        f"{number},A,Apple & pear,{number % 3 + 1},2011-01-0{number % 9 + 1}T08:26:00,0.3{number % 10}5,"
        f"{number % 7 + 1},{('France', 'EIRE')[number % 5 > 2]}"
        for number in range(1000, 1240)
    ]
    data.write_text(HISTORY + "\n".join(rows) + "\n", "utf-8")
    woocommerce_import.prepare(tmp_path, data)
    usage, figures = woocommerce_import.pull(tmp_path, 0.02)
    assert figures["orders"] == woocommerce_import.copy(tmp_path)["orders"] == 246
    assert [(page.start, page.size) for page in figures["pages"]] == [(0, 100), (99, 100), (198, 100)]
    assert figures["requests"] <= 5 and usage.rss_mb > 0 and figures["wall_s"] > figures["bare_s"] > 0.06
    woocommerce_import.compare(tmp_path, woocommerce_import.SAME_ROWS)
    with closing(sqlite3.connect(tmp_path / "floor.db")) as floor:
        floor.execute("UPDATE payment SET amount = amount + 1 WHERE order_id = 200")
        floor.commit()
    with pytest.raises(RuntimeError, match="payment differs"):
        woocommerce_import.compare(tmp_path, woocommerce_import.SAME_ROWS)


def test_of_what_was_sent_to_tryton_the_bare_script_repeats_writes_and_the_readings_after_them() -> None:
    names = ("search_read", "create", "read", "confirm", "search", "read")
    sent = [json.dumps({"method": "common.db.login"})]
    sent += [json.dumps({"method": f"model.sale.sale.{name}", "id": number}) for number, name in enumerate(names)]
    assert [call["id"] for call in tryton_backlog.needed(sent)] == [1, 3, 4, 5]


def test_without_a_tryton_there_is_no_figure_but_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SYNCCTL_TRYTON", raising=False)
    assert tryton_backlog.run(orders=1, pairs=1) == {"skipped": "SYNCCTL_TRYTON_names_no_server"}
