"""May we send marketing? Only copied, never guessed (invariant I5).

Each side keeps its own answer per channel; what counts is worked out from all of them. An answer that is not there is
unknown, which is neither yes nor no, and is never sent. Answers without a time of their own count in the way that can
do least harm: a no as if it were given when we first saw it, a yes as if it were as old as it can be.

What a side shows because we wrote it is no word of its own: it is kept apart from that, so that a wrong join can be
undone. Where it is not known who said it first, a yes is taken for ours and a no for theirs.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from syncctl.model import Consent

NO, PENDING, YES = "unsubscribed", "pending", "subscribed"
JOINED = "joined"
"""The party of the answer that two joined records have in common: no, if either had said no."""

TOLD, ASTRAY = "told", "astray"
"""How an answer came to stand where it does, if nobody said it there: we wrote it; we wrote it for somebody from whom
this record was parted since."""

_AFTER = timedelta(milliseconds=1)  # the least by which two times that are kept differ
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_CAUTION = {YES: 0, PENDING: 1, NO: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What one party says of one channel. `changed_at`: by its own account; None: it does not say when.

    `told`: its own word, unless it is `TOLD` or `ASTRAY`; then `own` is what it had said itself before, if anything.
    """

    party: str
    channel: str  # email | sms
    state: str  # subscribed | unsubscribed | pending; any other word is not understood, and never counts
    changed_at: datetime | None
    seen_at: datetime  # when we first saw this state there
    seen_before: datetime | None = None  # when it was last seen to say otherwise there; None: it never was
    source: str = ""
    told: str = ""
    own: "Heard | None" = None

    @property
    def word(self) -> "Heard | None":
        """What this side said last itself."""
        return self.own if self.told else self

    @property
    def counted(self) -> "Heard | None":
        """What of it counts. Of an answer that went astray, what the side said itself, if that is not bolder.

        Who finds a no there, though it is not his own, has no reason to say no again.
        """
        if self.told != ASTRAY:
            return self
        bold = self.own is None or _CAUTION.get(self.own.state, -1) < _CAUTION.get(self.state, -1)
        return None if bold else self.own

    @property
    def at(self) -> datetime:
        """The time at which this answer counts.

        It was given after this side was last seen to say otherwise: so a no that we heard there then, and told to
        others, is older than the yes that stands there now.
        """
        if self.changed_at is not None:
            return self.changed_at
        if self.state == NO:
            return self.seen_at
        return _LONG_AGO if self.seen_before is None else self.seen_before + _AFTER


def stronger(one: Heard, other: Heard) -> Heard:
    """Which of two answers for one channel counts: the newer; of equal age no, then pending, then yes.

    A word that is not known counts for less than any that is.
    """
    return max(one, other, key=_weight)


def effective(heard: Iterable[Heard]) -> dict[str, Consent]:
    """What counts, by channel; a channel of which nobody said anything we understand is absent."""
    best: dict[str, Heard] = {}
    for one in _counted(heard):
        if one.state in _CAUTION:
            best[one.channel] = stronger(best.get(one.channel, one), one)
    return {channel: _consent(best[channel]) for channel in sorted(best)}


def to_send(
    answers: Mapping[str, Consent], told: Mapping[str, Heard], channels: Collection[str]
) -> tuple[Consent, ...]:
    """What a party must be told, as it was said, with its time and source. `told`: its own answer by channel.

    Over a word of its own that we do not know (cleaned, bounced, erased) only a no is written; over one that went
    astray, only what is more cautious: a person puts that right.
    """
    return tuple(
        consent
        for channel, consent in sorted(answers.items())
        if channel in channels and (channel not in told or _may_replace(told[channel], consent))
    )


def _may_replace(shown: Heard, consent: Consent) -> bool:
    if shown.state == consent.state:
        return False
    if shown.told == ASTRAY:
        return _CAUTION.get(consent.state, -1) > _CAUTION.get(shown.state, -1)
    return shown.state in _CAUTION or consent.state == NO


def write(shown: Heard | None, party: str, consent: Consent, source: Heard | None, now: datetime) -> Heard:
    """What a party shows once it was told this, as old as it was at its `source` (None: as of now).

    `shown`: what it showed before. A side that is told its own word again says that itself.
    """
    own = shown.word if shown is not None else None
    if own is not None and (own.state, own.changed_at) == (consent.state, consent.changed_at):
        return own
    return Heard(
        party=party,
        channel=consent.channel,
        state=consent.state,
        changed_at=consent.changed_at,
        seen_at=source.seen_at if source is not None else now,
        seen_before=source.seen_before if source is not None else None,
        source=consent.source,
        told=TOLD,
        own=own,
    )


def parted(heard: Iterable[Heard], leaving: str) -> list[Heard]:
    """Of a customer whose record `leaving` goes: the answers that went astray, for nobody says them any more who is
    the same person as far as we know."""
    known = [*heard]
    words = _counted(one for one in known if one.party != leaving and one.told != TOLD)
    return [
        replace(one, told=ASTRAY)
        for one in known
        if one.told == TOLD and (one.party == leaving or not any(_bears_out(word, one) for word in words))
    ]


def _bears_out(word: Heard, told: Heard) -> bool:
    return (word.channel, word.state) == (told.channel, told.state) and word.at >= told.at


