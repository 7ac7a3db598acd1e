"""The sandbox's commands, through the real command line and files."""

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncctl import cli
from syncctl.connectors.sandbox.catalog import DEMO_CATALOG
from syncctl.connectors.sandbox.office import Office
from syncctl.connectors.sandbox.shop import Shop
from syncctl.model import DocumentKind
from tests.conformance.back_office_kit import document, line

Call = Callable[..., int]


@pytest.fixture
def call(config: Path) -> Call:
    """Run `syncctl sandbox …` in this process; returns the exit code."""

    def run(*arguments: str) -> int:
        umask = os.umask(0o022)
        try:
            with pytest.raises(SystemExit) as ended:
                cli.run(["--config", str(config), "sandbox", *arguments])
        finally:
            os.umask(umask)
        return int(str(ended.value.code))

    return run


@pytest.fixture
def shop(config: Path) -> Shop:
    return Shop(config.parent / "shop.db")


@pytest.fixture
def office(config: Path) -> Office:
    return Office(config.parent / "books.db")


def test_init_makes_both_files_once_and_force_anew(
    call: Call, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("init") == 0
    assert call("sell", "MUG-RED", "3") == 0
    first = Office(config.parent / "books.db").about().identity
    assert call("init") == 0
    assert "was left as it is" in capsys.readouterr().err
    assert Office(config.parent / "books.db").on_hand("MUG-RED") == 37
    assert call("init", "--force") == 0
    anew = Office(config.parent / "books.db")
    assert (anew.on_hand("MUG-RED"), anew.about().identity == first) == (40, False)


def test_a_kit_is_made_and_can_be_bought(call: Call, office: Office, shop: Shop) -> None:
    assert call("kit", "GIFT", "MUG-RED:2", "TRAY-OAK", "--price", "45.00") == 0
    [made] = office.variants(["GIFT"])
    assert [(part.sku, part.quantity) for part in made.components] == [("MUG-RED", 2), ("TRAY-OAK", 1)]
    assert (shop.price("GIFT"), shop.level("GIFT")) == ("45.00", 0)
    assert call("order", "GIFT") == 0
    assert call("sell", "GIFT", "3") == 0
    assert (office.on_hand("MUG-RED"), office.on_hand("TRAY-OAK")) == (34, 5)
    assert call("kit", "MUG-BLUE", "GIFT") == 2, "no kit is made of kits"


def test_init_never_throws_away_what_is_no_sandbox(call: Call, config: Path) -> None:
    novel = config.parent / "shop.db"
    novel.write_text("my novel " * 1000)
    assert call("init", "--force") == 2
    assert novel.read_text().startswith("my novel")


def test_an_order_takes_its_units_and_has_its_charges(call: Call, shop: Shop) -> None:
    before = shop.level("MUG-BLUE")
    arguments = (
        "MUG-BLUE:2",
        "MUG-BLUE",
        "GIFT-WRAP",
        "--email",
        "a@example.com",
        "--shipping",
        "4.95",
        "--discount",
        "2",
    )
    assert call("order", *arguments) == 0
    body = shop.order(shop.order_ids()[-1])
    assert before is not None
    assert shop.level("MUG-BLUE") == before - 3
    assert body["total"] == "31.45"
    assert body["customer"]["emails"] == ["a@example.com"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["order", "MUG-PINK"],
        ["order", "MUG-RED:0"],
        ["order", ":3"],
        ["order", "MUG-RED", "--shipping", "NaN"],
        ["order", "MUG-RED", "--discount", "1e999999"],
        ["order", "MUG-RED", "--store", "nowhere"],
        ["cancel", "99999"],
        ["refund", "99999"],
        ["refund", "1001", "MUG-RED:99"],
        ["refund", "1001", "HOOK-BRASS"],
        ["sell", "MUG-PINK"],
        ["sell", "MUG-RED", "0"],
        ["receive", "MUG-PINK", "1"],
        ["receive", "MUG-RED", "0"],
        ["ship", "99999"],
        ["ship", "[/foo]\x1b[31m"],
    ],
)
def test_a_mistake_is_an_error_and_changes_nothing(
    call: Call, shop: Shop, office: Office, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    orders = [shop.order(number) for number in shop.order_ids()]
    assert call(*arguments) == 2
    assert "\x1b[31m" not in capsys.readouterr().err
    assert [shop.order(number) for number in shop.order_ids()] == orders
    assert list(office.documents()) == []
    assert {sku: units for sku, _, units in office.levels()} == {
        item.sku: item.units for item in DEMO_CATALOG if item.units is not None
    }


def test_cancel_gives_back_units_and_money(call: Call, shop: Shop) -> None:
    before = shop.level("MUG-RED")
    call("order", "MUG-RED:2")
    number = shop.order_ids()[-1]
    assert call("cancel", f"#{number}") == 0
    body = shop.order(number)
    assert body["cancelled_at"]
    assert [refund["total"] for refund in body["refunds"]] == ["17.00"]
    assert shop.level("MUG-RED") == before


def test_cancel_of_an_unpaid_order_gives_no_money(call: Call, shop: Shop) -> None:
    number = shop.place_order([("MUG-RED", 1)], financial_status="pending")
    assert call("cancel", number) == 0
    assert shop.order(number)["refunds"] == []


@pytest.mark.parametrize(("option", "back"), [("--restock", 1), ("--no-restock", 0)])
def test_refund_of_some_units(call: Call, shop: Shop, option: str, back: int) -> None:
    call("order", "MUG-RED:3", "HOOK-BRASS")
    number = shop.order_ids()[-1]
    before = shop.level("MUG-RED")
    assert call("refund", number, "MUG-RED", option) == 0
    assert [refund["total"] for refund in shop.order(number)["refunds"]] == ["8.50"]
    assert shop.level("MUG-RED") == (before or 0) + back


def test_refund_without_items_gives_back_all_that_is_left(call: Call, shop: Shop) -> None:
    call("order", "MUG-RED:3", "--shipping", "4.95")
    number = shop.order_ids()[-1]
    call("refund", number, "MUG-RED")
    assert call("refund", number) == 0
    assert [refund["total"] for refund in shop.order(number)["refunds"]] == ["8.50", "21.95"]


def test_receive_and_sell_move_the_shelf(call: Call, office: Office) -> None:
    assert call("receive", "MUG-RED", "5") == 0
    assert call("sell", "MUG-RED") == 0
    assert office.on_hand("MUG-RED") == 44
    assert [posted.document.kind for posted in office.documents()] == [DocumentKind.SALE]


def test_ship_names_a_sale_by_the_number_of_the_order(call: Call, office: Office) -> None:
    office.push([document(f"ref-{n}", line("1", "MUG-RED"), number=f"#{n}") for n in (3, 2, 1)])
    assert call("ship", "3", "--tracking", "TN 1", "--carrier", "DHL") == 0
    rows = office.connection.execute(
        "SELECT d.reference, s.tracking_number, s.carrier FROM shipment s JOIN document d ON d.id = s.document_id"
    )
    assert rows.fetchall() == [("ref-3", "TN 1", "DHL")]


def test_stock_falls_as_the_settings_say(call: Call, config: Path) -> None:
    config.write_text(config.read_text().replace("path: books.db", "path: books.db, stock_falls_on: shipment"))
    office = Office(config.parent / "books.db", stock_falls_on="shipment")
    office.push([document("ref-1", line("1", "MUG-RED", 2))])
    assert office.on_hand("MUG-RED") == 40
    assert call("ship", "ref-1") == 0
    assert office.on_hand("MUG-RED") == 38


def test_load_brings_a_history_with_opening_stock(
    call: Call, config: Path, shop: Shop, office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    history = config.parent / "history.csv.gz"
    rows = [
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
        "536365,85123A,HOLDER,6,2010-12-01 08:26:00,2.55,17850,United Kingdom",
        "C536379,85123A,HOLDER,-1,2010-12-01 09:41:00,2.55,14527,United Kingdom",
    ]
    history.write_bytes(gzip.compress("\n".join(rows).encode()))
    assert call("load", str(history), "--opening-stock", "50") == 0
    assert (office.on_hand("85123A"), shop.level("85123A")) == (50, 45)
    assert "Loaded 2 orders (1 return, 1 sale) with 2 lines, 1 SKUs and 2 customers." in capsys.readouterr().err


def test_a_broken_history_loads_nothing(call: Call, config: Path, shop: Shop) -> None:
    history = config.parent / "history.csv"
    history.write_text("a,b\n1,2\n")
    before = shop.order_ids()
    assert call("load", str(history)) == 2
    assert shop.order_ids() == before


def test_show_puts_both_sides_beside_each_other(
    call: Call, shop: Shop, office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.set_level("MUG-RED", 7)
    office.sell("MUG-RED", 2)
    office.push([document("ref-1", line("1", "MUG-BLUE", 2), number="#7")])
    assert call("show", "--format", "json") == 0
    shown: dict[str, Any] = json.loads(capsys.readouterr().out)
    levels = {row["sku"]: (row["back office"], row["shop"]) for row in shown["levels"]}
    assert levels["MUG-RED"] == (38, 7)
    assert levels["GIFT-WRAP"] == (None, None)
    assert [row["order"] for row in shown["orders"]] == shop.order_ids()
    assert [(row["reference"], row["total"]) for row in shown["documents"]] == [("", "17.00"), ("ref-1", "5.00")]


def test_show_as_a_table_and_within_the_limit(call: Call, shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("show", "--limit", "2") == 0
    printed = capsys.readouterr().out
    assert [word for word in ("Levels", "Orders", "Documents") if word in printed] == ["Levels", "Orders", "Documents"]
    assert sum(number in printed for number in shop.order_ids()) == 2


def test_with_two_stores_one_must_be_named(call: Call, config: Path) -> None:
    config.write_text(
        config.read_text().replace("orders:", "  other: {connector: sandbox, path: other.db}\norders:", 1)
    )
    assert call("order", "MUG-RED") == 2
    assert call("order", "MUG-RED", "--store", "other") == 0
    demo = len(Shop(config.parent / "shop.db").order_ids())
    assert len(Shop(config.parent / "other.db").order_ids()) == demo + 1


def test_the_module_of_the_commands_loads_nothing_heavy() -> None:
    import subprocess
    import sys

    program = (
        "import sys, syncctl.cli.sandbox; print(*sorted({'sqlite3', 'pydantic', 'rich', 'yaml'} & set(sys.modules)))"
    )
    assert (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip() == ""
    )
