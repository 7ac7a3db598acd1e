"""Customers: hundreds of drawn histories, each run judged, and what is left at the end.

SYNCCTL_PEOPLE_STEPS=N runs N rules in all instead of the usual number of examples; SYNCCTL_PEOPLE_SEED=N draws others.
"""

import os
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.draws import following_the_seed
from tests.people.machine import Machine

pytestmark = pytest.mark.model

DRAWS = 4  # tests of their own, each with other histories
EXAMPLES = 52  # in each
RULES = 32  # in each example, at most ...
MEAN = 20  # ... and at least, in the mean
SHRINKING = 60  # seconds in which a violation may be made smaller


@pytest.mark.parametrize("number", range(DRAWS))
def test_whatever_happens_to_customers(number: int, record_property: Callable[[str, object], None]) -> None:
    steps = int(os.environ.get("SYNCCTL_PEOPLE_STEPS", "0"))
    examples = steps // (MEAN * DRAWS) + 1 if steps else EXAMPLES
    first = int(os.environ.get("SYNCCTL_PEOPLE_SEED", "0"))
    tally: Counter[str] = Counter()
    for more, done in enumerate(range(0, examples, EXAMPLES)):  # what Hypothesis remembers of a draw is let go
        draw((first + more) * DRAWS + number, min(EXAMPLES, examples - done), tally)
    for name, count in tally.items():
        record_property(f"people {name}", count)
    print(dict(tally))
    assert tally["rules"] >= MEAN * tally["examples"] and tally["runs"] >= 5 * tally["examples"]
    assert tally["crashes"] and tally["restores"]


def draw(number: int, examples: int, tally: Counter[str]) -> None:
    """So many examples, the same ones for the same number, as long as the code is the same."""

    def machine() -> Machine:
        return Machine(tally)

    seed(number)(machine)
    how = settings(
        max_examples=examples,
        stateful_step_count=RULES,
        deadline=None,
        database=None,
        derandomize=False,
        print_blob=False,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    with following_the_seed(SHRINKING):
        run_state_machine_as_test(machine, settings=how)
