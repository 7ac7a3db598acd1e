"""A folder in memory: thousands of hubs are copied, and each run syncs many times."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where the machine offers it."""
    shared = Path("/dev/shm")
    if not os.access(shared, os.W_OK):
        yield tmp_path
        return
    path = Path(tempfile.mkdtemp(prefix="syncctl-damage-", dir=shared))
    yield path
    shutil.rmtree(path)
