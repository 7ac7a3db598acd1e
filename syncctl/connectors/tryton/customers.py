"""Customers are Tryton's parties; those that were made for one guest's order are none."""

import json
import operator
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from syncctl import times
from syncctl.connectors.base import Page
from syncctl.connectors.tryton.base import Row, ShopBooks
from syncctl.connectors.tryton.cursors import Span, changed_since
from syncctl.connectors.tryton.customer_words import (
    FIELDS,
    Refusal,
    Values,
    change_of,
    creation_of,
    is_guest,
    to_customer,
)
from syncctl.connectors.tryton.halving import each
from syncctl.connectors.tryton.identifiers import id_of, is_settled
from syncctl.connectors.tryton.parties import Parties
from syncctl.connectors.tryton.rpc import Declined
from syncctl.connectors.tryton.values import ids_of
from syncctl.errors import BatchRefused, CursorLost
from syncctl.model import Customer, CustomerChange, CustomerKey, Mismatch, Refused, WriteOutcome, Written

_GROUPS = "party.category"
_HANGING = ("contact_mechanisms", "addresses", "categories", "identifiers")
_ON = "party_tax_identifier"
_DIGITS = 7  # the last ones of a phone number that a search goes by; the caller compares the whole
Job = tuple[int, Values]
"""The place of a change among those that were given, and what is written for it."""


class CustomerBooks(ShopBooks):
    """Read by change: of the party and of what hangs on it (`_HANGING`), for none of them moves another.

    A deletion leaves no trace in Tryton. Where there are fewer records than before, everything is read again; a party
    that was deleted, and not put out of use, is told of by nobody.
    """

    def fetch_customers(self, cursor: str | None) -> Iterator[Page[Customer]]:
        before, counts = _parsed(cursor)
        now = self._counts()
        anew = bool(counts) and (len(now) != len(counts) or any(map(operator.lt, now, counts)))
        counts = now if anew else counts
        span = Span.begin(before, self.now(), anew=anew)
        while True:
            rows = self._changed(span)
            last = len(rows) < self.page_size
            text = span.ended() if last else span.at(rows[-1]["id"])
            records = [_timed(to_customer(row), span) for row in rows if not is_guest(row)]
            yield Page(records=records, cursor=_text(text, now if last else counts), full=span.full)
            if last:
                return
            span = Span.parse(text)

    def find_customers(self, keys: Sequence[CustomerKey]) -> list[list[Customer]]:
        self.called("find_customers", keys, self.abilities.customer_batch)
        domains = [_domain(key) for key in keys]
        wanted: list[Any] = ["OR", *(one for domain in domains for one in domain)]
        rows = self._parties([wanted]) if len(wanted) > 1 else []
        people = [to_customer(row) for row in rows if not is_guest(row)]
        return [[one for one in people if _may_be(one, key)] for key in keys]

    def push_customers(self, changes: Sequence[CustomerChange]) -> list[WriteOutcome]:
        """Who is new is made in one call, who changes is written in one; halved where that is refused."""
        self.called("push_customers", changes, self.abilities.customer_batch)
        groups, country = self._groups(), Parties(self).country
        outcomes: dict[int, WriteOutcome] = {}
        made: list[Job] = []
        written: list[Job] = []
        there = self._there(changes)
        invoiced = self._invoiced(changes, there)
        for place, change in enumerate(changes):
            try:
                if change.fields.get("consents"):
                    raise Refusal("no_consent", "Tryton keeps no answers about marketing")
                if change.id is None:
                    made.append((place, creation_of(change, groups, country)))
                elif (row := there.get(change.id)) is None:
                    outcomes[place] = Refused(key=change.key, reason="unknown_customer", message=_GONE)
                elif _was_touched(change, to_customer(row)):
                    outcomes[place] = Mismatch(key=change.key)
                elif values := change_of(change, row, groups, country, invoiced):
                    written.append((place, {"id": row["id"], **values}))
                else:
                    outcomes[place] = Written(key=change.key, remote_id=change.id)
            except Refusal as refusal:
                outcomes[place] = Refused(key=change.key, reason=refusal.reason, message=str(refusal))
        for jobs, call in ((made, self._make), (written, self._write)):
            for (place, _), answer in each(jobs, call):
                outcomes[place] = _outcome(changes[place], answer)
        return [outcomes[place] for place in range(len(changes))]

    def fetch_groups(self) -> list[str]:
        return list(self._groups())

    def create_groups(self, titles: Sequence[str]) -> None:
        there = self._groups()
        missing = [one for one in dict.fromkeys(titles) if one not in there]
        if not missing:
            return
        try:
            self.write(_GROUPS, "create", [{"name": one} for one in missing])
        except Declined as error:  # none of our rights, or another has just made it
            if not set(missing) <= set(self._groups()):
                raise BatchRefused(f"Tryton makes no category {missing[0][:60]!r}: {error.said}") from None

    def _groups(self) -> dict[str, int]:
        rows = self.rows(_GROUPS, [["parent", "=", None]], ["name"])
        return {row["name"]: row["id"] for row in rows}

    def _there(self, changes: Sequence[CustomerChange]) -> dict[str, Row]:
        ids = ids_of(one.id for one in changes if one.id)
        rows = self._parties([["id", "in", ids]]) if ids else []
        return {str(row["id"]): row for row in rows if row["active"]}

    def _invoiced(self, changes: Sequence[CustomerChange], there: Mapping[str, Row]) -> set[int]:
        """Of the identifiers that are to be changed, those that invoices stand on: it would be changed on them, too."""
        rows = [there[one.id or ""] for one in changes if "tax_id" in one.fields and one.id in there]
        ids = [one for one in map(id_of, rows) if one is not None]
        invoices = self.rows("account.invoice", [[_ON, "in", ids]], [_ON]) if ids else []
        return {row[_ON] for row in invoices}

    def _make(self, jobs: Sequence[Job]) -> list[int]:
        made: list[int] = self.write("party.party", "create", [values for _, values in jobs])
        return made

    def _write(self, jobs: Sequence[Job]) -> list[int]:
        ids: list[int] = [values["id"] for _, values in jobs]
        arguments: list[Any] = []
        for id_, (_, values) in zip(ids, jobs, strict=True):
            arguments += [[id_], {name: value for name, value in values.items() if name != "id"}]
        self.write("party.party", "write", *arguments)
        return ids

    def _changed(self, span: Span) -> list[Row]:
        changed = [] if span.full else [changed_since(span.from_then, *_HANGING)]
        return self._parties([["id", ">", span.after], *changed], self.page_size, gone=True)

    def _parties(self, domain: list[Any], most: int | None = None, *, gone: bool = False) -> list[Row]:
        """Parties by id, but for the company itself and the shop's own guest; `gone`: those out of use too."""
        own = [one for one in (self.shop.company_party, self.shop.guest_party) if one]
        in_use = [["active", "in", [True, False]]] if gone else []
        context = {**self.shop.context, "active_test": False}
        rows: list[Row] = self.rpc.read(
            "party.party",
            "search_read",
            [["id", "not in", own], *in_use, *domain],
            0,
            most,
            [["id", "ASC"]],
            FIELDS,
            context=context,
        )
        return self._settled(rows if gone else [row for row in rows if row["active"]])

    def _settled(self, rows: list[Row]) -> list[Row]:
        """Ask again where what Tryton takes for taxes is out of use: it tells of another where it looks at no such."""
        ids = [row["id"] for row in rows if row["active"] and not is_settled(row)]
        found = self.rows("party.party", [["id", "in", ids]], ["tax_identifier"]) if ids else []
        known = {row["id"]: row for row in found}
        return [{**row, **known.get(row["id"], {})} for row in rows]

    def _counts(self) -> list[int]:
        """How many there are of what hangs on parties."""
        models = ("party.contact_mechanism", "party.address", _GROUPS, "party.identifier")
        every = [["active", "in", [True, False]]]
        return [self.rpc.read(model, "search_count", every if model != _GROUPS else []) for model in models]


