"""Customers in the sandbox shop's words, and in ours. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields, replace
from typing import Any

from syncctl import times
from syncctl.connectors.reading import Fields
from syncctl.model import Address, Consent, Customer

FIELDS = frozenset("name company emails phones addresses group consents note tax_id tax_exempt".split())
CONSENT_CHANNELS = frozenset({"email", "sms"})
MARK = "syncctl_invited"
"""The tag by which we mark a customer as invited, in a shop that does not tell by itself."""
ACCOUNT = ("invited_at", "registered_at", MARK)
"""What a record says of the customer's account, and the copies of it on orders do not."""
_TEXTS = dict.fromkeys(["id", "name", "company", "group", "note", "reference", "tax_id"], "")
_ADDRESS_TEXTS = frozenset(field.name for field in fields(Address) if field.name != "is_default")
_PHONE_DIGITS = 9


def to_customer(row: Fields, *, deleted: bool = False) -> Customer:
    """Turn a customer's body, or the buyer that an order names, into ours. One without an id is a guest."""
    customer_id, name, company, group, note, reference, tax_id = row.texts(_TEXTS)
    return Customer(
        id=customer_id,
        name=name,
        company=company,
        emails=_texts(row, "emails"),
        phones=_texts(row, "phones"),
        addresses=row.each("addresses", "address", to_address),
        group=group or None,
        consents=row.each("consents", "consent", _consent),
        note=note,
        tax_id=tax_id,
        tax_exempt=row.flag("tax_exempt") if row.row.get("tax_exempt") is not None else None,
        reference=reference or None,
        guest=not customer_id,
        created_at=row.moment("created_at"),
        changed_at=row.moment("updated_at"),
        deleted=deleted,
    )


def to_record(row: Fields, *, deleted: bool = False, invites: str = "") -> Customer:
    """Turn a customer's own record into ours. `invites`: how the shop tells of invitations, as in `StoreAbilities`."""
    customer = to_customer(row, deleted=deleted)
    if deleted:
        return replace(customer, merged_into=row.text("merged_into") or None)
    return replace(customer, group=customer.group or "", invited=_invited(row.row, invites))


def to_words(changes: Mapping[str, object]) -> dict[str, Any]:
    """The named fields of our Customer as the shop writes them. Errors: ValueError naming what it cannot take."""
    return {name: _to_word(name, value) for name, value in changes.items()}


def search_keys(body: Mapping[str, Any]) -> set[tuple[str, str]]:
    """What a customer is found by: (kind, value) of each e-mail address and phone."""
    emails = {("email", email_key(email)) for email in body.get("emails", ())}
    phones = {("phone", phone_key(phone)) for phone in body.get("phones", ())}
    phones |= {("phone", phone_key(each["phone"])) for each in body.get("addresses", ()) if each.get("phone")}
    return {key for key in emails | phones if key[1]}


def email_key(email: str) -> str:
    """Upper and lower case are the same to this shop."""
    return email.strip().casefold()


def phone_key(phone: str) -> str:
    """The last digits: country codes are written or left out at will, so a search may find too many."""
    return "".join(sign for sign in phone if sign.isdecimal())[-_PHONE_DIGITS:]


def _texts(row: Fields, name: str) -> tuple[str, ...]:
    values = row.rows(name)
    if not values:
        return ()
    if not all(isinstance(value, str) for value in values):
        row.note(name, "holds what is no text")
    return tuple(value for value in values if isinstance(value, str))


def _invited(row: Mapping[str, Any], invites: str) -> bool | None:
    """Whether the customer was invited, or has an account already; None where the shop does not tell."""
    if invites == "state":
        return bool(row.get("invited_at") or row.get("registered_at"))
    return bool(row.get(MARK)) if invites == "mark" else None


def to_address(row: Fields) -> Address:
    texts = {name: row.text(name) for name in row.row if name in _ADDRESS_TEXTS}
    return Address(**texts, is_default=row.flag("is_default"))


def _consent(row: Fields) -> Consent:
    return Consent(
        channel=row.text("channel"),
        state=row.text("state"),
        changed_at=row.moment("changed_at"),
        source=row.text("source"),
    )


def _to_word(name: str, value: object) -> Any:
    if name not in FIELDS:
        raise ValueError(f"a customer has no field {name!r}")
    if name in ("emails", "phones"):
        return [_text(name, each) for each in _sequence(name, value)]
    if name == "addresses":
        return [_address_words(each) for each in _sequence(name, value)]
    if name == "consents":
        return [_consent_words(each) for each in _sequence(name, value)]
    if name == "tax_exempt":
        if not isinstance(value, bool | None):
            raise ValueError("tax_exempt is neither true nor false")
        return value
    return None if value is None and name == "group" else _text(name, value)


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name} is no text")
    return value


def _sequence(name: str, value: object) -> Iterable[Any]:
    if not isinstance(value, tuple | list):
        raise ValueError(f"{name} is no list")
    return value


def _address_words(address: object) -> dict[str, Any]:
    if not isinstance(address, Address):
        raise ValueError("addresses holds what is no address")
    return {name: value for name, value in asdict(address).items() if value}


def _consent_words(consent: object) -> dict[str, Any]:
    if not isinstance(consent, Consent) or consent.channel not in CONSENT_CHANNELS:
        raise ValueError(f"consents may be for {' and '.join(sorted(CONSENT_CHANNELS))} only")
    words: dict[str, Any] = {"channel": consent.channel, "state": consent.state, "source": consent.source}
    if consent.changed_at is not None:
        words["changed_at"] = times.to_text(consent.changed_at)
    return words
