"""A real shop's year of orders, from its file to the books and back; the oracle is `csv` and `Decimal` alone."""

import lzma
import shutil
import sqlite3
from contextlib import closing
from itertools import islice
from pathlib import Path

import pytest

from bench import ledgers
from bench.real_shop import Outcome, compare, sync_history
from bench.retail import DATA
from bench.sandboxes import PLACEHOLDER

pytestmark = pytest.mark.skipif(
    not DATA.exists(), reason="the online-retail data set is not here; SYNCCTL_DATA names its folder"
)
PEAK_MB = 150
PART = 40_000  # rows of the file


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return sync_history(tmp_path_factory.mktemp("whole"), DATA)


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("part")
    assert sync_history(folder, part_of_data(folder, 2_000)).problems == []
    return folder


def part_of_data(folder: Path, rows: int) -> Path:
    path = folder / "part.csv"
    with lzma.open(DATA, "rt", encoding="utf-8", newline="") as file:
        path.write_text("".join(islice(file, rows)), "utf-8", newline="")
    return path


def test_the_oracle_reads_what_is_known_of_the_file(whole: Outcome) -> None:
    history = whole.history
    assert dict(history.count()) == {
        "sale": 19_959,
        "zero value": 766,
        "stock note": 1_336,
        "return": 3_836,
        "adjustment": 3,
    }
    sums = history.pence_by_kind()
    assert sums == {
        "sale": 1_065_562_248,
        "return": -89_681_249,
        "adjustment": -1_106_206,
        "zero value": 0,
        "stock note": 0,
    }
    assert sum(sums.values()) == 974_774_793
    assert sum(one.kind == "sale" and one.free_lines > 0 for one in history.invoices.values()) == 53


def test_every_invoice_is_booked_to_the_penny_or_left_out_under_its_reason(whole: Outcome) -> None:
    assert whole.problems[:10] == []
    assert (whole.booked, whole.held, whole.unexplained) == (19_959 + 3_836, 0, 0)
    assert whole.left_out == {"adjustment": 3, "stock note": 1_336, "zero value": 766}


def test_a_second_cycle_at_once_writes_nothing(whole: Outcome) -> None:
    assert whole.second_cycle_writes == 0


def test_a_year_of_orders_fits_into_little_memory(whole: Outcome) -> None:
    peaks = {name: round(usage.rss_mb) for name, usage in whole.usages.items()}
    assert max(peaks.values()) < PEAK_MB, peaks


def test_skus_that_the_back_office_never_heard_of_are_booked_on_the_placeholder(tmp_path: Path) -> None:
    outcome = sync_history(tmp_path, part_of_data(tmp_path, PART), unknown_every=3)
    assert outcome.problems[:10] == []
    placed = ledgers.count(
        tmp_path / "books.db",
        f"SELECT count(*) FROM document_line JOIN item ON item.id = item_id WHERE sku = '{PLACEHOLDER}'",
    )
    unknown = set(outcome.history.skus[::3])
    assert placed == sum(sku in unknown for one in outcome.history.booked for sku, _, _ in one.lines) > 1000


@pytest.mark.parametrize(
    ("file", "damage", "named"),
    [
        ("books.db", "UPDATE document SET total = total + 1 WHERE id = 7", "documents of the back office"),
        ("books.db", "DELETE FROM document_line WHERE document_id = 7 AND position = 0", "back office: document of"),
        ("books.db", "UPDATE document SET dated_on = '2011-01-01' WHERE id = 7", "documents of the back office"),
        ("hub.db", "UPDATE sales_order SET total = total - 1 WHERE id = 9", "hub: 2010-12-01"),
        ("hub.db", "UPDATE sales_order SET reason = '' WHERE decision = 'left_out'", "the orders ended as"),
        ("shop.db", "UPDATE listing SET quantity = quantity + 1 WHERE position = 3", "the shop shows"),
        ("shop.db", "UPDATE sales_order SET id = 'x' WHERE position = 3", "store: not the invoices"),
    ],
)
def test_the_comparison_sees_what_is_wrong(file: str, damage: str, named: str, synced: Path, tmp_path: Path) -> None:
    for name in ("shop.db", "hub.db", "books.db"):
        shutil.copyfile(synced / name, tmp_path / name)
    with closing(sqlite3.connect(tmp_path / file)) as connection:
        assert connection.execute(damage).rowcount
        connection.commit()
    (problem, *_) = compare(tmp_path, synced / "part.csv").problems
    assert problem.startswith(named)
