"""What is told stays apart from what is said: parting two who are not one takes back what each never said (I5)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncctl.model import Consent
from syncctl.rules.consent import ASTRAY, JOINED, TOLD, Heard, copied, effective, hear, parted, to_send, write

DAY = [datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=number) for number in range(40)]
YES, NO, PENDING = "subscribed", "unsubscribed", "pending"


def answer(state: str, day: int | None = None) -> Consent:
    return Consent(channel="email", state=state, changed_at=None if day is None else DAY[day], source="page")


def said(party: str, state: str, day: int | None = None) -> Heard:
    return hear(None, party, answer(state, day), DAY[day or 0])


def told(party: str, of: Heard, own: Heard | None = None) -> Heard:
    return write(own, party, answer_of(of), of, DAY[9])


def answer_of(one: Heard) -> Consent:
    return Consent(channel="email", state=one.state, changed_at=one.changed_at, source=one.source)


def astray(party: str, of: Heard, own: Heard | None = None) -> Heard:
    return replace(told(party, of, own), told=ASTRAY)


def sent(answers: list[Heard], shown: Heard) -> list[str]:
    return [one.state for one in to_send(effective(answers), {"email": shown}, {"email"})]


# -- told


def test_what_is_told_is_as_old_as_it_is_and_keeps_what_was_said_before() -> None:
    yes, no = said("shop", YES, 3), said("books", NO, 1)
    one = told("books", yes, no)
    assert (one.state, one.at, one.told, one.own) == (YES, yes.at, TOLD, no)
    again = told("books", said("shop", NO, 5), one)
    assert (again.state, again.own) == (NO, no), "its own word, not what it was told before"


def test_who_is_told_his_own_word_again_says_it_himself() -> None:
    no = said("books", NO, 1)
    assert write(astray("books", said("shop", YES, 3), no), "books", answer(NO, 1), no, DAY[9]) == no


@pytest.mark.parametrize("day", [None, 3, 2])
def test_the_echo_of_what_was_told_is_no_word_of_its_own(day: int | None) -> None:
    for one in (told("books", said("shop", YES, 3)), astray("books", said("shop", YES, 3))):
        assert hear(one, "books", answer(YES, day), DAY[9]) == one


@pytest.mark.parametrize("state, day", [(YES, 4), (NO, 4), (NO, None), (PENDING, 5)])
def test_what_is_newer_or_else_is_its_own_word(state: str, day: int | None) -> None:
    for one in (told("books", said("shop", YES, 3)), astray("books", said("shop", YES, 3))):
        heard = hear(one, "books", answer(state, day), DAY[9])
        assert (heard.state, heard.told, heard.own) == (state, "", None)


def test_an_older_answer_that_comes_late_is_its_own_word_beneath_what_it_was_told() -> None:
    one = told("books", said("shop", NO, 3))
    heard = hear(one, "books", answer(YES, 2), DAY[9])
    assert (heard.state, heard.told) == (NO, TOLD)
    assert heard.own is not None and (heard.own.state, heard.own.changed_at) == (YES, DAY[2])
    older = hear(heard, "books", answer(YES, 1), DAY[10])
    assert older.own is not None and older.own.changed_at == DAY[2]


def test_a_side_that_shows_its_own_word_again_has_said_it() -> None:
    no = said("books", NO, 1)
    assert hear(astray("books", said("shop", YES, 3), no), "books", answer(NO, 1), DAY[9]) == no


# -- parted


@pytest.mark.parametrize("leaving", ["shop", "books"])
def test_each_keeps_what_it_said_itself(leaving: str) -> None:
    yes = said("shop", YES, 3)
    [gone] = parted([yes, told("books", yes)], leaving)
    assert (gone.party, gone.told) == ("books", ASTRAY)
    assert effective([gone]) == {}, "nobody there ever said yes"
    assert effective([yes]) == {"email": answer(YES, 3)}


def test_a_no_that_was_overruled_counts_again_and_goes_back_to_where_it_was_said() -> None:
    yes, no = said("shop", YES, 3), said("books", NO, 1)
    [gone] = parted([yes, told("books", yes, no)], "books")
    assert effective([gone]) == {"email": answer(NO, 1)}
    assert sent([gone], gone) == [NO]


def test_a_yes_beneath_a_no_that_still_stands_there_is_not_used() -> None:
    """Who finds that he said no already does not say it again."""
    yes, no = said("shop", YES, 1), said("books", NO, 3)
    [gone] = parted([no, told("shop", no, yes)], "books")
    assert (gone.party, gone.own) == ("shop", yes)
    assert effective([gone]) == {} and sent([gone], gone) == []


def test_over_what_went_astray_only_what_is_more_cautious_is_written() -> None:
    shop = {state: said("shop", state, 3) for state in (YES, PENDING, NO)}
    for state, shown in shop.items():
        for other in (YES, PENDING, NO):
            may = [YES, PENDING, NO].index(other) > [YES, PENDING, NO].index(state)
            word = said("outlet", other, 8)
            assert sent([word], astray("books", shown)) == ([other] if may else [])


def test_what_another_one_who_stays_says_too_does_not_go_astray() -> None:
    yes, same, older = said("shop", YES, 3), said("outlet", YES, 5), said("outlet", YES, 2)
    books = told("books", yes)
    assert parted([yes, same, books], "shop") == []
    assert parted([yes, older, books], "shop") == [replace(books, told=ASTRAY)], "a no between the two would count"
    assert parted([yes, same, books], "books") == [replace(books, told=ASTRAY)]


def test_a_no_that_records_have_in_common_bears_out_those_who_stay() -> None:
    common = replace(said("books", NO, 5), party=JOINED)
    shop, outlet = told("shop", common, said("shop", YES, 1)), told("outlet", common, said("outlet", YES, 2))
    assert parted([common, shop, outlet], "books") == []
    assert parted([common, shop, outlet], "outlet") == [replace(outlet, told=ASTRAY)]


# -- what may be ours


@pytest.mark.parametrize(
    "new, ours",
    [(answer(YES, 3), True), (answer(YES), True), (answer(YES, 4), False), (answer(NO), False), (answer(NO, 3), False)],
)
def test_in_doubt_a_yes_is_ours_and_a_no_is_theirs(new: Consent, ours: bool) -> None:
    shop, before = said("shop", YES, 3), said("books", PENDING, 1)
    heard = hear(before, "books", new, DAY[9])
    found = copied(heard, before, [shop, before], doubt=True)
    assert found == (told("books", shop, before) if ours else heard)
    assert copied(heard, before, [shop, before], doubt=False) == heard


def test_a_no_of_the_same_instant_is_a_copy() -> None:
    shop = said("shop", NO, 3)
    assert copied(said("books", NO, 3), None, [shop], doubt=True).told == TOLD


def test_a_record_into_which_another_was_merged_has_what_we_wrote_into_that_one() -> None:
    yes = said("shop", YES, 3)
    for one in (told("books:7", yes), astray("books:7", yes)):
        found = copied(said("books", YES, 3), None, [yes, one], doubt=False)
        assert (found.party, found.told) == ("books", one.told)
        assert copied(said("books", YES, 4), None, [yes, one], doubt=False).told == ""


# -- laws

PARTIES = ("shop", "outlet", "books")
STEPS = st.lists(
    st.tuples(st.sampled_from(["say", "say", "tell", "read"]), st.sampled_from(PARTIES), st.sampled_from([YES, NO])),
    max_size=12,
)


class Sides:
    """Three records of one customer, each with what it shows, and what was really said there."""

    def __init__(self, timed: bool) -> None:
        self.timed = timed
        self.day = 0
        self.rows: dict[str, Heard] = {}
        self.shows: dict[str, Consent] = {}
        self.said: dict[str, list[Consent]] = {party: [] for party in PARTIES}

    def step(self, what: str, party: str, state: str) -> None:
        self.day += 1
        if what == "say":
            self.shows[party] = answer(state, self.day if self.timed else None)
            self.said[party].append(self.shows[party])
            self.read(party)
        elif what == "tell":
            self.tell(self.rows, [party])
        else:
            self.read(party)

    def read(self, party: str) -> None:
        if party in self.shows:
            self.rows[party] = hear(self.rows.get(party), party, self.shows[party], DAY[self.day])

    def tell(self, rows: dict[str, Heard], parties: list[str]) -> None:
        answers = effective(rows.values())
        words = {word.state: word for one in rows.values() if (word := one.counted)}
        for party in parties:
            shown = rows.get(party)
            for one in to_send(answers, {"email": shown} if shown else {}, {"email"}):
                rows[party] = write(shown, party, one, words.get(one.state), DAY[self.day])
                self.shows[party] = one if self.timed else replace(one, changed_at=None)

    def part(self, leaving: str) -> list[dict[str, Heard]]:
        """What is known of those who stay, and of the one who goes."""
        self.rows |= {one.party: one for one in parted(self.rows.values(), leaving)}
        stay = {party: one for party, one in self.rows.items() if party != leaving}
        return [stay, {party: one for party, one in self.rows.items() if party == leaving}]


@settings(max_examples=300)
@given(st.booleans(), STEPS, st.sampled_from(PARTIES), st.integers(0, 3))
def test_after_parting_nobody_has_a_yes_that_none_of_his_own_records_said(
    timed: bool, steps: list[tuple[str, str, str]], leaving: str, readings: int
) -> None:
    sides = Sides(timed)
    for step in steps:
        sides.step(*step)
    halves = sides.part(leaving)
    for _ in range(readings):  # whatever is read again, and told again
        for half in halves:
            for party in half:
                half[party] = hear(half[party], party, sides.shows[party], DAY[sides.day + 1])
            sides.tell(half, list(half))
    for half, own in zip(halves, ([one for one in PARTIES if one != leaving], [leaving]), strict=True):
        counts = effective(half.values()).get("email")
        words = [one for party in own for one in sides.said[party]]
        if counts is not None:
            assert counts in words, "only what was said there"
        last = [sides.said[party][-1] for party in own if sides.said[party]]
        newest = max(last, key=lambda one: one.changed_at or DAY[0], default=None)
        if timed and newest is not None and newest.state == NO:
            assert counts == newest, "a yes may be hidden beneath a no that stands there, a no never is"


@settings(max_examples=300)
@given(STEPS, st.sampled_from(PARTIES))
def test_the_word_of_each_side_is_what_was_said_there_last(steps: list[tuple[str, str, str]], leaving: str) -> None:
    """Whatever was told meanwhile, read again, and parted."""
    sides = Sides(timed=True)
    for step in steps:
        sides.step(*step)
    sides.part(leaving)
    for party, one in sides.rows.items():
        word = one.word
        assert (answer_of(word) if word else None) == (sides.said[party][-1] if sides.said[party] else None)


@given(STEPS, st.sampled_from(PARTIES), st.booleans())
def test_who_said_no_last_is_told_it_back_where_it_was_overruled(
    steps: list[tuple[str, str, str]], leaving: str, timed: bool
) -> None:
    sides = Sides(timed)
    for step in steps:
        sides.step(*step)
    _, [*gone] = sides.part(leaving)
    if gone and sides.said[leaving] and timed and sides.said[leaving][-1].state == NO:
        shown = sides.rows[leaving]
        assert effective([shown])["email"] == sides.said[leaving][-1]
        assert shown.state == NO or sent([shown], shown) == [NO]
