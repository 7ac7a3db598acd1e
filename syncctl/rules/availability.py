"""How much may be shown for sale (invariant I3)."""

from collections.abc import Sequence
from dataclasses import dataclass

from syncctl.model import Published
from syncctl.settings import StockSettings

_SAFETY = "safety stock"


def safety_stock(sku: str, product_type: str, settings: StockSettings) -> tuple[int, str]:
    """Units kept back of a SKU, and the name of that term, which says what set it: the SKU, its type, or the general.

    >>> settings = StockSettings(safety_stock=1, safety_stock_by_type={"glass": 3}, safety_stock_by_sku={"MUG": 0})
    >>> [safety_stock(sku, "glass", settings) for sku in ("MUG", "VASE")], safety_stock("TRAY", "", settings)
    ([(0, 'safety stock of the SKU'), (3, 'safety stock of type glass')], (1, 'safety stock'))
    """
    if sku in settings.safety_stock_by_sku:
        return settings.safety_stock_by_sku[sku], f"{_SAFETY} of the SKU"
    if product_type in settings.safety_stock_by_type:
        return settings.safety_stock_by_type[product_type], f"{_SAFETY} of type {product_type}"
    return settings.safety_stock, _SAFETY


def kit_safety_stock(kit: str, settings: StockSettings) -> tuple[int, str]:
    """As `safety_stock`, for a kit: only what is set for its own SKU, for its components keep theirs back already."""
    return settings.safety_stock_by_sku.get(kit, 0), f"{_SAFETY} of the SKU"


def publishable(available: int, unreflected: int, kept_back: int, term: str = _SAFETY) -> Published:
    """The most that may be shown for a SKU.

    Units: pieces. `available`: what the back office reported, summed over the locations that feed the web;
    `unreflected`: units on web orders that this report cannot know of yet; `kept_back`, `term`: see `safety_stock`.

    >>> publishable(10, 3, 2).quantity, publishable(-4, 0, 0).quantity
    (5, 0)
    """
    quantity = max(0, available - max(0, unreflected) - kept_back)
    return Published(quantity=quantity, terms={"available": available, "unreflected": -unreflected, term: -kept_back})


@dataclass(frozen=True, slots=True)
class Part:
    """A component of a kit: how many units of it one kit takes, and what there is of it (`available` None: unknown)."""

    sku: str
    quantity: int
    available: int | None
    unreflected: int
    kept_back: tuple[int, str]  # as `safety_stock` says it


def publishable_kit(parts: Sequence[Part], kept_back: tuple[int, str] = (0, _SAFETY)) -> Published | None:
    """The most that may be shown of a kit: as often as its scarcest component suffices, less its own safety stock.

    `parts`: those that the back office keeps stock of. None if there are none, or some component's level is unknown.

    >>> mug, tray = Part("MUG", 2, 9, 1, (1, "safety stock")), Part("TRAY", 1, 8, 0, (0, "safety stock"))
    >>> publishable_kit([mug, tray]).quantity, publishable_kit([tray, mug], (1, "safety stock of the SKU")).quantity
    (3, 2)
    """
    most: list[int] = []
    terms: dict[str, int] = {}
    for part in parts:
        if part.available is None:
            return None
        units, term = part.kept_back
        most.append((part.available - max(0, part.unreflected) - units) // part.quantity)
        terms |= {f"{part.sku} available": part.available, f"{part.sku} unreflected": -part.unreflected}
        terms |= {f"{part.sku} {term}": -units, f"{part.sku} in a kit": part.quantity}
    if not most:
        return None
    own, term = kept_back
    return Published(quantity=max(0, min(most) - own), terms={**terms, term: -own} if own else terms)


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
