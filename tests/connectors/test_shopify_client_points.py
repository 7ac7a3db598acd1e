"""A shop grants points: they are waited for before they are asked for, and pages are as large as they may be."""

from math import log
from threading import Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncctl.connectors.shopify.cost import Bucket, Cost, Sizer
from syncctl.connectors.shopify.documents import Document
from syncctl.errors import Throttled
from tests.connectors.shopify_server import Clock, Shop, admin_of, cost, failed
from tests.fakes.wire import Answer, Request, reply

LARGE = Document(name="a large page", text="query { orders }", cost=900)
SMALL = Document(name="a small page", text="query { orders }", cost=10)


class Paid(Shop):
    """Takes what a document really costs out of a bucket that fills up by the clock; turns away what it cannot pay."""

    def __init__(self, clock: Clock, price: float, *, actual: float | None = None, most: float = 2000) -> None:
        super().__init__()
        self.clock_of_points, self.price, self.actual, self.most = clock, price, actual or price, most
        self.left, self.at = most, clock.now
        self.turned_away = 0

    def handle(self, request: Request) -> Answer:
        now = self.clock_of_points.now
        self.left, self.at = min(self.most, self.left + (now - self.at) * 100), now
        if self.left < self.price:
            self.turned_away += 1
            return reply({**failed("THROTTLED"), "extensions": cost(self.price, self.left, maximum=self.most)})
        self.left -= self.actual
        return reply({"data": {}, "extensions": cost(self.price, self.left, self.actual, maximum=self.most)})


@pytest.mark.parametrize("document", [LARGE, SMALL])
def test_nobody_is_ever_turned_away_and_no_time_is_wasted(document: Document) -> None:
    clock = Clock()
    with Paid(clock, document.cost) as server:
        admin = admin_of(server, clock)
        for _ in range(20):
            admin.read(document, {})
    assert (server.turned_away, server.count) == (0, 20)
    assert clock.waited == pytest.approx(max(0, 20 * document.cost - 2000) / 100, abs=0.1)


def test_what_was_asked_for_and_not_used_is_not_waited_for() -> None:
    clock = Clock()
    with Paid(clock, 900, actual=100) as server:
        admin = admin_of(server, clock)
        for _ in range(15):
            admin.read(LARGE, {})
    assert server.turned_away == 0
    assert clock.waited == pytest.approx((15 * 100 - 2000 + 800) / 100, abs=0.1)


def test_a_document_whose_cost_was_underestimated_is_turned_away_once_at_most() -> None:
    clock = Clock()
    with Paid(clock, 900) as server:
        admin = admin_of(server, clock)
        for _ in range(10):
            admin.read(SMALL, {})
    assert (server.turned_away, server.count) == (0, 10)  # the first answer told, before the bucket was empty


def test_each_size_of_a_document_has_a_cost_of_its_own() -> None:
    bucket = Bucket(lambda: 0.0)
    bucket.learn(Document(name="page", text="", cost=10, size=25), Cost(300, 300, 100, 2000, 100))
    assert bucket.delay(Document(name="page", text="", cost=10, size=25)) == 2.0
    assert bucket.delay(Document(name="page", text="", cost=140, size=50)) == pytest.approx(0.4)


def test_a_document_that_asks_for_more_than_the_bucket_holds_waits_till_it_is_full() -> None:
    bucket = Bucket(lambda: 0.0)
    bucket.learn(SMALL, Cost(10, 10, 0, 500, 100))
    assert bucket.delay(LARGE) == 5.0


def test_threads_that_ask_at_once_are_never_turned_away() -> None:
    clock = Clock()
    with Paid(clock, 900) as server:
        admin = admin_of(server, clock)
        threads = [Thread(target=lambda: [admin.read(LARGE, {}) for _ in range(5)]) for _ in range(3)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    assert (server.turned_away, server.count) == (0, 15)


def test_a_wait_is_told_and_counts_against_what_the_run_may_wait() -> None:
    clock = Clock()
    with Paid(clock, 1000) as server:
        admin = admin_of(server, clock, most=12)
        admin.read(LARGE, {})
        admin.read(LARGE, {})
        admin.read(LARGE, {})
        with pytest.raises(Throttled, match="may wait"):
            admin.read(LARGE, {})
    assert clock.said == ["shop: waiting 10 s: it allows no more requests for the moment"]


@pytest.mark.parametrize(
    ("requested", "rate", "believed"),
    [(752, 50, True), ("752", "50.0", True), (752, "NaN", False), (752, "1e400", False), (None, 50, False)],
)
def test_points_are_read_as_shopify_writes_them(requested: Any, rate: Any, believed: bool) -> None:
    found = Cost.of({"extensions": cost(requested, 900, rate=rate)})
    assert (found is not None) == believed
    if found:
        assert (found.requested, found.rate) == (752.0, 50.0)


# --- how large a page is ----------------------------------------------------------------------------------------------


def priced(children: int, size: int) -> float:
    """What a list costs, as it has been measured."""
    return 2 + children * int(2 * log(max(2, size)))


def told(requested: float) -> Cost:
    return Cost(requested, requested, 2000, 2000, 100)


def steered(children: int, most: int = 250) -> list[int]:
    """The sizes of the first ten pages of a list."""
    sizer, sizes = Sizer(most), []
    for _ in range(10):
        while priced(children, sizer.size) > 1000:
            assert sizer.too_dear()
        sizes.append(sizer.size)
        sizer.went_well(told(priced(children, sizer.size)))
    return sizes


def test_a_page_grows_till_it_is_as_large_as_it_may_be() -> None:
    assert steered(5)[:5] == [25, 50, 100, 200, 250]
    assert steered(5, most=60)[:3] == [25, 50, 60]
    assert steered(5, most=10)[:2] == [10, 10]
    assert max(steered(100)) == 90  # eight times what one costs; of 91 it is nine times, which leaves too little room


def test_a_page_that_is_too_dear_is_halved_till_it_is_not() -> None:
    sizer = Sizer(250)
    assert [sizer.too_dear() and sizer.size for _ in range(5)] == [12, 6, 3, 1, False]
    sizer.went_well(told(50))
    sizer.went_well(told(50))
    assert sizer.size == 2  # three were too dear


def test_a_page_without_a_price_stays_as_it_is() -> None:
    sizer = Sizer(250)
    sizer.went_well(None)
    assert sizer.size == 25


@given(children=st.integers(1, 490), most=st.integers(1, 250))
def test_no_page_is_ever_refused_twice_for_the_same_size_and_all_end_below_what_is_granted(
    children: int, most: int
) -> None:
    sizes = steered(children, most)
    assert all(1 <= size <= most and priced(children, size) <= 1000 for size in sizes)
    assert sizes == sorted(sizes)
