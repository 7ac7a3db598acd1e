"""Connectors that send nothing: reads go through, writes are recorded and answered as if accepted for later.

A wrapper of the same interfaces, so that no branch of any step can forget a dry run.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from syncctl import money
from syncctl.connectors.base import BackOffice, Page, WebStore
from syncctl.model import (
    About,
    Customer,
    CustomerChange,
    CustomerKey,
    Document,
    DocumentKind,
    DocumentOutcome,
    Fulfilment,
    FulfilmentChange,
    LevelChange,
    Listing,
    LookUp,
    Order,
    PlannedWrite,
    PriceChange,
    Queued,
    Shipment,
    StockLevel,
    Variant,
    WriteOutcome,
    Written,
)


class DryStore(WebStore):
    """A web store to which nothing is written; what would have been stands in `planned`."""

    def __init__(self, store: WebStore, planned: list[PlannedWrite]) -> None:
        self.name = store.name
        self.abilities = store.abilities
        self._store = store
        self._planned = planned

    def _plan(self, operation: str, record: str, detail: str) -> None:
        self._planned.append(PlannedWrite(party=self.name, operation=operation, record=record, detail=detail))

    def about(self) -> About:
        return self._store.about()

    def fetch_orders(self, cursor: str | None, since: datetime | None) -> Iterator[Page[Order]]:
        return self._store.fetch_orders(cursor, since)

    def fetch_orders_by_id(self, ids: Sequence[str]) -> Page[Order]:
        return self._store.fetch_orders_by_id(ids)

    def fetch_listings(self, cursor: str | None) -> Iterator[Page[Listing]]:
        return self._store.fetch_listings(cursor)

    def fetch_levels(self, listing_ids: Sequence[str], location: str = "") -> dict[str, int | None]:
        return self._store.fetch_levels(listing_ids, location)

    def fetch_prices(self, listing_ids: Sequence[str]) -> dict[str, str | None]:
        return self._store.fetch_prices(listing_ids)

    def push_levels(self, changes: Sequence[LevelChange]) -> list[WriteOutcome]:
        for change in changes:
            self._plan("level.set", f"listing {change.listing_id}", f"{change.expected} -> {change.quantity}")
        return [Queued(key=change.key) for change in changes]

    def push_prices(self, changes: Sequence[PriceChange]) -> list[WriteOutcome]:
        for change in changes:
            self._plan("price.set", f"listing {change.listing_id}", f"{change.price} {change.currency}")
        return [Queued(key=change.key) for change in changes]

    def find_fulfilments(self, order_ids: Sequence[str]) -> dict[str, list[Fulfilment]]:
        return self._store.find_fulfilments(order_ids)

    def push_fulfilments(self, changes: Sequence[FulfilmentChange]) -> list[WriteOutcome]:
        for change in changes:
            self._plan("fulfilment.create", f"order {change.order_id}", f"tracking {change.tracking_number or 'none'}")
        return [Queued(key=change.key) for change in changes]

    def fetch_customers(self, cursor: str | None) -> Iterator[Page[Customer]]:
        return self._store.fetch_customers(cursor)

    def find_customers(self, keys: Sequence[CustomerKey]) -> list[list[Customer]]:
        return self._store.find_customers(keys)

    def push_customers(self, changes: Sequence[CustomerChange]) -> list[WriteOutcome]:
        return _planned_customers(self.name, changes, self._planned)

    def fetch_groups(self) -> list[str]:
        return self._store.fetch_groups()

    def create_groups(self, titles: Sequence[str]) -> None:
        for title in titles:
            self._plan("group.create", title, "")

    def close(self) -> None:
        self._store.close()


class DryBackOffice(BackOffice):
    """A back office to which nothing is written; what would have been stands in `planned`."""

    def __init__(self, back_office: BackOffice, planned: list[PlannedWrite]) -> None:
        self.name = back_office.name
        # What hangs on a sale is planned behind it, though nothing will ever book that sale; but not where a real run
        # would have to wait for the sale too.
        can = back_office.abilities
        self.abilities = replace(can, queued_in_order=can.queued_in_order or not can.answers_later)
        self._back_office = back_office
        self._planned = planned

    def _plan(self, operation: str, record: str, detail: str) -> None:
        self._planned.append(PlannedWrite(party=self.name, operation=operation, record=record, detail=detail))

    def about(self) -> About:
        return self._back_office.about()

    def find_documents(self, references: Sequence[str], kind: DocumentKind | None = None) -> list[LookUp]:
        return self._back_office.find_documents(references, kind)

    def push_documents(self, documents: Sequence[Document]) -> list[DocumentOutcome]:
        for one in documents:
            total = f"{money.to_text(one.total, one.currency)} {one.currency}"
            self._plan(f"document.create {one.kind}", f"order {one.number}", f"{total}, {len(one.lines)} lines")
        return [Queued(key=one.reference) for one in documents]

    def fetch_outcomes(self, references: Sequence[str]) -> list[DocumentOutcome]:
        return self._back_office.fetch_outcomes(references)

    def fetch_shipments(self, cursor: str | None) -> Iterator[Page[Shipment]]:
        return self._back_office.fetch_shipments(cursor)

    def fetch_stock(self, cursor: str | None) -> Iterator[Page[StockLevel]]:
        return self._back_office.fetch_stock(cursor)

    def fetch_variants(self, cursor: str | None) -> Iterator[Page[Variant]]:
        return self._back_office.fetch_variants(cursor)

    def find_variants(self, skus: Sequence[str]) -> list[Variant]:
        return self._back_office.find_variants(skus)

    def create_variants(self, variants: Sequence[Variant]) -> list[WriteOutcome]:
        for variant in variants:
            self._plan("variant.create", f"sku {variant.sku}", "")
        return [Written(key=variant.sku) for variant in variants]

    def fetch_customers(self, cursor: str | None) -> Iterator[Page[Customer]]:
        return self._back_office.fetch_customers(cursor)

    def find_customers(self, keys: Sequence[CustomerKey]) -> list[list[Customer]]:
        return self._back_office.find_customers(keys)

    def push_customers(self, changes: Sequence[CustomerChange]) -> list[WriteOutcome]:
        return _planned_customers(self.name, changes, self._planned)

    def fetch_groups(self) -> list[str]:
        return self._back_office.fetch_groups()

    def create_groups(self, titles: Sequence[str]) -> None:
        for title in titles:
            self._plan("group.create", title, "")

    def close(self) -> None:
        self._back_office.close()


def _planned_customers(
    party: str, changes: Sequence[CustomerChange], planned: list[PlannedWrite]
) -> list[WriteOutcome]:
    """Customers are answered as written, so that the orders which wait for them are planned too."""
    for change in changes:
        operation = "customer.create" if change.id is None else "customer.update"
        planned.append(
            PlannedWrite(party=party, operation=operation, record=change.key, detail=", ".join(sorted(change.fields)))
        )
    return [Written(key=change.key, remote_id=change.id or f"planned {change.key}") for change in changes]
