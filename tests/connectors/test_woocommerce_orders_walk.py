"""Walking a list that changes while it is read: no row is missed because others left, came or moved."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from syncctl.connectors.woocommerce.walk import strides
from syncctl.errors import DataError


@dataclass
class Answer:
    ids: list[Any]
    headers: dict[str, str] = field(default_factory=dict)
    at: datetime | None = datetime(2026, 3, 1, tzinfo=UTC)

    def rows(self) -> list[tuple[dict[str, Any], str]]:
        return [({"id": number}, f"{number}") for number in self.ids]


@dataclass
class List:
    """A shop's list of rows, of which some are kept from whoever asks; `after_each` happens between two requests."""

    ids: list[int]
    size: int
    hidden: set[int] = field(default_factory=set)
    after_each: Callable[[int], object] = int
    asked: list[int] = field(default_factory=list)
    left: set[int] = field(default_factory=set)

    def __call__(self, offset: int) -> Answer:
        self.asked.append(offset)
        assert len(self.asked) < 2_000, "it has no end"
        page = self.ids[offset : offset + self.size]
        answer = Answer([one for one in page if one not in self.hidden], {"X-WP-Total": str(len(self.ids))})
        self.after_each(len(self.asked))
        return answer

    def read(self, after: int = 0, offset: int = 0) -> list[int]:
        return [row["id"] for stride in strides(self, self.size, after, offset) for row, _ in stride.rows]


def test_each_row_comes_once_and_pages_overlap_by_one() -> None:
    shop = List(list(range(1, 11)), 4)
    assert shop.read() == list(range(1, 11))
    assert shop.asked == [0, 3, 6, 9]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_short_list_is_one_request(count: int) -> None:
    shop = List(list(range(1, count + 1)), 4)
    assert (len(shop.read()), shop.asked) == (count, [0])


def test_a_list_that_just_fills_its_page_is_asked_once_more() -> None:
    shop = List([1, 2, 3, 4], 4)
    assert (shop.read(), shop.asked) == ([1, 2, 3, 4], [0, 3])


@pytest.mark.parametrize("gone", [[1], [1, 2], [1, 2, 3, 4], [4], [2, 3, 4, 5, 6]])
def test_rows_that_leave_between_two_pages_hide_no_other(gone: list[int]) -> None:
    shop = List(list(range(1, 13)), 4)

    def leave(count: int) -> None:
        if count == 1:
            shop.ids = [one for one in shop.ids if one not in gone]

    shop.after_each = leave
    assert set(shop.ids) - set(gone) <= set(shop.read())


def test_all_that_was_read_may_leave_and_the_end_is_still_found() -> None:
    shop = List([1, 2, 3, 4, 5], 4)
    shop.after_each = lambda count: shop.ids.__setitem__(slice(0, 4), []) if count == 1 else None
    assert shop.read() == [1, 2, 3, 4, 5]


def test_rows_that_come_in_before_the_place_delay_nothing() -> None:
    shop = List([10, 20, 30, 40, 50, 60, 70], 4)
    shop.after_each = lambda count: setattr(shop, "ids", sorted([*shop.ids, 10 + count, 20 + count]))
    assert {10, 20, 30, 40, 50, 60, 70} <= set(shop.read())


def test_rows_that_the_shop_cannot_load_end_nothing() -> None:
    shop = List(list(range(1, 41)), 5, hidden={3, 5, 6, 14, 15, 16, 17, 18, 19, 20, 21, 22, 39})
    assert set(shop.read()) == set(shop.ids) - shop.hidden


@pytest.mark.parametrize("cap", [2, 3, 4, 7, 50])
def test_a_host_that_sends_fewer_rows_than_were_asked_for_hides_none(cap: int) -> None:
    for count in (1, 2, 3, 5, 8, 13, 99, 149, 151):
        shop = List(list(range(1, count + 1)), cap)
        read = [row["id"] for stride in strides(shop, 100) for row, _ in stride.rows]
        assert read == shop.ids, f"{count} rows"


