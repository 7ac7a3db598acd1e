"""A booked sale whose order was edited: amended in the books where they can, else held with both versions.

What the books hold is read from the office; what may be shown is reckoned by the world's own oracle.
"""

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from syncctl.connectors.sandbox.bodies import NewLine
from syncctl.connectors.sandbox.books import SandboxBooks
from syncctl.errors import Unreachable
from syncctl.model import Unclear
from tests.fakes.faulty import FailBefore, lost_reply, on
from tests.stock_world import StockWorld, tomorrow

OLD = datetime(2026, 1, 10, 12, tzinfo=UTC)


@pytest.fixture(params=["order", "shipment"])
def world(tmp_path: Path, request: pytest.FixtureRequest) -> StockWorld:
    """One shop and a back office that amends, in both ways its stock can fall."""
    return StockWorld(tmp_path, falls_on=request.param)


def booked(world: StockWorld, lines: object = (("MUG", 2),), **options: object) -> str:
    """An order that is in the books and settled."""
    order_id = world.shop.place_order(lines, **options)  # type: ignore[arg-type]
    world.settle()
    return order_id


def edit(world: StockWorld, order_id: str, *units: int, add: object = ()) -> None:
    lines = dict(zip(world.line_ids(order_id), units, strict=False))
    world.shop.edit_order(order_id, lines, add=add)  # type: ignore[arg-type]


def sale_lines(world: StockWorld, order_id: str) -> list[tuple[str, int, int]]:
    """(SKU, units, amount) of the one sale of an order."""
    [sale] = [one for one in world.documents(order_id) if one.kind == "sale"]
    assert sale.total == sum(line.amount + line.tax for line in sale.lines) + sum(
        charge.amount + charge.tax for charge in sale.charges
    )
    return [(line.sku, line.quantity, line.amount) for line in sale.lines]


def assert_in_step(world: StockWorld) -> None:
    """Nothing more to do, nothing held, and every shop shows exactly what may be sold."""
    world.settle()
    assert world.holds() == []
    world.assert_booked_once()
    world.assert_exact()


# --- in the usual way ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("units", [1, 5])
def test_an_edited_order_is_amended_under_its_reference(world: StockWorld, units: int) -> None:
    order_id = booked(world)
    references = world.office.references()
    edit(world, order_id, units)
    world.run()
    assert sale_lines(world, order_id) == [("MUG", units, units * 1000)]
    assert world.office.references() == references
    assert world.totals(payments=True) == [("sale", units * 1000), ("payment", 2000)]
    world.assert_exact()
    assert_in_step(world)


def test_lines_come_go_and_change_places(world: StockWorld) -> None:
    order_id = booked(world, [("MUG", 2), ("TRAY", 1)], charges={"shipping": "3.50"})
    edit(world, order_id, 0, 2, add=[("MUG", 4), ("MUG", 1)])
    world.run()
    assert sale_lines(world, order_id) == [("TRAY", 2, 800), ("MUG", 4, 4000), ("MUG", 1, 1000)]
    assert_in_step(world)
    assert world.level("MUG") == 95 and world.level("TRAY") == 48


def test_a_line_that_becomes_another_sku_is_booked_on_that_one(world: StockWorld) -> None:
    order_id = booked(world)
    [line] = world.shop.order(order_id)["lines"]
    world.shop.mark(order_id, lines=[{**line, "sku": "TRAY"}])
    world.run()
    assert sale_lines(world, order_id) == [("TRAY", 2, 2000)]
    world.settle()
    world.shop.set_level("MUG", 100)
    world.shop.set_level("TRAY", 48)
    assert_in_step(world)


def test_an_edit_a_refund_and_a_payment_in_one_cycle_are_all_booked(world: StockWorld) -> None:
    order_id = booked(world, [("MUG", 2)])
    edit(world, order_id, 5)
    world.shop.refund(order_id, {world.line_ids(order_id)[0]: 1})
    world.run()
    assert world.totals() == [("sale", 5000), ("credit", 1000)]
    assert_in_step(world)
    assert world.level("MUG") == 96


def test_an_order_is_amended_as_often_as_it_is_edited(world: StockWorld) -> None:
    order_id = booked(world)
    for units in (5, 1, 2, 7):
        edit(world, order_id, units)
        world.run()
        assert sale_lines(world, order_id) == [("MUG", units, units * 1000)]
        world.assert_never_oversold()
    assert_in_step(world)


def test_the_plan_shows_it_and_changes_nothing(world: StockWorld) -> None:
    order_id = booked(world)
    edit(world, order_id, 5)
    report = world.run(dry_run=True)
    assert [(one.operation, one.detail) for one in report.planned if one.party == "back-office"] == [
        ("document.amend sale", "50.00 GBP, 1 lines")
    ]
    assert sale_lines(world, order_id) == [("MUG", 2, 2000)]
    assert_in_step(world)
    assert sale_lines(world, order_id) == [("MUG", 5, 5000)]


def test_an_edited_order_has_one_journal_row_for_its_change(world: StockWorld) -> None:
    order_id = booked(world)
    edit(world, order_id, 5)
    world.run()
    [sale] = [one for one in world.documents(order_id) if one.kind == "sale"]
    rows = world.rows("SELECT key, state FROM journal WHERE operation = 'document.amend'")
    assert rows == [(sale.reference, "done")]


def test_a_cancelled_order_credits_what_was_booked_not_what_it_was_edited_to(world: StockWorld) -> None:
    lines = [NewLine(sku="MUG", quantity=2, tax="4.00"), ("TRAY", 1)]
    order_id = booked(world, lines, charges={"shipping": "3.50", "discount": "-1.00"})
    [(_, total)] = world.totals()
    edit(world, order_id, 5, 0)
    world.shop.cancel_order(order_id)
    world.run()
    assert world.totals() == [("sale", total), ("credit", total)]
    assert_in_step(world)
    assert (world.level("MUG"), world.level("TRAY")) == (100, 50)


