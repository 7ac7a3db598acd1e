"""The next page is fetched meanwhile: never another order, never an error too soon, and nothing left running."""

import threading
from collections.abc import Iterator

import pytest

from syncctl.connectors.ahead import ahead, foreseeing
from syncctl.errors import Stopped, SyncctlError, Unreachable


def test_pages_come_in_their_order_and_once() -> None:
    assert list(ahead(iter(range(100)))) == list(range(100))
    assert list(ahead(iter([]))) == []
    assert list(ahead(iter([7]))) == [7]


def test_the_next_page_is_fetched_while_the_last_one_is_written() -> None:
    under_way = threading.Event()

    def pages() -> Iterator[int]:
        yield 1
        under_way.set()
        yield 2

    reading = ahead(pages())
    assert next(reading) == 1
    assert under_way.wait(5), "nobody fetches the second page while we write the first"
    assert list(reading) == [2]


def test_no_more_than_one_page_is_fetched_ahead() -> None:
    fetched: list[int] = []
    third = threading.Event()

    def pages() -> Iterator[int]:
        for number in range(1, 6):
            fetched.append(number)
            if number == 3:
                third.set()
            yield number

    reading = ahead(pages())
    next(reading)
    assert not third.wait(0.1)
    assert fetched == [1, 2]
    assert list(reading) == [2, 3, 4, 5]


@pytest.mark.parametrize("error", [Unreachable("gone"), Stopped(15), KeyboardInterrupt(), RuntimeError("a bug")])
def test_an_error_comes_when_its_page_is_due(error: BaseException) -> None:
    raised = threading.Event()

    def pages() -> Iterator[int]:
        yield 1
        raised.set()
        raise error

    reading = ahead(pages())
    assert next(reading) == 1
    assert raised.wait(5)
    with pytest.raises(type(error)) as caught:
        next(reading)
    assert caught.value is error
    assert list(reading) == []


def test_whoever_wants_no_more_waits_for_the_page_under_way_and_leaves_nothing_running() -> None:
    before = threading.active_count()
    go_on = threading.Event()
    ended: list[str] = []

    def pages() -> Iterator[int]:
        try:
            yield 1
            go_on.wait(5)
            yield 2
            yield 3
        finally:
            ended.append(threading.current_thread().name)

    reading = ahead(pages())
    assert next(reading) == 1
    threading.Timer(0.05, go_on.set).start()
    reading.close()
    assert go_on.is_set(), "closed before the page under way had come"
    assert ended == [threading.main_thread().name]
    assert threading.active_count() <= before + 1  # the timer's own


def test_an_error_of_a_page_that_nobody_wants_is_dropped() -> None:
    def pages() -> Iterator[int]:
        yield 1
        raise SyncctlError("late")

    reading = ahead(pages())
    next(reading)
    reading.close()


def test_the_next_answer_is_on_its_way_while_the_last_one_is_read() -> None:
    under_way = threading.Event()

    def ask(start: int) -> int:
        if start == 10:
            under_way.set()
        return start

    with foreseeing(ask, lambda start, _answer: start + 10 if start < 20 else None) as asked:
        assert asked(0) == 0
        assert under_way.wait(5), "nobody asks for the second page while we read the first"
        assert [asked(10), asked(20)] == [10, 20]


def test_each_page_is_asked_for_once_and_never_one_behind_the_last() -> None:
    calls: list[int] = []

    def ask(start: int) -> int:
        calls.append(start)
        return start

    with foreseeing(ask, lambda start, _answer: start + 1 if start < 5 else None) as asked:
        assert [asked(start) for start in range(6)] == list(range(6))
    assert calls == list(range(6))


def test_where_the_next_page_was_foreseen_wrongly_the_right_one_is_asked_for_and_none_is_foreseen_any_more() -> None:
    calls: list[int] = []

    def ask(start: int) -> int:
        calls.append(start)
        return start

    with foreseeing(ask, lambda start, _answer: start + 100) as asked:
        assert [asked(start) for start in (0, 50, 100, 200)] == [0, 50, 100, 200]
    assert sorted(calls) == [0, 50, 100, 100, 200], "what was foreseen wrongly is old when its time comes"


def test_the_error_of_an_answer_ahead_comes_when_it_is_due_and_never_where_nobody_wants_it() -> None:
    def ask(start: int) -> int:
        if start:
            raise Unreachable("gone")
        return start

    before = threading.active_count()
    with foreseeing(ask, lambda start, _answer: start + 1) as asked:
        assert asked(0) == 0
        with pytest.raises(Unreachable):
            asked(1)
    with foreseeing(ask, lambda start, _answer: start + 1) as asked:
        assert asked(0) == 0
    assert threading.active_count() == before
