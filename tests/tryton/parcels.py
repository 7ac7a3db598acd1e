"""The warehouse at work: many shipments in each call."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.tryton.vendor import Vendor

TOGETHER = 25


@dataclass(frozen=True)
class Parcel:
    """What is sent of one order: all that waits, or (`part`) a third of what does."""

    number: str
    tracking_number: str
    carrier: str = ""
    part: bool = False


def send(people: Vendor, parcels: Sequence[Parcel]) -> None:
    """Send these; the rest of an order of which a part is sent waits for the next shipment."""
    wanted = {one.number: one for one in parcels}
    waiting = _waiting(people, sorted(wanted))
    _cut(people, [shipment for shipment, number in waiting.items() if wanted[number].part])
    values: list[Any] = []
    for shipment, number in waiting.items():
        parcel = wanted[number]
        carrier = people.carrier(parcel.carrier) if parcel.carrier else None
        values += [[shipment], {"reference": parcel.tracking_number, "carrier": carrier}]
    if values:
        people.do("stock.shipment.out", "write", *values)
    for step in ("assign_force", "pick", "pack", "do"):
        _each(list(waiting), lambda some, step=step: people.do("stock.shipment.out", step, some))


def _waiting(people: Vendor, numbers: Sequence[str]) -> Mapping[int, str]:
    """The open shipments of these orders, by the order's number."""
    domain = [["web_shop", "!=", None], ["reference", "in", list(numbers)]]
    sales = people.do.rows("sale.sale", domain, "reference", "shipments.state") if numbers else []
    return {
        shipment["id"]: sale["reference"]
        for sale in sales
        for shipment in sale["shipments."]
        if shipment["state"] in ("draft", "waiting", "assigned")
    }


def _cut(people: Vendor, shipments: Sequence[int]) -> None:
    """Leave a third of each line in them."""
    if not shipments:
        return
    _each(shipments, lambda some: people.do("stock.shipment.out", "draft", some))
    rows = people.do("stock.shipment.out", "read", list(shipments), ["outgoing_moves.quantity"])
    values: list[Any] = []
    for move in (move for row in rows for move in row["outgoing_moves."]):
        values += [[move["id"]], {"quantity": max(1.0, move["quantity"] // 3)}]
    people.do("stock.move", "write", *values)
    _each(shipments, lambda some: people.do("stock.shipment.out", "wait", some))


def _each(ids: Sequence[int], call: Callable[[list[int]], object]) -> None:
    for begin in range(0, len(ids), TOGETHER):
        call(list(ids[begin : begin + TOGETHER]))
