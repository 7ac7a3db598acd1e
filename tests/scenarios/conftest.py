"""The merchant of the scenarios."""

from pathlib import Path

import pytest

from tests.scenarios.shopkeeper import Shopkeeper


@pytest.fixture
def keeper(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shopkeeper:
    """Both sides sell the same, and nobody is a customer yet; everything is set as it comes, phones are British."""
    return Shopkeeper(tmp_path, capsys)