def copied(new: Heard, shown: Heard | None, heard: Iterable[Heard], *, doubt: bool) -> Heard:
    """What a side says now, marked as ours where it is a copy of what another said: that is no word of its own.

    A record into which another was merged there has what we wrote into that one. `doubt`: we may have written into
    this one without knowing. It surely is a copy if it has the same time; where either has none a yes is taken for one,
    and a no never.
    """
    if new.changed_at is None and new.state == NO:
        return new
    alike = [one for one in heard if _is_copy(new, one)]
    merged = next((one for one in alike if one.told and one.party.startswith(f"{new.party}:")), None)
    if merged is not None:
        return replace(merged, party=new.party, own=shown.word if shown is not None else None)
    origin = next((one for one in alike if not one.told), None) if doubt else None
    return new if origin is None else write(shown, new.party, _consent(origin), origin, new.seen_at)


def unsure(one: Iterable[Heard], other: Iterable[Heard]) -> list[Heard]:
    """In a hub that was restored, of records that it had not known to be one: the answers that one may have from the
    other, through us, though nobody knows any more which. Marked as ours, all of them; never a no."""
    halves = [each for each in one if not each.told], [each for each in other if not each.told]
    pairs = [(each, of) for each in halves[0] for of in halves[1] if _is_copy(each, of) or _is_copy(of, each)]
    return [replace(each, told=TOLD) for pair in pairs for each in pair if each.state != NO]


def _is_copy(new: Heard, of: Heard) -> bool:
    same = (of.channel, of.state) == (new.channel, new.state) and of.party != new.party
    untimed = of.changed_at is None and new.state != NO  # some put the time at which they were told on it
    return same and (untimed or new.changed_at is None or _is_same_second(new.changed_at, of.changed_at))


def _is_same_second(one: datetime, other: datetime | None) -> bool:
    """Whether one time may be the other, of which a side keeps whole seconds only."""
    return other is not None and one.replace(microsecond=0) == other.replace(microsecond=0)


def joined(one: Iterable[Heard], other: Iterable[Heard]) -> dict[str, Heard]:
    """The answers that two records have in common once they are joined, by channel: no wins, whatever its age.

    It counts at the time of the latest of all their answers, so a yes must be newer than all of them to hold again.
    A no in common from an earlier join is kept.
    """
    both = [*one], [*other]
    before, after = effective(both[0]), effective(both[1])
    everything = _counted([*both[0], *both[1]])
    result: dict[str, Heard] = {}
    for each in everything:
        if each.party == JOINED:
            result[each.channel] = stronger(result.get(each.channel, each), each)
    for channel in before.keys() & after.keys():
        if before[channel].state != after[channel].state and NO in (before[channel].state, after[channel].state):
            result[channel] = _common_no(channel, [each for each in everything if each.channel == channel])
    return result


def hear(known: Heard | None, party: str, consent: Consent, now: datetime) -> Heard:
    """The answer to keep of a party after a reading that is not older than the last; `known`: the one kept so far.

    An equal answer without a time is no news, so what we wrote there keeps the time at which it was given, and stays
    ours until this side says something newer, or something else. What we wrote there without a time has none, though
    this side puts the one on it at which it was told. A no may have been said again at that time, and is that old then.
    """
    new = Heard(
        party=party,
        channel=consent.channel,
        state=consent.state,
        changed_at=consent.changed_at,
        seen_at=now,
        source=consent.source,
    )
    if known is None:
        return new
    echo = known.told and known.changed_at is None  # of what had no time
    later = new.changed_at is not None and not echo and _is_later(new.changed_at, known.changed_at)
    if known.state == new.state and not later:
        again = new.changed_at if echo and new.state == NO else None
        return known if again is None else replace(known, seen_at=max(again, known.seen_at))
    if known.told == ASTRAY:
        return replace(new, seen_before=known.seen_at) if known.own is None else hear(known.own, party, consent, now)
    if known.state == new.state:
        return replace(known, changed_at=new.changed_at, source=new.source, told="", own=None)
    new = replace(new, seen_before=known.seen_at)
    if new.changed_at is None or known.changed_at is None or stronger(known, new) is new:
        return new
    return replace(known, own=hear(known.own, party, consent, now) if known.own else new) if known.told else known


def _is_later(at: datetime, known: datetime | None) -> bool:
    return known is None or at > known


def _common_no(channel: str, heard: list[Heard]) -> Heard:
    return Heard(
        party=JOINED,
        channel=channel,
        state=NO,
        changed_at=max(max(each.at, each.changed_at or each.seen_at) for each in heard),
        seen_at=max(each.seen_at for each in heard),
        source=max((each for each in heard if each.state == NO), key=_weight).source,
    )


def _counted(heard: Iterable[Heard]) -> list[Heard]:
    return [counted for one in heard if (counted := one.counted) is not None]


def _consent(heard: Heard) -> Consent:
    return Consent(channel=heard.channel, state=heard.state, changed_at=heard.changed_at, source=heard.source)


def _weight(heard: Heard) -> tuple[bool, datetime, int, str, str]:
    """Its order among the answers for a channel; party and source only make it the same each time."""
    return heard.state in _CAUTION, heard.at, _CAUTION.get(heard.state, -1), heard.party, heard.source
