"""Connectors that send nothing: reads go through, writes are recorded and answered as if accepted for later.

A wrapper of the same interfaces, so that no branch of any step can forget a dry run.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from syncctl import money
from syncctl.connectors.base import BackOffice, WebStore
from syncctl.connectors.wrapped import WrappedBackOffice, WrappedStore
from syncctl.model import (
    Customer,
    CustomerChange,
    CustomerKey,
    Document,
    DocumentOutcome,
    FulfilmentChange,
    LevelChange,
    PlannedWrite,
    PriceChange,
    Queued,
    Variant,
    WriteOutcome,
    Written,
)


class DryStore(WrappedStore):
    """A web store to which nothing is written; what would have been stands in `planned`."""

    def __init__(self, store: WebStore, planned: list[PlannedWrite]) -> None:
        super().__init__(store)
        # Planned one by one: nobody answers for a price that goes with a level, and it would be planned again alone.
        self.abilities = replace(store.abilities, priced_levels=False)
        self._planned = planned
        self._made: dict[str, Customer] = {}  # would have been made by now

    def _plan(self, operation: str, record: str, detail: str) -> None:
        self._planned.append(PlannedWrite(party=self.name, operation=operation, record=record, detail=detail))

    def push_levels(self, changes: Sequence[LevelChange]) -> list[WriteOutcome]:
        for change in changes:
            self._plan("level.set", f"listing {change.listing_id}", f"{change.expected} -> {change.quantity}")
        return [Queued(key=change.key) for change in changes]

    def push_prices(self, changes: Sequence[PriceChange]) -> list[WriteOutcome]:
        for change in changes:
            self._plan("price.set", f"listing {change.listing_id}", f"{change.price} {change.currency}")
        return [Queued(key=change.key) for change in changes]

    def push_fulfilments(self, changes: Sequence[FulfilmentChange]) -> list[WriteOutcome]:
        for change in changes:
            self._plan("fulfilment.create", f"order {change.order_id}", f"tracking {change.tracking_number or 'none'}")
        return [Queued(key=change.key) for change in changes]

    def find_customers(self, keys: Sequence[CustomerKey]) -> list[list[Customer]]:
        """Whoever would have been made is found by his id, so that what follows for him is planned too."""
        made = [[self._made[key.id]] if key.id in self._made else [] for key in keys]
        found = iter(super().find_customers([key for key, here in zip(keys, made, strict=True) if not here]))
        return [here or next(found) for here in made]

    def push_customers(self, changes: Sequence[CustomerChange]) -> list[WriteOutcome]:
        outcomes = _planned_customers(self.name, changes, self._planned)
        invited = False if self.abilities.invites in ("state", "mark") else None
        for one in (change for change in changes if change.id is None):
            fields: dict[str, Any] = dict(one.fields)
            remote_id = f"planned {one.key}"
            self._made[remote_id] = Customer(id=remote_id, reference=one.reference, invited=invited, **fields)
        return outcomes

    def mark_invited(self, customer_ids: Sequence[str]) -> list[WriteOutcome]:
        return self._plan_customers("customer.mark", customer_ids)

    def send_invites(self, customer_ids: Sequence[str]) -> list[WriteOutcome]:
        return self._plan_customers("customer.invite", customer_ids)

    def _plan_customers(self, operation: str, customer_ids: Sequence[str]) -> list[WriteOutcome]:
        """Answered as written, so that what follows a mark is planned too."""
        for one in customer_ids:
            self._plan(operation, f"customer {one}", "")
        return [Written(key=one) for one in customer_ids]

    def create_groups(self, titles: Sequence[str]) -> None:
        for title in titles:
            self._plan("group.create", title, "")


class DryBackOffice(WrappedBackOffice):
    """A back office to which nothing is written; what would have been stands in `planned`."""

    def __init__(self, back_office: BackOffice, planned: list[PlannedWrite]) -> None:
        super().__init__(back_office)
        # What hangs on a sale is planned behind it, though nothing will ever book that sale; but not where a real run
        # would have to wait for the sale too.
        can = back_office.abilities
        self.abilities = replace(can, queued_in_order=can.queued_in_order or not can.answers_later)
        self._planned = planned

    def _plan(self, operation: str, record: str, detail: str) -> None:
        self._planned.append(PlannedWrite(party=self.name, operation=operation, record=record, detail=detail))

    def push_documents(self, documents: Sequence[Document]) -> list[DocumentOutcome]:
        return self._plan_documents("document.create", documents)

    def amend_documents(self, documents: Sequence[Document]) -> list[DocumentOutcome]:
        return self._plan_documents("document.amend", documents)

    def void_documents(self, references: Sequence[str]) -> list[DocumentOutcome]:
        for reference in references:
            self._plan("document.void", reference, "")
        return [Queued(key=reference) for reference in references]

    def _plan_documents(self, operation: str, documents: Sequence[Document]) -> list[DocumentOutcome]:
        for one in documents:
            total = f"{money.to_text(one.total, one.currency)} {one.currency}"
            self._plan(f"{operation} {one.kind}", f"order {one.number}", f"{total}, {len(one.lines)} lines")
        return [Queued(key=one.reference) for one in documents]

    def create_variants(self, variants: Sequence[Variant]) -> list[WriteOutcome]:
        for variant in variants:
            self._plan("variant.create", f"sku {variant.sku}", "")
        return [Written(key=variant.sku) for variant in variants]

    def push_customers(self, changes: Sequence[CustomerChange]) -> list[WriteOutcome]:
        return _planned_customers(self.name, changes, self._planned)

    def create_groups(self, titles: Sequence[str]) -> None:
        for title in titles:
            self._plan("group.create", title, "")


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
