"""Customers and groups of the sandbox's back office. Like real ones it cuts long names and searches loosely."""

import json
import re
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter

from syncctl.connectors.sandbox.files import next_number, storable
from syncctl.model import Address, Consent, Customer, CustomerChange, CustomerKey, Refused, Written
from syncctl.times import from_text, now, to_text

NAME_LENGTH = 60  # longer names are cut without a word
MOST_FOUND = 100  # candidates that one search returns
_ID = re.compile(r"[1-9]\d{0,17}\Z", re.ASCII)
CHANNELS = frozenset({"email"})
COLUMNS = (
    "id, reference, name, company, emails, phones, addresses, group_title, consents, note, tax_exempt, created_at,"
    " changed_at, deleted"
)
_ADDRESSES = TypeAdapter(tuple[Address, ...])
_CONSENTS = TypeAdapter(tuple[Consent, ...])
_TEXTS = ("name", "company", "note")
_FIELDS = frozenset({*_TEXTS, "emails", "phones", "addresses", "group", "consents", "tax_exempt"})
_EMPTY: dict[str, object] = {
    **dict.fromkeys((*_TEXTS, "group_title"), ""),
    **dict.fromkeys(("emails", "phones", "addresses", "consents"), "[]"),
    "tax_exempt": 0,
}


def write_customer(connection: sqlite3.Connection, change: CustomerChange) -> Written | Refused:
    """Create or change one customer; only the fields named. A reference that is there already is not noticed."""
    refused = _refusal(connection, change)
    if refused:
        return refused
    columns = _columns(change.fields)
    if change.id is None:
        made = {**_EMPTY, "reference": change.reference or None, "created_at": to_text(now()), **columns}
        return Written(key=change.key, remote_id=str(_insert(connection, made)))
    _update(connection, int(change.id), columns)
    return Written(key=change.key)


def delete_customer(connection: sqlite3.Connection, customer_id: str) -> bool:
    """Mark a customer as deleted; False if there is none."""
    found = _exists(connection, customer_id)
    if found:
        _update(connection, int(customer_id), {"deleted": 1})
    return found


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
        exempt,
        made,
        changed,
        gone,
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
        tax_exempt=bool(exempt),
        created_at=from_text(made),
        changed_at=from_text(changed),
        deleted=bool(gone),
    )


def group_titles(connection: sqlite3.Connection) -> list[str]:
    """Exact titles, sorted."""
    return [title for (title,) in connection.execute("SELECT title FROM customer_group ORDER BY title")]


def add_groups(connection: sqlite3.Connection, titles: Sequence[str]) -> None:
    """Make the groups that are missing."""
    connection.executemany(
        "INSERT INTO customer_group (title) VALUES (?) ON CONFLICT DO NOTHING", [(storable(title),) for title in titles]
    )


def _refusal(connection: sqlite3.Connection, change: CustomerChange) -> Refused | None:
    fields = change.fields
    group = fields.get("group")
    channels = {consent.channel for consent in _consents(fields)}
    if unknown := sorted(set(fields) - _FIELDS):
        reason, message = "unknown_field", f"A customer has no field {unknown[0][:40]!r}."
    elif change.id is not None and not _exists(connection, change.id):
        reason, message = "unknown_customer", f"There is no customer {change.id[:40]!r}."
    elif (change.id is None or "name" in fields) and not str(fields.get("name") or "").strip():
        reason, message = "name_required", "A customer needs a name."
    elif group and group not in group_titles(connection):
        reason, message = "unknown_group", f"There is no customer group {str(group)[:60]!r}."
    elif channels - CHANNELS:
        reason, message = "unknown_channel", "Consent is kept for e-mail only."
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
        columns["group_title"] = fields["group"] or ""
    if "tax_exempt" in fields:
        columns["tax_exempt"] = int(bool(fields["tax_exempt"]))
    return columns


def _consents(fields: Mapping[str, Any]) -> tuple[Consent, ...]:
    return tuple(fields.get("consents") or ())


def _insert(connection: sqlite3.Connection, columns: dict[str, object]) -> int:
    values = {**columns, "changed_at": to_text(now()), "changed": next_number(connection, "change")}
    cursor = connection.execute(
        f"INSERT INTO customer ({', '.join(values)}) VALUES ({', '.join('?' for _ in values)})", list(values.values())
    )
    return cursor.lastrowid or 0


def _update(connection: sqlite3.Connection, number: int, columns: dict[str, object]) -> None:
    values = {**columns, "changed_at": to_text(now()), "changed": next_number(connection, "change")}
    setters = ", ".join(f"{name} = ?" for name in values)
    connection.execute(f"UPDATE customer SET {setters} WHERE id = ?", [*values.values(), number])


def _exists(connection: sqlite3.Connection, customer_id: str) -> bool:
    if not _ID.match(customer_id):
        return False
    query = "SELECT 1 FROM customer WHERE id = ? AND NOT deleted"
    return connection.execute(query, (int(customer_id),)).fetchone() is not None
