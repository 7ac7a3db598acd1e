"""Odd WooCommerce orders: any JSON value in any field is survived, and what adds up adds up in our words too (I6)."""

import copy
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncctl.connectors.woocommerce.order_words import Manners, read_order
from syncctl.model import Order, Unreadable
from syncctl.rules.totals import order_problem
from tests.connectors.woo_bodies import Body, back, line, order, read, refund, with_refunds

MANNERS = Manners(statuses={"packed": "processing"}, tracking_key="_wc_shipment_tracking_items")
SHIPPED = json.dumps([{"id": "727-a", "lines": [{"line_id": "301", "quantity": 1}], "tracking_number": "T1"}])


def full() -> tuple[Body, dict[str, Body]]:
    """An order with something in every field that is read, and its refunds."""
    mug, cup = line(2, "10.000000", subtotal_tax="2.000000", total="9.000000", total_tax="1.800000"), line()
    mug["meta_data"] = [{"id": 5, "key": "_restock_refunded_items", "value": "1"}]
    body = order(
        mug,
        cup,
        total="21.75",
        customer_id=26,
        shipping_lines=[{"id": 8, "method_title": "Flat rate", "total": "4.950000", "total_tax": "0.000000"}],
        fee_lines=[{"id": 9, "name": "Gift wrap", "total": "1.000000", "total_tax": "0.000000"}],
        coupon_lines=[{"id": 10, "code": "SPRING", "discount": "1.000000"}],
        meta_data=[
            {"id": 1, "key": "_syncctl_shipments", "value": SHIPPED},
            {"id": 2, "key": "_wc_shipment_tracking_items", "value": [{"tracking_number": "X", "date_shipped": "1"}]},
        ],
    )
    delivery = {"id": 12, "method_title": "Flat rate", "total": "-1.000000", "total_tax": "0.000000"}
    return with_refunds(body, refund(901, "6.40", back(mug, -1, "-4.500000", "-0.900000"), shipping_lines=[delivery]))


