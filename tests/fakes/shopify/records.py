"""What every record of the shop has: a number of its own, and when it was made and changed."""

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from tests.fakes.shopify.ids import gid


@dataclass
class Record:
    """A record with an id. A subclass names its type in the schema; its fields are that type's, in snake case.

    `stamps`: every time at which it was changed, the first when it was made: what the search index knows, later.
    """

    typename: ClassVar[str] = ""

    id: int
    created_at: datetime
    updated_at: datetime
    stamps: list[datetime] = field(default_factory=list, kw_only=True)

    @property
    def gid(self) -> str:
        return gid(self.typename, self.id)

    def touch(self, at: datetime) -> None:
        """Something of it changed, and its date of change with it."""
        self.updated_at = at
        self.stamps.append(at)

    def indexed(self, at: datetime) -> datetime | None:
        """Its date of change as an index knows it that stands at `at`; None: the index has not heard of it."""
        known = [self.created_at, *self.stamps]
        position = bisect_right(known, at)
        return known[position - 1] if position else None


def user_error(message: str, where: list[str] | None = None, code: str | None = None, **more: Any) -> dict[str, Any]:
    """An entry of `userErrors`. `where`: the path in the input, `["input", "quantities", "0"]`."""
    return {"message": message, "field": where, "code": code, **more}
