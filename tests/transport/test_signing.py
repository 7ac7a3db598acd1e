"""Each try is signed as the other side checks it; the check here is written from RFC 5849, not from our code."""

import base64
import hashlib
import hmac
from urllib.parse import quote

import pytest

from syncctl.connectors.http import basic, in_header, in_query, oauth1, redact
from syncctl.errors import ConfigError
from tests.fakes.certificates import Certificates
from tests.fakes.wire import Request
from tests.transport.kit import PREFIX, Rows, ask

pytestmark = pytest.mark.wire

KEY, SECRET = "ck_signing_canary", "cs_signing&canary+ü"


def signature_of(request: Request, base: str, secret: str) -> str:
    """Section 3.4: what the signature must be, from what arrived."""
    pairs = sorted((quote(k, safe="~"), quote(v, safe="~")) for k, v in request.pairs if k != "oauth_signature")
    text = "&".join(f"{name}={value}" for name, value in pairs)
    signed = "&".join([request.method, quote(base + request.path, safe="~"), quote(text, safe="~")])
    key = f"{quote(secret, safe='~')}&".encode()
    return base64.b64encode(hmac.new(key, signed.encode(), hashlib.sha256).digest()).decode()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_plain_http_is_signed_so_that_the_secret_never_goes_over_the_wire(server: Rows, method: str) -> None:
    http = ask(server, sign=oauth1(KEY, SECRET))
    query = {"status": "any,on-hold", "search": "a b&c=d/é~+%", "empty": "", "page": 2}
    http.get("orders", query) if method == "GET" else http.send(method, "orders", {"a": 1}, query=query)
    request = server.log[0]
    assert request.query["oauth_signature"] == signature_of(request, server.url, SECRET)
    assert request.query["oauth_signature_method"] == "HMAC-SHA256"
    assert request.query["oauth_consumer_key"] == KEY
    assert {name: request.query[name] for name in query} == {name: str(value) for name, value in query.items()}
    assert request.header("Authorization") == ""
    assert SECRET not in request.target and quote(SECRET) not in request.target


def test_each_try_is_signed_anew(server: Rows) -> None:
    server.fail("500", times=2)
    ask(server, sign=oauth1(KEY, SECRET)).get("orders")
    nonces = {request.query["oauth_nonce"] for request in server.log}
    assert len(nonces) == 3
    assert all(one.query["oauth_signature"] == signature_of(one, server.url, SECRET) for one in server.log)


def test_basic_is_a_header_and_nothing_in_the_query(server: Rows) -> None:
    ask(server, sign=basic(KEY, SECRET)).get("orders", {"page": 1})
    token = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
    assert server.log[0].header("Authorization") == f"Basic {token}"
    assert server.log[0].query_text == "page=1"


def test_credentials_in_the_query_go_over_tls_alone(server: Rows, secure: Rows, certificates: Certificates) -> None:
    ask(secure, sign=in_query(KEY, SECRET), ca_file=certificates.authority).get("orders", {"page": 1})
    assert secure.log[0].query == {"page": "1", "consumer_key": KEY, "consumer_secret": SECRET}
    with pytest.raises(ConfigError, match="without encryption"):
        ask(server, sign=in_query(KEY, SECRET)).get("orders")
    assert server.connections == 0


def test_a_token_of_its_own_goes_below_its_address_alone_as_it_is_at_the_time_and_is_never_shown(server: Rows) -> None:
    tokens = ["token_canary_1", "token_canary_2"]
    http = ask(server, sign=in_header("X-Token", lambda: tokens[-1], f"{server.url}{PREFIX}orders"))
    http.get("orders")
    tokens.pop()
    http.get("orders/1")
    http.get("customers")
    assert [one.header("X-Token") for one in server.log] == ["token_canary_2", "token_canary_1", ""]
    assert redact.clean("token_canary_1, token_canary_2, token_canary_3") == "***, ***, token_canary_3"
