"""One thing done by hand: under the lock, in a run of its own, with the parties checked first."""

from pathlib import Path

import pytest

from syncctl.cycle import run_one
from syncctl.errors import Busy, SafetyStop, Unreachable
from syncctl.lock import hold_lock
from syncctl.steps.run import Run
from tests.builders import World


def last_run(world: World) -> tuple[str, int | None, str | None]:
    [row] = world.rows("SELECT command, exit_code, message FROM run ORDER BY id DESC LIMIT 1")
    return row  # type: ignore[return-value]


def test_it_is_a_run_like_any_other_and_gives_back_what_was_done(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.run()
    assert run_one(world.settings, command="customers match", work=lambda run: run.hub.runs.current) == 2
    assert last_run(world) == ("customers match", 0, "")
    world.run()
    assert last_run(world)[0] == "test"


def test_what_went_wrong_stands_in_the_run_and_reaches_the_caller(tmp_path: Path) -> None:
    world = World(tmp_path)

    def fail(_run: Run) -> None:
        raise Unreachable("the shop is down")

    with pytest.raises(Unreachable):
        run_one(world.settings, command="customers push", work=fail)
    assert last_run(world) == ("customers push", 3, "the shop is down")


def test_it_waits_for_no_other_run(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.run()
    with hold_lock(world.settings.hub.path), pytest.raises(Busy):
        run_one(world.settings, command="customers match", work=lambda _run: pytest.fail("it had no lock"))


def test_a_side_that_is_another_one_now_is_not_spoken_to(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.run()
    (tmp_path / "shop.db").rename(tmp_path / "former.db")
    with pytest.raises(SafetyStop):
        run_one(world.settings, command="customers push", parties=["shop"], work=lambda _run: pytest.fail("it went on"))
    assert last_run(world)[1] == 5


def test_a_dry_one_changes_no_byte_of_the_hub(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.run()
    before = (tmp_path / "hub.db").read_bytes()
    made = run_one(
        world.settings,
        command="customers match",
        dry_run=True,
        work=lambda run: run.hub.set_state("mark", "x") or run.hub.state("mark"),
    )
    assert made == "x"
    assert (tmp_path / "hub.db").read_bytes() == before
