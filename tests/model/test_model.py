"""The model: four kinds of back office, each with hundreds of drawn histories. Every step is judged.

SYNCCTL_MODEL_STEPS=N runs N rules in all instead of the usual number of examples; SYNCCTL_MODEL_SEED=N draws others.
"""

import os
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.draws import following_the_seed
from tests.model.machine import Machine

pytestmark = pytest.mark.model

KINDS = [("order", "now"), ("order", "later"), ("shipment", "now"), ("shipment", "later")]
EXAMPLES = 64  # of each kind
RULES = 42  # in each example, at most ...; that the mean of a draw falls short by chance is seldom then
MEAN = 30  # ... and at least, in the mean
SHRINKING = 60  # seconds in which a violation may be made smaller, of each kind; else it were 300


@pytest.mark.parametrize("kind", range(len(KINDS)), ids=[" ".join(kind) for kind in KINDS])
def test_whatever_happens_the_invariants_hold(kind: int, record_property: Callable[[str, object], None]) -> None:
    steps = int(os.environ.get("SYNCCTL_MODEL_STEPS", "0"))
    examples = steps // (MEAN * len(KINDS)) + 1 if steps else EXAMPLES
    first = int(os.environ.get("SYNCCTL_MODEL_SEED", "0"))
    tally: Counter[str] = Counter()
    for number, done in enumerate(range(0, examples, EXAMPLES)):  # what Hypothesis remembers of a draw is let go
        draw(kind, first + number, min(EXAMPLES, examples - done), tally)
    for name, count in tally.items():
        record_property(f"model {name}", count)
    print(dict(tally))
    assert tally["rules"] >= MEAN * tally["examples"] and tally["runs"] >= 5 * tally["examples"]
    assert tally["crashes"] and tally["restores"]


def a_quiet_machine() -> Machine:
    """One whose store does not list what changed."""
    machine = Machine("shipment", "later", Counter())
    options: dict[str, Any] = {"two": False, "taxes": True, "match": "email", "fallback": "guest_account", "orders": []}
    machine.begin(**options, safety=0, told=False, batch=2, priced=False)
    machine.cycle()
    return machine


def test_what_an_order_from_before_the_time_of_interest_does_to_levels_is_found_once_a_day() -> None:
    machine = a_quiet_machine()
    machine.deeds.order("shop", [("Mug", 3, 0)], old=True)
    machine.teardown()


def test_a_hub_put_back_to_where_it_was_in_the_last_run_is_no_older_one_and_finds_hand_edits_once_a_day() -> None:
    machine = a_quiet_machine()
    machine.cycle_of_which_a_copy_is_kept(later=0, copy=2, party=1)
    machine.edit_level_by_hand(store=0, sku="TRAY", units=3)
    machine.restore(which=0, sidecar=True)
    machine.teardown()


def draw(kind: int, number: int, examples: int, tally: Counter[str]) -> None:
    """So many examples, the same ones for the same number, as long as the code is the same."""

    def machine() -> Machine:
        return Machine(*KINDS[kind], tally)

    seed(number * len(KINDS) + kind)(machine)
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
