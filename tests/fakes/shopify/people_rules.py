"""What the shop allows of customers: one e-mail and one phone belong to one of them, phones are E.164, tags few."""

import re
from collections.abc import Iterable
from datetime import datetime

from tests.fakes.shopify.people_records import LEVEL, Consent, Customer
from tests.fakes.shopify.site import Site

E164 = re.compile(r"\+[1-9]\d{6,14}")
EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s.,;<>]+(\.[^@\s.,;<>]+)+")
TAG_LENGTH = 40


def find(site: Site, *, email: str | None = None, phone: str | None = None) -> Customer | None:
    """Who has this e-mail, or this phone; nobody shares one."""
    wanted = email.strip().casefold() if email else None
    for customer in site.customers.values():
        if wanted and (customer.email or "").casefold() == wanted:
            return customer
        if phone and customer.phone == phone:
            return customer
    return None


def normal_phone(given: str) -> str | None:
    """The number as it is kept: blanks, dashes, dots and brackets go. None: it is no number with its country."""
    bare = re.sub(r"[\s().\-]", "", given)
    return bare if E164.fullmatch(bare) else None


def email_trouble(site: Site, given: str, mine: int = 0) -> str | None:
    """What the shop says of an e-mail that it does not take."""
    if not EMAIL.fullmatch(given.strip()):
        return "Email is invalid"
    owner = find(site, email=given)
    return "Email has already been taken" if owner and owner.id != mine else None


def phone_trouble(site: Site, given: str, mine: int = 0) -> str | None:
    number = normal_phone(given)
    if number is None:
        return "Phone is invalid"
    owner = find(site, phone=number)
    return "Phone has already been taken" if owner and owner.id != mine else None


def add_tags(site: Site, customer: Customer, given: Iterable[str]) -> str | None:
    """A tag that is there already, in whatever case, stays as it stands. A text may hold several, with commas."""
    for tag in split_tags(given, trims=site.options.trims_tags):
        if len(tag) > TAG_LENGTH:
            return f"Tags is too long (maximum is {TAG_LENGTH} characters)"
        if tag.casefold() not in {each.casefold() for each in customer.tags}:
            if len(customer.tags) >= site.options.tag_limit:
                return f"Tags cannot exceed {site.options.tag_limit} tags"
            customer.tags.append(tag)
    return None


def remove_tags(site: Site, customer: Customer, given: Iterable[str]) -> None:
    gone = {tag.casefold() for tag in split_tags(given, trims=site.options.trims_tags)}
    customer.tags = [tag for tag in customer.tags if tag.casefold() not in gone]


def split_tags(given: Iterable[str], *, trims: bool = True) -> list[str]:
    """
    >>> split_tags(["a, b", " c "])
    ['a', 'b', 'c']
    """
    parts = [each for text in given for each in text.split(",")]
    return [each.strip() if trims else each for each in parts if each.strip()]


def answer(site: Site, said: Consent, state: str, level: str | None, at: datetime | None) -> str | None:
    """An answer for a channel, with the time at which it was given; None: now. What is wrong with it, if anything."""
    if state not in ("SUBSCRIBED", "UNSUBSCRIBED", "PENDING"):
        return f"Marketing state {state} cannot be set"
    moment = at or site.time
    if moment > site.time:
        return "Consent updated at must not be in the future"
    if said.at is not None and moment < said.at and site.options.older_consent != "taken":
        return None if site.options.older_consent == "kept" else "Consent updated at is older than the current one"
    said.history.append((said.state, said.at))
    said.state, said.at = state, moment
    said.level = level or (said.level if state == "UNSUBSCRIBED" else LEVEL)
    return None