@pytest.mark.parametrize("block", range(4))
def test_whatever_happens_between_short_pages_no_row_that_stayed_is_missed(block: int) -> None:
    for seed in range(block * 100, block * 100 + 100):
        drawn = random.Random(seed)
        cap, size = drawn.randint(3, 5), drawn.randint(6, 9)
        ids = sorted(drawn.sample(range(1, 200), drawn.randint(0, 40)))
        shop = List(ids, cap, hidden=set(drawn.sample(ids, min(len(ids), drawn.choice([0, 0, 1])))))
        shop.after_each = lambda count, drawn=drawn, shop=shop: happen(drawn, shop, count)
        read = {row["id"] for stride in strides(shop, size) for row, _ in stride.rows}
        assert set(ids) - shop.left - shop.hidden <= read, f"seed {seed}"


@pytest.mark.parametrize(("hidden", "whole"), [((), True), ((3,), True), (range(3, 7), False), (range(1, 9), False)])
def test_a_walk_that_went_past_rows_which_the_shop_does_not_show_is_not_whole(
    hidden: Sequence[int], whole: bool
) -> None:
    shop = List(list(range(1, 9)), 4, hidden=set(hidden))
    *_, last = strides(shop, 4)
    assert (last.is_last, last.whole) == (True, whole)


def test_a_walk_resumes_where_it_stood_whatever_left_meanwhile() -> None:
    shop = List(list(range(1, 31)), 4)
    for stride in strides(shop, 4):
        twin = List([one for one in shop.ids if one % 3], 4)
        if not stride.is_last:
            assert twin.read(stride.after, stride.offset) == [one for one in twin.ids if one > stride.after]


@pytest.mark.parametrize("block", range(8))
def test_whatever_happens_between_requests_no_row_that_stayed_is_missed(block: int) -> None:
    for seed in range(block * 100, block * 100 + 100):
        drawn = random.Random(seed)
        size = drawn.randint(3, 6)
        ids = sorted(drawn.sample(range(1, 200), drawn.randint(0, 40)))
        shop = List(ids, size, hidden=set(drawn.sample(ids, min(len(ids), drawn.choice([0, 0, 1, size - 2])))))
        shop.after_each = lambda count, drawn=drawn, shop=shop: happen(drawn, shop, count)
        read = set(shop.read())
        assert set(ids) - shop.left - shop.hidden <= read, f"seed {seed}"


def happen(drawn: random.Random, shop: List, count: int) -> None:
    """Rows leave, come at the end, or come in between."""
    what = drawn.random()
    if count > 200 or what > 0.3:
        return
    if what < 0.15 and shop.ids:
        gone = drawn.sample(shop.ids, min(len(shop.ids), drawn.choice([1, 1, 2, 7])))
        shop.ids, shop.left = [one for one in shop.ids if one not in gone], shop.left | set(gone)
    elif what < 0.22:
        shop.ids = [*shop.ids, 200 + count]
    elif (new := drawn.randint(1, 199)) not in shop.ids:  # one that left may come back
        shop.ids = sorted([*shop.ids, new])


def test_a_shop_that_does_not_order_by_id_is_an_error() -> None:
    with pytest.raises(DataError, match="order of ids"):
        list(strides(lambda _offset: Answer([5, 3, 4]), 4))


def test_a_shop_that_answers_with_the_same_page_for_ever_is_an_error() -> None:
    with pytest.raises(DataError, match="same page"):
        list(strides(lambda _offset: Answer([1, 2, 3, 4]), 4))


def test_rows_without_an_id_are_told_and_stop_nothing() -> None:
    found = list(strides(lambda _offset: Answer([1, None, "x", 2]), 5))
    assert [row["id"] for row, _ in found[0].rows] == [1, None, "x", 2]
    assert (found[0].after, found[0].is_last) == (2, True)


@pytest.mark.parametrize("total", ["", "none", "1" * 40, "-3", "٣"])
def test_a_number_of_rows_that_is_none_is_not_believed(total: str) -> None:
    found = list(strides(lambda _offset: Answer([1, 2], {"X-WP-Total": total}), 4))
    assert [stride.is_last for stride in found] == [True]
