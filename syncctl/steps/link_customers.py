"""The customers on orders, in the back office: found, created with a reference, or brought up to date (R3-R7, R71-R77).

This is the place from which the full customer rules grow; what decides is in `rules.matching`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from syncctl import times
from syncctl.hub.bulk import in_chunks
from syncctl.hub.journal import Entry
from syncctl.hub.links import Link
from syncctl.model import Customer, CustomerChange, CustomerKey, Refused, Written
from syncctl.rules.matching import Match, keys_of, match, phone_spellings, same_name
from syncctl.rules.merging import agreed_text, fields_of
from syncctl.rules.references import name_for
from syncctl.steps.batches import push_halving
from syncctl.steps.run import BACK_OFFICE, Counts, Run
from syncctl.steps.update_customers import hold_customer, journal_state, learn_theirs, refused_before, update_customers


@dataclass(slots=True)
class Linked:
    """The back office's ids by hub customer; `waiting`: customers whose creation has no known outcome yet."""

    ids: dict[int, str] = field(default_factory=dict)
    waiting: set[int] = field(default_factory=set)
    counts: Counts = field(default_factory=Counts)


def link_customers(run: Run, hub_ids: Iterable[int]) -> Linked:
    """Make sure that the back office has these customers, as the web knows them; who is held goes unlinked."""
    linked = Linked()
    abilities = run.back_office.abilities
    if not run.settings.customers.enabled or not abilities.customer_batch:
        return linked
    ids = sorted(set(hub_ids))
    for chunk in in_chunks(ids, abilities.customer_batch):
        customers = run.hub.customers.load(chunk)
        links = run.hub.links.primaries(BACK_OFFICE, "customer", chunk)
        linked.ids.update({hub_id: link.remote_id for hub_id, link in links.items()})
        _find_or_create(run, {hub_id: one for hub_id, one in customers.items() if hub_id not in links}, linked)
        there = {hub_id: (one, links[hub_id]) for hub_id, one in customers.items() if hub_id in links}
        counts, gone = update_customers(run, there)
        linked.counts += counts
        for hub_id in gone:
            del linked.ids[hub_id]
    return linked


def _find_or_create(run: Run, customers: dict[int, Customer], linked: Linked) -> None:
    references = _references(run, customers)
    settle = times.now() - run.settings.safety.settle
    unsettled = run.hub.journal.unsettled("customer.create", references.values(), settle)
    linked.waiting |= {hub_id for hub_id, reference in references.items() if reference in unsettled}
    asked = sorted(set(references) - linked.waiting)
    if not asked:
        return
    keys = [_keys(run, customers[hub_id], references[hub_id]) for hub_id in asked]
    answers = iter(run.back_office.find_customers([key for group in keys for key in group]))
    to_create = []
    for hub_id, group in zip(asked, keys, strict=True):
        candidates = [one for _ in group for one in next(answers)]
        result = match(customers[hub_id], references[hub_id], candidates, run.settings.customers)
        if _decide(run, hub_id, customers[hub_id], result, references[hub_id], linked):
            to_create.append(hub_id)
    first, later = _one_of_each(
        run, _to_be_created(run, {one: customers[one] for one in to_create}, references, linked)
    )
    _create(run, first, references, linked)
    if later:  # those share a key with somebody who is there by now
        _find_or_create(run, later, linked)


def _decide(run: Run, hub_id: int, customer: Customer, result: Match, reference: str, linked: Linked) -> bool:
    """Join, hold, or let be created (True) one customer, by what the look-up found."""
    other = result.hit and run.hub.links.by_remote(BACK_OFFICE, "customer", [result.hit.id]).get(result.hit.id)
    if result.hit is not None and other is None:
        _link(run, hub_id, customer, result.hit, _to(result.hit.id, hub_id, result.rule, reference))
        linked.ids[hub_id] = result.hit.id
        linked.counts["customers linked"] += 1
        return False
    if result.hit is not None and (result.rule == "reference" or same_name(customer.name, result.hit.name)):
        _join(run, hub_id, result.hit, result.rule, reference, linked)
        return False
    if result.hit is None and not result.tie:
        return True
    problem = result.tie or (
        f"the back office's customer {result.hit and result.hit.id} has the same {result.rule}, but another name, "
        "and is linked to another web customer"
    )
    linked.counts += hold_customer(run, hub_id, "which customer?", problem)
    return run.settings.customers.fallback == "create"


def _join(run: Run, hub_id: int, hit: Customer, rule: str, reference: str, linked: Linked) -> None:
    """Another web customer of the same name is this record already: the orders of both go to it.

    A remote record has one link, the other's; that this one was found here stands in the journal, once.
    """
    linked.ids[hub_id] = hit.id
    run.hub.holds.clear("customer", [str(hub_id)])
    if not run.hub.journal.sent_before("customer.create", [reference]):
        [row] = run.hub.journal.open([Entry(BACK_OFFICE, "customer.create", reference, f"customer {hub_id}")])
        run.hub.journal.close([(row, "found", f"customer {hit.id}, by {rule} and name, beside another web customer")])
        linked.counts["customers linked"] += 1


