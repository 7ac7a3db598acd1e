"""Every fault of GraphQL at every request of a busy cycle: most of them come with HTTP status 200.

As in `test_every_request`; and what only a mutation is told: rows that are stale, keys that are known already.
"""

import os
from collections.abc import Callable, Sequence

import pytest

from tests.crash.oracle import State
from tests.fakes.graphql_faults import GRAPHQL_KINDS, USER_ERROR, GraphqlFault
from tests.wire.cells import cell
from tests.wire.world import Asked, Scene

pytestmark = [pytest.mark.wire, pytest.mark.parametrize("scene", ["shopify"], indirect=True)]

ALL = os.environ.get("SYNCCTL_WIRE_CELLS") == "all"
PART, PART_OF_ALL = 11, 29
USER_ERRORS = (
    ("CHANGE_FROM_QUANTITY_STALE", 0),
    ("CHANGE_FROM_QUANTITY_STALE", None),
    ("IDEMPOTENCY_CONCURRENT_REQUEST", None),
    ("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", None),
    ("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", None),
    ("ITEM_NOT_STOCKED_AT_LOCATION", 0),
    ("TAKEN", None),
    ("SOMETHING_NEW", None),
)
Record = Callable[[str, object], None]
Twin = tuple[State, int]


def numbers(kind: str, count: int, part: int) -> range:
    """The requests that this kind strikes: others for each kind."""
    every = 1 if ALL else min(part, count)
    return range(1 + GRAPHQL_KINDS.index(kind) * 3 % every, count + 1, every)


def verdict(found: Sequence[str], struck: Sequence[object], record_property: Record) -> None:
    record_property("wire cells", len(struck))
    record_property("wire violations", len(found))
    assert not found, "\n".join(found)
    assert struck


@pytest.mark.parametrize("kind", GRAPHQL_KINDS)
def test_whatever_graphql_says_to_a_request_nothing_is_lost_and_nothing_is_twice(
    scene: Scene, twin: Twin, requests: list[Asked], kind: str, record_property: Record
) -> None:
    struck = numbers(kind, len(requests), PART)
    fault = GraphqlFault(kind)
    found = [one for number in struck for one in cell(scene, twin, requests, fault, number, quiet=number % 5 == 0)]
    verdict(found, struck, record_property)


@pytest.mark.parametrize("kind", GRAPHQL_KINDS)
def test_nor_where_it_says_so_to_every_request_from_some_on(
    scene: Scene, twin: Twin, requests: list[Asked], kind: str, record_property: Record
) -> None:
    struck = numbers(kind, len(requests), PART_OF_ALL)
    found = [one for number in struck for one in cell(scene, twin, requests, GraphqlFault(kind), number, on=True)]
    verdict(found, struck, record_property)


@pytest.mark.parametrize(("code", "row"), USER_ERRORS)
def test_whatever_a_mutation_is_told_of_what_it_wanted_it_is_done_at_last(
    scene: Scene, twin: Twin, requests: list[Asked], code: str, row: int | None, record_property: Record
) -> None:
    struck = [number for number, asked in enumerate(requests, 1) if scene.world.writes(asked)]
    fault = GraphqlFault(USER_ERROR, code=code, row=row)
    found = [one for number in struck for one in cell(scene, twin, requests, fault, number)]
    verdict(found, struck, record_property)
