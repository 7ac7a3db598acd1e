"""A person says who is who: this customer is that record, or nobody there (I4)."""

from syncctl import times
from syncctl.errors import ConfigError, DataError
from syncctl.model import Customer, CustomerKey
from syncctl.rules.matching import email_spellings, keys_of, phone_spellings
from syncctl.steps.link_customers import keys_of_ours, references_of
from syncctl.steps.push_one import Pushed, push_one
from syncctl.steps.run import Run
from syncctl.steps.side import CREATE, Side, side_of

BY_HAND = "by hand"


def link_to(run: Run, party: str, hub_id: int, remote_id: str) -> Customer:
    """Link this customer to that record of a side, once it is seen to be there; returns the record.

    What either says that the other does not is merged by the next run, as on a first meeting. Errors: ConfigError if
    there is no such customer, or no such record.
    """
    _known(run, hub_id)
    side = side_of(run, party)
    there = side.now([remote_id]).get(remote_id)
    if remote_id in side.unreadable:
        raise DataError(f"{party}'s customer {remote_id[:60]!r} cannot be read: {side.unreadable[remote_id]}")
    if there is None:
        raise ConfigError(
            f"{party} has no customer {remote_id[:60]!r}; nothing was linked",
            hint=f"To have one made there: syncctl customers link {hub_id} --to {party} --new",
        )
    run.hub.joining.link(hub_id, party, remote_id, BY_HAND, run.settings.customers)
    return there


def link_to_new(run: Run, party: str, hub_id: int) -> Pushed:
    """Have a new record made for this customer: whoever shares an e-mail or phone there is somebody else.

    Errors: ConfigError if there is no such customer, or he has a record there.
    """
    customer = _known(run, hub_id)
    link = run.hub.links.primaries(party, "customer", [hub_id]).get(hub_id)
    if link is not None:
        raise ConfigError(
            f"customer {hub_id} is {link.remote_id} in {party} already; nothing was done",
            hint=f"To part them first: syncctl customers unlink {hub_id} --from {party}",
        )
    side = side_of(run, party)
    if not _was_begun(run, side, hub_id, customer):
        others = _alike(run, side, customer)
        with run.hub.transaction():
            run.hub.joining.keep_apart(hub_id, party, others)
            run.hub.holds.clear("customer", [str(hub_id)], party=party)
    return push_one(run, party, hub_id)


def _was_begun(run: Run, side: Side, hub_id: int, customer: Customer) -> bool:
    """Whether one was made for him that the hub does not know of, or may have been: its reply was lost.

    He keeps the name by which that one is looked up, and it is not taken for somebody else's.
    """
    reference = references_of(run, side, [hub_id]).get(hub_id)
    if reference is None:
        raise ConfigError(
            f"customer {hub_id} has no record on any side that one could be named after; nothing was done",
            hint=f"To say who it is: syncctl customers link {hub_id} --to {side.party} --as REMOTE_ID",
        )
    settle = times.now() - run.settings.safety.settle
    if run.hub.journal.unsettled(CREATE, [side.key(reference)], settle):
        return True
    there = side.find(keys_of_ours(side, customer, reference))
    return any(one.reference == reference for group in there for one in group)


def _known(run: Run, hub_id: int) -> Customer:
    customer = run.hub.customers.load([hub_id]).get(hub_id)
    if customer is None:
        raise ConfigError(f"there is no customer {hub_id}", hint="See who there is: syncctl customers list")
    return customer


def _alike(run: Run, side: Side, customer: Customer) -> list[str]:
    """The ids of those there who share a key with this customer."""
    settings = run.settings.customers
    wanted = keys_of(customer, settings)
    search = side.can.customer_search
    keys = []
    if "email" in search:
        keys += [CustomerKey(email=text) for email in customer.emails for text in email_spellings(email)]
    if "phone" in search:
        spellings = (text for phone in customer.phones for text in phone_spellings(phone, settings.country))
        keys += [CustomerKey(phone=text) for text in spellings]
    found = {one.id: one for group in side.find(keys) for one in group}
    return [remote_id for remote_id, one in found.items() if wanted & keys_of(one, settings)]
