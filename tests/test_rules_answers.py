"""What a person may answer to "which side's word holds?", and what it means."""

from typing import Any

import pytest

from syncctl.errors import ConfigError
from syncctl.rules.answers import Answer, answers, sides
from syncctl.settings import CustomerSettings

SETTINGS = CustomerSettings(country="GB")
ASKED: dict[str, dict[str, Any]] = {
    "name": {"ours": "Ann", "ours_from": "shop", "theirs": "Anna"},
    "emails": {"ours": ["a@example.org"], "ours_from": "shop", "theirs": []},
    "tax_exempt": {"ours": True, "ours_from": "shop", "theirs": False},
    "tax_id": {"ours": "GB980780684", "ours_from": "shop", "theirs": ""},
    "phones": {"ours": [], "ours_from": "shop", "theirs": ["1"]},
    "addresses": {"ours": [], "ours_from": "shop", "theirs": [{"city": "Bath"}]},
    "group": {"ours": "VIP", "ours_from": "shop", "theirs": "Trade"},
}


def answered(*takes: str) -> dict[str, Answer]:
    return answers(takes, ASKED, "back-office", SETTINGS)


@pytest.mark.parametrize(
    ("party", "source", "word", "meant"),
    [
        ("back-office", "shop", "web", "ours"),
        ("back-office", "shop", "shop", "ours"),
        ("back-office", "shop", "back-office", "theirs"),
        ("back-office", "by hand", "web", "ours"),
        ("shop", "back-office", "web", "theirs"),
        ("shop", "back-office", "shop", "theirs"),
        ("shop", "back-office", "back-office", "ours"),
        ("shop", "by hand", "web", "theirs"),
        ("shop", "by hand", "by hand", "ours"),
        ("shop", "outlet", "outlet", "ours"),
        ("shop", "outlet", "shop", "theirs"),
        ("shop", "outlet", "web", None),
        ("shop", "shop", "shop", "theirs"),
        ("shop", "back-office", "outlet", None),
        ("shop", None, "ours", "ours"),
    ],
)
def test_a_side_is_named_by_what_it_is(party: str, source: str | None, word: str, meant: str | None) -> None:
    assert sides({"ours_from": source}, party).get(word) == meant


def test_one_side_may_answer_all_and_a_field_be_answered_otherwise() -> None:
    found = answered("back-office", "name=web", "group=Gold")
    assert found["name"] == Answer("Ann", "ours")
    assert found["emails"] == Answer([], "theirs")
    assert found["group"] == Answer("Gold", "by hand")
    assert found.keys() == ASKED.keys()


def test_what_is_not_answered_is_left() -> None:
    assert answered("tax_exempt=no") == {"tax_exempt": Answer(False, "by hand")}
    assert answered("emails=b@example.org, C@Example.org") == {
        "emails": Answer(["b@example.org", "C@Example.org"], "by hand")
    }
    assert answered("phones=020 7946 0000") == {"phones": Answer(["020 7946 0000"], "by hand")}
    assert answered("tax_id=DE 136695976") == {"tax_id": Answer("DE 136695976", "by hand")}
    assert answered("name=a=b") == {"name": Answer("a=b", "by hand")}


@pytest.mark.parametrize(
    ("take", "problem"),
    [
        ("wbe", "no side of name"),
        ("note=x", "'note' is not asked here"),
        ("emails=nobody", "no e-mail address"),
        ("phones=5", "no phone number"),
        ("tax_exempt=maybe", "yes or no"),
        ("addresses=Bath", "cannot be typed"),
        ("name= ", "says nothing"),
        ("emails=", "says nothing"),
        ("group=", "says nothing"),
        ("phones= , ", "says nothing"),
        ("", "no side of name"),
    ],
)
def test_what_is_no_answer_is_refused_with_the_choices(take: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        answered(take)


def test_the_choices_are_told() -> None:
    with pytest.raises(ConfigError) as refused:
        answered("wbe")
    assert "web, ours, theirs, shop, back-office; or name=VALUE" in refused.value.hint
    with pytest.raises(ConfigError) as refused:
        answered("note=x")
    assert "name, emails, tax_exempt, tax_id" in refused.value.hint
