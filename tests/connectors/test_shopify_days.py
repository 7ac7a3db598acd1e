"""Days that nobody thought of: drawn hands work in a Shopify shop and in a back office, and cycles run in between.

At the end of the days everything stands still, and then: each order is booked once, what is booked of it comes to what
the shop's own books say is left of it, and both sides show the same units and prices. SYNCCTL_DAYS: how many times.
"""

import os
import random
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from syncctl.connectors.sandbox.office_tables import OfficeRefusal
from tests.fakes.shopify import totals
from tests.fakes.shopify.checkout import Buy, Off, Ship
from tests.fakes.shopify.order_records import Order
from tests.shopify_world import ShopifyCycles

SKUS = {"MUG": "10.00", "TRAY": "4.00", "CUP": "2.50"}
SEEDS = range(int(os.environ.get("SYNCCTL_DAYS", "5")))
STEPS = 14
STATUSES = ["pending", "partially_paid", "paid", "partially_refunded", "refunded"]


@dataclass
class Days:
    """A shop and an office, and a purse of chances."""

    world: ShopifyCycles
    draw: random.Random
    made: dict[str, int] = field(default_factory=dict)
    sent: dict[str, str] = field(default_factory=dict)  # tracking numbers of the back office: of which order
    parcels: int = 0

    def begin(self) -> None:
        self.made = {sku: self.world.sell(sku, price, 500) for sku, price in SKUS.items()}
        self.made["again"] = self.world.sell("MUG", "10.00", 500)  # another listing of the same SKU
        self.run()

    def maybe(self, chance: float = 0.3) -> bool:
        return self.draw.random() < chance

    def run(self) -> None:
        report = self.world.run()
        assert report.exit_code in (0, 1), report
        self.world.hurry += timedelta(minutes=self.draw.choice([1, 30, 300]))

    def step(self) -> None:
        deeds = [
            self.order,
            self.order,
            self.order,
            self.work,
            self.work,
            self.office,
            self.shelf,
            self.person,
            self.other_order,
            self.parcel,
            self.run,
        ]
        self.draw.choice(deeds)()
        if self.maybe(0.4):
            self.run()

    # --- what people do -----------------------------------------------------------------------------------------------

    def buy(self) -> Buy:
        name = self.draw.choice([*SKUS, "again"])
        return Buy(self.made[name], self.draw.randint(1, 4), rate=self.draw.choice(["", "0.2"]))

    def order(self) -> None:
        people = [*self.world.site.customers, None]
        self.world.hands.place(
            [self.buy() for _ in range(self.draw.randint(1, 3))],
            ships=[Ship("4.95", rate="0.2")] if self.maybe(0.5) else [],
            offs=[Off("1.00")] if self.maybe() else [],
            tip="1.50" if self.maybe(0.2) else "0",
            customer=self.draw.choice(people),
            taxes_included=self.maybe(0.5),
            pays=self.draw.choice(["sale", "sale", "sale", "pending"]),
        )

    def other_order(self) -> None:
        """One that is never booked: a test, or what a till of the back office's own sold."""
        if self.maybe(0.5):
            self.world.hands.place([self.buy()], test=True, gateway="bogus")
        else:
            self.world.hands.ring_up([self.buy()])

    def work(self) -> None:
        """Something happens to an order that is there."""
        orders = [each for each in self.world.site.orders.values() if not each.cancelled_at and is_ours(each)]
        if not orders:
            return
        order, hands = self.draw.choice(orders), self.world.hands
        lines = [line for line in order.lines if line.current_quantity and not line.tip]
        deed = self.draw.choice(["refund", "cancel", "edit", "add", "fulfil", "pay", "money"])
        if deed == "pay" and totals.outstanding(order, self.world.site.options).shop > 0:
            hands.pay(order.id)
        elif deed == "cancel" and not any(line.fulfilled for line in order.lines):
            hands.cancel(order.id, restock=self.maybe(0.8))
        elif deed == "add":
            hands.add_line(order.id, self.buy())
        elif deed == "money" and totals.received(order).shop - totals.refunded(order).shop > 2:
            hands.refund(order.id, amount="1.00")
        elif lines:
            self.work_on_line(order, deed, self.draw.choice(lines))

    def work_on_line(self, order: Order, deed: str, line: Any) -> None:
        hands = self.world.hands
        if deed == "refund":
            hands.refund(order.id, {line.id: self.draw.randint(1, line.current_quantity)}, restock=self.maybe(0.7))
        elif deed == "edit" and not line.gone:
            hands.edit(order.id, line.id, self.draw.randint(0, line.current_quantity + 2))
        elif deed == "fulfil" and any(each.status == "OPEN" and each.remaining for each in order.fulfilment_orders):
            hands.fulfil(order.id)

    def office(self) -> None:
        """Goods come in, or are counted; prices change."""
        sku = self.draw.choice(list(SKUS))
        if self.maybe(0.5):
            self.world.office.set_stock(sku, self.draw.randint(50, 600))
        else:
            self.world.office.set_price(sku, f"{self.draw.randint(100, 2000) / 100:.2f}")

    def parcel(self) -> None:
        """The back office sends a part of a sale, or all of it; what it cannot send it does not."""
        sales = [one for one in self.world.documents() if one.kind == "sale"]
        if not sales:
            return
        sale = self.draw.choice(sales)
        lines = None if self.maybe(0.5) else {sale.lines[0].line_id or "": 1}
        self.parcels += 1
        with suppress(OfficeRefusal):
            self.world.office.ship(sale.reference, lines, tracking_number=f"T{self.parcels}", carrier="DHL")
            self.sent[f"T{self.parcels}"] = sale.order_id

    def shelf(self) -> None:
        """Somebody of the shop types a level or a price in that is not theirs to say."""
        variant = self.made[self.draw.choice(list(self.made))]
        if self.maybe(0.5):
            self.world.hands.set_level(variant, self.draw.randint(0, 700))
        else:
            self.world.hands.set_price(variant, "99.00")

    def person(self) -> None:
        """Somebody registers, or has moved."""
        people = list(self.world.site.customers)
        if not people or self.maybe(0.5):
            number = len(people)
            self.world.hands.add_customer(f"c{number}@web.example", first_name=f"C{number}", last_name="Drawn")
        else:
            self.world.hands.change_customer(self.draw.choice(people), note=f"note {self.draw.random()}")


