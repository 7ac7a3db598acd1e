"""Scenes are set once per process, in memory where the machine offers it."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.crash.oracle import State
from tests.faults import oracle
from tests.faults.world import Scene, set_scene, small_steps

SceneOf = Callable[[str, str], tuple[Scene, State]]


@pytest.fixture(scope="session")
def scene_of() -> Iterator[SceneOf]:
    """The busy scene by (stock_falls_on, answers), with the state that clean cycles make of it."""
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    scenes: dict[tuple[str, str], tuple[Scene, State]] = {}
    with tempfile.TemporaryDirectory(prefix="syncctl-faults-", dir=place) as folder, small_steps():

        def of(falls_on: str, answers: str) -> tuple[Scene, State]:
            if (falls_on, answers) not in scenes:
                path = Path(folder) / f"{falls_on}-{answers}" / "start"
                path.mkdir(parents=True)
                scene = set_scene(path, falls_on=falls_on, answers=answers)
                scenes[falls_on, answers] = (scene, oracle.twin_of(scene))
            return scenes[falls_on, answers]

        yield of
