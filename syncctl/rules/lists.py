"""Merging lists of contacts element by element: what either side added, removed or put in another's place.

Elements are compared by a key: e-mail addresses without regard to case, phones as numbers, postal addresses by what
stands in them, but for which of them is the default; one of no kind is the same place as one of any. The two bases hold
one another's twins: what an element of ours became when the other side took it in.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from syncctl.rules.matching import email_key, phone_key

Key = Callable[[Any], Hashable]
_DEFAULT, _KIND = "is_default", "kind"


def _email(text: str) -> Hashable:
    return text.strip().casefold()


def _digits(text: str) -> Hashable:
    return "".join(one for one in text if one.isalnum()).casefold() or text


def _address(address: Mapping[str, Any]) -> Hashable:
    return tuple(
        [(part, _squeezed(str(value))) for part, value in sorted(address.items()) if value and part != _DEFAULT]
    )


def _alike(one: Any, other: Any, key: Key) -> bool:
    return key(one) == key(other) or (
        _has_kind(one) != _has_kind(other) and key(_of_no_kind(one)) == key(_of_no_kind(other))
    )


def _has_kind(element: Any) -> bool:
    return not isinstance(element, Mapping) or bool(element.get(_KIND))


def _of_no_kind(element: Any) -> Any:
    return (
        {part: value for part, value in element.items() if part != _KIND} if isinstance(element, Mapping) else element
    )


def _squeezed(text: str) -> str:
    return " ".join(text.casefold().split())


KEYS: Mapping[str, Key] = {"emails": _email, "phones": _digits, "addresses": _address, "tax_id": _digits}
"""Of a tax identifier too: one side writes it with blanks, another without."""


def keys_for(country: str) -> Mapping[str, Key]:
    """The keys of a merchant whose phone numbers are of `country` unless they say otherwise."""
    return {
        "emails": lambda text: email_key(text, ()) or _email(text),
        "phones": lambda text: phone_key(text, country) or _digits(text),
        "addresses": _address,
        "tax_id": _digits,
    }


@dataclass(slots=True)
class Merged:
    """`if_ours`, `if_theirs`: the merged list, by whose word holds in a conflict; the same list where there is none.

    `base`: ours as it would be had only the other side changed anything: the new base, beside theirs as it is.
    """

    if_ours: list[Any]
    if_theirs: list[Any]
    base: list[Any]
    conflict: bool


@dataclass(slots=True)
class _Edit:
    """What became of a list: by key of the old element, the new one in its place, or None; `added`: (new, after)."""

    replaced: dict[Hashable, Any] = field(default_factory=dict)
    respelled: dict[Hashable, Any] = field(default_factory=dict)
    added: list[tuple[Any, Hashable]] = field(default_factory=list)
    old: dict[Hashable, Any] = field(default_factory=dict)


def same(ours: Sequence[Any], theirs: Sequence[Any], key: Key) -> bool:
    """Whether two lists say the same: equal keys in equal order, and the same defaults among addresses."""
    return len(ours) == len(theirs) and all(
        one == other or (_alike(one, other, key) and _is_default(one) == _is_default(other))
        for one, other in zip(ours, theirs, strict=True)
    )


def union(ours: Sequence[Any], theirs: Sequence[Any], key: Key) -> list[Any]:
    """Ours, and what only theirs has behind it. An address of ours that is of no kind gets the kind that theirs has."""
    merged = list(ours)
    known = {key(one) for one in merged}
    places = {key(_of_no_kind(one)): number for number, one in reversed(list(enumerate(merged)))}
    for one in theirs:
        number = places.get(key(_of_no_kind(one)))
        if key(one) in known or (number is not None and not _has_kind(one)):
            continue
        known.add(key(one))
        if number is None or _has_kind(merged[number]):
            merged.append(one)
        else:
            merged[number] = {**merged[number], _KIND: one[_KIND]}
    return _one_default(merged, (), key)


def three_way(
    ours: Sequence[Any], theirs: Sequence[Any], base_ours: Sequence[Any], base_theirs: Sequence[Any], key: Key
) -> Merged:
    """Apply to `ours` what the other side did to its list.

    A conflict: each put something in one's place that the other has nowhere.
    """
    if list(ours) == list(base_ours) == list(base_theirs):
        return Merged(list(theirs), list(theirs), list(theirs), False)
    edit = _edit(base_theirs, theirs, key)
    twins = _twins(base_ours, base_theirs, key)
    mine = _edit(base_ours, ours, key)
    here, there = {key(one) for one in ours}, {key(one) for one in theirs}
    contested = {
        mine_key: their_key
        for mine_key, their_key in twins.items()
        if (my_new := mine.replaced.get(mine_key)) is not None
        and (their_new := edit.replaced.get(their_key)) is not None
        and key(my_new) not in there
        and key(their_new) not in here
    }
    base = _applied(base_ours, edit, twins, mine, (), key)
    if_ours = _applied(ours, edit, twins, mine, contested.values(), key)
    if not contested:
        return Merged(if_ours, if_ours, base, False)
    instead = {
        key(mine.replaced[one]): _changed(mine.old[one], edit.old[their], edit.replaced[their])
        for one, their in contested.items()
    }
    if_theirs = _unique([instead.get(key(one), one) for one in if_ours], key)
    return Merged(if_ours, _one_default(if_theirs, (), key), base, True)


def _edit(old: Sequence[Any], new: Sequence[Any], key: Key) -> _Edit:
    """What was done to a list. What is new takes the place of what went from between the same neighbours."""
    edit = _Edit(old={key(one): one for one in old})
    left = {key(one) for one in new}
    gaps: defaultdict[Hashable, deque[Hashable]] = defaultdict(deque)
    neighbour: Hashable = None
    for one in edit.old:
        if one in left:
            neighbour = one
        else:
            gaps[neighbour].append(one)
            edit.replaced[one] = None
    neighbour = last = None
    for element in new:
        one = key(element)
        if one in edit.old:
            neighbour = one
            if element != edit.old[one]:
                edit.respelled[one] = element
        elif gaps[neighbour]:
            edit.replaced[gaps[neighbour].popleft()] = element
        else:
            edit.added.append((element, last))
        last = one
    return edit


def _twins(ours: Sequence[Any], theirs: Sequence[Any], key: Key) -> dict[Hashable, Hashable]:
    """Which element of ours became which of theirs: the same key; else the same street; else, of as many, in order."""
    left_ours, left_theirs = {key(one): one for one in ours}, {key(one): one for one in theirs}
    twins: dict[Hashable, Hashable] = {one: one for one in left_ours if one in left_theirs}
    for one in twins:
        del left_ours[one], left_theirs[one]
    streets = {_street(element): one for one, element in reversed(left_theirs.items())}
    for one, element in left_ours.items():
        other = streets.pop(_street(element), None) if _street(element) else None
        if other is not None:
            twins[one] = other
            del left_theirs[other]
    rest = [one for one in left_ours if one not in twins]
    if len(rest) == len(left_theirs):
        twins.update(zip(rest, left_theirs, strict=True))
    return twins


def _applied(
    target: Sequence[Any],
    edit: _Edit,
    twins: Mapping[Hashable, Hashable],
    mine: _Edit,
    overruled: Collection[Hashable],
    key: Key,
) -> list[Any]:
    """`target` with the other side's edit; an element that both sides spell anew stays as `target` has it."""
    result: list[Any] = []
    met = set(overruled)
    for element in target:
        one = twins.get(key(element), key(element))
        met.add(one)
        if one in edit.replaced:
            if edit.replaced[one] is not None:
                result.append(_changed(element, edit.old[one], edit.replaced[one]))
        elif one in edit.respelled and mine.old.get(key(element), element) == element:
            result.append(_changed(element, edit.old[one], edit.respelled[one]))
        else:
            result.append(element)
    # Of what we removed, and they put something else in its place, theirs is left.
    result += [new for old, new in edit.replaced.items() if new is not None and old not in met]
    back = {their: our for our, their in twins.items()}
    woven = _woven(result, [(element, back.get(after, after)) for element, after in edit.added], key)
    return _one_default(_unique(woven, key), {key(one) for one in mine.old.values() if _is_default(one)}, key)


