"""Whole cycles in Shopify shops as some real ones are: whose index lags, that count dearer, that grant less."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.shopify.app import answer
from tests.fakes.shopify.checkout import Buy
from tests.fakes.shopify.grants import ALL_SCOPES
from tests.fakes.wire import Answer, Request
from tests.shopify_world import ShopifyCycles

SKUS = [f"MUG-{number}" for number in range(12)]


@contextmanager
def busy(folder: Path, store: dict[str, Any] | None = None, **options: Any) -> Iterator[ShopifyCycles]:
    """Twelve listings in step; then six orders of two units each, of people, and seven units left of everything."""
    plenty = {"bucket": 20_000, "restore_rate": 1000}
    with ShopifyCycles(folder, options=plenty, store=store, customers={"trigger": "any"}) as world:
        variants = [world.sell(sku, "12.00", 100) for sku in SKUS]
        assert world.run().exit_code == 0
        for name, value in options.items():
            setattr(world.site.options, name, value)
        for number, variant in enumerate(variants[:6]):
            buyer = world.hands.add_customer(f"buyer{number}@example.com", first_name="Ann", last_name=f"B{number}")
            world.hands.place([Buy(variant, 2)], customer=buyer)
        for sku in SKUS:
            world.office.set_stock(sku, 7)
            world.office.set_price(sku, "11.00")
        yield world


LEFT = {sku: 5 if number < 6 else 7 for number, sku in enumerate(SKUS)}


def in_step(world: ShopifyCycles) -> bool:
    """Every order is booked once, and the shop shows what is left of each."""
    return (len(world.totals()), world.levels()) == (6, LEFT)


def later(world: ShopifyCycles) -> int:
    """A run five minutes on."""
    world.hurry += timedelta(minutes=5)
    return world.run().exit_code


def test_a_shop_whose_index_lags_sells_nothing_twice_and_is_in_step_when_it_has_caught_up(tmp_path: Path) -> None:
    """The first run is not shown the orders: what they took is told by the levels themselves."""
    with busy(tmp_path, index_lag=60) as world:
        assert world.run().exit_code == 0
        assert (world.totals(), world.levels()) == ([], LEFT)
        assert later(world) == 0
        assert in_step(world)


@pytest.mark.parametrize("dearer", [1.3, 2])
def test_a_shop_that_counts_dearer_is_asked_in_smaller_parts(tmp_path: Path, dearer: float) -> None:
    with busy(tmp_path, dearer=dearer) as world:
        assert world.run().exit_code == 0
        assert in_step(world)


@pytest.mark.parametrize("version", ["2026-01", "2026-07", "2026-10"])
@pytest.mark.parametrize("options", [{"stale_fails_all": False}, {"hides_rows": True}, {"concurrent_once": True}])
def test_a_shop_that_answers_otherwise_is_in_step_in_each_version(
    tmp_path: Path, version: str, options: dict[str, Any]
) -> None:
    """A sale between the reading and the writing, too."""
    with busy(tmp_path, {"version": version}, **options) as world:
        sold: list[int] = []

        def sell(request: Request) -> None:
            if b"inventorySetQuantities" in request.body and not sold:
                sold.append(world.hands.place([Buy(next(iter(world.site.variants)), 1)], email="late@example.com"))

        world.server.before = sell
        assert world.run().exit_code == 0
        assert later(world) == 0
        assert sold
        assert len(world.totals()) == 7
        assert world.levels() == LEFT | {SKUS[0]: 4}


@pytest.mark.parametrize(
    "missing", ["write_inventory", "read_inventory", "read_orders", "read_customers", "write_products"]
)
def test_an_app_without_a_right_says_which_and_writes_nothing_wrong(tmp_path: Path, missing: str) -> None:
    fewer = {missing, missing.replace("read_", "write_")}
    with busy(tmp_path, scopes=tuple(each for each in ALL_SCOPES if each not in fewer)) as world:
        report = world.run()
        assert report.exit_code != 0
        assert any(missing in step.reason for step in report.steps), report
        assert all(units in (100, 98, 7, 5) for units in world.levels().values())
        if missing in ("read_orders", "read_customers"):
            assert (world.totals(), world.site.oracle.writes("item")) == ([], [])
        world.site.options.scopes = ALL_SCOPES
        assert later(world) == 0
        assert in_step(world)


def test_either_schema_gives_the_same_answers_to_all_that_a_run_asks(tmp_path: Path) -> None:
    """The small one stands in for the vendor's where that is not: each request is answered by both."""
    with busy(tmp_path) as world:
        twins: list[Answer] = []
        compared: list[str] = []

        def answer_by_the_small_one(request: Request) -> None:
            copy = world.site.copy()
            copy.options.own_schema = True
            twins.append(answer(copy, request))

        def compare(request: Request, made: Answer) -> None:
            theirs, ours = (Request(0, "", "", "", "", {}, each.body).json() for each in (made, twins[-1]))
            told = [theirs.get("data"), theirs.get("errors"), theirs["extensions"]["cost"]["requestedQueryCost"]]
            assert told == [ours.get("data"), ours.get("errors"), ours["extensions"]["cost"]["requestedQueryCost"]]
            compared.append(request.path)

        world.server.before, world.server.after = answer_by_the_small_one, compare
        assert world.run().exit_code == 0
        assert in_step(world)
        assert len(compared) == world.requests() >= 4


