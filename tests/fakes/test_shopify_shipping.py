"""Fulfilments of the shop: what can be sent from where, how often, and which mails leave."""

from typing import Any

import pytest

from tests.fakes.conftest import Case
from tests.fakes.shopify.checkout import Buy

CREATE = """mutation Send($f: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $f) { fulfillment { id status totalQuantity } userErrors { field message } } }"""
READ = """query Read($id: ID!) { order(id: $id) { displayFulfillmentStatus closedAt updatedAt
  fulfillments(first: 9) { id status location { id } trackingInfo(first: 9) { number company url }
    fulfillmentLineItems(first: 9) { nodes { quantity lineItem { id } } } }
  fulfillmentOrders(first: 9) { nodes { id status requestStatus fulfillmentHolds { reason }
    assignedLocation { location { id } } lineItems(first: 9) { nodes { id remainingQuantity totalQuantity } } } } } }"""


def read(case: Case, order: int) -> Any:
    return case.client.ask(READ, id=f"gid://shopify/Order/{order}").data["order"]


def homes(case: Case, order: int) -> list[Any]:
    found: list[Any] = read(case, order)["fulfillmentOrders"]["nodes"]
    return found


def send(case: Case, *wanted: tuple[Any, dict[int, int] | None], **more: Any) -> Any:
    """`wanted`: fulfilment orders as they were read, and of each the units by the place of a row; None: all of it."""
    rows = [
        {
            "fulfillmentOrderId": home["id"],
            "fulfillmentOrderLineItems": units
            and [{"id": home["lineItems"]["nodes"][at]["id"], "quantity": count} for at, count in units.items()],
        }
        for home, units in wanted
    ]
    return case.client.ask(CREATE, f={"lineItemsByFulfillmentOrder": rows, **more}).data["fulfillmentCreate"]


def messages(outcome: Any) -> list[str]:
    assert outcome["fulfillment"] is None
    return [each["message"] for each in outcome["userErrors"]]


def mug_order(case: Case, units: int = 3) -> int:
    return case.hands.place([Buy(case.hands.add_variant("MUG", 10), units)])


def test_what_is_sent_is_told_with_its_tracking_and_what_is_left(case: Case, own: bool) -> None:
    order = mug_order(case)
    tracking = {"number": "T 1", "company": "DHL", "url": "https://example.com/T1"}
    case.clock.advance(60)
    made = send(case, (homes(case, order)[0], {0: 2}), trackingInfo=tracking)
    assert (made["userErrors"], made["fulfillment"]["totalQuantity"]) == ([], 2)
    row = read(case, order)
    [told] = row["fulfillments"]
    assert (told["status"], told["trackingInfo"]) == ("SUCCESS", [tracking])
    assert [each["quantity"] for each in told["fulfillmentLineItems"]["nodes"]] == [2]
    [home] = row["fulfillmentOrders"]["nodes"]
    assert (home["status"], home["lineItems"]["nodes"][0]["remainingQuantity"]) == ("IN_PROGRESS", 1)
    assert (row["displayFulfillmentStatus"], row["updatedAt"]) == ("PARTIALLY_FULFILLED", "2026-03-01T12:01:00Z")


def test_all_of_a_fulfilment_order_is_sent_where_no_lines_are_named_and_the_order_is_closed(case: Case) -> None:
    order = mug_order(case)
    assert send(case, (homes(case, order)[0], None))["userErrors"] == []
    row = read(case, order)
    assert (row["displayFulfillmentStatus"], row["closedAt"] is None) == ("FULFILLED", False)
    assert homes(case, order)[0]["status"] == "CLOSED"


def test_a_shop_may_leave_what_is_done_open(case: Case) -> None:
    case.site.options.archives = False
    order = mug_order(case)
    send(case, (homes(case, order)[0], None))
    assert read(case, order)["closedAt"] is None


@pytest.mark.parametrize("units", [4, 0, -1])
def test_more_than_remains_is_refused_whole(case: Case, units: int) -> None:
    order = mug_order(case)
    refused = send(case, (homes(case, order)[0], {0: units}))
    assert messages(refused) == ["Invalid fulfillment order line item quantity requested."]
    assert (read(case, order)["fulfillments"], case.site.oracle.writes()) == ([], [])


def test_what_was_refunded_is_not_left_to_be_sent(case: Case) -> None:
    order = mug_order(case)
    line = case.site.orders[order].lines[0].id
    case.hands.refund(order, {line: 2})
    [home] = homes(case, order)
    assert home["lineItems"]["nodes"][0]["remainingQuantity"] == 1
    assert messages(send(case, (home, {0: 2})))
    assert send(case, (home, {0: 1}))["userErrors"] == []
    assert read(case, order)["displayFulfillmentStatus"] == "FULFILLED"


def test_what_is_sent_twice_is_done_twice_as_long_as_something_is_left(case: Case) -> None:
    order = mug_order(case)
    [home] = homes(case, order)
    outcomes = [send(case, (home, {0: 1}), trackingInfo={"number": "SAME"}) for _ in range(4)]
    assert [bool(each["fulfillment"]) for each in outcomes] == [True, True, True, False]
    assert len(read(case, order)["fulfillments"]) == 3


