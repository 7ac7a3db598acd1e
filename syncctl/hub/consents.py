"""What each side says, or was told, of a customer's answer to "may we send marketing?" (I5: only ever copied)."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from syncctl import times
from syncctl.hub.bulk import Insert, in_chunks, marks
from syncctl.hub.family import Family
from syncctl.hub.links import Link
from syncctl.model import Consent
from syncctl.model.record import record
from syncctl.rules import consent as rules
from syncctl.rules.consent import Heard

_COLUMNS = "customer_id channel party state changed_at source seen_at seen_before told own"
_UPDATE = "customer.update"  # the journal's word for a change of a record
_PUT = Insert(
    "consent",
    _COLUMNS,
    "ON CONFLICT DO UPDATE SET state = excluded.state, changed_at = excluded.changed_at, source = excluded.source, "
    "seen_at = excluded.seen_at, seen_before = excluded.seen_before, told = excluded.told, own = excluded.own",
)


@record(frozen=True, slots=True)
class Answers:
    """What one party (see `source_of`) says of a customer, as of when; `said_until`: until when it is known to have
    said what is recorded of it. `key`: of the journal, where the record is written to; `made`: we made the record."""

    hub_id: int
    party: str
    consents: Sequence[Consent]
    as_of: datetime
    said_until: datetime | None = None
    key: str = ""
    made: bool = False


@record(frozen=True, slots=True)
class Astray:
    """An answer that stands in a record because we wrote it there for somebody else."""

    party: str
    remote_id: str
    channel: str
    state: str


def source_of(link: Link) -> str:
    """The party of a record's own answers: those of a second record of a person are told apart from the first's."""
    return link.party if link.role == "primary" else f"{link.party}:{link.remote_id}"


class Consents(Family):
    """Table `consent`: per customer and channel, a row for each side that said something or was told."""

    def heard(self, hub_ids: Iterable[int]) -> dict[int, list[Heard]]:
        """All answers known of these customers; who has none is absent."""
        found: dict[int, list[Heard]] = {}
        for chunk in in_chunks(hub_ids):
            rows = self.connection.execute(
                f"SELECT {', '.join(_COLUMNS.split())} FROM consent WHERE customer_id IN ({marks(chunk)})", chunk
            )
            for hub_id, *values in rows:
                found.setdefault(hub_id, []).append(_heard(values))
        return found

    def hear(self, answers: Sequence[Answers], *, joined: bool = False, older: bool = False) -> set[int]:
        """Record what sides say now; returns whose answers changed. What a side says no more stays as it was recorded.

        `joined`: each is a record that was just joined with its customer, so that no wins whatever its age. `older`:
        younger readings of these records are known, so that an answer must tell its own age to count.
        """
        known = self.heard({one.hub_id for one in answers})
        changed = set()
        for one in answers:
            heard = known.setdefault(one.hub_id, [])
            shown = {each.channel: each for each in heard if each.party == one.party}
            new = _heard_now(one, shown, older=older)
            new = self._with_doubt(one, shown, new, heard)
            if joined:
                new += rules.joined(heard, new).values()
            if new:
                self.put(one.hub_id, new)
                known[one.hub_id] = self.heard([one.hub_id])[one.hub_id]
                changed.add(one.hub_id)
        return changed

    def _with_doubt(
        self, one: Answers, shown: Mapping[str, Heard], new: list[Heard], heard: list[Heard]
    ) -> list[Heard]:
        """Answers that we may have written there without knowing are no words of that side's own: its reply was lost,
        or it is of a time that a restored hub has lost; then it is not even known who had it from whom."""
        said = [each for each in new if not each.told]
        if not said:
            return new
        lost = self.hub.state("restored_at") is not None
        doubt = lost or (one.made and not shown) or bool(one.key and self.hub.journal.unfinished(_UPDATE, [one.key]))
        ours = [rules.copied(each, shown.get(each.channel), heard, doubt=doubt) for each in said]
        others = [each for each in heard if each.party != one.party]
        unsure = [each for each in rules.unsure(said, others) if each.party != one.party] if lost else []
        return [*(each for each in new if each.told), *ours, *unsure]

    def add(self, answers: Iterable[Answers]) -> None:
        """Record what sides say of new customers."""
        rows = [
            _row(each.hub_id, rules.hear(None, each.party, consent, each.as_of))
            for each in answers
            for consent in each.consents
        ]
        _PUT.run(self.connection, rows)

    def tell(self, hub_id: int, party: str, consents: Iterable[Consent], at: datetime) -> None:
        """A party was told these answers: it shows them now, as old as they are, so that its echo is nothing new."""
        heard = self.heard([hub_id]).get(hub_id, ())
        said = {(word.channel, word.state): word for one in heard if (word := one.counted) is not None}
        shown = {one.channel: one for one in heard if one.party == party}
        self.put(
            hub_id,
            [
                rules.write(shown.get(one.channel), party, one, said.get((one.channel, one.state)), at)
                for one in consents
            ],
        )

    def part(self, hub_id: int, party: str, *, alone: bool) -> None:
        """This record (see `source_of`) is about to leave its customer, inside the caller's transaction: each of the
        two keeps what it said itself. `alone`: one other stays, which has nothing in common with any."""
        if alone:
            self.forget(hub_id, rules.JOINED)
        self.put(hub_id, rules.parted(self.heard([hub_id]).get(hub_id, ()), party))

    def doubt(self, hub_id: int, parties: Iterable[str], *, made: bool) -> None:
        """`made`: we made the records of these parties, but the hub does not know what was written there; else another
        record was merged into them, with what we had written there: see `copied`."""
        for party in parties:
            heard = self.heard([hub_id]).get(hub_id, [])
            own = [one for one in heard if one.party == party and not one.told]
            self.put(hub_id, [rules.copied(one, None, heard, doubt=made) for one in own])

    def astray(self, hub_ids: Iterable[int]) -> list[Astray]:
        """What stands in these customers' records though none of them said it, for a person to put right there."""
        ids = list(hub_ids)
        links = self.hub.links.of_customers(ids)
        return [
            Astray(link.party, link.remote_id, one.channel, one.state)
            for hub_id, heard in self.heard(ids).items()
            for link in links.get(hub_id, [])
            for one in heard
            if one.told == rules.ASTRAY and one.party == source_of(link) and not link.gone
        ]

    def mark_untold(self, hub_ids: Iterable[int]) -> None:
        """Whoever says otherwise than what counts is to be told: also who spoke last, if others know better."""
        ids = list(hub_ids)
        links = self.hub.links.of_customers(ids)
        for hub_id, heard in self.heard(ids).items():
            answers = rules.effective(heard)
            for link in links.get(hub_id, []):
                told = {one.channel: one for one in heard if one.party == link.party}
                if link.role == "primary" and rules.to_send(answers, told, answers.keys()):
                    self.hub.links.mark_pending([hub_id], party=link.party)

    def put(self, hub_id: int, heard: Iterable[Heard]) -> None:
        """Record these answers as they are, over what is recorded for the same sides and channels."""
        with self.hub.transaction() as connection:
            _PUT.run(connection, [_row(hub_id, one) for one in heard])

    def move(self, hub_id: int, party: str, to: int, as_party: str) -> None:
        """What one party says of a customer is of another customer; `as_party`: see `source_of`."""
        with self.hub.transaction() as connection:
            connection.execute(
                "UPDATE OR REPLACE consent SET customer_id = ?, party = ? WHERE customer_id = ? AND party = ?",
                [to, as_party, hub_id, party],
            )

    def forget(self, hub_id: int, party: str | None = None) -> None:
        """Forget all answers of a customer, or those of one party."""
        with self.hub.transaction() as connection:
            connection.execute(
                "DELETE FROM consent WHERE customer_id = ?1 AND (?2 IS NULL OR party = ?2)", [hub_id, party]
            )


