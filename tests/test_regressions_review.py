"""Defects that a second review found: each must stay mended. What is shown and booked is read from the other sides."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from syncctl.backup import make_backup, restore_backup
from syncctl.connectors.base import Page
from syncctl.connectors.sandbox import office_booking
from syncctl.connectors.sandbox.bodies import NewLine
from syncctl.connectors.sandbox.books import SandboxBooks
from syncctl.connectors.sandbox.store import SandboxStore
from syncctl.errors import Unreachable
from syncctl.model import CustomerChange, FulfilmentLine, Queued, Refused, Shipment, Variant
from syncctl.rules.prices import shown_price
from tests.fakes.faulty import FailBefore, Fault, lost_reply, on
from tests.stock_world import StockWorld, tomorrow

ANN = {"id": "c1", "name": "Ann Lee", "emails": ["ann@shop.example"]}


@pytest.fixture
def world(tmp_path: Path) -> StockWorld:
    """One shop and a back office whose stock falls when an order is booked."""
    return StockWorld(tmp_path)


@pytest.fixture
def shipping(tmp_path: Path) -> StockWorld:
    """One shop and a back office whose stock falls when goods are shipped."""
    world = StockWorld(tmp_path, falls_on="shipment")
    world.settle()
    return world


def retry(world: StockWorld) -> None:
    """A person lets everything that is held be tried again."""
    hub = world.hub()
    hub.holds.retry()
    hub.close()


# --- the credit of a cancellation -------------------------------------------------------------------------------------


def order_cancelled_in_doubt(world: StockWorld, fault: Fault) -> str:
    """Four mugs, booked and called off; what became of the cancellation's credit is not known to the hub."""
    order_id = world.shop.place_order([("MUG", 4)])
    world.run()
    world.shop.cancel_order(order_id)
    world.run(plans={"back-office": [fault]})
    return order_id


def let_credits_exceed_their_sale(monkeypatch: pytest.MonkeyPatch) -> None:
    """As most back offices do: nothing but our own care stands between a lost reply and a second credit."""
    monkeypatch.setattr(office_booking, "_check_credit", lambda *_: None)


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("units", [4, 2])
def test_a_refund_after_the_lost_reply_to_a_cancellations_credit_is_covered_by_it(
    world: StockWorld, monkeypatch: pytest.MonkeyPatch, strict: bool, units: int
) -> None:
    order_id = order_cancelled_in_doubt(world, lost_reply("push_documents"))
    assert world.totals() == [("sale", 4000), ("credit", 4000)]
    if not strict:
        let_credits_exceed_their_sale(monkeypatch)
    world.shop.refund(order_id, {world.line_ids(order_id)[0]: units})
    for _ in range(3):
        world.run()
        assert world.totals() == [("sale", 4000), ("credit", 4000)]
        assert (world.holds(), world.office.on_hand("MUG")) == ([], 100)
    assert world.writes("push_documents") == []


