"""A shop that answers one document with what the test says, on a real socket, and a clock that only waits move."""

from collections.abc import Callable, Mapping
from typing import Any

from syncctl.connectors.patience import Patience
from syncctl.connectors.shopify.admin import Admin
from syncctl.connectors.shopify.documents import Document
from syncctl.connectors.tokens import Tokens
from syncctl.settings import ShopifyStoreSettings
from tests.fakes.wire import Answer, Request, Server, reply

TOKEN, ID, SECRET = "shpat_canary_token", "client-id-1", "shpss_canary_secret"
API = "/admin/api/2026-07/graphql.json"
GRANT = "/admin/oauth/access_token"

READ = Document(name="the orders", text="query orders { orders(first: 2) { nodes { id } } }", cost=10)
ROWS = Document(name="the orders", text=READ.text, cost=10, rows=("orders", "nodes"), apart=True)
WRITE = Document(name="setting a level", text="mutation { a: set(x: 1) { id } b: set(x: 2) { id } }", cost=20)
APART = Document(name=WRITE.name, text=WRITE.text, cost=20, apart=True)

Answering = Callable[[Request], Answer]


def cost(
    requested: float, available: float, actual: float | None = None, maximum: float = 2000, rate: float = 100
) -> Any:
    """What stands in `extensions`, numbers as Shopify writes them."""
    status = {"maximumAvailable": maximum, "currentlyAvailable": available, "restoreRate": rate}
    return {"cost": {"requestedQueryCost": requested, "actualQueryCost": actual, "throttleStatus": status}}


def failed(code: str, message: str = "It went wrong.", data: Any = ..., **extensions: Any) -> dict[str, Any]:
    """A body with one error; `data` as given, or none at all."""
    body: dict[str, Any] = {"errors": [{"message": message, "extensions": {"code": code, **extensions}}]}
    return body if data is ... else {"data": data, **body}


class Shop(Server):
    """Answers GraphQL with `said`, in turn, the last of them for ever; and grants tokens by `grants`, likewise."""

    def __init__(self, *said: Answer | dict[str, Any]) -> None:
        super().__init__()
        self.said = list(said) or [{"data": {"orders": {"nodes": []}}}]
        self.grants: list[Answer | dict[str, Any]] = [granted("granted_canary_1"), granted("granted_canary_2")]
        self.refused: set[str] = set()  # tokens that are not taken

    def handle(self, request: Request) -> Answer:
        if request.path == GRANT:
            return _next(self.grants)
        if request.header("X-Shopify-Access-Token") in self.refused:
            return reply(
                {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}, 401
            )
        return _next(self.said)

    @property
    def tokens(self) -> list[str]:
        """The token of each request, "" where it had none."""
        return [one.header("X-Shopify-Access-Token") for one in self.log]


def _next(answers: list[Answer | dict[str, Any]]) -> Answer:
    one = answers.pop(0) if len(answers) > 1 else answers[0]
    return one if isinstance(one, Answer) else reply(one)


def granted(token: str, seconds: object = 86_399) -> dict[str, Any]:
    return {"access_token": token, "scope": "read_orders,write_inventory", "expires_in": seconds}


class Clock:
    """Time that passes only where somebody waits. `slept`: each wait, whole."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.said: list[str] = []
        self.waited = 0.0

    def patience(self, most: float = 600.0) -> Patience:
        def sleep(seconds: float) -> None:
            self.now += seconds
            self.waited += seconds

        return Patience(most, clock=lambda: self.now, sleeper=sleep, say=self.said.append)


def settings_of(server: Server, **more: Any) -> ShopifyStoreSettings:
    keys = {} if "client_id" in more else {"access_token": TOKEN}
    waits = {"timeout": "1s", "deadline": "2s"}
    return ShopifyStoreSettings(**{"connector": "shopify", "url": server.url, **keys, **waits, **more})


def admin_of(
    server: Server, clock: Clock | None = None, tokens: Tokens | None = None, *, most: float = 600.0, **more: Any
) -> Admin:
    """The Admin API of this shop; `more`: settings."""
    return Admin("shop", settings_of(server, **more), (clock or Clock()).patience(most), tokens or Tokens())


BY_ID: Mapping[str, Any] = {"client_id": ID, "client_secret": SECRET}
