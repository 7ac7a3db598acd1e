"""How a request says who we are: one function for each way, made from the credentials."""

import base64
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from syncctl.connectors.http import redact
from syncctl.connectors.http.wire import Pairs
from syncctl.errors import ConfigError

Signed = tuple[Pairs, Mapping[str, str]]
Sign = Callable[[str, str, Pairs], Signed]
"""Method, address without query, query -> the query and the headers to send. Called anew for each try."""


def unsigned(_method: str, _url: str, query: Pairs) -> Signed:
    """For what anybody may ask."""
    return query, {}


def basic(key: str, secret: str) -> Sign:
    """HTTP Basic: a header."""
    token = base64.b64encode(f"{key}:{secret}".encode()).decode()
    redact.keep(key, secret, token)

    def sign(_method: str, _url: str, query: Pairs) -> Signed:
        return query, {"Authorization": f"Basic {token}"}

    return sign


def in_query(key: str, secret: str) -> Sign:
    """Both in the query, for hosts that take the header away; over TLS alone."""
    redact.keep(key, secret)

    def sign(_method: str, url: str, query: Pairs) -> Signed:
        if not url.startswith("https://"):
            raise ConfigError("credentials in the query would be sent without encryption; nothing was sent")
        return [*query, ("consumer_key", key), ("consumer_secret", secret)], {}

    return sign


def in_header(name: str, token: Callable[[], str], below: str) -> Sign:
    """A token in a header of its own; `token` is asked for each try. Only for addresses that begin with `below`."""

    def sign(_method: str, url: str, query: Pairs) -> Signed:
        if not url.startswith(below):
            return query, {}
        current = token()
        redact.keep(current)
        return query, {name: current}

    return sign


def oauth1(key: str, secret: str) -> Sign:
    """OAuth 1.0a with one leg, HMAC-SHA256, its parameters in the query; a fresh nonce for each try. Source: RFC 5849.

    Names with brackets in the query are not signed alike by all servers: write lists with commas.
    """
    from oauthlib.oauth1 import SIGNATURE_HMAC_SHA256, SIGNATURE_TYPE_QUERY, Client

    redact.keep(key, secret)
    client = Client(
        key, client_secret=secret, signature_method=SIGNATURE_HMAC_SHA256, signature_type=SIGNATURE_TYPE_QUERY
    )

    def sign(method: str, url: str, query: Pairs) -> Signed:
        whole = f"{url}?{encoded(query)}" if query else url
        signed, _, _ = client.sign(whole, http_method=method)
        return parse_qsl(urlsplit(signed).query, keep_blank_values=True), {}

    return sign


def encoded(query: Pairs) -> str:
    """The query as text, percent-encoded as RFC 3986 has it."""
    return urlencode(list(query), quote_via=quote, safe="~")
