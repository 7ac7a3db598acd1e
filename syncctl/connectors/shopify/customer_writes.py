"""What is written of a shop's customers: who is made, what changes, who is invited."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from syncctl.connectors.shopify.answers import Answer, TooDear
from syncctl.connectors.shopify.base import ShopStore
from syncctl.connectors.shopify.customer_changes import (
    Deed,
    Groups,
    creation,
    deeds_of,
    needs_to_know,
    problem,
    unknown_customer,
)
from syncctl.connectors.shopify.customer_documents import MOST_FIELDS, books, change
from syncctl.connectors.shopify.customer_replies import outcome_of
from syncctl.connectors.shopify.gids import digits_of, gid, is_digits
from syncctl.errors import BatchRefused, DataError, Throttled, Unreachable
from syncctl.model import CustomerChange, Refused, Unclear, WriteOutcome, Written

Row = Mapping[str, Any]
Work = tuple[int, Sequence[Deed]]
"""What is to be done for the change in this place."""

_ONCE = {
    "customerCreate",
    "customerAddressCreate",
    "customerSendAccountInviteEmail",
    "customerEmailMarketingConsentUpdate",  # sent again it might come over an answer that was given since
    "customerSmsMarketingConsentUpdate",
}
"""What is done twice if it is sent twice."""


class CustomerWrites(ShopStore):
    """Customers, as far as they are written."""

    @property
    def groups(self) -> Groups:
        """How the settings have groups kept."""
        return Groups(self.settings.group_prefix, self.settings.groups)

    def push_customers(self, changes: Sequence[CustomerChange]) -> list[WriteOutcome]:
        """Make them, or change what is named: in one request where that is enough, each customer within one.

        Of whom addresses, a name or a group are to change, what stands there is read first.
        """
        self.called("push_customers", changes, self.abilities.customer_batch)
        outcomes: dict[int, WriteOutcome] = {}
        for place, one in enumerate(changes):
            if (no := problem(one, self.groups)) is not None:
                outcomes[place] = no
        rest = [place for place in range(len(changes)) if place not in outcomes]
        there = self._books([changes[place] for place in rest])
        work: list[Work] = []
        for place in rest:
            deeds = self._deeds(changes[place], there)
            if isinstance(deeds, Refused):
                outcomes[place] = deeds
            else:
                work.append((place, deeds))
        outcomes |= self._write_people([one.key for one in changes], work)
        return [outcomes[place] for place in range(len(changes))]

    def send_invites(self, customer_ids: Sequence[str]) -> list[WriteOutcome]:
        """Have the shop send them its invitation to an account, where its accounts are of the kind that needs one."""
        if not self.abilities.invites:
            return super().send_invites(customer_ids)
        self.called("send_invites", customer_ids, self.abilities.customer_batch)
        work: list[Work] = [
            (place, [Deed("customerSendAccountInviteEmail", {"customerId": gid("Customer", one)})])
            for place, one in enumerate(customer_ids)
            if is_digits(one)
        ]
        outcomes = self._write_people(customer_ids, work)
        return [
            outcomes[place] if place in outcomes else unknown_customer(one) for place, one in enumerate(customer_ids)
        ]

    def _books(self, changes: Sequence[CustomerChange]) -> dict[str, Row]:
        """Tags and addresses of those whose change depends on them; who is not there is absent."""
        ids = list(dict.fromkeys(str(one.id) for one in changes if needs_to_know(one)))
        if not ids:
            return {}
        answer = self.admin.read(books(len(ids)), {"ids": [gid("Customer", one) for one in ids]})
        return {digits_of(row["id"]): row for row in answer.data["nodes"] if row is not None}

    def _deeds(self, one: CustomerChange, there: Mapping[str, Row]) -> list[Deed] | Refused:
        if one.id is None:
            return creation(one, self.groups)
        if not needs_to_know(one):
            return deeds_of(one, None, self.groups)
        if one.id not in there:
            return unknown_customer(one.key)
        try:
            return deeds_of(one, there[one.id], self.groups)
        except DataError as error:
            return Refused(key=one.key, reason="unreadable", message=str(error))

    def _write_people(self, keys: Sequence[str], work: Sequence[Work]) -> dict[int, WriteOutcome]:
        """The outcome of each, by its place. Errors: those of a mutation, as long as nothing was done."""
        outcomes: dict[int, WriteOutcome] = {place: Written(key=keys[place]) for place, deeds in work if not deeds}
        sent = False
        for part in _parts([one for one in work if one[1]]):
            try:
                answer = self._send_deeds([deed for _, deeds in part for deed in deeds])
            except (Unreachable, Throttled, DataError, BatchRefused) as error:
                if not sent:
                    raise
                outcomes |= {place: Unclear(key=keys[place], message=str(error)) for place, _ in part}
                continue
            sent, first = True, 0
            for place, deeds in part:
                outcomes[place] = outcome_of(keys[place], deeds, answer, first)
                first += len(deeds)
        return outcomes

    def _send_deeds(self, deeds: Sequence[Deed]) -> Answer:
        variables = {f"m{at}_{name}": value for at, deed in enumerate(deeds) for name, value in deed.arguments.items()}
        keyed = not any(one.field in _ONCE for one in deeds)
        try:
            return self.admin.write(change([one.field for one in deeds]), variables, keyed=keyed)
        except TooDear as error:  # nothing of it was done, and fewer of them are not
            raise BatchRefused(str(error), hint=error.hint) from error


def _parts(work: Sequence[Work]) -> Iterator[list[Work]]:
    """As much as fits into one mutation; what is done for one customer stays together."""
    part: list[Work] = []
    size = 0
    for one in work:
        if part and size + len(one[1]) > MOST_FIELDS:
            yield part
            part, size = [], 0
        part.append(one)
        size += len(one[1])
    if part:
        yield part
