"""The sandbox's web store as a connector: its customers, their groups, and their invitations."""

from collections.abc import Callable, Iterator, Sequence

from syncctl.connectors.base import Page
from syncctl.connectors.reading import Fields
from syncctl.connectors.sandbox import people
from syncctl.connectors.sandbox.files import reading
from syncctl.connectors.sandbox.store_shop import ShopStore, tried
from syncctl.connectors.sandbox.tables import ShopRefusal
from syncctl.connectors.strict_json import parse_object, storable
from syncctl.errors import DataError
from syncctl.model import Customer, CustomerChange, CustomerKey, Refused, Unreadable, WriteOutcome, Written


class StoreCustomers(ShopStore):
    """What is kept and told of a customer is as the settings say."""

    def fetch_customers(self, cursor: str | None) -> Iterator[Page[Customer]]:
        for step in self._walk("fetch_customers", "position, id, deleted, body", "customer", cursor):
            read = [self._read(customer_id, body, bool(deleted)) for _, customer_id, deleted, body in step.rows]
            yield Page(
                records=[one for one in read if isinstance(one, Customer)],
                unreadable=[one for one in read if isinstance(one, Unreadable)],
                cursor=step.cursor,
                full=cursor is None,
            )

    def find_customers(self, keys: Sequence[CustomerKey]) -> list[list[Customer]]:
        """Errors: DataError for a candidate that cannot be read: whether it is the one, nobody can tell."""
        self._called("find_customers", keys, self.abilities.customer_batch)
        with reading(self.shop.connection):
            return [self._find(key) for key in keys]

    def push_customers(self, changes: Sequence[CustomerChange]) -> list[WriteOutcome]:
        return self._each("push_customers", changes, self.abilities.customer_batch, self._upsert_customer)

    def mark_invited(self, customer_ids: Sequence[str]) -> list[WriteOutcome]:
        if self.abilities.invites != "mark":
            return super().mark_invited(customer_ids)
        return self._for_each_id("mark_invited", customer_ids, self.shop.mark_invited)

    def send_invites(self, customer_ids: Sequence[str]) -> list[WriteOutcome]:
        if not self.abilities.invites:
            return super().send_invites(customer_ids)
        return self._for_each_id("send_invites", customer_ids, self.shop.invite)

    def fetch_groups(self) -> list[str]:
        self.calls["fetch_groups"] += 1
        return self.shop.groups()

    def create_groups(self, titles: Sequence[str]) -> None:
        self.calls["create_groups"] += 1
        self.shop.add_groups(titles)

    def _for_each_id(self, call: str, customer_ids: Sequence[str], act: Callable[[str], object]) -> list[WriteOutcome]:
        self._called(call, customer_ids, self.abilities.customer_batch)

        def done(customer_id: str) -> WriteOutcome:
            act(customer_id)
            return Written(key=customer_id)

        with self.shop.atomic():
            return [tried(customer_id, done, customer_id) for customer_id in customer_ids]

    def _find(self, key: CustomerKey) -> list[Customer]:
        searches = [
            ("id = ?", key.id),
            ("reference = ?", key.reference),
            (_BY_KEY.format("email"), key.email and people.email_key(key.email)),
            (_BY_KEY.format("phone"), key.phone and people.phone_key(key.phone)),
        ]
        wanted = [(where, storable(value)) for where, value in searches if value]
        if not wanted:
            return []
        query = f"SELECT id, body FROM customer WHERE NOT deleted AND ({' OR '.join(where for where, _ in wanted)})"
        rows = self.shop.connection.execute(f"{query} ORDER BY position", [value for _, value in wanted])
        return [self._found(customer_id, body) for customer_id, body in rows]

    def _found(self, customer_id: str, body: str) -> Customer:
        read = self._read(customer_id, body)
        if isinstance(read, Unreadable):
            raise DataError(f"Customer {customer_id[:60]!r} of {self.name} cannot be read: {read.reason}")
        return read

    def _read(self, customer_id: str, body: str, deleted: bool = False) -> Customer | Unreadable:
        problems: list[str] = []
        try:
            fields = Fields(parse_object(body), "", problems)
            customer = people.to_record(fields, deleted=deleted, invites=self.abilities.invites)
        except DataError as error:
            return Unreadable(id=customer_id, reason=str(error))
        if problems or customer.id != customer_id:
            return Unreadable(id=customer_id, reason=f"{(problems or ['its id is another'])[0]}.")
        return self.manners.told(customer)

    def _upsert_customer(self, change: CustomerChange) -> WriteOutcome:
        unknown = sorted(change.fields.keys() - people.FIELDS)
        if unknown:
            raise ShopRefusal("unknown_field", f"The shop keeps no {', '.join(unknown)} of a customer.")
        taken = self.manners.taken(change)
        if isinstance(taken, Refused):
            return taken
        reference = change.reference if change.id is None else None
        customer_id = self.shop.write_customer(change.id, taken.fields, reference=reference)
        return Written(key=change.key, remote_id=customer_id)


_BY_KEY = "id IN (SELECT customer_id FROM customer_key WHERE kind = '{}' AND value = ?)"
