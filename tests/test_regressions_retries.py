"""What must not be sent again each cycle, and holds that must go when their reason has gone: findings of a review."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from syncctl.connectors.base import Page
from syncctl.connectors.sandbox.bodies import NewLine
from syncctl.connectors.sandbox.books import SandboxBooks
from syncctl.connectors.sandbox.store import SandboxStore
from syncctl.errors import Unreachable
from syncctl.model import CustomerChange, Order, PriceChange, Queued, Refused, Unclear, Variant, WriteOutcome
from tests.builders import World
from tests.fakes.faulty import FailBefore, Fault, lost_reply, on

ANN = {"name": "Ann Archer", "emails": ["ann@shop.example"]}
Outcomes = Callable[[str], WriteOutcome]


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.run()
    return world


def refuse(key: str) -> WriteOutcome:
    return Refused(key=key, reason="not_today", message="no")


def queue(key: str) -> WriteOutcome:
    return Queued(key=key)


def stay_unclear(key: str) -> WriteOutcome:
    return Unclear(key=key)


# --- sent once -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", [refuse, queue])
def test_a_customer_that_was_refused_or_queued_is_not_sent_each_cycle(
    world: World, monkeypatch: pytest.MonkeyPatch, outcome: Outcomes
) -> None:
    """Its order is held for another reason, so that it is looked at in each cycle."""
    sent: list[str] = []

    def push(_books: SandboxBooks, changes: Sequence[CustomerChange]) -> list[WriteOutcome]:
        sent.extend(one.reference for one in changes)
        return [outcome(one.key) for one in changes]

    world.shop.place_order([NewLine(sku="NOWHERE", price="1.00", title="x")], customer=ANN)
    order_id = world.shop.place_order([("MUG", 1)], customer=ANN)
    with monkeypatch.context() as patch:
        patch.setattr(SandboxBooks, "push_customers", push)
        for _ in range(4):
            world.run()
    assert len(sent) == 1
    assert world.totals(order_id) == ([("sale", 1000)] if outcome is refuse else []), "queued: it waits for its buyer"
    if outcome is queue:
        world.office.upsert_customer(reference=sent[0], name="Ann Archer", emails=("ann@shop.example",))
    else:
        world.run(later=timedelta(hours=25))
    world.run()
    assert world.office.connection.execute("SELECT name FROM customer").fetchall() == [("Ann Archer",)]
    assert world.totals(order_id) == [("sale", 1000)]


@pytest.mark.parametrize("outcome", [refuse, stay_unclear])
def test_an_item_that_could_not_be_made_is_not_sent_each_cycle(
    world: World, monkeypatch: pytest.MonkeyPatch, outcome: Outcomes
) -> None:
    world.change(orders={"unknown_sku": "create"})
    sent: list[str] = []

    def create(_books: SandboxBooks, variants: Sequence[Variant]) -> list[WriteOutcome]:
        sent.extend(one.sku for one in variants)
        return [outcome(one.sku) for one in variants]

    order_id = world.shop.place_order([NewLine(sku="NEW", price="1.00", title="x")])
    with monkeypatch.context() as patch:
        patch.setattr(SandboxBooks, "create_variants", create)
        for _ in range(4):
            world.run()
    assert sent == ["NEW"]
    assert ("order", "unknown SKU") in world.holds()
    world.run(later=timedelta(hours=25))
    assert world.totals(order_id) == [("sale", 100)]
    assert world.holds() == []


def test_the_hold_of_an_item_goes_when_somebody_makes_it_by_hand(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.change(orders={"unknown_sku": "create"})
    monkeypatch.setattr(SandboxBooks, "create_variants", lambda _books, all: [refuse(one.sku) for one in all])
    order_id = world.shop.place_order([NewLine(sku="NEW", price="1.00", title="x")])
    world.run()
    assert ("item", "not_today") in world.holds()
    world.office.add_item("NEW", "New", "1.00", 0)
    world.run()
    assert world.totals(order_id) == [("sale", 100)]
    assert world.holds() == []


# --- prices --------------------------------------------------------------------------------------------------------


def rounds_prices(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shop that keeps two places of a price and cuts off the others."""
    real = SandboxStore.push_prices

    def push(store: SandboxStore, changes: Sequence[PriceChange]) -> list[WriteOutcome]:
        return real(store, [replace(one, price=one.price[: one.price.index(".") + 3]) for one in changes])

    monkeypatch.setattr(SandboxStore, "push_prices", push)


