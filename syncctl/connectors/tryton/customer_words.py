"""Parties of Tryton as customers, and what a change of one is over there.

A party keeps its contacts and addresses as records of their own. What is not wanted any more is put out of use and not
deleted: documents may stand on it, and a deletion would leave no trace for the next reading.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from syncctl.connectors.tryton import identifiers
from syncctl.connectors.tryton.base import Row
from syncctl.connectors.tryton.parties import GUEST
from syncctl.model import Address, Customer, CustomerChange

FIELDS = [
    "name",
    "code",
    "active",
    "replaced_by",
    "write_date",
    "create_date",
    *(f"contact_mechanisms.{name}" for name in ("type", "value", "active", "write_date", "create_date")),
    *(f"addresses.{name}" for name in ("party_name", "street", "city", "postal_code", "invoice", "delivery")),
    *(f"addresses.{name}" for name in ("active", "write_date", "create_date", "country.code", "subdivision.name")),
    *(f"categories.{name}" for name in ("name", "parent", "write_date", "create_date")),
    *identifiers.FIELDS,
]
_PHONES = ("phone", "mobile")
_HANGING = ("contact_mechanisms.", "addresses.", "categories.", "identifiers.")
Values = dict[str, Any]


class Refusal(Exception):
    """A change that cannot be made: a short word, and the sentence."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def is_guest(row: Row) -> bool:
    """Whether a party was made for one guest's order: it is no customer."""
    return bool((row["code"] or "").startswith(GUEST))


def to_customer(row: Row) -> Customer:
    """A party as a customer; one that is out of use is deleted, and names who stands for it now."""
    gone = not row["active"]
    into = row["replaced_by"]
    return Customer(
        id=str(row["id"]),
        name=row["name"] or "",
        emails=tuple(one["value"] for one in _in_use(row, "contact_mechanisms.") if one["type"] == "email"),
        phones=tuple(one["value"] for one in _in_use(row, "contact_mechanisms.") if one["type"] in _PHONES),
        addresses=tuple(_address(one) for one in _addresses(row)),
        group=group_of(row),
        tax_id=identifiers.tax_id_of(row),
        reference=row["code"] or None,
        created_at=row["create_date"],
        changed_at=_changed_at(row),
        deleted=gone,
        merged_into=str(into) if gone and into else None,
    )


def group_of(row: Row) -> str | None:
    """The title of a party's one group; "": in none; None: in several, so that none is the one."""
    titles = [one["name"] for one in row["categories."] if one["parent"] is None]
    return titles[0] if len(titles) == 1 else None if titles else ""


def creation_of(change: CustomerChange, groups: Mapping[str, int], country: Callable[[str], int | None]) -> Values:
    """What a new party is made of. Errors: Refusal."""
    fields: Mapping[str, Any] = change.fields
    if not fields.get("name"):
        raise Refusal("name_needed", "a customer in Tryton needs a name")
    values: Values = {"name": fields["name"], "code": change.reference}
    contacts = [_contact("email", one) for one in fields.get("emails", ())]
    contacts += [_contact("phone", one) for one in fields.get("phones", ())]
    addresses = [address_values(one, country) for one in fields.get("addresses", ())]
    values |= {"contact_mechanisms": [["create", contacts]]} if contacts else {}
    values |= {"addresses": [["create", addresses]]} if addresses else {"addresses": []}
    steps = identifiers.creation_of(str(fields.get("tax_id", "")))
    values |= {"identifiers": steps} if steps else {}
    title = fields.get("group")
    if title:
        values["categories"] = [["add", [_group(str(title), groups)]]]
    return values


def change_of(
    change: CustomerChange,
    row: Row,
    groups: Mapping[str, int],
    country: Callable[[str], int | None],
    invoiced: Collection[int],
) -> Values:
    """What is written to a party: only what is named. `invoiced`: identifiers that invoices name. Errors: Refusal."""
    fields: Mapping[str, Any] = change.fields
    values: Values = {}
    if "name" in fields:
        if not fields["name"]:
            raise Refusal("name_needed", "a customer in Tryton needs a name")
        values["name"] = fields["name"]
    contacts: list[Any] = []
    if "emails" in fields:
        contacts += _in_step(
            _of_type(row, ("email",)), [_contact("email", one) for one in fields["emails"]], _same_email
        )
    if "phones" in fields:
        contacts += _in_step(_of_type(row, _PHONES), [_contact("phone", one) for one in fields["phones"]], _same_phone)
    if contacts:
        values["contact_mechanisms"] = contacts
    if "addresses" in fields:
        wanted = [address_values(one, country) for one in fields["addresses"]]
        steps = _replaced(_addresses(row), wanted)
        values |= {"addresses": steps} if steps else {}
    if "group" in fields:
        steps = _regrouped(row, fields["group"], groups)
        values |= {"categories": steps} if steps else {}
    if "tax_id" in fields:
        steps = _renumbered(row, str(fields["tax_id"]), invoiced)
        values |= {"identifiers": steps} if steps else {}
    return values