def places_in(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in a body."""
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from places_in(each, (*path, key))


BODY, DETAILS = full()
PLACES = [("order", *path) for path in places_in(BODY)] + [("refund", *path) for path in places_in(DETAILS["901"])]
ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["", "-1", "1e5", "NaN", "1.5", "0x1", "٣", "9" * 30, "2026-13-01T00:00:00", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


def with_value(path: tuple[Any, ...], value: Any) -> tuple[Body, dict[str, Body]]:
    """The full order with another value, or none at all (`...`), at a path."""
    body, details = copy.deepcopy((BODY, DETAILS))
    where: Any = body if path[0] == "order" else details["901"]
    for key in path[1:-1]:
        where = where[key]
    if value is ...:
        del where[path[-1]]
    else:
        where[path[-1]] = value
    return body, details


def survived(body: Body, details: dict[str, Body]) -> Order | Unreadable:
    found = read_order(body, json.dumps(body), details, MANNERS)
    if isinstance(found, Order):
        assert all(isinstance(problem, str) and problem for problem in found.problems)
        hash(found.customer), hash(tuple(found.lines)), hash(found.charges), hash(found.fulfilments)
        assert found.raw
    return found


def test_the_full_order_is_sound() -> None:
    found = survived(BODY, DETAILS)
    assert isinstance(found, Order)
    assert (found.problems, order_problem(found)) == ((), None)
    assert [one.tracking_number for one in found.fulfilments] == ["T1", "X"]


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(PLACES), ODD)
def test_any_value_in_any_field_is_survived(path: tuple[Any, ...], value: Any) -> None:
    survived(*with_value(path, value))


@pytest.mark.parametrize("value", [..., None, "", [], {}, 0, False], ids=repr)
def test_each_field_may_be_absent_or_empty(value: Any) -> None:
    for path in PLACES:
        survived(*with_value(path, value))


@pytest.mark.parametrize(
    "path",
    [
        *[("order", "line_items", 0, name) for name in ("id", "quantity", "subtotal", "total", "total_tax")],
        *[("order", name) for name in ("total", "currency", "line_items", "date_paid_gmt")],
        ("order", "shipping_lines", 0, "total"),
        ("refund", "amount"),
        ("refund", "line_items", 0, "total"),
    ],
    ids=lambda path: ".".join(map(str, path)),
)
def test_what_decides_on_money_or_units_and_cannot_be_read_is_named(path: tuple[Any, ...]) -> None:
    found = survived(*with_value(path, "wibble"))
    assert isinstance(found, Order)
    assert found.problems
    assert any("wibble" in problem for problem in found.problems), found.problems


def test_units_of_an_odd_line_still_count() -> None:
    found = read(order(line(4) | {"subtotal": "1,234.50", "total": "x"}, total="5.00"))
    assert [(one.sku, one.quantity) for one in found.lines] == [("MUG", 4)]
    assert found.units_known
    assert any("1,234.50" in problem for problem in found.problems)
    unknown = read(order(line("many"), total="5.00"))
    assert (unknown.units_known, len(unknown.lines)) == (False, 0)


@pytest.mark.parametrize(("quantity", "units", "is_fraction"), [("3.5", 4, True), ("4.00", 4, False), (4, 4, False)])
def test_quantities_are_whole_or_raised(quantity: Any, units: int, is_fraction: bool) -> None:
    found = read(order(line(quantity, "7.000000"), total="7.00"))
    assert [one.quantity for one in found.lines] == [units]
    assert (found.fractional, bool(found.problems), found.units_known) == (is_fraction, is_fraction, True)


def test_a_line_without_product_or_sku_is_no_problem() -> None:
    found = read(order(line(sku=None), line(sku=""), line(sku=20001), total="15.00"))
    assert [one.sku for one in found.lines] == [None, None, "20001"]
    assert found.problems == ()


def test_the_same_line_id_twice_stays_two_lines() -> None:
    mug = line(1, "5.000000")
    found = read(order(mug, {**mug, "quantity": 2}, total="10.00"))
    assert [one.quantity for one in found.lines] == [1, 2]
    assert len({one.id for one in found.lines}) == 2
    assert any("stands twice" in problem for problem in found.problems)


def test_a_list_with_gaps_comes_as_a_map_and_is_read_all_the_same() -> None:
    body = order(line(2), line(1), total="10.00")
    gaps = body | {"line_items": {"0": body["line_items"][0], "3": body["line_items"][1]}}
    assert tuple(read(gaps).lines) == tuple(read(body).lines)


def test_names_are_read_as_people_see_them() -> None:
    found = read(order(line(name="Tea &amp; Coffee &ndash; L"), total="5.00"))
    assert [one.title for one in found.lines] == ["Tea & Coffee – L"]


# --- I6 ---------------------------------------------------------------------------------------------------------------


@st.composite
def exact_orders(draw: st.DrawFn) -> Body:
    """Orders as the shop reckons them: parts of up to six places, added up and rounded at the end."""
    places = draw(st.sampled_from([2, 4, 6]))

    def amount(most: int = 10_000_000) -> Decimal:
        return Decimal(draw(st.integers(0, most))).scaleb(-places)

    lines, extras, exact = [], [], Decimal(0)
    for _ in range(draw(st.integers(1, 6))):
        subtotal, tax = amount(), amount(1_000_000)
        off = subtotal * draw(st.integers(0, 100)) / 100
        parts = subtotal, tax, subtotal - off, tax - tax * draw(st.integers(0, 1))
        texts = [f"{part:.6f}" for part in parts]
        lines.append(line(draw(st.integers(1, 9)), texts[0], subtotal_tax=texts[1], total=texts[2], total_tax=texts[3]))
        exact += Decimal(texts[2]) + Decimal(texts[3])
    for _ in range(draw(st.integers(0, 3))):
        net = amount() * draw(st.sampled_from([1, -1]))
        extras.append({"id": 1, "name": "Fee", "total": f"{net:.6f}", "total_tax": "0.000000"})
        exact += net
    total = exact.quantize(Decimal("0.01"))
    return order(*lines, total=str(total), fee_lines=extras, prices_include_tax=draw(st.booleans()))


@settings(max_examples=150, deadline=None)
@given(exact_orders())
def test_an_order_whose_parts_add_up_adds_up_in_our_words(body: Body) -> None:
    found = read(body)
    assert found.problems == ()
    assert order_problem(found) is None
    rounding = [abs(charge.amount) for charge in found.charges if charge.kind == "rounding"]
    assert sum(rounding) <= len(body["line_items"]) + len(body["fee_lines"])


@settings(max_examples=60, deadline=None)
@given(exact_orders(), st.integers(1, 999))
def test_an_order_that_is_off_by_more_than_rounding_does_not_add_up(body: Body, units: int) -> None:
    parts = len(body["line_items"]) + len(body["fee_lines"])
    off = Decimal(body["total"]) + Decimal(2 * parts + units).scaleb(-2)
    assert order_problem(read(body | {"total": str(off)})) is not None


@settings(max_examples=100, deadline=None)
@given(exact_orders())
def test_lines_read_column_by_column_or_one_by_one_are_the_same(body: Body) -> None:
    quick = read(body)
    slow = read(body | {"line_items": [{**each, "quantity": str(each["quantity"])} for each in body["line_items"]]})
    assert (tuple(quick.lines), quick.charges) == (tuple(slow.lines), slow.charges)
