"""What the state machine found, each as a small test of its own."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from syncctl import times
from tests.builders import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def go_back(world: World, copy: Path) -> None:
    """The hub as it was; what lies beside it stays."""
    for suffix in ("-wal", "-shm"):
        (world.folder / f"hub.db{suffix}").unlink(missing_ok=True)
    shutil.copyfile(copy, world.folder / "hub.db")


def a_copy(world: World) -> Path:
    return Path(shutil.copyfile(world.folder / "hub.db", world.folder / "copy.db"))


def test_a_restored_hub_looks_for_an_order_that_the_filter_leaves_out_by_now(world: World) -> None:
    world.change(orders={"financial_statuses": ["paid"], "unknown_sku": "hold"})
    world.run()
    copy = a_copy(world)
    order_id = world.shop.place_order([("MUG", 2)])
    pending = world.shop.place_order(
        [("MUG", 1)], financial_status="pending", customer={"name": "A", "emails": ["a@b.cc"]}
    )
    world.run()
    world.shop.refund_all(order_id)
    go_back(world, copy)
    world.run()
    world.run()
    assert world.totals(order_id) == [("sale", 2000), ("credit", 2000)]
    assert world.documents(pending) == []
    assert world.decisions()[pending] == ("left_out", "financial status pending")
    assert world.holds() == []
    assert world.office.connection.execute("SELECT count(*) FROM customer").fetchone() == (0,)


@pytest.mark.parametrize("kind, units", [("adjustment", 1), ("stock_note", -1)])
def test_a_restored_hub_leaves_out_what_is_never_booked_as_before(world: World, kind: str, units: int) -> None:
    """A year of them was held as of an unknown kind."""
    world.run()
    copy = a_copy(world)
    order_id = world.shop.place_order([("MUG", units)], kind=kind)
    world.run()
    go_back(world, copy)
    assert world.run().exit_code == 0
    assert world.decisions()[order_id] == ("left_out", kind.replace("_", " "))
    assert world.documents(order_id) == []


def test_a_store_whose_clock_is_before_ours_loses_nothing_when_the_hub_is_restored(world: World) -> None:
    world.shop.clock = lambda: times.now() + timedelta(minutes=5)
    world.run()
    copy = a_copy(world)
    order_id = world.shop.place_order([("MUG", 4)])
    world.run()
    world.shop.cancel_order(order_id)
    world.run()
    world.shop.refund_all(order_id)
    go_back(world, copy)
    for _ in range(3):
        world.run()
    assert world.totals(order_id) == [("sale", 4000), ("credit", 4000)]
    assert world.holds() == []


def test_a_restored_hub_finds_what_was_refunded_before_a_cancellation_and_what_after(world: World) -> None:
    world.run()
    copy = a_copy(world)
    order_id = world.shop.place_order([("MUG", 1), ("MUG", 1)])
    world.run()
    first = world.shop.order(order_id)["lines"][0]["id"]
    world.shop.refund(order_id, {first: 1}, restock=False)
    world.shop.cancel_order(order_id, restock=False)
    world.run()
    booked = world.totals(order_id)
    world.shop.refund_all(order_id)
    go_back(world, copy)
    for _ in range(3):
        world.run()
    assert world.totals(order_id) == booked
    assert [total for kind, total in booked if kind == "credit"] == [1000, 1000]
    assert world.holds() == []


def test_a_cancellation_waits_for_the_refunds_before_it_which_a_queue_may_still_refuse(world: World) -> None:
    world.change(back_office={"answers": "later"})
    today = times.now()
    world.shop.clock = lambda: today - timedelta(days=3)
    order_id = world.shop.place_order([("MUG", 1), ("MUG", 1)])
    world.run()
    world.run()
    world.shop.refund(order_id, {world.line_ids(order_id)[0]: 1}, restock=False)
    world.shop.clock = lambda: today
    world.shop.cancel_order(order_id, restock=False)
    world.run()
    world.close_period((today - timedelta(days=1)).date())
    world.run()
    assert (world.totals(order_id), world.holds()) == ([("sale", 2000)], [("order", "closed_period")])
    world.close_period(None)
    for _ in range(4):
        world.run(later=timedelta(days=2))
    assert world.totals(order_id) == [("sale", 2000), ("credit", 1000), ("credit", 1000)]
    assert world.holds() == []


def test_an_order_goes_to_whom_its_buyer_turns_out_to_be_when_it_is_read(tmp_path: Path) -> None:
    world = World(tmp_path, stores=("mart", "shop"), customers={"match": "email", "fallback": "guest_account"})
    buyer = {"name": "Eve Other", "emails": ["ada@example.org"]}
    world.shops["mart"].place_order([("MUG", 1)], customer=buyer)
    account = world.shops["mart"].upsert_customer(name="Ada Byron", emails=("ada@example.org",))
    world.shops["mart"].place_order([("MUG", 1)], customer=account)
    world.run()
    order_id = world.shops["shop"].place_order([("MUG", 2)], customer=buyer)
    report = world.run()
    assert report.exit_code <= 1
    assert [one.total for one in world.documents() if one.order_id == order_id and one.total == 2000]
    assert world.rows("SELECT count(*) FROM sales_order WHERE customer_id NOT IN (SELECT id FROM customer)") == [(0,)]


def test_who_bought_as_a_guest_and_now_has_an_account_is_one_customer_also_where_another_used_her_address(
    world: World,
) -> None:
    """She is joined with the guest while her order is read, and the order is that of who is left of the two."""
    emails, phones = ("ada@example.org",), ("+442079460001",)
    guest = world.shop.place_order([("MUG", 1)], customer={"name": "ada  BYRON", "emails": ["Ada@Example.org"]})
    world.run()
    world.shop.place_order([("MUG", 1)], customer={"name": "Eve Other", "emails": list(emails)})
    world.run()
    ada = world.shop.upsert_customer(name="Ada Byron", emails=emails, phones=phones)
    order = world.shop.place_order([("MUG", 1)], customer=ada)
    assert world.run().exit_code == 0
    [[hers], [as_guest]] = [
        [one.customer_id for one in world.documents(each) if one.kind == "sale"] for each in (order, guest)
    ]
    assert hers == as_guest is not None
