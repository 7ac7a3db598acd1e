"""Connectors around connectors: everything goes through. A wrapper overrides what it is there for, and no branch of any
step can forget it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from syncctl.connectors.base import BackOffice, Page, WebStore
from syncctl.model import (
    About,
    Customer,
    CustomerChange,
    CustomerKey,
    Document,
    DocumentKind,
    DocumentOutcome,
    Finding,
    Fulfilment,
    FulfilmentChange,
    LevelChange,
    Listing,
    LookUp,
    Order,
    PriceChange,
    Shipment,
    StockLevel,
    Variant,
    WriteOutcome,
)


class WrappedStore(WebStore):
    """A web store behind this one."""

    def __init__(self, store: WebStore) -> None:
        self.name = store.name
        self.abilities = store.abilities
        self.address = store.address
        self.store = store

    def about(self) -> About:
        return self.store.about()

    def examine(self) -> Iterator[Finding]:
        return self.store.examine()

    def fetch_locations(self) -> dict[str, str]:
        return self.store.fetch_locations()

    def fetch_orders(self, cursor: str | None, since: datetime | None) -> Iterator[Page[Order]]:
        return self.store.fetch_orders(cursor, since)

    def expect_customers(self, cursor: str | None) -> None:
        self.store.expect_customers(cursor)

    def fetch_orders_by_id(self, ids: Sequence[str]) -> Page[Order]:
        return self.store.fetch_orders_by_id(ids)

    def fetch_listings(self, cursor: str | None) -> Iterator[Page[Listing]]:
        return self.store.fetch_listings(cursor)

    def fetch_levels(self, listing_ids: Sequence[str], location: str = "") -> dict[str, int | None]:
        return self.store.fetch_levels(listing_ids, location)

    def fetch_prices(self, listing_ids: Sequence[str]) -> dict[str, str | None]:
        return self.store.fetch_prices(listing_ids)

    def push_levels(self, changes: Sequence[LevelChange]) -> list[WriteOutcome]:
        return self.store.push_levels(changes)

    def push_prices(self, changes: Sequence[PriceChange]) -> list[WriteOutcome]:
        return self.store.push_prices(changes)

    def find_fulfilments(self, order_ids: Sequence[str]) -> dict[str, list[Fulfilment]]:
        return self.store.find_fulfilments(order_ids)

    def push_fulfilments(self, changes: Sequence[FulfilmentChange]) -> list[WriteOutcome]:
        return self.store.push_fulfilments(changes)

    def fetch_customers(self, cursor: str | None) -> Iterator[Page[Customer]]:
        return self.store.fetch_customers(cursor)

    def find_customers(self, keys: Sequence[CustomerKey]) -> list[list[Customer]]:
        return self.store.find_customers(keys)

    def push_customers(self, changes: Sequence[CustomerChange]) -> list[WriteOutcome]:
        return self.store.push_customers(changes)

    def mark_invited(self, customer_ids: Sequence[str]) -> list[WriteOutcome]:
        return self.store.mark_invited(customer_ids)

    def send_invites(self, customer_ids: Sequence[str]) -> list[WriteOutcome]:
        return self.store.send_invites(customer_ids)

    def fetch_groups(self) -> list[str]:
        return self.store.fetch_groups()

    def create_groups(self, titles: Sequence[str]) -> None:
        self.store.create_groups(titles)

    def close(self) -> None:
        self.store.close()


class WrappedBackOffice(BackOffice):
    """A back office behind this one."""

    def __init__(self, back_office: BackOffice) -> None:
        self.name = back_office.name
        self.abilities = back_office.abilities
        self.address = back_office.address
        self.back_office = back_office

    def about(self) -> About:
        return self.back_office.about()

    def examine(self) -> Iterator[Finding]:
        return self.back_office.examine()

    def find_documents(self, references: Sequence[str], kind: DocumentKind | None = None) -> list[LookUp]:
        return self.back_office.find_documents(references, kind)

    def push_documents(self, documents: Sequence[Document]) -> list[DocumentOutcome]:
        return self.back_office.push_documents(documents)

    def amend_documents(self, documents: Sequence[Document]) -> list[DocumentOutcome]:
        return self.back_office.amend_documents(documents)

    def void_documents(self, references: Sequence[str]) -> list[DocumentOutcome]:
        return self.back_office.void_documents(references)

    def fetch_outcomes(self, references: Sequence[str]) -> list[DocumentOutcome]:
        return self.back_office.fetch_outcomes(references)

    def fetch_shipments(self, cursor: str | None) -> Iterator[Page[Shipment]]:
        return self.back_office.fetch_shipments(cursor)

    def fetch_stock(self, cursor: str | None) -> Iterator[Page[StockLevel]]:
        return self.back_office.fetch_stock(cursor)

    def fetch_variants(self, cursor: str | None) -> Iterator[Page[Variant]]:
        return self.back_office.fetch_variants(cursor)

    def find_variants(self, skus: Sequence[str]) -> list[Variant]:
        return self.back_office.find_variants(skus)

    def create_variants(self, variants: Sequence[Variant]) -> list[WriteOutcome]:
        return self.back_office.create_variants(variants)

    def fetch_customers(self, cursor: str | None) -> Iterator[Page[Customer]]:
        return self.back_office.fetch_customers(cursor)

    def find_customers(self, keys: Sequence[CustomerKey]) -> list[list[Customer]]:
        return self.back_office.find_customers(keys)

    def push_customers(self, changes: Sequence[CustomerChange]) -> list[WriteOutcome]:
        return self.back_office.push_customers(changes)

    def fetch_groups(self) -> list[str]:
        return self.back_office.fetch_groups()

    def create_groups(self, titles: Sequence[str]) -> None:
        self.back_office.create_groups(titles)

    def close(self) -> None:
        self.back_office.close()
