"""Refunds of WooCommerce orders: what came back, for how much, and which units can be sold again."""

from collections.abc import Sequence
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncctl.connectors.woocommerce.refunds import restocked_units
from syncctl.model import Order
from syncctl.rules.totals import refund_problem
from tests.connectors.woo_bodies import Body, back, line, order, read, refund, with_refunds


def tallied(units: str, **words: object) -> Body:
    """A line of ten mugs, of which so many were put back."""
    meta = [
        {"id": 4, "key": "_reduced_stock", "value": "10"},
        {"id": 5, "key": "_restock_refunded_items", "value": units},
    ]
    return line(10, "100.000000", subtotal_tax="20.000000", meta_data=meta, **words)


def given_back(found: Order) -> list[list[tuple[str, int, int, int, bool]]]:
    return [
        [(one.line_id, one.quantity, one.amount, one.tax, one.restock) for one in each.lines] for each in found.refunds
    ]


def test_a_refund_names_its_lines_and_adds_up() -> None:
    mug = line(3, "15.000000", subtotal_tax="3.000000")
    body = order(mug, total="22.95", shipping_lines=[{"id": 8, "total": "4.950000", "total_tax": "0.000000"}])
    delivery = {"id": 9, "method_title": "Flat rate", "total": "-4.950000", "total_tax": "0.000000"}
    body, details = with_refunds(
        body, refund(901, "10.95", back(mug, -1, "-5.000000", "-1.000000"), shipping_lines=[delivery])
    )
    found = read(body, details)
    (back_then,) = found.refunds
    assert given_back(found) == [[(str(mug["id"]), 1, 500, 100, False)]]
    assert [(one.kind, one.title, one.amount) for one in back_then.charges] == [("shipping", "Flat rate", 495)]
    assert (back_then.id, back_then.total, refund_problem(back_then), found.problems) == ("901", 1095, None, ())
    assert found.lines[0].quantity == 3, "a refund does not change what was ordered"
    assert [(one.id, one.amount) for one in found.payments] == [("727-paid", 2295), ("901-refund", -1095)]


def test_money_without_units_is_an_adjustment_and_never_a_line() -> None:
    mug = line(2, "10.000000")
    meant = back(mug, 0, "-2.000000", "-0.400000")
    body, details = with_refunds(order(mug, total="10.00"), refund(901, "2.40", meant), refund(902, "1.00"))
    found = read(body, details)
    assert given_back(found) == [[], []]
    assert [[(one.kind, one.amount, one.tax) for one in each.charges] for each in found.refunds] == [
        [("adjustment", 200, 40)],
        [("adjustment", 100, 0)],
    ]
    assert all(refund_problem(each) is None for each in found.refunds)


def test_units_that_name_no_line_are_money_alone() -> None:
    mug = line(2, "10.000000")
    stray = back(mug, -1, "-5.000000") | {"meta_data": []}
    body, details = with_refunds(order(mug, total="10.00"), refund(901, "5.00", stray))
    found = read(body, details)
    assert (given_back(found), [one.kind for one in found.refunds[0].charges]) == ([[]], ["adjustment"])


def test_what_a_refund_gives_beyond_or_below_its_lines_is_an_adjustment() -> None:
    mug = line(2, "10.000000")
    for amount, rest in (("7.50", 250), ("4.00", -100)):
        body, details = with_refunds(order(mug, total="10.00"), refund(901, amount, back(mug, -1, "-5.000000")))
        (found,) = read(body, details).refunds
        assert [(one.kind, one.amount) for one in found.charges] == [("adjustment", rest)]
        assert refund_problem(found) is None


def test_a_cent_between_a_refund_and_its_lines_is_rounding() -> None:
    mug = line(3, "10.000000")
    body, details = with_refunds(order(mug, total="10.00"), refund(901, "3.33", back(mug, -1, "-3.335000")))
    (found,) = read(body, details).refunds
    assert [(one.kind, one.amount) for one in found.charges] == [("rounding", -1)]


