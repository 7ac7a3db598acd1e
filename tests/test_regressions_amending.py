"""Booked sales whose orders were edited, and everything else going wrong at the same time.

What the books hold is read from the office's own file; what may be shown is reckoned by the world's own oracle.
"""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from syncctl.connectors.sandbox.bodies import NewLine
from syncctl.connectors.sandbox.books import SandboxBooks
from syncctl.connectors.sandbox.office import Office
from syncctl.errors import Unreachable
from syncctl.model import CannotTell, DocumentKind
from tests.fakes.faulty import Between, FailBefore, lost_reply, on
from tests.stock_world import StockWorld

OLD = datetime(2026, 1, 10, 12, tzinfo=UTC)
CLOSED = date(2026, 1, 31)


def world_of(tmp_path: Path, *ways: str, **options: str) -> StockWorld:
    world = StockWorld(tmp_path, orders={"financial_statuses": ["pending", "paid"]}, **options)
    world.change(back_office={"amend": ways})
    return world


def booked(world: StockWorld, lines: object = (("MUG", 2),), status: str = "pending", **options: object) -> str:
    order_id = world.shop.place_order(lines, financial_status=status, **options)  # type: ignore[arg-type]
    world.settle()
    return order_id


def edit(world: StockWorld, order_id: str, units: int) -> None:
    world.shop.edit_order(order_id, {world.line_ids(order_id)[0]: units})


def swap(world: StockWorld, order_id: str, sku: str) -> None:
    """Another SKU for the same money."""
    [line] = world.shop.order(order_id)["lines"]
    world.shop.mark(order_id, lines=[{**line, "sku": sku}])


def standing(world: StockWorld) -> list[int]:
    """The totals of the sales that are neither void nor credited in full."""
    rows = world.office.connection.execute(
        "SELECT total FROM document WHERE kind = 'sale' AND NOT void AND credited < total ORDER BY id"
    )
    return [total for (total,) in rows]


@pytest.mark.parametrize("falls_on", ["order", "shipment"])
@pytest.mark.parametrize("then", ["back", "cancelled", "cancelled at once"])
def test_a_change_that_is_refused_when_it_is_sent_again_may_have_been_made_before(
    tmp_path: Path, falls_on: str, then: str
) -> None:
    world = world_of(tmp_path, "amend", falls_on=falls_on)
    order_id = booked(world, placed_at=OLD)
    edit(world, order_id, 1)
    world.run(plans={"back-office": [lost_reply("amend_documents")]})
    world.close_period(CLOSED)
    if then != "cancelled at once":
        world.run()
    if then == "back":
        edit(world, order_id, 2)
    else:
        world.shop.cancel_order(order_id)
    for _ in range(3):
        world.run()
        world.assert_never_oversold()
    assert world.holds() and world.totals() == [("sale", 1000)]
    world.close_period(None)
    with world.hub() as hub:
        hub.holds.retry()
    world.settle()
    world.assert_exact()
    assert world.holds() == []
    assert world.totals() == ([("sale", 2000)] if then == "back" else [("sale", 1000), ("credit", 1000)])


def test_a_second_queued_change_that_is_refused_does_not_undo_the_first(tmp_path: Path) -> None:
    world = world_of(tmp_path, "amend", answers="later")
    order_id = booked(world, placed_at=OLD)
    edit(world, order_id, 1)
    world.run()
    edit(world, order_id, 4)
    world.run()
    world.close_period(CLOSED)
    world.run()
    edit(world, order_id, 2)
    for _ in range(3):
        world.run()
        world.assert_never_oversold()
    assert world.totals() == [("sale", 1000)] and world.holds()


