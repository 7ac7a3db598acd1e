"""Who is who (invariant I4): keys that can be compared, and the one rule that joins two customers.

The full set of customer rules (merging, groups, consent, uploads) grows from here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from syncctl.model import Customer
from syncctl.settings import CustomerSettings

KINDS: Mapping[str, tuple[str, ...]] = {"phone_or_email": ("email", "phone"), "email": ("email",), "create_new": ()}
"""The kinds of keys on which customers are joined, by the setting `match`."""

Contacts = tuple[tuple[str, str, str | None], ...]


@dataclass(frozen=True, slots=True)
class Match:
    """The result of a look-up. `hit` with its `rule`; else `tie` says why a person must decide; else nobody."""

    hit: Customer | None = None
    rule: str = ""
    tie: str = ""


def contacts_of(customer: Customer, settings: CustomerSettings) -> Contacts:
    """(kind, value, normalised value) of every e-mail and phone; None where it is nobody's key."""
    emails = [("email", text, contact_key("email", text, settings)) for text in customer.emails]
    return (*emails, *[("phone", text, contact_key("phone", text, settings)) for text in customer.phones])


def contact_key(kind: str, text: str, settings: CustomerSettings) -> str | None:
    """An e-mail address or a phone as it is compared; None where it is nobody's key."""
    if kind == "email":
        return email_key(text, settings.placeholder_emails)
    return phone_key(text, settings.country, settings.placeholder_phones)


def keys_of(customer: Customer, settings: CustomerSettings) -> frozenset[tuple[str, str]]:
    """The (kind, normalised value) keys that the configured rule may join on; none under `create_new`."""
    return joining(contacts_of(customer, settings), settings)


def joining(contacts: Contacts, settings: CustomerSettings) -> frozenset[tuple[str, str]]:
    """Those keys among these contacts."""
    if not contacts:
        return frozenset()
    kinds = KINDS[settings.match]
    return frozenset((kind, key) for kind, _, key in contacts if key and kind in kinds)


@lru_cache(4096)
def email_key(text: str, placeholders: tuple[str, ...]) -> str | None:
    """An e-mail address as it is compared: trimmed, validated, case-folded; None if it is none, or a placeholder."""
    from email_validator import EmailNotValidError, validate_email

    text = text.strip()
    if not text or len(text) > 320:
        return None
    try:
        address = validate_email(text, check_deliverability=False, test_environment=True).normalized.casefold()
    except EmailNotValidError:
        return None
    return None if address.startswith(tuple(one.casefold() for one in placeholders)) else address


@lru_cache(4096)
def phone_key(text: str, country: str, placeholders: tuple[str, ...] = ()) -> str | None:
    """A phone number as E.164; None if it is none, one digit over and over, or a placeholder."""
    import phonenumbers

    if not text.strip() or len(text) > 60:
        return None
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number) or len(set(str(number.national_number))) == 1:
        return None
    key = str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return None if key in {phone_key(one, country) for one in placeholders} else key


def email_spellings(text: str) -> tuple[str, ...]:
    """An address without blanks around it, as it was typed and in small letters: for searches that compare text.

    >>> email_spellings(" Ann@Example.org"), email_spellings("ann@example.org")
    (('Ann@Example.org', 'ann@example.org'), ('ann@example.org',))
    """
    return tuple(dict.fromkeys([text.strip(), text.strip().casefold()]))


def phone_spellings(text: str, country: str) -> tuple[str, ...]:
    """A number as it was typed, and as others may have typed it: for searches that compare text, not numbers.

    >>> phone_spellings("020 7946 0123", "GB")
    ('020 7946 0123', '+442079460123', '+44 20 7946 0123')
    """
    import phonenumbers

    if phone_key(text, country) is None:
        return ()
    number, formats = phonenumbers.parse(text, country), phonenumbers.PhoneNumberFormat
    known = [formats.E164, formats.INTERNATIONAL, formats.NATIONAL]
    return tuple(dict.fromkeys([text.strip(), *(str(phonenumbers.format_number(number, one)) for one in known)]))


def same_name(one: str, other: str) -> bool:
    """Whether two names are the same but for case and spaces; an empty name is nobody's."""
    return bool(one.strip()) and one.casefold().split() == other.casefold().split()


def match(customer: Customer, reference: str, candidates: Sequence[Customer], settings: CustomerSettings) -> Match:
    """Find `customer` among what a search returned: by our reference, else by exact normalised keys.

    More than one hit is a tie: nobody is joined, a person decides. So is one that carries a reference of another's, if
    the names differ: it was made for somebody else, though a restored hub may not know of that any more.
    """
    by_id = {one.id: one for one in candidates if not one.deleted}
    ours = [one for one in by_id.values() if one.reference == reference]
    if ours:
        return Match(hit=ours[0], rule="reference") if len(ours) == 1 else Match(tie="several carry our reference")
    keys = keys_of(customer, settings)
    hits = {}
    for one in by_id.values():
        shared = keys & keys_of(one, settings)
        if shared:
            hits[one.id] = Match(hit=one, rule=min(kind for kind, _ in shared))
    if len(hits) > 1:
        return Match(tie=f"{len(hits)} customers have the same e-mail or phone: {', '.join(sorted(hits))[:200]}")
    made_for_others = [one for one in hits if by_id[one].reference and not same_name(by_id[one].name, customer.name)]
    if made_for_others:
        return Match(tie=f"customer {made_for_others[0][:100]} has the same e-mail or phone, and was made for another")
    return next(iter(hits.values()), Match())


@dataclass(frozen=True, slots=True)
class Hit:
    """A customer of the back office with whom a web customer shares a key.

    `linked`: it is another web customer already. `rivals`: other web customers who are in no back office share a key
    with it, too. `records`: its ids in the back office.
    """

    hub_id: int
    rule: str  # email | phone: what they share
    name: str
    linked: bool
    rivals: int
    records: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a web customer without a link to the back office: joined with `other` by `rule`, or held.

    `same`: the other one is a web customer, and this one is a second record of hers. `records`: all that were hit.
    `made_as`: the party at which the record was made by us, and the reference that it carries.
    """

    hub_id: int
    other: int | None
    rule: str
    records: tuple[str, ...]
    problem: str = ""
    same: bool = False
    made_as: tuple[str, str] = ("", "")


def decide(hub_id: int, name: str, *, guest: bool, hits: Sequence[Hit]) -> Decision:
    """Join a web customer with the one customer of the back office that nobody else may be; else a person decides."""
    records = tuple(record for hit in hits for record in hit.records)
    shown = f"customer {', '.join(records)[:200]} of the back office"
    if hits[1:]:
        return Decision(hub_id, None, "", records, f"several have the same e-mail or phone: {shown}")
    [hit] = hits
    named_alike = same_name(name, hit.name)
    if hit.linked and named_alike:
        return Decision(hub_id, hit.hub_id, "keys and name", records, same=True)
    if hit.linked:
        problem = f"{shown} has the same {hit.rule}, but another name, and is linked to another web customer"
    elif hit.rivals:
        problem = f"{shown} has the same {hit.rule}, and so has another web customer"
    elif guest and not named_alike:
        problem = f"{shown} has the same {hit.rule}, but another name than this guest"
    else:
        return Decision(hub_id, hit.hub_id, hit.rule, records)
    return Decision(hub_id, None, "", records, problem)
