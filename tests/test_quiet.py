"""A second cycle with nothing new does nothing (I7); a write has its journal row first (I8); no transaction waits."""

import sqlite3
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from syncctl.connectors.sandbox.bodies import NewLine
from syncctl.connectors.sandbox.store import SandboxStore
from syncctl.errors import Unreachable
from syncctl.hub import Hub
from syncctl.model import Refused
from tests.fakes.faulty import Call, FailBefore, Plan, lost_reply, on
from tests.stock_world import WRITES, StockWorld, differences, dump

MAY_CHANGE = ("run", "run_step", "cursor", "snapshot", "sqlite_sequence")
OPERATIONS = {
    "push_levels": "level.set",
    "push_prices": "price.set",
    "push_fulfilments": "fulfilment.create",
    "push_documents": "document.create",
    "amend_documents": "document.amend",
    "create_variants": "variant.create",
    "push_customers": "customer.",
}
BUYER = {"name": "Ann Other", "emails": ["ann@example.org"], "phones": ["+442079460000"]}


def a_busy_day(world: StockWorld) -> None:
    """Sales, an edit before booking, a cancellation, refunds of both kinds, receipts, prices, a shipment."""
    shop, office = world.shop, world.office
    plain = shop.place_order([("MUG", 3), ("TRAY", 1)], customer=BUYER, charges={"shipping": "3.50"})
    back = shop.place_order([("MUG", 4)])
    gone = shop.place_order([("TRAY", 2)])
    world.run()
    shop.refund(back, {world.line_ids(back)[0]: 1}, restock=True)
    shop.refund(back, {world.line_ids(back)[0]: 1}, restock=False)
    shop.cancel_order(gone, refund=True)
    edited = shop.place_order([("MUG", 1)])
    shop.edit_order(edited, {world.line_ids(edited)[0]: 2})
    office.receive("TRAY", 9)
    office.set_price("TRAY", "4.50")
    world.run()
    office.ship(next(one.reference for one in world.documents(plain) if one.kind == "sale"), tracking_number="T-1")


