"""The customers of the sandbox's back office, as its people see and change them."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from syncctl import times
from syncctl.connectors.sandbox import office_customers as people
from syncctl.connectors.sandbox.files import atomic, reading
from syncctl.connectors.sandbox.office_items import Items
from syncctl.connectors.sandbox.office_tables import OfficeRefusal
from syncctl.connectors.sandbox.tables import Clock
from syncctl.model import Consent, Customer, CustomerChange, CustomerKey, Refused, Written


class People(Items):
    """Customers by their number. Several may share an e-mail address, and many have none.

    `clock`: the office's own time, where it is not everybody's.
    """

    clock: Clock | None = None

    def upsert_customer(self, customer_id: str | None = None, *, reference: str = "", **fields: object) -> str:
        """Create or change a customer by hand; fields as in `Customer`. Returns its id. Errors: OfficeRefusal."""
        change = CustomerChange(key="", id=customer_id, reference=reference, fields=fields)
        [result] = self.write_customers([change])
        if isinstance(result, Refused):
            raise OfficeRefusal(result.reason, result.message)
        return customer_id or result.remote_id

    def customer(self, customer_id: str) -> Customer:
        """The customer as it is now. Errors: OfficeRefusal (unknown_customer)."""
        found = people.by_id(self.connection, customer_id)
        if found is None:
            raise OfficeRefusal("unknown_customer", f"There is no customer {customer_id[:40]!r}.")
        return found

    def customers(self) -> Iterator[Customer]:
        """All that are not deleted, in the order of making."""
        rows = self.connection.execute(f"SELECT {people.COLUMNS} FROM customer WHERE NOT deleted ORDER BY id")
        return map(people.to_customer, rows.fetchall())

    def set_consent(self, customer_id: str, channel: str, state: str | None, *, source: str = "counter") -> None:
        """The customer gives an answer now, or withdraws it; None: the office forgets that it was ever asked."""
        with atomic(self.connection):
            if state is None:
                kept = [one for one in self.customer(customer_id).consents if one.channel != channel]
                people.replace_consents(self.connection, customer_id, kept, self._now())
            else:
                consent = Consent(channel=channel, state=state, changed_at=self._now(), source=source)
                self.upsert_customer(customer_id, consents=(consent,))

    def delete_customer(self, customer_id: str) -> None:
        """Delete a customer. Errors: OfficeRefusal if there is none."""
        with atomic(self.connection):
            self.customer(customer_id)
            people.delete_customer(self.connection, customer_id, self._now())

    def merge_customers(self, customer_id: str, *, into: str) -> None:
        """Make one of two: the first is deleted and says which one stands for it; what it had, its sales too, follow.

        Errors: OfficeRefusal (unknown_customer, same_customer).
        """
        with atomic(self.connection):
            gone, kept = self.customer(customer_id), self.customer(into)
            if gone.id == kept.id:
                raise OfficeRefusal("same_customer", f"Customer {into[:40]!r} cannot be merged into itself.")
            people.merge(self.connection, gone, kept, self._now())

    def write_customers(self, changes: Sequence[CustomerChange]) -> list[Written | Refused]:
        """Create or change customers, each by itself; one outcome each, in order."""
        with atomic(self.connection):
            return [people.write_customer(self.connection, change, self._now()) for change in changes]

    def search_customers(self, keys: Sequence[CustomerKey]) -> list[list[Customer]]:
        """Candidates for each key, in order; a loose search."""
        with reading(self.connection):
            return [people.search(self.connection, key) for key in keys]

    def groups(self) -> list[str]:
        """Exact titles of the customer groups."""
        return people.group_titles(self.connection)

    def add_groups(self, titles: Sequence[str]) -> None:
        """Make the groups that are missing. Errors: OfficeRefusal (bad_value) for a title of nothing but blanks."""
        if not all(title.strip() for title in titles):
            raise OfficeRefusal("bad_value", "A customer group needs a title.")
        with atomic(self.connection):
            people.add_groups(self.connection, titles)

    def rename_group(self, title: str, new: str) -> None:
        """Give it another title; its members follow. Errors: OfficeRefusal (unknown_group, group_exists, bad_value)."""
        with atomic(self.connection):
            if new in self.groups():
                raise OfficeRefusal("group_exists", f"There is a customer group {new[:60]!r} already.")
            self.add_groups([new])
            self._dissolve(title, new)

    def delete_group(self, title: str) -> None:
        """Do away with it; its members are in no group then. Errors: OfficeRefusal (unknown_group)."""
        with atomic(self.connection):
            self._dissolve(title, "")

    def _dissolve(self, title: str, new: str) -> None:
        if not people.dissolve_group(self.connection, title, new, self._now()):
            raise OfficeRefusal("unknown_group", f"There is no customer group {title[:60]!r}.")

    def _now(self) -> datetime:
        return times.now() if self.clock is None else self.clock()
