"""The fake server does what its faults say, as a plain client sees it."""

import gzip
import http.client
import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes.wire import KINDS, Answer, Request, Server, WireFault, names, reply
from tests.fakes.wire_faults import BUSY, LATE, REFUSALS, bomb

pytestmark = pytest.mark.wire
ROWS = [{"id": 1, "name": "Ann"}, {"id": 2, "name": "Bob"}]


class Rows(Server):
    """Answers the same rows to all; `work` counts what reached it."""

    work = 0

    def handle(self, request: Request) -> Answer:
        self.work += 1
        return reply(ROWS)


@pytest.fixture
def server() -> Iterator[Rows]:
    with Rows() as server:
        yield server
        assert server.errors == []


def ask(server: Server, connection: http.client.HTTPConnection | None = None) -> tuple[int, bytes, dict[str, str]]:
    connection = connection or http.client.HTTPConnection(server.host, server.port, timeout=0.3)
    connection.request("GET", "/orders?page=1&page=2&name=%C3%A9", headers={"X-Key": "k"})
    answer = connection.getresponse()
    return answer.status, answer.read(), dict(answer.getheaders())


def test_a_sound_server_keeps_the_connection_and_logs_what_came(server: Rows) -> None:
    connection = http.client.HTTPConnection(server.host, server.port, timeout=2)
    assert [ask(server, connection)[:2] for _ in range(2)] == [
        (200, json.dumps(ROWS, separators=(",", ":")).encode())
    ] * 2
    assert server.connections == 1
    first = server.log[0]
    assert (first.number, first.method, first.path, first.header("x-key")) == (1, "GET", "/orders", "k")
    assert first.pairs == [("page", "1"), ("page", "2"), ("name", "é")]
    connection.close()


@pytest.mark.parametrize("kind", [*REFUSALS, *BUSY, "502", "504"])
def test_a_status_is_answered_before_anything_is_done(server: Rows, kind: str) -> None:
    server.fail(kind)
    status, _, headers = ask(server)
    assert (status, server.work) == (int(kind[:3]), 0)
    assert ("Retry-After" in headers) == (kind in ("429_seconds", "429_date", "429_huge", "503_seconds"))
    assert ask(server)[0] == 200


@pytest.mark.parametrize("kind", ["timeout_before", "timeout_after", "reset", "reset_mid_body", "short_body", "drip"])
def test_a_silence_leaves_the_client_without_an_answer(server: Rows, kind: str) -> None:
    server.fail(WireFault(kind, seconds=0.4), at=2)
    assert ask(server)[0] == 200
    with pytest.raises((OSError, http.client.HTTPException)):
        ask(server)
    assert server.work == 1 + (kind in LATE)
    assert ask(server)[0] == 200


@pytest.mark.parametrize("kind", sorted(LATE - {"timeout_after", "reset_mid_body", "short_body", "drip"}))
def test_a_worthless_answer_comes_after_the_work(server: Rows, kind: str) -> None:
    server.fail(kind)
    status, body, _ = ask(server)
    assert (status, server.work) == (200, 1)
    assert body != json.dumps(ROWS, separators=(",", ":")).encode()


def test_a_connection_is_refused_till_the_server_is_healed(server: Rows) -> None:
    connection = http.client.HTTPConnection(server.host, server.port, timeout=2)
    server.fail("refused", at=2)
    assert ask(server, connection)[0] == 200
    for _ in range(3):
        with pytest.raises(ConnectionRefusedError):
            ask(server)
    server.heal()
    assert ask(server)[0] == 200
    assert (server.work, server.count) == (2, 3)


def test_a_connection_that_lies_idle_is_closed_before_the_next_one_is_refused(server: Rows) -> None:
    connection = http.client.HTTPConnection(server.host, server.port, timeout=2)
    assert ask(server, connection)[0] == 200
    server.fail(WireFault("refused", seconds=0.2))
    with pytest.raises((OSError, http.client.HTTPException)):
        ask(server, connection)
    connection.close()
    with pytest.raises(ConnectionRefusedError):
        ask(server)
    time.sleep(0.3)
    assert ask(server)[0] == 200


def test_a_name_that_is_not_found_is_asked_for_again(server: Rows) -> None:
    connection = http.client.HTTPConnection("shop.test", server.port, timeout=2)
    with names(server):
        server.fail("dns", at=2)
        assert ask(server, connection)[0] == 200
        with pytest.raises(socket.gaierror):
            ask(server, connection)
        assert ask(server, http.client.HTTPConnection("shop.test", server.port, timeout=2))[0] == 200
    assert server.work == 2


def test_a_bomb_is_sound_gzip_of_sound_json() -> None:
    text = gzip.decompress(bomb(2))
    assert len(bomb(2)) < len(text) / 500
    assert len(json.loads(text)) == 2 * 2**20


def test_a_redirect_names_the_other_host(server: Rows) -> None:
    server.fail(WireFault("redirect", location="http://other.test/x"))
    status, _, headers = ask(server)
    assert (status, headers["Location"], server.work) == (302, "http://other.test/x", 0)


def test_a_work_may_be_done_in_spite_of_any_fault(server: Rows) -> None:
    server.fail(WireFault("502", done=True))
    assert (ask(server)[0], server.work) == (502, 1)


def test_every_kind_has_a_place(server: Rows) -> None:
    assert len(KINDS) == len(set(KINDS))
    with pytest.raises(AssertionError):
        WireFault("nonsense")


def test_hooks_stand_around_the_work(server: Rows) -> None:
    seen: list[Any] = []
    server.before = lambda request: seen.append((request.path, server.work))
    server.after = lambda request, answer: seen.append((answer.status, server.work))
    ask(server)
    assert seen == [("/orders", 0), (200, 1)]