def test_a_refund_that_the_shop_tells_nothing_of_holds_the_order() -> None:
    body, _ = with_refunds(order(line(), total="5.00"), refund(901, "5.00"))
    found = read(body, {})
    assert found.refunds == ()
    assert ["901" in problem for problem in found.problems] == [True]


def test_refunds_come_oldest_first_whatever_the_shop_does() -> None:
    mug = line(3, "15.000000")
    refunds = [refund(number, "5.00", back(mug, -1, "-5.000000")) for number in (99, 100, 1000)]
    body, details = with_refunds(order(mug, total="15.00"), *refunds)
    assert [one.id for one in read(body, details).refunds] == ["99", "100", "1000"]


# --- which units can be sold again ------------------------------------------------------------------------------------


def test_units_were_put_back_where_the_tally_can_mean_nothing_else() -> None:
    mug = tallied("2")
    both = (
        refund(901, "24.00", back(mug, -2, "-20.000000", "-4.000000")),
        refund(902, "12.00", back(mug, -1, "-10.000000", "-2.000000")),
    )
    body, details = with_refunds(order(mug, total="120.00"), *both)
    key = str(mug["id"])
    assert given_back(read(body, details)) == [[(key, 2, 2000, 400, True)], [(key, 1, 1000, 200, False)]]


def test_one_refund_is_two_lines_where_only_some_of_its_units_were_put_back() -> None:
    mug = tallied("2")
    body, details = with_refunds(
        order(mug, total="120.00"), refund(901, "36.01", back(mug, -3, "-30.010000", "-6.000000"))
    )
    found = read(body, details)
    key = str(mug["id"])
    assert given_back(found) == [[(key, 2, 2000, 400, True), (key, 1, 1001, 200, False)]]
    assert refund_problem(found.refunds[0]) is None


@pytest.mark.parametrize("tally", ["1", "99", "-1", "many", "", None, ["1"], {"a": 1}])
def test_a_tally_that_fits_no_refund_or_more_than_one_puts_nothing_back(tally: object) -> None:
    mug = tallied("0")
    mug["meta_data"][1]["value"] = tally
    twice = [refund(number, "12.00", back(mug, -1, "-10.000000", "-2.000000")) for number in (901, 902)]
    body, details = with_refunds(order(mug, total="120.00"), *twice)
    found = read(body, details)
    assert [each[0][-1] for each in given_back(found)] == [False, False]
    assert found.problems == ()


def test_a_fraction_that_came_back_is_floored_and_named() -> None:
    mug = tallied("0")
    body, details = with_refunds(
        order(mug, total="120.00"), refund(901, "18.00", back(mug, "-1.5", "-15.000000", "-3.000000"))
    )
    found = read(body, details)
    assert [line.quantity for line in found.refunds[0].lines] == [1]
    assert found.fractional and any("-1.5" in problem for problem in found.problems)


@given(st.lists(st.integers(1, 6), min_size=2, max_size=8), st.integers(-1, 40))
def test_the_refunds_that_were_put_back_are_told_when_only_they_can_be_it(units: list[int], tally: int) -> None:
    ways = subsets_that_make(units, tally)
    expected = (
        [each if index in ways[0] else 0 for index, each in enumerate(units)] if len(ways) == 1 else [0] * len(units)
    )
    assert restocked_units(units, tally) == (expected if tally > 0 else [0] * len(units))


def subsets_that_make(units: Sequence[int], wanted: int) -> list[tuple[int, ...]]:
    """By trying all of them."""
    places = range(len(units))
    tried = (chosen for count in range(len(units) + 1) for chosen in combinations(places, count))
    return [chosen for chosen in tried if sum(units[place] for place in chosen) == wanted]


@given(st.integers(1, 50), st.integers(0, 60))
def test_of_one_refund_never_more_is_put_back_than_came_back(quantity: int, tally: int) -> None:
    (units,) = restocked_units([quantity], tally)
    assert units == (tally if tally <= quantity else 0)
