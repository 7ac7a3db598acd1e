"""Which stores are worked out alike, and whose orders take units that a store shows: pure functions of the settings."""

from typing import Any

import pytest

from syncctl.rules.feeds import Feed, all_feeding, feeds, sellers
from syncctl.settings import Settings


def settings(stores: dict[str, Any], locations: tuple[str, ...] = ()) -> Settings:
    """Stores with the locations that feed them, as "main east"; with "> east" where their orders leave from."""
    sections: dict[str, Any] = {"back_office": {"connector": "sandbox", "path": "books.db"}, "stores": {}}
    for name, text in stores.items():
        fed, _, leaves = text.partition(">")
        section = {"connector": "sandbox", "path": f"{name}.db", "locations": fed.split()}
        sections["stores"][name] = section | ({"sells_from": leaves.strip()} if leaves else {})
    given = {"orders": {"book_from": "2020-01-01"}, "stock": {"locations": locations}, "hub": {"path": "hub.db"}}
    return Settings.model_validate({**sections, **given})


def test_stores_that_are_fed_alike_are_worked_out_together() -> None:
    assert feeds(settings({"a": "", "b": ""})) == [Feed(("a", "b"), (), ())]
    assert feeds(settings({"a": "west east", "b": "east west"})) == [Feed(("a", "b"), ("east", "west"), ())]
    assert feeds(settings({"b": "west", "a": "east", "c": "west"})) == [
        Feed(("b", "c"), ("west",), ("a",)),
        Feed(("a",), ("east",), ("b", "c")),
    ]


@pytest.mark.parametrize(
    ("stores", "of", "expected"),
    [
        ({"a": "", "b": ""}, "a", "a b"),
        ({"a": "main", "b": "east"}, "a", "a"),
        ({"a": "main", "b": "east"}, "b", "b"),
        ({"a": "main", "b": "main"}, "a", "a b"),
        ({"a": "main", "b": "main east > east"}, "a", "a b"),
        ({"a": "main", "b": "east west"}, "a", "a b"),
        ({"a": "main", "b": "east west > east"}, "a", "a"),
        ({"a": "", "b": "east"}, "a", "a b"),
        ({"a": "", "b": "east"}, "b", "a b"),
    ],
)
def test_orders_take_what_a_store_shows_unless_they_cannot(stores: dict[str, str], of: str, expected: str) -> None:
    given = settings(stores)
    assert sellers(given, of) == set(expected.split())
    [feed] = [one for one in feeds(given) if of in one.stores]
    assert set(feed.apart) == set(stores) - set(expected.split())


def test_every_location_that_feeds_a_store_feeds_the_web_and_one_store_without_a_list_is_fed_by_all() -> None:
    assert all_feeding(settings({"a": "main", "b": "east main"})) == ("east", "main")
    assert all_feeding(settings({"a": "main", "b": ""})) == ()
    assert all_feeding(settings({"a": "main", "b": ""}, ("west",))) == ("main", "west")
