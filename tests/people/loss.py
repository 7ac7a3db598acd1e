"""No field is lost: what a person typed stays until a person says otherwise, and reaches the other side.

A person's word is found in what was typed into the records that may be one; where several typed, each of them may win.
"""

import sqlite3
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tests.model.world import Violation
from tests.people.records import LISTS, TYPED, Record, Seen, Whose, element

if TYPE_CHECKING:
    from tests.people.oracle import Oracle


def judge_change(oracle: "Oracle", record: Record, before: Seen | None) -> None:
    """What we did to a record: nothing went that nobody took away, and no edit was undone."""
    if before is None or record.now is None or oracle.circle(record.whose) & oracle.unclear:
        return
    for name in TYPED:
        if before.fields[name] and not record.now.fields[name]:
            _taken_away(oracle, record, name, "")
        _not_undone(oracle, record, name, before.fields[name])
    if record.party in oracle.short:
        return
    for name in LISTS:
        now = {element(name, one) for one in record.now.fields[name]}
        for one in {element(name, one) for one in before.fields[name]} - now:
            _taken_away(oracle, record, name, one)


def _taken_away(oracle: "Oracle", record: Record, name: str, what: str) -> None:
    """Somebody took it away; or put something else in its place than was put there here."""
    by = oracle.removed.get((name, what), set())
    if any(oracle.together(one, record) for one in by):
        return
    instead_of = record.replaced.get((name, what), set())
    if any(oracle.removed.get((name, one), set()) - {record.whose} for one in instead_of):
        return
    raise Violation(f"{name} {what!r} of {record.title} is gone, and nobody took it away: {record.now}")


def _not_undone(oracle: "Oracle", record: Record, name: str, before: str) -> None:
    """A person changed what we had written: we do not write that again."""
    assert record.now is not None
    edit = record.edits.get(name)
    now = record.now.fields[name]
    if edit is None or before == now or edit.new != before or edit.old != now or edit.written is None:
        return
    again = [at for whose in oracle.circle(record.whose) for at in oracle.typed_at.get((whose, name, now), ())]
    if edit.written > oracle.disturbed and not any(at > edit.written for at in again):
        raise Violation(
            f"{name} of {record.title} was changed by hand from {edit.old!r} to {before!r}, and we undid it"
        )


def assert_agreed(oracle: "Oracle", hub: sqlite3.Connection) -> int:
    """All is told: a record that we made says what the record says that it was made for. Returns how many do."""
    held = _held(hub)
    count = 0
    for record, home in _pairs(oracle):
        if {record.whose, home.whose} & held:
            continue
        count += 1
        assert record.now is not None and home.now is not None
        for name in (*TYPED, "tax_exempt"):
            told = record.born > oracle.disturbed  # else each may keep its own: nobody knows any more what was agreed
            if told and record.now.fields[name] != home.now.fields[name]:
                _differ(record, home, name)
        for name in LISTS:
            one, other = (
                {element(name, each) for each in side.now.fields[name]} for side in (record, home) if side.now
            )
            short = {record.party, home.party} & set(oracle.short) if name != "addresses" else set()
            if one != other and not (short and (one <= other or other <= one)):
                _differ(record, home, name)
        _same_answers(oracle, record, home)
    return count


def _same_answers(oracle: "Oracle", record: Record, home: Record) -> None:
    """A no is told to everybody who keeps such answers."""
    assert record.now is not None and home.now is not None
    for one, other in ((record, home), (home, record)):
        for channel, (state, _) in one.now.consents.items() if one.now else ():
            kept = channel in oracle.channels.get(other.party, ())
            said = other.now.consents.get(channel, ("nothing", None))[0] if other.now else ""
            if state == "unsubscribed" and kept and channel in oracle.channels[one.party] and said != state:
                raise Violation(f"I5: {one.title} is {state} to {channel}, {other.title} is {said}")


def _differ(record: Record, home: Record, name: str) -> None:
    raise Violation(f"{name} is not the same in {record.title} and {home.title}: {record.now}, {home.now}")


def _pairs(oracle: "Oracle") -> Iterator[tuple[Record, Record]]:
    """Records that we made, with those they were made for: those of whom nobody did anything unusual."""
    for record in oracle.records.values():
        home = oracle.records.get(record.home) if record.home else None
        if home is None or home.is_guest or not (record.now and home.now):
            continue
        circle = oracle.circle(record.whose)
        sides = [whose[0] for whose in circle if not oracle.records[whose].is_guest]
        if len(set(sides)) == len(sides) and not circle & oracle.unclear:
            yield record, home


def _held(hub: sqlite3.Connection) -> set[Whose]:
    """Records of whom a person is asked something."""
    rows = hub.execute(
        "SELECT l.party, l.remote_id FROM link l JOIN hold h ON h.kind = 'customer' "
        "AND h.record = CAST(l.hub_id AS TEXT) WHERE l.kind = 'customer'"
    )
    return set(rows)
