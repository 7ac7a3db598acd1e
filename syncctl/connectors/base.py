"""The two interfaces that every system is fitted to, and what a connector can do, as numbers.

A connector knows no hub, no command line and no other connector. Reads yield pages, each with the cursor that resumes
after it; writes take batches and give one outcome per record, in the order given. What a connector raises:

- `Unreachable` (also `Throttled`): down, throttling, or a reply that could not be read. After a write: outcome unknown.
- `SignInNeeded`: credentials or rights refused.
- `CursorLost`: a cursor is too old or unreadable; the caller begins that reading anew.
- `BatchRefused`: the whole batch was refused and *none* of it was done.
- `SafetyStop`: the other side is not the one that was configured.

A record that is refused alone is a `Refused`; a record that cannot be read is an `Unreadable`, or an order with
`problems`. Nothing is dropped in silence, and no word that is not known is guessed.

Quantities are whole units, read by `syncctl.units`: levels, and what came back or left, are floored; what was sold is
raised, and an order with a fraction in it says so (`fractional`, and a problem that names the line). Kits in kits are
taken apart. A store with locations of its own is read and written at the one that its settings name.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from syncctl.errors import SyncctlError
from syncctl.model import (
    About,
    Booked,
    Customer,
    CustomerChange,
    CustomerKey,
    Document,
    DocumentKind,
    DocumentOutcome,
    Finding,
    Found,
    Fulfilment,
    FulfilmentChange,
    LevelChange,
    Listing,
    LookUp,
    Order,
    PriceChange,
    Queued,
    Refused,
    Shipment,
    StockLevel,
    Unreadable,
    Variant,
    WriteOutcome,
)

Record = TypeVar("Record", covariant=True)

CUSTOMER_FIELDS = frozenset({"name", "company", "emails", "phones", "addresses", "note", "tax_id", "tax_exempt"})
"""What most systems keep of a customer; groups and consents have abilities of their own."""

OVERLAP_SECONDS = 600
"""How far behind the server's own time a cursor's lower bound stays, so that late rows are still seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Record]):
    """Some records and where to resume after them.

    `cursor` is opaque text made by the connector; only the last page's moves the lower bound. `full` True: together
    the pages are everything there is, so absence means gone; False: only what changed. No page at all: there is no new
    reading, and the last one stands. `source_time`: when the source
    took this reading, None where that is now. `sequence`: the source's own count at that moment, to be compared with
    the `sequence` of `Booked`, for sources whose readings and bookings reach us late.
    """

    records: Sequence[Record]
    cursor: str
    unreadable: Sequence[Unreadable] = ()
    gone: Sequence[str] = ()  # ids of records that the other side says were deleted
    full: bool = False
    source_time: datetime | None = None
    sequence: int | None = None


class StockWrite(StrEnum):
    """How a store can change a level, best first."""

    COMPARE_AND_SET = "compare_and_set"
    RELATIVE = "relative"
    ABSOLUTE = "absolute"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreAbilities:
    stock_write: StockWrite
    level_batch: int  # listings read or written in one call
    price_batch: int
    fulfilment_batch: int
    order_batch: int  # ids in one `fetch_orders_by_id`
    listing_changes: bool  # `fetch_listings(cursor)` reports changed levels and prices, orders' included
    locations: bool = False  # levels are kept per location
    customer_batch: int = 0  # 0: customers cannot be written
    customer_search: frozenset[str] = frozenset({"reference", "id", "email", "phone"})
    customer_fields: frozenset[str] = CUSTOMER_FIELDS  # what it keeps of a customer; the rest is never sent there
    reference_length: int = 50  # longest reference of a customer that the store keeps and finds again
    customer_changes: bool = True  # `fetch_customers(cursor)` tells who changed; see there where it is False
    customer_departures: bool = True  # ... and who was deleted or merged; else that shows when they are looked up
    e164_phones: bool = False  # phone numbers are taken with their country code alone, as +442079460123
    groups: bool = False
    makes_groups: bool = True  # False: the settings name the groups, and `create_groups` makes no other
    consent_channels: frozenset[str] = frozenset()
    levels_together: int = 0  # levels that can be compared together at most: see `LevelChange.together`; 0: none
    priced_levels: bool = False  # a level and the price of its listing go out in one write (`LevelChange.price`)
    invites: str = ""  # how it tells who was invited: state (its own), mark (ours), blind (not at all); "": none sent
    order_horizon_days: int | None = None  # older orders cannot be seen


@dataclass(frozen=True, slots=True, kw_only=True)
class BackOfficeAbilities:
    kinds: frozenset[DocumentKind]
    document_batch: int
    reference_length: int  # longest reference that the system keeps and finds again
    stock_falls_on: str  # order | invoice | shipment: after which the number it reports as available lacks the units
    queued_in_order: bool = False  # what hangs on a document may be queued behind it, before that one is booked
    answers_later: bool = False  # push may answer Queued; `fetch_outcomes` tells later
    look_up: bool = True  # False: `find_documents` answers CannotTell
    keyed_writes: bool = False  # the system itself refuses a second document with the same reference
    look_up_batch: int = 100
    customer_batch: int = 50  # 0: customers cannot be written
    customer_search: frozenset[str] = frozenset({"reference", "id", "email", "phone"})
    customer_fields: frozenset[str] = CUSTOMER_FIELDS
    customer_changes: bool = True
    customer_departures: bool = True
    e164_phones: bool = False
    creates_variants: bool = False
    amend: frozenset[str] = frozenset()  # ways to change a booked sale: amend, void, or credit, and book again
    locations: bool = False
    groups: bool = False
    makes_groups: bool = True
    consent_channels: frozenset[str] = frozenset()