_GONE = "the customer is not there any more, or out of use"


def _timed(customer: Customer, span: Span) -> Customer:
    """Who is older than what was read before, and is told again, may have had something deleted: nobody knows when.

    What hung on him and was younger would make that look like a reading from before it was there.
    """
    known = not span.full or customer.changed_at is None or times.to_text(customer.changed_at) >= span.known
    return customer if known else replace(customer, changed_at=None)


def _was_touched(change: CustomerChange, now: Customer) -> bool:
    """Whether somebody changed what is to be written since the caller read it."""
    before = change.expected
    return before is not None and any(getattr(now, name) != getattr(before, name) for name in change.fields)


def _outcome(change: CustomerChange, answer: int | Declined) -> WriteOutcome:
    if isinstance(answer, Declined):
        return Refused(key=change.key, reason="refused", message=answer.said)
    return Written(key=change.key, remote_id=str(answer))


def _domain(key: CustomerKey) -> list[Any]:
    """What a search for somebody goes by: it may find too many."""
    domain: list[Any] = []
    if key.id and (ids := ids_of([key.id])):
        domain.append(["id", "in", ids])
    if key.reference:
        domain.append(["code", "=", key.reference])
    if key.email:
        domain.append(["contact_mechanisms.value", "ilike", _escaped(key.email)])
    if key.phone and (digits := [one for one in key.phone if one.isdigit()][-_DIGITS:]):
        domain.append(["contact_mechanisms.value", "like", f"%{'%'.join(digits)}%"])
    return domain


def _may_be(customer: Customer, key: CustomerKey) -> bool:
    last = "".join(one for one in key.phone or "" if one.isdigit())[-_DIGITS:]
    return (
        (key.id is not None and customer.id == key.id)
        or (key.reference is not None and customer.reference == key.reference)
        or (key.email is not None and key.email.casefold() in [one.casefold() for one in customer.emails])
        or bool(last and any("".join(filter(str.isdigit, one)).endswith(last) for one in customer.phones))
    )


def _escaped(text: str) -> str:
    """A text that LIKE takes as it is."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _parsed(cursor: str | None) -> tuple[str | None, list[int]]:
    if cursor is None:
        return None, []
    try:
        span, counts = json.loads(cursor)
        if not isinstance(span, str) or not all(type(one) is int for one in counts):
            raise ValueError
    except (ValueError, TypeError):
        raise CursorLost(f"{cursor[:60]!r} is no cursor of Tryton's customers.") from None
    return span, counts


def _text(span: str, counts: Sequence[int]) -> str:
    return json.dumps([span, list(counts)], separators=(",", ":"))
