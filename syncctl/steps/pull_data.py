"""Step 3: what the back office has into the hub. Shipments and invoices before stock: an event counts as known to a
stock reading only if it was confirmed before that reading began."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from syncctl import money, times
from syncctl.connectors.base import OVERLAP_SECONDS, Page
from syncctl.errors import MoneyError, SafetyStop
from syncctl.hub.holds import Hold
from syncctl.model import Price, StockLevel, Variant
from syncctl.rules.feeds import all_feeding
from syncctl.rules.guards import (
    Jumps,
    Shrink,
    price_jumps,
    strange_jumps,
    strange_prices,
    strange_shrink,
)
from syncctl.steps.confirm import confirm
from syncctl.steps.match_customers import match_first
from syncctl.steps.pull_customers import pull_customers, wants_back_office, was_read
from syncctl.steps.pull_shipments import pull_shipments
from syncctl.steps.run import BACK_OFFICE, Counts, Run

_CLOCKS_DIFFER = timedelta(seconds=OVERLAP_SECONDS)
"""No report is of a later moment than this from now: else all true ones would be older than it, and it never old."""


def pull_data(run: Run) -> Counts:
    """Shipments, the catalog with its prices, stock, then customers; each as its own section of the settings says.

    Errors: SafetyStop if a reading looks too strange; it is set aside, and nothing is written out from it.
    """
    confirm(run, BACK_OFFICE, run.back_office)
    run.stock_ready = run.prices_ready = False
    _count_again_if_stock_falls_otherwise(run)
    counts = pull_shipments(run)
    if run.settings.products.enabled or run.settings.stock.enabled:
        counts += _pull_variants(run)
    if run.settings.stock.enabled:
        counts += _pull_stock(run)
    if wants_back_office(run):
        counts += run.apart(BACK_OFFICE, partial(_pull_customers, run), Counts())
    return counts


def _pull_customers(run: Run) -> Counts:
    """The back office's customers; in the first cycle those of both sides are matched then."""
    counts = pull_customers(run, BACK_OFFICE)
    read = [store for store in run.settings.stores if was_read(run, store)]
    return counts + match_first(run, [BACK_OFFICE, *read]) if read else counts


def _count_again_if_stock_falls_otherwise(run: Run) -> None:
    """A changed `stock_falls_on` changes which booked orders a reading knows of, and each level: all are read anew."""
    falls_on, before = run.back_office.abilities.stock_falls_on, run.hub.state("falls_on")
    if before not in (None, falls_on):
        run.hub.stock.count_again()
        run.hub.cursors.put(BACK_OFFICE, "stock", None)
    run.hub.set_state("falls_on", falls_on)


def _pull_variants(run: Run) -> Counts:
    """The catalog, and its prices where they are wanted; a reading without them has a cursor of its own."""
    counts = Counts()
    hub = run.hub
    with_prices = run.settings.products.enabled
    stream = "variants" if with_prices else "variants-without-prices"
    hub.catalog.begin_prices()
    cursor, whole = _start(run, stream)
    for page in run.back_office.fetch_variants(cursor):
        counts["variants changed"] += hub.catalog.record_variants(page.records)
        if with_prices:
            _stage_prices(run, page.records)
        cursor = page.cursor
        run.progress(f"{BACK_OFFICE}: catalog read")
        run.checkpoint()
    _stop_if_prices_jump(run)
    with hub.transaction():
        counts["prices changed"] += hub.catalog.accept_prices(run.settings.products.price_list)
        _finish(run, stream, cursor, whole=whole)
    run.prices_ready = with_prices
    return counts


def _stage_prices(run: Run, variants: Sequence[Variant]) -> None:
    held = run.hub.holds.get("price", [one.sku for one in variants])
    run.hub.catalog.stage_prices([_with_plain_prices(run, one, held) for one in variants])


def _stop_if_prices_jump(run: Run) -> None:
    jumps = price_jumps(run.hub.catalog.price_changes(), run.settings.safety)
    if jumps < run.settings.safety.min_shrink:
        return  # and nothing that grows with the catalog is counted
    _stop(strange_prices(run.hub.catalog.known_prices(), jumps, run.settings.safety, run.allow_shrink), jumps)


def _with_plain_prices(run: Run, variant: Variant, held: Collection[str]) -> Variant:
    """Equal amounts as equal text; a price that is none is held, and leaves the price that is shown alone."""
    prices: list[Price] = []
    for price in variant.prices:
        try:
            compare_at = None if price.compare_at is None else money.canonical(price.compare_at)
            prices.append(replace(price, amount=money.canonical(price.amount), compare_at=compare_at))
        except MoneyError as error:
            text = f"SKU {variant.sku}: its price cannot be read: {error}"
            hold = Hold(party=BACK_OFFICE, kind="price", record=variant.sku, reason="unreadable price", message=text)
            run.hub.holds.put(hold)
    if variant.sku in held and len(prices) == len(variant.prices):
        run.hub.holds.clear("price", [variant.sku])
    return replace(variant, prices=tuple(prices))


