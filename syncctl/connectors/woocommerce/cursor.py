"""Where a reading of orders stands, and the bound by which WooCommerce is asked for what changed. Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from syncctl import times
from syncctl.connectors.base import OVERLAP_SECONDS
from syncctl.connectors.woocommerce.order_words import Manners
from syncctl.connectors.woocommerce.walk import Stride
from syncctl.connectors.woocommerce.words import gmt_text
from syncctl.errors import CursorLost

_SECOND = timedelta(seconds=1)
_SKIPPED_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Cursor:
    """`since` None: everything. `started`: the shop's time when the walk under way began, if one is.

    `whole` False: that walk went past orders which the shop did not show, so that they are asked for again.
    """

    since: datetime | None = None
    after: int = 0
    offset: int = 0
    started: datetime | None = None
    whole: bool = True

    @classmethod
    def parse(cls, text: str | None, manners: Manners) -> "Cursor":
        """Read our own text back. Errors: CursorLost, also where orders were read in another manner then."""
        if text is None:
            return cls()
        try:
            row = json.loads(text)
            if row["manners"] != _mark(manners):
                raise CursorLost("The settings say otherwise than before how orders of this store are read.")
            cursor = cls(_read(row["since"]), row["after"], row["offset"], _read(row["started"]), row["whole"])
            if not (_is_count(cursor.after) and _is_count(cursor.offset) and type(cursor.whole) is bool):
                raise ValueError("it counts nothing")
        except (ValueError, TypeError, LookupError, OverflowError) as error:
            raise CursorLost(f"{text[:60]!r} is no cursor of this store: {error}.") from error
        return cursor

    def moved(self, stride: Stride) -> "Cursor":
        """Where to resume after a page: the bound moves with the last, where the shop told its time and showed all."""
        started, whole = self.started or stride.at, self.whole and stride.whole
        if not stride.is_last:
            return Cursor(self.since, stride.after, stride.offset, started, whole)
        if started is None or not whole:
            return Cursor(self.since)
        return Cursor(started - timedelta(seconds=OVERLAP_SECONDS))

    def text(self, manners: Manners) -> str:
        since, started = (None if at is None else times.to_text(at) for at in (self.since, self.started))
        mark = _mark(manners)
        at = {"since": since, "after": self.after, "offset": self.offset, "started": started, "whole": self.whole}
        return json.dumps({**at, "manners": mark})


def _read(text: str | None) -> datetime | None:
    return None if text is None else times.from_text(text)


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


def _mark(manners: Manners) -> str:
    """Changes when orders would be read otherwise."""
    how: Mapping[str, object] = {"statuses": dict(manners.statuses), "tracking_key": manners.tracking_key}
    return hashlib.blake2b(json.dumps(how, sort_keys=True).encode(), digest_size=6).hexdigest()


def bound_text(at: datetime) -> str:
    """The exclusive bound, in whole seconds, that leaves out nothing from `at` on.

    WordPress takes the text for the site's own time before it compares it with GMT: one that falls into the hour which
    the site skips in spring would be taken for an hour later, and what happened in between would never be read. Clocks
    change from Friday to Sunday, late in the evening or before four: then the bound is an hour earlier.
    """
    try:
        bound = at.astimezone(UTC).replace(microsecond=0) - _SECOND
        return gmt_text(bound - _SKIPPED_HOUR if _may_be_skipped(bound) else bound)
    except OverflowError:
        return gmt_text(at)


def _may_be_skipped(at: datetime) -> bool:
    return at.weekday() >= 4 and (at.hour >= 21 or at.hour < 5)
