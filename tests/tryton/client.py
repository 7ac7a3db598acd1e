"""A small client of its own for Tryton's JSON-RPC: the people on the other side, and the eyes of the tests."""

import base64
import json
import urllib.request
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tests.tryton.server import DATABASE, PASSWORD, USER


class Refused(Exception):
    """What Tryton said to a call that it did not do."""


class Warned(Exception):
    """What Tryton wants to be read before it goes on; its name for it."""


class Client:
    """One session. `calls`: how many were made."""

    def __init__(self, address: str) -> None:
        self._url = f"{address}/{DATABASE}/rpc/"
        self._session = ""
        self.calls = 0
        self.company = 1

    def __call__(self, model: str, method: str, *arguments: Any, **context: Any) -> Any:
        """What `model.method` answers; `context` beside the company."""
        full = {"company": self.company, **context}
        return self._insisted(f"model.{model}.{method}", [*arguments, full])

    def wizard(self, name: str, method: str, *arguments: Any) -> Any:
        """One step of a wizard."""
        return self._insisted(f"wizard.{name}.{method}", [*arguments, {"company": self.company}])

    def _insisted(self, method: str, arguments: list[Any]) -> Any:
        """Again after a session that went with the company that was put back, and after a warning that was read."""
        try:
            return self._ask(method, arguments)
        except PermissionError:
            self._sign_in()
        except Warned as warning:
            read = [{"user": 1, "name": warning.args[0], "always": False}]
            self._ask("model.res.user.warning.create", [read, {}])
        return self._insisted(method, arguments)

    def rows(self, model: str, domain: Sequence[Any], *fields: str, **context: Any) -> list[dict[str, Any]]:
        """All records of a model that fit, by id."""
        found = self(model, "search_read", domain, 0, None, [["id", "ASC"]], list(fields), **context)
        assert isinstance(found, list)
        return found

    def one(self, model: str, domain: Sequence[Any], *fields: str, **context: Any) -> dict[str, Any]:
        (found,) = self.rows(model, domain, *fields, **context)
        return found

    def _sign_in(self) -> None:
        self._session = ""
        user, token, *_ = self._ask("common.db.login", [USER, {"password": PASSWORD}, "en"])
        self._session = base64.b64encode(f"{USER}:{user}:{token}".encode()).decode()

    def _ask(self, method: str, arguments: list[Any]) -> Any:
        if not self._session and method != "common.db.login":
            self._sign_in()
        self.calls += 1
        body = json.dumps({"id": 1, "method": method, "params": arguments}, default=_written).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Session {self._session}"}
        request = urllib.request.Request(self._url, body, headers)  # noqa: S310  it is ours, on loopback
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                found = json.loads(answer.read(), object_hook=_read, parse_float=Decimal)
        except urllib.error.HTTPError as error:
            if error.code == 401:
                raise PermissionError(method) from None
            raise
        if "error" in found and found["error"][0] == "UserWarning":
            raise Warned(found["error"][1][0])
        if "error" in found:
            raise Refused(str(found["error"])[:500])
        return found["result"]


def _written(value: object) -> Any:
    if isinstance(value, datetime):
        names = ("year", "month", "day", "hour", "minute", "second", "microsecond")
        return {"__class__": "datetime", **{name: getattr(value, name) for name in names}}
    if isinstance(value, date):
        return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": str(value)}
    raise TypeError(type(value))


def _read(value: dict[str, Any]) -> Any:
    kind = value.pop("__class__", None)
    if kind == "Decimal":
        return Decimal(value["decimal"])
    if kind in ("date", "datetime"):
        return {"date": date, "datetime": datetime}[kind](**value)
    return value
