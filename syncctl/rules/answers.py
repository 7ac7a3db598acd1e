"""What a person answers to "changed on both sides": which side's word holds, by field, or a value of one's own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncctl.errors import ConfigError
from syncctl.model import Customer
from syncctl.rules.matching import contacts_of
from syncctl.rules.merging import Plain, plain
from syncctl.settings import CustomerSettings

BACK_OFFICE = "back-office"
BY_HAND = "by hand"
OURS, THEIRS = "ours", "theirs"

Fields = Mapping[str, Mapping[str, Any]]
"""What is asked, by field: `ours`, `ours_from`, `ours_at`, `theirs`, `theirs_at`; values in their plain form."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a field is to be. `side`: ours (the hub's value stays), theirs, or by hand."""

    value: Any
    side: str


def answers(takes: Sequence[str], fields: Fields, party: str, settings: CustomerSettings) -> dict[str, Answer]:
    """The answers in `web`, `back-office` (for all fields) or `FIELD=SIDE`, `FIELD=VALUE`; the later ones hold.

    `party`: whose record says `theirs`. Errors: ConfigError for a field that is not asked, or a word that is no side.
    """
    found: dict[str, Answer] = {}
    for take in takes:
        name, equals, choice = take.partition("=")
        if not equals:
            found.update({field: _of_side(take, field, asked, party) for field, asked in fields.items()})
            continue
        if name not in fields:
            raise ConfigError(f"{name[:60]!r} is not asked here", hint=f"Take one of: {', '.join(fields)}.")
        side = sides(fields[name], party).get(choice)
        found[name] = Answer(_typed(name, choice, settings), BY_HAND) if side is None else _side(fields[name], side)
    return found


def sides(asked: Mapping[str, Any], party: str) -> dict[str, str]:
    """The words that name a side of one question: what each means, ours or theirs.

    A word that could be both is neither: where the hub's value came from one store and the other is another's, "web"
    says nothing.
    """
    source = asked.get("ours_from") or OURS
    words = {OURS: OURS, THEIRS: THEIRS, source: OURS, party: THEIRS}
    if party == BACK_OFFICE:
        return {"web": OURS, **words}
    if source in (OURS, BY_HAND, BACK_OFFICE, party):
        words["web"] = THEIRS
    return {BACK_OFFICE: OURS, **words}


def _of_side(word: str, field: str, asked: Mapping[str, Any], party: str) -> Answer:
    known = sides(asked, party)
    if word not in known:
        raise ConfigError(
            f"{word[:60]!r} is no side of {field}", hint=f"Take one of: {', '.join(known)}; or {field}=VALUE."
        )
    return _side(asked, known[word])


def _side(asked: Mapping[str, Any], side: str) -> Answer:
    return Answer(asked[side], side)


def _typed(name: str, text: str, settings: CustomerSettings) -> Any:
    """A value as a person types it: lists with commas, yes or no. Errors: ConfigError if the field cannot be that."""
    text = text.strip()
    if not text:  # as from a variable that is not set
        raise ConfigError(f"{name}= says nothing; nothing was changed", hint=f"Take a side, or write {name}=VALUE.")
    if name == "addresses":
        raise ConfigError("addresses cannot be typed here", hint="Take a side, or change them in one of the two.")
    if name == "tax_exempt":
        if text not in ("yes", "no"):
            raise ConfigError(f"tax_exempt is yes or no, not {text[:60]!r}")
        return text == "yes"
    if name in ("emails", "phones"):
        return _contacts(name, [one.strip() for one in text.split(",") if one.strip()], settings)
    return text


def _contacts(name: str, values: list[str], settings: CustomerSettings) -> list[str]:
    if not values:
        raise ConfigError(f"{name}= says nothing; nothing was changed")
    customer = Customer(id="", emails=tuple(values)) if name == "emails" else Customer(id="", phones=tuple(values))
    for _, text, key in contacts_of(customer, settings):
        if key is None:
            raise ConfigError(f"{text[:60]!r} is no {'e-mail address' if name == 'emails' else 'phone number'}")
    said: Plain = plain(customer, True)
    return list(said[name])
