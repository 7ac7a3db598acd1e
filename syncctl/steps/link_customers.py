"""The customers on orders, in the back office: found, created with a reference, or brought up to date (R3-R7, R71-R77).

This is the place from which the full customer rules grow; what decides is in `rules.matching`.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from syncctl import times
from syncctl.hub.bulk import in_chunks
from syncctl.hub.holds import Hold
from syncctl.hub.journal import Entry
from syncctl.hub.sync import Link
from syncctl.model import Customer, CustomerChange, CustomerKey, Queued, Refused, Unclear, Written
from syncctl.rules.documents import name_for
from syncctl.rules.matching import keys_of, match, same_name
from syncctl.steps.batches import push_halving
from syncctl.steps.run import BACK_OFFICE, Counts, Run

_FIELDS = ("name", "company", "emails", "phones", "addresses")


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
        _update(run, {hub_id: (one, links[hub_id]) for hub_id, one in customers.items() if hub_id in links}, linked)
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
            _hold(run, hub_id, "which customer?", problem, linked)
        if result.hit is not None and not problem:
            _link(run, hub_id, customers[hub_id], result.hit, result.rule, references[hub_id])
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


def _hold(run: Run, hub_id: int, reason: str, message: str, linked: Linked) -> None:
    name = run.hub.customers.first_links([hub_id]).get(hub_id, (BACK_OFFICE, ""))[0]
    text = f"customer {hub_id}: {message}; its orders go on under customers.fallback"
    added = run.hub.holds.put(Hold(party=name, kind="customer", record=str(hub_id), reason=reason, message=text))
    linked.counts["newly held"] += added


def _link(run: Run, hub_id: int, ours: Customer, theirs: Customer, rule: str, reference: str) -> None:
    with run.hub.transaction():
        run.hub.links.add(
            Link(
                party=BACK_OFFICE,
                kind="customer",
                remote_id=theirs.id,
                hub_id=hub_id,
                rule=rule,
                reference=reference,
                agreed_ours=_text(_fields(ours)),
                agreed_theirs=_text(_fields(theirs)),
            )
        )
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
            fields=_fields(one) | {"name": _name(one)},
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
    for hub_id, row, change, outcome in zip(customers, rows, changes, outcomes, strict=True):
        with run.hub.transaction():
            run.hub.journal.close([(row, _state(outcome), getattr(outcome, "message", ""))])
            if isinstance(outcome, Written):
                theirs = Customer(id=outcome.remote_id, name=_name(customers[hub_id]))
                _link(run, hub_id, customers[hub_id], theirs, "created", change.reference)
                linked.ids[hub_id] = outcome.remote_id
                linked.counts["customers created"] += 1
            elif isinstance(outcome, Refused):
                _hold(run, hub_id, outcome.reason, f"the back office refused it: {outcome.message}", linked)
            else:
                linked.waiting.add(hub_id)


def _update(run: Run, customers: dict[int, tuple[Customer, Link]], linked: Linked) -> None:
    """Send what changed on the web since both sides agreed; a field that changed on both sides is held, not sent."""
    changed = {}
    for hub_id, (customer, link) in customers.items():
        agreed = json.loads(link.agreed_ours or "{}")
        fields = {name: value for name, value in _fields(customer).items() if _plain(value) != agreed.get(name)}
        if fields:
            changed[hub_id] = (customer, link, fields)
    if not changed:
        return
    answers = run.back_office.find_customers([CustomerKey(id=link.remote_id) for _, link, _ in changed.values()])
    changes = []
    for (hub_id, (customer, link, fields)), found in zip(changed.items(), answers, strict=True):
        theirs = next((one for one in found if one.id == link.remote_id and not one.deleted), None)
        if theirs is None:
            _hold(run, hub_id, "gone", f"the back office has no customer {link.remote_id} any more", linked)
            continue
        agreed = json.loads(link.agreed_theirs or "{}")
        both = [
            name for name in fields if agreed.get(name) is not None and _plain(_fields(theirs)[name]) != agreed[name]
        ]
        if both:
            text = f"{', '.join(both)} changed on the web and in the back office"
            _hold(run, hub_id, "changed on both sides", text, linked)
            continue
        changes.append((hub_id, customer, theirs, link, fields))
    _send_updates(run, changes, linked)


def _send_updates(
    run: Run, updates: list[tuple[int, Customer, Customer, Link, dict[str, object]]], linked: Linked
) -> None:
    if not updates:
        return
    rows = run.hub.journal.open(
        [
            Entry(BACK_OFFICE, "customer.update", link.remote_id, f"customer {hub_id}", json.dumps(sorted(fields)))
            for hub_id, _, _, link, fields in updates
        ]
    )
    changes = [
        CustomerChange(
            key=link.remote_id, id=link.remote_id, reference=link.reference or "", fields=fields, expected=theirs
        )
        for _, _, theirs, link, fields in updates
    ]
    outcomes = push_halving(run.back_office.push_customers, changes, lambda change: change.key)
    for (hub_id, customer, theirs, link, fields), row, outcome in zip(updates, rows, outcomes, strict=True):
        with run.hub.transaction():
            run.hub.journal.close([(row, _state(outcome), getattr(outcome, "message", ""))])
            if isinstance(outcome, Written):
                run.hub.links.agree(link, _text(_fields(customer)), _text(_fields(theirs) | fields))
                run.hub.holds.clear("customer", [str(hub_id)])
                linked.counts["customers updated"] += 1
            elif isinstance(outcome, Refused):
                _hold(run, hub_id, outcome.reason, f"the back office refused the change: {outcome.message}", linked)


def _name(customer: Customer) -> str:
    return customer.name.strip() or customer.company.strip() or next(iter(customer.emails), "") or "Web customer"


def _fields(customer: Customer) -> dict[str, object]:
    return {name: getattr(customer, name) for name in _FIELDS}


def _plain(value: object) -> object:
    """A field as JSON would give it back, so that what was stored and what is fresh compare."""
    return json.loads(json.dumps(value, default=lambda one: asdict(one), sort_keys=True))


def _text(fields: dict[str, object]) -> str:
    return json.dumps({name: _plain(value) for name, value in fields.items()}, sort_keys=True)


def _state(outcome: object) -> str:
    states = {Written: "done", Queued: "queued", Refused: "refused", Unclear: "unclear"}
    return states.get(type(outcome), "unclear")