# --- replies that are lost -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", [1, 5])
@pytest.mark.parametrize("then", [None, 2, 1, 4, 7])
@pytest.mark.parametrize("done", [True, False])
def test_a_lost_reply_is_no_harm_whatever_the_order_says_next(
    world: StockWorld, first: int, then: int | None, done: bool
) -> None:
    order_id = booked(world)
    edit(world, order_id, first)
    failed = FailBefore(on("amend_documents"), Unreachable("down"))
    report = world.run(plans={"back-office": [lost_reply("amend_documents") if done else failed]})
    assert report.exit_code == 3
    world.run("pull-data", "push-data")
    world.assert_never_oversold()
    if then is not None:
        edit(world, order_id, then)
    for step in ("pull-orders", "push-data", "pull-data", "push-data", "push-orders", "push-data"):
        world.run(step)
        world.assert_never_oversold(step)
    assert_in_step(world)
    units = then or first
    assert sale_lines(world, order_id) == [("MUG", units, units * 1000)]


def test_a_change_that_may_still_be_settling_waits(world: StockWorld) -> None:
    world.change(safety={"settle": "60s"})
    order_id = booked(world)
    edit(world, order_id, 5)
    world.run(plans={"back-office": [lost_reply("amend_documents")]})
    world.run()
    assert world.calls("amend_documents") == 0
    world.hurry += timedelta(seconds=90)
    assert_in_step(world)
    assert sale_lines(world, order_id) == [("MUG", 5, 5000)]


def test_an_outcome_that_cannot_be_read_leaves_it_to_the_next_run(
    world: StockWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = booked(world)
    edit(world, order_id, 5)
    with monkeypatch.context() as patch:
        patch.setattr(SandboxBooks, "amend_documents", lambda _, sent: [Unclear(key=one.reference) for one in sent])
        world.run()
        world.assert_never_oversold()
    assert sale_lines(world, order_id) == [("MUG", 2, 2000)]
    assert_in_step(world)
    assert sale_lines(world, order_id) == [("MUG", 5, 5000)]


def test_a_cancellation_while_a_change_is_in_doubt_takes_all_back(world: StockWorld) -> None:
    order_id = booked(world)
    edit(world, order_id, 5)
    world.run(plans={"back-office": [lost_reply("amend_documents")]})
    world.shop.cancel_order(order_id)
    assert_in_step(world)
    assert world.totals() == [("sale", 5000), ("credit", 5000)]
    assert world.level("MUG") == 100


@pytest.mark.parametrize("lost", [1, 5])
@pytest.mark.parametrize("now", [None, 2, 4])
def test_a_restored_hub_finds_what_was_amended_in_the_lost_time(world: StockWorld, lost: int, now: int | None) -> None:
    order_id = booked(world)
    shutil.copyfile(world.folder / "hub.db", world.folder / "older.db")
    edit(world, order_id, lost)
    world.settle()
    shutil.copyfile(world.folder / "older.db", world.folder / "hub.db")
    if now is not None:
        edit(world, order_id, now)
    world.run()
    world.assert_never_oversold()
    assert_in_step(world)
    units = now or lost
    assert sale_lines(world, order_id) == [("MUG", units, units * 1000)]


# --- answers that come later ---------------------------------------------------------------------------------------


@pytest.fixture(params=["order", "shipment"])
def slow(tmp_path: Path, request: pytest.FixtureRequest) -> StockWorld:
    """A back office that does what it is asked only when a later run comes by."""
    return StockWorld(tmp_path, falls_on=request.param, answers="later")


@pytest.mark.parametrize("units", [1, 5])
def test_a_queued_change_is_in_force_once_it_is_confirmed(slow: StockWorld, units: int) -> None:
    order_id = booked(slow)
    edit(slow, order_id, units)
    slow.run()
    assert sale_lines(slow, order_id) == [("MUG", 2, 2000)]
    slow.assert_never_oversold()
    slow.run()
    assert sale_lines(slow, order_id) == [("MUG", units, units * 1000)]
    slow.assert_never_oversold()
    assert_in_step(slow)


@pytest.mark.parametrize("first", [1, 5])
def test_an_order_edited_again_while_its_change_is_queued_is_amended_again(slow: StockWorld, first: int) -> None:
    order_id = booked(slow)
    for units in (first, 3):
        edit(slow, order_id, units)
        slow.run()
        slow.assert_never_oversold()
    assert_in_step(slow)
    assert sale_lines(slow, order_id) == [("MUG", 3, 3000)]


def test_an_order_edited_while_its_sale_is_queued_waits_for_that(slow: StockWorld) -> None:
    order_id = slow.shop.place_order([("MUG", 2)])
    slow.run()
    edit(slow, order_id, 5)
    for _ in range(3):
        slow.run()
        slow.assert_never_oversold()
    assert_in_step(slow)
    assert sale_lines(slow, order_id) == [("MUG", 5, 5000)]


def test_a_queued_change_that_is_refused_in_the_end_is_held_and_the_sale_stays(slow: StockWorld) -> None:
    order_id = booked(slow, placed_at=OLD)
    edit(slow, order_id, 5)
    slow.run()
    slow.close_period(date(2026, 1, 31))
    slow.run()
    assert slow.holds() == [("order", "closed_period")] and sale_lines(slow, order_id) == [("MUG", 2, 2000)]
    slow.run()
    assert slow.writes() == []
    slow.assert_exact()
    slow.close_period(None)
    tomorrow(slow)
    assert_in_step(slow)
    assert sale_lines(slow, order_id) == [("MUG", 5, 5000)]
