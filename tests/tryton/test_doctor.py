"""What `doctor` finds in a real Tryton."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest

from syncctl.connectors.tryton.books import TrytonBooks
from syncctl.model import Finding
from tests.tryton.client import Client
from tests.tryton.conftest import settings_for
from tests.tryton.hands import Hands
from tests.tryton.server import TrytonServer

ALL_SET = {"price_lists": ["Retail", "Trade"], "payment_term": "At once", "stock_falls_on": "shipment"}
GROUPS = ("Sales", "Sales Administrator", "Stock")
Ask = Callable[..., list[Finding]]


@pytest.fixture
def ask(server: TrytonServer) -> Ask:
    """What doctor finds with these settings."""

    def asked(**more: object) -> list[Finding]:
        return list(TrytonBooks("back-office", settings_for(server, **more)).examine())

    return asked


def user(people: Client, *groups: str, **more: object) -> dict[str, str]:
    """Make a user with these groups; as settings."""
    known = [["name", "in", [*GROUPS, *groups]]]
    ids = {one["name"]: one["id"] for one in people.rows("res.group", known, "name")}
    made = people("res.user", "create", [{"name": "A clerk", "login": "clerk", "password": "clerk-pw", **more}])
    others = [ids[name] for name in ids if name not in groups]
    for step in (["add", list(ids.values())], ["remove", others]):  # Tryton forgets the clerk of another test by it
        people("res.user", "write", made, {"groups": [step]})
    return {"user": "clerk", "password": "clerk-pw"}


def texts(findings: list[Finding], level: str) -> list[str]:
    return [one.text for one in findings if one.level == level]


def test_a_tryton_that_is_set_up_passes(ask: Ask) -> None:
    found = ask(**ALL_SET)
    assert texts(found, "fail") == texts(found, "warn") == []
    said = "\n".join(texts(found, "ok"))
    for word in ("Example Retail", "GBP", "8.2", "Warehouse", "Trade", "At once", "TAX", "every right"):
        assert word in said, word
    [about] = [one.about for one in found if one.about]
    assert about.identity and about.currency == "GBP"
    assert about.server_time is not None


def test_it_makes_eight_calls_at_most_and_writes_nothing(server: TrytonServer, monkeypatch: pytest.MonkeyPatch) -> None:
    books = TrytonBooks("back-office", settings_for(server, **ALL_SET))
    calls: list[str] = []
    send = books.rpc.http.send

    def counted(*arguments: Any, **more: Any) -> object:
        calls.append(str(arguments[1]))
        assert more["reads"] is True
        return send(*arguments, **more)

    monkeypatch.setattr(books.rpc.http, "send", counted)
    before = written(server)
    assert len(list(books.examine())) > 8
    assert 3 < len(calls) <= 8
    assert written(server) == before


def written(server: TrytonServer) -> dict[str, int]:
    """How many records there are of each kind that people make."""
    tables = (
        "sale_sale",
        "sale_line",
        "party_party",
        "party_address",
        "stock_move",
        "product_product",
        "ir_attachment",
    )
    with closing(sqlite3.connect(server.path)) as there:
        return {one: there.execute(f'SELECT count(*) FROM "{one}"').fetchone()[0] for one in tables}


def test_a_server_that_is_away_is_one_finding(ask: Ask) -> None:
    [found] = ask(url="http://127.0.0.1:9")
    assert (found.level, found.exit_code, found.subject) == ("fail", 3, "back-office")


def test_a_user_whom_it_does_not_know_is_one_finding_that_names_the_settings(ask: Ask) -> None:
    [found] = ask(user="admin2")
    assert (found.level, found.exit_code) == ("fail", 4)
    assert "does not let 'admin2' into the database 'retail'" in found.text and "back_office" in found.fix


def test_a_web_shop_that_is_not_there_is_named(ask: Ask) -> None:
    found = ask(web_shop="other")
    assert [one.exit_code for one in found if one.level == "fail"] == [2]
    assert "no web shop 'other'" in texts(found, "fail")[0]


@pytest.mark.parametrize("module", ["sale_shipment_cost", "sale_price_list"])
def test_a_module_that_is_not_activated_is_named_where_it_is_needed(
    ask: Ask, server: TrytonServer, module: str
) -> None:
    with closing(sqlite3.connect(server.path, timeout=30)) as there, there:
        there.execute("UPDATE ir_module SET state = 'not activated' WHERE name = ?", [module])
    [fail] = texts(ask(**ALL_SET), "fail")
    assert fail == f"modules that are needed are not activated: {module}"
    assert bool(texts(ask(), "fail")) == (module != "sale_price_list"), "without price lists it is not needed"


def test_another_version_is_a_warning(ask: Ask, server: TrytonServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncctl.connectors.tryton.examine.VERSION", "8.0")
    [warning] = texts(ask(), "warn")
    assert warning.startswith("is version 8.2.")


def test_a_user_with_the_groups_that_are_named_is_enough(ask: Ask, people: Client) -> None:
    found = ask(**user(people, *GROUPS), **ALL_SET)
    assert texts(found, "fail") == texts(found, "warn") == []
    [note] = [one for one in found if "party.category" in one.text]
    assert note.level == "ok" and "Party Administration" in note.fix


@pytest.mark.parametrize(
    ("groups", "lacking"),
    [
        ((), {"sale.sale", "sale.line", "stock.move", "stock.shipment.out"}),
        (("Stock",), {"sale.sale", "sale.line"}),
        (("Sales",), {"stock.move", "stock.shipment.out"}),
    ],
)
def test_each_right_that_is_missing_names_its_model_and_what_does_not_work(
    ask: Ask, people: Client, groups: tuple[str, ...], lacking: set[str]
) -> None:
    fails = [one for one in ask(**user(people, *groups)) if one.level == "fail"]
    named = {word.rstrip(":") for one in fails for word in one.text.split() if word.rstrip(":") in lacking}
    assert named == lacking and {"Sales", "Stock"} <= set(fails[0].fix.replace(",", "").split())
    assert {one.exit_code for one in fails} == {4}


def test_a_user_who_is_no_sales_administrator_is_a_warning(ask: Ask, people: Client) -> None:
    found = ask(**user(people, "Sales", "Stock"))
    [warning] = [one for one in found if one.level == "warn"]
    assert "taken off what is to be sent" in warning.text and "Sales Administrator" in warning.fix
    assert texts(found, "fail") == []


def test_a_user_without_the_company_sees_no_web_shop(ask: Ask, people: Client) -> None:
    found = ask(**user(people, *GROUPS, company=None, companies=[["remove", [1]]]))
    [fail] = [one for one in found if one.level == "fail"]
    assert "that this user may see" in fail.text and "company" in fail.fix


@pytest.mark.parametrize(
    ("setting", "value"), [("payment_term", "Some day"), ("price_lists", ["Retail", "Nobody's"]), ("tax_item", "NONE")]
)
def test_what_the_settings_name_and_is_not_there_is_a_matter_of_settings(
    ask: Ask, setting: str, value: str | list[str]
) -> None:
    [fail] = [one for one in ask(**{setting: value}) if one.level == "fail"]
    assert fail.exit_code == 2 and f"back_office.{setting}" in fail.fix
    assert (value if isinstance(value, str) else value[-1]) in fail.text


def test_two_price_lists_of_one_name_are_told_apart_by_nobody(ask: Ask, people: Client) -> None:
    values = {"name": "Trade", "company": 1, "unit": "product_default", "price": "list_price"}
    people("product.price_list", "create", [values])
    [fail] = texts(ask(price_lists=["Trade"]), "fail")
    assert "2" in fail and "'Trade'" in fail


def test_goods_are_no_item_for_taxes_and_no_item_is_a_warning(ask: Ask, people: Client) -> None:
    Hands(people).add_item("CUP", "A cup", "2.50", 1)
    [fail] = texts(ask(tax_item="CUP"), "fail")
    assert "'CUP'" in fail and "service" in fail
    [warning] = [one for one in ask(tax_item="") if one.level == "warn"]
    assert "back_office.tax_item" in warning.fix


def test_products_without_a_code_are_counted(ask: Ask, people: Client) -> None:
    unit = people.one("product.uom", [["name", "=", "Unit"]])["id"]
    template = {"type": "goods", "default_uom": unit, "sale_uom": unit, "salable": True, "list_price": Decimal(1)}
    for name in ("One", "Two"):
        people("product.template", "create", [{**template, "name": name, "products": [["create", [{}]]]}])
    [warning] = texts(ask(), "warn")
    assert warning.startswith("2 products that are sold have no code")
