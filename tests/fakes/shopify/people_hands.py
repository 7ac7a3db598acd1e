"""What customers do, and who looks after them in the shop's admin."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.fakes.shopify import people_rules
from tests.fakes.shopify.part_records import Address
from tests.fakes.shopify.people_records import Customer
from tests.fakes.shopify.site import Site


class PeopleHands:
    """A part of `hands.Hands`."""

    site: Site

    def add_customer(self, email: str | None = None, **fields: Any) -> int:
        """Somebody is put in, or registers. `fields`: of `Customer`; `address`: the words of one."""
        site = self.site
        address = fields.pop("address", None)
        made = Customer(site.next_id(), site.time, site.time, email=email, **fields)
        made.stamps.append(site.time)
        site.customers[made.id] = made
        if address is not None:
            self.add_address(made.id, **address)
        self._customer_event(made.id, "registered", by="buyer")
        return made.id

    def add_address(self, customer_id: int, *, default: bool = False, **words: str | None) -> int:
        customer = self.site.customers[customer_id]
        made = Address(self.site.next_id(), **words)
        customer.addresses.append(made)
        if default or customer.default_address_id is None:
            customer.default_address_id = made.id
        self.customer_touched(customer)
        return made.id

    def change_customer(self, customer_id: int, **fields: Any) -> None:
        """Any field of `Customer`; `tags=[…]` are all that there are then."""
        customer = self.site.customers[customer_id]
        for name, value in fields.items():
            setattr(customer, name, value)
        self.customer_touched(customer)
        self._customer_event(customer_id, "changed")

    def set_consent(self, customer_id: int, channel: str, state: str | None, at: datetime | None = None) -> None:
        """The customer answers for `email` or `sms`. None: as if nobody had ever been asked."""
        customer = self.site.customers[customer_id]
        said = customer.email_consent if channel == "email" else customer.sms_consent
        if state is None:
            said.state, said.level, said.at = "NOT_SUBSCRIBED", None, None
        else:
            trouble = people_rules.answer(self.site, said, state.upper(), None, at)
            assert trouble is None, trouble
        self.customer_touched(customer)
        self._customer_event(customer_id, "answered", channel=channel, state=state)

    def remove_customer(self, customer_id: int) -> None:
        """For good. Orders of theirs stay, and name nobody."""
        del self.site.customers[customer_id]
        self._unname(customer_id, None)
        self.site.revision += 1
        self._customer_event(customer_id, "removed")

    def merge_customers(self, customer_id: int, into: int) -> None:
        """One of two stays: it has what it had, what it lacked, both lists, and the orders of both."""
        site = self.site
        gone, kept = site.customers.pop(customer_id), site.customers[into]
        for name in ("first_name", "last_name", "email", "phone", "note"):
            setattr(kept, name, getattr(kept, name) or getattr(gone, name))
        people_rules.add_tags(site, kept, gone.tags)
        kept.addresses += gone.addresses
        site.merged[customer_id] = into
        self._unname(customer_id, into)
        self.customer_touched(kept)
        self._customer_event(customer_id, "merged", into=into)

    def _unname(self, customer_id: int, into: int | None) -> None:
        for order in self.site.orders.values():
            if order.customer_id == customer_id:
                order.customer_id = into

    def invite(self, customer_id: int) -> None:
        """Somebody of the shop invites a customer, by the old kind of accounts."""
        customer = self.site.customers[customer_id]
        customer.state = "INVITED"
        self.customer_touched(customer)
        self._customer_event(customer_id, "invited")
        self.site.oracle.mail("account_invite", customer_id)

    def register(self, customer_id: int) -> None:
        """The customer has an account now."""
        self.change_customer(customer_id, state="ENABLED")

    def people(self) -> Mapping[int, Customer]:
        return self.site.customers

    def customer_touched(self, customer: Customer) -> None:
        customer.touch(self.site.time)
        self.site.revision += 1

    def _customer_event(self, customer_id: int, what: str, by: str = "shop", **detail: Any) -> None:
        self.site.oracle.event(self.site.time, by, what, "customer", customer_id, **detail)
