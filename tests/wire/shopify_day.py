"""Shopify's busy day, and what may happen in the middle of it."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.fakes.shopify.checkout import Buy, Charge, Off, Ship
from tests.wire.woo import trade_at_the_counter
from tests.wire.world import ADDRESS, GUEST, MOVED_TO

SHOP: Mapping[str, Any] = {"own_schema": True, "customer_accounts": "CLASSIC"}
SKUS = ("MUG", "TEAPOT", "TRAY", "TEE-M")
STORE: Mapping[str, Any] = {
    "customer_accounts": "legacy",
    "group_prefix": "group:",
    "groups": ("Trade", "Friends"),
}
SAID = {
    "ada.canary@example.com": {("email", "subscribed"), ("sms", "unsubscribed")},
    "carl.canary@example.com": {("email", "unsubscribed")},
}
STREET = {"first_name": "Ada", "last_name": "Byron-Canary", "city": "Canaryville", "zip": "LS1 4AP"}
STREET |= {"address1": ADDRESS["address_1"], "country_code_v2": "GB"}


def set_scene(world: Any) -> None:
    """Both sides in step; then the busy day."""
    _stock_up(world)
    ada = _meet(world)
    orders = _before(world, ada)
    for _ in range(2):
        ended = world.command()
        assert ended.code == 0, ended.text
    _trade_online(world, orders, ada)
    trade_at_the_counter(world, str(orders["shipped"]), "TEE-S")
    _meet_at_the_counter(world)


def _stock_up(world: Any) -> None:
    for sku, price, units in (
        ("MUG", "8.50", 40),
        ("TEAPOT", "24.00", 12),
        ("LANTERN", "14.25", 30),
        ("TRAY", "32.95", 8),
    ):
        world.sell(sku, price, units)
    world.sell("MUG", "8.50", 40)  # a second listing with the same SKU
    world.hands.add_variant("SERVICE", None, "5.00")  # not tracked
    world.sell_variants(["TEE-S", "TEE-M", "TEE-L"], "12.00", 20)


def _meet(world: Any) -> int:
    """Who is known before: Ada in the shop, with what she answered; Carl and Iris at the counter."""
    office, hands = world.office, world.hands
    office.add_groups(["Trade", "Friends"])
    carl = office.upsert_customer(name="Carl Known", emails=("carl.canary@example.com",))
    office.set_consent(carl, "email", "unsubscribed")
    office.upsert_customer(name="Iris Counter", emails=("iris.canary@example.com",), group="Trade")
    ada: int = hands.add_customer(
        ADDRESS["email"], first_name="Ada", last_name=ADDRESS["last_name"], phone=ADDRESS["phone"], address=STREET
    )
    hands.change_customer(ada, tags=["loyal", "group:Friends"])
    hands.set_consent(ada, "email", "subscribed", world.now())
    return ada


def _before(world: Any, ada: int) -> dict[str, int]:
    def place(units: Mapping[str, int], **more: Any) -> int:
        number: int = world.hands.place(_lines(world, units), customer=ada, shipping_to=STREET, **more)
        return number

    return {
        "edited": place({"MUG": 2, "LANTERN": 1}),
        "cancelled": place({"MUG": 1, "TEAPOT": 1}, ships=[Ship("4.95", tax="0.99")]),
        "restocked": place({"LANTERN": 3}),
        "written-off": place({"LANTERN": 2}),
        "shipped": place({"TEAPOT": 2}),
        "sent-there": place({"TEE-S": 2}),
        "paid-late": place({"TRAY": 1}, pays="pending"),
    }


def _lines(world: Any, units: Mapping[str, int], **more: Any) -> list[Buy]:
    variants = variants_of(world)
    return [Buy(variants[sku], count, **more) for sku, count in units.items()]


def variants_of(world: Any) -> dict[str, int]:
    """The first variant of each SKU."""
    site = world.site
    return {str(site.items[one.item].sku): one.id for one in reversed(site.variants.values())}


def _trade_online(world: Any, orders: Mapping[str, int], ada: int) -> None:
    hands, site = world.hands, world.site
    lines = {name: [line.id for line in site.orders[number].lines] for name, number in orders.items()}
    hands.edit(orders["edited"], lines["edited"][0], 1)
    hands.cancel(orders["cancelled"])
    hands.refund(orders["restocked"], {lines["restocked"][0]: 1}, restock=True)
    hands.refund(orders["written-off"], {lines["written-off"][0]: 1}, restock=False)
    hands.fulfil(orders["sent-there"], number="THERE-1", company="UPS")
    hands.pay(orders["paid-late"])
    hands.change_customer(ada, note="Rings twice")
    hands.add_address(ada, default=True, **{**STREET, "address1": MOVED_TO})
    hands.set_consent(ada, "sms", "unsubscribed", world.now())
    carl = hands.add_customer("carl.canary@example.com", first_name="Carl", last_name="Known")
    place = hands.place
    place(_lines(world, {"MUG": 3, "TEE-S": 1}), customer=ada, offs=[Off("3.00")], ships=[Ship("4.95", tax="0.99")])
    place(_lines(world, {"TEE-M": 2}, tax="4.40"), customer=carl, charges=[Charge("Gift wrap", "2.00")], tip="1.00")
    place(_lines(world, {"TRAY": 1}), email=GUEST["email"], billing=_guest(), shipping_to=_guest())
    hands.set_level(variants_of(world)["TEE-L"], 3)


def _guest() -> dict[str, str]:
    return {"first_name": GUEST["first_name"], "last_name": GUEST["last_name"], "country_code_v2": "GB"}


def _meet_at_the_counter(world: Any) -> None:
    """Carl gets a group and says more of himself, and Iris is to be on the web from now on."""
    ids = {one.name: one.id for one in world.office.customers()}
    world.office.upsert_customer(ids["Carl Known"], group="Trade", company="Known & Sons")
    ended = world.command("customers", "assign", "--name", "Iris", "--to", "shop")
    assert ended.code == 0, ended.text


# --- what may happen meanwhile ---


def order(world: Any) -> None:
    """One more buyer, of goods whose levels are about to be written."""
    world.hands.place(_lines(world, dict.fromkeys(SKUS, 2)))


def edit(world: Any) -> None:
    """One more unit on a line of the order that was edited before."""
    number = min(world.site.orders)
    world.hands.edit(number, world.site.orders[number].lines[-1].id, 3)


def cancellation(world: Any) -> None:
    """The last order that is not done with is cancelled."""
    world.hands.cancel(max(one.id for one in world.site.orders.values() if one.cancelled_at is None))


def hand_edit(world: Any) -> None:
    """Somebody counts, and enters a level by hand."""
    world.hands.set_level(variants_of(world)["MUG"], 99)


HAPPENINGS: dict[str, Callable[[Any], None]] = {
    "an order": order,
    "an edited line": edit,
    "a cancellation": cancellation,
    "a level by hand": hand_edit,
}
