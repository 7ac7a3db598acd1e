"""Shipments of a Shopify shop's orders, on a real socket: found, made by location, never made twice."""

from collections.abc import Iterator
from typing import Any

import pytest

from syncctl.errors import BatchRefused, Unreachable
from syncctl.model import FulfilmentChange, FulfilmentLine, Refused, Unclear, Written
from tests.connectors.shopify_goods import Goods, goods, kinds
from tests.fakes.graphql_faults import GraphqlFault
from tests.fakes.shopify.checkout import Buy
from tests.fakes.shopify.order_records import Order
from tests.fakes.shopify.shipping_records import Fulfilment
from tests.fakes.wire import Request


@pytest.fixture
def shop() -> Iterator[Goods]:
    with goods() as shop:
        shop.sell(3, 1000)
        yield shop


each_version = pytest.mark.parametrize("version", ["2026-01", "2026-07", "2026-10"])


def ordered(shop: Goods, *quantities: int, at: list[int] | None = None) -> str:
    """An order with a line of each of these quantities, of one SKU after the other."""
    variants = list(shop.world.made.values())
    places = at or [None] * len(quantities)
    lines = [Buy(variants[n % len(variants)], count, location=places[n]) for n, count in enumerate(quantities)]
    return str(shop.world.hands.place(lines))


def order_of(shop: Goods, order_id: str) -> Order:
    return shop.world.site.orders[int(order_id)]


def line(shop: Goods, order_id: str, number: int, quantity: int) -> FulfilmentLine:
    return FulfilmentLine(quantity=quantity, line_id=str(order_of(shop, order_id).lines[number].id))


def sent(order_id: str, *lines: FulfilmentLine, key: str = "a", **more: Any) -> FulfilmentChange:
    return FulfilmentChange(key=key, order_id=order_id, lines=lines, **more)


def made(shop: Goods, order_id: str) -> list[Fulfilment]:
    """What the shop itself has of shipments."""
    return order_of(shop, order_id).fulfilments_made


# --- made and found ---------------------------------------------------------------------------------------------------


@each_version
def test_a_shipment_is_made_with_its_lines_and_its_tracking_and_found_again(version: str) -> None:
    with goods({"version": version}) as shop:
        shop.sell(3, 1000)
        order_id = ordered(shop, 3, 2)
        change = sent(
            order_id,
            line(shop, order_id, 0, 2),
            line(shop, order_id, 1, 2),
            tracking_number="T 1",
            carrier="DHL",
            tracking_url="https://example.com/T1",
        )
        [outcome] = shop.store.push_fulfilments([change])
        [there] = made(shop, order_id)
        assert outcome == Written(key="a", remote_id=str(there.id))
        assert there.tracking == [{"number": "T 1", "company": "DHL", "url": "https://example.com/T1"}]
        assert [one.quantity for one in there.lines] == [2, 2]
        [found] = shop.store.find_fulfilments([order_id])[order_id]
        assert (found.id, found.order_id, found.lines) == (str(there.id), order_id, change.lines)
        assert (found.tracking_number, found.carrier, found.tracking_url) == ("T 1", "DHL", "https://example.com/T1")
        assert found.shipped_at == there.created_at
        assert shop.world.site.oracle.mails == []


def test_the_customer_is_told_where_the_settings_say_so(shop: Goods) -> None:
    order_id = ordered(shop, 1)
    shop.store.push_fulfilments([sent(order_id, notify_customer=True)])
    assert [kind for _, kind, _ in shop.world.site.oracle.mails] == ["shipping_confirmation"]


def test_20_shipments_go_out_in_one_request_after_two_that_read(shop: Goods) -> None:
    ids = [ordered(shop, 1) for _ in range(20)]
    shop.asked()
    outcomes = shop.store.push_fulfilments([sent(one, key=one) for one in ids])
    assert [one.key for one in outcomes] == ids and set(kinds(outcomes)) == {"Written"}
    assert shop.asked() == ["toShip", "toShip", "createFulfilments"]
    found = shop.store.find_fulfilments(ids)
    assert shop.asked() == ["fulfilments"]
    assert [len(found[one]) for one in ids] == [1] * 20


def test_more_than_fit_are_not_sent_at_all(shop: Goods) -> None:
    with pytest.raises(BatchRefused):
        shop.store.push_fulfilments([sent("1")] * 21)
    assert shop.asked() == []


