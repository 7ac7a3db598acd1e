"""No secret and nothing personal in any message, log line or error, whatever the other side makes of it."""

import base64
import logging
import traceback
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from syncctl.connectors.http import Http, Rejected, basic, in_query, oauth1
from syncctl.connectors.http.redact import clean, keep, without
from syncctl.errors import SyncctlError
from tests.fakes.certificates import Certificates
from tests.fakes.wire import KINDS, Answer, Request, WireFault, names, reply
from tests.transport.kit import Clock, Rows, ask
from tests.transport.raw import saying

pytestmark = pytest.mark.wire

KEY, SECRET = "ck_redaction/canary=1", "cs_redaction canary&2"
PERSON = {
    "first_name": "Zebedee-Canary",
    "email": "zebedee.canary@private.example",
    "phone": "+44 7700 900123",
    "address_1": "17 Canary Wharf Lane",
}


WAYS = {"basic": basic, "query": in_query, "oauth": oauth1}


def forms(text: str) -> set[str]:
    plain = text.encode()
    return {text, quote(text), quote(text, safe=""), quote_plus(text), base64.b64encode(plain).decode(), plain.hex()}


CANARIES = (
    forms(KEY) | forms(SECRET) | forms(f"{KEY}:{SECRET}") | {form for one in PERSON.values() for form in forms(one)}
)


def assert_clean(text: str) -> None:
    found = [canary for canary in CANARIES if canary in text]
    assert not found, text


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """Everything that anybody logs, at the lowest level, as it would be shown."""
    shown: list[str] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            shown.append(self.format(record))

    root, keeper = logging.getLogger(), Keeper(0)
    former = root.level
    root.addHandler(keeper)
    root.setLevel(0)
    yield shown
    root.removeHandler(keeper)
    root.setLevel(former)


def all_of(error: BaseException) -> str:
    """Whatever could be shown of an error, its causes included, unless they are cut off from it."""
    said = [*traceback.format_exception(error), repr(error), str(vars(error)), getattr(error, "hint", "")]
    return "\n".join(line for line in said if "  File " not in line)


@pytest.mark.parametrize(
    ("way", "kind"),
    [(way, kind) for way in WAYS for kind in KINDS if way == "query" or not kind.startswith("tls")],
)
def test_no_fault_tells_a_secret_or_a_person(
    server: Rows, secure: Rows, certificates: Certificates, lines: list[str], way: str, kind: str
) -> None:
    sign = WAYS[way](KEY, SECRET)
    other = secure if way == "query" else server
    http = ask(other, Clock(), sign, timeout=0.05, deadline=0.2, ca_file=certificates.authority)
    echo = {"Location": f"https://elsewhere.example/?email={PERSON['email']}&consumer_key={KEY}"}
    with names(other):
        for method in ("GET", "POST"):
            other.heal()
            other.always = WireFault(kind, seconds=0.06, location=echo["Location"])
            if kind == "refused":
                other.always = None
                other.fail("refused")
            with pytest.raises(SyncctlError) as caught:
                called(http, method)
                raise SyncctlError("no fault for this method")
            assert_clean(all_of(caught.value))
    assert_clean("\n".join(lines))
    if kind not in ("refused", "dns") and not kind.startswith("tls"):
        assert any("orders" in line for line in lines), "it does log"


def called(http: Http, method: str) -> None:
    if method == "GET":
        http.get("orders", {"email": PERSON["email"], "search": PERSON["phone"]}).rows()
    else:
        http.send("POST", "orders", {"billing": PERSON}, query={"email": PERSON["email"]}).fields()


def test_a_refusal_that_repeats_what_we_sent_is_cleaned_of_it(server: Rows) -> None:
    server.handle = lambda request: reply(echoed(request), 400)  # type: ignore[method-assign]
    with pytest.raises(Rejected) as caught:
        called(ask(server, sign=oauth1(KEY, SECRET)), "POST")
    assert caught.value.code == "invalid"
    assert "cannot save ***" in caught.value.message
    assert len(caught.value.message) <= 200
    for text in (str(caught.value), caught.value.message, caught.value.code):
        assert_clean(text)


def echoed(request: Request) -> dict[str, Any]:
    person = request.json()["billing"]
    said = f"cannot save {person['first_name']} of {person['address_1']} <{person['email']}> tel {person['phone']} "
    return {"code": "invalid", "message": said + request.target + " because of a long story" * 30}


