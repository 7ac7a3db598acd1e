"""Stock, prices and shipments as a real Tryton has them."""

import time
from typing import Any

import pytest

from syncctl.connectors.tryton.books import TrytonBooks
from syncctl.errors import CursorLost
from syncctl.model import CustomerKey, StockLevel, Variant
from tests.tryton.client import Client
from tests.tryton.conftest import settings_for
from tests.tryton.hands import Hands
from tests.tryton.server import TrytonServer


@pytest.fixture
def hands(people: Client) -> Hands:
    return Hands(people)


def levels(books: TrytonBooks, cursor: str | None = None) -> tuple[dict[tuple[str, str], StockLevel], str]:
    found, text = {}, ""
    for page in books.fetch_stock(cursor):
        found |= {(level.sku, level.location): level for level in page.records}
        text = page.cursor
    return found, text


def variants(books: TrytonBooks, cursor: str | None = None) -> tuple[dict[str, Variant], str]:
    found, text = {}, ""
    for page in books.fetch_variants(cursor):
        found |= {one.sku: one for one in page.records}
        text = page.cursor
    return found, text


@pytest.mark.parametrize(("falls_on", "available"), [("order", 5), ("shipment", 8)])
def test_what_is_promised_is_available_or_not_and_what_left_is_neither(
    server: TrytonServer, hands: Hands, falls_on: str, available: int
) -> None:
    hands.add_item("CUP", "The cup", "2.50", 10)
    hands.sell("CUP", 2)
    hands.sell("CUP", 3, shipped=False)
    found, _ = levels(TrytonBooks("back-office", settings_for(server, stock_falls_on=falls_on)))
    assert found["CUP", "Warehouse"] == StockLevel("CUP", available, "Warehouse", 8, 3)
    assert set(found) == {("CUP", "Warehouse")}


def test_goods_that_are_still_to_come_are_not_there(server: TrytonServer, hands: Hands) -> None:
    hands.add_item("CUP", "The cup", "2.50", 10)
    product, storage = hands.product("CUP"), hands.warehouses["Warehouse"]["storage_location"]
    (supplier,) = hands.do("stock.location", "search", [["type", "=", "supplier"]], 0, 1)
    move = {"product": product, "unit": 1, "quantity": 50.0, "from_location": supplier, "to_location": storage}
    hands.do("stock.move", "create", [{**move, "company": 1, "currency": 1, "unit_price": 1, "unit": hands._unit}])
    books = TrytonBooks("back-office", settings_for(server))
    assert levels(books)[0]["CUP", "Warehouse"].available == 10
    context = {"locations": [hands.warehouses["Warehouse"]["id"]], "with_childs": True}
    [row] = hands.do("product.product", "read", [product], ["forecast_quantity"], **context)
    assert row["forecast_quantity"] == 60, "which is what must not be believed"


