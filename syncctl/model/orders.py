"""Web orders and what hangs on them."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from syncctl.model.customers import Address, Customer
from syncctl.model.lines import LineItem, Lines
from syncctl.model.record import record


class OrderKind(StrEnum):
    """What a web order is. A RETURN names no original order and carries negative quantities and amounts."""

    SALE = "sale"
    RETURN = "return"
    ADJUSTMENT = "adjustment"  # a correction of the books that the store keeps among its orders
    STOCK_NOTE = "stock_note"  # a note about stock without a buyer (damage, count)


class ChargeKind(StrEnum):
    """What stands on an order beside its goods. Discounts and gift cards used as payment are negative."""

    SHIPPING = "shipping"
    DISCOUNT = "discount"
    FEE = "fee"
    GIFT_CARD = "gift_card"
    TIP = "tip"
    ROUNDING = "rounding"


# Financial states that connectors map their own words to; a word they do not know is passed on as it is, and is held.
FINANCIAL_STATES = frozenset(
    "pending authorized partially_paid paid partially_refunded refunded voided expired".split()
)


FULFILMENT_STATES = frozenset("unfulfilled partially_fulfilled fulfilled on_hold scheduled in_progress".split())


@record(frozen=True, slots=True, kw_only=True)
class Charge:
    """Something on the order that is no goods. Signed: a discount is negative."""

    kind: str  # a ChargeKind, or the platform's own word
    title: str
    amount: int
    tax: int = 0
    line_id: str | None = None  # a discount of one line


@record(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money that really moved (captured, settled), by the platform's transaction id. Refunds are negative."""

    id: str
    gateway: str
    amount: int
    paid_at: datetime | None = None


@record(frozen=True, slots=True, kw_only=True)
class RefundLine:
    line_id: str
    quantity: int
    amount: int  # positive, net of tax
    tax: int = 0
    restock: bool = False  # the units can be sold again


@record(frozen=True, slots=True, kw_only=True)
class Refund:
    """Money given back, by the platform's refund id. lines + charges + tax = total, all positive."""

    id: str
    total: int
    lines: tuple[RefundLine, ...] = ()
    charges: tuple[Charge, ...] = ()  # refunded shipping, an adjustment without lines
    refunded_at: datetime | None = None


@record(frozen=True, slots=True, kw_only=True)
class FulfilmentLine:
    quantity: int
    line_id: str | None = None  # the web store's line id, where the system kept it
    sku: str | None = None


@record(frozen=True, slots=True, kw_only=True)
class Fulfilment:
    """Goods that left, as a web store records them."""

    id: str
    order_id: str
    lines: tuple[FulfilmentLine, ...]
    tracking_number: str = ""
    carrier: str = ""
    tracking_url: str = ""
    shipped_at: datetime | None = None


@record(frozen=True, slots=True, kw_only=True)
class Order:
    """One web order in one state. Identity: lines + charges + tax = total (invariant I6).

    `raw` is what the store sent for it, as canonical JSON text: it is kept, and its hash tells versions apart.
    `problems` are what the connector could not read (an amount that is no number …): the order is held, but its
    readable lines still count against stock.
    """

    id: str
    number: str
    placed_at: datetime
    changed_at: datetime
    currency: str
    total: int
    raw: str
    lines: Sequence[LineItem]  # a tuple, or `Lines`
    kind: str = OrderKind.SALE
    tax_included: bool = False
    charges: tuple[Charge, ...] = ()
    financial_status: str = "paid"
    fulfilment_status: str = "unfulfilled"
    cancelled_at: datetime | None = None
    closed: bool = False
    test: bool = False
    channel: str = "web"
    customer: Customer | None = None  # None: the order names nobody at all
    email: str = ""  # of the buyer, as on the order
    shipping_address: Address | None = None
    billing_address: Address | None = None
    payments: tuple[Payment, ...] = ()
    refunds: tuple[Refund, ...] = ()
    fulfilments: tuple[Fulfilment, ...] = ()
    problems: tuple[str, ...] = ()
    units_known: bool = True  # False: some line's SKU or quantity could not be read, so units may be missing in `lines`
    fractional: bool = False  # some quantity in it is no whole number; it stands in `lines` rounded to the safe side

    @property
    def tax(self) -> int:
        """All tax on the order, minor units."""
        return sum(Lines.of(self.lines).taxes) + sum([charge.tax for charge in self.charges])


@record(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A record so broken that not even its lines are known; held under `id`."""

    id: str
    reason: str
