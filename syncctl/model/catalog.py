"""The catalog, stock and shipments."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from syncctl.model.orders import FulfilmentLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """`amount` is decimal text; `price_list` "" is the back office's ordinary price."""

    amount: str
    currency: str
    price_list: str = ""
    compare_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """A part of a kit, by its SKU. `quantity`: whole units of it in one kit, a fraction raised."""

    sku: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One SKU as the back office keeps it. `tracked` False: it keeps no stock of it.

    `components`: it is a kit of these, which carry its stock; none of them is a kit itself (the connector takes kits
    in kits apart).
    """

    sku: str
    title: str = ""
    remote_id: str = ""
    product_id: str = ""
    product_title: str = ""
    product_type: str = ""  # the back office's own word for a kind of goods; compared exactly
    tracked: bool = True
    active: bool = True
    prices: tuple[Price, ...] = ()
    components: tuple[Component, ...] = ()


class StockLevel(NamedTuple):
    """Units of one SKU at one location, as one system reported them. None: it does not say.

    A tuple, for there may be a million of them: made three times as fast, and compared with rows as it is.
    """

    sku: str
    available: int  # can be sold now; negative when oversold
    location: str = ""
    on_hand: int | None = None
    committed: int | None = None  # on placed orders, not yet fulfilled


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One variant as one store shows it. `quantity` None: unknown, or not kept by the store.

    `managed` False: the level is not ours to write (untracked, bundle parent, drop-ship); `why` says so.
    `priced` False: it has no price of its own, as a product that is priced by its variations.
    """

    id: str
    sku: str
    title: str = ""
    quantity: int | None = None
    price: str | None = None
    priced: bool = True
    managed: bool = True
    why: str = ""
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelChange:
    """Set the level of one listing. `expected` is what was read just before: compare, or derive the delta from it.

    `price`, decimal text in `currency`: the listing's price, set in the same write (only where `priced_levels`).
    `together`: what has the same word here is written all, or none of it (only where `levels_together`); "": alone.
    """

    key: str
    listing_id: str
    quantity: int
    expected: int
    location: str = ""
    price: str | None = None
    currency: str = ""
    together: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceChange:
    key: str
    listing_id: str
    price: str  # decimal text
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfilmentChange:
    """Record in the web store that goods of an order left."""

    key: str
    order_id: str
    lines: tuple[FulfilmentLine, ...]
    tracking_number: str = ""
    carrier: str = ""
    tracking_url: str = ""
    shipped_at: datetime | None = None
    notify_customer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """Goods that left the shelf, or an invoice made, for a document of ours, as the back office records it.

    `kind` "shipment" goes back to the web store; either may be the moment at which reported stock falls.
    """

    id: str
    document_id: str  # the back office's id of the sale
    lines: tuple[FulfilmentLine, ...]
    kind: str = "shipment"  # shipment | invoice
    tracking_number: str = ""
    carrier: str = ""
    tracking_url: str = ""
    shipped_at: datetime | None = None
    sequence: int | None = None  # the system's own monotone count, where its readings carry one
    cancelled: bool = False  # it was undone: the units are back


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A quantity to show, with the terms that made it, for `explain`."""

    quantity: int
    terms: Mapping[str, int] = field(default_factory=dict)