@pytest.mark.parametrize("leave", ["null", "fields", "customers", "denied"])
def test_an_app_without_leave_for_personal_data_is_told_so_and_nobody_is_taken_for_a_guest(
    tmp_path: Path, leave: str
) -> None:
    with busy(tmp_path, protected_data=leave) as world:
        report = world.run()
        assert report.exit_code == 4
        assert any("not approved" in step.reason for step in report.steps), report
        if leave != "null":  # else the orders are whole, and the customers are not
            assert (world.totals(), world.site.oracle.writes()) == ([], [])
        world.site.options.protected_data = "granted"
        assert later(world) == 0
        assert in_step(world)


@pytest.mark.parametrize("leave", ["null", "fields", "customers"])
def test_an_app_without_leave_for_personal_data_can_do_without(tmp_path: Path, leave: str) -> None:
    with busy(tmp_path, {"customer_data": False}, protected_data=leave) as world:
        assert world.run().exit_code == 0
        assert in_step(world)
        assert list(world.people()) == []


@pytest.mark.parametrize("customer_data", [False, True])
def test_an_app_without_leave_for_orders_is_not_told_to_do_without_customers(
    tmp_path: Path, customer_data: bool
) -> None:
    with busy(tmp_path, {"customer_data": customer_data}, protected_data="denied") as world:
        report = world.run()
        assert report.exit_code == 4
        told = [step for step in report.steps if "not approved to access the Order object" in step.reason]
        [hint] = {step.hint for step in told if step.hint}
        assert "protected customer data" in hint and "customer_data" not in hint


@pytest.mark.parametrize("status", [200, 429])
def test_a_bucket_that_somebody_else_empties_is_waited_for(tmp_path: Path, status: int) -> None:
    """Another process of the same app: what the last answer said of the bucket is not so any more."""
    with busy(tmp_path, throttled_status=status) as world:
        met: set[bytes] = set()

        def drain(request: Request) -> None:
            """The first time that the same is asked; two that are under way at once must not meet it in turns."""
            first = request.body not in met
            met.add(request.body)
            for bucket in world.site.buckets.values() if first else ():
                bucket.refill()
                bucket.available = 0

        world.server.before = drain
        assert world.run().exit_code == 0
        assert in_step(world)
        assert len(world.site.oracle.throttled) >= 3
        assert world.site.oracle.violations == []  # nobody came again too early
        world.site.oracle.throttled.clear()


@pytest.mark.parametrize(("version", "served"), [("2026-01", "2026-07"), ("2026-07", "2026-10")])
def test_a_version_that_is_no_longer_served_is_answered_by_a_later_one(
    tmp_path: Path, version: str, served: str
) -> None:
    with busy(tmp_path, {"version": version}, versions=(served,)) as world:
        assert world.run().exit_code == 0
        assert in_step(world)
