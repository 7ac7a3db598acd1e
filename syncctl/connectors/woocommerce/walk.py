"""Reading all records of a list without loss: by id, upwards, each page beginning with the last row of the one before.

WooCommerce has pages by number only. The window has a lower bound and no upper one, so rows enter it at any place while
it is read, and leave it only by being trashed or deleted. Then all rows after them move up, and the next page would
begin too late: it does not begin with a row that was read already, and the walk steps back until one appears.

The store leaves rows out of a page that it cannot load, so that a short page is not always the last one: the number of
rows that it tells is believed where it says that there is more, and never where it says that there is not.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Protocol

from syncctl.connectors.woocommerce.words import record_id
from syncctl.errors import DataError

Row = dict[str, Any]
TOTAL = "X-WP-Total"
_SAME_PAGES = 20


class Answer(Protocol):
    """One answer of the shop. `at`: its own time."""

    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def at(self) -> datetime | None: ...
    def rows(self) -> list[tuple[Row, str]]:
        """The objects of a list, each with the text that it came as."""


@dataclass(frozen=True, slots=True)
class Stride:
    """The rows of one page that had not been read. The walk goes on behind id `after`, at `offset`.

    `end`: where the page's last row stands, for whoever begins there another time. `whole` False: the walk went past
    rows that the shop told of and did not show.
    """

    rows: Sequence[tuple[Row, str]]
    after: int
    offset: int
    is_last: bool
    at: datetime | None
    end: int = 0
    whole: bool = True


def strides(ask: Callable[[int], Answer], size: int, after: int = 0, offset: int = 0) -> Iterator[Stride]:
    """Every row with an id beyond `after`. `ask` gets the page of `size` rows at an offset, ordered by id.

    A page without new rows is told too: something may have to be kept of it. Errors: DataError where the shop does not
    order by id, or where its pages do not move on.
    """
    back, kept_from_us = 1, False
    page: list[int] = []
    same, whole = 0, True
    while True:
        answer = ask(offset)
        rows = answer.rows()
        before, page = page, _ids(rows)
        same = same + 1 if page == before and len(page) == size else 0
        if same == _SAME_PAGES:
            raise DataError("the shop answers with the same page whichever it is asked for")
        if offset and not kept_from_us and not (page and page[0] <= after):
            offset, back = max(0, offset - back), back * 2
            continue
        new = [(row, text) for row, text in rows if _is_beyond(after, row)]
        after = max([after, *page[-1:]])
        is_short = len(rows) < size  # rows were left out of it, or the host sends fewer at once: nobody knows which
        is_last = is_short and told(answer) <= offset + len(rows)
        stuck, end = not new and is_short, offset + max(0, len(rows) - 1)
        if not is_last:
            offset += len(rows) - 1 if len(rows) > 1 else size - 1
        back, kept_from_us = 1, stuck and len(rows) <= 1
        whole = whole and not (kept_from_us and not is_last)
        yield Stride(new, after, offset, is_last, answer.at, end, whole)
        if is_last:
            return


def _ids(rows: Sequence[tuple[Row, str]]) -> list[int]:
    ids = [number for row, _ in rows if (number := _number(row)) is not None]
    if any(first >= second for first, second in pairwise(ids)):
        raise DataError("the shop does not answer in the order of ids, so that its pages cannot be told apart")
    return ids


def _is_beyond(after: int, row: Row) -> bool:
    number = _number(row)
    return number is None or number > after


def _number(row: Row) -> int | None:
    found = record_id(row.get("id"))
    return None if found is None else int(found)


def told(answer: Answer) -> int:
    """How many rows the shop says there are; 0 where it does not say."""
    text = answer.headers.get(TOTAL, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0
