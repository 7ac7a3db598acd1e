"""Every fault of GraphQL at every request of a busy cycle: most of them come with HTTP status 200.

As in `test_every_request`; and what only a mutation is told: rows that are stale, keys that are known already.
"""

import os
from collections.abc import Callable, Sequence
from functools import partial

import pytest

from tests.crash.oracle import State
from tests.fakes.graphql_faults import GRAPHQL_KINDS, USER_ERROR, GraphqlFault
from tests.fakes.shopify import STATIC, add_static
from tests.fakes.wire import Request
from tests.wire import oracle
from tests.wire.cells import badly_ended, cell, kept_secrets, told
from tests.wire.world import Asked, Scene, WireWorld

pytestmark = [pytest.mark.wire, pytest.mark.parametrize("scene", ["shopify"], indirect=True)]

ALL = os.environ.get("SYNCCTL_WIRE_CELLS") == "all"
PART = 23
LEVELS = ("setLevels",)
OTHERS = ("setPrices", "createFulfilments", "change")
USER_ERRORS = (
    ("CHANGE_FROM_QUANTITY_STALE", 0, LEVELS),
    ("CHANGE_FROM_QUANTITY_STALE", None, LEVELS),
    ("IDEMPOTENCY_CONCURRENT_REQUEST", None, LEVELS),
    ("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", None, LEVELS),
    ("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", None, LEVELS),
    ("ITEM_NOT_STOCKED_AT_LOCATION", 0, LEVELS),
    ("TAKEN", None, OTHERS),
    ("SOMETHING_NEW", None, (*LEVELS, *OTHERS)),
)
Record = Callable[[str, object], None]
Twin = tuple[State, int]


def numbers(kind: str, requests: Sequence[Asked], part: int) -> list[int]:
    """The requests that this kind strikes: others for each kind. What is no GraphQL cannot fail as GraphQL does."""
    asked = [number for number, one in enumerate(requests, 1) if one[0] in ("query", "mutation")]
    every = 1 if ALL else min(part, len(asked))
    return asked[GRAPHQL_KINDS.index(kind) * 3 % every :: every]


def verdict(found: Sequence[str], struck: Sequence[object], record_property: Record) -> None:
    record_property("wire cells", len(struck))
    record_property("wire violations", len(found))
    assert not found, "\n".join(found)
    assert struck


@pytest.mark.parametrize("kind", GRAPHQL_KINDS)
def test_whatever_graphql_says_to_a_request_nothing_is_lost_and_nothing_is_twice(
    scene: Scene, twin: Twin, requests: list[Asked], kind: str, record_property: Record
) -> None:
    struck = numbers(kind, requests, PART)
    fault = GraphqlFault(kind)
    found = [one for number in struck for one in cell(scene, twin, requests, fault, number, quiet=number % 5 == 0)]
    verdict(found, struck, record_property)


@pytest.mark.parametrize("kind", [kind for kind in GRAPHQL_KINDS if kind != "node_null"])  # who is gone, is gone
def test_nor_where_it_says_so_to_every_request_from_some_on(
    scene: Scene, twin: Twin, requests: list[Asked], kind: str, record_property: Record
) -> None:
    struck = numbers(kind, requests, PART)
    found = [one for number in struck for one in cell(scene, twin, requests, GraphqlFault(kind), number, on=True)]
    verdict(found, struck, record_property)


@pytest.mark.parametrize(("code", "row", "at"), USER_ERRORS)
def test_whatever_a_mutation_is_told_of_what_it_wanted_it_is_done_at_last(
    scene: Scene,
    twin: Twin,
    requests: list[Asked],
    code: str,
    row: int | None,
    at: tuple[str, ...],
    record_property: Record,
) -> None:
    struck = [number for number, (_, name) in enumerate(requests, 1) if name in at]
    fault = GraphqlFault(USER_ERROR, code=code, row=row)
    found = [one for number in struck for one in cell(scene, twin, requests, fault, number)]
    verdict(found, struck, record_property)


# --- tokens and points ------------------------------------------------------------------------------------------------


def interrupted(world: WireWorld, number: int, happens: Callable[[], object], code: int) -> list[str]:
    """What is wrong with a run in which that happens just before the request with this number."""
    begun, since = world.server.count, world.events()

    def before(request: Request) -> None:
        if request.number == begun + number:
            happens()

    world.server.before = before
    ended = world.command()
    world.server.before = lambda _request: None
    found = [*badly_ended(world, ended, {code}), *told(world, ended.text), *kept_secrets(world)]
    return [*found, *oracle.wrong(world, since)]


def revoke(world: WireWorld) -> None:
    """No token that was given so far is good any more."""
    for token in world.site.tokens.values():
        token.ends_at = world.site.clock()


def test_a_token_that_ends_in_the_middle_of_a_run_is_replaced(scene: Scene, twin: Twin, requests: list[Asked]) -> None:
    for number in range(2, len(requests) + 1, 1 if ALL else 5):
        world = scene.fresh()
        assert interrupted(world, number, partial(revoke, world), twin[1]) == [], number
        assert oracle.settle(world, twin[0]) == [], number


def test_where_it_was_given_for_good_a_person_has_to_see_to_it(scene: Scene, twin: Twin, requests: list[Asked]) -> None:
    for number in range(1, len(requests), 1 if ALL else 6):
        world = scene.fresh()
        kept = {name: value for name, value in world.sections["stores"]["shop"].items() if "client" not in name}
        world.change(stores={"shop": {**kept, "access_token": STATIC}})
        add_static(world.site)
        assert interrupted(world, number, partial(revoke, world), 4) == [], number
        world.site.tokens.clear()
        add_static(world.site)
        assert oracle.settle(world, twin[0]) == [], number


def test_where_no_points_are_left_they_are_waited_for(scene: Scene, twin: Twin, requests: list[Asked]) -> None:
    for number in range(2, len(requests) + 1, 1 if ALL else 5):
        world = scene.fresh()

        def spend(world: WireWorld = world) -> None:
            for bucket in world.site.buckets.values():
                bucket.refill()
                bucket.available = 0.0

        world.server.log.clear()
        assert interrupted(world, number, spend, twin[1]) == [], number
        assert len(world.server.log) <= len(requests) + 2, "it asks once too early, for nobody told it"
        assert oracle.settle(world, twin[0]) == [], number


def test_nobody_is_turned_away_on_a_day_without_faults(scene: Scene) -> None:
    world = scene.fresh()
    for _ in range(3):
        world.command()
    assert world.site.oracle.throttled == []
