"""What of an order reaches its documents beside goods and money: who and where; and how it was paid, where that is no
document of its own. The documents are those that the back office was sent."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from syncctl.connectors.sandbox.bodies import NewLine
from syncctl.connectors.sandbox.books import SandboxBooks
from syncctl.hub.order_rows import delivery_of
from syncctl.model import Address, Document, DocumentKind, Tender
from syncctl.settings import SandboxBooksSettings
from tests.stock_world import StockWorld

LEEDS = {"name": "Ada Byron", "street": "12 Mill Lane", "city": "Leeds", "postal_code": "LS1 1AA", "country": "GB"}
YORK = {"kind": "billing", "company": "Engines Ltd", "street": "1 High Street", "city": "York", "phone": "01904 1"}


@pytest.fixture
def world(tmp_path: Path) -> StockWorld:
    return StockWorld(tmp_path)


@pytest.fixture
def no_payments(monkeypatch: pytest.MonkeyPatch) -> None:
    """A back office in which payments are a part of the sale."""
    real = SandboxBooks.__init__

    def init(books: SandboxBooks, name: str, settings: SandboxBooksSettings, *rest: Any) -> None:
        real(books, name, settings, *rest)
        kinds = frozenset({DocumentKind.SALE, DocumentKind.CREDIT})
        books.abilities = replace(books.abilities, kinds=kinds)

    monkeypatch.setattr(SandboxBooks, "__init__", init)


def sent(world: StockWorld, kind: DocumentKind = DocumentKind.SALE) -> Document:
    """The one document of this kind that the last run sent."""
    [document] = [one for one in world.writes("push_documents") if one.kind == kind]
    return document


def place(world: StockWorld, **words: Any) -> str:
    order_id = world.shop.place_order([("MUG", 2)])
    world.shop.mark(order_id, **words)
    return order_id


def test_e_mail_and_addresses_of_an_order_reach_its_documents(world: StockWorld) -> None:
    order_id = place(world, email="ada@shop.example", shipping_address=LEEDS, billing_address=YORK)
    world.run()
    sale = sent(world)
    assert (sale.email, sale.ship_to, sale.bill_to) == ("ada@shop.example", Address(**LEEDS), Address(**YORK))
    world.shop.refund_all(order_id)
    world.run()
    credit = sent(world, DocumentKind.CREDIT)
    assert (credit.email, credit.ship_to, credit.bill_to) == (sale.email, sale.ship_to, sale.bill_to)


@pytest.mark.parametrize(
    "words",
    [
        {},
        {"email": "a@shop.example"},
        {"shipping_address": LEEDS},
        {"billing_address": YORK},
        {"shipping_address": {}},
        {"shipping_address": {"street": "Flat [2]\n\x1b[31m'\"; --", "city": "Łódź 🍵"}},
    ],
    ids=["nothing", "e-mail", "shipping", "billing", "an empty address", "odd characters"],
)
def test_what_an_order_does_not_say_is_not_made_up(world: StockWorld, words: dict[str, Any]) -> None:
    place(world, **words)
    world.run()
    shipping, billing = (
        Address(**words[name]) if name in words else None for name in ("shipping_address", "billing_address")
    )
    assert (sent(world).email, sent(world).ship_to, sent(world).bill_to) == (words.get("email", ""), shipping, billing)
    assert world.holds() == []


def test_an_address_that_changes_after_booking_is_no_reason_to_hold_the_order(world: StockWorld) -> None:
    order_id = place(world, shipping_address=LEEDS)
    world.run()
    world.shop.mark(order_id, shipping_address=YORK, email="new@shop.example")
    assert world.run().exit_code == 0
    assert world.holds() == []
    assert world.totals() == [("sale", 2000)]


def test_an_address_that_cannot_be_read_holds_its_order_and_no_other(world: StockWorld) -> None:
    odd, sound = place(world, shipping_address="12 Mill Lane"), place(world, shipping_address=LEEDS)
    world.run()
    assert world.holds() == [("order", "unreadable")]
    assert (world.totals(odd), world.totals(sound)) == ([], [("sale", 2000)])
    assert world.level("MUG") == 96, "its units are known"


def test_nothing_is_kept_for_an_order_that_says_nothing() -> None:
    assert delivery_of("") == ("", None, None)


# --- how it was paid -----------------------------------------------------------------------------------------------


def test_where_payments_are_documents_the_sale_names_none(world: StockWorld) -> None:
    place(world)
    world.run()
    assert sent(world).payments == ()
    assert sent(world, DocumentKind.PAYMENT).total == 2000


@pytest.mark.usefixtures("no_payments")
def test_where_payments_are_no_documents_the_sale_says_how_it_was_paid(tmp_path: Path) -> None:
    world = StockWorld(tmp_path, orders={"tenders": {"card": "CC"}, "default_tender": "misc"})
    order_id = world.shop.place_order([("MUG", 2)], financial_status="pending")
    world.shop.pay(order_id, "15.00", gateway="voucher")
    world.shop.pay(order_id, "5.00", gateway="card")
    world.run()
    assert sent(world).payments == (Tender(tender="misc", amount=1500), Tender(tender="CC", amount=500))
    assert world.totals(payments=True) == [("sale", 2000)]
    assert world.run().exit_code == 0
    assert world.writes() == []


@pytest.mark.usefixtures("no_payments")
def test_payments_on_a_sale_are_never_more_than_the_sale(tmp_path: Path) -> None:
    """Its tax may have been left out, and money that went back is none."""
    world = StockWorld(tmp_path, orders={"import_taxes": False})
    order_id = world.shop.place_order([NewLine(sku="MUG", quantity=2, tax="4.00")])
    world.shop.refund(order_id, {world.line_ids(order_id)[0]: 1})
    world.run()
    assert (sent(world).total, sent(world).payments) == (2000, (Tender(tender="web", amount=2000),))
    assert world.totals(payments=True) == [("sale", 2000), ("credit", 1000)]


@pytest.mark.usefixtures("no_payments")
def test_money_that_comes_after_booking_is_no_reason_to_hold_the_order(tmp_path: Path) -> None:
    world = StockWorld(tmp_path, orders={"financial_statuses": ["paid", "partially_paid"]})
    order_id = world.shop.place_order([("MUG", 2)], financial_status="pending")
    world.shop.pay(order_id, "5.00")
    world.run()
    assert sent(world).payments == (Tender(tender="web", amount=500),)
    world.shop.pay(order_id)
    assert world.run().exit_code == 0
    assert world.totals(payments=True) == [("sale", 2000)]
    assert world.holds() == []
