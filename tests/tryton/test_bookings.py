"""Booking sales where Tryton, or those who work in it, have something against it."""

import logging
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from syncctl.connectors.tryton.sayings import without_names
from syncctl.errors import ConfigError, Unreachable
from syncctl.model import Absent, Address, Booked, CustomerKey, DocumentKind, Found, Refused, Tender
from tests.conformance.back_office_kit import document, line
from tests.tryton.desk import Desk, Dies, credit
from tests.tryton.proxy import CountingProxy
from tests.tryton.server import TrytonServer
from tests.tryton.world import TrytonWorld

ORDERS = [document(f"order-{number}", line("1", "CUP", number)) for number in (1, 2, 3)]
CANARY = "Canaria Quill"


@pytest.fixture(scope="module")
def stocked(running: TrytonServer) -> tuple[Path, Desk]:
    running.reset()
    desk = Desk(running)
    desk.vendor.add_item("CUP", "The cup", "2.50", 10)
    desk.books.about()
    return running.keep("bookings"), desk


@pytest.fixture
def desk(running: TrytonServer, stocked: tuple[Path, Desk]) -> Desk:
    running.reset(stocked[0])
    return Desk(running, stocked[1])


def forbid(desk: Desk, model: str, way: str, domain: str) -> int:
    """A rule that somebody made: records may be touched in this way only where they fit."""
    rule = {"name": f"Our rule of {CANARY}", "model": model, "global_p": True, f"perm_{way}": True}
    others = dict.fromkeys({"perm_read", "perm_write", "perm_create", "perm_delete"} - {f"perm_{way}"}, False)
    (made,) = desk.do("ir.rule.group", "create", [{**rule, **others, "rules": [["create", [{"domain": domain}]]]}])
    return int(made)


def booked(desk: Desk) -> list[tuple[str, str]]:
    return [(one["web_id"], one["state"]) for one in desk.do.rows("sale.sale", [], "web_id", "state")]


def test_what_was_begun_of_an_order_and_cannot_be_deleted_holds_that_order_and_no_other(desk: Desk) -> None:
    Dies(desk.books, 2)  # the guests, and the drafts
    with pytest.raises(Unreachable):
        desk.book(*ORDERS)
    assert booked(desk) == [(f"order-{number}", "draft") for number in (1, 2, 3)]
    rule = forbid(desk, "sale.sale", "delete", '[["web_id", "!=", "order-2"]]')
    outcomes = desk.book_what_is_absent(*ORDERS)
    assert [type(one) for one in outcomes] == [Booked, Refused, Booked], outcomes
    assert "cannot be deleted" in str(outcomes[1])
    assert sorted(booked(desk)) == [("order-1", "processing"), ("order-2", "draft"), ("order-3", "processing")]
    desk.do("ir.rule.group", "delete", [rule])
    assert all(isinstance(one, Booked) for one in desk.book_what_is_absent(*ORDERS))
    assert [state for _, state in booked(desk)] == ["processing"] * 3


