"""The translator of orders: whatever stands in a body, it is read or named, and never raises."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncctl.connectors.sandbox.words import read_order
from syncctl.connectors.strict_json import canonical, parse_object
from syncctl.errors import DataError
from syncctl.model import Order, Unreadable
from tests.conformance.web_store import adds_up


def words(**changes: object) -> dict[str, object]:
    line = {"id": "1", "sku": "A", "title": "Apple", "quantity": 2, "price": "2.50", "tax": "0.40"}
    body = {
        "id": "1001",
        "placed_at": "2026-03-01T12:00:00.000Z",
        "currency": "GBP",
        "total": "5.40",
        "financial_status": "paid",
        "fulfilment_status": "unfulfilled",
        "lines": [line],
    }
    return {**body, **changes}


def order_of(raw: str) -> Order:
    order = read_order("1001", raw)
    assert isinstance(order, Order)
    return order


def line_with(**changes: object) -> dict[str, object]:
    return {"id": "1", "sku": "A", "title": "Apple", "quantity": 2, "price": "2.50", "tax": "0.40", **changes}


def test_a_sound_body_has_no_problems() -> None:
    order = order_of(canonical(words()))
    assert order.problems == ()
    assert (order.total, order.tax, order.lines[0].amount) == (540, 40, 500)


def test_tax_that_prices_include_is_taken_out_of_the_line() -> None:
    order = order_of(canonical(words(tax_included=True, total="5.00")))
    assert (order.lines[0].amount, order.lines[0].tax) == (460, 40)
    assert adds_up(order)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ({"price": "NaN"}, "line 1: price: 'NaN' is not an amount of money"),
        ({"price": "1e999999"}, "line 1: price: '1e999999' is not an amount of money"),
        ({"price": "1,234.50"}, "line 1: price: '1,234.50' is not an amount of money"),
        ({"price": None}, "line 1: price: 'None' is not an amount of money"),
        ({"tax": []}, "line 1: tax: '[]' is not an amount of money"),
        ({"title": 5}, "line 1: title 5 is no text"),
        ({"sku": 85123}, "line 1: sku 85123 is no text"),
        ({"id": ""}, "line 1: id '' is no line id"),
    ],
)
def test_an_odd_field_is_named_and_the_units_are_kept(line: dict[str, object], expected: str) -> None:
    order = order_of(canonical(words(lines=[line_with(**line), line_with(id="2")])))
    assert order.problems == (expected,)
    assert [each.quantity for each in order.lines] == [2, 2]


@pytest.mark.parametrize("quantity", ['"two"', '".5"', "true", "null", "1e3", "9" * 5000, "NaN", "-Infinity", "1" * 12])
def test_a_quantity_that_is_no_count_drops_its_line_only(quantity: str) -> None:
    raw = canonical(words(lines=[line_with(quantity=777), line_with(id="2")])).replace("777", quantity)
    order = order_of(raw)
    assert [each.id for each in order.lines] == ["2"]
    assert len(order.problems) == 1
    assert order.problems[0].startswith("line 1: quantity")
    assert len(order.problems[0]) < 120


@pytest.mark.parametrize(
    ("quantity", "units", "problems"),
    [
        ('"2"', 2, ()),
        ("2.0", 2, ()),
        ("2.5", 3, ("line 1: quantity '2.5' is no whole number of units",)),
        ('"0.001"', 1, ("line 1: quantity '0.001' is no whole number of units",)),
    ],
)
def test_a_quantity_is_read_as_a_decimal_and_a_fraction_is_raised_and_named(
    quantity: str, units: int, problems: tuple[str, ...]
) -> None:
    raw = canonical(words(lines=[line_with(quantity=777), line_with(id="2")])).replace("777", quantity)
    order = order_of(raw)
    assert [each.quantity for each in order.lines] == [units, 2]
    assert order.problems == problems
    assert (order.units_known, order.fractional) == (True, bool(problems))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"currency": "ZZZ"}, "currency 'ZZZ'"),
        ({"currency": None}, "currency nothing"),
        ({"total": "Infinity"}, "total"),
        ({"total": "5.401"}, "total"),
        ({"updated_at": "yesterday"}, "updated_at 'yesterday'"),
        ({"cancelled_at": "2026-03-01T12:00:00"}, "cancelled_at"),
        ({"lines": {}}, "lines an object"),
        ({"lines": [None]}, "line 1: nothing is no object"),
        ({"customer": "Bob"}, "customer: 'Bob'"),
        ({"customer": {"emails": [1]}}, "customer: emails"),
        ({"test": "no"}, "test 'no'"),
        ({"charges": [{"kind": "shipping", "amount": "x"}]}, "charge 1: amount"),
        ({"refunds": [{"id": "r", "total": "1.00", "lines": [{"line_id": "1"}]}]}, "refund 1: line 1: quantity"),
        ({"payments": [{"id": "p", "amount": "-"}]}, "payment 1: amount"),
        ({"lines": [line_with(), line_with()]}, "line 2: id '1' stands twice"),
    ],
)
def test_whatever_else_is_odd_becomes_a_sentence(changes: dict[str, object], named: str) -> None:
    order = order_of(canonical(words(**changes)))
    assert any(problem.startswith(named) for problem in order.problems), order.problems
    assert len({line.id for line in order.lines}) == len(order.lines)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "nonsense",
        "[]",
        '"x"',
        "{}",
        "[" * 100_000,
        canonical(words()).replace('"id":"1"', '"id":"1","id":"2"'),
        canonical(words()).replace('"total"', '"total":"9.00","total"'),
        canonical(words(id=5)),
        canonical(words(placed_at="soon")),
        canonical(words(placed_at=None)),
        canonical(words(placed_at="0001-01-01T00:00:00+14:00")),
    ],
)
def test_a_body_beyond_reading_is_held_under_its_id(raw: str) -> None:
    unreadable = read_order("1001", raw)
    assert isinstance(unreadable, Unreadable)
    assert unreadable.id == "1001"
    assert 0 < len(unreadable.reason) < 300


@pytest.mark.parametrize(("total", "rounding"), [("5.41", 1), ("5.39", -1), ("5.40", None), ("5.42", None)])
def test_a_penny_a_line_is_rounding_and_more_is_left_to_be_held(total: str, rounding: int | None) -> None:
    order = order_of(canonical(words(total=total)))
    assert [charge.amount for charge in order.charges] == ([] if rounding is None else [rounding])
    assert adds_up(order) == (total != "5.42")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from([*words(), "tax", "id", "quantity", "charges", "refunds", "customer"]), inner
            )
        ),
    )
)
def test_no_body_whatever_raises(body: object) -> None:
    raw = json.dumps({**words(), **body} if isinstance(body, dict) else body)
    assert isinstance(read_order("1001", raw), Order | Unreadable)


@pytest.mark.parametrize(
    "raw",
    [
        '{"a":1,"a":2}',
        '{"a" :1,"a":2}',
        '{"a":1,"a"\t:2}',
        '{"a"\n :1,"b":{"c":[{"d":1,"d" :2}]}}',
        '{"lines":[{"q" :5,"q":1}]}',
        '{"refunds":[{"lines":[{"q":{"r":5,"r":1}}]}]}',
    ],
)
def test_a_key_that_stands_twice_is_found_however_the_text_is_spaced(raw: str) -> None:
    with pytest.raises(DataError, match="stands twice"):
        parse_object(raw)


@pytest.mark.parametrize("raw", ['{"a":1,"b":2}', '{"a" : 1, "b" : 2}', '{\n  "a": 1,\n  "b": 2\n}', '{"a":1,"b":2}  '])
def test_the_same_content_is_read_however_the_text_is_spaced(raw: str) -> None:
    assert parse_object(raw) == {"a": 1, "b": 2}


def test_a_text_that_broke_off_lends_its_keys_to_no_other() -> None:
    with pytest.raises(DataError, match="no readable JSON"):
        parse_object('{"a":{"b":1},')
    with pytest.raises(DataError, match="stands twice"):
        parse_object('{"a":1,"a":2}')


def test_what_looks_like_a_key_inside_a_text_is_none() -> None:
    assert parse_object('{"a":"\\":1,\\"a\\" :2","b":1}') == {"a": '":1,"a" :2', "b": 1}
