"""Where a reading of customers is, and where it goes on.

Everybody is read by id, lowest first: who is new meanwhile comes last, and who changes is told by the next reading. Who
changed is read from the last change backwards, down to a bound which we compare ourselves, for Shopify's own filter
knows whole days only. Nobody who is deleted is told of.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from syncctl import times
from syncctl.connectors.base import OVERLAP_SECONDS
from syncctl.connectors.shopify.answers import Answer
from syncctl.errors import CursorLost, DataError
from syncctl.model import Customer

_OVERLAP = timedelta(seconds=OVERLAP_SECONDS)


@dataclass(frozen=True, slots=True)
class Cursor:
    """`since`: nobody who changed before is wanted; None: everybody is. `started`: of a reading that goes on behind
    `after`, Shopify's time at its first answer."""

    since: datetime | None = None
    started: datetime | None = None
    after: str | None = None

    @classmethod
    def parse(cls, text: str | None) -> "Cursor":
        """Read our own text back; None: from the beginning. Errors: CursorLost."""
        if text is None:
            return cls()
        try:
            row = json.loads(text)
            since, started = (
                None if row[name] is None else times.from_text(row[name]) for name in ("since", "started")
            )
            after = row["after"]
            if not isinstance(after, str | None) or (started is None) != (after is None) or not (since or after):
                raise ValueError("it leads nowhere")
        except (ValueError, TypeError, LookupError, OverflowError) as error:
            raise CursorLost(f"{text[:60]!r} is no cursor of this store's customers: {error}.") from error
        return cls(since, started, after)

    def text(self) -> str:
        row = asdict(self)
        return json.dumps({name: times.to_text(at) if isinstance(at, datetime) else at for name, at in row.items()})

    @property
    def begins_with_the_last_changes(self) -> bool:
        """Whether the first page of those who changed last is what is asked for next."""
        return self.since is not None and self.after is None

    def behind(self, answer: Answer, seen: Sequence[Customer]) -> "Cursor":
        """Behind a page; `seen`: whom it told of. Errors: DataError where it leads nowhere."""
        started = self.started or answer.at
        if started is None:
            raise DataError(
                "Shopify's answer does not say when it was made, so nobody knows up to when this reading is."
            )
        told = answer.data["customers"]["pageInfo"]
        is_old = self.since is not None and any(not self.wants(one) for one in seen)
        if is_old or not told["hasNextPage"]:
            return Cursor(since=started - _OVERLAP)
        after = told["endCursor"]
        if not isinstance(after, str) or not after or after == self.after:
            raise DataError("Shopify told of more customers without saying where they are; the rest was not read.")
        return replace(self, started=started, after=after)

    def wants(self, customer: Customer) -> bool:
        """Whether this one changed late enough."""
        return self.since is None or customer.changed_at is None or customer.changed_at >= self.since
