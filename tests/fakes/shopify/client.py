"""A plain client of the fake for the fake's own tests: it sends what it is told, and knows nothing of the connector."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.fakes.shopify.auth import CLIENT_ID, CLIENT_SECRET, STATIC
from tests.fakes.shopify.server import ShopifyServer

VERSIONS = ("2026-01", "2026-07", "2026-10")


@dataclass(frozen=True)
class Got:
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def data(self) -> Any:
        """The data of an answer that has no errors."""
        assert self.status == 200, (self.status, self.text)
        assert "errors" not in self.json, self.json["errors"]
        return self.json["data"]

    @property
    def errors(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.json["errors"]
        return found

    @property
    def codes(self) -> list[str]:
        return [each["extensions"]["code"] for each in self.errors]

    @property
    def cost(self) -> dict[str, Any]:
        found: dict[str, Any] = self.json["extensions"]["cost"]
        return found


@dataclass
class Client:
    """`server`: the shop, or its address where that is in a process of its own."""

    server: ShopifyServer | str
    token: str = STATIC
    version: str = "2026-07"
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        address = self.server if isinstance(self.server, str) else self.server.address
        self.connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)

    def ask(self, document: str, /, **variables: Any) -> Got:
        """One document, with its variables."""
        body = json.dumps({"query": document, "variables": variables}).encode()
        return self.post(f"/admin/api/{self.version}/graphql.json", body, X_Shopify_Access_Token=self.token)

    def grant(self, client_id: str = CLIENT_ID, secret: str = CLIENT_SECRET, **more: str) -> Got:
        """The client-credentials grant, as a form."""
        told = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret, **more}
        form = "application/x-www-form-urlencoded"
        return self.post("/admin/oauth/access_token", urlencode(told).encode(), Content_Type=form)

    def post(self, target: str, body: bytes, **headers: str) -> Got:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send("POST", target, body, {"Content-Type": "application/json", **named})

    def send(
        self, method: str, target: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Got:
        self.connection.request(method, target, body, dict(headers or {}))
        got = self.connection.getresponse()
        return Got(got.status, dict(got.getheaders()), got.read().decode())

    def close(self) -> None:
        self.connection.close()
