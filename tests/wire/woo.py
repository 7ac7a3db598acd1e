"""WooCommerce in the tests of the wire: its busy day, and what its site holds."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

import syncctl.connectors.woocommerce.site
from syncctl.connectors.http import Http
from syncctl.connectors.woocommerce.site import Site as Client
from syncctl.connectors.woocommerce.site import wire_of
from tests.crash.oracle import State
from tests.fakes.wire import Request
from tests.fakes.woo import KEY, SECRET
from tests.fakes.woo.records import Order
from tests.fakes.woo.shop import Fee, Line, Shop
from tests.fakes.woo.site import Frozen
from tests.wire import woo_codes
from tests.wire.world import (
    ADDRESS,
    DEADLINE,
    GUEST,
    MOVED_TO,
    PAGE,
    SILENCE,
    Asked,
    Codes,
    Level,
    Passing,
    Shares,
    WireWorld,
)
from tests.woo_world import API, WooCycles

SHIPMENTS = "_syncctl_shipments"
SKUS = ("MUG", "TEAPOT", "TRAY", "TEE-M")
_GONE = ("cancelled", "failed", "trash", "refunded")


class WooWire(WireWorld, WooCycles):
    """A WooCommerce site. It takes a level as it is told: it compares nothing."""

    shares = Shares(cells=32, cells_on=67, races=12, pairs=4, storms=2, kills=12)

    @staticmethod
    def hurried(patch: pytest.MonkeyPatch, passing: Passing) -> None:
        begin, module = Client.__init__, syncctl.connectors.woocommerce.site

        def small(self: Client, *given: Any) -> None:
            begin(self, *given)
            self.page_size = PAGE

        def short(settings: Any) -> Any:
            return replace(wire_of(settings), timeout=SILENCE, deadline=DEADLINE, max_bytes=2**21)

        patch.setattr(Client, "__init__", small)
        patch.setattr(module, "wire_of", short)
        patch.setattr(module, "Http", partial(Http, clock=passing.now))

    def set_scene(self) -> None:
        set_scene(self)

    def frozen(self) -> Frozen:
        return self.site.freeze()

    def thaw(self, frozen: Frozen) -> None:
        self.site = self.server.site = frozen.thaw(self.exactly)
        self.hands = Shop(self.site)

    def named(self, request: Request) -> Asked:
        return request.method, request.path.rpartition(API)[2]

    def writes(self, asked: Asked) -> bool:
        return asked[0] != "GET"

    def begins_walk(self, request: Request) -> bool:
        return request.path.endswith(f"{API}orders") and request.query.get("offset") == "0"

    def reads_levels(self, request: Request) -> bool:
        return request.method == "GET" and "include" in request.query and not request.path.endswith("orders")

    def codes_of(self, kind: str, asked: Asked) -> Codes:
        return woo_codes.codes_of(kind, *asked)

    def codes_of_all(self, kind: str, *, late: bool) -> Codes:
        return woo_codes.codes_of_all(kind, late=late)

    def believed_for(self, kind: str, asked: Asked, *, on: bool) -> timedelta:
        believed = kind == "list" and (on or asked[1] in ("customers", "variations"))
        return woo_codes.MUCH_LATER if believed else timedelta(0)

    def secrets(self) -> Collection[str]:
        return (KEY, SECRET, f"{KEY}:{SECRET}")

    def held(self) -> State:
        site = self.site
        return {
            "products": sorted(
                (one.sku, one.quantity, one.regular_price, one.sale_price) for one in site.products.values()
            ),
            "orders": sorted((one.id, one.status, _shipped(one)) for one in site.orders.values()),
            "accounts": sorted(
                (one.email, one.first_name, one.last_name, json.dumps(one.billing), json.dumps(one.shipping))
                for one in site.customers.values()
            ),
        }

    def events(self) -> int:
        return len(self.site.oracle.events)

    def violations(self) -> list[str]:
        return self.site.oracle.violations

    def order_ids(self) -> Collection[str]:
        return [str(one) for one in self.site.orders]

    def tracking_numbers(self) -> Mapping[str, list[str]]:
        shown = {str(one.id): json.loads(_shipped(one)) for one in self.site.orders.values()}
        return {
            order_id: [one["tracking_number"] for one in bodies if one.get("tracking_number")]
            for order_id, bodies in shown.items()
        }

    def goods(self) -> Mapping[str, str]:
        return {str(one.id): one.sku for one in self.site.products.values() if one.manage_stock}

    def levels_of(self, goods_id: str) -> list[Level]:
        levels = self.site.oracle.levels.get(int(goods_id), ())
        return [Level(one.number, one.quantity, one.by == "api") for one in levels]

    def ordered(self, sku: str) -> Iterator[tuple[str, str, int, int]]:
        for order in self.site.orders.values():
            for item in order.of("line_item") if order.status not in _GONE else ():
                if self.site.products[item.variation_id or item.product_id].sku == sku:
                    yield str(order.id), str(item.id), item.quantity, self._refunded(order, item.id)

    def _refunded(self, order: Order, item_id: int) -> int:
        parts = [item for refund in self.site.refunds_of(order) for item in refund.of("line_item")]
        return sum(-item.quantity for item in parts if str(item.meta("_refunded_item_id")) == str(item_id))


def _shipped(order: Order) -> str:
    texts = [str(meta.value) for meta in order.metas if meta.key == SHIPMENTS]
    bodies = [one for text in texts for one in json.loads(text)]
    return json.dumps([{key: value for key, value in one.items() if key not in ("id", "at")} for one in bodies])


# --- the busy day ---


def set_scene(world: WooWire) -> None:
    """Both sides in step; then the busy day."""
    for sku, price, units in (
        ("MUG", "8.50", 40),
        ("TEAPOT", "24.00", 12),
        ("LANTERN", "14.25", 30),
        ("TRAY", "32.95", 8),
    ):
        world.sell(sku, price, units)
    world.sell_variations("TEE", {"TEE-S": 20, "TEE-M": 20, "TEE-L": 20}, "12.00")
    world.office.upsert_customer(name="Carl Known", emails=("carl.canary@example.com",))
    ada = world.hands.add_customer(
        "ada.canary@example.com", first_name="Ada", last_name="Byron-Canary", billing=ADDRESS
    )
    place = partial(_place, world)
    orders = {
        "edited": place({"MUG": 2, "LANTERN": 1}, customer=ada),
        "cancelled": place({"MUG": 1, "TEAPOT": 1}, customer=ada, shipping=("4.95", "0.99")),
        "restocked": place({"LANTERN": 3}, customer=ada),
        "written-off": place({"LANTERN": 2}, customer=ada),
        "shipped": place({"TEAPOT": 2}, customer=ada),
        "paid-late": place({"TRAY": 1}, customer=ada, status="pending"),
    }
    for _ in range(2):
        assert world.command().code == 0
    _trade_online(world, orders, place, ada)
    trade_at_the_counter(world, str(orders["shipped"]), "TEE-S")


def _place(world: WooWire, units: Mapping[str, int], tax: str = "0", **more: Any) -> int:
    products = {one.sku: one.id for one in world.site.products.values()}
    lines = [Line(products[sku], count, tax=tax) for sku, count in units.items()]
    return world.hands.place(lines, **more)


def _trade_online(world: WooWire, orders: Mapping[str, int], place: Callable[..., int], ada: int) -> None:
    hands = world.hands
    products = {one.sku: one.id for one in world.site.products.values()}
    hands.edit_line(orders["edited"], hands.lines(orders["edited"])[0], 1)
    hands.cancel(orders["cancelled"])
    hands.refund(orders["restocked"], {hands.lines(orders["restocked"])[0]: 1}, restock=True)
    hands.refund(orders["written-off"], {hands.lines(orders["written-off"])[0]: 1}, restock=False)
    hands.set_status(orders["paid-late"], "processing")
    hands.change_customer(ada, billing={**ADDRESS, "address_1": MOVED_TO})
    carl = hands.add_customer("carl.canary@example.com", first_name="Carl", last_name="Known")
    place({"MUG": 3, "TEE-S": 1}, customer=ada, coupon="TEN")
    place({"TEE-M": 2}, tax="4.40", customer=carl, fees=[Fee("Gift wrap", "2.00", "0.40")])
    place({"TRAY": 1}, billing=GUEST)
    hands.set_level(products["TEE-L"], 3)


def trade_at_the_counter(world: WireWorld, shipped: str, dearer: str) -> None:
    """What happens in the back office that day. `shipped`: the order that leaves; `dearer`: what costs more now."""
    office = world.office
    office.sell("LANTERN", 4)
    office.receive("TEAPOT", 5)
    office.set_price("LANTERN", "15.00")
    office.set_price(dearer, "12.50")
    [reference] = [one.reference for one in world.documents() if one.kind == "sale" and one.order_id == shipped]
    office.ship(reference, tracking_number="TRACK-1", carrier="Royal Mail")
    [ada] = [one for one in office.customers() if "ada.canary@example.com" in one.emails]
    office.upsert_customer(ada.id, phones=("+447700900999",))


# --- what may happen meanwhile ---


def order(world: WooWire) -> None:
    """One more buyer, of goods whose levels are about to be written."""
    products = {one.sku: one.id for one in world.site.products.values()}
    world.hands.place([Line(products[sku], 2) for sku in SKUS])


def edit(world: WooWire) -> None:
    """One more unit on a line of the order that was edited before."""
    order_id = min(world.site.orders)
    line = world.hands.lines(order_id)[-1]
    world.hands.edit_line(order_id, line, 3)


def cancellation(world: WooWire) -> None:
    """The last order that is not done with is cancelled."""
    open_ = [one.id for one in world.site.orders.values() if one.status == "processing"]
    world.hands.cancel(max(open_))


def hand_edit(world: WooWire) -> None:
    """Somebody counts, and enters a level by hand."""
    products = {one.sku: one.id for one in world.site.products.values()}
    world.hands.set_level(products["MUG"], 99)


WooWire.happenings = {
    "an order": order,
    "an edited line": edit,
    "a cancellation": cancellation,
    "a level by hand": hand_edit,
}
