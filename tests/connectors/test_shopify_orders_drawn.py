"""Orders of which nobody thought: drawn, worked on by drawn hands, and read; the shop itself says what they come to.

What must hold of each: it can be read for sure, it adds up, what is left of it after its refunds is what the shop's own
books say, its units are those that the shop's level lacks, and its payments are the money that moved. What is drawn
too is what is said nowhere of Shopify (see `OrderOptions`). SYNCCTL_DRAWS: how many shops.
"""

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from syncctl.connectors.shopify.store import ShopifyStore
from syncctl.model import Order
from tests.conformance.web_store_kit import adds_up, refund_adds_up
from tests.connectors.shopify_side import store_of
from tests.fakes.shopify import ShopifyServer, totals
from tests.fakes.shopify.checkout import Buy, Charge, Off, Ship
from tests.fakes.shopify.money import places
from tests.fakes.shopify.order_records import Order as Kept
from tests.fakes.shopify.world import ShopifyWorld, world

SKUS = ("MUG", "TRAY", "CUP", "POT")
STOCK = 10_000
SEEDS = range(int(os.environ.get("SYNCCTL_DRAWS", "24")))


@dataclass
class Drawn:
    """A shop, its store, and a purse of chances."""

    world: ShopifyWorld
    store: ShopifyStore
    draw: random.Random

    def maybe(self, chance: float = 0.3) -> bool:
        return self.draw.random() < chance

    def price(self, most: int = 5000) -> str:
        cents = self.draw.randint(1, most)
        return str(cents) if not self.places else f"{cents / 100:.2f}"

    @property
    def places(self) -> int:
        return places(self.world.site.options.currency)

    def rate(self) -> str:
        return self.draw.choice(["", "0.05", "0.0825", "0.2"])

    # --- an order -----------------------------------------------------------------------------------------------------

    def buy(self) -> Buy:
        sku = self.draw.choice(SKUS)
        count, price, rate = self.draw.randint(1, 5), self.price(), self.rate()
        off = self.price(100) if self.maybe(0.2) and Decimal(price) * count > 2 else "0"
        variant = None if self.maybe(0.1) else self.world.made[sku]
        return Buy(variant, count, price, rate=rate, off=off, title=f"Title of {sku}")

    def order(self) -> int:
        lines = [self.buy() for _ in range(self.draw.randint(1, 4))]
        if self.maybe(0.1):
            lines.append(Buy(self.world.made["CARD"], 1, "50"))
        worth = sum(Decimal(each.price or "0") * each.quantity for each in lines)
        more: dict[str, Any] = {"presented": ("EUR", "0.9137")} if self.maybe(0.2) else {}
        return self.world.hands.place(
            lines,
            ships=[Ship(self.price(900), rate=self.rate()) for _ in range(self.draw.randint(0, 2))],
            offs=[Off(self.price(300))] if self.maybe() and worth > 10 else [],
            charges=[Charge("Deposit", self.price(300))] if self.maybe(0.2) else [],
            tip=self.price(300) if self.maybe(0.2) else "0",
            taxes_included=self.maybe(0.5),
            pays=self.draw.choice(["sale", "sale", "sale", "authorization", "pending"]),
            rounding="-0.02" if self.maybe(0.1) and self.places == 2 else "0",
            **more,
        )

    def work(self, order: Kept) -> None:
        """One thing that somebody does with it."""
        hands, left = self.world.hands, [line for line in order.lines if line.current_quantity and not line.tip]
        deed = self.draw.choice(["fulfil", "refund", "refund", "edit", "add", "shipping", "money", "cancel"])
        if self.maybe(0.1):
            kind = self.draw.choice(["SALE", "REFUND", "CHANGE"])
            hands.transact(order.id, kind, "3", status=self.draw.choice(["FAILURE", "ERROR", "UNKNOWN"]))
        if deed == "add" and not order.cancelled_at:
            hands.add_line(order.id, self.buy())
        elif deed == "shipping" and order.shipping and not order.cancelled_at and self.no_shipping_back(order):
            hands.remove_shipping(order.id, order.shipping[-1].id)
        elif deed == "cancel" and not order.cancelled_at and not any(line.fulfilled for line in order.lines):
            hands.cancel(order.id, restock=self.maybe(0.7), refund=self.maybe(0.8))
        elif deed == "money" and totals.current_total(order, self.world.site.options).shop > 5:
            hands.refund(order.id, amount="1" if self.maybe(0.5) else "2", pending=self.maybe(0.2))
        elif left and not order.cancelled_at:
            self.work_on_lines(order, deed, self.draw.choice(left))

    def no_shipping_back(self, order: Kept) -> bool:
        return not any(refund.shipping for refund in order.refunds_made)

    def work_on_lines(self, order: Kept, deed: str, line: Any) -> None:
        hands = self.world.hands
        if deed == "edit" and not line.is_gift_card and not order.refunds_made and not line.gone:
            told = self.world.site.options.removal_makes_refund  # else nobody is told of units that are lost
            most = line.current_quantity + 2
            hands.edit(order.id, line.id, self.draw.randint(0, most), restock=not told or self.maybe(0.7))
        elif deed == "refund":
            units = self.draw.randint(1, line.current_quantity)
            shipping = {order.shipping[0].id: None} if order.shipping and self.maybe(0.2) else None
            ships = shipping if not order.edited and self.no_shipping_back(order) else None
            word = self.draw.choice([True, True, False, "LEGACY_RESTOCK"])
            made = hands.refund(order.id, {line.id: units}, restock=word, shipping=ships, pending=self.maybe(0.2))
            if self.maybe(0.5):
                hands.arrive(order.id, made.id)
        elif deed == "fulfil" and any(each.status == "OPEN" and each.remaining for each in order.fulfilment_orders):
            hands.fulfil(order.id)

    # --- what it is read as -------------------------------------------------------------------------------------------

    def read(self, order_id: int) -> Order:
        [found] = self.store.fetch_orders_by_id([str(order_id)]).records
        return found

    def minor(self, amount: Decimal) -> int:
        return int(amount.scaleb(self.places))


