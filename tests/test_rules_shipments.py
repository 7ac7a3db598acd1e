"""Which order lines a shipment is for, and whether a store shows it already."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncctl.model import Fulfilment, FulfilmentLine
from syncctl.rules.shipments import allocate, shown_already

ORDERED = [("1", "MUG", 2), ("2", "TRAY", 1), ("3", "MUG", 2)]


def left(quantity: int, sku: str | None = None, line_id: str | None = None) -> FulfilmentLine:
    return FulfilmentLine(quantity=quantity, sku=sku, line_id=line_id)


@pytest.mark.parametrize(
    ("shipped", "expected"),
    [
        ([left(1, "MUG")], {"1": 1}),
        ([left(3, "MUG")], {"1": 2, "3": 1}),
        ([left(2, "MUG"), left(1, "MUG")], {"1": 2, "3": 1}),
        ([left(9, "MUG")], {"1": 2, "3": 2}),
        ([left(1, line_id="3")], {"3": 1}),
        ([left(9, "MUG", "3")], {"3": 2}),
        ([left(1, "renamed since", "2")], {"2": 1}),
        ([left(1, "MUG", "3"), left(3, "MUG")], {"3": 2, "1": 2}),
        ([left(2, line_id="1"), left(2, line_id="1")], {"1": 2}),
        ([left(1, "VASE")], {}),
        ([left(1, "mug")], {}),
        ([left(1, line_id="9")], {}),
        ([left(0, "MUG"), left(-1, "MUG")], {}),
        ([], {}),
    ],
)
def test_units_go_to_the_line_that_is_named_or_to_the_lines_of_the_sku_in_order(
    shipped: list[FulfilmentLine], expected: dict[str, int]
) -> None:
    assert allocate(shipped, ORDERED) == expected


LINES = st.builds(
    left, st.integers(1, 5), st.sampled_from(["MUG", "TRAY", None]), st.sampled_from(["1", "2", "3", "9", None])
)


@given(st.lists(LINES, max_size=6))
def test_no_line_gets_more_than_was_ordered_and_no_unit_is_made(shipped: list[FulfilmentLine]) -> None:
    units = allocate(shipped, ORDERED)
    assert all(0 < count <= quantity for line_id, _, quantity in ORDERED if (count := units.get(line_id)) is not None)
    assert units.keys() <= {"1", "2", "3"}
    assert sum(units.values()) <= sum(line.quantity for line in shipped)


def shown(number: str, tracking: str = "", **units: int) -> Fulfilment:
    """What a store shows: its own number, the tracking number, units by line (`L1=2`)."""
    lines = tuple(left(quantity, line_id=line_id) for line_id, quantity in units.items())
    return Fulfilment(id=number, order_id="1001", lines=lines, tracking_number=tracking)


OURS = (left(2, line_id="L1"), left(1, line_id="L2"))


@pytest.mark.parametrize(
    ("tracking", "there", "expected"),
    [
        ("T-1", [], None),
        ("T-1", [shown("f1", "T-1", L1=2, L2=1)], "f1"),
        ("T-1", [shown("f1", "T-2", L1=2, L2=1), shown("f2", "T-1", L9=9)], "f2"),
        ("T-1", [shown("f1", "", L1=2, L2=1), shown("f2", "T-1", L1=1)], "f2"),
        ("T-1", [shown("f1", "T-2", L1=2, L2=1)], None),
        ("T-1", [shown("f1", "", L2=1, L1=2)], "f1"),
        ("T-1", [shown("f1", "", L1=2)], None),
        ("", [shown("f1", "T-2", L1=2, L2=1)], "f1"),
        ("", [shown("f1", "", L1=1, L2=2)], None),
        ("", [shown("f1", "", L1=1), shown("f2", "", L1=2, L2=1), shown("f3", "", L1=2, L2=1)], "f2"),
        ("", [shown("f1", "")], None),
    ],
)
def test_a_shipment_is_known_by_its_number_or_by_exactly_its_units(
    tracking: str, there: list[Fulfilment], expected: str | None
) -> None:
    found = shown_already(tracking, OURS, there)
    assert (found and found.id) == expected


def test_units_that_name_no_line_are_told_from_those_that_do() -> None:
    nameless = Fulfilment(id="f1", order_id="1001", lines=(left(1),))
    assert shown_already("", (left(1),), [nameless]) == nameless
    assert shown_already("", (left(1, line_id="L1"),), [nameless]) is None


def test_of_several_shipments_under_one_number_each_is_known_by_its_units_too() -> None:
    other, same = shown("f1", "T-1", L1=9), shown("f2", "T-1", L1=2, L2=1)
    assert shown_already("T-1", OURS, [other, same]) == same
    assert shown_already("T-1", OURS, [other, same], alone=False) == same
    assert shown_already("T-1", OURS, [other]) == other
    assert shown_already("T-1", OURS, [other], alone=False) is None
    assert shown_already("T-1", OURS, [other, shown("f3", "", L1=2, L2=1)], alone=False) is not None
