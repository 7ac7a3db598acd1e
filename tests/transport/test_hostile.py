"""A server that means harm: what it can make us do, wait for, or take for an answer to something else."""

import itertools
import logging
import random
import time
from collections.abc import Iterator

import pytest

from syncctl.connectors.http import Http, Wire, oauth1
from syncctl.connectors.http.redact import clean
from syncctl.connectors.http.wire import is_forbidden, is_loopback
from syncctl.connectors.strict_json import parse_reply
from syncctl.errors import DataError, SafetyStop, SyncctlError, Unreachable
from tests.fakes.wire import Answer, names
from tests.transport.kit import ROWS, Clock, Rows, ask
from tests.transport.raw import saying

pytestmark = pytest.mark.wire

SOUND = (
    b"HTTP/1.1 200 OK\r\nDate: Sun, 01 Mar 2026 12:00:00 GMT\r\nContent-Type: application/json\r\n"
    b'Transfer-Encoding: chunked\r\nRateLimit-Remaining: 5\r\n\r\n9\r\n[{"a":1}]\r\n0\r\n\r\n'
)


ODDITIES = [b"\r\n", b"\0", b"\xff\xfe", b":", b"HTTP/1.1 200 OK\r\n", b"9" * 99]


def test_whatever_bytes_come_the_error_is_one_that_we_expect() -> None:
    """Sound answers with bytes changed, left out, doubled and cut off: 400 of them, always the same."""
    draw = random.Random(5)

    def spoilt() -> bytes:
        text = bytearray(SOUND)
        for _ in range(draw.randint(1, 6)):
            position = draw.randrange(len(text))
            what = draw.randrange(4)
            if what == 0:
                text[position] = draw.randrange(256)
            elif what == 1:
                del text[position : position + draw.randint(1, 20)]
            elif what == 2:
                text[position:position] = text[position : position + draw.randint(1, 40)]
            else:
                text[position:position] = draw.choice(ODDITIES)
            if len(text) < 10:
                break
        return bytes(text)

    outcomes = {"answer": 0, "error": 0}
    with saying(lambda: [spoilt()]) as server:
        for _ in range(400):
            http = ask(server, timeout=2, deadline=3)  # type: ignore[arg-type]
            try:
                http.send("POST", "orders", {})
                outcomes["answer"] += 1
            except SyncctlError:
                outcomes["error"] += 1
            http.close()
    assert min(outcomes.values()) > 50, outcomes


@pytest.mark.parametrize("first", [b"HTTP/1.1 103 Early Hints\r\n\r\n", b"HTTP/1.1 101 Switching\r\n\r\n"])
def test_an_answer_is_never_taken_for_that_of_another_request(first: bytes) -> None:
    """After an interim answer the real one would lie ready on the connection, for whoever asks next."""
    numbers = itertools.count(1)

    def script() -> Iterator[bytes]:
        number = next(numbers)
        body = b'{"for":%d}' % number
        yield first if number == 1 else b""
        time.sleep(0.05)
        yield b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        time.sleep(0.1)

    with saying(script) as server:
        http = ask(server, timeout=2, deadline=3)  # type: ignore[arg-type]
        with pytest.raises(SyncctlError):
            http.get("orders/1")
        assert http.get("orders/2").body == {"for": 2}


def test_an_answer_that_was_not_asked_for_is_not_read_as_the_next_one() -> None:
    extra = b'[]HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n["fake"]'
    with saying(lambda: [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + extra]) as raw:
        http = ask(raw, timeout=2, deadline=3)  # type: ignore[arg-type]
        assert http.get("orders").body == []
        time.sleep(0.05)
        assert http.get("orders").body == []
        assert len(raw.heard) == 2


def test_an_error_that_drips_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncctl.connectors.http.transport._ERROR_SECONDS", 0.2)

    def script() -> Iterator[bytes]:
        yield b"HTTP/1.1 500 X\r\nContent-Length: 1000000\r\n\r\n"
        for _ in range(200):
            yield b" "
            time.sleep(0.05)

    with saying(script) as server:
        began = time.monotonic()
        with pytest.raises(Unreachable, match="HTTP 500"):
            ask(server, timeout=5, deadline=60).send("POST", "orders", {})  # type: ignore[arg-type]
        assert time.monotonic() - began < 2


