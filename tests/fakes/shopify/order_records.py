"""What the shop keeps of orders: lines, shipping, fees, refunds, transactions.

Amounts are `Bag`s, moments aware UTC in whole seconds. What the API shows stands under the API's names, in snake case.
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from tests.fakes.shopify.money import Bag, Exchange
from tests.fakes.shopify.part_records import Address, Part
from tests.fakes.shopify.records import Record
from tests.fakes.shopify.shipping_records import Fulfilment, FulfilmentOrder


@dataclass
class Tax:
    """Tax of a whole line after its discounts, for all units that were ever ordered."""

    title: str
    rate: Decimal
    price_set: Bag


@dataclass
class Discount:
    """One discount of an order: what it was meant to do. What it did is in the allocations of the lines."""

    index: int
    title: str
    value: Decimal
    target_type: str = "LINE_ITEM"  # LINE_ITEM | SHIPPING_LINE
    typename: str = "DiscountCodeApplication"
    own: bool = False  # of one line, not of the order


@dataclass
class Allocation:
    """What one discount takes of a line, for all units that were ever ordered."""

    allocated_amount_set: Bag
    discount_application: Discount


def _sum(money: Exchange, allocations: list[Allocation]) -> Bag:
    return money.total(each.allocated_amount_set for each in allocations)


@dataclass
class Line(Part):
    """One line item. `quantity` counts every unit that was ever ordered; `removed` and `refunded` are among them."""

    typename: ClassVar[str] = "LineItem"

    quantity: int
    original_unit_price_set: Bag
    title: str
    sku: str | None = None
    variant_id: int | None = None  # None: something that was typed in
    variant_title: str | None = None
    vendor: str | None = None
    taxable: bool = True
    requires_shipping: bool = True
    is_gift_card: bool = False
    tip: bool = False
    discount_allocations: list[Allocation] = field(default_factory=list)
    tax_lines: list[Tax] = field(default_factory=list)
    duties: list["Fee"] = field(default_factory=list)
    removed: int = 0
    refunded: int = 0
    fulfilled: int = 0
    unfulfilled_quantity: int = 0  # still to be sent
    gone_net: Bag | None = None  # the money that went with the units that are gone
    gone_tax: Bag | None = None
    item_id: int | None = None  # what is taken of it; None: there is no stock of it
    location_id: int | None = None  # where it is taken
    added: bool = False  # by an edit, after the order was placed
    converted_whole: bool = False  # its total, and not its unit price, is what all else follows from

    @property
    def gone(self) -> int:
        return self.removed + self.refunded

    @property
    def current_quantity(self) -> int:
        return self.quantity - self.gone

    @property
    def refundable_quantity(self) -> int:
        return self.current_quantity

    @property
    def current_net(self) -> Bag:
        return self.net - self.gone_net if self.gone_net else self.net

    @property
    def current_tax(self) -> Bag:
        return self.tax - self.gone_tax if self.gone_tax else self.tax

    @property
    def original_total_set(self) -> Bag:
        total = self.original_unit_price_set.times(self.quantity)
        return total.converted if self.converted_whole else total

    @property
    def off(self) -> Bag:
        """All that discounts take of it."""
        return _sum(self.original_unit_price_set.money, self.discount_allocations)

    @property
    def net(self) -> Bag:
        """What is paid for all its units, tax with it where prices include that."""
        return self.original_total_set - self.off

    @property
    def tax(self) -> Bag:
        return self.original_unit_price_set.money.total(each.price_set for each in self.tax_lines)


@dataclass
class ShippingLine(Part):
    typename: ClassVar[str] = "ShippingLine"

    title: str
    original_price_set: Bag
    code: str | None = None
    discount_allocations: list[Allocation] = field(default_factory=list)
    tax_lines: list[Tax] = field(default_factory=list)
    is_removed: bool = False
    custom: bool = False

    @property
    def off(self) -> Bag:
        return _sum(self.original_price_set.money, self.discount_allocations)

    @property
    def discounted_price_set(self) -> Bag:
        return self.original_price_set - self.off

    @property
    def tax(self) -> Bag:
        return self.original_price_set.money.total(each.price_set for each in self.tax_lines)


@dataclass
class Fee(Part):
    """An additional fee of an order."""

    typename: ClassVar[str] = "AdditionalFee"

    name: str
    price: Bag
    tax_lines: list[Tax] = field(default_factory=list)

    @property
    def tax(self) -> Bag:
        return self.price.money.total(each.price_set for each in self.tax_lines)


@dataclass
class Duty(Fee):
    """What customs take of a line."""

    typename: ClassVar[str] = "Duty"


@dataclass
class RefundLine(Part):
    typename: ClassVar[str] = "RefundLineItem"

    line_id: int
    quantity: int
    restock_type: str  # RETURN | CANCEL | NO_RESTOCK | LEGACY_RESTOCK
    value: Bag  # told as the line's prices are
    price_set: Bag  # of one unit
    subtotal_set: Bag  # the same, or without the tax that is in it
    total_tax_set: Bag
    location_id: int | None = None

    @property
    def restocked(self) -> bool:
        return self.restock_type != "NO_RESTOCK"


@dataclass
class RefundShipping(Part):
    typename: ClassVar[str] = "RefundShippingLine"

    shipping_line_id: int
    value: Bag
    subtotal_amount_set: Bag
    tax_amount_set: Bag


@dataclass
class Adjustment(Part):
    """What was paid back less (above zero) or more (below zero) than lines and shipping come to."""

    typename: ClassVar[str] = "OrderAdjustment"

    amount_set: Bag
    tax_amount_set: Bag
    reason: str | None = "REFUND_DISCREPANCY"


@dataclass
class Refund(Record):
    typename: ClassVar[str] = "Refund"

    order_id: int = 0
    lines: list[RefundLine] = field(default_factory=list)
    shipping: list[RefundShipping] = field(default_factory=list)
    adjustments: list[Adjustment] = field(default_factory=list)
    transaction_ids: list[int] = field(default_factory=list)
    note: str | None = None

    @property
    def processed_at(self) -> datetime:
        return self.created_at


@dataclass
class Transaction(Part):
    typename: ClassVar[str] = "OrderTransaction"

    kind: str  # SALE | AUTHORIZATION | CAPTURE | VOID | REFUND | CHANGE
    status: str  # SUCCESS | PENDING | FAILURE | ERROR
    gateway: str
    amount_set: Bag
    created_at: datetime
    amount_rounding_set: Bag | None = None  # of cash
    parent_id: int | None = None
    test: bool = False

    @property
    def processed_at(self) -> datetime:
        return self.created_at

    @property
    def formatted_gateway(self) -> str:
        return self.gateway.replace("_", " ").title()


@dataclass
class Order(Record):
    """`patch`: what stands in its row in place of the truth, by the API's names."""

    typename: ClassVar[str] = "Order"

    name: str = ""
    processed_at: Any = None
    money: Exchange = field(default_factory=lambda: Exchange("USD", "USD"))
    taxes_included: bool = False
    lines: list[Line] = field(default_factory=list)
    shipping: list[ShippingLine] = field(default_factory=list)
    additional_fees: list[Fee] = field(default_factory=list)
    discounts: list[Discount] = field(default_factory=list)
    refunds_made: list[Refund] = field(default_factory=list)
    transactions_made: list[Transaction] = field(default_factory=list)
    fulfilments_made: list[Fulfilment] = field(default_factory=list)
    fulfilment_orders: list[FulfilmentOrder] = field(default_factory=list)
    customer_id: int | None = None
    email: str | None = None
    phone: str | None = None
    billing_address: Address | None = None
    shipping_address: Address | None = None
    note: str | None = None
    tags: list[str] = field(default_factory=list)
    source_name: str | None = "web"
    source_identifier: str | None = None
    location_id: int | None = None  # where a till stands
    test: bool = False
    edited: bool = False
    tip: Bag | None = None
    placed_total: Bag | None = None  # the total when the order was placed
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    closed_at: datetime | None = None
    tax_exempt: bool = False
    confirmed: bool = True
    patch: dict[str, Any] = field(default_factory=dict)

    def line(self, line_id: int) -> Line:
        return next(each for each in self.lines if each.id == line_id)

    @property
    def currency_code(self) -> str:
        return self.money.shop

    @property
    def presentment_currency_code(self) -> str:
        return self.money.presentment

    @property
    def legacy_resource_id(self) -> str:
        return str(self.id)

    @property
    def closed(self) -> bool:
        return self.closed_at is not None

    @property
    def discount_codes(self) -> list[str]:
        return [each.title for each in self.discounts if each.typename == "DiscountCodeApplication"]


