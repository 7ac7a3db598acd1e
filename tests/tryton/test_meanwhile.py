"""What people do in Tryton between two runs is neither missed nor taken back."""

from dataclasses import replace
from pathlib import Path

import pytest

from syncctl.connectors.tryton.lines import BACK, line_id_of, sort_of
from syncctl.model import Address, CustomerKey, DocumentKind, Mismatch, Written
from tests.conformance.back_office_kit import document, line
from tests.conformance.people import change, creation
from tests.tryton.desk import Desk
from tests.tryton.server import USER, TrytonServer
from tests.tryton.world import TrytonWorld


@pytest.fixture
def long_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was done before a run lies so far behind that its readings tell of it no more."""
    monkeypatch.setattr("syncctl.connectors.tryton.cursors.OVERLAP_SECONDS", -1)


def test_units_of_a_shipment_that_was_undone_are_not_sold_again(tmp_path: Path, server: TrytonServer) -> None:
    world = TrytonWorld(tmp_path, server, books={"stock_falls_on": "shipment"})
    world.shop.place_order([("MUG", 2)])
    world.run()
    [sale] = world.people.do.rows("sale.sale", [["web_shop", "!=", None]], "web_id", "shipments")
    world.people.ship(sale["web_id"])
    world.run()
    before = world.shown()["MUG"]
    world.people.do("stock.shipment.out", "cancel", sale["shipments"])
    assert world.shelf("MUG")[0] == (before or 0) + 2, "the goods are on the shelf again"
    world.run()
    assert world.shown()["MUG"] == before, "and they are still promised to whoever bought them"


def test_stock_that_falls_otherwise_from_now_on_is_all_read_anew(
    tmp_path: Path, server: TrytonServer, long_ago: None
) -> None:
    world = TrytonWorld(tmp_path, server, books={"stock_falls_on": "shipment"})
    world.run()
    world.shop.place_order([("MUG", 2)])
    world.run()
    assert (world.shelf("MUG"), world.shown()["MUG"]) == ((100, 2), 98)
    world.change(back_office={**world.sections["back_office"], "stock_falls_on": "order"})
    world.run()
    assert world.shown()["MUG"] == 98


def test_a_warehouse_by_another_name_is_not_counted_twice(tmp_path: Path, server: TrytonServer, long_ago: None) -> None:
    world = TrytonWorld(tmp_path, server)
    world.run()
    warehouse = world.people.warehouses["Warehouse"]["id"]
    world.people.do("stock.location", "write", [warehouse], {"name": "Central"})
    world.people.sell("MUG", 1)
    world.run()
    shown = world.shown()["MUG"]
    world.people.do("stock.location", "write", [warehouse], {"name": "Warehouse"})  # Tryton remembers names for itself
    assert shown == 99


def test_a_customer_who_moves_does_not_turn_away_what_waits_to_be_sent(server: TrytonServer) -> None:
    desk = Desk(server)
    desk.vendor.add_item("CUP", "The cup", "2.50", 10)
    home = Address(name="Ann", street="1 Home", city="Leeds", postal_code="LS1")
    gift = replace(home, name="Bob", street="2 Gift")
    [made] = desk.books.push_customers([creation("Ann", addresses=(home,))])
    assert isinstance(made, Written)
    desk.book(document("order-1", line("1", "CUP", 1), customer_id=made.remote_id, bill_to=home, ship_to=home))
    desk.book(document("order-2", line("1", "CUP", 1), customer_id=made.remote_id, bill_to=home, ship_to=gift))
    away = replace(home, street="3 Away")
    [done] = desk.books.push_customers([change(made.remote_id, addresses=(away,))])
    assert isinstance(done, Written)
    streets = desk.do.rows("stock.shipment.out", [], "delivery_address.street")
    assert [one["delivery_address."]["street"] for one in streets] == ["1 Home", "2 Gift"]
    [found] = desk.books.find_customers([CustomerKey(id=made.remote_id)])[0]
    assert [one.street for one in found.addresses] == ["3 Away"]


def test_what_somebody_typed_since_a_customer_was_read_is_not_written_over(server: TrytonServer) -> None:
    desk = Desk(server)
    [made] = desk.books.push_customers([creation("Ann")])
    assert isinstance(made, Written)
    key = CustomerKey(id=made.remote_id)
    [read] = desk.books.find_customers([key])[0]
    typed = {"type": "email", "value": "typed@mail.example", "party": int(made.remote_id)}
    desk.do("party.contact_mechanism", "create", [typed])
    emails, name = change(made.remote_id, emails=("new@mail.example",)), change(made.remote_id, name="Ann Baker")
    outcomes = desk.books.push_customers([replace(one, expected=read) for one in (emails, name)])
    assert [type(one) for one in outcomes] == [Mismatch, Written], "of what nobody touched there is nothing to ask"
    [found] = desk.books.find_customers([key])[0]
    assert (found.name, found.emails) == ("Ann Baker", ("ann@example.com", "typed@mail.example"))


def test_a_note_that_a_person_wrote_more_into_still_names_its_line() -> None:
    for note in ("web line 7 b", "web line 7 b\nfragile!", "  web line 7 b  \n\nweb line 8", "web line 7 b\r\nfragile"):
        assert line_id_of(note) == "7 b"
    assert (line_id_of("fragile\nweb line 7"), line_id_of("web line 7 (back on the shelf)\nscratched")) == (None, "7")
    assert sort_of("web line 7 (back on the shelf)\nscratched") == BACK


def test_a_payment_is_noted_once_whatever_somebody_writes_into_the_note(server: TrytonServer) -> None:
    desk = Desk(server)
    desk.vendor.add_item("CUP", "The cup", "2.50", 10)
    payment = document("payment-1", kind=DocumentKind.PAYMENT, original="order-1", total=250, tender="CARD")
    desk.book(document("order-1", line("1", "CUP", 1)), payment)
    sale = desk.sale("order-1", "attachments")
    desk.do("ir.attachment", "write", sale["attachments"], {"description": "seen on the statement"})
    desk.book_what_is_absent(payment)
    assert desk.sale("order-1", "attachments")["attachments"] == sale["attachments"]


def test_a_guest_who_was_found_to_be_a_customer_is_that_customer_from_then_on(server: TrytonServer) -> None:
    desk = Desk(server)
    desk.vendor.add_item("CUP", "The cup", "2.50", 10)
    desk.book(document("shop/1/sale/a", line("1", "CUP", 1)))
    guest = desk.sale("shop/1/sale/a", "party")["party"]
    (ann,) = desk.do("party.party", "create", [{"name": "Ann"}])
    desk.vendor.merge_customers(str(guest), into=str(ann))
    desk.book(document("shop/1/sale/b", line("1", "CUP", 2)))
    assert desk.sale("shop/1/sale/b", "party")["party"] == ann


def test_what_another_company_promised_of_a_shared_warehouse_is_theirs(server: TrytonServer) -> None:
    desk = Desk(server)
    desk.vendor.add_item("CUP", "The cup", "2.50", 10)
    (party,) = desk.do("party.party", "create", [{"name": "The other company"}])
    (other,) = desk.do("company.company", "create", [{"party": party, "currency": 1}])
    user = desk.do.one("res.user", [["login", "=", USER]])["id"]
    desk.do("res.user", "write", [user], {"companies": [["add", [other]]], "company_filter": "all"})
    [customer] = desk.do("stock.location", "search", [["type", "=", "customer"]])
    storage = desk.vendor.warehouses["Warehouse"]["storage_location"]
    move = {"product": desk.vendor.product("CUP"), "quantity": 4.0, "unit": desk.vendor._unit, "currency": 1}
    move |= {"from_location": storage, "to_location": customer, "unit_price": 1, "company": other}
    desk.do("stock.move", "create", [move], company=other)
    [page] = desk.books.fetch_stock(None)
    assert [(one.available, one.committed) for one in page.records] == [(10, 0)]
