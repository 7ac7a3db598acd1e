"""The small catalog that both halves of a fresh sandbox begin with, and who buys there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CURRENCY = "GBP"
GROUP = "Trade"  # of customers, on both sides


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogItem:
    """One SKU of the demo. `price` is decimal text in CURRENCY; `units` None: nobody keeps stock of it.

    `shop_price`, `shop_units`: what the web shop still shows where it is behind, so that the first run has work.
    """

    sku: str
    title: str
    price: str
    units: int | None
    shop_price: str
    shop_units: int | None


def _item(
    sku: str, title: str, price: str, units: int | None, *, shop_price: str = "", more_in_shop: int = 0
) -> CatalogItem:
    return CatalogItem(
        sku=sku,
        title=title,
        price=price,
        units=units,
        shop_price=shop_price or price,
        shop_units=None if units is None else units + more_in_shop,
    )


DEMO_CATALOG = (
    _item("MUG-RED", "Enamel mug, red", "8.50", 40),
    _item("MUG-BLUE", "Enamel mug, blue", "8.50", 25),
    _item("TEAPOT-2CUP", "Teapot for two", "24.00", 12, shop_price="22.50"),
    _item("TRAY-OAK", "Serving tray, oak", "32.95", 8),
    _item("LANTERN-S", "Garden lantern, small", "14.25", 30, more_in_shop=2),
    _item("LANTERN-L", "Garden lantern, large", "27.50", 15),
    _item("BUNTING-5M", "Cotton bunting, 5 m", "11.00", 60),
    _item("CANDLE-FIG", "Candle, fig", "9.75", 48, more_in_shop=-12),
    _item("BLANKET-GREY", "Wool blanket, grey", "59.00", 6),
    _item("HOOK-BRASS", "Brass coat hook", "6.40", 100),
    _item("CARD-THANKS", "Card, thank you", "2.25", 200),
    _item("GIFT-WRAP", "Gift wrapping", "3.00", None),
)

ADA: Mapping[str, Any] = {"name": "Ada Byron", "emails": ("ada@example.com",), "phones": ("+447700900123",)}
"""She buys on the web and at the counter: both halves know her, and have her in GROUP."""
TOM: Mapping[str, Any] = {"name": "Tom Pike", "phones": ("+447700900456",), "note": "No e-mail address."}
"""He buys at the counter only."""
