"""Changed customers into the back office: only the fields that changed, only where nobody changed them there (R4)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from syncctl import times
from syncctl.hub.holds import Hold
from syncctl.hub.journal import Entry
from syncctl.hub.links import Link
from syncctl.model import Customer, CustomerChange, CustomerKey, Queued, Refused, Written
from syncctl.rules.merging import agreed_mark, agreed_text
from syncctl.rules.merging import outgoing as merge
from syncctl.steps.batches import push_halving
from syncctl.steps.run import BACK_OFFICE, Counts, Run


@dataclass(frozen=True, slots=True)
class _Update:
    hub_id: int
    ours: Customer
    theirs: Customer
    link: Link
    fields: Mapping[str, object]


def update_customers(run: Run, customers: Mapping[int, tuple[Customer, Link]]) -> tuple[Counts, set[int]]:
    """Send what changed on the web since both sides agreed; a field that changed on both sides is held, not sent.

    Also returns the customers that the back office turned out to have no more.
    """
    changed = {
        hub_id: (ours, link)
        for hub_id, (ours, link) in customers.items()
        if merge(ours, link.agreed_ours, None, None).send
    }
    changed = {hub_id: changed[hub_id] for hub_id in changed.keys() - refused_before(run, customers_of(changed))}
    counts = Counts()
    updates, gone = [], set()
    there = _read(run, changed)
    for hub_id, (ours, link) in changed.items():
        theirs = there.get(link.remote_id)
        if theirs is None:
            text = f"the back office has no customer {link.remote_id} any more"
            counts += hold_customer(run, hub_id, "gone", text)
            gone.add(hub_id)
            continue
        merged = merge(ours, link.agreed_ours, theirs, link.agreed_theirs)
        if merged.both:
            text = f"{', '.join(merged.both)} changed on the web and in the back office"
            counts += hold_customer(run, hub_id, "changed on both sides", text)
            continue
        updates.append(_Update(hub_id, ours, theirs, link, merged.send))
    return counts + _send(run, updates), gone


def customers_of(links: Mapping[int, tuple[Customer, Link]]) -> dict[int, Customer]:
    """The customers alone."""
    return {hub_id: customer for hub_id, (customer, _) in links.items()}


def refused_before(run: Run, customers: Mapping[int, Customer]) -> set[int]:
    """Those who were refused, exactly as they are, within a day: they are not sent again."""
    holds = run.hub.holds.get("customer", map(str, customers))
    return {
        hub_id
        for hub_id, customer in customers.items()
        if (hold := holds.get(str(hub_id))) is not None and hold.stands_for(agreed_mark(customer))
    }


def learn_theirs(run: Run, customers: Mapping[int, tuple[Customer, Link]]) -> None:
    """Remember these customers as the back office returns them, after a write: the base of the next merge."""
    there = _read(run, customers)
    with run.hub.transaction():
        for ours, link in customers.values():
            theirs = there.get(link.remote_id)
            if theirs is not None:
                run.hub.links.agree(link, agreed_text(ours), agreed_text(theirs))


def hold_customer(run: Run, hub_id: int, reason: str, message: str, *, refused: Customer | None = None) -> Counts:
    """Put a customer on hold; its orders go on. `refused`: as it was sent, so that the same is not sent each cycle."""
    name = run.hub.customers.first_links([hub_id]).get(hub_id, (BACK_OFFICE, ""))[0]
    text = f"customer {hub_id}: {message}; its orders go on under customers.fallback"
    hold = Hold(
        party=name,
        kind="customer",
        record=str(hub_id),
        reason=reason,
        message=text,
        fingerprint="" if refused is None else agreed_mark(refused),
        tried_at=None if refused is None else times.to_text(times.now()),
    )
    added = run.hub.holds.put(hold)
    return Counts({"newly held": 1}) if added else Counts()


def journal_state(outcome: object) -> str:
    """The journal's word for an outcome."""
    states = {Written: "done", Queued: "queued", Refused: "refused"}
    return states.get(type(outcome), "unclear")


def _read(run: Run, customers: Mapping[int, tuple[Customer, Link]]) -> dict[str, Customer]:
    wanted = [link.remote_id for _, link in customers.values()]
    if not wanted:
        return {}
    answers = run.back_office.find_customers([CustomerKey(id=remote_id) for remote_id in wanted])
    found = {one.id: one for group in answers for one in group if not one.deleted}
    return {remote_id: found[remote_id] for remote_id in wanted if remote_id in found}


def _send(run: Run, updates: list[_Update]) -> Counts:
    counts = Counts()
    if not updates:
        return counts
    entries = [
        Entry(
            BACK_OFFICE,
            "customer.update",
            one.link.remote_id,
            f"customer {one.hub_id}",
            json.dumps(sorted(one.fields)),
        )
        for one in updates
    ]
    rows = run.hub.journal.open(entries)
    changes = [
        CustomerChange(
            key=one.link.remote_id,
            id=one.link.remote_id,
            reference=one.link.reference or "",
            fields=one.fields,
            expected=one.theirs,
        )
        for one in updates
    ]
    outcomes = push_halving(run.back_office.push_customers, changes, lambda change: change.key)
    written = {}
    with run.hub.transaction():
        for one, row, outcome in zip(updates, rows, outcomes, strict=True):
            run.hub.journal.close([(row, journal_state(outcome), getattr(outcome, "message", ""))])
            if isinstance(outcome, Written):
                run.hub.links.agree(one.link, agreed_text(one.ours), None)
                run.hub.holds.clear("customer", [str(one.hub_id)])
                written[one.hub_id] = (one.ours, one.link)
                counts["customers updated"] += 1
            elif isinstance(outcome, Queued):  # it will be so; what it looks like there is not known yet
                run.hub.links.agree(one.link, agreed_text(one.ours), None)
            elif isinstance(outcome, Refused):
                text = f"the back office refused the change: {outcome.message}"
                counts += hold_customer(run, one.hub_id, outcome.reason, text, refused=one.ours)
    learn_theirs(run, written)
    return counts
