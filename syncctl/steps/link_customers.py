"""Customers at one side: found, joined by the stated rule, or created with a reference (R3-R7, R32-R36, R71-R77).

The reference is looked up first, always, so that nobody is created twice; what decides is in `rules.matching`.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from syncctl import times
from syncctl.errors import DataError
from syncctl.hub.bulk import in_chunks
from syncctl.hub.journal import Entry
from syncctl.hub.links import Link
from syncctl.model import Customer, CustomerKey, Refused, Written
from syncctl.rules.matching import Match, email_spellings, keys_of, match, phone_spellings, same_name
from syncctl.rules.merging import Plain
from syncctl.rules.references import name_for
from syncctl.steps.making import Making, link_to
from syncctl.steps.run import BACK_OFFICE, Counts, Run
from syncctl.steps.side import CREATE, Side, Write, side_of
from syncctl.steps.update_customers import answers_for, held_as_they_are, mark_of, merge_in, tell

TIE = "which customer?"
_A_DAY = timedelta(days=1)


@dataclass(slots=True)
class Linked:
    """A side's ids by hub customer; `waiting`: those whose creation has no known outcome yet.

    `written`: the fields that were sent, by hub customer; `made`: those of them who were created. `joined`: customers
    that turned out to be others of ours, who have their links now.
    """

    ids: dict[int, str] = field(default_factory=dict)
    waiting: set[int] = field(default_factory=set)
    written: dict[int, tuple[str, ...]] = field(default_factory=dict)
    made: set[int] = field(default_factory=set)
    joined: dict[int, int] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)


def link_customers(run: Run, hub_ids: Iterable[int]) -> Linked:
    """The customers on orders in the back office; who is held there goes unlinked.

    Where customers do not go to the back office they are looked up all the same, but neither made nor changed.
    """
    settings, side = run.settings.customers, side_of(run, BACK_OFFICE)
    linked = Linked()
    if not settings.enabled or not side.can.customer_batch:
        return linked
    create = settings.web_to_back_office
    for chunk in in_chunks(sorted(set(hub_ids)), side.can.customer_batch):
        ensure(run, side, chunk, linked, create=create, in_doubt=create and settings.fallback == "create")
    return linked


def ensure(
    run: Run,
    side: Side,
    hub_ids: Collection[int],
    linked: Linked,
    *,
    create: bool = True,
    in_doubt: bool = False,
    again: bool = False,
) -> None:
    """Make sure that a side has these customers, at most a batch.

    `create`: who is not there is made, who is found is told what is blank there; else nothing is written. `in_doubt`:
    who is held because several may be meant is made all the same. `again`: also who was refused within a day.
    """
    links = run.hub.links.primaries(side.party, "customer", hub_ids)
    linked.ids.update({hub_id: link.remote_id for hub_id, link in links.items() if not link.gone})
    customers = run.hub.customers.load([hub_id for hub_id in hub_ids if hub_id not in links])
    _Ensuring(run, side, linked, create, in_doubt, again).find_or_create(customers)


@dataclass(slots=True)
class _Ensuring:
    """One batch at one side; `found`: the records that were found there, by hub customer."""

    run: Run
    side: Side
    linked: Linked
    create: bool
    in_doubt: bool
    again: bool
    references: dict[int, str] = field(default_factory=dict)
    found: dict[int, Customer] = field(default_factory=dict)

    def find_or_create(self, customers: Mapping[int, Customer]) -> None:
        """Look them up, then create who is not there, one of each key; the rest is looked up again after that."""
        self.references |= references_of(self.run, self.side, customers)
        customers = {hub_id: one for hub_id, one in customers.items() if hub_id in self.references}
        asked = self._settled(customers)
        if not asked:
            return
        near = self._look_up({hub_id: customers[hub_id] for hub_id in asked})
        absent = []
        settings = self.run.settings.customers
        results = {one: match(customers[one], self.references[one], hits, settings) for one, hits in near.items()}
        for hub_id, result in self._without_rivals(results, customers).items():
            if self._decide(hub_id, customers[hub_id], result):
                absent.append(hub_id)
        self._tell_found()
        if self.create:
            first, later = self._one_of_each(self._to_be_created({one: customers[one] for one in absent}))
            self._create(first)
            if later:  # those share a key with somebody who is there by now
                self.find_or_create(later)

    def _without_rivals(self, results: Mapping[int, Match], customers: Mapping[int, Customer]) -> dict[int, Match]:
        """A record that several of ours may be is nobody's until a person says whose, whoever is looked at first."""
        settings = self.run.settings.customers
        keys = {one: keys_of(result.hit, settings) for one, result in results.items() if result.hit is not None}
        sharing = self.run.hub.joining.waiting_with(set().union(*keys.values()), self.side.party)
        others = self.run.hub.customers.load(set().union(*sharing.values()))
        decided = dict(results)
        for hub_id, result in results.items():
            if result.hit is None or result.rule == "reference":
                continue
            near = {other for key in keys[hub_id] for other in sharing.get(key, ()) if other != hub_id}
            rivals = [other for other in sorted(near) if _is_rival(others[other], customers[hub_id], result.hit)]
            if rivals:
                text = f"{self.side.called}'s customer {result.hit.id} has the same {result.rule}, and so does customer"
                decided[hub_id] = Match(tie=f"{text} {', '.join(map(str, rivals))[:200]}")
        return decided

    def _settled(self, customers: Mapping[int, Customer]) -> list[int]:
        """Those of whom no creation is on its way that may not be seen there yet."""
        settle = times.now() - self.run.settings.safety.settle
        keys = {hub_id: self.side.key(self.references[hub_id]) for hub_id in customers}
        unsettled = self.run.hub.journal.unsettled(CREATE, keys.values(), settle)
        waiting = {hub_id for hub_id, key in keys.items() if key in unsettled}
        self.linked.waiting |= waiting
        return sorted(keys.keys() - waiting)

    def _look_up(self, customers: Mapping[int, Customer]) -> dict[int, list[Customer]]:
        """Who may be meant, of those that nobody said are somebody else. Of whom that cannot be told is held."""
        keys = {hub_id: self._keys(one, self.references[hub_id]) for hub_id, one in customers.items()}
        answers = iter(self.side.find_each([key for group in keys.values() for key in group]))
        apart = self.run.hub.joining.apart(customers, self.side.party)
        found: dict[int, list[Customer]] = {}
        for hub_id, group in keys.items():
            hits = [next(answers) for _ in group]
            error = next((one for one in hits if isinstance(one, DataError)), None)
            if error is None:
                known = (one for one in hits if not isinstance(one, DataError))
                found[hub_id] = [one for near in known for one in near if one.id not in apart.get(hub_id, ())]
            else:
                what, mark = "somebody of the same reference, e-mail or phone", mark_of(customers[hub_id])
                self.linked.counts += self.side.hold_unreadable(hub_id, what, str(error), mark)
        self.side.let_go_read(found)
        return found

    def _keys(self, customer: Customer, reference: str) -> list[CustomerKey]:
        search = self.side.can.customer_search
        keys = keys_of_ours(self.side, customer, reference)
        if "reference" not in search:
            return keys  # all that he can be found by is among them
        usable = {kind for kind, _ in keys_of(customer, self.run.settings.customers)} & search
        if "email" in usable:
            keys += [CustomerKey(email=text) for email in customer.emails for text in email_spellings(email)]
        if "phone" in usable:
            country = self.run.settings.customers.country
            keys += [CustomerKey(phone=text) for phone in customer.phones for text in phone_spellings(phone, country)]
        return keys

    def _decide(self, hub_id: int, customer: Customer, result: Match) -> bool:
        """Join, hold, or let be created (True) one customer, by what the look-up found."""
        hit = result.hit
        if hit is None:
            return self._hold(hub_id, customer, result.tie) if result.tie else True
        other = self.run.hub.links.by_remote(self.side.party, "customer", [hit.id]).get(hit.id)
        if other is not None and other.hub_id == hub_id:
            self.linked.ids[hub_id] = hit.id
        elif other is None and (result.rule == "reference" or not _a_stranger(customer, hit)):
            self._link(hub_id, hit, result.rule)
        elif other is not None and self._is_other_half(hub_id, customer, other, hit, result.rule):
            self._join(hub_id, hit, other, result.rule)
        elif other is not None and self.side.party == BACK_OFFICE and _is_ours(customer, result):
            self._stand_beside(hub_id, hit, result.rule)
        else:
            known = "and is linked to another web customer" if other is not None else "and this one is a guest"
            text = f"{self.side.called}'s customer {hit.id} has the same {result.rule}, but another name, {known}"
            return self._hold(hub_id, customer, text)
        return False

    def _hold(self, hub_id: int, customer: Customer, problem: str) -> bool:
        hint = f"syncctl customers link {hub_id} --to {self.side.party} --as REMOTE_ID (or --new)"
        text = f"{problem}; orders go on under customers.fallback" if self.side.party == BACK_OFFICE else problem
        self.linked.counts += self.side.hold(hub_id, TIE, text, mark=mark_of(customer), hint=hint)
        return self.in_doubt

    def _link(self, hub_id: int, hit: Customer, rule: str) -> None:
        """This record is that customer from now on; what each says that the other does not is merged after that."""
        self._add_link(link_to(self.side, hit.id, hub_id, rule, self.references[hub_id]))
        self.found[hub_id] = hit
        self.linked.ids[hub_id] = hit.id
        self.linked.counts["customers linked"] += 1

    def _is_other_half(self, hub_id: int, customer: Customer, other: Link, hit: Customer, rule: str) -> bool:
        """Whether the record is that of somebody whom the hub knows from this side alone, and may join him to."""
        halves = self.run.hub.links.of_customers([other.hub_id, hub_id])
        sides = [{link.party == BACK_OFFICE for link in halves.get(one, ())} for one in (other.hub_id, hub_id)]
        if sides[0] == sides[1] or len(sides[0]) > 1:
            return False
        return rule == "reference" or not _a_stranger(customer, hit)

    def _join(self, hub_id: int, hit: Customer, other: Link, rule: str) -> None:
        """Two customers of ours are one: the web's stays, with the links of both."""
        stays, goes = (hub_id, other.hub_id) if self.side.party == BACK_OFFICE else (other.hub_id, hub_id)
        self.run.hub.joining.join(stays, goes, rule, self.run.settings.customers)
        if stays != hub_id:
            self.linked.joined[hub_id] = stays
        self.found[stays] = hit
        self.linked.ids[stays] = hit.id
        self.linked.counts["customers linked"] += 1

    def _stand_beside(self, hub_id: int, hit: Customer, rule: str) -> None:
        """Another web customer of the same name is this record already: the orders of both go to it.

        A remote record has one link, the other's; that this one was found here stands in the journal, once.
        """
        self.linked.ids[hub_id] = hit.id
        self.side.release([hub_id])
        key = self.side.key(self.references[hub_id])
        if not self.run.hub.journal.sent_before(CREATE, [key]):
            [row] = self.run.hub.journal.open([Entry(self.side.party, CREATE, key, f"customer {hub_id}")])
            text = f"customer {hit.id}, by {rule} and name, beside another web customer"
            self.run.hub.journal.close([(row, "found", text)])
            self.linked.counts["customers linked"] += 1

    def _tell_found(self) -> None:
        """What they say is merged into the hub; what they lack they are told, where anything may be written."""
        found, self.found = self.found, {}
        if found and self.create:
            told = tell(self.run, self.side, list(found), again=self.again, there=found)
            self.linked.written |= told.written
            self.linked.counts += told.counts
        elif found:
            merge_in(self.run, self.side, found.values())

    def _to_be_created(self, customers: Mapping[int, Customer]) -> dict[int, Customer]:
        """Without those whose creation was queued within a day (their orders wait), or was refused within a day."""
        keys = {hub_id: self.side.key(self.references[hub_id]) for hub_id in customers}
        queued = self.run.hub.journal.in_queue(CREATE, keys.values(), times.now() - _A_DAY)
        waiting = {hub_id for hub_id, key in keys.items() if key in queued}
        self.linked.waiting |= waiting
        refused = set() if self.again else held_as_they_are(self.run, self.side, customers, but=TIE)
        return {hub_id: customers[hub_id] for hub_id in sorted(customers.keys() - waiting - refused)}

    def _one_of_each(self, customers: Mapping[int, Customer]) -> tuple[dict[int, Customer], dict[int, Customer]]:
        """Those to create now, and those who share a key with one of them: they must be looked up again after that."""
        first: dict[int, Customer] = {}
        later: dict[int, Customer] = {}
        seen: set[tuple[str, str]] = set()
        held = self.run.hub.holds.of_party(self.side.party, "customer", map(str, customers))
        for hub_id, customer in customers.items():
            keys = keys_of(customer, self.run.settings.customers)
            alone = str(hub_id) in held or not keys & seen
            (first if alone else later)[hub_id] = customer
            seen |= keys
        return first, later

    def _create(self, customers: Mapping[int, Customer]) -> None:
        """Create who was not found; each carries our reference, which is looked up first, always."""
        if not customers:
            return
        answers = answers_for(self.run, self.side, customers)
        made = [Making(hub_id, one, self.side, answers.get(hub_id, ())) for hub_id, one in customers.items()]
        changes = [(one.hub_id, one.change(self.references[one.hub_id])) for one in made]
        writes = self.side.push(CREATE, changes, [payload_of(self.side, one.send) for one in made])
        with self.run.hub.transaction():
            self.side.close(writes)
            for making, write in zip(made, writes, strict=True):
                self._note(making, write)
            merge_in(self.run, self.side, [one.there for one in writes if one.there is not None])

    def _note(self, making: Making, write: Write) -> None:
        hub_id = making.hub_id
        if isinstance(write.outcome, Written):
            self._add_link(making.link(write, self.references[hub_id]))
            self.run.hub.consents.tell(hub_id, self.side.party, making.answers, times.now())
            self.linked.ids[hub_id] = write.remote_id
            self.linked.made.add(hub_id)
            self.linked.written[hub_id] = making.names
            self.linked.counts["customers created"] += 1
            if making.without_group:
                self.linked.counts += self.side.hold_group(hub_id, making.ours, mark_of(making.ours))
        elif isinstance(write.outcome, Refused):
            text = f"{self.side.called} refused it: {write.outcome.message or write.outcome.reason}"
            self.linked.counts += self.side.hold(hub_id, write.outcome.reason, text, mark=mark_of(making.ours))
        else:
            self.linked.waiting.add(hub_id)

    def _add_link(self, link: Link) -> None:
        with self.run.hub.transaction():
            self.run.hub.links.add(link)
            self.run.hub.journal.supersede(self.side.party, CREATE, [self.side.key(link.reference or "")])
            # Who was created in doubt stays held: a person may join the two.
            self.side.release([link.hub_id], but=TIE if link.rule == "created" else "")


