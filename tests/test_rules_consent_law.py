"""I5 as laws: never yes unless somebody said so, a newer no wins, and the order of hearing makes no difference."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from syncctl.model import Consent
from syncctl.rules.consent import Heard, effective, hear, joined, to_send

START = datetime(2026, 3, 1, tzinfo=UTC)
YES, NO, PENDING = "subscribed", "unsubscribed", "pending"
WORDS = (YES, NO, PENDING, "cleaned", "")
TIMES = st.integers(0, 6).map(lambda day: START + timedelta(days=day))
CHANNELS = ("email", "sms")
PARTIES = ("shop", "outlet", "back-office")


def days(first: int, last: int) -> st.SearchStrategy[timedelta]:
    return st.integers(first, last).map(lambda day: timedelta(days=day))


PLACES = st.sampled_from([(party, channel) for party in PARTIES for channel in CHANNELS])
SAID = st.tuples(
    st.sampled_from(WORDS), st.none() | TIMES, TIMES, st.none() | days(0, 6), st.sampled_from(["", "till"])
)


def answers() -> st.SearchStrategy[list[Heard]]:
    """At most one answer per party and channel, as the hub keeps them."""
    return st.dictionaries(PLACES, SAID, max_size=6).map(
        lambda said: [
            Heard(
                party=party,
                channel=channel,
                state=state,
                changed_at=changed_at,
                seen_at=seen_at,
                seen_before=None if before is None else seen_at - before,
                source=source,
            )
            for (party, channel), (state, changed_at, seen_at, before, source) in said.items()
        ]
    )


def of(channel: str, heard: list[Heard]) -> list[Heard]:
    return [one for one in heard if one.channel == channel]


def latest(one: Heard) -> datetime:
    """The latest moment at which this answer can have been given."""
    return one.changed_at or one.seen_at


def earliest(one: Heard) -> datetime:
    """The earliest: after it was last seen to say otherwise there."""
    after = one.seen_before and one.seen_before + timedelta(milliseconds=1)
    return one.changed_at or after or datetime.min.replace(tzinfo=UTC)


@given(answers())
def test_never_yes_unless_somebody_said_yes(heard: list[Heard]) -> None:
    for channel, consent in effective(heard).items():
        said = [one for one in of(channel, heard) if one.state == consent.state]
        assert (consent.changed_at, consent.source) in [(one.changed_at, one.source) for one in said], "as it was given"
        assert consent.state in (YES, NO, PENDING)


@given(answers())
def test_never_yes_where_a_no_may_be_as_young(heard: list[Heard]) -> None:
    """Stated from outside: some yes must have been given, for sure, after each no can have been given at the latest."""
    for channel, consent in effective(heard).items():
        noes = [latest(one) for one in of(channel, heard) if one.state == NO]
        if consent.state == YES and noes:
            assert max(earliest(one) for one in of(channel, heard) if one.state == YES) > max(noes)
        if consent.state != NO and noes:
            assert max(earliest(one) for one in of(channel, heard) if one.state in (YES, PENDING)) > max(noes)


@given(answers())
def test_a_yes_that_is_younger_than_every_no_and_every_doubt_counts(heard: list[Heard]) -> None:
    """Caution must not go so far that nobody's mind can change."""
    for channel, consent in effective(heard).items():
        known = [one for one in of(channel, heard) if one.state in (YES, NO, PENDING)]
        yes = max((earliest(one) for one in known if one.state == YES), default=None)
        others = [latest(one) for one in known if one.state != YES]
        if yes is not None and all(at < yes for at in others):
            assert consent.state == YES


@given(answers(), st.data())
def test_the_order_of_hearing_makes_no_difference(heard: list[Heard], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(heard))
    assert effective(shuffled) == effective(heard)
    half = len(heard) // 2
    assert joined(shuffled[:half], shuffled[half:]) == joined(shuffled[half:], shuffled[:half])


@given(answers())
def test_who_says_nothing_changes_nothing(heard: list[Heard]) -> None:
    """Neither an answer that is not there nor one in a word that is not known has any weight."""
    assert effective([one for one in heard if one.state in (YES, NO, PENDING)]) == effective(heard)
    assert effective(heard).keys() == {one.channel for one in heard if one.state in (YES, NO, PENDING)}


@given(answers(), TIMES)
def test_one_more_no_never_makes_a_yes(heard: list[Heard], at: datetime) -> None:
    no = Heard(party="till", channel="email", state=NO, changed_at=at, seen_at=at)
    before, after = effective(heard).get("email"), effective([*heard, no])["email"]
    assert after.state == NO or after == before


@given(answers(), answers())
def test_when_two_records_are_joined_no_wins(one: list[Heard], other: list[Heard]) -> None:
    common = joined(one, other)
    after = effective([*one, *other, *common.values()])
    for channel in CHANNELS:
        states = {known[channel].state for known in (effective(one), effective(other)) if channel in known}
        if NO in states:
            assert after[channel].state == NO
        elif states:
            assert after[channel].state in states and channel not in common
        else:
            assert channel not in after


@given(answers(), answers())
def test_a_party_is_told_what_counts_once_and_nothing_else(heard: list[Heard], told: list[Heard]) -> None:
    answered = effective(heard)
    known = {one.channel: one for one in told}
    sent = to_send(answered, known, {"email"})
    assert all(one == answered["email"] for one in sent)
    if any(one.state == YES for one in sent):
        assert any(one.state == YES for one in of("email", heard))
    after = known | {one.channel: _written(one) for one in sent}
    assert to_send(answered, after, {"email"}) == (), "once"
    if "email" in answered and "email" not in {one.channel for one in sent}:
        assert known["email"].state in (answered["email"].state, "cleaned", "")


@given(st.lists(st.tuples(st.sampled_from([YES, NO, PENDING]), st.none() | TIMES), max_size=6), st.booleans())
def test_reading_a_side_again_is_no_news(said: list[tuple[str, datetime | None]], timed: bool) -> None:
    known = None
    for day, (state, at) in enumerate(said):
        consent = Consent(channel="email", state=state, changed_at=at if timed else None)
        known = hear(known, "shop", consent, START + timedelta(days=day))
        assert hear(known, "shop", consent, START + timedelta(days=day + 1)) == known


@given(st.lists(st.tuples(st.sampled_from([YES, NO]), TIMES), min_size=1, max_size=6))
def test_of_all_timed_answers_of_a_side_the_newest_is_kept_and_no_before_yes(said: list[tuple[str, datetime]]) -> None:
    known = None
    for state, at in said:
        known = hear(known, "shop", Consent(channel="email", state=state, changed_at=at), START)
    newest = max(at for _, at in said)
    expected = NO if (NO, newest) in said else YES
    assert known is not None and (known.state, known.changed_at) == (expected, newest)


def _written(consent: Consent) -> Heard:
    return Heard(
        party="shop", channel=consent.channel, state=consent.state, changed_at=consent.changed_at, seen_at=START
    )
