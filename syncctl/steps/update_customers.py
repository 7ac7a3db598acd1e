"""Telling one side what the hub says of customers: read them there, merge that, write only what differs (R4, R63, R64).

What was typed there meanwhile is merged into the hub first, so nothing is overwritten unseen; what is returned after
the write is remembered as theirs, so that a side which cuts a name has not edited it, and nothing comes back (I7).
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from syncctl import times
from syncctl.hub.links import GONE, Link
from syncctl.model import Consent, Customer, CustomerChange, Mismatch, Refused, Written
from syncctl.rules.consent import effective, to_send
from syncctl.rules.lists import keys_for
from syncctl.rules.merging import Plain, is_blank, plain, text_of, typed, untold
from syncctl.steps.lost_writes import on_their_way, recall, still_settling
from syncctl.steps.pull_customers import arrivals_of
from syncctl.steps.run import Counts, Run
from syncctl.steps.side import MISSING_GROUP, UPDATE, Side, Write


@dataclass(slots=True)
class Told:
    """What became of it: by hub id the fields that were written; who is not there any more."""

    written: dict[int, tuple[str, ...]] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    counts: Counts = field(default_factory=Counts)


@dataclass(slots=True)
class _Telling:
    """A customer, the record that is to be told, and what it is to be told: fields, and answers about marketing.

    `asked`: fields of which a person must say first which side holds. `later`: some of it cannot be told yet.
    `agreed`: what the hub says of a field that is sent in part, for the side has the rest of it in another record.
    """

    hub_id: int
    ours: Customer
    link: Link
    theirs: Customer
    asked: frozenset[str]
    send: Plain
    consents: tuple[Consent, ...] = ()
    later: bool = False
    agreed: Plain = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        return (*sorted(self.send), *(["consents"] if self.consents else []))

    @property
    def payload(self) -> Plain:
        """What the journal keeps: the values too, so that what a side made of them is known again."""
        said = [[one.channel, one.state, one.changed_at and times.to_text(one.changed_at)] for one in self.consents]
        return {**self.send, **({"consents": said} if said else {})}

    def is_part_of(self, sent: Plain | None) -> bool:
        """Whether all of it was sent already."""
        return sent is not None and all(sent.get(name) == value for name, value in self.payload.items())

    def change(self) -> CustomerChange:
        fields = typed(self.send)
        if self.consents:
            fields["consents"] = self.consents
        link = self.link
        return CustomerChange(
            key=link.remote_id, id=link.remote_id, reference=link.reference or "", fields=fields, expected=self.theirs
        )


def tell(
    run: Run,
    side: Side,
    hub_ids: Collection[int],
    *,
    again: bool = False,
    there: Mapping[int, Customer] | None = None,
) -> Told:
    """Bring these customers' records at one side up to date; who has none there is left alone. At most a batch.

    `again`: also what was refused within a day, because a person asks for it. `there`: their records, where they were
    read just now.
    """
    told = Told()
    links = run.hub.links.primaries(side.party, "customer", hub_ids)
    links = {hub_id: link for hub_id, link in links.items() if not link.gone}
    if not again:
        held = held_as_they_are(run, side, run.hub.customers.load(links))
        links = {hub_id: link for hub_id, link in links.items() if hub_id not in held}
    settling = still_settling(run, side, links)
    links = {hub_id: link for hub_id, link in links.items() if hub_id not in settling}
    records = _read(side, links, there or {})
    told.counts += hold_unread(run, side, links)
    for hub_id in [one for one, link in links.items() if link.remote_id not in records]:
        told.gone.add(hub_id)
        told.counts += hold_gone(run, side, hub_id, links.pop(hub_id))
    recall(run, side, records, links)
    merge_in(run, side, records.values())
    tellings = _tellings(run, side, records, links, told.counts)
    _leave_to_others(run, side, tellings)
    queued = on_their_way(run, side, links)
    waiting = {one.hub_id for one in tellings if one.names and one.is_part_of(queued.get(one.hub_id))}
    _conclude(run, side, [one for one in tellings if not one.names], [], told)
    _send(run, side, [one for one in tellings if one.names and one.hub_id not in waiting], told)
    told.counts["waiting customers"] += len(settling) + len(waiting)
    return told


def _read(side: Side, links: Mapping[int, Link], there: Mapping[int, Customer]) -> dict[str, Customer]:
    """Their records as they are now, by id."""
    read = side.now(link.remote_id for hub_id, link in links.items() if hub_id not in there)
    return read | {there[hub_id].id: there[hub_id] for hub_id in links.keys() & there.keys()}


def merge_in(run: Run, side: Side, records: Iterable[Customer]) -> None:
    """Take what these records say now into the hub, each through its link."""
    settings = run.settings.customers
    if records := list(records):
        with run.hub.transaction():
            run.hub.customers.take(side.party, arrivals_of(records, settings), full=True, settings=settings)


def hold_gone(run: Run, side: Side, hub_id: int, link: Link) -> Counts:
    """Its record is not there any more: nothing is written for it until a person says what is to be, unless another
    record of the same customer takes its place."""
    text = (
        f"{side.called} has no customer {link.remote_id[:100]} any more; nothing is written there, until you have him "
        "made again or linked to another"
    )
    with run.hub.transaction():
        if run.hub.departures.succeed(link):
            return Counts()
        run.hub.links.settle(link, link.ours, link.theirs, GONE, times.to_text(times.now()), pending=False)
        return side.hold(hub_id, "gone", text, hint=f"syncctl customers unlink {hub_id} --from {side.party}")


def hold_unread(run: Run, side: Side, links: dict[int, Link]) -> Counts:
    """Those of these records that are there and cannot be read are held, and left out of `links`."""
    counts = Counts()
    unread = {hub_id: link for hub_id, link in links.items() if link.remote_id in side.unreadable}
    for hub_id, customer in run.hub.customers.load(unread).items():
        remote_id = links.pop(hub_id).remote_id
        reason = side.unreadable[remote_id]
        counts += side.hold_unreadable(hub_id, f"customer {remote_id[:60]!r}", reason, mark_of(customer))
    return counts


def mark_of(customer: Customer) -> str:
    """A short hash of all that a side could be told of a customer."""
    text = f"{text_of(plain(customer, True))} {customer.consents!r}"
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def held_as_they_are(run: Run, side: Side, customers: Mapping[int, Customer], *, but: str = "") -> set[int]:
    """Those who were refused there, exactly as they are, within a day: they are not sent again. `but`: save for this.

    A group that was missing and is there now lets its customers go.
    """
    holds = run.hub.holds.of_party(side.party, "customer", map(str, customers))
    return {
        hub_id
        for hub_id, one in customers.items()
        if (hold := holds.get(str(hub_id))) is not None
        and hold.reason != but
        and hold.stands_for(mark_of(one))
        and not (hold.reason == MISSING_GROUP and side.has_group(one.group or ""))
    }


def _tellings(
    run: Run, side: Side, there: Mapping[str, Customer], links: Mapping[int, Link], counts: Counts
) -> list[_Telling]:
    """What each is to be told, from the hub as it is after the merge."""
    links = run.hub.links.primaries(side.party, "customer", links)
    customers = run.hub.customers.load(links)
    answers = answers_for(run, side, links)
    found = []
    for hub_id, link in links.items():
        if (theirs := there.get(link.remote_id)) is None:
            continue
        said, agreed, ours = plain(theirs, True), link.theirs, customers[hub_id]
        asked = frozenset(name for name in side.fields & said.keys() if _is_open(name, said[name], agreed))
        telling = _Telling(
            hub_id=hub_id,
            ours=ours,
            link=link,
            theirs=theirs,
            asked=asked,
            send=untold(plain(ours, True), link.ours, side.fields - asked),
            consents=answers.get(hub_id, ()),
        )
        if "group" in telling.send and not side.has_group(ours.group or ""):
            counts += side.hold_group(hub_id, ours, mark_of(ours))
            del telling.send["group"]
            telling.later = True
        found.append(telling)
    return found


def _leave_to_others(run: Run, side: Side, tellings: Sequence[_Telling]) -> None:
    """An e-mail address that another of the customer's records there has is not sent, for it can be one account's only.

    Where nothing is left that this record lacks, that is agreed without a write. Where nothing is left of those that it
    has, all are sent: it loses its only address for none but one that the side itself lets it have.
    """
    tellings = [one for one in tellings if "emails" in one.send]
    key = keys_for(run.settings.customers.country)["emails"]
    records = run.hub.links.of_customers([one.hub_id for one in tellings])
    for one in tellings:
        others = [link for link in records[one.hub_id] if link.party == side.party and link.role != "primary"]
        taken = {
            key(text) for link in others if not (link.is_guest or link.gone) for text in link.theirs.get("emails", ())
        }
        said = list(one.theirs.emails)
        taken -= set(map(key, said))
        ours = one.send["emails"]
        left = [text for text in ours if key(text) not in taken]
        if left == ours or (said and not left):
            continue
        one.send["emails"], one.agreed["emails"] = left, ours
        if list(map(key, left)) == list(map(key, said)):
            del one.send["emails"]
            bases = one.link.ours | one.agreed, one.link.theirs | {"emails": said}
            run.hub.links.settle(one.link, *bases, None, None, pending=True)
            one.link = replace(one.link, agreed_ours=text_of(bases[0]), agreed_theirs=text_of(bases[1]))


def _is_open(name: str, said: object, agreed: Plain) -> bool:
    """Whether what a side says was not agreed on. A blank that was never spoken of is none that stands in the way.

    An order's copy of its buyer leaves blanks out, and a record that says the same as that is not merged again.
    """
    return bool(agreed[name] != said) if name in agreed else not is_blank(said)


def answers_for(run: Run, side: Side, hub_ids: Collection[int]) -> dict[int, tuple[Consent, ...]]:
    """The answers about marketing that a side must be told of each, as they were given."""
    heard = run.hub.consents.heard(hub_ids) if side.can.consent_channels else {}
    found = {
        hub_id: to_send(
            effective(rows), {one.channel: one for one in rows if one.party == side.party}, side.can.consent_channels
        )
        for hub_id, rows in heard.items()
    }
    return {hub_id: answers for hub_id, answers in found.items() if answers}


def _send(run: Run, side: Side, tellings: Sequence[_Telling], told: Told) -> None:
    if not tellings:
        return
    changes = [(one.hub_id, one.change()) for one in tellings]
    pushed = side.push(UPDATE, changes, [one.payload for one in tellings])
    with run.hub.transaction():
        side.close(pushed)
        _conclude(run, side, tellings, pushed, told)


def _conclude(run: Run, side: Side, tellings: Sequence[_Telling], pushed: Sequence[Write], told: Told) -> None:
    """Record what became of each: done (without a write: there was nothing to tell), refused, or to be looked at."""
    outcomes = {one.hub_id: one for one in pushed}
    done = []
    with run.hub.transaction():
        for telling in tellings:
            write = outcomes.get(telling.hub_id)
            if write is None or isinstance(write.outcome, Written):
                done.append(telling)
            elif isinstance(write.outcome, Refused):
                text = f"{side.called} refused the change: {write.outcome.message or write.outcome.reason}"
                told.counts += side.hold(telling.hub_id, write.outcome.reason, text, mark=mark_of(telling.ours))
            if write is not None and isinstance(write.outcome, Written):
                _agree(run, side, write, telling)
                told.written[telling.hub_id] = telling.names
                told.counts["customers updated"] += 1
            elif write is not None and isinstance(write.outcome, Mismatch):
                told.counts["customers contended"] += 1
        merge_in(run, side, [one.there for one in pushed if one.there is not None])
        _settle(run, side, done)


def _agree(run: Run, side: Side, write: Write, telling: _Telling) -> None:
    """These fields were written: what they look like there is theirs from now on. Inside a transaction."""
    link, sent = telling.link, telling.send
    returned = {} if write.there is None else plain(write.there, True)
    theirs = {name: value for name, value in link.theirs.items() if name not in sent}
    theirs |= {name: returned[name] for name in sent if name in returned}
    run.hub.links.settle(link, link.ours | sent | telling.agreed, theirs, None, None, pending=True)
    if telling.consents:
        run.hub.consents.tell(link.hub_id, side.party, telling.consents, times.now())


def _settle(run: Run, side: Side, done: Sequence[_Telling]) -> None:
    """Who is told all that there is to tell is pending no more; looked at again, for a person may have said something.

    A field that the side does not keep counts as told.
    """
    asked = {one.hub_id: one.asked for one in done}
    later = {one.hub_id for one in done if one.later}
    links = run.hub.links.primaries(side.party, "customer", asked)
    customers = run.hub.customers.load(links)
    answers = answers_for(run, side, links)
    for hub_id, link in links.items():
        ours = plain(customers[hub_id], True)
        agreed = link.ours | {name: value for name, value in ours.items() if name not in side.fields}
        rest = untold(ours, agreed, side.fields - asked[hub_id])
        pending = bool(rest) or hub_id in answers or hub_id in later
        run.hub.links.settle(link, agreed, link.theirs, None, None, pending=pending)
        if not pending and not asked[hub_id]:
            side.release([hub_id])
