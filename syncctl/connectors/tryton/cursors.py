"""How far a reading of Tryton has come: the time from which on changes are asked for, and where a reading stands.

Times are the server's own. The bound moves with the last page alone, and stays an overlap behind.
"""

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from syncctl import times
from syncctl.connectors.base import OVERLAP_SECONDS
from syncctl.errors import CursorLost

WHOLE = timedelta(days=1)
"""How often everything is read again: what is deleted over there leaves no trace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """`since`: changes from then on are wanted, "" for everything; `whole`: when everything was last begun to be read.

    `started`: when this reading began; `after`: the last id that it has read; `under`: what it is read under, such as
    settings. `known`: when the last reading began: what is older was told before, if it was not by a deletion.
    """

    since: str = ""
    whole: str = ""
    started: str = ""
    after: int = 0
    under: str = ""
    known: str = ""

    @classmethod
    def begin(cls, cursor: str | None, now: datetime, under: str = "", *, anew: bool = False) -> "Span":
        """Where to go on. Everything is read where that was last done too long ago, or under something else.

        `anew`: everything, from the beginning. Errors: CursorLost.
        """
        span = cls.parse(cursor) if cursor else cls(under=under)
        known = span.known if span.started or not span.since else times.to_text(span.from_then + _overlap())
        if anew or span.under != under:
            span = cls(under=under)
        if span.started:
            return span
        if not span.since or now - times.from_text(span.whole) >= WHOLE:
            span = cls(under=under)
        started = times.to_text(now)
        return replace(span, started=started, whole=span.whole or started, known=known)

    @classmethod
    def parse(cls, cursor: str) -> "Span":
        try:
            span = cls(**json.loads(cursor))
            for text in (span.since, span.whole, span.started, span.known):
                if text:
                    times.from_text(text)
            if type(span.after) is not int or type(span.under) is not str:
                raise ValueError
        except (ValueError, TypeError):
            raise CursorLost(f"{cursor[:60]!r} is no cursor of Tryton's.") from None
        return span

    @property
    def full(self) -> bool:
        return not self.since

    @property
    def from_then(self) -> datetime:
        return times.from_text(self.since)

    def at(self, after: int) -> str:
        """The cursor that resumes behind this id."""
        return _text(replace(self, after=after))

    def ended(self) -> str:
        """The cursor of the last page."""
        bound = times.from_text(self.started) - _overlap()
        return _text(Span(since=times.to_text(bound), whole=self.whole, under=self.under))


def changed_since(moment: datetime, *below: str) -> list[object]:
    """A domain: made or changed from then on, the record itself or what hangs on it by one of these names."""
    domain: list[object] = ["OR"]
    for prefix in ("", *(f"{name}." for name in below)):
        domain += [[f"{prefix}write_date", ">=", moment], [f"{prefix}create_date", ">=", moment]]
    return domain


def _overlap() -> timedelta:
    return timedelta(seconds=OVERLAP_SECONDS)


def _text(span: Span) -> str:
    return json.dumps({name: value for name, value in asdict(span).items() if value}, separators=(",", ":"))
