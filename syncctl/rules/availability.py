"""How much may be shown for sale (invariant I3)."""

from syncctl.model import Published


def publishable(available: int, unreflected: int, safety_stock: int) -> Published:
    """The most that may be shown for a SKU.

    Units: pieces. `available`: what the back office reported, summed over the locations that feed the web;
    `unreflected`: units on web orders that this report cannot know of yet.

    >>> publishable(10, 3, 2).quantity, publishable(-4, 0, 0).quantity
    (5, 0)
    """
    quantity = max(0, available - max(0, unreflected) - safety_stock)
    return Published(
        quantity=quantity, terms={"available": available, "unreflected": -unreflected, "safety stock": -safety_stock}
    )


def unexplained_drop(agreed: int | None, moved: int, actual: int) -> int:
    """Units that left a store's level since both sides last agreed, and that no order pulled since explains.

    Somebody may have bought them in an order that is not visible yet: they are held back for this cycle.

    >>> unexplained_drop(10, 2, 7), unexplained_drop(10, 2, 8), unexplained_drop(None, 0, 3)
    (1, 0, 0)
    """
    return 0 if agreed is None else max(0, agreed - moved - actual)


def level_to_write(want: int, actual: int, drop: int, *, may_rise: bool) -> int:
    """What to write where `actual` is shown: what is wanted, less an unexplained drop, and not above `actual`
    while some store that shares the stock was not pulled.

    >>> level_to_write(9, 5, 0, may_rise=True), level_to_write(9, 5, 0, may_rise=False)
    (9, 5)
    >>> level_to_write(9, 5, 2, may_rise=True)
    7
    """
    level = max(0, want - drop)
    return level if may_rise else min(level, actual)
