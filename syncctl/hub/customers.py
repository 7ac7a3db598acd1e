"""The hub's customers: one person each, with links to the records of the other sides."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from syncctl import times
from syncctl.hub.bulk import in_chunks, marks
from syncctl.hub.consents import Answers, source_of
from syncctl.hub.customer_rows import Arrival, insert_customers, load_customers, next_customer_id, reading_hash
from syncctl.hub.family import Family
from syncctl.hub.links import BACK_OFFICE, GONE, GUEST, Link
from syncctl.hub.taking import Taking, mark_of
from syncctl.model import Customer
from syncctl.model.record import record
from syncctl.rules.consent import effective
from syncctl.rules.matching import same_name
from syncctl.rules.merging import FIELDS, Plain, plain, text_of
from syncctl.rules.winner import Told
from syncctl.settings import CustomerSettings

Person = tuple[int, str]  # of a customer: hub id and name
Seen = tuple[int, int, str | None, str | None]  # of a link: its id, hub id, and hash and time of the last reading


@record(frozen=True, slots=True)
class Taken:
    """Hub ids by the ids of the records taken in; `new`: hub customers that they made; `touched`: those, and who says
    something else than before."""

    ids: Mapping[str, int]
    new: Sequence[int]
    touched: Sequence[int]
    counts: Counter[str]


class Customers(Family):
    """Tables `customer`, `customer_fact`, `contact`, `address`."""

    def take(
        self,
        party: str,
        arrivals: Sequence[Arrival],
        *,
        full: bool,
        settings: CustomerSettings,
        said_until: datetime | None = None,
    ) -> Taken:
        """Make the hub hold what a party's records say, inside the caller's transaction.

        `full`: these are the records themselves, so empty means empty; else an order's copy of its buyer. A known
        record is merged through its link; one that says what it said before costs a look-up. A new web record whose
        keys and name are exactly those of one web customer is another record of hers; anybody else is a new customer.
        `said_until`: no record that is changed now was so before then.
        """
        latest = {arrival.remote_id: arrival for arrival in arrivals}
        known = self._seen(party, latest)
        changed, confirmed, older = [], [], []
        for remote_id, (link_id, _, seen_hash, seen_at) in known.items():
            arrival = latest[remote_id]
            as_of = times.to_text(arrival.as_of)
            undated = seen_hash is not None and seen_hash[:1] == "~"
            if seen_hash == GONE:  # it is there again, whenever it was changed; an order's copy does not prove that
                changed += [remote_id] if full else []
            elif seen_at is not None and as_of < seen_at and not (full and undated):
                older += [remote_id] if arrival.customer.consents else []
            elif seen_hash is None or seen_hash.lstrip("~") != reading_hash(arrival.customer):
                changed.append(remote_id)
            elif as_of != seen_at and not full:
                confirmed.append((as_of, link_id))
        self.connection.executemany("UPDATE link SET seen_at = ? WHERE id = ?", confirmed)
        taking = Taking(self.hub, settings)
        if changed:
            links = self.hub.links.by_remote(party, "customer", changed)
            taking.readings([(links[one], latest[one]) for one in changed], full=full, said_until=said_until)
        if older:
            links = self.hub.links.by_remote(party, "customer", older)
            taking.older([(links[one], latest[one]) for one in older])
        ids = {remote_id: hub_id for remote_id, (_, hub_id, _, _) in known.items()}
        new = self._add(party, [one for key, one in latest.items() if key not in known], taking, full=full)
        ids.update({remote_id: hub_id for remote_id, hub_id, _ in new})
        made = [hub_id for _, hub_id, is_new in new if is_new]
        return Taken(ids, made, [*(ids[one] for one in changed), *(hub_id for _, hub_id, _ in new)], taking.counts)

    def load(self, hub_ids: Iterable[int]) -> dict[int, Customer]:
        """These customers as the model has them, with the consents that count; `id` is the hub's."""
        found = load_customers(self.connection, hub_ids)
        for hub_id, heard in self.hub.consents.heard(found).items():
            found[hub_id] = replace(found[hub_id], consents=tuple(effective(heard).values()))
        return found

    def change(
        self,
        hub_id: int,
        fields: Plain,
        party: str,
        at: datetime,
        settings: CustomerSettings,
        said_by: Link | None = None,
    ) -> None:
        """Set plain fields of a customer, as `party` says since `at`; every record but `said_by` is to be told."""
        with self.hub.transaction():
            before = plain(load_customers(self.connection, [hub_id])[hub_id], True)
            changed = [name for name in fields if fields[name] != before.get(name)]
            if changed:
                Taking(self.hub, settings).rewrite(hub_id, {**before, **fields}, changed, Told(party, at))
                self.hub.links.mark_pending([hub_id], said_by=said_by)

    def facts(self, hub_id: int) -> dict[str, Told]:
        """Who said each field last, and when; what nobody changed was said by the record that made the customer."""
        origin, made_at = self.connection.execute(
            "SELECT origin, made_at FROM customer WHERE id = ?", [hub_id]
        ).fetchone()
        facts = dict.fromkeys(FIELDS, Told(origin, times.from_text(made_at)))
        rows = self.connection.execute(
            "SELECT field, party, changed_at, seen_run FROM customer_fact WHERE customer_id = ?", [hub_id]
        )
        return facts | {field: Told(party, times.from_text(at), seen_run) for field, party, at, seen_run in rows}

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

    def _seen(self, party: str, remote_ids: Iterable[str]) -> dict[str, Seen]:
        """Of the records that are known: their link, and of which state of theirs it tells."""
        found = {}
        for chunk in in_chunks(remote_ids):
            rows = self.connection.execute(
                "SELECT remote_id, id, hub_id, seen_hash, seen_at FROM link WHERE party = ? AND kind = 'customer' "
                f"AND remote_id IN ({marks(chunk)})",
                [party, *chunk],
            )
            found.update({row[0]: row[1:] for row in rows})
        return found

    def _add(
        self, party: str, arrivals: Sequence[Arrival], taking: Taking, *, full: bool
    ) -> list[tuple[str, int, bool]]:
        """Link those that have no link yet: (id there, hub id, whether it is a new customer) each."""
        if not arrivals:
            return []
        people = self._web_people({key for arrival in arrivals for key in arrival.keys}, party)
        next_id = next_customer_id(self.connection)
        new: list[tuple[int, Arrival]] = []
        others: list[tuple[int, Arrival]] = []
        for arrival in arrivals:
            hub_id = self._same_person(party, arrival, people)
            if hub_id is not None:
                others.append((hub_id, arrival))
                continue
            hub_id = next_id + len(new)
            new.append((hub_id, arrival))
            if party != BACK_OFFICE:
                for kind, _, key in arrival.contacts:
                    if key is not None:
                        people[kind, key].add((hub_id, arrival.customer.name))
        insert_customers(self.connection, party, new)
        links = [_first_link(party, hub_id, arrival, full=full) for hub_id, arrival in new]
        self.hub.links.add(*links)
        self.hub.consents.add(
            [
                Answers(link.hub_id, source_of(link), one.customer.consents, one.as_of)
                for link, (_, one) in zip(links, new, strict=True)
                if one.customer.consents
            ]
        )
        self._add_records(party, others, taking, full=full)
        return [(one.remote_id, hub_id, True) for hub_id, one in new] + [
            (one.remote_id, hub_id, False) for hub_id, one in others
        ]

    def _add_records(self, party: str, others: Sequence[tuple[int, Arrival]], taking: Taking, *, full: bool) -> None:
        """Link further records of known customers, and take from them what is blank here."""
        if not others:
            return
        primaries = self.hub.links.primaries(party, "customer", {hub_id for hub_id, _ in others})
        gone = {hub_id for hub_id, link in primaries.items() if link.gone}
        for hub_id in gone:
            self.hub.joining.retire(primaries[hub_id])
        self.hub.holds.clear("customer", map(str, gone), party=party)
        taken = primaries.keys() - gone
        for hub_id, arrival in others:
            link = _link_to(party, hub_id, arrival, "keys and name")
            self.hub.links.add(replace(link, role="alias") if hub_id in taken else link)
            if not link.is_guest:
                taken.add(hub_id)
            if not arrival.customer.guest:
                self.connection.execute("UPDATE customer SET guest = 0 WHERE id = ? AND guest = 1", [hub_id])
        links = self.hub.links.by_remote(party, "customer", [arrival.remote_id for _, arrival in others])
        taking.readings([(links[one.remote_id], one) for _, one in others], full=full, said_until=None, joined=True)
        self.hub.consents.mark_untold(gone)

    def _web_people(self, keys: Iterable[tuple[str, str]], party: str) -> defaultdict[tuple[str, str], set[Person]]:
        """(hub id, name) of the web customers that have each of these (kind, normalised value) keys."""
        found: defaultdict[tuple[str, str], set[Person]] = defaultdict(set)
        if party == BACK_OFFICE:  # two records there are two customers, whatever they share: a person made both
            return found
        for kind in ("email", "phone"):
            for chunk in in_chunks(key for of, key in keys if of == kind):
                rows = self.connection.execute(
                    "SELECT k.normalised, c.id, c.name FROM contact k JOIN customer c ON c.id = k.customer_id "
                    f"WHERE k.kind = ? AND k.normalised IN ({marks(chunk)}) AND EXISTS (SELECT 1 FROM link l "
                    "WHERE l.kind = 'customer' AND l.hub_id = c.id AND l.party <> 'back-office')",
                    [kind, *chunk],
                )
                for key, hub_id, name in rows:
                    found[kind, key].add((hub_id, name))
        return found

    def _same_person(self, party: str, arrival: Arrival, people: Mapping[tuple[str, str], set[Person]]) -> int | None:
        """The one web customer with one of its keys and the same name; None for nobody or several."""
        found = {person for key in arrival.keys for person in people.get(key, ())}
        if len(found) != 1:
            return None
        hub_id, name = found.pop()
        same = same_name(name, arrival.customer.name) and not self._kept_apart(party, arrival.remote_id, hub_id)
        return hub_id if same else None

    def _kept_apart(self, party: str, remote_id: str, hub_id: int) -> bool:
        """Whether a person said that this record is not this customer."""
        return remote_id in self.hub.joining.apart([hub_id], party).get(hub_id, ())


def _first_link(party: str, hub_id: int, arrival: Arrival, *, full: bool) -> Link:
    """The link of a record that made its customer: both sides say the same."""
    text = text_of(plain(arrival.customer, full))
    rule = "came with an order" if not full else "made it"
    link = _link_to(party, hub_id, arrival, rule, mark=mark_of(arrival, full=full))
    return replace(link, agreed_ours=text, agreed_theirs=text)


def _link_to(party: str, hub_id: int, arrival: Arrival, rule: str, *, mark: str | None = None) -> Link:
    return Link(
        party=party,
        kind="customer",
        remote_id=arrival.remote_id,
        hub_id=hub_id,
        rule=rule,
        role="alias" if arrival.remote_id.startswith(GUEST) else "primary",
        reference=arrival.customer.reference,
        seen_hash=mark,
        seen_at=None if mark is None else times.to_text(arrival.as_of),
    )
