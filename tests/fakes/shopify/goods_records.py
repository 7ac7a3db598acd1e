"""Products, variants, inventory items with their levels, locations."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from tests.fakes.shopify.ids import gid
from tests.fakes.shopify.records import Record

OTHERS = ("reserved", "damaged", "safety_stock", "quality_control")
"""States that count as on hand beside `available` and `committed`."""

NAMES = ("available", "committed", "incoming", "on_hand", *OTHERS)
"""Every name that a quantity can be asked for by."""


@dataclass
class Location(Record):
    typename: ClassVar[str] = "Location"

    name: str = "Warehouse"
    is_active: bool = True
    fulfills_online_orders: bool = True
    country_code: str = "US"


@dataclass
class Product(Record):
    """`variants`: their ids, in their order."""

    typename: ClassVar[str] = "Product"

    title: str = ""
    status: str = "ACTIVE"
    is_gift_card: bool = False
    handle: str = ""
    vendor: str = "Shop"
    product_type: str = ""
    tags: list[str] = field(default_factory=list)
    variants: list[int] = field(default_factory=list)


@dataclass
class Variant(Record):
    """`item`: the id of its inventory item, which may be another variant's too; the SKU is the item's."""

    typename: ClassVar[str] = "ProductVariant"

    product: int = 0
    item: int = 0
    title: str = "Default Title"
    price: Decimal = Decimal(0)
    compare_at_price: Decimal | None = None
    barcode: str | None = None
    position: int = 1
    taxable: bool = True
    requires_components: bool = False  # a bundle: its parts have the stock
    inventory_policy: str = "DENY"


@dataclass
class Level:
    """An item at a location. On hand is what can be sold and what has been sold and not been sent, and `others`."""

    typename: ClassVar[str] = "InventoryLevel"

    id: int
    item: int
    location: int
    updated_at: datetime
    available: int = 0
    committed: int = 0
    incoming: int = 0
    others: dict[str, int] = field(default_factory=dict)
    is_active: bool = True

    @property
    def gid(self) -> str:
        return f"{gid(self.typename, self.id)}?inventory_item_id={self.item}"

    @property
    def on_hand(self) -> int:
        return self.available + self.committed + sum(self.others.values())

    def quantity(self, name: str) -> int:
        """Units in a state by its name."""
        if name in OTHERS:
            return self.others.get(name, 0)
        return {
            "available": self.available,
            "committed": self.committed,
            "on_hand": self.on_hand,
            "incoming": self.incoming,
        }[name]


@dataclass
class Item(Record):
    """`levels`: by location; an item is not stocked where it has none."""

    typename: ClassVar[str] = "InventoryItem"

    sku: str | None = None
    tracked: bool = True
    requires_shipping: bool = True
    levels: dict[int, Level] = field(default_factory=dict)


@dataclass(kw_only=True)
class GoodsTables:
    """What a site keeps of goods."""

    locations: dict[int, Location] = field(default_factory=dict)
    products: dict[int, Product] = field(default_factory=dict)
    variants: dict[int, Variant] = field(default_factory=dict)
    items: dict[int, Item] = field(default_factory=dict)


@dataclass
class GoodsOptions:
    """How a shop keeps its goods."""

    stale_fails_all: bool = True  # one row that is stale lets the whole mutation fail; False: that row alone
    bad_items: dict[int, str] = field(default_factory=dict)  # item -> the code by which its stock cannot be set
    bad_variants: dict[int, str] = field(default_factory=dict)  # variant -> the code by which it cannot be changed
    hides_rows: bool = False  # errors do not say which row they are about
    concurrent_once: bool = False  # the next mutation with a new key is told that it is already in progress
    failed_key_replays: bool = False  # the key of a mutation that failed shows its errors again
    replay_compares: bool = False  # what comes again with its key is compared anew, as was seen at a real shop
