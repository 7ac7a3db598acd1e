"""Merging two copies of a customer, three-way and per field; the place where the full merge rules will stand.

A side has changed a field when it differs from what that side held when both last agreed: a back office that cuts a
name on its way in has not edited it.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields

from syncctl.model import Address, Customer

_FIELDS = ("name", "company", "emails", "phones", "addresses")
_ADDRESS = tuple(field.name for field in fields(Address))


@dataclass(frozen=True, slots=True)
class Merge:
    """`send`: fields to write to the other side; `both`: fields that changed on both sides, for a person to decide."""

    send: Mapping[str, object]
    both: tuple[str, ...]


def fields_of(customer: Customer) -> dict[str, object]:
    """The fields that go across, as the model has them."""
    return {name: getattr(customer, name) for name in _FIELDS}


def agreed_text(customer: Customer) -> str:
    """The same fields as JSON text, for the link that remembers what was agreed."""
    return json.dumps({name: _plain(value) for name, value in fields_of(customer).items()}, sort_keys=True)


def agreed_mark(customer: Customer) -> str:
    """A short hash of the same fields."""
    return hashlib.blake2b(agreed_text(customer).encode(), digest_size=8).hexdigest()


def merge(ours: Customer, agreed_ours: str | None, theirs: Customer | None, agreed_theirs: str | None) -> Merge:
    """What of `ours` is to be written over `theirs`. `theirs` None: not read yet, nothing of it is compared.

    A base that is not known (None) counts as "has not changed" for theirs, and as "all is new" for ours.
    """
    base = json.loads(agreed_ours or "{}")
    send = {name: value for name, value in fields_of(ours).items() if _plain(value) != base.get(name)}
    if theirs is None or agreed_theirs is None:
        return Merge(send, ())
    other = json.loads(agreed_theirs)
    now = {name: _plain(value) for name, value in fields_of(theirs).items()}
    both = tuple(name for name in send if now[name] != other.get(name) and now[name] != _plain(send[name]))
    return Merge(send, both)


def _plain(value: object) -> object:
    """A field as JSON would give it back, so that what was stored and what is fresh compare.

    Not by way of JSON itself: that took a tenth of step 2, for customers of whom nothing had changed.
    """
    if isinstance(value, Address):
        return {name: getattr(value, name) for name in _ADDRESS}
    return [_plain(one) for one in value] if isinstance(value, tuple | list) else value
