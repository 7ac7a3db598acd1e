"""A dry run writes nowhere, and plans exactly what the next real run sends."""

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from syncctl import money
from syncctl.connectors.sandbox.bodies import NewLine
from syncctl.errors import Unreachable
from syncctl.model import PlannedWrite
from tests.customer_world import CustomerWorld
from tests.fakes.faulty import FailBefore, on
from tests.stock_world import WRITES, StockWorld, differences, dump, states

INVITING = ("customer.mark", "customer.invite")
BUYER = {"name": "Ann Other", "emails": ["ann@example.org"]}


def digests(world: StockWorld) -> dict[str, str]:
    """The hash of every file of the hub, its log and its sidecar included."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in world.folder.glob("hub.db*")
        if path.is_file() and path.suffix != ".lock"
    }


def contents(world: StockWorld) -> dict[str, dict[str, list[Any]]]:
    return {name: dump(world.folder / f"{name}.db") for name in ("books", *world.shops)}


def assert_writes_nothing(world: StockWorld, **options: Any) -> list[PlannedWrite]:
    """A dry run; returns what it planned."""
    hub, others = digests(world), contents(world)
    report = world.run(dry_run=True, **options)
    assert digests(world) == hub
    assert not any(differences(others[name], now) for name, now in contents(world).items())
    assert world.writes() == []
    assert not WRITES & {call.method for side in world.sides.values() for call in side.calls}
    return list(report.planned)


def as_planned(party: str, method: str, record: Any) -> tuple[str, str, str, str]:
    """What a record that was really sent should have looked like in the plan."""
    if method in ("push_documents", "amend_documents"):
        total = f"{money.to_text(record.total, record.currency)} {record.currency}"
        operation = "document.create" if method == "push_documents" else "document.amend"
        return party, f"{operation} {record.kind}", f"order {record.number}", f"{total}, {len(record.lines)} lines"
    if method == "push_levels":
        return party, "level.set", f"listing {record.listing_id}", f"{record.expected} -> {record.quantity}"
    if method == "push_prices":
        return party, "price.set", f"listing {record.listing_id}", f"{record.price} {record.currency}"
    if method == "push_fulfilments":
        return party, "fulfilment.create", f"order {record.order_id}", f"tracking {record.tracking_number or 'none'}"
    if method in ("mark_invited", "send_invites"):
        return party, {"mark_invited": "customer.mark"}.get(method, "customer.invite"), "", ""
    if method == "create_groups":
        return party, "group.create", record, ""
    if method == "create_variants":
        return party, "variant.create", f"sku {record.sku}", ""
    operation = "customer.create" if record.id is None else "customer.update"
    return party, operation, record.key, ", ".join(sorted(record.fields))


def assert_the_next_run_sends_what_was_planned(world: StockWorld) -> Counter[tuple[str, str, str, str]]:
    planned = Counter(
        # A plan cannot know what the store is going to call whom it has not made yet.
        (one.party, one.operation, "" if one.operation in INVITING else one.record, one.detail)
        for one in assert_writes_nothing(world)
    )
    world.run()
    sent = Counter(
        as_planned(party, method, record) for party, side in world.sides.items() for method, record in side.sent
    )
    assert planned == sent
    return planned


def test_on_a_hub_that_is_not_there_yet_none_is_made(tmp_path: Path) -> None:
    world = StockWorld(tmp_path)
    world.shop.place_order([("MUG", 2)])
    world.office.receive("TRAY", 2)
    planned = assert_writes_nothing(world)
    assert {one.operation for one in planned} >= {"document.create sale", "level.set"}
    assert not (tmp_path / "hub.db").exists()
    assert_the_next_run_sends_what_was_planned(world)


@pytest.mark.parametrize("answers", ["now", "later"])
@pytest.mark.parametrize("falls_on", ["order", "shipment"])
def test_the_next_run_sends_what_was_planned(tmp_path: Path, falls_on: str, answers: str) -> None:
    world = StockWorld(tmp_path, falls_on=falls_on, answers=answers, orders={"unknown_sku": "create"})
    first = world.shop.place_order([("MUG", 2)])
    gone = world.shop.place_order([("TRAY", 4)])
    world.settle(6)
    world.office.ship(next(one.reference for one in world.documents(first) if one.kind == "sale"), tracking_number="T")
    world.shop.place_order([("MUG", 3), ("TRAY", 1)], customer=BUYER, charges={"shipping": "3.50"})
    world.shop.place_order([NewLine(sku="NEW", price="1.00", title="New")])
    world.shop.refund(gone, {world.line_ids(gone)[0]: 1}, restock=False)
    world.office.receive("TRAY", 9)
    world.office.sell("MUG", 3)
    world.office.set_price("TRAY", "4.50")
    world.shop.set_level("MUG", 500)
    planned = assert_the_next_run_sends_what_was_planned(world)
    kinds = {operation for _, operation, _, _ in planned}
    assert {"document.create sale", "document.create credit", "level.set", "price.set", "fulfilment.create"} <= kinds
    assert {"variant.create", "customer.create"} <= kinds


def test_what_a_credit_will_put_back_is_planned_as_if_it_came_later(tmp_path: Path) -> None:
    """A dry run cannot know what the back office will do with a credit: the levels it plans are too low, never high."""
    world = StockWorld(tmp_path)
    order_id = world.shop.place_order([("MUG", 4)])
    cancelled = world.shop.place_order([("TRAY", 2)])
    world.settle()
    world.shop.refund(order_id, {world.line_ids(order_id)[0]: 1}, restock=True)
    world.shop.cancel_order(cancelled)
    planned = assert_writes_nothing(world)
    assert Counter(one.operation for one in planned) == {"document.create credit": 2, "level.set": 2}
    levels = {one.record: int(one.detail.split(" -> ")[1]) for one in planned if one.operation == "level.set"}
    world.run()
    assert len(world.writes("push_documents")) == 2
    for sku in ("MUG", "TRAY"):
        assert levels[f"listing {world.shop.listing(sku).id}"] < (world.level(sku) or 0) == world.most(sku)


def test_with_nothing_new_nothing_is_planned(tmp_path: Path) -> None:
    world = StockWorld(tmp_path)
    world.shop.place_order([("MUG", 2)])
    world.settle()
    assert assert_writes_nothing(world) == []


@pytest.mark.parametrize("step", ["pull-orders", "push-orders", "pull-data", "push-data"])
def test_each_step_alone_can_be_a_dry_run(tmp_path: Path, step: str) -> None:
    world = StockWorld(tmp_path)
    world.shop.place_order([("MUG", 2)])
    world.run("pull-orders")
    world.run("pull-data")
    world.office.receive("TRAY", 2)
    planned = assert_writes_nothing(world)
    assert planned
    hub, others = digests(world), contents(world)
    world.run(step, dry_run=True)
    assert (digests(world), contents(world)) == (hub, others)


def test_a_dry_run_that_fails_leaves_everything_as_it_was(tmp_path: Path) -> None:
    world = StockWorld(tmp_path)
    world.shop.place_order([("MUG", 2)])
    world.run("pull-orders")
    hub, others = digests(world), contents(world)
    down = {"back-office": [FailBefore(on("fetch_stock"), Unreachable("down"))]}
    report = world.run(dry_run=True, plans=down)
    assert report.exit_code == 3 and states(report)["pull-data", "back-office"] == "failed"
    assert (digests(world), contents(world)) == (hub, others)


def test_a_dry_run_of_a_hub_whose_last_run_was_killed_sees_all_of_it_and_mends_nothing(tmp_path: Path) -> None:
    world = StockWorld(tmp_path)
    world.settle()
    hub = world.hub()
    hub.runs.begin("killed")
    hub.connection.close()  # no end, and the write-ahead log stays
    world.shop.place_order([("MUG", 2)])
    assert_writes_nothing(world)


def test_one_store_alone_can_be_planned(tmp_path: Path) -> None:
    world = StockWorld(tmp_path, stores=("shop", "other"))
    world.settle()
    world.office.sell("MUG", 2)
    planned = assert_writes_nothing(world, stores=["other"])
    assert {one.party for one in planned} == {"other"}


@pytest.mark.parametrize("invites", ["state", "mark", "blind"])
def test_of_customers_too_the_next_run_sends_what_was_planned(tmp_path: Path, invites: str) -> None:
    world = CustomerWorld(tmp_path, invites=invites, customers={"trigger": "any", "send_invite": True})
    wes = world.shop.upsert_customer(name="Wes", emails=["wes@shop.example"])
    world.shop.place_order([("MUG", 1)], customer=wes)
    world.settle(6)
    world.office.add_groups(["Trade"])
    world.office.upsert_customer(name="Pat", emails=["pat@pos.example"], group="Trade")
    world.know()
    world.run()  # her group begins in the shop with the first customer who is in it
    world.office.upsert_customer(world.pos()[0]["id"], company="Webb & Co", group="Trade")
    world.shop.upsert_customer(name="Wim")
    world.know()
    world.assign("Pat")
    planned = assert_the_next_run_sends_what_was_planned(world)
    expected = {"customer.create", "customer.update", "group.create", "customer.invite"}
    assert {operation for _, operation, _, _ in planned} >= expected
    assert ("customer.mark" in {operation for _, operation, _, _ in planned}) == (invites == "mark")
