"""Customers as the files of both sides have them, and all that was ever seen of each: no code of ours is asked.

What a person typed and what we wrote are told apart by when they are seen: the oracle looks before and after each deed,
and after each run.
"""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

OFFICE = "back-office"
GROUPS = ("Retail", "Trade")
TYPED = ("name", "company", "note", "tax_id")
LISTS = ("emails", "phones", "addresses")
PLACEHOLDERS = ("noemail@", "no-reply@", "none@", "test@")
Key = tuple[str, str]  # email | phone, and how it compares
Whose = tuple[str, str]  # party, and the id there; of a guest: "guest:" and who


@dataclass(frozen=True, slots=True)
class Seen:
    """One customer as one side's file has it."""

    fields: dict[str, Any]
    consents: dict[str, tuple[str, str | None]]  # channel: state, and when it was given
    reference: str | None


@dataclass(frozen=True, slots=True)
class Edit:
    """What a person did to a text; `written`: when we had written what stood there before, if we had."""

    old: str
    new: str
    written: int | None


@dataclass(slots=True)
class Record:
    """All that was ever seen of one record. `home`: of one that we made, the record it was made for; else None.

    `typed`: by field, the values that people typed into it, ever; `added`: those elements of lists that a person added,
    and nobody took away anywhere. `answers`: what the customer said there, by channel: (number of the look, state).
    `ours`: what we wrote last and when, by field; `edits`: what a person did to it after that. `replaced`: elements of
    lists that a person put in the place of others, with those.
    """

    whose: Whose
    born: int
    home: Whose | None = None
    now: Seen | None = None
    names: set[str] = field(default_factory=set)
    ever: set[Key] = field(default_factory=set)
    always: set[Key] = field(default_factory=set)
    typed: dict[str, set[str]] = field(default_factory=dict)
    added: dict[str, set[str]] = field(default_factory=dict)
    answers: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    ours: dict[str, tuple[Any, int]] = field(default_factory=dict)
    edits: dict[str, Edit] = field(default_factory=dict)
    replaced: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    @property
    def party(self) -> str:
        return self.whose[0]

    @property
    def is_web(self) -> bool:
        return self.party != OFFICE

    @property
    def is_guest(self) -> bool:
        return self.whose[1].startswith("guest:")

    @property
    def title(self) -> str:
        return f"{self.party} customer {self.whose[1]}"


def customers_of(party: str, connection: sqlite3.Connection, most: int | None) -> Iterator[tuple[str, Seen]]:
    """(id, what the file says) of every living customer of one side; `most`: of so many contacts it tells."""
    if party != OFFICE:
        for number, reference, body in connection.execute(
            "SELECT id, reference, body FROM customer WHERE NOT deleted ORDER BY position"
        ):
            yield number, seen_as(json.loads(body), reference, most)
        return
    columns = "name company emails phones addresses consents note tax_id tax_exempt".split()
    for number, reference, group, *values in connection.execute(
        f"SELECT CAST(id AS TEXT), reference, group_title, {', '.join(columns)} FROM customer "
        "WHERE NOT deleted ORDER BY id"
    ):
        body = dict(zip(columns, values, strict=True))
        body |= {name: json.loads(body[name]) for name in ("emails", "phones", "addresses", "consents")}
        yield number, seen_as({**body, "group": group}, reference, most)


def seen_as(body: dict[str, Any], reference: str | None = None, most: int | None = None) -> Seen:
    """A customer's body, in the words that both files share."""
    fields = {name: body.get(name) or "" for name in (*TYPED, "group")}
    fields |= {name: tuple(body.get(name) or ())[:most] for name in ("emails", "phones")}
    addresses = tuple(one.get("street", "") for one in body.get("addresses") or ())
    consents = {one["channel"]: (one["state"], one.get("changed_at") or None) for one in body.get("consents") or ()}
    return Seen({**fields, "addresses": addresses, "tax_exempt": bool(body.get("tax_exempt"))}, consents, reference)


def keys_of(seen: Seen) -> set[Key]:
    """What it may be recognised by: e-mail addresses without regard to case, phones as British numbers."""
    emails = {("email", one.strip().casefold()) for one in seen.fields["emails"]}
    phones = {("phone", _number(one)) for one in seen.fields["phones"]}
    return {key for key in emails | phones if not _is_nobodys(key)}


def _number(phone: str) -> str:
    digits = "".join(sign for sign in phone if sign.isdigit())
    return digits.removeprefix("44") if phone.startswith("+") else digits.removeprefix("0")


def _is_nobodys(key: Key) -> bool:
    kind, value = key
    return value.startswith(PLACEHOLDERS) if kind == "email" else len(set(value)) < 2


def element(name: str, value: str) -> str:
    """How an element of a list compares with others."""
    return {"emails": value.strip().casefold(), "phones": _number(value)}.get(name, value)


def plain_name(name: str) -> str:
    return " ".join(name.casefold().split())
