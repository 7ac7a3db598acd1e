"""What every listing should show, worked out again for those SKUs about which something changed (invariant I3)."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from syncctl.hub.bulk import in_chunks
from syncctl.hub.holds import Hold
from syncctl.hub.kits import Parts
from syncctl.model import Published
from syncctl.rules.availability import Part, kit_safety_stock, publishable, publishable_kit, safety_stock
from syncctl.rules.feeds import feeds
from syncctl.settings import StockSettings
from syncctl.steps.run import BACK_OFFICE, Run

_NESTED = "nested kit"
_AT_ONCE = 5000  # SKUs in memory

Stale = tuple[str, str, int | None, int]
"""SKU, product type, available (None: unknown), units not reflected."""


def work_out_wants(run: Run) -> None:
    """Work out what should be shown for every SKU about which something changed, and for the kits around it."""
    hub = run.hub
    reading = hub.stock.reading()
    if reading is None or not hub.shown.any_stale():
        return
    falls_on = run.back_office.abilities.stock_falls_on
    with hub.transaction():
        if hub.kits.any():
            hub.kits.close_over_stale()
        kits = hub.kits.stale()
        nested = hub.kits.nested(kits)
        for feed in feeds(run.settings):
            rows = hub.shown.stale(reading.as_of_event, falls_on, feed.locations, feed.apart, kits=bool(kits))
            _set_wants(run, rows, kits, nested, feed.stores)
        _hold_nested(run, nested)
        hub.shown.forget_stale()


def _set_wants(
    run: Run, rows: Iterable[Stale], kits: Mapping[str, Parts], nested: Collection[str], stores: Sequence[str]
) -> None:
    """Some at a time: after a change of the settings all of the catalog is stale. What is in kits is kept for them."""
    stock = run.settings.stock
    in_kits = {sku for parts in kits.values() for sku in parts}
    parts: list[Stale] = []
    for some in in_chunks(rows, _AT_ONCE):
        run.hub.shown.set_wants(_plain(some, kits, stock), stores)
        parts += [row for row in some if row[0] in in_kits]
    run.hub.shown.set_wants(_kits(parts, kits, nested, stock), stores)


def _plain(rows: Iterable[Stale], kits: Mapping[str, Parts], stock: StockSettings) -> dict[str, Published | None]:
    wants: dict[str, Published | None] = {}
    for sku, kind, available, unreflected in rows:
        if sku not in kits:
            kept_back = safety_stock(sku, kind, stock)
            wants[sku] = None if available is None else publishable(available, unreflected, *kept_back)
    return wants


def _kits(
    rows: Iterable[Stale], kits: Mapping[str, Parts], nested: Collection[str], stock: StockSettings
) -> dict[str, Published | None]:
    """A level that the back office reports of a kit itself counts for nothing: its components carry the stock."""
    there = {
        sku: (available, unreflected, safety_stock(sku, kind, stock)) for sku, kind, available, unreflected in rows
    }
    wants = {}
    for kit, parts in kits.items():
        found = [Part(sku, quantity, *there[sku]) for sku, quantity in parts.items()]
        wants[kit] = None if kit in nested else publishable_kit(found, kit_safety_stock(kit, stock))
    return wants


def _hold_nested(run: Run, nested: Mapping[str, str]) -> None:
    held = run.hub.holds.held_for(BACK_OFFICE, "stock", _NESTED)
    mended = run.hub.shown.stale_among(held) - nested.keys()
    run.hub.holds.clear("stock", sorted(mended))
    for kit, inner in nested.items():
        text = f"SKU {kit}: the back office makes it of {inner}, which is a kit itself; nothing is published for it"
        run.hub.holds.put(Hold(party=BACK_OFFICE, kind="stock", record=kit, reason=_NESTED, message=text))
