"""The hub's customers: those on orders, each with links to the records of the other sides.

The whole set of rules about customers has its own place to grow: matching in `rules`, the exchange in `steps`.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from syncctl import times
from syncctl.hub.bulk import in_chunks, marks
from syncctl.hub.customer_rows import Arrival, content_hash, write_answers, write_customers
from syncctl.hub.family import Family
from syncctl.hub.links import Link
from syncctl.model import Address, Customer


class Customers(Family):
    """Tables `customer`, `contact`, `address`, `consent`."""

    def record(self, party: str, arrivals: Sequence[Arrival]) -> dict[str, int]:
        """Make the hub hold these customers, inside the caller's transaction; hub ids by the store's ids.

        A linked one is updated in place, unless younger details are known, of any store. A new one whose keys and name
        are exactly those of one hub customer becomes an alias of it; anybody else is a new customer. What somebody
        answered about marketing has an age of its own.
        """
        latest = {arrival.remote_id: arrival for arrival in arrivals}
        links = self.hub.links.by_remote(party, "customer", latest)
        known = self._known({link.hub_id for link in links.values()})
        changed, confirmed, aside = [], [], []
        for remote_id, link in links.items():
            arrival, (content, as_of) = latest[remote_id], known[link.hub_id]
            now_as_of = times.to_text(arrival.as_of)
            stands = link.role != "primary" or now_as_of < as_of
            if not stands and content != content_hash(arrival.customer):
                changed.append((link.hub_id, arrival))
                continue
            if not stands:
                confirmed.append((now_as_of, link.hub_id))
            if arrival.customer.consents:
                aside.append((link, arrival))
        for chunk in in_chunks(hub_id for hub_id, _ in changed):
            self.connection.execute(f"DELETE FROM contact WHERE customer_id IN ({marks(chunk)})", chunk)
            self.connection.execute(f"DELETE FROM address WHERE customer_id IN ({marks(chunk)})", chunk)
        write_customers(self.connection, party, changed)
        write_answers(self.connection, party, aside)
        self.connection.executemany("UPDATE customer SET changed_at = ? WHERE id = ?", confirmed)
        found = {remote_id: link.hub_id for remote_id, link in links.items()}
        return found | self._add(party, [arrival for arrival in latest.values() if arrival.remote_id not in links])

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

    def _add(self, party: str, arrivals: Sequence[Arrival]) -> dict[str, int]:
        """Link those that have no link yet; hub ids by the store's ids."""
        people = self._people({key for arrival in arrivals for key in arrival.keys})
        primaries = set(
            self.hub.links.primaries(party, "customer", {one for some in people.values() for one, _ in some})
        )
        next_id = self.connection.execute("SELECT coalesce(max(id), 0) + 1 FROM customer").fetchone()[0]
        links: list[Link] = []
        new: list[tuple[int, Arrival]] = []
        aside: list[tuple[Link, Arrival]] = []
        for arrival in arrivals:
            hub_id, rule = _same_person(arrival, people), "keys and name"
            if hub_id is None:
                hub_id, rule = next_id + len(new), "came with an order"
                new.append((hub_id, arrival))
                for kind, _, key in arrival.contacts:
                    if key is not None:
                        people[kind, key].add((hub_id, arrival.customer.name))
            role = "alias" if hub_id in primaries else "primary"
            primaries.add(hub_id)
            link = Link(party=party, kind="customer", remote_id=arrival.remote_id, hub_id=hub_id, rule=rule, role=role)
            links.append(link)
            if rule == "keys and name" and arrival.customer.consents:
                aside.append((link, arrival))
        write_customers(self.connection, party, new)
        write_answers(self.connection, party, aside)
        self.hub.links.add(*links)
        return {link.remote_id: link.hub_id for link in links}

    def _people(self, keys: Iterable[tuple[str, str]]) -> defaultdict[tuple[str, str], set[tuple[int, str]]]:
        """(hub id, name) of the customers that have each of these (kind, normalised value) keys."""
        found = defaultdict(set)
        for kind in ("email", "phone"):
            for chunk in in_chunks(key for of, key in keys if of == kind):
                rows = self.connection.execute(
                    "SELECT k.normalised, c.id, c.name FROM contact k JOIN customer c ON c.id = k.customer_id "
                    f"WHERE k.kind = ? AND k.normalised IN ({marks(chunk)})",
                    [kind, *chunk],
                )
                for key, hub_id, name in rows:
                    found[kind, key].add((hub_id, name))
        return found

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


def _same_person(arrival: Arrival, people: Mapping[tuple[str, str], set[tuple[int, str]]]) -> int | None:
    """The one hub customer with one of its keys and the same name; None for nobody or several."""
    found = {person for key in arrival.keys for person in people.get(key, ())}
    if len(found) != 1:
        return None
    hub_id, name = found.pop()
    same = name.strip() and name.casefold().split() == arrival.customer.name.casefold().split()
    return hub_id if same else None
