"""What the faults of `tests/faults` found, each once by itself."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import syncctl.connectors.sandbox.walk
from syncctl.connectors.base import Page
from syncctl.connectors.sandbox.bodies import NewLine
from syncctl.errors import Unreachable
from syncctl.model import Absent
from tests.fakes.faulty import FailBefore, Lie, Repaged, Unread, lost_reply, on
from tests.stock_world import StockWorld, states

OFFICE = "back-office"


@pytest.fixture
def world(memory: Path) -> StockWorld:
    """In step, and then something to do of every kind."""
    world = StockWorld(memory)
    shipped = world.shop.place_order([("MUG", 1)])
    world.settle()
    world.office.ship(world.documents(shipped)[0].reference, tracking_number="T-1")
    for name in ("Ann", "Bob"):
        customer = {"name": name, "emails": [f"{name}@example.org"]}
        world.shop.place_order([("MUG", 2), ("TRAY", 1)], customer=customer)
    for sku, price in (("MUG", "11.00"), ("TRAY", "4.50")):
        world.office.receive(sku, 9)
        world.office.set_price(sku, price)
    return world


def of_another(answer: list[Any]) -> list[Any]:
    """The answer for the first record names a record that nobody asked about."""
    first = answer[0]
    return [replace(first, **{"reference" if hasattr(first, "reference") else "key": "another"}), *answer[1:]]


def exchanged(answer: list[Any]) -> list[Any]:
    return answer[::-1]


def one_less(answer: list[Any]) -> list[Any]:
    return answer[:-1]


def one_more(answer: list[Any]) -> list[Any]:
    return [*answer, answer[-1]]


WRITES = ["push_documents", "push_customers", "push_levels", "push_prices", "push_fulfilments"]


LIES = [
    (method, lie)
    for method in [*WRITES, "find_documents"]
    for lie in (of_another, exchanged, one_less, one_more)
    if lie is not exchanged or method != "push_fulfilments"  # there is one shipment, and its answer alone
]


@pytest.mark.parametrize("method, lie", LIES)
def test_an_answer_to_another_question_ends_its_step_and_nothing_is_believed(
    world: StockWorld, method: str, lie: Callable[[list[Any]], list[Any]]
) -> None:
    """It was a crash of the whole run, or was believed, as far as the number of answers was right."""
    party = "shop" if method in ("push_levels", "push_prices", "push_fulfilments") else OFFICE
    report = world.run(plans={party: [Lie(on(method), lie)]})
    assert report.exit_code == 3, report
    step = "push-data" if party == "shop" else "customers" if method == "push_customers" else "push-orders"
    assert [part for part, state in states(report).items() if state != "done"] == [(step, party)]
    world.assert_never_oversold()
    world.settle()
    world.assert_exact()
    world.assert_booked_once()
    assert world.rows("SELECT count(*) FROM journal WHERE state IN ('sending', 'unclear')") == [(0,)]
    assert len(world.totals()) == 3 and world.shop.price("MUG") == "11.00"
    assert len(world.shop.order(world.shop.order_ids()[0])["fulfilments"]) == 1


def test_a_look_up_of_customers_that_answers_too_little_is_no_crash(world: StockWorld) -> None:
    report = world.run(plans={OFFICE: [Lie(on("find_customers", None), one_less)]})
    assert (report.exit_code, states(report)["customers", OFFICE]) == (3, "failed")
    assert states(report)["pull-data", OFFICE] == "done"
    world.settle()
    assert sorted(name for (name,) in world.office.connection.execute("SELECT name FROM customer")) == ["Ann", "Bob"]


def test_a_look_up_of_customers_that_answers_too_little_once_is_asked_again(world: StockWorld) -> None:
    report = world.run(plans={OFFICE: [Lie(on("find_customers"), one_less)]})
    assert report.exit_code == 0
    assert ("customers", OFFICE) not in states(report)
    assert sorted(name for (name,) in world.office.connection.execute("SELECT name FROM customer")) == ["Ann", "Bob"]


@pytest.mark.parametrize("method, lie", [("fetch_levels", {"another": 5}), ("fetch_prices", {"another": "1.00"})])
def test_a_level_or_price_of_a_listing_that_was_not_asked_for_is_an_error(
    world: StockWorld, monkeypatch: pytest.MonkeyPatch, method: str, lie: dict[str, Any]
) -> None:
    monkeypatch.setattr(syncctl.connectors.sandbox.walk, "OVERLAP_SECONDS", 0)  # else prices come with the listings
    if method == "fetch_prices":
        for _ in range(2):  # at last nothing but the prices is left to do
            world.run(plans={"shop": [FailBefore(on("push_prices"), Unreachable("down"))]})
    report = world.run(plans={"shop": [Lie(on(method), lambda answer: answer | lie)]})
    [failed] = [part for part in report.steps if part.state == "failed"]
    assert (failed.step, failed.party, report.exit_code) == ("push-data", "shop", 3)
    assert "another" in failed.reason and failed.hint


def test_queued_documents_of_which_something_else_is_told_stay_queued(memory: Path) -> None:
    world = StockWorld(memory, answers="later")
    world.shop.place_order([("MUG", 1)])
    world.run()
    report = world.run(plans={OFFICE: [Lie(on("fetch_outcomes"), of_another)]})
    assert (report.exit_code, states(report)["push-orders", OFFICE]) == (3, "failed")
    assert world.rows("SELECT state FROM document") == [("queued",)]
    world.settle(6)
    assert [kind for kind, _ in world.totals(payments=True)] == ["sale", "payment"]


def test_a_look_up_that_denies_what_it_was_not_asked_about_books_nothing(world: StockWorld) -> None:
    """Its order had been booked, the reply was lost: "no such document", of another one, must not book it again."""
    world.run(plans={OFFICE: [Lie(on("push_documents"), one_less)]})
    booked = len(world.totals())
    world.run(plans={OFFICE: [Lie(on("find_documents"), lambda answer: [Absent(reference="other")] * len(answer))]})
    assert len(world.totals()) == booked == 3
    world.assert_booked_once()


def test_the_creation_of_an_item_whose_reply_was_lost_has_an_outcome_once_the_item_is_seen(memory: Path) -> None:
    world = StockWorld(memory, orders={"unknown_sku": "create"})
    world.shop.place_order([NewLine(sku="NEW", price="5.00", title="New")])
    assert world.run(plans={OFFICE: [lost_reply("create_variants")]}).exit_code == 3
    world.settle()
    assert world.rows("SELECT state FROM journal WHERE operation = 'variant.create'") == [("superseded",)]


@pytest.fixture
def reread(memory: Path, monkeypatch: pytest.MonkeyPatch) -> StockWorld:
    """Two shops whose open orders are read again by their id in each cycle; in step, and then levels may rise."""
    monkeypatch.setattr(syncctl.connectors.sandbox.walk, "OVERLAP_SECONDS", 0)  # else changed orders come twice
    world = StockWorld(memory, stores=("shop", "other"), orders={"reread_open": "0s"})
    world.shop.place_order([("TRAY", 1)])
    world.settle()
    world.office.receive("MUG", 20)
    return world


def test_while_an_open_order_that_is_read_again_cannot_be_read_no_level_rises_in_any_store(reread: StockWorld) -> None:
    """Its units may have changed; the store counted as read once its changed orders were."""
    reread.shops["other"].place_order([("TRAY", 1)])
    reread.run("pull-orders")
    reread.run(plans={"other": [Unread(on("fetch_orders_by_id"))]})
    assert [reread.level("MUG", name) for name in reread.shops] == [100, 100]


def test_while_open_orders_could_not_be_read_again_no_level_rises_in_any_store(reread: StockWorld) -> None:
    report = reread.run(plans={"shop": [FailBefore(on("fetch_orders_by_id"), Unreachable("down"))]})
    assert states(report)["pull-orders", "shop"] == "failed"
    assert reread.level("MUG", "other") == 100
    reread.run()
    assert [reread.level("MUG", name) for name in reread.shops] == [120, 120]


def test_an_order_that_can_be_read_again_and_is_as_it_was_is_held_no_longer(reread: StockWorld) -> None:
    """The hold stayed for ever, and with it no level of that store could rise."""
    reread.run(plans={"shop": [Unread(on("fetch_orders_by_id"))]})
    assert reread.holds() == [("unreadable", "unreadable")]
    reread.run()
    assert reread.holds() == []
    assert [reread.level("MUG", name) for name in reread.shops] == [120, 120]


def test_a_shipment_that_a_page_brings_twice_is_one_shipment(world: StockWorld) -> None:
    def twice(pages: Iterator[Page[Any]]) -> Iterator[Page[Any]]:
        return (replace(page, records=[*page.records, *page.records]) for page in pages)

    assert world.run(plans={OFFICE: [Repaged("fetch_shipments", twice)]}).exit_code == 0
    assert world.rows("SELECT count(*) FROM fulfilment WHERE kind = 'shipment'") == [(1,)]
    assert len(world.shop.order(world.shop.order_ids()[0])["fulfilments"]) == 1


# --- what a full reading lacks -------------------------------------------------------------------------------------


def lacking(sku: str) -> Repaged:
    """A reading of stock that does not name this SKU."""

    def without(pages: Iterator[Page[Any]]) -> Iterator[Page[Any]]:
        for page in pages:
            yield replace(page, records=[one for one in page.records if one.sku != sku])

    return Repaged("fetch_stock", without)


@pytest.mark.parametrize("falls_on", ["order", "shipment"])
def test_units_sold_since_a_sku_was_last_reported_are_not_put_back_on_sale(memory: Path, falls_on: str) -> None:
    """Its level was kept, and its order counted as known to a reading that never named it: 100 went back on sale."""
    world = StockWorld(memory, falls_on=falls_on, stores=("shop", "other"), stock={"verify": "0s"})
    world.settle()
    sold = world.shop.place_order([("MUG", 5)])
    for _ in range(3):
        world.run(plans={OFFICE: [lacking("MUG")]})
        assert [world.level("MUG", name) for name in world.shops] == [95, 95]
    [reference] = [one.reference for one in world.documents(sold) if one.kind == "sale"]
    world.office.ship(reference)
    world.shops["other"].place_order([("MUG", 2)])
    for _ in range(3):
        world.run(plans={OFFICE: [lacking("MUG")]})
        assert [world.level("MUG", name) for name in world.shops] == [93, 93]
    world.office.receive("MUG", 10)
    world.settle()
    world.assert_exact()
    assert [world.level("MUG", name) for name in world.shops] == [103, 103]
