"""Who asks: a static token, or one that was given for a client's id and secret and ends after a day."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qs

from tests.fakes.shopify.site import Site
from tests.fakes.wire import Answer, Request, reply

STATIC = "shpat_0123456789abcdef0123456789abcdef"
CLIENT_ID = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
CLIENT_SECRET = "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"  # noqa: S105  # of the fake
LIFETIME = 86_399
WRONG_TOKEN = "[API] Invalid API key or access token (unrecognized login or wrong password)"  # noqa: S105  # a message


@dataclass
class App:
    """An app of the shop's own organisation. `lifetime`: seconds that a token of it lives."""

    client_id: str = CLIENT_ID
    client_secret: str = CLIENT_SECRET
    lifetime: int = LIFETIME
    installed: bool = True


@dataclass
class Token:
    """`app`: whose bucket is used. `ends_at`: None never ends. `scopes`: None are those of the site's options."""

    text: str
    app: str
    ends_at: datetime | None = None
    scopes: tuple[str, ...] | None = None


def add_static(site: Site, text: str = STATIC, *, scopes: tuple[str, ...] | None = None) -> Token:
    """An app that was made in the shop's admin: its token never ends."""
    return site.tokens.setdefault(text, Token(text, "admin-created app", scopes=scopes))


def add_app(site: Site, **fields: object) -> App:
    """An app that asks for its tokens."""
    app = App(**fields)  # type: ignore[arg-type]
    site.apps[app.client_id] = app
    return app


def identify(site: Site, request: Request) -> Token | None:
    """The token that a request shows; None: none, or one that is not or no longer good."""
    token: Token | None = site.tokens.get(request.header("X-Shopify-Access-Token"))
    if token is None or (token.ends_at is not None and token.ends_at <= site.clock()):
        return None
    return token


def scopes_of(site: Site, token: Token) -> frozenset[str]:
    """What the token may; who may write may read."""
    given = site.options.scopes if token.scopes is None else token.scopes
    return frozenset(given) | {f"read_{scope.removeprefix('write_')}" for scope in given if scope.startswith("write_")}


def give_token(site: Site, request: Request) -> Answer:
    """POST /admin/oauth/access_token: the client-credentials grant, from a form or JSON."""
    asked = _fields(request)
    site.oracle.calls["access_token"] += 1
    app: App | None = site.apps.get(asked.get("client_id", ""))
    if app is None or not app.installed:
        return _refused("application_cannot_be_found", "No such client.")
    if asked.get("client_secret") != app.client_secret:
        return _refused("invalid_client", "Client authentication failed.")
    if asked.get("grant_type") != "client_credentials":
        return _refused("unsupported_grant_type", "The grant type is not supported.")
    text = f"shpat_{secrets.token_hex(16)}"
    site.tokens[text] = Token(text, app.client_id, site.clock() + timedelta(seconds=app.lifetime))
    site.oracle.event(site.time, "api", "created", "token", len(site.tokens))
    return reply({"access_token": text, "scope": ",".join(site.options.scopes), "expires_in": app.lifetime})


def _fields(request: Request) -> dict[str, str]:
    if request.header("Content-Type").startswith("application/json"):
        told = request.json()
        return {str(name): str(value) for name, value in told.items()} if isinstance(told, dict) else {}
    return {name: values[-1] for name, values in parse_qs(request.body.decode()).items()}


def _refused(code: str, message: str) -> Answer:
    return reply({"error": code, "error_description": message}, status=400)