def test_what_was_called_off_does_not_count_and_can_be_sent_again(shop: Goods) -> None:
    order_id = ordered(shop, 2)
    shop.store.push_fulfilments([sent(order_id)])
    shop.world.hands.cancel_fulfilment(int(order_id), made(shop, order_id)[0].id)
    assert shop.store.find_fulfilments([order_id]) == {order_id: []}
    assert kinds(shop.store.push_fulfilments([sent(order_id)])) == ["Written"]
    assert [one.status for one in made(shop, order_id)] == ["CANCELLED", "SUCCESS"]


def test_several_parts_of_one_location_go_out_as_one_shipment(shop: Goods) -> None:
    """Two of three units were sent, one of those was called off: the rest is in two parts."""
    order_id = ordered(shop, 3)
    for _ in range(2):
        shop.store.push_fulfilments([sent(order_id, line(shop, order_id, 0, 1))])
    shop.world.hands.cancel_fulfilment(int(order_id), made(shop, order_id)[0].id)
    parts = [one for one in order_of(shop, order_id).fulfilment_orders if one.remaining]
    assert len(parts) == 2
    [outcome] = shop.store.push_fulfilments([sent(order_id, line(shop, order_id, 0, 2))])
    assert isinstance(outcome, Written)
    assert made(shop, order_id)[-1].fulfilment_orders == [one.id for one in parts]
    assert sum(one.quantity for one in made(shop, order_id)[-1].lines) == 2


def test_what_leaves_from_two_locations_is_a_shipment_of_each_and_told_to_the_customer_once(shop: Goods) -> None:
    here, town = shop.world.location, shop.world.hands.add_location("Shop in town")
    for variant in shop.world.made.values():
        shop.world.hands.stock_at(variant, town, 10)
    order_id = ordered(shop, 2, 2, at=[here, town])
    [outcome] = shop.store.push_fulfilments([sent(order_id, tracking_number="T 1", notify_customer=True)])
    both = made(shop, order_id)
    assert outcome == Written(key="a", remote_id=str(both[0].id))
    assert [one.location_id for one in both] == [here, town]
    assert [one.tracking_number for one in shop.store.find_fulfilments([order_id])[order_id]] == ["T 1", "T 1"]
    assert len(shop.world.site.oracle.mails) == 1


def test_orders_with_many_parts_and_many_lines_are_read_to_their_end(shop: Goods) -> None:
    places = [shop.world.hands.add_location(f"Shop {number}") for number in range(12)]
    for place in places:
        for variant in shop.world.made.values():
            shop.world.hands.stock_at(variant, place, 100)
    many_parts = ordered(shop, *[1] * 12, at=places)
    many_lines = ordered(shop, *[1] * 120)
    outcomes = shop.store.push_fulfilments([sent(many_parts, key="parts"), sent(many_lines, key="lines")])
    assert kinds(outcomes) == ["Written", "Written"]
    assert len(made(shop, many_parts)) == 12
    [whole] = made(shop, many_lines)
    assert len(whole.lines) == 120
    [found] = shop.store.find_fulfilments([many_lines])[many_lines]
    assert sorted(one.line_id or "" for one in found.lines) == sorted(str(one.line_id) for one in whole.lines)


def test_an_address_that_is_none_does_not_keep_the_goods_back(shop: Goods) -> None:
    order_id = ordered(shop, 1)
    change = sent(order_id, tracking_number="T 1", tracking_url="see the carrier")
    assert kinds(shop.store.push_fulfilments([change])) == ["Written"]
    assert made(shop, order_id)[0].tracking == [{"number": "T 1", "company": None, "url": None}]


# --- refused ----------------------------------------------------------------------------------------------------------


def test_what_is_not_left_is_refused_alone_with_what_is(shop: Goods) -> None:
    order_id, other = ordered(shop, 3), ordered(shop, 1)
    outcomes = shop.store.push_fulfilments(
        [
            sent(order_id, line(shop, order_id, 0, 2), key="a"),
            sent(order_id, line(shop, order_id, 0, 2), key="b"),
            sent(order_id, line(shop, order_id, 0, 1), key="c"),
            sent("999", key="d"),
            sent("no-such-order", key="e"),
            sent(other, key="f"),
        ]
    )
    assert kinds(outcomes) == ["Written", "not_open", "Written", "unknown_order", "unknown_order", "Written"]
    assert isinstance(outcomes[1], Refused) and "1 can be" in outcomes[1].message
    assert [sum(each.quantity for each in one.lines) for one in made(shop, order_id)] == [2, 1]


def test_an_order_that_is_too_old_to_be_seen_is_said_to_be_so() -> None:
    with goods({"all_orders": False}) as shop:
        [outcome] = shop.store.push_fulfilments([sent("999")])
        assert isinstance(outcome, Refused) and "60 days" in outcome.message