def _heard_now(one: Answers, known: Mapping[str, Heard], *, older: bool) -> list[Heard]:
    """The answers that are not as they were recorded."""
    new = []
    for consent in one.consents:
        before = known.get(consent.channel)
        if older and before is not None and (before.changed_at is None or consent.changed_at is None):
            continue
        now = rules.hear(before, one.party, consent, one.as_of)
        if before is not None and before.state != now.state and one.said_until is not None:
            now = replace(now, seen_before=max(before.seen_at, one.said_until))
        if now != before:
            new.append(now)
    return new


def _row(hub_id: int, one: Heard) -> tuple[object, ...]:
    return (hub_id, one.channel, one.party, *_facts(one), one.told, json.dumps(_facts(one.own)) if one.own else None)


def _facts(one: Heard) -> tuple[object, ...]:
    return one.state, _text(one.changed_at), one.source, times.to_text(one.seen_at), _text(one.seen_before)


def _heard(values: Sequence[Any]) -> Heard:
    """An answer of the hub's row, without its customer."""
    channel, party, state, changed_at, source, seen_at, seen_before, told, own = values
    return Heard(
        party=party,
        channel=channel,
        state=state,
        changed_at=_at(changed_at),
        seen_at=times.from_text(seen_at),
        seen_before=_at(seen_before),
        source=source,
        told=told,
        own=None if own is None else _heard([channel, party, *json.loads(own), "", None]),
    )


def _at(text: str | None) -> datetime | None:
    return None if text is None else times.from_text(text)


def _text(at: datetime | None) -> str | None:
    return None if at is None else times.to_text(at)
