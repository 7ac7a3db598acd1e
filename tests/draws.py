"""Histories that follow from their seed alone."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis.internal.conjecture import engine, providers


@contextmanager
def following_the_seed(shrinking: int) -> Iterator[None]:
    """Draw nothing but what the seed says; a violation is made smaller for so many seconds at most.

    Hypothesis also draws constants that it finds in whatever modules are loaded: which those are, and so the histories,
    would hang on the tests that ran before in the same process.
    """
    nothing = getattr(providers, "Constants", set)()
    cache = getattr(getattr(providers, "CONSTANTS_CACHE", None), "cache", {})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "MAX_SHRINKING_SECONDS", shrinking)
        patch.setattr(providers, "_get_local_constants", lambda: nothing, raising=False)
        cache.clear()
        yield
    cache.clear()