def _changed(element: Any, before: Any, after: Any) -> Any:
    """Our element with the change from `before` to `after`: of an address, only the parts that changed."""
    if not isinstance(element, dict):
        return after
    parts = {part for part in (*before, *after) if before.get(part) != after.get(part)}
    kept = {part: value for part, value in element.items() if part not in parts}
    return kept | {part: after[part] for part in after if part in parts}


def _woven(elements: Iterable[Any], added: Iterable[tuple[Any, Hashable]], key: Key) -> list[Any]:
    """The elements with each added one behind the one that it came after; None: before all others."""
    following: defaultdict[Hashable, list[Any]] = defaultdict(list)
    for element, after in added:
        following[after].append(element)
    woven: list[Any] = []

    def put(waiting: list[Any]) -> None:
        while waiting:
            woven.append(waiting.pop())
            waiting += reversed(following.pop(key(woven[-1]), []))

    put(following.pop(None, [])[::-1])
    for element in elements:
        put([element])
    while following:
        put(following.pop(next(iter(following)))[::-1])
    return woven


def _unique(elements: Iterable[Any], key: Key) -> list[Any]:
    return list({key(one): one for one in reversed(list(elements))}.values())[::-1]


def _one_default(addresses: list[Any], before: Collection[Hashable], key: Key) -> list[Any]:
    """One default address of a kind at most: the one that was none `before`, else the first."""
    defaults: defaultdict[object, list[Any]] = defaultdict(list)
    for one in addresses:
        if _is_default(one):
            defaults[one.get("kind")].append(one)
    if all(len(some) == 1 for some in defaults.values()):
        return addresses
    chosen = [next((one for one in some if key(one) not in before), some[0]) for some in defaults.values()]
    return [
        {part: value for part, value in one.items() if part != _DEFAULT}
        if _is_default(one) and not any(one is other for other in chosen)
        else one
        for one in addresses
    ]


def _is_default(element: Any) -> bool:
    return isinstance(element, dict) and bool(element.get(_DEFAULT))


def _street(element: Any) -> Hashable:
    """What of an address outlives being written in capitals, or with other spaces; None: nothing."""
    if not isinstance(element, dict):
        return None
    signs = f"{element.get('street', '')} {element.get('postal_code', '')}".casefold()
    return "".join(one for one in signs if one.isalnum()) or None
