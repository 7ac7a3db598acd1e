"""The sandbox's commands for customers, through the real command line and files, on either side."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncctl import cli
from syncctl.connectors.sandbox.office import Office
from syncctl.connectors.sandbox.shop import Shop

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
    return Shop(config.parent / "shop.db", demo=False)


@pytest.fixture
def office(config: Path) -> Office:
    return Office(config.parent / "books.db", demo=False)


def test_a_customer_is_made_changed_and_deleted_in_the_only_store(call: Call, shop: Shop) -> None:
    assert call("group", "add", "Trade") == 0
    given = ("--email", "a@example.com", "--phone", "+441134960000", "--group", "Trade", "--tax-exempt")
    assert call("customer", "add", "Ann", *given, "--tax-id", "GB980780684") == 0
    [ann] = shop.customers()
    assert (ann["name"], ann["emails"], ann["phones"]) == ("Ann", ["a@example.com"], ["+441134960000"])
    assert (ann["group"], ann["tax_exempt"], ann["tax_id"]) == ("Trade", True, "GB980780684")
    assert call("customer", "change", ann["id"], "--email", "b@example.com", "--group", "") == 0
    [after] = shop.customers()
    assert (after["emails"], after["phones"], after["group"]) == (["b@example.com"], ["+441134960000"], "")
    assert call("customer", "delete", ann["id"]) == 0
    assert shop.customers() == []


def test_all_of_it_can_be_done_in_the_back_office(call: Call, office: Office, shop: Shop) -> None:
    on = ("--on", "back-office")
    assert call("group", "add", "Staff", *on) == 0
    assert call("customer", "add", "No Contact", "--group", "Staff", *on) == 0
    assert call("customer", "add", "Bob", "--note", "rings twice", *on) == 0
    assert call("consent", "1", "email", "unsubscribed", *on) == 0
    assert call("group", "rename", "Staff", "Team", *on) == 0
    assert [(one.name, one.group) for one in office.customers()] == [("No Contact", "Team"), ("Bob", "")]
    assert call("customer", "merge", "1", "2", *on) == 0
    [bob] = office.customers()
    assert (bob.name, bob.group, [one.state for one in bob.consents]) == ("Bob", "Team", ["unsubscribed"])
    assert call("group", "delete", "Team", *on) == 0
    assert call("consent", "2", "email", "unknown", *on) == 0
    [bob] = office.customers()
    assert (bob.group, bob.consents, office.groups()) == ("", (), [])
    assert shop.customers() == []


def test_a_customer_who_is_known_buys_something(call: Call, shop: Shop) -> None:
    shop.add_listing("MUG", price="1.00", units=5)
    ann = shop.upsert_customer(name="Ann")
    assert call("order", "MUG:2", "--customer", ann) == 0
    [order] = shop.order_ids()
    assert shop.order(order)["customer"]["id"] == ann
    assert call("order", "MUG", "--customer", ann, "--email", "b@example.com") == 2
    assert call("order", "MUG", "--customer", "nobody") == 2
    assert shop.order_ids() == [order]


def test_everybody_is_listed_as_they_stand_on_each_side(
    call: Call, shop: Shop, office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    ann = shop.upsert_customer(name="Ann [/b]\x1b[31m", emails=("a@example.com", "b@example.com"))
    shop.set_consent(ann, "sms", "pending")
    shop.invite(ann)
    shop.register(shop.upsert_customer(name="Reg"))
    office.upsert_customer(name="Carl", phones=("1234",))
    assert call("customers", "--format", "json") == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    by_name: dict[str, Any] = {row["name"]: row for row in rows}
    assert by_name["Ann [/b]\x1b[31m"] == {
        "side": "shop",
        "id": ann,
        "name": "Ann [/b]\x1b[31m",
        "email": "a@example.com, b@example.com",
        "phone": "",
        "group": "",
        "consent": "sms pending",
        "account": "invited",
    }
    assert (by_name["Reg"]["account"], by_name["Carl"]["side"], by_name["Carl"]["phone"]) == (
        "has one",
        "back-office",
        "1234",
    )
    assert call("customers", "--on", "back-office") == 0
    shown = capsys.readouterr().out
    assert "Carl" in shown and "Reg" not in shown and "\x1b" not in shown


@pytest.mark.parametrize(
    "arguments",
    [
        ("customer", "change", "1"),
        ("customer", "change", "999", "--note", "x"),
        ("customer", "delete", "999"),
        ("customer", "add", "Ann", "--group", "Nobody's"),
        ("customer", "add", "Ann", "--on", "elsewhere"),
        ("customer", "merge", "1", "1", "--on", "back-office"),
        ("group", "rename", "none", "other"),
        ("group", "delete", "none", "--on", "back-office"),
        ("group", "add", " "),
        ("consent", "999", "email", "subscribed"),
        ("consent", "1", "post", "subscribed"),
    ],
)
def test_what_cannot_be_done_is_a_usage_error_and_changes_nothing(
    call: Call, shop: Shop, office: Office, arguments: tuple[str, ...]
) -> None:
    office.upsert_customer(name="Carl")
    before = [*shop.customers(), *office.customers(), *shop.groups(), *office.groups()]
    assert call(*arguments) == 2
    assert [*shop.customers(), *office.customers(), *shop.groups(), *office.groups()] == before
