"""The availability law (I3) as a pure function, and over random histories of shops and a back office."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncctl.connectors.sandbox.bodies import NewLine
from syncctl.connectors.sandbox.office_tables import OfficeRefusal
from syncctl.connectors.sandbox.tables import ShopRefusal
from syncctl.rules.availability import level_to_write, publishable, unexplained_drop
from tests.stock_world import StockWorld

UNITS = st.integers(-(10**6), 10**6)


# --- the law as a pure function ----------------------------------------------------------------------------------


@given(available=UNITS, unreflected=UNITS, safety_stock=st.integers(0, 1000))
def test_what_may_be_shown_is_never_more_than_the_law_allows(
    available: int, unreflected: int, safety_stock: int
) -> None:
    shown = publishable(available, unreflected, safety_stock)
    assert 0 <= shown.quantity <= max(0, available - max(0, unreflected) - safety_stock)
    assert shown.quantity == max(0, sum(shown.terms.values())) or unreflected < 0


@given(want=st.integers(0, 100), actual=st.integers(-20, 100), drop=st.integers(0, 100), may_rise=st.booleans())
def test_a_level_is_written_no_higher_than_wanted_and_rises_only_if_it_may(
    want: int, actual: int, drop: int, may_rise: bool
) -> None:
    level = level_to_write(want, actual, drop, may_rise=may_rise)
    assert level <= want
    if not may_rise:
        assert level <= max(actual, 0) and level >= min(0, actual)
    if may_rise:
        assert level == max(0, want - drop)


@given(agreed=st.integers(0, 50), moved=st.integers(-50, 50), actual=st.integers(-50, 50))
def test_only_units_that_no_order_explains_are_netted(agreed: int, moved: int, actual: int) -> None:
    assert unexplained_drop(agreed, moved, actual) == max(0, agreed - moved - actual)
    assert unexplained_drop(None, moved, actual) == 0


# --- the law over random histories -------------------------------------------------------------------------------


class History:
    """A random life of shops and a back office; every step is something a person or a buyer does."""

    def __init__(self, world: StockWorld, seed: int) -> None:
        self.world = world
        self.random = random.Random(seed)
        self.log: list[str] = []

    def step(self) -> None:
        actions: list[Callable[[], str]] = [
            *[self._order] * 5, self._edit, self._edit, self._cancel, self._refund, self._refund, self._unpaid,
            self._pay, self._close_unpaid, self._sell, self._receive, self._ship, self._ship, self._hold, self._count,
        ]  # fmt: skip
        action = self.random.choice(actions)
        try:
            self.log.append(f"{action.__name__} {action()}")
        except (ShopRefusal, OfficeRefusal) as refusal:
            self.log.append(f"{action.__name__} refused: {refusal.reason}")

    def _some_order(self) -> tuple[str, str]:
        store = self.random.choice(list(self.world.shops))
        ids = self.world.shops[store].order_ids()
        if not ids:
            raise ShopRefusal("none", "no order yet")
        return store, self.random.choice(ids)

    def _lines(self) -> list[tuple[str, int]]:
        return [
            (self.random.choice(["MUG", "TRAY"]), self.random.randint(1, 4)) for _ in range(self.random.randint(1, 3))
        ]

    def _order(self) -> str:
        store, lines = self.random.choice(list(self.world.shops)), self._lines()
        return f"{store} {self.world.shops[store].place_order(lines)} {lines}"

    def _unpaid(self) -> str:
        return self.world.shop.place_order(self._lines(), financial_status="pending")

    def _hold(self) -> str:
        lines = [NewLine(sku="NOWHERE", price="1.00", title="Gone"), NewLine(sku="MUG", quantity=2, price="10.00")]
        return self.world.shop.place_order(lines)

    def _edit(self) -> str:
        store, order_id = self._some_order()
        shop = self.world.shops[store]
        quantities = {line["id"]: self.random.randint(0, 6) for line in shop.order(order_id)["lines"]}
        if all(quantity == 0 for quantity in quantities.values()):
            raise ShopRefusal("none", "an order keeps a line")
        shop.edit_order(order_id, quantities)
        return f"{store} {order_id} {quantities}"

    def _cancel(self) -> str:
        store, order_id = self._some_order()
        refund = self.random.random() < 0.5
        self.world.shops[store].cancel_order(order_id, refund=refund)
        return f"{store} {order_id} refund={refund}"

    def _refund(self) -> str:
        store, order_id = self._some_order()
        shop = self.world.shops[store]
        line = self.random.choice(shop.order(order_id)["lines"])
        restock, units = self.random.random() < 0.5, self.random.randint(1, line["quantity"])
        shop.refund(order_id, {line["id"]: units}, restock=restock)
        return f"{store} {order_id} {line['id']} x {units} restock={restock}"

    def _pay(self) -> str:
        order_id = self._pending()
        self.world.shop.pay(order_id)
        return order_id

    def _close_unpaid(self) -> str:
        order_id = self._pending()
        self.world.shop.close_order(order_id)
        return order_id

    def _pending(self) -> str:
        shop = self.world.shop
        found = [one for one in shop.order_ids() if shop.order(one)["financial_status"] == "pending"]
        if not found:
            raise ShopRefusal("none", "nothing is unpaid")
        return self.random.choice(found)

    def _sell(self) -> str:
        return self.world.office.sell(self.random.choice(["MUG", "TRAY"]), self.random.randint(1, 3))

    def _receive(self) -> str:
        sku, units = self.random.choice(["MUG", "TRAY"]), self.random.randint(1, 9)
        self.world.office.receive(sku, units)
        return f"{sku} x {units}"

    def _count(self) -> str:
        sku, units = self.random.choice(["MUG", "TRAY"]), self.random.randint(-2, 40)
        self.world.office.set_stock(sku, units)
        return f"{sku} = {units}"

    def _ship(self) -> str:
        sales = [one for one in self.world.documents() if one.kind == "sale"]
        if not sales:
            raise OfficeRefusal("none", "nothing is sold yet")
        sale = self.random.choice(sales)
        line = self.random.choice(sale.lines)
        self.world.office.ship(sale.reference, {line.line_id: self.random.randint(1, line.quantity)})
        return f"{sale.order_id} {line.line_id}"


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("answers", ["now", "later"])
@pytest.mark.parametrize("falls_on", ["order", "shipment"])
def test_whatever_happens_no_cycle_leaves_more_on_show_than_may_be_sold(
    tmp_path: Path, falls_on: str, answers: str, seed: int
) -> None:
    stores = ("shop", "other") if seed % 2 else ("shop",)
    safety_stock = seed % 3
    world = StockWorld(
        tmp_path, falls_on=falls_on, answers=answers, stores=stores, stock={"safety_stock": safety_stock}
    )
    history = History(world, seed)
    for cycle in range(12):
        for _ in range(history.random.randint(0, 5)):
            history.step()
        report = world.run()
        history.log.append(f"--- cycle {cycle}: {report.exit_code}")
        assert report.exit_code in (0, 1)
        world.assert_never_oversold(history.log)
        world.assert_booked_once()
    for _ in range(4):  # queued documents are answered, shipments shown, what was netted for a cycle comes back
        world.run()
        world.assert_never_oversold(history.log)
    world.assert_exact(history.log)