def address_values(address: Address, country: Callable[[str], int | None]) -> Values:
    """An address as Tryton keeps it; a region is not sent, for it must be one of Tryton's own list."""
    return {
        "party_name": address.name or None,
        "street": "\n".join(filter(None, (address.company, address.street))) or None,
        "city": address.city or None,
        "postal_code": address.postal_code or None,
        "country": country(address.country),
        "delivery": address.kind == "shipping",
        "invoice": address.kind == "billing",
    }


def _address(row: Row) -> Address:
    kind = "shipping" if row["delivery"] else "billing" if row["invoice"] else "other"
    return Address(
        kind=kind,
        name=row["party_name"] or "",
        street=row["street"] or "",
        city=row["city"] or "",
        region=(row["subdivision."] or {}).get("name", ""),
        postal_code=row["postal_code"] or "",
        country=(row["country."] or {}).get("code", ""),
    )


def _in_use(row: Row, name: str) -> list[Row]:
    return [one for one in row[name] if one["active"]]


def _addresses(row: Row) -> list[Row]:
    """Those that say something: a sale needs an address, and of a party that has none it gets an empty one."""
    parts = ("party_name", "street", "city", "postal_code", "country.")
    return [one for one in _in_use(row, "addresses.") if any(one[part] for part in parts)]


def _of_type(row: Row, types: Sequence[str]) -> list[Row]:
    return [one for one in _in_use(row, "contact_mechanisms.") if one["type"] in types]


def _contact(kind: str, value: object) -> Values:
    return {"type": kind, "value": value}


def _in_step(there: Sequence[Row], wanted: Sequence[Values], same: Callable[[Row, Values], bool]) -> list[Any]:
    """Bring a list in step: what is there stays, another takes the place of what is not wanted, the rest goes."""
    left, missing = list(there), []
    for values in wanted:
        found = next((one for one in left if same(one, values)), None)
        if found is None:
            missing.append(values)
        else:
            left.remove(found)
    steps: list[Any] = []
    for values in missing:
        if left:
            changed = {name: value for name, value in values.items() if name != "type"}
            steps.append(["write", [left.pop(0)["id"]], changed])
        else:
            steps.append(["create", [values]])
    if left:
        steps.append(["write", [one["id"] for one in left], {"active": False}])
    return steps


def _replaced(there: Sequence[Row], wanted: Sequence[Values]) -> list[Any]:
    """As `_in_step`, but nothing is written over: sales stand on an address, and their goods go where they went."""
    left = list(there)
    steps: list[Any] = []
    for values in wanted:
        found = next((one for one in left if _same_address(one, values)), None)
        if found is None:
            steps.append(["create", [values]])
        else:
            left.remove(found)
    if left:
        steps.append(["write", [one["id"] for one in left], {"active": False}])
    return steps


def _same_email(row: Row, values: Values) -> bool:
    return bool(row["value"] == values["value"])


def _same_phone(row: Row, values: Values) -> bool:
    return _digits(row["value"]) == _digits(values["value"])


def _digits(text: str) -> str:
    return "".join(one for one in text if one.isdigit() or one == "+")


def _same_address(row: Row, values: Values) -> bool:
    country = (row["country."] or {}).get("id")
    names = ("party_name", "street", "city", "postal_code")
    same = all((row[name] or None) == values[name] for name in names) and country == values["country"]
    return bool(same and row["delivery"] == values["delivery"] and row["invoice"] == values["invoice"])


def _group(title: str, groups: Mapping[str, int]) -> int:
    if title not in groups:
        raise Refusal("unknown_group", f"Tryton has no category of parties {title[:60]!r}")
    return groups[title]


def _regrouped(row: Row, title: object, groups: Mapping[str, int]) -> list[Any]:
    now = [one["id"] for one in row["categories."] if one["parent"] is None]
    if len(now) > 1:
        raise Refusal("several_groups", "it is in several categories in Tryton, so that none is the one to change")
    wanted = [_group(str(title), groups)] if title else []
    if now == wanted:
        return []
    return [*([["remove", now]] if now else []), *([["add", wanted]] if wanted else [])]


def _renumbered(row: Row, text: str, invoiced: Collection[int]) -> list[Any]:
    steps = identifiers.change_of(row, text, invoiced)
    if len(steps) > 1 and identifiers.has_others(row):
        text = "invoices stand on its tax identifier in Tryton, and it has others, which would come before a new one"
        raise Refusal("invoiced_tax_id", text)
    return steps


def _changed_at(row: Row) -> datetime | None:
    times = [row["write_date"] or row["create_date"]]
    times += [one["write_date"] or one["create_date"] for name in _HANGING for one in row[name]]
    return max((one for one in times if one is not None), default=None)
