"""The trade's own words as frozen dataclasses. Connectors make them, rules decide on them, the hub keeps them.

Amounts are integer minor units of the record's currency, net of tax; unit prices stay the decimal text that was sent.
Times are aware UTC. `None` means "this system does not say", `0` means zero.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


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


class DocumentKind(StrEnum):
    """What an order becomes in the back office."""

    SALE = "sale"
    CREDIT = "credit"
    PAYMENT = "payment"


# Financial states that connectors map their own words to; a word they do not know is passed on as it is, and is held.
FINANCIAL_STATES = frozenset(
    "pending authorized partially_paid paid partially_refunded refunded voided expired".split()
)
FULFILMENT_STATES = frozenset("unfulfilled partially_fulfilled fulfilled on_hold scheduled in_progress".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the other side says of itself. `identity` is its own immutable id (shop id, company id, realm)."""

    identity: str
    name: str
    currency: str | None = None
    time_zone: str | None = None
    server_time: datetime | None = None


# --- customers -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    kind: str = "shipping"  # shipping | billing | other
    name: str = ""
    company: str = ""
    street: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""
    phone: str = ""
    is_default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One recorded answer to "may we send marketing?". Absent consent is unknown, and is no Consent at all."""

    channel: str  # email | sms
    state: str  # subscribed | unsubscribed | pending
    changed_at: datetime | None = None
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """One person or company as one system knows it. `id` is that system's own; "" for a guest who has none."""

    id: str
    name: str = ""
    company: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    addresses: tuple[Address, ...] = ()
    group: str | None = None  # exact title; None: this system does not say
    consents: tuple[Consent, ...] = ()
    note: str = ""
    tax_exempt: bool | None = None
    reference: str | None = None  # our name for a customer that we created there
    guest: bool = False
    created_at: datetime | None = None
    changed_at: datetime | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerKey:
    """What to look a customer up by; every field that is set is searched, the caller compares exactly."""

    reference: str | None = None
    id: str | None = None
    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerChange:
    """Create (`id` None, with `reference`) or change a customer. Only `fields` are written; the rest is left alone.

    `expected` is what the caller read last, for systems that compare before they write.
    """

    key: str
    id: str | None
    reference: str
    fields: Mapping[str, object]  # names and shapes are those of Customer
    expected: Customer | None = None


