"""A customer's address book, brought in step with a list of addresses without deleting any. Pure.

What is wanted and there already is left alone. What is new takes the place of an address that the caller knew of and
wants no more, the one in the same street first, or is added. What else is there stays.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from syncctl.connectors.shopify.countries import COUNTRIES
from syncctl.model import Address

_REGION_CODE = re.compile(r"[A-Z0-9]{1,3}")  # what is longer is a region's name


@dataclass(frozen=True, slots=True)
class Entry:
    """An address that is to be written, as the one of this `id`, or as a new one. `address` None: it is as it should
    be, and is the default one from now on."""

    id: str | None
    address: Address | None
    default: bool = False


@dataclass(frozen=True, slots=True)
class Book:
    """What is there now: (id, address) each. `name`: the customer's, for the addresses that name nobody; `new_name`:
    the one that he has from now on."""

    there: Sequence[tuple[str, Address]]
    name: str
    new_name: str

    def renamed(self) -> list[Entry]:
        """The addresses that are to name the customer by his new name: those that name nobody else."""
        same = self.name.casefold() == self.new_name.casefold()
        return [] if same else [Entry(one, address) for one, address in self.there if not address.name]

    def plan(self, wanted: Sequence[Address], known: Iterable[Address]) -> list[Entry]:
        """What is to be written. `known`: what the caller read of the book; nothing else is replaced."""
        left, entries, new = dict(self.there), [], []
        default = _default(wanted)
        default_place = None if default is None else place(default, self.new_name)
        for where, one in _first_of_each(wanted, self.new_name).items():
            same = next((id_ for id_, other in left.items() if place(other, self.name) == where), None)
            if same is None:
                new.append(one)
            elif not left.pop(same).is_default and where == default_place:
                entries.append(Entry(same, None, default=True))
        known_places = {place(one, self.name) for one in known}
        free = {id_: one for id_, one in left.items() if place(one, self.name) in known_places}
        for one, id_ in _pairs(new, free):
            entries.append(Entry(id_, one, default=place(one, self.new_name) == default_place))
        return entries


def place(address: Address, own_name: str) -> tuple[str, ...]:
    """What makes two addresses the same: all but their kind, and how they are spelled."""
    name = address.name or own_name
    street = address.street.replace(",", " ")
    parts = (name, address.company, street, address.city, address.region, address.postal_code, address.country)
    return (*(" ".join(one.casefold().split()) for one in parts), "".join(filter(str.isdigit, address.phone)))


def strange_country(addresses: Iterable[Address]) -> str:
    """The first country that is no code; "" for none."""
    return next((one.country for one in addresses if one.country and one.country not in COUNTRIES), "")


def to_input(address: Address, own_name: str) -> dict[str, Any]:
    """An address as it is sent, whole. One without a name is the customer's own, and a parcel needs a name."""
    first, *rest = [line.strip() for line in address.street.splitlines() if line.strip()] or [""]
    coded = _REGION_CODE.fullmatch(address.region) is not None
    return {
        **names_of(address.name or own_name),
        "company": address.company,
        "address1": first,
        "address2": ", ".join(rest),
        "city": address.city,
        ("provinceCode" if coded or not address.region else "province"): address.region or None,
        "zip": address.postal_code,
        "countryCode": address.country or None,
        "phone": address.phone,
    }


def names_of(name: str) -> dict[str, str]:
    """A name as two: the last word is the last name; one word is a first name.

    >>> names_of("Mary Ann Smith"), names_of("Cher")
    ({'firstName': 'Mary Ann', 'lastName': 'Smith'}, {'firstName': 'Cher', 'lastName': ''})
    """
    *first, last = name.split() or [""]
    return {"firstName": " ".join(first), "lastName": last} if first else {"firstName": last, "lastName": ""}


def _first_of_each(addresses: Sequence[Address], own_name: str) -> dict[tuple[str, ...], Address]:
    found: dict[tuple[str, ...], Address] = {}
    for one in addresses:
        found.setdefault(place(one, own_name), one)
    return found


def _default(addresses: Sequence[Address]) -> Address | None:
    """The one default address: that to which goods go, if there is one of each kind."""
    defaults = sorted((one for one in addresses if one.is_default), key=lambda one: one.kind == "billing")
    return defaults[0] if defaults else None


def _pairs(new: Sequence[Address], free: dict[str, Address]) -> list[tuple[Address, str | None]]:
    """Whose place each new address takes: the one in the same street, else the next; None where there is none left."""
    taken: dict[int, str] = {}
    for number, one in enumerate(new):
        alike = next((id_ for id_, other in free.items() if _street(other) == _street(one)), None)
        if alike is not None and _street(one):
            taken[number] = alike
            del free[alike]
    rest = iter(free)
    return [(one, taken[number] if number in taken else next(rest, None)) for number, one in enumerate(new)]


def _street(address: Address) -> str:
    return " ".join(address.street.replace(",", " ").casefold().split())
