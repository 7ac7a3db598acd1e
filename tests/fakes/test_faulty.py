"""The fault-injecting wrapper: each fault strikes where the plan says, and nowhere else."""

import inspect
from collections.abc import Iterator

import pytest

from syncctl.connectors.base import BackOffice, Page, WebStore
from syncctl.errors import Throttled, Unreachable
from syncctl.model import LevelChange, Refused, Variant, Written
from tests.fakes.faulty import (
    PAGED,
    Between,
    Call,
    Cut,
    Early,
    FailAfter,
    FailBefore,
    Faulty,
    Lie,
    Plan,
    Repaged,
    Shuffled,
    Singly,
    Throttle,
    Twice,
    Unread,
    at,
    key_of,
    lost_reply,
    on,
)


class Counter:
    """A connector of three pages and one kind of write."""

    name = "counter"

    def __init__(self) -> None:
        self.written: list[str] = []
        self.closed = False
        self.numbers = list(range(9))

    def push_levels(self, keys: list[str]) -> list[str]:
        self.written += keys
        return keys

    def fetch_orders(self, cursor: str | None) -> Iterator[Page[int]]:
        for start in range(int(cursor or 0), 9, 3):
            yield Page(records=self.numbers[start : start + 3], cursor=str(start + 3))

    def close(self) -> None:
        self.closed = True


def read(faulty: Faulty, cursor: str | None = None) -> list[list[int]]:
    return [list(page.records) for page in faulty.fetch_orders(cursor)]


def test_every_method_of_the_interfaces_that_gives_pages_counts_them_one_by_one() -> None:
    paged = {
        name
        for interface in (WebStore, BackOffice)
        for name, method in inspect.getmembers(interface, inspect.isfunction)
        if "Iterator[syncctl.connectors.base.Page" in str(inspect.signature(method).return_annotation)
    }
    assert paged == PAGED


def test_without_a_plan_all_goes_through_and_is_logged_in_order() -> None:
    faulty = Faulty(Counter())
    assert faulty.push_levels(["a"]) == ["a"]
    assert read(faulty) == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    assert faulty.calls == [Call(1, "push_levels", 1)] + [Call(n + 1, "fetch_orders", n) for n in (1, 2, 3)]
    assert faulty.count("fetch_orders") == 3
    assert faulty.name == "counter"


def test_a_failure_before_leaves_nothing_done_and_strikes_once() -> None:
    faulty = Faulty(Counter(), [FailBefore(on("push_levels"), Unreachable("down"))])
    with pytest.raises(Unreachable, match="down"):
        faulty.push_levels(["a"])
    assert faulty.connector.written == []
    assert faulty.push_levels(["b"]) == ["b"]
    assert faulty.count("push_levels") == 2


def test_a_lost_reply_comes_after_the_work() -> None:
    faulty = Faulty(Counter(), [lost_reply("push_levels", 2)])
    faulty.push_levels(["a"])
    with pytest.raises(Unreachable):
        faulty.push_levels(["b"])
    assert faulty.connector.written == ["a", "b"]


def test_a_fault_can_strike_by_the_number_over_all_methods() -> None:
    faulty = Faulty(Counter(), [FailAfter(at(3), Unreachable("cut"))])
    faulty.push_levels(["a"])
    pages = faulty.fetch_orders(None)
    assert next(pages).cursor == "3"
    with pytest.raises(Unreachable, match="cut"):
        next(pages)
    assert read(faulty, "3") == [[3, 4, 5], [6, 7, 8]]


def test_a_fault_on_every_call_never_wears_out() -> None:
    faulty = Faulty(Counter(), [FailBefore(on("push_levels", None), Unreachable("down"))])
    for _ in range(3):
        with pytest.raises(Unreachable):
            faulty.push_levels(["a"])
    assert faulty.connector.written == []


def test_throttling_says_how_long_to_wait() -> None:
    faulty = Faulty(Counter(), [Throttle(on("fetch_orders", 2), retry_after=1.5)])
    pages = faulty.fetch_orders(None)
    next(pages)
    with pytest.raises(Throttled) as caught:
        next(pages)
    assert caught.value.retry_after == 1.5


def test_a_page_can_come_twice() -> None:
    faulty = Faulty(Counter(), [Twice(on("fetch_orders", 2))])
    assert read(faulty) == [[0, 1, 2], [3, 4, 5], [3, 4, 5], [6, 7, 8]]


def test_records_can_come_in_another_order() -> None:
    [first, *rest] = read(Faulty(Counter(), [Shuffled(on("fetch_orders"), seed=1)]))
    assert first != [0, 1, 2]
    assert sorted(first) == [0, 1, 2]
    assert rest == [[3, 4, 5], [6, 7, 8]]


