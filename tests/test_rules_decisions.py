"""What becomes of an order, and whether its units count: every reason has its name."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncctl.model import FINANCIAL_STATES, FULFILMENT_STATES, Charge, Order, OrderKind, Refund
from syncctl.rules.decisions import counts_against_stock, decide, settings_hash
from syncctl.settings import OrderSettings
from tests.fakes.orders import LATER, PLACED, a_line, an_order, orders


def settings(**changes: Any) -> OrderSettings:
    return OrderSettings.model_validate({"book_from": "2020-01-01", **changes})


def verdict(order: Order, *, has_documents: bool = False, **changes: Any) -> tuple[str, str]:
    found = decide(order, settings(**changes), has_documents=has_documents)
    return found.decision, found.reason


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("book", "")),
        ({"placed_at": PLACED.replace(year=2019)}, ("history", "before book_from")),
        ({"test": True}, ("left_out", "test order")),
        ({"channel": "pos"}, ("left_out", "channel pos")),
        ({"kind": "adjustment"}, ("left_out", "adjustment")),
        ({"kind": "stock_note"}, ("left_out", "stock note")),
        ({"financial_status": "pending"}, ("left_out", "financial status pending")),
        ({"financial_status": "pending", "cancelled_at": LATER}, ("book", "")),
        ({"financial_status": "on-the-moon"}, ("held", "unknown status")),
        ({"fulfilment_status": "with-the-framer"}, ("held", "unknown status")),
        ({"kind": "barter"}, ("held", "unknown kind")),
        ({"problems": ("line 1: price is no amount",)}, ("held", "unreadable")),
        ({"lines": ()}, ("held", "no lines")),
        ({"lines": (), "charges": (Charge(kind="gift_card", title="", amount=2000),)}, ("book", "")),
        ({"lines": (), "charges": (Charge(kind="gift_card", title="", amount=-2000),)}, ("held", "no lines")),
        ({"lines": (a_line(quantity=0, amount=0),)}, ("held", "bad quantity")),
        ({"lines": (a_line(quantity=-1, amount=-1000),)}, ("held", "bad quantity")),
        ({"kind": "return"}, ("held", "bad quantity")),
        ({"lines": (a_line(sku=None),)}, ("held", "missing SKU")),
        ({"charges": (Charge(kind="discount", title="", amount=-2001),)}, ("held", "negative total")),
        ({"total": 1999}, ("held", "totals differ")),
        ({"refunds": (Refund(id="R", total=5),)}, ("held", "totals differ")),
    ],
)
def test_every_reason_has_its_name(changes: dict[str, Any], expected: tuple[str, str]) -> None:
    assert verdict(an_order(**changes)) == expected


@pytest.mark.parametrize(
    ("changes", "options", "expected"),
    [
        ({}, {"import_sales": False}, ("left_out", "import_sales is off")),
        ({"test": True}, {"book_test_orders": True}, ("book", "")),
        ({"channel": "pos"}, {"skip_channels": []}, ("book", "")),
        ({"financial_status": "pending"}, {"financial_statuses": ["pending"]}, ("book", "")),
        ({"financial_status": "on-the-moon"}, {"financial_statuses": ["on-the-moon"]}, ("book", "")),
        ({"fulfilment_status": "with-the-framer"}, {"fulfilment_statuses": ["with-the-framer"]}, ("book", "")),
        ({}, {"fulfilment_statuses": ["fulfilled"]}, ("left_out", "fulfilment status unfulfilled")),
        ({"lines": (a_line(sku=None),)}, {"unknown_sku": "placeholder"}, ("book", "")),
        ({"lines": (a_line(sku=None),)}, {"unknown_sku": "create"}, ("held", "missing SKU")),
        ({"lines": (a_line(amount=0),)}, {"zero_value": "book"}, ("book", "")),
        ({"lines": (a_line(amount=0),)}, {"zero_value": "leave_out"}, ("left_out", "zero value")),
    ],
)
def test_the_settings_decide(changes: dict[str, Any], options: dict[str, Any], expected: tuple[str, str]) -> None:
    assert verdict(an_order(**changes), **options) == expected


def test_goods_that_a_discount_makes_free_are_no_order_without_value() -> None:
    free = an_order(charges=(Charge(kind="discount", title="", amount=-2000),))
    assert verdict(free, zero_value="leave_out") == ("book", "")


@pytest.mark.parametrize("changes", [{"lines": (a_line(amount=0, tax=100),)}, {"charges": "up and down"}])
def test_an_order_of_which_anything_costs_something_is_not_without_value(changes: dict[str, Any]) -> None:
    charges = (Charge(kind="shipping", title="", amount=300), Charge(kind="discount", title="", amount=-300))
    if "charges" in changes:
        changes = {"charges": charges, "lines": (a_line(amount=0),)}
    assert verdict(an_order(**changes), zero_value="leave_out") == ("book", "")


@pytest.mark.parametrize(
    ("changes", "reason", "message"),
    [
        (
            {"financial_status": "wibble" * 20},
            "unknown status",
            f"its financial status '{('wibble' * 20)[:60]}' is not one that syncctl knows; list it under "
            "orders.financial_statuses if such orders are to be booked, or say what it counts as under the store's "
            "`statuses`, if it has these",
        ),
        (
            {"fulfilment_status": "with-the-framer"},
            "unknown status",
            "its fulfilment status 'with-the-framer' is not one that syncctl knows; list it under "
            "orders.fulfilment_statuses if such orders are to be booked, or say what it counts as under the store's "
            "`statuses`, if it has these",
        ),
        (
            {"kind": "barter" * 20},
            "unknown kind",
            f"it is of a kind that syncctl does not know: '{('barter' * 20)[:60]}'",
        ),
        ({"problems": ("one", "two", "three", "four", "five", "six")}, "unreadable", "one; two; three; four; five"),
        ({"problems": ("one",), "units_known": False}, "unreadable units", "one"),
        ({"problems": ("one",), "fractional": True}, "fractional quantity", "one"),
        ({"lines": ()}, "no lines", "it has no line items"),
        ({"lines": (a_line(), a_line(2, quantity=0, amount=0))}, "bad quantity", "line 2 has quantity 0"),
        ({"lines": (a_line(quantity=1), a_line(2, quantity=-3, amount=0))}, "bad quantity", "line 2 has quantity -3"),
        (
            {"kind": "return", "lines": (a_line(quantity=-1), a_line(2, quantity=0, amount=0))},
            "bad quantity",
            "line 2 has quantity 0",
        ),
        ({"lines": (a_line(), a_line(2, sku=""))}, "missing SKU", "line 2 has no SKU"),
        (
            {"charges": (Charge(kind="discount", title="", amount=-2001),)},
            "negative total",
            "its total is -1 minor units of GBP",
        ),
        (
            {"total": 1999},
            "totals differ",
            "lines and charges 2000 + tax 0 = 2000, but the total is 1999 (minor units of GBP)",
        ),
    ],
)
def test_a_held_order_says_what_is_wrong_with_it(changes: dict[str, Any], reason: str, message: str) -> None:
    found = decide(an_order(**changes), settings())
    assert (found.decision, found.reason, found.message) == ("held", reason, message)


@given(orders(), st.sampled_from(sorted(FINANCIAL_STATES)), st.sampled_from(sorted(FULFILMENT_STATES)))
def test_an_order_in_the_books_is_never_left_out_by_the_filter(order: Order, financial: str, fulfilment: str) -> None:
    order = replace(order, financial_status=financial, fulfilment_status=fulfilment, channel="pos", test=True)
    assert verdict(order, has_documents=True) == ("book", "")
    assert verdict(order)[0] == "left_out"


def test_an_order_in_the_books_without_a_sku_is_held_unless_there_is_a_placeholder_for_it() -> None:
    order = an_order(lines=(a_line(sku=None),))
    assert verdict(order, has_documents=True, unknown_sku="placeholder") == ("book", "")
    assert verdict(order, has_documents=True, unknown_sku="hold") == ("held", "missing SKU")


@given(orders(), st.integers(-100_000, 100_000))
def test_an_order_is_booked_exactly_if_its_money_adds_up(order: Order, off: int) -> None:
    expected = "book" if off == 0 else "held"
    booked = {"has_documents": order.cancelled_at is not None}  # a cancelled one that is nowhere books nothing
    assert verdict(replace(order, total=order.total + off), **booked)[0] == expected
    refunds = tuple(replace(refund, total=refund.total + off) for refund in order.refunds)
    assert verdict(replace(order, refunds=refunds), **booked)[0] == ("held" if refunds and off else "book")


def test_a_cancelled_order_that_may_be_booked_is_looked_for_whatever_is_odd_about_it() -> None:
    order = an_order(cancelled_at=LATER, total=1, lines=(a_line(quantity=-2),))
    assert verdict(order) == ("book", "")
    assert verdict(order, has_documents=True)[0] == "held"


@given(orders(), st.text(max_size=20), st.text(max_size=20), st.booleans())
def test_no_word_of_a_store_makes_an_order_vanish(order: Order, kind: str, status: str, closed: bool) -> None:
    """Whatever a plug-in writes, the order is booked, held or left out, for a reason that is written down."""
    found = decide(replace(order, kind=kind, financial_status=status, closed=closed), settings())
    assert found.decision in ("book", "held", "left_out")
    assert bool(found.reason) == (found.decision != "book")
    assert bool(found.message) == (found.decision == "held")


def test_history_is_history_to_the_instant() -> None:
    at = settings(book_from=PLACED.isoformat())
    assert decide(an_order(), at).decision == "book"
    assert decide(an_order(placed_at=PLACED - timedelta(milliseconds=1)), at).decision == "history"


# --- what counts against stock -------------------------------------------------------------------------------------


def counts(order: Order, **changes: Any) -> bool:
    return counts_against_stock(order, decide(order, settings(**changes)))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"closed": True}, True),
        ({"financial_status": "pending"}, True),
        ({"financial_status": "pending", "closed": True}, False),
        ({"financial_status": "wibble"}, True),
        ({"test": True}, True),
        ({"channel": "pos"}, True),
        ({"total": 1}, True),
        ({"kind": "barter"}, True),
        ({"cancelled_at": LATER}, False),
        ({"placed_at": PLACED.replace(year=2019)}, False),
        ({"kind": OrderKind.RETURN, "lines": (a_line(quantity=-2, amount=-2000),)}, False),
        ({"kind": OrderKind.STOCK_NOTE}, False),
    ],
)
def test_everything_open_that_was_sold_counts_and_history_never_does(changes: dict[str, Any], expected: bool) -> None:
    assert counts(an_order(**changes)) is expected


# --- the filter's hash ---------------------------------------------------------------------------------------------


def test_the_hash_changes_with_whatever_decides_and_with_nothing_else() -> None:
    deciding = [
        {"book_from": "2021-01-01"},
        {"import_from": "2019-01-01"},
        {"import_sales": False},
        {"financial_statuses": ["paid"]},
        {"fulfilment_statuses": ["fulfilled"]},
        {"skip_channels": []},
        {"book_test_orders": True},
        {"zero_value": "leave_out"},
        {"unknown_sku": "placeholder"},
    ]
    hashes = {settings_hash(settings(**changes)) for changes in deciding}
    assert len(hashes) == len(deciding) and settings_hash(settings()) not in hashes
    assert settings_hash(settings(store_number=7, default_tender="x")) == settings_hash(settings())
    assert {len(one) for one in hashes} == {16}
