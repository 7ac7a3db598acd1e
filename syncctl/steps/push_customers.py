"""Customers out to one side: who is to be there is made, who changed is told (R4, R13, R22, R39, R65-R69).

The cost follows what waits, never what is linked: the queue and what is pending are found by partial indexes.
"""

from collections.abc import Sequence

from syncctl.steps.invite_customers import invite_customers
from syncctl.steps.link_customers import Linked, ensure
from syncctl.steps.lost_writes import close_seen
from syncctl.steps.match_customers import is_matched
from syncctl.steps.run import BACK_OFFICE, Counts, Run
from syncctl.steps.side import Side, side_of
from syncctl.steps.update_customers import held_as_they_are, tell


def push_customers(run: Run, party: str) -> Counts:
    """Make those who are queued for a side, tell it what changed, and have those invited who are to be."""
    side, counts = side_of(run, party), Counts()
    if not goes_to(run, party) or not side.can.customer_batch or run.still_settling:
        return counts
    _queue(run, party)
    counts += _make(run, side)
    counts += _tell(run, side)
    close_seen(run, side)
    if party != BACK_OFFICE and run.settings.customers.send_invite:
        counts += invite_customers(run, side)
    return counts


def goes_to(run: Run, party: str) -> bool:
    """Whether customers go to this side at all, by the merchant's switches."""
    settings = run.settings.customers
    return settings.enabled and (settings.web_to_back_office if party == BACK_OFFICE else settings.back_office_to_web)


def make_known(run: Run, side: Side, hub_ids: Sequence[int], linked: Linked, *, again: bool = False) -> None:
    """Make sure that a side has these, and take those off its queue who are there. At most a batch."""
    whys = run.hub.uploads.whys(side.party, hub_ids)
    ensure(run, side, hub_ids, linked, again=again)
    there = {hub_id: linked.joined.get(hub_id, hub_id) for hub_id in hub_ids}
    there = {hub_id: now for hub_id, now in there.items() if now in linked.ids}
    with run.hub.transaction():
        run.hub.uploads.sent(side.party, there.values())
        if run.settings.customers.send_invite and side.party != BACK_OFFICE:
            run.hub.invitations.want(side.party, [now for one, now in there.items() if whys.get(one) == "assigned"])


def _queue(run: Run, party: str) -> None:
    """Queue those who go there though nobody asked for them; not before those who are there already were matched."""
    settings = run.settings.customers
    why, is_on = ("any", settings.trigger == "any") if party == BACK_OFFICE else ("all", settings.upload == "all")
    if not is_on:
        run.hub.uploads.queue_no_more(party, why)
    elif settings.match == "create_new" or is_matched(run, party):
        run.hub.uploads.queue_new(party, why)


def _make(run: Run, side: Side) -> Counts:
    linked, after = Linked(), 0
    while waiting := list(run.hub.uploads.waiting(side.party, side.can.customer_batch, after)):
        after = waiting[-1]
        customers = run.hub.customers.load(_meant(run, side, waiting))
        held = held_as_they_are(run, side, customers)
        make_known(run, side, [hub_id for hub_id in customers if hub_id not in held], linked)
        run.checkpoint()
    linked.counts["waiting customers"] += len(linked.waiting)
    return linked.counts


def _tell(run: Run, side: Side) -> Counts:
    counts, after = Counts(), 0
    while pending := run.hub.links.pending(side.party, side.can.customer_batch, after):
        after = pending[-1]
        if side.party != BACK_OFFICE and run.settings.customers.upload == "assigned":
            belong = run.hub.uploads.among(side.party, pending)
            pending = [hub_id for hub_id in pending if hub_id in belong]
        counts += tell(run, side, _meant(run, side, pending)).counts
        run.progress(f"{side.party}: {counts['customers updated']} customers updated")
        run.checkpoint()
    return counts


def _meant(run: Run, side: Side, hub_ids: Sequence[int]) -> list[int]:
    """Where a run is for some stores only, the back office is told of those stores' customers only."""
    if not run.only or side.party != BACK_OFFICE:
        return list(hub_ids)
    links = run.hub.links.of_customers(hub_ids)
    return [one for one in hub_ids if any(link.party in run.only for link in links.get(one, ()))]
