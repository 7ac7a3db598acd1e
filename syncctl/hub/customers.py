"""The hub's customers: those on orders, each with links to the records of the other sides.

The whole set of rules about customers has its own place to grow: matching in `rules`, the exchange in `steps`.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from syncctl import times
from syncctl.hub.bulk import Insert, in_chunks, marks
from syncctl.hub.family import Family
from syncctl.hub.sync import Link
from syncctl.model import Address, Customer

_CONTACT = Insert("contact", "customer_id kind position value normalised")
_ADDRESS = Insert("address", "customer_id position kind fields")
_CONSENT = Insert(
    "consent",
    "customer_id channel party state changed_at source seen_at",
    "ON CONFLICT DO UPDATE SET state = excluded.state, changed_at = excluded.changed_at, source = excluded.source, "
    "seen_at = excluded.seen_at WHERE (excluded.state, excluded.changed_at, excluded.source) "
    "IS NOT (consent.state, consent.changed_at, consent.source) AND (excluded.changed_at IS NULL OR "
    "consent.changed_at IS NULL OR excluded.changed_at > consent.changed_at OR (excluded.changed_at = "
    "consent.changed_at AND (consent.state <> 'unsubscribed' OR excluded.state = 'unsubscribed')))",
)  # invariant I5: an older answer never replaces a younger one, and of equal age "no" wins


@dataclass(frozen=True, slots=True)
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


class Customers(Family):
    """Tables `customer`, `contact`, `address`, `consent`."""

    def record(self, party: str, arrivals: Sequence[Arrival]) -> dict[str, int]:
        """Make the hub hold these customers, inside the caller's transaction; hub ids by the store's ids.

        A linked one is updated in place, unless younger details are known. A new one whose keys and name are exactly
        those of one hub customer becomes an alias of it; anybody else is a new customer.
        """
        latest = {arrival.remote_id: arrival for arrival in arrivals}
        links = self.hub.links.by_remote(party, "customer", latest)
        known = self._known({link.hub_id for link in links.values()})
        found, confirmed = {}, []
        for remote_id, arrival in latest.items():
            link = links.get(remote_id)
            if link is None:
                found[remote_id] = self._add(party, arrival)
                continue
            found[remote_id] = link.hub_id
            content, as_of = known[link.hub_id]
            if link.role != "primary" or times.to_text(arrival.as_of) < as_of:
                continue
            if content != _hash(arrival.customer):
                self._write(party, link.hub_id, arrival)
            else:
                confirmed.append((times.to_text(arrival.as_of), link.hub_id))
        self.connection.executemany("UPDATE customer SET changed_at = ? WHERE id = ?", confirmed)
        return found

    def load(self, hub_ids: Iterable[int]) -> dict[int, Customer]:
        """These customers as the model has them; `id` is the hub's."""
        found = {}
        for chunk in in_chunks(hub_ids):
            contacts = self._contacts(chunk)
            addresses = self._addresses(chunk)
            rows = self.connection.execute(
                f"SELECT id, name, company, note, tax_exempt, guest FROM customer WHERE id IN ({marks(chunk)})", chunk
            )
            for hub_id, name, company, note, tax_exempt, guest in rows:
                found[hub_id] = Customer(
                    id=str(hub_id),
                    name=name,
                    company=company,
                    note=note,
                    tax_exempt=None if tax_exempt is None else bool(tax_exempt),
                    guest=bool(guest),
                    emails=tuple(contacts.get((hub_id, "email"), ())),
                    phones=tuple(contacts.get((hub_id, "phone"), ())),
                    addresses=tuple(addresses.get(hub_id, ())),
                )
        return found

    def first_links(self, hub_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
        """(store, id there) of the first web record of each customer: what its reference is made of."""
        found: dict[int, tuple[str, str]] = {}
        for chunk in in_chunks(hub_ids):
            rows = self.connection.execute(
                "SELECT hub_id, party, remote_id FROM link WHERE kind = 'customer' AND party <> 'back-office' "
                f"AND hub_id IN ({marks(chunk)}) ORDER BY id DESC",
                chunk,
            )
            found.update({hub_id: (party, remote_id) for hub_id, party, remote_id in rows})
        return found

    def _known(self, hub_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
        """The hash of each customer's details, and the time at which they were so."""
        found = {}
        for chunk in in_chunks(hub_ids):
            rows = self.connection.execute(
                f"SELECT id, hash, changed_at FROM customer WHERE id IN ({marks(chunk)})", chunk
            )
            found.update({hub_id: (content, as_of) for hub_id, content, as_of in rows})
        return found

    def _add(self, party: str, arrival: Arrival) -> int:
        same = self._same_person(arrival)
        if same is not None:
            link = Link(party=party, kind="customer", remote_id=arrival.remote_id, hub_id=same, rule="keys and name")
            taken = self.hub.links.primaries(party, "customer", [same])
            self.hub.links.add(link if not taken else _as_alias(link))
            return same
        now = times.to_text(times.now())
        cursor = self.connection.execute(
            "INSERT INTO customer (name, company, note, tax_exempt, guest, hash, made_at, changed_at) "
            "VALUES ('', '', '', NULL, 0, '', ?, ?)",
            [now, now],
        )
        hub_id = int(cursor.lastrowid or 0)
        self._write(party, hub_id, arrival)
        self.hub.links.add(
            Link(party=party, kind="customer", remote_id=arrival.remote_id, hub_id=hub_id, rule="came with an order")
        )
        return hub_id

    def _same_person(self, arrival: Arrival) -> int | None:
        """The one hub customer with one of these keys and the same name; None for nobody or several."""
        found = set()
        for kind, key in arrival.keys:
            rows = self.connection.execute(
                "SELECT c.id, c.name FROM contact k JOIN customer c ON c.id = k.customer_id "
                "WHERE k.kind = ? AND k.normalised = ?",
                [kind, key],
            )
            found |= {(row[0], row[1]) for row in rows}
        if len(found) != 1:
            return None
        hub_id, name = found.pop()
        same = name.strip() and name.casefold().split() == arrival.customer.name.casefold().split()
        return int(hub_id) if same else None

    def _write(self, party: str, hub_id: int, arrival: Arrival) -> None:
        customer, connection = arrival.customer, self.connection
        now = times.to_text(times.now())
        connection.execute(
            "UPDATE customer SET name = ?, company = ?, note = ?, tax_exempt = ?, guest = ?, hash = ?, changed_at = ? "
            "WHERE id = ?",
            [
                customer.name,
                customer.company,
                customer.note,
                None if customer.tax_exempt is None else int(customer.tax_exempt),
                int(customer.guest),
                _hash(customer),
                times.to_text(arrival.as_of),
                hub_id,
            ],
        )
        connection.execute("DELETE FROM contact WHERE customer_id = ?", [hub_id])
        connection.execute("DELETE FROM address WHERE customer_id = ?", [hub_id])
        _CONTACT.run(
            connection,
            [(hub_id, kind, position, value, key) for position, (kind, value, key) in enumerate(arrival.contacts)],
        )
        addresses = [json.dumps(asdict(address), sort_keys=True) for address in customer.addresses]
        _ADDRESS.run(
            connection,
            [
                (hub_id, position, address.kind, fields)
                for position, (address, fields) in enumerate(zip(customer.addresses, addresses, strict=True))
            ],
        )
        _CONSENT.run(
            connection,
            [
                (
                    hub_id,
                    one.channel,
                    party,
                    one.state,
                    one.changed_at and times.to_text(one.changed_at),
                    one.source,
                    now,
                )
                for one in customer.consents
            ],
        )

    def _contacts(self, hub_ids: Sequence[int]) -> dict[tuple[int, str], list[str]]:
        found: dict[tuple[int, str], list[str]] = {}
        rows = self.connection.execute(
            f"SELECT customer_id, kind, value FROM contact WHERE customer_id IN ({marks(hub_ids)}) "
            "ORDER BY customer_id, kind, position",
            list(hub_ids),
        )
        for hub_id, kind, value in rows:
            found.setdefault((hub_id, kind), []).append(value)
        return found

    def _addresses(self, hub_ids: Sequence[int]) -> dict[int, list[Address]]:
        found: dict[int, list[Address]] = {}
        rows = self.connection.execute(
            f"SELECT customer_id, fields FROM address WHERE customer_id IN ({marks(hub_ids)}) "
            "ORDER BY customer_id, position",
            list(hub_ids),
        )
        for hub_id, fields in rows:
            found.setdefault(hub_id, []).append(Address(**json.loads(fields)))
        return found


def _as_alias(link: Link) -> Link:
    return Link(
        party=link.party, kind=link.kind, remote_id=link.remote_id, hub_id=link.hub_id, rule=link.rule, role="alias"
    )


def _hash(customer: Customer) -> str:
    content = (
        customer.name,
        customer.company,
        customer.note,
        customer.tax_exempt,
        customer.guest,
        customer.emails,
        customer.phones,
        customer.addresses,
        customer.consents,
    )
    return hashlib.blake2b(repr(content).encode(), digest_size=12).hexdigest()
