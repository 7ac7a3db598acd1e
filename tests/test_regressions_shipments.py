"""Defects about shipments that a review once found: each must stay mended. What is shown is read from the shop."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from syncctl.connectors.base import Page
from syncctl.connectors.sandbox.books import SandboxBooks
from syncctl.connectors.sandbox.store import SandboxStore
from syncctl.errors import Unreachable
from syncctl.model import FulfilmentLine, Refused, Shipment
from tests.fakes.faulty import Between, FailBefore, lost_reply, on
from tests.stock_world import StockWorld, counts_of

Ships = Callable[[Shipment], Shipment]


@pytest.fixture
def world(tmp_path: Path) -> StockWorld:
    """One shop and a back office whose stock falls when goods are shipped."""
    world = StockWorld(tmp_path, falls_on="shipment")
    world.settle()
    return world


def tell(monkeypatch: pytest.MonkeyPatch, change: Ships) -> None:
    """The back office tells of its shipments otherwise than the sandbox does."""
    real = SandboxBooks.fetch_shipments

    def told(books: SandboxBooks, cursor: str | None) -> Iterator[Page[Shipment]]:
        for page in real(books, cursor):
            yield replace(page, records=[change(one) for one in page.records])

    monkeypatch.setattr(SandboxBooks, "fetch_shipments", told)


def parcels(world: StockWorld, order_id: str) -> list[tuple[str, dict[str, int]]]:
    """The parcels that the shop shows for an order: tracking number, units by line id."""
    return [
        (parcel["tracking_number"], {line["line_id"]: line["quantity"] for line in parcel["lines"]})
        for parcel in world.shop.order(order_id)["fulfilments"]
    ]


# --- which lines a parcel is for -----------------------------------------------------------------------------------


def test_parcels_that_name_no_lines_go_to_one_line_after_the_other(
    world: StockWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_line_ids(one: Shipment) -> Shipment:
        return replace(one, lines=tuple(replace(line, line_id=None) for line in one.lines))

    tell(monkeypatch, without_line_ids)
    order_id = world.shop.place_order([("MUG", 2), ("MUG", 2)])
    world.run()
    first, second = world.line_ids(order_id)
    for line_id, tracking in ((first, "T1"), (second, "T2")):
        world.office.ship(world.documents(order_id)[0].reference, {line_id: 2}, tracking_number=tracking)
        world.run()
    world.run()
    assert parcels(world, order_id) == [("T1", {first: 2}), ("T2", {second: 2})]
    assert world.holds() == []
    world.assert_exact()
    assert (world.level("MUG"), world.shop.order(order_id)["fulfilment_status"]) == (96, "fulfilled")


def test_a_parcel_with_nothing_of_the_order_in_it_is_not_shown(
    world: StockWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To a store, a parcel without lines is one of everything that is left."""
    tell(monkeypatch, lambda one: replace(one, lines=(FulfilmentLine(sku="FREEBIE", quantity=1),)))
    order_id = world.shop.place_order([("MUG", 1)])
    world.run()
    world.office.ship(world.documents(order_id)[0].reference)
    world.run()
    world.run()
    assert parcels(world, order_id) == []
    assert world.shop.order(order_id)["fulfilment_status"] == "unfulfilled"
    assert world.holds() == []


# --- undone --------------------------------------------------------------------------------------------------------


def undo_shipments(world: StockWorld, monkeypatch: pytest.MonkeyPatch, units: int) -> None:
    """The goods are back on the shelf, and the back office says that nothing was ever shipped."""
    real = SandboxBooks.fetch_shipments

    def told(books: SandboxBooks, cursor: str | None) -> Iterator[Page[Shipment]]:
        del cursor
        for page in real(books, None):
            yield replace(page, records=[replace(one, cancelled=True) for one in page.records])

    monkeypatch.setattr(SandboxBooks, "fetch_shipments", told)
    world.office.receive("MUG", units)


@pytest.mark.parametrize("seen_before", [True, False])
def test_units_of_a_cancelled_shipment_count_again(
    world: StockWorld, monkeypatch: pytest.MonkeyPatch, seen_before: bool
) -> None:
    world.shop.place_order([("MUG", 5)])
    world.settle()
    world.office.ship(world.documents()[0].reference)
    if seen_before:
        world.settle()
        assert world.office.on_hand("MUG") == 95
    undo_shipments(world, monkeypatch, 5)
    for _ in range(3):
        world.run()
        assert (world.level("MUG"), world.office.on_hand("MUG")) == (95, 100), "sold, and still on the shelf"


