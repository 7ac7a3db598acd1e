"""What orders do to levels. On hand is what can be sold, what is committed, and other states: it follows by itself.

placed: from available to committed. Sent: no longer committed. Taken back before it was sent, and restocked: from
committed to available; not restocked: no longer committed. Brought back after it was sent, and restocked: available.
"""

from tests.fakes.shopify import stock
from tests.fakes.shopify.order_records import Line
from tests.fakes.shopify.site import Site


def home_of(site: Site, item_id: int | None, wanted: int | None = None) -> int | None:
    """Where an order takes its units: at `wanted`, or at the first location that has enough, else the first at all."""
    item = site.items.get(item_id or 0)
    if item is None:
        return next(iter(site.locations), None)
    if wanted is not None:
        return wanted
    stocked = [each for each, level in item.levels.items() if level.is_active and site.locations[each].is_active]
    full = [each for each in stocked if item.levels[each].available > 0]
    return (full or stocked or [next(iter(site.locations))])[0]


def commit(site: Site, line: Line, units: int) -> None:
    _move(site, line, "order", available=-units, committed=units)


def send(site: Site, line: Line, units: int, location_id: int) -> None:
    """Sent from where it was committed, or from elsewhere: then that location lacks it and the other has it back."""
    if location_id == line.location_id or line.location_id is None:
        _move(site, line, "fulfilment", committed=-units)
        return
    _move(site, line, "fulfilment", available=units, committed=-units)
    _move(site, line, "fulfilment", location_id, available=-units)


def release(site: Site, line: Line, units: int, *, restock: bool) -> None:
    """Units that were never sent."""
    _move(site, line, "restock", available=units if restock else 0, committed=-units)


def bring_back(site: Site, line: Line, units: int, location_id: int | None) -> None:
    """Units that were sent, and are on the shelf again."""
    _move(site, line, "restock", location_id, available=units)


def _move(
    site: Site, line: Line, by: str, location_id: int | None = None, *, available: int = 0, committed: int = 0
) -> None:
    where = line.location_id if location_id is None else location_id
    level = stock.level_of(site, line.item_id or 0, where or 0)
    if level and (available or committed):
        stock.move(site, level, by, available=available, committed=committed)


def commit_again(site: Site, line: Line, units: int) -> None:
    """Units that were sent are to be sent once more."""
    _move(site, line, "order", committed=units)
