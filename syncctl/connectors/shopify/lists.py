"""Lists of records as Shopify answers them."""

from collections.abc import Sequence
from typing import TypeVar

from syncctl.errors import DataError

Record = TypeVar("Record")


def whole(rows: Sequence[Record | None]) -> list[Record]:
    """The records of a list of which none is missing. Errors: DataError where one is null: nobody knows which it was.

    >>> whole([{"id": 1}, {"id": 2}])
    [{'id': 1}, {'id': 2}]
    """
    found = [row for row in rows if row is not None]
    if len(found) < len(rows):
        raise DataError("Shopify left out a record of a list; nothing was taken from that answer.")
    return found