def all_that_can_stand(world: StockWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every kind of hold that there is, and orders that the filter leaves out while they are open."""
    shop, office = world.shop, world.office
    booked = shop.place_order([("MUG", 2)])
    taken = shop.place_order([("MUG", 1)])
    away = shop.place_order([("TRAY", 1)])
    world.settle(6)
    shop.edit_order(booked, {world.line_ids(booked)[0]: 5})
    [template] = [one for one in world.documents(taken) if one.kind == "sale"]
    later = shop.place_order([("MUG", 1)])
    line = replace(template.lines[0], amount=1)
    office._book([replace(template, reference=template.reference.replace(taken, later), lines=(line,), total=1)])
    shop.place_order(
        [NewLine(sku="NOWHERE", price="1.00", title="Gone"), NewLine(sku="MUG", title="Mug", price="10.00")]
    )
    shop.set_status(shop.place_order([("MUG", 1)]), financial="wibble")
    shop.put_raw("9999", '{"id": "half-writt')
    shop.place_order([("MUG", 1)], financial_status="pending")
    shop.place_order([("MUG", 1)], test=True)
    shop.place_order([("TRAY", 1)], placed_at=world.settings.orders.book_from)
    for _ in range(2):
        office.upsert_customer(name="Ann Other", emails=("ann@example.org",))
    shop.place_order([("MUG", 1)], customer=BUYER)
    office.ship(next(one.reference for one in world.documents(away) if one.kind == "sale"))
    shop.cancel_order(away)
    world.add("UNLOVED", "1.00", 7)
    office.set_price("UNLOVED", "2.00")
    office.sell("UNLOVED")
    office.close_period(date(2020, 1, 31))
    for method in ("push_levels", "push_prices"):
        _refuse(monkeypatch, method, "UNLOVED")


def _refuse(monkeypatch: pytest.MonkeyPatch, method: str, sku: str) -> None:
    real = getattr(SandboxStore, method)

    def some(store: SandboxStore, changes: list[Any]) -> list[Any]:
        return [
            Refused(key=one.key, reason="not_today")
            if store.shop.listing(one.listing_id).sku == sku
            else real(store, [one])[0]
            for one in changes
        ]

    monkeypatch.setattr(SandboxStore, method, some)


def assert_quiet(world: StockWorld) -> None:
    files = {name: world.folder / f"{name}.db" for name in ("hub", "books", "shop")}
    before = {name: dump(path, without=MAY_CHANGE) for name, path in files.items()}
    report = world.run()
    after = {name: dump(path, without=MAY_CHANGE) for name, path in files.items()}
    assert {name: differences(before[name], after[name]) for name in files} == {name: {} for name in files}
    assert world.writes() == []
    assert not WRITES & {call.method for side in world.sides.values() for call in side.calls}
    assert report.new_holds == 0


# --- quiet ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answers", ["now", "later"])
@pytest.mark.parametrize("falls_on", ["order", "shipment"])
def test_after_a_busy_day_a_cycle_with_nothing_new_changes_nothing(tmp_path: Path, falls_on: str, answers: str) -> None:
    world = StockWorld(tmp_path, falls_on=falls_on, answers=answers)
    a_busy_day(world)
    world.settle(6)
    for _ in range(2):
        assert_quiet(world)


@pytest.mark.parametrize("falls_on", ["order", "shipment"])
def test_the_very_second_cycle_is_quiet(tmp_path: Path, falls_on: str) -> None:
    world = StockWorld(tmp_path, falls_on=falls_on)
    world.shop.place_order([("MUG", 3)], customer=BUYER, charges={"shipping": "3.50"})
    world.shop.cancel_order(world.shop.place_order([("TRAY", 3)]))
    back = world.shop.place_order([("TRAY", 3)])
    world.shop.refund(back, {world.line_ids(back)[0]: 1}, restock=False)
    world.office.receive("TRAY", 9)
    world.office.set_price("TRAY", "4.50")
    world.run()
    for _ in range(2):
        assert_quiet(world)


@pytest.mark.parametrize("answers", ["now", "later"])
@pytest.mark.parametrize("falls_on", ["order", "shipment"])
def test_a_cycle_is_quiet_though_everything_that_can_be_held_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, falls_on: str, answers: str
) -> None:
    world = StockWorld(
        tmp_path, falls_on=falls_on, answers=answers, orders={"edited": "hold"}, customers={"country": "GB"}
    )
    all_that_can_stand(world, monkeypatch)
    for _ in range(4):
        world.run()
    kinds = {kind for kind, _ in world.holds()}
    assert {"order", "unreadable", "customer", "price", "stock"} <= kinds
    assert {"edited after booking", "reference taken", "unknown SKU", "unknown status"} <= {
        reason for _, reason in world.holds()
    }
    for _ in range(2):
        assert_quiet(world)


def test_a_refusal_is_quiet_from_the_very_next_cycle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = StockWorld(tmp_path)
    all_that_can_stand(world, monkeypatch)
    world.run()
    assert_quiet(world)


# --- the journal, and transactions ---------------------------------------------------------------------------------


class Watch:
    """Stands around every call: is the write in the hub's file before it is sent, and is no transaction open?"""

    def __init__(self, world: StockWorld, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world = world
        self.hubs: list[Hub] = []
        self.writes = 0
        self.calls = 0
        real = Hub.open.__func__

        def open_hub(cls: type[Hub], path: Path, *, read_only: bool = False) -> Hub:
            self.hubs.append(real(cls, path, read_only=read_only))
            return self.hubs[-1]

        monkeypatch.setattr(Hub, "open", classmethod(open_hub))

    def run(self, **faults: Any) -> None:
        parties = ["back-office", *self.world.shops]
        plans = {
            party: Plan(
                faults.get(party.replace("-", "_"), []), hook=lambda phase, call, party=party: self(party, phase, call)
            )
            for party in parties
        }
        self.world.run(plans=plans)

    def __call__(self, party: str, phase: str, call: Call) -> None:
        self.calls += 1
        assert not self.hubs[-1].connection.in_transaction, f"a transaction is open {phase} {call}"
        if call.method in OPERATIONS and phase == "before":
            self._check(party, call)

    def _check(self, party: str, call: Call) -> None:
        """At the hook the records are logged already; a second connection sees only what is committed."""
        records = [record for method, record in self.world.sides[party].sent if method == call.method]
        connection = sqlite3.connect(self.world.folder / "hub.db")
        rows = connection.execute(
            "SELECT count(DISTINCT key) FROM journal WHERE party = ? AND operation LIKE ? || '%' AND state = 'sending' "
            "AND run_id = (SELECT max(id) FROM run)",
            [party, OPERATIONS[call.method]],
        ).fetchone()[0]
        connection.close()
        assert rows >= 1 and records
        self.writes += 1


@pytest.mark.parametrize("answers", ["now", "later"])
def test_every_write_has_its_journal_row_before_and_one_outcome_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers: str
) -> None:
    world = StockWorld(tmp_path, answers=answers, orders={"unknown_sku": "create"})
    watch = Watch(world, monkeypatch)
    plain = world.shop.place_order([("MUG", 3), ("TRAY", 1)], customer=BUYER)
    world.shop.place_order([NewLine(sku="NEW", price="1.00", title="New")])
    world.office.set_price("TRAY", "4.50")
    world.office.receive("TRAY", 2)
    sent = 0
    for round_ in range(5):
        if round_ == 2:
            world.shop.edit_order(plain, {world.line_ids(plain)[0]: 4})
        if round_ == 3:
            sale = next(one for one in world.documents(plain) if one.kind == "sale")
            world.office.ship(sale.reference, tracking_number="T-1")
        watch.run()
        sent += len(world.writes())
    assert set(OPERATIONS) - {"push_customers"} <= set(_methods_in_journal(world))
    open_rows = world.rows(
        "SELECT operation, key FROM journal WHERE state IN ('sending', 'unclear') OR closed_at IS NULL"
    )
    assert open_rows == []
    states = dict(world.rows("SELECT state, count(*) FROM journal GROUP BY state"))
    assert sum(states.get(one, 0) for one in ("done", "queued")) == sent
    assert watch.writes >= 5 and watch.calls > 40


def _methods_in_journal(world: StockWorld) -> list[str]:
    operations = [one for (one,) in world.rows("SELECT DISTINCT operation FROM journal")]
    return [method for method, prefix in OPERATIONS.items() if any(one.startswith(prefix) for one in operations)]


@pytest.mark.parametrize("method", ["push_levels", "push_prices", "push_fulfilments"])
@pytest.mark.parametrize("lost", [True, False])
def test_a_write_whose_reply_was_lost_stays_open_until_the_next_run(tmp_path: Path, method: str, lost: bool) -> None:
    world = StockWorld(tmp_path)
    order_id = world.shop.place_order([("MUG", 1)])
    world.run()
    world.office.ship(world.documents(order_id)[0].reference, tracking_number="T")
    world.office.receive("MUG", 5)
    world.office.set_price("MUG", "12.00")
    fault = lost_reply(method) if lost else FailBefore(on(method), Unreachable("down"))
    assert world.run(plans={"shop": [fault]}).exit_code == 3
    query = "SELECT count(*) FROM journal WHERE operation = ? AND state = 'sending'"
    assert world.rows(query, OPERATIONS[method]) == [(1,)]
    world.settle()
    world.assert_exact()
    assert world.shop.price("MUG") == "12.00"
    assert len(world.shop.order(order_id)["fulfilments"]) == 1