def _pull_stock(run: Run) -> Counts:
    counts = Counts()
    stock = run.hub.stock
    as_of = stock.begin_reading()
    cursor, _ = _start(run, "stock")
    began_at, page, whole = times.now(), None, True
    unreadable: dict[str, str] = {}
    for page in run.back_office.fetch_stock(cursor):
        whole = whole and page.full
        stock.stage(page.records, whole=whole)
        unreadable |= {one.id: one.reason for one in page.unreadable}
        counts["levels read"] += len(page.records)
        cursor = page.cursor
        run.progress(f"{BACK_OFFICE}: {counts['levels read']} levels read")
        run.checkpoint()
    if page is None or _is_older(run, page):  # no new reading: the last one stands, while it is young enough
        counts["no new stock reading"] += 1
        run.stock_ready = None
        return counts
    if run.back_office.abilities.stock_falls_on != "order":
        # a shipment that was undone meanwhile is on this report's shelf again; what left meanwhile counts as later
        counts += pull_shipments(run)
    stock.end_reading(whole=whole)
    _stop_if_strange(run)
    policy = run.settings.stock.missing
    held = stock.missing() if policy == "hold" else []
    with run.hub.transaction():
        counts["levels changed"] += stock.accept(
            as_of=as_of,
            sequence=page.sequence,
            source_time=min(page.source_time or began_at, began_at + _CLOCKS_DIFFER),
            whole=whole,
            missing=policy,
            falls_on=run.back_office.abilities.stock_falls_on,
        )
        _hold_missing(run, held)
        _hold_unreadable(run, unreadable)
        _finish(run, "stock", cursor, whole=whole)
    run.stock_ready = True
    return counts


def _is_older(run: Run, page: Page[StockLevel]) -> bool:
    """Whether this reading was taken before the one that the hub has: an export that came late."""
    last = run.hub.stock.reading()
    if last is None:
        return False
    by_count = page.sequence is not None and last.sequence is not None and page.sequence < last.sequence
    return by_count or (page.source_time is not None and page.source_time < last.source_time)


def _stop_if_strange(run: Run) -> None:
    locations = all_feeding(run.settings)
    lost = run.hub.stock.lost(locations)
    if lost >= run.settings.safety.min_shrink:  # else nothing that grows with the catalog is counted
        shrink = Shrink(run.hub.stock.had_stock(locations), lost)
        _stop(strange_shrink(shrink, run.settings.safety, run.allow_shrink), lost)
    _stop_if_levels_jump(run)


def _stop_if_levels_jump(run: Run) -> None:
    stock, safety = run.hub.stock, run.settings.safety
    rises, falls = stock.jumps()
    if min(rises, falls) < safety.min_shrink:
        return  # and nothing that grows with the catalog is counted
    jumps = Jumps(stock.known(), rises, falls)
    _stop(strange_jumps(jumps, safety, run.allow_shrink), rises + falls)


def _stop(problem: str | None, allowed: int) -> None:
    if problem:
        raise SafetyStop(problem, hint=f"If it is right: syncctl sync-all --allow-shrink {allowed}")


def _hold_missing(run: Run, skus: list[str]) -> None:
    for sku in skus:
        text = f"SKU {sku}: the back office's full reading no longer has it; nothing is published for it"
        run.hub.holds.put(Hold(party=BACK_OFFICE, kind="stock", record=sku, reason="missing SKU", message=text))
    run.hub.holds.clear_found_again()


def _hold_unreadable(run: Run, levels: Mapping[str, str]) -> None:
    """A level that nobody can read is not known: nothing is published for its SKU until it can be read again."""
    run.hub.stock.forget_levels(levels)
    for sku, reason in levels.items():
        text = f"SKU {sku[:100]}: its level in the back office cannot be read: {reason}"
        run.hub.holds.put(Hold(party=BACK_OFFICE, kind="stock", record=sku, reason="unreadable level", message=text))


def _start(run: Run, stream: str) -> tuple[str | None, bool]:
    """Where to resume, and whether that is the beginning: once in `stock.verify` everything is read again."""
    last = run.hub.cursors.moved_at(BACK_OFFICE, f"{stream}-whole")
    if times.is_due(last, run.settings.stock.verify):
        return None, True
    cursor = run.hub.cursors.get(BACK_OFFICE, stream)
    return cursor, cursor is None


def _finish(run: Run, stream: str, cursor: str | None, *, whole: bool) -> None:
    run.hub.cursors.put(BACK_OFFICE, stream, cursor)
    if whole:
        run.hub.cursors.put(BACK_OFFICE, f"{stream}-whole", None)
