"""Who each side says it is, against the hub, the settings and the other sides."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from syncctl import times
from syncctl.hub.peek import Peek
from syncctl.model import About, Finding
from syncctl.settings import Settings

BACK_OFFICE = "back-office"
_MOST_APART = timedelta(minutes=5)


class Answers:
    """What was heard so far. The back office speaks first."""

    def __init__(self, settings: Settings, known: Peek | None) -> None:
        self.settings = settings
        self.parties = {} if known is None else known.parties
        self.heard_of: dict[str, About] = {}

    def heard(self, name: str, about: About) -> Iterator[Finding]:
        """All that does not fit in what a side says of itself."""
        self.heard_of[name] = about
        yield from self._identity(name, about)
        yield from self._currency(name, about)
        yield from self._clock(name, about)
        if name in self.settings.stores and about.time_zone:
            yield from self._zone(name, about.time_zone)

    def _identity(self, name: str, about: About) -> Iterator[Finding]:
        identity, currency = self.parties.get(name, (None, None))
        twins = [other for other, (theirs, _) in self.parties.items() if theirs == about.identity != identity]
        twins += [other for other, one in self.heard_of.items() if one.identity == about.identity and other != name]
        if twins:
            fix = f"Name it {twins[0]} in the settings, or take one of the two out."
            yield _stop(name, f"is the same as {twins[0]}: its orders would be booked twice", fix)
        elif identity not in (None, about.identity):
            fix = "Set its address back, or give the other one a hub of its own (hub.path)."
            yield _stop(name, f"is not the one this hub belongs to: that was {identity!r}", fix)
        elif identity is not None and currency != about.currency:
            fix = "Start a new hub for the new currency (hub.path)."
            yield _stop(name, f"changed its currency from {currency} to {about.currency}", fix)

    def _currency(self, name: str, about: About) -> Iterator[Finding]:
        books = self.heard_of.get(BACK_OFFICE)
        if books is not None and books.currency and about.currency and books.currency != about.currency:
            text = f"sells in {about.currency}, the books are kept in {books.currency}: each of its orders is held"
            yield _warn(name, text, f"Let both be kept in one currency: make the shop sell in {books.currency}.")

    def _clock(self, name: str, about: About) -> Iterator[Finding]:
        if about.server_time is not None and abs(times.now() - about.server_time) > _MOST_APART:
            minutes = round(abs(times.now() - about.server_time).total_seconds() / 60)
            way = "ahead of" if about.server_time > times.now() else "behind"
            text = f"its clock is {minutes} minutes {way} the one of this machine"
            yield _warn(name, text, "Let both machines take their time from the network (NTP).")

    def _zone(self, name: str, theirs: str) -> Iterator[Finding]:
        """The date of a document is the date in the shop: two names of zones with the same times do no harm."""
        ours = self.settings.stores[name].time_zone
        if not same_times(ours, theirs):
            text = f"its time zone is {theirs}, the settings say {ours}: documents get the wrong date near midnight"
            yield _warn(name, text, f"Set stores.{name}.time_zone: {theirs}")


def same_times(one: str, other: str) -> bool:
    """Whether two time zones are alike, now and half a year from now; a name nobody knows is like none but itself."""
    if one == other:
        return True
    try:
        zones = ZoneInfo(one), ZoneInfo(other)
    except (KeyError, ValueError, OSError):
        return False
    now: datetime = times.now()
    moments = (now, now + timedelta(days=182))
    return all(at.astimezone(zones[0]).utcoffset() == at.astimezone(zones[1]).utcoffset() for at in moments)


def _stop(name: str, text: str, fix: str) -> Finding:
    return Finding(level="fail", subject=name, text=text, fix=fix, exit_code=5)


def _warn(name: str, text: str, fix: str) -> Finding:
    return Finding(level="warn", subject=name, text=text, fix=fix)
