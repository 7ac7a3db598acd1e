"""Whom a document is made out to: a customer of the books, or for a guest a party made for that one order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncctl.connectors.tryton.base import ShopBooks
from syncctl.connectors.tryton.rpc import Rpc
from syncctl.model import Address, Document

GUEST = "guest-"
_FIELDS = ["code", "addresses.street", "addresses.postal_code", "addresses.city", "addresses.country.code"]
_LONGEST = 250
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Receiver:
    """A party, where its invoice goes, and where the goods go."""

    party: int
    invoice_address: int
    shipment_address: int


class Parties:
    """The parties of one batch of documents. What is missing is made; what a former run has made is found."""

    def __init__(self, books: ShopBooks) -> None:
        self._rpc: Rpc = books.rpc
        self._context = books.shop.context
        self._countries: dict[str, int] | None = None

    def of(self, documents: Sequence[Document]) -> dict[str, Receiver]:
        """The receiver of each document by its reference; a customer whom the books do not know has none."""
        named = {one.customer_id for one in documents if one.customer_id}
        rows = self._rows([["id", "in", [int(one) for one in named if one.isdigit()]]]) if named else []
        known = {str(row["id"]): row for row in rows}
        known |= self._guests([one for one in documents if one.customer_id is None])
        found = {}
        for document in documents:
            row = known.get(document.customer_id or guest_code(document))
            if row is not None:
                found[document.reference] = self._receiver(row, document)
        return found

    def _rows(self, domain: list[Any]) -> list[Row]:
        rows: list[Row] = self._rpc.read(
            "party.party", "search_read", domain, 0, None, None, _FIELDS, context=self._context
        )
        return rows

    def _guests(self, documents: Sequence[Document]) -> dict[str, Row]:
        """A party for each, by its code: no guest is taken for another."""
        codes = [guest_code(one) for one in documents]
        if not codes:
            return {}
        there = {row["code"] for row in self._rows([["code", "in", codes]])}
        missing = [self._guest(one) for one in documents if guest_code(one) not in there]
        if missing:
            self._rpc.write("party.party", "create", missing, context=self._context)
        return {row["code"]: row for row in self._rows([["code", "in", codes]])}

    def _guest(self, document: Document) -> dict[str, Any]:
        address = document.bill_to or document.ship_to
        contacts = [{"type": "email", "value": document.email}] if document.email else []
        return {
            "name": (address.name if address else "")[:_LONGEST] or f"Guest, order {document.number}"[:_LONGEST],
            "code": guest_code(document),
            "contact_mechanisms": [["create", contacts]] if contacts else [],
        }

    def _receiver(self, row: Row, document: Document) -> Receiver:
        """Goods go where the order says, whatever the party's own address is."""
        bill_to = document.bill_to or document.ship_to
        invoice = self._address(row, bill_to)
        ship_to = document.ship_to or bill_to
        shipment = invoice if ship_to in (None, bill_to) else self._address(row, ship_to)
        return Receiver(row["id"], invoice, shipment)

    def _address(self, row: Row, wanted: Address | None) -> int:
        """The party's address that says the same, else a new one; its first where the order says nothing."""
        there = row["addresses."]
        if wanted is None and there:
            return int(there[0]["id"])
        values = self._values(wanted or Address())
        for one in there:
            if _place(one, (one["country."] or {}).get("code")) == _place(values, wanted.country if wanted else ""):
                return int(one["id"])
        made = self._rpc.write("party.address", "create", [{**values, "party": row["id"]}], context=self._context)
        there.append({**values, "id": made[0], "country.": {"code": wanted.country if wanted else ""}})
        return int(made[0])

    def _values(self, address: Address) -> dict[str, Any]:
        return {
            "party_name": address.name[:_LONGEST] or None,
            "street": "\n".join(filter(None, (address.company, address.street))) or None,
            "city": address.city or None,
            "postal_code": address.postal_code or None,
            "country": self.country(address.country),
        }

    def country(self, code: str) -> int | None:
        """Tryton's country of this ISO code; None where it was not set up there."""
        if not code:
            return None
        if self._countries is None:
            rows = self._rpc.read("country.country", "search_read", [], 0, None, None, ["code"])
            self._countries = {row["code"]: row["id"] for row in rows if row["code"]}
        return self._countries.get(code.upper())


def guest_code(document: Document) -> str:
    """The code of the party that is made for a guest's order."""
    return f"{GUEST}{document.reference}"


def _place(row: Row, country: str | None) -> tuple[str, ...]:
    parts: Iterable[str | None] = (row["street"], row["city"], row["postal_code"], country)
    return tuple(" ".join((one or "").casefold().split()) for one in parts)
