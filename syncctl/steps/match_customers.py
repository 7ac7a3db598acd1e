"""Who is on both sides already is linked, without an order (R32): by our reference, else by e-mail or phone."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from syncctl.hub.bulk import in_chunks
from syncctl.hub.holds import Hold
from syncctl.hub.sync import CUSTOMERS_MATCHED
from syncctl.rules.matching import Decision
from syncctl.rules.references import name_for
from syncctl.steps.run import BACK_OFFICE, Counts, Run

TIE = "which customer?"


@dataclass(frozen=True, slots=True)
class Matched:
    """What became of a web customer: joined by `rule` with `records` of the back office, or held for `problem`."""

    hub_id: int
    web: tuple[str, str]  # the store, and its id there
    records: tuple[str, ...]
    rule: str
    problem: str


def match_customers(run: Run, *, dry_run: bool = False) -> list[Matched]:
    """Join all web customers with those of the back office that they are; hold those of whom it cannot be told.

    Returns what was done; `dry_run`: what would be done, and nothing is.
    """
    hub, settings = run.hub, run.settings.customers
    hub.matching.rekey(settings)
    found = hub.matching.by_reference(lambda party, hub_ids: _names(run, party, hub_ids))
    if not dry_run:
        _settle(run, found)
        found_by_key = hub.matching.match_all(settings)
        _settle(run, found_by_key)
        _let_go(run, found_by_key)
    else:
        taken = {one.hub_id for one in found} | {one.other for one in found}
        found_by_key = [one for one in hub.matching.match_all(settings) if one.hub_id not in taken]
    return _told(run, found + found_by_key)


def match_new(run: Run, hub_ids: Collection[int], *, by_key: bool = True) -> Counts:
    """The same for these customers; by key once all were matched, and with those that share one with them."""
    if not hub_ids:
        return Counts()
    found = run.hub.matching.by_reference(lambda party, ids: _names(run, party, ids), hub_ids)
    counts = _settle(run, found)
    if not by_key or not keeps_mirror(run):
        return counts
    gone = {one.other for one in found}
    found = run.hub.matching.match_some([one for one in hub_ids if one not in gone], run.settings.customers)
    return counts + _settle(run, found)


def keeps_mirror(run: Run) -> bool:
    """Whether the hub has all customers of the back office, as they are now."""
    return run.settings.customers.back_office_to_web and is_matched(run, BACK_OFFICE)


def is_matched(run: Run, party: str) -> bool:
    """Whether this party's customers were all read once and matched."""
    return party in run.hub.matching.matched


def match_first(run: Run, parties: Iterable[str]) -> Counts:
    """Match all, if the customers of one of these parties, which were all read, never were."""
    wanted = sorted(parties)
    if all(is_matched(run, party) for party in wanted):
        return Counts()
    done = match_customers(run)
    run.hub.set_state(CUSTOMERS_MATCHED, "\n".join(sorted({*run.hub.matching.matched, *wanted})))
    joined = sum(not one.problem for one in done)
    return Counts({"customers linked": joined, "customers held": len(done) - joined})


def _settle(run: Run, decisions: Iterable[Decision]) -> Counts:
    """Join and hold, as decided; a customer that was joined meanwhile is not joined again."""
    counts = Counts()
    gone: set[int] = set()
    for some in in_chunks(decisions):
        run.checkpoint()
        with run.hub.transaction():
            for one in some:
                if one.hub_id in gone or one.other in gone:
                    continue
                if one.problem:
                    counts["newly held"] += _hold(run, one)
                else:
                    gone.add(_join(run, one))
                    counts["customers linked"] += 1
    return counts


def _join(run: Run, one: Decision) -> int:
    """Join two customers; the hub id that is no more. What was sent under the reference has arrived."""
    web, other = one.hub_id, one.other or 0
    winner, loser = (other, web) if one.same else (web, other)
    run.hub.joining.join(winner, loser, one.rule, run.settings.customers)
    party, reference = one.made_as
    if party:
        key = reference if party == BACK_OFFICE else f"{party}:{reference}"
        run.hub.journal.supersede(party, "customer.create", [key])
    return loser


def _hold(run: Run, one: Decision) -> bool:
    following = f"syncctl customers link {one.hub_id} --to back-office --as {one.records[0]} (or --new)"
    hold = Hold(
        party=BACK_OFFICE,
        kind="customer",
        record=str(one.hub_id),
        reason=TIE,
        message=f"customer {one.hub_id}: {one.problem}; its orders go on under customers.fallback",
        detail={"records": list(one.records), "next": following},
    )
    return run.hub.holds.put(hold)


def _let_go(run: Run, decisions: Iterable[Decision]) -> None:
    """Those who were held and are in doubt no more: all were looked at."""
    doubtful = {str(one.hub_id) for one in decisions if one.problem}
    held = run.hub.holds.held_for(BACK_OFFICE, "customer", TIE) - doubtful
    linked = run.hub.links.primaries(BACK_OFFICE, "customer", map(int, held))
    mended = [record for record in held if int(record) not in linked]
    run.hub.holds.clear("customer", mended, party=BACK_OFFICE)


def _told(run: Run, decisions: list[Decision]) -> list[Matched]:
    first = run.hub.customers.first_links({one.hub_id for one in decisions} | {one.other or 0 for one in decisions})
    return [
        Matched(one.hub_id, first.get(one.hub_id) or first[one.other or 0], one.records, one.rule, one.problem)
        for one in decisions
    ]


def _names(run: Run, party: str, hub_ids: Iterable[int]) -> Mapping[int, str]:
    """The references by which these customers are made at a party; of nobody who could not be made there."""
    ids = list(hub_ids)
    home = run.hub.customers.first_links(ids)
    if party != BACK_OFFICE:
        office = run.hub.links.primaries(BACK_OFFICE, "customer", ids)
        home = {hub_id: (BACK_OFFICE, link.remote_id) for hub_id, link in office.items()}
    connector = run.back_office if party == BACK_OFFICE else run.stores[party]
    before = run.hub.joining.how_often_apart(ids, party)
    return {
        hub_id: name_for(
            (run.hub.parties.identity(of), remote_id, "customer", *([str(before[hub_id])] if hub_id in before else [])),
            connector.abilities.reference_length,
        )
        for hub_id, (of, remote_id) in home.items()
    }
