"""A WooCommerce order in our words: its money, its statuses, who bought it."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from syncctl.connectors.woocommerce.order_words import Manners, read_order
from syncctl.model import Address, Charge, Order, OrderKind, Payment, Unreadable
from syncctl.rules.totals import order_problem
from tests.connectors.woo_bodies import ADDRESS, NOWHERE, back, line, order, read, refund, with_refunds

CONTRACTS = Path(os.environ.get("SYNCCTL_CONTRACTS", Path(__file__).parents[3] / "shared" / "contracts"))
EXAMPLES = sorted((CONTRACTS / "woocommerce" / "examples").glob("orders__*.json"))


def charges(found: Order) -> list[tuple[str, int, int]]:
    return [(charge.kind, charge.amount, charge.tax) for charge in found.charges]


# --- the vendor's own examples ----------------------------------------------------------------------------------------


@pytest.mark.skipif(not EXAMPLES, reason="the vendor's examples are not here")
def test_each_of_the_vendors_orders_is_read_and_adds_up() -> None:
    bodies = [body for path in EXAMPLES for body in bodies_in(json.loads(path.read_text()))]
    assert len(bodies) >= 6
    for body in bodies:
        found = read(body)
        assert found.problems == (), found.problems
        assert order_problem(found) is None
        assert [each.quantity for each in found.lines] == [each["quantity"] for each in body["line_items"]]


def bodies_in(found: Any) -> list[dict[str, Any]]:
    """Every order in an example that tells what it was made of."""
    if isinstance(found, list):
        return [body for each in found for body in bodies_in(each)]
    if isinstance(found, dict) and "line_items" in found:
        gone = {"refunds": [], "line_items": found["line_items"]}
        return [found | gone] if "id" in found and not found.get("refunds") else []
    return [body for each in found.values() for body in bodies_in(each)] if isinstance(found, dict) else []


# --- money ------------------------------------------------------------------------------------------------------------


def test_lines_are_net_and_what_a_coupon_took_is_a_discount_of_its_line() -> None:
    mug = line(2, "20.000000", subtotal_tax="4.000000", total="17.000000", total_tax="3.400000", price="8.5")
    found = read(order(mug, line(1, "5.000000"), total="25.400000", coupon_lines=[{"code": "SPRING", "discount": "3"}]))
    assert [(one.amount, one.tax, one.unit_price) for one in found.lines] == [(2000, 400, "10"), (500, 0, "5")]
    assert found.charges == (Charge(kind="discount", title="SPRING", amount=-300, tax=-60, line_id=str(mug["id"])),)
    assert (found.total, found.tax, order_problem(found), found.problems) == (2540, 340, None, ())


def test_unit_prices_include_tax_where_the_shops_do_and_amounts_never() -> None:
    mug = line(3, "8.264463", subtotal_tax="1.735537")
    found = read(order(mug, total="10.00", prices_include_tax=True))
    assert (found.tax_included, found.lines[0].unit_price) == (True, "3.333333")
    assert (found.lines[0].amount, found.lines[0].tax) == (826, 174)
    assert order_problem(found) is None


def test_shipping_and_fees_are_charges_with_their_tax() -> None:
    found = read(
        order(
            line(1, "5.000000"),
            total="9.44",
            shipping_lines=[{"id": 8, "method_title": "Flat rate", "total": "4.950000", "total_tax": "0.990000"}],
            fee_lines=[{"id": 9, "name": "Deposit back", "total": "-1.500000", "total_tax": ""}],
        )
    )
    assert charges(found) == [("shipping", 495, 99), ("fee", -150, 0)]
    assert [charge.title for charge in found.charges] == ["Flat rate", "Deposit back"]
    assert order_problem(found) is None


def test_what_rounding_left_is_a_charge_and_more_is_none() -> None:
    thirds = [line(1, "3.333333") for _ in range(3)]
    found = read(order(*thirds, total="10.00"))
    assert charges(found) == [("rounding", 1, 0)]
    assert order_problem(found) is None
    far = read(order(*thirds, total="10.10"))
    assert charges(far) == []
    assert "1010" in (order_problem(far) or "")


def test_yen_have_no_places_and_the_shop_may_write_them_all_the_same() -> None:
    found = read(order(line(2, "1000.000000"), total="1000.000000", currency="JPY"))
    assert (found.total, found.lines[0].amount, found.lines[0].unit_price) == (1000, 1000, "500")


def test_a_total_with_more_places_than_its_currency_is_not_rounded_for_anybody() -> None:
    found = read(order(line(1, "5.005000"), total="5.005000"))
    assert any("5.005000" in problem for problem in found.problems)


def test_a_currency_that_is_none_is_a_problem_and_the_units_still_count() -> None:
    found = read(order(line(2), total="5.00", currency="BTC"))
    assert [one.quantity for one in found.lines] == [2]
    assert (found.units_known, len(found.problems)) == (True, 1)


# --- statuses ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "financial", "fulfilment", "is_cancelled", "is_closed"),
    [
        ("pending", "pending", "unfulfilled", False, False),
        ("processing", "paid", "unfulfilled", False, False),
        ("on-hold", "authorized", "unfulfilled", False, False),
        ("completed", "paid", "fulfilled", False, True),
        ("cancelled", "voided", "unfulfilled", True, True),
        ("failed", "voided", "unfulfilled", True, True),
        ("refunded", "refunded", "unfulfilled", False, True),
        ("wc-completed", "paid", "fulfilled", False, True),
        ("half-packed", "half-packed", "unfulfilled", False, False),
    ],
)
def test_each_status_in_our_words(
    status: str, financial: str, fulfilment: str, is_cancelled: bool, is_closed: bool
) -> None:
    found = read(order(line(), total="5.00", status=status))
    assert (found.financial_status, found.fulfilment_status) == (financial, fulfilment)
    assert (found.cancelled_at is not None, found.closed) == (is_cancelled, is_closed)
    assert found.problems == ()


def test_a_status_of_a_plug_in_counts_as_the_settings_say_and_that_is_part_of_the_version() -> None:
    body = order(line(), total="5.00", status="half-packed")
    plain, counted = read(body), read(body, manners=Manners(statuses={"half-packed": "processing"}))
    assert (plain.financial_status, counted.financial_status) == ("half-packed", "paid")
    assert plain.raw != counted.raw
    assert json.loads(counted.raw)["order"] == body


def test_refunds_decide_what_is_left_of_paid() -> None:
    mug = line(2, "10.000000")
    body, details = with_refunds(order(mug, total="10.00"), refund(901, "4.00", back(mug, -1, "-4.000000")))
    assert read(body, details).financial_status == "partially_refunded"
    body, details = with_refunds(body, *details.values(), refund(902, "6.00"))
    assert read(body, details).financial_status == "refunded"


@pytest.mark.parametrize(
    ("created_via", "channel"),
    [("checkout", "web"), ("store-api", "web"), ("", "web"), ("pos-rest-api", "pos"), ("admin", "admin")],
)
def test_where_an_order_was_made_is_its_channel(created_via: str, channel: str) -> None:
    assert read(order(line(), total="5.00", created_via=created_via)).channel == channel


def test_an_order_of_nothing_but_minus_units_is_a_return() -> None:
    found = read(order(line(-2, "-10.000000"), line(-1, "-5.000000"), total="-15.00"))
    assert (found.kind, found.total, order_problem(found)) == (OrderKind.RETURN, -1500, None)
    mixed = read(order(line(-2, "-10.000000"), line(3, "15.000000"), total="5.00"))
    assert mixed.kind == OrderKind.SALE


def test_times_are_read_as_gmt() -> None:
    found = read(order(line(), total="5.00", date_created="2026-03-02T00:58:02"))
    assert found.placed_at == datetime(2026, 3, 1, 19, 28, 2, tzinfo=UTC)
    assert found.changed_at == datetime(2026, 3, 1, 19, 28, 8, tzinfo=UTC)


def test_an_order_that_was_paid_has_its_payment_and_one_that_was_not_has_none() -> None:
    found = read(order(line(), total="5.00"))
    assert found.payments == (
        Payment(id="727-paid", gateway="bacs", amount=500, paid_at=datetime(2026, 3, 1, 19, 28, 8, tzinfo=UTC)),
    )
    assert read(order(line(), total="5.00", date_paid_gmt=None)).payments == ()


# --- people -----------------------------------------------------------------------------------------------------------


def test_the_buyer_and_both_addresses_are_told() -> None:
    found = read(order(line(), total="5.00", customer_id=26))
    assert found.customer is not None
    assert (found.customer.id, found.customer.guest, found.customer.name) == ("26", False, "Ada Byron")
    assert (found.customer.emails, found.customer.phones) == (("ada@example.com",), ("020 7946 0000",))
    assert (found.customer.group, found.customer.consents, found.email) == (None, (), "ada@example.com")
    assert [address.kind for address in found.customer.addresses] == ["billing", "shipping"]
    address = found.shipping_address
    assert isinstance(address, Address)
    assert (address.street, address.region, address.country) == ("12 Mill Lane\nFlat 2", "West Yorkshire", "GB")


def test_a_guest_has_no_id_and_a_sale_at_the_till_names_nobody() -> None:
    guest = read(order(line(), total="5.00")).customer
    assert guest is not None and (guest.id, guest.guest) == ("", True)
    nobody = read(order(line(), total="5.00", billing={**NOWHERE, "email": "", "phone": ""}, shipping=NOWHERE))
    assert (nobody.customer, nobody.email, nobody.shipping_address) == (None, "", None)


@pytest.mark.parametrize("shipping", [[], {}, None, "", {**NOWHERE, "country": "GB", "state": "LND"}])
def test_a_download_goes_nowhere(shipping: Any) -> None:
    found = read(order(line(), total="5.00", shipping=shipping, billing={**ADDRESS, "email": "a@b.example"}))
    assert (found.shipping_address, found.problems) == (None, ())
    assert found.billing_address is not None


# --- what it was read from --------------------------------------------------------------------------------------------


def test_an_order_without_refunds_is_kept_as_it_came_and_one_with_them_together_with_them() -> None:
    mug = line(2, "10.000000")
    body = order(mug, total="10.00")
    text = json.dumps(body, indent=1)
    plain = read_order(body, text, {}, Manners())
    assert isinstance(plain, Order) and plain.raw == text
    body, details = with_refunds(body, refund(901, "5.00", back(mug, -1, "-5.000000")))
    kept = json.loads(read(body, details).raw)
    assert kept == {"order": body, "refunds": list(details.values())}


@pytest.mark.parametrize("spoilt", [{"date_created_gmt": None}, {"date_created_gmt": "soon"}, {"id": 0}, {"id": "7x"}])
def test_an_order_without_id_or_date_is_beyond_reading_and_named(spoilt: dict[str, Any]) -> None:
    body = order(line(), total="5.00") | spoilt
    found = read_order(body, json.dumps(body), {}, Manners())
    assert isinstance(found, Unreadable)
    assert found.id and found.reason
