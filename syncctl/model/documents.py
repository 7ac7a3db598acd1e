"""What an order becomes in the back office."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from syncctl.model.customers import Address

CANCEL = "cancel"
"""The event of the credit for what a cancellation takes back beyond the refunds."""


class DocumentKind(StrEnum):
    """What an order becomes in the back office."""

    SALE = "sale"
    CREDIT = "credit"
    PAYMENT = "payment"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLine:
    line_id: str
    sku: str  # the back office's item: the order's SKU, or the placeholder item
    title: str
    quantity: int  # always positive; the kind of the document says which way it goes
    unit_price: str
    amount: int
    tax: int = 0
    restock: bool = True  # credits only: the units can be sold again; see `Document.returned`


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentCharge:
    kind: str
    item: str  # the back office's item or account for it, by setting
    title: str
    amount: int
    tax: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tender:
    """Money that a sale was paid with. `tender`: the back office's tender or account for it."""

    tender: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What the back office should hold. lines + charges + tax = total, in minor units of `currency`.

    `reference` is ours and unique; sending the same one again must never make a second document. `fingerprint` is
    the hash of the order's commercial content that it was made from.
    """

    reference: str
    kind: DocumentKind
    event: str  # order | CANCEL | return | the platform's refund or transaction id
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
    location: str = ""  # the back office's location that its units leave from, or come back to; "": it decides
    original: str | None = None  # credits and payments: reference of the sale they belong to
    revision: int = 1  # of the sale, or of the sale they belong to: it may be undone and booked again
    store_number: int | None = None
    taxed: bool = True  # False: the web's tax was left out
    payments: tuple[Tender, ...] = ()  # sales: what was paid, where payments are no documents of their own
    email: str = ""
    ship_to: Address | None = None
    bill_to: Address | None = None
    tender: str | None = None  # payments: the back office's tender or account

    @property
    def tax(self) -> int:
        return sum(line.tax for line in self.lines) + sum(charge.tax for charge in self.charges)

    @property
    def returned(self) -> bool:
        """Whether units that had left are back with a credit that restocks them: a cancellation does not say so."""
        return self.event != CANCEL


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundLine:
    """A line of a document that is there. `line_id`: the one that it was sent with; `item`: what it is booked on.

    `quantity`: positive, as it was sent; lines of the same `line_id` count together.
    """

    line_id: str
    item: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A document with exactly this reference is there.

    `state`: booked; queued (it, or a change of it, was accepted and is not in the books yet); void. `total` is what
    the books say, where they have it at all. `location`: where they booked it, '': they chose; None: they do not tell.
    `lines`: those that were sent, without what was added there; None: they do not tell.
    """

    reference: str
    remote_id: str
    total: int
    currency: str
    state: str = "booked"
    number: str = ""
    sequence: int | None = None
    location: str | None = None
    lines: tuple[FoundLine, ...] | None = None


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
    """A document that the hub knows to be in the back office (booked), or accepted by it (queued).

    `state` amending: a change of it was sent, and what became of that is not known; `total` and `fingerprint` are
    those before the change.
    """

    order_id: int
    reference: str
    kind: str
    event: str
    state: str
    fingerprint: str
    total: int
    remote_id: str = ""
    revision: int = 1
    sequence: int | None = None  # of its last change there, as far as we know


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedSale:
    """The sale of an order as the books hold it, as far as the hub knows; titles and unit prices are not kept.

    `taxed`: its tax is in it. `recorded.state` amending: it may say something else by now.
    """

    recorded: RecordedDocument
    taxed: bool
    location: str  # that its units leave from, as we asked for; credits and changes of it stay there
    lines: tuple[DocumentLine, ...]
    charges: tuple[DocumentCharge, ...]

    @property
    def items(self) -> dict[str, str]:
        """The item that each line was booked on, by line id."""
        return {line.line_id: line.sku for line in self.lines}
