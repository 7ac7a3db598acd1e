"""What Shopify answers to a document, and what its errors mean. All of them come with HTTP 200.

Source: the vendor's pages on response codes of the GraphQL Admin API, and on API limits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from syncctl.connectors import strict_json
from syncctl.connectors.http import Reply, foreign
from syncctl.connectors.shopify.cost import Cost
from syncctl.connectors.shopify.documents import Document, Row
from syncctl.connectors.shopify.refusals import LATER, denied, frozen
from syncctl.errors import BatchRefused, DataError, SyncctlError, Unreachable

_WHOLE = frozenset({"THROTTLED", "MAX_COST_EXCEEDED", "ACCESS_DENIED", "SHOP_INACTIVE"})
"""What never concerns one record alone, wherever it is said to lie."""


class TooDear(DataError):
    """The document asks for more points than one document may: nothing was done; ask for less at once."""


class Unwell(Unreachable):
    """Shopify failed at it, and may not the next time. Of a mutation, nobody knows what was done."""


class NotSpoken(DataError):
    """The version of the API does not know what was asked of it; nothing was done."""


class Misplaced(DataError):
    """The cursor that a list was to be read from is none, or not one of this list; nothing was read."""


class UserError(NamedTuple):
    """Why a mutation did not do something: Shopify's code, "" where it has none, and its words, cut and cleaned."""

    code: str
    message: str


class Spoilt(NamedTuple):
    """A record, or a field, that an error spoilt. `key`: its index in the list, or the field's name."""

    key: int | str
    row: Row | None
    message: str


@dataclass(frozen=True)
class Answer:
    """What a document was answered with. `at`: Shopify's own time; `cost` None where it does not say.

    `rows`: the records of the document's list, each with its exact text; null ones are left out, and spoilt ones,
    which are in `spoilt`.
    """

    data: Row
    rows: list[tuple[Row, str]] = field(default_factory=list)
    spoilt: Sequence[Spoilt] = ()
    at: datetime | None = None
    cost: Cost | None = None


@dataclass(frozen=True)
class Reading:
    """A reply as it was read, before it is judged. `data` None where it has none; `items`: of the document's list."""

    document: Document
    reply: Reply
    data: Row | None
    errors: list[Row]
    items: Sequence[strict_json.Item]
    cost: Cost | None

    @classmethod
    def of(cls, document: Document, reply: Reply) -> "Reading":
        """Errors: DataError for what no GraphQL server answers."""
        body, items = reply.parts(("data", *document.rows) if document.rows else ())
        return cls(document, reply, _object(body, "data"), _errors(body), items, Cost.of(body))

    @property
    def codes(self) -> list[str]:
        return [_code(one) for one in self.errors]

    @property
    def is_throttled(self) -> bool:
        """Whether it was turned away because there are not enough points for it; nothing was done."""
        return "THROTTLED" in self.codes

    def answer(self, sent: Mapping[str, Any], store: str, *, people: bool = True) -> Answer:
        """What it says, where that is an answer. `sent`: the variables, which messages may repeat; `people`: customers
        are asked for.

        Errors: TooDear, NotSpoken, BatchRefused, where nothing was done; SignInNeeded; DataError for what is no answer;
        Unwell and Unreachable for all else: of a mutation, some of it may have been done.
        """
        spoilt = _spoilt(self, sent)
        if self.errors and not spoilt:
            raise _complaint(self, sent, store, people)
        if self.data is None:
            raise DataError(f"{self.reply.what} was answered without data", hint=LATER)
        bad = {one.key for one in spoilt}
        rows = [(row, text) for index, (row, text) in enumerate(self.items) if row is not None and index not in bad]
        return Answer(self.data, rows, spoilt, self.reply.at, self.cost)


def _object(body: Row, name: str) -> Row | None:
    found = body.get(name)
    return found if isinstance(found, dict) else None


def _errors(body: Row) -> list[Row]:
    """The errors on top; one for all of them where they are not told as they should be."""
    errors = body.get("errors")
    if not errors:
        return []
    if isinstance(errors, list) and all(isinstance(one, dict) for one in errors):
        return errors
    return [{"message": errors}]