def options(draw: random.Random) -> dict[str, Any]:
    return {
        "currency": draw.choice(["USD", "USD", "JPY"]),
        "tips": draw.choice(["line", "apart"]),
        "refund_subtotal": draw.choice(["gross", "net"]),
        "removal_makes_refund": draw.random() < 0.7,
        "adjusted_total": draw.random() < 0.7,
        "removed_shipping": draw.choice(["gone", "refunded"]),
        "cash_amount": draw.choice(["after", "before"]),
        "bucket": 10**6,
    }


@pytest.fixture(params=SEEDS)
def drawn(request: pytest.FixtureRequest) -> Iterator[Drawn]:
    draw = random.Random(request.param)
    shop = world(**options(draw))
    for sku in SKUS:
        shop.add_listing(sku, STOCK)
    shop.made["CARD"] = shop.hands.add_variant("CARD", None, "50.00", is_gift_card=True)
    with ShopifyServer(shop.site) as server:
        for store in store_of(server, location=str(shop.location)):
            yield Drawn(shop, store, draw)
        assert server.errors == []
        assert shop.site.oracle.violations == []


def units_gone(order: Order) -> dict[str, int]:
    """What an order keeps from being sold, by SKU, as it is read."""
    skus = {line.id: line.sku for line in order.lines}
    gone = dict.fromkeys(SKUS, 0)
    for line in order.lines:
        if line.sku:
            gone[line.sku] += line.quantity
    for refund in order.refunds:
        for back in refund.lines:
            if back.restock and skus.get(back.line_id):
                gone[str(skus[back.line_id])] -= back.quantity
    return gone


def test_a_drawn_order_is_read_as_what_it_is(drawn: Drawn) -> None:
    held = 0
    missing = dict.fromkeys(SKUS, 0)
    for _ in range(5):
        kept = drawn.world.site.orders[drawn.order()]
        for step in range(drawn.draw.randint(0, 4) + 1):
            if step:
                drawn.work(kept)
            order = drawn.read(kept.id)
            held += bool(order.problems)
            if not order.problems:
                check(drawn, order, kept)
        for sku, count in units_gone(order).items():
            missing[sku] += count
    assert missing == {sku: STOCK - drawn.world.hands.level(drawn.world.made[sku]).available for sku in SKUS}
    assert held == 0, drawn.world.site.options


def check(drawn: Drawn, order: Order, kept: Kept) -> None:
    settings = drawn.world.site.options
    assert adds_up(order)
    assert all(refund_adds_up(refund) for refund in order.refunds)
    moved = totals.received(kept) - totals.refunded(kept)
    assert sum(payment.amount for payment in order.payments) == drawn.minor(moved.shop)
    left = order.total - sum(refund.total for refund in order.refunds)
    assert abs(left - drawn.minor(totals.current_total(kept, settings).shop)) <= slack(kept, settings)


def slack(kept: Kept, settings: Any) -> int:
    """Money back without lines, where the shop does not count it, and cash that there are no coins for."""
    loose = kept.money.total(each.amount_set for refund in kept.refunds_made for each in refund.adjustments).shop
    cash = totals.rounding(kept, *totals.PAYS).shop
    return int((abs(loose) * (not settings.adjusted_total) + abs(cash)).scaleb(places(settings.currency)))
