"""How we sign in at a shop: by an app's access token, or by one that an app of ours asks for every day.

Source: the vendor's page on the client credentials grant. A token goes into the header of requests below /admin/api/
of the shop, and nowhere else; the client secret goes to the shop's own address, too.
"""

import re
from datetime import datetime, timedelta
from threading import Lock

from syncctl import times
from syncctl.connectors.http import Http, Rejected, Reply, Terms, redact
from syncctl.connectors.shopify.refusals import refused, unknown
from syncctl.connectors.tokens import Tokens, key_of
from syncctl.errors import DataError, SignInNeeded
from syncctl.settings import ShopifyStoreSettings

_PATH = "admin/oauth/access_token"
_EARLY = timedelta(minutes=5)
_LONGEST = 400 * 86_400  # seconds; the vendor's are good for a day
_TOKEN = re.compile(r"[!-~]{1,1000}\Z")


class Access:
    """The token that requests are signed with: `current`. May be used from several threads."""

    def __init__(self, store: str, settings: ShopifyStoreSettings, tokens: Tokens) -> None:
        self._store = store
        self._granted = settings.access_token is None
        self._id = settings.client_id
        self._secret = settings.client_secret.get_secret_value() if settings.client_secret else ""
        self._tokens = tokens
        self._key = key_of("shopify", settings.url, self._id, self._secret)
        self._renew_at: datetime | None = None
        self._lock = Lock()
        self.current = settings.access_token.get_secret_value() if settings.access_token else ""
        redact.keep(self.current, self._secret)

    @property
    def setting(self) -> str:
        """What in the settings lets us in."""
        return "client_id and client_secret" if self._granted else "access_token"

    def prepare(self, http: Http) -> None:
        """Have a token that is good for some minutes. Errors: SignInNeeded, and those of the transport."""
        if not self._granted:
            return
        with self._lock:
            kept = self._tokens.get(self._key)
            if kept is not None:
                self.current = kept
            elif self._renew_at is None or times.now() >= self._renew_at:
                self._renew(http)

    def replace(self, refused_token: str, http: Http) -> bool:
        """Have another token than this one, which was refused. False: there is no other. Errors: as `prepare`."""
        if not self._granted:
            return False
        with self._lock:
            if self.current == refused_token:
                self._tokens.drop(self._key)
                self._renew(http)
            return True

    def _renew(self, http: Http) -> None:
        began = times.now()
        token, seconds = self._asked(http)
        life = timedelta(seconds=seconds)
        self.current, self._renew_at = token, began + life - min(_EARLY, life / 2)
        self._tokens.put(self._key, token, began + life)

    def _asked(self, http: Http) -> tuple[str, int]:
        """A new token, and for how many seconds it is good."""
        body = {"grant_type": "client_credentials", "client_id": self._id, "client_secret": self._secret}
        try:
            reply = http.send("POST", _PATH, body, reads=True, terms=Terms("signing in"))
        except SignInNeeded as error:
            raise unknown(error, self._store, self.setting) from None
        except Rejected as error:
            if error.status not in (400, 422):
                raise refused(error, self._store, writes=False) from None
            raise self._not_granted(error) from None
        return _token(reply)

    def _not_granted(self, error: Rejected) -> SignInNeeded:
        said = ": ".join(part for part in (error.code, error.message) if part)
        return SignInNeeded(
            f"{self._store}: Shopify gives no access token for stores.{self._store}.client_id and client_secret"
            + (f" ({said})" if said else ""),
            hint="The app must be of the organisation that owns the shop, and installed in it; then copy both again.",
            status=error.status,
            code=error.code,
        )


def _token(reply: Reply) -> tuple[str, int]:
    body = reply.fields()
    token, seconds = body.get("access_token"), body.get("expires_in")
    if not isinstance(token, str) or not _TOKEN.match(token):
        raise DataError(f"{reply.what} was answered without an access token")
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not 0 < seconds <= _LONGEST:
        raise DataError(f"{reply.what} was answered without saying how long the access token is good for")
    return token, seconds