def test_a_shipment_that_was_cancelled_before_the_store_showed_it_is_never_shown(
    world: StockWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = world.shop.place_order([("MUG", 5)])
    world.settle()
    world.office.ship(world.documents()[0].reference)
    world.run("pull-data")
    undo_shipments(world, monkeypatch, 5)
    world.run()
    assert parcels(world, order_id) == []


# --- shipments of documents that the hub does not know -------------------------------------------------------------


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the shipments that were read, run by run; clear it between runs."""
    seen: list[str] = []

    def note(one: Shipment) -> Shipment:
        seen.append(one.id)
        return one

    tell(monkeypatch, note)
    return seen


def test_a_shipment_of_an_unknown_document_is_not_read_again_once_nothing_is_outstanding(
    world: StockWorld, read: list[str]
) -> None:
    world.shop.place_order([("MUG", 1)])
    world.run()
    [ours] = [one for one in world.documents() if one.kind == "sale"]
    world.office.push([replace(ours, reference="other/1/sale/order", number="#9")])
    world.office.ship("other/1/sale/order")
    report = world.run()
    assert counts_of(report, "pull-data")["shipments of unknown documents"] == 1
    read.clear()
    order_id = world.shop.place_order([("MUG", 1)])
    world.run()
    world.office.ship(world.documents(order_id)[0].reference, tracking_number="T1")
    world.run()
    assert len(read) == 1, "the new one alone"
    assert [tracking for tracking, _ in parcels(world, order_id)] == ["T1"]


def test_while_an_outcome_is_unknown_a_shipment_of_an_unknown_document_is_read_again(
    world: StockWorld, read: list[str]
) -> None:
    """It may be of the very document whose reply was lost."""
    order_id = world.shop.place_order([("MUG", 5)])

    def ship() -> None:
        world.office.ship(world.documents(order_id)[0].reference, tracking_number="T1")

    world.run(plans={"back-office": [lost_reply("push_documents"), Between(on("fetch_shipments"), ship)]})
    assert len(set(read)) == 1
    world.assert_never_oversold()
    world.settle()
    assert [tracking for tracking, _ in parcels(world, order_id)] == ["T1"]
    world.assert_exact()
    read.clear()
    world.run()
    assert read == []


# --- shipments of documents that hold more by now than the hub knows ------------------------------------------------


def edited(world: StockWorld, added: int) -> tuple[str, str]:
    """An order that was booked and has one more line since: its id, and the new line's."""
    order_id = world.shop.place_order([("MUG", 2)])
    world.settle()
    world.shop.edit_order(order_id, {}, add=[("TRAY", added)])
    return order_id, world.line_ids(order_id)[1]


def all_is_known(world: StockWorld, order_id: str, parcel: dict[str, int]) -> None:
    """The shipment is taken off the stock once, and the shop shows it as it is."""
    world.assert_never_oversold()
    world.settle()
    world.assert_exact()
    assert parcels(world, order_id) == [("T1", parcel)]
    assert world.holds() == []


def test_a_shipment_of_a_line_whose_booking_is_in_doubt_is_read_again(world: StockWorld, read: list[str]) -> None:
    """It was put aside as of no line of the order, for ever: too little was shown, and the parcel never."""
    order_id, line_id = edited(world, 3)

    def ship() -> None:
        world.office.ship(world.documents(order_id)[0].reference, {line_id: 3}, tracking_number="T1")

    world.run(plans={"back-office": [lost_reply("amend_documents"), Between(on("fetch_shipments"), ship)]})
    all_is_known(world, order_id, {line_id: 3})
    read.clear()
    world.run()
    assert read == []


@pytest.mark.parametrize("units", [{0: 2}, {0: 1, 1: 2}, {0: 2, 1: 3}])
def test_so_is_one_of_a_change_that_another_one_has_overtaken(world: StockWorld, units: dict[int, int]) -> None:
    """The first was queued and made, and before that was known the order was edited again."""
    world.change(back_office={"answers": "later"})
    order_id, _ = edited(world, 2)
    world.run()
    world.office.work_queue()
    lines = world.line_ids(order_id)
    parcel = {lines[line]: count for line, count in units.items()}
    world.shop.edit_order(order_id, {lines[1]: 3})
    if units.get(1) == 3:  # only the second change makes room for it
        world.run()
        world.office.work_queue()
    world.office.ship(world.documents(order_id)[0].reference, parcel, tracking_number="T1")
    world.run("pull-data")
    all_is_known(world, order_id, parcel)


@pytest.mark.parametrize("unread", ["pull-orders", "push-orders", ""])
def test_a_restored_hub_may_know_less_of_a_document_than_the_books(world: StockWorld, unread: str) -> None:
    order_id = world.shop.place_order([("MUG", 2)])
    world.settle()
    shutil.copyfile(world.folder / "hub.db", world.folder / "copy.db")
    world.shop.edit_order(order_id, {}, add=[("TRAY", 3)])
    world.run()
    shutil.copyfile(world.folder / "copy.db", world.folder / "hub.db")
    line_id = world.line_ids(order_id)[1]
    world.office.ship(world.documents(order_id)[0].reference, {line_id: 3}, tracking_number="T1")
    if unread == "pull-orders":
        world.run(plans={"shop": [FailBefore(on("fetch_orders"), Unreachable("down"))]})
    elif unread == "push-orders":
        world.run(plans={"back-office": [FailBefore(on("find_documents"), Unreachable("down"))]})
    all_is_known(world, order_id, {line_id: 3})


# --- refused ones --------------------------------------------------------------------------------------------------


def test_the_hold_of_a_refused_shipment_goes_when_it_is_shown(
    world: StockWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = world.shop.place_order([("MUG", 1)])
    world.run()
    world.office.ship(world.documents(order_id)[0].reference, tracking_number="T1")
    with monkeypatch.context() as patch:
        patch.setattr(
            SandboxStore,
            "push_fulfilments",
            lambda _store, changes: [Refused(key=one.key, reason="not_now", message="later") for one in changes],
        )
        world.run()
    assert world.holds() == [("fulfilment", "not_now")]
    hub = world.hub()
    hub.holds.retry()
    hub.close()
    world.run()
    assert [tracking for tracking, _ in parcels(world, order_id)] == ["T1"]
    assert world.holds() == []
