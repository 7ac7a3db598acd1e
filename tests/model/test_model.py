"""The model: four kinds of back office, each with hundreds of drawn histories. Every step is judged.

SYNCCTL_MODEL_STEPS=N runs N rules in all instead of the usual number of examples; SYNCCTL_MODEL_SEED=N draws others.
"""

import os
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model.machine import Machine

pytestmark = pytest.mark.model

KINDS = [("order", "now"), ("order", "later"), ("shipment", "now"), ("shipment", "later")]
EXAMPLES = 125  # of each kind
RULES = 36  # in each example, at most


@pytest.mark.parametrize("kind", range(len(KINDS)), ids=[" ".join(kind) for kind in KINDS])
def test_whatever_happens_the_invariants_hold(kind: int, record_property: Callable[[str, object], None]) -> None:
    steps = int(os.environ.get("SYNCCTL_MODEL_STEPS", "0"))
    examples = max(1, steps // (RULES * len(KINDS))) if steps else EXAMPLES
    tally: Counter[str] = Counter()

    def machine() -> Machine:
        return Machine(*KINDS[kind], tally)

    seed(int(os.environ.get("SYNCCTL_MODEL_SEED", "0")) * len(KINDS) + kind)(machine)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=RULES,
            deadline=None,
            database=None,
            derandomize=False,
            print_blob=False,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )
    for name, count in tally.items():
        record_property(f"model {name}", count)
    print(dict(tally))
    assert tally["rules"] >= 30 * tally["examples"] and tally["runs"] >= 5 * tally["examples"]
    assert tally["crashes"] and tally["restores"]
