"""The rules by which merchants merge, delete and group their customers, and what they ask of syncctl by hand."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from syncctl import by_hand
from syncctl.errors import ConfigError
from syncctl.hub import resolving
from syncctl.rules.answers import answers
from tests.people.life import Life, numbers
from tests.people.records import GROUPS, Record
from tests.people.world import OFFICE

parties = numbers


class Merchant(Life):
    """What a merchant does in his systems and on the command line."""

    # --- in the back office and the shops ---------------------------------------------------------------------------

    @rule(which=numbers, other=numbers)
    def merge(self, which: int, other: int) -> None:
        if not (gone := self.a_record(which)):
            return
        near = [one for one in self.records_of(gone.party) if one is not gone]
        if near:
            kept = near[other % len(near)]
            self.world.oracle.by_a_person(gone.whose, kept.whose)
            side, into = self.deeds.side(gone.party), kept.whose[1]
            self.deeds.do(f"{gone.title} is merged into {into}", lambda: side.merge_customers(gone.whose[1], into=into))

    @rule(which=numbers)
    def delete(self, which: int) -> None:
        if record := self.a_record(which):
            self.world.oracle.by_a_person(record.whose)
            side = self.deeds.side(record.party)
            self.deeds.do(f"{record.title} is deleted", lambda: side.delete_customer(record.whose[1]))

    @rule(which=numbers, title=st.sampled_from(["", *GROUPS]))
    def move_to_group(self, which: int, title: str) -> None:
        if record := self.a_record(which):
            side, number = self.deeds.side(record.party), record.whose[1]
            told = f"{record.title} is moved to group {title!r}"
            self.deeds.do(told, lambda: side.upsert_customer(number, group=title))

    @rule(party=parties, title=st.sampled_from(GROUPS), new=st.sampled_from(GROUPS))
    def keep_groups(self, party: int, title: str, new: str) -> None:
        """A group is made; renamed; or, to its own name, deleted."""
        name = self.party(party)
        side = self.deeds.side(name)
        if title not in side.groups():
            self.deeds.do(f"{name} gets the group {title}", lambda: side.add_groups([title]))
        elif title == new:
            self.deeds.do(f"{name} loses the group {title}", lambda: side.delete_group(title))
        else:
            self.deeds.do(f"{name} renames {title} to {new}", lambda: side.rename_group(title, new))

    @rule(which=numbers, invited=st.booleans())
    def open_an_account(self, which: int, *, invited: bool) -> None:
        """Somebody registers; or is invited by a person."""
        if record := self.a_record(which, web=True):
            side, number = self.deeds.side(record.party), record.whose[1]
            if invited:
                counts = self.world.oracle.invited_by_hand
                counts[record.whose] = counts.get(record.whose, 0) + 1
            act = side.invite if invited else side.register
            told = f"{record.title} {'is invited by hand' if invited else 'registers'}"
            self.deeds.do(told, lambda: act(number))

    # --- at the hub -------------------------------------------------------------------------------------------------

    @rule(which=numbers, store=numbers, away=st.sampled_from([False, False, True]))
    def assign(self, which: int, store: int, *, away: bool) -> None:
        if hub_id := self.a_customer(which):
            name = self.store(store)
            with self.world.clocked, self.world.hub() as hub:
                (hub.uploads.unassign if away else hub.uploads.assign)([hub_id], name)
            self.world.tell(f"customer {hub_id} is {'taken from the list of' if away else 'assigned to'} {name}")

    @rule(which=numbers, party=parties)
    def push(self, which: int, party: int) -> None:
        if hub_id := self.a_customer(which):
            name = self.party(party)
            self.world.tell(f"customers push {hub_id} --to {name}")
            self._by_hand(lambda settings: by_hand.push(settings, name, hub_id, progress=_silent))

    @rule(dry_run=st.booleans())
    def match(self, *, dry_run: bool) -> None:
        self.world.tell(f"customers match {'--dry-run' if dry_run else ''}")
        self._by_hand(lambda settings: by_hand.match(settings, dry_run=dry_run, progress=_silent))

    @rule(create=st.sampled_from([True, True, False]))
    def groups(self, *, create: bool) -> None:
        self.world.tell(f"customers groups {'--create' if create else ''}")
        self._by_hand(lambda settings: by_hand.groups(settings, create=create, dry_run=False, progress=_silent))

    @rule(which=numbers, record=numbers, new=st.sampled_from([False, False, True]), party=parties)
    def link(self, which: int, record: int, party: int, *, new: bool) -> None:
        hub_id, there = self.a_customer(which), self.a_record(record)
        if not hub_id or not there:
            return
        self.world.oracle.by_a_person(there.whose, *self.links_of(hub_id))
        if new:
            name = self.party(party)
            self.world.tell(f"customers link {hub_id} --to {name} --new")
            self._by_hand(lambda settings: by_hand.link_new(settings, name, hub_id, progress=_silent))
        else:
            self.link_record(hub_id, there)

    def link_record(self, hub_id: int, there: Record) -> None:
        self.world.oracle.by_a_person(there.whose, *self.links_of(hub_id))
        self.world.oracle.by_a_person(there.whose, *self.fellows_of(there))
        name, number = there.whose
        self.world.tell(f"customers link {hub_id} --to {name} --as {number}")
        self.world.oracle.part(there.whose, self._known_as(there))
        self._by_hand(lambda settings: by_hand.link(settings, name, hub_id, number, progress=_silent))

    @rule(which=numbers)
    def unlink(self, which: int) -> None:
        if record := self.a_record(which):
            self.unlink_record(record)

    def unlink_record(self, record: Record) -> None:
        self.world.oracle.by_a_person(record.whose, *self.fellows_of(record))
        known_as = self._known_as(record)
        with self.world.clocked, self.world.hub() as hub:
            try:
                hub.joining.unlink(*record.whose, self.world.settings.customers)
            except ConfigError as error:
                self.world.tell(f"(not unlinked: {error})")
                return
        self.world.oracle.part(record.whose, known_as)
        self.world.tell(f"{record.title} is unlinked")

    @rule(which=numbers, take=st.sampled_from(["web", OFFICE]))
    def resolve(self, which: int, take: str) -> None:
        """A person says which side holds."""
        rows = self._read("SELECT id, record FROM hold WHERE kind = 'customer' AND detail LIKE '%fields%' ORDER BY id")
        if not rows:
            return
        hold_id, hub_id = rows[which % len(rows)]
        self.world.oracle.by_a_person(*self.links_of(int(hub_id)))
        with self.world.clocked, self.world.hub() as hub:
            try:
                asked = resolving.question(hub, hold_id)
                customers = self.world.settings.customers
                said = answers([take], asked.fields, asked.party, customers)
                resolving.resolve(hub, asked, said, customers)
            except ConfigError as error:
                self.world.tell(f"(not resolved: {error})")
                return
        self.world.tell(f"holds resolve {hold_id} --take {take}: {sorted(said)}")

    @rule()
    def retry(self) -> None:
        for (number,) in self._read("SELECT id FROM hold ORDER BY id"):
            with self.world.clocked, self.world.hub() as hub:
                hub.holds.retry(number)
        self.world.tell("holds retry, all")

    # --- helpers ---

    def records_of(self, party: str) -> list[Record]:
        found = self.world.oracle.records.values()
        return [one for one in found if one.now and one.party == party and not one.is_guest]

    def a_customer(self, number: int) -> int | None:
        """One whom the hub knows."""
        ids = [row[0] for row in self._read("SELECT id FROM customer ORDER BY id")]
        return ids[number % len(ids)] if ids else None

    def links_of(self, hub_id: int) -> list[tuple[str, str]]:
        """The records of one whom the hub knows: a person who does something to him does it to them."""
        rows = self._read("SELECT party, remote_id FROM link WHERE kind = 'customer' AND hub_id = ?", hub_id)
        return [whose for whose in rows if whose in self.world.oracle.records]

    def fellows_of(self, record: Record) -> list[tuple[str, str]]:
        query = "SELECT hub_id FROM link WHERE kind = 'customer' AND party = ? AND remote_id = ?"
        return [whose for (hub_id,) in self._read(query, *record.whose) for whose in self.links_of(hub_id)]

    def _known_as(self, record: Record) -> list[tuple[str, str]]:
        """The other records of the same customer, guests among them."""
        query = (
            "SELECT o.party, o.remote_id FROM link l JOIN link o ON o.kind = l.kind AND o.hub_id = l.hub_id "
            "AND o.id <> l.id WHERE l.kind = 'customer' AND l.party = ? AND l.remote_id = ?"
        )
        return self._read(query, *record.whose)

    def _read(self, query: str, *values: Any) -> list[Any]:
        with self.world.read_hub() as hub:
            rows = hub.execute(query, values).fetchall()
        hub.close()
        return rows

    def _by_hand(self, work: Any) -> None:
        self._judge(lambda: self.world.by_hand(work))


def _silent(_text: str) -> None:
    return None
