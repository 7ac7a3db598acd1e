"""Shopify's shipments in our words, and ours in Shopify's, without a wire."""

from datetime import UTC, datetime
from typing import Any

import pytest

from syncctl.connectors.shopify.fulfilment_words import Part, allotted, to_fulfilment, to_inputs, took_place
from syncctl.connectors.shopify.gids import gid
from syncctl.model import Fulfilment, FulfilmentChange, FulfilmentLine, Refused


def shipment(**more: Any) -> dict[str, Any]:
    lines = [{"quantity": 2, "lineItem": {"id": gid("LineItem", "71")}}]
    tracking = [{"number": "T 1", "company": "Royal Mail", "url": "https://example.com/T1"}]
    told = {"id": gid("Fulfillment", "61"), "status": "SUCCESS", "createdAt": "2026-11-22T08:00:00Z"}
    return {**told, "trackingInfo": tracking, "fulfillmentLineItems": {"nodes": lines}, **more}


def part(number: int, lines: list[tuple[int, int]], status: str = "OPEN", location: str | None = "1") -> Part:
    """`lines`: (order line, units left); the SKU of line 71 is SKU-71."""
    place = {"location": {"id": gid("Location", location)} if location else None}
    rows = [
        {
            "id": gid("FulfillmentOrderLineItem", f"{number}{line}"),
            "remainingQuantity": left,
            "sku": f"SKU-{line}",
            "lineItem": {"id": gid("LineItem", str(line))},
        }
        for line, left in lines
    ]
    row = {"id": gid("FulfillmentOrder", str(number)), "status": status, "assignedLocation": place}
    return Part.of({**row, "lineItems": {"nodes": rows}})


def change(*lines: FulfilmentLine, **more: Any) -> FulfilmentChange:
    return FulfilmentChange(key="a", order_id="5", lines=lines, **more)


def line(quantity: int, line_id: int) -> FulfilmentLine:
    return FulfilmentLine(quantity=quantity, line_id=str(line_id))


def taken(found: object) -> list[tuple[str, str, int]]:
    """(part, line, units) in digits."""
    assert isinstance(found, list), found
    return [(one.id.rpartition("/")[2], line.line_id, units) for one, line, units in found]


def test_a_shipment_is_told_with_its_lines_and_its_tracking() -> None:
    assert to_fulfilment("5", shipment()) == Fulfilment(
        id="61",
        order_id="5",
        lines=(line(2, 71),),
        tracking_number="T 1",
        carrier="Royal Mail",
        tracking_url="https://example.com/T1",
        shipped_at=datetime(2026, 11, 22, 8, tzinfo=UTC),
    )


def test_a_shipment_may_have_no_tracking_or_part_of_it() -> None:
    bare = to_fulfilment("5", shipment(trackingInfo=[]))
    assert (bare.tracking_number, bare.carrier, bare.tracking_url) == ("", "", "")
    half = [{"number": None, "company": "DHL", "url": None}, {"number": "T 2", "company": None, "url": None}]
    assert to_fulfilment("5", shipment(trackingInfo=half)).tracking_number == "T 2"
    assert to_fulfilment("5", shipment(trackingInfo=half[:1])).carrier == "DHL"


@pytest.mark.parametrize(
    ("status", "counts"),
    [("SUCCESS", True), ("OPEN", True), ("PENDING", True), ("A WORD OF NEXT YEAR", True), ("CANCELLED", False),
     ("FAILURE", False), ("ERROR", False)],
)  # fmt: skip
def test_a_shipment_that_came_to_nothing_is_none(status: str, counts: bool) -> None:
    assert took_place(shipment(status=status)) is counts


# --- allotted ---------------------------------------------------------------------------------------------------------


def test_units_are_allotted_by_line_over_the_parts_that_are_open() -> None:
    parts = [part(1, [(71, 2)], "CLOSED"), part(2, [(71, 1), (72, 5)], "IN_PROGRESS"), part(3, [(71, 3)])]
    assert taken(allotted(change(line(3, 71), line(1, 72)), parts)) == [("2", "71", 1), ("3", "71", 2), ("2", "72", 1)]


def test_a_line_without_our_id_goes_by_its_sku() -> None:
    parts = [part(1, [(71, 2), (72, 2)])]
    assert taken(allotted(change(FulfilmentLine(quantity=1, sku="SKU-72")), parts)) == [("1", "72", 1)]


