"""Customers and groups of the sandbox's back office. Like real ones it cuts long names and searches loosely."""

import json
import re
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from syncctl.connectors.sandbox.files import next_number
from syncctl.connectors.sandbox.manners import answered, joined
from syncctl.connectors.strict_json import storable
from syncctl.model import Address, Consent, Customer, CustomerChange, CustomerKey, Refused, Written
from syncctl.times import from_text, to_text

NAME_LENGTH = 60  # longer names are cut without a word
MOST_FOUND = 100  # candidates that one search returns
_ID = re.compile(r"[1-9]\d{0,17}\Z", re.ASCII)
COLUMNS = (
    "id, reference, name, company, emails, phones, addresses, group_title, consents, note, tax_id, tax_exempt,"
    " created_at, changed_at, deleted, merged_into"
)
_ADDRESSES = TypeAdapter(tuple[Address, ...])
_CONSENTS = TypeAdapter(tuple[Consent, ...])
_TEXTS = ("name", "company", "note", "tax_id")
_FIELDS = frozenset({*_TEXTS, "emails", "phones", "addresses", "group", "consents", "tax_exempt"})
_EMPTY: dict[str, object] = {
    **dict.fromkeys((*_TEXTS, "group_title"), ""),
    **dict.fromkeys(("emails", "phones", "addresses", "consents"), "[]"),
    "tax_exempt": 0,
}


def write_customer(connection: sqlite3.Connection, change: CustomerChange, at: datetime) -> Written | Refused:
    """Create or change one customer; only the fields named, and of consents only the channels that are named.

    A reference that is there already is not noticed.
    """
    refused = _refusal(connection, change)
    if refused:
        return refused
    if change.id is None:
        columns = {"reference": change.reference or None, "created_at": to_text(at), **_columns(change.fields)}
        return Written(key=change.key, remote_id=str(_insert(connection, {**_EMPTY, **columns}, at)))
    fields = dict(change.fields)
    if "consents" in fields and (before := by_id(connection, change.id)):
        fields["consents"] = answered(before.consents, _consents(fields))
    _update(connection, int(change.id), _columns(fields), at)
    return Written(key=change.key)


def by_id(connection: sqlite3.Connection, customer_id: str) -> Customer | None:
    """The customer as it is now; None if there is none, or no longer."""
    if not _ID.match(customer_id):
        return None
    query = f"SELECT {COLUMNS} FROM customer WHERE id = ? AND NOT deleted"
    row = connection.execute(query, (int(customer_id),)).fetchone()
    return None if row is None else to_customer(row)


def delete_customer(connection: sqlite3.Connection, customer_id: str, at: datetime) -> None:
    """Mark a customer as deleted."""
    _update(connection, int(customer_id), {"deleted": 1}, at)


def merge(connection: sqlite3.Connection, gone: Customer, kept: Customer, at: datetime) -> None:
    """Mark one customer as deleted in favour of another, who gets what it had; so do documents, waiting ones too."""
    _update(connection, int(gone.id), {"deleted": 1, "merged_into": int(kept.id)}, at)
    _update(
        connection,
        int(kept.id),
        {**_columns(joined(gone, kept)), "reference": kept.reference or gone.reference},
        at,
    )
    connection.execute("UPDATE document SET customer_id = ? WHERE customer_id = ?", (kept.id, gone.id))
    connection.execute(
        "UPDATE queue SET document = json_set(document, '$.customer_id', ?)"
        " WHERE json_extract(document, '$.customer_id') = ?",
        (kept.id, gone.id),
    )


def replace_consents(
    connection: sqlite3.Connection, customer_id: str, consents: Sequence[Consent], at: datetime
) -> None:
    """Make these all the answers that are kept of a customer."""
    _update(connection, int(customer_id), _columns({"consents": consents}), at)


def search(connection: sqlite3.Connection, key: CustomerKey) -> list[Customer]:
    """Candidates: e-mail by a part of it in any case, phone by a part as it was typed, reference in any case."""
    terms: list[tuple[str, str]] = []
    if key.id and _ID.match(key.id):
        terms.append(("id = CAST(? AS INTEGER)", key.id))
    if key.reference:
        terms.append(("reference = ?", key.reference))
    if key.email:
        terms.append(("instr(lower(emails), lower(?))", key.email))
    if key.phone:
        terms.append(("instr(phones, ?)", key.phone))
    found: dict[str, Customer] = {}
    for condition, value in terms:
        rows = connection.execute(
            f"SELECT {COLUMNS} FROM customer WHERE NOT deleted AND {condition} ORDER BY id LIMIT {MOST_FOUND}",
            (storable(value),),
        )
        found.update((customer.id, customer) for customer in map(to_customer, rows))
    return list(found.values())