class WebStore(ABC):
    """One configured web store.

    `address`: the pinned address, where nothing but that tells this store from another. `about()` is asked once a day
    then, not in each run; "": the store has an id of its own, which may change behind its address.
    """

    name: str
    abilities: StoreAbilities
    address: str = ""

    @abstractmethod
    def about(self) -> About:
        """Who this store says it is. Cheap: one call."""

    def examine(self) -> Iterator[Finding]:
        """What `doctor` asks of this store, one finding after the other. It writes nothing and raises nothing."""
        yield _reached(self)

    def fetch_locations(self) -> dict[str, str]:
        """The locations that stock is kept at there, where `abilities.locations`: their ids, each with its name."""
        return {}

    @abstractmethod
    def fetch_orders(self, cursor: str | None, since: datetime | None) -> Iterator[Page[Order]]:
        """Orders in any status, changed since `cursor`; without one, all placed from `since` on.

        A record may come more than once, and in any order; none may be missed. Rows that change while the pages are
        read are seen now or by the next cursor.
        """

    def expect_customers(self, cursor: str | None) -> None:
        """The caller means to ask `fetch_customers(cursor)` when it has read its next `fetch_orders` to the end.

        A store that answers both at once may ask for both then. Nothing is promised: the caller may fail in between,
        ask other things, or not ask for customers at all. Nothing is contacted by this call itself.
        """

    @abstractmethod
    def fetch_orders_by_id(self, ids: Sequence[str]) -> Page[Order]:
        """These orders as they are now; one that is gone is absent. At most `order_batch` ids."""

    @abstractmethod
    def fetch_listings(self, cursor: str | None) -> Iterator[Page[Listing]]:
        """Without a cursor: every listing (`full`). With one: those changed since, where `listing_changes`."""

    @abstractmethod
    def fetch_levels(self, listing_ids: Sequence[str], location: str = "") -> dict[str, int | None]:
        """The levels of these listings, read now, never from a cache. An unknown id is absent."""

    @abstractmethod
    def fetch_prices(self, listing_ids: Sequence[str]) -> dict[str, str | None]:
        """The ordinary prices of these listings as decimal text, read now. An unknown id is absent."""

    @abstractmethod
    def push_levels(self, changes: Sequence[LevelChange]) -> list[WriteOutcome]:
        """Set levels; by comparing with `expected`, or by a delta from it, where the store can.

        Where `priced_levels`, a change may carry the listing's price too: both are done, or none of them is.

        A store that takes writes in and shows them later answers Queued; a delta must not be answered before it shows.
        """

    @abstractmethod
    def push_prices(self, changes: Sequence[PriceChange]) -> list[WriteOutcome]:
        """Set the ordinary price of listings and touch nothing else."""

    @abstractmethod
    def find_fulfilments(self, order_ids: Sequence[str]) -> dict[str, list[Fulfilment]]:
        """The fulfilments that these orders already have, read now."""

    @abstractmethod
    def push_fulfilments(self, changes: Sequence[FulfilmentChange]) -> list[WriteOutcome]:
        """Record shipments. Not idempotent in most stores: the caller looks first."""

    @abstractmethod
    def fetch_customers(self, cursor: str | None) -> Iterator[Page[Customer]]:
        """Customers changed since `cursor`; a deleted or merged one by its id, where `customer_departures`.

        As with orders: one may come twice, none is missed, whatever changes while the pages are read. Where not
        `customer_changes`, a cursor brings those who are new and, from time to time, everybody; nobody who was deleted
        is told of.
        """

    @abstractmethod
    def find_customers(self, keys: Sequence[CustomerKey]) -> list[list[Customer]]:
        """Candidates for each key, in the keys' order, at most `customer_batch` of them in one call.

        A search may return too many: the caller compares.

        A system that cannot tell now (its mirror is not here yet) raises Unreachable: an empty list means nobody.
        """

    @abstractmethod
    def push_customers(self, changes: Sequence[CustomerChange]) -> list[WriteOutcome]:
        """Create or change customers; only the named fields, and of consents only the named channels."""

    def mark_invited(self, customer_ids: Sequence[str]) -> list[WriteOutcome]:
        """Mark these customers as invited, where `abilities.invites` is mark: before anything is sent."""
        return [Refused(key=one, reason="cannot_mark") for one in customer_ids]

    def send_invites(self, customer_ids: Sequence[str]) -> list[WriteOutcome]:
        """Have the store invite these customers to an account, where it can. Never sent again blindly."""
        return [Refused(key=one, reason="cannot_invite") for one in customer_ids]

    @abstractmethod
    def fetch_groups(self) -> list[str]:
        """Exact titles of the customer groups."""

    @abstractmethod
    def create_groups(self, titles: Sequence[str]) -> None:
        """Make the groups that are missing, compared exactly; again without harm.

        Where not `makes_groups`, BatchRefused for one that is not there.
        """

    def close(self) -> None:
        """Let go of connections."""


