"""A booked sale whose order was edited, where the back office cannot amend: undone, and booked again as a revision.

There is never more than one sale that stands: asked of the office's own file after every run.
"""

import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from syncctl.errors import Unreachable
from tests.fakes.faulty import Between, FailBefore, lost_reply, on
from tests.stock_world import StockWorld


def world_of(tmp_path: Path, way: str, falls_on: str = "order", answers: str = "now") -> StockWorld:
    """Orders are booked unpaid, so that no payment hangs on a sale."""
    world = StockWorld(tmp_path, falls_on=falls_on, answers=answers, orders={"financial_statuses": ["pending", "paid"]})
    world.change(back_office={"amend": [way]})
    return world


@pytest.fixture(params=["void", "credit"])
def world(tmp_path: Path, request: pytest.FixtureRequest) -> StockWorld:
    return world_of(tmp_path, request.param)


HOW = (("order", "now"), ("shipment", "now"), ("order", "later"))
MANNERS = [(way, *how) for way in ("void", "credit") for how in HOW]


@pytest.fixture(params=MANNERS, ids="-".join)
def any_world(tmp_path: Path, request: pytest.FixtureRequest) -> StockWorld:
    return world_of(tmp_path, *request.param)


def booked(world: StockWorld, lines: object = (("MUG", 2),), *, status: str = "pending") -> str:
    order_id = world.shop.place_order(lines, financial_status=status)  # type: ignore[arg-type]
    world.settle()
    return order_id


def edit(world: StockWorld, order_id: str, units: int) -> None:
    world.shop.edit_order(order_id, {world.line_ids(order_id)[0]: units})


def standing(world: StockWorld, order_id: str) -> list[int]:
    """The totals of the order's sales that are neither void nor credited in full."""
    assert not [reference for reference, times in Counter(world.office.references()).items() if times > 1]
    rows = world.office.connection.execute(
        "SELECT total FROM document WHERE kind = 'sale' AND order_id = ? AND NOT void AND credited < total ORDER BY id",
        (order_id,),
    ).fetchall()
    return [total for (total,) in rows]


def assert_one(world: StockWorld, order_id: str, units: int) -> None:
    world.settle(6)
    assert world.holds() == []
    assert standing(world, order_id) == [units * 1000]
    world.assert_exact()
    assert world.level("MUG") == 100 - units


def test_an_edited_order_is_undone_and_booked_again_as_the_next_revision(any_world: StockWorld) -> None:
    world = any_world
    order_id = booked(world)
    for units in (5, 1, 2):
        edit(world, order_id, units)
        for _ in range(4):
            world.run()
            assert len(standing(world, order_id)) <= 1
            world.assert_never_oversold()
        assert_one(world, order_id, units)
    events = [one.document.event for one in world.office.documents() if one.document.kind == "sale"]
    assert events == ["order", "order:2", "order:3", "order:4"]


def test_payments_stay_where_a_sale_is_credited_and_forbid_to_make_it_void(world: StockWorld) -> None:
    order_id = booked(world, status="paid")
    edit(world, order_id, 5)
    world.run()
    if "credit" in world.settings.back_office.amend:
        assert_one(world, order_id, 5)
        assert [one for one in world.totals(payments=True) if one[0] == "payment"] == [("payment", 2000)]
    else:
        assert world.holds() == [("order", "edited after booking")] and standing(world, order_id) == [2000]
        assert "a payment hangs on it" in world.messages()[0]


def test_of_several_ways_the_first_that_is_open_is_taken(world: StockWorld) -> None:
    world.change(back_office={"amend": ["credit", "void"]})
    unpaid, paid = booked(world), booked(world, status="paid")
    edit(world, unpaid, 1)
    edit(world, paid, 1)
    world.run()
    assert [(one.document.order_id, one.document.total) for one in world.office.documents() if one.void] == [
        (unpaid, 2000)
    ]
    assert standing(world, unpaid) == standing(world, paid) == [1000]


@pytest.mark.parametrize("what", ["credited", "shipped"])
def test_a_sale_on_which_something_hangs_is_held_with_both_versions(world: StockWorld, what: str) -> None:
    order_id = booked(world, [("MUG", 3)])
    if what == "credited":
        world.shop.refund(order_id, {world.line_ids(order_id)[0]: 1})
    else:
        world.office.ship(world.documents(order_id)[0].reference, {world.line_ids(order_id)[0]: 1})
    world.settle()
    edit(world, order_id, 5)
    before = world.totals()
    for _ in range(3):
        world.run()
        world.assert_never_oversold()
    assert world.holds() == [("order", "edited after booking")] and world.totals() == before


