"""An answer ends: at its size, at its deadline, or where it is packed too well to be true."""

import gzip
import itertools
import json
import resource
import time
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from syncctl.connectors.http import Http
from syncctl.errors import DataError, SyncctlError, Unreachable
from tests.fakes.wire import Answer, WireFault, reply
from tests.transport.kit import ROWS, Clock, Rows, ask
from tests.transport.raw import Raw, saying

pytestmark = pytest.mark.wire

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def once(server: Raw | Rows, **wire: Any) -> tuple[SyncctlError, float]:
    """The error of one write, which is never made again, and how long it took."""
    http = ask(server, **wire)  # type: ignore[arg-type]
    began = time.monotonic()
    with pytest.raises(SyncctlError) as caught:
        http.send("POST", "orders", {})
    return caught.value, time.monotonic() - began


def slowly(pieces: Iterable[bytes], pause: float = 0.05) -> Iterator[bytes]:
    for piece in pieces:
        yield piece
        time.sleep(pause)


def test_a_body_that_drips_is_cut_at_the_deadline(server: Rows) -> None:
    server.fail(WireFault("drip", seconds=0.05))
    error, seconds = once(server, timeout=10, deadline=0.5)
    assert "did not end its answer in time" in str(error)
    assert 0.4 < seconds < 1.5


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\n", b"HT", HEAD + b"X-Long: "])
def test_headers_that_drip_are_cut_at_the_deadline_too(start: bytes) -> None:
    with saying(lambda: slowly(itertools.chain([start], itertools.repeat(b"a")))) as server:
        error, seconds = once(server, timeout=10, deadline=0.5)
    assert isinstance(error, Unreachable)
    assert 0.4 < seconds < 1.5