def _to_be_created(
    run: Run, customers: dict[int, Customer], references: dict[int, str], linked: Linked
) -> dict[int, Customer]:
    """Without those whose creation was queued within a day (their orders wait), or was refused within a day."""
    since = times.now() - timedelta(days=1)
    queued = run.hub.journal.in_queue("customer.create", [references[hub_id] for hub_id in customers], since)
    waiting = {hub_id for hub_id in customers if references[hub_id] in queued}
    linked.waiting |= waiting
    left = customers.keys() - waiting - refused_before(run, customers)
    return {hub_id: customers[hub_id] for hub_id in sorted(left)}


def _one_of_each(run: Run, customers: dict[int, Customer]) -> tuple[dict[int, Customer], dict[int, Customer]]:
    """Those to create now, and those who share a key with one of them: they must be looked up again after that."""
    first: dict[int, Customer] = {}
    later: dict[int, Customer] = {}
    seen: set[tuple[str, str]] = set()
    held = run.hub.holds.get("customer", map(str, customers))
    for hub_id, customer in customers.items():
        keys = keys_of(customer, run.settings.customers)
        alone = str(hub_id) in held or not keys & seen
        (first if alone else later)[hub_id] = customer
        seen |= keys
    return first, later


def _references(run: Run, customers: dict[int, Customer]) -> dict[int, str]:
    """Our name for each customer: made of its first web record, the same for ever."""
    length = run.back_office.abilities.reference_length
    first = run.hub.customers.first_links(customers)
    return {
        hub_id: name_for((run.hub.parties.identity(store), remote_id, "customer"), length)
        for hub_id, (store, remote_id) in first.items()
    }


def _keys(run: Run, customer: Customer, reference: str) -> list[CustomerKey]:
    search = run.back_office.abilities.customer_search
    keys = [CustomerKey(reference=reference)] if "reference" in search else []
    usable = {kind for kind, _ in keys_of(customer, run.settings.customers)} & search
    keys += [CustomerKey(email=text) for text in customer.emails if "email" in usable]
    if "phone" in usable:
        country = run.settings.customers.country
        keys += [CustomerKey(phone=text) for phone in customer.phones for text in phone_spellings(phone, country)]
    return keys


def _to(remote_id: str, hub_id: int, rule: str, reference: str) -> Link:
    return Link(party=BACK_OFFICE, kind="customer", remote_id=remote_id, hub_id=hub_id, rule=rule, reference=reference)


def _link(run: Run, hub_id: int, ours: Customer, theirs: Customer | None, link: Link) -> None:
    agreed = replace(link, agreed_ours=agreed_text(ours), agreed_theirs=None if theirs is None else agreed_text(theirs))
    with run.hub.transaction():
        run.hub.links.add(agreed)
        run.hub.journal.supersede(BACK_OFFICE, "customer.create", [link.reference or ""])
        if link.rule != "created":  # who was created in doubt stays held: a person may join the two
            run.hub.holds.clear("customer", [str(hub_id)])


def _create(run: Run, customers: dict[int, Customer], references: dict[int, str], linked: Linked) -> None:
    """Create who was not found; each carries our reference, which is looked up first, always."""
    if not customers:
        return
    changes = [
        CustomerChange(
            key=references[hub_id],
            id=None,
            reference=references[hub_id],
            fields=fields_of(one) | {"name": _name(one)},
        )
        for hub_id, one in customers.items()
    ]
    rows = run.hub.journal.open(
        [
            Entry(BACK_OFFICE, "customer.create", change.reference, f"customer {hub_id}")
            for hub_id, change in zip(customers, changes, strict=True)
        ]
    )
    outcomes = push_halving(run.back_office.push_customers, changes, lambda change: change.key)
    made: dict[int, tuple[Customer, Link]] = {}
    with run.hub.transaction():
        for hub_id, row, change, outcome in zip(customers, rows, changes, outcomes, strict=True):
            run.hub.journal.close([(row, journal_state(outcome), getattr(outcome, "message", ""))])
            if isinstance(outcome, Written):
                link = _to(outcome.remote_id, hub_id, "created", change.reference)
                _link(run, hub_id, customers[hub_id], None, link)
                made[hub_id] = (customers[hub_id], link)
                linked.ids[hub_id] = outcome.remote_id
                linked.counts["customers created"] += 1
            elif isinstance(outcome, Refused):
                text = f"the back office refused it: {outcome.message}"
                linked.counts += hold_customer(run, hub_id, outcome.reason, text, refused=customers[hub_id])
            else:
                linked.waiting.add(hub_id)
    learn_theirs(run, made)


def _name(customer: Customer) -> str:
    return customer.name.strip() or customer.company.strip() or next(iter(customer.emails), "") or "Web customer"