def keys_of_ours(side: Side, customer: Customer, reference: str) -> list[CustomerKey]:
    """What to look for to find the record that we made for a customer, by whatever rule customers are matched.

    A side that cannot be searched by our reference is searched by e-mail and phone, also by those that he had when he
    was sent: the records that are found carry the reference.
    """
    search = side.can.customer_search
    if "reference" in search:
        return [CustomerKey(reference=reference)]
    sent = side.run.hub.journal.unfinished(CREATE, [side.key(reference)]).values()
    contacts = [*customer.emails, *customer.phones]
    contacts += [text for row in sent for text in json.loads(row.payload or "[]")]
    country = side.run.settings.customers.country
    keys: list[CustomerKey] = []
    for text in dict.fromkeys(contacts):
        if "@" in text:
            keys += [CustomerKey(email=one) for one in email_spellings(text) if "email" in search]
        elif "phone" in search:
            keys += [CustomerKey(phone=one) for one in phone_spellings(text, country)]
    return keys


def payload_of(side: Side, send: Plain) -> list[str] | str:
    """What the journal keeps of a creation: by what it is found if its reply is lost, where not by our reference."""
    search = side.can.customer_search
    if "reference" in search:
        return ""
    return [*send.get("emails", ()), *(send.get("phones", ()) if "phone" in search else ())]


