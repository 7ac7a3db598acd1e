"""The customers on orders, in the back office: found, created with a reference, or brought up to date (R3-R7, R71-R77).

This is the place from which the full customer rules grow; what decides is in `rules.matching`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from syncctl import times
from syncctl.hub.bulk import in_chunks
from syncctl.hub.journal import Entry
from syncctl.hub.sync import Link
from syncctl.model import Customer, CustomerChange, CustomerKey, Refused, Written
from syncctl.rules.documents import name_for
from syncctl.rules.matching import keys_of, match, same_name
from syncctl.rules.merging import agreed_text, fields_of
from syncctl.steps.batches import push_halving
from syncctl.steps.run import BACK_OFFICE, Counts, Run
from syncctl.steps.update_customers import hold_customer, journal_state, learn_theirs, update_customers


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
        linked.counts += update_customers(run, there)
    return linked


def _find_or_create(run: Run, customers: dict[int, Customer], linked: Linked) -> None:
    references = _references(run, customers)
    settle = times.now() - run.settings.safety.settle
    unsettled = run.hub.journal.unsettled("customer.create", references.values(), settle)
    linked.waiting |= {hub_id for hub_id, reference in references.items() if reference in unsettled}
    asked = [hub_id for hub_id in references if hub_id not in linked.waiting]
    if not asked:
        return
    keys = [_keys(run, customers[hub_id], references[hub_id]) for hub_id in asked]
    answers = iter(run.back_office.find_customers([key for group in keys for key in group]))
    to_create = []
    for hub_id, group in zip(asked, keys, strict=True):
        candidates = [one for _ in group for one in next(answers)]
        result = match(customers[hub_id], references[hub_id], candidates, run.settings.customers)
        problem = result.tie or _taken(run, customers[hub_id], result.hit, result.rule)
        if problem:
            linked.counts += hold_customer(run, hub_id, "which customer?", problem)
        if result.hit is not None and not problem:
            link = _to(result.hit.id, hub_id, result.rule, references[hub_id])
            _link(run, hub_id, customers[hub_id], result.hit, link)
            linked.ids[hub_id] = result.hit.id
            linked.counts["customers linked"] += 1
        elif not problem or run.settings.customers.fallback == "create":
            to_create.append(hub_id)
    _create(run, {hub_id: customers[hub_id] for hub_id in to_create}, references, linked)


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
    return keys + [CustomerKey(phone=text) for text in customer.phones if "phone" in usable]


def _taken(run: Run, customer: Customer, hit: Customer | None, rule: str) -> str:
    """Why a hit cannot be linked: another web customer is it already, and this one is not the same person."""
    if hit is None or rule == "reference":
        return ""
    other = run.hub.links.by_remote(BACK_OFFICE, "customer", [hit.id]).get(hit.id)
    if other is None:
        return ""
    same = same_name(customer.name, hit.name)
    return f"customer {hit.id} has the same {rule}, but is linked to another web customer" + (
        " of the same name" if same else ""
    )


def _to(remote_id: str, hub_id: int, rule: str, reference: str) -> Link:
    return Link(party=BACK_OFFICE, kind="customer", remote_id=remote_id, hub_id=hub_id, rule=rule, reference=reference)


def _link(run: Run, hub_id: int, ours: Customer, theirs: Customer | None, link: Link) -> None:
    agreed = replace(link, agreed_ours=agreed_text(ours), agreed_theirs=None if theirs is None else agreed_text(theirs))
    with run.hub.transaction():
        run.hub.links.add(agreed)
        run.hub.journal.supersede(BACK_OFFICE, "customer.create", [link.reference or ""])
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
    for hub_id, row, change, outcome in zip(customers, rows, changes, outcomes, strict=True):
        with run.hub.transaction():
            run.hub.journal.close([(row, journal_state(outcome), getattr(outcome, "message", ""))])
            if isinstance(outcome, Written):
                link = _to(outcome.remote_id, hub_id, "created", change.reference)
                _link(run, hub_id, customers[hub_id], None, link)
                made[hub_id] = (customers[hub_id], link)
                linked.ids[hub_id] = outcome.remote_id
                linked.counts["customers created"] += 1
            elif isinstance(outcome, Refused):
                text = f"the back office refused it: {outcome.message}"
                linked.counts += hold_customer(run, hub_id, outcome.reason, text)
            else:
                linked.waiting.add(hub_id)
    learn_theirs(run, made)


def _name(customer: Customer) -> str:
    return customer.name.strip() or customer.company.strip() or next(iter(customer.emails), "") or "Web customer"
