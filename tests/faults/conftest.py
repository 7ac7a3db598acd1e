"""Scenes are set once per process, in memory where the machine offers it."""

from collections.abc import Callable, Iterator

import pytest

from tests.crash.oracle import State
from tests.faults import oracle
from tests.faults.world import Scene, in_memory, set_scene, small_steps

SceneOf = Callable[[str, str], tuple[Scene, State]]


@pytest.fixture
def scene_of(scenes: SceneOf) -> Iterator[SceneOf]:
    """The busy scene by (stock_falls_on, answers), with the state that clean cycles make of it.

    Small steps last as long as the test: the next one in this process may be anybody's.
    """
    with small_steps():
        yield scenes


@pytest.fixture(scope="session")
def scenes() -> Iterator[SceneOf]:
    """Each of them is set once; to be asked for while there are small steps."""
    scenes: dict[tuple[str, str], tuple[Scene, State]] = {}
    with in_memory() as folder:

        def of(falls_on: str, answers: str) -> tuple[Scene, State]:
            if (falls_on, answers) not in scenes:
                path = folder / f"{falls_on}-{answers}" / "start"
                path.mkdir(parents=True)
                scene = set_scene(path, falls_on=falls_on, answers=answers)
                scenes[falls_on, answers] = (scene, oracle.twin_of(scene))
            return scenes[falls_on, answers]

        yield of
