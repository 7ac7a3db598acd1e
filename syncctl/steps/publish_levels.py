"""Writing levels (invariant I3): read the level, *then* pull that store's orders, compute, then write expecting what
was read. In that order no order can slip between what is known and what is written."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from syncctl import money, times
from syncctl.connectors.base import WebStore
from syncctl.hub.catalog import ShownPrice
from syncctl.hub.holds import Hold
from syncctl.hub.journal import Entry
from syncctl.hub.shown import Shown
from syncctl.model import LevelChange, Mismatch, Refused, WriteOutcome, Written
from syncctl.rules.availability import level_to_write
from syncctl.steps.batches import push_halving
from syncctl.steps.held_back import HeldBack
from syncctl.steps.levels_together import Batch, Pair, batch_of
from syncctl.steps.lost_levels import LEVEL, recall_levels
from syncctl.steps.publish_prices import entry_of, record_price, riding
from syncctl.steps.pull_orders import read_changed_orders
from syncctl.steps.run import Counts, Run
from syncctl.steps.side import journal_state
from syncctl.steps.work_out_wants import work_out_wants

_TRIES = 3


def publish_levels(run: Run, name: str, store: WebStore, *, prices: bool = False) -> Counts:
    """Bring every level that differs to what may be sold; batch by batch.

    `prices`: these may go out too, and do so with the levels of their listings where the store takes both at once.
    """
    counts, held_back = Counts(), HeldBack(run, name)
    work_out_wants(run)
    after = 0
    while batch := run.hub.shown.pending(name, store.abilities.level_batch, after):
        some = batch_of(run.hub, store.abilities, [one.listing_id for one in batch])
        after = some.last
        for _ in range(_TRIES):
            again = _write_batch(run, name, store, some, counts, held_back, prices=prices)
            if not again:
                break
            some = batch_of(run.hub, store.abilities, again)
        counts["contended"] += len(again)
        run.progress(f"{name}: {counts['levels written']} levels written")
        run.checkpoint()
    held_back.close()
    run.hub.holds.clear_mended_levels(name)
    return counts


def _write_batch(
    run: Run, name: str, store: WebStore, batch: Batch, counts: Counts, held_back: HeldBack, *, prices: bool
) -> list[int]:
    """One read-pull-compute-write; returns the listings whose level moved meanwhile, to be tried again."""
    hub, ids, mine = run.hub, batch.every, set(batch.ids)
    location = run.settings.stores[name].location
    actual = store.fetch_levels([one.remote_id for one in hub.shown.again(ids)], location)
    recall_levels(run, name, actual)
    read_changed_orders(run, name, store)
    work_out_wants(run)
    agreed, missed, changes, guards = {}, {}, [], []
    refused = hub.holds.get("stock", [f"{name}:{one.remote_id}" for one in hub.shown.again(ids)])
    drops = _drops(hub.shown.again(ids), actual, mine, held_back)
    for one in hub.shown.again(ids):
        level = actual.get(one.remote_id)
        if one.listing_id not in mine or one.want is None:
            guards += [(one, _change(one, level, level, location))] if level is not None else []
            continue
        if level is None:
            counts["not listed any more"] += 1
            continue
        drop, beside = drops[one.listing_id], batch.missed_beside(one.listing_id, drops)
        target = level_to_write(one.want, level, drop + beside, may_rise=run.may_rise(name))
        counts["netted"] += drop + beside > 0
        hold = refused.get(f"{name}:{one.remote_id}")
        if target == level:
            agreed[one.listing_id], missed[one.listing_id] = level, drop
            guards.append((one, _change(one, level, level, location)))
            hub.holds.clear("stock", [hold.record] if hold else [])
        elif hold is not None and hold.stands_for(str(target)):
            counts["refused before"] += 1
            held_back.not_given_up([one.listing_id])
        else:
            changes.append((replace(one, missed=drop), _change(one, target, level, location)))
    held_back.save()
    hub.shown.agree(agreed, missed)
    riders = riding(run, name, store, [one.listing_id for one, _ in changes]) if prices else {}
    guards = [pair for pair in guards if pair[1].quantity >= 0]
    pairs = batch.guarded(changes, guards)
    return _send(run, name, store, pairs[: len(changes)], pairs[len(changes) :], counts, riders, held_back)


def _drops(
    listings: Sequence[Shown], actual: Mapping[str, int | None], mine: Collection[int], held_back: HeldBack
) -> dict[int, int]:
    """By listing the units to leave out of its level; of those that are not `mine` they stay as old as they are."""
    levels = ((one, actual.get(one.remote_id)) for one in listings)
    drops = {one.listing_id: held_back.of(one, level) for one, level in levels if level is not None}
    others = (one.listing_id for one in listings if one.want is None or one.listing_id not in mine)
    held_back.not_given_up(one for one in others if one in drops)
    return drops


def _change(one: Shown, target: int, level: int, location: str) -> LevelChange:
    return LevelChange(key=one.remote_id, listing_id=one.remote_id, quantity=target, expected=level, location=location)


def _send(
    run: Run,
    name: str,
    store: WebStore,
    changes: Sequence[Pair],
    guards: Sequence[Pair],
    counts: Counts,
    riders: Mapping[int, ShownPrice],
    held_back: HeldBack,
) -> list[int]:
    """Write these levels, each with the price that rides along; returns the listings to be tried again.

    `guards` are compared with them and stay what they are: of these nothing is to be remembered.
    """
    if not changes:
        return []
    currency = run.hub.parties.currency(name) or ""
    sent = [(shown, _with_price(change, riders.get(shown.listing_id), currency)) for shown, change in changes]
    entries = [_entry_of(name, shown, change) for shown, change in sent]
    run.hub.shown.forget_shown([shown.listing_id for shown, _ in sent])  # until the reply is here
    run.hub.catalog.set_shown_prices(dict.fromkeys(riders))
    rows = run.hub.journal.open([*entries, *(entry_of(name, price) for price in riders.values())])
    told = push_halving(store.push_levels, [change for _, change in (*sent, *guards)], lambda change: change.key)
    outcomes = told[: len(sent)]
    with run.hub.transaction():
        by_listing = {shown.listing_id: outcome for (shown, _), outcome in zip(sent, outcomes, strict=True)}
        for price, row in zip(riders.values(), rows[len(sent) :], strict=True):
            _record_rider(run, name, price, row, by_listing[price.listing_id], counts)
        return _record(run, name, list(zip(sent, rows[: len(sent)], outcomes, strict=True)), counts, held_back)


def _with_price(change: LevelChange, price: ShownPrice | None, currency: str) -> LevelChange:
    if price is None:
        return change
    return replace(change, price=money.padded(price.want, currency), currency=currency)


def _entry_of(name: str, shown: Shown, change: LevelChange) -> Entry:
    payload = {"to": change.quantity, "from": change.expected, "wanted": shown.want, "moved": shown.moved}
    payload |= {"missed": shown.missed} if shown.missed else {}
    return Entry(name, LEVEL, change.listing_id, f"sku {shown.sku}", json.dumps(payload))


def _record_rider(run: Run, name: str, price: ShownPrice, row: int, outcome: WriteOutcome, counts: Counts) -> None:
    """A price that did not go through with its level stays unknown: `publish_prices` reads it and sends it alone."""
    if isinstance(outcome, Written):
        record_price(run, name, price, row, outcome, counts)
    else:
        told = journal_state(outcome) if isinstance(outcome, Refused | Mismatch) else "unclear"
        run.hub.journal.close([(row, told, "sent with its level")])


def _record(
    run: Run,
    name: str,
    results: Sequence[tuple[tuple[Shown, LevelChange], int, WriteOutcome]],
    counts: Counts,
    held_back: HeldBack,
) -> list[int]:
    """What became of these levels; one that was refused together with a price is tried again without it."""
    closed, agreed, missed, refused, again = [], {}, {}, {}, []
    for (shown, change), row, outcome in results:
        if isinstance(outcome, Written):
            closed.append((row, "done", ""))
            agreed[shown.listing_id], missed[shown.listing_id] = change.quantity, shown.missed
            run.hub.holds.clear("stock", [f"{name}:{shown.remote_id}"])
        elif isinstance(outcome, Mismatch):
            closed.append((row, "mismatch", f"it shows {outcome.actual}"))
            again.append(shown.listing_id)
        elif isinstance(outcome, Refused):
            closed.append((row, "refused", f"{outcome.reason}: {outcome.message}"))
            if change.price is not None:  # one of the two was refused; nobody knows which
                again.append(shown.listing_id)
                continue
            refused[shown.listing_id] = change.expected
            counts["newly held"] += run.hub.holds.put(_hold(name, shown, change, outcome))
        else:
            closed.append((row, "unclear", "the reply could not be read"))
    run.hub.journal.close(closed)
    run.hub.shown.agree(agreed, missed)
    run.hub.shown.set_shown(refused)
    moved = {one.listing_id for (one, change), _, _ in results if change.quantity != change.expected}
    held_back.not_given_up(moved & {*again, *refused})  # on the others both sides agree already
    counts["levels written"] += len(agreed.keys() & moved)
    return again


def _hold(name: str, shown: Shown, change: LevelChange, outcome: Refused) -> Hold:
    return Hold(
        party=name,
        kind="stock",
        record=f"{name}:{shown.remote_id}",
        reason=outcome.reason,
        message=f"SKU {shown.sku} in {name}: the store refused its level: {outcome.message or outcome.reason}",
        fingerprint=str(change.quantity),
        tried_at=times.to_text(times.now()),
    )
