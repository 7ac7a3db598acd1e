"""Customers into the hub by themselves, from either side: what changed since the last reading (R12, R13, R24, R63)."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from syncctl import times
from syncctl.connectors.base import OVERLAP_SECONDS, Page
from syncctl.errors import CursorLost, DataError
from syncctl.hub.customer_rows import Arrival
from syncctl.hub.holds import Hold
from syncctl.hub.sync import CUSTOMERS_READ
from syncctl.model import Customer, Unreadable
from syncctl.rules.matching import contacts_of, joining
from syncctl.settings import CustomerSettings
from syncctl.steps.lost_writes import recall_all
from syncctl.steps.match_customers import is_matched, match_new
from syncctl.steps.run import BACK_OFFICE, Counts, Run
from syncctl.steps.side import UNREADABLE, side_of

_STREAM = "customers"
_BEGUN = "customers-begun"  # only while a reading is under way
_AGAIN = "customers-again"
_A_DAY = timedelta(days=1)


def pull_customers(run: Run, party: str, *, whole: bool = False, since: datetime | None = None) -> Counts:
    """Read one side's customers into the hub: what changed since its cursor, or everything (`whole`).

    Of a first or whole reading nobody is matched before the last page, for a key must be unique on both sides.
    `since`: when the side may have begun to read them, where it was told beforehand that they would be asked for.
    """
    recall_all(run, side_of(run, party))
    cursor = None if whole else run.hub.cursors.get(party, _STREAM)
    began = _begun(run, party, since or times.now(), anew=whole)
    wait = whole or not is_matched(run, party)
    try:
        return _read(run, party, cursor, began, wait=wait) + _read_again(run, party, wait=wait)
    except CursorLost:
        if cursor is None:
            raise
        run.hub.cursors.put(party, _STREAM, None)  # this reading alone is begun anew, and not the orders beside it
        return pull_customers(run, party, since=since)


def _read(run: Run, party: str, cursor: str | None, began: datetime, *, wait: bool) -> Counts:
    side = run.back_office if party == BACK_OFFICE else run.stores[party]
    # Who was not told of may have changed all the same, where a side does not tell of changes.
    last = run.hub.cursors.moved_at(party, CUSTOMERS_READ) if side.abilities.customer_changes else None
    said_until = None if last is None else last - timedelta(seconds=OVERLAP_SECONDS)
    counts = Counts()
    for page in side.fetch_customers(cursor):
        with run.hub.transaction():
            counts += _record(run, party, page, said_until, wait=wait)
            run.hub.cursors.put(party, _BEGUN, times.to_text(began))
        run.progress(f"{party}: {counts['customers read']} customers read")
        run.checkpoint()
    with run.hub.transaction():
        run.hub.cursors.put(party, CUSTOMERS_READ, None, at=began)
        run.hub.cursors.put(party, _BEGUN, None)
    return counts


def _read_again(run: Run, party: str, *, wait: bool) -> Counts:
    """Once a day those who could not be read: what was wrong may be over, though nobody changed them since."""
    side = side_of(run, party)
    prefix = f"{party}:"
    records = [one for one in run.hub.holds.held_for(party, "customer", UNREADABLE) if one.startswith(prefix)]
    cursor = run.hub.cursors.get(party, _STREAM)
    is_due = records and times.is_due(run.hub.cursors.moved_at(party, _AGAIN), _A_DAY)
    if not is_due or cursor is None or not side.can.customer_batch:
        return Counts()
    ids = sorted(one.removeprefix(prefix) for one in records)
    there: Mapping[str, Customer] = {}
    with suppress(DataError):  # none of them can be read
        there = side.now(ids)
        gone = [prefix + one for one in ids if one not in there and one not in side.unreadable]
        run.hub.holds.clear("customer", gone, party=party)
    page = Page(records=list(there.values()), cursor=cursor)
    with run.hub.transaction():
        counts = _record(run, party, page, None, wait=wait)
        run.hub.cursors.put(party, _AGAIN, None)
    return counts


def _begun(run: Run, party: str, now: datetime, *, anew: bool) -> datetime:
    """When this reading began, which may be several runs ago: who was read then may have changed since."""
    begun = None if anew else run.hub.cursors.get(party, _BEGUN)
    return now if begun is None else times.from_text(begun)


def expect_customers(run: Run, store: str) -> None:
    """Tell a store what `pull_customers` will ask of it after the orders, so that it may answer both at once."""
    run.stores[store].expect_customers(run.hub.cursors.get(store, _STREAM))


def wants_web(run: Run, store: str) -> bool:
    """Whether a store's customers are read beside those on its orders."""
    settings = run.settings.customers
    any_change = settings.trigger == "any" and settings.web_to_back_office
    return settings.enabled and (any_change or _unmatched(run, store))