def _said(error: Row, name: str) -> object:
    found = _object(error, "extensions")
    return found.get(name) if found else None


def _code(error: Row) -> str:
    code = _said(error, "code")
    return code if isinstance(code, str) else ""


def _spoilt(reading: Reading, sent: Mapping[str, Any]) -> list[Spoilt]:
    """What errors spoilt, where each of them spoilt one record, or one field of a mutation, and no more."""
    if not reading.document.apart or reading.data is None or set(reading.codes) & _WHOLE:
        return []
    found: dict[int | str, Spoilt] = {}
    for error in reading.errors:
        key = _key(error.get("path"), reading.document)
        if key is None:
            return []
        row = reading.items[key][0] if isinstance(key, int) and key < len(reading.items) else None
        found.setdefault(key, Spoilt(key, row, foreign(error.get("message"), sent)))
    return list(found.values())


def _key(path: object, document: Document) -> int | str | None:
    """Where an error lies: the index of a record, the name of a field; None: elsewhere."""
    if not isinstance(path, list):
        return None
    if document.beside and path[:1] == [document.beside]:
        return document.beside
    if tuple(path[: len(document.rows)]) != document.rows:
        return None
    key = path[len(document.rows)] if len(path) > len(document.rows) else None
    fits = isinstance(key, str) if document.writes else isinstance(key, int) and not isinstance(key, bool)
    return key if fits else None


def _complaint(reading: Reading, sent: Mapping[str, Any], store: str, people: bool) -> SyncctlError:
    """The error that these errors are, by the gravest of them."""
    what, writes = reading.reply.what, reading.document.writes
    by_code = dict(zip(reading.codes, reading.errors, strict=True))
    message = foreign(reading.errors[0].get("message"), sent)
    if "MAX_COST_EXCEEDED" in by_code:
        return TooDear(f"{what} costs more points than Shopify grants at once: {message}")
    if "ACCESS_DENIED" in by_code:
        error = by_code["ACCESS_DENIED"]
        told, needed = (foreign(one, sent) for one in (error.get("message"), _said(error, "requiredAccess")))
        return denied(what, told, needed, store, people=people)
    if "SHOP_INACTIVE" in by_code:
        return frozen(store)
    if not writes and any("invalid cursor" in str(error.get("message")).lower() for error in reading.errors):
        return Misplaced(f"{what} cannot go on where it is to: {message}")
    if "INVALID_VARIABLE" in by_code and writes:
        return BatchRefused(f"{what} was refused: {message}")
    if reading.data is None and any(map(_is_grammar, reading.errors)):
        hint = f"The version of Shopify's API may lack it: set stores.{store}.version to another one."
        return NotSpoken(f"{what} is not understood: {message}", hint=hint)
    said = foreign(next((code for code in reading.codes if code), "an error"), sent)
    outcome = "; its outcome is not known" if writes else ""
    return Unwell(f"{what} was answered with {said}{': ' * bool(message)}{message}{outcome}", hint=LATER)


def _is_grammar(error: Row) -> bool:
    """Whether the document itself is refused, by a rule of GraphQL: its codes begin with a small letter.

    An error without a code that has a path came up while the document was worked on: something may have been done.
    """
    code, began = _code(error), "path" in error
    return code[:1].islower() or code == "INVALID_VARIABLE" or (not code and "locations" in error and not began)


def by_index(errors: Sequence[Row], list_name: str, sent: Mapping[str, Any]) -> dict[int | None, UserError]:
    """A mutation's `userErrors` by the index in the list of this name that was sent; None: of no item of it.

    The first of each index. `sent`: the variables, which messages may repeat. `errors` were asked for with `field` and
    `message`, and `code` where there is one.
    """
    found: dict[int | None, UserError] = {}
    for error in errors:
        index = _index(error["field"] or [], list_name)
        found.setdefault(index, UserError(foreign(error.get("code"), sent), foreign(error["message"], sent)))
    return found


def _index(field: Sequence[str], list_name: str) -> int | None:
    after = next((position + 1 for position, name in enumerate(field) if name == list_name), len(field))
    text = str(field[after]) if after < len(field) else ""
    return int(text) if text.isdecimal() and len(text) < 7 else None