class BackOffice(ABC):
    """The one configured back office. `address`: as a web store's."""

    name: str
    abilities: BackOfficeAbilities
    address: str = ""

    @abstractmethod
    def about(self) -> About:
        """Which company this is. Cheap: one call."""

    def examine(self) -> Iterator[Finding]:
        """What `doctor` asks of it, one finding after the other. It writes nothing and raises nothing."""
        yield _reached(self)

    @abstractmethod
    def find_documents(self, references: Sequence[str], kind: DocumentKind | None = None) -> list[LookUp]:
        """One answer per reference, in order. The connector compares exactly, whatever the search returned.

        `kind`: all of them are of this kind, which saves queries where each kind is a table of its own.
        """

    @abstractmethod
    def push_documents(self, documents: Sequence[Document]) -> list[DocumentOutcome]:
        """Create documents; `reference` is also the idempotency key where the system has one. Never retried blindly."""

    def amend_documents(self, documents: Sequence[Document]) -> list[DocumentOutcome]:
        """Make these booked documents say this instead, where `abilities.amend` has "amend".

        They are found by reference, and what is said is absolute: the same again does no harm. Booked: it is so now.
        """
        return [Refused(key=one.reference, reason="cannot_amend") for one in documents]

    def void_documents(self, references: Sequence[str]) -> list[DocumentOutcome]:
        """Make these booked sales void, where `abilities.amend` has "void". Booked: it is so, since now or before."""
        return [Refused(key=reference, reason="cannot_void") for reference in references]

    def fetch_outcomes(self, references: Sequence[str]) -> list[DocumentOutcome]:
        """What became of documents, or of changes of them, that were Queued: Booked, Refused, or still Queued."""
        return [_outcome(found) for found in self.find_documents(references)]

    @abstractmethod
    def fetch_shipments(self, cursor: str | None) -> Iterator[Page[Shipment]]:
        """Shipments and invoices made since `cursor`, of documents that carry a reference of ours."""

    @abstractmethod
    def fetch_stock(self, cursor: str | None) -> Iterator[Page[StockLevel]]:
        """Levels: everything (`full`), or what changed since `cursor`, whichever the system does best."""

    @abstractmethod
    def fetch_variants(self, cursor: str | None) -> Iterator[Page[Variant]]:
        """The catalog with its prices: everything (`full`), or what changed since `cursor`."""

    @abstractmethod
    def find_variants(self, skus: Sequence[str]) -> list[Variant]:
        """Those of these SKUs that the back office can sell, compared exactly; the others are absent."""

    def create_variants(self, variants: Sequence[Variant]) -> list[WriteOutcome]:
        """Make items for unknown SKUs, where `creates_variants`; one that exists already counts as written."""
        return [Refused(key=variant.sku, reason="cannot_create_items") for variant in variants]

    @abstractmethod
    def fetch_customers(self, cursor: str | None) -> Iterator[Page[Customer]]:
        """Customers changed since `cursor`; a deleted or merged one by its id, where `customer_departures`.

        As with orders: one may come twice, none is missed, whatever changes while the pages are read. Where not
        `customer_changes`: as a web store's.
        """

    @abstractmethod
    def find_customers(self, keys: Sequence[CustomerKey]) -> list[list[Customer]]:
        """Candidates for each key, in the keys' order, at most `customer_batch` of them in one call.

        A search may return too many: the caller compares.

        A system that cannot tell now (its mirror is not here yet) raises Unreachable: an empty list means nobody.
        """

    @abstractmethod
    def push_customers(self, changes: Sequence[CustomerChange]) -> list[WriteOutcome]:
        """Create or change customers; only the named fields, and of consents only the named channels."""

    @abstractmethod
    def fetch_groups(self) -> list[str]:
        """Exact titles of the customer groups."""

    @abstractmethod
    def create_groups(self, titles: Sequence[str]) -> None:
        """Make the groups that are missing, compared exactly; again without harm."""

    def close(self) -> None:
        """Let go of connections."""


def _reached(side: WebStore | BackOffice) -> Finding:
    """Whether a side answers at all, and who it says it is."""
    try:
        about = side.about()
    except SyncctlError as error:
        return Finding(level="fail", subject=side.name, text=str(error), fix=error.hint, exit_code=error.exit_code)
    currency = "" if about.currency is None else f", in {about.currency}"
    text = f"answers as {about.name} ({about.identity}){currency}"
    return Finding(level="ok", subject=side.name, text=text, about=about)


def _outcome(found: LookUp) -> DocumentOutcome:
    if isinstance(found, Found) and found.state == "booked":
        return Booked(key=found.reference, remote_id=found.remote_id, number=found.number, sequence=found.sequence)
    return Queued(key=found.reference)
