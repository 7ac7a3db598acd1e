"""Stock as the shop keeps it. Whatever moves a level goes through `move` or `put`, and the oracle hears of it.

An order that is placed takes units from what can be sold and commits them: `move(…, available=-2, committed=2)`.
Sent, they are gone: `committed=-2`. Cancelled or put back: `committed=-2, available=2`, or `available=2`.
"""

from tests.fakes.shopify.goods_records import Item, Level
from tests.fakes.shopify.site import Site


def level_of(site: Site, item_id: int, location_id: int) -> Level | None:
    """An item at a location; None: it is not stocked there, or not there at all."""
    item = site.items.get(item_id)
    level = item.levels.get(location_id) if item else None
    return level if level and level.is_active else None


def stocked(site: Site, item: Item, location_id: int, available: int = 0) -> Level:
    """Begin to stock an item at a location."""
    level = item.levels[location_id] = Level(site.next_id(), item.id, location_id, site.time, available)
    site.oracle.level(site.time, level, "start")
    return level


def move(site: Site, level: Level, by: str, *, available: int = 0, committed: int = 0) -> None:
    """Units go in or out of a state. `by`: order | restock | hand. Untracked items have no stock to move."""
    item = site.items[level.item]
    if not item.tracked:
        return
    level.available += available
    level.committed += committed
    changed(site, level, by)


def put(site: Site, level: Level, name: str, quantity: int, by: str) -> int:
    """Set `available` or `on_hand`; the difference that it made. What is on hand moves with what can be sold."""
    delta = quantity - level.quantity(name)
    level.available += delta
    changed(site, level, by)
    return delta


def changed(site: Site, level: Level, by: str) -> None:
    level.updated_at = site.time
    site.touch(site.items[level.item])
    site.oracle.level(site.time, level, by)
