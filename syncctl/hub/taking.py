"""Readings of customers merged into the hub, each through the link of its record.

What a record says is compared with what it said when both agreed last. What the hub takes from it, every other side is
to be told; what the hub keeps against it, it is to be told itself; and what nobody can decide waits for a person.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from syncctl import times
from syncctl.hub.consents import Answers, source_of
from syncctl.hub.customer_rows import Arrival, load_customers, reading_hash, rewrite_customer
from syncctl.hub.holds import Hold
from syncctl.hub.links import BACK_OFFICE, Link
from syncctl.model import Customer
from syncctl.rules.lists import keys_for
from syncctl.rules.matching import contacts_of
from syncctl.rules.merging import Choose, Merge, Plain, bases_of_own, merge, plain, typed
from syncctl.rules.winner import Told, chooser
from syncctl.settings import CustomerSettings

if TYPE_CHECKING:
    from syncctl.hub import Hub

BOTH, WHICH_GROUP = "changed on both sides", "which group?"
Read = Sequence[tuple[Link, Arrival]]
CONFLICTS = (BOTH, WHICH_GROUP)
"""The reasons of holds that a later agreement ends."""

_FACT = (
    "INSERT INTO customer_fact VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET party = excluded.party, "
    "changed_at = excluded.changed_at, seen_run = excluded.seen_run"
)


class Taking:
    """Merges readings into customers, inside the caller's transaction; `counts` says what came of them."""

    def __init__(self, hub: "Hub", settings: CustomerSettings) -> None:
        self.hub = hub
        self.settings = settings
        self.keys = keys_for(settings.country)
        self.counts: Counter[str] = Counter()

    def readings(self, read: Read, *, full: bool, said_until: datetime | None, joined: bool = False) -> None:
        """Merge what these records say now. `full`: empty means empty. `said_until`: see `Consents.hear`.

        `joined`: they were just found to be further records of these customers.
        """
        customers = load_customers(self.hub.connection, {link.hub_id for link, _ in read})
        ours = {hub_id: plain(one, True) for hub_id, one in customers.items()}
        held = self._held(read, ours)
        for link, arrival in read:
            theirs = plain(arrival.customer, full)
            told = self.told(link.party, arrival, full=full)
            own = arrival.customer.reference is not None and arrival.customer.reference == link.reference
            merged = self.merge(link, ours[link.hub_id], theirs, told, own=own)
            ours[link.hub_id] = merged.ours
            self._keep(link, merged, mark_of(arrival, full=full), times.to_text(arrival.as_of))
            self._hold(link, merged, theirs, told, held.get(link.hub_id))
        self._hear(read, said_until, joined=joined)

    def older(self, read: Read) -> None:
        """Of records of which younger details are known, hear the answers that have an age of their own."""
        self._hear(read, None, older=True)

    def join(self, link: Link) -> None:
        """Merge what a record said when it was read last into the customer that it was just linked to: no base."""
        [customer] = load_customers(self.hub.connection, [link.hub_id]).values()
        at = None if link.seen_at is None else times.from_text(link.seen_at)
        told = Told(link.party, at)
        theirs, own = link.theirs, link.reference is not None
        merged = self.merge(
            replace(link, agreed_ours=None, agreed_theirs=None), plain(customer, True), theirs, told, own=own
        )
        self._keep(link, merged, None, None)
        self._hold(link, merged, theirs, told, None)

    def merge(self, link: Link, ours: Plain, theirs: Plain, told: Told, *, own: bool) -> Merge:
        """Merge one record's fields into a customer, and write what the hub takes. `own`: we made that record."""
        bases = bases_of_own(ours, theirs, link.ours, link.theirs) if own else (link.ours, link.theirs)
        merged = merge(ours, theirs, *bases, self._choose(link, told), keys=self.keys)
        if merged.taken:
            self.rewrite(link.hub_id, merged.ours, merged.taken, told)
            self.hub.links.mark_pending([link.hub_id], said_by=link)
            self.counts["customers changed"] += 1
        return merged

    def rewrite(self, hub_id: int, fields: Plain, changed: Iterable[str], told: Told) -> None:
        """Write all fields of a customer, of which some were changed by what somebody said."""
        customer = customer_of(hub_id, fields)
        at = times.to_text(told.at or times.now())
        rewrite_customer(self.hub.connection, hub_id, customer, contacts_of(customer, self.settings), at)
        self.hub.connection.executemany(_FACT, [(hub_id, name, told.party, at, told.seen_run) for name in changed])

    def told(self, party: str, arrival: Arrival, *, full: bool) -> Told:
        """Who says this and since when: a record without a time of its own since this run."""
        if full and arrival.customer.changed_at is None:
            return Told(party, arrival.as_of, self.hub.runs.current)
        return Told(party, arrival.as_of, None)

    def _choose(self, link: Link, told: Told) -> Choose:
        """Whose word holds; asked only where both sides changed a field."""

        def ours(field: str) -> Told:
            return self.hub.customers.facts(link.hub_id)[field]

        return chooser(self.settings.winner, ours, told)

    def _keep(self, link: Link, merged: Merge, seen_hash: str | None, seen_at: str | None) -> None:
        pending = link.role == "primary" and (link.pending or bool(merged.send))
        self.hub.links.settle(link, merged.agreed_ours, merged.agreed_theirs, seen_hash, seen_at, pending=pending)

    def _held(self, read: Read, hub_ids: Iterable[int]) -> dict[int, Hold]:
        """The questions that are open about these records, which are all of one party."""
        holds = self.hub.holds.of_party(read[0][0].party, "customer", map(str, hub_ids)) if read else {}
        return {int(record): hold for record, hold in holds.items() if hold.reason in CONFLICTS}

    def _hold(self, link: Link, merged: Merge, theirs: Plain, told: Told, held: Hold | None) -> None:
        """A person is asked of what changed on both sides; a hold of which nothing is left goes."""
        if merged.asked:
            self.hub.holds.put(self._conflict(link, merged, theirs, told))
        elif held is not None and (held.detail.get("party"), held.detail.get("remote_id")) == (
            link.party,
            link.remote_id,
        ):
            self.hub.holds.clear("customer", [str(link.hub_id)], party=link.party)

    def _conflict(self, link: Link, merged: Merge, theirs: Plain, told: Told) -> Hold:
        facts = self.hub.customers.facts(link.hub_id)
        only_group = merged.asked == ["group"]
        fields = {
            name: {
                "ours": merged.ours.get(name),
                "ours_from": facts[name].party,
                "ours_at": _text(facts[name].at),
                "theirs": theirs[name],
                "theirs_at": _text(told.at),
            }
            for name in merged.asked
        }
        return Hold(
            party=link.party,
            kind="customer",
            record=str(link.hub_id),
            reason=WHICH_GROUP if only_group else BOTH,
            message=f"customer {link.hub_id}: {', '.join(merged.asked)} differ here and in {link.party} "
            f"({link.remote_id[:60]}); nothing of that is written anywhere until you say which holds",
            detail={"party": link.party, "remote_id": link.remote_id, "fields": fields},
        )

    def _hear(self, read: Read, said_until: datetime | None, *, joined: bool = False, older: bool = False) -> None:
        answers = [
            Answers(
                link.hub_id,
                source_of(link),
                arrival.customer.consents,
                arrival.as_of,
                _until(link, said_until),
                key=_key(link),
                made=arrival.customer.reference is not None and arrival.customer.reference == link.reference,
            )
            for link, arrival in read
            if arrival.customer.consents
        ]
        changed = self.hub.consents.hear(answers, joined=joined, older=older)
        self.hub.consents.mark_untold(changed)
        if changed:
            self.counts["consents changed"] += len(changed)


def mark_of(arrival: Arrival, *, full: bool) -> str:
    """The hash of a reading as the link keeps it. "~": as of an order, for the record itself did not say its time."""
    undated = not full and arrival.customer.changed_at is None
    return ("~" if undated else "") + reading_hash(arrival.customer)


def customer_of(hub_id: int, fields: Plain) -> Customer:
    """A customer of the hub from its plain fields."""
    details: dict[str, Any] = typed(fields)
    return Customer(id=str(hub_id), **details)


def _until(link: Link, said_until: datetime | None) -> datetime | None:
    """Until when a record is known to have said what it said last."""
    if link.seen_at is None:
        return said_until
    seen_at = times.from_text(link.seen_at)
    return seen_at if said_until is None else max(seen_at, said_until)


def _key(link: Link) -> str:
    """By what the journal knows changes of this record; empty where it is never written to."""
    if link.role != "primary":
        return ""
    return link.remote_id if link.party == BACK_OFFICE else f"{link.party}:{link.remote_id}"


def _text(at: datetime | None) -> str | None:
    return None if at is None else times.to_text(at)
