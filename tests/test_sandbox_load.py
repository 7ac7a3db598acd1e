"""The order-history loader, against `csv` and `Decimal` alone."""

import csv
import gzip
import lzma
import os
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import pytest

from syncctl.connectors.sandbox.load import load_history
from syncctl.connectors.sandbox.shop import Shop
from syncctl.connectors.sandbox.store import SandboxStore
from syncctl.errors import DataError
from syncctl.model import Order
from syncctl.settings import SandboxStoreSettings
from tests.conformance.web_store import adds_up

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
ROWS = [
    HEADER,
    "1,A,,2,2010-12-01T08:26:00,2.55,17850,United Kingdom",
    "2,a,small apple,1,2010-12-01T08:27:00,0.125,,France",
    "1,A,Apple,3,2010-12-01T08:30:00,2.60,17850,United Kingdom",
    "C3,A,Apple,-1,2010-12-02T08:26:00,2.60,17850,United Kingdom",
    "4,A,damaged,-5,2010-12-03T08:26:00,0,,United Kingdom",
    "A5,B,Adjust bad debt,1,2010-12-04T08:26:00,-10.00,,United Kingdom",
    '6,C,"Two, ""quoted""\nlines",1,2010-12-05T08:26:00+01:00,1.00,,United Kingdom',
    "6,A,Apple,-2,2010-12-05T08:26:00,1.00,,United Kingdom",
]


