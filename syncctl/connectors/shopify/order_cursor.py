"""Where a reading of orders stands, and what Shopify is asked for what changed. Pure."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from syncctl import times
from syncctl.connectors.base import OVERLAP_SECONDS
from syncctl.errors import CursorLost

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Cursor:
    """`since` None: everything. Of a walk that is under way, `started`: Shopify's time when it began, and `after`: its
    own cursor; `bulk`, `done`: the operation that makes a file of all orders, and how many of them were read already;
    `failed`: how often no such file could be read.
    `far`: when a walk last began far back, for the search index may lag behind by hours when Shopify is in trouble.
    """

    since: datetime | None = None
    started: datetime | None = None
    after: str | None = None
    bulk: str | None = None
    done: int = 0
    far: datetime | None = None
    failed: int = 0

    @classmethod
    def parse(cls, text: str | None) -> "Cursor":
        """Read our own text back. Errors: CursorLost."""
        if text is None:
            return cls()
        try:
            row = json.loads(text)
            since, started, far = (_read(row[name]) for name in ("since", "started", "far"))
            cursor = cls(since, started, row["after"], row["bulk"], row["done"], far, row["failed"])
            if not (
                all(isinstance(one, str | None) for one in (cursor.after, cursor.bulk))
                and all(type(one) is int for one in (cursor.done, cursor.failed))
            ):
                raise ValueError("it stands nowhere")
        except (ValueError, TypeError, LookupError, OverflowError) as error:
            raise CursorLost(f"{text[:60]!r} is no cursor of this store: {error}.") from error
        return cursor

    @property
    def begins(self) -> bool:
        """Whether nothing was read yet."""
        return self == Cursor(failed=self.failed)

    @property
    def bound(self) -> datetime | None:
        """From when on changes are asked for: once a day from a day before that was done the last time."""
        if self.since is None or self.far is None or self.since - self.far < _A_DAY:
            return self.since
        return self.far - _A_DAY

    def begun(self, at: datetime | None) -> "Cursor":
        """The same, at the first answer of a walk."""
        return self if self.started else replace(self, started=at)

    def ended(self) -> "Cursor":
        """After the last page: the bound moves to when the walk began, less an overlap."""
        if self.started is None:
            return Cursor(self.since, far=self.far)  # Shopify did not say when that was: it is read once more
        is_far = self.far is None or self.bound != self.since
        return Cursor(self.started - timedelta(seconds=OVERLAP_SECONDS), far=self.started if is_far else self.far)

    def text(self) -> str:
        since, started, far = (None if at is None else times.to_text(at) for at in (self.since, self.started, self.far))
        at = {"since": since, "started": started, "after": self.after, "bulk": self.bulk, "done": self.done, "far": far}
        return json.dumps({**at, "failed": self.failed})


def _read(text: str | None) -> datetime | None:
    return None if text is None else times.from_text(text)


def changed_since(at: datetime) -> str:
    """The search for orders that changed from then on. Unquoted, the whole day would be meant.

    >>> changed_since(datetime(2026, 3, 1, 12, 0, 5, 999, tzinfo=UTC))
    "updated_at:>='2026-03-01T12:00:05Z'"
    """
    return f"updated_at:>='{_bound(at)}'"


def placed_since(at: datetime) -> str:
    """The search for orders that were placed from then on."""
    return f"processed_at:>='{_bound(at)}'"


def _bound(at: datetime) -> str:
    """A time as Shopify searches by it: UTC, whole seconds, not later than it is."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
