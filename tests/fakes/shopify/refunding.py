"""What goes back: units that are returned or taken out, shipping, money alone; and orders that are cancelled."""

from collections.abc import Mapping

from tests.fakes.shopify import order_stock, payments, totals
from tests.fakes.shopify.money import Bag
from tests.fakes.shopify.numbered import numbered
from tests.fakes.shopify.order_records import Adjustment, Line, Order, Refund, RefundLine, RefundShipping
from tests.fakes.shopify.site import Site


def begin(site: Site, order: Order, note: str | None = None) -> Refund:
    made = Refund(numbered(site, order, "Refund"), site.time, site.time, order_id=order.id, note=note)
    order.refunds_made.append(made)
    return made


def refund_units(
    site: Site, order: Order, refund: Refund | None, line: Line, units: int, restock: str, *, removed: bool = False
) -> None:
    """Units of a line go back. `restock`: RETURN, CANCEL, NO_RESTOCK, LEGACY_RESTOCK. `removed`: by an edit.

    Those that were never sent go first. Their money is the next slice of the line's.
    """
    value = line.net.slice(line.gone, units, line.quantity)
    tax = line.tax.slice(line.gone, units, line.quantity)
    nothing = order.money.nothing
    line.gone_net, line.gone_tax = (line.gone_net or nothing) + value, (line.gone_tax or nothing) + tax
    if removed:
        line.removed += units
    else:
        line.refunded += units
    where = _back_to_stock(site, order, line, units, restock)
    if refund is not None:
        shown = value - tax if order.taxes_included and site.options.refund_subtotal == "net" else value
        unit = value.part(1, units)
        refund.lines.append(
            RefundLine(numbered(site, order, "RefundLineItem"), line.id, units, restock, value, unit, shown, tax, where)
        )


def _back_to_stock(site: Site, order: Order, line: Line, units: int, restock: str) -> int | None:
    unsent = min(units, line.unfulfilled_quantity)
    line.unfulfilled_quantity -= unsent
    back = restock != "NO_RESTOCK"
    order_stock.release(site, line, unsent, restock=back)
    _let_go(order, line, unsent)
    if back and units > unsent:
        order_stock.bring_back(site, line, units - unsent, line.location_id)
    return line.location_id if back else None


def _let_go(order: Order, line: Line, units: int) -> None:
    """What need not be sent any more leaves its fulfilment orders."""
    for fulfilment_order in order.fulfilment_orders:
        for each in fulfilment_order.lines:
            if each.line_id == line.id:
                part = min(units, each.remaining_quantity)
                each.remaining_quantity -= part
                each.total_quantity -= part
                units -= part
        if not fulfilment_order.remaining and fulfilment_order.status != "CANCELLED":
            fulfilment_order.status = "CLOSED"


def refund_shipping(site: Site, order: Order, refund: Refund, shipping: Mapping[int, Bag | None]) -> None:
    """Shipping goes back: so much of each line of it, or all that is left."""
    for line in [each for each in order.shipping if each.id in shipping and not each.is_removed]:
        value, whole = shipping[line.id], line.discounted_price_set
        value = whole if value is None else value
        ratio = value.shop / whole.shop if whole.shop else 0
        tax = order.money.bag(line.tax.presentment * ratio)
        shown = value - tax if order.taxes_included and site.options.refund_subtotal == "net" else value
        refund.shipping.append(RefundShipping(numbered(site, order, "RefundShippingLine"), line.id, value, shown, tax))


PENDING = "PENDING_REFUND_DISCREPANCY"


def pay_back(site: Site, order: Order, refund: Refund, amount: Bag | None, *, pending: bool = False) -> None:
    """The money of a refund; what it differs from the worth of its lines is an adjustment. None: exactly that worth.

    What the buyer was owed before, because an edit took something out, is paid back without one. `pending`: it is on
    its way and has not arrived, which is an adjustment until it has.
    """
    worth = totals.all_back(refund, order)
    paid = worth if amount is None else amount
    owed = -(totals.outstanding(order, site.options) + worth)
    settles = owed.shop > 0 and (paid - worth).shop > 0
    gap = worth - paid + (owed if settles else order.money.nothing)
    _adjust(site, order, refund, gap if not settles or gap.shop < 0 else order.money.nothing)
    if paid.shop > 0:
        made = payments.give_back(site, order, paid, status="PENDING" if pending else "SUCCESS")
        refund.transaction_ids += made
        if pending:
            _adjust(site, order, refund, paid, PENDING)


def arrive(site: Site, order: Order, refund: Refund) -> None:
    """The money of a refund that was on its way has arrived."""
    for each in [one for one in order.transactions_made if one.id in refund.transaction_ids]:
        each.status = "SUCCESS"
    open_still = order.money.total(each.amount_set for each in refund.adjustments if each.reason == PENDING)
    _adjust(site, order, refund, -open_still, PENDING)


def _adjust(site: Site, order: Order, refund: Refund, gap: Bag, reason: str = "REFUND_DISCREPANCY") -> None:
    if gap:
        number = numbered(site, order, "OrderAdjustment")
        refund.adjustments.append(Adjustment(number, gap, order.money.nothing, reason))


def cancel(site: Site, order: Order, *, restock: bool, pays: bool, reason: str) -> None:
    """All that was not sent is given up. `pays`: what was paid is given back too."""
    left = [line for line in totals.shown_lines(order, site.options) if line.current_quantity]
    payments.void(site, order)
    refund = begin(site, order)
    for line in left:
        word = "CANCEL" if restock and not line.tip else "NO_RESTOCK"
        refund_units(site, order, refund, line, line.current_quantity, word)
    if pays and totals.received(order):
        refund_shipping(site, order, refund, {each.id: None for each in order.shipping})
        held = totals.received(order) - totals.refunded(order)
        pay_back(site, order, refund, held)
    for each in order.fulfilment_orders:
        each.status = "CANCELLED" if each.status != "CLOSED" or not each.lines else each.status
    order.cancelled_at, order.cancel_reason = site.time, reason
    if site.options.archives:
        order.closed_at = site.time


def word_for(line: Line, units: int) -> str:
    """What the shop calls it when these units are put back: nothing that was not sent can be returned."""
    return "CANCEL" if units <= line.unfulfilled_quantity else "RETURN"
