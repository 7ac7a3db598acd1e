"""Fulfilment orders and fulfilments: what is to be sent from where, and what was sent."""

from collections.abc import Mapping, Sequence

from tests.fakes.shopify import order_stock, totals
from tests.fakes.shopify.numbered import numbered
from tests.fakes.shopify.order_records import Line, Order
from tests.fakes.shopify.shipping_records import Fulfilment, FulfilmentLine, FulfilmentOrder, FulfilmentOrderLine
from tests.fakes.shopify.site import Site

CAN_BE_SENT = ("OPEN", "IN_PROGRESS")
Units = Mapping[int, int]  # id of a fulfilment order's line -> units


def plan(site: Site, order: Order, lines: Sequence[Line]) -> None:
    """One fulfilment order for each location that something is taken from; gift cards and tips need none."""
    for line in lines:
        if line.tip or line.is_gift_card or not line.unfulfilled_quantity:
            continue
        home = _order_at(site, order, line.location_id or next(iter(site.locations)))
        units = line.unfulfilled_quantity
        home.lines.append(FulfilmentOrderLine(numbered(site, order, "FulfillmentOrderLineItem"), line.id, units, units))


def send_gift_cards(site: Site, order: Order, lines: Sequence[Line]) -> None:
    """Gift cards are sent by e-mail as soon as they are paid: a fulfilment without tracking."""
    cards = [line for line in lines if line.is_gift_card and line.unfulfilled_quantity]
    if not cards or not site.options.sends_gift_cards or totals.outstanding(order, site.options):
        return
    made = Fulfilment(numbered(site, order, "Fulfillment"), site.time, site.time, order_id=order.id)
    made.name = f"{order.name}-F{len(order.fulfilments_made) + 1}"
    for line in cards:
        number = numbered(site, order, "FulfillmentLineItem")
        made.lines.append(FulfilmentLine(number, line.id, line.unfulfilled_quantity))
        line.fulfilled, line.unfulfilled_quantity = line.unfulfilled_quantity, 0
    order.fulfilments_made.append(made)
    close_if_done(site, order)


def more(site: Site, order: Order, line: Line, units: int) -> None:
    """More units of a line that is there already."""
    for each in order.fulfilment_orders:
        for row in each.lines:
            if row.line_id == line.id and each.status in ("OPEN", "IN_PROGRESS", "ON_HOLD", "SCHEDULED"):
                row.total_quantity += units
                row.remaining_quantity += units
                return
    home = _order_at(site, order, line.location_id or next(iter(site.locations)))
    home.lines.append(FulfilmentOrderLine(numbered(site, order, "FulfillmentOrderLineItem"), line.id, units, units))


def _order_at(site: Site, order: Order, location_id: int) -> FulfilmentOrder:
    for each in order.fulfilment_orders:
        if each.location_id == location_id and each.status == "OPEN":
            return each
    made = FulfilmentOrder(
        numbered(site, order, "FulfillmentOrder"), site.time, site.time, order_id=order.id, location_id=location_id
    )
    order.fulfilment_orders.append(made)
    return made


def refusal(site: Site, wanted: Sequence[tuple[FulfilmentOrder, Units]]) -> str | None:
    """Why this cannot be sent, in the words of the shop."""
    if len({each.order_id for each, _ in wanted}) > 1:
        return "All fulfillment orders must belong to the same order."
    if len({each.location_id for each, _ in wanted}) > 1:
        return "All fulfillment orders must be assigned to the same location."
    for each, units in wanted:
        if each.status not in CAN_BE_SENT:
            return f"Fulfillment order {each.id} has an unfulfillable status= {each.status.lower()}."
        left = {row.id: row.remaining_quantity for row in each.lines}
        if not units or any(count <= 0 or count > left.get(row, 0) for row, count in units.items()):
            return "Invalid fulfillment order line item quantity requested."
    return None


def fulfil(
    site: Site,
    order: Order,
    wanted: Sequence[tuple[FulfilmentOrder, Units]],
    tracking: Sequence[Mapping[str, str | None]] = (),
) -> Fulfilment:
    """Send units of fulfilment orders of one location. Ask `refusal` first."""
    location_id = wanted[0][0].location_id
    made = Fulfilment(
        numbered(site, order, "Fulfillment"), site.time, site.time, order_id=order.id, location_id=location_id
    )
    made.name = f"{order.name}-F{len(order.fulfilments_made) + 1}"
    made.tracking = [dict(each) for each in tracking]
    for fulfilment_order, units in wanted:
        made.fulfilment_orders.append(fulfilment_order.id)
        for row in [each for each in fulfilment_order.lines if each.id in units]:
            count = units[row.id]
            row.remaining_quantity -= count
            line = order.line(row.line_id)
            line.fulfilled += count
            line.unfulfilled_quantity -= count
            order_stock.send(site, line, count, location_id)
            made.lines.append(FulfilmentLine(numbered(site, order, "FulfillmentLineItem"), line.id, count))
        fulfilment_order.status = "IN_PROGRESS" if fulfilment_order.remaining else "CLOSED"
        fulfilment_order.touch(site.time)
    order.fulfilments_made.append(made)
    close_if_done(site, order)
    return made


def close_if_done(site: Site, order: Order) -> None:
    """An order that is paid and sent is archived, where the shop does that."""
    done = totals.fulfilment_status(order) == "FULFILLED"
    if site.options.archives and order.closed_at is None and done and not totals.outstanding(order, site.options):
        order.closed_at = site.time


def undo(site: Site, order: Order, fulfilment: Fulfilment) -> None:
    """A fulfilment is cancelled: its units are to be sent again, by a new fulfilment order."""
    fulfilment.status, fulfilment.display_status = "CANCELLED", "CANCELED"
    for row in fulfilment.lines:
        line = order.line(row.line_id)
        line.fulfilled -= row.quantity
        line.unfulfilled_quantity += row.quantity
        order_stock.commit_again(site, line, row.quantity)
        home = _order_at(site, order, fulfilment.location_id or next(iter(site.locations)))
        home.lines.append(
            FulfilmentOrderLine(numbered(site, order, "FulfillmentOrderLineItem"), line.id, row.quantity, row.quantity)
        )
    order.closed_at = None