def to_customer(row: Sequence[Any]) -> Customer:
    """A row of `COLUMNS` as the customer that everybody else knows."""
    (
        number,
        reference,
        name,
        company,
        emails,
        phones,
        addresses,
        group,
        consents,
        note,
        tax_id,
        exempt,
        made,
        changed,
        gone,
        merged_into,
    ) = row
    return Customer(
        id=str(number),
        reference=reference,
        name=name,
        company=company,
        emails=tuple(json.loads(emails)),
        phones=tuple(json.loads(phones)),
        addresses=_ADDRESSES.validate_json(addresses) if addresses != "[]" else (),
        group=group,
        consents=_CONSENTS.validate_json(consents) if consents != "[]" else (),
        note=note,
        tax_id=tax_id,
        tax_exempt=bool(exempt),
        created_at=from_text(made),
        changed_at=from_text(changed),
        deleted=bool(gone),
        merged_into=None if merged_into is None else str(merged_into),
    )


def group_titles(connection: sqlite3.Connection) -> list[str]:
    """Exact titles, sorted."""
    return [title for (title,) in connection.execute("SELECT title FROM customer_group ORDER BY title")]


def add_groups(connection: sqlite3.Connection, titles: Sequence[str]) -> None:
    """Make the groups that are missing."""
    connection.executemany(
        "INSERT INTO customer_group (title) VALUES (?) ON CONFLICT DO NOTHING", [(storable(title),) for title in titles]
    )


def dissolve_group(connection: sqlite3.Connection, title: str, new: str, at: datetime) -> bool:
    """Take a group away and put its members into the group `new` ("": none); False if there is none."""
    found = connection.execute("DELETE FROM customer_group WHERE title = ?", (storable(title),)).rowcount
    members = connection.execute("SELECT id FROM customer WHERE group_title = ? AND NOT deleted", (storable(title),))
    for (number,) in members.fetchall() if found else ():
        _update(connection, number, {"group_title": storable(new)}, at)
    return bool(found)


def _refusal(connection: sqlite3.Connection, change: CustomerChange) -> Refused | None:
    fields = change.fields
    group = fields.get("group")
    if unknown := sorted(set(fields) - _FIELDS):
        reason, message = "unknown_field", f"A customer has no field {unknown[0][:40]!r}."
    elif change.id is not None and by_id(connection, change.id) is None:
        reason, message = "unknown_customer", f"There is no customer {change.id[:40]!r}."
    elif (change.id is None or "name" in fields) and not str(fields.get("name") or "").strip():
        reason, message = "name_required", "A customer needs a name."
    elif group and group not in group_titles(connection):
        reason, message = "unknown_group", f"There is no customer group {str(group)[:60]!r}."
    else:
        return None
    return Refused(key=change.key, reason=reason, message=message)


def _columns(fields: Mapping[str, Any]) -> dict[str, object]:
    columns: dict[str, object] = {name: storable(fields[name] or "") for name in _TEXTS if name in fields}
    if "name" in columns:
        columns["name"] = str(columns["name"])[:NAME_LENGTH]
    for name in ("emails", "phones"):
        if name in fields:
            columns[name] = json.dumps([storable(text) for text in fields[name]], ensure_ascii=False)
    if "addresses" in fields:
        columns["addresses"] = _ADDRESSES.dump_json(tuple(fields["addresses"])).decode()
    if "consents" in fields:
        columns["consents"] = _CONSENTS.dump_json(_consents(fields)).decode()
    if "group" in fields:
        columns["group_title"] = storable(fields["group"] or "")
    if "tax_exempt" in fields:
        columns["tax_exempt"] = int(bool(fields["tax_exempt"]))
    return columns


def _consents(fields: Mapping[str, Any]) -> tuple[Consent, ...]:
    return tuple(fields.get("consents") or ())


def _insert(connection: sqlite3.Connection, columns: dict[str, object], at: datetime) -> int:
    values = {**columns, "changed_at": to_text(at), "changed": next_number(connection, "change")}
    cursor = connection.execute(
        f"INSERT INTO customer ({', '.join(values)}) VALUES ({', '.join('?' for _ in values)})", list(values.values())
    )
    return cursor.lastrowid or 0


def _update(connection: sqlite3.Connection, number: int, columns: Mapping[str, object], at: datetime) -> None:
    values = {**columns, "changed_at": to_text(at), "changed": next_number(connection, "change")}
    setters = ", ".join(f"{name} = ?" for name in values)
    connection.execute(f"UPDATE customer SET {setters} WHERE id = ?", [*values.values(), number])