class Shelves:
    """A back office that only remembers what it was given."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, str | None, int]] = []

    def load_variants(self, rows: Iterable[tuple[str, str, str | None, int]]) -> None:
        self.rows += rows


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path / "shop.db", demo=False)
    yield shop
    shop.close()


def orders_of(shop: Shop) -> Iterator[Order]:
    store = SandboxStore("web", SandboxStoreSettings(connector="sandbox", path=shop.path))
    for page in store.fetch_orders(None, None):
        assert not page.unreadable
        yield from page.records
    store.close()


def test_an_invoice_is_one_order_wherever_its_rows_stand(shop: Shop) -> None:
    report = load_history(ROWS, shop, None, opening_stock=10)
    orders = list(orders_of(shop))
    assert [(order.id, order.kind) for order in orders] == [
        ("1", "sale"),
        ("2", "sale"),
        ("C3", "return"),
        ("4", "stock_note"),
        ("A5", "adjustment"),
        ("6", "sale"),
    ]
    assert [(line.sku, line.quantity, line.amount) for line in orders[0].lines] == [("A", 2, 510), ("A", 3, 780)]
    assert (report.orders, report.lines, report.skus, report.customers) == (6, 8, 4, 1)


def test_an_order_is_as_the_file_says(shop: Shop) -> None:
    load_history(ROWS, shop, None, opening_stock=10)
    first, second, *_, last = orders_of(shop)
    assert first.placed_at == first.changed_at == datetime(2010, 12, 1, 8, 26, tzinfo=UTC)
    assert last.placed_at == datetime(2010, 12, 5, 7, 26, tzinfo=UTC)
    assert (first.total, first.currency, first.financial_status, first.closed) == (1290, "GBP", "paid", True)
    assert first.fulfilment_status == "fulfilled"
    assert first.customer is not None
    assert (first.customer.id, first.customer.name) == ("17850", "Customer 17850")
    assert first.customer.addresses[0].country == "United Kingdom"
    assert second.customer is None
    assert (second.total, second.charges) == (12, ()), "half a penny goes to the even side"
    assert last.lines[0].title == 'Two, "quoted"\nlines'


def test_stock_and_prices_follow_from_the_rows(shop: Shop) -> None:
    shelves = Shelves()
    load_history(ROWS, shop, shelves, opening_stock=3)
    assert {each.sku: (each.title, each.quantity, each.price) for each in shop.listings()} == {
        "A": ("Apple", 3 - (5 - 1 - 5 - 2), "1.00"),
        "a": ("small apple", 2, "0.125"),
        "B": ("Adjust bad debt", 3, None),
        "C": ('Two, "quoted"\nlines', 2, "1.00"),
    }
    assert shelves.rows[0] == ("A", "Apple", "1.00", 3)
    assert [row[0] for row in shelves.rows] == ["A", "a", "B", "C"]


def test_more_sold_than_there_was_leaves_a_level_below_zero(shop: Shop) -> None:
    load_history([HEADER, "1,A,Apple,9,2010-12-01T08:26:00,1.00,,France"], shop, None, opening_stock=4)
    assert shop.level("A") == -5


def test_a_gift_does_not_lower_the_price(shop: Shop) -> None:
    gift = "9,A,Apple,1,2010-12-06T08:26:00,0.00,,France"
    load_history([*ROWS, gift], shop, None, opening_stock=10)
    assert shop.price("A") == "1.00"


def test_without_opening_stock_the_back_office_learns_nothing(shop: Shop) -> None:
    shelves = Shelves()
    load_history(ROWS, shop, shelves, opening_stock=None)
    assert shelves.rows == []
    assert len(shop.listings()) == 4


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ("7,A,Apple,1,2010-12-01T08:26:00,1.00,17850", "7 fields"),
        ("7,A,Apple,1.5,2010-12-01T08:26:00,1.00,,France", "Quantity '1.5'"),
        ("7,A,Apple,99999999999,2010-12-01T08:26:00,1.00,,France", "Quantity"),
        ("7,A,Apple,1,yesterday,1.00,,France", "InvoiceDate 'yesterday'"),
        ("7,A,Apple,1,2010-12-01T08:26:00,NaN,,France", "UnitPrice"),
        ("7,A,Apple,1,2010-12-01T08:26:00,1e999999,,France", "UnitPrice"),
        (",A,Apple,1,2010-12-01T08:26:00,1.00,,France", "InvoiceNo"),
        ("7,,Apple,1,2010-12-01T08:26:00,1.00,,France", "StockCode"),
        (f"7,A,{'x' * 200_000},1,2010-12-01T08:26:00,1.00,,France", "field larger"),
    ],
)
def test_a_malformed_row_is_named_and_nothing_is_loaded(shop: Shop, row: str, named: str) -> None:
    shelves = Shelves()
    with pytest.raises(DataError, match=f"Line 3: .*{named}"):
        load_history([*ROWS[:2], row], shop, shelves, opening_stock=1)
    assert (shop.order_ids(), shop.listings(), shop.customers(), shelves.rows) == ([], [], [], [])


@pytest.mark.parametrize("rows", [[], ["a,b,c"], ["\ufeff"]])
def test_other_columns_are_an_error_of_the_first_line(shop: Shop, rows: list[str]) -> None:
    with pytest.raises(DataError, match="Line 1: the columns must be InvoiceNo"):
        load_history(rows, shop, None, opening_stock=1)


def test_a_back_office_that_fails_leaves_the_shop_as_it_was(shop: Shop) -> None:
    class Broken:
        def load_variants(self, rows: object) -> None:
            raise DataError("no room")

    with pytest.raises(DataError, match="no room"):
        load_history(ROWS, shop, Broken(), opening_stock=1)
    assert (shop.order_ids(), shop.listings()) == ([], [])


def test_the_same_history_twice_is_refused_whole(shop: Shop) -> None:
    load_history(ROWS, shop, None, opening_stock=10)
    before = [(each.sku, each.quantity) for each in shop.listings()]
    with pytest.raises(DataError, match="an order '1' already"):
        load_history(ROWS, shop, None, opening_stock=10)
    assert [(each.sku, each.quantity) for each in shop.listings()] == before


def test_a_later_history_takes_its_units_off_what_is_listed(shop: Shop) -> None:
    load_history(ROWS, shop, None, opening_stock=10)
    before = shop.level("A")
    load_history([HEADER, "8,A,Other,4,2011-12-01T08:26:00,9.00,,France"], shop, None, opening_stock=10)
    assert (before, shop.level("A"), shop.price("A")) == (13, 9, "1.00")


def test_plain_and_packed_files_are_read_alike(tmp_path: Path) -> None:
    text = "\n".join(ROWS).encode()
    packed = {"h.csv": text, "h.csv.gz": gzip.compress(text), "h.csv.xz": lzma.compress(text)}
    seen = set()
    for name, content in packed.items():
        (tmp_path / name).write_bytes(content)
        shop = Shop(tmp_path / f"{name}.db", demo=False)
        load_history(tmp_path / name, shop, None, opening_stock=5)
        seen.add(tuple(order.raw for order in orders_of(shop)))
    assert len(seen) == 1


@pytest.mark.parametrize("name", ["cut.csv.gz", "cut.csv.xz", "latin.csv", "missing.csv"])
def test_a_file_that_cannot_be_read_to_its_end_loads_nothing(tmp_path: Path, shop: Shop, name: str) -> None:
    text = "\n".join(ROWS).encode()
    content = {"cut.csv.gz": gzip.compress(text)[:-20], "cut.csv.xz": lzma.compress(text)[:-20], "latin.csv": b"\xe9"}
    if name in content:
        (tmp_path / name).write_bytes(content[name])
    with pytest.raises(DataError, match="nothing was loaded"):
        load_history(tmp_path / name, shop, None, opening_stock=5)
    assert shop.order_ids() == []


# --- the real data set


DATA = Path(os.environ.get("SYNCCTL_DATA", Path(__file__).parents[2] / "shared" / "data")) / "online-retail.csv.xz"


class Oracle:
    """The file as `csv` and `Decimal` read it."""

    def __init__(self) -> None:
        self.lines: Counter[str] = Counter()
        self.pence: dict[str, int] = defaultdict(int)
        self.units: Counter[str] = Counter()
        self.first_at: dict[str, str] = {}
        with lzma.open(DATA, "rt", encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                invoice, amount = row["InvoiceNo"], Decimal(row["UnitPrice"]) * int(row["Quantity"])
                self.lines[invoice] += 1
                self.pence[invoice] += int((amount * 100).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))
                self.first_at.setdefault(invoice, row["InvoiceDate"])
                if not invoice.startswith("A"):
                    self.units[row["StockCode"]] += int(row["Quantity"])


@pytest.mark.skipif(not DATA.exists(), reason="the online-retail data set is not here; SYNCCTL_DATA names its folder")
def test_the_real_history_comes_out_as_it_went_in(shop: Shop) -> None:
    oracle, shelves = Oracle(), Shelves()
    report = load_history(DATA, shop, shelves, opening_stock=1000)
    assert dict(report.kinds) == {"sale": 20_725, "return": 3_836, "adjustment": 3, "stock_note": 1_336}
    assert list(oracle.lines) == shop.order_ids()
    total, nameless = 0, 0
    for order in orders_of(shop):
        assert not order.problems
        assert adds_up(order)
        assert (len(order.lines), order.total) == (oracle.lines[order.id], oracle.pence[order.id])
        assert order.placed_at.replace(tzinfo=None).isoformat() == oracle.first_at[order.id]
        total += order.total
        nameless += order.customer is None
    assert (total, nameless) == (974_774_793, 3_710)
    assert {each.sku: each.quantity for each in shop.listings()} == {
        row[0]: 1000 - oracle.units[row[0]] for row in shelves.rows
    }
    assert len(shelves.rows) == len(oracle.units.keys() | {"B"}) == 4_070
    with sqlite3.connect(shop.path) as database:
        assert database.execute("SELECT count(*) FROM customer").fetchone() == (4_372,)
