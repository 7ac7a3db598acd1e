"""Customers of a WooCommerce shop: read by id, found by id or login e-mail address, written by batches.

The shop does not tell who changed. New accounts have the highest ids, so that a reading goes on behind the last one
that it had, and everybody is read again once in the setting `customers_pass`.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from syncctl import times
from syncctl.connectors.base import Page
from syncctl.connectors.woocommerce.about import SiteStore
from syncctl.connectors.woocommerce.customer_replies import created, updated
from syncctl.connectors.woocommerce.customer_words import ROW_FIELDS, Groups, problem, to_customer, to_row
from syncctl.connectors.woocommerce.site import MOST_ROWS, Declined
from syncctl.connectors.woocommerce.walk import Stride
from syncctl.errors import BatchRefused, CursorLost, DataError
from syncctl.model import Customer, CustomerChange, CustomerKey, Unreadable, WriteOutcome
from syncctl.settings import WooCommerceStoreSettings

_QUERY = {"role": "all", "_fields": ROW_FIELDS}  # a buyer may be a wholesaler, or of the staff


class CustomerStore(SiteStore):
    """Customers and their groups."""

    @property
    def groups(self) -> Groups:
        """Where the settings say that groups are kept."""
        return groups_of(self.settings)

    def fetch_customers(self, cursor: str | None) -> Iterator[Page[Customer]]:
        at = Cursor.begun(cursor, self.settings)
        for stride in self.site.walk("customers", _QUERY, at.after, at.offset):
            at = at.moved(stride)
            read = [self._read_customer(row) for row, _ in stride.rows]
            yield Page(
                records=[one for one in read if isinstance(one, Customer)],
                unreadable=[one for one in read if isinstance(one, Unreadable)],
                cursor=at.text(),
                full=cursor is None,
            )

    def _read_customer(self, row: Mapping[str, Any]) -> Customer | Unreadable:
        try:
            return to_customer(row, self.groups)
        except DataError as error:
            return Unreadable(id=str(row.get("id"))[:60], reason=str(error))

    def find_customers(self, keys: Sequence[CustomerKey]) -> list[list[Customer]]:
        """Those with this id, or whose login is this e-mail address; an address that only bills somebody finds nobody.

        Errors: DataError for a candidate that cannot be read: whether it is the one, nobody can tell.
        """
        self.called("find_customers", keys, self.abilities.customer_batch)
        by_id = self._with_ids([key.id for key in keys if key.id])
        by_email = {email: self._with_email(email) for email in dict.fromkeys(_email(key) for key in keys) if email}
        found = [[*by_id.get(key.id or "", ()), *by_email.get(_email(key), ())] for key in keys]
        return [list({one.id: one for one in group}.values()) for group in found]

    def _with_ids(self, ids: Sequence[str]) -> dict[str, list[Customer]]:
        rows = self.site.by_ids("customers", ids, _QUERY) if ids else []
        people = [to_customer(row, self.groups) for row, _ in rows]
        return {one.id: [one] for one in people}

    def _with_email(self, email: str) -> list[Customer]:
        """Whose login it is; nobody's, where the shop says that it is no address at all."""
        try:
            rows = self.site.rows("customers", {**_QUERY, "email": email, "per_page": str(MOST_ROWS)})
        except Declined as error:
            if error.status == 400:
                return []
            raise
        return [to_customer(row, self.groups) for row in rows]

    def push_customers(self, changes: Sequence[CustomerChange]) -> list[WriteOutcome]:
        """In one call. An account is made with a user name and a password of the shop's own choice."""
        self.called("push_customers", changes, self.abilities.customer_batch)
        outcomes: dict[int, WriteOutcome] = {}
        for place, change in enumerate(changes):
            if (no := problem(change, self.groups)) is not None:
                outcomes[place] = no
        rest = [place for place in range(len(changes)) if place not in outcomes]
        made = [place for place in rest if changes[place].id is None]
        told = [place for place in rest if changes[place].id is not None]
        if rest:
            work = {"create": made, "update": told}
            rows = {word: [to_row(changes[one], self.groups) for one in places] for word, places in work.items()}
            answer = self.site.batch("customers", {word: some for word, some in rows.items() if some})
            outcomes |= zip(made, created([changes[one] for one in made], answer.get("create", [])), strict=True)
            outcomes |= zip(told, updated([changes[one] for one in told], answer.get("update", [])), strict=True)
        return [outcomes[place] for place in range(len(changes))]

    def fetch_groups(self) -> list[str]:
        return list(dict.fromkeys(self.groups.titles or self.groups.roles.values()))

    def create_groups(self, titles: Sequence[str]) -> None:
        if missing := sorted(set(titles) - set(self.fetch_groups())):
            raise BatchRefused(
                f"{self.name} has no group {missing[0][:60]!r}: its groups are those that the settings name.",
                hint=f"Add it to stores.{self.name}.groups, or to stores.{self.name}.roles, as the shop has it.",
            )


def groups_of(settings: WooCommerceStoreSettings) -> Groups:
    """Where groups are kept, by the settings."""
    by_meta = settings.group_by == "meta"
    return Groups(
        key=settings.group_key if by_meta else "",
        titles=settings.groups if by_meta else (),
        roles=settings.roles if settings.group_by == "role" else {},
    )


def _email(key: CustomerKey) -> str:
    """The address to look for: upper and lower case are the same to the shop."""
    return (key.email or "").strip().casefold()


@dataclass(frozen=True, slots=True)
class Cursor:
    """Read up to the account `after`, which stands at `offset`. `passed_at`: when everybody was last begun to be read.

    `whole`: everybody is being read at the moment. `mark`: of where groups were kept then.
    """

    after: int = 0
    offset: int = 0
    passed_at: datetime | None = None
    whole: bool = False
    mark: str = ""

    @classmethod
    def begun(cls, text: str | None, settings: WooCommerceStoreSettings) -> "Cursor":
        """Where a reading goes on: behind the last account, or from the first where everybody is due again."""
        mark = _mark(groups_of(settings))
        at = cls() if text is None else cls._parse(text)
        if at.mark != mark or (not at.whole and times.is_due(at.passed_at, settings.customers_pass)):
            return cls(passed_at=times.now(), whole=True, mark=mark)
        return at

    @classmethod
    def _parse(cls, text: str) -> "Cursor":
        """Read our own text back. Errors: CursorLost."""
        try:
            row = json.loads(text)
            at = cls(row["after"], row["offset"], times.from_text(row["passed_at"]), row["whole"], row["mark"])
            if not (type(at.after) is int and type(at.offset) is int and type(at.whole) is bool):
                raise ValueError("it counts nothing")
        except (ValueError, TypeError, LookupError, OverflowError) as error:
            raise CursorLost(f"{text[:60]!r} is no cursor of this store's customers: {error}.") from error
        return at

    def moved(self, stride: Stride) -> "Cursor":
        """Behind a page: the next one begins with the last account that was read."""
        offset = stride.end if stride.is_last else stride.offset
        return replace(self, after=stride.after, offset=offset, whole=self.whole and not stride.is_last)

    def text(self) -> str:
        passed_at = None if self.passed_at is None else times.to_text(self.passed_at)
        return json.dumps({**asdict(self), "passed_at": passed_at})


def _mark(groups: Groups) -> str:
    """Changes when the groups of all would be read otherwise."""
    how = json.dumps([groups.key, dict(groups.roles)], sort_keys=True)
    return hashlib.blake2b(how.encode(), digest_size=6).hexdigest()
