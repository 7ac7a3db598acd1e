"""What every listing should show, worked out again for those SKUs about which something changed (invariant I3)."""

from collections.abc import Collection, Mapping, Sequence

from syncctl.hub.holds import Hold
from syncctl.hub.kits import Parts
from syncctl.model import Published
from syncctl.rules.availability import Part, kit_safety_stock, publishable, publishable_kit, safety_stock
from syncctl.rules.feeds import feeds
from syncctl.settings import StockSettings
from syncctl.steps.run import BACK_OFFICE, Run

_NESTED = "nested kit"

Stale = Sequence[tuple[str, str, int | None, int]]
"""SKU, product type, available (None: unknown), units not reflected."""


def work_out_wants(run: Run) -> None:
    """Work out what should be shown for every SKU about which something changed, and for the kits around it."""
    hub = run.hub
    reading = hub.stock.reading()
    if reading is None or not hub.shown.any_stale():
        return
    stock, falls_on = run.settings.stock, run.back_office.abilities.stock_falls_on
    with hub.transaction():
        if hub.kits.any():
            hub.kits.close_over_stale()
        kits = hub.kits.stale()
        nested = hub.kits.nested(kits)
        rows: Stale = []
        for feed in feeds(run.settings):
            rows = hub.shown.stale(reading.as_of_event, falls_on, feed.locations, feed.apart, kits=bool(kits))
            hub.shown.set_wants({**_plain(rows, kits, stock), **_kits(rows, kits, nested, stock)}, feed.stores)
        hub.shown.forget_stale()
        _hold_nested(run, nested, {sku for sku, *_ in rows})


def _plain(rows: Stale, kits: Mapping[str, Parts], stock: StockSettings) -> dict[str, Published | None]:
    wants: dict[str, Published | None] = {}
    for sku, kind, available, unreflected in rows:
        if sku not in kits:
            kept_back = safety_stock(sku, kind, stock)
            wants[sku] = None if available is None else publishable(available, unreflected, *kept_back)
    return wants


def _kits(
    rows: Stale, kits: Mapping[str, Parts], nested: Collection[str], stock: StockSettings
) -> dict[str, Published | None]:
    """A level that the back office reports of a kit itself counts for nothing: its components carry the stock."""
    if not kits:
        return {}
    there = {
        sku: (available, unreflected, safety_stock(sku, kind, stock)) for sku, kind, available, unreflected in rows
    }
    wants = {}
    for kit, parts in kits.items():
        found = [Part(sku, quantity, *there[sku]) for sku, quantity in parts.items()]
        wants[kit] = None if kit in nested else publishable_kit(found, kit_safety_stock(kit, stock))
    return wants


def _hold_nested(run: Run, nested: Mapping[str, str], looked_at: set[str]) -> None:
    mended = (run.hub.holds.held_for(BACK_OFFICE, "stock", _NESTED) & looked_at) - nested.keys()
    run.hub.holds.clear("stock", sorted(mended))
    for kit, inner in nested.items():
        text = f"SKU {kit}: the back office makes it of {inner}, which is a kit itself; nothing is published for it"
        run.hub.holds.put(Hold(party=BACK_OFFICE, kind="stock", record=kit, reason=_NESTED, message=text))
