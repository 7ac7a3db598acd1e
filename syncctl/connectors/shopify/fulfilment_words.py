"""Shopify's shipments in our words, and ours in Shopify's. Pure.

What is to be shipped of an order is parted there by the location that ships it (its words: fulfilment orders), and a
shipment is made of such parts: those of one location together, for each further location another one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from syncctl import times
from syncctl.connectors.shopify.gids import digits_of
from syncctl.connectors.shopify.lists import whole
from syncctl.model import Fulfilment, FulfilmentChange, FulfilmentLine, Refused

Row = Mapping[str, Any]

_NONE_LEFT = ("CANCELLED", "FAILURE", "ERROR")  # a shipment that came to nothing
_OPEN = ("OPEN", "IN_PROGRESS")  # a part that can be shipped
_DONE = ("CLOSED", "CANCELLED")


def took_place(row: Row) -> bool:
    """Whether goods left, or are about to, and none of it was called off."""
    return row["status"] not in _NONE_LEFT


def to_fulfilment(order_id: str, row: Row, lines: Iterable[Row] = ()) -> Fulfilment:
    """A shipment as it was read. `lines`: those that its row has no room for."""
    tracking = whole(row["trackingInfo"])
    tracked = [one for one in tracking if one["number"]] or tracking
    told = [*whole(row["fulfillmentLineItems"]["nodes"]), *lines]
    return Fulfilment(
        id=digits_of(row["id"]),
        order_id=order_id,
        lines=tuple(FulfilmentLine(quantity=one["quantity"], line_id=digits_of(one["lineItem"]["id"])) for one in told),
        tracking_number=(tracked[0]["number"] or "") if tracked else "",
        carrier=(tracked[0]["company"] or "") if tracked else "",
        tracking_url=(tracked[0]["url"] or "") if tracked else "",
        shipped_at=times.from_text(row["createdAt"]),
    )


@dataclass(slots=True)
class Line:
    """Units of one order line that one part is to ship. `left`: less what was allotted since they were read."""

    id: str  # as Shopify writes it
    line_id: str
    sku: str
    left: int


@dataclass(frozen=True, slots=True)
class Part:
    """What one location is to ship of an order."""

    id: str  # as Shopify writes it
    status: str
    location: str
    lines: tuple[Line, ...]

    @classmethod
    def of(cls, row: Row, lines: Iterable[Row] = ()) -> "Part":
        """A part as it was read. `lines`: those that its row has no room for."""
        place = row["assignedLocation"]["location"]
        told = [*whole(row["lineItems"]["nodes"]), *lines]
        return cls(
            id=row["id"],
            status=row["status"],
            location=place["id"] if place is not None else "",
            lines=tuple(
                Line(one["id"], digits_of(one["lineItem"]["id"]), one["sku"] or "", one["remainingQuantity"])
                for one in told
            ),
        )


Allotment = list[tuple[Part, Line, int]]
"""Units of lines of parts."""


def allotted(change: FulfilmentChange, parts: Sequence[Part]) -> Allotment | Refused:
    """What a shipment takes of which part, open ones alone; it is taken off them. No lines mean all that is left."""
    open_ = [(part, line) for part in parts if part.status in _OPEN for line in part.lines if line.left > 0]
    taken: Allotment = []
    if not change.lines:
        taken = [(part, line, line.left) for part, line in open_]
    free = {id(line): line.left for _, line in open_}
    for wanted in change.lines:
        rest = wanted.quantity
        for part, line in open_:
            units = min(rest, free[id(line)]) if _is_for(wanted, line) else 0
            if units > 0:
                taken.append((part, line, units))
                free[id(line)] -= units
                rest -= units
        if rest or wanted.quantity <= 0:
            return _too_many(change, wanted, wanted.quantity - rest, parts)
    if not taken:
        return Refused(key=change.key, reason="not_open", message="The order has nothing left to ship.")
    for _, line, units in taken:
        line.left -= units
    return taken


def _is_for(wanted: FulfilmentLine, line: Line) -> bool:
    return line.line_id == wanted.line_id if wanted.line_id is not None else line.sku == wanted.sku


def _too_many(change: FulfilmentChange, wanted: FulfilmentLine, found: int, parts: Sequence[Part]) -> Refused:
    """Why the units of a line cannot be shipped: Shopify holds some back, or there are not so many left."""
    name = f"line {wanted.line_id}" if wanted.line_id is not None else f"SKU {(wanted.sku or '')[:60]!r}"
    said = f"Of {name}, {wanted.quantity} units are to be shipped, and {found} can be"
    for part in parts:
        if part.status not in (*_OPEN, *_DONE) and any(line.left > 0 and _is_for(wanted, line) for line in part.lines):
            status = part.status.lower()
            return Refused(key=change.key, reason=status[:60], message=f"{said}: there, others are {status[:60]!r}.")
    return Refused(key=change.key, reason="not_open", message=f"{said}: there are no more left to ship.")


def to_inputs(change: FulfilmentChange, taken: Allotment) -> list[dict[str, Any]]:
    """A shipment as Shopify takes it: one for each location. The customer hears of it once."""
    by_location: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for part, line, units in taken:
        lines = by_location.setdefault(part.location, {}).setdefault(part.id, [])
        lines.append({"id": line.id, "quantity": units})
    tracking = _tracking(change)
    inputs = []
    for number, parts in enumerate(by_location.values()):
        rows = [{"fulfillmentOrderId": one, "fulfillmentOrderLineItems": lines} for one, lines in parts.items()]
        inputs.append({"lineItemsByFulfillmentOrder": rows, "notifyCustomer": change.notify_customer and not number})
        if tracking:
            inputs[-1]["trackingInfo"] = tracking
    return inputs


def _tracking(change: FulfilmentChange) -> dict[str, str]:
    """What is known of how it travels. An address that is none would let the whole shipment be refused."""
    url = change.tracking_url
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and not any(map(str.isspace, url))
    except ValueError:
        is_address = False
    told = {"number": change.tracking_number, "company": change.carrier, "url": url if is_address else ""}
    return {name: text for name, text in told.items() if text}
