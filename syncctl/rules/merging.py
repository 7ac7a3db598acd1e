"""Merging what two sides say of a customer, three-way and per field (R24, R39, R40, R64, R86).

A side has changed a field when it differs from what that side held when both last agreed: a back office that cuts a
name on its way in has not edited it. The two bases of a field are a pair: what stood here when that stood there.

Everything here is in the *plain* form, which is what JSON gives back: text, lists of text, addresses as dicts without
their empty parts. A field that is left out is not said, which is something else than empty.
"""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any, Literal

from syncctl.model import Address, Customer
from syncctl.rules.lists import KEYS, Key, same, three_way, union

FIELDS = ("name", "company", "emails", "phones", "addresses", "group", "note", "tax_id", "tax_exempt")

Plain = dict[str, Any]
Choice = Literal["ours", "theirs", "ask", "keep"]
Choose = Callable[[str, bool], Choice]
"""Whose word holds where a field differs: (field, joined). `joined`: there is no base, so neither side has *changed*
it; then "keep" is an answer too: each side keeps its own. Made by `rules.winner.chooser`."""

_LISTS = frozenset({"emails", "phones", "addresses"})
_ADDRESS = tuple(one.name for one in fields(Address))
_address_parts = attrgetter(*_ADDRESS)
_said = attrgetter(*FIELDS)
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


@dataclass(slots=True)
class Merge:
    """What comes of a merge, all plain. The new bases are to be kept even where nothing was taken.

    `taken`: the hub's fields that changed; `send`: what the other side is to be told, whole fields; `asked`: fields
    that wait for a person, left as they were on both sides; `kept`: fields in which both keep their own from now on.
    """

    ours: Plain
    agreed_ours: Plain
    agreed_theirs: Plain
    taken: list[str] = field(default_factory=list)
    send: Plain = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


def plain(customer: Customer, full: bool) -> Plain:
    """The fields that this reading says. `full` False: a copy that may leave things out, so empty is not said.

    Group and tax exemption are not said where they are None; "" is a group's way of saying: none.
    """
    name, company, emails, phones, addresses, group, note, tax_id, tax_exempt = _said(customer)
    said: Plain = {}
    if full or name:
        said["name"] = name
    if full or company:
        said["company"] = company
    if full or emails:
        said["emails"] = list(emails)
    if full or phones:
        said["phones"] = list(phones)
    if full or addresses:
        said["addresses"] = [plain_address(one) for one in addresses]
    if group is not None and (full or group):
        said["group"] = group
    if full or note:
        said["note"] = note
    if full or tax_id:
        said["tax_id"] = tax_id
    if tax_exempt is not None:
        said["tax_exempt"] = tax_exempt
    return said


def plain_address(address: Address) -> dict[str, Any]:
    """An address without its empty parts, so that a part that is added to the model one day is no change."""
    return {name: value for name, value in zip(_ADDRESS, _address_parts(address), strict=True) if value}


def typed(said: Mapping[str, Any]) -> dict[str, object]:
    """The same fields in the shapes of `Customer`."""
    shaped: dict[str, object] = dict(said)
    shaped.update({name: tuple(said[name]) for name in ("emails", "phones") if name in said})
    if "addresses" in said:
        # What was left out was empty: `kind` is the one part whose default is not.
        shaped["addresses"] = tuple(Address(**{"kind": "", **one}) for one in said["addresses"])
    return shaped


def text_of(said: Mapping[str, Any]) -> str:
    """The plain form as compact JSON with sorted keys: equal exactly where the fields are."""
    return _encode(said)


def from_text(text: str | None) -> Plain:
    """The plain form back; nothing is said by None."""
    said: Plain = json.loads(text) if text else {}
    return said


def is_blank(value: object) -> bool:
    """Whether a value says nothing: "", [] or None; False says something."""
    return value is None or value == "" or value == []


def untold(ours: Mapping[str, Any], agreed_ours: Mapping[str, Any], names: Collection[str] = FIELDS) -> Plain:
    """What the other side of a link is not told yet, of the fields `names` that it keeps."""
    return {
        name: ours[name]
        for name in FIELDS
        if name in names
        and name in ours
        and (ours[name] != agreed_ours[name] if name in agreed_ours else not is_blank(ours[name]))
    }


def merge(
    ours: Mapping[str, Any],
    theirs: Mapping[str, Any],
    agreed_ours: Mapping[str, Any],
    agreed_theirs: Mapping[str, Any],
    choose: Choose,
    *,
    keys: Mapping[str, Key] = KEYS,
) -> Merge:
    """Merge what a side says now into the hub's fields, with the bases of its link; {}: there is none, a join.

    `keys`: how `tax_id` and the elements of `emails` and `phones` compare (`rules.lists.keys_for`).
    """
    result = Merge(dict(ours), dict(agreed_ours), dict(agreed_theirs))
    for name in FIELDS:
        if name not in theirs or (theirs[name] is None):
            continue
        if name in agreed_ours and name in agreed_theirs:
            _with_base(result, name, theirs[name], choose, keys.get(name, str))
        else:
            _join(result, name, theirs[name], choose, keys.get(name, str))
    result.taken = [name for name in FIELDS if result.ours.get(name) != ours.get(name)]
    result.send = untold(result.ours, result.agreed_ours, [name for name in FIELDS if name not in result.asked])
    return result


