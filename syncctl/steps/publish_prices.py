"""Writing prices: those that differ, and nothing else of the product."""

import json
from collections.abc import Sequence
from dataclasses import replace

from syncctl import money, times
from syncctl.connectors.base import WebStore
from syncctl.hub.catalog import ShownPrice
from syncctl.hub.holds import Hold
from syncctl.hub.journal import Entry
from syncctl.model import PriceChange, Refused, WriteOutcome, Written
from syncctl.rules.prices import shown_price
from syncctl.steps.batches import push_halving
from syncctl.steps.run import Counts, Run


def publish_prices(run: Run, name: str, store: WebStore) -> Counts:
    """Bring every listed price that differs to the back office's; batch by batch."""
    counts = Counts()
    after = 0
    currency = run.hub.parties.currency(name)
    while currency and (batch := run.hub.catalog.pending_prices(name, store.abilities.price_batch, after)):
        after = batch[-1].listing_id
        batch = _leave_refused(run, name, batch, counts)  # not read either: of what has no price none is ever known
        unknown = [one for one in batch if one.price is None]
        batch = [one for one in batch if one.price is not None] + _still_differing(run, store, unknown, currency)
        _send(run, name, store, batch, currency, counts)
        run.progress(f"{name}: {counts['prices written']} prices written")
        run.checkpoint()
    run.hub.holds.clear_mended_prices(name)
    return counts


def riding(run: Run, name: str, store: WebStore, listing_ids: Sequence[int]) -> dict[int, ShownPrice]:
    """The prices that may go out with the levels of these listings, by listing; none where the store cannot.

    What is shown must be known, and the same must not have been refused: those are for `publish_prices`.
    """
    if not store.abilities.priced_levels or not run.hub.parties.currency(name):
        return {}
    known = [one for one in run.hub.catalog.differing_prices(listing_ids) if one.price is not None]
    refused = _refused_before(run, name, known)
    return {one.listing_id: one for one in known if one.listing_id not in refused}


def _still_differing(run: Run, store: WebStore, unknown: Sequence[ShownPrice], currency: str) -> list[ShownPrice]:
    """Prices whose last reply was lost: read first, and equal is not written."""
    if not unknown:
        return []
    there = store.fetch_prices([one.remote_id for one in unknown])
    shown = {one.listing_id: shown_price(there.get(one.remote_id), one.want, currency) for one in unknown}
    with run.hub.transaction():
        run.hub.catalog.set_shown_prices(shown)
        run.hub.journal.supersede(store.name, "price.set", there)
    return [replace(one, price=shown[one.listing_id]) for one in unknown if shown[one.listing_id] != one.want]


def _leave_refused(run: Run, name: str, batch: Sequence[ShownPrice], counts: Counts) -> list[ShownPrice]:
    refused = _refused_before(run, name, batch)
    counts["refused before"] += len(refused)
    return [one for one in batch if one.listing_id not in refused]


def _refused_before(run: Run, name: str, batch: Sequence[ShownPrice]) -> set[int]:
    """The listings of those prices that the store refused, and that are not tried again yet."""
    holds = run.hub.holds.get("price", [f"{name}:{one.remote_id}" for one in batch])
    held = {one.listing_id: holds.get(f"{name}:{one.remote_id}") for one in batch}
    return {one.listing_id for one in batch if (hold := held[one.listing_id]) and hold.stands_for(one.want)}


def entry_of(name: str, one: ShownPrice) -> Entry:
    """The journal's row of a price that is about to be sent."""
    return Entry(name, "price.set", one.remote_id, f"sku {one.sku}", json.dumps({"to": one.want, "from": one.price}))


def _send(run: Run, name: str, store: WebStore, batch: Sequence[ShownPrice], currency: str, counts: Counts) -> None:
    if not batch:
        return
    run.hub.catalog.set_shown_prices({one.listing_id: None for one in batch})  # until the reply is here
    rows = run.hub.journal.open([entry_of(name, one) for one in batch])
    changes = [
        PriceChange(
            key=one.remote_id, listing_id=one.remote_id, price=money.padded(one.want, currency), currency=currency
        )
        for one in batch
    ]
    outcomes = push_halving(store.push_prices, changes, lambda change: change.key)
    with run.hub.transaction():
        for one, row, outcome in zip(batch, rows, outcomes, strict=True):
            record_price(run, name, one, row, outcome, counts)


def record_price(run: Run, name: str, one: ShownPrice, row: int, outcome: WriteOutcome, counts: Counts) -> None:
    """What became of a price that was sent; inside the transaction of its batch."""
    if isinstance(outcome, Written):
        run.hub.journal.close([(row, "done", "")])
        run.hub.catalog.set_shown_prices({one.listing_id: one.want})
        run.hub.holds.clear("price", [f"{name}:{one.remote_id}"])
        counts["prices written"] += 1
    elif isinstance(outcome, Refused):
        run.hub.journal.close([(row, "refused", f"{outcome.reason}: {outcome.message}")])
        run.hub.catalog.set_shown_prices({one.listing_id: one.price})  # as before
        text = f"SKU {one.sku} in {name}: the store refused its price: {outcome.message or outcome.reason}"
        counts["newly held"] += run.hub.holds.put(
            Hold(
                party=name,
                kind="price",
                record=f"{name}:{one.remote_id}",
                reason=outcome.reason,
                message=text,
                fingerprint=one.want,
                tried_at=times.to_text(times.now()),
            )
        )
    else:
        run.hub.journal.close([(row, "unclear", "the reply could not be read")])
