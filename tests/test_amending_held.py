"""A booked sale whose order was edited and that cannot be amended: held with both versions, and left alone."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from syncctl.connectors.sandbox.books import SandboxBooks
from syncctl.model import CannotTell
from tests.stock_world import StockWorld, tomorrow
from tests.test_amending import assert_in_step, booked, edit

OLD = datetime(2026, 1, 10, 12, tzinfo=UTC)


@pytest.fixture(params=["order", "shipment"])
def world(tmp_path: Path, request: pytest.FixtureRequest) -> StockWorld:
    """One shop and a back office that amends, in both ways its stock can fall."""
    return StockWorld(tmp_path, falls_on=request.param)


def in_a_closed_period(world: StockWorld) -> str:
    order_id = booked(world, placed_at=OLD)
    world.close_period(date(2026, 1, 31))
    edit(world, order_id, 5)
    return "closed_period"


def not_allowed(world: StockWorld) -> str:
    world.change(orders={"edited": "hold"})
    edit(world, booked(world), 5)
    return "edited after booking"


def not_able(world: StockWorld) -> str:
    world.change(back_office={"amend": []})
    edit(world, booked(world), 5)
    return "edited after booking"


def shipped_more(world: StockWorld) -> str:
    order_id = booked(world, [("MUG", 5)])
    [line] = world.line_ids(order_id)
    [sale] = [one for one in world.documents(order_id) if one.kind == "sale"]
    edit(world, order_id, 2)  # in the shop nothing has left yet
    world.office.ship(sale.reference, {line: 3})
    return "already_shipped"


def gone(world: StockWorld) -> str:
    order_id = booked(world)
    world.office.connection.execute("UPDATE document SET reference = reference || '-x' WHERE kind = 'sale'")
    edit(world, order_id, 5)
    return "gone from the books"


def changed_there(world: StockWorld) -> str:
    order_id = booked(world)
    world.office.connection.execute("UPDATE document SET total = total - 1 WHERE kind = 'sale'")
    edit(world, order_id, 5)
    return "changed in the books"


@pytest.mark.parametrize("spoil", [in_a_closed_period, not_allowed, not_able, shipped_more, gone, changed_there])
def test_what_cannot_be_amended_is_held_with_both_versions_and_left_alone(
    world: StockWorld, spoil: Callable[[StockWorld], str]
) -> None:
    reason = spoil(world)
    before = [(one.total, one.lines) for one in world.documents() if one.kind == "sale"]
    assert world.run().exit_code == 1
    assert [hold for hold in world.holds() if hold[0] == "order"] == [("order", reason)]
    assert before == [(one.total, one.lines) for one in world.documents() if one.kind == "sale"]
    [(message, detail)] = world.rows("SELECT message, detail FROM hold WHERE kind = 'order'")
    assert "is booked with a total of" in message and "the order now says" in message
    assert '"booked": {' in detail and '"now": {' in detail and "x MUG" in detail
    for _ in range(2):  # and not tried each cycle
        assert world.run().new_holds == 0 and world.writes() == []
        assert world.calls("amend_documents") == world.calls("find_documents") == 0
    world.assert_never_oversold()


def test_a_sale_that_nobody_can_look_up_is_not_touched(world: StockWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(world, booked(world), 5)
    with monkeypatch.context() as patch:
        patch.setattr(
            SandboxBooks, "find_documents", lambda _, asked, _kind=None: [CannotTell(reference=one) for one in asked]
        )
        world.run()
    assert world.holds() == [("order", "cannot tell")] and world.totals() == [("sale", 2000)]


def test_a_closed_period_is_tried_again_after_a_day_or_when_asked(world: StockWorld) -> None:
    in_a_closed_period(world)
    world.run()
    tomorrow(world)
    assert world.calls("amend_documents") == 1 and world.holds() == [("order", "closed_period")]
    world.close_period(None)
    with world.hub() as hub:
        hub.holds.retry()
    assert_in_step(world)
    assert world.totals() == [("sale", 5000)]


def test_an_order_that_is_edited_back_fits_again(world: StockWorld) -> None:
    order_id = booked(world)
    world.change(orders={"edited": "hold"})
    edit(world, order_id, 5)
    world.run()
    edit(world, order_id, 2)
    assert_in_step(world)
    assert world.totals() == [("sale", 2000)]


def test_a_credited_line_that_grows_is_amended_only_where_its_units_stay_certain(world: StockWorld) -> None:
    order_id = booked(world, [("MUG", 2), ("TRAY", 1)])
    [sale] = [one for one in world.documents() if one.kind == "sale"]
    world.office.ship(sale.reference)
    world.settle()
    world.shop.refund(order_id, {world.line_ids(order_id)[0]: 1})
    world.settle()
    [mug, tray] = world.shop.order(order_id)["lines"]
    world.shop.mark(order_id, lines=[{**mug, "quantity": 5}, tray], total="54.00")
    for _ in range(3):
        world.run()
        world.assert_never_oversold()
    at_order = world.office.stock_falls_on == "order"
    assert world.holds() == ([] if at_order else [("order", "edited after booking")])


def test_an_edit_that_would_be_less_than_was_credited_is_held(world: StockWorld) -> None:
    order_id = booked(world, [("MUG", 4)])
    world.shop.refund(order_id, {world.line_ids(order_id)[0]: 3})
    world.settle()
    [line] = world.shop.order(order_id)["lines"]
    world.shop.mark(order_id, lines=[{**line, "quantity": 2}], total="20.00")
    world.run()
    assert world.holds() == [("order", "refunded too much")]
    assert world.totals() == [("sale", 4000), ("credit", 3000)]
