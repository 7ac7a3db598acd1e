"""The law of setting levels, over whatever is sent: all rows or none, only from what is there, once for each key."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.shopify import Hands, ShopifyServer, Site
from tests.fakes.shopify.checkout import Buy
from tests.fakes.shopify.client import Client
from tests.fakes.shopify.ids import gid
from tests.fakes.woo.world import Clock

SET = """mutation($input: InventorySetQuantitiesInput!, $key: String!) {
    inventorySetQuantities(input: $input) @idempotent(key: $key) { userErrors { code } } }"""
ITEMS = 3

amounts = st.integers(0, 4)
rows = st.lists(st.tuples(st.integers(0, ITEMS - 1), amounts, st.one_of(st.just("as it is"), amounts)), max_size=4)
steps = st.one_of(
    st.tuples(st.just("set"), rows, st.sampled_from("abc")),
    st.tuples(st.just("sell"), st.integers(0, ITEMS - 1), st.integers(1, 2)),
    st.tuples(st.just("hours"), st.sampled_from([1, 25])),
)


@dataclass
class Model:
    """What the shop should hold: levels, and for each key what it was used for, when, and whether that went well."""

    levels: list[int] = field(default_factory=lambda: [2] * ITEMS)
    keys: dict[str, tuple[object, int, bool]] = field(default_factory=dict)
    hour: int = 0

    def set(self, wanted: list[tuple[int, int, int]], key: str) -> bool:
        """Whether it is answered without an error."""
        used = self.keys.get(key)
        if used and self.hour - used[1] < 24:
            return used[0] == wanted and used[2]
        items = [item for item, _, _ in wanted]
        good = len(set(items)) == len(items) and all(self.levels[item] == was for item, _, was in wanted)
        for item, quantity, _ in wanted if good else ():
            self.levels[item] = quantity
        self.keys[key] = (wanted, self.hour, good)
        return good


@contextmanager
def a_shop() -> Iterator[tuple[Clock, Hands, Client]]:
    clock = Clock()
    site = Site(clock=clock)
    with ShopifyServer(site) as server:
        client = Client(server)
        yield clock, Hands(site), client
        client.close()
        assert server.errors == []


def sent(variants: list[int], hands: Hands, wanted: list[tuple[int, int, int]]) -> Mapping[str, Any]:
    told = [
        {
            "inventoryItemId": hands.item_of(variants[item]).gid,
            "locationId": gid("Location", hands.here),
            "quantity": quantity,
            "changeFromQuantity": was,
        }
        for item, quantity, was in wanted
    ]
    return {"name": "available", "reason": "correction", "quantities": told}


@settings(max_examples=60, deadline=None)
@given(st.lists(steps, max_size=10))
def test_levels_are_set_as_the_law_says(script: list[Any]) -> None:
    model = Model()
    with a_shop() as (clock, hands, client):
        variants = [hands.add_variant(f"SKU {item}", 2) for item in range(ITEMS)]
        for step, *told in script:
            if step == "hours":
                clock.advance(3600 * told[0])
                model.hour += told[0]
            elif step == "sell":
                hands.place([Buy(variants[told[0]], told[1])])
                model.levels[told[0]] -= told[1]
            else:
                wanted = [
                    (item, quantity, model.levels[item] if was == "as it is" else was)
                    for item, quantity, was in told[0]
                ]
                got = client.ask(SET, input=sent(variants, hands, wanted), key=told[1]).data["inventorySetQuantities"]
                assert (got["userErrors"] == []) is model.set(wanted, told[1])
            assert [hands.level(each).available for each in variants] == model.levels
        for each in variants:
            level = hands.level(each)
            assert level.on_hand == level.available + level.committed
            assert hands.site.oracle.levels[level.item, level.location][-1].available == level.available