def wants_back_office(run: Run) -> bool:
    """Whether the back office's customers are read."""
    settings = run.settings.customers
    return settings.enabled and (
        settings.back_office_to_web or any(_unmatched(run, one) for one in run.settings.stores)
    )


def was_read(run: Run, party: str) -> bool:
    """Whether all of a party's customers were read once."""
    return run.hub.cursors.moved_at(party, CUSTOMERS_READ) is not None


def _unmatched(run: Run, party: str) -> bool:
    """Whether all are to be read: by `create_new` only for those whom a restored hub made and does not know."""
    may_know = run.settings.customers.match != "create_new" or run.hub.state("restored_at") is not None
    return may_know and not is_matched(run, party)


def arrivals_of(records: Iterable[Customer], settings: CustomerSettings) -> list[Arrival]:
    """Records of customers as the hub takes them; of two states of one, the later."""
    now = times.now()
    latest: dict[str, Arrival] = {}
    for one in records:
        as_of = one.changed_at or now
        if one.id not in latest or as_of >= latest[one.id].as_of:
            contacts = contacts_of(one, settings)
            latest[one.id] = Arrival(one.id, one, as_of, contacts, joining(contacts, settings))
    return list(latest.values())


def _record(run: Run, party: str, page: Page[Customer], said_until: datetime | None, *, wait: bool) -> Counts:
    """One page into the hub, with its cursor, in one transaction."""
    hub, settings = run.hub, run.settings.customers
    here = [one for one in page.records if not one.deleted]
    with hub.transaction():
        taken = hub.customers.take(
            party, arrivals_of(here, settings), full=True, settings=settings, said_until=said_until
        )
        counts = Counts(taken.counts)
        for one in page.records:
            if one.deleted:
                counts += hub.departures.depart(party, one.id, one.merged_into, settings)
        for remote_id in page.gone:
            counts += hub.departures.depart(party, remote_id, None, settings)
        hub.departures.came_back(party, [one.id for one in here])
        _hold_unreadable(run, party, [one.id for one in page.records], page.unreadable)
        counts += match_new(run, taken.touched, by_key=not wait)
        hub.cursors.put(party, _STREAM, page.cursor)
    counts["customers read"] += len(page.records)
    counts["customers new"] += len(taken.new)
    return counts


def _hold_unreadable(run: Run, party: str, read: Sequence[str], unreadable: Sequence[Unreadable]) -> None:
    """A record that cannot be read is held, and what the hub knows of it stands; one that can be again is let go."""
    held = run.hub.holds.held_for(party, "customer", UNREADABLE)
    if held:
        run.hub.holds.clear("customer", held & {f"{party}:{remote_id}" for remote_id in read})
    for one in unreadable:
        message = (
            f"a customer that {party} calls {one.id[:60]!r} cannot be read: {one.reason}; what is known of it stands, "
            "and it is read again daily"
        )
        record = f"{party}:{one.id}"
        run.hub.holds.put(Hold(party=party, kind="customer", record=record, reason="unreadable", message=message))
