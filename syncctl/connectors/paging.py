"""The guard around every reading in pages: where a system's paging goes wrong, the reading ends, and with an error.

The pages before it went wrong stay read; the page with which it did is not handed on, and neither is its cursor.
"""

from collections.abc import Iterator
from typing import Any, TypeVar

from syncctl.connectors.base import Page
from syncctl.errors import DataError

Record = TypeVar("Record")

MOST_THIN_PAGES = 10_000
THIN = 10  # records; a large catalog has many pages, but not many of so few
_HINT = (
    "What was read before is kept. Run it again; if it stays so, the paging of {party} is broken: tell its vendor, "
    "with this message."
)


def guarded(party: str, what: str, pages: Iterator[Page[Record]]) -> Iterator[Page[Record]]:
    """The same pages. A page may come twice, as a retry brings it.

    Errors: DataError for a page that comes a third time, or again under another cursor (the system has not moved on
    and says that it has), and for more than 10,000 pages of fewer than ten records.
    """
    seen: dict[tuple[int, int, int], tuple[str, int]] = {}
    thin = 0
    for number, page in enumerate(pages, 1):
        thin += len(page.records) < THIN
        if thin > MOST_THIN_PAGES:
            raise _error(party, f"{what} has no end: {number} pages have come, {thin} of them all but empty")
        if page.records:
            mark = _mark(page)
            cursor, times = seen.get(mark, (page.cursor, 0))
            if cursor != page.cursor or times == 2:
                raise _error(party, f"{what} goes round in a circle: page {number} is one that came before")
            seen[mark] = (cursor, times + 1)
        yield page


def _mark(page: Page[Any]) -> tuple[int, int, int]:
    """What tells a page from every other: no two pages of one reading begin and end with the same records."""
    return len(page.records), hash(repr(page.records[0])), hash(repr(page.records[-1]))


def _error(party: str, text: str) -> DataError:
    return DataError(f"{party}: the reading of {text}", hint=_HINT.format(party=party))
