"""Connectors whose answers are checked: an answer that is not for what was asked is an error of that step.

Every run speaks to the other sides through these, so that no step has to trust that a system, or the connector that
reads it, answers the question it was given. After a write such an error means "outcome unknown", as a lost reply does.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from syncctl.connectors.base import BackOffice, Page, WebStore
from syncctl.connectors.paging import guarded
from syncctl.connectors.wrapped import WrappedBackOffice, WrappedStore
from syncctl.errors import DataError
from syncctl.model import (
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
    PriceChange,
    Shipment,
    StockLevel,
    Variant,
    WriteOutcome,
)

_HINT = "Nothing was taken from that answer; what was sent is looked up before it is sent again. Run it again."


class CheckedStore(WrappedStore):
    """A web store of which each answer is for what was asked, and each reading has an end. Errors: DataError."""

    def fetch_orders(self, cursor: str | None, since: datetime | None) -> Iterator[Page[Order]]:
        return guarded(self.name, "orders", self.store.fetch_orders(cursor, since))

    def fetch_orders_by_id(self, ids: Sequence[str]) -> Page[Order]:
        page = self.store.fetch_orders_by_id(ids)
        _only(
            self.name, "fetch_orders_by_id", ids, {one.id for one in page.records} | {one.id for one in page.unreadable}
        )
        return page

    def fetch_listings(self, cursor: str | None) -> Iterator[Page[Listing]]:
        return guarded(self.name, "listings", self.store.fetch_listings(cursor))

    def fetch_levels(self, listing_ids: Sequence[str], location: str = "") -> dict[str, int | None]:
        levels = self.store.fetch_levels(listing_ids, location)
        _only(self.name, "fetch_levels", listing_ids, levels)
        return levels

    def fetch_prices(self, listing_ids: Sequence[str]) -> dict[str, str | None]:
        prices = self.store.fetch_prices(listing_ids)
        _only(self.name, "fetch_prices", listing_ids, prices)
        return prices

    def push_levels(self, changes: Sequence[LevelChange]) -> list[WriteOutcome]:
        return _each(self.name, "push_levels", [one.key for one in changes], self.store.push_levels(changes))

    def push_prices(self, changes: Sequence[PriceChange]) -> list[WriteOutcome]:
        return _each(self.name, "push_prices", [one.key for one in changes], self.store.push_prices(changes))

    def find_fulfilments(self, order_ids: Sequence[str]) -> dict[str, list[Fulfilment]]:
        found = self.store.find_fulfilments(order_ids)
        _only(self.name, "find_fulfilments", order_ids, found)
        return found

    def push_fulfilments(self, changes: Sequence[FulfilmentChange]) -> list[WriteOutcome]:
        return _each(self.name, "push_fulfilments", [one.key for one in changes], self.store.push_fulfilments(changes))

    def fetch_customers(self, cursor: str | None) -> Iterator[Page[Customer]]:
        return guarded(self.name, "customers", self.store.fetch_customers(cursor))

    def find_customers(self, keys: Sequence[CustomerKey]) -> list[list[Customer]]:
        return _found(self.store, keys)

    def push_customers(self, changes: Sequence[CustomerChange]) -> list[WriteOutcome]:
        return _each(self.name, "push_customers", [one.key for one in changes], self.store.push_customers(changes))

    def mark_invited(self, customer_ids: Sequence[str]) -> list[WriteOutcome]:
        return _each(self.name, "mark_invited", customer_ids, self.store.mark_invited(customer_ids))

    def send_invites(self, customer_ids: Sequence[str]) -> list[WriteOutcome]:
        return _each(self.name, "send_invites", customer_ids, self.store.send_invites(customer_ids))


class CheckedBackOffice(WrappedBackOffice):
    """A back office of which each answer is for what was asked, and each reading has an end. Errors: DataError."""

    def find_documents(self, references: Sequence[str], kind: DocumentKind | None = None) -> list[LookUp]:
        answers = self.back_office.find_documents(references, kind)
        _same(self.name, "find_documents", references, [one.reference for one in answers])
        return answers

    def push_documents(self, documents: Sequence[Document]) -> list[DocumentOutcome]:
        references = [one.reference for one in documents]
        return _each(self.name, "push_documents", references, self.back_office.push_documents(documents))

    def amend_documents(self, documents: Sequence[Document]) -> list[DocumentOutcome]:
        references = [one.reference for one in documents]
        return _each(self.name, "amend_documents", references, self.back_office.amend_documents(documents))

    def void_documents(self, references: Sequence[str]) -> list[DocumentOutcome]:
        return _each(self.name, "void_documents", references, self.back_office.void_documents(references))

    def fetch_outcomes(self, references: Sequence[str]) -> list[DocumentOutcome]:
        return _each(self.name, "fetch_outcomes", references, self.back_office.fetch_outcomes(references))

    def fetch_shipments(self, cursor: str | None) -> Iterator[Page[Shipment]]:
        return guarded(self.name, "shipments", self.back_office.fetch_shipments(cursor))

    def fetch_stock(self, cursor: str | None) -> Iterator[Page[StockLevel]]:
        return guarded(self.name, "stock", self.back_office.fetch_stock(cursor))

    def fetch_variants(self, cursor: str | None) -> Iterator[Page[Variant]]:
        return guarded(self.name, "the catalog", self.back_office.fetch_variants(cursor))

    def find_variants(self, skus: Sequence[str]) -> list[Variant]:
        found = self.back_office.find_variants(skus)
        _only(self.name, "find_variants", skus, [one.sku for one in found])
        return found

    def create_variants(self, variants: Sequence[Variant]) -> list[WriteOutcome]:
        skus = [one.sku for one in variants]
        return _each(self.name, "create_variants", skus, self.back_office.create_variants(variants))

    def fetch_customers(self, cursor: str | None) -> Iterator[Page[Customer]]:
        return guarded(self.name, "customers", self.back_office.fetch_customers(cursor))

    def find_customers(self, keys: Sequence[CustomerKey]) -> list[list[Customer]]:
        return _found(self.back_office, keys)

    def push_customers(self, changes: Sequence[CustomerChange]) -> list[WriteOutcome]:
        keys = [one.key for one in changes]
        return _each(self.name, "push_customers", keys, self.back_office.push_customers(changes))


def _found(side: WebStore | BackOffice, keys: Sequence[CustomerKey]) -> list[list[Customer]]:
    """The candidates for each key, asked in as many calls as it takes: one customer may have several keys."""
    found: list[list[Customer]] = []
    most = max(1, side.abilities.customer_batch)
    for start in range(0, len(keys), most):
        part = keys[start : start + most]
        answer = side.find_customers(part)
        _as_many(side.name, "find_customers", len(part), len(answer))
        found += answer
    return found


Outcome = TypeVar("Outcome", WriteOutcome, DocumentOutcome)


def _each(party: str, method: str, keys: Sequence[str], outcomes: list[Outcome]) -> list[Outcome]:
    _same(party, method, keys, [one.key for one in outcomes])
    return outcomes


def _same(party: str, method: str, asked: Sequence[str], answered: Sequence[str]) -> None:
    """One answer for each, in their order."""
    _as_many(party, method, len(asked), len(answered))
    for key, answer in zip(asked, answered, strict=True):
        if key != answer:
            raise _error(f"{party} was asked about {key[:100]!r} and answered about {answer[:100]!r} ({method})")


def _only(party: str, method: str, asked: Collection[str], answered: Collection[str]) -> None:
    """At most these; one that it does not have is absent."""
    if strange := set(answered) - set(asked):
        raise _error(f"{party} answered about {min(strange)[:100]!r}, of which it was not asked ({method})")


def _as_many(party: str, method: str, asked: int, answered: int) -> None:
    if asked != answered:
        raise _error(f"{party} was asked about {asked} records and answered about {answered} ({method})")


def _error(text: str) -> DataError:
    return DataError(text, hint=_HINT)