def test_an_order_cancelled_after_it_was_booked_again_is_credited_as_it_stands(world: StockWorld) -> None:
    order_id = booked(world)
    edit(world, order_id, 5)
    world.run()
    edit(world, order_id, 7)
    world.shop.cancel_order(order_id)
    world.settle(6)
    assert standing(world, order_id) == [] and world.totals(order_id)[-1] == ("credit", 5000)
    assert (world.holds(), world.level("MUG"), world.office.on_hand("MUG")) == ([], 100, 100)


def test_units_shipped_while_their_sale_is_undone_are_not_taken_for_the_next_ones(tmp_path: Path) -> None:
    world = world_of(tmp_path, "credit", "shipment")
    order_id = booked(world)
    [sale] = [one.reference for one in world.documents(order_id)]
    edit(world, order_id, 5)
    world.run(plans={"back-office": [Between(on("push_documents"), lambda: ship(world, sale, order_id))]})
    world.assert_never_oversold()
    world.settle(6)
    world.assert_exact()
    assert (standing(world, order_id), world.level("MUG")) == ([5000], 95)


def ship(world: StockWorld, sale: str, order_id: str) -> None:
    world.office.ship(sale, {world.line_ids(order_id)[0]: 1})


WRITES = ["void_documents", "push_documents"]


@pytest.mark.parametrize("then", [None, 2, 7, 0])
@pytest.mark.parametrize("done", [True, False])
@pytest.mark.parametrize("nth", [1, 2])
def test_a_lost_reply_at_any_write_leaves_one_sale_whatever_the_order_says_next(
    world: StockWorld, nth: int, done: bool, then: int | None
) -> None:
    """Then: edited back, edited again, or cancelled (0)."""
    order_id = booked(world)
    edit(world, order_id, 5)
    faults = [
        lost_reply(method, nth) if done else FailBefore(on(method, nth), Unreachable("down")) for method in WRITES
    ]
    if nth == 2:
        faults = faults[1:] if "credit" in world.settings.back_office.amend else [lost_reply("push_documents")]
    world.run(plans={"back-office": faults})
    assert len(standing(world, order_id)) <= 1
    world.run("pull-data", "push-data")
    world.assert_never_oversold()
    if then == 0:
        world.shop.cancel_order(order_id)
    elif then is not None:
        edit(world, order_id, then)
    for _ in range(3):
        for step in ("pull-orders", "push-data", "pull-data", "push-data", "push-orders", "push-data"):
            world.run(step)
            assert len(standing(world, order_id)) <= 1
            world.assert_never_oversold(step)
    world.settle(6)
    if world.holds():  # what was sent, and is there, is not what the order says now: a person must look
        assert (nth, world.holds()) == (2, [("order", "reference taken")]) and then is not None
        assert standing(world, order_id) == [5000]
        return
    assert standing(world, order_id) == ([] if then == 0 else [(then or 5) * 1000])
    world.assert_exact()


def put_back(world: StockWorld, copy: Path | None) -> None:
    """The hub as it was, or, without a copy, a new one beside no file of ours."""
    for path in world.folder.glob("hub.db*"):
        if path.is_file() and (copy is None or path.suffix != ".last-run"):
            path.unlink() if path.name != "hub.db.lock" else None
    if copy is not None:
        shutil.copyfile(copy, world.folder / "hub.db")


@pytest.mark.parametrize("history", [(5,), (5, 2), (5, 3, 2), (5, 2, 5)])
@pytest.mark.parametrize("now", [None, 4])
def test_a_hub_restored_to_any_time_never_books_a_second_sale(
    world: StockWorld, history: Sequence[int], now: int | None
) -> None:
    copies: list[Path | None] = [None]

    def keep() -> None:
        copy = world.folder / f"copy-{len(copies)}.db"
        shutil.copyfile(world.folder / "hub.db", copy)
        copies.append(copy)

    order_id = world.shop.place_order([("MUG", 2)], financial_status="pending")
    world.run("pull-orders")
    keep()
    world.settle()
    keep()
    for units in history:
        edit(world, order_id, units)
        world.settle(6)
        keep()
    if now is not None:
        edit(world, order_id, now)
    wanted = now or history[-1]
    for copy in copies:
        put_back(world, copy)
        for _ in range(4):
            world.run()
            assert len(standing(world, order_id)) <= 1, copy
            world.assert_never_oversold(copy)
        held = world.holds()
        if not held:
            assert standing(world, order_id) == [wanted * 1000], copy
        else:  # what the books hold cannot be told from the total that it has now
            assert now is not None and [reason for _, reason in held] in (["reference taken"], ["changed in the books"])
