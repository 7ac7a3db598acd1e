"""Customers as one system knows them."""

from collections.abc import Mapping
from datetime import datetime

from syncctl.model.record import record


@record(frozen=True, slots=True, kw_only=True)
class Address:
    kind: str = "shipping"  # shipping | billing | other
    name: str = ""
    company: str = ""
    street: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""
    phone: str = ""
    is_default: bool = False


@record(frozen=True, slots=True, kw_only=True)
class Consent:
    """One recorded answer to "may we send marketing?". Absent consent is unknown, and is no Consent at all."""

    channel: str  # email | sms
    state: str  # subscribed | unsubscribed | pending
    changed_at: datetime | None = None
    source: str = ""


@record(frozen=True, slots=True, kw_only=True)
class Customer:
    """One person or company as one system knows it. `id` is that system's own; "" for a guest who has none."""

    id: str
    name: str = ""
    company: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    addresses: tuple[Address, ...] = ()
    group: str | None = None  # exact title; "": in none; None: this system does not say
    consents: tuple[Consent, ...] = ()
    note: str = ""
    tax_id: str = ""  # a VAT number or the like, as that system keeps it
    tax_exempt: bool | None = None
    reference: str | None = None  # our name for a customer that we created there
    guest: bool = False
    created_at: datetime | None = None
    changed_at: datetime | None = None
    deleted: bool = False
    merged_into: str | None = None  # of a deleted one: the record that stands for it now
    invited: bool | None = None  # whether an invitation to an account was sent, or is marked as sent; None: cannot tell


@record(frozen=True, slots=True, kw_only=True)
class CustomerKey:
    """What to look a customer up by; every field that is set is searched, the caller compares exactly."""

    reference: str | None = None
    id: str | None = None
    email: str | None = None
    phone: str | None = None


@record(frozen=True, slots=True, kw_only=True)
class CustomerChange:
    """Create (`id` None, with `reference`) or change a customer. Only `fields` are written; the rest is left alone.

    Of `consents` only the channels that stand there are written; an answer is never taken away. `group` "": in none.
    `expected` is what the caller read last, for systems that compare before they write.
    """

    key: str
    id: str | None
    reference: str
    fields: Mapping[str, object]  # names and shapes are those of Customer
    expected: Customer | None = None