def test_an_early_page_comes_again_in_its_turn_so_that_any_cursor_still_resumes() -> None:
    faulty = Faulty(Counter(), [Early(at(2))])
    pages = list(faulty.fetch_orders(None))
    assert [list(page.records) for page in pages] == [[0, 1, 2], [6, 7, 8, 3, 4, 5], [6, 7, 8]]
    assert [page.cursor for page in pages] == ["3", "6", "9"]


def test_an_early_page_after_the_last_is_no_page() -> None:
    assert read(Faulty(Counter(), [Early(at(3))])) == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]


def test_something_can_happen_between_any_two_pages() -> None:
    counter = Counter()

    def sell() -> None:
        counter.numbers[8] = 80

    assert read(Faulty(counter, [Between(at(3), sell)]))[2] == [6, 7, 80]


def test_the_hook_stands_before_and_after_every_call() -> None:
    seen: list[tuple[str, int]] = []
    faulty = Faulty(Counter(), Plan(hook=lambda phase, call: seen.append((phase, call.number))))
    faulty.push_levels(["a"])
    next(faulty.fetch_orders(None))
    assert seen == [("before", 1), ("after", 1), ("before", 2), ("after", 2)]


def test_the_hook_sees_the_work_done_only_afterwards() -> None:
    counter, seen = Counter(), []
    faulty = Faulty(counter, Plan(hook=lambda phase, call: seen.append((phase, len(counter.written)))))
    faulty.push_levels(["a"])
    assert seen == [("before", 0), ("after", 1)]


def test_closing_goes_through_uncounted() -> None:
    faulty = Faulty(Counter())
    faulty.close()
    assert faulty.connector.closed
    assert faulty.calls == []


def test_a_lie_changes_the_answer_and_not_the_work() -> None:
    faulty = Faulty(Counter(), [Lie(on("push_levels"), lambda answer: answer[:-1])])
    assert faulty.push_levels(["a", "b"]) == ["a"]
    assert faulty.connector.written == ["a", "b"]
    assert faulty.push_levels(["c"]) == ["c"]
    assert faulty.struck == [0]


class Levels:
    """A connector that writes levels."""

    def __init__(self) -> None:
        self.written: list[str] = []

    def push_levels(self, changes: list[LevelChange]) -> list[Written]:
        self.written += [change.key for change in changes]
        return [Written(key=change.key) for change in changes]


def change(key: str) -> LevelChange:
    return LevelChange(key=key, listing_id=key, quantity=1, expected=0)


@pytest.mark.parametrize(
    "which, done, written, answers",
    [
        (0, False, "bc", [Refused, Written, Written]),
        (-1, False, "ab", [Written, Written, Refused]),
        (None, False, "", [Refused, Refused, Refused]),
        (1, True, "abc", [Written, Refused, Written]),
    ],
)
def test_some_records_of_a_write_can_have_an_answer_of_their_own(
    which: int | None, done: bool, written: str, answers: list[type]
) -> None:
    fault = Singly(on("push_levels"), lambda key: Refused(key=key, reason="no"), which, done)
    faulty = Faulty(Levels(), [fault])
    outcomes = faulty.push_levels([change("a"), change("b"), change("c")])
    assert "".join(faulty.connector.written) == written
    assert [type(one) for one in outcomes] == answers
    assert [one.key for one in outcomes] == ["a", "b", "c"]


class Catalog:
    """A connector of one page of variants."""

    def fetch_variants(self, _cursor: str | None) -> Iterator[Page[Variant]]:
        yield Page(records=[Variant(sku=sku, title=sku) for sku in "AB"], cursor="end")


def test_a_record_that_cannot_be_read_stands_among_the_unreadable_ones() -> None:
    [page] = Faulty(Catalog(), [Unread(on("fetch_variants"), -1)]).fetch_variants(None)
    assert [one.sku for one in page.records] == ["A"]
    assert [one.id for one in page.unreadable] == ["B"]
    assert [key_of(one) for one in page.records] == ["A"]


def test_the_connection_can_be_lost_after_the_last_page() -> None:
    pages = Faulty(Counter(), [Cut(on("fetch_orders", 3), Unreachable("cut"))]).fetch_orders(None)
    assert [list(next(pages).records) for _ in range(3)] == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    with pytest.raises(Unreachable):
        next(pages)


def test_a_reading_can_come_in_other_pages_each_time() -> None:
    faulty = Faulty(Counter(), [Repaged("fetch_orders", lambda pages: iter(list(pages)[::-1]))])
    for _ in range(2):
        assert read(faulty) == [[6, 7, 8], [3, 4, 5], [0, 1, 2]]
