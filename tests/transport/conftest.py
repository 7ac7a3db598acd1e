"""A server for each test, which must not have broken in it."""

from collections.abc import Iterator

import pytest

from tests.transport.kit import Rows


@pytest.fixture
def server() -> Iterator[Rows]:
    with Rows() as server:
        yield server
        assert server.errors == []