@dataclass(kw_only=True)
class OrderTables:
    """What a site keeps of orders."""

    orders: dict[int, Order] = field(default_factory=dict)
    last_order: int = 1000  # its number, as it is written behind the #
    belongs: dict[tuple[str, int], int] = field(default_factory=dict)  # (type, id of a part) -> id of its order


@dataclass
class OrderOptions:
    """What the vendor's descriptions leave open, or settings of a shop do: each way is how some shop may be."""

    tips: str = "line"  # line (a line item without a product, and in the sum of tips) | apart (the sum alone)
    refund_subtotal: str = "gross"  # of prices with tax in them: gross (as the line's prices) | net
    removal_makes_refund: bool = True  # an edit that takes units out leaves a refund without money
    removed_shipping: str = "gone"  # shipping that an edit takes out: gone | refunded (and its refund says so)
    adjusted_total: bool = True  # what is paid back without lines lowers the current total
    converted_totals: bool = False  # totals are converted as a whole: the parts' sum may be a coin off
    converted_lines: bool = False  # a line's total is converted as a whole: its unit price may not multiply out
    cash_amount: str = "after"  # a cash transaction's amount: after | before its rounding
    sends_gift_cards: bool = True  # as soon as they are paid
    archives: bool = True  # an order that is paid and sent is closed
    horizon_days: int = 60  # older orders are hidden from an app without read_all_orders
    unmoved: frozenset[str] = frozenset({"hold"})  # what does not move an order's date of change