@pytest.mark.parametrize("body", [b'{"code":["x"],"message":{"a":1}}', b"null", b"[1]", b"{}", b"<html>", b"\xff", b""])
def test_a_refusal_in_odd_words_is_a_refusal(server: Rows, body: bytes) -> None:
    server.handle = lambda _request: Answer(body, 400)  # type: ignore[method-assign]
    with pytest.raises(Rejected, match="HTTP 400") as caught:
        ask(server).get("orders")
    assert (caught.value.status, caught.value.code, caught.value.message) == (400, "", "")


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"error": {"code": "a", "message": "b"}}, "a", "b"),
        ({"status": 422, "title": "bad\x1b[31m\nline", "type": "t"}, "t", "bad [31m line"),
        ({"errorCode": "X", "errorMessage": "y"}, "X", "y"),
        ({"code": 42, "message": "n"}, "42", "n"),
        ({"error": "invalid_grant", "error_description": "d"}, "", "invalid_grant"),
    ],
)
def test_what_a_refusal_says_is_found(server: Rows, body: object, code: str, message: str) -> None:
    server.handle = lambda _request: reply(body, 400)  # type: ignore[method-assign]
    with pytest.raises(Rejected) as caught:
        ask(server).get("orders")
    assert (caught.value.code, caught.value.message) == (code, message)
    assert caught.value.details == body


def test_a_library_that_complains_aloud_says_no_address(lines: list[str]) -> None:
    """urllib3 warns of headers that it cannot read, with the whole address, and to stderr where nobody listens."""
    with saying(b"HTTP/1.1 200 OK\r\nbroken header\r\nContent-Length: 2\r\n\r\n[]") as server:
        ask(server, sign=oauth1(KEY, SECRET)).get("orders", {"email": PERSON["email"]})  # type: ignore[arg-type]
    logging.getLogger("urllib3.connectionpool").warning("Retrying /orders?consumer_secret=%s", SECRET)
    logging.getLogger("any.other").warning("for %s: %s", "ann", {"Authorization": "Basic Y2FuYXJ5OmNhbmFyeQ=="})
    assert lines
    text = "\n".join(lines)
    assert_clean(text)
    assert "Y2FuYXJ5" not in text and "Traceback" not in text


def test_libraries_say_nothing_below_info(server: Rows, lines: list[str]) -> None:
    ask(server, sign=oauth1(KEY, SECRET)).get("orders")
    assert [line for line in lines if "syncctl" not in line and "GET orders" not in line] == []


def test_a_line_of_the_log_has_method_path_status_size_and_time(server: Rows, lines: list[str]) -> None:
    ask(server).get("orders", {"search": "secret words"})
    assert len(lines) == 1
    head, _, milliseconds = lines[0].removesuffix(" ms").rpartition(" ")
    assert (head, milliseconds.isdigit()) == ("GET orders 200 45 bytes", True)


@pytest.mark.parametrize(
    "text",
    [
        "https://x.example/a?b=hidden",
        "https://x.example/a#hidden",
        "https://hidden@x.example/a",
        "https://ann:hidden@x.example",
        "HTTPConnectionPool: /wp-json/orders?consumer_key=hidden (Caused by",
        "Authorization: Basic hidden",
        "{'Authorization': 'Bearer hidden'}",
        "'X-Shopify-Access-Token': 'hidden'",
        "access_token=hidden&x=1",
        '{"refresh_token": "hidden"}',
        "oauth_signature=hidden",
        "password: hidden",
        "api_key=hidden",
        "hidden@private.example",
        "hidden%40private.example",
    ],
)
def test_what_a_name_or_its_form_gives_away_is_masked(text: str) -> None:
    assert "hidden" not in clean(text)
    assert "***" in clean(text)


@pytest.mark.parametrize(
    "text",
    [
        "order 1001 of 2026-01-02 was refused",
        "GET orders/12345/refunds",
        "the SKU A-100 is taken",
        "HTTP 400: no_route",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert clean(text) == text


def test_a_secret_is_masked_in_every_form() -> None:
    keep("s3cret/with+odd=signs")
    for form in forms("s3cret/with+odd=signs"):
        assert clean(f"a {form} b") == "a *** b"


def test_what_we_sent_is_masked_in_a_foreign_message() -> None:
    sent = {"billing": {"first_name": "Ann", "note": ["left at 5"]}, "sku": "A-1", "status": "completed", "id": 12}
    said = "Ann: left at 5, +1 (208) 555-0100: SKU A-1 completed 12"
    assert without(said, sent) == "***: ***, ***: SKU A-1 completed 12"
