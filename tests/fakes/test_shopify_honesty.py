"""Would a connector that is wrong in one way be caught? Each here is the right one but for one thing, in one scene.

In the scene a buyer's order moves a level between the reading and the writing, the bucket is nearly empty, one item is
not tracked, and there is a second location. The right one passes it without a violation; each other is told of.
"""

import uuid
from typing import Any

import pytest

from tests.fakes.conftest import Case
from tests.fakes.shopify.checkout import Buy
from tests.fakes.shopify.client import Got
from tests.fakes.shopify.ids import gid
from tests.fakes.wire import Request

READ = """query($id: ID!, $place: ID!) { inventoryItem(id: $id) { tracked
    inventoryLevel(locationId: $place) { quantities(names: ["available"]) { quantity } } } }"""
WRITE = """mutation($input: InventorySetQuantitiesInput!, $key: String!) {
    inventorySetQuantities(input: $input) @idempotent(key: $key) { userErrors { code } } }"""
PRICE = """mutation($product: ID!, $rows: [ProductVariantsBulkInput!]!) {
    productVariantsBulkUpdate(productId: $product, variants: $rows) { userErrors { code } } }"""


class Keeper:
    """The right one: it reads, compares with what it read, reads again where that was stale, waits as it is told."""

    def __init__(self, case: Case) -> None:
        self.case, self.place = case, gid("Location", case.hands.here)

    def publish(self, item: str, quantity: int) -> None:
        """Make the shop show so many units."""
        was = self.read(item)
        while was is not None and self.is_stale(self.write(item, quantity, was)):
            was = self.look_again(item, was)

    def read(self, item: str) -> int | None:
        """What can be sold; None: its stock is not kept."""
        told = self.ask(READ, id=item, place=self.place).data["inventoryItem"]
        return int(told["inventoryLevel"]["quantities"][0]["quantity"]) if self.may_write(told) else None

    def may_write(self, told: dict[str, Any]) -> bool:
        return bool(told["tracked"])

    def write(self, item: str, quantity: int, was: int | None) -> Got:
        row = {"inventoryItemId": item, "locationId": self.place, "quantity": quantity, "changeFromQuantity": was}
        told = {"name": "available", "reason": "correction", "quantities": [row]}
        return self.ask(WRITE, input=told, key=self.key())

    def is_stale(self, got: Got) -> bool:
        errors = got.data["inventorySetQuantities"]["userErrors"]
        assert [each["code"] for each in errors] in ([], ["CHANGE_FROM_QUANTITY_STALE"])
        return bool(errors)

    def look_again(self, item: str, _was: int) -> int | None:
        return self.read(item)

    def key(self) -> str:
        return str(uuid.uuid4())

    def set_price(self, variant: int, price: str) -> None:
        row = self.priced({"id": gid("ProductVariant", variant), "price": price})
        self.ask(PRICE, product=gid("Product", self.case.site.variants[variant].product), rows=[row])

    def priced(self, row: dict[str, Any]) -> dict[str, Any]:
        return row

    def ask(self, document: str, **variables: Any) -> Got:
        for _ in range(5):
            got = self.case.client.ask(document, **variables)
            if "errors" not in got.json or got.codes != ["THROTTLED"]:
                return got
            self.wait(got.cost)
        raise AssertionError("turned away five times")

    def wait(self, cost: dict[str, Any]) -> None:
        status = cost["throttleStatus"]
        self.case.clock.advance((cost["requestedQueryCost"] - status["currentlyAvailable"]) / status["restoreRate"])


class Elsewhere(Keeper):
    """Writes where it should not."""

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        self.place = gid("Location", list(case.site.locations)[1])


class Careless(Keeper):
    """Sends no comparison."""

    def write(self, item: str, quantity: int, was: int | None) -> Got:
        return super().write(item, quantity, None)


class Guessing(Keeper):
    """Compares with what it last wanted, not with what it read."""

    def read(self, item: str) -> int | None:
        return 99 if super().read(item) is not None else None

    def is_stale(self, got: Got) -> bool:
        super().is_stale(got)
        return False


class Stubborn(Keeper):
    """Tries a comparison that was stale once more, and then looks."""

    def look_again(self, item: str, was: int) -> int | None:
        self.write(item, 1, was)
        return self.read(item)


class Thrifty(Keeper):
    """Has one key for everything."""

    def key(self) -> str:
        return "8d1f9a52-6f3b-4a57-9f0e-0e7a5b6c7d8e"

    def is_stale(self, got: Got) -> bool:
        return False


