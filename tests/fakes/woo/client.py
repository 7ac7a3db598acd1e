"""A plain client of the fake for the fake's own tests: it signs as it is told, and knows nothing of the connector."""

import base64
import http.client
import itertools
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.fakes.woo.auth import signature
from tests.fakes.woo.server import KEY, SECRET, WooServer

_nonces = itertools.count()


@dataclass(frozen=True)
class Got:
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def ids(self) -> list[int]:
        return [row["id"] for row in self.json]

    @property
    def code(self) -> str:
        return str(self.json["code"])


@dataclass
class Client:
    """`server`: the site, or its address where that is in a process of its own."""

    server: WooServer | str
    key: str = KEY
    secret: str = SECRET
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=5)

    @property
    def url(self) -> str:
        return self.server if isinstance(self.server, str) else self.server.address

    @property
    def _origin(self) -> str:
        return f"http://{urlsplit(self.url).netloc}"

    def get(self, route: str, **query: Any) -> Got:
        return self.send("GET", route, None, query)

    def post(self, route: str, body: Any, **query: Any) -> Got:
        return self.send("POST", route, body, query)

    def send(self, method: str, route: str, body: Any = None, query: Mapping[str, Any] | None = None) -> Got:
        """One request, signed by OAuth 1.0a as plain HTTP needs it."""
        path = f"{urlsplit(self.url).path}/wp-json/wc/v3/{route}"
        signed = self.signed(method, path, {name: str(value) for name, value in (query or {}).items()})
        return self.raw(method, f"{path}?{urlencode(signed)}", body)

    def signed(self, method: str, path: str, query: dict[str, str], **other: str) -> dict[str, str]:
        given = query | {
            "oauth_consumer_key": self.key,
            "oauth_timestamp": str(int(time.time())),
            "oauth_nonce": f"{next(_nonces):032d}",
            "oauth_signature_method": "HMAC-SHA256",
            **other,
        }
        return given | {"oauth_signature": signature(method, self._origin + path, given, self.secret)}

    def raw(self, method: str, target: str, body: Any = None, **headers: str) -> Got:
        """Any request at all. A body that is bytes is sent as it is."""
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(method, target, data, {"Content-Type": "application/json", **named})
        got = self.connection.getresponse()
        return Got(got.status, dict(got.getheaders()), got.read().decode())

    def close(self) -> None:
        self.connection.close()


def basic(key: str, secret: str) -> str:
    return f"Basic {base64.b64encode(f'{key}:{secret}'.encode()).decode()}"
