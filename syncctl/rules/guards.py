"""When a reading looks so strange that a person must say "yes, really"."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from syncctl.settings import SafetySettings


@dataclass(frozen=True, slots=True)
class Shrink:
    """How a new stock reading differs from the last accepted one, in SKUs."""

    had_stock: int  # SKUs with something available before
    lost: int  # ... of which are gone now, or at zero


def strange_shrink(shrink: Shrink, settings: SafetySettings, allowed: int | None) -> str | None:
    """Why a stock reading is set aside; None if it is accepted. `allowed`: so many lost SKUs were confirmed by hand."""
    limit = max(settings.min_shrink, int(shrink.had_stock * settings.max_shrink) + 1)
    if shrink.lost < limit or (allowed is not None and shrink.lost <= allowed):
        return None
    return (
        f"{shrink.lost} of {shrink.had_stock} SKUs that had stock are gone or at zero in the back office's new reading "
        f"(the limit is {limit - 1}); it was set aside, the last one stays, no stock and no prices were written"
    )


def strange_listing(had: int, gone: int, settings: SafetySettings, allowed: int | None) -> str | None:
    """Why a store's full list is not believed; None if it is. `had`: listings before; `gone`: of which it lacks."""
    limit = max(settings.min_shrink, int(had * settings.max_shrink) + 1)
    if gone < limit or (allowed is not None and gone <= allowed):
        return None
    return (
        f"{gone} of {had} listings are not in its new list (the limit is {limit - 1}); they are kept as they were, "
        "no stock and no prices were written to it"
    )


@dataclass(frozen=True, slots=True)
class Jumps:
    """Levels that a new stock reading moves by more than half of what was there."""

    known: int  # levels before, at all locations
    rises: int
    falls: int


def jumps_limit(known: int, settings: SafetySettings) -> int:
    """From how many on, in both directions, jumps are strange: half of the share that may shrink."""
    return max(settings.min_shrink, int(known * settings.max_shrink / 2) + 1)


def strange_jumps(jumps: Jumps, settings: SafetySettings, allowed: int | None) -> str | None:
    """Why a stock reading is set aside whose numbers seem to belong to other SKUs; None if it is accepted.

    Deliveries raise many levels and sales lower many; both at once, by more than half, is what a column that slipped
    by a row looks like. `allowed`: so many jumps were confirmed by hand.
    """
    limit = jumps_limit(jumps.known, settings)
    if min(jumps.rises, jumps.falls) < limit or (allowed is not None and jumps.rises + jumps.falls <= allowed):
        return None
    return (
        f"of {jumps.known} levels {jumps.rises} rose and {jumps.falls} fell by more than half at once, as if they "
        f"belonged to other SKUs (the limit is {limit - 1} each way); the back office's new reading was set aside, the "
        "last one stays, no stock and no prices were written"
    )


def price_jumps(changes: Sequence[tuple[str, str]], settings: SafetySettings) -> int:
    """How many of these (old, new) prices changed by more than the settings' share of the old one."""
    limit = Decimal(str(settings.max_price_change))
    return sum(abs(Decimal(new) - Decimal(old)) > limit * abs(Decimal(old)) for old, new in changes)


def strange_prices(known: int, jumps: int, settings: SafetySettings, allowed: int | None) -> str | None:
    """Why a price reading is set aside; None if it is accepted.

    `known`: how many prices were known before; `allowed`: so many jumps were confirmed by hand.
    """
    if jumps < settings.min_shrink or jumps <= known * settings.max_price_share:
        return None
    if allowed is not None and jumps <= allowed:
        return None
    return (
        f"{jumps} of {known} prices changed by more than {settings.max_price_change:.0%}; "
        "the reading was set aside, the last one stays, no stock and no prices were written"
    )
