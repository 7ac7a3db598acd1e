"""The first part of step 3: what left the back office's shelves, and what was invoiced, before its stock is read."""

from collections.abc import Sequence

from syncctl.hub.fulfilments import Allocated, ShippedOrder
from syncctl.model import Shipment
from syncctl.rules.shipments import allocate
from syncctl.steps.run import BACK_OFFICE, Counts, Run


def pull_shipments(run: Run) -> Counts:
    """Record new shipments and invoices with the order lines they are for; undo those that were cancelled.

    What cannot be recorded before more is known of its document is read again in the next run.
    """
    counts = Counts()
    complete = True
    for page in run.back_office.fetch_shipments(run.hub.cursors.get(BACK_OFFICE, "shipments")):
        orders = _orders_of(run, page.records)
        unknown = sum(one.document_id not in orders for one in page.records if not one.cancelled)
        complete = complete and (not unknown or _nothing_is_outstanding(run))
        with run.hub.transaction():
            undone = run.hub.fulfilments.cancel(BACK_OFFICE, [one for one in page.records if one.cancelled])
            if undone:  # their lines are free again for a shipment in their place
                orders = _orders_of(run, page.records)
            counts["shipments cancelled"] += undone
            new, unclear = _allocated(run, page.records, orders)
            counts["shipments"] += run.hub.fulfilments.record(BACK_OFFICE, new)
            complete = complete and not unclear
            if complete:  # else: of what is not recorded of a document yet, and they are read again
                run.hub.cursors.put(BACK_OFFICE, "shipments", page.cursor)
        counts["shipments of unknown documents"] += unknown
        counts["shipments of documents in doubt"] += unclear
        run.checkpoint()
    return counts


def _nothing_is_outstanding(run: Run) -> bool:
    """Whether every document of ours must be known by now: then an unknown one is none of ours."""
    return run.all_pulled and not run.hub.orders.any_pending() and not run.hub.journal.any_open("document.create")


def _orders_of(run: Run, shipments: Sequence[Shipment]) -> dict[str, ShippedOrder]:
    return run.hub.fulfilments.orders_of([one.document_id for one in shipments], run.lost_until)


def _allocated(run: Run, shipments: Sequence[Shipment], orders: dict[str, ShippedOrder]) -> tuple[list[Allocated], int]:
    """The new shipments, each with the lines it is for: those that no earlier one has taken.

    One with more in it than is known of its document waits where that is in doubt; also returned: how many do.
    """
    known = run.hub.fulfilments.known(BACK_OFFICE, shipments)
    new, unclear = [], 0
    for shipment in shipments:
        if shipment.cancelled or shipment.document_id not in orders or (shipment.kind, shipment.id) in known:
            continue
        known.add((shipment.kind, shipment.id))  # a page may bring it twice
        order = orders[shipment.document_id]
        units = allocate(shipment.lines, order.left(shipment.kind))
        if order.in_doubt and sum(units.values()) < sum(max(0, line.quantity) for line in shipment.lines):
            unclear += 1
            continue
        order.take(shipment.kind, units)
        new.append(Allocated(shipment, order, units))
    return new, unclear
