"""Step 1: web orders, with their customers, into the hub. Rows and cursor move in one transaction per page."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from syncctl import times
from syncctl.connectors.base import Page, WebStore
from syncctl.hub.bulk import in_chunks
from syncctl.hub.customer_rows import Arrival
from syncctl.hub.holds import Hold
from syncctl.hub.links import GUEST
from syncctl.hub.order_rows import Decision
from syncctl.hub.orders import Fresh
from syncctl.model import Customer, Order
from syncctl.rules.decisions import UNREADABLE_UNITS, counts_against_stock, decide, may_be_booked, settings_hash
from syncctl.rules.matching import contacts_of, joining
from syncctl.rules.repair import with_unique_ids
from syncctl.steps.confirm import confirm
from syncctl.steps.match_customers import keeps_mirror, match_new
from syncctl.steps.pull_customers import expect_customers, pull_customers, wants_web
from syncctl.steps.run import Counts, Run

_NO_RISE = "until it can be read, or `syncctl holds skip` gives it up, no level rises"


def pull_orders(run: Run, name: str) -> Counts:
    """Read what changed in one store since its cursor, once a day its open orders again, and customers if wanted.

    Where orders are switched off, customers alone.
    """
    store = run.stores[name]
    confirm(run, name, store)
    counts, began = Counts(), times.now()
    if run.settings.orders.enabled:
        if wants_web(run, name):
            expect_customers(run, name)
        counts += _read_changed(run, name, store)
        counts += _read_open_orders(run, name, store)
        _judge_units(run, name)
    if wants_web(run, name):
        counts += run.apart(name, partial(pull_customers, run, name, since=began), Counts())
    return counts


def read_changed_orders(run: Run, name: str, store: WebStore) -> Counts:
    """Read what changed since the cursor; a changed filter reads everything again."""
    counts = _read_changed(run, name, store)
    _judge_units(run, name)
    return counts


def _judge_units(run: Run, name: str) -> None:
    """After all was read: while units are unknown, on an order that cannot be read, no level may rise."""
    if run.hub.holds.any_unreadable(name):
        run.pulled.discard(name)
    else:
        run.pulled.add(name)


def _read_changed(run: Run, name: str, store: WebStore) -> Counts:
    filter_hash = settings_hash(run.settings.orders)
    cursor = run.hub.cursors.get(name, "orders", filter_hash)
    counts = Counts()
    for page in store.fetch_orders(cursor, _since(run, name)):
        counts += _record(run, name, page, page.cursor)
        run.progress(f"{name}: {counts['new'] + counts['changed'] + counts['unchanged']} orders read")
        run.checkpoint()
    return counts


def _since(run: Run, name: str) -> datetime:
    """The oldest moment of interest: it never moves forward, for older orders may be booked and still change."""
    wanted, key = run.settings.orders.history_from, f"since {name}"
    earlier = run.hub.state(key)
    since = wanted if earlier is None else min(wanted, times.from_text(earlier))
    run.hub.set_state(key, times.to_text(since))
    return since


def _read_open_orders(run: Run, name: str, store: WebStore) -> Counts:
    """Some changes move no change time in some stores: what is still open is read again now and then."""
    counts = Counts()
    last = run.hub.cursors.moved_at(name, "open-orders")
    if not times.is_due(last, run.settings.orders.reread_open):
        return counts
    if last is not None:
        horizon = store.abilities.order_horizon_days
        # A day less than the store shows: at the very edge, what is absent may be out of sight and not gone.
        oldest = None if horizon is None else times.now() - timedelta(days=horizon - 1)
        unreadable = run.hub.holds.unreadable_ids(name)
        out_of_sight = set() if horizon is None else set(unreadable)  # nobody knows how old these are
        wanted = run.hub.orders.open_ids(name, oldest) + unreadable
        for ids in in_chunks(wanted, store.abilities.order_batch):
            page = store.fetch_orders_by_id(ids)
            counts += _record(run, name, page, None)
            read = [record.id for record in page.records]
            run.hub.holds.clear("order", run.hub.orders.held_as(name, read, "gone"))
            here = {*read, *(record.id for record in page.unreadable), *out_of_sight}
            _hold_gone(run, name, [remote_id for remote_id in ids if remote_id not in here])
            run.checkpoint()
    run.hub.cursors.put(name, "open-orders", None)
    return counts


def _record(run: Run, name: str, page: Page[Order], cursor: str | None) -> Counts:
    filter_hash = settings_hash(run.settings.orders)
    fresh = run.hub.orders.fresh(name, [with_unique_ids(order) for order in page.records], filter_hash)
    with run.hub.transaction():
        if fresh:
            customer_ids = _record_customers(run, name, fresh)
            lost_until = run.lost_until
            decided = [(one, _decide(run, one, lost_until)) for one in fresh]
            ids = run.hub.orders.write(name, decided, filter_hash, customer_ids)
            _record_holds(run, name, ids, decided)
        run.hub.holds.clear_unreadable(name, (order.id for order in page.records))
        for record in page.unreadable:
            _hold_unreadable(run, name, record.id, record.reason)
        _hold_gone(run, name, page.gone)
        if cursor is not None:
            run.hub.cursors.put(name, "orders", cursor, filter_hash)
    new = sum(one.known is None for one in fresh)
    return Counts(
        new=new,
        changed=len(fresh) - new,
        unchanged=len(page.records) - len(fresh),
        unreadable=len(page.unreadable),
    )


def _decide(run: Run, fresh: Fresh, lost_until: datetime | None) -> Decision:
    known = fresh.known
    if known is not None and known.skipped:
        return Decision("rejected", "skipped by hand", counts=False)
    booked = known is not None and known.has_documents
    verdict = decide(fresh.order, run.settings.orders, has_documents=booked)
    lost = lost_until is not None and fresh.order.placed_at <= lost_until
    if lost and may_be_booked(fresh.order, verdict):
        verdict = decide(fresh.order, run.settings.orders, has_documents=True)  # step 2 looks, and leaves it out then
    return Decision(verdict.decision, verdict.reason, counts_against_stock(fresh.order, verdict), verdict.message)


def _record_holds(run: Run, name: str, ids: Sequence[int], decided: Sequence[tuple[Fresh, Decision]]) -> None:
    """Held orders get their hold; those that need no booking any more lose it. What is to be booked, step 2 decides."""
    for order_id, (fresh, decision) in zip(ids, decided, strict=True):
        if decision.decision == "held":
            more = f"; {_NO_RISE}" if decision.reason == UNREADABLE_UNITS else ""
            message = f"order {fresh.order.number[:100]}: {decision.message[:600]}{more}"
            hold = Hold(party=name, kind="order", record=str(order_id), reason=decision.reason, message=message)
            run.hub.holds.put(hold)
    gone = [
        str(order_id)
        for order_id, (fresh, decision) in zip(ids, decided, strict=True)
        if fresh.known is not None and decision.decision not in ("held", "book")
    ]
    run.hub.holds.clear("order", gone)


def _hold_gone(run: Run, name: str, remote_ids: Sequence[str]) -> None:
    """Open orders that the store no longer has were never cancelled: a person says what becomes of their units."""
    if not remote_ids:
        return
    for order_id, number in run.hub.orders.numbers(name, remote_ids):
        message = f"order {number[:100]}: {name} does not have it any more, and it was never cancelled there"
        run.hub.holds.put(Hold(party=name, kind="order", record=str(order_id), reason="gone", message=message))
    run.hub.holds.clear_unreadable(name, remote_ids)


def _hold_unreadable(run: Run, name: str, remote_id: str, reason: str) -> None:
    if run.hub.holds.is_skipped(f"{name}:{remote_id}"):
        return
    message = f"an order that {name} calls {remote_id[:60]!r} cannot be read: {reason[:600]}; {_NO_RISE}"
    run.hub.holds.put(
        Hold(party=name, kind="unreadable", record=f"{name}:{remote_id}", reason="unreadable", message=message)
    )


def _record_customers(run: Run, name: str, fresh: Sequence[Fresh]) -> dict[str, int]:
    """The customers on these orders into the hub; hub ids by the order's id."""
    if not run.settings.customers.enabled:
        return {}
    of_order: dict[str, str] = {}
    latest: dict[str, tuple[datetime, Customer]] = {}
    for one in fresh:
        customer = one.order.customer
        if customer is None or (remote_id := _identity(run, customer)) is None:
            continue
        of_order[one.order.id] = remote_id
        as_of = customer.changed_at or one.order.placed_at
        if remote_id not in latest or as_of >= latest[remote_id][0]:
            latest[remote_id] = (as_of, customer)
    settings = run.settings.customers
    arrivals = []
    for remote_id, (as_of, customer) in latest.items():
        contacts = contacts_of(customer, settings)
        arrivals.append(Arrival(remote_id, customer, as_of, contacts, joining(contacts, settings)))
    taken = run.hub.customers.take(name, arrivals, full=False, settings=settings)
    ids = taken.ids
    matched = keeps_mirror(run) or any(one.customer.reference for one in arrivals)
    if matched and match_new(run, taken.touched)["customers linked"]:  # who was joined may be another customer by now
        ids = {one: link.hub_id for one, link in run.hub.links.by_remote(name, "customer", ids).items()}
    return {order_id: ids[remote_id] for order_id, remote_id in of_order.items()}


def _identity(run: Run, customer: Customer) -> str | None:
    """The store's id of a customer; a guest is known by keys and name together, and is nobody without them."""
    if customer.id:
        return customer.id
    keys = sorted(f"{kind}:{key}" for kind, _, key in contacts_of(customer, run.settings.customers) if key)
    if not keys:
        return None
    name = " ".join(customer.name.casefold().split())
    return GUEST + hashlib.sha256("\0".join([*keys, name]).encode()).hexdigest()[:32]