def test_orders_of_many_lines_are_confirmed_in_calls_that_end_in_time(
    running: TrytonServer, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncctl.connectors.tryton.booking.MOST_LINES", 3)
    orders = [document(f"order-{n}", *(line(str(one), "CUP") for one in range(n))) for n in (2, 1, 4, 3)]
    proxy = CountingProxy(running.port)
    desk = Desk(running, desk, url=proxy.address)
    assert [type(one) for one in desk.book(*orders)] == [Booked] * 4
    counted = proxy.counted()
    proxy.close()
    assert {name: counted[f"sale.sale.{name}"] for name in ("create", "quote", "confirm")} == dict.fromkeys(
        ("create", "quote", "confirm"), 3
    )
    assert desk.units("CUP") == (10, 10)


def test_a_sale_that_tryton_cannot_send_yet_is_not_in_the_books_yet(desk: Desk) -> None:
    """Tryton confirms in one transaction, and makes what is to be sent in another, later one, which may fail."""
    ann, bob = desk.do("party.party", "create", [{"name": "Ann"}, {"name": "Bob"}])
    place = desk.do.one("party.party", [["id", "=", ann]], "customer_location")["customer_location"]
    desk.do("party.party", "write", [ann], {"customer_location": None})
    orders = [replace(ORDERS[0], customer_id=str(ann)), replace(ORDERS[1], customer_id=str(bob))]
    outcomes = desk.book(*orders)
    assert [type(one) for one in outcomes] == [Refused, Booked], outcomes
    assert "customer location" in str(outcomes[0])
    assert desk.units("CUP") == (10, 2)
    assert isinstance(desk.again().find_documents(["order-1"], DocumentKind.SALE)[0], Absent)
    desk.do("party.party", "write", [ann], {"customer_location": place})
    assert [type(one) for one in desk.book_what_is_absent(*orders)] == [Booked]
    assert (desk.units("CUP"), booked(desk)) == ((10, 3), [("order-1", "processing"), ("order-2", "processing")])


def test_a_guest_or_an_address_that_tryton_does_not_take_holds_that_order_and_no_other(desk: Desk) -> None:
    (ann,) = desk.do("party.party", "create", [{"name": "Ann"}])
    forbid(desk, "party.party", "create", '[["name", "!=", "Mallory"]]')
    forbid(desk, "party.address", "create", '[["city", "!=", "Nowhere"]]')
    orders = [
        ORDERS[0],
        replace(ORDERS[1], bill_to=Address(name="Mallory", city="York")),
        replace(ORDERS[2], customer_id=str(ann), ship_to=Address(name="Ann", city="Nowhere")),
        document("order-4", line("1", "CUP"), customer_id=str(ann), ship_to=Address(name="Ann", city="York")),
    ]
    outcomes = desk.book(*orders)
    assert [type(one) for one in outcomes] == [Booked, Refused, Refused, Booked], outcomes
    assert [web_id for web_id, _ in booked(desk)] == ["order-1", "order-4"]


def test_a_payment_term_that_is_not_there_stops_before_anything_is_written(running: TrytonServer, desk: Desk) -> None:
    before = len(desk.do.rows("party.party", []))
    with pytest.raises(ConfigError, match="no payment term 'Never'") as caught:
        Desk(running, desk, payment_term="Never").book(*ORDERS)
    assert "back_office.payment_term" in caught.value.hint
    assert (len(desk.do.rows("party.party", [])), booked(desk)) == (before, [])
    assert isinstance(Desk(running, desk, payment_term="At once").book(ORDERS[0])[0], Booked)
    assert desk.sale("order-1", "payment_term.name")["payment_term."]["name"] == "At once"


def test_without_a_payment_term_in_the_settings_the_customer_s_own_is_used(desk: Desk) -> None:
    (term,) = desk.do("account.invoice.payment_term", "search", [["name", "=", "At once"]])
    ann, bob = desk.do("party.party", "create", [{"name": "Ann"}, {"name": "Bob"}])
    desk.do("party.party", "write", [ann], {"customer_payment_term": term})
    desk.book(replace(ORDERS[0], customer_id=str(ann)), replace(ORDERS[1], customer_id=str(bob)))
    assert desk.sale("order-1", "payment_term")["payment_term"] == term
    assert desk.sale("order-2", "payment_term")["payment_term"] is None


def test_what_was_paid_stands_on_the_sale_to_the_penny(desk: Desk) -> None:
    big = 90_071_992_547_409_93  # a penny more than a binary fraction holds
    order = replace(ORDERS[0], payments=(Tender(tender="CARD", amount=big), Tender(tender="CASH", amount=5)))
    assert isinstance(desk.book(order)[0], Booked)
    assert desk.sale("order-1", "comment")["comment"] == "Paid: CARD 90071992547409.93\nPaid: CASH 0.05"


def test_taxes_that_are_set_on_goods_in_tryton_are_not_added_to_what_the_shop_took(desk: Desk) -> None:
    account = desk.do("account.account", "search", [["type.statement", "=", "balance"]], 0, 1)[0]
    values = {"name": "VAT", "description": "VAT 20%", "type": "percentage", "rate": Decimal("0.2")}
    accounts = {"invoice_account": account, "credit_note_account": account}
    (tax,) = desk.do("account.tax", "create", [{**values, **accounts, "company": 1}])
    (goods,) = desk.do("product.category", "search", [["name", "=", "Goods"]])
    desk.do("product.category", "write", [goods], {"customer_taxes": [["add", [tax]]]})
    assert isinstance(desk.book(ORDERS[1])[0], Booked)
    sale = desk.sale("order-2", "untaxed_amount", "tax_amount", "total_amount", "invoices")
    assert (sale["untaxed_amount"], sale["tax_amount"], sale["total_amount"]) == (5, 0, 5)
    [invoice] = desk.do("account.invoice", "read", sale["invoices"], ["total_amount"])
    assert invoice["total_amount"] == 5


def test_goods_that_are_sold_by_the_dozen_are_booked_in_the_unit_that_they_are_kept_in(
    running: TrytonServer, desk: Desk
) -> None:
    [unit] = desk.do.rows("product.uom", [["name", "=", "Unit"]], "category")
    dozen = {"name": "Dozen", "symbol": "dz", "category": unit["category"], "factor": 12.0, "rate": 1 / 12}
    (made,) = desk.do("product.uom", "create", [{**dozen, "rounding": 0.01, "digits": 2, "rate": round(1 / 12, 12)}])
    desk.do("product.template", "write", [desk.vendor.template("CUP")], {"sale_uom": made})
    assert isinstance(desk.book(ORDERS[2])[0], Booked)
    assert desk.units("CUP") == (10, 3)
    desk = Desk(running, desk, price_lists=["Retail"])
    prices = {one.price_list: one.amount for one in desk.books.find_variants(["CUP"])[0].prices}
    assert {name: Decimal(amount) for name, amount in prices.items()} == {"": Decimal("2.5"), "Retail": Decimal("2.5")}


def test_who_was_merged_stands_as_who_is_left_and_who_is_out_of_use_is_named(desk: Desk) -> None:
    names = ["Ann", "Ann again", "Bob"]
    ann, again, bob = desk.do("party.party", "create", [{"name": name} for name in names])
    desk.vendor.merge_customers(str(again), into=str(ann))
    desk.do("party.party", "write", [bob], {"active": False})
    outcomes = desk.book(
        replace(ORDERS[0], customer_id=str(again)), replace(ORDERS[1], customer_id=str(bob)), ORDERS[2]
    )
    assert [type(one) for one in outcomes] == [Booked, Refused, Booked], outcomes
    assert isinstance(outcomes[1], Refused) and outcomes[1].reason == "unknown_customer"
    assert desk.sale("order-1", "party")["party"] == ann


def test_goods_that_are_out_of_use_are_unknown_before_anything_is_made(desk: Desk) -> None:
    desk.vendor.deactivate_item("CUP")
    [outcome] = desk.book(ORDERS[0])
    assert isinstance(outcome, Refused) and outcome.reason == "unknown_sku"
    assert (booked(desk), desk.do.rows("party.party", [["code", "like", "guest-%"]])) == ([], [])


ODD = ["order_1", "order%1", 'it\'s "x"', "back\\slash", "[é€],…", "Order_1"]


def test_references_and_lines_with_odd_letters_are_found_exactly(desk: Desk) -> None:
    wanted = [document(reference, line("gid://shop/Line 1, (a) 'b'", "CUP")) for reference in ODD]
    assert [type(one) for one in desk.book(*wanted)] == [Booked] * len(ODD)
    found = desk.again().find_documents([*ODD, "orderx1", "ORDER_1", "order"], DocumentKind.SALE)
    assert [type(one) for one in found] == [Found] * len(ODD) + [Absent] * 3
    assert [one.reference for one in found[: len(ODD)]] == ODD
    back = [credit(f"{one.reference}/credit", one.reference, *one.lines) for one in wanted[:3]]
    assert [type(one) for one in desk.book(*back)] == [Booked] * 3
    assert desk.units("CUP") == (10, 3)


def test_an_address_with_letters_that_mean_more_in_a_search_is_found_as_it_is(desk: Desk) -> None:
    values = ["a_b@mail.example", "axb@mail.example", "a%b@mail.example", "a\\_b@mail.example"]
    for value in values:
        contact = ["create", [{"type": "email", "value": value}]]
        desk.do("party.party", "create", [{"name": value, "contact_mechanisms": [contact]}])
    asked = [*values, "A_B@MAIL.example", "ab@mail.example"]
    found = desk.books.find_customers([CustomerKey(email=one) for one in asked])
    assert [[one.name for one in some] for some in found] == [*([one] for one in values), [values[0]], []]


def test_whom_tryton_names_in_a_refusal_is_named_nowhere(
    tmp_path: Path, server: TrytonServer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    world = TrytonWorld(tmp_path, server, customers={"trigger": "any"})
    customer = world.shop.upsert_customer(name=CANARY, emails=["quill@canaria.example"])
    world.shop.place_order([("MUG", 1)], customer=customer)
    assert world.run().exit_code == 0
    world.shop.place_order([("MUG", 1)], customer=customer)
    [party] = world.people.do("party.party", "search", [["name", "=", CANARY]])
    world.people.do("party.party", "write", [party], {"customer_location": None})
    report = world.run()
    [message] = world.messages()
    assert "customer location" in message, "what to do is still said"
    journal = [str(row) for row in world.rows("SELECT * FROM journal")]
    told = [message, repr(report), caplog.text, *capfd.readouterr(), *journal]
    assert not [text for text in told for word in ("Canaria", "Quill") if word.casefold() in text.casefold()]


SAYINGS = {
    'The value "Ann "Annie" Archer" for field "Code" in record "Ann, Archer" of "Party" is not valid.': (
        'The value … for field "Code" in record … of "Party" is not valid.'
    ),
    'To get a quote for sale "12 [#1001]" you must enter an invoice address.': (
        'To get a quote for sale "12 [#1001]" you must enter an invoice address.'
    ),
    'The party "Ann Archer" has the same e-mail "ann@mail.example".': "The party … has the same e-mail ….",
    "Could not find 'Ann Archer' in \"Party\".": 'Could not find … in "Party".',
    "Le parti « Ann Archer » n'est pas là": "Le parti … n'est pas là",
    "Die Partei „Ann Archer“ fehlt": "Die Partei … fehlt",
    'A value "Ann that never ends': "A value …",
}


@pytest.mark.parametrize(("said", "left"), SAYINGS.items())
def test_of_what_tryton_says_its_own_words_are_left(said: str, left: str) -> None:
    assert without_names(said) == left


def test_a_person_s_name_with_the_words_of_tryton_in_it_is_left_out_all_the_same() -> None:
    for name in ("Ann' of 'Archer", 'Ann "" Archer', "O'Brien"):
        said = without_names(f'The party "{name}" is not there.')
        assert not [word for word in ("Ann", "Archer", "Brien") if word in said], said
