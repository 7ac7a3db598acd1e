"""One party to which customers go, the back office or a store: the same questions asked of either."""

import json
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from syncctl import times
from syncctl.connectors.base import BackOffice, BackOfficeAbilities, StoreAbilities, WebStore
from syncctl.errors import BatchRefused, DataError
from syncctl.hub.bulk import in_chunks
from syncctl.hub.holds import Hold
from syncctl.hub.journal import Entry
from syncctl.hub.taking import CONFLICTS
from syncctl.model import Customer, CustomerChange, CustomerKey, Mismatch, Queued, Refused, WriteOutcome, Written
from syncctl.rules.matching import phone_key
from syncctl.steps.batches import push_halving, read_halving
from syncctl.steps.run import BACK_OFFICE, Counts, Run

CREATE, UPDATE, INVITE, MARK = "customer.create", "customer.update", "customer.invite", "customer.mark"
MISSING_GROUP, UNREADABLE = "group missing", "unreadable"
CREATE_GROUP = "group.create"


@dataclass(frozen=True, slots=True)
class Write:
    """One write: `row` of the journal; where it was done, the record's id there and how it looks there now."""

    hub_id: int
    row: int
    outcome: WriteOutcome
    remote_id: str
    there: Customer | None


@dataclass(slots=True)
class Side:
    """`party` as the hub names it, with its connector; the groups that it has are asked once.

    `unreadable`: of the records that were asked for, those that are there but cannot be read, with the reason.
    """

    run: Run
    party: str
    connector: BackOffice | WebStore
    unreadable: dict[str, str] = field(default_factory=dict)
    _titles: set[str] | None = field(default=None)
    _refused_titles: set[str] = field(default_factory=set)

    @property
    def can(self) -> BackOfficeAbilities | StoreAbilities:
        return self.connector.abilities

    @property
    def called(self) -> str:
        """What messages call it."""
        return "the back office" if self.party == BACK_OFFICE else self.party

    @property
    def fields(self) -> frozenset[str]:
        """The fields of a customer that it keeps; no other is ever sent there."""
        return self.can.customer_fields | ({"group"} if self.can.groups else set())

    def key(self, name: str) -> str:
        """How the journal names a write: what two stores call the same must not be the same there."""
        return name if self.party == BACK_OFFICE else f"{self.party}:{name}"

    def remote_id(self, key: str) -> str:
        """The name that such a key was made of."""
        return key if self.party == BACK_OFFICE else key.removeprefix(f"{self.party}:")

    def find(self, keys: Sequence[CustomerKey]) -> list[list[Customer]]:
        """Candidates for each key, in their order; nobody who was deleted."""
        chunks = in_chunks(keys, self.can.customer_batch)
        answers = [one for chunk in chunks for one in self.connector.find_customers(chunk)]
        return [[one for one in group if not one.deleted] for group in answers]

    def find_each(self, keys: Sequence[CustomerKey]) -> list[list[Customer] | DataError]:
        """As `find`; instead of candidates of whom one cannot be read, the error.

        Errors: DataError where nothing at all can be read of several: that is no matter of one record.
        """
        chunks = in_chunks(keys, self.can.customer_batch)
        answers = [one for chunk in chunks for one in read_halving(self.find, chunk)]
        errors = [one for one in answers if isinstance(one, DataError)]
        if len(answers) == len(errors) > 1:
            raise errors[0]
        return answers

    def now(self, remote_ids: Iterable[str]) -> dict[str, Customer]:
        """These records as they are now; one that is gone is absent, and one that cannot be read: see `unreadable`."""
        wanted = list(dict.fromkeys(remote_ids))
        found: dict[str, Customer] = {}
        for remote_id, group in zip(wanted, self.find_each([CustomerKey(id=one) for one in wanted]), strict=True):
            if isinstance(group, DataError):
                self.unreadable[remote_id] = str(group)
            else:
                found |= {one.id: one for one in group if one.id == remote_id}
        return found

    def push(
        self, operation: str, changes: Sequence[tuple[int, CustomerChange]], payloads: Sequence[object]
    ) -> list[Write]:
        """Write customers, (hub id, change) each, journal first, and read back what was written.

        The journal's rows are to be closed with what follows from the outcomes: if the reading fails, what the other
        side made of our words is not known, and the rows stay open as after a lost reply.
        """
        entries = [
            Entry(self.party, operation, self.key(change.key), f"customer {hub_id}", json.dumps(payload))
            for (hub_id, change), payload in zip(changes, payloads, strict=True)
        ]
        rows = self.run.hub.journal.open(entries)
        sent = [self._spelled(change) for _, change in changes]
        outcomes = push_halving(self.connector.push_customers, sent, lambda one: one.key)
        ids = [
            (change.id or outcome.remote_id) if isinstance(outcome, Written) else ""
            for (_, change), outcome in zip(changes, outcomes, strict=True)
        ]
        there = self.now(one for one in ids if one)
        return [
            Write(hub_id, row, outcome, remote_id, there.get(remote_id))
            for (hub_id, _), row, outcome, remote_id in zip(changes, rows, outcomes, ids, strict=True)
        ]

    def _spelled(self, change: CustomerChange) -> CustomerChange:
        """With phone numbers as the side takes them, where that can be told; what is agreed is told by their keys."""
        if not self.can.e164_phones:
            return change
        fields = dict(change.fields)
        country = self.run.settings.customers.country
        if isinstance(phones := fields.get("phones"), tuple):
            fields["phones"] = tuple(phone_key(one, country) or one for one in phones)
        if isinstance(addresses := fields.get("addresses"), tuple):
            fields["addresses"] = tuple(
                replace(one, phone=phone_key(one.phone, country) or one.phone) for one in addresses
            )
        return replace(change, fields=fields)

    def close(self, pushed: Sequence[Write]) -> None:
        """Put outcomes into the journal; inside the transaction of what follows from them."""
        self.run.hub.journal.close(
            [(one.row, journal_state(one.outcome), getattr(one.outcome, "message", "")) for one in pushed]
        )

    def has_group(self, title: str) -> bool:
        """Whether it has this group. Where there was none at all, groups begin with ours: they are made (R29).

        One that it refuses holds up those who are to be in it, and nobody else; a run asks for it once.
        """
        if not title:
            return True
        hub, key = self.run.hub, f"groups begun in {self.party}"
        if hub.state(key) is None:  # a side that had groups of its own once is never taken for one that has none
            hub.set_state(key, "no" if self.titles else "yes")
        if self.can.makes_groups and title not in self.titles | self._refused_titles and hub.state(key) == "yes":
            with suppress(BatchRefused):
                self.create_groups([title])
        return title in self.titles

    @property
    def titles(self) -> set[str]:
        """The exact titles of its groups, asked once; of those that are there, no making is in doubt any more."""
        if self._titles is None:
            self._titles = set(self.connector.fetch_groups())
            self.run.hub.journal.supersede(self.party, CREATE_GROUP, map(self.key, self._titles))
        return self._titles

    def create_groups(self, titles: Sequence[str]) -> None:
        """Make the groups that are missing, journal first; again without harm. Errors: BatchRefused."""
        entries = [Entry(self.party, CREATE_GROUP, self.key(one), f"group {one[:100]}") for one in titles]
        rows = self.run.hub.journal.open(entries)
        try:
            self.connector.create_groups(titles)
        except BatchRefused as error:
            self._refused_titles.update(titles)
            self.run.hub.journal.close([(row, "refused", str(error)) for row in rows])
            raise
        self.run.hub.journal.close([(row, "done", "") for row in rows])
        self._titles = self.titles | set(titles)

    def hold(self, hub_id: int, reason: str, message: str, *, mark: str = "", hint: str = "") -> Counts:
        """Put a customer on hold here. `mark`: of what was refused, so that the same is not tried each cycle."""
        before = self.run.hub.holds.of_party(self.party, "customer", [str(hub_id)]).get(str(hub_id))
        since = before.tried_at if before is not None and before.reason == reason and before.stands_for(mark) else None
        hold = Hold(
            party=self.party,
            kind="customer",
            record=str(hub_id),
            reason=reason,
            message=f"customer {hub_id}: {message}",
            detail={"next": hint} if hint else {},
            fingerprint=mark,
            tried_at=since or times.to_text(times.now()) if mark else None,
        )
        return Counts({"newly held": 1}) if self.run.hub.holds.put(hold) else Counts()

    def hold_unreadable(self, hub_id: int, what: str, reason: str, mark: str) -> Counts:
        """What cannot be read is neither joined, nor told anything, nor taken to be gone. It is tried again daily."""
        text = f"{what} cannot be read there: {reason}; nothing of this customer is written to {self.called}"
        return self.hold(hub_id, UNREADABLE, text, mark=mark)

    def let_go_read(self, hub_ids: Collection[int]) -> None:
        """What could not be read of these could be now."""
        held = self.run.hub.holds.of_party(self.party, "customer", map(str, hub_ids))
        mended = [record for record, hold in held.items() if hold.reason == UNREADABLE]
        self.run.hub.holds.clear("customer", mended, party=self.party)

    def hold_group(self, hub_id: int, customer: Customer, mark: str) -> Counts:
        """Groups set prices: one that is missing here is made only where a person says so (R30, R31)."""
        held = self.run.hub.holds.of_party(self.party, "customer", [str(hub_id)])
        if any(one.reason in CONFLICTS for one in held.values()):
            return Counts()  # what a person is asked already comes first
        text = f"{self.called} has no group {(customer.group or '')[:100]!r}; the other details are not held up by that"
        hint = "syncctl customers groups --create"
        if not self.can.makes_groups:
            hint = f"name the group in the settings of stores.{self.party}, if it is there"
        return self.hold(hub_id, MISSING_GROUP, text, mark=mark, hint=hint)

    def release(self, hub_ids: Iterable[int], *, but: str = "") -> None:
        """What was in the way of these here is not any more. What a person is asked to decide stands, and `but`."""
        held = self.run.hub.holds.of_party(self.party, "customer", map(str, hub_ids))
        records = [record for record, hold in held.items() if hold.reason not in (*CONFLICTS, but)]
        self.run.hub.holds.clear("customer", records, party=self.party)


def side_of(run: Run, party: str) -> Side:
    """The back office or one of the stores, by its name."""
    return Side(run, party, run.back_office if party == BACK_OFFICE else run.stores[party])


def journal_state(outcome: object) -> str:
    """The journal's word for an outcome."""
    states = {Written: "done", Queued: "queued", Refused: "refused", Mismatch: "mismatch"}
    return states.get(type(outcome), "unclear")
