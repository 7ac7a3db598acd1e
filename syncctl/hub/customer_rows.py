"""Web customers as rows: how one that came with an order becomes rows of the hub."""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from operator import attrgetter

from syncctl import times
from syncctl.hub.bulk import Insert
from syncctl.hub.links import Link
from syncctl.model import Address, Consent, Customer
from syncctl.model.record import record

_CUSTOMER = Insert(
    "customer",
    "id name company note tax_exempt guest origin hash made_at changed_at",
    "ON CONFLICT (id) DO UPDATE SET name = excluded.name, company = excluded.company, note = excluded.note, "
    "tax_exempt = excluded.tax_exempt, guest = excluded.guest, hash = excluded.hash, changed_at = excluded.changed_at",
)
_CONTACT = Insert("contact", "customer_id kind position value normalised")
_ADDRESS = Insert("address", "customer_id position kind fields")
_ANSWER = "customer_id channel party state changed_at source seen_at"
_REPLACE = (
    "ON CONFLICT DO UPDATE SET state = excluded.state, changed_at = excluded.changed_at, source = excluded.source, "
    "seen_at = excluded.seen_at WHERE (excluded.state, excluded.changed_at, excluded.source) "
    "IS NOT (consent.state, consent.changed_at, consent.source) AND"
)
# Invariant I5: an older answer never replaces a younger one, and of equal age "no" wins.
_YOUNGER = (
    "(excluded.changed_at > consent.changed_at OR (excluded.changed_at = consent.changed_at "
    "AND (consent.state <> 'unsubscribed' OR excluded.state = 'unsubscribed')))"
)
_CONSENT = Insert(
    "consent",
    _ANSWER,
    f"{_REPLACE} (excluded.changed_at IS NULL OR consent.changed_at IS NULL OR {_YOUNGER})",
)
_OLD_CONSENT = Insert("consent", _ANSWER, f"{_REPLACE} {_YOUNGER}")  # one without a time may be older than any other


@record(frozen=True, slots=True)
class Arrival:
    """A web customer as it came with an order.

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


def content_hash(customer: Customer) -> str:
    """Changes when a detail does that the hub keeps."""
    content = (
        customer.name,
        customer.company,
        customer.note,
        customer.tax_exempt,
        customer.guest,
        customer.emails,
        customer.phones,
        [_DETAILS(address) for address in customer.addresses],
        customer.consents,
    )
    return hashlib.blake2b(repr(content).encode(), digest_size=12).hexdigest()


def write_customers(connection: sqlite3.Connection, party: str, numbered: Numbered) -> None:
    """Write these customers of a store, by hub id; contacts and addresses of a former state are gone already."""
    now = times.to_text(times.now())
    _CUSTOMER.run(connection, _customer_rows(party, numbered, now))
    _CONTACT.run(
        connection,
        (
            (hub_id, kind, position, value, key)
            for hub_id, arrival in numbered
            for position, (kind, value, key) in enumerate(arrival.contacts)
        ),
    )
    _ADDRESS.run(
        connection,
        (
            (hub_id, position, address.kind, _as_json(address))
            for hub_id, arrival in numbered
            for position, address in enumerate(arrival.customer.addresses)
        ),
    )
    said = ((hub_id, arrival.customer.consents) for hub_id, arrival in numbered)
    _CONSENT.run(connection, _consent_rows(party, said, now))


def write_answers(connection: sqlite3.Connection, party: str, aside: Sequence[tuple[Link, Arrival]]) -> None:
    """Write what people answered about marketing whose details are not written: those of a younger record stand.

    When records are joined "no" wins: of an alias nothing else counts.
    """
    said = []
    for link, arrival in aside:
        consents = arrival.customer.consents
        if link.role != "primary":
            consents = tuple(one for one in consents if one.state == "unsubscribed")
        said.append((link.hub_id, consents))
    _OLD_CONSENT.run(connection, _consent_rows(party, said, times.to_text(times.now())))


def _customer_rows(party: str, numbered: Numbered, now: str) -> Iterator[tuple[object, ...]]:
    for hub_id, arrival in numbered:
        one = arrival.customer
        tax_exempt = None if one.tax_exempt is None else int(one.tax_exempt)
        as_of = times.to_text(arrival.as_of)
        yield hub_id, one.name, one.company, one.note, tax_exempt, int(one.guest), party, content_hash(one), now, as_of


def _as_json(address: Address) -> str:
    return json.dumps(dict(zip(Address.__slots__, _DETAILS(address), strict=True)), sort_keys=True)


def _consent_rows(party: str, said: Iterable[tuple[int, Sequence[Consent]]], now: str) -> Iterator[tuple[object, ...]]:
    for hub_id, consents in said:
        for one in consents:
            changed_at = one.changed_at and times.to_text(one.changed_at)
            yield hub_id, one.channel, party, one.state, changed_at, one.source, now