# --- orders --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class LineItem:
    """One line of an order, keyed by the platform's line id. `amount` is before discounts, net of tax."""

    id: str
    sku: str | None
    title: str
    quantity: int  # ordered; later refunds do not change it, edits do
    unit_price: str  # decimal text as sent, net or gross as the order's `tax_included` says
    amount: int
    tax: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """Something on the order that is no goods. Signed: a discount is negative."""

    kind: str  # a ChargeKind, or the platform's own word
    title: str
    amount: int
    tax: int = 0
    line_id: str | None = None  # a discount of one line


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money that really moved (captured, settled), by the platform's transaction id. Refunds are negative."""

    id: str
    gateway: str
    amount: int
    paid_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundLine:
    line_id: str
    quantity: int
    amount: int  # positive, net of tax
    tax: int = 0
    restock: bool = False  # the units can be sold again


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Money given back, by the platform's refund id. lines + charges + tax = total, all positive."""

    id: str
    total: int
    lines: tuple[RefundLine, ...] = ()
    charges: tuple[Charge, ...] = ()  # refunded shipping, an adjustment without lines
    refunded_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfilmentLine:
    quantity: int
    line_id: str | None = None  # the web store's line id, where the system kept it
    sku: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fulfilment:
    """Goods that left, as a web store records them."""

    id: str
    order_id: str
    lines: tuple[FulfilmentLine, ...]
    tracking_number: str = ""
    carrier: str = ""
    tracking_url: str = ""
    shipped_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
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
    lines: tuple[LineItem, ...]
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
    payments: tuple[Payment, ...] = ()
    refunds: tuple[Refund, ...] = ()
    fulfilments: tuple[Fulfilment, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def tax(self) -> int:
        """All tax on the order, minor units."""
        return sum(line.tax for line in self.lines) + sum(charge.tax for charge in self.charges)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A record so broken that not even its lines are known; held under `id`."""

    id: str
    reason: str


# --- documents -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLine:
    line_id: str
    sku: str  # the back office's item: the order's SKU, or the placeholder item
    title: str
    quantity: int  # always positive; the kind of the document says which way it goes
    unit_price: str
    amount: int
    tax: int = 0
    restock: bool = True  # credits only: put the units back


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentCharge:
    kind: str
    item: str  # the back office's item or account for it, by setting
    title: str
    amount: int
    tax: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What the back office should hold. lines + charges + tax = total, in minor units of `currency`.

    `reference` is ours and unique; sending the same one again must never make a second document. `fingerprint` is
    the hash of the order's commercial content that it was made from.
    """

    reference: str
    kind: DocumentKind
    event: str  # order | cancel | return | the platform's refund or transaction id
    order_id: str
    number: str  # readable order number, for memo and PO fields
    dated_on: date
    currency: str
    total: int
    fingerprint: str
    lines: tuple[DocumentLine, ...] = ()
    charges: tuple[DocumentCharge, ...] = ()
    tax_included: bool = False
    customer_id: str | None = None  # the back office's id; None: its account for guests
    original: str | None = None  # credits and payments: reference of the sale they belong to
    store_number: int | None = None
    tender: str | None = None  # payments: the back office's tender or account

    @property
    def tax(self) -> int:
        return sum(line.tax for line in self.lines) + sum(charge.tax for charge in self.charges)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A document with exactly this reference is there. `state`: booked, or queued (accepted, not yet booked)."""

    reference: str
    remote_id: str
    total: int
    currency: str
    state: str = "booked"
    number: str = ""
    sequence: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """The back office is sure that no document has this reference."""

    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotTell:
    """The back office has no way to look this reference up (a file exchange), or not now."""

    reference: str
    reason: str = ""


LookUp = Found | Absent | CannotTell


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedDocument:
    """A document that the hub knows to be in the back office (booked), or accepted by it (queued)."""

    order_id: int
    reference: str
    kind: str
    event: str
    state: str
    fingerprint: str
    total: int
    remote_id: str = ""


# --- outcomes of writes, one per record ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """The document is in the books. `sequence`: the system's own monotone count, where its readings carry one."""

    key: str
    remote_id: str
    number: str = ""
    sequence: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """Accepted for later; not in the books yet. A later run learns the outcome."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Not done, for this record alone, and the other side said so."""

    key: str
    reason: str  # a short word: unknown_sku, closed_period, name_taken …
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Done. `remote_id` is set where the write created something."""

    key: str
    remote_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """Compare-and-set: the other side did not hold what was expected; nothing was written."""

    key: str
    actual: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """The reply for this one record could not be read; it may or may not have been done."""

    key: str
    message: str = ""


DocumentOutcome = Booked | Queued | Refused | Unclear
WriteOutcome = Written | Queued | Refused | Mismatch | Unclear


# --- catalog and stock ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """`amount` is decimal text; `price_list` "" is the back office's ordinary price."""

    amount: str
    currency: str
    price_list: str = ""
    compare_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One SKU as the back office keeps it. `tracked` False: it keeps no stock of it."""

    sku: str
    title: str = ""
    remote_id: str = ""
    product_id: str = ""
    product_title: str = ""
    tracked: bool = True
    active: bool = True
    prices: tuple[Price, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StockLevel:
    """Units of one SKU at one location, as one system reported them. None: it does not say."""

    sku: str
    available: int  # can be sold now; negative when oversold
    location: str = ""
    on_hand: int | None = None
    committed: int | None = None  # on placed orders, not yet fulfilled


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One variant as one store shows it. `quantity` None: unknown, or not kept by the store.

    `managed` False: the level is not ours to write (untracked, bundle parent, drop-ship); `why` says so.
    """

    id: str
    sku: str
    title: str = ""
    quantity: int | None = None
    price: str | None = None
    managed: bool = True
    why: str = ""
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelChange:
    """Set the level of one listing. `expected` is what was read just before: compare, or derive the delta from it."""

    key: str
    listing_id: str
    quantity: int
    expected: int
    location: str = ""


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


# --- what rules decide ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A quantity to show, with the terms that made it, for `explain`."""

    quantity: int
    terms: Mapping[str, int] = field(default_factory=dict)


# --- what a run tells ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReport:
    """One party's part of one step. `state`: done | failed | not run | stopped; `reason` says why it is not done."""

    step: str  # pull-orders | push-orders | pull-data | push-data
    party: str
    state: str
    reason: str = ""
    hint: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedWrite:
    """A write that a dry run would have sent."""

    party: str
    operation: str
    record: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a run did. `new_holds`: records that this run put on hold."""

    run_id: int
    command: str
    exit_code: int
    steps: tuple[StepReport, ...]
    new_holds: int = 0
    planned: tuple[PlannedWrite, ...] = ()
    notes: tuple[str, ...] = ()
