"""How long a host is waited for, how often it is asked, and when it is asked no more."""

import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from syncctl.connectors.http.budget import Budget, retry_after
from syncctl.connectors.patience import Patience
from syncctl.errors import Stopped, SyncctlError, Throttled, Unreachable
from tests.fakes.wire import Answer, WireFault, names, reply
from tests.transport.kit import ROWS, Clock, Rows, ask

pytestmark = pytest.mark.wire

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def dated(seconds: float) -> str:
    return format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("17", 17),
        (" 5 ", 5),
        ("1.5", 1),
        (str(10**9), 10**9),
        ("9" * 18, 1e18),
        (dated(30), 30),
        (dated(-30), 0),
        ("Sun Mar  1 12:00:40 2026", 40),
        ("-5", None),
        ("9" * 400, None),
        ("1e9", None),
        ("soon", None),
        ("10, 20", None),
        ("", None),
        (None, None),
        ("Sun, 99 Foo 2026 12:00:00 GMT", None),
        ("٣", None),
    ],
)
def test_what_retry_after_says(text: str | None, seconds: float | None) -> None:
    assert retry_after(text, NOW) == seconds


@pytest.mark.parametrize("kind", ["429_seconds", "429_date", "503_seconds"])
def test_a_host_is_waited_for_as_long_as_it_asks(server: Rows, kind: str) -> None:
    clock = Clock()
    server.fail(WireFault(kind, seconds=40))
    assert ask(server, clock).get("orders").body == ROWS
    assert 38 < sum(clock.slept) <= 41
    assert server.count == 2


def test_a_date_is_read_by_the_servers_own_clock(server: Rows) -> None:
    clock = Clock()
    server.clock = lambda: datetime.now(UTC) + timedelta(days=400)
    answers = iter([reply({}, 429, Retry_After=format_datetime(server.clock() + timedelta(seconds=20), usegmt=True))])
    server.handle = lambda _request: next(answers, reply(ROWS))  # type: ignore[method-assign]
    ask(server, clock).get("orders")
    assert 18 < sum(clock.slept) < 22


@pytest.mark.parametrize("text", ["301", str(10**9), "9" * 18])
def test_a_host_that_asks_for_more_than_five_minutes_is_left_alone_at_once(server: Rows, text: str) -> None:
    clock = Clock()
    http = ask(server, clock)
    server.handle = lambda _request: reply({}, 429, Retry_After=text)  # type: ignore[method-assign]
    for method in ("GET", "POST"):
        with pytest.raises(Throttled) as caught:
            http.get("orders") if method == "GET" else http.send("POST", "orders", {})
        assert caught.value.retry_after is not None and caught.value.retry_after > 300
        assert caught.value.exit_code == 3
    assert (clock.slept, server.count) == ([], 1), "and for the rest of the run, too"


def test_a_run_waits_no_longer_than_it_may(server: Rows) -> None:
    clock = Clock()
    server.handle = lambda _request: reply({}, 429, Retry_After="200")  # type: ignore[method-assign]
    with pytest.raises(Throttled, match="this run may wait 100 s more") as caught:
        ask(server, clock, most=500).get("orders")
    assert sum(clock.slept) == pytest.approx(400)
    assert "safety.max_wait" in caught.value.hint
    assert server.count == 3


def test_five_tries_with_growing_pauses_at_random(server: Rows) -> None:
    totals = []
    for _ in range(12):
        clock = Clock()
        server.fail("500", times=5)
        with pytest.raises(Unreachable, match="HTTP 500"):
            ask(server, clock).get("orders")
        totals.append(sum(clock.slept))
    assert server.count == 60
    assert max(totals) <= 1 + 2 + 4 + 8
    assert len(set(totals)) == 12, "two that fail together come back apart"


def test_a_throttled_read_ends_as_throttled(server: Rows) -> None:
    server.fail("429_none", times=5)
    with pytest.raises(Throttled) as caught:
        ask(server).get("orders")
    assert (caught.value.retry_after, server.count) == (None, 5)


def test_a_signal_ends_a_wait(server: Rows) -> None:
    stopping = threading.Event()

    def checkpoint() -> None:
        if stopping.is_set():
            raise Stopped(15)

    server.fail(WireFault("429_seconds", seconds=30))
    threading.Timer(0.3, stopping.set).start()
    http = ask(server, timeout=5)
    http._patience = Patience(checkpoint=checkpoint)
    http.budget = Budget()
    began = time.monotonic()
    with pytest.raises(Stopped):
        http.get("orders")
    assert time.monotonic() - began < 2


def test_a_host_that_failed_five_times_in_a_row_is_asked_no_more(server: Rows) -> None:
    http = ask(server)
    server.fail("502", times=5)
    with pytest.raises(Unreachable, match="HTTP 502"):
        http.get("orders")
    for _ in range(2):
        with pytest.raises(
            Unreachable, match="is not asked any more in this run: it failed 5 times in a row"
        ) as caught:
            http.get("orders")
        assert "HTTP 502" in str(caught.value)
    assert server.count == 5
    assert ask(server).get("orders").body == ROWS, "another run asks again"


def test_writes_that_fail_count_as_well(server: Rows) -> None:
    http = ask(server)
    server.always = WireFault("reset")
    for _ in range(7):
        with pytest.raises(Unreachable):
            http.send("POST", "orders", {})
    assert server.count == 5


