"""May we send marketing? Only copied; a newer no wins, no beats yes of equal age, unknown is never yes (I5)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from syncctl.model import Consent
from syncctl.rules.consent import TOLD, Heard, copied, effective, hear, joined, stronger, to_send, write

DAY = [datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=number) for number in range(10)]
YES, NO, PENDING = "subscribed", "unsubscribed", "pending"


def said(
    state: str,
    at: int | None = None,
    *,
    seen: int = 9,
    before: int | None = None,
    party: str = "shop",
    channel: str = "email",
    source: str = "",
) -> Heard:
    """An answer of day `at`, first seen on day `seen`, after another one that was last seen on day `before`."""
    return Heard(
        party=party,
        channel=channel,
        state=state,
        changed_at=None if at is None else DAY[at],
        seen_at=DAY[seen],
        seen_before=None if before is None else DAY[before],
        source=source,
    )


def state_of(*heard: Heard) -> str | None:
    """What counts for e-mail, whichever is heard first."""
    there, back = effective(heard), effective(reversed(heard))
    assert there == back
    return there["email"].state if "email" in there else None


# -- what counts


def test_nobody_said_anything_is_neither_yes_nor_no() -> None:
    assert effective([]) == {}


@pytest.mark.parametrize("other", [YES, PENDING])
def test_a_newer_no_wins(other: str) -> None:
    assert state_of(said(other, 3), said(NO, 4, party="books")) == NO


@pytest.mark.parametrize("other", [YES, PENDING])
def test_no_beats_the_rest_of_equal_age(other: str) -> None:
    assert state_of(said(other, 4), said(NO, 4, party="books")) == NO


def test_a_newer_yes_is_a_change_of_mind() -> None:
    assert state_of(said(NO, 3), said(YES, 4, party="books")) == YES


def test_pending_beats_yes_of_equal_age_and_not_a_newer_one() -> None:
    assert state_of(said(YES, 4), said(PENDING, 4, party="books")) == PENDING
    assert state_of(said(YES, 5), said(PENDING, 4, party="books")) == YES


def test_an_untimed_no_counts_when_it_was_first_seen() -> None:
    assert state_of(said(NO, seen=5), said(YES, 4, party="books")) == NO
    assert state_of(said(NO, seen=5), said(YES, 5, party="books")) == NO
    assert state_of(said(NO, seen=5), said(YES, 6, party="books")) == YES


def test_an_untimed_yes_is_as_old_as_it_can_be() -> None:
    assert state_of(said(YES, seen=9), said(NO, 0, party="books")) == NO, "it may have stood there for years"
    assert state_of(said(YES, seen=9, before=5), said(NO, 6, party="books")) == NO
    assert state_of(said(YES, seen=9, before=5), said(NO, 4, party="books")) == YES, "they changed their mind since"


def test_an_untimed_yes_is_younger_than_what_the_same_side_was_last_seen_to_say() -> None:
    """The no that we heard there on day 5, and told to another side, is not as young as the yes that followed it."""
    told = said(NO, seen=5, party="books")
    assert state_of(said(YES, seen=9, before=5), told) == YES
    assert state_of(said(YES, seen=9, before=4), told) == NO


def test_an_untimed_yes_counts_where_nobody_said_no() -> None:
    assert state_of(said(YES)) == YES


def test_e_mail_and_sms_are_asked_for_apart() -> None:
    answers = effective([said(YES, 3), said(NO, 4, channel="sms")])
    assert {channel: one.state for channel, one in answers.items()} == {"email": YES, "sms": NO}


@pytest.mark.parametrize("word", ["", "cleaned", "SUBSCRIBED", "redacted"])
def test_a_word_that_is_not_known_never_counts(word: str) -> None:
    assert state_of(said(word, 9)) is None
    assert state_of(said(word, 9), said(YES, 1, party="books")) == YES
    assert state_of(said(word, 9), said(NO, 1, party="books")) == NO


def test_what_counts_is_the_answer_as_it_was_given_with_its_time_and_source() -> None:
    given = said(NO, 4, source="unsubscribe link")
    assert effective([said(YES, 3, party="books"), given])["email"] == Consent(
        channel="email", state=NO, changed_at=DAY[4], source="unsubscribe link"
    )
    assert effective([said(NO, seen=5)])["email"].changed_at is None, "when we saw it is not when it was given"


def test_the_stronger_of_two_answers_is_the_same_whichever_comes_first() -> None:
    yes, no = said(YES, 4), said(NO, 4, party="books")
    assert stronger(yes, no) is stronger(no, yes) is no


# -- what a party is told


def test_a_party_is_told_what_differs_as_it_was_given() -> None:
    answers = effective([said(NO, 4, source="till", party="books"), said(YES, 3)])
    assert to_send(answers, {"email": said(YES, 3)}, {"email"}) == (answers["email"],)
    assert to_send(answers, {"email": said(NO, 1)}, {"email"}) == ()
    assert to_send(answers, {}, {"email"}) == (answers["email"],)


def test_a_party_is_told_of_its_own_channels_only() -> None:
    answers = effective([said(NO, 4), said(NO, 4, channel="sms")])
    assert [one.channel for one in to_send(answers, {}, {"sms"})] == ["sms"]
    assert to_send(answers, {}, ()) == ()


def test_nothing_is_told_of_a_channel_of_which_nothing_is_known() -> None:
    assert to_send(effective([said(NO, 4)]), {}, {"sms"}) == ()


def test_over_a_word_that_is_not_known_only_a_no_is_written() -> None:
    cleaned = {"email": said("cleaned", 1)}
    assert to_send(effective([said(YES, 4, party="books")]), cleaned, {"email"}) == ()
    assert [one.state for one in to_send(effective([said(NO, 4, party="books")]), cleaned, {"email"})] == [NO]


# -- two records become one


@pytest.mark.parametrize("other", [YES, PENDING])
def test_when_records_are_joined_no_wins_whatever_its_age(other: str) -> None:
    web, books = [said(other, 8)], [said(NO, 1, party="books", source="till")]
    for one, two in ((web, books), (books, web)):
        common = joined(one, two)
        assert common["email"] == Heard(
            party="joined", channel="email", state=NO, changed_at=DAY[8], seen_at=DAY[9], source="till"
        )
        assert state_of(*web, *books, *common.values()) == NO


def test_after_a_join_a_yes_must_be_newer_than_all_that_was_said_before() -> None:
    common = joined([said(YES, 8)], [said(NO, 1, party="books")])["email"]
    assert state_of(said(YES, 8), common) == NO
    assert state_of(said(YES, 9), common) == YES


def test_an_untimed_yes_that_is_joined_with_a_no_holds_no_longer() -> None:
    web, books = said(YES, seen=6, before=5), said(NO, 1, party="books")
    assert state_of(web, books) == YES
    assert state_of(web, books, joined([web], [books])["email"]) == NO


@pytest.mark.parametrize("state", [YES, NO, PENDING])
def test_a_join_of_those_who_say_the_same_or_nothing_adds_no_answer(state: str) -> None:
    assert joined([said(state, 3)], [said(state, 4, party="books")]) == {}
    assert joined([said(state, 3)], []) == {} and joined([], [said(state, 3)]) == {}
    assert joined([said(state, 3)], [said("cleaned", 4, party="books")]) == {}
    assert joined([said(state, 3)], [said(NO, 4, channel="sms")]) == {}


def test_a_no_in_common_is_not_older_than_a_yes_that_was_seen_to_change_at_the_moment_of_the_join() -> None:
    yes, no = said(YES, seen=4, before=4), said(NO, seen=4, party="books")
    common = joined([yes], [said(YES, seen=4, party="outlet"), no])
    assert state_of(yes, no, *common.values()) == NO


def test_a_join_of_yes_and_pending_is_no_no() -> None:
    assert joined([said(YES, 3)], [said(PENDING, 4, party="books")]) == {}


def test_a_no_that_was_taken_back_before_the_join_is_history() -> None:
    assert joined([said(NO, 3), said(YES, 5, party="other")], [said(YES, 4, party="books")]) == {}


def test_a_common_no_of_an_earlier_join_is_kept_in_the_next() -> None:
    earlier = joined([said(YES, 8)], [said(NO, 1, party="books")])["email"]
    assert joined([said(YES, 8), earlier], []) == {"email": earlier}
    assert joined([said(YES, 8), earlier], [said(NO, 3, party="other")]) == {"email": earlier}
    later = joined([said(YES, 8), earlier], [said(YES, 9, party="other")])["email"]
    assert (later.state, later.changed_at) == (NO, DAY[9])


def test_of_two_earlier_joins_the_younger_no_is_kept() -> None:
    old, young = (joined([said(YES, day)], [said(NO, 1)])["email"] for day in (4, 8))
    assert joined([old], [young]) == joined([young], [old]) == {"email": young}


# -- hearing it again


def consent(state: str, at: int | None = None, source: str = "") -> Consent:
    return Consent(channel="email", state=state, changed_at=None if at is None else DAY[at], source=source)


def test_the_first_answer_is_kept_as_it_came() -> None:
    assert hear(None, "shop", consent(YES, 3, "till"), DAY[5]) == said(YES, 3, seen=5, source="till")


def test_the_same_again_is_no_news() -> None:
    for known, again in ((said(NO, 3, seen=4), consent(NO, 3)), (said(YES, seen=4), consent(YES))):
        assert hear(known, "shop", again, DAY[6]) is known


def test_an_untimed_echo_of_what_we_wrote_keeps_the_time_at_which_it_was_given() -> None:
    written = said(NO, 3, seen=4, source="till")
    assert hear(written, "shop", consent(NO), DAY[6]) is written


@pytest.mark.parametrize("state", [YES, PENDING])
def test_the_time_that_a_side_puts_on_what_it_was_told_without_one_is_not_when_it_was_given(state: str) -> None:
    told = write(None, "shop", consent(state), said(state, seen=2, party="books"), DAY[4])
    assert hear(told, "shop", consent(state, 4, "shop"), DAY[5]) is told
    assert state_of(told, said(NO, 3, party="other")) == NO, "the no came before it was told, and after it was given"
    heard = hear(told, "shop", consent(NO, 6), DAY[7])
    assert (heard.state, heard.changed_at, heard.told) == (NO, DAY[6], ""), "what it says itself later is heard"


def test_a_no_that_a_side_was_told_without_a_time_and_dates_may_have_been_said_again_then() -> None:
    """Nobody can tell. It stays ours, and beats what was said before that time; a yes of later is heard."""
    told = write(None, "shop", consent(NO), said(NO, seen=2, party="books"), DAY[4])
    echo = hear(told, "shop", consent(NO, 4, "shop"), DAY[5])
    assert (echo.told, echo.changed_at, echo.at) == (TOLD, None, DAY[4])
    assert hear(echo, "shop", consent(NO, 4, "shop"), DAY[6]) == echo
    assert hear(echo, "shop", consent(NO, 1, "shop"), DAY[6]) == echo
    assert state_of(echo, said(YES, 3, party="other")) == NO
    assert state_of(echo, said(YES, 5, party="other")) == YES
    heard = hear(echo, "shop", consent(YES, 6), DAY[7])
    assert (heard.state, heard.changed_at, heard.told) == (YES, DAY[6], "")


def test_a_yes_with_a_time_of_its_own_that_we_may_have_written_without_one_is_ours() -> None:
    yes, no = (said(state, seen=2, party="books") for state in (YES, NO))
    assert copied(said(YES, 4, seen=5), None, [yes], doubt=True).told == TOLD
    assert copied(said(YES, 4, seen=5), None, [yes], doubt=True).at < DAY[2]
    assert copied(said(NO, 4, seen=5), None, [no], doubt=True).told == ""
    assert copied(said(YES, 4, seen=5), None, [yes], doubt=False).told == ""
    assert copied(said(YES, 4, seen=5), None, [said(YES, 3, party="books")], doubt=True).told == ""


def test_a_side_that_keeps_whole_seconds_tells_what_we_wrote() -> None:
    exact = replace(said(NO, 3, party="books"), changed_at=DAY[3] + timedelta(milliseconds=700))
    assert copied(said(NO, 3, seen=5), None, [exact], doubt=True).told == TOLD
    assert copied(replace(said(NO, 3), changed_at=DAY[3] + timedelta(seconds=1)), None, [exact], doubt=True).told == ""


def test_a_yes_that_was_given_again_is_newer() -> None:
    again = hear(said(YES, 3, seen=4), "shop", consent(YES, 6, "till"), DAY[7])
    assert (again.changed_at, again.source, again.seen_at) == (DAY[6], "till", DAY[4])
    assert hear(said(YES, 3, seen=4), "shop", consent(YES, 2), DAY[7]) == said(YES, 3, seen=4)


def test_of_a_change_is_remembered_since_when_it_may_have_been() -> None:
    changed = hear(said(NO, seen=4), "shop", consent(YES), DAY[7])
    assert changed == said(YES, seen=7, before=4)
    assert state_of(changed, said(NO, 5, party="books")) == NO


def test_a_timed_answer_is_not_replaced_by_an_older_one_or_by_a_yes_of_its_age() -> None:
    assert hear(said(NO, 4), "shop", consent(YES, 3), DAY[7]).state == NO
    assert hear(said(NO, 4), "shop", consent(YES, 4), DAY[7]).state == NO
    assert hear(said(YES, 4), "shop", consent(NO, 4), DAY[7]).state == NO
    assert hear(said(NO, 4), "shop", consent(YES, 5), DAY[7]).state == YES


@pytest.mark.parametrize("first, second", [(YES, NO), (NO, YES)])
def test_a_side_without_times_may_take_back_what_was_written_there(first: str, second: str) -> None:
    assert hear(said(first, 5, seen=4), "shop", consent(second), DAY[7]) == said(second, seen=7, before=4)
    assert hear(said(first, seen=4), "shop", consent(second, 3), DAY[7]) == said(second, 3, seen=7, before=4)
