"""What became of changes whose reply was lost, or that were taken in for later: seen in the record, once it is read.

A side that cuts what it is told would otherwise look as if somebody there had edited it (R24: nobody's name is cut by a
lost reply).
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

from syncctl import times
from syncctl.hub.journal import Unfinished
from syncctl.hub.links import Link
from syncctl.model import Consent, Customer
from syncctl.rules.consent import NO
from syncctl.rules.merging import Plain, made_of, plain
from syncctl.steps.run import Run
from syncctl.steps.side import CREATE_GROUP, UPDATE, Side

_A_DAY = timedelta(days=1)


def recall_all(run: Run, side: Side) -> None:
    """Before a side is read: learn what became of all changes of customers that it may have made, or not."""
    if not side.can.customer_batch:
        return
    after = 0
    while ids := run.hub.links.pending(side.party, side.can.customer_batch, after):
        after = ids[-1]
        links = run.hub.links.primaries(side.party, "customer", ids)
        open_ = _unfinished(run, side, links)
        links = {hub_id: link for hub_id, link in links.items() if hub_id in open_}
        recall(run, side, side.now(link.remote_id for link in links.values()), links)


def recall(run: Run, side: Side, there: Mapping[str, Customer], links: Mapping[int, Link]) -> None:
    """Of these records as they are now: what a change that was sent made of them is agreed, and no edit of theirs."""
    with run.hub.transaction():
        for hub_id, row in _unfinished(run, side, links).items():
            link = links[hub_id]
            if link.remote_id not in there:
                continue
            ours, theirs, now = link.ours, link.theirs, plain(there[link.remote_id], True)
            sent = json.loads(row.payload or "{}")
            _recall_answers(run, side, hub_id, there[link.remote_id].consents, sent.get("consents", ()))
            for name in sent.keys() & now.keys():
                if now[name] != theirs.get(name) and made_of(sent[name], now[name]):
                    ours[name], theirs[name] = sent[name], now[name]
            if theirs != link.theirs:
                run.hub.links.settle(link, ours, theirs, None, None, pending=True)
                run.hub.journal.supersede(side.party, UPDATE, [side.key(link.remote_id)])


def _recall_answers(
    run: Run, side: Side, hub_id: int, shown: Iterable[Consent], sent: Iterable[tuple[str, str, str | None]]
) -> None:
    """Answers that stand there as they were sent are no words of that side's own; a no without a time may be one.

    What was sent without a time may have the one at which it came.
    """
    at = {(channel, state): text for channel, state, text in sent}
    ours = []
    for one in shown:
        key = (one.channel, one.state)
        timed = one.changed_at is not None and _second(times.to_text(one.changed_at)) == _second(at.get(key))
        untimed = one.changed_at is None or (key in at and at[key] is None)
        if key in at and (timed or (untimed and one.state != NO)):
            given = at[key]
            ours.append(replace(one, changed_at=None if given is None else times.from_text(given)))
    if ours:
        run.hub.consents.tell(hub_id, side.party, ours, times.now())


def _second(at: str | None) -> str | None:
    """A time as those sides keep it that keep no parts of a second."""
    return at[: len("2026-01-02T03:04:05")] if at else None


def close_seen(run: Run, side: Side) -> None:
    """What was sent, and is not waited for any more, stands there: it was seen in a reading; so it is with groups."""
    keys = {side.remote_id(key): key for key in run.hub.journal.left_open(side.party, UPDATE)}
    links = run.hub.links.by_remote(side.party, "customer", keys)
    seen = [key for remote_id, key in keys.items() if remote_id in links and not links[remote_id].pending]
    run.hub.journal.supersede(side.party, UPDATE, seen)
    if run.hub.journal.left_open(side.party, CREATE_GROUP):
        run.hub.journal.supersede(side.party, CREATE_GROUP, map(side.key, side.titles))


def still_settling(run: Run, side: Side, links: Mapping[int, Link]) -> set[int]:
    """Those of whom a change was sent just now, with no known outcome: it may not be seen there yet."""
    settle = times.now() - run.settings.safety.settle
    rows = _unfinished(run, side, links)
    return {hub_id for hub_id, row in rows.items() if row.state != "queued" and row.at > settle}


def on_their_way(run: Run, side: Side, links: Mapping[int, Link]) -> dict[int, Plain]:
    """What was taken in for later last, within a day, by hub customer: the same is not sent again meanwhile."""
    since = times.now() - _A_DAY
    return {
        hub_id: json.loads(row.payload or "{}")
        for hub_id, row in _unfinished(run, side, links).items()
        if row.state == "queued" and row.at > since
    }


def _unfinished(run: Run, side: Side, links: Mapping[int, Link]) -> dict[int, Unfinished]:
    """The last change sent of each, where its outcome is not known."""
    by_key = {side.key(link.remote_id): hub_id for hub_id, link in links.items()}
    return {by_key[key]: row for key, row in run.hub.journal.unfinished(UPDATE, by_key).items()}
