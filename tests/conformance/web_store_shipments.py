"""The shipments of orders: told, made, and refused alone where they cannot be."""

from syncctl.connectors.base import WebStore
from syncctl.model import FulfilmentChange, FulfilmentLine, Refused, Written
from tests.conformance.web_store_kit import Kit, World, now_there


class Shipments(Kit):
    """Shown on their orders, with their units and their tracking."""

    def test_a_fulfilment_is_found_again_with_its_tracking(self, store: WebStore, world: World, listing: str) -> None:
        order_id, other = self.order(world, 3), self.order(world)
        line_id = now_there(store, order_id).lines[0].id
        change = FulfilmentChange(
            key="a",
            order_id=order_id,
            lines=(FulfilmentLine(quantity=2, line_id=line_id),),
            tracking_number="TRACK 1",
            carrier="Royal Mail",
        )
        (outcome,) = store.push_fulfilments([change])
        found = store.find_fulfilments([other, order_id, "no-such-order"])
        assert isinstance(outcome, Written)
        assert {key: [each.id for each in value] for key, value in found.items()} == {
            order_id: [outcome.remote_id],
            other: [],
        }
        (made,) = found[order_id]
        assert (made.tracking_number, made.carrier, made.lines[0].quantity) == ("TRACK 1", "Royal Mail", 2)
        assert now_there(store, order_id).fulfilment_status == "partially_fulfilled"

    def test_fulfilments_that_cannot_be_are_refused_alone(self, store: WebStore, world: World, listing: str) -> None:
        first, second = self.orders(world, 2)
        one = (FulfilmentLine(quantity=1, sku="SKU-1"),)
        outcomes = store.push_fulfilments(
            [
                FulfilmentChange(key="a", order_id=first, lines=(FulfilmentLine(quantity=2, sku="SKU-1"),)),
                FulfilmentChange(key="b", order_id="no-such-order", lines=one),
                FulfilmentChange(key="c", order_id=second, lines=one),
                FulfilmentChange(key="d", order_id=second, lines=one),
            ]
        )
        assert [type(each) for each in outcomes] == [Refused, Refused, Written, Refused]
        assert now_there(store, first).fulfilment_status == "unfulfilled"
        assert now_there(store, second).fulfilment_status == "fulfilled"
