"""The scene of the busy day, set once for all tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.crash.oracle import State
from tests.faults.world import in_memory
from tests.wire import oracle
from tests.wire.world import Passing, Scene, hurried


@pytest.fixture(scope="session")
def passing() -> Iterator[Passing]:
    """The clock of all that waits."""
    with hurried() as clock:
        yield clock


@pytest.fixture(scope="session")
def scene(passing: Passing) -> Iterator[Scene]:
    with in_memory() as folder:
        (folder / "scene").mkdir()
        scene = Scene(folder)
        yield scene
        scene.close()


@pytest.fixture(scope="session")
def twin(scene: Scene) -> tuple[State, int]:
    """What clean cycles make of the scene, and how the first of them ends."""
    return oracle.twin_of(scene.fresh())


@pytest.fixture(scope="session")
def requests(scene: Scene) -> list[tuple[str, str]]:
    """Method and path of every request of the cycle to which nothing happens."""
    world = scene.fresh()
    world.command()
    asked = [(method, path) for method, _, path in (one.partition(" ") for one in world.asked())]
    assert len(asked) > 20 and sum(method != "GET" for method, _ in asked) >= 4
    return asked