def test_no_lines_mean_all_that_is_left() -> None:
    parts = [part(1, [(71, 2), (72, 0)]), part(2, [(71, 4)], "ON_HOLD")]
    assert taken(allotted(change(), parts)) == [("1", "71", 2)]


def test_what_one_shipment_takes_the_next_one_cannot() -> None:
    parts = [part(1, [(71, 3)])]
    assert taken(allotted(change(line(2, 71)), parts)) == [("1", "71", 2)]
    found = allotted(change(line(2, 71)), parts)
    assert isinstance(found, Refused) and "2 units are to be shipped, and 1 can be" in found.message
    assert taken(allotted(change(line(1, 71)), parts)) == [("1", "71", 1)], "a refusal takes nothing"


def test_one_line_named_twice_takes_twice() -> None:
    parts = [part(1, [(71, 3)])]
    found = allotted(change(line(2, 71), line(2, 71)), parts)
    assert isinstance(found, Refused) and found.reason == "not_open"
    assert taken(allotted(change(line(2, 71), line(1, 71)), parts)) == [("1", "71", 2), ("1", "71", 1)]


@pytest.mark.parametrize("status", ["ON_HOLD", "SCHEDULED", "INCOMPLETE", "A_WORD_OF_NEXT_YEAR"])
def test_a_part_that_shopify_holds_back_is_refused_with_its_own_word(status: str) -> None:
    found = allotted(change(line(2, 71)), [part(1, [(71, 1)]), part(2, [(71, 1)], status)])
    assert isinstance(found, Refused)
    assert found.reason == status.lower()
    assert status.lower() in found.message and "1 can be" in found.message


@pytest.mark.parametrize("status", ["CLOSED", "CANCELLED"])
def test_of_a_part_that_is_done_nothing_is_left_whatever_it_tells(status: str) -> None:
    """Of an order that was called off, Shopify closes the parts and leaves their units as they were."""
    for wanted in (change(line(1, 71)), change()):
        found = allotted(wanted, [part(1, [(71, 1)], status)])
        assert isinstance(found, Refused) and found.reason == "not_open"


@pytest.mark.parametrize("units", [0, -1])
def test_no_units_are_no_shipment(units: int) -> None:
    assert isinstance(allotted(change(line(units, 71)), [part(1, [(71, 1)])]), Refused)


# --- sent -------------------------------------------------------------------------------------------------------------


def test_the_parts_of_one_location_go_together_and_each_further_location_apart() -> None:
    parts = [part(1, [(71, 1)]), part(2, [(71, 1), (72, 1)]), part(3, [(71, 1)], location="2")]
    found = allotted(change(line(3, 71), line(1, 72), notify_customer=True), parts)
    assert not isinstance(found, Refused)
    here, there = to_inputs(change(notify_customer=True), found)
    assert [one["fulfillmentOrderId"].rpartition("/")[2] for one in here["lineItemsByFulfillmentOrder"]] == ["1", "2"]
    assert [len(one["fulfillmentOrderLineItems"]) for one in here["lineItemsByFulfillmentOrder"]] == [1, 2]
    assert there["lineItemsByFulfillmentOrder"][0]["fulfillmentOrderLineItems"][0]["quantity"] == 1
    assert (here["notifyCustomer"], there["notifyCustomer"]) == (True, False), "the customer hears of it once"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, None),
        ({"tracking_number": "T 1"}, {"number": "T 1"}),
        (
            {"tracking_number": "T 1", "carrier": "DHL", "tracking_url": "https://example.com/T1"},
            {"number": "T 1", "company": "DHL", "url": "https://example.com/T1"},
        ),
        ({"tracking_number": "T 1", "tracking_url": "example.com/T1"}, {"number": "T 1"}),
        ({"tracking_number": "T 1", "tracking_url": "https://exa mple.com/"}, {"number": "T 1"}),
        ({"tracking_number": "T 1", "tracking_url": "https://[x/"}, {"number": "T 1"}),
        ({"tracking_url": "javascript:alert(1)"}, None),
    ],
)
def test_tracking_is_told_as_far_as_it_is_known(more: dict[str, Any], told: dict[str, str] | None) -> None:
    found = allotted(change(line(1, 71)), [part(1, [(71, 1)], location=None)])
    assert not isinstance(found, Refused)
    [sent] = to_inputs(change(line(1, 71), **more), found)
    assert sent["trackingInfo"] == told if told else "trackingInfo" not in sent