@pytest.mark.parametrize("status", ["ON_HOLD", "SCHEDULED", "CANCELLED", "CLOSED", "INCOMPLETE"])
def test_a_fulfilment_order_that_is_not_open_cannot_be_sent(case: Case, status: str) -> None:
    order = mug_order(case)
    case.site.orders[order].fulfilment_orders[0].status = status
    [message] = messages(send(case, (homes(case, order)[0], {0: 1})))
    assert status.lower() in message


def test_a_hold_says_why_and_ends(case: Case) -> None:
    order = mug_order(case)
    case.hands.hold(order, "AWAITING_PAYMENT")
    [home] = homes(case, order)
    assert (home["status"], home["fulfillmentHolds"]) == ("ON_HOLD", [{"reason": "AWAITING_PAYMENT"}])
    assert read(case, order)["displayFulfillmentStatus"] == "ON_HOLD"
    case.hands.release(order)
    assert send(case, (homes(case, order)[0], {0: 3}))["userErrors"] == []


def test_what_is_sent_from_two_places_is_two_fulfilments(case: Case) -> None:
    mug, tray = case.hands.add_variant("MUG", 10), case.hands.add_variant("TRAY", 10)
    attic = case.hands.add_location("Attic")
    case.hands.stock_at(tray, attic, 5)
    order = case.hands.place([Buy(mug, 1), Buy(tray, 2, location=attic)])
    first, second = homes(case, order)
    assert second["assignedLocation"]["location"]["id"] == f"gid://shopify/Location/{attic}"
    [message] = messages(send(case, (first, None), (second, None)))
    assert "same location" in message
    for home in (first, second):
        assert send(case, (home, None))["userErrors"] == []
    assert [case.hands.level(each, at).on_hand for each, at in ((mug, None), (tray, None), (tray, attic))] == [9, 10, 3]
    assert len(read(case, order)["fulfillments"]) == 2


def test_two_orders_cannot_be_sent_at_once(case: Case) -> None:
    one, other = mug_order(case), mug_order(case)
    [message] = messages(send(case, (homes(case, one)[0], None), (homes(case, other)[0], None)))
    assert "same order" in message


def test_what_is_not_there_is_refused(case: Case) -> None:
    order = mug_order(case)
    [home] = homes(case, order)
    assert messages(send(case, ({**home, "id": "gid://shopify/FulfillmentOrder/1"}, None)))
    rows = [{"id": "gid://shopify/FulfillmentOrderLineItem/1"}]
    assert messages(send(case, ({**home, "lineItems": {"nodes": rows}}, {0: 1})))
    assert read(case, order)["fulfillments"] == []


def test_a_cancelled_order_is_not_sent(case: Case) -> None:
    order = mug_order(case)
    [home] = homes(case, order)
    case.hands.cancel(order)
    assert messages(send(case, (home, {0: 1})))


def test_a_mail_leaves_only_where_it_is_asked_for(case: Case) -> None:
    order = mug_order(case)
    [home] = homes(case, order)
    send(case, (home, {0: 1}))
    assert case.site.oracle.mails == []
    send(case, (home, {0: 1}), notifyCustomer=True)
    assert [(kind, of) for _, kind, of in case.site.oracle.mails] == [("shipping_confirmation", order)]


def test_a_fulfilment_that_is_cancelled_is_to_be_sent_again(case: Case) -> None:
    order = mug_order(case)
    send(case, (homes(case, order)[0], None))
    case.hands.cancel_fulfilment(order, case.site.orders[order].fulfilments_made[0].id)
    row = read(case, order)
    assert ([each["status"] for each in row["fulfillments"]], row["displayFulfillmentStatus"]) == (
        ["CANCELLED"],
        "UNFULFILLED",
    )
    again = next(each for each in homes(case, order) if each["status"] == "OPEN")
    assert send(case, (again, {0: 3}))["userErrors"] == []


def test_gift_cards_are_sent_as_soon_as_they_are_paid_and_tips_go_nowhere(case: Case) -> None:
    card = case.hands.add_variant("CARD", None, is_gift_card=True)
    order = case.hands.place([Buy(case.hands.add_variant("MUG", 10)), Buy(card)], tip="1.00")
    row = read(case, order)
    assert [[one["quantity"] for one in each["fulfillmentLineItems"]["nodes"]] for each in row["fulfillments"]] == [[1]]
    assert (row["fulfillments"][0]["trackingInfo"], row["displayFulfillmentStatus"]) == ([], "PARTIALLY_FULFILLED")
    [home] = homes(case, order)
    assert len(home["lineItems"]["nodes"]) == 1
    send(case, (home, None))
    assert read(case, order)["displayFulfillmentStatus"] == "FULFILLED"


def test_several_numbers_are_several_rows_of_tracking(case: Case) -> None:
    order = mug_order(case)
    send(case, (homes(case, order)[0], None), trackingInfo={"numbers": ["A", "B"], "company": "UPS"})
    [told] = read(case, order)["fulfillments"]
    assert told["trackingInfo"] == [
        {"number": "A", "company": "UPS", "url": None},
        {"number": "B", "company": "UPS", "url": None},
    ]
