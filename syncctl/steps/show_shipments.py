"""Shipments of the back office, shown in the web store with their tracking numbers; looked up before created."""

import json

from syncctl.connectors.base import WebStore
from syncctl.hub.fulfilments import PendingShipment
from syncctl.hub.holds import Hold
from syncctl.hub.journal import Entry
from syncctl.model import FulfilmentChange, Refused, WriteOutcome, Written
from syncctl.rules.shipments import shown_already
from syncctl.steps.batches import push_halving
from syncctl.steps.run import Counts, Run


def show_shipments(run: Run, name: str, store: WebStore) -> Counts:
    """Record in the store what left the back office's shelves and is not shown there yet."""
    counts = Counts()
    after = 0
    while batch := run.hub.fulfilments.pending(name, store.abilities.fulfilment_batch, after):
        after = batch[-1].id
        _create(run, name, store, _adopt(run, name, store, batch, counts), counts)
        run.checkpoint()
    return counts


def _adopt(run: Run, name: str, store: WebStore, batch: list[PendingShipment], counts: Counts) -> list[PendingShipment]:
    """What the store shows already is only linked; returns the rest."""
    order_ids = sorted({one.order_remote_id for one in batch})
    there = store.find_fulfilments(order_ids)
    taken = run.hub.fulfilments.shown_ids(order_ids, name)
    rest = []
    with run.hub.transaction():
        for one in batch:
            free = [found for found in there.get(one.order_remote_id, []) if found.id not in taken]
            same = shown_already(one.tracking_number, one.lines, free, alone=one.alone)
            if same is None:
                rest.append(one)
                continue
            run.hub.fulfilments.set_shown(one.id, same.id)
            run.hub.holds.clear("fulfilment", [str(one.id)])
            run.hub.journal.supersede(name, "fulfilment.create", [one.remote_id])
            taken.add(same.id)
            counts["shipments found"] += 1
    return rest


def _create(run: Run, name: str, store: WebStore, batch: list[PendingShipment], counts: Counts) -> None:
    if not batch:
        return
    rows = run.hub.journal.open(
        [
            Entry(
                name, "fulfilment.create", one.remote_id, f"order {one.number}", json.dumps({"lines": len(one.lines)})
            )
            for one in batch
        ]
    )
    notify = run.settings.stores[name].notify_customer
    changes = [
        FulfilmentChange(
            key=one.remote_id,
            order_id=one.order_remote_id,
            lines=one.lines,
            tracking_number=one.tracking_number,
            carrier=one.carrier,
            tracking_url=one.tracking_url,
            shipped_at=one.shipped_at,
            notify_customer=notify,
        )
        for one in batch
    ]
    outcomes = push_halving(store.push_fulfilments, changes, lambda change: change.key)
    with run.hub.transaction():
        for one, row, outcome in zip(batch, rows, outcomes, strict=True):
            _record(run, name, one, row, outcome, counts)


def _record(run: Run, name: str, one: PendingShipment, row: int, outcome: WriteOutcome, counts: Counts) -> None:
    if isinstance(outcome, Written):
        run.hub.journal.close([(row, "done", "")])
        run.hub.fulfilments.set_shown(one.id, outcome.remote_id)
        run.hub.holds.clear("fulfilment", [str(one.id)])
        counts["shipments shown"] += 1
    elif isinstance(outcome, Refused):
        run.hub.journal.close([(row, "refused", f"{outcome.reason}: {outcome.message}")])
        run.hub.fulfilments.give_up(one.id)
        text = f"order {one.number}: {name} refused shipment {one.remote_id}: {outcome.message or outcome.reason}"
        hold = Hold(party=name, kind="fulfilment", record=str(one.id), reason=outcome.reason, message=text)
        counts["newly held"] += run.hub.holds.put(hold)
    else:
        run.hub.journal.close([(row, "unclear", "the reply could not be read")])