@pytest.mark.parametrize("ordered", [False, True])
def test_a_sale_whose_undoing_is_refused_in_the_end_is_not_booked_a_second_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ordered: bool
) -> None:
    """`ordered`: the back office works on its queue in order, so that documents may be queued behind others."""
    real = SandboxBooks.__init__

    def init(self: SandboxBooks, *args: Any, **options: Any) -> None:
        real(self, *args, **options)
        self.abilities = replace(self.abilities, queued_in_order=ordered)

    monkeypatch.setattr(SandboxBooks, "__init__", init)
    world = world_of(tmp_path, "credit", answers="later")
    order_id = booked(world)
    edit(world, order_id, 5)
    world.run()
    # somebody credits part of it by hand before the queue is worked on
    world.office.connection.execute("UPDATE document SET credited = 500 WHERE kind = 'sale'")
    for _ in range(4):
        world.run()
        assert len(standing(world)) <= 1
        world.assert_never_oversold()
    assert world.holds()


def test_a_sale_of_a_closed_period_is_not_credited_unless_it_can_be_booked_again(tmp_path: Path) -> None:
    world = world_of(tmp_path, "credit")
    order_id = booked(world, placed_at=OLD)
    world.close_period(CLOSED)
    edit(world, order_id, 5)
    for _ in range(3):
        world.run()
        world.assert_never_oversold()
        assert len(standing(world)) == 1


@pytest.mark.parametrize("now", [2, 3])
def test_a_restored_hub_learns_of_a_change_that_is_still_in_the_queue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: int
) -> None:
    world = world_of(tmp_path, "amend", answers="later")
    order_id = booked(world)
    shutil.copyfile(world.folder / "hub.db", world.folder / "older.db")
    edit(world, order_id, 1)
    world.run()
    shutil.copyfile(world.folder / "older.db", world.folder / "hub.db")
    edit(world, order_id, now)
    with monkeypatch.context() as patch:
        patch.setattr(Office, "work_queue", lambda _: [])  # it has not come to it yet
        world.run()
    for _ in range(4):
        world.run()
        world.assert_never_oversold()
    assert standing(world) == [now * 1000]


def test_a_restored_hub_learns_of_a_change_for_the_same_money(tmp_path: Path) -> None:
    world = world_of(tmp_path, "amend")
    order_id = booked(world)
    shutil.copyfile(world.folder / "hub.db", world.folder / "older.db")
    swap(world, order_id, "TRAY")
    world.run()
    shutil.copyfile(world.folder / "older.db", world.folder / "hub.db")
    swap(world, order_id, "MUG")
    for _ in range(3):
        world.run()
        world.assert_never_oversold()
    [sale] = world.documents(order_id)
    assert [line.sku for line in sale.lines] == ["MUG"]


def test_a_refused_change_for_the_same_money_may_have_been_made_before(tmp_path: Path) -> None:
    world = world_of(tmp_path, "amend")
    order_id = booked(world, placed_at=OLD)
    swap(world, order_id, "TRAY")
    world.run(plans={"back-office": [lost_reply("amend_documents")]})
    world.close_period(CLOSED)
    world.run()
    swap(world, order_id, "MUG")
    for _ in range(3):
        world.run()
        world.assert_never_oversold()
    assert world.holds() == [("order", "closed_period")]


def test_a_payment_that_was_booked_in_part_is_held_when_the_sale_grows(tmp_path: Path) -> None:
    world = world_of(tmp_path, "amend")
    order_id = world.shop.place_order([("MUG", 3)])
    edit(world, order_id, 1)
    world.settle()
    assert world.totals(payments=True) == [("sale", 1000), ("payment", 1000)]
    edit(world, order_id, 3)
    world.run()
    assert [reason for _, reason in world.holds()] == ["edited after booking"]


def test_what_undoes_a_sale_is_booked_in_its_store(tmp_path: Path) -> None:
    world = world_of(tmp_path, "credit")
    order_id = booked(world)
    edit(world, order_id, 5)
    world.settle()
    assert {one.store_number for one in world.documents(order_id)} == {98}