def is_ours(order: Order) -> bool:
    return not order.test and order.source_name != "pos"


@pytest.mark.parametrize("seed", SEEDS)
def test_after_days_of_anything_both_sides_agree(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    options = {
        "removal_makes_refund": draw.random() < 0.7,
        "tips": draw.choice(["line", "apart"]),
        "refund_subtotal": draw.choice(["gross", "net"]),
        "index_lag": draw.choice([0.0, 0.0, 20.0]),
    }
    sections = {"customers": {"trigger": "any", "country": "GB"}, "orders": {"financial_statuses": STATUSES}}
    with ShopifyCycles(tmp_path, options=options, **sections) as world:
        days = Days(world, draw)
        days.begin()
        for _ in range(STEPS):
            days.step()
        world.hurry += timedelta(days=1)
        for _ in range(3):
            days.run()
            world.hurry += timedelta(days=1, minutes=1)
        rest(days)
        agreed(world)
        sent_once(days)


def sent_once(days: Days) -> None:
    """Each parcel is told in the shop at most once; untold is one whose units somebody of the shop had sent by hand."""
    orders = days.world.site.orders
    told = [row["number"] for order in orders.values() for each in order.fulfilments_made for row in each.tracking]
    assert len(told) == len(set(told)) and set(told) <= days.sent.keys()
    for number in days.sent.keys() - set(told):
        order = orders[int(days.sent[number])]
        by_hand = sum(row.quantity for each in order.fulfilments_made if not each.tracking for row in each.lines)
        assert by_hand or order.cancelled_at or order.refunds_made, (number, order.name)
    assert all(line.fulfilled <= line.quantity for order in orders.values() for line in order.lines)


def rest(days: Days) -> None:
    """A cycle in which nobody did anything writes nothing."""
    wrote = len(days.world.site.oracle.writes())
    days.run()
    assert days.world.site.oracle.writes()[wrote:] == []
    assert days.world.writes_to_office() == 0


def agreed(world: ShopifyCycles) -> None:
    held = {record for (record,) in world.rows("SELECT record FROM hold WHERE kind = 'order'")}
    for order in world.site.orders.values():
        booked = world.totals(str(order.id))
        if not is_ours(order):
            assert booked == []
        elif str(order.id) not in held:
            worth(world, order, booked)
    there = {sku: available for sku, _, available in world.office.levels()}
    levels = [(item.sku, item.levels[world.location].available) for item in world.site.items.values()]
    assert levels == [(sku, there[str(sku)] - waiting(world, str(sku))) for sku, _ in levels]
    wanted = {one.sku: Decimal(one.prices[0].amount) for one in world.office.variants(list(SKUS))}
    assert world.prices() == wanted


def waiting(world: ShopifyCycles, sku: str) -> int:
    """Units on tests that are open: they are never booked, and nobody else may have them."""
    tests = [order for order in world.site.orders.values() if order.test and not order.closed_at]
    return sum(line.quantity for order in tests for line in order.lines if line.sku == sku)


def worth(world: ShopifyCycles, order: Order, booked: list[tuple[str, int]]) -> None:
    """What the books hold of an order is what the shop says is left of it."""
    if order.cancelled_at and not booked:
        return  # before anybody had heard of it
    left = totals.current_total(order, world.site.options).shop
    assert [kind for kind, _ in booked].count("sale") == 1, (order.name, booked)
    assert sum(total if kind == "sale" else -total for kind, total in booked) == int(left * 100), (order.name, booked)
