"""The scene of the busy day on each platform, set once for all tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.crash.oracle import State
from tests.faults.world import in_memory
from tests.wire import oracle
from tests.wire.platforms import PLATFORMS
from tests.wire.world import Asked, Passing, Scene, hurried


@pytest.fixture(scope="session")
def passing() -> Passing:
    """The clock of all that waits here."""
    return Passing()


@pytest.fixture(autouse=True)
def in_a_hurry(passing: Passing) -> Iterator[None]:
    with hurried(passing, *PLATFORMS.values()):
        yield


@pytest.fixture(scope="session", params=PLATFORMS)
def scene(request: pytest.FixtureRequest, passing: Passing) -> Iterator[Scene]:
    with in_memory() as folder:
        (folder / "scene").mkdir()
        with hurried(passing, *PLATFORMS.values()):
            scene = Scene(PLATFORMS[request.param], folder)
        yield scene
        scene.close()


@pytest.fixture(scope="session")
def twin(scene: Scene, passing: Passing) -> tuple[State, int]:
    """What clean cycles make of the scene, and how the first of them ends."""
    with hurried(passing, *PLATFORMS.values()):
        return oracle.twin_of(scene.fresh())


@pytest.fixture(scope="session")
def requests(scene: Scene, passing: Passing) -> list[Asked]:
    """How it asks and what it asks, of every request of the cycle to which nothing happens."""
    world = scene.fresh()
    with hurried(passing, *PLATFORMS.values()):
        world.command()
    asked = world.asked_for()
    assert len(asked) >= world.least_requests and sum(map(world.writes, asked)) >= 4
    return asked
