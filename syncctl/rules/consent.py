"""May we send marketing? Only copied, never guessed (invariant I5).

Each side keeps its own answer per channel; what counts is worked out from all of them. An answer that is not there is
unknown, which is neither yes nor no, and is never sent. Answers without a time of their own count in the way that can
do least harm: a no as if it were given when we first saw it, a yes as if it were as old as it can be.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from syncctl.model import Consent

NO, PENDING, YES = "unsubscribed", "pending", "subscribed"
JOINED = "joined"
"""The party of the answer that two joined records have in common: no, if either had said no."""

_AFTER = timedelta(milliseconds=1)  # the least by which two times that are kept differ
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_CAUTION = {YES: 0, PENDING: 1, NO: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What one party says of one channel. `changed_at`: by its own account; None: it does not say when."""

    party: str
    channel: str  # email | sms
    state: str  # subscribed | unsubscribed | pending; any other word is not understood, and never counts
    changed_at: datetime | None
    seen_at: datetime  # when we first saw this state there
    seen_before: datetime | None = None  # when it was last seen to say otherwise there; None: it never was
    source: str = ""

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
    for one in heard:
        if one.state in _CAUTION:
            best[one.channel] = stronger(best.get(one.channel, one), one)
    return {channel: _consent(best[channel]) for channel in sorted(best)}


def to_send(
    answers: Mapping[str, Consent], told: Mapping[str, Heard], channels: Collection[str]
) -> tuple[Consent, ...]:
    """What a party must be told, as it was said, with its time and source. `told`: its own answer by channel.

    Over a word of its own that we do not know (cleaned, bounced, erased) only a no is written.
    """
    return tuple(
        consent
        for channel, consent in sorted(answers.items())
        if channel in channels
        and (channel not in told or told[channel].state != consent.state)
        and (channel not in told or told[channel].state in _CAUTION or consent.state == NO)
    )


def joined(one: Iterable[Heard], other: Iterable[Heard]) -> dict[str, Heard]:
    """The answers that two records have in common once they are joined, by channel: no wins, whatever its age.

    It counts at the time of the latest of all their answers, so a yes must be newer than all of them to hold again.
    A no in common from an earlier join is kept.
    """
    both = [*one], [*other]
    before, after = effective(both[0]), effective(both[1])
    everything = [*both[0], *both[1]]
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

    An equal answer without a time is no news, so what we wrote there keeps the time at which it was given.
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
    if known.state == new.state:
        later = new.changed_at is not None and (known.changed_at is None or new.changed_at > known.changed_at)
        return replace(known, changed_at=new.changed_at, source=new.source) if later else known
    new = replace(new, seen_before=known.seen_at)
    both_timed = new.changed_at is not None and known.changed_at is not None
    return stronger(known, new) if both_timed else new


def _common_no(channel: str, heard: list[Heard]) -> Heard:
    return Heard(
        party=JOINED,
        channel=channel,
        state=NO,
        changed_at=max(each.changed_at or each.seen_at for each in heard),
        seen_at=max(each.seen_at for each in heard),
        source=max((each for each in heard if each.state == NO), key=_weight).source,
    )


def _consent(heard: Heard) -> Consent:
    return Consent(channel=heard.channel, state=heard.state, changed_at=heard.changed_at, source=heard.source)


def _weight(heard: Heard) -> tuple[bool, datetime, int, str, str]:
    """Its order among the answers for a channel; party and source only make it the same each time."""
    return heard.state in _CAUTION, heard.at, _CAUTION.get(heard.state, -1), heard.party, heard.source