@pytest.mark.parametrize("kind", ["404", "401", "login_page", None])
def test_an_answer_of_whatever_kind_begins_the_count_anew(server: Rows, kind: str | None) -> None:
    http = ask(server)
    for _ in range(3):
        server.fail("502", times=4)
        if kind:
            server.fail(kind, at=server.count + 5)
            with pytest.raises(SyncctlError):
                http.get("orders").rows()
        else:
            assert http.get("orders").body == ROWS
    assert server.count == 15


def test_no_minute_has_more_requests_than_it_may(server: Rows) -> None:
    for allowed in (1, 5, 60, 100):
        clock = Clock()
        asked: list[float] = []
        http = ask(server, clock, most=10**6, requests_per_minute=allowed)
        for _ in range(min(3 * allowed, 120)):
            http.get("orders")
            asked.append(clock.now)
        for start in asked:
            assert sum(start <= at < start + 60 for at in asked) <= allowed
        assert asked[-1] - asked[0] <= 60 * (len(asked) / allowed) + 60, "nor is it much slower than it may be"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "12"}, 12),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "7"}, 7),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW.timestamp()) + 9)}, 9),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW.timestamp() + 9) * 1000)}, 9),
        ({"X-RateLimit-Remaining": "0"}, 1),
        ({"RateLimit": "limit=100, remaining=0, reset=5"}, 5),
        ({"RateLimit": '"default";r=0;t=30'}, 30),
        ({"X-Shopify-Shop-Api-Call-Limit": "40/40"}, 0.5),
        ({"X-Shopify-Shop-Api-Call-Limit": "80/80"}, 0.25),
        ({"X-Rate-Limit-Requests-Left": "0", "X-Rate-Limit-Time-Reset-Ms": "15000"}, 15),
        ({"RateLimit-Remaining": "1", "RateLimit-Reset": "12"}, 0),
        ({"X-Shopify-Shop-Api-Call-Limit": "39/40"}, 0),
        ({"X-Rate-Limit-Requests-Left": "1", "X-Rate-Limit-Time-Reset-Ms": "15000"}, 0),
        ({"RateLimit-Remaining": "none", "RateLimit-Reset": "x"}, 0),
        ({"RateLimit-Remaining": "-1", "RateLimit-Reset": "9" * 30}, 0),
        ({"X-Shopify-Shop-Api-Call-Limit": "1/0/0"}, 0),
        ({"RateLimit": "'); drop"}, 0),
    ],
)
def test_what_the_host_counts_is_heeded(server: Rows, headers: dict[str, str], seconds: float) -> None:
    clock = Clock()
    server.clock = lambda: NOW
    answers = iter([reply(ROWS, **{name.replace("-", "_"): text for name, text in headers.items()})])
    server.handle = lambda _request: next(answers, reply(ROWS))  # type: ignore[method-assign]
    http = ask(server, clock)
    http.get("orders")
    http.get("orders")
    assert sum(clock.slept) == pytest.approx(seconds, abs=0.01)


def test_a_host_whose_counter_is_empty_for_an_hour_is_left_alone(server: Rows) -> None:
    http = ask(server)
    server.handle = lambda _request: reply(ROWS, RateLimit_Remaining="0", RateLimit_Reset="3600")  # type: ignore[method-assign]
    assert http.get("orders").body == ROWS
    with pytest.raises(Throttled, match="3600 s"):
        http.get("orders")
    assert server.count == 1


def test_what_a_system_tells_in_its_body_is_heeded(server: Rows) -> None:
    clock = Clock()
    http = ask(server, clock)
    http.budget.feed(0, 1000, 50)
    http.get("orders")
    http.budget.feed(-99, 1000, 50)
    http.get("orders")
    http.budget.feed(500, 1000, 50)
    http.budget.feed(0, 1000, 0)
    http.get("orders")
    assert sum(clock.slept) == pytest.approx(0.02 + 2.0)


def test_waiting_is_told_and_counted_for_the_one_who_asked_for_it(server: Rows) -> None:
    clock, said = Clock(), list[str]()
    patience = Patience(say=said.append, clock=clock, sleeper=clock.sleep)
    server.fail(WireFault("429_seconds", seconds=20))
    http = ask(server, clock)
    http._patience = patience
    http.get("orders")
    assert (dict(patience.by_party), len(said)) == ({"shop": pytest.approx(20)}, 1)
    assert said[0].startswith("shop: waiting 20 s")


def test_one_connection_serves_all_requests_one_at_a_time(server: Rows) -> None:
    http = ask(server, timeout=5)

    def read() -> None:
        for _ in range(10):
            http.get("orders")

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (server.count, server.connections) == (40, 1)


def test_a_connection_that_the_server_closed_is_made_anew(server: Rows) -> None:
    http = ask(server)
    server.handle = lambda _request: Answer(b"[]", headers={"Connection": "close"})  # type: ignore[method-assign]
    for _ in range(3):
        assert http.send("POST", "orders", {}).body == []
    assert (server.count, server.connections) == (3, 3)


def test_a_write_does_not_trust_a_connection_that_lay_idle(server: Rows) -> None:
    http = ask(server)
    http.get("orders")
    http._used_at -= 60
    http.get("orders")
    assert server.connections == 1
    http._used_at -= 60
    http.send("POST", "orders", {})
    assert server.connections == 2


def test_a_name_that_is_unknown_has_its_own_sentence(server: Rows) -> None:
    with names(server), pytest.raises(Unreachable, match=r"the name shop\.test is not known"):
        server.fail("dns", times=5)
        ask(server, url=f"http://shop.test:{server.port}", allow_http=True).send("POST", "orders", {})