def test_a_store_that_rounds_a_price_is_written_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds_prices(monkeypatch)
    world.office.set_price("MUG", "2.5555")
    writes = []
    for hours in (0, 0, 0, 25, 25):
        world.run(later=timedelta(hours=hours))
        writes.append(world.calls("push_prices", "shop"))
    assert writes == [1, 0, 0, 0, 0]
    assert world.shop.price("MUG") == "2.55"
    world.office.set_price("MUG", "2.5655")
    world.run(later=timedelta(hours=25))
    assert world.shop.price("MUG") == "2.56"


@pytest.mark.parametrize(
    "fault, again",
    [(lost_reply("push_prices"), 0), (FailBefore(on("push_prices"), Unreachable("cut")), 1)],
    ids=["it arrived", "it did not"],
)
def test_a_price_whose_reply_was_lost_is_read_first_and_written_only_if_it_differs(
    world: World, monkeypatch: pytest.MonkeyPatch, fault: Fault, again: int
) -> None:
    abilities = replace(SandboxStore.abilities, listing_changes=False)  # else the change of the listing tells
    monkeypatch.setattr(SandboxStore, "abilities", abilities)
    world.office.set_price("MUG", "12.00")
    world.run(shop=[fault])
    world.run()
    assert world.shop.price("MUG") == "12.00"
    assert (world.calls("fetch_prices", "shop"), world.calls("push_prices", "shop")) == (1, again)
    world.run()
    assert world.calls("fetch_prices", "shop") == 0, "it is known by now"


# --- holds that have outlived their reason -------------------------------------------------------------------------


def test_the_hold_of_a_price_that_could_not_be_read_goes_when_it_can_be(world: World) -> None:
    def set_price_text(text: str) -> None:
        world.office.set_price("MUG", "1.00")
        with world.office.connection as connection:
            connection.execute("UPDATE price SET amount = ? WHERE amount = '1.00'", [text])

    set_price_text("abc")
    world.run()
    assert world.holds() == [("price", "unreadable price")]
    assert world.shop.price("MUG") == "10.00", "left alone"
    set_price_text("11.00")
    world.run()
    assert (world.holds(), world.shop.price("MUG")) == ([], "11.00")


@pytest.mark.parametrize("method", ["push_levels", "push_prices"])
@pytest.mark.parametrize("mended_in", ["the shop", "the back office"])
def test_the_hold_of_a_refused_level_or_price_goes_when_both_sides_agree(
    world: World, monkeypatch: pytest.MonkeyPatch, method: str, mended_in: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(SandboxStore, method, lambda _store, changes: [refuse(one.key) for one in changes])
        if method == "push_levels":
            world.office.set_stock("MUG", 90)
        else:
            world.office.set_price("MUG", "12.00")
        world.run()
        assert [reason for _, reason in world.holds()] == ["not_today"]
        if mended_in == "the back office":
            world.office.set_stock("MUG", 100)
            world.office.set_price("MUG", "10.00")
        else:
            world.shop.set_level("MUG", world.office.on_hand("MUG"))
            world.shop.set_price("MUG", "12.00" if method == "push_prices" else "10.00")
        world.run()
        assert world.holds() == []


def test_the_hold_of_an_order_that_was_gone_goes_when_it_is_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    order_id = world.shop.place_order([("MUG", 1)])
    world.run()
    real = SandboxStore.fetch_orders_by_id
    with monkeypatch.context() as patch:

        def without(store: SandboxStore, ids: Sequence[str]) -> Page[Order]:
            return replace(real(store, ids), records=())

        patch.setattr(SandboxStore, "fetch_orders_by_id", without)
        world.run(later=timedelta(hours=25))
    assert world.holds() == [("order", "gone")]
    world.run(later=timedelta(hours=50))
    assert world.holds() == []
    assert world.totals(order_id) == [("sale", 1000)]


def test_a_queued_answer_to_a_price_or_level_is_read_before_it_is_written_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store may take a write in and show it later: equal by then, it is not written again."""
    writes: list[str] = []

    def later(method: str) -> Callable[[SandboxStore, Sequence[Any]], list[WriteOutcome]]:
        real = getattr(SandboxStore, method)

        def push(store: SandboxStore, changes: Sequence[Any]) -> list[WriteOutcome]:
            writes.append(method)
            real(store, changes)
            return [Queued(key=one.key) for one in changes]

        return push

    for method in ("push_levels", "push_prices"):
        monkeypatch.setattr(SandboxStore, method, later(method))
    world.office.set_stock("MUG", 90)
    world.office.set_price("MUG", "12.00")
    for _ in range(3):
        world.run()
    assert sorted(writes) == ["push_levels", "push_prices"]
    assert (world.shop.level("MUG"), world.shop.price("MUG"), world.holds()) == (90, "12.00", [])
