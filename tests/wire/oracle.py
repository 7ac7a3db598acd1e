"""What must hold, whatever has happened: asked of the site's own oracle and of the back office's file, never of us."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from tests.crash import oracle
from tests.wire.world import WireWorld

MOST_CYCLES = 3
_MAY_MOVE = ("run", "run_step", "cursor", "snapshot")


def state_of(world: WireWorld) -> oracle.State:
    """Both sides and the hub, in a form that does not depend on the way there."""
    return oracle.read(world.folder, ()) | world.held()


def wrong(world: WireWorld, since: int) -> list[str]:
    """What does not hold right now. `since`: the number of the site's last event before the run that is judged."""
    return [
        *_twice(world),
        *oversold(world, since),
        *_people(world),
        *_open_writes(world),
        *world.violations(),
        *map(repr, world.server.errors),
    ]


def _twice(world: WireWorld) -> Iterator[str]:
    references = Counter(one.reference for one in world.documents())
    yield from (f"I2: {one} is {times} times in the books" for one, times in references.items() if times > 1)
    for shown in map(Counter, world.tracking_numbers().values()):
        yield from (f"I2: {one} is shown {times} times" for one, times in shown.items() if times > 1)


def oversold(world: WireWorld, since: int) -> Iterator[str]:
    """Of the levels that we wrote since then, those that promise more than there is."""
    for goods_id, sku in world.goods().items():
        levels = world.levels_of(goods_id)
        if levels and levels[-1].ours and levels[-1].number > since:
            most = most_of(world, sku)
            if levels[-1].quantity > most:
                yield f"I3: the site was made to show {levels[-1].quantity} of {sku}, and {most} are there to sell"


def most_of(world: WireWorld, sku: str) -> int:
    """What the back office has of it, less what is sold on the site and not taken from its stock yet."""
    on_hand = world.office.on_hand(sku) or 0
    return max(0, on_hand - sum(max(0, units) for units in _owed(world, sku)))


def _owed(world: WireWorld, sku: str) -> Iterator[int]:
    booked = {
        (one.order_id, line.line_id): line.quantity
        for one in world.documents()
        for line in one.lines
        if one.kind == "sale"
    }
    for order_id, line_id, ordered, given_back in world.ordered(sku):
        taken = booked.get((order_id, line_id))
        yield ordered - given_back if taken is None else ordered - taken


def _people(world: WireWorld) -> Iterator[str]:
    emails = Counter(email for one in world.people() for email in one["emails"])
    yield from (f"I4: {email} is {times} times in the books" for email, times in emails.items() if times > 1)
    rows = world.office.connection.execute("SELECT emails, consents FROM customer WHERE NOT deleted").fetchall()
    for emails, consents in rows:
        said = {one for email in json.loads(emails or "[]") for one in world.said(email)}
        told = {(one["channel"], one["state"]) for one in json.loads(consents or "[]")}
        yield from (f"I5: {emails} never said {one}" for one in told - said)


def _open_writes(world: WireWorld) -> Iterator[str]:
    rows = _rows(world, "SELECT party, operation, key FROM journal WHERE state IN ('sending', 'unclear')")
    yield from (f"I8: {row} is open {times} times" for row, times in Counter(rows).items() if times > 1)


def settle(world: WireWorld, twin: oracle.State, *, quiet: bool = False, after: timedelta = timedelta(0)) -> list[str]:
    """Clean cycles, at most three, must reach the twin's state; one more is quiet (I7), and no order is lost (I1).

    `after`: they are run so much later.
    """
    world.server.heal()
    world.hurry += after
    _try_again(world)
    found = ["no cycle was run"]
    for _ in range(MOST_CYCLES):
        since = world.events()
        ended = world.command()
        if ended.code not in (0, 1):
            return [f"a clean cycle ended with {ended.code}: {ended.text[-600:]}"]
        found = [*oracle.differences(state_of(world), twin), *wrong(world, since)]
        if not found:
            break
    return [*found, *(_loud(world) if quiet else ()), *lost(world)]


def _try_again(world: WireWorld) -> None:
    """What the site refused, or said not to have, is tried again daily, or when a person says so: here he does."""
    if _rows(world, "SELECT 1 FROM hold"):
        world.command("holds", "retry", "--all")


def _loud(world: WireWorld) -> Iterator[str]:
    before = _marks(world)
    world.command()
    after = _marks(world)
    yield from (f"I7: {name} changed" for name in before if before[name] != after[name])
    yield from (f"I7: sent {' '.join(one)}" for one in world.asked_for() if world.writes(one))


def _marks(world: WireWorld) -> dict[str, Any]:
    names = [name for (name,) in _rows(world, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    rows = {name: sorted(_rows(world, f"SELECT * FROM {name}"), key=repr) for name in names if name not in _MAY_MOVE}
    return rows | {"books": oracle.read(world.folder, (), hub=False)}


def lost(world: WireWorld) -> Iterator[str]:
    """Orders of the site that the hub does not know (I1)."""
    known = {remote_id for (remote_id,) in _rows(world, "SELECT remote_id FROM sales_order")}
    yield from (f"I1: order {one} is lost" for one in world.order_ids() if one not in known)


def _rows(world: WireWorld, query: str) -> list[tuple[Any, ...]]:
    with oracle._open(world.folder / oracle.HUB) as hub:
        return hub.execute(query).fetchall()


def twin_of(world: WireWorld) -> tuple[oracle.State, int]:
    """What clean cycles make of the scene, and how the first of them ends."""
    code = world.command().code
    for _ in range(MOST_CYCLES - 1):
        world.command()
    return state_of(world), code