def test_packing_that_unpacks_to_nothing_is_cut_at_the_cap() -> None:
    """Empty parts, one after the other: the cap of what they become would never be reached."""
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\0\0\0\0\0\0\xff"
    nothing = b"\0\0\0\xff\xff" * 13_000
    with saying(lambda: itertools.chain([head], itertools.repeat(nothing))) as server:
        http = ask(server, timeout=5, deadline=30, max_bytes=2_000_000)  # type: ignore[arg-type]
        with pytest.raises(DataError, match="more than 2 MB"):
            http.get("orders")


def test_a_key_that_stands_twice_among_many_is_found_at_once() -> None:
    text = "{" + ",".join(f'"k{number}":1' for number in range(300_000)) + ',"k299999":2}'
    began = time.process_time()
    with pytest.raises(DataError, match="k299999"):
        parse_reply(text)
    assert time.process_time() - began < 5


@pytest.mark.parametrize("letter", ["a", "1", "+", "/", ".", "a.", "a@", "://", "token "])
def test_a_long_text_is_cleaned_at_once(letter: str) -> None:
    began = time.process_time()
    assert len(clean(letter * 2_000_000)) < 20_000
    assert time.process_time() - began < 2


def test_a_warning_about_endless_headers_is_short(caplog: pytest.LogCaptureFixture) -> None:
    head = b"HTTP/1.1 200 OK\r\nbroken\r\n" + b"a" * 60_000 + b"\r\n" + b"Content-Length: 2\r\n\r\n[]"
    with saying(head) as server, caplog.at_level(logging.DEBUG):
        began = time.process_time()
        with pytest.raises(SyncctlError):
            ask(server, sign=oauth1("ck_hostile_canary", "cs_hostile_canary")).get("orders").rows()  # type: ignore[arg-type]
            raise SyncctlError("it may be read")
        assert time.process_time() - began < 2
    assert "canary" not in caplog.text
    assert len(caplog.text) < 20_000


def test_a_redirect_to_a_name_without_end_is_short(server: Rows) -> None:
    server.handle = lambda _request: Answer(b"", 302, {"Location": f"https://{'a' * 60_000}.example/"})  # type: ignore[method-assign]
    with pytest.raises(SafetyStop) as caught:
        ask(server).get("orders")
    assert len(str(caught.value)) < 500


def test_this_machine_is_this_machine_even_beside_a_proxy(server: Rows) -> None:
    """Beside a proxy of the settings a local name is asked directly: so it must be local in truth."""
    with names(hosts={"localhost": "192.0.2.1"}), pytest.raises(SafetyStop, match="is not this machine"):
        ask(server, url=f"http://localhost:{server.port}", proxy="http://proxy.example:3128").get("orders")


@pytest.mark.parametrize("address", ["2002:7f00:1::", "64:ff9b::7f00:1", "::ffff:10.0.0.1", "::2", "128.0.0.1"])
def test_an_address_that_only_looks_like_this_machine_is_not(address: str) -> None:
    assert not is_loopback(address)


@pytest.mark.parametrize("address", ["169.253.255.255", "169.255.0.0", "fec0::1", "fd00:ec2::253", "", "x", "1.2.3"])
def test_an_address_beside_the_forbidden_ones_is_not(address: str) -> None:
    assert not is_forbidden(address)


def test_a_proxy_that_drips_is_cut_at_the_deadline() -> None:
    def script() -> Iterator[bytes]:
        for _ in range(200):
            yield b"H"
            time.sleep(0.05)

    with saying(script) as proxy:
        began = time.monotonic()
        wire = Wire(url="https://shop.test", proxy=proxy.url, timeout=5, deadline=0.5)
        with pytest.raises(Unreachable, match="was not sent"):
            Http("shop", wire, patience=Clock().patience()).send("POST", "orders", {})
        assert time.monotonic() - began < 4


def test_a_page_that_a_cache_keeps_is_not_what_we_ask_for(server: Rows) -> None:
    assert ask(server).get("orders").body == ROWS
    assert server.log[0].header("Cache-Control") == "no-cache"
