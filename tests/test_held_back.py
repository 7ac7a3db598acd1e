"""Units that left a level, and that no order explains, are held back for a cycle and for `settle` at least.

Where a store finds its orders may lag behind its levels: the order that took them may not be seen yet.
"""

from datetime import timedelta
from pathlib import Path

import pytest

from syncctl.errors import Unreachable
from syncctl.model import Refused
from tests.fakes.faulty import Between, Singly, lost_reply, on
from tests.stock_world import StockWorld

SETTLE = timedelta(seconds=60)


@pytest.fixture
def world(tmp_path: Path) -> StockWorld:
    """All is in step; then 3 units leave the shop's level of MUG, and 20 come into the back office."""
    world = StockWorld(tmp_path, safety={"settle": "60s"})
    world.settle()
    world.shop.set_level("MUG", 97)
    world.office.receive("MUG", 20)
    return world


def test_two_runs_in_quick_succession_both_hold_them_back(world: StockWorld) -> None:
    world.run()
    assert world.level("MUG") == 117
    for seconds in (0, 20, 50):
        world.hurry = timedelta(seconds=seconds)
        world.run()
        assert world.level("MUG") == 117, seconds
        assert world.writes() == []


def test_the_order_that_is_seen_then_explains_them(world: StockWorld) -> None:
    world.run()
    world.shop.set_level("MUG", 120)
    world.shop.place_order([("MUG", 3)])  # the shop had it all the time
    world.hurry = timedelta(seconds=30)
    world.run()
    assert world.level("MUG") == world.most("MUG") == 117
    world.hurry = timedelta(minutes=10)
    world.run()
    world.assert_exact()
    assert world.rows("SELECT value FROM state WHERE key = 'held back in shop'") in ([], [("{}",)])


def test_another_order_does_not_explain_them(world: StockWorld) -> None:
    world.run()
    world.shop.place_order([("MUG", 5)])
    world.hurry = timedelta(seconds=30)
    world.run()
    assert world.level("MUG") == 112


def test_when_none_has_come_the_level_is_put_right(world: StockWorld) -> None:
    world.run()
    world.hurry = SETTLE + timedelta(seconds=5)
    world.run()
    assert world.level("MUG") == 120
    world.run()
    assert world.writes() == []
    world.assert_exact()


def test_a_second_drop_is_not_as_old_as_the_first(world: StockWorld) -> None:
    world.run()
    world.hurry = timedelta(hours=1)
    world.run()
    assert world.level("MUG") == 120
    world.shop.set_level("MUG", 118)
    world.office.receive("MUG", 1)
    for seconds in (0, 30):
        world.hurry = timedelta(hours=1, seconds=seconds)
        world.run()
        assert world.level("MUG") == 119


def test_in_a_run_that_tries_again_they_are_held_back_once(world: StockWorld) -> None:
    moved = Between(on("push_levels"), lambda: world.shop.set_level("MUG", 96))
    world.run(plans={"shop": [moved]})
    assert world.level("MUG") == 120 - 4
    world.run()
    assert world.level("MUG") == 120 - 4


def test_a_lost_reply_does_not_make_them_forgotten(world: StockWorld) -> None:
    world.run(plans={"shop": [lost_reply("push_levels", error=Unreachable("shop: gone"))]})
    assert world.level("MUG") == 117
    world.hurry = timedelta(seconds=30)
    world.run()
    assert world.level("MUG") == 117
    world.hurry = timedelta(minutes=5)
    world.run()
    world.hurry = timedelta(minutes=10)
    world.run()
    assert world.level("MUG") == 120


def test_units_that_left_since_are_not_as_old_as_those_before(world: StockWorld) -> None:
    """The order that took the first ones is seen now, and the one that took the others is not yet."""
    world.run()
    world.shop.set_level("MUG", 120)
    world.shop.place_order([("MUG", 3)])  # the shop had it all the time
    world.shop.set_level("MUG", 115)
    world.hurry = SETTLE + timedelta(seconds=5)
    world.run()
    assert world.level("MUG") == 115
    world.shop.set_level("MUG", 117)
    world.shop.place_order([("MUG", 2)])
    world.hurry = 2 * SETTLE
    world.run()
    assert world.level("MUG") == world.most("MUG") == 115
    world.assert_never_oversold()


def test_units_that_left_before_are_put_right_though_others_left_since(world: StockWorld) -> None:
    world.run()
    world.shop.set_level("MUG", 116)
    world.hurry = SETTLE + timedelta(seconds=5)
    world.run()
    assert world.level("MUG") == 119
    world.hurry = 2 * SETTLE + timedelta(seconds=10)
    world.run()
    assert world.level("MUG") == 120
    world.run()
    assert world.writes() == []


def test_a_refused_level_is_not_sent_in_turns(world: StockWorld) -> None:
    refused = Singly(on("push_levels", None), lambda key: Refused(key=key, reason="locked", message="not now"))
    sent = []
    for number in range(5):
        world.hurry = 2 * number * SETTLE
        world.run(plans={"shop": [refused]})
        sent.append([one.quantity for one in world.writes("push_levels")])
    assert sent == [[117], [120], [], [], []]


def test_what_is_missed_of_a_refused_level_grows_old_once(world: StockWorld) -> None:
    refused = Singly(on("push_levels", None), lambda key: Refused(key=key, reason="locked", message="not now"))
    world.run(plans={"shop": [refused]})
    world.shop.place_order([("MUG", 1)])
    world.shop.set_level("MUG", 97)  # one of them was that order's
    kept = []
    for number in range(1, 5):
        world.hurry = 2 * number * SETTLE
        world.run(plans={"shop": [refused]})
        kept += world.rows("SELECT value FROM state WHERE key = 'held back in shop'")
    assert world.writes() == []
    assert kept[1] == kept[2] == kept[3]
