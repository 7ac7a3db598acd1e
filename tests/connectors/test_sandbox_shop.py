"""The sandbox's shop: the vendor's side, which takes stock off when an order is placed."""

import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from syncctl.connectors.sandbox.bodies import NewLine
from syncctl.connectors.sandbox.shop import Shop
from syncctl.connectors.sandbox.store import SandboxStore
from syncctl.connectors.sandbox.tables import ShopRefusal
from syncctl.errors import ConfigError
from syncctl.settings import SandboxStoreSettings
from tests.conformance.web_store import adds_up, now_there, refund_adds_up
from tests.connectors.sandbox_world import Clock


def level_and_status(shop: Shop, order_id: str) -> tuple[int | None, str]:
    return shop.level("A"), shop.order(order_id)["financial_status"]


@pytest.fixture
def an_order(shop: Shop) -> str:
    shop.add_listing("A", "Apple", "2.50", 10)
    return shop.place_order([("A", 4)], charges={"shipping": "3.00"})


def test_the_first_use_makes_a_shop_with_orders_once_only(tmp_path: Path) -> None:
    with_demo, again = Shop(tmp_path / "new" / "a.db"), Shop(tmp_path / "new" / "a.db")
    assert len(with_demo.order_ids()) == len(again.order_ids()) == 3
    assert with_demo.identity == again.identity != Shop(tmp_path / "b.db").identity
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "new" / "a.db").stat().st_mode & 0o777 == 0o600
    assert Shop(tmp_path / "c.db", demo=False).listings() == []


def test_the_demo_orders_can_be_read_and_one_is_a_guests(tmp_path: Path) -> None:
    store = SandboxStore("web", SandboxStoreSettings(connector="sandbox", path=tmp_path / "a.db"))
    orders = [order for page in store.fetch_orders(None, None) for order in page.records]
    assert [bool(order.problems) for order in orders] == [False] * 3
    assert all(adds_up(order) for order in orders)
    assert sorted(order.customer.guest for order in orders if order.customer) == [False, False, True]


def test_a_file_that_is_something_else_is_left_alone(tmp_path: Path) -> None:
    text, other = tmp_path / "notes.txt", tmp_path / "other.db"
    text.write_text("my notes\n" * 200)
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE mine (x)")
    before = text.read_bytes(), other.read_bytes()
    for path in (text, other):
        with pytest.raises(ConfigError, match="not a sandbox file"):
            Shop(path)
    assert (text.read_bytes(), other.read_bytes()) == before


def test_a_cancellation_puts_back_what_has_not_left(shop: Shop, an_order: str) -> None:
    (line,) = shop.order(an_order)["lines"]
    shop.fulfil(an_order, {line["id"]: 1})
    shop.cancel_order(an_order)
    assert shop.level("A") == 9
    with pytest.raises(ShopRefusal, match="cancelled"):
        shop.cancel_order(an_order)


def test_a_cancellation_with_refund_gives_all_back_once(shop: Shop, store: SandboxStore, an_order: str) -> None:
    (line,) = shop.order(an_order)["lines"]
    shop.refund(an_order, {line["id"]: 1}, restock=False)
    shop.cancel_order(an_order, refund=True)
    order = now_there(store, an_order)
    assert level_and_status(shop, an_order) == (9, "refunded")
    assert sum(refund.total for refund in order.refunds) == order.total == 1300
    assert all(refund_adds_up(refund) for refund in order.refunds)
    assert sum(payment.amount for payment in order.payments) == 0


def test_an_edit_moves_stock_and_total_both_ways(shop: Shop, an_order: str) -> None:
    (line,) = shop.order(an_order)["lines"]
    shop.edit_order(an_order, {line["id"]: 6})
    assert (shop.level("A"), shop.order(an_order)["total"]) == (4, "18.00")
    shop.edit_order(an_order, {line["id"]: 0}, add=[("A", 1)])
    assert (shop.level("A"), shop.order(an_order)["total"]) == (9, "5.50")
    assert [each["quantity"] for each in shop.order(an_order)["lines"]] == [1]


def test_units_that_left_cannot_be_edited_away(shop: Shop, an_order: str) -> None:
    (line,) = shop.order(an_order)["lines"]
    shop.fulfil(an_order, {line["id"]: 3})
    with pytest.raises(ShopRefusal, match="shipped"):
        shop.edit_order(an_order, {line["id"]: 2})
    assert shop.level("A") == 6


def test_a_refund_by_amount_alone_names_no_lines(shop: Shop, store: SandboxStore, an_order: str) -> None:
    shop.refund(an_order, amount="1.25")
    (refund,) = now_there(store, an_order).refunds
    assert (refund.total, refund.lines, refund.charges[0].kind) == (125, (), "adjustment")
    assert level_and_status(shop, an_order) == (6, "partially_refunded")


def test_refunds_unit_by_unit_lose_no_penny(shop: Shop, store: SandboxStore) -> None:
    order_id = shop.place_order([NewLine(sku="X", quantity=3, price="3.335", title="X", tax="1.00")])
    (line,) = shop.order(order_id)["lines"]
    for _ in range(3):
        shop.refund(order_id, {line["id"]: 1})
    order = now_there(store, order_id)
    assert sum(refund.total for refund in order.refunds) == order.total
    assert order.financial_status == "refunded"
    with pytest.raises(ShopRefusal, match="no 1 units left"):
        shop.refund(order_id, {line["id"]: 1})


def test_a_pending_order_is_paid_in_parts(shop: Shop, store: SandboxStore) -> None:
    order_id = shop.place_order([NewLine(sku="X", price="9.00", title="X")], financial_status="pending")
    assert now_there(store, order_id).payments == ()
    shop.pay(order_id, "4.00")
    assert now_there(store, order_id).financial_status == "partially_paid"
    shop.pay(order_id)
    order = now_there(store, order_id)
    assert ([payment.amount for payment in order.payments], order.financial_status) == ([400, 500], "paid")


def test_each_change_moves_the_change_time_and_the_count(shop: Shop, clock: Clock, an_order: str) -> None:
    def change() -> tuple[str, int]:
        row = shop.connection.execute("SELECT changed_at, change FROM sales_order WHERE id = ?", (an_order,)).fetchone()
        return row[0], row[1]

    before = change()
    clock.at += timedelta(seconds=1)
    shop.touch(an_order)
    assert change() > before


def test_two_open_shops_see_each_other_at_once(shop: Shop, an_order: str) -> None:
    other = Shop(shop.path)
    other.set_level("A", 77)
    assert shop.level("A") == 77
    assert len(other.order_ids()) == 1, "a shop that exists gets no demo"


def test_a_key_means_a_listings_id_before_a_sku_and_the_first_of_several(shop: Shop) -> None:
    first, second = shop.add_listing("TWICE", units=5), shop.add_listing("TWICE", units=7)
    confusing = shop.add_listing(second, units=9)
    assert [shop.listing(key).id for key in ("TWICE", second, confusing)] == [first, second, confusing]
    shop.place_order([("TWICE", 2)])
    assert (shop.level(first), shop.level(second)) == (3, 7)


def test_a_shop_in_two_processes_gives_no_number_twice(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    script = (
        "import sys; from syncctl.connectors.sandbox.shop import Shop; shop = Shop(sys.argv[1]);"
        "print(*[shop.place_order([('HOOK-BRASS', 1)]) for _ in range(20)])"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", script, path], stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    numbers = [number for process in running for number in process.communicate()[0].split()]
    assert len(numbers) == len(set(numbers)) == 60
    assert Shop(path).level("HOOK-BRASS") == 100 - 60
