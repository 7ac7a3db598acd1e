"""The shop's REST API wc/v3: how it is signed, asked and written to.

Source: the vendor's pages on authentication, orders and batches; WooCommerce 7 to 11.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlsplit

from syncctl.connectors.ahead import ahead, foreseeing
from syncctl.connectors.http import Http, Rejected, Reply, Sign, Wire, basic, in_query, oauth1
from syncctl.connectors.patience import Patience
from syncctl.connectors.woocommerce.walk import Stride, strides, told
from syncctl.connectors.woocommerce.words import record_id
from syncctl.errors import BatchRefused, DataError
from syncctl.settings import WooCommerceStoreSettings

Answer = TypeVar("Answer")
Row = dict[str, Any]
Query = Mapping[str, str]
BASE = "wp-json/wc/v3/"
MOST_ROWS = 100
"""The most rows of one page, and the most records of one batch."""


class Declined(DataError):
    """The shop answered that it does not do what it was asked: `status` of HTTP, and its own word, `code`."""

    def __init__(self, message: str, status: int, code: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint or "syncctl doctor tells what is wrong with it.")
        self.status = status
        self.code = code

    @property
    def is_absent(self) -> bool:
        """Whether a record was meant that is not there; not that the shop knows no such address at all."""
        return self.status == 404 and self.code != "rest_no_route"


class Site:
    """One shop. `page_size`: rows of one page of a walk; it may be replaced before the first call."""

    def __init__(self, party: str, settings: WooCommerceStoreSettings, patience: Patience) -> None:
        self.party = party
        self.page_size = self._at_once = settings.page_size
        self.http = Http(party, wire_of(settings), sign_of(settings), patience)
        self._missing: set[str] = set()

    def get(self, path: str, query: Query) -> Reply:
        """Read `path` below wc/v3. Errors: Declined where the shop refuses it, and those of the transport."""
        try:
            return self.http.get(BASE + path, query)
        except Rejected as error:
            raise Declined(str(error), error.status, error.code, hint=error.hint) from None

    def rows(self, path: str, query: Query) -> list[Row]:
        """The records of a list."""
        return [row for row, _ in self.get(path, query).rows()]

    def optional(self, route: str, path: str, query: Query) -> Reply | None:
        """As `get`; None where the shop's version has no such route, which is asked once."""
        return self.if_there(route, lambda: self.get(path, query))

    def if_there(self, route: str, ask: Callable[[], Answer]) -> Answer | None:
        """What is asked by this route; None where the shop's version has none, which is learned once."""
        if route in self._missing:
            return None
        try:
            return ask()
        except Declined as error:
            if (error.status, error.code) != (404, "rest_no_route"):
                raise
            self._missing.add(route)
            return None

    def walk(self, path: str, query: Query, after: int = 0, offset: int = 0) -> Iterator[Stride]:
        """All records of a list by id; the next page is fetched while the caller works on the last one.

        And the one behind that while the next one is read: reading a hundred orders takes a tenth of their latency.
        """
        size = self.page_size

        def ask(start: int) -> Reply:
            by_id = {"orderby": "id", "order": "asc", "per_page": str(size), "offset": str(start)}
            return self.get(path, {**query, **by_id})

        def following(start: int, answer: Reply) -> int | None:
            return start + size - 1 if told(answer) > start + size else None

        def pages() -> Iterator[Stride]:
            with foreseeing(ask, following) as asked:
                yield from strides(asked, size, after, offset)

        return ahead(pages())

    def by_ids(self, path: str, ids: Sequence[str], query: Query) -> list[tuple[Row, str]]:
        """Those of these records that are there, with the text of each; an id that is no number is none of theirs."""
        numbers = list(dict.fromkeys(one for each in ids if (one := record_id(each)) == each and one is not None))
        found: list[tuple[Row, str]] = []
        for start in range(0, len(numbers), self._at_once):
            part = numbers[start : start + self._at_once]
            rows = self._every(path, {**query, "include": ",".join(part), "per_page": str(self._at_once)}, len(part))
            found += [(row, text) for row, text in rows if record_id(row.get("id")) in part]
        return found

    def _every(self, path: str, query: Query, most: int) -> list[tuple[Row, str]]:
        """All rows of a list of at most a page: a host may send fewer at once than it was asked for.

        `most`: no more rows than that are looked for, whatever the shop says there are.
        """
        reply = self.get(path, query)
        found = rows = reply.rows()
        while rows and len(found) < min(told(reply), most):
            rows = self.get(path, {**query, "offset": str(len(found))}).rows()
            found = found + rows
        return found

    def update(self, path: str, items: Sequence[Row]) -> dict[str, Row]:
        """Change records in one call, by `{path}/batch`; what the shop answers for each, by id.

        An item that was refused alone has an `error` with code and message; one that is absent is in doubt. Errors:
        BatchRefused where the shop refused them all and did none.
        """
        return {key: row for row in self.batch(path, {"update": items})["update"] if (key := record_id(row.get("id")))}

    def batch(self, path: str, work: Mapping[str, Sequence[Row]]) -> dict[str, list[Row]]:
        """Send `{path}/batch`; the answers by the same words ("create", "update"). Errors: as `update`."""
        try:
            reply = self.http.send("POST", f"{BASE}{path}/batch", {word: list(items) for word, items in work.items()})
        except Rejected as error:
            if error.code == "rest_no_route":  # halved it would be no less unknown
                raise Declined(str(error), error.status, error.code, hint=error.hint) from None
            raise BatchRefused(str(error), hint=error.hint) from None
        body = reply.body if isinstance(reply.body, dict) else {}
        answers = {word: body.get(word) for word in work}
        return {
            word: [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
            for word, rows in answers.items()
        }


def error_of(row: Row) -> tuple[str, str] | None:
    """Code and message of an item that a batch refused alone; None for one that it did."""
    error = row.get("error")
    if not isinstance(error, dict):
        return None
    code, message = error.get("code"), error.get("message")
    return (
        code[:60] if isinstance(code, str) and code else "refused",
        message[:200] if isinstance(message, str) else "",
    )


def address_of(settings: WooCommerceStoreSettings) -> str:
    """The shop's address as its identity: all that tells it from another one.

    `woocommerce shop.example/folder`, in lower case, without scheme and without a port that is the usual one.
    """
    parts = urlsplit(settings.url.lower())
    host = parts.hostname or ""
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    port = f":{parts.port}" if parts.port not in (None, usual) else ""
    return f"woocommerce {host}{port}{parts.path.rstrip('/')}"


def wire_of(settings: WooCommerceStoreSettings) -> Wire:
    """How the shop is reached."""
    return Wire(
        url=settings.url,
        allow_http=settings.allow_http,
        proxy=settings.proxy.get_secret_value() if settings.proxy else None,
        ca_file=settings.ca_file,
        timeout=settings.timeout.total_seconds(),
        deadline=settings.deadline.total_seconds(),
        requests_per_minute=settings.requests_per_minute,
    )


def sign_of(settings: WooCommerceStoreSettings) -> Sign:
    """How requests are signed: over plain HTTP the secret itself is never sent."""
    key, secret = settings.consumer_key.get_secret_value(), settings.consumer_secret.get_secret_value()
    if urlsplit(settings.url).scheme == "http":
        return oauth1(key, secret)
    return in_query(key, secret) if settings.auth == "query" else basic(key, secret)
