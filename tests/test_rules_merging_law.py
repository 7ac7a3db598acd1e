"""The laws of merging: nothing is lost that nobody disputes, nothing comes back, and a second look changes nothing."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from syncctl.rules.lists import KEYS
from syncctl.rules.merging import FIELDS, Choice, Merge, Plain, is_blank, merge

LISTS = ("emails", "phones", "addresses")
SCALARS = tuple(name for name in FIELDS if name not in LISTS)
TEXTS = st.sampled_from(["", "Ann", "Anne", "Annabel"])
TAX_IDS = st.sampled_from(["", "GB 980 7806 84", "GB980780684", "DE136695976"])
STREETS = st.sampled_from(["1 High Street", "1 HIGH  street", "9 Mill Lane", "3 Quay"])
ADDRESSES = st.fixed_dictionaries(
    {"kind": st.sampled_from(["shipping", "billing"]), "street": STREETS},
    optional={"city": st.sampled_from(["Leeds", "York"]), "is_default": st.just(True)},
)
ELEMENTS = {
    "emails": st.sampled_from(["a@x.example", "A@x.example", "b@x.example", "c@x.example", "d@x.example"]),
    "phones": st.sampled_from(["1", "(1)", "2", "3", "4"]),
    "addresses": ADDRESSES,
}
CHOICES = st.sampled_from(["ours", "theirs", "ask"])


def lists_of(name: str) -> st.SearchStrategy[list[Any]]:
    return st.lists(ELEMENTS[name], max_size=4, unique_by=KEYS[name])


VALUES: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(SCALARS, TEXTS),
    **{name: lists_of(name) for name in LISTS},
    "tax_id": TAX_IDS,
    "tax_exempt": st.booleans(),
}
CUSTOMERS = st.fixed_dictionaries(VALUES)
READINGS = st.fixed_dictionaries({}, optional=VALUES)  # which may leave anything out


def keys_of(name: str, elements: list[Any]) -> set[Any]:
    return {KEYS[name](one) for one in elements}


def alike(name: str, one: Any, other: Any) -> bool:
    """Whether two values of a field say the same: of a tax identifier, blanks do not count."""
    return bool(KEYS[name](one) == KEYS[name](other)) if name == "tax_id" else bool(one == other)


class Judge:
    """Answers every question alike, and remembers which fields were asked about."""

    def __init__(self, choice: Choice) -> None:
        self.choice, self.fields = choice, set[str]()

    def __call__(self, field: str, joined: bool) -> Choice:
        assert field in FIELDS and not (joined and field in LISTS)
        self.fields.add(field)
        return self.choice


@given(CUSTOMERS, CUSTOMERS, CUSTOMERS, CUSTOMERS, CHOICES)
def test_what_only_one_side_changed_is_taken_or_sent(
    ours: Plain, theirs: Plain, base_ours: Plain, base_theirs: Plain, choice: Choice
) -> None:
    result = merge(ours, theirs, base_ours, base_theirs, Judge(choice))
    for name in SCALARS:
        if theirs[name] == base_theirs[name]:
            assert result.ours[name] == ours[name]
            assert result.send.get(name, base_ours[name]) == ours[name]
        elif name == "tax_id" and alike(name, ours[name], theirs[name]):
            assert result.ours[name] == ours[name] and name not in result.send
        elif ours[name] == base_ours[name]:
            assert result.ours[name] == theirs[name] and name not in result.send
        elif name not in result.asked:
            assert result.ours[name] in (ours[name], theirs[name])
            assert result.send.get(name, theirs[name]) == result.ours[name], "what differs there now is sent"


@given(st.sampled_from(LISTS), st.data(), CHOICES)
def test_what_either_side_added_is_there_and_what_either_removed_is_gone(
    name: str, data: st.DataObject, choice: Choice
) -> None:
    base, ours, theirs = (data.draw(lists_of(name)) for _ in range(3))
    judge = Judge(choice)
    result = merge({name: ours}, {name: theirs}, {name: base}, {name: base}, judge)
    assume(not judge.fields)
    had, have, got = keys_of(name, base), keys_of(name, ours), keys_of(name, theirs)
    merged = keys_of(name, result.ours[name])
    if name == "addresses":  # of an address that both hold, the parts that they changed are merged one by one
        assert len(merged) <= len(have | got)
    else:
        assert merged == (had & have & got) | (have - had) | (got - had)
    assert len(merged) == len(result.ours[name])


@given(CUSTOMERS, READINGS, READINGS, READINGS, CHOICES)
def test_merging_again_changes_nothing(
    ours: Plain, theirs: Plain, base_ours: Plain, base_theirs: Plain, choice: Choice
) -> None:
    first = merge(ours, theirs, base_ours, base_theirs, Judge(choice))
    again = merge(first.ours, theirs, first.agreed_ours, first.agreed_theirs, Judge(choice))
    assert (again.ours, again.agreed_ours, again.agreed_theirs) == (first.ours, first.agreed_ours, first.agreed_theirs)
    assert (again.send, again.asked, again.taken, again.kept) == (first.send, first.asked, [], [])


@given(CUSTOMERS, CUSTOMERS, CUSTOMERS)
def test_it_makes_no_difference_which_side_is_called_ours(ours: Plain, theirs: Plain, base: Plain) -> None:
    """But for the order of lists and the spelling of their elements; disputes go to the same side both times."""
    one = merge(ours, theirs, base, base, Judge("ours"))
    other = merge(theirs, ours, base, base, Judge("theirs"))
    for name in SCALARS:
        assert alike(name, one.ours[name], other.ours[name])
    for name in ("emails", "phones"):
        assert keys_of(name, one.ours[name]) == keys_of(name, other.ours[name])


@pytest.mark.parametrize("choice", ["ours", "theirs"])
def test_a_number_that_both_put_there_is_not_lost_because_one_of_them_put_another_before_it(choice: Choice) -> None:
    for ours, theirs in ([["2", "1"], ["1"]], [["1"], ["2", "1"]]):
        result = merge({"phones": ours}, {"phones": theirs}, {"phones": ["3"]}, {"phones": ["3"]}, Judge(choice))
        assert set(result.ours["phones"]) == {"1", "2"}


@given(CUSTOMERS, READINGS, CUSTOMERS, CHOICES)
def test_what_the_other_side_made_of_it_is_never_an_edit(
    ours: Plain, base_theirs: Plain, base_ours: Plain, choice: Choice
) -> None:
    """However it cut, or forgot, what it took in: as long as it says the same, nothing is taken."""
    result = merge(ours, base_theirs, base_ours, base_theirs, Judge(choice))
    assert result.ours == ours and not result.taken and not result.asked
    assert result.send == {name: ours[name] for name in FIELDS if ours[name] != base_ours[name]}


@given(READINGS, CUSTOMERS, CUSTOMERS)
def test_nothing_is_sent_of_what_the_other_side_just_said(theirs: Plain, base_ours: Plain, base_theirs: Plain) -> None:
    result = merge(base_ours, theirs, base_ours, base_theirs, _never)
    assert result.send == {}


@given(READINGS, READINGS)
def test_who_is_new_says_it_all_and_is_told_nothing(theirs: Plain, later: Plain) -> None:
    result = merge({}, theirs, {}, {}, _never)
    assert {name: value for name, value in result.ours.items() if not is_blank(value)} == {
        name: value for name, value in theirs.items() if not is_blank(value)
    }
    assert result.send == {} and result.agreed_theirs == theirs


@given(CUSTOMERS, READINGS)
def test_a_join_fills_blanks_and_overwrites_nothing(ours: Plain, theirs: Plain) -> None:
    result = merge(ours, theirs, {}, {}, Judge("keep"))
    for name in FIELDS:
        said = theirs.get(name)
        if name in LISTS:
            assert keys_of(name, result.ours[name]) == keys_of(name, ours[name]) | keys_of(name, said or [])
        else:
            assert result.ours[name] == (said if is_blank(ours[name]) and said is not None else ours[name])
        if name in SCALARS and name in result.send:
            assert is_blank(said) and not is_blank(ours[name])


@given(CUSTOMERS, READINGS, READINGS, READINGS)
def test_what_waits_for_a_person_is_left_as_it_is_on_both_sides(
    ours: Plain, theirs: Plain, base_ours: Plain, base_theirs: Plain
) -> None:
    result = merge(ours, theirs, base_ours, base_theirs, Judge("ask"))
    for name in result.asked:
        assert result.ours[name] == ours[name] and name not in result.send
        assert result.agreed_ours.get(name) == base_ours.get(name)
        assert result.agreed_theirs.get(name) == base_theirs.get(name)


@given(CUSTOMERS, READINGS, READINGS, READINGS, st.sampled_from(["ours", "theirs", "ask", "keep"]))
def test_what_was_said_and_is_no_question_is_the_next_base(
    ours: Plain, theirs: Plain, base_ours: Plain, base_theirs: Plain, choice: Choice
) -> None:
    result = merge(ours, theirs, base_ours, base_theirs, Judge(choice))
    assert not set(result.asked) & (set(result.kept) | set(result.send) | set(result.taken))
    for name in FIELDS:
        if name in result.asked or name not in theirs:
            assert result.agreed_ours.get(name) == base_ours.get(name)
            assert result.agreed_theirs.get(name) == base_theirs.get(name)
        else:
            assert result.agreed_theirs[name] == theirs[name] and result.agreed_ours[name] is not None
        if name in result.kept:
            assert result.agreed_ours[name] == ours[name] != theirs[name]


class Books:
    """The other side, which keeps only the first of a list and the first few signs of a text."""

    def __init__(self, said: Plain, narrow: bool) -> None:
        self.said, self.narrow = {}, narrow
        self.write(said)

    def write(self, fields: Plain) -> None:
        for name, value in fields.items():
            cut = 1 if name in LISTS else 4
            self.said[name] = value if isinstance(value, bool) or not self.narrow else value[:cut]


@given(st.lists(st.tuples(st.booleans(), READINGS), max_size=6), CUSTOMERS, CUSTOMERS, st.booleans(), st.booleans())
def test_whatever_was_typed_on_either_side_both_say_the_same_in_the_end_and_are_quiet(
    edits: list[tuple[bool, Plain]], ours: Plain, theirs: Plain, narrow: bool, sent_at_once: bool
) -> None:
    books = Books(theirs, narrow)
    hub, bases = ours, (Plain(), Plain())
    for on_their_side, edit in [(False, {}), *edits, (False, {})]:
        if on_their_side:
            books.write(edit)
        else:
            hub = {**hub, **edit}
        result = merge(hub, books.said, *bases, Judge("ours"))
        hub, bases = result.ours, (result.agreed_ours, result.agreed_theirs)
        if sent_at_once or edit == {}:
            bases = written(books, result)
    last = merge(hub, books.said, *bases, _never)
    asked = ["group"] if last.asked or "group" not in bases[0] else []
    assert last.taken == [] and last.send == {} and last.asked == asked
    if not narrow:
        assert all(alike(name, books.said[name], hub[name]) for name in SCALARS if name not in asked)
        assert all(keys_of(name, books.said[name]) == keys_of(name, hub[name]) for name in LISTS)


def written(books: Books, result: Merge) -> tuple[Plain, Plain]:
    """Write what is to be sent; the bases after that."""
    books.write(result.send)
    ours, theirs = dict(result.agreed_ours), dict(result.agreed_theirs)
    for name in result.send:
        ours[name], theirs[name] = result.ours[name], books.said[name]
    return ours, theirs


def _never(field: str, joined: bool) -> Choice:
    assert joined and field == "group", f"nobody needs to choose for {field}"
    return "ask"
