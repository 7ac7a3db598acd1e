"""The back office's connector at work on a real Tryton, and what the people there then see.

desk = Desk(server, Vendor(people))
desk.book(document("order-1", line("1", "CUP", 4)))
desk.units("CUP")                         # (on the shelf, promised), as Tryton's own pages have it
"""

from typing import Any

from syncctl.connectors.tokens import Tokens
from syncctl.connectors.tryton.books import TrytonBooks
from syncctl.errors import Unreachable
from syncctl.model import Absent, Document, DocumentKind, DocumentOutcome
from tests.conformance.back_office_kit import document
from tests.tryton.client import Client
from tests.tryton.conftest import settings_for
from tests.tryton.server import TrytonServer
from tests.tryton.vendor import Vendor


class Desk:
    """`like`: another, whose sessions are open in the company already: to sign in takes Tryton a quarter second."""

    def __init__(self, server: TrytonServer, like: "Desk | None" = None, **settings: object) -> None:
        self.server, self.settings = server, settings
        self.sessions = like.sessions if like else Tokens()
        self.vendor = like.vendor if like else Vendor(Client(server.address))
        self.do = self.vendor.do
        self.books = self.again()

    def again(self) -> TrytonBooks:
        """A new process, as far as the connector knows."""
        self.books = TrytonBooks("back-office", settings_for(self.server, **self.settings), None, self.sessions)
        return self.books

    def book(self, *documents: Document) -> list[DocumentOutcome]:
        return self.books.push_documents(documents)

    def book_what_is_absent(self, *documents: Document) -> list[DocumentOutcome]:
        """As the core does in its next run: look first."""
        books = self.again()
        absent = [one for one in documents if isinstance(books.find_documents([one.reference], one.kind)[0], Absent)]
        return books.push_documents(absent) if absent else []

    def units(self, sku: str) -> tuple[int, int]:
        """On the shelf, and promised to leave."""
        context = {"locations": [self.vendor.warehouses["Warehouse"]["id"]], "with_childs": True}
        fields = ["quantity", "forecast_quantity"]
        [row] = self.do("product.product", "read", [self.vendor.product(sku)], fields, **context)
        return int(row["quantity"]), int(row["quantity"] - row["forecast_quantity"])

    def sale(self, reference: str, *fields: str) -> dict[str, Any]:
        return self.do.one("sale.sale", [["web_id", "=", reference]], *fields)

    def shipments(self, reference: str) -> list[str]:
        """The states of a sale's shipments."""
        return sorted(one["state"] for one in self.sale(reference, "shipments.state")["shipments."])


def credit(reference: str, original: str | None, *lines: Any, **rest: Any) -> Document:
    return document(reference, *lines, kind=DocumentKind.CREDIT, original=original, **rest)


class Dies:
    """A process that ends at its n-th write: it was done, its answer is never read. `writes`: those that came."""

    def __init__(self, books: TrytonBooks, at: int) -> None:
        self.at = at
        self.writes: list[str] = []
        self._send = books.rpc.http.send
        books.rpc.http.send = self._sent  # type: ignore[method-assign]  # the wire of this one connector

    def _sent(self, *arguments: Any, **more: Any) -> Any:
        if self.at and len(self.writes) == self.at:
            raise Unreachable("it is dead")
        answer = self._send(*arguments, **more)
        if not more["reads"]:
            self.writes.append(arguments[2]["method"].removeprefix("model."))
            if len(self.writes) == self.at:
                raise Unreachable("it died")
        return answer
