"""What is sent of a change of a customer: one field of a mutation after the other. Pure.

A customer who is made is made with all that is known of him in one field, so that he is there whole, or not at all. Of
one who is there only what is named is written: by the mutations that leave everything else as it is.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncctl import times
from syncctl.connectors.shopify.address_book import Book, Entry, names_of, strange_country, to_input
from syncctl.connectors.shopify.customer_fragments import KEY, NAMESPACE
from syncctl.connectors.shopify.customer_words import FIELDS, Row, book, name_in, tags_under
from syncctl.connectors.shopify.gids import gid, is_digits
from syncctl.model import Address, Consent, CustomerChange, Refused

CHANNELS = frozenset({"email", "sms"})
"""Where it keeps an answer about marketing."""

_STATES = {"subscribed": "SUBSCRIBED", "unsubscribed": "UNSUBSCRIBED", "pending": "PENDING"}
_CONSENT = {
    "email": ("customerEmailMarketingConsentUpdate", "emailMarketingConsent"),
    "sms": ("customerSmsMarketingConsentUpdate", "smsMarketingConsent"),
}
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_BETWEEN_DIGITS = re.compile(r"[\s().\-/]")


@dataclass(frozen=True, slots=True)
class Deed:
    """One field of a mutation, with its arguments."""

    field: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Groups:
    """How groups are kept: as tags that begin with `prefix`, "" for not at all; and which ones there are."""

    prefix: str = ""
    titles: Collection[str] = ()


def problem(change: CustomerChange, groups: Groups) -> Refused | None:
    """What is wrong with a change before anything is asked or sent."""
    fields = change.fields
    known = FIELDS | {"consents"} | ({"group"} if groups.prefix else set())
    if change.id is not None and not is_digits(change.id):
        return unknown_customer(change.key)
    if strange := sorted(fields.keys() - known):
        return _no(change, "unknown_field", f"Shopify keeps no {', '.join(strange)} of a customer.")
    if fields.get("group") and fields["group"] not in groups.titles:
        return _no(change, "unknown_group", "The settings name no such group for this store.")
    email, phone = (_first(fields.get(name)) for name in ("emails", "phones"))
    if change.id is None and not (email or phone):
        return _no(change, "email_needed", "A customer needs an e-mail address, or a phone number.")
    if phone and not e164(phone):
        text = "Shopify takes a phone number only with its country code, such as +44 …; write it like that"
        return _no(change, "phone_invalid", f"{text}, or set customers.country to where it is one.")
    if country := strange_country(_addresses(fields)):
        return _no(change, "bad_country", f"Shopify takes a country by its two letters, and {country[:40]!r} is none.")
    return _problem_of_answers(change)


def _problem_of_answers(change: CustomerChange) -> Refused | None:
    for one in _answers(change):
        if one.channel not in CHANNELS or one.state not in _STATES:
            text = f"Shopify keeps no answer {one.state[:20]!r} to {one.channel[:20]}."
            return _no(change, "unknown_channel", text)
        needed = "emails" if one.channel == "email" else "phones"
        if not _has(change, needed):
            word, code = (
                ("an e-mail address", "email_needed") if needed == "emails" else ("a phone number", "phone_needed")
            )
            return _no(change, code, f"An answer about marketing there needs {word}, and there is none.")
    return None


def _has(change: CustomerChange, contacts: str) -> bool:
    """Whether he has such a contact then; where that is not known, Shopify is to say."""
    if contacts in change.fields:
        return bool(_first(change.fields[contacts]))
    if change.id is None:
        return False
    return change.expected is None or bool(getattr(change.expected, contacts))


def needs_to_know(change: CustomerChange) -> bool:
    """Whether it depends on the addresses, or the tags, that are there now."""
    return change.id is not None and bool({"name", "addresses", "group"} & change.fields.keys())


def creation(change: CustomerChange, groups: Groups) -> list[Deed]:
    """All of a customer who is not there yet, with our reference."""
    fields = change.fields
    row = _basics(change) | {
        "metafields": [
            {"namespace": NAMESPACE, "key": KEY, "type": "single_line_text_field", "value": change.reference}
        ]
    }
    if addresses := _addresses(fields):
        wanted = Book([], "", str(fields.get("name") or "")).plan(addresses, ())
        entries = sorted(wanted, key=lambda one: not one.default)  # the first one is the default
        row["addresses"] = [to_input(one.address, str(fields.get("name") or "")) for one in entries if one.address]
    if fields.get("group"):
        row["tags"] = [groups.prefix + str(fields["group"])]
    for one in _answers(change):
        row[_CONSENT[one.channel][1]] = _answer(one)
    return [Deed("customerCreate", {"input": row})]


def deeds_of(change: CustomerChange, there: Row | None, groups: Groups) -> list[Deed] | Refused:
    """What brings a customer up to date. `there`: his tags and addresses as they are, where `needs_to_know`."""
    me = gid("Customer", str(change.id))
    basics = _basics(change)
    deeds = [Deed("customerUpdate", {"input": {"id": me, **basics}})] if basics else []
    if there is not None:
        deeds += _address_deeds(me, change, there)
        if "group" in change.fields:
            current = tags_under(there["tags"], groups.prefix)
            if len(current) > 1:
                return _no(
                    change, "several_groups", "He has several tags that are groups there: take away all but one."
                )
            deeds += _group_deeds(me, groups.prefix, str(change.fields["group"] or ""), current)
    for one in _answers(change):
        field, name = _CONSENT[one.channel]
        deeds.append(Deed(field, {"input": {"customerId": me, name: _answer(one)}}))
    return deeds


def unknown_customer(key: str) -> Refused:
    """The customer of a change is not there."""
    return Refused(key=key, reason="unknown_customer", message="The customer is not there any more.")


def e164(phone: str) -> str:
    """A number as Shopify takes it; "" where its country is not told, or it is none.

    >>> e164("+44 (20) 7946-0123"), e164("020 7946 0123")
    ('+442079460123', '')
    """
    number = _BETWEEN_DIGITS.sub("", phone)
    return number if _NUMBER.fullmatch(number) else ""


def _basics(change: CustomerChange) -> dict[str, Any]:
    """The named fields that stand in the record itself."""
    fields = change.fields
    row: dict[str, Any] = {}
    if "name" in fields:
        row |= names_of(str(fields["name"]))
    if "emails" in fields:
        row["email"] = _first(fields["emails"]) or None
    if "phones" in fields:
        row["phone"] = e164(_first(fields["phones"])) or None
    if "note" in fields:
        row["note"] = str(fields["note"] or "")
    if "tax_exempt" in fields:
        row["taxExempt"] = bool(fields["tax_exempt"])
    return {name: value for name, value in row.items() if change.id is not None or value not in (None, "")}


def _address_deeds(me: str, change: CustomerChange, there: Row) -> list[Deed]:
    name = name_in(there)
    new_name = " ".join(str(change.fields["name"]).split()) if "name" in change.fields else name
    now = Book(book(there), name, new_name)
    known = change.expected.addresses if change.expected is not None else ()
    entries = now.plan(_addresses(change.fields), known) if "addresses" in change.fields else []
    written = {one.id for one in entries}
    entries += [one for one in now.renamed() if one.id not in written]
    return [_address_deed(me, one, new_name) for one in entries]


def _address_deed(me: str, entry: Entry, own_name: str) -> Deed:
    if entry.address is None:
        return Deed("customerUpdateDefaultAddress", {"customerId": me, "addressId": entry.id})
    given = {"customerId": me, "address": to_input(entry.address, own_name), "setAsDefault": entry.default or None}
    if entry.id is None:
        return Deed("customerAddressCreate", given)
    return Deed("customerAddressUpdate", given | {"addressId": entry.id})


def _group_deeds(me: str, prefix: str, title: str, current: Sequence[str]) -> list[Deed]:
    """The new tag before the old one goes, so that he is never seen in no group; but for another spelling of the same,
    which Shopify would not add beside it."""
    tag = prefix + title if title else ""
    gone = [one for one in current if one != tag]
    add = [Deed("tagsAdd", {"id": me, "tags": [tag]})] if tag and tag not in current else []
    remove = [Deed("tagsRemove", {"id": me, "tags": gone})] if gone else []
    respelled = any(one.casefold() == tag.casefold() for one in gone)
    return [*remove, *add] if respelled else [*add, *remove]


def _answer(one: Consent) -> dict[str, Any]:
    """An answer with its time; how a yes was given where that is known, else the weaker way."""
    row: dict[str, Any] = {"marketingState": _STATES[one.state]}
    if one.state == "pending" or (one.state == "subscribed" and one.source == "confirmed_opt_in"):
        row["marketingOptInLevel"] = "CONFIRMED_OPT_IN"
    elif one.state == "subscribed":
        row["marketingOptInLevel"] = "SINGLE_OPT_IN"
    if one.changed_at is not None:
        given_at = min(one.changed_at, times.now())  # what is to come is refused
        row["consentUpdatedAt"] = times.to_text(given_at.replace(microsecond=0))
    return row


def _answers(change: CustomerChange) -> list[Consent]:
    given = change.fields.get("consents")
    return [one for one in given if isinstance(one, Consent)] if isinstance(given, tuple | list) else []


def _addresses(fields: Mapping[str, object]) -> list[Address]:
    given = fields.get("addresses")
    return [one for one in given if isinstance(one, Address)] if isinstance(given, tuple | list) else []


def _first(values: object) -> str:
    given: Iterable[object] = values if isinstance(values, tuple | list) else ()
    return next((str(one).strip() for one in given), "")


def _no(change: CustomerChange, reason: str, message: str) -> Refused:
    return Refused(key=change.key, reason=reason, message=message)