def references_of(run: Run, side: Side, customers: Collection[int]) -> dict[int, str]:
    """Our name for each customer at a side, the same for ever: made of the record that he has on the other side.

    Who has none there any more but one that was deleted or merged is named by that; who has none at all has no name.
    Who was there once, and is not him any more because a person said so, is named anew.
    """
    home = run.hub.customers.first_links(customers)
    if side.party != BACK_OFFICE:
        office = run.hub.links.primaries(BACK_OFFICE, "customer", customers)
        home |= {hub_id: (BACK_OFFICE, link.remote_id) for hub_id, link in office.items()}
    others = run.hub.links.of_customers([one for one in customers if one not in home])
    home |= {hub_id: (links[0].party, links[0].remote_id) for hub_id, links in others.items() if links}
    before = run.hub.joining.how_often_apart(customers, side.party)
    names = {}
    for hub_id, (party, remote_id) in home.items():
        again = [str(before[hub_id])] if before.get(hub_id) else []
        parts = (run.hub.parties.identity(party), remote_id, "customer", *again)
        names[hub_id] = name_for(parts, side.can.reference_length)
    return names


def _a_stranger(customer: Customer, hit: Customer) -> bool:
    """Whether somebody who left no more than an address behind has another name than the one who has it there."""
    return customer.guest and not same_name(customer.name, hit.name)


def _is_rival(other: Customer, customer: Customer, hit: Customer) -> bool:
    """Whether another customer of ours may be the one found; not one of the same name, who stands beside him."""
    return not same_name(other.name, customer.name) and not _a_stranger(other, hit)


def _is_ours(customer: Customer, result: Match) -> bool:
    return result.hit is not None and (result.rule == "reference" or same_name(customer.name, result.hit.name))