def test_a_sale_of_whose_undoing_nobody_can_tell_is_not_taken_for_standing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = world_of(tmp_path, "credit")
    order_id = booked(world)
    edit(world, order_id, 5)
    world.run(plans={"back-office": [lost_reply("push_documents")]})
    edit(world, order_id, 2)
    real = SandboxBooks.find_documents

    def cannot(self: SandboxBooks, asked: Sequence[str], kind: DocumentKind = DocumentKind.SALE) -> object:
        if kind == DocumentKind.CREDIT:
            return [CannotTell(reference=one) for one in asked]
        return real(self, asked, kind)

    with monkeypatch.context() as patch:
        patch.setattr(SandboxBooks, "find_documents", cannot)
        world.run()
    assert standing(world) == []
    world.run()
    with world.hub() as hub:
        hub.holds.retry()
    world.settle()
    assert standing(world) == [2000] and world.holds() == []


def test_a_change_in_doubt_under_settings_that_now_say_hold_ends_as_the_order_says(tmp_path: Path) -> None:
    world = world_of(tmp_path, "amend")
    order_id = booked(world)
    edit(world, order_id, 5)
    world.run(plans={"back-office": [lost_reply("amend_documents")]})
    world.change(orders={"edited": "hold"})
    edit(world, order_id, 2)
    world.settle()
    assert (world.totals(), world.holds()) == ([("sale", 2000)], [])
    world.assert_exact()


@pytest.mark.parametrize("way", ["amend", "void", "credit"])
def test_a_change_of_the_tax_setting_in_the_middle_books_no_more_and_no_less(tmp_path: Path, way: str) -> None:
    world = world_of(tmp_path, way)
    order_id = booked(world, [NewLine(sku="MUG", quantity=2, tax="4.00")])
    edit(world, order_id, 1)
    methods = ["amend_documents", "void_documents", "push_documents"]
    world.run(plans={"back-office": [lost_reply(one) for one in methods]})
    world.change(orders={"import_taxes": False})
    world.shop.cancel_order(order_id)
    world.settle()
    assert world.holds() == [] and standing(world) == []
    world.assert_exact()


@pytest.mark.parametrize("way", ["amend", "void", "credit"])
@pytest.mark.parametrize("answers", ["now", "later"])
def test_an_order_that_loses_all_its_lines_is_held_or_empty_never_oversold(
    tmp_path: Path, way: str, answers: str
) -> None:
    world = world_of(tmp_path, way, answers=answers)
    order_id = booked(world)
    world.shop.mark(order_id, lines=[], total="0.00")
    for _ in range(4):
        world.run()
        world.assert_never_oversold()
    assert world.holds() == [("order", "no lines")] and standing(world) == [2000]


@pytest.mark.parametrize("way", ["amend", "void", "credit"])
def test_an_order_given_up_just_before_its_change_is_sent_and_taken_up_again(tmp_path: Path, way: str) -> None:
    world = world_of(tmp_path, way)
    order_id = booked(world)
    world.change(orders={"edited": "hold"})
    edit(world, order_id, 5)
    world.run()
    [(hold,)] = world.rows("SELECT id FROM hold")
    world.change(orders={"edited": "amend"})

    def skip() -> None:
        with world.hub() as hub:
            hub.holds.skip(hold)

    world.run(plans={"back-office": [Between(on("find_documents"), skip)]})
    world.run()
    assert standing(world) == [2000]


@pytest.mark.parametrize("way", ["amend", "void", "credit"])
def test_the_same_order_number_in_two_stores_is_changed_in_each_by_itself(tmp_path: Path, way: str) -> None:
    world = StockWorld(tmp_path, stores=("a", "b"), orders={"financial_statuses": ["pending", "paid"]})
    world.change(back_office={"amend": [way]})
    ids = [shop.place_order([("MUG", 2)], financial_status="pending") for shop in world.shops.values()]
    world.settle()
    for units, (order_id, (name, shop)) in enumerate(zip(ids, world.shops.items(), strict=True), 4):
        shop.edit_order(order_id, {world.line_ids(order_id, name)[0]: units})
    method = {"amend": "amend_documents", "void": "void_documents", "credit": "push_documents"}[way]
    world.run(plans={"back-office": [lost_reply(method)]})
    world.assert_never_oversold()
    world.settle(6)
    assert (sorted(standing(world)), world.holds()) == ([4000, 5000], [])
    world.assert_exact()


