"""Invitations to an account in a store: at most one ever to each, whatever fails and whatever is restored (R70).

What is known is asked of the store first. One that keeps a state tells whether an invitation was sent. Where only we
can leave a mark, the mark is set, and seen to be set, before anything is sent, and nothing is sent to whom it was set
on before. A store with neither is believed to have sent what this hub does not know of, once the hub was restored.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from syncctl import times
from syncctl.connectors.base import WebStore
from syncctl.hub.journal import Entry
from syncctl.model import Customer, Queued, Refused, WriteOutcome, Written
from syncctl.steps.batches import push_halving
from syncctl.steps.run import Counts, Run
from syncctl.steps.side import INVITE, MARK, Side, journal_state
from syncctl.steps.update_customers import hold_gone, hold_unread

_SENT = {"sent": "invitations sent", "refused": "invitations refused"}


def invite_customers(run: Run, side: Side) -> Counts:
    """Have the store invite those who are to be; of each, what became of it is recorded for ever."""
    counts, after = Counts(), 0
    while open_ := run.hub.invitations.open(side.party, side.can.customer_batch, after):
        after = max(open_)
        links = run.hub.links.primaries(side.party, "customer", open_)
        links = {hub_id: link for hub_id, link in links.items() if not link.gone}
        there = side.now(link.remote_id for link in links.values())
        counts += hold_unread(run, side, links)
        for hub_id in [one for one, link in links.items() if link.remote_id not in there]:
            counts += hold_gone(run, side, hub_id, links.pop(hub_id))
        side.let_go_read(links)
        batch = _Batch(
            run, side, run.stores[side.party], {hub_id: link.remote_id for hub_id, link in links.items()}, there
        )
        batch.decide({hub_id: state for hub_id, state in open_.items() if hub_id in links})
        batch.send()
        counts += Counts({_SENT[one]: n for one, n in Counts(batch.ended.values()).items() if one in _SENT})
        run.checkpoint()
    return counts


@dataclass(slots=True)
class _Batch:
    """Some who are to be invited. `ended`: what became of them, by hub customer; `to_send`: who is to be sent one."""

    run: Run
    side: Side
    store: WebStore
    ids: Mapping[int, str]
    there: Mapping[str, Customer]
    to_send: list[int] = field(default_factory=list)
    ended: dict[int, str] = field(default_factory=dict)

    def decide(self, states: Mapping[int, str]) -> None:
        """By what the store tells now, who may be sent one."""
        ways = {"state": self._by_state, "mark": self._by_mark, "blind": self._blindly}
        decide = ways.get(self.store.abilities.invites, self._cannot_tell)
        for hub_id, state in states.items():
            customer = self.there.get(self.ids[hub_id])
            if customer is not None:
                decide(hub_id, state, customer)
        self.run.hub.invitations.put(self.side.party, self.ended)

    def send(self) -> None:
        """Mark them where that is how it is told, then have them invited: journal first, both times."""
        to_send = self.to_send
        if self.store.abilities.invites == "mark":
            done = self._write(MARK, self.store.mark_invited, to_send)
            to_send = [one for one in to_send if isinstance(done[one], Written)]
            self.ended |= {one: "refused" for one, outcome in done.items() if isinstance(outcome, Refused)}
            self.run.hub.invitations.put(self.side.party, self.ended)
        if not to_send:
            return
        self.run.hub.invitations.put(self.side.party, dict.fromkeys(to_send, "sending"))
        outcomes = self._write(INVITE, self.store.send_invites, to_send)
        ended = {hub_id: _ended(outcome) for hub_id, outcome in outcomes.items()}
        self.ended |= {hub_id: state for hub_id, state in ended.items() if state}
        self.run.hub.invitations.put(self.side.party, self.ended)

    def _by_state(self, hub_id: int, state: str, customer: Customer) -> None:
        """It keeps a state of its own: an unclear outcome is looked at again, once it had time to settle."""
        if customer.invited:
            self.ended[hub_id] = "sent before" if state == "wanted" else "sent"
            self.run.hub.journal.supersede(self.side.party, INVITE, [self._key(hub_id)])
        elif customer.invited is None:
            self.ended[hub_id] = "unknown"
        elif state == "wanted" or not self._was_just_sent(INVITE, hub_id):
            self.to_send.append(hub_id)

    def _by_mark(self, hub_id: int, state: str, customer: Customer) -> None:
        """It keeps our mark: who has it is never sent one, but by the hub that set it and sent nothing since."""
        if state == "sending":
            self.ended[hub_id] = "unclear"
        elif self._was_sent(hub_id):
            self.ended[hub_id] = "sent before"
        elif customer.invited is None:
            self.ended[hub_id] = "unknown"
        elif not customer.invited:
            if not self._was_just_sent(MARK, hub_id):
                self.to_send.append(hub_id)
        elif self._is_our_own_mark(hub_id):
            self.to_send.append(hub_id)
        else:
            self.ended[hub_id] = "sent before"

    def _blindly(self, hub_id: int, state: str, customer: Customer) -> None:
        """It tells nothing: only a hub that remembers everything may send, and what is unclear stays so."""
        if state == "sending":
            self.ended[hub_id] = "unclear"
        elif self._was_sent(hub_id):
            self.ended[hub_id] = "sent before"
        elif self._was_restored or customer.invited:
            self.ended[hub_id] = "unknown"
        else:
            self.to_send.append(hub_id)

    def _cannot_tell(self, hub_id: int, _state: str, _customer: Customer) -> None:
        self.ended[hub_id] = "unknown"

    @property
    def _was_restored(self) -> bool:
        return self.run.hub.state("restored_at") is not None

    def _is_our_own_mark(self, hub_id: int) -> bool:
        """Whether this hub set it, has forgotten nothing since, and so knows that nothing was sent."""
        marked = self.run.hub.journal.sent_before(MARK, [self._key(hub_id)])
        return bool(marked) and not self._was_restored

    def _was_sent(self, hub_id: int) -> bool:
        """Whether one may have been sent to this record, though it was another customer's then."""
        return bool(self.run.hub.journal.sent_before(INVITE, [self._key(hub_id)]))

    def _was_just_sent(self, operation: str, hub_id: int) -> bool:
        settle = times.now() - self.run.settings.safety.settle
        return bool(self.run.hub.journal.unsettled(operation, [self._key(hub_id)], settle))

    def _key(self, hub_id: int) -> str:
        return self.side.key(self.ids[hub_id])

    def _write(
        self, operation: str, write: Callable[[Sequence[str]], list[WriteOutcome]], hub_ids: Sequence[int]
    ) -> dict[int, WriteOutcome]:
        if not hub_ids:
            return {}
        entries = [Entry(self.side.party, operation, self._key(one), f"customer {one}") for one in hub_ids]
        rows = self.run.hub.journal.open(entries)
        outcomes = push_halving(write, [self.ids[one] for one in hub_ids], lambda remote_id: remote_id)
        states = [(journal_state(one), _said(one)) for one in outcomes]
        self.run.hub.journal.close([(row, *state) for row, state in zip(rows, states, strict=True)])
        return dict(zip(hub_ids, outcomes, strict=True))


def _said(outcome: WriteOutcome) -> str:
    """Why it was not done, as whoever looks at the customer is shown it."""
    if isinstance(outcome, Refused):
        return f"{outcome.reason}: {outcome.message}" if outcome.message else outcome.reason
    return getattr(outcome, "message", "")


def _ended(outcome: WriteOutcome) -> str:
    """What an outcome means for ever; "": it is looked at again."""
    if isinstance(outcome, Written | Queued):
        return "sent"
    return "refused" if isinstance(outcome, Refused) else ""
