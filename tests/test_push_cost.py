"""Booking new orders costs the same whatever is booked already: in calls, and in steps of SQLite."""

from pathlib import Path

from bench import push_orders


def test_booking_60_orders_beside_20000_booked_ones_costs_what_it_costs_in_an_empty_hub(tmp_path: Path) -> None:
    push_orders.make(tmp_path / "empty", 60, 0)
    push_orders.make(tmp_path / "large", 60, 20_000)
    empty, large = push_orders.count(tmp_path / "empty"), push_orders.count(tmp_path / "large")
    assert large["done"] == empty["done"] and empty["done"]["booked"] == 120, "a sale and a payment each"
    assert large["calls"] == empty["calls"]
    assert 1000 < large["hub_steps"] <= 1.2 * empty["hub_steps"]