def test_what_the_shop_holds_back_is_refused_with_its_word_until_it_is_let_go(shop: Goods) -> None:
    order_id = ordered(shop, 2)
    shop.world.hands.hold(int(order_id))
    assert kinds(shop.store.push_fulfilments([sent(order_id, line(shop, order_id, 0, 1))])) == ["on_hold"]
    shop.world.hands.release(int(order_id))
    assert kinds(shop.store.push_fulfilments([sent(order_id, line(shop, order_id, 0, 1))])) == ["Written"]


def test_an_order_that_was_called_off_has_nothing_left_to_ship(shop: Goods) -> None:
    order_id = ordered(shop, 2)
    shop.world.cancel(order_id)
    for change in (sent(order_id), sent(order_id, line(shop, order_id, 0, 1))):
        assert kinds(shop.store.push_fulfilments([change])) == ["not_open"]
    assert made(shop, order_id) == []


def test_what_is_held_back_after_it_was_read_is_refused_by_the_shop_alone(shop: Goods) -> None:
    first, second = ordered(shop, 1), ordered(shop, 1)

    def hold(request: Request) -> None:
        if b"createFulfilments" in request.body:
            shop.world.hands.hold(int(first))

    shop.server.before = hold
    outcomes = shop.store.push_fulfilments([sent(first, key="a"), sent(second, key="b")])
    assert kinds(outcomes) == ["refused", "Written"]
    assert isinstance(outcomes[0], Refused) and "unfulfillable" in outcomes[0].message


def test_what_the_shop_cannot_read_at_all_is_found_and_refused_alone(shop: Goods) -> None:
    ids = [ordered(shop, 1) for _ in range(5)]
    shop.server.strange = "T 3"
    changes = [sent(one, key=one, tracking_number=f"T {number}") for number, one in enumerate(ids)]
    assert kinds(shop.store.push_fulfilments(changes)) == ["Written"] * 3 + ["refused", "Written"]
    assert [len(made(shop, one)) for one in ids] == [1, 1, 1, 0, 1]


# --- lost -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["reset_mid_body", "internal_after", "data_null", "502"])
def test_a_shipment_whose_answer_is_lost_is_not_sent_again(shop: Goods, kind: str) -> None:
    order_id = ordered(shop, 2)
    fault = GraphqlFault(kind) if kind in ("internal_after", "data_null") else kind

    def strike(request: Request) -> None:
        assert b"createFulfilments" not in request.body or len(shop.server.log) == 2

    shop.server.before = strike
    shop.server.fail(fault, at=shop.server.count + 2)
    with pytest.raises((Unreachable, ValueError)):
        shop.store.push_fulfilments([sent(order_id)])
    assert shop.asked() == ["toShip", "createFulfilments"]
    done = kind != "502"
    assert len(made(shop, order_id)) == done
    assert len(shop.store.find_fulfilments([order_id])[order_id]) == done


def test_one_shipment_that_an_error_spoilt_is_unclear_and_the_others_are_made(shop: Goods) -> None:
    first, second = ordered(shop, 1), ordered(shop, 1)
    shop.server.fail(GraphqlFault("partly"), at=shop.server.count + 2)
    outcomes = shop.store.push_fulfilments([sent(first, key="a"), sent(second, key="b")])
    assert [type(one) for one in outcomes] == [Unclear, Written]
    assert shop.asked() == ["toShip", "createFulfilments"]


def test_a_shipment_of_which_one_location_refused_its_part_is_unclear(shop: Goods) -> None:
    """Part of it was made: whoever looks finds that, by its tracking number."""
    here, town = shop.world.location, shop.world.hands.add_location("Shop in town")
    shop.world.hands.stock_at(list(shop.world.made.values())[1], town, 10)
    order_id = ordered(shop, 1, 1, at=[here, town])

    def hold(request: Request) -> None:
        if b"createFulfilments" in request.body:
            order_of(shop, order_id).fulfilment_orders[1].status = "ON_HOLD"

    shop.server.before = hold
    [outcome] = shop.store.push_fulfilments([sent(order_id, tracking_number="T 1")])
    assert isinstance(outcome, Unclear) and "unfulfillable" in outcome.message
    assert len(made(shop, order_id)) == 1


def test_a_list_of_shipments_that_leaves_one_out_is_not_believed(shop: Goods) -> None:
    """It might be the very one that we are about to make again."""
    order_id = ordered(shop, 2)
    shop.store.push_fulfilments([sent(order_id, line(shop, order_id, 0, 1))])
    shop.server.alter = [lambda data: data["nodes"][0].update(fulfillments=[None])]
    with pytest.raises(ValueError, match="left out"):
        shop.store.find_fulfilments([order_id])
