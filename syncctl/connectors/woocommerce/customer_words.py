"""WooCommerce's customers in our words, and ours in its. Pure.

An account has one name, one e-mail address, one phone and two addresses, and all but the login stand in its billing
address and its shipping address, as they do on orders. What is told is what stands there, so that an order's copy of
its buyer says the same as the account: the billing address holds the customer's name, company, e-mail and phone too.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from syncctl import times
from syncctl.errors import DataError
from syncctl.model import Address, Customer, CustomerChange, Refused

FIELDS = frozenset({"name", "company", "emails", "phones", "addresses"})
"""What an account keeps of a customer."""
ROW_FIELDS = "id,email,first_name,last_name,role,date_created_gmt,date_modified_gmt,billing,shipping,meta_data"
REFERENCE = "_syncctl_reference"
"""The meta key under which an account that we made carries our name for it."""

Row = Mapping[str, Any]

_PLACE = {"address_1": "", "address_2": "", "city": "", "state": "", "postcode": "", "country": ""}
_PLACE_NAMES = ("address_1", "address_2", "city", "postcode")
_TAG = re.compile(r"<[^>]{0,200}>")
_MAIL = re.compile(r"[^\s<>@]+@[^\s<>@]+")
_ACCOUNTS = "WooCommerce's account settings must let it make a new account's own"
_REASONS = {
    "registration-error-email-exists": ("email_taken", "another account has this e-mail address"),
    "woocommerce_rest_customer_invalid_email": ("email_taken", "another account has this e-mail address"),
    "registration-error-invalid-email": ("bad_email", "this is no e-mail address"),
    "customer_invalid_email": ("bad_email", "this is no e-mail address"),
    "customer_invalid_billing_email": ("bad_email", "this is no e-mail address"),
    "registration-error-invalid-username": ("account_settings", f"{_ACCOUNTS} user name"),
    "registration-error-missing-password": ("account_settings", f"{_ACCOUNTS} password"),
    "woocommerce_rest_invalid_id": ("unknown_customer", "the account is not there any more"),
    "user_invalid_id": ("unknown_customer", "the account is not there any more"),
}


@dataclass(frozen=True, slots=True)
class Groups:
    """Where groups are kept: under a meta `key`, with these exact `titles`; or told by the `roles` of accounts."""

    key: str = ""
    titles: tuple[str, ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict)

    def of(self, row: Row) -> str | None:
        """The group of an account; "": in none; None: it is not told."""
        if self.key:
            return meta_text(row, self.key)
        return self.roles.get(_text(row, "role"), "") if self.roles else None


def to_customer(row: Row, groups: Groups) -> Customer:
    """An account in our words. Errors: DataError where its id is missing."""
    customer_id = row.get("id")
    if type(customer_id) is not int or customer_id <= 0:
        raise DataError("WooCommerce sent a customer without an id.")
    billing, shipping = slot(row, "billing"), slot(row, "shipping")
    email = _text(billing, "email").strip() or _text(row, "email").strip()
    name = name_in(billing) or name_in(row) or name_in(shipping)
    created_at = moment(row.get("date_created_gmt"))
    return Customer(
        id=str(customer_id),
        name=name,
        company=_text(billing, "company").strip(),
        emails=(email,) if email else (),
        phones=phones_in(billing),
        addresses=addresses_in(billing, shipping, name),
        group=groups.of(row),
        reference=meta_text(row, REFERENCE) or None,
        created_at=created_at,
        changed_at=moment(row.get("date_modified_gmt")) or created_at,  # it is empty until the first change
    )


def slot(row: Row, name: str) -> Row:
    """The billing or shipping address; an empty one is sent as a list."""
    found = row.get(name)
    return found if isinstance(found, dict) else {}


def name_in(row: Row) -> str:
    """First and last name as one."""
    return " ".join(f"{_text(row, 'first_name')} {_text(row, 'last_name')}".split())


def phones_in(billing: Row) -> tuple[str, ...]:
    """The customer's phone; that of a delivery is with its address."""
    phone = _text(billing, "phone").strip()
    return (phone,) if phone else ()


def addresses_in(billing: Row, shipping: Row, name: str) -> tuple[Address, ...]:
    """Those of a customer's two that name a place; a country alone is where the shop thinks that everybody is.

    Whose they are goes without saying where it is the customer: what stands in his billing address is his own name and
    company, and a till that keeps the same place without them would be told of a second address.
    """
    bill, goods = to_address(billing, "billing"), to_address(shipping, "shipping")
    if bill is not None:
        bill = replace(bill, name="", company="")
    if goods is not None and goods.name == name:
        goods = replace(goods, name="")
    return tuple(one for one in (bill, goods) if one is not None)


def to_address(row: Row, kind: str) -> Address | None:
    """A billing or shipping address; None where it names no place."""
    if not any(map(row.get, _PLACE_NAMES)):  # as the shipping address of most orders
        return None
    lines = [line for line in (_text(row, "address_1").strip(), _text(row, "address_2").strip()) if line]
    city, postcode = _text(row, "city").strip(), _text(row, "postcode").strip()
    if not (lines or city or postcode):
        return None
    return Address(
        kind=kind,
        name=name_in(row),
        company=_text(row, "company").strip(),
        street="\n".join(lines),
        city=city,
        region=_text(row, "state").strip(),
        postal_code=postcode,
        country=_text(row, "country").strip(),
        phone=_text(row, "phone").strip() if kind == "shipping" else "",
    )


