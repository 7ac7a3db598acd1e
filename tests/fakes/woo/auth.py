"""Who asks: a key in the header or in the query over TLS, OAuth 1.0a without; looked at in the plugin's order."""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from urllib.parse import quote, unquote_plus

from tests.fakes.woo import php
from tests.fakes.woo.params import Refusal
from tests.fakes.woo.records import Key
from tests.fakes.woo.site import Site

WINDOW = 15 * 60
NAMES = ("oauth_consumer_key", "oauth_timestamp", "oauth_nonce", "oauth_signature", "oauth_signature_method")
ERROR = "woocommerce_rest_authentication_error"
STAFF = ("administrator", "shop_manager")


def identify(
    site: Site,
    *,
    method: str,
    url: str,
    pairs: list[tuple[str, str]],
    authorization: str,
    wall: Callable[[], float] = time.time,
) -> Key | None:
    """Whose key this request carries; None: nobody's, who may do nothing. Raises where a key is used wrongly."""
    given = dict(pairs)
    authorization = "" if site.options.strips_authorization else authorization
    if url.startswith("https:"):
        key = _basic(site, given, authorization)
        if key:
            return key
    given |= _from_header(authorization)
    return _oauth(site, method, url, given, wall())


def allow(key: Key | None, method: str) -> None:
    """Whether the key may do this at all; raises where it may not."""
    if key is None:
        return
    right = "read" if method in ("GET", "HEAD") else "write"
    if key.permissions not in (right, "read_write"):
        raise Refusal(ERROR, f"The API key provided does not have {right} permissions.", 401)


def permit(key: Key | None, code: str, message: str) -> None:
    """What a role may: staff everything, anybody else nothing. 401 for nobody, 403 for somebody."""
    if key is None or key.role not in STAFF:
        raise Refusal(code, message, 403 if key else 401)


def _basic(site: Site, given: Mapping[str, str], authorization: str) -> Key | None:
    name, secret = given.get("consumer_key", ""), given.get("consumer_secret", "")
    if not (name and secret) and authorization.startswith("Basic "):
        decoded = base64.b64decode(authorization[6:] + "==").decode("utf-8", "replace")
        name, _, secret = decoded.partition(":")
    key = site.keys.get(name) if name and secret else None
    if key is None and authorization.startswith("Basic ") and site.options.application_passwords:
        raise Refusal("invalid_username", "Unknown username. Check again or try your email address.", 401)
    if key and key.consumer_secret != secret:
        raise Refusal(ERROR, "Consumer secret is invalid.", 401)
    return key


def _from_header(authorization: str) -> dict[str, str]:
    if not authorization.startswith("OAuth "):
        return {}
    parts = [part.strip().partition("=") for part in authorization[6:].split(",")]
    return {name: unquote_plus(value.strip('"')) for name, _, value in parts if name != "realm"}


def _oauth(site: Site, method: str, url: str, given: dict[str, str], wall: float) -> Key | None:
    missing = [name for name in NAMES if not given.get(name)]
    if len(missing) == len(NAMES):
        return None
    if missing:
        plural = "s" if len(missing) > 1 else ""
        raise Refusal(
            "woocommerce_rest_authentication_missing_parameter",
            f"Missing OAuth parameter{plural} {', '.join(missing)}",
            401,
        )
    key = site.keys.get(given["oauth_consumer_key"])
    if key is None:
        raise Refusal(ERROR, "Consumer key is invalid.", 401)
    if given["oauth_signature_method"] not in ("HMAC-SHA1", "HMAC-SHA256"):
        raise Refusal(ERROR, "Invalid signature - signature method is invalid.", 401)
    expected = signature(method, url, given, key.consumer_secret)
    if not hmac.compare_digest(expected, given["oauth_signature"].replace(" ", "+")):
        raise Refusal(ERROR, "Invalid signature - provided signature does not match.", 401)
    _once(key, php.integer(given["oauth_timestamp"]), given["oauth_nonce"], wall)
    return key


def _once(key: Key, timestamp: int, nonce: str, wall: float) -> None:
    if abs(wall - timestamp) > WINDOW:
        raise Refusal(ERROR, "Invalid timestamp.", 401)
    if nonce in key.nonces:
        raise Refusal(ERROR, "Invalid nonce - nonce has already been used.", 401)
    key.nonces[nonce] = timestamp
    if len(key.nonces) > 1000:
        key.nonces = {one: at for one, at in key.nonces.items() if at > wall - WINDOW}


def signature(method: str, url: str, given: Mapping[str, str], secret: str) -> str:
    """RFC 5849, section 3.4, with a consumer's secret alone. `url`: without the query."""
    pairs = sorted((name, value) for name, value in given.items() if name != "oauth_signature")
    listed = "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in pairs)
    base = "&".join((method.upper(), _encoded(url), _encoded(listed)))
    algorithm = hashlib.sha1 if given["oauth_signature_method"] == "HMAC-SHA1" else hashlib.sha256
    return base64.b64encode(hmac.new(f"{secret}&".encode(), base.encode(), algorithm).digest()).decode()


@lru_cache(4096)  # the same names and values come with each request
def _encoded(text: str) -> str:
    return quote(text, safe="-._~")