def test_an_endless_row_of_interim_answers_is_cut_at_the_deadline() -> None:
    with saying(lambda: slowly(itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n"), 0.01)) as server:
        error, seconds = once(server, timeout=10, deadline=0.5)
    assert isinstance(error, Unreachable)
    assert 0.4 < seconds < 1.5


def test_chunks_that_drip_are_cut_at_the_deadline() -> None:
    with saying(lambda: slowly(itertools.chain([CHUNKED], itertools.repeat(b"1\r\n \r\n")))) as server:
        error, seconds = once(server, timeout=10, deadline=0.5)
    assert "did not end its answer in time" in str(error)
    assert 0.4 < seconds < 1.5


def test_a_silence_is_cut_long_before_the_deadline(server: Rows) -> None:
    server.fail("timeout_before")
    error, seconds = once(server, timeout=0.2, deadline=30)
    assert "was silent for too long" in str(error)
    assert seconds < 1.5


def test_a_server_that_does_not_take_what_we_send_is_left() -> None:
    with saying(lambda: slowly([b""], 3)) as server:
        http = ask(server, timeout=0.3, deadline=5)  # type: ignore[arg-type]
        began = time.monotonic()
        with pytest.raises(Unreachable):
            http.send("POST", "orders", {"text": "x" * 20_000_000})
        assert time.monotonic() - began < 3


def test_a_body_without_end_is_cut_at_the_cap() -> None:
    piece = b" " * 65_536
    with saying(lambda: itertools.chain([HEAD + b"\r\n"], itertools.repeat(piece))) as server:
        error, _ = once(server, max_bytes=2_000_000, deadline=20)
        assert "more than 2 MB" in str(error)
        assert server.said < 12_000_000  # what lay in the buffers of both sides
    assert isinstance(error, DataError)


def test_chunks_without_end_are_cut_at_the_cap() -> None:
    piece = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    with saying(lambda: itertools.chain([CHUNKED], itertools.repeat(piece))) as server:
        error, _ = once(server, max_bytes=2_000_000, deadline=20)
    assert "more than 2 MB" in str(error)


def test_one_chunk_that_says_it_is_huge_is_not_waited_for_in_memory() -> None:
    with saying(lambda: [CHUNKED + b"7fffffffffff\r\n" + b" " * 1000]) as server:
        error, _ = once(server)
    assert isinstance(error, Unreachable)


def test_a_bomb_is_cut_before_it_fills_the_memory(server: Rows) -> None:
    server.fail("bomb")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    error, _ = once(server, deadline=20)
    assert "packed more than 100 times" in str(error)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000  # kB; whole it has 64 MB


def test_a_bomb_that_is_packed_less_is_cut_at_the_cap(server: Rows) -> None:
    server.fail("bomb")
    error, _ = once(server, deadline=20, max_ratio=10**6, max_bytes=5_000_000)
    assert "more than 5 MB" in str(error)


@pytest.mark.parametrize("size", [10, 200_000])
def test_a_packed_answer_is_read(server: Rows, size: int) -> None:
    rows = [{"id": number, "text": f"some text {number % 7}"} for number in range(size // 10)]
    server.handle = lambda _request: reply(rows).zipped()  # type: ignore[method-assign]
    assert ask(server, timeout=20, deadline=20).get("orders").body == rows
    assert server.log[0].header("Accept-Encoding") == "gzip"


def test_an_answer_packed_in_parts_is_read(server: Rows) -> None:
    text = json.dumps(ROWS).encode()
    packed = gzip.compress(text[:7]) + gzip.compress(text[7:]) + b"\0" * 9
    server.handle = lambda _request: Answer(packed, headers={"Content-Encoding": "gzip"})  # type: ignore[method-assign]
    assert ask(server).get("orders").body == ROWS


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(json.dumps(ROWS).encode(), mtime=0)[:-9], "gzip"),
        (gzip.compress(json.dumps(ROWS).encode(), mtime=0)[:20] + b"\xff" * 20, "gzip"),
        (json.dumps(ROWS).encode(), "gzip"),
        (json.dumps(ROWS).encode(), "br"),
        (json.dumps(ROWS).encode(), "gzip, gzip"),
    ],
)
def test_what_cannot_be_unpacked_is_an_error(server: Rows, body: bytes, encoding: str) -> None:
    server.handle = lambda _request: Answer(body, headers={"Content-Encoding": encoding})  # type: ignore[method-assign]
    with pytest.raises(DataError, match="pack"):
        ask(server).get("orders")


@pytest.mark.parametrize(
    "said",
    [
        HEAD + b"Content-Length: 50\r\n\r\n[1,2,3]",
        CHUNKED + b"7\r\n[1,2,3]\r\n",
        CHUNKED + b"9\r\n[1,2,3]",
        CHUNKED + b"zz\r\n[1,2,3]\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"",
        b"\0\1\2\3" * 100,
        b"<html>" + b"a" * 100_000,
        HEAD + b"X-A: b\r\n" * 500 + b"\r\n[]",
        HEAD + b"X-A: " + b"b" * 100_000 + b"\r\n\r\n[]",
    ],
)
def test_an_answer_that_breaks_off_or_is_no_http_is_no_answer(said: bytes) -> None:
    with saying(said) as server:
        error, _ = once(server)
    assert isinstance(error, Unreachable | DataError)
    assert "outcome" in str(error)


@pytest.mark.parametrize("said", [HEAD + b"\r\n[1,2,3]", CHUNKED + b"7\r\n[1,2,3]\r\n0\r\n\r\n"])
def test_a_body_whose_length_is_not_told_ends_with_the_connection(said: bytes) -> None:
    with saying(said) as server:
        http: Http = ask(server)  # type: ignore[arg-type]
        assert http.get("orders").body == [1, 2, 3]


@pytest.mark.parametrize("status", [400, 404, 429, 500, 301])
def test_an_error_with_an_endless_body_is_an_error_all_the_same(status: int) -> None:
    head = b"HTTP/1.1 %d X\r\nLocation: /x\r\n\r\n" % status
    with saying(lambda: itertools.chain([head], itertools.repeat(b" " * 65_536))) as server:
        http = ask(server, Clock(), max_bytes=1_000_000, deadline=10)  # type: ignore[arg-type]
        began = time.monotonic()
        with pytest.raises(SyncctlError):
            http.get("orders")
        assert time.monotonic() - began < 8
