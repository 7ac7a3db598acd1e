"""What all tests share: a folder of its own for each, and a configuration of two sandboxes in it."""

from pathlib import Path

import pytest

CONFIG = """\
back_office: {connector: sandbox, path: books.db}
stores:
  shop: {connector: sandbox, path: shop.db}
orders: {book_from: 2010-01-01}
hub: {path: hub.db}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration with everything at its default: one back office, one store, a hub that is not there yet."""
    path = tmp_path / "syncctl.yaml"
    path.write_text(CONFIG)
    return path