class Impatient(Keeper):
    """Comes again too early."""

    def wait(self, cost: dict[str, Any]) -> None:
        self.case.clock.advance(0.02)
        self.case.client.ask(READ, id=gid("InventoryItem", 1), place=self.place)
        super().wait(cost)


class Greedy(Keeper):
    """Writes what nobody keeps the stock of."""

    def may_write(self, told: dict[str, Any]) -> bool:
        return True


class Outdated(Keeper):
    """Asks in the words of another version."""

    def ask(self, document: str, **variables: Any) -> Got:
        return super().ask(document.replace("{ tracked", "{ isTracked: tracked oldName"), **variables)

    def read(self, item: str) -> int | None:
        self.ask(READ, id=item, place=self.place)
        return None


class Marking(Keeper):
    """Says what a price was marked down from."""

    def priced(self, row: dict[str, Any]) -> dict[str, Any]:
        return row | {"compareAtPrice": "9.00"}


@pytest.fixture
def scene(case: Case) -> list[str]:
    """Four items: two whose stock is kept, one that is not tracked, and one that an order moves at the wrong moment."""
    hands = case.hands
    case.site.oracle.location = hands.here
    shed = hands.add_location("Shed")
    variants = [hands.add_variant(sku, units) for sku, units in (("A", 5), ("B", 6), ("C", None), ("D", 8))]
    for each in variants:
        hands.stock_at(each, shed, 3)
    case.site.options.bucket, case.site.options.restore_rate = 15, 1
    ordered: list[int] = []

    def order_between(request: Request) -> None:
        body = request.json()
        if not ordered and hands.item_of(variants[3]).gid in str(body) and "mutation" in body["query"]:
            ordered.append(hands.place([Buy(variants[3], 2)]))

    case.server.before = order_between
    return [hands.item_of(each).gid for each in variants]


def keep(keeper: Keeper, items: list[str]) -> list[str]:
    for number, item in enumerate(items):
        keeper.publish(item, 10 + number)
    keeper.set_price(next(iter(keeper.case.site.variants)), "7.00")
    return keeper.case.site.oracle.violations


def test_the_right_one_is_not_told_of_and_does_its_work(case: Case, scene: list[str]) -> None:
    assert keep(Keeper(case), scene) == []
    levels = [case.hands.level(each).available for each in case.site.variants]
    assert levels == [10, 11, 0, 13]
    assert str(next(iter(case.site.variants.values())).price) == "7.00"
    assert len(case.site.oracle.throttled) > 0  # it waited, and was not told of for that


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (Elsewhere, "was set at location"),
        (Careless, "was set without a comparison"),
        (Guessing, "compared with 99, which was never shown"),
        (Stubborn, "compared again with 8, which was stale"),
        (Thrifty, "was used again for something else"),
        (Impatient, "too early"),
        (Greedy, "which is not tracked"),
        (Outdated, "does not know: Cannot query field 'oldName'"),
        (Marking, "marked down from"),
    ],
)
def test_one_that_is_wrong_in_one_way_is_told_of(case: Case, scene: list[str], kind: type[Keeper], told: str) -> None:
    violations = keep(kind(case), scene)
    assert violations
    assert all(told in each for each in violations), violations


def test_who_never_waits_is_seen_by_the_oracle_though_it_gets_through(case: Case, scene: list[str]) -> None:
    """Turned away once, a client that waits then is no wrong one: a run without faults is to have none of it."""
    case.site.options.bucket, case.site.options.restore_rate = 2000, 100
    keep(Keeper(case), scene)
    assert case.site.oracle.throttled == []


def test_a_level_that_was_set_over_an_order_would_be_seen_in_what_was_shown(case: Case, scene: list[str]) -> None:
    """Without a comparison the two units that were just sold come back: the oracle has the moment of each level."""
    keep(Careless(case), scene)
    item, oracle = int(scene[3].rpartition("/")[2]), case.site.oracle
    shown = oracle.levels[item, case.hands.here]
    assert [(each.available, each.by) for each in shown] == [(8, "start"), (6, "order"), (13, "api")]
    placed = next(event.number for event in oracle.events if event.what == "placed")
    assert placed < shown[2].number


def test_a_write_of_what_was_learned_from_an_answer_is_honest(case: Case) -> None:
    """Written, and known from then on: the next comparison needs no reading."""
    keeper, variant = Keeper(case), case.hands.add_variant("A", 5)
    item = case.hands.item_of(variant).gid
    keeper.publish(item, 7)
    assert not keeper.is_stale(keeper.write(item, 8, 7))
    assert case.site.oracle.violations == []
