"""Shopify's customers and postal addresses in our words. Pure.

A customer has one e-mail address, one phone number and a book of addresses, which are of no kind. The company stands in
addresses alone. What was asked for is there, so that fields are read with `[...]`.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from syncctl import times
from syncctl.connectors.shopify.customer_fragments import ADDRESSES
from syncctl.connectors.shopify.gids import digits_of
from syncctl.errors import DataError
from syncctl.model import Address, Consent, Customer

FIELDS = frozenset({"name", "emails", "phones", "addresses", "note", "tax_exempt"})
"""What a customer is kept with."""

Row = Mapping[str, Any]

_STATES = {"SUBSCRIBED": "subscribed", "UNSUBSCRIBED": "unsubscribed", "PENDING": "pending"}
_INVITED = {"INVITED", "ENABLED", "DECLINED"}  # DISABLED: he has no account, and nobody asked him to have one


def to_customer(row: Row, *, group_prefix: str = "", legacy_accounts: bool = False) -> Customer:
    """A customer in our words. Errors: DataError for what is none.

    `group_prefix`: how the tags begin that are groups; "": there are none. `legacy_accounts`: invitations are told.
    """
    email, phone = row["defaultEmailAddress"], row["defaultPhoneNumber"]
    name = name_in(row)
    return Customer(
        id=digits_of(row["id"]),
        name=name,
        emails=_contact(email, "emailAddress"),
        phones=_contact(phone, "phoneNumber"),
        addresses=_addresses([address for _, address in book(row)]),
        group=group_of(row["tags"], group_prefix),
        consents=(*_answer("email", email), *_answer("sms", phone)),
        note=text(row, "note"),
        tax_exempt=row["taxExempt"],
        reference=None if row["reference"] is None else text(row["reference"], "value"),
        created_at=moment(row, "createdAt"),
        changed_at=moment(row, "updatedAt"),
        invited=row["state"] in _INVITED if legacy_accounts else None,
    )


def is_bare(row: Row) -> bool:
    """Whether somebody has neither name, e-mail nor phone, which Shopify lets nobody be: they are hidden, or erased."""
    return not name_in(row) and row["defaultEmailAddress"] is None and row["defaultPhoneNumber"] is None


def book(row: Row) -> list[tuple[str, Address]]:
    """The address book of a customer: (id, address) each, in the order in which they were made.

    Errors: DataError where there are more than were read: those would look as if somebody had taken them away.

    Whose they are goes without saying where it is the customer: a till that keeps the same place without a name would
    be told of a second address.
    """
    own_name, default = name_in(row), row["defaultAddress"]
    if row["addressesV2"]["pageInfo"]["hasNextPage"]:
        raise DataError(f"He has more than {ADDRESSES} addresses there, which cannot be kept in step")
    found = []
    for node in sorted(row["addressesV2"]["nodes"], key=lambda one: int(digits_of(one["id"]))):
        is_default = default is not None and node["id"] == default["id"]
        address = to_address(node, own_name=own_name, is_default=is_default)
        if address is not None:
            found.append((str(node["id"]), address))
    return found


def _addresses(found: list[Address]) -> tuple[Address, ...]:
    """An only address is the default one without anybody having said so, and is not told as that."""
    return tuple(found if len(found) > 1 else [replace(one, is_default=False) for one in found])


def to_address(row: Row | None, kind: str = "", *, own_name: str = "", is_default: bool = False) -> Address | None:
    """A postal address; None where there is none, or it names no place. `own_name`: left out where it is the name."""
    if row is None:
        return None
    lines = [line for line in (text(row, "address1"), text(row, "address2")) if line]
    city, postal_code, name = text(row, "city"), text(row, "zip"), name_in(row)
    if not (lines or city or postal_code):
        return None
    return Address(
        kind=kind,
        name="" if name.casefold() == own_name.casefold() else name,
        company=text(row, "company"),
        street="\n".join(lines),
        city=city,
        region=text(row, "provinceCode") or text(row, "province"),
        postal_code=postal_code,
        country=text(row, "countryCodeV2"),
        phone=text(row, "phone"),
        is_default=is_default,
    )


def name_in(row: Row) -> str:
    """First and last name as one."""
    return " ".join(f"{text(row, 'firstName')} {text(row, 'lastName')}".split())


def group_of(tags: list[str], prefix: str) -> str | None:
    """The group that a customer's tags name; "": in none; None: groups are not kept in tags, or several are named.

    >>> group_of(["VIP", "group:Trade"], "group:"), group_of(["VIP"], "group:"), group_of(["VIP"], "")
    ('Trade', '', None)
    """
    titles = [tag[len(prefix) :] for tag in tags_under(tags, prefix)]
    return (titles[0] if titles else "") if prefix and len(titles) < 2 else None


def tags_under(tags: list[str], prefix: str) -> list[str]:
    """The tags that are groups: upper and lower case of tags are the same to Shopify.

    >>> tags_under(["VIP", "Group:Trade", "group:"], "group:")
    ['Group:Trade']
    """
    start, end = prefix.casefold(), len(prefix)
    return [tag for tag in tags if prefix and tag[:end].casefold() == start and tag[end:].strip()]


def text(row: Row, name: str) -> str:
    """A text without blanks around it; "" where there is none. Errors: DataError for what is no text."""
    value = row[name]
    if value is None:
        return ""
    if not isinstance(value, str):
        raise DataError(f"Shopify sent a {name} that is no text.")
    return value.strip()


def moment(row: Row, name: str) -> datetime | None:
    """A time, None for none. Errors: DataError for what is no time."""
    value = text(row, name)
    try:
        return times.from_text(value) if value else None
    except (ValueError, OverflowError) as error:
        raise DataError(f"Shopify sent {value[:40]!r} as {name}, which is no time.") from error


def _contact(row: Row | None, name: str) -> tuple[str, ...]:
    found = "" if row is None else text(row, name)
    return (found,) if found else ()


def _answer(channel: str, row: Row | None) -> tuple[Consent, ...]:
    """What was answered about marketing; who was never asked, or cannot be written to, has answered nothing."""
    if row is None or row["marketingState"] not in _STATES:
        return ()
    state, level = _STATES[row["marketingState"]], text(row, "marketingOptInLevel").lower()
    return (Consent(channel=channel, state=state, changed_at=moment(row, "marketingUpdatedAt"), source=level),)
