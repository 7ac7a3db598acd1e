"""What may be treated as one, and what may have been written where: judged at each look at the files of both sides.

Values are typed but once, so where one turns up tells where it came from. Two records may be treated as one only if a
rule says so: keys that are the same, names where they are asked for, a person's word.
"""

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import combinations

from tests.model.world import Violation
from tests.people.loss import judge_change
from tests.people.records import (
    LISTS,
    OFFICE,
    TYPED,
    Edit,
    Key,
    Record,
    Seen,
    Whose,
    customers_of,
    element,
    keys_of,
    plain_name,
)

KINDS = {"phone_or_email": {"email", "phone"}, "email": {"email"}, "create_new": set[str]()}


class Oracle:
    """`may_join`, `must_join`: the kinds of keys that the settings ever and always let customers be joined on.

    `short`: the sides that tell of one e-mail address and one phone only.
    """

    def __init__(self, sides: Mapping[str, sqlite3.Connection], short: Collection[str] = ()) -> None:
        self.sides = sides
        self.short = short
        self.records: dict[Whose, Record] = {}
        self.looks = 0
        self.typers: dict[tuple[str, str], set[Whose]] = {}  # (field, value): the records that it was typed into
        self.typed_at: dict[tuple[Whose, str, str], list[int]] = {}
        self.removed: dict[tuple[str, str], set[Whose]] = {}  # (field, value): the records that a person took it from
        self.disturbed = 0  # the last look at something that we may not remember well: after a failure, a restore
        self.timed: set[str] = set()  # the sides that tell when an answer was given
        self.channels: dict[str, Collection[str]] = {}  # by side, what it keeps answers of
        self.hands: dict[Whose, set[Whose]] = {}  # records that a person made one
        self.mates: dict[Whose, set[Whose]] = {}  # records that the hub took for one, and no person parted since
        self.parted: set[tuple[Whose, Whose]] = set()
        self.unclear: set[Whose] = set()  # a person parted, joined or deleted them: less is known of those
        self.may_join: set[str] = set()
        self.must_join: set[str] = {"email", "phone"}
        self.invited_by_hand: dict[Whose, int] = {}

    # --- what happens -----------------------------------------------------------------------------------------------

    def set_match(self, rule: str) -> None:
        self.may_join |= KINDS[rule]
        self.must_join &= KINDS[rule]

    def guest(self, store: str, seen: Seen) -> Whose:
        """Somebody without an account buys; the same details are the same guest."""
        self.looks += 1
        fields = seen.fields
        whose = store, f"guest:{fields['name']}|{' '.join(fields['emails'])}|{' '.join(fields['phones'])}"
        record = self.records.setdefault(whose, Record(whose, self.looks, always=keys_of(seen)))
        self._typed(record, record.now, seen)
        self._seen(record, seen)
        return whose

    def by_a_person(self, *records: Whose) -> None:
        """A person says that these are one, or, of a single one, did away with it."""
        self.unclear |= set(records)
        for one, other in combinations(records, 2):
            self.hands.setdefault(one, set()).add(other)
            self.hands.setdefault(other, set()).add(one)

    def linked(self, groups: Iterable[Collection[Whose]]) -> None:
        """The hub takes the records of each group for one person now."""
        for group in groups:
            for one in group:
                self.mates.setdefault(one, set()).update(group)
                self.parted -= {(one, other) for other in group}

    def part(self, whose: Whose, others: Iterable[Whose]) -> None:
        """A person parts a record from the others: what was told from one to the other is nobody's word there."""
        for other in others:
            for pair in ((whose, other), (other, whose)):
                self.mates.get(pair[0], set()).discard(pair[1])
                self.parted.add(pair)

    def restored(self) -> None:
        """A hub of before knows nothing of what was parted since, nor perhaps of what was told: all is as it was."""
        self.disturbed = self.looks
        self.linked(self.parted.copy())

    def look(self, *, by_hand: bool) -> None:
        """Read all files; what is new was typed, or is ours and is judged. Errors: Violation."""
        self.looks += 1
        changed = []
        for party, connection in self.sides.items():
            there = dict(customers_of(party, connection, 1 if party in self.short else None))
            for number, seen in there.items():
                record = self.records.get((party, number))
                if record is not None and record.now == seen:
                    continue
                changed.append(self._changed(record or self._new((party, number), seen, by_hand), seen, by_hand))
            for whose, record in self.records.items():
                if whose[0] == party and not record.is_guest and record.now and whose[1] not in there:
                    record.now = None
                    if not by_hand:
                        raise Violation(f"{record.title} was deleted, and by no person")
        if not by_hand and changed:
            self._judge([record for record, _ in changed])
            for record, before in changed:
                self._judge_answers(record, before)
                self._judge_lists(record)
                judge_change(self, record, before)
        self.invited_once()

    def _new(self, whose: Whose, seen: Seen, by_hand: bool) -> Record:
        record = Record(whose, self.looks, always=keys_of(seen))
        self.records[whose] = record
        if not by_hand:
            record.home = self._home(record, seen)
            self._made_once(record)
        return record

    def _changed(self, record: Record, seen: Seen, by_hand: bool) -> tuple[Record, Seen | None]:
        before = record.now
        if by_hand:
            self._typed(record, before, seen)
        else:
            old = before.fields if before else {}
            changed = {name: value for name, value in seen.fields.items() if old.get(name) != value}
            record.ours |= {name: (value, self.looks) for name, value in changed.items()}
        self._seen(record, seen)
        return record, before

    def _seen(self, record: Record, seen: Seen) -> None:
        record.now = seen
        record.names.add(plain_name(seen.fields["name"]))
        keys = keys_of(seen)
        record.ever |= keys
        record.always &= keys

    def _typed(self, record: Record, before: Seen | None, seen: Seen) -> None:
        """A person changed a record."""
        for name in TYPED:
            old, new = before.fields[name] if before else "", seen.fields[name]
            if old != new:
                wrote = record.ours.get(name)
                record.edits[name] = Edit(old, new, wrote[1] if wrote and wrote[0] == old else None)
                self.typed_at.setdefault((record.whose, name, new), []).append(self.looks)
                self.typers.setdefault((name, new), set()).add(record.whose)
                if not new:
                    self.removed.setdefault((name, new), set()).add(record.whose)
        for name in LISTS:
            self._typed_list(record, name, before.fields[name] if before else (), seen.fields[name])
        for channel, (state, at) in seen.consents.items():
            old = before.consents.get(channel, ("", None)) if before else ("", None)
            if state != old[0] or (
                at != old[1] and record.party in self.timed
            ):  # else nobody can tell: it is said again
                record.answers.setdefault(channel, []).append((self.looks, state))

    def _typed_list(self, record: Record, name: str, old: Sequence[str], new: Sequence[str]) -> None:
        """What is only added must stay, until a person takes it away somewhere."""
        gone, come = set(old) - set(new), set(new) - set(old)
        for one in come:
            self.typers.setdefault((name, one), set()).add(record.whose)
            record.replaced[name, element(name, one)] = {element(name, each) for each in gone}
        for one in gone:
            self.removed.setdefault((name, element(name, one)), set()).add(record.whose)
        for other in self.records.values():
            mine = other.added.get(name, set())
            mine -= {one for one in mine if element(name, one) in {element(name, each) for each in gone}}
        if not gone:
            record.added.setdefault(name, set()).update(come)

    # --- who is who -------------------------------------------------------------------------------------------------

    def _home(self, record: Record, seen: Seen) -> Whose:
        """Whom a record of ours was made for, by its reference."""
        if not seen.reference:
            raise Violation(f"{record.title} was made without a reference: {seen}")
        identity, _, rest = seen.reference.partition("/")
        whose = OFFICE if identity == "office" else identity, rest.partition("/")[0]
        if whose in self.records:
            return whose
        name = plain_name(seen.fields["name"])  # a guest's reference is too long to be readable
        guests = [one for one in self.records.values() if one.is_guest]
        alike = [one for one in guests if name in one.names and keys_of(seen) & one.ever]
        if rest or not alike:
            raise Violation(f"{record.title} was made for nobody: {seen}")
        return max(
            alike,
            key=lambda one: (
                keys_of(seen) == one.ever,
                one.now is not None and one.now.fields["name"] == seen.fields["name"],
            ),
        ).whose

    def _made_once(self, record: Record) -> None:
        """I4: nobody is created twice at a side."""
        assert record.home is not None
        if record.home[0] == record.party and not self.records[record.home].is_guest:
            raise Violation(f"I4: {record.title} was made for {record.home}, on the same side")
        for other in self.records.values():
            if other is record or other.home is None or other.party != record.party or not other.now:
                continue
            touched = {record.home, other.home, other.whose} & self.unclear
            known = not self.records[record.home].is_guest  # of a guest it is only likely who it was
            same = (known and other.home == record.home) or self._surely_same(other.home, record.home)
            if same and not touched:
                raise Violation(f"I4: {record.title} and {other.title} were both made for {record.home}, {other.home}")

    def _surely_same(self, one: Whose, other: Whose) -> bool:
        """Whether the rule must find them to be one person."""
        first, second = self.records[one], self.records[other]
        named = len(first.names) == len(second.names) == 1 and first.names == second.names
        return named and bool(_of_kinds(first.always & second.always, self.must_join))

    def _judge(self, records: Iterable[Record]) -> None:
        """I4: whatever stands in a record that we changed came from one that may be treated as the same."""
        for record in records:
            origins = {record.home or record.whose}
            for name, value in _values(record):
                typers = self.typers.get((name, value))
                if typers is None:
                    if name != "name":  # who has no name is called by what he has
                        raise Violation(f"{name} {value!r} of {record.title} was typed nowhere")
                elif record.whose not in typers and not any(self.together(one, record) for one in typers):
                    raise Violation(f"I4: {name} {value!r} of {record.title} was typed in {typers}, who is another")
                elif len(typers) == 1 and record.whose not in typers:
                    origins |= typers
            for one, other in combinations(sorted(origins - self.unclear), 2):
                if not self._are_one(one, other):
                    raise Violation(f"I4: {record.title} has what {one} and {other} said, who are not the same")

    def together(self, one: Whose, record: Record) -> bool:
        return self._are_one(one, record.home or record.whose)

    def _are_one(self, one: Whose, other: Whose) -> bool:
        """Whether these two records, neither of them made by us, may be treated as one person."""
        first, second = self.circle(one), self.circle(other)
        if first & second:
            return True
        return any(
            self._may_meet(self.records[web], self.records[pos])
            for web, pos in [*((a, b) for a in first for b in second), *((b, a) for a in first for b in second)]
            if web[0] != OFFICE and pos[0] == OFFICE
        )

    def circle(self, whose: Whose) -> set[Whose]:
        """All that are one with a record beside the rule that joins the web with the back office."""
        found, new = {whose}, [whose]
        while new:
            one = self.records[new.pop()]
            near = set(self.hands.get(one.whose, ()))
            near |= {one.home} if one.home else set()
            near |= {other.whose for other in self.records.values() if other.home == one.whose}
            near |= {other.whose for other in self.records.values() if self._same_buyer(one, other)}
            new += near - found
            found |= near
        return found

    def _same_buyer(self, one: Record, other: Record) -> bool:
        """Two web records are one if name and a key are the same."""
        both_web = one.is_web and other.is_web and one is not other
        return both_web and bool(one.names & other.names) and bool(_of_kinds(one.ever & other.ever, self.may_join))

    def _may_meet(self, web: Record, pos: Record) -> bool:
        """The rule that joins the web with the back office: a key that nobody else has there."""
        if not _of_kinds(web.ever & pos.ever, self.may_join) or (web.is_guest and not web.names & pos.names):
            return False
        return not any(self._is_tie(web, pos, other) for other in self.records.values())

    def _is_tie(self, web: Record, pos: Record, other: Record) -> bool:
        if other is pos or other.is_web or other.home or not other.now or other.whose in self.unclear:
            return False
        in_time = other.born < max(web.born, pos.born)
        return in_time and bool(_of_kinds(web.always & other.always, self.must_join))

    # --- consent (I5), lists, invitations ---------------------------------------------------------------------------

    def _judge_answers(self, record: Record, before: Seen | None) -> None:
        """I5: a yes of ours was said somewhere, by the same person, and later than what was said here."""
        for channel, (state, _) in record.now.consents.items() if record.now else ():
            old = before.consents.get(channel, ("", None))[0] if before else ""
            if state == old or state == "unsubscribed":
                continue
            here = record.answers.get(channel, [])
            noes = [at for at, said in here if said == "unsubscribed"] or [0]
            since = max(noes) if record.party in self.timed else min(noes)  # what is taken back unseen is not heard
            said = [
                (at, one.whose)
                for one in self.records.values()
                for at, what in one.answers.get(channel, ())
                if what == state and (one is record or self.together(one.whose, record))
            ]
            what = f"I5: {record.title} was made {state} to {channel} (it was {old!r}, and said {here}); said: {said}"
            if not any(at > since for at, _ in said):
                raise Violation(what)
            mates = self._mates(record)
            if not any(whose in mates for _, whose in said):
                raise Violation(f"{what}: none of those is {mates}, after a person parted {self.parted}")

    def _mates(self, record: Record) -> set[Whose]:
        """All that are one with a record as far as the hub ever took them for one, and nobody parted them."""
        found, new = {record.whose}, [record.whose]
        while new:
            one = new.pop()
            near = set(self.mates.get(one, ()))
            home = self.records[one].home if one in self.records else None
            near |= {home} if home and (one, home) not in self.parted else set()
            new += near - found
            found |= near
        return found

    def _judge_lists(self, record: Record) -> None:
        """What was added by hand stays, where there is room for it."""
        for name, added in record.added.items():
            there = {element(name, one) for one in record.now.fields[name]} if record.now else set()
            lost = {one for one in added if element(name, one) not in there}
            if lost and (name == "addresses" or record.party not in self.short):
                raise Violation(f"{name} {lost} were added to {record.title} by hand, and we took them away")

    def invited_once(self) -> None:
        """At most one invitation ever leaves for anybody, but those that people send by hand."""
        for party, connection in self.sides.items():
            if party == OFFICE:
                continue
            for number, sent in connection.execute("SELECT customer_id, count(*) FROM invitation GROUP BY 1"):
                ours = sent - self.invited_by_hand.get((party, number), 0)
                if ours > 1:
                    raise Violation(f"{party} customer {number} was invited {ours} times")


def _of_kinds(keys: set[Key], kinds: set[str]) -> set[Key]:
    return {key for key in keys if key[0] in kinds}


def _values(record: Record) -> Iterable[tuple[str, str]]:
    fields = record.now.fields if record.now else {}
    yield from ((name, fields[name]) for name in TYPED if fields.get(name))
    yield from ((name, one) for name in LISTS for one in fields.get(name, ()) if one)
