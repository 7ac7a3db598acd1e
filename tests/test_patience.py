"""How long one run may wait, in all: said, counted, stopped by a signal, and never more than was allowed."""

import threading

import pytest

from syncctl.connectors.patience import Patience
from syncctl.errors import Stopped, Throttled


class Time:
    """A clock that stands still but for those who sleep."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def patience(most: float, time: Time, **more: object) -> Patience:
    return Patience(most, clock=lambda: time.now, sleeper=time.sleep, **more)  # type: ignore[arg-type]


def test_a_wait_is_said_and_counted_and_cut_into_slices_in_which_a_signal_is_heeded() -> None:
    time, said, looked = Time(), [], []
    one = patience(10, time, say=said.append, checkpoint=lambda: looked.append(time.now))
    one.sleep(1.5, "shop", "too many requests")
    one.sleep(2, "back-office", "down")
    assert time.now == pytest.approx(1003.5) and max(time.slept) <= 0.2 and len(looked) >= 17
    assert one.waited == pytest.approx(3.5) and one.left == pytest.approx(6.5)
    assert dict(one.by_party) == {"shop": pytest.approx(1.5), "back-office": pytest.approx(2)}
    assert said == ["shop: waiting 2 s: too many requests", "back-office: waiting 2 s: down"]


@pytest.mark.parametrize("seconds", [10.5, 1e9, float("inf"), float("nan")])
def test_more_than_is_left_is_not_waited_for_at_all(seconds: float) -> None:
    time = Time()
    one = patience(12, time)
    one.sleep(2, "shop", "down")
    slept = len(time.slept)
    with pytest.raises(Throttled, match=r"shop asks to wait .* may wait 10 s more") as caught:
        one.sleep(seconds, "shop", "too many requests")
    assert len(time.slept) == slept and one.waited == pytest.approx(2)
    assert caught.value.retry_after is seconds and "safety.max_wait" in caught.value.hint
    one.sleep(10, "shop", "down")
    with pytest.raises(Throttled):
        one.sleep(0.1, "other", "down")


def test_who_asks_to_wait_for_nothing_is_not_waited_for() -> None:
    time = Time()
    one = patience(0, time)
    for seconds in (0.0, -5.0):
        one.sleep(seconds, "shop", "too many requests")
    assert (time.slept, one.waited) == ([], 0)


def test_a_wait_that_is_stopped_counts_as_long_as_it_was() -> None:
    time = Time()

    def stop() -> None:
        if time.now >= 1003:
            raise Stopped(15)

    one = patience(60, time, checkpoint=stop)
    with pytest.raises(Stopped):
        one.sleep(30, "shop", "too many requests")
    assert one.waited == pytest.approx(3, abs=0.2)


def test_two_who_wait_at_once_share_what_is_left() -> None:
    """What one of them was given is not given to the other, though it has not been waited yet."""
    began, release, refused = threading.Event(), threading.Event(), []

    def sleeper(_seconds: float) -> None:
        began.set()
        release.wait(10)

    now = iter([0.0, 0.0, *[5.0] * 9])
    one = Patience(6, clock=lambda: next(now), sleeper=sleeper)
    first = threading.Thread(target=lambda: one.sleep(5, "shop", "down"))
    first.start()
    assert began.wait(10)
    try:
        one.sleep(2, "other", "down")
    except Throttled as error:
        refused.append(error)
    release.set()
    first.join(10)
    assert len(refused) == 1 and one.waited == pytest.approx(5)
