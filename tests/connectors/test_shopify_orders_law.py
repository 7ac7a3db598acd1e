"""A law: whatever is sold, discounted, taxed, edited and given back, an order of ours adds up, to the shop's own sums.

Orders are drawn, placed in the shop, changed there, and read over the wire. What is read comes to what the shop itself
holds: its total, what is left of it, and the units of each line. Or the order says what is wrong with it, and is held.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncctl.connectors.shopify.store import ShopifyStore
from syncctl.model import Order, Refund
from syncctl.money import places
from tests.connectors.shopify_bodies import adds_up
from tests.connectors.shopify_side import settings_of
from tests.fakes.shopify import ShopifyServer, totals
from tests.fakes.shopify.checkout import Buy, Charge, Off, Ship
from tests.fakes.shopify.order_records import Order as Theirs
from tests.fakes.shopify.world import ShopifyWorld, world

RATES = ("0", "0", "0.07", "0.0825", "0.19")
WAYS = {
    "tips": ("line", "apart"),
    "refund_subtotal": ("gross", "net"),
    "removal_makes_refund": (True, False),
    "adjusted_total": (True, False),
}


@dataclass(frozen=True)
class Shop:
    """One shop for all examples: each is another order in it."""

    world: ShopifyWorld
    store: ShopifyStore

    def theirs(self, order_id: int) -> Theirs:
        return self.world.site.orders[order_id]

    def read(self, order_id: int) -> Order:
        (found,) = self.store.fetch_orders_by_id([str(order_id)]).records
        return found


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    made = world(bucket=10**9)
    with ShopifyServer(made.site) as server:
        store = ShopifyStore("web", settings_of(server))
        yield Shop(made, store)
        store.close()
        assert server.errors == []


def amounts(most: int) -> st.SearchStrategy[str]:
    return st.integers(1, most).map(lambda minor: f"{Decimal(minor) / 100}")


buys = st.builds(
    Buy,
    st.none(),
    st.integers(1, 6),
    amounts(9_000),
    rate=st.sampled_from(RATES),
    sku=st.sampled_from(["A", "B", "C"]),
    gift_card=st.sampled_from([False, False, False, False, True]),
)
ships = st.builds(Ship, amounts(900), rate=st.sampled_from(RATES))


@st.composite
def placings(draw: st.DrawFn) -> dict[str, Any]:
    """What `hands.place` is told."""
    lines = draw(st.lists(buys, min_size=1, max_size=4))
    worth = sum((Decimal(buy.price or 0) * buy.quantity for buy in lines if not buy.gift_card), Decimal(0))
    offs = [
        Off(str((worth * part / 100).quantize(Decimal("0.01"))))
        for part in draw(st.lists(st.integers(0, 45), max_size=2))
    ]
    sent = draw(st.lists(ships, max_size=2))
    if sent and draw(st.booleans()):
        offs.append(Off(str((Decimal(sent[0].price) / 2).quantize(Decimal("0.01"))), target="SHIPPING_LINE"))
    return {
        "lines": lines,
        "ships": sent,
        "offs": [off for off in offs if Decimal(off.amount) > 0],
        "charges": [Charge("Deposit", "1.50", "0.12")] * draw(st.integers(0, 1)),
        "tip": draw(st.sampled_from(["0", "0", "2.50"])),
        "taxes_included": draw(st.booleans()),
        "pays": draw(st.sampled_from(["sale", "sale", "pending"])),
    }


Deed = Callable[[Shop, int], object]


@st.composite
def deeds(draw: st.DrawFn) -> Deed:
    """Something that the shop does to an order: it edits a line, or gives something back."""
    what = draw(st.sampled_from(["edit", "refund", "refund", "money", "shipping"]))
    which, units = draw(st.integers(0, 3)), draw(st.integers(0, 6))
    restock, amount = draw(st.booleans()), draw(st.sampled_from([None, None, "1.00", "0"]))

    def do(shop: Shop, order_id: int) -> object:
        order, hands = shop.theirs(order_id), shop.world.hands
        line = order.lines[which % len(order.lines)]
        if line.tip:
            return None
        if what == "edit":
            return hands.edit(order_id, line.id, units, restock=restock)
        if what == "money":
            return hands.refund(order_id, amount="0.75")
        if what == "shipping":
            return (
                hands.refund(order_id, shipping={each.id: None for each in order.shipping[:1]})
                if _sends(order)
                else None
            )
        count = min(units, line.current_quantity)
        return hands.refund(order_id, {line.id: count}, restock=restock, amount=amount) if count else None

    return do


def _sends(order: Theirs) -> bool:
    """Whether shipping was not given back yet."""
    return bool(order.shipping) and not any(one.shipping for one in order.refunds_made)


def minor(amount: Decimal, currency: str) -> int:
    return int(amount.scaleb(places(currency)))


def taken_back(refund: Refund, *, adjusted: bool) -> int:
    """What a refund takes back; `adjusted`: with what was paid more or less than that."""
    return sum(
        part.amount + part.tax
        for part in (*refund.lines, *refund.charges)
        if adjusted or getattr(part, "kind", "") != "adjustment"
    )


def check(shop: Shop, order_id: int) -> Order:
    """The law. Whatever is held is not wrong; the units of its lines are right all the same."""
    found, theirs, options = shop.read(order_id), shop.theirs(order_id), shop.world.site.options
    goods = {str(line.id): line for line in theirs.lines if not (line.tip or line.is_gift_card)}
    back: dict[str, int] = dict.fromkeys(goods, 0)
    for refund in found.refunds:
        for row in refund.lines:
            back[row.line_id] += row.quantity
    sold = {line.id: line.quantity for line in found.lines}
    assert {key: sold.get(key, 0) - back[key] for key in goods} == {
        key: one.current_quantity for key, one in goods.items()
    }
    if not found.problems:
        assert adds_up(found)
        now = minor(totals.current_total(theirs, options).shop, found.currency)
        left = found.total - sum(taken_back(one, adjusted=options.adjusted_total) for one in found.refunds)
        assert left == now
        restocked = {(row.line_id, row.quantity) for one in found.refunds for row in one.lines if row.restock}
        assert restocked == {
            (str(row.line_id), row.quantity)
            for one in theirs.refunds_made
            for row in one.lines
            if row.restock_type != "NO_RESTOCK" and str(row.line_id) in goods
        }
    return found


WAYS_OF_SHOPS = st.fixed_dictionaries({name: st.sampled_from(each) for name, each in WAYS.items()})


@given(placing=placings(), done=st.lists(deeds(), max_size=3), ways=WAYS_OF_SHOPS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_an_order_comes_to_what_the_shop_says_or_is_held(
    shop: Shop, placing: dict[str, Any], done: list[Deed], ways: dict[str, Any]
) -> None:
    for name, value in ways.items():
        setattr(shop.world.site.options, name, value)
    order_id = shop.world.hands.place(**placing)
    fresh = check(shop, order_id)
    assert fresh.problems == (), "nothing was changed: there is nothing to doubt"
    assert fresh.total == minor(shop.theirs(order_id).placed_total.shop, fresh.currency)
    for deed in done:
        deed(shop, order_id)
    check(shop, order_id)


@given(placing=placings(), rate=st.sampled_from(["0.9137", "1.0871", "151.3"]), whole=st.booleans())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_what_was_seen_in_another_currency_adds_up_in_the_shop_s_own_or_is_held(
    shop: Shop, placing: dict[str, Any], rate: str, whole: bool
) -> None:
    options = shop.world.site.options
    options.converted_totals, options.tips = whole, "line"
    try:
        found = shop.read(shop.world.hands.place(**placing, presented=("EUR", rate)))
    finally:
        options.converted_totals = False
    assert found.currency == "USD"
    assert found.problems or adds_up(found)
