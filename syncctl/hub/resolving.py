"""A person's answer to a hold of a customer: a local edit, of which the next run tells the sides that do not know it.

What the other side said when it was asked becomes the base of its link, on both sides: so the answer is sent there if
it is something else, and is no change if it is the same. If that side changes once more meanwhile, the merge sees it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from syncctl import times
from syncctl.errors import ConfigError
from syncctl.rules.answers import BY_HAND, OURS, THEIRS, Answer
from syncctl.rules.merging import plain
from syncctl.settings import CustomerSettings

if TYPE_CHECKING:
    from syncctl.hub import Hub


@dataclass(frozen=True, slots=True)
class Question:
    """A hold that asks which side's word holds. `fields`: see `rules.answers`."""

    hold_id: int
    hub_id: int
    party: str
    remote_id: str
    fields: Mapping[str, Mapping[str, Any]]


def question(hub: "Hub", hold_id: int) -> Question:
    """What this hold asks. Errors: ConfigError if there is none, or it asks nothing of the kind."""
    row = hub.connection.execute("SELECT kind, record, reason, detail FROM hold WHERE id = ?", [hold_id]).fetchone()
    if row is None:
        raise ConfigError(f"there is no hold {hold_id}", hint="See: syncctl holds list")
    kind, record, reason, detail = row
    asked = json.loads(detail)
    if kind != "customer" or not asked.get("fields"):
        raise ConfigError(
            f"hold {hold_id} ({reason}) does not ask which side holds", hint=f"See: syncctl holds show {hold_id}"
        )
    return Question(hold_id, int(record), asked["party"], asked["remote_id"], asked["fields"])


def resolve(hub: "Hub", asked: Question, answers: Mapping[str, Answer], settings: CustomerSettings) -> list[str]:
    """Make the answers so; returns the fields that are still asked. The hold goes with the last of them.

    Errors: ConfigError if the hub says something else now than what was asked about; nothing is changed then.
    """
    with hub.transaction():
        _check_unchanged(hub, asked, answers)
        link = hub.links.by_remote(asked.party, "customer", [asked.remote_id]).get(asked.remote_id)
        _settle(hub, asked, answers)
        for name, answer in answers.items():
            if answer.side != OURS:
                party, at = _said_by(asked, name, answer)
                theirs = link if answer.side == THEIRS else None
                hub.customers.change(asked.hub_id, {name: answer.value}, party, at, settings, said_by=theirs)
        left = [name for name in asked.fields if name not in answers]
        _keep(hub, asked, left)
    return left


def _said_by(asked: Question, name: str, answer: Answer) -> tuple[str, datetime]:
    """Who says the answer, and since when: the other side at its own time, or a person now."""
    at = asked.fields[name].get("theirs_at")
    if answer.side == THEIRS:
        return asked.party, times.from_text(at) if at else times.now()
    return BY_HAND, times.now()


def _check_unchanged(hub: "Hub", asked: Question, answers: Mapping[str, Answer]) -> None:
    now = plain(hub.customers.load([asked.hub_id])[asked.hub_id], True)
    for name in answers:
        if now.get(name) != asked.fields[name]["ours"]:
            raise ConfigError(
                f"{name} of customer {asked.hub_id} has changed since that was asked; nothing was changed",
                hint=f"syncctl sync-all, then: syncctl holds show {asked.hold_id}",
            )


def _settle(hub: "Hub", asked: Question, answers: Mapping[str, Answer]) -> None:
    """Make what the other side said the base of its link; it is told what is not the same."""
    link = hub.links.by_remote(asked.party, "customer", [asked.remote_id]).get(asked.remote_id)
    if link is None or link.hub_id != asked.hub_id:
        return  # unlinked since: nobody is to be told there
    said = {name: asked.fields[name]["theirs"] for name in answers}
    differs = link.role == "primary" and any(answer.value != said[name] for name, answer in answers.items())
    hub.links.settle(link, {**link.ours, **said}, {**link.theirs, **said}, None, None, pending=link.pending or differs)


def _keep(hub: "Hub", asked: Question, left: list[str]) -> None:
    """What is still asked stays on hold."""
    if not left:
        hub.connection.execute("DELETE FROM hold WHERE id = ?", [asked.hold_id])
        return
    hub.connection.execute(
        "UPDATE hold SET detail = json_set(detail, '$.fields', json(?)), message = ? WHERE id = ?",
        [
            json.dumps({name: asked.fields[name] for name in left}, sort_keys=True),
            f"customer {asked.hub_id}: {', '.join(left)} still to be answered; it differs here and in {asked.party}",
            asked.hold_id,
        ],
    )