def test_addresses_and_notes_alone_change_no_document(tmp_path: Path) -> None:
    world = world_of(tmp_path, "amend")
    order_id = booked(world)
    world.shop.mark(order_id, note="ring twice", email="new@example.com")
    world.run()
    assert world.writes(party="back-office") == [] and world.holds() == []


@pytest.mark.parametrize("way", ["void", "credit"])
def test_a_new_sale_that_is_refused_after_the_old_one_was_undone_is_booked_later(tmp_path: Path, way: str) -> None:
    world = world_of(tmp_path, way)
    order_id = booked(world)
    edit(world, order_id, 5)
    nth = 1 if way == "void" else 2
    world.run(plans={"back-office": [FailBefore(on("push_documents", nth), Unreachable("down"))]})
    assert standing(world) == []
    world.change(orders={"edited": "hold"})
    edit(world, order_id, 3)
    world.settle()
    assert standing(world) == [3000] and world.holds() == []
    world.assert_exact()


@pytest.mark.parametrize("way", ["amend", "void", "credit"])
@pytest.mark.parametrize("done", [True, False])
def test_a_change_in_doubt_when_the_back_office_can_no_longer_change_anything(
    tmp_path: Path, way: str, done: bool
) -> None:
    world = world_of(tmp_path, way)
    order_id = booked(world)
    edit(world, order_id, 1)
    method = {"amend": "amend_documents", "void": "void_documents", "credit": "push_documents"}[way]
    fault = lost_reply(method) if done else FailBefore(on(method), Unreachable("down"))
    world.run(plans={"back-office": [fault]})
    world.change(back_office={"amend": []})
    edit(world, order_id, 2)
    for _ in range(3):
        world.run()
        world.assert_never_oversold()
        assert len(standing(world)) <= 1
    assert (standing(world) == [2000]) or world.holds()


@pytest.mark.parametrize("way", ["amend", "void", "credit"])
@pytest.mark.parametrize("answers", ["now", "later"])
def test_a_kit_that_is_edited_with_its_reply_lost_and_edited_back(tmp_path: Path, way: str, answers: str) -> None:
    world = world_of(tmp_path, way, answers=answers)
    world.add_kit("SET", {"MUG": 2, "TRAY": 1})
    order_id = booked(world, [("SET", 2)])
    method = {"amend": "amend_documents", "void": "void_documents", "credit": "push_documents"}[way]
    for units in (3, 1, 2):
        edit(world, order_id, units)
        world.run(plans={"back-office": [lost_reply(method)] if units == 3 else []})
        world.assert_never_oversold()
    world.settle(8)
    assert world.holds() == [] and len(standing(world)) == 1
    world.assert_exact()


@pytest.mark.parametrize("way", ["amend", "void", "credit"])
def test_a_refund_while_a_change_is_in_doubt_is_credited_once_of_the_standing_sale(tmp_path: Path, way: str) -> None:
    world = world_of(tmp_path, way)
    order_id = booked(world)
    edit(world, order_id, 5)
    method = {"amend": "amend_documents", "void": "void_documents", "credit": "push_documents"}[way]
    world.run(plans={"back-office": [lost_reply(method)]})
    world.shop.refund(order_id, {world.line_ids(order_id)[0]: 1})
    world.run(plans={"back-office": [lost_reply("push_documents")]})
    world.settle(6)
    credits = world.office.connection.execute(
        "SELECT total FROM document WHERE event NOT LIKE 'undo%' AND kind = 'credit'"
    )
    assert credits.fetchall() == [(1000,)]
    assert standing(world) == [5000] and world.holds() == []
    world.assert_exact()