def test_a_refund_after_a_cancellations_credit_that_did_not_arrive_is_credited_and_the_rest_after_it(
    world: StockWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = order_cancelled_in_doubt(world, FailBefore(on("push_documents"), Unreachable("cut")))
    let_credits_exceed_their_sale(monkeypatch)
    world.shop.refund(order_id, {world.line_ids(order_id)[0]: 1})
    for _ in range(3):
        world.run()
    assert world.totals() == [("sale", 4000), ("credit", 1000), ("credit", 3000)]
    assert (world.holds(), world.office.on_hand("MUG")) == ([], 100)


def test_while_a_cancellations_credit_may_still_be_on_its_way_no_refund_is_credited(
    world: StockWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.change(safety={"settle": "15m"})
    order_id = order_cancelled_in_doubt(world, lost_reply("push_documents"))
    let_credits_exceed_their_sale(monkeypatch)
    world.shop.refund_all(order_id)
    world.run()
    assert world.writes("push_documents") == []
    world.hurry += timedelta(minutes=20)
    world.run()
    world.run()
    assert world.totals() == [("sale", 4000), ("credit", 4000)]
    assert world.holds() == []


def test_a_restored_hub_credits_no_refund_that_its_lost_cancellation_covers(
    world: StockWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_credits_exceed_their_sale(monkeypatch)
    order_id = world.shop.place_order([("MUG", 4)])
    world.run()
    backup = make_backup(world.folder / "hub.db", keep=3)
    world.shop.cancel_order(order_id)
    world.run()
    world.shop.refund_all(order_id)
    world.run()
    restore_backup(world.folder / "hub.db", backup)
    for _ in range(3):
        world.run()
    assert world.totals() == [("sale", 4000), ("credit", 4000)]
    assert (world.holds(), world.office.on_hand("MUG")) == ([], 100)


def test_what_a_cancellation_takes_back_waits_for_a_refund_that_is_refused(world: StockWorld) -> None:
    order_id = world.shop.place_order([("MUG", 4)])
    world.run()
    world.shop.refund(order_id, {world.line_ids(order_id)[0]: 1})
    [refund] = world.shop.order(order_id)["refunds"]
    world.shop.mark(order_id, refunds=[{**refund, "refunded_at": "2024-01-01T00:00:00.000000Z"}])
    world.shop.cancel_order(order_id)
    world.close_period(date(2024, 12, 31))
    world.run()
    assert world.totals() == [("sale", 4000)]
    assert world.holds() == [("order", "closed_period")]
    world.close_period(None)
    for _ in range(2):
        tomorrow(world)
        assert world.totals() == [("sale", 4000), ("credit", 1000), ("credit", 3000)]
    assert (world.holds(), world.office.on_hand("MUG")) == ([], 100)


@pytest.mark.parametrize("answers", ["now", "later"])
@pytest.mark.parametrize("falls_on", ["order", "shipment"])
def test_an_order_cancelled_with_several_refunds_in_one_pull_is_taken_back_once(
    tmp_path: Path, answers: str, falls_on: str
) -> None:
    world = StockWorld(tmp_path, answers=answers, falls_on=falls_on)
    order_id = world.shop.place_order([("MUG", 4), ("TRAY", 1)], charges={"shipping": "3.00"})
    world.settle()
    mugs = world.line_ids(order_id)[0]
    for units in (1, 2):
        world.shop.refund(order_id, {mugs: units})
    world.shop.cancel_order(order_id)
    world.settle()
    assert world.totals() == [("sale", 4700), ("credit", 1000), ("credit", 2000), ("credit", 1700)]
    assert (world.office.on_hand("MUG"), world.office.on_hand("TRAY"), world.holds()) == (100, 50, [])
    world.assert_exact()
    world.assert_booked_once()


# --- shipments --------------------------------------------------------------------------------------------------------


def tell(patch: pytest.MonkeyPatch, *shipments: Shipment) -> None:
    """The back office tells of these shipments, all in one page, each time that it is asked."""

    def told(_books: SandboxBooks, cursor: str | None) -> Iterator[Page[Shipment]]:
        yield Page(records=list(shipments), cursor=cursor or "x")

    patch.setattr(SandboxBooks, "fetch_shipments", told)


def shipped(world: StockWorld, order_id: str, units: int) -> Shipment:
    """Ship these units of the order's first line; returns the shipment as the back office will tell of it."""
    sale, line_id = world.documents(order_id)[0].reference, world.line_ids(order_id)[0]
    shipment_id = world.office.ship(sale, {line_id: units}, tracking_number="T1")
    [document] = [one.id for one in world.office.documents(sale)]
    lines = (FulfilmentLine(line_id=line_id, quantity=units, sku="MUG"),)
    return Shipment(id=shipment_id, document_id=str(document), kind="shipment", lines=lines, tracking_number="T1")


def test_a_shipment_in_the_place_of_one_that_is_cancelled_in_the_same_page_is_kept(
    shipping: StockWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = shipping.shop.place_order([("MUG", 5)])
    shipping.run()
    first = shipped(shipping, order_id, 5)
    shipping.run("pull-data")
    second = replace(first, id="99", tracking_number="T2")
    tell(monkeypatch, replace(first, cancelled=True), second)
    for _ in range(3):
        shipping.run()
        assert (shipping.level("MUG"), shipping.office.on_hand("MUG")) == (95, 95)
    parcels = shipping.shop.order(order_id)["fulfilments"]
    assert [(one["tracking_number"], one["lines"][0]["quantity"]) for one in parcels] == [("T2", 5)]
    assert shipping.shop.order(order_id)["fulfilment_status"] == "fulfilled"
    assert shipping.holds() == []


def test_a_refused_shipment_that_is_cancelled_since_is_not_sent_on_retry_and_its_hold_goes(
    shipping: StockWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = shipping.shop.place_order([("MUG", 5), ("TRAY", 3)])
    shipping.run()
    parcel = shipped(shipping, order_id, 1)
    with monkeypatch.context() as patch:
        patch.setattr(
            SandboxStore,
            "push_fulfilments",
            lambda _store, changes: [Refused(key=one.key, reason="locked", message="locked") for one in changes],
        )
        shipping.run()
    assert shipping.holds() == [("fulfilment", "locked")]
    tell(monkeypatch, replace(parcel, cancelled=True))
    shipping.run()
    assert shipping.holds() == []
    retry(shipping)
    shipping.run()
    assert shipping.writes("push_fulfilments") == []
    assert shipping.shop.order(order_id)["fulfilments"] == []


# --- what a queue took in ---------------------------------------------------------------------------------------------


def lose_in_a_queue(patch: pytest.MonkeyPatch) -> None:
    """Customers are accepted for later, and nothing ever comes of it."""

    def push(_books: SandboxBooks, changes: Sequence[CustomerChange]) -> list[Queued]:
        return [Queued(key=one.key) for one in changes]

    patch.setattr(SandboxBooks, "push_customers", push)


def test_a_customer_of_whom_a_queue_made_nothing_is_asked_for_again_after_a_day(
    world: StockWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.shop.place_order([("MUG", 1)], customer=ANN)
    with monkeypatch.context() as patch:
        lose_in_a_queue(patch)
        world.run()
        assert len(world.writes("push_customers")) == 1
    world.run()
    assert (world.writes("push_customers"), world.totals()) == ([], []), "it may still come"
    tomorrow(world)
    world.run()
    assert world.totals() == [("sale", 1000)]
    people = world.office.connection.execute("SELECT count(*) FROM customer").fetchone()[0]
    assert (people, world.holds()) == (1, [])


def test_an_update_that_a_queue_took_in_is_sent_once_and_a_newer_one_once_more(
    world: StockWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order is held for another reason, so that its customer is looked at in each cycle."""
    world.shop.place_order([("MUG", 1)], customer=ANN)
    world.run()
    lose_in_a_queue(monkeypatch)
    for name in ("Ann Leeds", "Ann Lester"):
        world.shop.place_order([NewLine(sku="NOWHERE", price="1.00", title="x")], customer={**ANN, "name": name})
        sent = []
        for _ in range(3):
            world.run()
            sent += world.writes("push_customers")
        assert [one.fields["name"] for one in sent] == [name]


# --- holds of items ---------------------------------------------------------------------------------------------------


def test_the_hold_of_an_item_goes_with_the_last_order_that_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_books: SandboxBooks, variants: Sequence[Variant]) -> list[Refused]:
        return [Refused(key=one.sku, reason="not_today", message="no") for one in variants]

    world = StockWorld(tmp_path, orders={"unknown_sku": "create"})
    world.shop.add_listing("ODD", "Odd", "1.00", 5)
    first, last = (world.shop.place_order([("ODD", 1)]) for _ in range(2))
    monkeypatch.setattr(SandboxBooks, "create_variants", refuse)
    world.run()
    assert ("item", "not_today") in world.holds()
    world.shop.cancel_order(first)
    world.run()
    assert ("item", "not_today") in world.holds(), "the other order waits for it still"
    world.shop.cancel_order(last)
    world.run()
    assert world.holds() == []
    assert world.totals() == []


# --- prices of a store that keeps more places than the currency -------------------------------------------------------


@pytest.mark.parametrize(
    "shown, want, result",
    [
        ("2.5551", "2.5555", "2.5551"),
        ("2.5555", "2.5555", "2.5555"),
        ("2.5555", "2.55554", "2.55554"),
        ("2.5556", "2.55554", "2.55554"),
        ("2.5554", "2.55554", "2.5554"),
        ("2.555", "2.5555", "2.5555"),
        ("2.554", "2.5555", "2.554"),
    ],
)
def test_a_price_is_taken_as_rounded_only_to_the_places_that_it_is_shown_with(
    shown: str, want: str, result: str
) -> None:
    """Else one is left wrong that the store could show, or one that it cannot show better is written for ever."""
    assert shown_price(shown, want, "GBP") == result


Edit = Callable[[StockWorld], None]


@pytest.mark.parametrize(
    "edit",
    [lambda world: world.shop.set_price("MUG", "0.1251"), lambda world: world.office.set_price("MUG", "0.1251")],
    ids=["in the shop", "in the back office"],
)
def test_a_store_that_keeps_four_places_is_put_right_by_less_than_a_whole_unit(world: StockWorld, edit: Edit) -> None:
    world.office.set_price("MUG", "0.1255")
    world.settle()
    assert world.shop.price("MUG") == "0.1255"
    edit(world)
    tomorrow(world)
    [there] = world.office.variants(["MUG"])
    assert world.shop.price("MUG") == there.prices[0].amount
    world.run()
    assert world.writes("push_prices") == []
