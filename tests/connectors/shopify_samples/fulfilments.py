"""Shipments."""

from typing import Any

from syncctl.connectors.shopify.fulfilment_documents import (
    MOST_ORDERS,
    create_fulfilments,
    fulfilments,
    lines_to_ship,
    more_to_ship,
    shipped_lines,
    to_ship,
)
from syncctl.connectors.shopify.fulfilment_words import Line, Part, allotted, to_inputs
from syncctl.connectors.shopify.gids import gid
from syncctl.model import FulfilmentChange, FulfilmentLine, Refused
from tests.connectors.shopify_samples import Samples

TRACKED = {"tracking_number": "T 1", "carrier": "DHL", "tracking_url": "https://example.com/T1"}
AFTER = {"id": gid("Order", "1"), "after": "a cursor"}


def ids(count: int) -> dict[str, Any]:
    return {"ids": [gid("Order", str(number)) for number in range(1, count + 1)]}


def inputs(count: int, **more: Any) -> dict[str, Any]:
    """So many shipments of two units each."""
    line = Line(gid("FulfillmentOrderLineItem", "4"), "71", "MUG", 2 * count)
    part = Part(gid("FulfillmentOrder", "3"), "OPEN", gid("Location", "11"), (line,))
    change = FulfilmentChange(key="a", order_id="1", lines=(FulfilmentLine(quantity=2, line_id="71"),), **more)
    sent = {}
    for number in range(count):
        taken = allotted(change, [part])
        assert not isinstance(taken, Refused)
        [sent[f"fulfilment{number}"]] = to_inputs(change, taken)
    return sent


SAMPLES: Samples = {
    fulfilments: [(fulfilments(one), ids(one)) for one in (1, 50)],
    shipped_lines: [(shipped_lines(), {**AFTER, "id": gid("Fulfillment", "2")})],
    to_ship: [(to_ship(one), ids(one)) for one in (1, MOST_ORDERS)],
    more_to_ship: [(more_to_ship(), AFTER)],
    lines_to_ship: [(lines_to_ship(), {**AFTER, "id": gid("FulfillmentOrder", "3")})],
    create_fulfilments: [
        (create_fulfilments(1), inputs(1)),
        (create_fulfilments(20), inputs(20, notify_customer=True, **TRACKED)),
    ],
}
