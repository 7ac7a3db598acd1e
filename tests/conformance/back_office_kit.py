"""What the parts of the back-office suite share: the other side's people, runs of cron, and documents to push."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import pytest

from syncctl.connectors.base import BackOffice, Page
from syncctl.model import (
    Booked,
    Document,
    DocumentKind,
    DocumentLine,
    DocumentOutcome,
    Queued,
)
from tests.conformance.people import Staff


class Vendor(Staff, Protocol):
    """What the people on the other side do, without us."""

    @property
    def currency(self) -> str: ...
    def add_item(self, sku: str, title: str, price: str | None, units: int | None) -> None: ...
    def deactivate_item(self, sku: str) -> None: ...
    def set_price(self, sku: str, amount: str) -> None: ...
    def set_type(self, sku: str, product_type: str) -> None:
        """Calls `pytest.skip` where the system keeps no types of products."""

    def make_kit(self, sku: str, components: Mapping[str, int]) -> None:
        """Sell an item as so many units of others; calls `pytest.skip` where the system has no kits."""

    def sell(self, sku: str, quantity: int) -> object: ...
    def set_stock(self, sku: str, units: int | str) -> None:
        """Count the shelf; decimal text is a fraction, for which this calls `pytest.skip` where there can be none."""

    def receive(self, sku: str, quantity: int, *, location: str = ...) -> None: ...
    def ship(
        self, document: str, lines: Mapping[str, int] | None = None, *, tracking_number: str = "", carrier: str = ""
    ) -> object: ...
    def references(self) -> list[str]: ...
    def close(self) -> None: ...


class Runs:
    """One connector at a time on the same books; `again` is the next run of cron."""

    def __init__(self, connect: Callable[[], BackOffice], vendor: Vendor) -> None:
        self.connect, self.vendor = connect, vendor
        self.books = connect()

    def again(self) -> BackOffice:
        self.books.close()
        self.books = self.connect()
        return self.books

    def book(self, *documents: Document) -> list[DocumentOutcome]:
        """Push and, where answers come later, wait for them."""
        return self._settled(self.books.push_documents(documents))

    def amend(self, *documents: Document) -> list[DocumentOutcome]:
        """Amend and, where answers come later, wait for them."""
        return self._settled(self.books.amend_documents(documents))

    def void(self, *references: str) -> list[DocumentOutcome]:
        """Make sales void and, where answers come later, wait for that."""
        return self._settled(self.books.void_documents(references))

    def _settled(self, outcomes: list[DocumentOutcome]) -> list[DocumentOutcome]:
        waiting = [outcome.key for outcome in outcomes if isinstance(outcome, Queued)]
        if not waiting:
            return outcomes
        settled = {outcome.key: outcome for outcome in self.again().fetch_outcomes(waiting)}
        return [settled.get(outcome.key, outcome) for outcome in outcomes]

    def find(self, reference: str) -> Any:
        [answer] = self.books.find_documents([reference])
        return answer

    def available(self, sku: str) -> int:
        levels = [level for page in self.books.fetch_stock(None) for level in page.records if level.sku == sku]
        return sum(level.available for level in levels)


def line(
    line_id: str, sku: str, quantity: int = 1, *, price: int = 250, tax: int = 0, restock: bool = True
) -> DocumentLine:
    """A line at `price` minor units a piece."""
    text = f"{price // 100}.{price % 100:02d}"
    amount = price * quantity
    return DocumentLine(
        line_id=line_id,
        sku=sku,
        title="Thing",
        quantity=quantity,
        unit_price=text,
        amount=amount,
        tax=tax,
        restock=restock,
    )


def document(
    reference: str, *lines: DocumentLine, kind: DocumentKind = DocumentKind.SALE, currency: str = "GBP", **rest: Any
) -> Document:
    """A document whose total is the sum of its parts, if `rest` does not say otherwise."""
    parts = [*lines, *rest.get("charges", ())]
    made = Document(
        reference=reference,
        kind=kind,
        event="order",
        order_id=reference,
        number=f"#{reference}",
        dated_on=date(2026, 3, 14),
        currency=currency,
        total=sum(part.amount + part.tax for part in parts),
        fingerprint="f",
        lines=lines,
    )
    return replace(made, **rest)


def merged(pages: Sequence[Page[Any]], known: Mapping[Any, Any], key: Callable[[Any], Any]) -> dict[Any, Any]:
    """What a reader knows after these pages: a full reading replaces, a delta adds."""
    fresh = {key(record): record for page in pages for record in page.records}
    return fresh if pages[0].full else {**known, **fresh}


class BackOfficeSuite:
    """Subclasses give `start_vendor` and `connect`; pages should be small (three records) so that there are several."""

    def start_vendor(self, folder: Path) -> Vendor:
        """A fresh company with no items, kept in pounds."""
        raise NotImplementedError

    def connect(self, folder: Path) -> BackOffice:
        """A new connector to that company, as a new process would make it."""
        raise NotImplementedError

    @pytest.fixture
    def vendor(self, tmp_path: Path) -> Iterator[Vendor]:
        vendor = self.start_vendor(tmp_path)
        for sku in ("CUP", "cup", "BOWL", "DISH", "FORK", "JUG", "POT"):
            vendor.add_item(sku, f"The {sku}", "2.50", 10)
        vendor.add_item("ENGRAVING", "Engraving", "5.00", None)
        yield vendor
        vendor.close()

    @pytest.fixture
    def runs(self, vendor: Vendor, tmp_path: Path) -> Iterator[Runs]:
        runs = Runs(lambda: self.connect(tmp_path), vendor)
        yield runs
        runs.books.close()

    def sale(self, runs: Runs, reference: str, *lines: DocumentLine) -> Document:
        made = document(reference, *(lines or (line("1", "CUP", 2),)))
        [outcome] = runs.book(made)
        assert isinstance(outcome, Booked), outcome
        return made

    def relieve(self, runs: Runs, reference: str) -> None:
        """Let that happen after which the reported number lacks the units."""
        if runs.books.abilities.stock_falls_on != "order":
            runs.vendor.ship(reference)

    def kind(self, runs: Runs, kind: DocumentKind) -> None:
        if kind not in runs.books.abilities.kinds:
            pytest.skip(f"it makes no {kind}")

    def looks_up(self, runs: Runs) -> None:
        if not runs.books.abilities.look_up:
            pytest.skip("it cannot look documents up")