def made_of(sent: object, now: object) -> bool:
    """Whether a value is what a side may have made of what it was told: the same, or its beginning, or its first few,
    an address with fewer parts, or as its default one; "no" of what it was not told, where it knows only yes and no.

    >>> made_of("Ann Archer", "Ann Arc"), made_of(["a@x.example"], ["b@x.example"])
    (True, False)
    """
    if isinstance(sent, str) and isinstance(now, str):
        return sent.strip().startswith(now.strip()) and (bool(now.strip()) or not sent.strip())
    if isinstance(sent, list) and isinstance(now, list):
        return bool(now) == bool(sent) and len(now) <= len(sent) and all(map(made_of, sent, now))
    if isinstance(sent, dict) and isinstance(now, dict):
        parts = now.keys() - {"is_default"}  # to many a side the first address is that by itself
        return parts <= sent.keys() and all(made_of(sent[name], now[name]) for name in parts)
    return sent == now or (sent is None and now is False)


def bases_of_own(
    ours: Mapping[str, Any], theirs: Mapping[str, Any], agreed_ours: Mapping[str, Any], agreed_theirs: Mapping[str, Any]
) -> tuple[Plain, Plain]:
    """The bases of a record that we made, though it is not known any more what was agreed: after a lost reply, or in a
    restored hub. What may have been made of our value is no value of theirs.
    """
    base_ours, base_theirs = dict(agreed_ours), dict(agreed_theirs)
    for name, value in theirs.items():
        based = name in agreed_ours and name in agreed_theirs
        if not based and not is_blank(value) and made_of(ours.get(name), value):
            base_ours[name], base_theirs[name] = ours.get(name), value
    return base_ours, base_theirs


def _with_base(result: Merge, name: str, theirs: Any, choose: Choose, key: Key) -> None:
    """Both sides agreed on this field once: what changed since, and on which side, decides."""
    base_ours, base_theirs = result.agreed_ours[name], result.agreed_theirs[name]
    ours = result.ours.get(name, base_ours)  # the hub does not say: then it has not changed it
    if theirs == base_theirs:
        return
    if _equal(name, ours, theirs, key):
        _agree(result, name, ours, theirs)
    elif name in _LISTS:
        _merge_lists(result, name, theirs, choose, key)
    elif ours == base_ours or (choice := choose(name, False)) == "theirs":
        result.ours[name] = theirs
        _agree(result, name, theirs, theirs)
    elif choice == "ours":
        _agree(result, name, theirs, theirs)  # overruled: ours is to be sent
    else:
        result.asked.append(name)


def _merge_lists(result: Merge, name: str, theirs: list[Any], choose: Choose, key: Key) -> None:
    """Element by element; what only one side did stands, whoever wins."""
    base_ours, base_theirs = result.agreed_ours[name], result.agreed_theirs[name]
    ours: Any = result.ours.get(name, base_ours)
    merged = three_way(ours, theirs, base_ours, base_theirs, key)
    choice = choose(name, False) if merged.conflict else "ours"
    if choice not in ("ours", "theirs"):
        result.asked.append(name)
        return
    result.ours[name] = merged.if_ours if choice == "ours" else merged.if_theirs
    _agree(result, name, merged.base, theirs)
    if same(result.ours[name], theirs, key):
        _agree(result, name, result.ours[name], theirs)


def _join(result: Merge, name: str, theirs: Any, choose: Choose, key: Key) -> None:
    """No base: neither value is a change of the other, so only blanks are filled, unless a rule or a person says."""
    ours: Any = result.ours.get(name)
    if is_blank(ours) and is_blank(theirs):
        _agree(result, name, theirs if ours is None else ours, theirs)
    elif is_blank(ours):
        result.ours[name] = theirs
        _agree(result, name, theirs, theirs)
    elif _equal(name, ours, theirs, key):
        _agree(result, name, ours, theirs)
    elif is_blank(theirs):
        _agree(result, name, theirs, theirs)
    elif name in _LISTS:
        result.ours[name] = union(ours, theirs, key)
        known = same(result.ours[name], theirs, key)  # then another spelling is nothing to be told
        _agree(result, name, result.ours[name] if known else theirs, theirs)
    else:
        _join_filled(result, name, theirs, "ask" if name == "group" else choose(name, True))


def _join_filled(result: Merge, name: str, theirs: Any, choice: Choice) -> None:
    """Both sides have a value, and no base tells which is the younger. Of two groups a person chooses, always (R38)."""
    if choice == "theirs":
        result.ours[name] = theirs
        _agree(result, name, theirs, theirs)
    elif choice == "ours":
        _agree(result, name, theirs, theirs)
    elif choice == "keep":
        _agree(result, name, result.ours[name], theirs)
        result.kept.append(name)
    else:
        result.asked.append(name)


def _equal(name: str, ours: Any, theirs: Any, key: Key) -> bool:
    if name in _LISTS:
        return same(ours, theirs, key)
    return bool(ours == theirs) or (name == "tax_id" and key(ours) == key(theirs))


def _agree(result: Merge, name: str, ours: Any, theirs: Any) -> None:
    result.agreed_ours[name], result.agreed_theirs[name] = ours, theirs
