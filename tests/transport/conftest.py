"""A server for each test, which must not have broken in it."""

from collections.abc import Iterator

import pytest

from tests.fakes.certificates import Certificates, make_certificates
from tests.transport.kit import Rows


@pytest.fixture
def server() -> Iterator[Rows]:
    with Rows() as server:
        yield server
        assert server.errors == []


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def secure(certificates: Certificates) -> Iterator[Rows]:
    """A server that speaks TLS, and whose certificate can be bad for one connection."""
    with Rows(**certificates.served) as server:
        yield server
        assert server.errors == []
