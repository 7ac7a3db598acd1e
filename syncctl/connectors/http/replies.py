"""What a side answers: a reply that can be read, or an error that says what the run does next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any

from syncctl.connectors import strict_json
from syncctl.connectors.http import redact
from syncctl.errors import DataError, SyncctlError

DOCTOR = "See what is wrong there: syncctl doctor"
_LONGEST = 200  # characters of a foreign message
_CODES = ("code", "errorCode", "error_code", "type")
_MESSAGES = ("message", "errorMessage", "error_description", "title", "detail")


class Rejected(SyncctlError):
    """The other side says no to this one request, and did nothing. Connectors turn it into what it means there.

    `status` as in HTTP; `code` and `message` from the body, "" where it has none; `details`: the body as it was read,
    never to be shown.
    """

    exit_code = 3

    def __init__(self, what: str, status: int, code: str = "", message: str = "", details: object = None) -> None:
        said = ": ".join(part for part in (code, message) if part)
        super().__init__(f"{what} was answered with HTTP {status}" + (f": {said}" if said else ""), hint=DOCTOR)
        self.status = status
        self.code = code
        self.message = message
        self.details = details


@dataclass(frozen=True)
class Reply:
    """A sound answer. `what` names the request in messages; `at` is the server's own time, None if it says none."""

    what: str
    status: int
    headers: Mapping[str, str]
    text: str = field(repr=False)
    at: datetime | None = None

    @cached_property
    def body(self) -> Any:
        """The body, parsed strictly; None where the status says that there is none. Errors: DataError."""
        if self.status in (204, 205):
            return None
        try:
            return strict_json.parse_reply(self.text)
        except DataError as error:
            raise self._unreadable(error) from None

    def rows(self) -> list[tuple[dict[str, Any], str]]:
        """The objects of a list, each with the exact text that it was read from. Errors: DataError for all else."""
        try:
            return strict_json.parse_rows(self.text)
        except DataError as error:
            raise self._unreadable(error) from None

    def parts(self, path: Sequence[str]) -> tuple[dict[str, Any], list[strict_json.Item]]:
        """The body, which must be one object, and the items of the list at `path` in it, each with its exact text.

        Items are objects, or null. Errors: DataError for all else.
        """
        try:
            body, items = strict_json.parse_parts(self.text, path)
        except DataError as error:
            raise self._unreadable(error) from None
        if not isinstance(body, dict):
            raise self._unreadable(DataError("This is no object."))
        return body, items

    def fields(self) -> dict[str, Any]:
        """The body, which must be one object. Errors: DataError for all else."""
        if not isinstance(self.body, dict):
            raise self._unreadable(DataError("This is no object."))
        return self.body

    def readable(self) -> None:
        """Errors: DataError where the body is due, and cannot be read."""
        _ = self.body

    def _unreadable(self, error: DataError) -> DataError:
        if not self.text.strip():
            found = "with nothing"
        elif self.text.lstrip().startswith("<"):
            found = "with a web page instead of data: a login or error page, or another program at this address"
        else:
            found = f"with what cannot be read: {redact.clean(str(error))}"
        return DataError(f"{self.what} was answered {found}", hint=DOCTOR)


def decoded(what: str, body: bytearray) -> str:
    """The text of a body, which is UTF-8 and nothing else. Errors: DataError names the first byte that is not."""
    try:
        return body.decode("utf-8").lstrip("\ufeff \t\r\n")  # of each file of a plug-in that was saved with such
    except UnicodeDecodeError as error:
        raise DataError(
            f"{what} was answered with what is no UTF-8: byte {error.start} is {body[error.start]:#04x}", hint=DOCTOR
        ) from None


def date_of(headers: Mapping[str, str]) -> datetime | None:
    """The server's own time, aware, in UTC; None where it does not say, or not readably."""
    try:
        date = parsedate_to_datetime(headers["Date"])
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (KeyError, TypeError, ValueError, OverflowError, IndexError):
        return None


def reasons(body: bytearray, sent: object) -> tuple[str, str, object]:
    """Code, message and body of an error, cleaned of what we had sent; empty where the body is none that says any."""
    try:
        found = strict_json.parse_reply(body.decode("utf-8"))
    except (DataError, UnicodeDecodeError):
        return "", "", None
    said = found.get("error", found) if isinstance(found, dict) else found
    if not isinstance(said, dict):
        return "", foreign(said, sent), found
    code = next((said[name] for name in _CODES if said.get(name)), "")
    message = next((said[name] for name in _MESSAGES if said.get(name)), "")
    return foreign(code, sent), foreign(message, sent), found


def foreign(value: object, sent: object) -> str:
    """A code or a message of the other side's, short, on one line, and without what we had sent."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)[:20]
    if not isinstance(value, str):
        return ""
    text = "".join(letter if letter.isprintable() else " " for letter in value[: 10 * _LONGEST])
    return redact.without(" ".join(text.split()), sent)[:_LONGEST]
