"""The tax identifier of a party, which may have identifiers of many kinds.

It is the one that Tryton itself takes for taxes; where there is none of those, the first that is said to be of no kind.
All others are left alone.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from syncctl.connectors.tryton.base import Row

FIELDS = [
    "tax_identifier",
    *(f"identifiers.{name}" for name in ("type", "code", "code_compact", "active", "write_date", "create_date")),
]
_EU = {
    *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "HR", "HU", "IE", "IT", "LT", "LU", "LV"),
    *("MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "XI"),
}
_PREFIXES = {*_EU, "GB"}
_LEAST_DIGITS = 7  # of a VAT number that is known by its prefix; a shorter text may be anything
_BETWEEN = re.compile(r"[\W_]")


def is_settled(row: Row) -> bool:
    """Whether what Tryton takes for taxes is in use. Where it is read with all that is out of use, it may be not."""
    return row["tax_identifier"] is None or row["tax_identifier"] in [one["id"] for one in _in_use(row)]


def tax_id_of(row: Row) -> str:
    """The customer's tax identifier; "": there is none. A VAT number begins with its country, which its type tells."""
    one = _tax_identifier(row)
    if one is None:
        return ""
    prefix, code = _prefix_of(one["type"]), str(one["code"])
    return code if not prefix or _signs(code).startswith(prefix) else prefix + str(one["code_compact"])


def creation_of(text: str) -> list[Any]:
    """The steps that give a new party this tax identifier."""
    return [["create", [{"type": _type_of(text), "code": text.strip()}]]] if text.strip() else []


def id_of(row: Row) -> int | None:
    """Which of its identifiers is the party's tax identifier."""
    one = _tax_identifier(row)
    return None if one is None else int(one["id"])


def has_others(row: Row) -> bool:
    """Whether there are more of some kind, one of which Tryton may take for taxes before a new one."""
    return sum(bool(one["type"]) for one in _in_use(row)) > 1


def change_of(row: Row, text: str, invoiced: Collection[int]) -> list[Any]:
    """The steps that make this the party's tax identifier, "": that it has none any more.

    One of those that invoices stand on is not written over: another takes its place.
    """
    now = _tax_identifier(row)
    if now is None:
        return creation_of(text)
    if not text.strip():
        return [["write", [now["id"]], {"active": False}]]
    if _signs(text) == _signs(tax_id_of(row)):
        return []
    if now["id"] in invoiced:
        return [["write", [now["id"]], {"active": False}], *creation_of(text)]
    values: dict[str, object] = {"code": text.strip()}
    if (told := _type_of(text)) is not None and not _fits(now["type"], told, text):
        values["type"] = told
    return [["write", [now["id"]], values]]


def _tax_identifier(row: Row) -> Mapping[str, Any] | None:
    in_use = _in_use(row)
    own = [one for one in in_use if one["id"] == row["tax_identifier"]]
    return next(iter([*own, *(one for one in in_use if not one["type"])]), None)


def _in_use(row: Row) -> list[Row]:
    return [one for one in row["identifiers."] if one["active"]]


def _type_of(text: str) -> str | None:
    """The type that a text tells by itself; None: it may be of any."""
    signs = _signs(text)
    if signs[:2] not in _PREFIXES or sum(sign.isdigit() for sign in signs) < _LEAST_DIGITS:
        return None
    return "gb_vat" if signs.startswith("GB") else "eu_vat"


def _fits(type_: str | None, told: str, text: str) -> bool:
    """Whether a type is the one that a text tells, or its country's own for the same."""
    return type_ == told or _prefix_of(type_) == _signs(text)[:2]


def _prefix_of(type_: str | None) -> str:
    """What VAT numbers of a national type begin with outside of their country; "": it is none of those."""
    country, _, kind = (type_ or "").partition("_")
    prefix = {"gr": "EL"}.get(country, country.upper())
    return prefix if kind == "vat" and prefix in _PREFIXES else ""


def _signs(text: str) -> str:
    return _BETWEEN.sub("", text).upper()
