"""How much may be shown (I3), to the unit; each number with its terms, for `explain`."""

import pytest

from syncctl.rules.availability import (
    Part,
    kit_safety_stock,
    level_to_write,
    publishable,
    publishable_kit,
    safety_stock,
    unexplained_drop,
)
from syncctl.settings import StockSettings

SET = StockSettings(safety_stock=1, safety_stock_by_type={"glass": 3}, safety_stock_by_sku={"MUG": 0})


@pytest.mark.parametrize(
    ("available", "unreflected", "kept_back", "shown"),
    [(10, 3, 2, 5), (10, 10, 0, 0), (10, 9, 0, 1), (5, 0, 6, 0), (-4, 0, 0, 0), (10, -3, 0, 10), (10, -1, 4, 6)],
)
def test_what_is_shown_is_what_there_is_less_what_is_sold_and_what_is_kept_back(
    available: int, unreflected: int, kept_back: int, shown: int
) -> None:
    assert publishable(available, unreflected, kept_back).quantity == shown


def test_each_number_comes_with_its_terms() -> None:
    assert publishable(10, 3, 2).terms == {"available": 10, "unreflected": -3, "safety stock": -2}
    assert publishable(1, 0, 3, "safety stock of type glass").terms == {
        "available": 1,
        "unreflected": 0,
        "safety stock of type glass": -3,
    }


def test_what_is_kept_back_is_set_for_the_sku_else_for_its_type_else_for_all() -> None:
    assert safety_stock("MUG", "glass", SET) == (0, "safety stock of the SKU")
    assert safety_stock("VASE", "glass", SET) == (3, "safety stock of type glass")
    assert safety_stock("TRAY", "", SET) == safety_stock("TRAY", "Glass", SET) == (1, "safety stock")
    assert kit_safety_stock("MUG", SET) == kit_safety_stock("SET OF TWO", SET) == (0, "safety stock of the SKU")
    assert kit_safety_stock("KIT", StockSettings(safety_stock=9, safety_stock_by_sku={"KIT": 4}))[0] == 4


def part(sku: str, quantity: int, available: int | None, unreflected: int = 0, kept_back: int = 0) -> Part:
    return Part(sku, quantity, available, unreflected, (kept_back, "safety stock"))


@pytest.mark.parametrize(
    ("parts", "own", "shown"),
    [
        ([part("MUG", 2, 9)], 0, 4),
        ([part("MUG", 2, 9, 1, 1), part("TRAY", 1, 8)], 0, 3),
        ([part("TRAY", 1, 8), part("MUG", 2, 9, 1, 1)], 0, 3),
        ([part("MUG", 2, 9), part("TRAY", 1, 8)], 3, 1),
        ([part("MUG", 2, 9)], 5, 0),
        ([part("MUG", 1, 5, -2)], 0, 5),
        ([part("MUG", 2, -1), part("TRAY", 1, 8)], 0, 0),
        ([part("MUG", 2, None), part("TRAY", 1, 8)], 0, None),
        ([part("TRAY", 1, 8), part("MUG", 2, None)], 0, None),
    ],
)
def test_a_kit_is_shown_as_often_as_its_scarcest_component_suffices(
    parts: list[Part], own: int, shown: int | None
) -> None:
    found = publishable_kit(parts, (own, "safety stock of the SKU"))
    assert (found and found.quantity) == shown
    assert (found is None) == (shown is None)


WITHOUT_ITS_OWN = ("available", "unreflected", "safety stock", "in a kit")


def test_a_kit_comes_with_the_terms_of_every_component() -> None:
    found = publishable_kit([part("MUG", 2, 9, 1, 1), part("TRAY", 1, 8)], (1, "safety stock of the SKU"))
    assert found is not None and list(found.terms.items()) == [
        ("MUG available", 9),
        ("MUG unreflected", -1),
        ("MUG safety stock", -1),
        ("MUG in a kit", 2),
        ("TRAY available", 8),
        ("TRAY unreflected", 0),
        ("TRAY safety stock", 0),
        ("TRAY in a kit", 1),
        ("safety stock of the SKU", -1),
    ]
    without = publishable_kit([part("MUG", 1, 1)])
    assert (
        without is not None and "safety stock of the SKU" not in without.terms and "safety stock" not in without.terms
    )


@pytest.mark.parametrize(
    ("agreed", "moved", "actual", "drop"),
    [(10, 2, 7, 1), (10, 2, 8, 0), (10, 2, 9, 0), (10, -3, 12, 1), (0, 0, 0, 0), (0, 0, -1, 1), (None, 0, 3, 0)],
)
def test_a_drop_is_what_no_order_explains(agreed: int | None, moved: int, actual: int, drop: int) -> None:
    assert unexplained_drop(agreed, moved, actual) == drop


@pytest.mark.parametrize(
    ("want", "actual", "drop", "may_rise", "level"),
    [
        (9, 5, 0, True, 9),
        (9, 5, 0, False, 5),
        (9, 5, 2, True, 7),
        (9, 12, 2, False, 7),
        (2, 5, 3, True, 0),
        (2, 5, 2, True, 0),
        (9, 0, 0, False, 0),
    ],
)
def test_what_is_written_is_what_is_wanted_less_a_drop_and_no_rise_while_a_store_is_missing(
    want: int, actual: int, drop: int, may_rise: bool, level: int
) -> None:
    assert level_to_write(want, actual, drop, may_rise=may_rise) == level
