"""Telling of changed customers costs the same however many are linked: in calls, and in steps of SQLite."""

from pathlib import Path

from bench import changed_customers


def test_100_changed_customers_of_4000_cost_what_100_of_200_cost(tmp_path: Path) -> None:
    for size in (200, 4000):
        changed_customers.make(tmp_path / str(size), size)
    few, many = (changed_customers.count(tmp_path / str(size)) for size in (200, 4000))
    assert few["done"] == many["done"] == {"customers changed": 100, "customers updated": 100}
    assert few["calls"] == many["calls"]
    assert 10_000 < many["steps"] <= 1.2 * few["steps"]
