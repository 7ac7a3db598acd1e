"""A shop's customers: read by change, found exactly, made whole, changed field by field, invited once."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from syncctl.connectors.ahead import ahead
from syncctl.connectors.base import Page
from syncctl.connectors.shopify.answers import Answer, Misplaced
from syncctl.connectors.shopify.cost import Sizer
from syncctl.connectors.shopify.customer_changes import e164
from syncctl.connectors.shopify.customer_documents import customers, some_customers
from syncctl.connectors.shopify.customer_walk import Cursor
from syncctl.connectors.shopify.customer_words import is_bare, to_customer
from syncctl.connectors.shopify.customer_writes import CustomerWrites
from syncctl.connectors.shopify.gids import digits_of, gid, is_digits
from syncctl.connectors.shopify.pages import read_page
from syncctl.connectors.shopify.refusals import denied
from syncctl.errors import BatchRefused, CursorLost, DataError
from syncctl.model import Customer, CustomerKey, Unreadable

Term = tuple[str, str]
"""One thing to look for: id, email or phone, and its value."""

_FIRST_PAGE = 50
_TERMS = 70  # of one look-up
_TELLING = 3  # customers of a page of whom none can be read: that is no matter of one record
_ADDRESS = re.compile(r"[^\s@]{1,64}@[^\s@]+\.[^\s@.]+")  # what is none may be an error of a whole look-up
_MOST_DIGITS = 18

Row = Mapping[str, Any]


class CustomerStore(CustomerWrites):
    """Customers, their groups and consents."""

    def expect_customers(self, cursor: str | None) -> None:
        """Have the next reading of orders bring those who changed last."""
        try:
            begins = self.settings.customer_data and Cursor.parse(cursor).begins_with_the_last_changes
        except CursorLost:
            begins = False
        self.along.cursor = cursor if begins else None

    def fetch_customers(self, cursor: str | None) -> Iterator[Page[Customer]]:
        """Everybody, or who changed; nobody at all where the app may not see them."""
        at = Cursor.parse(cursor)
        if self.settings.customer_data:
            yield from ahead(self._pages_of_people(at, self.along.take(cursor)))

    def _pages_of_people(self, at: Cursor, first: Answer | None) -> Iterator[Page[Customer]]:
        sizer, full = Sizer(self.settings.page_size, _FIRST_PAGE), at == Cursor()
        while True:
            answer = first or self._page_of_people(at, sizer)
            first = None
            people, unreadable = self._read_people(answer)
            behind = at.behind(answer, people)
            wanted = [one for one in people if at.wants(one)]
            yield Page(records=wanted, unreadable=unreadable, cursor=behind.text(), full=full)
            if behind.after is None:
                return
            at = behind

    def _page_of_people(self, at: Cursor, sizer: Sizer) -> Answer:
        """The next page, in as many parts as it takes. Errors: CursorLost where it began in another time."""
        order = {"sort": "ID" if at.since is None else "UPDATED_AT", "reverse": at.since is not None}
        try:
            answer = read_page(
                self.admin, sizer, lambda size: (customers(size), {"first": size, "after": at.after, **order})
            )
        except Misplaced as error:
            raise CursorLost(f"{self.name} does not know any more where a reading of customers stood.") from error
        sizer.went_well(answer.cost)
        return answer

    def _read_people(self, answer: Answer) -> tuple[list[Customer], list[Unreadable]]:
        """Those of a page, and those of it who cannot be read. Errors: SignInNeeded, DataError where nobody can be."""
        spoilt = {one.key: one.message for one in answer.spoilt}
        rows = answer.data["customers"]["nodes"]
        people: list[Customer] = []
        unreadable: list[Unreadable] = []
        for index, row in enumerate(rows):
            try:
                if index in spoilt:
                    raise DataError(spoilt[index])
                if row is None:
                    raise DataError("Shopify tells nothing of one of them")
                people.append(self._to_customer(row))
            except DataError as error:
                unreadable.append(Unreadable(id=_id_of(row), reason=str(error)))
        if len(unreadable) == len(rows) >= _TELLING:
            if all(row is not None and is_bare(row) for row in rows):
                message = "not approved to see anybody's name, e-mail or phone"
                raise denied(f"{self.name}: customers", message, "", self.name, people=True)
            raise DataError(f"{self.name}: of {len(rows)} customers none can be read: {unreadable[0].reason}")
        return people, unreadable

    def _to_customer(self, row: Row) -> Customer:
        """Errors: DataError, also where all that tells who it is is hidden: nobody's name is taken away by that."""
        if is_bare(row):
            raise DataError(
                "Shopify shows neither name, e-mail nor phone: they were erased, or the app may not see them"
            )
        legacy = self.settings.customer_accounts == "legacy"
        return to_customer(row, group_prefix=self.settings.group_prefix, legacy_accounts=legacy)

    def find_customers(self, keys: Sequence[CustomerKey]) -> list[list[Customer]]:
        """Those with this id, e-mail address or phone number, exactly. What can be nobody's is not asked for.

        Errors: DataError for a candidate that cannot be read: whether it is the one, nobody can tell.
        """
        self.called("find_customers", keys, self.abilities.customer_batch)
        wanted = [_terms(key) for key in keys]
        terms = list(dict.fromkeys(term for group in wanted for term in group))
        found = self._look_up_all(terms)
        # Who is taken for gone stays so: that is asked twice.
        found |= self._look_up_all([term for term in terms if term[0] == "id" and term not in found])
        hits = [[found[term] for term in group if term in found] for group in wanted]
        return [list({one.id: one for one in group}.values()) for group in hits]

    def _look_up_all(self, terms: Sequence[Term]) -> dict[Term, Customer]:
        found: dict[Term, Customer] = {}
        for start in range(0, len(terms), _TERMS):
            found |= self._look_up_people(terms[start : start + _TERMS])
        return found

    def _look_up_people(self, terms: Sequence[Term]) -> dict[Term, Customer]:
        ids, emails, phones = ([value for kind, value in terms if kind == one] for one in ("id", "email", "phone"))
        variables: dict[str, Any] = {f"email{at}": one for at, one in enumerate(emails)}
        variables |= {f"phone{at}": one for at, one in enumerate(phones)}
        if ids:
            variables["ids"] = [gid("Customer", one) for one in ids]
        data = self.admin.read(some_customers(len(ids), len(emails), len(phones)), variables).data
        rows = dict(zip([("id", one) for one in ids], data["nodes"] if ids else (), strict=True))
        rows |= {("email", one): data[f"email{at}"] for at, one in enumerate(emails)}
        rows |= {("phone", one): data[f"phone{at}"] for at, one in enumerate(phones)}
        return {term: self._to_customer(row) for term, row in rows.items() if row is not None}

    def fetch_groups(self) -> list[str]:
        return list(dict.fromkeys(self.settings.groups))

    def create_groups(self, titles: Sequence[str]) -> None:
        if missing := sorted(set(titles) - set(self.fetch_groups())):
            raise BatchRefused(
                f"{self.name} has no group {missing[0][:60]!r}: its groups are those that the settings name.",
                hint=f"Add it to stores.{self.name}.groups, if it is a tag there.",
            )


def _terms(key: CustomerKey) -> list[Term]:
    """What of a key can be somebody's. Upper and lower case of e-mail addresses are the same to Shopify."""
    customer_id, email, phone = key.id or "", (key.email or "").strip().casefold(), e164((key.phone or "").strip())
    terms: list[Term] = [("id", customer_id)] if is_digits(customer_id) and len(customer_id) <= _MOST_DIGITS else []
    terms += [("email", email)] if _ADDRESS.fullmatch(email) else []
    return terms + ([("phone", phone)] if phone else [])


def _id_of(row: Row | None) -> str:
    try:
        return digits_of(row["id"]) if row is not None else "?"
    except DataError:
        return str(row["id"])[:60] if row is not None else "?"
