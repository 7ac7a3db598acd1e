"""Shipments in an order's meta data: WooCommerce itself knows none. Pure.

Ours are a JSON text under a key of our own. A tracking plug-in's list, under the key that the settings name, is read
too, and what we ship is added to it; it tells no units.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from syncctl import times
from syncctl.connectors.woocommerce.words import meta, plain
from syncctl.errors import DataError
from syncctl.model import Fulfilment, FulfilmentChange, FulfilmentLine, LineItem, Refund

KEY = "_syncctl_shipments"
Row = dict[str, Any]


def read_shipments(order_id: str, body: Mapping[str, Any], tracking_key: str) -> tuple[Fulfilment, ...]:
    """Every shipment that the order tells of: ours, and the plug-in's that are not ours. Unreadable ones are none."""
    try:
        ours = [to_fulfilment(order_id, row) for row in own_rows(body)]
    except DataError:
        ours = []
    return (*ours, *_plugin_shipments(order_id, body, tracking_key, {one.tracking_number for one in ours}))


def own_rows(body: Mapping[str, Any]) -> list[Row]:
    """Our own list, as we wrote it. Errors: DataError if it is not that any more."""
    value = meta(body, KEY)
    if value is None or value == "" or value == []:
        return []
    try:
        rows = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        rows = None
    if not isinstance(rows, list) or not all(map(_is_ours, rows)):
        raise DataError(f"the order's meta data {KEY} were changed by somebody else and cannot be read")
    return rows


def own_text(rows: Sequence[Row]) -> str:
    """Our list as the shop keeps it: ASCII, which the oldest database takes."""
    return json.dumps(list(rows), separators=(",", ":"))


def _is_ours(row: object) -> bool:
    if not isinstance(row, dict) or not isinstance(row.get("id"), str) or not isinstance(row.get("lines"), list):
        return False
    return all(
        isinstance(line, dict) and isinstance(line.get("line_id"), str) and type(line.get("quantity")) is int
        for line in row["lines"]
    )


def to_fulfilment(order_id: str, row: Row) -> Fulfilment:
    return Fulfilment(
        id=row["id"],
        order_id=order_id,
        lines=tuple(FulfilmentLine(quantity=line["quantity"], line_id=line["line_id"]) for line in row["lines"]),
        tracking_number=_text(row.get("tracking_number")),
        carrier=_text(row.get("carrier")),
        tracking_url=_text(row.get("tracking_url")),
        shipped_at=_moment(row.get("shipped_at")),
    )


def _plugin_shipments(
    order_id: str, body: Mapping[str, Any], tracking_key: str, known: set[str]
) -> Iterator[Fulfilment]:
    for row in plugin_rows(body, tracking_key) or ():
        number = _text(row.get("tracking_number"))
        if number and number not in known:
            known.add(number)
            yield Fulfilment(
                id=f"{order_id}-{_text(row.get('tracking_id')) or number}",
                order_id=order_id,
                lines=(),
                tracking_number=number,
                carrier=_text(row.get("custom_tracking_provider")) or _text(row.get("tracking_provider")),
                tracking_url=_text(row.get("custom_tracking_link")),
                shipped_at=_unix_moment(row.get("date_shipped")),
            )


def plugin_rows(body: Mapping[str, Any], tracking_key: str) -> list[Row] | None:
    """The plug-in's list; None where there is no such key, or it holds what is no list of records: then it is left."""
    value = meta(body, tracking_key) if tracking_key else None
    if not tracking_key or value is None or value == "":
        return [] if tracking_key else None
    rows = list(value.values()) if isinstance(value, dict) else value
    return rows if isinstance(rows, list) and all(isinstance(row, dict) for row in rows) else None


def shipment_id(change: FulfilmentChange) -> str:
    """What we call a shipment in the store: the same one has the same name, however often it is sent."""
    digest = hashlib.blake2b(f"{change.order_id}\0{change.key}".encode(), digest_size=8).hexdigest()
    return f"{change.order_id}-{digest}"


def to_row(change: FulfilmentChange, units: Mapping[str, int]) -> Row:
    """A shipment as we keep it. `units` by line id."""
    row: Row = {
        "id": shipment_id(change),
        "lines": [{"line_id": line_id, "quantity": quantity} for line_id, quantity in units.items()],
        "tracking_number": change.tracking_number,
        "carrier": change.carrier,
        "tracking_url": change.tracking_url,
        "shipped_at": times.to_text(change.shipped_at) if change.shipped_at else None,
    }
    return {name: value for name, value in row.items() if value}


def to_plugin_row(change: FulfilmentChange, now: datetime) -> Row:
    """A shipment as tracking plug-ins keep it."""
    return {
        "tracking_provider": "",
        "custom_tracking_provider": change.carrier,
        "custom_tracking_link": change.tracking_url,
        "tracking_number": change.tracking_number,
        "date_shipped": str(int((change.shipped_at or now).timestamp())),
        "tracking_id": hashlib.blake2b(shipment_id(change).encode(), digest_size=16).hexdigest(),
    }


def units_left(lines: Sequence[LineItem], shipped: Sequence[Fulfilment]) -> dict[str, int]:
    """By line id: ordered, less shipped."""
    left = {line.id: max(0, line.quantity) for line in lines}
    for fulfilment in shipped:
        for line in fulfilment.lines:
            if line.line_id in left:
                left[line.line_id] -= line.quantity
    return {line_id: max(0, units) for line_id, units in left.items()}


def is_all_shipped(lines: Sequence[LineItem], refunds: Sequence[Refund], shipped: Sequence[Fulfilment]) -> bool:
    """Whether every unit has left, or was given back before it could."""
    left = units_left(lines, shipped)
    for refund in refunds:
        for line in refund.lines:
            if line.line_id in left:
                left[line.line_id] -= line.quantity
    return bool(left) and not any(units > 0 for units in left.values())


def allocated(change: FulfilmentChange, lines: Sequence[LineItem], left: Mapping[str, int]) -> dict[str, int]:
    """Units of this shipment by line id: by our line ids, else line by line of the SKU. Errors: DataError.

    No lines mean all that is left.
    """
    if not change.lines:
        units = {line_id: count for line_id, count in left.items() if count}
    else:
        units = {}
        for line in change.lines:
            _allocate(line, lines, left, units)
    if not units:
        raise DataError("the order has nothing left to ship")
    return units


def _allocate(line: FulfilmentLine, lines: Sequence[LineItem], left: Mapping[str, int], units: dict[str, int]) -> None:
    rest = line.quantity
    for item in lines:
        if line.line_id not in (None, item.id) or (line.line_id is None and line.sku != item.sku):
            continue
        taken = min(rest, left.get(item.id, 0) - units.get(item.id, 0))
        if taken > 0:
            units[item.id] = units.get(item.id, 0) + taken
            rest -= taken
    if rest or line.quantity <= 0:
        name = f"line {line.line_id}" if line.line_id else f"SKU {(line.sku or '')[:60]!r}"
        raise DataError(f"{name} has no {line.quantity} units left to ship")


def _text(value: object) -> str:
    value = plain(value)
    return value.strip() if isinstance(value, str) else ""


def _moment(value: object) -> datetime | None:
    try:
        return times.from_text(value) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None


def _unix_moment(value: object) -> datetime | None:
    text = _text(value)
    try:
        return datetime.fromtimestamp(int(text), UTC) if text.isascii() and text.isdecimal() else None
    except (ValueError, OverflowError, OSError):
        return None
