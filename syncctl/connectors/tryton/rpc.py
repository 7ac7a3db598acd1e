"""The one way to a Tryton database: its JSON-RPC. Each call is one transaction over there, and each error undoes it.

Source: calls made to Tryton 8.2.
"""

import base64
import itertools
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from syncctl import times
from syncctl.connectors.http import Http, Rejected, Reply, Terms, Wire, foreign, in_header
from syncctl.connectors.patience import Patience
from syncctl.connectors.tokens import Tokens, key_of
from syncctl.connectors.tryton.sayings import without_names
from syncctl.connectors.tryton.values import received, sent
from syncctl.errors import DataError, SignInNeeded, SyncctlError, Unreachable
from syncctl.settings import TrytonBooksSettings

_KEPT = timedelta(hours=1)  # Tryton ends a session when it lies idle; then it is opened anew
_LOGIN = "common.db.login"
_FAULT = re.compile(r"[A-Za-z]+\Z", re.ASCII)
"""What Tryton calls a refusal, as UserError; anything else is the text of a failure."""
Context = Mapping[str, Any]


class Declined(SyncctlError):
    """Tryton refused this one call and did none of it. `kind`: its own word for the error; `said`: its sentence."""

    exit_code = 3

    def __init__(self, what: str, kind: str, said: str) -> None:
        super().__init__(f"{what}: {said or kind}", hint="syncctl doctor tells whether Tryton is set up for this.")
        self.kind = kind
        self.said = said

    @property
    def changed(self) -> bool:
        """Whether a record is not as it was when it was read: somebody else has changed it since."""
        return self.kind == "ConcurrencyException"


class Rpc:
    """One user's way to one database. `at`: the server's own time at its last answer, if it says that."""

    def __init__(self, party: str, settings: TrytonBooksSettings, patience: Patience, tokens: Tokens) -> None:
        self.party = party
        self._settings = settings
        self._tokens = tokens
        self._secret = settings.password.get_secret_value()
        self._key = key_of("tryton", settings.url, settings.database, settings.user, self._secret)
        self._session = tokens.get(self._key) or ""
        wire = wire_of(settings)
        below = f"{wire.url}/rpc/"
        self.http = Http(party, wire, in_header("Authorization", lambda: self._session, below), patience)
        self._numbers = itertools.count(1)
        self.at: datetime | None = None

    def read(self, model: str, method: str, *arguments: object, context: Context | None = None) -> Any:
        """Ask something of a model; asked again where that may help. Errors: Declined, and those of the transport."""
        return self._call(f"model.{model}.{method}", [*arguments, dict(context or {})], reads=True)

    def write(self, model: str, method: str, *arguments: object, context: Context | None = None) -> Any:
        """Change something, once. After Declined nothing was done; after Unreachable or DataError nobody knows."""
        return self._call(f"model.{model}.{method}", [*arguments, dict(context or {})], reads=False)

    def wizard(self, name: str, method: str, *arguments: object, context: Context | None = None) -> Any:
        """One step of a wizard. Errors: as `write`."""
        return self._call(f"wizard.{name}.{method}", [*arguments, dict(context or {})], reads=False)

    def close(self) -> None:
        """Let go of the connections; the session stays open, for the next run."""
        self.http.close()

    def _call(self, method: str, arguments: list[object], *, reads: bool) -> Any:
        if not self._session:
            self._sign_in()
        try:
            return self._ask(method, arguments, reads=reads)
        except SignInNeeded as error:
            if error.status != 401:
                raise self._forbidden(method) from None
        self._sign_in()  # the session had ended, and nothing was done
        return self._ask(method, arguments, reads=reads)

    def _sign_in(self) -> None:
        self._tokens.drop(self._key)
        self._session = ""
        settings = self._settings
        try:
            answer = self._ask(_LOGIN, [settings.user, {"password": self._secret}, "en"], reads=True)
        except (SignInNeeded, Declined):
            answer = None
        user, token, *_ = answer if isinstance(answer, list) and len(answer) > 1 else (None, None)
        if not isinstance(user, int) or not isinstance(token, str):
            raise SignInNeeded(
                f"{self.party}: Tryton does not let {settings.user!r} into the database {settings.database!r}",
                hint="Check database, user and password in back_office.",
            )
        session = base64.b64encode(f"{settings.user}:{user}:{token}".encode()).decode()
        self._session = f"Session {session}"
        self._tokens.put(self._key, self._session, times.now() + _KEPT)

    def _ask(self, method: str, arguments: list[object], *, reads: bool) -> Any:
        number = next(self._numbers)
        body = {"id": number, "method": method, "params": sent(arguments)}
        label = f"{self.party}: {method}"
        try:
            reply = self.http.send("POST", "rpc/", body, reads=reads, terms=Terms(label=label))
        except Rejected as error:
            raise Unreachable(
                f"{error}; nothing was done", hint=f"Check url and database {self._settings.database!r} in back_office."
            ) from None
        self.at = reply.at or self.at
        return _result(label, reply, number, arguments)

    def _forbidden(self, method: str) -> SignInNeeded:
        return SignInNeeded(
            f"{self.party}: the user {self._settings.user!r} may not call {method} in Tryton",
            hint="Give that user the groups for sales, stock, products and parties.",
            status=403,
        )


def wire_of(settings: TrytonBooksSettings) -> Wire:
    """How the database is reached."""
    return Wire(
        url=f"{settings.url}/{settings.database}",
        allow_http=settings.allow_http,
        proxy=settings.proxy.get_secret_value() if settings.proxy else None,
        ca_file=settings.ca_file,
        timeout=settings.timeout.total_seconds(),
        deadline=settings.deadline.total_seconds(),
    )


def address_of(settings: TrytonBooksSettings) -> str:
    """The pinned address, which tells this database from all others."""
    return f"tryton {urlsplit(settings.url.lower()).netloc}/{settings.database}"


def _result(what: str, reply: Reply, number: int, asked: object) -> Any:
    """What a sound reply says. Errors: Declined where the call was refused; DataError for the reply of another."""
    body = reply.fields()
    if body.get("id") != number:
        raise DataError(f"{what} was answered with the reply to another call; the outcome is not known")
    if "error" not in body:
        if "result" not in body:
            raise DataError(f"{what} was answered with neither a result nor an error; the outcome is not known")
        return received(body["result"])
    error = body["error"]
    kind, details = (error[0], error[1:]) if isinstance(error, list) and error else (error, [])
    said = details[0] if details and _FAULT.match(str(kind)) else ""  # else it is a failure of its own, and its trace
    if isinstance(said, list):
        said = said[0] if said else ""
    raise Declined(what, without_names(foreign(kind, asked))[:60], without_names(foreign(said, asked)))