def meta_text(row: Row, key: str) -> str | None:
    """The text under a meta key; "" where there is none, None for what is neither text nor a number."""
    entries = row.get("meta_data")
    found = [one for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []
    values = [one.get("value") for one in found if one.get("key") == key]
    if not values or values[0] is None:
        return ""
    value = values[0]
    return value if isinstance(value, str) else str(value) if type(value) is int else None


def moment(value: object) -> datetime | None:
    """A time that is told in GMT, without saying so; None for none, or what is no time."""
    try:
        return times.from_text(f"{value}Z") if isinstance(value, str) and value else None
    except (ValueError, OverflowError):
        return None


def problem(change: CustomerChange, groups: Groups) -> Refused | None:
    """What is wrong with a change before it is sent."""
    fields, key = change.fields, change.key
    if change.id is not None and not (change.id.isascii() and change.id.isdecimal()):
        return Refused(key=key, reason="unknown_customer", message=f"There is no account {change.id[:60]!r}.")
    if strange := sorted(fields.keys() - FIELDS - ({"group"} if groups.key else set())):
        reason = "unknown_channel" if "consents" in strange else "unknown_field"
        return Refused(key=key, reason=reason, message=f"WooCommerce keeps no {', '.join(strange)} of a customer.")
    if fields.get("group") and fields["group"] not in groups.titles:
        return Refused(key=key, reason="unknown_group", message="The settings name no such group for this store.")
    if change.id is None and not _first(fields.get("emails")):
        return Refused(key=key, reason="email_needed", message="An account needs an e-mail address.")
    return None


def to_row(change: CustomerChange, groups: Groups) -> dict[str, Any]:
    """What is sent of one change: the named fields and nothing else; on creation also the login and our reference."""
    fields = change.fields
    row: dict[str, Any] = {} if change.id is None else {"id": int(change.id)}
    billing: dict[str, str] = {}
    if "name" in fields:
        names = _names(str(fields["name"]))
        row |= names
        billing |= names
    if "company" in fields:
        billing["company"] = str(fields["company"] or "")
    if "emails" in fields:
        billing["email"] = _first(fields["emails"])
    if "phones" in fields:
        billing["phone"] = _first(fields["phones"])
    if "addresses" in fields:
        of_billing, of_shipping = _slots(fields["addresses"])
        billing |= _place(of_billing)
        row["shipping"] = _whole(of_shipping, _own_name(change))
    if billing:
        row["billing"] = billing
    return row | _login_and_meta(change, groups)


def _login_and_meta(change: CustomerChange, groups: Groups) -> dict[str, Any]:
    row: dict[str, Any] = {}
    meta = []
    if change.id is None:
        row["email"] = _first(change.fields["emails"])
        meta.append({"key": REFERENCE, "value": change.reference})
    if "group" in change.fields:
        meta.append({"key": groups.key, "value": str(change.fields["group"] or "")})
    if meta:
        row["meta_data"] = meta
    return row


def _names(name: str) -> dict[str, str]:
    """A name as two: the last word is the last name; one word is a first name.

    >>> _names("Mary Ann Smith"), _names("Cher")
    ({'first_name': 'Mary Ann', 'last_name': 'Smith'}, {'first_name': 'Cher', 'last_name': ''})
    """
    *first, last = name.split() or [""]
    return {"first_name": " ".join(first), "last_name": last} if first else {"first_name": last, "last_name": ""}


def _slots(addresses: object) -> tuple[Address | None, Address | None]:
    """Which address goes to billing and which to shipping: of each kind the default, or first; any kind of goods go
    to shipping."""
    given: Sequence[Address] = tuple(addresses) if isinstance(addresses, tuple | list) else ()
    ordered = sorted(given, key=lambda one: not one.is_default)
    billing = next((one for one in ordered if one.kind == "billing"), None)
    shipping = next((one for one in ordered if one.kind == "shipping"), None)
    return billing, shipping or next((one for one in ordered if one.kind != "billing"), None)


def _place(address: Address | None) -> dict[str, str]:
    """The place alone: whose billing address it is, the customer's name and company say."""
    if address is None:
        return dict(_PLACE)
    first, *rest = [line.strip() for line in address.street.splitlines() if line.strip()] or [""]
    return {
        "address_1": first,
        "address_2": ", ".join(rest),
        "city": address.city,
        "state": address.region,
        "postcode": address.postal_code,
        "country": address.country,
    }


def _whole(address: Address | None, own_name: str) -> dict[str, str]:
    """A shipping address; one without a name is the customer's own, and a parcel needs a name."""
    if address is None:
        return {**_names(""), "company": "", **_place(None), "phone": ""}
    names = _names(address.name or own_name)
    return {**names, "company": address.company, **_place(address), "phone": address.phone}


def _own_name(change: CustomerChange) -> str:
    """The customer's name: the one that is being written, else the one that was read last."""
    if "name" in change.fields:
        return str(change.fields["name"])
    return change.expected.name if change.expected is not None else ""


def refused(key: str, error: object) -> Refused:
    """One item's error in our words; what theirs says of persons is not repeated."""
    code, text = (_text(error, part) for part in ("code", "message")) if isinstance(error, dict) else ("", "")
    reason, message = _REASONS.get(code, (code[:60] or "refused", ""))
    return Refused(key=key, reason=reason, message=message or _MAIL.sub("…", _TAG.sub("", text))[:200])


def _first(values: object) -> str:
    given = [str(one).strip() for one in values] if isinstance(values, tuple | list) else []
    return given[0] if given else ""


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else str(value) if type(value) is int else ""
