"""Customers as rows: how one that came from another side becomes rows of the hub, and back."""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from operator import attrgetter

from syncctl import times
from syncctl.hub.bulk import Insert, in_chunks, marks
from syncctl.model import Address, Customer
from syncctl.model.record import record

_CUSTOMER = Insert("customer", "id name company note tax_id tax_exempt group_title guest origin made_at changed_at")
_CONTACT = Insert("contact", "customer_id kind position value normalised")
_ADDRESS = Insert("address", "customer_id position kind fields")

Contacts = Sequence[tuple[str, str, str | None]]


@record(frozen=True, slots=True)
class Arrival:
    """A customer as it came from another side, by itself or with an order.

    `contacts`: (kind, value, normalised value or None) each; `keys`: the (kind, normalised value) it may be joined on.
    `as_of`: when the details were so: an old order still tells the details of its day.
    """

    remote_id: str
    customer: Customer
    as_of: datetime
    contacts: tuple[tuple[str, str, str | None], ...]
    keys: frozenset[tuple[str, str]]


_DETAILS = attrgetter(*Address.__slots__)
Numbered = Sequence[tuple[int, Arrival]]


def reading_hash(customer: Customer) -> str:
    """Changes when a detail does that the hub keeps; the same for a record and for an order's copy of it."""
    content: tuple[object, ...] = (
        customer.name,
        customer.company,
        customer.note,
        customer.tax_exempt,
        customer.guest,
        customer.group,
        customer.emails,
        customer.phones,
        [_DETAILS(address) for address in customer.addresses],
        customer.consents,
    )
    if customer.tax_id:  # who has none says what was said before there was this field
        content += (customer.tax_id,)
    return hashlib.blake2b(repr(content).encode(), digest_size=12).hexdigest()


def details_of(address: Address) -> dict[str, object]:
    """All its parts by name: `asdict` at a third of the cost."""
    return dict(zip(Address.__slots__, _DETAILS(address), strict=True))


def next_customer_id(connection: sqlite3.Connection) -> int:
    """The id of the next new customer: never one that was given before, for people and holds name customers by it."""
    last = connection.execute("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'customer'").fetchone()
    return int(last[0]) + 1


def insert_customers(connection: sqlite3.Connection, party: str, numbered: Numbered) -> None:
    """Write new customers, by hub id, as this party's records tell of them; without their consents."""
    now = times.to_text(times.now())
    _CUSTOMER.run(
        connection,
        (
            (hub_id, *_texts(one.customer), int(one.customer.guest), party, now, times.to_text(one.as_of))
            for hub_id, one in numbered
        ),
    )
    _CONTACT.run(
        connection,
        (
            (hub_id, kind, position, value, key)
            for hub_id, arrival in numbered
            for position, (kind, value, key) in enumerate(arrival.contacts)
        ),
    )
    _ADDRESS.run(connection, (row for hub_id, one in numbered for row in _address_rows(hub_id, one.customer)))


def rewrite_customer(
    connection: sqlite3.Connection, hub_id: int, customer: Customer, contacts: Contacts, changed_at: str
) -> None:
    """Make the rows of a known customer say this; without its consents."""
    connection.execute(
        "UPDATE customer SET name = ?, company = ?, note = ?, tax_id = ?, tax_exempt = ?, group_title = ?, "
        "changed_at = ? WHERE id = ?",
        [*_texts(customer), changed_at, hub_id],
    )
    connection.execute("DELETE FROM contact WHERE customer_id = ?", [hub_id])
    connection.execute("DELETE FROM address WHERE customer_id = ?", [hub_id])
    _CONTACT.run(connection, [(hub_id, kind, at, value, key) for at, (kind, value, key) in enumerate(contacts)])
    _ADDRESS.run(connection, _address_rows(hub_id, customer))


def load_customers(connection: sqlite3.Connection, hub_ids: Iterable[int]) -> dict[int, Customer]:
    """These customers as the model has them, without their consents; `id` is the hub's."""
    found = {}
    for chunk in in_chunks(hub_ids):
        contacts, addresses = _contacts(connection, chunk), _addresses(connection, chunk)
        rows = connection.execute(
            "SELECT id, name, company, note, tax_id, tax_exempt, group_title, guest FROM customer "
            f"WHERE id IN ({marks(chunk)})",
            chunk,
        )
        for hub_id, name, company, note, tax_id, tax_exempt, group, guest in rows:
            found[hub_id] = Customer(
                id=str(hub_id),
                name=name,
                company=company,
                note=note,
                tax_id=tax_id,
                tax_exempt=None if tax_exempt is None else bool(tax_exempt),
                group=group,
                guest=bool(guest),
                emails=tuple(contacts.get((hub_id, "email"), ())),
                phones=tuple(contacts.get((hub_id, "phone"), ())),
                addresses=tuple(addresses.get(hub_id, ())),
            )
    return found


def _texts(one: Customer) -> tuple[object, ...]:
    exempt = None if one.tax_exempt is None else int(one.tax_exempt)
    return one.name, one.company, one.note, one.tax_id, exempt, one.group


def _address_rows(hub_id: int, customer: Customer) -> Iterator[tuple[object, ...]]:
    for position, address in enumerate(customer.addresses):
        yield hub_id, position, address.kind, json.dumps(details_of(address), sort_keys=True)


def _contacts(connection: sqlite3.Connection, hub_ids: Sequence[int]) -> dict[tuple[int, str], list[str]]:
    found: dict[tuple[int, str], list[str]] = {}
    rows = connection.execute(
        f"SELECT customer_id, kind, value FROM contact WHERE customer_id IN ({marks(hub_ids)}) "
        "ORDER BY customer_id, kind, position",
        hub_ids,
    )
    for hub_id, kind, value in rows:
        found.setdefault((hub_id, kind), []).append(value)
    return found


def _addresses(connection: sqlite3.Connection, hub_ids: Sequence[int]) -> dict[int, list[Address]]:
    found: dict[int, list[Address]] = {}
    rows = connection.execute(
        f"SELECT customer_id, fields FROM address WHERE customer_id IN ({marks(hub_ids)}) "
        "ORDER BY customer_id, position",
        hub_ids,
    )
    for hub_id, fields in rows:
        found.setdefault(hub_id, []).append(Address(**json.loads(fields)))
    return found
