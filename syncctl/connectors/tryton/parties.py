"""Whom a document is made out to: a customer of the books, or for a guest a party made for that one order."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncctl.connectors.tryton.base import Row, ShopBooks
from syncctl.connectors.tryton.halving import each
from syncctl.connectors.tryton.rpc import Declined
from syncctl.connectors.tryton.values import ids_of
from syncctl.model import Address, Document

GUEST = "guest-"
_PLACE = ("street", "postal_code", "city", "country.code")
_FIELDS = [
    "code",
    "active",
    "replaced_by",
    "customer_payment_term",
    *(f"addresses.{name}" for name in ("active", *_PLACE)),
]
_LONGEST = 250
Place = tuple[int, tuple[str, ...]]
"""A party, and what an address of its says, as it is compared."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """A party, where its invoice goes, where the goods go, and the payment term of its own."""

    party: int
    invoice_address: int
    shipment_address: int
    payment_term: int | None = None


class Parties:
    """The parties of one batch of documents. What is missing is made; what a former run has made is found."""

    def __init__(self, books: ShopBooks) -> None:
        self._books = books
        self._countries: dict[str, int] | None = None

    def of(self, documents: Sequence[Document]) -> tuple[dict[str, Receiver], dict[str, Declined]]:
        """The receiver of each document by its reference, and what Tryton refused to make; a customer whom the books
        do not know, or do not use any more, has neither.
        """
        known = self._customers({one.customer_id for one in documents if one.customer_id})
        guests, declined = self._guests([one for one in documents if one.customer_id is None])
        rows = {one.reference: (known | guests).get(one.customer_id or guest_code(one)) for one in documents}
        pairs = [(row, place) for one in documents if (row := rows[one.reference]) for place in _addresses(one)]
        places, unmade = self._placed(pairs)
        receivers = {}
        for one in documents:
            if row := rows[one.reference]:
                invoice, shipment = (_place_of(row, address) for address in _addresses(one))
                if invoice in places and shipment in places:
                    receivers[one.reference] = Receiver(
                        row["id"], places[invoice], places[shipment], row["customer_payment_term"]
                    )
                else:
                    declined[one.reference] = unmade[shipment if invoice in places else invoice]
        return receivers, declined

    def _customers(self, ids: Iterable[str]) -> dict[str, Row]:
        """Parties in use by the id that we know; who was merged into another stands as that one."""
        rows = self._rows([["id", "in", ids_of(ids)]])
        found = self._standing({str(row["id"]): row for row in rows})
        return {id_: row for id_, row in found.items() if row["active"]}

    def _standing(self, rows: Mapping[str, Row]) -> dict[str, Row]:
        """For each party the one that it was merged into, or itself."""
        into = {key: row["replaced_by"] for key, row in rows.items() if not row["active"] and row["replaced_by"]}
        others = {row["id"]: row for row in self._rows([["id", "in", sorted(set(into.values()))]])}
        return {key: others.get(into.get(key, 0), row) for key, row in rows.items()}

    def _rows(self, domain: list[Any]) -> list[Row]:
        """Parties, in use or not."""
        every = ["active", "in", [True, False]]
        return self._books.rows("party.party", [every, *domain], _FIELDS, gone=True) if domain[0][2] else []

    def _guests(self, documents: Sequence[Document]) -> tuple[dict[str, Row], dict[str, Declined]]:
        """A party for each, by its code: no guest is taken for another. One may have been merged into a customer."""
        codes = [guest_code(one) for one in documents]
        rows = {row["code"]: row for row in self._rows([["code", "in", codes]])}
        missing = [one for one in documents if guest_code(one) not in rows]

        def make(some: Sequence[Document]) -> Sequence[int]:
            made: list[int] = self._books.write("party.party", "create", [self._guest(one) for one in some])
            return made

        answers = [(one, answer) for one, answer in each(missing, make)]
        if missing:
            rows |= {row["code"]: row for row in self._rows([["code", "in", codes]])}
        declined = {
            one.reference: answer
            for one, answer in answers
            if isinstance(answer, Declined) and guest_code(one) not in rows  # another run may have just made it
        }
        return self._standing(rows), declined

    def _guest(self, document: Document) -> dict[str, Any]:
        address = document.bill_to or document.ship_to
        contacts = [{"type": "email", "value": document.email}] if document.email else []
        places = [self._values(one) for one in dict.fromkeys(_addresses(document))]
        return {
            "name": (address.name if address else "")[:_LONGEST] or f"Guest, order {document.number}"[:_LONGEST],
            "code": guest_code(document),
            "addresses": [["create", places]],
            **({"contact_mechanisms": [["create", contacts]]} if contacts else {}),
        }

    def _placed(self, wanted: Iterable[tuple[Row, Address]]) -> tuple[dict[Place, int], dict[Place, Declined]]:
        """The address of a party that says the same, else a new one; its first in use where the order says nothing.

        A new one is put out of use: where an order goes is not what a customer said of himself, and would reach the web
        store as if he had. Tryton lets nothing be filled in of one that is made so.
        """
        places: dict[Place, int] = {}
        missing: dict[Place, Address] = {}
        for row, address in wanted:
            place = _place_of(row, address)
            there = sorted(row["addresses."], key=lambda one: not one["active"])
            same = [one for one in there if _place(row["id"], one, (one["country."] or {}).get("code")) == place]
            if address == Address() and there and there[0]["active"]:
                same = there
            if same:
                places[place] = same[0]["id"]
            else:
                missing[place] = address

        def make(some: Sequence[Place]) -> Sequence[int]:
            values = [{**self._values(missing[place]), "party": place[0]} for place in some]
            made: list[int] = self._books.write("party.address", "create", values)
            return made

        def put_away(some: Sequence[Place]) -> Sequence[None]:
            self._books.write("party.address", "write", [places[place] for place in some], {"active": False})
            return [None] * len(some)

        unmade = {}
        for place, answer in each(list(missing), make):
            if isinstance(answer, Declined):
                unmade[place] = answer
            else:
                places[place] = answer
        for place, kept in each([place for place in missing if place in places], put_away):
            if isinstance(kept, Declined):
                unmade[place] = kept
                del places[place]
        return places, unmade

    def _values(self, address: Address) -> dict[str, Any]:
        return {
            "party_name": address.name[:_LONGEST] or None,
            "street": _street(address) or None,
            "city": address.city or None,
            "postal_code": address.postal_code or None,
            "country": self.country(address.country),
        }

    def country(self, code: str) -> int | None:
        """Tryton's country of this ISO code; None where it was not set up there."""
        if not code:
            return None
        if self._countries is None:
            rows = self._books.rows("country.country", [], ["code"])
            self._countries = {row["code"]: row["id"] for row in rows if row["code"]}
        return self._countries.get(code.upper())


def guest_code(document: Document) -> str:
    """The code of the party that is made for a guest's order: of what the references of all its documents share."""
    return GUEST + document.reference.rsplit("/", 2)[0]


def _addresses(document: Document) -> tuple[Address, Address]:
    """Where its invoice goes, and its goods: where the order says, whatever the party's own address is."""
    bill_to = document.bill_to or document.ship_to or Address()
    return bill_to, document.ship_to or bill_to


def _place_of(row: Row, address: Address) -> Place:
    said = {"street": _street(address), "city": address.city, "postal_code": address.postal_code}
    return _place(row["id"], said, address.country)


def _place(party: int, row: Row, country: str | None) -> Place:
    parts: Iterable[str | None] = (row["street"], row["city"], row["postal_code"], country)
    return party, tuple(" ".join((one or "").casefold().split()) for one in parts)


def _street(address: Address) -> str:
    return "\n".join(filter(None, (address.company, address.street)))