def test_only_what_moved_is_in_the_next_reading_and_a_quiet_one_is_one_call(
    server: TrytonServer, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncctl.connectors.tryton.cursors.OVERLAP_SECONDS", -1)
    hands.add_item("CUP", "The cup", "2.50", 10)
    hands.add_item("BOWL", "The bowl", "2.50", 10)
    hands.warehouse("Annex")
    books = TrytonBooks("back-office", settings_for(server))
    books.page_size = 1
    _, cursor = levels(books)
    asked: list[str] = []
    real = books.rpc._ask

    def counted(method: str, *rest: Any, **more: Any) -> Any:
        asked.append(method)
        return real(method, *rest, **more)

    monkeypatch.setattr(books.rpc, "_ask", counted)
    time.sleep(2)  # Tryton's clock counts on
    found, cursor = levels(books, cursor)
    assert (found, asked) == ({}, ["model.stock.move.search_read"])
    hands.sell("CUP", 1)
    hands.receive("BOWL", 5, location="Annex")
    found, cursor = levels(books, cursor)
    assert {(key, one.available) for key, one in found.items()} == {
        (("CUP", "Warehouse"), 9),
        (("CUP", "Annex"), 0),
        (("BOWL", "Warehouse"), 10),
        (("BOWL", "Annex"), 5),
    }


def test_more_moves_than_can_be_told_make_the_next_reading_a_full_one(
    server: TrytonServer, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands.add_item("CUP", "The cup", "2.50", 10)
    books = TrytonBooks("back-office", settings_for(server))
    _, cursor = levels(books)
    hands.sell("CUP", 1)
    monkeypatch.setattr("syncctl.connectors.tryton.stock._MOST_MOVES", 2)
    with pytest.raises(CursorLost):
        levels(books, cursor)
    assert levels(books)[0]["CUP", "Warehouse"].available == 9


@pytest.mark.parametrize("what", ["begun", "changed", "cancelled", "sent"])
def test_what_is_promised_of_goods_follows_whatever_happens_to_a_promise(
    server: TrytonServer, hands: Hands, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """The delta asks what is promised of what moved alone."""
    monkeypatch.setattr("syncctl.connectors.tryton.cursors.OVERLAP_SECONDS", -1)
    for sku in ("CUP", "BOWL"):
        hands.add_item(sku, f"The {sku}", "2.50", 10)
        hands.sell(sku, 4, shipped=False)
    books = TrytonBooks("back-office", settings_for(server))
    _, cursor = levels(books)
    time.sleep(2)
    [shipment, *_] = hands.do("stock.shipment.out", "search", [["moves.product.code", "=", "CUP"]])
    if what == "begun":
        hands.sell("CUP", 1, shipped=False)
    elif what == "changed":
        [move] = hands.do("stock.shipment.out", "read", [shipment], ["outgoing_moves"])[0]["outgoing_moves"]
        hands.do("stock.shipment.out", "draft", [shipment])
        hands.do("stock.move", "write", [move], {"quantity": 2.0})
    else:
        steps = ("cancel",) if what == "cancelled" else ("assign_force", "pick", "pack", "do")
        for step in steps:
            hands.do("stock.shipment.out", step, [shipment])
    found, _ = levels(books, cursor)
    on_hand, promised = {"begun": (10, 5), "changed": (10, 2), "cancelled": (10, 0), "sent": (6, 0)}[what]
    expected = StockLevel("CUP", on_hand - promised, "Warehouse", on_hand, promised)
    assert found == {("CUP", "Warehouse"): expected} == {("CUP", "Warehouse"): levels(books)[0]["CUP", "Warehouse"]}


def test_a_product_comes_with_its_prices_of_each_list(server: TrytonServer, hands: Hands) -> None:
    hands.add_item("CUP", "The cup", "2.50", 10)
    hands.add_item("ENGRAVING", "Engraving", "5.00", None)
    books = TrytonBooks("back-office", settings_for(server, price_lists=["Trade"]))
    found, cursor = variants(books)
    assert [(one.price_list, one.amount) for one in found["CUP"].prices] == [("", "2.50"), ("Trade", "2.2500")]
    assert (found["CUP"].tracked, found["ENGRAVING"].tracked, found["CUP"].title) == (True, False, "The cup")
    assert [one.sku for one in books.find_variants(["CUP", "cup", "none"])] == ["CUP"]
    hands.set_price("CUP", "3.00")
    assert variants(books, cursor)[0]["CUP"].prices[0].amount == "3.00"
    hands.prices("Trade", {"CUP": "unit_price * 0.5"})
    assert variants(books, cursor)[0]["CUP"].prices[1].amount == "1.5000"


@pytest.mark.parametrize("text", ["²", "-1", "guest:1", "9" * 30])
def test_what_is_no_id_of_tryton_s_is_nobodys(server: TrytonServer, text: str) -> None:
    assert TrytonBooks("back-office", settings_for(server)).find_customers([CustomerKey(id=text)]) == [[]]
