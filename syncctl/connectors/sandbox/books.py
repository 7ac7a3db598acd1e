"""The sandbox's back office as syncctl sees it. It works its queue when a later run comes by for the first time."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import ClassVar, TypeVar

from syncctl.connectors.base import BackOffice, BackOfficeAbilities, Page
from syncctl.connectors.patience import Patience
from syncctl.connectors.sandbox.examine import examined
from syncctl.connectors.sandbox.manners import Manners
from syncctl.connectors.sandbox.office import Office
from syncctl.connectors.sandbox.office_booking import REFERENCE_LENGTH
from syncctl.connectors.sandbox.office_readings import CUSTOMERS, LEVELS, SHIPMENTS, VARIANTS, Reading
from syncctl.connectors.sandbox.office_tables import APPLICATION_ID
from syncctl.connectors.tokens import Tokens
from syncctl.errors import BatchRefused
from syncctl.model import (
    About,
    Customer,
    CustomerChange,
    CustomerKey,
    Document,
    DocumentKind,
    DocumentOutcome,
    Finding,
    LookUp,
    Refused,
    Shipment,
    StockLevel,
    Variant,
    WriteOutcome,
    Written,
)
from syncctl.settings import SandboxBooksSettings

Record = TypeVar("Record")


class SandboxBooks(BackOffice):
    """A back office in a local file."""

    page_size: ClassVar[int] = 1000

    def __init__(
        self,
        name: str,
        settings: SandboxBooksSettings,
        _patience: Patience | None = None,
        _tokens: Tokens | None = None,
    ) -> None:
        self.name = name
        self.settings = settings
        self.manners = Manners.of(settings)
        self.abilities = BackOfficeAbilities(
            kinds=frozenset(DocumentKind),
            document_batch=100,
            reference_length=REFERENCE_LENGTH,
            stock_falls_on=settings.stock_falls_on,
            answers_later=settings.answers == "later",
            look_up_batch=1000,
            customer_batch=50,
            creates_variants=True,
            amend=frozenset(settings.amend),
            locations=True,
            groups=True,
            consent_channels=self.manners.channels,
        )
        self._opened: Office | None = None

    @property
    def office(self) -> Office:
        """The vendor's side, opened and its queue worked at the first call."""
        if self._opened is None:
            self._opened = Office(
                self.settings.path, stock_falls_on=self.settings.stock_falls_on, answers=self.settings.answers
            )
            self._opened.work_queue()
        return self._opened

    def about(self) -> About:
        return self.office.about()

    def examine(self) -> Iterator[Finding]:
        return examined(self.name, self.settings.path, APPLICATION_ID, "Sandbox back office")

    def find_documents(self, references: Sequence[str], kind: DocumentKind | None = None) -> list[LookUp]:
        """All kinds are one table here; a document of another kind has another reference."""
        del kind
        return self.office.find(references)

    def push_documents(self, documents: Sequence[Document]) -> list[DocumentOutcome]:
        """Book or queue. The same reference again makes a second document: the caller looks first."""
        self._fits(len(documents), self.abilities.document_batch)
        return self.office.push(documents)

    def amend_documents(self, documents: Sequence[Document]) -> list[DocumentOutcome]:
        """Change sales, or queue that; refused for a closed period, and below what was shipped or credited."""
        if "amend" not in self.abilities.amend:
            return super().amend_documents(documents)
        self._fits(len(documents), self.abilities.document_batch)
        return self.office.amend(documents)

    def void_documents(self, references: Sequence[str]) -> list[DocumentOutcome]:
        """Make sales void, or queue that; refused for a closed period, and where something hangs on the sale."""
        if "void" not in self.abilities.amend:
            return super().void_documents(references)
        self._fits(len(references), self.abilities.document_batch)
        return self.office.void(references)

    def fetch_outcomes(self, references: Sequence[str]) -> list[DocumentOutcome]:
        return self.office.outcomes(references)

    def fetch_shipments(self, cursor: str | None) -> Iterator[Page[Shipment]]:
        yield from self._pages(SHIPMENTS, cursor)

    def fetch_stock(self, cursor: str | None) -> Iterator[Page[StockLevel]]:
        yield from self._pages(LEVELS, cursor)

    def fetch_variants(self, cursor: str | None) -> Iterator[Page[Variant]]:
        yield from self._pages(VARIANTS, cursor)

    def find_variants(self, skus: Sequence[str]) -> list[Variant]:
        return self.office.variants(skus)

    def create_variants(self, variants: Sequence[Variant]) -> list[WriteOutcome]:
        """Make items; one that exists is left as it is and counts as written."""
        ids = self.office.create_items(variants)
        return [Written(key=variant.sku, remote_id=ids[variant.sku]) for variant in variants]

    def fetch_customers(self, cursor: str | None) -> Iterator[Page[Customer]]:
        for page in self._pages(CUSTOMERS, cursor):
            yield replace(page, records=[self.manners.told(one) for one in page.records])

    def find_customers(self, keys: Sequence[CustomerKey]) -> list[list[Customer]]:
        """Loosely: a part of the e-mail in any case, a part of the phone as it was typed, references in any case."""
        self._fits(len(keys), self.abilities.customer_batch)
        return [[self.manners.told(one) for one in found] for found in self.office.search_customers(keys)]

    def push_customers(self, changes: Sequence[CustomerChange]) -> list[WriteOutcome]:
        self._fits(len(changes), self.abilities.customer_batch)
        taken = [self.manners.taken(change) for change in changes]
        done = iter(self.office.write_customers([one for one in taken if isinstance(one, CustomerChange)]))
        return [one if isinstance(one, Refused) else next(done) for one in taken]

    def fetch_groups(self) -> list[str]:
        return self.office.groups()

    def create_groups(self, titles: Sequence[str]) -> None:
        self.office.add_groups(titles)

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _pages(self, source: Reading[Record], cursor: str | None) -> Iterator[Page[Record]]:
        return self.office.pages(source, cursor, self.page_size)

    def _fits(self, count: int, most: int) -> None:
        if count > most:
            raise BatchRefused(f"At most {most} records in one call; {count} came and nothing was done.")
