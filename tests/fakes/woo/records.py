"""What a WooCommerce site keeps: products, orders with their items, refunds, customers, notes.

Amounts are Decimal, as exact as the site keeps them; moments are aware UTC in whole seconds.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

ZERO = Decimal(0)
BILLING = (
    *("first_name", "last_name", "company", "address_1", "address_2"),
    *("city", "state", "postcode", "country", "email", "phone"),
)
SHIPPING = tuple(word for word in BILLING if word not in ("email", "phone"))
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Meta:
    id: int
    key: str
    value: Any


@dataclass
class Item:
    """One line of an order or of a refund: line_item, shipping, fee, coupon or tax."""

    id: int
    kind: str
    name: str = ""  # title, method title, coupon code or tax label
    product_id: int = 0
    variation_id: int = 0
    quantity: Any = 1
    subtotal: Decimal = ZERO
    total: Decimal = ZERO  # of a coupon: the discount
    taxes: dict[int, tuple[Decimal, Decimal]] = field(default_factory=dict)  # rate -> (total, subtotal)
    tax_class: str = ""
    extra: dict[str, Any] = field(default_factory=dict)
    metas: list[Meta] = field(default_factory=list)

    @property
    def total_tax(self) -> Decimal:
        return sum((total for total, _ in self.taxes.values()), ZERO)

    @property
    def subtotal_tax(self) -> Decimal:
        return sum((subtotal for _, subtotal in self.taxes.values()), ZERO)

    def meta(self, key: str) -> Any:
        return next((meta.value for meta in self.metas if meta.key == key), None)


@dataclass
class Order:
    id: int
    status: str
    currency: str
    created: datetime
    modified: datetime
    items: list[Item] = field(default_factory=list)
    metas: list[Meta] = field(default_factory=list)
    paid: datetime | None = None
    completed: datetime | None = None
    customer_id: int = 0
    billing: dict[str, str] = field(default_factory=lambda: dict.fromkeys(BILLING, ""))
    shipping: dict[str, str] = field(default_factory=lambda: dict.fromkeys((*SHIPPING, "phone"), ""))
    customer_note: str = ""
    payment_method: str = ""
    payment_method_title: str = ""
    transaction_id: str = ""
    created_via: str = "checkout"
    prices_include_tax: bool = False
    parent_id: int = 0
    order_key: str = ""
    cart_hash: str = ""
    discount_total: Decimal = ZERO
    discount_tax: Decimal = ZERO
    shipping_total: Decimal = ZERO
    shipping_tax: Decimal = ZERO
    cart_tax: Decimal = ZERO
    total: Decimal = ZERO
    stock_reduced: bool = False
    was: str = ""  # status before the trash
    unloadable: bool = False  # counted, but left out of its page: its class went with a plug-in
    patch: dict[str, Any] = field(default_factory=dict)  # what a plug-in makes of the finished row
    stamp: int = 0  # moves with every change of anything that is shown

    def of(self, kind: str) -> list[Item]:
        return [item for item in self.items if item.kind == kind]

    def item(self, item_id: int) -> Item:
        return next(item for item in self.items if item.id == item_id)


@dataclass
class Refund:
    """A refund of an order; its items carry negative quantities and totals."""

    id: int
    parent_id: int
    created: datetime
    amount: Decimal
    reason: str = ""
    items: list[Item] = field(default_factory=list)
    metas: list[Meta] = field(default_factory=list)

    def of(self, kind: str) -> list[Item]:
        return [item for item in self.items if item.kind == kind]


@dataclass
class Product:
    """A product or a variation (`kind` variation, with `parent_id`)."""

    id: int
    kind: str
    name: str
    created: datetime
    modified: datetime
    parent_id: int = 0
    sku: str = ""
    status: str = "publish"
    regular_price: str = ""
    sale_price: str = ""
    manage_stock: bool = False
    quantity: Any = None  # None where stock is not managed here
    backorders: str = "no"
    stock_status: str = "instock"
    attributes: dict[str, str] = field(default_factory=dict)  # of a variation: name -> option
    grouped: list[int] = field(default_factory=list)
    unloadable: bool = False  # counted, but left out of its page: its class went with a plug-in
    metas: list[Meta] = field(default_factory=list)
    patch: dict[str, Any] = field(default_factory=dict)
    stamp: int = 0


@dataclass
class Customer:
    id: int
    email: str
    username: str
    registered: datetime
    modified: datetime | None = None
    first_name: str = ""
    last_name: str = ""
    role: str = "customer"
    billing: dict[str, str] = field(default_factory=lambda: dict.fromkeys(BILLING, ""))
    shipping: dict[str, str] = field(default_factory=lambda: dict.fromkeys((*SHIPPING, "phone"), ""))
    metas: list[Meta] = field(default_factory=list)
    patch: dict[str, Any] = field(default_factory=dict)
    stamp: int = 0


@dataclass
class Note:
    id: int
    order_id: int
    created: datetime
    text: str
    for_customer: bool = False
    by_user: bool = False


@dataclass
class Key:
    """A key of the API. Its user's role says what may be touched at all."""

    consumer_key: str
    consumer_secret: str
    permissions: str = "read_write"  # read | write | read_write
    role: str = "administrator"  # a shop_manager may as much here; any other role may nothing
    nonces: dict[str, int] = field(default_factory=dict)  # nonce -> timestamp
